// The grammar of searches in tables: what is typed, what the server is told, and what is found without one.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { EmailFilter, EmailHead } from './jmap/objects.ts';
import {
  filterOfSearch,
  isOperator,
  matchesSearch,
  parseSearch,
  quoted,
  tokensOf,
  type KeptLetter,
  type SearchGround,
} from './search-grammar.ts';
import { runs } from '../../../test/support/depth.ts';

const now = new Date(2026, 10, 27, 15, 30);
const ground: SearchGround = {
  mailboxes: (word) => (word === 'anywhere' ? null : word === 'inbox' ? ['F1'] : word === '仕事' ? ['F5', 'F6'] : []),
  apart: [],
  now,
};
const utc = (...date: [number, number, number]): string => new Date(...date).toISOString().replace('.000Z', 'Z');

const told: readonly (readonly [text: string, filter: EmailFilter | null])[] = [
  ['会議', { text: '"会議"' }],
  ['会議 資料', { operator: 'AND', conditions: [{ text: '"会議"' }, { text: '"資料"' }] }],
  ['会議　資料', { operator: 'AND', conditions: [{ text: '"会議"' }, { text: '"資料"' }] }],
  ['from:hana', { from: '"hana"' }],
  ['差出人:花子', { from: '"花子"' }],
  ['差出人：花子', { from: '"花子"' }],
  ['FROM:Hana', { from: '"Hana"' }],
  ['宛先:taro@example.jp', { to: '"taro@example.jp"' }],
  ['件名:"来週の 会議"', { subject: '"来週の 会議"' }],
  ['"in the sea"', { text: '"in the sea"' }],
  [`it's`, { text: String.raw`"it\'s"` }],
  ['has:attachment', { hasAttachment: true }],
  ['添付:あり', { hasAttachment: true }],
  ['添付:', { hasAttachment: true }],
  ['is:unread', { notKeyword: '$seen' }],
  ['状態:未読', { notKeyword: '$seen' }],
  ['is:starred', { hasKeyword: '$flagged' }],
  ['スター:', { hasKeyword: '$flagged' }],
  ['in:inbox', { inMailbox: 'F1' }],
  ['フォルダ:仕事', { operator: 'OR', conditions: [{ inMailbox: 'F5' }, { inMailbox: 'F6' }] }],
  ['in:nowhere', null],
  ['-in:nowhere', { minSize: 0 }],
  ['in:anywhere', { minSize: 0 }],
  ['before:2026-11-01', { before: utc(2026, 10, 1) }],
  ['before:2026年11月', { before: utc(2026, 10, 1) }],
  ['after:2026/11/3', { after: utc(2026, 10, 3) }],
  ['以降:昨日', { after: utc(2026, 10, 26) }],
  ['on:2026-10', { after: utc(2026, 9, 1), before: utc(2026, 10, 1) }],
  ['older:7d', { before: utc(2026, 10, 20) }],
  ['newer:2週間', { after: utc(2026, 10, 13) }],
  ['newer:1年', { after: utc(2025, 10, 27) }],
  ['older:3か月', { before: utc(2026, 7, 27) }],
  ['larger:5M', { minSize: 5_000_000 }],
  ['smaller:100KB', { maxSize: 100_000 }],
  ['-from:shop', { operator: 'NOT', conditions: [{ from: '"shop"' }] }],
  ['会議 OR meeting', { operator: 'OR', conditions: [{ text: '"会議"' }, { text: '"meeting"' }] }],
  ['a OR b c', { operator: 'AND', conditions: [{ operator: 'OR', conditions: [{ text: '"a"' }, { text: '"b"' }] }, { text: '"c"' }] }],
  ['OR a', { text: '"a"' }],
  // What makes no sense as an operator is words.
  ['is:funny', { text: '"is:funny"' }],
  ['http://example.jp', { text: '"http://example.jp"' }],
  ['before:soon', { text: '"before:soon"' }],
  ['constructor:x', { text: '"constructor:x"' }],
  // While it is being typed.
  ['from: 会議', { text: '"会議"' }],
];

test('what is typed, and what the server is told', () => {
  for (const [text, filter] of told) assert.deepEqual(filterOfSearch(parseSearch(text), ground), filter, text);
});

test('Trash and Spam stand apart unless a search says where', () => {
  const apart = { ...ground, apart: ['F8', 'F9'] };
  assert.deepEqual(filterOfSearch(parseSearch('x'), apart), {
    operator: 'AND',
    conditions: [{ text: '"x"' }, { inMailboxOtherThan: ['F8', 'F9'] }],
  });
  assert.deepEqual(filterOfSearch(parseSearch('x in:inbox'), apart), {
    operator: 'AND',
    conditions: [{ text: '"x"' }, { inMailbox: 'F1' }],
  });
  assert.deepEqual(filterOfSearch(parseSearch('in:anywhere'), apart), { minSize: 0 });
});

function letter(changes: Partial<EmailHead> = {}, body = ''): KeptLetter {
  const head: EmailHead = {
    id: 'M1', threadId: 'T1', mailboxIds: { F1: true }, keywords: { $seen: true }, from: [{ name: '山田 花子', email: 'hana@example.jp' }],
    to: [{ name: 'Taro', email: 'taro@example.jp' }], subject: '来週の会議について', receivedAt: new Date(2026, 10, 20, 9).toISOString(), size: 2000,
    preview: 'お世話になっております。', hasAttachment: false, ...changes,
  }; // prettier-ignore
  return { head, cc: null, bcc: null, body };
}

test('the same without a network, in what is kept here', () => {
  const rows: readonly (readonly [text: string, found: boolean])[] = [
    ['会議', true], ['ｶｲｷﾞ', false], ['TARO', true], ['ﾔﾏﾀﾞ', false], ['差出人:花子', true], ['from:taro', false], ['to:taro', true], ['-to:taro', false],
    ['is:read', true], ['is:unread', false], ['in:inbox', true], ['in:仕事', false], ['-in:仕事', true], ['older:7d', false], ['older:6d', true],
    ['on:2026-11-20', true], ['before:2026-11-20', false], ['after:2026-11-20', true], ['larger:2K', true], ['smaller:2K', false],
    ['has:attachment', false], ['zz OR 会議', true], ['zz 会議', false], ['鎌倉彫', true], ['body:鎌倉彫', true], ['subject:鎌倉彫', false], ['セワ', false], ['お世話', true],
  ]; // prettier-ignore
  for (const [text, found] of rows) assert.equal(matchesSearch(parseSearch(text), letter({}, '珍しい鎌倉彫'), ground), found, text);
  assert.equal(matchesSearch(parseSearch('カマクラ'), letter({ subject: 'かまくら' }), ground), true, 'kana are one');
  const apart = { ...ground, apart: ['F9'] };
  assert.equal(matchesSearch(parseSearch('会議'), letter({ mailboxIds: { F9: true } }), apart), false);
});

test('chips: which pieces are operators, and how a value is typed', () => {
  for (const [token, is] of [['from:a', true], ['-is:unread', true], ['会議', false], ['from:', false], ['"from:a"', false], ['未読:', true]] as const) assert.equal(isOperator(token), is, token); // prettier-ignore
  assert.equal(quoted('山田 花子'), '"山田 花子"');
  assert.deepEqual(tokensOf('a "b c" from:"d e" f"g'), ['a', '"b c"', 'from:"d e"', 'f"g']);
});

test('any text is read, and its pieces put together again mean the same', () => {
  const alphabet = fc.constantFrom('a', '会', ' ', '　', '"', ':', '：', '-', 'from:', 'is:', 'unread', 'OR ', '7d', "'", '\\');
  fc.assert(
    fc.property(fc.array(alphabet, { maxLength: 20 }), (letters) => {
      const text = letters.join('');
      const once = filterOfSearch(parseSearch(text), ground);
      assert.deepEqual(filterOfSearch(parseSearch(tokensOf(text).join(' ')), ground), once);
    }),
    { numRuns: runs(500) },
  );
});

suite('kanji of names', () => {
  const ground: SearchGround = { now: new Date('2026-11-27T12:00:00'), apart: [], mailboxes: () => null };
  test('looked for in each way that it is written, the typed one first', () => {
    assert.deepEqual(filterOfSearch(parseSearch('from:高橋'), ground), {
      operator: 'OR',
      conditions: [{ from: '"高橋"' }, { from: '"髙橋"' }],
    });
    assert.deepEqual(filterOfSearch(parseSearch('山田'), ground), { text: '"山田"' });
    const many = filterOfSearch(parseSearch('渡辺斉藤崎'), ground) as { conditions: unknown[] };
    assert.ok(many.conditions.length <= 6);
  });
  test('and found on this device', () => {
    const letter = {
      head: { mailboxIds: {}, keywords: {}, from: [{ name: '渡邉', email: 'w@b.cd' }], subject: '' },
      cc: null,
      bcc: null,
      body: '',
    };
    assert.ok(matchesSearch(parseSearch('渡辺'), letter as unknown as KeptLetter, ground));
    assert.ok(!matchesSearch(parseSearch('渡部'), letter as unknown as KeptLetter, ground));
  });
});
