import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { mergeNewestFirst, QueryWindow } from './window.ts';
import { runs } from '../../../test/support/depth.ts';

type Ids = readonly (string | null)[];
const base = { accountId: 'A1', canCalculateChanges: true };
const change = { accountId: 'A1', oldQueryState: '1', newQueryState: '2' };

function windowOf(ids: Ids): QueryWindow {
  const window = new QueryWindow();
  window.restore([], ids.length, '1', true);
  ids.forEach((id, position) => {
    if (id !== null) window.place({ ...base, queryState: '1', position, ids: [id], total: ids.length });
  });
  return window;
}

suite('QueryWindow.follow', () => {
  const rows: readonly { name: string; held: Ids; removed: string[]; added: [string, number][]; total: number; after: Ids | null }[] = [
    { name: 'a new letter on top', held: ['a', 'b', null], removed: [], added: [['n', 0]], total: 4, after: ['n', 'a', 'b', null] },
    { name: 'one that is known goes', held: ['a', 'b', null, 'd'], removed: ['b'], added: [], total: 3, after: ['a', null, 'd'] },
    {
      name: 'one in a gap goes: what lies behind the gap is forgotten',
      held: ['a', null, null, 'd'],
      removed: ['x'],
      added: [],
      total: 3,
      after: ['a', null, null],
    },
    {
      name: 'one that was never in the list is told as removed',
      held: ['a', null, 'c'],
      removed: ['x'],
      added: [],
      total: 3,
      after: ['a', null, 'c'],
    },
    { name: 'one moves', held: ['a', 'b', 'c'], removed: ['c'], added: [['c', 0]], total: 3, after: ['c', 'a', 'b'] },
    {
      name: 'several are added, given in any order',
      held: ['a', 'b'],
      removed: [],
      added: [
        ['z', 3],
        ['y', 1],
      ],
      total: 4,
      after: ['a', 'y', 'b', 'z'],
    },
    { name: 'a total that cannot be', held: ['a', 'b'], removed: [], added: [], total: 5, after: null },
    { name: 'more gone than there are gaps', held: ['a', 'b'], removed: ['x'], added: [], total: 1, after: null },
    { name: 'added beyond the end', held: ['a'], removed: [], added: [['z', 7]], total: 2, after: null },
  ];
  for (const { name, held, removed, added, total, after } of rows)
    test(name, () => {
      const window = windowOf(held);
      const fits = window.follow({ ...change, total, removed, added: added.map(([id, index]) => ({ id, index })) });
      assert.equal(fits, after !== null);
      assert.deepEqual(window.ids, after ?? held);
    });

  test('an answer to another state changes nothing', () => {
    const window = windowOf(['a']);
    assert.equal(window.follow({ ...change, oldQueryState: '0', total: 2, removed: [], added: [{ id: 'n', index: 0 }] }), false);
    assert.deepEqual(window.ids, ['a']);
  });

  test('random lists of which parts are known: what is known afterwards is true', () => {
    const letter = fc.integer({ min: 0, max: 30 }).map((number) => `m${number}`);
    const list = fc.uniqueArray(letter, { maxLength: 25 });
    fc.assert(
      fc.property(
        list,
        list,
        fc.array(fc.boolean(), { minLength: 31, maxLength: 31 }),
        fc.array(letter, { maxLength: 3 }),
        (before, after, known, noise) => {
          const window = windowOf(before.map((id, position) => (known[position] ? id : null)));
          // Those in both keep their order only if they are told; the simplest exact answer tells all that moved.
          const kept = before.filter((id) => after.includes(id));
          const keptAfter = after.filter((id) => before.includes(id));
          const moved = new Set(kept.join() === keptAfter.join() ? [] : kept);
          const removed = [
            ...before.filter((id) => !after.includes(id) || moved.has(id)),
            ...noise.filter((id) => !before.includes(id) && !after.includes(id)),
          ];
          const added = after.flatMap((id, index) => (!before.includes(id) || moved.has(id) ? [{ id, index }] : []));
          const fits = window.follow({ ...change, total: after.length, removed, added });
          if (!fits) return;
          assert.equal(window.total, after.length);
          window.ids.forEach((id, position) => {
            if (id !== null) assert.equal(id, after[position]);
          });
        },
      ),
      { numRuns: runs(2000) },
    );
  });
});

suite('QueryWindow.place', () => {
  test('an answer of another state is not mixed in', () => {
    const window = windowOf(['a', null]);
    assert.equal(window.place({ ...base, queryState: '2', position: 1, ids: ['x'], total: 2 }), false);
    assert.deepEqual(window.ids, ['a', null]);
  });
  test('gaps of what is not known, cut to size', () => {
    const window = windowOf(['a', null, null, null, 'e', null]);
    assert.deepEqual(window.gaps(0, 10, 2), [
      { position: 1, limit: 2 },
      { position: 3, limit: 1 },
      { position: 5, limit: 1 },
    ]);
  });
});

suite('mergeNewestFirst', () => {
  const times: Record<string, number> = { a5: 5, a3: 3, b4: 4, b3: 3 };
  const time = (id: string): number | null => times[id] ?? null;
  test('two lists are one, the first list first at equal times', () => {
    const { rows, wants } = mergeNewestFirst(
      [
        { ids: ['a5', 'a3'], isTold: true, time },
        { ids: ['b4', 'b3'], isTold: true, time },
      ],
      10,
    );
    assert.deepEqual(
      rows.map(({ id }) => id),
      ['a5', 'b4', 'a3', 'b3'],
    );
    assert.equal(wants, null);
  });
  test('stops where the next is not known, and says which', () => {
    const { rows, wants } = mergeNewestFirst(
      [
        { ids: ['a5', null], isTold: true, time },
        { ids: ['b4'], isTold: true, time },
      ],
      10,
    );
    assert.deepEqual(
      rows.map(({ id }) => id),
      ['a5'],
    );
    assert.deepEqual(wants, { source: 0, position: 1 });
  });
  test('a letter of unknown time stops it too', () => {
    assert.deepEqual(mergeNewestFirst([{ ids: ['zz'], isTold: true, time }], 1).wants, { source: 0, position: 0 });
  });
});
