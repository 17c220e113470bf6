import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityOf, letterIdOf, pairUp, type Traits } from './imap-match.ts';

const letter = (name: string, size: number, receivedAt: number | null, id = 'm@x'): Traits & { readonly name: string } => ({
  name,
  size,
  receivedAt,
  identity: identityOf(id),
});
const names = (pairs: readonly [{ readonly name: string }, { readonly name: string }][]) => pairs.map(([a, b]) => `${a.name}=${b.name}`);

test('same size, identity and second: the same letter', () => {
  assert.deepEqual(names(pairUp([letter('a', 10, 1500)], [letter('b', 10, 1000)])), ['a=b']);
});

test('another size, another date, another Message-ID, or none: another letter', () => {
  const missed = [letter('b', 10, 5000)];
  assert.deepEqual(
    pairUp([letter('a', 11, 5000), letter('c', 10, 9000), letter('d', 10, 5000, 'n@x'), letter('e', 10, 5000, '')], missed),
    [],
  );
  assert.deepEqual(pairUp([letter('a', 10, 5000, '')], [letter('b', 10, 5000, '')]), []);
});

test('a date that is not known says nothing', () => {
  assert.deepEqual(names(pairUp([letter('a', 10, 5000)], [letter('b', 10, null)])), ['a=b']);
});

test('several alike are paired in order, each once', () => {
  const pairs = pairUp([letter('a', 10, 0), letter('b', 10, 0), letter('c', 10, 0)], [letter('x', 10, 0), letter('y', 10, 0)]);
  assert.deepEqual(names(pairs), ['a=x', 'b=y']);
});

test('the name of a letter on its journey follows from its place there and a secret', () => {
  const id = letterIdOf('s', 1, 2, 3, 4);
  assert.match(id, /^[2-9a-hjkmnp-z]{16}$/);
  assert.equal(letterIdOf('s', 1, 2, 3, 4), id);
  assert.notEqual(letterIdOf('t', 1, 2, 3, 4), id);
  assert.notEqual(letterIdOf('s', 1, 2, 3, 5), id);
});
