import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fold } from './fold.ts';
import { eachToken, longestWord, planLookups, tokens, type Lookup } from './tokens.ts';
import { runs } from '../../../test/support/depth.ts';

const rows: readonly (readonly [string, readonly string[]])[] = [
  ['', []],
  ['hello, world: hello!', ['hello', 'world']],
  ['x-mailer: foo_bar 3.14', ['x', 'mailer', 'foo', 'bar', '3', '14']],
  ['会', ['会']],
  ['会議室', ['会議', '議室']],
  ['第3回の会議', ['第', '3', '回の', 'の会', '会議']],
  ['hello世界', ['hello', '世界']],
  ['さーばー', ['さー', 'ーば', 'ばー']],
  ['안녕 하세요', ['안녕', '하세요']],
  ['привет мир', ['привет', 'мир']],
  ['𠮷野家', ['𠮷野', '野家']],
  ['ok 🎉🎊!', ['ok', '🎉🎊']],
  ['🎉', ['🎉']],
  ['── a ──', ['──', 'a']],
];
for (const [text, expected] of rows) test(`tokens of ${JSON.stringify(text)}`, () => assert.deepEqual(tokens(text), expected));

test('a very long word becomes pieces of which neighbours overlap', () => {
  const word = Array.from({ length: 200 }, (_, at) => String.fromCharCode(97 + (at % 26))).join('');
  const pieces: string[] = [];
  eachToken(word, (piece) => pieces.push(piece));
  assert.ok(pieces.every((piece) => piece.length === longestWord));
  assert.ok(word.startsWith(pieces[0]!) && word.endsWith(pieces.at(-1)!));
  assert.deepEqual(tokens('b'.repeat(64)), ['b'.repeat(64)]);
});

const plans: readonly (readonly [string, readonly string[], boolean])[] = [
  ['hello', ['within hello'], true],
  ['hello ', ['end hello'], false],
  [' hello', ['start hello'], false],
  [' hello ', ['whole hello'], false],
  ['hello world', ['end hello', 'start world'], false],
  ['a big world', ['end a', 'whole big', 'start world'], false],
  ['会', ['within 会'], true],
  ['会議', ['whole 会議'], true],
  ['会議室', ['whole 会議', 'whole 議室'], false],
  ['第3回', ['within 第', 'whole 3', 'within 回'], false],
  ['@', [], false],
  ['->', [], false],
  ['a@b', ['end a', 'start b'], false],
];
for (const [query, lookups, exact] of plans) {
  test(`the plan of ${JSON.stringify(query)}`, () => {
    const plan = planLookups(query);
    assert.deepEqual([plan.lookups.map(({ how, text }) => `${how} ${text}`), plan.exact], [lookups, exact]);
  });
}

function meets(token: string, { how, text }: Lookup): boolean {
  if (how === 'whole') return token === text;
  if (how === 'start') return token.startsWith(text);
  return how === 'end' ? token.endsWith(text) : token.includes(text);
}

const piece = fc.oneof(
  fc.constantFrom('a', 'B', 'foo', '1', ' ', '-', '@', '.', '\n', '会', '議', 'ガ', 'ｶﾞ', 'が', 'é', '𠮷', '🎉', '…', 'ß', 'я', '가'),
  fc.integer({ min: 1, max: 90 }).map((length) => 'abcdefghij'.repeat(9).slice(0, length)),
);

test('every part of a text meets its plan; who meets an exact plan holds the text', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 30 }),
      fc.nat(),
      fc.nat(),
      fc.array(piece, { minLength: 1, maxLength: 4 }),
      (pieces, from, length, other) => {
        const folded = fold(pieces.join(''));
        const found = tokens(folded);
        // Cut between characters, as queries are.
        const characters = [...folded];
        const start = from % (characters.length + 1);
        const part = characters.slice(start, start + 1 + (length % 100)).join('');
        for (const lookup of planLookups(part).lookups)
          assert.ok(
            found.some((token) => meets(token, lookup)),
            `${lookup.how} ${lookup.text}`,
          );
        const plan = planLookups(fold(other.join('')));
        if (plan.exact)
          assert.equal(
            plan.lookups.every((lookup) => found.some((token) => meets(token, lookup))),
            folded.includes(plan.folded),
          );
      },
    ),
    { numRuns: runs(500) },
  );
});
