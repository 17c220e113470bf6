import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromUtf8 } from '../../../base/bytes.ts';
import { Refusal, SyntaxTrouble } from '../../../base/trouble.ts';
import { parseLetterOptions } from '../commands/append.ts';
import { create } from '../commands/create.ts';
import { enable } from '../commands/enable.ts';
import { formatIdFields, parseIdFields } from '../commands/id.ts';
import { login } from '../commands/login.ts';
import { Cursor } from './cursor.ts';
import { formatFlagList, parseFlagList, parseFlags } from './flag.ts';
import { parseList, parseLsub } from './list.ts';
import { parseSelect } from './select.ts';
import { formatStatusItems, parseStatusItems } from './status.ts';

const readings: Readonly<Record<string, (cursor: Cursor) => unknown>> = {
  LIST: parseList,
  LSUB: parseLsub,
  SELECT: parseSelect,
  status: parseStatusItems,
  flags: parseFlags,
  'flag list': parseFlagList,
  CREATE: (cursor) => create.parse(cursor),
  LOGIN: (cursor) => login.parse(cursor),
  ENABLE: (cursor) => enable.parse(cursor),
  ID: parseIdFields,
  letter: parseLetterOptions,
};

const plainList = { subscribed: false, specialUse: false, recursive: false };
const noReturns = { subscribed: false, children: false, specialUse: false, status: [] };

const good: [reading: string, text: string, value: unknown][] = [
  ['LIST', ' "" *', { extended: false, selection: plainList, reference: '', patterns: ['*'], returns: noReturns }],
  ['LIST', ' () a/ (% "b c")', { extended: true, selection: plainList, reference: 'a/', patterns: ['%', 'b c'], returns: noReturns }],
  [
    'LIST',
    ' (subscribed RECURSIVEMATCH REMOTE) "" % RETURN (CHILDREN STATUS (messages) SUBSCRIBED)',
    {
      extended: true,
      selection: { subscribed: true, specialUse: false, recursive: true },
      reference: '',
      patterns: ['%'],
      returns: { subscribed: true, children: true, specialUse: false, status: ['MESSAGES'] },
    },
  ],
  ['LIST', ' "" ab% RETURN ()', { extended: true, selection: plainList, reference: '', patterns: ['ab%'], returns: noReturns }],
  ['LSUB', ' "" {1}\r\n%', { reference: '', pattern: '%' }],
  ['SELECT', ' inbox', { mailbox: { name: 'INBOX', written: 'inbox' }, condstore: false, qresync: null }],
  ['SELECT', ' a (CONDSTORE)', { mailbox: { name: 'a', written: 'a' }, condstore: true, qresync: null }],
  [
    'SELECT',
    ' a (QRESYNC (67890007 90060115194045000 41:211,214:541 (1,3 5,7)))',
    {
      mailbox: { name: 'a', written: 'a' },
      condstore: false,
      qresync: {
        uidValidity: 67_890_007,
        modSeq: Number.MAX_SAFE_INTEGER,
        knownUids: { saved: false, ranges: [41, 211, 214, 541], toStar: 0 },
        match: { seqs: { saved: false, ranges: [1, 1, 3, 3], toStar: 0 }, uids: { saved: false, ranges: [5, 5, 7, 7], toStar: 0 } },
      },
    },
  ],
  ['status', '(MESSAGES messages deleted-storage)', ['MESSAGES', 'DELETED-STORAGE']],
  ['flags', '\\seen $x', ['\\Seen', '$x']],
  ['flags', '()', []],
  ['flag list', '(\\DELETED x \\Draft)', ['\\Deleted', 'x', '\\Draft']],
  ['CREATE', ' a/', { mailbox: { name: 'a', written: 'a' }, uses: null }],
  ['CREATE', ' a (USE (\\Sent \\Trash))', { mailbox: { name: 'a', written: 'a' }, uses: ['\\Sent', '\\Trash'] }],
  ['LOGIN', ' "a b" {3}\r\nc d', { user: 'a b', password: 'c d' }],
  ['ENABLE', ' condstore X', ['CONDSTORE', 'X']],
  ['ID', 'NIL', new Map()],
  [
    'ID',
    '("Name" "x" "os" NIL)',
    new Map([
      ['name', 'x'],
      ['os', null],
    ]),
  ],
  ['letter', ' ', { flags: [], receivedAt: null, utf8: false }],
  [
    'letter',
    ' (\\Seen) "17-Jul-1996 02:44:25 -0700" UTF8 (~',
    { flags: ['\\Seen'], receivedAt: Date.UTC(1996, 6, 17, 9, 44, 25), utf8: true },
  ],
];

for (const [reading, text, value] of good)
  test(`${reading} ${JSON.stringify(text)}`, () => assert.deepEqual(readings[reading]!(new Cursor(bytesFromUtf8(text))), value));

const bad: [reading: string, text: string][] = [
  ['LIST', ''],
  ['LIST', ' ""'],
  ['LIST', ' "" ('],
  ['LIST', ' "" ()'],
  ['LIST', ' "" * RETURN'],
  ['LIST', ' "" * RETURN (STATUS)'],
  ['LIST', ' "" * RETURN (STATUS ())'],
  ['LIST', ' (RECURSIVEMATCH REMOTE) "" *'],
  ['LIST', ' (CHILDREN) "" *'],
  ['LIST', ` "" (${'a '.repeat(100)}a)`],
  ['LIST', ' "" * x'],
  ['LSUB', ' "" (a)'],
  ['SELECT', ' a ()'],
  ['SELECT', ' a (QRESYNC)'],
  ['SELECT', ' a (QRESYNC (0 1))'],
  ['SELECT', ' a (QRESYNC (1 1 *))'],
  ['SELECT', ' a (QRESYNC (1 1 1:*))'],
  ['SELECT', ' a (QRESYNC (1 1 1:2:3))'],
  ['SELECT', ' a (QRESYNC (1 1 (1)))'],
  ['SELECT', ' a b'],
  ['status', '()'],
  ['status', '(X)'],
  ['status', 'MESSAGES'],
  ['flags', '\\Recent'],
  ['flags', '\\*'],
  ['flags', '(a('],
  ['flags', 'x'.repeat(129)],
  ['flags', 'a]'],
  ['flag list', '\\Seen'],
  ['CREATE', ' a (USE)'],
  ['CREATE', ' a (USE (Sent))'],
  ['LOGIN', ' a'],
  ['LOGIN', ' a b c'],
  ['ENABLE', ''],
  ['ENABLE', ' a  b'],
  ['ID', '("a")'],
  ['ID', '(NIL "a")'],
  ['ID', `(${Array.from({ length: 31 }, (_, i) => `"${i}" NIL`).join(' ')})`],
  ['letter', ' UTF8 ({3}'],
  ['letter', ' (\\Recent) '],
];

for (const [reading, text] of bad)
  test(`not ${reading} ${JSON.stringify(text.slice(0, 50))}`, () => {
    const cursor = new Cursor(bytesFromUtf8(text));
    assert.throws(
      () => {
        readings[reading]!(cursor);
        cursor.end();
      },
      (trouble) => trouble instanceof SyntaxTrouble || trouble instanceof Refusal,
    );
  });

function again<T>(read: (cursor: Cursor) => T, text: string): T {
  return read(new Cursor(bytesFromUtf8(text)));
}

test('what is formatted can be read again', () => {
  const flags = ['\\Seen', '$Forwarded', 'x'];
  assert.deepEqual(again(parseFlagList, formatFlagList(flags)), flags);
  assert.deepEqual(again(parseStatusItems, formatStatusItems(['UNSEEN', 'SIZE'])), ['UNSEEN', 'SIZE']);
  const fields = new Map([
    ['name', 'a "quoted" \\ name'],
    ['os', null],
  ]);
  assert.deepEqual(again(parseIdFields, formatIdFields(fields)), fields);
  assert.deepEqual(again(parseIdFields, formatIdFields(new Map())), new Map());
});
