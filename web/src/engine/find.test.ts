// Searches as they are typed, and whole lists, by the engine over an office in memory.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { start } from '../../demo/begun.ts';
import { settled } from '../../demo/surroundings.ts';
import type { Engine, ListPatch, ListQuery, WorkView } from './contract.ts';

interface Seen {
  total: number | null;
  first: string | null;
}

function look(engine: Engine, text: string): Seen & { type(text: string): void } {
  const seen: Seen = { total: null, first: null };
  const args = (typed: string): { query: ListQuery; threads: boolean; start: number; end: number } => ({
    query: { kind: 'find', accountIds: [], text: typed },
    threads: true,
    start: 0,
    end: 10,
  });
  const watch = engine.watch('list', args(text), (patch: ListPatch) => {
    seen.total = patch.total;
    const row = patch.rows.find(({ at }) => at === 0);
    if (patch.whole) seen.first = null;
    if (row) seen.first = row.row?.subject ?? null;
  });
  return Object.assign(seen, { type: (typed: string) => watch.adjust(args(typed)) });
}

suite('searches as they are typed', () => {
  test('each letter is another list in the same place; what finds nothing is empty', async () => {
    const { office, engine } = await start(200);
    const found = (text: string): number =>
      new Set([...office.letters.values()].filter((one) => (one.subject ?? '').includes(text)).map(({ threadId }) => threadId)).size;
    const [some] = [...office.letters.values()];
    const word = some!.subject!.slice(0, 4);
    const seen = look(engine, `subject:"${word}"`);
    await settled();
    seen.type('zzyzx');
    await settled();
    assert.equal(seen.total, 0);
    seen.type(word);
    await settled();
    assert.ok((seen.total ?? 0) > 0 && seen.total! >= Math.min(1, found(word)));
    seen.type('in:nowhere');
    await settled();
    assert.equal(seen.total, 0);
  });

  test('without a network what is kept here is searched, and the server is asked when it is back', async () => {
    const { office, world, engine } = await start(60);
    const word = [...office.letters.values()][0]!.subject!;
    look(engine, 'in:inbox');
    await settled();
    world.setOnline(false);
    const seen = look(engine, `件名:"${word}"`);
    await settled();
    assert.ok((seen.total ?? 0) > 0);
    assert.equal(seen.first, word);
  });
});

suite('whole lists', () => {
  test('in pieces with progress, one undo for all; stopped it keeps what was done', async () => {
    const { office, engine } = await start(1300);
    const inInbox = (): number => [...office.letters.values()].filter(({ mailboxIds }) => mailboxIds['F1']).length;
    const query: ListQuery = { kind: 'mailbox', accountId: 'A1', mailboxId: 'F1' };
    const before = inInbox();
    assert.equal(await engine.ask('count', { query }), before);
    const told: (WorkView | null)[] = [];
    engine.watch('work', null, (view) => told.push(view));
    const { count, step } = await engine.ask('actWhole', { query, actions: [{ name: 'archive' }, { name: 'read' }] });
    assert.deepEqual([count, inInbox()], [before, 0]);
    assert.ok(told.filter((view) => view !== null).length >= 3 && told.at(-1) === null);
    await engine.ask('undo', { step });
    assert.equal(inInbox(), before);
    engine.watch('work', null, (view) => {
      if (view && view.done > 0) void engine.ask('stopWork', null);
    });
    const stopped = await engine.ask('actWhole', { query, actions: [{ name: 'flag' }] });
    assert.ok(stopped.count > 0 && stopped.count < before);
  });
});
