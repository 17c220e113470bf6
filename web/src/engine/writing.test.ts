import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { start } from '../../demo/begun.ts';
import { draft, fill } from '../../demo/letters.ts';
import { Office } from '../../demo/office.ts';
import { settled, worldOf, type World } from '../../demo/surroundings.ts';
import type { Engine, Row, StatusView } from './contract.ts';
import { openEngine } from './engine.ts';

function statusOf(engine: Engine): { now: StatusView | null } {
  const held: { now: StatusView | null } = { now: null };
  engine.watch('status', null, (view) => (held.now = view));
  return held;
}

/** Another window of the same browser, whose network is its own: closed, it does nothing any more. */
async function windowBeside(world: World, office: Office): Promise<{ world: World; engine: Engine }> {
  const beside = worldOf(office, world.caches);
  return { world: beside, engine: await openEngine(beside.surroundings) };
}

suite('engine: writing', () => {
  test('a draft that is thrown away while it is being stored does not come back', async () => {
    const { office, world, engine } = await start(10);
    const { changedAt: base } = await engine.ask('saveDraft', draft);
    const request = office.request.bind(office);
    let thrown: Promise<unknown> | undefined;
    office.request = (body) => {
      if (JSON.stringify(body).includes('10時に。')) thrown ??= engine.ask('dropDraft', { key: 'd1', base });
      return request(body);
    };
    await world.pass(3100);
    assert.ok(thrown, 'it was being stored');
    await thrown;
    await world.pass(3100);
    assert.equal(await engine.ask('loadDraft', { key: 'd1' }), null);
    assert.equal([...office.letters.values()].filter(({ mailboxIds }) => mailboxIds['F2']).length, 0);
  });

  test('a draft is here at once, on the server a little later, and once', async () => {
    const { office, world, engine } = await start(10);
    await engine.ask('saveDraft', draft);
    assert.equal((await engine.ask('loadDraft', { key: 'd1' }))?.saved, 'here');
    await world.pass(3100);
    assert.equal((await engine.ask('loadDraft', { key: 'd1' }))?.saved, 'server');
    await engine.ask('saveDraft', { ...draft, text: '11時に。' });
    await world.pass(3100);
    const drafts = [...office.letters.values()].filter(({ mailboxIds }) => mailboxIds['F2']);
    assert.deepEqual(
      drafts.map(({ text }) => text),
      ['11時に。'],
    );
  });

  test('a letter whose answer was lost goes out once', async () => {
    const { office, world, engine, news } = await start(10);
    await engine.ask('saveDraft', draft);
    await world.pass(3100);
    world.setOnline(false);
    await engine.ask('send', { key: 'd1', options: { undoSeconds: 10, at: null } });
    await settled();
    assert.equal(office.submissions.length, 0);
    world.setOnline(true);
    await settled();
    assert.equal(office.submissions.length, 1);
    assert.equal(news.filter(({ kind }) => kind === 'sent').length, 1);
    assert.deepEqual([...office.letters.values()].at(-1)!.mailboxIds, { F3: true });
  });

  test('two windows write on one draft: each keeps its words, and the other is told apart', async () => {
    const { office, world, engine } = await start(10);
    const other = await openEngine(world.surroundings);
    const { changedAt } = await engine.ask('saveDraft', { ...draft, base: null });
    const there = await other.ask('saveDraft', { ...draft, text: '11時に。', base: changedAt });
    assert.equal(there.apart, null);
    const here = await engine.ask('saveDraft', { ...draft, text: '12時に。', base: changedAt });
    assert.equal(here.apart?.text, '12時に。');
    await engine.ask('saveDraft', { ...here.apart!, text: '12時半に。', base: here.changedAt });
    await world.pass(3100);
    await world.pass(3100);
    const drafts = [...office.letters.values()].filter(({ mailboxIds }) => mailboxIds['F2']);
    assert.deepEqual(drafts.map(({ text }) => text).toSorted(), ['11時に。', '12時半に。']);
  });

  test('thrown away in one window: what another has written since, or sent, stays', async () => {
    const { office, world, engine } = await start(10);
    const other = await openEngine(world.surroundings);
    const inDrafts = (): number => [...office.letters.values()].filter(({ mailboxIds }) => mailboxIds['F2']).length;
    const { changedAt: base } = await engine.ask('saveDraft', { ...draft, base: null });
    const later = await other.ask('saveDraft', { ...draft, text: '11時に。', base });
    await engine.ask('dropDraft', { key: 'd1', base });
    await world.pass(3100);
    assert.equal((await engine.ask('loadDraft', { key: 'd1' }))?.draft.text, '11時に。');
    assert.equal(inDrafts(), 1);
    await other.ask('dropDraft', { key: 'd1', base: later.changedAt });
    await world.pass(3100);
    assert.equal(await engine.ask('loadDraft', { key: 'd1' }), null);
    assert.equal(inDrafts(), 0);
    const again = await engine.ask('saveDraft', { ...draft, base: null });
    await engine.ask('send', { key: 'd1', options: { undoSeconds: 10, at: null } });
    await other.ask('dropDraft', { key: 'd1', base: again.changedAt });
    await world.pass(3100);
    assert.notEqual(await engine.ask('loadDraft', { key: 'd1' }), null);
  });

  test('sent in one window while the other types: the sent letter stays', async () => {
    const { office, world, engine } = await start(10);
    const other = await openEngine(world.surroundings);
    const { changedAt } = await engine.ask('saveDraft', { ...draft, base: null });
    await engine.ask('send', { key: 'd1', options: { undoSeconds: 10, at: null } });
    await settled();
    const late = await other.ask('saveDraft', { ...draft, text: '追伸', base: changedAt });
    assert.equal(late.apart?.text, '追伸');
    await world.pass(3100);
    const of = (mailbox: string): string[] =>
      [...office.letters.values()].filter(({ mailboxIds }) => mailboxIds[mailbox]).map(({ text }) => text);
    assert.ok(of('F3').includes('10時に。'));
    assert.deepEqual(of('F2'), ['追伸']);
  });

  test('two devices write on one draft: both versions are in Drafts, and it is told', async () => {
    const { office, world, engine, news } = await start(10);
    await engine.ask('saveDraft', { ...draft, base: null });
    await world.pass(3100);
    const stored = [...office.letters.values()].find(({ mailboxIds }) => mailboxIds['F2']);
    const world2 = worldOf(office);
    const device = await openEngine(world2.surroundings);
    await settled();
    const opened = await device.ask('openDraft', { accountId: 'A1', emailId: stored!.id });
    await device.ask('saveDraft', { ...opened!.draft, text: '電車で。', base: opened!.changedAt });
    await world2.pass(3100);
    const { changedAt } = (await engine.ask('loadDraft', { key: 'd1' }))!;
    await engine.ask('saveDraft', { ...draft, text: '車で。', base: changedAt });
    await world.pass(3100);
    const drafts = [...office.letters.values()].filter(({ mailboxIds }) => mailboxIds['F2']);
    assert.deepEqual(drafts.map(({ text }) => text).toSorted(), ['車で。', '電車で。']);
    assert.equal(news.filter(({ kind }) => kind === 'apart').length, 1);
    // And once: the next change replaces its own.
    const now = (await engine.ask('loadDraft', { key: 'd1' }))!;
    await engine.ask('saveDraft', { ...now.draft, text: '車で行く。', base: now.changedAt });
    await world.pass(3100);
    const again = [...office.letters.values()].filter(({ mailboxIds }) => mailboxIds['F2']);
    assert.deepEqual(again.map(({ text }) => text).toSorted(), ['車で行く。', '電車で。']);
  });

  test('the answer of a sending is lost: it goes out once, is told, and leaves no draft behind', async () => {
    const { office, world, engine, news } = await start(10);
    await engine.ask('saveDraft', { ...draft, base: null });
    await world.pass(3100);
    const request = office.request.bind(office);
    office.request = (body) => {
      const calls = body['methodCalls'] as unknown as readonly (readonly [string])[];
      if (calls.some(([name]) => name === 'EmailSubmission/set')) {
        office.request = request;
        world.loseNextAnswer();
      }
      return request(body);
    };
    await engine.ask('send', { key: 'd1', options: { undoSeconds: 10, at: null } });
    await settled();
    world.setOnline(false);
    world.setOnline(true);
    await settled();
    await world.pass(60_000);
    assert.equal(office.submissions.length, 1);
    assert.equal(news.filter(({ kind }) => kind === 'sent').length, 1);
    assert.deepEqual(
      [...office.letters.values()].filter(({ mailboxIds }) => mailboxIds['F2']),
      [],
    );
  });

  test('a letter whose attachment is lost is not sent without it', async () => {
    const { office, world, engine, news } = await start(10);
    const gone = { id: 'a1', blobId: null, from: 'A1', type: 'text/plain', name: 'notes.txt', size: 4, cid: null };
    await engine.ask('saveDraft', { ...draft, attachments: [gone], base: null });
    await engine.ask('send', { key: 'd1', options: { undoSeconds: 0, at: null } });
    await world.pass(3100);
    assert.equal(office.submissions.length, 0);
    assert.deepEqual(
      news.map((item) => item.kind === 'refused' && item.trouble.type),
      ['blobNotFound'],
    );
    assert.equal((await engine.ask('loadDraft', { key: 'd1' }))?.draft.text, '10時に。');
    // It can be written on where it was.
    assert.equal((await engine.ask('saveDraft', { ...draft, text: '添付なしで。' })).apart, null);
  });
});

const options = { undoSeconds: 0, at: null };

suite('outbox: not now is not no', () => {
  test('a server that is busy for a while undoes nothing: what waits is told when it no longer is', async () => {
    const { office, world, engine, news } = await start(10);
    office.failing.set('Email/set', { type: 'serverUnavailable' });
    await engine.ask('act', { name: 'flag', letters: [{ accountId: 'A1', emailIds: ['M5'] }] });
    await engine.ask('saveDraft', draft);
    await world.pass(3100);
    assert.equal(statusOf(engine).now?.waiting, 2);
    office.failing.clear();
    // Nobody says that it is over.
    for (let turn = 0; turn < 4; turn++) await world.pass(4000);
    assert.equal(statusOf(engine).now?.waiting, 0);
    assert.equal(office.letters.get('M5')!.keywords['$flagged'], true);
    assert.equal((await engine.ask('loadDraft', { key: 'd1' }))?.saved, 'server');
    assert.deepEqual(news, []);
  });

  test('tried again more and more seldom', async () => {
    const { office, world, engine } = await start(10);
    office.failing.set('Email/set', { type: 'serverUnavailable' });
    await engine.ask('act', { name: 'flag', letters: [{ accountId: 'A1', emailIds: ['M5'] }] });
    await settled();
    const before = office.requests;
    for (let second = 0; second < 600; second++) await world.pass(1000);
    assert.ok(office.requests - before >= 8, `${office.requests - before} tries`);
    assert.ok(office.requests - before <= 30, `${office.requests - before} tries`);
  });

  for (const status of [429, 500])
    test(`over POST ${status} waits and is tried again`, async () => {
      const office = new Office('A1', 'hana@example.jp');
      fill(office, 10);
      const world = worldOf(office);
      const engine = await openEngine({ ...world.surroundings, openSocket: null });
      const query = { kind: 'mailbox', accountId: 'A1', mailboxId: 'F1' } as const;
      engine.watch('list', { query, threads: true, start: 0, end: 10 }, () => undefined);
      await settled();
      world.inPlace = (pathname) => (pathname === '/jmap/api' ? Response.json({}, { status }) : null);
      await engine.ask('act', { name: 'flag', letters: [{ accountId: 'A1', emailIds: ['M5'] }] });
      await settled();
      world.inPlace = null;
      await world.pass(4000);
      assert.equal(office.letters.get('M5')!.keywords['$flagged'], true);
    });

  for (const type of ['serverPartialFail', 'serverUnavailable'])
    test(`a sending of which the server says ${type} although it has gone out goes out once`, async () => {
      const { office, world, engine, news } = await start(10);
      await engine.ask('saveDraft', draft);
      await world.pass(3100);
      office.failing.set('EmailSubmission/set', { type, isDone: true });
      await engine.ask('send', { key: 'd1', options });
      await settled();
      office.failing.clear();
      for (let turn = 0; turn < 4; turn++) await world.pass(4000);
      assert.equal(office.submissions.length, 1);
      assert.deepEqual(
        news.map(({ kind }) => kind),
        ['sent'],
      );
      assert.equal([...office.letters.values()].filter(({ mailboxIds }) => mailboxIds['F2']).length, 0);
    });

  test('a letter at which the server fails each time holds nothing up for ever: it is a draft again, and it is said', async () => {
    const { office, world, engine, news } = await start(10);
    await engine.ask('saveDraft', draft);
    office.failing.set('EmailSubmission/set', { type: 'serverPartialFail' });
    await engine.ask('send', { key: 'd1', options });
    await engine.ask('act', { name: 'flag', letters: [{ accountId: 'A1', emailIds: ['M5'] }] });
    for (let turn = 0; turn < 3; turn++) await world.pass(61_000);
    assert.notEqual(office.letters.get('M5')!.keywords['$flagged'], true, 'it may have been a moment');
    for (let turn = 0; turn < 3; turn++) await world.pass(61_000);
    assert.equal(office.letters.get('M5')!.keywords['$flagged'], true);
    assert.deepEqual(
      news.map(({ kind }) => kind),
      ['refused'],
    );
    office.failing.clear();
    await engine.ask('send', { key: 'd1', options });
    await world.pass(4000);
    assert.equal(office.submissions.length, 1);
  });

  test('refused without a word about the letter itself: the next press looks first whether it has gone out', async () => {
    const { office, world, engine, news } = await start(10);
    await engine.ask('saveDraft', draft);
    office.failing.set('EmailSubmission/set', { type: 'serverFail', isDone: true });
    await engine.ask('send', { key: 'd1', options });
    await settled();
    office.failing.clear();
    await engine.ask('send', { key: 'd1', options });
    await world.pass(4000);
    assert.equal(office.submissions.length, 1);
    assert.deepEqual(
      news.map(({ kind }) => kind),
      ['refused', 'sent'],
    );
  });

  test('a sending whose account is taken away meanwhile is a draft again, and it is said', async () => {
    const { office, world, engine, news } = await start(10);
    await engine.ask('saveDraft', { ...draft, accountId: 'A7' });
    await engine.ask('send', { key: 'd1', options });
    await world.pass(3100);
    assert.equal(office.submissions.length, 0);
    assert.deepEqual(
      news.map((item) => item.kind === 'refused' && item.what === 'send' && item.trouble.type),
      ['noAccount'],
    );
    const drafts = await new Promise<readonly unknown[]>((resolve) => engine.watch('drafts', null, resolve));
    assert.equal(drafts.length, 1);
  });
});

suite('outbox: a device that is full', () => {
  test('a deed that cannot be kept is not shown as done, and does not wait', async () => {
    const { office, world, engine } = await start(10);
    const rows = new Map<number, Row | null>();
    const query = { kind: 'mailbox', accountId: 'A1', mailboxId: 'F1' } as const;
    engine.watch('list', { query, threads: true, start: 0, end: 10 }, (patch) => {
      for (const { at, row } of patch.rows) rows.set(at, row);
    });
    await settled();
    world.isFull = true;
    await assert.rejects(engine.ask('act', { name: 'archive', letters: [{ accountId: 'A1', emailIds: ['M2'] }] }));
    await settled();
    assert.equal(statusOf(engine).now?.waiting, 0);
    assert.equal(rows.get(1)?.emailId, 'M2');
    assert.deepEqual(office.letters.get('M2')!.mailboxIds, { F1: true });
  });

  test('a letter that cannot be put into the outbox stays a draft', async () => {
    const { world, engine } = await start(10);
    await engine.ask('saveDraft', draft);
    const cache = world.caches.get('tayori:hana@example.jp')!;
    const write = cache.write;
    cache.write = (writes) =>
      writes.some(({ table, value }) => table === 'outbox' && value !== undefined) ? Promise.reject(new Error('full')) : write(writes);
    await assert.rejects(engine.ask('send', { key: 'd1', options }));
    assert.equal(statusOf(engine).now?.waitingLetters, 0);
    const drafts = await new Promise<readonly unknown[]>((resolve) => engine.watch('drafts', null, resolve));
    assert.equal(drafts.length, 1);
  });

  test('an attachment whose way cannot be noted does not keep its letter for ever', async () => {
    const { office, world, engine } = await start(10);
    const cache = world.caches.get('tayori:hana@example.jp')!;
    await assert.rejects(
      (async () => {
        world.isFull = true;
        await engine.ask('attach', { id: 'a0', accountId: 'A1', key: 'd1', file: new Blob(['x']), name: 'x.txt' });
      })(),
    );
    world.isFull = false;
    const write = cache.write;
    let takes = 1;
    cache.write = (writes) =>
      writes.some(({ table, value }) => table === 'files' && value !== undefined) && takes-- < 1
        ? Promise.reject(new Error('full'))
        : write(writes);
    await engine.ask('attach', { id: 'a1', accountId: 'A1', key: 'd1', file: new Blob(['notes']), name: 'notes.txt' });
    const attachment = { id: 'a1', blobId: null, from: 'A1', type: 'text/plain', name: 'notes.txt', size: 5, cid: null };
    await engine.ask('saveDraft', { ...draft, attachments: [attachment] });
    await engine.ask('send', { key: 'd1', options });
    for (let turn = 0; turn < 4; turn++) await world.pass(4000);
    assert.equal(statusOf(engine).now?.waitingLetters, 0);
    const drafts = await new Promise<readonly unknown[]>((resolve) => engine.watch('drafts', null, resolve));
    assert.equal(office.submissions.length + drafts.length, 1);
  });
});

suite('outbox: several windows', () => {
  test('sent in a window without a network that is closed then: the other one tells it, with what is attached', async () => {
    const { office, world, engine } = await start(10);
    const other = await windowBeside(world, office);
    await settled();
    other.world.setOnline(false);
    await settled();
    const file = new Blob(['notes']);
    await other.engine.ask('attach', { id: 'a1', accountId: 'A1', key: 'd1', file, name: 'notes.txt' });
    const attachment = { id: 'a1', blobId: null, from: 'A1', type: 'text/plain', name: 'notes.txt', size: 5, cid: null };
    await other.engine.ask('saveDraft', { ...draft, attachments: [attachment] });
    await other.engine.ask('send', { key: 'd1', options });
    await settled();
    assert.equal(office.submissions.length, 0);
    await engine.ask('refresh', null);
    await settled();
    await settled();
    assert.equal(office.submissions.length, 1);
    assert.equal((await world.caches.get('tayori:hana@example.jp')!.all('outbox')).length, 0);
  });

  test('who signs out hears of a letter that another window has left behind', async () => {
    const { office, world, engine } = await start(10);
    const other = await windowBeside(world, office);
    await settled();
    for (const one of [world, other.world]) one.setOnline(false);
    await settled();
    await other.engine.ask('saveDraft', draft);
    await other.engine.ask('send', { key: 'd1', options });
    assert.deepEqual(await engine.ask('signOut', { anyway: false }), { left: 1 });
    assert.equal(statusOf(engine).now?.waitingLetters, 1);
  });

  test('recalled in one window, it is not told by another that knew of it; what another has told is not recalled', async () => {
    const { office, world, engine } = await start(10);
    const other = await windowBeside(world, office);
    await settled();
    for (const one of [world, other.world]) one.setOnline(false);
    await settled();
    await other.engine.ask('saveDraft', draft);
    await other.engine.ask('send', { key: 'd1', options });
    // Known here as well from now on.
    await engine.ask('retry', null);
    assert.equal(statusOf(engine).now?.waitingLetters, 1);
    assert.equal(await other.engine.ask('recall', { key: 'd1' }), true);
    world.setOnline(true);
    await settled();
    assert.equal(office.submissions.length, 0);
    assert.equal(statusOf(engine).now?.waitingLetters, 0);
    await other.engine.ask('send', { key: 'd1', options });
    await engine.ask('retry', null);
    await settled();
    assert.equal(office.submissions.length, 1);
    assert.equal(await other.engine.ask('recall', { key: 'd1' }), false);
  });

  test('withdrawn by another window while this one tells what stands before it', async () => {
    const { office, world, engine } = await start(10);
    const other = await windowBeside(world, office);
    const inbox = { kind: 'mailbox', accountId: 'A1', mailboxId: 'F1' } as const;
    other.engine.watch('list', { query: inbox, threads: true, start: 0, end: 10 }, () => undefined);
    await settled();
    for (const one of [world, other.world]) one.setOnline(false);
    await settled();
    const flag = (id: string): Promise<unknown> =>
      other.engine.ask('act', { name: 'flag', letters: [{ accountId: 'A1', emailIds: [id] }] });
    await flag('M5');
    await flag('M6');
    await engine.ask('retry', null);
    const request = office.request.bind(office);
    let undone: Promise<unknown> | undefined;
    office.request = (body) => {
      if (JSON.stringify(body).includes('Email/set')) undone ??= other.engine.ask('undo', {});
      return request(body);
    };
    world.setOnline(true);
    await settled();
    await undone;
    await settled();
    assert.deepEqual([office.letters.get('M5')!.keywords['$flagged'], office.letters.get('M6')!.keywords['$flagged']], [true, undefined]);
  });

  test('one file is carried by one window', async () => {
    const { office, world, engine } = await start(10);
    let uploads = 0;
    let arrives: (answer: Response) => void = () => undefined;
    world.inPlace = (pathname) => {
      if (!pathname.startsWith('/jmap/upload/')) return null;
      uploads += 1;
      return new Promise((resolve) => (arrives = resolve));
    };
    await engine.ask('attach', { id: 'a1', accountId: 'A1', key: 'd1', file: new Blob(['notes']), name: 'notes.txt' });
    const attachment = { id: 'a1', blobId: null, from: 'A1', type: 'text/plain', name: 'notes.txt', size: 5, cid: null };
    await engine.ask('saveDraft', { ...draft, attachments: [attachment] });
    const other = await openEngine(world.surroundings);
    await engine.ask('send', { key: 'd1', options });
    await other.ask('retry', null);
    await settled();
    assert.deepEqual([office.submissions.length, uploads], [0, 1]);
    arrives(Response.json({ blobId: 'U1' }));
    await settled();
    assert.deepEqual([office.submissions.length, uploads], [1, 1]);
  });
});
