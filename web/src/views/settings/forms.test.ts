import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSender } from './senders.ts';
import { isReversed, noVacation, readVacation, writeVacation } from './vacation.ts';

test('a vacation goes into its form and back, to the minute', () => {
  const object = { isEnabled: true, fromDate: '2026-12-28T15:00:00Z', toDate: null, subject: '留守', textBody: ' a\n', htmlBody: '<p>x' };
  const form = readVacation(object);
  assert.equal(new Date(form.from).toISOString(), '2026-12-28T15:00:00.000Z');
  assert.deepEqual(writeVacation(form), { ...object, htmlBody: null });
  assert.deepEqual(writeVacation(noVacation), {
    isEnabled: false,
    fromDate: null,
    toDate: null,
    subject: null,
    textBody: null,
    htmlBody: null,
  });
});

test('one that ends before it begins is told', () => {
  assert.equal(isReversed({ ...noVacation, from: '2026-01-02T00:00', until: '2026-01-01T00:00' }), true);
  assert.equal(isReversed({ ...noVacation, from: '2026-01-01T00:00', until: '2026-01-02T00:00' }), false);
  assert.equal(isReversed({ ...noVacation, until: '2026-01-01T00:00' }), false);
});

test('senders: addresses and domains', () => {
  for (const one of ['a@b.jp', '@b.jp']) assert.ok(isSender(one), one);
  for (const one of ['a', 'a@', 'a b@c.jp', 'a@b@c', '']) assert.ok(!isSender(one), one);
});
