import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Snapshots } from './snapshots.ts';

const of = (objects: Readonly<Record<string, number>>) => new Map(Object.entries(objects).map(([id, value]) => [id, { id, value }]));

test('the difference of two pictures', () => {
  const snapshots = new Snapshots();
  const state = snapshots.state('x', of({ A: 1, B: 1, C: 1 }));
  assert.deepEqual(snapshots.changes('x', state, of({ A: 1, B: 2, D: 1 })), { created: ['D'], updated: ['B'], destroyed: ['C'] });
  assert.equal(snapshots.changes('x', 'never', of({})), null);
  assert.equal(snapshots.changes('another list', state, of({ A: 1 })), null);
});

test('the same picture is the same state, also for who has not seen it: nothing has changed', () => {
  const state = new Snapshots().state('x', of({ A: 1, B: 2 }));
  assert.equal(new Snapshots().state('x', of({ B: 2, A: 1 })), state);
  assert.deepEqual(new Snapshots().changes('x', state, of({ A: 1, B: 2 })), { created: [], updated: [], destroyed: [] });
});

test('only so many are remembered', () => {
  const snapshots = new Snapshots();
  const first = snapshots.state('x', of({ A: 0 }));
  for (let i = 1; i <= 20; i++) snapshots.state('x', of({ A: i }));
  assert.equal(snapshots.changes('x', first, of({ A: 20 })), null);
});

test('who follows the changes has what is there', () => {
  const picture = fc.dictionary(fc.constantFrom('A', 'B', 'C', 'D'), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(fc.array(picture, { minLength: 2, maxLength: 15 }), (pictures) => {
      const snapshots = new Snapshots();
      const have = of(pictures[0]!);
      let state = snapshots.state('x', have);
      for (const next of pictures.slice(1)) {
        const now = of(next);
        const { created, updated, destroyed } = snapshots.changes('x', state, now)!;
        for (const id of created) assert.ok(!have.has(id));
        for (const id of updated) assert.ok(have.has(id));
        for (const id of [...created, ...updated]) have.set(id, now.get(id)!);
        for (const id of destroyed) assert.ok(have.delete(id));
        state = snapshots.state('x', now);
        assert.deepEqual(Object.fromEntries(have), Object.fromEntries(now));
      }
    }),
  );
});
