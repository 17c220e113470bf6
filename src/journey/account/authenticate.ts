// Who is it that signs in? Knows people, passwords, app passwords, what is remembered of earlier answers, and how the unknown are kept
// indistinguishable from the known; knows no protocol and no hash function (hasher-contract.ts, throttle.ts).
import { bytesFromUtf8, equalBytes, hexFromBytes, bytesFromHex, type Bytes } from '../../base/bytes.ts';
import type { Chance, Clock } from '../../base/clock.ts';
import { hmac } from '../../base/digest.ts';
import type { Log } from '../../base/log.ts';
import type { Meter } from '../../base/meter.ts';
import { Refusal, SyntaxTrouble } from '../../base/trouble.ts';
import type { Authenticator, LoginContext, Principal, ScramOffer, TokenAuthenticator } from '../../protocol/sasl/authenticator.ts';
import { prepareSecret } from '../../protocol/sasl/prepare.ts';
import { scramIterations } from '../../protocol/sasl/scram.ts';
import type { AccountRow, AppPasswordRow, Directory, ScramHash } from '../../store/directory-contract.ts';
import type { OutsideAccountRow } from '../../store/outside-contract.ts';
import type { PasswordHasher } from './hasher-contract.ts';
import { hasSecondFactor } from './factors.ts';
import { findPerson, readLogin, type LoginName } from './logins.ts';
import { appPasswordDigest, readAppPassword } from './secrets.ts';
import { networkOf } from '../../base/address.ts';
import { Throttle } from './throttle.ts';

export interface AuthenticatorParts {
  readonly directory: Directory;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly meter: Meter;
}

/** How long a right password need not be hashed again: mail apps sign in every minute. */
const rememberMs = 5 * 60_000;
const remembered = 10_000;
/** Last wrong passwords (as keyed digests), to tell a repetition from a guess. */
const wrongKept = 10_000;
/** Candidates that a SCRAM proof is tried against, besides the person's own keys. */
const fewestOthers = 8;
/** As they are typed, with room for spaces; what is longer is none of ours. */
const longestToken = 100;
const decoyKeyName = 'scram-decoy-key';

export function openAuthenticator(parts: AuthenticatorParts): Authenticator & TokenAuthenticator {
  return new PasswordAuthenticator(parts);
}

function wrong(reason: string): Refusal {
  return new Refusal('authentication-failed', 'login name or password is wrong', reason);
}

/** The person's own password was right, but it is not all that this person asks for. */
function notEnough(): Refusal {
  return new Refusal('no-perm', 'this account has a second factor: use an app password here', 'second factor is set');
}

class PasswordAuthenticator implements Authenticator, TokenAuthenticator {
  readonly #parts: AuthenticatorParts;
  readonly #throttle: Throttle;
  /** Keys the digests of passwords that are remembered; dies with the process. */
  readonly #memoryKey: Bytes;
  /** Makes keys for people who do not exist; stays the same over restarts. */
  readonly #decoyKey: Bytes;
  /** Digest of account and password → the hash it was right for, and until when. A changed password has another hash: nothing to clear. */
  readonly #right = new Map<string, { readonly hash: string; readonly until: number }>();
  /** Name and network → digest of the last wrong password. */
  readonly #wrong = new Map<string, string>();
  /** The same password of the same person, asked by many connections at once, is hashed once. */
  readonly #underway = new Map<string, Promise<boolean>>();
  /** Who asks with every request is noted once in a while: what was noted, and when. */
  readonly #noted = new Map<string, number>();
  /** Different passwords of one name and network that are being hashed. */
  readonly #running = new Map<string, number>();

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts;
    this.#throttle = new Throttle(parts.clock);
    this.#memoryKey = parts.chance.bytes(32);
    const kept = parts.directory.value(decoyKeyName);
    this.#decoyKey = kept === null ? parts.chance.bytes(32) : bytesFromHex(kept);
    if (kept === null)
      parts.directory
        .putValue(decoyKeyName, hexFromBytes(this.#decoyKey))
        .catch((cause: unknown) => parts.log.warn('decoy-key-not-kept', {}, cause));
  }

  async checkPassword(login: string, password: string, context: LoginContext): Promise<Principal> {
    const meant = readLogin(login, this.#parts.directory);
    const name = meant.person;
    const network = networkOf(context.remoteAddress);
    try {
      // An unfit password cannot be anybody's; it is hashed like others, so that it takes as long.
      const secret = fitSecret(password);
      const account = secret === null ? null : this.#findOpen(name);
      const principal = this.#asMeant(await this.#check(name, network, account, secret ?? 'unfit', context), meant);
      this.#welcome(name, network, principal, context);
      return principal;
    } catch (trouble) {
      this.#turnAway(name, trouble, context);
      throw trouble;
    }
  }

  async #check(name: string, network: string, account: AccountRow | null, secret: string, context: LoginContext): Promise<Principal> {
    const { directory, hasher, clock } = this.#parts;
    const digest = this.#digest(`${account?.id ?? name}\0${secret}`);

    // What is known to be right is let in whatever others guess meanwhile.
    if (account !== null && this.#isRemembered(digest, account)) return this.#ifEnough(account, context);
    const letters = readAppPassword(secret);
    const row = letters === null ? null : directory.appPasswordBySha256(appPasswordDigest(letters));
    if (account !== null && row?.account === account.id) {
      if (!row.protocols.includes(context.protocol))
        throw new Refusal('no-perm', 'this app password is not for this kind of access', `app password ${row.id}`);
      directory.touchAppPassword(row.id, clock.now(), context.remoteAddress, context.protocol);
      return principalOf(account, row.name);
    }

    const pair = `${network} ${name}`;
    let answer = this.#underway.get(`${pair} ${digest}`);
    if (!answer) {
      this.#checkPatience(name, network, pair);
      const ahead = this.#throttle.isHome(name, network);
      answer = this.#counted(pair, () => hasher.verify(secret, account?.passwordHash ?? hasher.decoy, ahead)).then((right) => {
        const known = right && account !== null;
        if (known) this.#remember(digest, account);
        else this.#noteFailure(name, network, pair, digest);
        return known;
      });
      this.#underway.set(`${pair} ${digest}`, answer);
      const ended = (): void => void this.#underway.delete(`${pair} ${digest}`);
      answer.then(ended, ended);
    }
    const right = await answer;
    // Between question and answer the password may have changed or the account closed.
    const current = account === null ? null : directory.accountById(account.id);
    if (!right || current === null || current.closedAt !== null || current.passwordHash !== account?.passwordHash)
      throw wrong(account === null ? 'no such person' : 'wrong password');
    return this.#ifEnough(current, context);
  }

  /** Mail apps cannot ask for a second factor: where one is set they come in by app passwords only, or the factor would be worth nothing. */
  #ifEnough(account: AccountRow, context: LoginContext): Principal {
    if (context.asksSecond !== true && hasSecondFactor(this.#parts.directory, account.id)) throw notEnough();
    return principalOf(account, null);
  }

  async checkToken(token: string, context: LoginContext): Promise<Principal> {
    const { directory, clock } = this.#parts;
    const network = networkOf(context.remoteAddress);
    // Nobody is named: guesses are counted by network.
    const name = '(token)';
    try {
      const letters = readAppPassword(token.slice(0, longestToken));
      const row = letters === null ? null : directory.appPasswordBySha256(appPasswordDigest(letters));
      const account = row === null ? null : directory.accountById(row.account);
      if (row === null || account === null || account.closedAt !== null) {
        this.#checkPatience(name, network, `${network} ${name}`);
        this.#throttle.failed(name, network, true);
        throw wrong('no such token');
      }
      if (!row.protocols.includes(context.protocol))
        throw new Refusal('no-perm', 'this app password is not for this kind of access', `app password ${row.id}`);
      directory.touchAppPassword(row.id, clock.now(), context.remoteAddress, context.protocol);
      const principal = principalOf(account, row.name);
      this.#welcome(account.address, network, principal, context);
      return principal;
    } catch (trouble) {
      this.#turnAway(name, trouble, context);
      throw trouble;
    }
  }

  /**
   * From the person who has proven to be one to the account that was named. Its existence is looked at last, so that all before takes the
   * same work and says the same whether there is such an account or not.
   */
  #asMeant(principal: Principal, { outside }: LoginName): Principal {
    if (outside === null) return principal;
    const row = this.#parts.directory.outsideAccountByAddress(principal.account, outside);
    if (row === null || row.closedAt !== null) throw wrong('no such account at another provider');
    return outsidePrincipal(principal, row);
  }

  /** @throws Refusal `login-delayed`. */
  #checkPatience(name: string, network: string, pair: string): void {
    const wait = this.#throttle.wait(name, network, this.#running.get(pair) ?? 0);
    if (wait > 0)
      throw new Refusal('login-delayed', `too many failed logins, try again in ${Math.ceil(wait / 1000)} s`, `waits ${Math.ceil(wait)} ms`);
  }

  async #counted(pair: string, work: () => Promise<boolean>): Promise<boolean> {
    this.#running.set(pair, (this.#running.get(pair) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = this.#running.get(pair)! - 1;
      if (left > 0) this.#running.set(pair, left);
      else this.#running.delete(pair);
    }
  }

  #noteFailure(name: string, network: string, pair: string, digest: string): void {
    const repeated = this.#wrong.get(pair) === digest;
    this.#wrong.delete(pair);
    this.#wrong.set(pair, digest);
    if (this.#wrong.size > wrongKept) this.#wrong.delete(this.#wrong.keys().next().value!);
    this.#throttle.failed(name, network, repeated);
  }

  #digest(text: string): string {
    return hexFromBytes(hmac('SHA-256', this.#memoryKey, text));
  }

  #isRemembered(digest: string, account: AccountRow): boolean {
    const memory = this.#right.get(digest);
    if (!memory) return false;
    if (memory.hash === account.passwordHash && memory.until > this.#parts.clock.monotonic()) return true;
    this.#right.delete(digest);
    return false;
  }

  #remember(digest: string, account: AccountRow): void {
    this.#right.delete(digest);
    this.#right.set(digest, { hash: account.passwordHash, until: this.#parts.clock.monotonic() + rememberMs });
    if (this.#right.size > remembered) this.#right.delete(this.#right.keys().next().value!);
  }

  /** A closed account is as good as none. */
  #findOpen(name: string): AccountRow | null {
    const account = findPerson(name, this.#parts.directory);
    return account !== null && account.closedAt === null ? account : null;
  }

  // --- SCRAM --------------------------------------------------------------------------------------------------------

  async scramKeys(login: string, hash: ScramHash, context: LoginContext): Promise<ScramOffer> {
    const name = readLogin(login, this.#parts.directory).person;
    const network = networkOf(context.remoteAddress);
    this.#hearOrTurnAway(name, network, context);
    const account = this.#findOpen(name);
    const others = account === null ? [] : this.#appKeys(account, hash, context);
    // Keys are tried one by one, which takes time: nobody has fewer than this.
    for (let i = others.length; i < fewestOthers; i++) others.push({ appPassword: -1, ...this.#decoyKeys(name, hash, i) });
    return { ...(account?.scram[hash] ?? this.#decoyKeys(name, hash, -1)), others };
  }

  /** @throws Refusal `login-delayed`. */
  #hearOrTurnAway(name: string, network: string, context: LoginContext): void {
    try {
      this.#checkPatience(name, network, `${network} ${name}`);
    } catch (trouble) {
      this.#turnAway(name, trouble, context);
      throw trouble;
    }
  }

  /** RFC 5802 §9 leaves it open how to hide who exists: keys made from the name, which nobody can prove to know. */
  #decoyKeys(name: string, hash: ScramHash, number: number): Omit<ScramOffer, 'others'> {
    const made = (what: string): Bytes => hmac(hash, this.#decoyKey, bytesFromUtf8(`${what} ${hash} ${number} ${name}`));
    return { salt: made('salt').subarray(0, 16), iterations: scramIterations, storedKey: made('stored'), serverKey: made('server') };
  }

  /** Keys of the app passwords for this protocol that have the salt of the account. */
  #appKeys({ id, scram }: AccountRow, hash: ScramHash, context: LoginContext): NonNullable<ScramOffer['others']>[number][] {
    const own = scram[hash];
    const found = [];
    for (const row of this.#parts.directory.appPasswords(id)) {
      const keys = row.scram?.[hash];
      if (own === undefined || keys === undefined || !row.protocols.includes(context.protocol)) continue;
      if (keys.iterations === own.iterations && equalBytes(keys.salt, own.salt))
        found.push({ appPassword: row.id, storedKey: keys.storedKey, serverKey: keys.serverKey });
    }
    return found;
  }

  async scramPassed(login: string, context: LoginContext, appPassword?: number): Promise<Principal> {
    const meant = readLogin(login, this.#parts.directory);
    const name = meant.person;
    const network = networkOf(context.remoteAddress);
    try {
      const account = this.#findOpen(name);
      const row = appPassword === undefined || account === null ? null : this.#appPasswordOf(account, appPassword);
      if (account === null || row === undefined) throw wrong('no such person');
      this.#checkPatience(name, network, `${network} ${name}`);
      if (row === null) this.#ifEnough(account, context);
      const principal = this.#asMeant(principalOf(account, row?.name ?? null), meant);
      if (row !== null) this.#parts.directory.touchAppPassword(row.id, this.#parts.clock.now(), context.remoteAddress, context.protocol);
      this.#welcome(name, network, principal, context);
      return principal;
    } catch (trouble) {
      this.#turnAway(name, trouble, context);
      throw trouble;
    }
  }

  /** Undefined when it has been taken away meanwhile. */
  #appPasswordOf(account: AccountRow, id: number): AppPasswordRow | undefined {
    return this.#parts.directory.appPasswords(account.id).find((row) => row.id === id);
  }

  async scramFailed(login: string, context: LoginContext): Promise<void> {
    const name = readLogin(login, this.#parts.directory).person;
    const network = networkOf(context.remoteAddress);
    // Who began many exchanges before the first one failed hears the same of a right proof and of a wrong one.
    this.#hearOrTurnAway(name, network, context);
    this.#throttle.failed(name, network, false);
    this.#turnAway(name, wrong('wrong SCRAM proof'), context);
  }

  // --- what operators see -------------------------------------------------------------------------------------------

  #welcome(name: string, network: string, principal: Principal, context: LoginContext): void {
    this.#throttle.succeeded(name, network);
    if (this.#wasNotedLately(`${context.protocol} ${network} ${principal.login} ${principal.appPassword ?? ''}`, context)) return;
    this.#parts.meter.count('logins_total', { protocol: context.protocol, result: 'ok' });
    this.#parts.log.info('login', { ...seen(context), login: principal.login, appPassword: principal.appPassword });
  }

  /** HTTP signs in with every request; a line for each would say nothing. */
  #wasNotedLately(what: string, context: LoginContext): boolean {
    if (context.protocol !== 'jmap' || context.asksSecond === true) return false;
    const now = this.#parts.clock.monotonic();
    const at = this.#noted.get(what);
    if (at !== undefined && now - at < rememberMs) return true;
    this.#noted.delete(what);
    this.#noted.set(what, now);
    if (this.#noted.size > remembered) this.#noted.delete(this.#noted.keys().next().value!);
    return false;
  }

  #turnAway(name: string, trouble: unknown, context: LoginContext): void {
    const result = trouble instanceof Refusal ? trouble.code : 'unavailable';
    const reason = trouble instanceof Error ? (trouble instanceof Refusal ? trouble.reason : trouble.message) : '';
    this.#parts.meter.count('logins_total', { protocol: context.protocol, result });
    this.#parts.log.warn('login-refused', { ...seen(context), login: name.slice(0, 200), result, reason });
  }
}

function seen(context: LoginContext): { connection: string; protocol: string; remoteAddress: string; tls: boolean } {
  return { connection: context.connection, protocol: context.protocol, remoteAddress: context.remoteAddress, tls: context.tls };
}

function fitSecret(password: string): string | null {
  try {
    return prepareSecret(password);
  } catch (trouble) {
    if (trouble instanceof SyntaxTrouble) return null;
    throw trouble;
  }
}

function principalOf(account: AccountRow, appPassword: string | null): Principal {
  return { account: account.id, login: account.address, name: account.name, quota: account.quota, appPassword };
}

/** Who reads and writes for the account at another provider; bounded as its owner is. */
function outsidePrincipal(owner: Principal, row: OutsideAccountRow): Principal {
  return { ...owner, account: row.id, login: `${owner.login}/${row.address}`, name: row.name };
}
