import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { start } from '../../demo/begun.ts';
import { draft, letterOf } from '../../demo/letters.ts';
import { Office } from '../../demo/office.ts';
import { settled, worldOf } from '../../demo/surroundings.ts';
import type { Engine, ListPatch, ListQuery, MailboxesView, Row, StatusView, ThreadView } from './contract.ts';
import { openEngine } from './engine.ts';

const inbox: ListQuery = { kind: 'mailbox', accountId: 'A1', mailboxId: 'F1' };

interface Seen {
  readonly rows: Map<number, Row | null>;
  total: number | null;
  /** Largest number of rows that were there and then were not, at one push. */
  holes: number;
}

function look(engine: Engine, query: ListQuery, start = 0, end = 20): Seen & { adjust(start: number, end: number): void } {
  const seen: Seen = { rows: new Map(), total: null, holes: 0 };
  const watch = engine.watch('list', { query, threads: true, start, end }, (patch: ListPatch) => {
    if (patch.whole) seen.rows.clear();
    seen.total = patch.total;
    for (const { at, row } of patch.rows) {
      if (row === null && seen.rows.get(at)) seen.holes += 1;
      seen.rows.set(at, row);
    }
  });
  return Object.assign(seen, { adjust: (from: number, to: number) => watch.adjust({ query, threads: true, start: from, end: to }) });
}

function latest<T extends 'status' | 'mailboxes' | 'thread'>(
  engine: Engine,
  topic: T,
  args: Parameters<typeof engine.watch<T>>[1],
): { now: Parameters<Parameters<typeof engine.watch<T>>[2]>[0] | null } {
  const held: { now: Parameters<Parameters<typeof engine.watch<T>>[2]>[0] | null } = { now: null };
  engine.watch(topic, args, (push) => (held.now = push));
  return held;
}

const subjectsOf = ({ rows }: Seen, count: number): (string | undefined)[] =>
  Array.from({ length: count }, (_, at) => rows.get(at)?.emailId);

suite('engine: lists', () => {
  test('the first rows, the total, and a jump far down', async () => {
    const { engine } = await start(3000);
    const list = look(engine, inbox);
    await settled();
    assert.equal(list.rows.get(0)?.emailId, 'M1');
    assert.equal(list.rows.get(0)?.count, 4);
    assert.equal(list.total, 3000);
    list.adjust(2000, 2020);
    await settled();
    assert.equal(list.rows.get(2000)?.emailId, 'M2001');
  });

  test('a letter that arrives is on top without any row going dark, and is told', async () => {
    const { office, engine, news } = await start();
    const list = look(engine, inbox);
    await settled();
    office.add(letterOf(0, 'F1', { id: 'M9000', threadId: 'T9000', receivedAt: '2026-11-27T13:00:00Z', keywords: {} }));
    office.announce();
    await settled();
    assert.deepEqual(subjectsOf(list, 2), ['M9000', 'M1']);
    assert.equal(list.holes, 0);
    assert.equal(news.filter(({ kind }) => kind === 'arrived').length, 1);
  });

  test('a server that does not remember: all is read anew', async () => {
    const { office, engine } = await start();
    const list = look(engine, inbox);
    await settled();
    office.destroy('M2');
    office.forgetPast();
    office.announce();
    await settled();
    assert.deepEqual(subjectsOf(list, 2), ['M1', 'M3']);
    assert.equal(list.total, 299);
  });

  test('several accounts are one inbox, newest first', async () => {
    const { office, world } = await start(30);
    const both = {
      ...office.session,
      accounts: {
        ...(office.session['accounts'] as object),
        A2: { ...(office.session['accounts'] as Record<string, object>)['A1'], name: 'work', isPersonal: false },
      },
    };
    Object.defineProperty(office, 'session', { value: both });
    const second = new Office('A2', 'work@example.jp');
    for (let number = 0; number < 10; number++)
      second.add(letterOf(number, 'F1', { receivedAt: new Date(Date.UTC(2026, 10, 27, 12, 41) - number * 94 * 60_000).toISOString() }));
    second.forgetPast();
    const first = office.request.bind(office);
    office.request = (body) => {
      const calls = body['methodCalls'] as unknown as readonly (readonly [string, { accountId?: string }])[];
      return calls[0]?.[1].accountId === 'A2' ? second.request(body) : first(body);
    };
    const engine = await openEngine(worldOf(office).surroundings);
    void world;
    await settled();
    const list = look(engine, { kind: 'unified', role: 'inbox' }, 0, 40);
    await settled();
    assert.equal(list.total, 40);
    const times = Array.from({ length: 40 }, (_, at) => list.rows.get(at)?.receivedAt ?? '');
    assert.deepEqual(times, times.toSorted().toReversed());
    assert.equal(list.rows.get(0)?.accountId, 'A2');
  });
  test('what is only passed by in a long list is not written to the device; what is opened is', async () => {
    const { engine, world } = await start(3000);
    const list = look(engine, inbox);
    await settled();
    list.adjust(2000, 2020);
    await settled();
    const far = list.rows.get(2000)!;
    assert.ok(far);
    const cache = world.caches.get('tayori:hana@example.jp')!;
    const isKept = async (row: Row): Promise<boolean> => (await cache.read('heads', [`A1/${row.emailId}`]))[0] !== undefined;
    assert.equal(await isKept(far), false);
    const kept = await cache.all('heads');
    assert.ok(kept.length > 0 && kept.every(({ key }) => key !== `A1/${far.emailId}`));
    latest(engine, 'thread', { accountId: 'A1', threadId: far.threadId });
    await settled();
    assert.equal(await isKept(far), true);
    assert.notEqual((await cache.read('threads', [`A1/${far.threadId}`]))[0], undefined);
  });
});

suite('engine: doing', () => {
  test('archive: gone at once, told to the server, and back by undo; nothing flickers', async () => {
    const { office, engine } = await start();
    const list = look(engine, inbox);
    await settled();
    const row = list.rows.get(1)!;
    await engine.ask('act', { name: 'archive', letters: [{ accountId: 'A1', emailIds: row.emailIds }] });
    await settled();
    assert.equal(list.rows.get(1)?.emailId, 'M3');
    assert.equal(list.total, 299);
    assert.deepEqual(office.letters.get('M2')!.mailboxIds, { F4: true });
    await engine.ask('undo', {});
    await settled();
    assert.equal(list.rows.get(1)?.emailId, 'M2');
    assert.equal(list.total, 300);
    assert.deepEqual(office.letters.get('M2')!.mailboxIds, { F1: true });
    assert.equal(list.holes, 0);
  });

  test('undo of a deed that the server has just been told, while the lists follow: it is taken back there, too', async () => {
    const { office, engine } = await start();
    look(engine, inbox);
    await settled();
    const answer = office.request.bind(office);
    let undone: Promise<unknown> | null = null;
    office.request = (body) => {
      const names = (body['methodCalls'] as readonly (readonly [string])[]).map(([name]) => name);
      const isTold = office.letters.get('M2')!.mailboxIds['F1'] !== true;
      if (isTold && names.includes('Email/changes')) undone ??= engine.ask('undo', {});
      return answer(body);
    };
    await engine.ask('act', { name: 'archive', letters: [{ accountId: 'A1', emailIds: ['M2'] }] });
    await settled();
    assert.ok(undone !== null);
    await undone;
    await settled();
    assert.deepEqual(office.letters.get('M2')!.mailboxIds, { F1: true });
  });

  test('undo right behind a deed that is still on its way to the disk takes back this one, and not the one before', async () => {
    const { office, engine } = await start();
    look(engine, inbox);
    await settled();
    await engine.ask('act', { name: 'flag', letters: [{ accountId: 'A1', emailIds: ['M2'] }] });
    void engine.ask('act', { name: 'archive', letters: [{ accountId: 'A1', emailIds: ['M2'] }] });
    assert.equal((await engine.ask('undo', {}))?.what, 'archive');
    await settled();
    assert.deepEqual(office.letters.get('M2')!.mailboxIds, { F1: true });
    assert.equal(office.letters.get('M2')!.keywords['$flagged'], true);
  });

  test('without a network: shown, kept over a restart, told when it is back', async () => {
    const { office, world, engine } = await start();
    const list = look(engine, inbox);
    await settled();
    world.setOnline(false);
    await engine.ask('act', { name: 'flag', letters: [{ accountId: 'A1', emailIds: ['M5'] }] });
    await engine.ask('act', { name: 'archive', letters: [{ accountId: 'A1', emailIds: ['M6'] }] });
    await settled();
    assert.equal(list.rows.get(4)?.isFlagged, true);
    assert.equal(list.rows.get(5)?.emailId, 'M7');
    assert.equal(office.letters.get('M5')!.keywords['$flagged'], undefined);

    const again = worldOf(office, world.caches);
    again.setOnline(false);
    const later = await openEngine(again.surroundings);
    const seen = look(later, inbox);
    await settled();
    assert.equal(seen.rows.get(4)?.isFlagged, true, 'the beginning of the list and what was done are there without a network');
    assert.equal(seen.rows.get(5)?.emailId, 'M7');
    again.setOnline(true);
    await settled();
    assert.equal(office.letters.get('M5')!.keywords['$flagged'], true);
    assert.deepEqual(office.letters.get('M6')!.mailboxIds, { F4: true });
    assert.equal(latest(later, 'status', null).now?.waiting, 0);
  });

  for (const [how, isStale] of [
    ['the first screen comes with the list itself, in one reading', false],
    ['but not when letters have changed since it was written', true],
  ] as const)
    test(`at the next start ${how}`, async () => {
      const { office, world, engine } = await start();
      look(engine, inbox);
      await settled();
      // Away with the letters' own rows: what is shown then can only come with the list.
      for (const cache of world.caches.values()) {
        for (const table of ['heads', 'threads'] as const)
          await cache.write((await cache.all(table)).map(({ key }) => ({ table, key, value: undefined })));
        const [facts] = (await cache.read('facts', ['account/A1'])) as [{ states: object } | undefined];
        if (isStale && facts)
          await cache.write([{ table: 'facts', key: 'account/A1', value: { states: { ...facts.states, Email: 'later' } } }]);
      }
      const again = worldOf(office, world.caches);
      again.setOnline(false);
      const seen = look(await openEngine(again.surroundings), inbox);
      await settled();
      assert.deepEqual([seen.rows.get(0)?.emailId, seen.rows.get(19)?.emailId], isStale ? [undefined, undefined] : ['M1', 'M20']);
      assert.equal(seen.total, 300);
    });

  test('refused by the server: it is as before, and the person hears of it', async () => {
    const { office, engine, news } = await start();
    office.refuses.add('M5');
    const list = look(engine, inbox);
    await settled();
    await engine.ask('act', { name: 'delete', letters: [{ accountId: 'A1', emailIds: ['M5'] }] });
    await settled();
    assert.equal(list.rows.get(4)?.emailId, 'M5');
    assert.equal(list.total, 300);
    const refusal = news.find(({ kind }) => kind === 'refused');
    assert.equal(refusal?.kind === 'refused' && refusal.trouble.type, 'forbidden');
  });

  test('refused: that deed alone is no longer to be undone', async () => {
    const { office, engine, news } = await start();
    office.refuses.add('M5');
    const flag = (id: string): Promise<unknown> => engine.ask('act', { name: 'flag', letters: [{ accountId: 'A1', emailIds: [id] }] });
    await flag('M1');
    await flag('M5');
    await engine.ask('saveDraft', { ...draft, accountId: 'A7' });
    await engine.ask('send', { key: draft.key, options: { undoSeconds: 0, at: null } });
    await settled();
    assert.equal(news.filter(({ kind }) => kind === 'refused').length, 2);
    assert.equal((await engine.ask('undo', {}))?.count, 1);
    await settled();
    assert.equal(office.letters.get('M1')!.keywords['$flagged'], undefined);
    assert.equal(await engine.ask('undo', {}), null);
  });

  test('carried to another account, and taken back while it is being told and the network goes: it is not told again', async () => {
    const { engine, office, world } = await start();
    const list = look(engine, inbox);
    await settled();
    const request = office.request.bind(office);
    let copies = 0;
    let undone: Promise<unknown> | undefined;
    office.request = (body) => {
      if (!JSON.stringify(body).includes('Email/copy')) return request(body);
      copies += 1;
      undone ??= engine.ask('undo', {});
      world.setOnline(false);
      throw new TypeError('no network');
    };
    const letters = [{ accountId: 'A1', emailIds: ['M1'] }];
    await engine.ask('act', { name: 'carry', letters, toAccountId: 'A2', to: 'G1', from: { A1: 'F1' }, keeps: false });
    await settled();
    await undone;
    await settled();
    assert.equal(list.rows.get(0)?.emailId, 'M1');
    world.setOnline(true);
    await world.pass(60_000);
    await settled();
    assert.equal(copies, 1);
    assert.equal(list.rows.get(0)?.emailId, 'M1');
  });

  test('several steps are undone one after the other', async () => {
    const { office, engine } = await start();
    for (const id of ['M1', 'M2', 'M3']) await engine.ask('act', { name: 'delete', letters: [{ accountId: 'A1', emailIds: [id] }] });
    await settled();
    for (const id of ['M3', 'M2', 'M1']) {
      assert.deepEqual(office.letters.get(id)!.mailboxIds, { F6: true });
      await engine.ask('undo', {});
      await settled();
      assert.deepEqual(office.letters.get(id)!.mailboxIds, { F1: true });
    }
    assert.equal(await engine.ask('undo', {}), null);
  });

  test('counters of mailboxes follow at once', async () => {
    const { world, engine } = await start();
    const boxes = latest(engine, 'mailboxes', null) as { now: MailboxesView | null };
    look(engine, inbox);
    await settled();
    const before = boxes.now!.mailboxes.find(({ role }) => role === 'inbox')!.unread;
    world.setOnline(false);
    await engine.ask('act', { name: 'read', letters: [{ accountId: 'A1', emailIds: ['M1'] }] });
    assert.equal(boxes.now!.mailboxes.find(({ role }) => role === 'inbox')!.unread, before - 1);
  });
});

test('all rows of a list but the one that cannot be had', async () => {
  const { office, engine } = await start(200);
  const request = office.request.bind(office);
  office.request = (body) => {
    const answer = request(body) as { methodResponses: [string, { list: { id: string }[] }, string][] };
    for (const [name, args] of answer.methodResponses) if (name === 'Email/get') args.list = args.list.filter(({ id }) => id !== 'M150');
    return answer as never;
  };
  const rows = await engine.ask('rows', { query: inbox, threads: true, start: 0, end: 200 });
  assert.equal(rows.length, 199);
  assert.ok(rows.every(({ emailId }) => emailId !== 'M150'));
});

suite('engine: reading', () => {
  test('a conversation with its letters, also without a network afterwards', async () => {
    const { world, engine } = await start();
    const thread = latest(engine, 'thread', { accountId: 'A1', threadId: 'T1', opened: 'all' }) as { now: ThreadView | null };
    await settled();
    assert.equal(thread.now?.letters?.length, 4);
    assert.ok(thread.now?.letters?.every(({ body }) => body !== null));
    const again = worldOf(new Office('A1', 'hana@example.jp'), world.caches);
    again.setOnline(false);
    const later = await openEngine(again.surroundings);
    const offline = latest(later, 'thread', { accountId: 'A1', threadId: 'T1', opened: 'all' }) as { now: ThreadView | null };
    await settled();
    assert.equal(offline.now?.letters?.filter(({ body }) => body !== null).length, 4);
  });
});

test('of a long conversation only the texts of letters that lie open are asked for, the others when they are opened', async () => {
  const office = new Office('A1', 'hana@example.jp');
  const from = Date.UTC(2026, 9, 1);
  for (let number = 1; number <= 300; number++)
    office.add(
      letterOf(number, 'F1', {
        id: `M${number}`,
        threadId: 'T1',
        keywords: number === 40 ? {} : { $seen: true },
        receivedAt: new Date(from + number * 60_000).toISOString(),
      }),
    );
  office.forgetPast();
  const engine = await openEngine(worldOf(office).surroundings);
  let view: ThreadView | null = null;
  const watch = engine.watch('thread', { accountId: 'A1', threadId: 'T1' }, (push) => (view = push));
  const withText = (): readonly string[] => (view?.letters ?? []).filter(({ body }) => body !== null).map(({ head }) => head.id);
  await settled();
  assert.equal((view as ThreadView | null)?.letters?.length, 300);
  assert.deepEqual(withText(), ['M40', 'M300']);
  watch.adjust({ accountId: 'A1', threadId: 'T1', opened: ['M40', 'M7', 'M300'] });
  await settled();
  assert.deepEqual(withText(), ['M7', 'M40', 'M300']);
  // Read by now, and still open: its text stays.
  await engine.ask('act', { name: 'read', letters: [{ accountId: 'A1', emailIds: ['M40'] }] });
  await settled();
  assert.deepEqual(withText(), ['M7', 'M40', 'M300']);
  // Whatever was asked of the office: no text of the other 297.
  assert.deepEqual(office.textsAsked, new Set(['M7', 'M40', 'M300']));
});

suite('engine: signing in', () => {
  test('a session that ended is told; signing in goes on', async () => {
    const { world, engine } = await start();
    const status = latest(engine, 'status', null) as { now: StatusView | null };
    assert.equal(status.now?.session, 'in');
    assert.equal(status.now?.line, 'live');
    world.signedIn = false;
    world.setOnline(false);
    world.setOnline(true);
    await settled();
    assert.equal(status.now?.session, 'signed-out');
    assert.deepEqual(await engine.ask('signIn', { login: 'hana', password: 'wrong' }), {
      state: 'refused',
      reason: 'wrong',
      seconds: null,
    });
    assert.deepEqual(await engine.ask('signIn', { login: 'hana', password: 'right' }), { state: 'in' });
    await settled();
    assert.equal(status.now?.session, 'in');
  });

  test('who signs out leaves nothing untold: what was typed just now is told first, what cannot be told is asked about', async () => {
    const { office, world, engine } = await start(10);
    const status = latest(engine, 'status', null) as { now: StatusView | null };
    await engine.ask('saveDraft', { ...draft, base: null });
    world.setOnline(false);
    await settled();
    assert.deepEqual(await engine.ask('signOut', { anyway: false }), { left: 1 });
    assert.equal(status.now?.session, 'in');
    assert.notEqual(await engine.ask('loadDraft', { key: draft.key }), null);
    world.setOnline(true);
    await settled();
    assert.deepEqual(await engine.ask('signOut', { anyway: false }), { left: 0 });
    assert.equal(status.now?.session, 'signed-out');
    assert.equal([...office.letters.values()].filter(({ text }) => text === draft.text).length, 1);
  });

  test('who signs out without a network is out for good: the server hears of it before anything else', async () => {
    const { world, engine } = await start(10);
    world.setOnline(false);
    await settled();
    assert.deepEqual(await engine.ask('signOut', { anyway: false }), { left: 0 });
    assert.equal(world.signedIn, true, 'the server knows nothing of it yet');
    world.setOnline(true);
    const later = await openEngine(world.surroundings);
    const status = latest(later, 'status', null) as { now: StatusView | null };
    await settled();
    assert.equal(world.signedIn, false);
    assert.equal(status.now?.session, 'signed-out');
    await later.ask('signIn', { login: 'hana', password: 'right' });
    assert.equal(world.signedIn, true);
  });

  test('the first start without a network: the door is shown, and who is known to the server comes in when it answers', async () => {
    const office = new Office('A1', 'hana@example.jp');
    const world = worldOf(office);
    world.setOnline(false);
    const engine = await openEngine(world.surroundings);
    const status = latest(engine, 'status', null) as { now: StatusView | null };
    await settled();
    assert.equal(status.now?.session, 'signed-out');
    world.setOnline(true);
    await settled();
    assert.equal(status.now?.session, 'in');
  });

  test('a reload without a network by who has signed out shows the door', async () => {
    const { office, world, engine } = await start(10);
    world.setOnline(false);
    await settled();
    await engine.ask('signOut', { anyway: true });
    const later = worldOf(office, world.caches);
    later.setOnline(false);
    const status = latest(await openEngine(later.surroundings), 'status', null) as { now: StatusView | null };
    await settled();
    assert.equal(status.now?.session, 'signed-out');
  });

  test('a sign-in while the session is still being looked for looks anew: it begins after the cookie', async () => {
    const office = new Office('A1', 'hana@example.jp');
    const world = worldOf(office);
    world.signedIn = false;
    let fail: (error: Error) => void = () => undefined;
    world.inPlace = (pathname) => {
      if (pathname !== '/jmap/session') return null;
      world.inPlace = null;
      return new Promise((_resolve, reject) => (fail = reject));
    };
    const engine = await openEngine(world.surroundings);
    const status = latest(engine, 'status', null) as { now: StatusView | null };
    const answer = engine.ask('signIn', { login: 'hana', password: 'right' });
    await settled();
    fail(new TypeError('no network'));
    assert.deepEqual(await answer, { state: 'in' });
    await settled();
    assert.equal(status.now?.session, 'in');
  });

  test('who signs out sees it at once, whenever the server hears of it', async () => {
    const { world, engine } = await start(10);
    const status = latest(engine, 'status', null) as { now: StatusView | null };
    let hear: (answer: Response) => void = () => undefined;
    let logouts = 0;
    world.inPlace = (pathname) => {
      if (pathname !== '/auth/logout') return null;
      logouts += 1;
      return new Promise((resolve) => (hear = resolve));
    };
    void engine.ask('signOut', { anyway: true });
    await settled();
    assert.equal(status.now?.session, 'signed-out');
    // Who signs in meanwhile does so behind it.
    const signedIn = engine.ask('signIn', { login: 'hana', password: 'right' });
    await settled();
    assert.equal(status.now?.session, 'signed-out');
    hear(Response.json({}));
    assert.deepEqual(await signedIn, { state: 'in' });
    assert.equal(logouts, 1);
  });

  test('a line that breaks is made again, later each time', async () => {
    const { world, engine } = await start();
    const status = latest(engine, 'status', null) as { now: StatusView | null };
    world.setOnline(false);
    await settled();
    assert.equal(status.now?.line, 'off');
    world.setOnline(true);
    await settled();
    assert.equal(status.now?.line, 'live');
  });
});
