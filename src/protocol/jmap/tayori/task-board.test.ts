// The board of long work by a clock that stands until told: what is kept how long, what is bounded, what states say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FalseClock } from '../../../../test/support/clock.ts';
import { Refusal } from '../../../base/trouble.ts';
import type { TaskDesk, TaskEnd, TaskHand } from './contract.ts';
import { runningMax, TaskBoard, taskKeptMs } from './task-board.ts';

const wish = { kind: 'discovery', address: 'a@b.test' } as const;
const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await new Promise((done) => setImmediate(done));
};

function open(refuse: Refusal | null = null) {
  const clock = new FalseClock();
  const failed: unknown[] = [];
  const board = new TaskBoard({ clock, failed: (_kind, trouble) => void failed.push(trouble) });
  const hands: { hand: TaskHand; end: (end: TaskEnd) => void; fail: (trouble: unknown) => void }[] = [];
  const desk: TaskDesk = {
    ready: async () => {},
    check() {
      if (refuse !== null) throw refuse;
    },
    run: (_wish, _owner, _language, hand) => new Promise((end, fail) => hands.push({ hand, end, fail })),
    explain: (trouble) => ({
      cause: trouble instanceof Refusal ? trouble.code : 'defect',
      sentence: '',
      next: '',
      whose: 'here',
      whoseWords: '',
      words: '',
      side: null,
      server: null,
      needs: [],
    }),
  };
  return { clock, board, hands, failed, begin: (person = 1) => board.begin(person, wish, 'ja', desk) };
}

const step = { mark: 'told', sentence: 's', side: null, step: null, words: '', facts: {} } as const;

test('what has ended is kept ten minutes, then gone, and both are told', async () => {
  const { clock, board, hands, begin } = open();
  const { id } = begin();
  await settle();
  hands[0]!.hand.step(step);
  hands[0]!.end({ result: { done: true }, failure: null });
  await settle();
  const ended = board.state(1);
  assert.deepEqual([board.find(1, id)?.state, board.find(1, id)?.steps.length], ['done', 1]);
  await clock.advance(taskKeptMs - 1);
  assert.equal(board.find(1, id)?.state, 'done');
  await clock.advance(1);
  assert.equal(board.find(1, id), null);
  assert.deepEqual(board.changes(1, ended), { created: [], updated: [], destroyed: [id] });
});

test('nothing is told of a task after its end, whatever the work goes on to say', async () => {
  const { board, hands, begin } = open();
  const { id } = begin();
  await settle();
  board.cancel(1, id);
  assert.ok(hands[0]!.hand.signal.aborted);
  const state = board.state(1);
  hands[0]!.hand.step(step);
  hands[0]!.hand.open('https://x.test');
  hands[0]!.end({ result: { late: true }, failure: null });
  await settle();
  assert.deepEqual([board.state(1), board.find(1, id)?.state, board.find(1, id)?.result], [state, 'cancelled', null]);
});

test('so many at once for each person; what the desk refuses is no task', async () => {
  const { board, begin } = open();
  for (let i = 0; i < runningMax; i++) begin();
  assert.throws(
    () => begin(),
    (trouble: unknown) => trouble instanceof Refusal && trouble.code === 'limit',
  );
  begin(2);
  const other = open(new Refusal('limit', 'no'));
  assert.throws(() => other.begin(), Refusal);
  assert.deepEqual(other.board.list(1), []);
  assert.equal(board.list(1).length, runningMax);
});

test('work that never ends is ended; a defect is noted, a refusal is not', async () => {
  const { clock, board, hands, failed, begin } = open();
  const first = begin();
  await settle();
  hands[0]!.hand.signal.addEventListener('abort', () => hands[0]!.fail(hands[0]!.hand.signal.reason));
  await clock.advance(15 * 60_000, settle);
  assert.deepEqual([board.find(1, first.id)?.state, board.find(1, first.id)?.failure?.cause], ['failed', 'expired']);
  assert.deepEqual(failed, []);
  const second = begin();
  await settle();
  hands[1]!.fail(new TypeError('x is not a function'));
  await settle();
  assert.deepEqual([board.find(1, second.id)?.failure?.cause, failed.length], ['defect', 1]);
});

test('steps, and tasks that are kept, are bounded; the oldest that ended go first', async () => {
  const { board, hands, begin } = open();
  const ids: number[] = [];
  for (let i = 0; i < 40; i++) {
    ids.push(begin().id);
    await settle();
    for (let j = 0; j < 250; j++) hands[i]!.hand.step(step);
    hands[i]!.end({ result: null, failure: null });
    await settle();
  }
  const kept = board.list(1);
  assert.ok(kept.length <= 30);
  assert.equal(kept.at(-1)!.id, ids.at(-1));
  assert.ok(kept.every(({ steps }) => steps.length <= 200));
});

test('states of another run, of another shape, of the time to come', () => {
  const { board, begin } = open();
  begin();
  const [run] = board.state(1).split('-');
  for (const state of ['', 'x', `${run}`, `${run}-`, `${run}--1`, `${run}-99`, `other-0`, `${run}-1e3`])
    assert.equal(board.changes(1, state), null, state);
  assert.equal(board.changes(1, `${run}-0`)?.created.length, 1);
});
