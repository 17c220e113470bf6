// Progress in words: counts, spans, rate and time left.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Progress } from '../cli/command.ts';
import { formatCount, formatSpan, Pace } from './pace.ts';

const counts: readonly [number, string][] = [
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [1234567, '1,234,567'],
];
for (const [count, text] of counts) test(`count: ${text}`, () => assert.equal(formatCount(count), text));

const spans: readonly [number, string][] = [
  [0, '1 s'],
  [89, '89 s'],
  [90, '2 min'],
  [3600, '60 min'],
  [7500, '2 h 5 min'],
];
for (const [seconds, text] of spans) test(`span: ${text}`, () => assert.equal(formatSpan(seconds), text));

test('pace: rate and time left once there is enough to judge by, and not told more often than a person reads', () => {
  let now = 0;
  const said: Progress[] = [];
  const pace = new Pace({ say: (progress) => said.push(progress), monotonic: () => now, of: 1000 });
  pace.step(100, 10, 2048);
  now = 100;
  pace.step(100, 10, 2048);
  now = 4000;
  pace.step(200, 20, 4096);
  assert.deepEqual(said, [
    { done: 100, of: 1000, words: '10 letters, 2 KB' },
    { done: 400, of: 1000, words: '40 letters, 8 KB, 10/s, 6 s left' },
  ]);
});
