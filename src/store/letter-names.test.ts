import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesNearestFirst } from './letter-names.ts';

const many = Array.from({ length: 30 }, (_, at) => `r${at}`);

const rows: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
  ['nothing', '', [], []],
  ['only its own', 'me', [], ['me']],
  ['the newest one referred to first, its own last', 'me', ['root', 'parent'], ['parent', 'root', 'me']],
  ['each once, also its own', 'me', ['a', 'me', 'a', ''], ['a', 'me']],
  ['the oldest and the twenty newest of many', 'me', many, [...many.slice(10).reverse(), 'r0', 'me']],
];

for (const [name, messageId, references, expected] of rows)
  test(`names of a letter: ${name}`, () => assert.deepEqual(namesNearestFirst(messageId, references), expected));
