// Threads in the array and beyond it do the same as a plain map.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/support/depth.ts';
import { ShelfThreads } from './shelf-threads.ts';

/** Letters 1 to 12 in threads 1 to 9, of which the array holds those below 4; all received in the order of their ids. */
const deed = fc.oneof(
  fc.record({ what: fc.constant('join' as const), thread: fc.integer({ min: 1, max: 9 }), message: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ what: fc.constant('leave' as const), thread: fc.constant(0), message: fc.integer({ min: 1, max: 12 }) }),
);

test('joined and left as in a map', () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 60 }), (deeds) => {
      const threads = new ShelfThreads(9, 1);
      const model = new Map<number, number[]>();
      for (const { what, thread, message } of deeds) {
        const at = [...model].find(([, members]) => members.includes(message))?.[0];
        if (what === 'join' && at === undefined) {
          threads.join(thread, message, (one) => one);
          model.set(
            thread,
            [...(model.get(thread) ?? []), message].toSorted((a, b) => a - b),
          );
        } else if (what === 'leave' && at !== undefined) {
          threads.leave(at, message);
          const left = model.get(at)!.filter((one) => one !== message);
          if (left.length > 0) model.set(at, left);
          else model.delete(at);
        }
        for (let one = 1; one <= 9; one++) {
          const members = model.get(one);
          assert.deepEqual(threads.of(one), members?.length === 1 ? members[0] : members);
          assert.equal(threads.isAlone(one), members?.length === 1);
        }
        const large = [...model].filter(([, members]) => members.length > 1).map(([one]) => one);
        assert.deepEqual([...threads.large()].toSorted(), large.toSorted());
      }
    }),
    { numRuns: runs(200) },
  );
});
