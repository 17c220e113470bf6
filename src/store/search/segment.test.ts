import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LetterTexts } from '../../message/text.ts';
import type { TextQuery } from '../contract.ts';
import { fold } from './fold.ts';
import { textMatcher } from './match.ts';
import { SegmentBuilder, findInColumn, findInWords, isColumn, mergeSegments, readSegment, type Segment } from './segment.ts';
import { planLookups } from './tokens.ts';
import { runs } from '../../../test/support/depth.ts';

function build(letters: readonly (readonly [number, LetterTexts | null])[]): Segment {
  const builder = new SegmentBuilder();
  for (const [id, texts] of letters) builder.add(id, texts);
  return readSegment(builder.finish());
}

function merge(segments: readonly Segment[], gone: ReadonlySet<number> = new Set()): Segment | null {
  const merging = mergeSegments(segments, gone);
  for (;;) {
    const { done, value } = merging.next();
    if (done === true) return value === null ? null : readSegment(value);
  }
}

/** Ids found: sure ones, and those of the unsure that hold the text. Sure ones are checked too. */
function find(segment: Segment, query: TextQuery, texts: ReadonlyMap<number, LetterTexts>): number[] {
  const { ids, columns, words } = segment;
  const found = isColumn(query.field)
    ? findInColumn(columns[query.field], fold(query.text))
    : findInWords(words, ids.length, query.field, planLookups(fold(query.text)));
  const holds = textMatcher(query);
  const idsOf = (positions: readonly number[]): number[] => positions.map((position) => ids[position]!);
  for (const id of idsOf(found.certain)) assert.ok(holds(texts.get(id)!), `${id} surely holds ${query.text}`);
  return [...idsOf(found.certain), ...idsOf(found.uncertain).filter((id) => holds(texts.get(id)!))].sort((a, b) => a - b);
}

function textsOf(more: Partial<LetterTexts>): LetterTexts {
  return { subject: '', from: '', to: '', cc: '', bcc: '', header: '', body: '', ...more };
}

const letters: readonly (readonly [number, LetterTexts])[] = [
  [3, textsOf({ subject: 'Hello World', from: 'Ada <ada@example.test>', header: 'Subject: Hello World', body: 'The quick brown fox' })],
  [4, textsOf({ subject: '会議室の予約', header: 'Subject: 会議室の予約', body: '明日の会議のガイド' })],
  [900, textsOf({ subject: '', to: 'x'.repeat(3000) + 'END', header: 'X-Id: 0123456789abcdef', body: 'foxes jump' })],
];
const queries: readonly (readonly [TextQuery['field'], string, readonly number[]])[] = [
  ['subject', 'o w', [3]],
  ['subject', '会議', [4]],
  ['subject', 'quick', []],
  ['from', '<ada@', [3]],
  ['to', 'xend', [900]],
  ['to', 'xendy', []],
  ['body', 'fox', [3, 900]],
  ['body', 'ick bro', [3]],
  ['body', 'fox ', []],
  ['body', 'ガイド', [4]],
  ['body', '会', [4]],
  ['body', '会議室', []],
  ['body', 'subject', []],
  ['text', 'subject: h', [3]],
  ['text', '9abc', [900]],
  ['text', ':', [3, 4, 900]],
  ['text', 'nowhere', []],
];
for (const [field, text, ids] of queries) {
  test(`${field} ${text} in a segment, and in one merged from three`, () => {
    const texts = new Map(letters);
    assert.deepEqual(find(build(letters), { field, text }, texts), ids);
    const merged = merge(letters.map((letter) => build([letter])))!;
    assert.deepEqual(find(merged, { field, text }, texts), ids);
    const without = merge([build(letters.slice(0, 2)), build(letters.slice(2))], new Set([3]))!;
    assert.deepEqual([...without.ids], [4, 900]);
    assert.deepEqual(
      find(without, { field, text }, texts),
      ids.filter((id) => id !== 3),
    );
  });
}

test('a merge that leaves nothing is null; a letter that cannot be read is found nowhere', () => {
  assert.equal(merge([build(letters)], new Set([3, 4, 900])), null);
  assert.deepEqual([...build([[7, null]]).ids], [7]);
  assert.deepEqual(find(build([[7, null]]), { field: 'text', text: 'a' }, new Map()), []);
});

const word = fc.constantFrom('a', 'Foo', 'foobar', 'bar', '会', '会議', '議', 'ガ', 'が', '🎉', ' ', ' ', '-', 'é', 'ß', 'x1');
const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(''));
const letter = fc.record({ subject: text, from: text, to: text, cc: text, bcc: text, header: text, body: text });
const field = fc.constantFrom<TextQuery['field']>('subject', 'from', 'bcc', 'body', 'text');

test('segments and merged segments find what looking at each letter finds', () => {
  fc.assert(
    fc.property(
      fc.array(letter, { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(11)),
      fc.nat(11),
      field,
      fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join('')),
      (list, goneAt, cut, field, query) => {
        const all = list.map((texts, at): [number, LetterTexts] => [at * 7 + 1, texts]);
        const gone = new Set(goneAt.map((at) => at * 7 + 1));
        const texts = new Map(all);
        const holds = textMatcher({ field, text: query });
        const expected = all.filter(([, one]) => holds(one)).map(([id]) => id);
        assert.deepEqual(find(build(all), { field, text: query }, texts), expected);
        const parts = [all.slice(0, cut), all.slice(cut)].filter((part) => part.length > 0).map(build);
        const merged = merge(parts, gone);
        assert.deepEqual(
          merged === null ? [] : find(merged, { field, text: query }, texts),
          expected.filter((id) => !gone.has(id)),
        );
      },
    ),
    { numRuns: runs(300) },
  );
});
