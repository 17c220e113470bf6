import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FalseClock } from '../../../test/support/clock.ts';
import { outsideRow } from '../../../test/support/outside-row.ts';
import { bytesFromUtf8, utf8FromBytes } from '../../base/bytes.ts';
import { silentLog } from '../../base/log.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import { openMemoryDirectory } from '../../store/memory/directory.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import { openPeople } from '../account/people.ts';
import { isAtRest, openOutsideAccounts } from './accounts.ts';
import { CauseTrouble } from './causes.ts';
import type { OutsideSecret, Vault } from './contract.ts';

const day = 86_400_000;
const chance = { bytes: (length: number) => new Uint8Array(length).fill(7), fraction: () => 0.5 };
const firstMailboxes = [
  { name: 'INBOX', role: 'inbox' },
  { name: 'Sent', role: 'sent' },
] as const;

/** Seals nothing: tells by its text what was bound to what. The real one has tests of its own. */
const open: Vault = {
  seal: (secret, bound) => bytesFromUtf8(`${bound}|${JSON.stringify(secret)}`),
  open(sealed, bound) {
    const [is, text] = utf8FromBytes(sealed).split('|');
    if (is !== bound) throw new CauseTrouble('key-missing', 'another row');
    return JSON.parse(text!) as OutsideSecret;
  },
  sealText: (text, bound) => bytesFromUtf8(`${bound}|${text}`),
  openText: (sealed) => utf8FromBytes(sealed),
};

async function openWorld(vault: Vault = open) {
  const clock = new FalseClock();
  const directory = openMemoryDirectory();
  const store = openMemoryStore({ clock, chance });
  const hasher = { decoy: '', hash: async () => 'h', verify: async () => false };
  const people = openPeople({ directory, store, hasher, clock, chance, log: silentLog });
  await people.putDomain('here.test');
  const { account: hanako } = await people.add({ address: 'hanako@here.test', name: 'Hanako' });
  const accounts = openOutsideAccounts({ directory, store, vault, clock, log: silentLog, firstMailboxes, restMs: 30 * day });
  const secret: OutsideSecret = { kind: 'password', receive: 'r', send: 's' };
  const add = (address = 'x@far.test') => accounts.add({ ...outsideRow(hanako.id, address), secret });
  const hasMail = (id: number) =>
    store.mailboxes(id).then(
      () => true,
      () => false,
    );
  return { clock, directory, store, people, hanako, accounts, secret, add, hasMail };
}

const refused = (code: string) => (trouble: unknown) => trouble instanceof Refusal && trouble.code === code;

test('an account is made with its mail, and its secret opens for its row alone', async () => {
  const { accounts, add, secret, store, directory, hanako } = await openWorld();
  const row = await add();
  assert.deepEqual(accounts.secretOf(row), secret);
  assert.throws(() => accounts.secretOf({ ...row, id: row.id + 1 }), CauseTrouble);
  assert.deepEqual((await store.mailboxes(row.id)).map(({ role }) => role).toSorted(), ['inbox', 'sent']);
  assert.deepEqual(accounts.get(hanako.id, 'X@far.test'), directory.outsideAccount(row.id));
  assert.throws(() => accounts.get(hanako.id, 'y@far.test'), refused('nonexistent'));
  await assert.rejects(add(), refused('already-exists'));
  await assert.rejects(add('me@here.test'), refused('cannot'));
});

test('without the key nothing is made', async () => {
  const vault = {
    ...open,
    seal: () => {
      throw new CauseTrouble('key-missing', 'gone');
    },
  };
  const { add, directory } = await openWorld(vault);
  await assert.rejects(add(), CauseTrouble);
  assert.deepEqual(directory.outsideAccounts(), []);
});

test('cut off between row and mail, nobody sees half an account; the same command, or bringing it back, makes what is missing', async () => {
  const { accounts, add, store, hasMail, directory, hanako } = await openWorld();
  const { createAccount } = store;
  store.createAccount = () => Promise.reject(new Unavailable('disk-full', 'full'));
  await assert.rejects(add(), Unavailable);
  const [row] = directory.outsideAccounts();
  assert.equal(await hasMail(row!.id), false);
  assert.deepEqual(accounts.list(hanako.id), []);
  await assert.rejects(accounts.reopen(row!.id), Unavailable);
  assert.deepEqual(accounts.list(hanako.id), []);
  store.createAccount = createAccount.bind(store);
  assert.equal((await add()).id, row!.id);
  assert.equal(await hasMail(row!.id), true);
  assert.equal(accounts.list(hanako.id).length, 1);
});

test('cut off between mail and the last stroke, the same command goes on', async () => {
  const { accounts, add, directory, hanako } = await openWorld();
  const { updateOutsideAccount } = directory;
  directory.updateOutsideAccount = () => Promise.reject(new Unavailable('disk-full', 'full'));
  await assert.rejects(add(), Unavailable);
  assert.deepEqual(accounts.list(hanako.id), []);
  directory.updateOutsideAccount = updateOutsideAccount.bind(directory);
  assert.equal((await add()).paused, false);
  assert.equal(accounts.list(hanako.id).length, 1);
});

test('taken away, brought back by restoring or by adding again; after thirty days gone with its mail', async () => {
  const { accounts, add, clock, hasMail, hanako, directory } = await openWorld();
  const row = await add();
  await accounts.close(row.id);
  const { closedAt } = await accounts.close(row.id);
  assert.equal(closedAt, clock.now());
  assert.deepEqual([accounts.list(hanako.id), accounts.list(hanako.id, true).length], [[], 1]);
  await clock.advance(29 * day);
  assert.deepEqual(await accounts.removeRested(), []);
  assert.equal((await accounts.reopen(row.id)).closedAt, null);
  await accounts.close(row.id);
  const again = await add();
  assert.deepEqual([again.id, again.closedAt], [row.id, null]);
  await accounts.close(row.id);
  await clock.advance(30 * day);
  assert.deepEqual(
    (await accounts.removeRested()).map(({ id }) => id),
    [row.id],
  );
  assert.deepEqual([directory.outsideAccount(row.id), await hasMail(row.id)], [null, false]);
  assert.ok((await add()).id > row.id);
});

test('closing a person lets their accounts rest too, and removing removes their mail', async () => {
  const { accounts, add, people, clock, hasMail, directory } = await openWorld();
  const row = await add();
  assert.equal(isAtRest(row, directory), false);
  await people.close('hanako');
  assert.equal(isAtRest(row, directory), true);
  await people.reopen('hanako');
  assert.equal(isAtRest(row, directory), false);
  await people.close('hanako');
  await clock.advance(31 * day);
  await people.removeRested();
  assert.deepEqual([accounts.list(), await hasMail(row.id)], [[], false]);
});

test('a new secret forgets what was wrong with the old one, and keeps when letters came and went', async () => {
  const { accounts, add, directory } = await openWorld();
  const row = await add();
  const health = { state: 'bad', cause: 'wrong-password', words: 'no', at: 5, lastReceivedAt: 3, lastSentAt: 4 } as const;
  directory.noteOutsideHealth(row.id, health);
  const after = await accounts.setSecret(row.id, { kind: 'password', receive: 'n', send: 'n' });
  assert.deepEqual({ ...after.health, at: 0 }, { state: 'good', cause: null, words: '', at: 0, lastReceivedAt: 3, lastSentAt: 4 });
  assert.deepEqual(accounts.secretOf(after), { kind: 'password', receive: 'n', send: 'n' });
  assert.equal((await accounts.pause(row.id)).paused, true);
  assert.equal((await accounts.resume(row.id)).paused, false);
  await assert.rejects(accounts.setSecret(4711, { kind: 'password', receive: '', send: '' }), refused('nonexistent'));
});

test('when the key is lost all secrets can be let go; letters and settings stay', async () => {
  const { accounts, add, hasMail, hanako } = await openWorld();
  const row = await add();
  assert.equal(await accounts.forgetSecrets(), 1);
  const after = accounts.get(hanako.id, row.address);
  assert.deepEqual([after.secret.length, after.health.state, after.health.cause, after.receive], [0, 'bad', 'key-missing', row.receive]);
  assert.equal(await hasMail(row.id), true);
});
