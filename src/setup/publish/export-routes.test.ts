// Letters to take along, as the routes give them: an archive of many mailboxes, and a browser that goes away in the middle.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FalseClock } from '../../../test/support/clock.ts';
import { bytesFromUtf8 } from '../../base/bytes.ts';
import type { Log } from '../../base/log.ts';
import { systemChance } from '../../io/clock.ts';
import { Gates } from '../../protocol/jmap/gates.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import { exportRoutes, type ExportRoutesParts } from './export-routes.ts';

async function open(mailboxes: readonly string[]) {
  const clock = new FalseClock();
  const store = openMemoryStore({ clock, chance: systemChance });
  await store.createAccount(1, [{ name: 'INBOX', role: 'inbox' }]);
  for (const name of mailboxes) await store.createMailbox(1, name, null);
  for (const { id, name } of await store.mailboxes(1)) {
    const spool = store.spool(10_000);
    await spool.add(bytesFromUtf8(`Subject: ${name}\r\n\r\nx\r\n`));
    await store.addLetters(1, [{ spool, mailboxes: [id], flags: [] }], null);
    spool.discard();
  }
  const errors: unknown[] = [];
  const say = (_event: string, _facts: unknown, trouble?: unknown): void => void errors.push(trouble);
  const log = { debug() {}, info() {}, warn: say, error: say } as unknown as Log;
  const gates = new Gates();
  const account = { id: 'A1', account: 1, name: 'hanako@tayori.test' };
  const service = { accountsOf: () => new Map([['A1', account]]), gates } as unknown as ExportRoutesParts['service'];
  const door = { identify: async () => ({ principal: { account: 1 } }) } as unknown as ExportRoutesParts['door'];
  const routes = exportRoutes({ service, door, store, clock, log });
  const free = (): number => {
    const taken = [];
    for (let leave = gates.enter('exports', 1); leave !== null; leave = gates.enter('exports', 1)) taken.push(leave);
    for (const leave of taken) leave();
    return taken.length;
  };
  return { ask: (path: string) => routes.request(path), clock, errors, free, store };
}

test('an archive of many mailboxes comes whole, and nothing piles up behind it', async () => {
  const { ask, errors, free } = await open(Array.from({ length: 30 }, (_none, index) => `Folder ${index}`));
  const warnings: Error[] = [];
  const heard = (warning: Error): void => void (warning.name === 'MaxListenersExceededWarning' && warnings.push(warning));
  process.on('warning', heard);
  const before = free();
  const answer = await ask('/export/A1');
  assert.equal(answer.headers.get('content-type'), 'application/zip');
  const text = Buffer.from(await answer.arrayBuffer()).toString('latin1');
  for (let index = 0; index < 30; index++) assert.ok(text.includes(`Folder ${index}.mbox`), `Folder ${index}`);
  await new Promise(setImmediate);
  process.off('warning', heard);
  assert.deepEqual(warnings, []);
  assert.deepEqual(errors, []);
  assert.equal(free(), before);
});

test('a browser that goes away while letters are read is no error, and its place is free again', async () => {
  const { ask, errors, free, store } = await open([]);
  const before = free();
  const { readLetters } = store;
  const [inbox] = await store.mailboxes(1);
  for (const path of ['/export/A1', `/export/A1/F${inbox!.id}`]) {
    const reading = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    store.readLetters = async (...args) => {
      reading.resolve();
      await goOn.promise;
      return readLetters.apply(store, args);
    };
    const reader = (await ask(path)).body!.getReader();
    await reading.promise;
    await reader.cancel();
    goOn.resolve();
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    assert.deepEqual(errors, [], path);
    assert.equal(free(), before, path);
  }
});

test('a mailbox that is deleted before its turn comes keeps the others from nobody', async () => {
  const { ask, errors, store } = await open(['Gone', 'Stays']);
  const { openMailbox } = store;
  const gone = (await store.mailboxes(1)).find(({ name }) => name === 'Gone')!;
  store.openMailbox = async (...args) => {
    if (args[1] === gone.id) await store.deleteMailbox(1, gone.id);
    return openMailbox.apply(store, args);
  };
  const text = Buffer.from(await (await ask('/export/A1')).arrayBuffer()).toString('latin1');
  assert.ok(text.includes('Stays.mbox'));
  assert.deepEqual(errors, []);
});

test('two exports of one person are under way at once; one of which nothing is taken is let go', async () => {
  const { ask, clock, errors } = await open(['Folder']);
  const first = await ask('/export/A1');
  assert.deepEqual([first.status, (await ask('/export/A1')).status], [200, 200]);
  const third = await ask('/export/A1');
  assert.equal(third.status, 429);
  assert.equal(((await third.json()) as { detail: string }).detail, 'too many exports at once');
  await first.body!.cancel();
  assert.equal((await ask('/export/A1')).status, 200);
  assert.equal((await ask('/export/A1')).status, 429);
  await clock.advance(120_000);
  assert.equal((await ask('/export/A1')).status, 200);
  assert.deepEqual(errors, []);
});
