// Turns: so many at once, in order, the rest refused; what fails gives its place on too.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from './turns.ts';

test('so many at once of each person, in their order; nobody passes another', async () => {
  const turns = new Turns(2, 3);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (person: number, name: string) =>
    turns.take(person, () => {
      begun.push(name);
      return new Promise<string>((resolve, reject) => ends.set(name, name === 'b' ? () => reject(new Error(name)) : () => resolve(name)));
    });
  const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => work(1, name));
  void work(2, 'other');
  assert.equal(await all[5], null, 'two run, three wait');
  assert.deepEqual(begun, ['a', 'b', 'other']);
  ends.get('b')!();
  await assert.rejects(all[1]!, /b/);
  // At the very moment at which a place is free, somebody else comes.
  const late = work(1, 'g');
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(begun, ['a', 'b', 'other', 'c']);
  for (const name of ['a', 'c', 'd', 'e', 'g']) {
    ends.get(name)!();
    await new Promise((done) => setImmediate(done));
  }
  assert.deepEqual(begun, ['a', 'b', 'other', 'c', 'd', 'e', 'g']);
  assert.equal(await late, 'g');
});
