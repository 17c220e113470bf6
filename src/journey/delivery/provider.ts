// The road of letters that go out through an account at another provider: its one server, by the row of the account, over proven TLS and
// with its login; never by the DNS, never in the clear, never in another way. Knows rows and what the provider's refusals lead to; opens
// no socket and no secret itself.
//
// A login that was refused is not tried again with the same secret for half a day: providers lock accounts after a few failures.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { equalBytes, type Bytes } from '../../base/bytes.ts';
import type { LineConnector } from '../../protocol/line/connection.ts';
import type { PeerFailure } from '../../protocol/smtp/client-contract.ts';
import type { AccountId } from '../../store/contract.ts';
import type { Directory } from '../../store/directory-contract.ts';
import type { OutsideAccountRow } from '../../store/outside-contract.ts';
import { causeSides, CauseTrouble, type Cause } from '../outside/causes.ts';
import type { OutsideConnector, TokenKeeper } from '../outside/contract.ts';
import { withoutSecret } from '../../base/without-secret.ts';
import type { Router } from '../routing/contract.ts';
import type { DeliveryParts } from './lane.ts';
import { judgeProvider, type Failure } from './outcome.ts';

export interface ProviderParts {
  readonly directory: Pick<Directory, 'outsideAccount' | 'accountById' | 'noteOutsideHealth'>;
  readonly connector: OutsideConnector;
  readonly keeper: TokenKeeper;
  /** What a failure means for the account; null when it is about the letter or its recipients alone. */
  readonly readFailure: (failure: PeerFailure, row: OutsideAccountRow) => Cause | null;
  readonly clock: Clock;
  readonly log: Log;
}

const restAfterRefusalMs = 12 * 3_600_000;

/** A secret that the provider has refused, and until when it is not tried again. */
interface RefusedSecret {
  readonly secret: Bytes;
  readonly until: number;
  readonly cause: Cause;
  readonly words: string;
}

export function openProviderRoads(parts: ProviderParts): NonNullable<DeliveryParts['provider']> {
  const refused = new Map<AccountId, RefusedSecret>();
  const noted = new Map<AccountId, number>();
  return (via) => {
    const road = new ProviderRoad(parts, refused, noted, via);
    return {
      router: { route: () => road.route() },
      connector: { connect: (_target, patience) => road.connect(patience) },
      judge: (failure) => road.judge(failure),
      taken: () => road.taken(),
    };
  };
}

class ProviderRoad {
  readonly #parts: ProviderParts;
  readonly #refused: Map<AccountId, RefusedSecret>;
  /** When the trouble was noted that sending had: only that is over when a letter is taken. */
  readonly #noted: Map<AccountId, number>;
  readonly #via: AccountId;
  /** As it was when the login was chosen. */
  #row: OutsideAccountRow | null = null;
  /** What was signed in with, so that it is known again. */
  #secret = '';
  #isToken = false;

  constructor(parts: ProviderParts, refused: Map<AccountId, RefusedSecret>, noted: Map<AccountId, number>, via: AccountId) {
    this.#parts = parts;
    this.#refused = refused;
    this.#noted = noted;
    this.#via = via;
  }

  /** @throws CauseTrouble. */
  async route(): ReturnType<Router['route']> {
    const { directory, keeper } = this.#parts;
    const row = directory.outsideAccount(this.#via);
    if (row === null || row.closedAt !== null || directory.accountById(row.owner) === null)
      // RFC 3463: X.1.8 the sender's address is not there any more.
      return { kind: 'never', status: '5.1.8', words: 'the account at the other provider, through which it was to go, was taken away' };
    this.#row = row;
    this.#checkSecret(row);
    let login;
    try {
      login = await keeper.credentialsOf(row.id, 'send');
    } catch (trouble) {
      if (trouble instanceof CauseTrouble) this.#note(row, trouble.why, trouble.words);
      throw trouble;
    }
    [this.#secret, this.#isToken] = [login.secret, login.kind === 'oauth2'];
    const { host, port, security } = row.send;
    return {
      kind: 'hosts',
      hosts: [
        {
          name: host,
          port,
          // The connector looks the name up under its guard, and goes to what it found.
          addresses: [host],
          implicitTls: security === 'tls',
          login: { name: login.login, password: login.secret, kind: login.kind },
          security: 'verified',
        },
      ],
      mx: [host],
      authentic: false,
      via: row.address,
    };
  }

  connect(patience: number): ReturnType<LineConnector['connect']> {
    const row = this.#row!;
    return this.#parts.connector.connect(row.send, patience).catch((trouble: unknown) => {
      if (trouble instanceof CauseTrouble) this.#note(row, trouble.why, trouble.words);
      throw trouble;
    });
  }

  judge(failure: PeerFailure): Failure {
    const row = this.#row;
    const cause = row === null ? null : this.#parts.readFailure(failure, row);
    const judged = judgeProvider(failure, cause);
    // A server may repeat what it was told; these words go into reports, the log and the journey.
    const verdict = { ...judged, words: withoutSecret(judged.words, this.#secret) };
    if (row !== null && cause !== null && !aboutLetter.has(cause)) this.#note(row, cause, verdict.words);
    if (row !== null && cause !== null && failure.kind === 'reply' && failure.phase === 'auth' && causeSides[cause] !== 'network') {
      // A token is replaced, which tells whether the sign-in still holds.
      if (this.#isToken) {
        this.#parts.keeper.refused(row.id, this.#secret);
        return verdict;
      }
      const until = this.#parts.clock.monotonic() + restAfterRefusalMs;
      // A server that is busy is no judge of the secret.
      if (failure.reply.code >= 500) this.#refused.set(row.id, { secret: row.secret, until, cause, words: verdict.words });
    }
    return verdict;
  }

  taken(): void {
    const { directory, clock } = this.#parts;
    const row = directory.outsideAccount(this.#via);
    if (row === null) return;
    const now = clock.now();
    this.#refused.delete(row.id);
    // Sending works; what is wrong with receiving is told by those who receive.
    const { state, cause, at } = row.health;
    const mended = state !== 'good' && (sendingCauses.has(cause ?? '') || this.#noted.get(row.id) === at);
    this.#noted.delete(row.id);
    directory.noteOutsideHealth(row.id, {
      ...row.health,
      ...(mended ? { state: 'good' as const, cause: null, words: '', at: now } : {}),
      lastSentAt: now,
    });
  }

  /** @throws CauseTrouble as the refusal was. */
  #checkSecret(row: OutsideAccountRow): void {
    const before = this.#refused.get(row.id);
    if (before === undefined) return;
    if (equalBytes(before.secret, row.secret) && this.#parts.clock.monotonic() < before.until)
      throw new CauseTrouble(before.cause, `not tried again with the same password: ${before.words}`, before.words);
    this.#refused.delete(row.id);
  }

  #note(row: OutsideAccountRow, cause: Cause, words: string): void {
    const { directory, clock, log } = this.#parts;
    const { health } = directory.outsideAccount(row.id) ?? row;
    const state = causeSides[cause] === 'you' || causeSides[cause] === 'here' ? 'bad' : 'waits';
    // What is known to be worse stays: a network that is down does not mend a password.
    if (health.state === 'bad' && state === 'waits') return;
    log.warn('sending through the provider of an account does not work', { account: row.id, cause });
    // Since when it is so, not when it was last seen.
    const at = health.cause === cause ? health.at : clock.now();
    this.#noted.set(row.id, at);
    directory.noteOutsideHealth(row.id, { ...health, state, cause, words: words.slice(0, 500), at });
  }
}

/** Nothing is wrong with the account. */
const aboutLetter: ReadonlySet<Cause> = new Set(['letter-too-large', 'letter-refused', 'letter-not-back']);
/** What concerns sending alone, and a letter that was taken proves to be over. */
const sendingCauses: ReadonlySet<string> = new Set<Cause>(['sender-not-allowed', 'sending-quota']);
