// Collection as the server joins it: accounts in the directory, Dovecot as the provider, sealed connections, health in the row.
// Knows the joined office from outside.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { silentLog } from '../../src/base/log.ts';
import { systemChance as chance, systemClock as clock } from '../../src/io/clock.ts';
import { openLedger } from '../../src/io/collection/ledger.ts';
import { openOutsideConnector } from '../../src/io/outside-connector.ts';
import { firstMailboxes } from '../../src/journey/account/people.ts';
import { startCollection } from '../../src/setup/collection.ts';
import type { Office } from '../../src/setup/office.ts';
import { openMemoryDirectory } from '../../src/store/memory/directory.ts';
import { openMemoryStore } from '../../src/store/memory/store.ts';
import type { OutsideAccountRow, OutsideServer } from '../../src/store/outside-contract.ts';
import { dovecotMissing, startDovecot, type ForeignServer } from '../support/dovecot.ts';
import { outsideRow } from '../support/outside-row.ts';
import { connect, letter, oneOf } from './model.ts';

const options = { skip: dovecotMissing, timeout: 240_000 };
let server: ForeignServer;
before(async () => {
  if (dovecotMissing === false) server = await startDovecot({ settings: 'mail_fsync = never\nauth_failure_delay = 0\n' });
});
after(() => server?.close());

async function openOffice(receive: Partial<OutsideServer> & { readonly service: 'imap' | 'pop3' }, secret: string) {
  const [directory, store, ledger] = [openMemoryDirectory(), openMemoryStore({ clock, chance }), openLedger(':memory:')];
  await directory.putDomain({ name: 'here.test', catchAll: null, subaddress: '+' });
  const person = { address: 'hanako@here.test', name: '', passwordHash: '', scram: {}, quota: null, createdAt: 0, closedAt: null };
  const { id: owner } = await directory.addAccount(person);
  const connector = openOutsideConnector({ guard: { addressesOf: async () => ['127.0.0.1'] }, authorities: [server.authority] });
  let asked = 0;
  const keeper = {
    credentialsOf: async () => (asked++, { login: receive.login!, kind: 'password' as const, secret }),
    refused: () => {},
  };
  const office = {
    directory,
    store,
    ledger: () => ledger,
    clock,
    chance,
    log: silentLog,
    settings: { letterLimit: 1 << 20 },
    hurries: new Set(),
    quiets: new Set(),
    outside: { roads: async () => ({ connector, keeper }) },
  } as unknown as Office;
  const row = outsideRow(owner, receive.login!);
  const added = await directory.addOutsideAccount(
    {
      ...row,
      health: { ...row.health, state: 'waits', at: 0 },
      receive: { ...row.receive, host: server.host, ...receive } as OutsideAccountRow['receive'],
    },
    () => new Uint8Array([1]),
  );
  await store.createAccount(added.id, firstMailboxes);
  const collection = startCollection(office, { sort: async () => {} });
  return {
    store,
    directory,
    ledger,
    id: added.id,
    collection,
    hurries: office.hurries,
    quiets: office.quiets,
    asked: () => asked,
    async close() {
      await collection.close();
      await store.close();
      await ledger.close();
    },
  };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  // What is waited for happens in other processes; asking all the time would take their turn.
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

for (const [service, security, port] of [
  ['imap', 'tls', 'imaps'],
  ['imap', 'starttls', 'imap'],
  ['pop3', 'tls', 'pop3s'],
] as const)
  test(`by ${service} over ${security}: the letter comes, its journey tells from where, the account is well`, options, async () => {
    const login = `office-${service}-${security}@foreign.example`;
    const app = await connect({ ...server, port: server.ports.imaps, login });
    await app.append('INBOX', { flags: [], receivedAt: 1.7e12, length: letter('a').length }, oneOf(letter('a')));
    const office = await openOffice({ service, security, port: server.ports[port], login }, server.password);
    const inboxOf = async () => (await office.store.mailboxes(office.id)).find(({ role }) => role === 'inbox')!;
    await until(async () => (await inboxOf()).messages === 1);
    await until(() => office.directory.outsideAccount(office.id)!.health.state === 'good');
    assert.ok(office.directory.outsideAccount(office.id)!.health.lastReceivedAt! > 0);
    const state = await office.store.openMailbox(office.id, (await inboxOf()).id);
    const [id] = await office.store.readLetterIds(office.id, [state.messages[0]!]);
    const events = await office.store.trace.ofLetter(id!);
    assert.ok(events.some(({ station, facts }) => station === 'collection' && facts['protocol'] === service));
    state.release();
    const began = performance.now();
    await office.close();
    assert.ok(performance.now() - began < 4000);
    await app.end();
  });

test('a refused password: one try, and the cause in the row; the right one begins anew', options, async () => {
  const office = await openOffice(
    { service: 'imap', security: 'tls', port: server.ports.imaps, login: 'office-wrong@foreign.example' },
    'not it',
  );
  await until(() => office.directory.outsideAccount(office.id)!.health.state === 'bad');
  assert.equal(office.directory.outsideAccount(office.id)!.health.cause, 'wrong-password');
  const log = await readFile(join(server.folder, 'log'), 'utf8');
  assert.equal(log.match(/Login|Disconnected.*office-wrong/g)?.filter((line) => line.includes('office-wrong')).length, 1);
  // Somebody's hurry is no reason to try again; that of the person who has mended this account is.
  const hurry = (account: number | null) => office.hurries.forEach((each) => each(account));
  hurry(null);
  await (await connect({ ...server, port: server.ports.imaps, login: 'office-other@foreign.example' })).end();
  assert.equal(office.asked(), 1);
  hurry(office.id);
  await until(() => office.asked() === 2);
  await office.close();
});

test('an account that is held is not fetched, its row stays as it is, and it goes on when it is let go', options, async () => {
  const login = 'office-held@foreign.example';
  const office = await openOffice({ service: 'imap', security: 'tls', port: server.ports.imaps, login }, server.password);
  await until(() => office.directory.outsideAccount(office.id)!.health.state === 'good');
  const hold = () => Promise.all([...office.quiets].map((quiet) => quiet(office.id)));
  const [first, second] = [await hold(), await hold()];
  assert.equal(office.directory.outsideAccount(office.id)!.paused, false);
  const app = await connect({ ...server, port: server.ports.imaps, login });
  await app.append('INBOX', { flags: [], receivedAt: 1.7e12, length: letter('h').length }, oneOf(letter('h')));
  const tries = office.asked();
  const count = async () => (await office.store.mailboxes(office.id)).find(({ role }) => role === 'inbox')!.messages;
  for (const go of first) go();
  assert.deepEqual([await count(), office.asked()], [0, tries], 'the other one still holds it');
  for (const go of second) go();
  await until(async () => (await count()) === 1);
  assert.equal(office.asked(), tries + 1);
  await app.end();
  await office.close();
});

test('an account that is removed is forgotten in the ledger', options, async () => {
  const login = 'office-gone@foreign.example';
  const office = await openOffice({ service: 'imap', security: 'tls', port: server.ports.imaps, login }, server.password);
  await until(async () => (await office.ledger.accounts()).includes(office.id));
  await office.directory.removeOutsideAccount(office.id);
  await until(async () => (await office.ledger.accounts()).length === 0);
  await office.close();
});
