// A small post office in memory for the tests of SMTP, reception and submission: two domains, some people, a store.
// Test code only. Header lines of a transcript choose what it looks like.
import { bytesFromLatin1, latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import type { Chance, Clock } from '../../base/clock.ts';
import { silentLog } from '../../base/log.ts';
import { silentMeter } from '../../base/meter.ts';
import { Refusal } from '../../base/trouble.ts';
import { openAddressBook } from '../../journey/account/addresses.ts';
import { openRecipientLists } from '../../journey/account/recipients.ts';
import { openReception } from '../../journey/reception/reception.ts';
import { Resends } from '../../journey/reception/resends.ts';
import type { AccountId, MailStore } from '../../store/contract.ts';
import type { Directory } from '../../store/directory-contract.ts';
import { openMemoryDirectory } from '../../store/memory/directory.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import { playedTls, type World } from '../line/transcript.ts';
import type { Authenticator, Principal } from '../sasl/authenticator.ts';
import { makeScramKeys } from '../sasl/scram.ts';
import type { SmtpReceiver } from './contract.ts';
import { defaultSmtpLimits, type SmtpLimits } from './limits.ts';
import { smtpSessions, type SmtpParts } from './session.ts';

/** Time stands at 2026-11-23 12:00:00 UTC; timers go off at once, when everything else is done. */
export const standingClock: Clock = {
  now: () => Date.UTC(2026, 10, 23, 12),
  monotonic: () => 0,
  after(_ms, wake) {
    let cancelled = false;
    setImmediate(() => cancelled || wake());
    return () => (cancelled = true);
  },
};

export function countingChance(): Chance {
  let n = 0;
  return {
    bytes(length) {
      n++;
      return Uint8Array.from({ length }, (_, index) => (n * 31 + index * 7 + (n >> 8)) & 255);
    },
    fraction: () => 0.5,
  };
}

export interface SmtpWorld extends World {
  readonly directory: Directory;
  readonly store: MailStore;
  readonly accounts: ReadonlyMap<string, AccountId>;
  /** Octets of the letters in somebody's INBOX, oldest first. */
  inbox(name: string): Promise<string[]>;
  end(): Promise<void>;
}

const names = ['hanako', 'taro', 'closed', 'small', '日本'];

export async function openPeople(): Promise<{
  directory: Directory;
  store: MailStore;
  accounts: Map<string, AccountId>;
  chance: Chance;
}> {
  const chance = countingChance();
  const directory = openMemoryDirectory();
  const store = openMemoryStore({ clock: standingClock, chance });
  await directory.putDomain({ name: 'local.test', catchAll: null, subaddress: '+' });
  await directory.putDomain({ name: 'xn--wgv71a.test', catchAll: 'taro@local.test', subaddress: null });
  const accounts = new Map<string, AccountId>();
  for (const name of names) {
    const row = await directory.addAccount({
      address: `${name}@local.test`,
      name: name === 'hanako' ? '花子' : name,
      passwordHash: '',
      scram: {},
      quota: name === 'small' ? 2000 : null,
      createdAt: 0,
      closedAt: name === 'closed' ? 1 : null,
    });
    accounts.set(name, row.id);
    await store.createAccount(row.id, []);
  }
  await directory.putAlias({ address: 'both@local.test', targets: ['hanako@local.test', 'taro@local.test', 'both@local.test'] });
  await directory.putAlias({ address: 'away@local.test', targets: ['hanako@local.test', 'friend@remote.test'] });
  await directory.putAlias({ address: 'circle@local.test', targets: ['circle2@local.test'] });
  await directory.putAlias({ address: 'circle2@local.test', targets: ['circle@local.test'] });
  await directory.putAlias({ address: 'info@local.test', targets: ['hanako@local.test'] });
  return { directory, store, accounts, chance };
}

/** Everybody's password is `secret`. */
function openSecretAuthenticator(directory: Directory): Authenticator {
  const find = (login: string): Principal => {
    const row = directory.accountByAddress(login);
    if (row === null || row.closedAt !== null) throw new Refusal('authentication-failed', 'Name or password is wrong');
    return { account: row.id, login: row.address, name: row.name, quota: row.quota, appPassword: null };
  };
  return {
    async checkPassword(login, password) {
      if (password !== 'secret') throw new Refusal('authentication-failed', 'Name or password is wrong');
      return find(login);
    },
    scramKeys: (_login, hash) => makeScramKeys(hash, 'secret', bytesFromLatin1('salt')),
    async scramPassed(login) {
      return find(login);
    },
    async scramFailed() {},
  };
}

export type OtherReceiver = (people: Awaited<ReturnType<typeof openPeople>>) => SmtpReceiver;

/**
 * Header keys: `role` (relay), `security` (starttls), `tls` (`yes`: from the first octet), `plaintext` (`yes`), `size`, `recipients`, `errors`,
 * `letters`, `greeting-delay`, `bare-lf`, `repeats` handled by the player.
 */
export async function openSmtpWorld(header: ReadonlyMap<string, string>, other?: OtherReceiver): Promise<SmtpWorld> {
  const people = await openPeople();
  const { directory, store, accounts, chance } = people;
  const recipients = openRecipientLists({
    addresses: openAddressBook(directory),
    directory,
    store,
    clock: standingClock,
    queueLifetime: 1000,
  });
  const receiver =
    other?.(people) ??
    openReception({
      store,
      recipients,
      resends: new Resends(0),
      hostName: 'mail.local.test',
      clock: standingClock,
      chance,
      log: silentLog,
    });
  const number = (key: keyof SmtpLimits, name: string = key): Partial<SmtpLimits> =>
    header.has(name) ? { [key]: Number(header.get(name)) } : {};
  const parts: SmtpParts = {
    role: (header.get('role') ?? 'relay') as SmtpParts['role'],
    security: (header.get('security') ?? 'starttls') as SmtpParts['security'],
    hostName: 'mail.local.test',
    version: '0.1',
    store,
    receiver,
    authenticator: openSecretAuthenticator(directory),
    clock: standingClock,
    chance,
    log: silentLog,
    meter: silentMeter,
    limits: {
      ...defaultSmtpLimits,
      ...number('size'),
      ...number('recipients'),
      ...number('errors'),
      ...number('letters'),
      ...number('greetingDelay', 'greeting-delay'),
      bareLf: header.get('bare-lf') === 'refuse' ? 'refuse' : 'normalise',
    },
    plaintextAllowed: () => header.get('plaintext') === 'yes',
  };
  return {
    make: smtpSessions(parts),
    tls: header.get('tls') === 'yes' ? playedTls : null,
    directory,
    store,
    accounts,
    inbox: (name) => readInbox(store, accounts.get(name)!),
    end: () => store.close(),
  };
}

async function readInbox(store: MailStore, account: AccountId): Promise<string[]> {
  const inbox = (await store.mailboxes(account)).find(({ name }) => name === 'INBOX')!;
  const state = await store.openMailbox(account, inbox.id);
  const letters = await store.readLetters(account, state.messages.slice(0, state.count));
  state.release();
  return letters.map((letter) => latin1FromBytes(letter as Bytes));
}
