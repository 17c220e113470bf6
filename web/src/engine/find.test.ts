// Searches as they are typed, and whole lists, by the engine over an office in memory.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { start } from '../../demo/begun.ts';
import { Office } from '../../demo/office.ts';
import { settled, worldOf, type World } from '../../demo/surroundings.ts';
import type { Engine, ListPatch, ListQuery, WholeView, WorkView } from './contract.ts';
import { openEngine } from './engine.ts';
import type { JsonObject } from './jmap/objects.ts';

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

suite('searches without a network', () => {
  async function atHand(): Promise<{ world: World; engine: Engine; read: { texts: number; whole: number } }> {
    const { office, world, engine } = await start(60);
    look(engine, 'in:inbox');
    for (let number = 1; number <= 40; number++)
      engine.watch('thread', { accountId: 'A1', threadId: `T${number}`, opened: 'all' }, () => undefined);
    await settled();
    const again = worldOf(office, world.caches);
    again.setOnline(false);
    const read = { texts: 0, whole: 0 };
    const cache = again.caches.get('tayori:hana@example.jp')!;
    again.caches.set('tayori:hana@example.jp', {
      ...cache,
      all: (table) => {
        if (table === 'bodies' || table === 'heads') read.whole += 1;
        return cache.all(table);
      },
      each: (table, prefix, visit) =>
        cache.each(table, prefix, (key, value) => {
          if (table === 'bodies') read.texts += 1;
          return visit(key, value);
        }),
    });
    return { world: again, engine: await openEngine(again.surroundings), read };
  }

  test('a word of a text is found; the texts go by one after the other', async () => {
    const { engine, read } = await atHand();
    const seen = look(engine, 'body:"recipe"');
    await settled();
    await settled();
    assert.ok(read.texts >= 40, `${read.texts} texts`);
    assert.equal(read.whole, 0);
    const other = look(engine, 'body:"下ごしらえはない"');
    await settled();
    await settled();
    assert.equal(other.total, 0);
    assert.notEqual(seen.total, null);
  });

  test('a search that was typed over meanwhile stops, and the later one is answered', async () => {
    const { engine, read } = await atHand();
    const seen = look(engine, 'body:"a"');
    while (read.texts < 5) await Promise.resolve();
    seen.type('件名:"土曜日"');
    const before = read.texts;
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    assert.ok(read.texts <= before + 1, `${read.texts - before} texts more`);
    await settled();
    await settled();
    assert.ok((seen.total ?? 0) > 0);
    assert.equal(seen.first, '土曜日の件');
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

  const query: ListQuery = { kind: 'mailbox', accountId: 'A1', mailboxId: 'F1' };
  const inInbox = (office: Office): number => [...office.letters.values()].filter(({ mailboxIds }) => mailboxIds['F1']).length;
  /** From the `number`th Email/set on the office does as it is told. */
  function fromSet(office: Office, number: number, meet: (request: () => JsonObject) => JsonObject): void {
    const request = office.request.bind(office);
    let sets = 0;
    office.request = (body) =>
      JSON.stringify(body).includes('"Email/set"') && ++sets >= number ? meet(() => request(body)) : request(body);
  }

  test('an undo that broke off can be asked for again', async () => {
    const { office, world, engine } = await start(1300);
    const before = inInbox(office);
    const { step } = await engine.ask('actWhole', { query, actions: [{ name: 'archive' }] });
    office.failing.set('Email/set', { type: 'serverUnavailable' });
    await assert.rejects(engine.ask('undo', { step }));
    office.failing.clear();
    const request = office.request.bind(office);
    fromSet(office, 2, () => {
      throw new TypeError('no network');
    });
    await assert.rejects(engine.ask('undo', { step }));
    assert.equal(inInbox(office), 500 - (3 * 500 - before), 'the newest piece is back');
    office.request = request;
    await world.pass(4000);
    assert.equal((await engine.ask('undo', { step }))?.step, step);
    assert.equal(inInbox(office), before);
    assert.equal(await engine.ask('undo', { step }), null);
  });

  test('an undo that is stopped keeps the way back for the rest', async () => {
    const { office, engine } = await start(1300);
    const before = inInbox(office);
    const { step } = await engine.ask('actWhole', { query, actions: [{ name: 'archive' }] });
    const watch = engine.watch('work', null, (view) => {
      if (view && view.done > 0) void engine.ask('stopWork', null);
    });
    assert.equal(await engine.ask('undo', { step }), null);
    watch.end();
    assert.ok(inInbox(office) > 0 && inInbox(office) < before);
    await engine.ask('undo', { step });
    assert.equal(inInbox(office), before);
  });

  test('a piece that was refused in part, and one of which the answer was lost: it is said, and all that was done can be undone', async () => {
    for (const isLost of [false, true]) {
      const { office, world, engine } = await start(1300);
      const before = inInbox(office);
      if (isLost)
        fromSet(office, 1, (request) => {
          request();
          throw new TypeError('the answer was lost');
        });
      else office.refuses.add('M700');
      const { step, count, trouble }: WholeView = await engine.ask('actWhole', { query, actions: [{ name: 'archive' }] });
      assert.equal(trouble?.kind, isLost ? 'offline' : 'refused');
      assert.ok(isLost ? count === 0 : count > 0 && count < before);
      assert.ok(inInbox(office) < before);
      office.request = Office.prototype.request.bind(office);
      await world.pass(4000);
      await engine.ask('undo', { step });
      assert.equal(inInbox(office), before);
    }
  });
});
