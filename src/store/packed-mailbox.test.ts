import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DELETED, SEEN, type StateEntry } from './mailbox-state.ts';
import { PackedMailbox, emptyColumns } from './packed-mailbox.ts';
import { runs, stride } from '../../test/support/depth.ts';

function openEmpty(): PackedMailbox {
  return new PackedMailbox(emptyColumns({ account: 1, mailbox: 7, uidValidity: 99, uidNext: 1, highestModSeq: 1 }));
}

function entry(state: PackedMailbox, uid: number, modSeq: number, system = 0, keywords: readonly string[] = []): StateEntry {
  return {
    uid,
    message: uid + 1000,
    modSeq,
    flags: state.internFlags(system, keywords),
    size: uid * 10,
    receivedAt: uid * 100,
    savedAt: uid * 1000,
  };
}

/** A mailbox with these UIDs, added in one change at MODSEQ 2. */
function withUids(...uids: number[]): PackedMailbox {
  const state = openEmpty();
  state.apply({ modSeq: 2, added: uids.map((uid) => entry(state, uid, 2)), flags: [], expunged: [], uidNext: (uids.at(-1) ?? 0) + 1 });
  return state;
}

const lookups: readonly (readonly [readonly number[], number, number, number])[] = [
  // UIDs, the UID asked for, indexOf, indexFrom
  [[], 1, -1, 0],
  [[5], 4, -1, 0],
  [[5], 5, 0, 0],
  [[5], 6, -1, 1],
  [[1, 2, 3, 4], 3, 2, 2],
  [[10, 20, 30, 40], 10, 0, 0],
  [[10, 20, 30, 40], 11, -1, 1],
  [[10, 20, 30, 40], 30, 2, 2],
  [[10, 20, 30, 40], 31, -1, 3],
  [[10, 20, 30, 40], 40, 3, 3],
  [[10, 20, 30, 40], 4294967295, -1, 4],
  [[1, 4294967290, 4294967295], 4294967291, -1, 2],
];
for (const [uids, uid, at, from] of lookups) {
  test(`in (${uids.join(' ')}) UID ${uid} is at ${at}, the first not below it at ${from}`, () => {
    const state = withUids(...uids);
    assert.deepEqual([state.indexOf(uid), state.indexFrom(uid)], [at, from]);
  });
}

test('a new letter is written behind the others, in the same array while there is room', () => {
  const state = withUids(1, 2);
  const before = state.uids;
  state.apply({ modSeq: 3, added: [entry(state, 3, 3)], flags: [], expunged: [], uidNext: 4 });
  assert.equal(state.uids, before);
  assert.deepEqual([...state.uids.subarray(0, state.count)], [1, 2, 3]);
});

test('an expunge leaves the arrays of before as they were, also for letters that come later', () => {
  const state = withUids(1, 2, 3, 4);
  const { uids, messages, count } = state;
  state.apply({ modSeq: 3, added: [entry(state, 5, 3)], flags: [], expunged: [2, 3], uidNext: 6 });
  state.apply({ modSeq: 4, added: [entry(state, 6, 4)], flags: [], expunged: [], uidNext: 7 });
  assert.deepEqual([...uids.subarray(0, count)], [1, 2, 3, 4]);
  assert.deepEqual([...messages.subarray(0, count)], [1001, 1002, 1003, 1004]);
  assert.deepEqual([...state.uids.subarray(0, state.count)], [1, 4, 5, 6]);
});

test('a UID that is not above the others is a defect and is told', () => {
  const state = withUids(5);
  assert.throws(() => state.apply({ modSeq: 3, added: [entry(state, 5, 3)], flags: [], expunged: [], uidNext: 6 }), /UID 5 comes after 5/);
});

test('expungedSince reaches back to the opening of the mailbox and to what is remembered', () => {
  const state = withUids(1, 2, 3);
  state.apply({ modSeq: 3, added: [], flags: [], expunged: [3], uidNext: 4 });
  state.apply({ modSeq: 4, added: [], flags: [], expunged: [1], uidNext: 4 });
  assert.equal(state.expungedSince(0), null);
  assert.deepEqual([...state.expungedSince(1)!], [1, 3]);
  assert.deepEqual([...state.expungedSince(3)!], [1]);
  assert.deepEqual([...state.expungedSince(4)!], []);
});

test('a very large expunge is forgotten whole: expungedSince says that it does not know', () => {
  const state = withUids(...Array.from({ length: 70_000 }, (_, at) => at + 1));
  state.apply({ modSeq: 3, added: [], flags: [], expunged: Array.from({ length: 69_000 }, (_, at) => at + 1), uidNext: 70_001 });
  state.apply({ modSeq: 4, added: [], flags: [], expunged: [69_500], uidNext: 70_001 });
  assert.equal(state.expungedSince(2), null);
  assert.deepEqual([...state.expungedSince(3)!], [69_500]);
});

test('listeners hear each change until they stop, and that the mailbox is gone', () => {
  const state = withUids(1);
  let heard = 0;
  const listener = (): void => void heard++;
  const stopFirst = state.listen(listener);
  const stopSecond = state.listen(listener);
  state.apply({ modSeq: 3, added: [], flags: [{ uid: 1, flags: state.internFlags(SEEN, []) }], expunged: [], uidNext: 2 });
  assert.equal(heard, 2);
  stopFirst();
  state.markGone();
  state.markGone();
  assert.equal(heard, 3);
  stopSecond();
  assert.equal(state.gone, true);
});

test('release calls what the engine gave', () => {
  let released = 0;
  const columns = emptyColumns({ account: 1, mailbox: 1, uidValidity: 1, uidNext: 1, highestModSeq: 1 });
  new PackedMailbox(columns, () => void released++).release();
  assert.equal(released, 1);
});

test('columns of an engine are taken over with their flag sets and keywords', () => {
  const state = new PackedMailbox({
    account: 1,
    mailbox: 2,
    uidValidity: 3,
    uidNext: 12,
    highestModSeq: 9,
    count: 2,
    uids: Uint32Array.of(4, 11),
    messages: Uint32Array.of(1, 2),
    modSeqs: Float64Array.of(9, 5),
    sizes: Uint32Array.of(100, 200),
    receivedAt: Float64Array.of(1, 2),
    savedAt: Float64Array.of(3, 4),
    flagIndexes: Uint32Array.of(1, 0),
    flagSets: [
      { system: SEEN, keywords: ['Work'] },
      { system: DELETED, keywords: [] },
    ],
    keywords: ['gone', 'Work'],
  });
  assert.deepEqual([state.unseen, state.deleted, state.octets], [1, 1, 300]);
  assert.deepEqual([state.flagsAt(0).text, state.flagsAt(1).text], ['(\\Deleted)', '(\\Seen Work)']);
  assert.deepEqual(state.keywords, ['gone', 'Work']);
  assert.equal(state.internFlags(SEEN, ['WORK']), state.flagsAt(1));
});

// --- model ------------------------------------------------------------------------------------------------------------

interface Modelled {
  uid: number;
  modSeq: number;
  flags: string;
  size: number;
}

const step = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    count: fc.integer({ min: 1, max: 20 }),
    gap: fc.integer({ min: 0, max: 3 }),
    seen: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('flag' as const),
    pick: fc.array(fc.nat(40), { maxLength: 8 }),
    system: fc.nat(31),
    keyword: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('expunge' as const), pick: fc.array(fc.nat(40), { maxLength: 8 }) }),
);

test('a packed mailbox does what a plain list of letters does', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const state = openEmpty();
      let model: Modelled[] = [];
      let uidNext = 1;
      let modSeq = 1;
      const vanished: { uid: number; modSeq: number }[] = [];
      const snapshots: { uids: Uint32Array; count: number; expected: number[] }[] = [];
      for (const one of steps) {
        modSeq++;
        snapshots.push({ uids: state.uids, count: state.count, expected: model.map(({ uid }) => uid) });
        const added: StateEntry[] = [];
        const flags: { uid: number; flags: ReturnType<PackedMailbox['internFlags']> }[] = [];
        const picked = 'pick' in one ? [...new Set(one.pick)].flatMap((at) => model[at] ?? []).sort((a, b) => a.uid - b.uid) : [];
        if (one.kind === 'add') {
          for (let i = 0; i < one.count; i++) {
            added.push(entry(state, uidNext + one.gap, modSeq, one.seen ? SEEN : 0));
            uidNext += one.gap + 1;
          }
          for (const { uid, flags, size } of added) model.push({ uid, modSeq, flags: flags.text, size });
        } else if (one.kind === 'flag') {
          for (const letter of picked) {
            const set = state.internFlags(one.system, one.keyword ? ['kw'] : []);
            flags.push({ uid: letter.uid, flags: set });
            Object.assign(letter, { flags: set.text, modSeq });
          }
        } else {
          for (const { uid } of picked) vanished.push({ uid, modSeq });
          model = model.filter((letter) => !picked.includes(letter));
        }
        state.apply({ modSeq, added, flags, expunged: one.kind === 'expunge' ? picked.map(({ uid }) => uid) : [], uidNext });
      }
      const { count } = state;
      assert.deepEqual(
        [...state.uids.subarray(0, count)],
        model.map(({ uid }) => uid),
      );
      assert.deepEqual(
        [...state.modSeqs.subarray(0, count)],
        model.map((letter) => letter.modSeq),
      );
      assert.deepEqual(
        model.map((_, at) => state.flagsAt(at).text),
        model.map((letter) => letter.flags),
      );
      assert.equal(state.unseen, model.filter((letter) => !letter.flags.includes('\\Seen')).length);
      assert.equal(state.deleted, model.filter((letter) => letter.flags.includes('\\Deleted')).length);
      assert.equal(
        state.octets,
        model.reduce((sum, { size }) => sum + size, 0),
      );
      assert.deepEqual([state.uidNext, state.highestModSeq], [uidNext, modSeq]);
      for (const [at, { uid }] of model.entries()) assert.deepEqual([state.indexOf(uid), state.indexFrom(uid)], [at, at]);
      for (let since = 1; since <= modSeq; since++) {
        assert.deepEqual(
          [...state.changedSince(since)],
          model.flatMap((letter, at) => (letter.modSeq > since ? [at] : [])),
        );
        const gone = vanished.filter((one) => one.modSeq > since).map(({ uid }) => uid);
        assert.deepEqual(
          [...state.expungedSince(since)!],
          gone.sort((a, b) => a - b),
        );
      }
      for (const snapshot of snapshots) assert.deepEqual([...snapshot.uids.subarray(0, snapshot.count)], snapshot.expected);
    }),
    { numRuns: runs(200) },
  );
});

test('a thousand flag changes in 200,000 letters do not copy them', () => {
  const state = withUids();
  const many = Array.from({ length: 200_000 }, (_, at) => entry(state, at * 3 + 1, 2));
  state.apply({ modSeq: 2, added: many, flags: [], expunged: [], uidNext: 600_001 });
  const seen = state.internFlags(SEEN, []);
  for (let i = 0; i < 1000; i++) {
    state.apply({ modSeq: 3 + i, added: [], flags: [{ uid: i * 3 + 1, flags: seen }], expunged: [], uidNext: 600_001 });
  }
  assert.equal(state.unseen, 199_000);
  assert.equal(state.changedSince(2).length, 1000);
});

test('changedSince tells the same whether its ring reaches back or not, after more changes than the ring holds', () => {
  const state = openEmpty();
  const count = 3000;
  state.apply({
    modSeq: 2,
    added: Array.from({ length: count }, (_, index) => entry(state, index + 1, 2)),
    flags: [],
    expunged: [],
    uidNext: count + 1,
  });
  const modSeqOf = new Map(Array.from({ length: count }, (_, index) => [index + 1, 2]));
  for (let round = 0; round < 600; round++) {
    const modSeq = 3 + round;
    const uids = [1, 2, 3, 4, 5].map((at) => ((round * at * 37) % count) + 1).filter((uid) => modSeqOf.has(uid));
    const expunged = round % 50 === 49 ? [((round * 11) % count) + 1].filter((uid) => modSeqOf.has(uid)) : [];
    const flags = [...new Set(uids)].map((uid) => ({ uid, flags: state.internFlags(round % 8, []) }));
    state.apply({ modSeq, added: [], flags, expunged, uidNext: count + 1 });
    for (const { uid } of flags) modSeqOf.set(uid, modSeq);
    for (const uid of expunged) modSeqOf.delete(uid);
    if (round % stride(7) !== 0) continue;
    for (const back of [0, 1, 7, 100, 204, 205, 206, 400]) {
      const since = Math.max(0, modSeq - back);
      const wanted = [...modSeqOf].filter(([, is]) => is > since).map(([uid]) => uid);
      assert.deepEqual(
        Array.from(state.changedSince(since), (at) => state.uids[at]!),
        wanted,
        `${modSeq} since ${since}`,
      );
    }
  }
});
