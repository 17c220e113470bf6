import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { start } from '../../demo/begun.ts';
import { draft } from '../../demo/letters.ts';
import { settled, worldOf } from '../../demo/surroundings.ts';
import { openEngine } from './engine.ts';

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
