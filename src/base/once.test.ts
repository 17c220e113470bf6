import assert from 'node:assert/strict';
import { test } from 'node:test';
import { once } from './once.ts';

test('once: loaded by the first who asks, for all', async () => {
  let loads = 0;
  const load = once(async () => ++loads);
  assert.equal(loads, 0);
  assert.deepEqual(await Promise.all([load(), load()]), [1, 1]);
  assert.equal(await load(), 1);
});

test('once: a failure is told to all who wait for it, and to nobody after them', async () => {
  let loads = 0;
  const load = once(async () => {
    if (++loads === 1) throw new Error('not yet');
    return loads;
  });
  const both = await Promise.allSettled([load(), load()]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal(await load(), 2);
  assert.equal(await load(), 2);
});
