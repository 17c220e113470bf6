import assert from 'node:assert/strict';
import { test } from 'node:test';
import { letterIdBeside, makeLetterId } from './letter-id.ts';

const still = { bytes: (length: number) => new Uint8Array(length).fill(7), fraction: () => 0 };
const at = Date.UTC(2026, 10, 27, 12);

test('ids of a later minute stand behind those of an earlier one, until 2080', () => {
  const times = [0, Date.UTC(2026, 0, 1, 0, 1), at, at + 60_000, Date.UTC(2050, 0), Date.UTC(2079, 11)];
  const ids = times.map((time) => makeLetterId(still, time));
  assert.deepEqual(ids.toSorted(), ids);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^[2-9a-hjkmnp-z]{18}$/);
});

test('ids of one minute begin alike and differ by chance', () => {
  let value = 0;
  const chance = { bytes: (length: number) => Uint8Array.from({ length }, () => (value = (value * 73 + 11) % 256)), fraction: () => 0 };
  const [a, b] = [makeLetterId(chance, at), makeLetterId(chance, at + 1)];
  assert.equal(a.slice(0, 5), b.slice(0, 5));
  assert.notEqual(a, b);
});

test('an id beside another is the same for the same octets', () => {
  const id = makeLetterId(still, at);
  const octets = Uint8Array.from({ length: 32 }, (_, index) => 255 - index * 3);
  assert.equal(letterIdBeside(id, octets), letterIdBeside(id, octets));
  assert.equal(letterIdBeside(id, octets).slice(0, 5), id.slice(0, 5));
});
