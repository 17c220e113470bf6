import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromLatin1, latin1FromBytes } from '../../base/bytes.ts';
import { silentLog } from '../../base/log.ts';
import { openLedger } from '../../io/collection/ledger.ts';
import { systemChance, systemClock } from '../../io/clock.ts';
import { openPop3Client } from '../../protocol/pop3/client.ts';
import type { MailboxRole } from '../../store/contract.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import type { OutsideAccountRow } from '../../store/outside-contract.ts';
import { openPop3Collector } from './pop3.ts';
import { ForeignProvider, foreignLetter } from './pop3-suite.ts';
import { switchReceive } from './switch-receive.ts';

const account = 7;

async function openWorld() {
  const store = openMemoryStore({ clock: systemClock, chance: systemChance });
  await store.createAccount(account, [{ name: 'Kept', role: 'archive' }]);
  const ledger = openLedger(':memory:');
  const provider = new ForeignProvider();
  const row = {
    id: account,
    address: 't@foreign.test',
    leaving: { keep: 'forever' },
    receive: { host: 'h', login: 't' },
  } as OutsideAccountRow;
  const put = async (role: MailboxRole, ...texts: string[]): Promise<void> => {
    const mailbox = (await store.mailboxes(account)).find((one) => one.role === role)!;
    for (const text of texts) {
      const spool = store.spool(1e6);
      await spool.add(bytesFromLatin1(text));
      await store.append(account, mailbox.id, [{ spool, flags: [] }], null);
    }
  };
  const all = async (): Promise<string[]> => {
    const texts: string[] = [];
    for (const { id } of await store.mailboxes(account)) {
      const state = await store.openMailbox(account, id);
      const letters = await store.readLetters(account, [...state.messages.subarray(0, state.count)]);
      texts.push(...letters.map((letter) => latin1FromBytes(letter!)));
      state.release();
    }
    return texts.toSorted();
  };
  const visit = () =>
    openPop3Collector({
      store,
      ledger: ledger.pop3,
      connector: { connect: async () => provider.connect() },
      keeper: { credentialsOf: async () => ({ login: 't', kind: 'password', secret: 'pw' }) },
      openClient: openPop3Client,
      clock: systemClock,
      chance: systemChance,
      log: silentLog,
      letterMax: 1e6,
      row,
      progress() {},
      well() {},
    }).run(new AbortController().signal);
  const retrieved = (): number => provider.heard.filter((line) => line.startsWith('RETR')).length;
  return { store, ledger, provider, put, all, visit, retrieved };
}

const texts = Array.from({ length: 20 }, (_, index) => foreignLetter(`${100 + index}`));

test('switchReceive, IMAP to POP3: letters that are here are recognised, none is fetched again, none doubled', async () => {
  const { ledger, store, provider, put, all, visit, retrieved } = await openWorld();
  // Here by IMAP, one of them filed away, one only here; at the provider there is a new one besides.
  await put('inbox', ...texts.slice(0, 15), foreignLetter('only here'));
  await put('archive', ...texts.slice(15));
  provider.put(...texts, foreignLetter('new'));
  await ledger.imap.putFolder(account, {
    folder: 1,
    path: 'INBOX',
    mailbox: 1,
    name: 'INBOX',
    role: 'inbox',
    objectId: '',
    uidValidity: 1,
    uidNext: 1,
    floor: 0,
    modSeq: 0,
    localModSeq: 0,
  } as Parameters<typeof ledger.imap.putFolder>[1]);
  await switchReceive({ store, ledger }, account, 'pop3');
  assert.equal((await ledger.imap.folders(account)).length, 0);
  await visit();
  assert.equal(retrieved(), 1);
  assert.deepEqual(await all(), [...texts, foreignLetter('only here'), foreignLetter('new')].toSorted());
  await visit();
  assert.equal(retrieved(), 1);
  // From now on an equal letter is another letter.
  provider.put(texts[0]!);
  await visit();
  assert.equal((await all()).filter((text) => text === texts[0]).length, 2);
});

test('switchReceive, IMAP to POP3: letters that the provider gives otherwise by POP3 are fetched and compared; two equal ones stay two', async () => {
  const { ledger, store, provider, put, all, visit, retrieved } = await openWorld();
  const twin = foreignLetter('twin');
  await put('inbox', texts[0]!, twin, twin);
  provider.put(texts[0]!, twin, twin, twin);
  // LIST that rounds: nothing is known by size.
  for (const letter of provider.letters) letter.saidSize = 1024;
  await switchReceive({ store, ledger }, account, 'pop3');
  await visit();
  assert.equal(retrieved(), 4);
  assert.deepEqual(await all(), [texts[0]!, twin, twin, twin].toSorted());
});

test('switchReceive, IMAP to POP3, cut off and begun again: each letter here is recognised once', async () => {
  const { ledger, store, provider, put, all, visit } = await openWorld();
  const twin = foreignLetter('twin');
  await put('inbox', twin, ...texts.slice(0, 5));
  provider.put(twin, twin, ...texts.slice(0, 5));
  await switchReceive({ store, ledger }, account, 'pop3');
  let retrs = 0;
  provider.beforeCommand = (line) => {
    if (line.startsWith('RETR') && ++retrs === 1) throw new Error('crash');
  };
  await assert.rejects(visit(), /crash/);
  provider.beforeCommand = () => {};
  await switchReceive({ store, ledger }, account, 'pop3');
  await visit();
  assert.deepEqual(await all(), [twin, twin, ...texts.slice(0, 5)].toSorted());
});

test('switchReceive, POP3 to IMAP: letters taken home stay here, and are sent only when the person says so', async () => {
  const { ledger, store, provider, visit, put } = await openWorld();
  provider.put(...texts);
  await visit();
  await put('archive', foreignLetter('kept'));
  await switchReceive({ store, ledger }, account, 'imap');
  assert.equal((await ledger.home.messages(account)).size, 21);
  await switchReceive({ store, ledger }, account, 'imap', { sendHome: true });
  assert.equal((await ledger.home.messages(account)).size, 0);
  assert.equal((await ledger.home.before(account)).size, 21);
  // Back again: the names are still known.
  await switchReceive({ store, ledger }, account, 'pop3');
  assert.equal((await ledger.pop3.rows(account)).ids.length, 20);
});
