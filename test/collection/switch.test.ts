// Changing one's mind, against Dovecot: POP3, then IMAP, then POP3 again, and every letter stays, once. Knows both collectors from outside.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLog } from '../../src/base/log.ts';
import { systemChance, systemClock } from '../../src/io/clock.ts';
import { openLedger } from '../../src/io/collection/ledger.ts';
import { openOutsideConnector } from '../../src/io/outside-connector.ts';
import { openImapCollector } from '../../src/journey/collection/imap.ts';
import { openImapShelf } from '../../src/journey/collection/imap-shelf.ts';
import { openPop3Collector } from '../../src/journey/collection/pop3.ts';
import { switchReceive } from '../../src/journey/collection/switch-receive.ts';
import { openPop3Client } from '../../src/protocol/pop3/client.ts';
import { openMemoryStore } from '../../src/store/memory/store.ts';
import type { OutsideAccountRow, Pop3Leaving } from '../../src/store/outside-contract.ts';
import { dovecotMissing, startDovecot, type ForeignServer } from '../support/dovecot.ts';
import { everythingMustRun } from '../../scripts/debian-packages.ts';
import { account, connect } from './model.ts';

const skip = everythingMustRun ? false : dovecotMissing;
let server: ForeignServer;
before(async () => {
  if (skip === false) server = await startDovecot({ settings: 'mail_fsync = never\n' });
});
after(() => server?.close());

function text(name: string): Buffer {
  return Buffer.from(`Message-ID: <${name}@foreign.example>\r\nFrom: t@foreign.example\r\nSubject: ${name}\r\n\r\n.\r\n${name}\r\n`);
}

test('POP3 → IMAP → POP3: every letter stays, once; what was taken home is not sent back', { skip }, async () => {
  const store = openMemoryStore({ clock: systemClock, chance: systemChance });
  await store.createAccount(account, []);
  const ledger = openLedger(':memory:');
  const provider = { ...server, port: server.ports.imaps };
  const app = await connect(provider);
  const deliver = async (...names: string[]): Promise<void> => {
    for (const name of names) {
      const octets = text(name);
      await app.append(
        'INBOX',
        { flags: [], receivedAt: 1.7e12, length: octets.length },
        (async function* () {
          yield octets;
        })(),
      );
    }
  };
  const there = (): number =>
    Number(/messages=(\d+)/.exec(server.doveadm('mailbox', 'status', '-u', server.login, 'messages', 'INBOX'))![1]);
  const here = async (): Promise<string[]> => {
    const found: string[] = [];
    for (const { id } of await store.mailboxes(account)) {
      const state = await store.openMailbox(account, id);
      for (const letter of await store.readLetters(account, [...state.messages.subarray(0, state.count)]))
        found.push(Buffer.from(letter!).toString());
      state.release();
    }
    return found.toSorted();
  };
  let received = 0;
  const connector = openOutsideConnector({ guard: { addressesOf: async () => ['127.0.0.1'] }, authorities: [server.authority] });
  const visit = (leaving: Pop3Leaving): Promise<void> => {
    const receive = {
      service: 'pop3',
      host: server.host,
      port: server.ports.pop3s,
      security: 'tls',
      login: server.login,
      auth: 'password',
      exceptions: [],
    };
    return openPop3Collector({
      store,
      ledger: ledger.pop3,
      connector,
      keeper: { credentialsOf: async () => ({ login: server.login, kind: 'password', secret: server.password }) },
      openClient: openPop3Client,
      clock: systemClock,
      chance: systemChance,
      log: silentLog,
      letterMax: 1e6,
      row: { id: account, address: server.login, leaving, receive } as unknown as OutsideAccountRow,
      progress() {},
      well: (facts) => void (received += facts.received),
    }).run(new AbortController().signal);
  };
  const live = async (): Promise<void> => {
    const stop = new AbortController();
    await openImapCollector({
      account,
      openShelf: async () =>
        openImapShelf({ client: await connect(provider), clock: systemClock, peer: { host: 'p', address: '127.0.0.1', tls: '' } }),
      store,
      ledger,
      clock: systemClock,
      log: silentLog,
      letterLimit: 1e6,
      progress() {},
      well(facts) {
        received += facts.received;
        if (facts.received === 0) stop.abort();
      },
    }).run(stop.signal);
  };
  const names = (prefix: string): string[] => Array.from({ length: 10 }, (_, index) => `${prefix}${index}`);
  const wanted = (...all: string[]): string[] => all.map((name) => text(name).toString()).toSorted();

  // Ten are taken home and go there, ten stay there.
  await deliver(...names('home'));
  await visit({ keep: 'none' });
  await deliver(...names('both'));
  await visit({ keep: 'forever' });
  assert.deepEqual([await here(), there(), received], [wanted(...names('home'), ...names('both')), 10, 20]);

  await switchReceive({ store, ledger }, account, 'imap');
  await live();
  assert.deepEqual(await here(), wanted(...names('home'), ...names('both')));
  assert.deepEqual([there(), received], [10, 20]);
  await deliver(...names('live'));
  await live();
  assert.deepEqual(await here(), wanted(...names('home'), ...names('both'), ...names('live')));
  assert.deepEqual([there(), received], [20, 30]);

  await switchReceive({ store, ledger }, account, 'pop3');
  await visit({ keep: 'forever' });
  assert.deepEqual(await here(), wanted(...names('home'), ...names('both'), ...names('live')));
  assert.equal(received, 30);
  await visit({ keep: 'none' });
  assert.equal(there(), 0);

  // And once more to IMAP: what POP3 has removed there is not taken for "deleted there".
  await switchReceive({ store, ledger }, account, 'imap');
  await live();
  assert.deepEqual(await here(), wanted(...names('home'), ...names('both'), ...names('live')));
  assert.equal(there(), 0);
  // Unless the person says so.
  await switchReceive({ store, ledger }, account, 'imap', { sendHome: true });
  await live();
  assert.equal(there(), 30);
  assert.equal((await here()).length, 30);
  await app.end();
});
