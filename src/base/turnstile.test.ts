import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turnstile } from './turnstile.ts';

test('Turnstile: never more inside than there is room for, in order, and failures make room too', async () => {
  const turnstile = new Turnstile(10);
  const ends: PromiseWithResolvers<void>[] = [];
  const began: number[] = [];
  const passes = [6, 6, 3, 25, 1].map((weight, i) =>
    turnstile.pass(weight, () => {
      began.push(i);
      return (ends[i] = Promise.withResolvers<void>()).promise;
    }),
  );
  const end = async (i: number): Promise<void> => {
    ends[i]!.reject(new Error('over'));
    await assert.rejects(passes[i]!, /over/);
    await Promise.resolve();
  };
  assert.deepEqual(began, [0]);
  await end(0);
  assert.deepEqual(began, [0, 1, 2]);
  await end(1);
  assert.deepEqual(began, [0, 1, 2]);
  await end(2);
  assert.deepEqual(began, [0, 1, 2, 3]);
  await end(3);
  assert.deepEqual(began, [0, 1, 2, 3, 4]);
  await end(4);
});
