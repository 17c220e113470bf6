import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FalseClock } from '../../../test/support/clock.ts';
import { Refusal } from '../../base/trouble.ts';
import { Allowance } from './allowance.ts';

const limited = (trouble: unknown): boolean => trouble instanceof Refusal && trouble.code === 'limit';

test('five look-ups a minute for each person; then the seconds to wait are told', async () => {
  const clock = new FalseClock();
  const allowance = new Allowance(clock);
  for (let i = 0; i < 5; i++) {
    allowance.take(1, 'look-up');
    await clock.advance(1000);
  }
  assert.throws(
    () => allowance.take(1, 'look-up'),
    (trouble) => limited(trouble) && /in 55 s/.test(String(trouble)),
  );
  allowance.take(2, 'look-up');
  await clock.advance(55_001);
  allowance.take(1, 'look-up');
  assert.throws(() => allowance.take(1, 'look-up'), limited);
});

test('thirty ports a minute, many at once counted one by one; more than the whole is never allowed', () => {
  const allowance = new Allowance(new FalseClock());
  allowance.take(1, 'port', 20);
  assert.throws(() => allowance.take(1, 'port', 11), limited);
  allowance.take(1, 'port', 10);
  assert.throws(() => allowance.take(2, 'port', 31), limited);
});

test('failed logins are held before they are tried, and those that did not fail are given back', () => {
  const allowance = new Allowance(new FalseClock());
  const ends = Array.from({ length: 4 }, () => allowance.hold(1, 'failed-login', 3));
  assert.throws(() => allowance.hold(1, 'failed-login', 3), limited);
  for (const end of ends) end(2);
  ends[0]!(0);
  allowance.hold(1, 'failed-login', 3)(3);
  assert.throws(() => allowance.hold(1, 'failed-login', 2), limited);
  allowance.hold(1, 'failed-login', 1)(0);
  allowance.hold(1, 'failed-login', 1);
});
