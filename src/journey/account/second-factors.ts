// What a person has besides the password: set up, checked, taken away. Knows codes, passkeys and the codes for the day when both are lost;
// knows no session, no page and no HTTP.
//
// Guesses at a code are counted by person, wherever they come from: whoever makes them knows the password already, so nobody is kept out by a
// stranger (RFC 4226 §7.3 wants such a bound). Passkeys cannot be guessed and wait for nothing.
import { base64FromBytes, base64UrlFromBytes, bytesFromBase64, bytesFromHex, bytesFromUtf8, hexFromBytes } from '../../base/bytes.ts';
import type { Chance, Clock } from '../../base/clock.ts';
import { sha256Hex } from '../../base/digest.ts';
import type { Log } from '../../base/log.ts';
import type { Meter } from '../../base/meter.ts';
import { Refusal, SyntaxTrouble } from '../../base/trouble.ts';
import { challengeOf, checkAssertion, checkRegistration, readAssertion, readRegistration } from '../../protocol/webauthn/ceremonies.ts';
import { algorithms } from '../../protocol/webauthn/cose-key.ts';
import type { AccountId } from '../../store/contract.ts';
import type { AccountRow, Directory, FactorProof, FactorRow } from '../../store/directory-contract.ts';
import type { Vault } from '../outside/contract.ts';
import { Challenges } from './challenges.ts';
import { askedFactors, factorsOf } from './factors.ts';
import { makeRecoveryCode, readRecoveryCode } from './secrets.ts';
import { Throttle } from './throttle.ts';
import { base32FromBytes, findStep, totpSecretOctets, totpUri } from './totp.ts';

/** Where a passkey is made or used: the page's origin and the name that keys are bound to. */
export interface PasskeyPlace {
  readonly origin: string;
  readonly relyingParty: string;
}

export interface SecondFactors {
  list(account: AccountId): readonly FactorRow[];
  /** Nothing is kept until a code has shown that the app has it. The secret is told to the person alone. */
  beginTotp(person: AccountRow): { readonly ticket: string; readonly secret: string; readonly uri: string };
  /** @throws Refusal `expired` (ticket), `authentication-failed` (code), `login-delayed`, `already-exists`; Unavailable (vault). */
  confirmTotp(person: AccountRow, ticket: string, code: string): Promise<FactorRow>;
  /** WebAuthn §5.4, in its JSON form, for `PublicKeyCredential.parseCreationOptionsFromJSON`. */
  beginPasskey(person: AccountRow, place: PasskeyPlace): Readonly<Record<string, unknown>>;
  /** @throws Refusal `cannot`, `expired`, `already-exists`, `limit`. */
  addPasskey(person: AccountRow, answer: unknown, name: string, place: PasskeyPlace): Promise<FactorRow>;
  /** New ones; those of before are worth nothing any more. Told once. @throws Refusal `cannot` where nothing is set that they could stand for. */
  renewRecovery(person: AccountRow): Promise<readonly string[]>;
  /** With the last one that is asked for, the recovery codes go too. @throws Refusal `nonexistent`. */
  remove(account: AccountId, factor: number): Promise<FactorRow>;

  /** When the vault's key is lost for good: what it sealed goes. Returns how many people have no codes any more. */
  forgetSecrets(): Promise<number>;

  /** WebAuthn §5.5 in its JSON form; without a person any passkey of this server will do. */
  askPasskey(person: AccountRow | null, place: PasskeyPlace): Readonly<Record<string, unknown>>;
  /**
   * Whose passkey it is. `person`: it has to be this one's; null: whoever it is, and the authenticator must have looked who that is.
   * @throws Refusal `authentication-failed`.
   */
  checkPasskey(person: AccountRow | null, answer: unknown, place: PasskeyPlace): Promise<AccountRow>;
  /** A code of the app, or a recovery code. @throws Refusal `authentication-failed`, `login-delayed`. */
  checkCode(person: AccountRow, code: string): Promise<'totp' | 'recovery'>;
}

export interface SecondFactorParts {
  readonly directory: Directory;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly meter: Meter;
}

const waitMs = 10 * 60_000;
const mostWaiting = 20_000;
const mostPasskeys = 20;
const recoveryCodes = 10;
const longestName = 60;

export function openSecondFactors(parts: SecondFactorParts): SecondFactors {
  return new FactorService(parts);
}

function wrong(reason: string): Refusal {
  return new Refusal('authentication-failed', 'the code or key is not right', reason);
}

class FactorService implements SecondFactors {
  readonly #parts: SecondFactorParts;
  readonly #throttle: Throttle;
  readonly #secrets: Challenges<{ readonly account: AccountId; readonly secret: Uint8Array }>;
  readonly #registrations: Challenges<AccountId>;
  /** Whose passkey is asked for; `person` null: anybody's. Never null by itself, which is how `Challenges` says that there is none. */
  readonly #assertions: Challenges<{ readonly person: AccountId | null }>;
  /** Codes of a person that are being looked at. */
  readonly #running = new Map<AccountId, number>();

  constructor(parts: SecondFactorParts) {
    this.#parts = parts;
    this.#throttle = new Throttle(parts.clock);
    this.#secrets = new Challenges(parts, waitMs, mostWaiting);
    this.#registrations = new Challenges(parts, waitMs, mostWaiting);
    this.#assertions = new Challenges(parts, waitMs, mostWaiting);
  }

  list(account: AccountId): readonly FactorRow[] {
    return this.#parts.directory.factors(account);
  }

  // --- codes --------------------------------------------------------------------------------------------------------

  beginTotp(person: AccountRow): { readonly ticket: string; readonly secret: string; readonly uri: string } {
    const secret = this.#parts.chance.bytes(totpSecretOctets);
    const ticket = this.#secrets.add({ account: person.id, secret });
    return { ticket, secret: base32FromBytes(secret), uri: totpUri(secret, person.address, 'Tayori') };
  }

  async confirmTotp(person: AccountRow, ticket: string, code: string): Promise<FactorRow> {
    const { directory, vault, clock } = this.#parts;
    const waiting = this.#secrets.find(ticket);
    if (waiting?.account !== person.id) throw new Refusal('expired', 'this took too long: begin again');
    this.#checkPatience(person.id);
    const step = findStep(waiting.secret, code, clock.now(), 0);
    if (step === null) throw this.#failed(person, 'totp', 'not the code of the new secret');
    this.#secrets.take(ticket);
    const sealed = base64FromBytes(vault.sealText(hexFromBytes(waiting.secret), boundTo(person.id)));
    const before = factorsOf(directory, person.id, 'totp');
    const row = await directory.addFactor({
      account: person.id,
      name: 'app',
      createdAt: clock.now(),
      proof: { kind: 'totp', sealed, lastStep: step },
    });
    // One app: the new one takes the place of the old one, and stands before that goes.
    for (const old of before) await directory.removeFactor(old.id);
    this.#parts.log.info('second-factor-set', { account: person.id, address: person.address, kind: 'totp' });
    return row;
  }

  async checkCode(person: AccountRow, code: string): Promise<'totp' | 'recovery'> {
    this.#checkPatience(person.id);
    this.#running.set(person.id, (this.#running.get(person.id) ?? 0) + 1);
    try {
      const kind = readRecoveryCode(code) === null ? 'totp' : 'recovery';
      const taken = kind === 'totp' ? await this.#takeTotp(person.id, code) : await this.#takeRecovery(person.id, code);
      if (!taken) throw this.#failed(person, kind, 'wrong code, or one that was used');
      return this.#passed(person, kind);
    } finally {
      const left = this.#running.get(person.id)! - 1;
      if (left > 0) this.#running.set(person.id, left);
      else this.#running.delete(person.id);
    }
  }

  async #takeTotp(account: AccountId, code: string): Promise<boolean> {
    const { directory, vault, clock } = this.#parts;
    for (const row of factorsOf(directory, account, 'totp')) {
      const secret = bytesFromHex(vault.openText(bytesFromBase64(row.proof.sealed), boundTo(account)));
      if (findStep(secret, code, clock.now(), row.proof.lastStep) === null) continue;
      return this.#use(row, (proof) => {
        const lastStep = proof.kind === 'totp' ? findStep(secret, code, clock.now(), proof.lastStep) : null;
        return lastStep === null || proof.kind !== 'totp' ? null : { ...proof, lastStep };
      });
    }
    return false;
  }

  async #takeRecovery(account: AccountId, code: string): Promise<boolean> {
    const digest = sha256Hex(readRecoveryCode(code)!);
    for (const row of factorsOf(this.#parts.directory, account, 'recovery'))
      if (row.proof.codes.includes(digest))
        return this.#use(row, (proof) =>
          proof.kind === 'recovery' && proof.codes.includes(digest)
            ? { ...proof, codes: proof.codes.filter((one) => one !== digest) }
            : null,
        );
    return false;
  }

  /** In one step on the newest row: of two at once one is too late. */
  async #use(row: FactorRow, next: (proof: FactorProof) => FactorProof | null): Promise<boolean> {
    const { directory, clock } = this.#parts;
    try {
      await directory.useFactor(row.id, clock.now(), ({ proof }) => {
        const after = next(proof);
        if (after === null) throw wrong('used at the same moment');
        return after;
      });
      return true;
    } catch (trouble) {
      if (trouble instanceof Refusal) return false;
      throw trouble;
    }
  }

  async renewRecovery(person: AccountRow): Promise<readonly string[]> {
    const { directory, chance, clock, log } = this.#parts;
    if (askedFactors(directory, person.id).length === 0) throw new Refusal('cannot', 'there is no second factor that they could stand for');
    const codes = Array.from({ length: recoveryCodes }, () => makeRecoveryCode(chance));
    const before = factorsOf(directory, person.id, 'recovery');
    const proof = { kind: 'recovery' as const, codes: codes.map((code) => sha256Hex(readRecoveryCode(code)!)) };
    await directory.addFactor({ account: person.id, name: 'recovery codes', createdAt: clock.now(), proof });
    for (const old of before) await directory.removeFactor(old.id);
    log.info('recovery-codes-made', { account: person.id, address: person.address });
    return codes;
  }

  // --- passkeys -----------------------------------------------------------------------------------------------------

  beginPasskey(person: AccountRow, { relyingParty }: PasskeyPlace): Readonly<Record<string, unknown>> {
    const name = person.name === '' ? person.address : person.name;
    return {
      rp: { id: relyingParty, name: 'Tayori' },
      user: { id: userHandle(person.id), name: person.address, displayName: name },
      challenge: this.#registrations.add(person.id),
      pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
      timeout: waitMs,
      excludeCredentials: this.#descriptors(person.id),
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
      attestation: 'none',
    };
  }

  async addPasskey(person: AccountRow, answer: unknown, name: string, place: PasskeyPlace): Promise<FactorRow> {
    const { directory, clock, log } = this.#parts;
    if (factorsOf(directory, person.id, 'passkey').length >= mostPasskeys)
      throw new Refusal('limit', `there are ${mostPasskeys} passkeys already`);
    const title = name.trim();
    if (title.length > longestName || /\p{Cc}/u.test(title))
      throw new Refusal('cannot', `a passkey's name has at most ${longestName} characters and no line breaks`);
    let made;
    try {
      const registration = readRegistration(answer);
      const challenge = challengeOf(registration);
      if (this.#registrations.take(challenge) !== person.id) throw new Refusal('expired', 'this took too long: begin again');
      made = checkRegistration(registration, { ...place, challenge, verified: false });
    } catch (trouble) {
      if (trouble instanceof SyntaxTrouble) throw new Refusal('cannot', `this passkey cannot be taken: ${trouble.message}`);
      throw trouble;
    }
    const { credential, publicKey, count } = made;
    const row = await directory.addFactor({
      account: person.id,
      name: title === '' ? 'passkey' : title,
      createdAt: clock.now(),
      proof: { kind: 'passkey', credential, publicKey: base64UrlFromBytes(publicKey), count },
    });
    log.info('second-factor-set', { account: person.id, address: person.address, kind: 'passkey' });
    return row;
  }

  askPasskey(person: AccountRow | null, { relyingParty }: PasskeyPlace): Readonly<Record<string, unknown>> {
    return {
      challenge: this.#assertions.add({ person: person?.id ?? null }),
      rpId: relyingParty,
      timeout: waitMs,
      allowCredentials: person === null ? [] : this.#descriptors(person.id),
      userVerification: person === null ? 'required' : 'preferred',
    };
  }

  async checkPasskey(person: AccountRow | null, answer: unknown, place: PasskeyPlace): Promise<AccountRow> {
    const { directory } = this.#parts;
    try {
      const assertion = readAssertion(answer);
      const challenge = challengeOf(assertion);
      // Taken before anything is awaited: an answer is good once (WebAuthn §13.4.3).
      const asked = this.#assertions.find(challenge);
      if (asked === null || asked.person !== (person?.id ?? null)) throw wrong('no such challenge, or too late');
      this.#assertions.take(challenge);
      const row = directory.factorByCredential(assertion.id);
      const owner = row === null ? null : directory.accountById(row.account);
      if (row?.proof.kind !== 'passkey' || owner === null || owner.closedAt !== null || (person !== null && owner.id !== person.id))
        throw wrong('no such passkey');
      const { proof } = row;
      const key = { publicKey: bytesFromBase64(proof.publicKey), count: proof.count };
      const count = await checkAssertion(assertion, { ...place, challenge, verified: person === null }, key);
      if (!(await this.#use(row, (newest) => (newest.kind === 'passkey' && newest.count === proof.count ? { ...newest, count } : null))))
        throw wrong('used at the same moment');
      this.#passed(owner, 'passkey');
      return owner;
    } catch (trouble) {
      const refusal = trouble instanceof SyntaxTrouble ? wrong(trouble.message) : trouble;
      if (refusal instanceof Refusal) this.#note(person, 'passkey', refusal.reason);
      throw refusal;
    }
  }

  #descriptors(account: AccountId): readonly { readonly type: 'public-key'; readonly id: string }[] {
    return factorsOf(this.#parts.directory, account, 'passkey').map(({ proof }) => ({ type: 'public-key', id: proof.credential }));
  }

  // --- taking away, counting ----------------------------------------------------------------------------------------

  async remove(account: AccountId, id: number): Promise<FactorRow> {
    const { directory, log } = this.#parts;
    const row = directory.factors(account).find((one) => one.id === id);
    if (row === undefined) throw new Refusal('nonexistent', 'there is no such second factor');
    await directory.removeFactor(id);
    if (askedFactors(directory, account).length === 0)
      for (const left of factorsOf(directory, account, 'recovery')) await directory.removeFactor(left.id);
    log.info('second-factor-removed', { account, kind: row.proof.kind, factor: id });
    return row;
  }

  async forgetSecrets(): Promise<number> {
    const { directory, log } = this.#parts;
    const sealed = directory.accounts().flatMap(({ id }) => factorsOf(directory, id, 'totp'));
    for (const row of sealed) await this.remove(row.account, row.id);
    if (sealed.length > 0) log.warn('second-factors-forgotten', { factors: sealed.length });
    return sealed.length;
  }

  /** @throws Refusal `login-delayed`. */
  #checkPatience(account: AccountId): void {
    const wait = this.#throttle.wait(String(account), `person ${account}`, this.#running.get(account) ?? 0);
    if (wait > 0) throw new Refusal('login-delayed', `too many wrong codes, try again in ${Math.ceil(wait / 1000)} s`);
  }

  #failed(person: AccountRow, kind: string, reason: string): Refusal {
    this.#throttle.failed(String(person.id), `person ${person.id}`, false);
    this.#note(person, kind, reason);
    return wrong(reason);
  }

  #passed<K extends string>(person: AccountRow, kind: K): K {
    // What was wrong before is forgotten with time alone: who has one right code must not win new guesses by it.
    this.#parts.meter.count('second_factors_total', { kind, result: 'ok' });
    this.#parts.log.info('second-factor', { account: person.id, login: person.address, kind });
    return kind;
  }

  #note(person: AccountRow | null, kind: string, reason: string): void {
    this.#parts.meter.count('second_factors_total', { kind, result: 'authentication-failed' });
    this.#parts.log.warn('second-factor-refused', { account: person?.id ?? 0, login: person?.address ?? '', kind, reason });
  }
}

/** WebAuthn §14.6.1: says nothing of the person to whom it does not know this server. */
function userHandle(account: AccountId): string {
  return base64UrlFromBytes(bytesFromUtf8(`tayori ${account}`));
}

/** How the vault binds the secret of codes to its person. */
function boundTo(account: AccountId): string {
  return `factor ${account} totp`;
}

/** All that is sealed by the vault's key. */
export function* sealedFactors(directory: Pick<Directory, 'accounts' | 'factors'>): Generator<Uint8Array> {
  for (const { id } of directory.accounts()) for (const { proof } of factorsOf(directory, id, 'totp')) yield bytesFromBase64(proof.sealed);
}
