import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Behind } from './behind.ts';

/** Lets what can go on go on. */
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

test('the work of one account is done in order, that of others beside it', async () => {
  const behind = new Behind();
  const done: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  behind.add(1, async () => (await promise, void done.push('1a')));
  behind.add(1, async () => void done.push('1b'));
  behind.add(2, async () => void done.push('2a'));
  await turn();
  assert.deepEqual(done, ['2a']);
  resolve();
  await behind.settled(1);
  assert.deepEqual(done, ['2a', '1a', '1b']);
});

test('settled waits for what stood, idle until there is nothing', async () => {
  const behind = new Behind();
  let done = 0;
  let more = 50;
  const work = async (): Promise<void> => {
    await turn();
    done++;
    if (more-- > 0) behind.add(1, work);
  };
  behind.add(1, work);
  await behind.settled(1);
  assert.equal(done, 1);
  await behind.settled(2);
  assert.equal(done, 1);
  await behind.idle();
  assert.equal(done, 51);
});

test('there is room for so much for one account, and for so much in all; done is done', async () => {
  const behind = new Behind();
  const { promise, resolve } = Promise.withResolvers<void>();
  const taken = new Map<number, number>();
  for (let account = 1; account <= 20; account++)
    for (let number = 0; number < 200; number++) if (behind.add(account, () => promise)) taken.set(account, (taken.get(account) ?? 0) + 1);
  assert.deepEqual(
    [...taken.values()],
    Array.from({ length: 10 }, () => 100),
  );
  resolve();
  await behind.idle();
  assert.ok(behind.add(1, async () => {}));
});
