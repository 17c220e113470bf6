// The people of this house: made, closed, opened again, given passwords and other names. The service of the command line and the admin page.
// Knows domains, accounts, aliases and what a new mailbox begins with; knows no protocol and no table.
import type { Chance, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { Refusal, SyntaxTrouble } from '../../base/trouble.ts';
import { prepareSecret } from '../../protocol/sasl/prepare.ts';
import { makeScramKeys } from '../../protocol/sasl/scram.ts';
import { isDomain, toAsciiDomain } from '../../protocol/smtp/grammar/domain.ts';
import type { AccountId, MailboxRole, MailStore } from '../../store/contract.ts';
import type {
  AccountRow,
  AliasRow,
  AppPasswordRow,
  Directory,
  DomainRow,
  LoginProtocol,
  ScramHash,
  ScramKeys,
} from '../../store/directory-contract.ts';
import type { PasswordHasher } from './hasher-contract.ts';
import { checkLocalPart } from './local-part.ts';
import { normaliseAddress } from './addresses.ts';
import { findPerson, normaliseLogin } from './logins.ts';
import { appPasswordDigest, makeAppPassword, makePassword, readAppPassword } from './secrets.ts';

export interface PeopleParts {
  readonly directory: Directory;
  readonly store: MailStore;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
}

export interface NewPerson {
  readonly address: string;
  readonly name: string;
  /** A generated one when missing. */
  readonly password?: string;
  /** Octets, or null for no limit. */
  readonly quota?: number | null;
}

/** What a new account's mail begins with. Names in English: mail apps show them by their role in the person's language. */
export const firstMailboxes: readonly { readonly name: string; readonly role: MailboxRole }[] = [
  { name: 'INBOX', role: 'inbox' },
  { name: 'Sent', role: 'sent' },
  { name: 'Drafts', role: 'drafts' },
  { name: 'Trash', role: 'trash' },
  { name: 'Junk', role: 'junk' },
  { name: 'Archive', role: 'archive' },
];

/** Closed accounts rest this long before their mail goes (invariant 9). */
export const restMs = 30 * 86_400_000;
const shortestPassword = 8;
const mostAppPasswords = 50;
const mostTargets = 1000;
const everyProtocol: readonly LoginProtocol[] = ['smtp', 'imap', 'pop3', 'jmap', 'sieve'];

export interface People {
  // --- domains ------------------------------------------------------------------------------------------------------
  domains(): readonly DomainRow[];
  /** Adds a domain, or changes what is given of one. @throws Refusal `cannot` for an illegal name. */
  putDomain(name: string, options?: { readonly catchAll?: string | null; readonly subaddress?: string | null }): Promise<DomainRow>;
  /** @throws Refusal `in-use`, `nonexistent`. */
  removeDomain(name: string): Promise<void>;

  // --- people -------------------------------------------------------------------------------------------------------
  list(): readonly AccountRow[];
  /** By address, alias, or name without domain where there is one domain. @throws Refusal `nonexistent`. */
  get(login: string): AccountRow;
  /** The answer holds the password in the clear, once. @throws Refusal `cannot`, `already-exists`, `nonexistent` (domain), `policy` (password). */
  add(person: NewPerson): Promise<{ readonly account: AccountRow; readonly password: string }>;
  /** Nobody signs in and no letter is taken any more; the mail rests for thirty days. */
  close(login: string): Promise<AccountRow>;
  reopen(login: string): Promise<AccountRow>;
  /** Removes for good the accounts that have rested long enough. Returns their addresses. */
  removeRested(): Promise<readonly string[]>;
  rename(login: string, name: string): Promise<AccountRow>;
  setQuota(login: string, octets: number | null): Promise<AccountRow>;
  /** A generated password when it is missing. Returns it in the clear, once. @throws Refusal `policy`. */
  setPassword(login: string, password?: string): Promise<string>;

  // --- app passwords ------------------------------------------------------------------------------------------------
  appPasswords(login: string): readonly AppPasswordRow[];
  /** For all protocols when none is named. The secret is told once. @throws Refusal `already-exists` (name), `limit`. */
  addAppPassword(
    login: string,
    name: string,
    protocols?: readonly LoginProtocol[],
  ): Promise<{ readonly row: AppPasswordRow; readonly secret: string }>;
  /** By the name the owner gave it. @throws Refusal `nonexistent`. */
  removeAppPassword(login: string, name: string): Promise<void>;

  // --- aliases ------------------------------------------------------------------------------------------------------
  aliases(): readonly AliasRow[];
  /** Targets may be elsewhere. @throws Refusal `cannot`, `already-exists` (a person has the address), `nonexistent` (domain). */
  putAlias(address: string, targets: readonly string[]): Promise<AliasRow>;
  /** @throws Refusal `nonexistent`. */
  removeAlias(address: string): Promise<void>;
}

export function openPeople(parts: PeopleParts): People {
  return new PeopleService(parts);
}

class PeopleService implements People {
  readonly #parts: PeopleParts;
  /** The app password that is being added: two at once would both find the name free, and the room for one more. */
  #adding: Promise<unknown> = Promise.resolve();
  constructor(parts: PeopleParts) {
    this.#parts = parts;
  }

  // --- domains ------------------------------------------------------------------------------------------------------

  domains(): readonly DomainRow[] {
    return this.#parts.directory.domains();
  }

  async putDomain(
    name: string,
    options: { readonly catchAll?: string | null; readonly subaddress?: string | null } = {},
  ): Promise<DomainRow> {
    const ascii = asciiDomain(name);
    if (ascii === null) throw new Refusal('cannot', `"${name}" is not the name of a domain`);
    const before = this.#parts.directory.domain(ascii);
    const { catchAll = before?.catchAll ?? null, subaddress = before ? before.subaddress : '+' } = options;
    if (subaddress !== null && !/^[+=_#~-]$/.test(subaddress))
      throw new Refusal('cannot', `"${subaddress}" cannot divide subaddresses: use one of + = _ # ~ -`);
    const row = { name: ascii, catchAll: catchAll === null ? null : splitAddress(catchAll).address, subaddress };
    await this.#parts.directory.putDomain(row);
    return row;
  }

  async removeDomain(name: string): Promise<void> {
    const { directory } = this.#parts;
    const ascii = asciiDomain(name);
    if (ascii === null || directory.domain(ascii) === null) throw new Refusal('nonexistent', `there is no domain "${name}" here`);
    await directory.removeDomain(ascii);
  }

  // --- people -------------------------------------------------------------------------------------------------------

  list(): readonly AccountRow[] {
    return this.#parts.directory.accounts();
  }

  get(login: string): AccountRow {
    const account = findPerson(normaliseLogin(login, this.#parts.directory), this.#parts.directory);
    if (account === null) throw new Refusal('nonexistent', `there is no account "${login}"`);
    return account;
  }

  async add(person: NewPerson): Promise<{ readonly account: AccountRow; readonly password: string }> {
    const { directory, store, chance, clock, log } = this.#parts;
    const { local, domain } = splitAddress(normaliseLogin(person.address, directory));
    const home = directory.domain(domain);
    if (home === null) throw new Refusal('nonexistent', `"${domain}" is not a domain of ours`);
    const address = `${checkLocalPart(local, home.subaddress)}@${domain}`;
    const before = directory.accountByAddress(address);
    if (directory.alias(address) !== null || (before !== null && (await this.#hasMail(before.id))))
      throw new Refusal('already-exists', `${address} is taken already`);
    const quota = checkQuota(person.quota ?? null);
    const password = person.password ?? makePassword(chance);
    const row = { name: checkName(person.name), ...(await this.#keysOf(password, local)), quota, closedAt: null };
    // The row stands before the mail. When the power goes in between, the same command given again makes what is missing.
    const account =
      before === null
        ? await directory.addAccount({ address, ...row, createdAt: clock.now() })
        : await directory.updateAccount(before.id, row);
    await store.createAccount(account.id, firstMailboxes);
    log.info('account-added', { account: account.id, address });
    return { account, password };
  }

  async #hasMail(account: AccountId): Promise<boolean> {
    try {
      await this.#parts.store.mailboxes(account);
      return true;
    } catch (trouble) {
      if (trouble instanceof Refusal && trouble.code === 'nonexistent') return false;
      throw trouble;
    }
  }

  async close(login: string): Promise<AccountRow> {
    const account = this.get(login);
    if (account.closedAt !== null) return account;
    this.#parts.log.info('account-closed', { account: account.id, address: account.address });
    return this.#parts.directory.updateAccount(account.id, { closedAt: this.#parts.clock.now() });
  }

  async reopen(login: string): Promise<AccountRow> {
    const account = this.get(login);
    this.#parts.log.info('account-reopened', { account: account.id, address: account.address });
    return account.closedAt === null ? account : this.#parts.directory.updateAccount(account.id, { closedAt: null });
  }

  async removeRested(): Promise<readonly string[]> {
    const { directory, store, clock, log } = this.#parts;
    const rested = directory.accounts().filter((account) => account.closedAt !== null && clock.now() - account.closedAt >= restMs);
    for (const account of rested) {
      // Mail first: an account without mail can be removed again, mail without an account would be found by nobody.
      for (const outside of directory.outsideAccounts(account.id)) await store.removeAccount(outside.id);
      await store.removeAccount(account.id);
      await this.#forgetAddress(account.address);
      for (const row of directory.appPasswords(account.id)) await directory.removeAppPassword(row.id);
      await directory.removeAccount(account.id);
      log.info('account-removed', { account: account.id, address: account.address });
    }
    return rested.map((account) => account.address);
  }

  /** Takes an address out of all aliases; an alias that led there only goes. */
  async #forgetAddress(address: string): Promise<void> {
    const { directory } = this.#parts;
    for (const alias of directory.aliases()) {
      if (!alias.targets.includes(address)) continue;
      const targets = alias.targets.filter((target) => target !== address);
      await (targets.length > 0 ? directory.putAlias({ ...alias, targets }) : directory.removeAlias(alias.address));
    }
  }

  rename(login: string, name: string): Promise<AccountRow> {
    return this.#parts.directory.updateAccount(this.get(login).id, { name: checkName(name) });
  }

  setQuota(login: string, octets: number | null): Promise<AccountRow> {
    return this.#parts.directory.updateAccount(this.get(login).id, { quota: checkQuota(octets) });
  }

  async setPassword(login: string, password?: string): Promise<string> {
    const account = this.get(login);
    const secret = password ?? makePassword(this.#parts.chance);
    await this.#parts.directory.updateAccount(account.id, await this.#keysOf(secret, splitAddress(account.address).local, account.scram));
    this.#parts.log.info('password-changed', { account: account.id, address: account.address });
    return secret;
  }

  /** All that is kept of a password. @throws Refusal `policy` when it cannot be one. */
  async #keysOf(
    password: string,
    local: string,
    before: AccountRow['scram'] = {},
  ): Promise<{ readonly passwordHash: string; readonly scram: Readonly<Record<ScramHash, ScramKeys>> }> {
    const secret = checkNewPassword(password, local);
    // The salt stays when the password changes: the keys of app passwords share it.
    const salt = (hash: ScramHash): Uint8Array => before[hash]?.salt ?? this.#parts.chance.bytes(16);
    const [passwordHash, sha1, sha256] = await Promise.all([
      this.#parts.hasher.hash(secret),
      makeScramKeys('SHA-1', secret, salt('SHA-1'), before['SHA-1']?.iterations),
      makeScramKeys('SHA-256', secret, salt('SHA-256'), before['SHA-256']?.iterations),
    ]);
    return { passwordHash, scram: { 'SHA-1': sha1, 'SHA-256': sha256 } };
  }

  // --- app passwords ------------------------------------------------------------------------------------------------

  appPasswords(login: string): readonly AppPasswordRow[] {
    return this.#parts.directory.appPasswords(this.get(login).id);
  }

  addAppPassword(login: string, name: string, protocols?: readonly LoginProtocol[]): ReturnType<People['addAppPassword']> {
    const added = this.#adding.then(() => this.#addAppPassword(login, name, protocols));
    this.#adding = added.catch(() => {});
    return added;
  }

  async #addAppPassword(
    login: string,
    name: string,
    protocols: readonly LoginProtocol[] = everyProtocol,
  ): Promise<{ readonly row: AppPasswordRow; readonly secret: string }> {
    const { directory, chance, clock } = this.#parts;
    const owner = this.get(login);
    const there = directory.appPasswords(owner.id);
    if (there.some((row) => row.name === name)) throw new Refusal('already-exists', `there is an app password "${name}" already`);
    if (there.length >= mostAppPasswords) throw new Refusal('limit', `there are ${mostAppPasswords} app passwords already`);
    if (protocols.length === 0) throw new Refusal('cannot', 'an app password is for one kind of access at least');
    const secret = makeAppPassword(chance);
    const sha256 = appPasswordDigest(readAppPassword(secret)!);
    const scram = await scramKeysLike(owner.scram, secret);
    const row = await directory.addAppPassword({
      account: owner.id,
      name: checkName(name),
      sha256,
      scram,
      protocols,
      createdAt: clock.now(),
    });
    return { row, secret };
  }

  async removeAppPassword(login: string, name: string): Promise<void> {
    const row = this.appPasswords(login).find((one) => one.name === name);
    if (!row) throw new Refusal('nonexistent', `there is no app password "${name}"`);
    await this.#parts.directory.removeAppPassword(row.id);
  }

  // --- aliases ------------------------------------------------------------------------------------------------------

  aliases(): readonly AliasRow[] {
    return this.#parts.directory.aliases();
  }

  async putAlias(given: string, targets: readonly string[]): Promise<AliasRow> {
    const { directory } = this.#parts;
    const { address, domain } = splitAddress(normaliseLogin(given, directory));
    if (directory.domain(domain) === null) throw new Refusal('nonexistent', `"${domain}" is not a domain of ours`);
    if (directory.accountByAddress(address) !== null) throw new Refusal('already-exists', `${address} is the address of a person`);
    if (targets.length === 0) throw new Refusal('cannot', 'an alias leads somewhere');
    if (targets.length > mostTargets) throw new Refusal('limit', `an alias leads to ${mostTargets} addresses at most`);
    const row = { address, targets: [...new Set(targets.map((target) => splitAddress(normaliseLogin(target, directory)).address))] };
    await directory.putAlias(row);
    return row;
  }

  async removeAlias(given: string): Promise<void> {
    const address = normaliseLogin(given, this.#parts.directory);
    if (this.#parts.directory.alias(address) === null) throw new Refusal('nonexistent', `there is no alias "${given}"`);
    await this.#parts.directory.removeAlias(address);
  }
}

/** In the form in which addresses are kept. @throws Refusal `cannot`. */
function splitAddress(text: string): { readonly local: string; readonly domain: string; readonly address: string } {
  const address = normaliseAddress(text);
  const at = address === null ? -1 : address.lastIndexOf('@');
  const local = address?.slice(0, at) ?? '';
  const domain = address?.slice(at + 1) ?? '';
  if (address === null || !isDomain(domain) || /[\s\0-\x20<>(),:;"\\@[\]\x7F]/.test(local))
    throw new Refusal('cannot', `"${text}" is not an address`);
  return { local, domain, address };
}

/** Null when it is no domain. */
function asciiDomain(name: string): string | null {
  const ascii = toAsciiDomain(name);
  return ascii !== null && isDomain(ascii) ? ascii : null;
}

/** SCRAM keys of another password with the same salts. */
async function scramKeysLike(scram: AccountRow['scram'], secret: string): Promise<AccountRow['scram']> {
  const made: Partial<Record<ScramHash, ScramKeys>> = {};
  for (const hash of ['SHA-1', 'SHA-256'] as const) {
    const own = scram[hash];
    if (own !== undefined) made[hash] = await makeScramKeys(hash, secret, own.salt, own.iterations);
  }
  return made;
}

/** Display names go into header fields and logs. @throws Refusal `cannot`. */
function checkName(name: string): string {
  const text = name.trim();
  if (text.length > 200 || /\p{Cc}/u.test(text)) throw new Refusal('cannot', 'a name has at most 200 characters and no line breaks');
  return text;
}

function checkQuota(octets: number | null): number | null {
  if (octets !== null && !(Number.isSafeInteger(octets) && octets >= 0)) throw new Refusal('cannot', 'a quota is a number of octets');
  return octets;
}

/** @throws Refusal `policy`. */
function checkNewPassword(password: string, local: string): string {
  let secret: string;
  try {
    secret = prepareSecret(password);
  } catch (trouble) {
    if (trouble instanceof SyntaxTrouble) throw new Refusal('policy', trouble.message);
    throw trouble;
  }
  if ([...secret].length < shortestPassword) throw new Refusal('policy', `a password has at least ${shortestPassword} characters`);
  if (secret.toLowerCase() === local) throw new Refusal('policy', 'a password is not the name of its owner');
  return secret;
}
