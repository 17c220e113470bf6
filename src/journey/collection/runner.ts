// All collectors at work: one for each account that is not at rest, begun again when it ends, held back when a provider says no, stopped when only
// a person can help. Knows schedule, bounds and health; knows no protocol.
//
// A refused password is tried once: providers lock accounts of those who go on. The collector rests until the row changes or somebody says `retry`.
import type { Chance, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { Unavailable } from '../../base/trouble.ts';
import type { AccountId } from '../../store/contract.ts';
import type { OutsideAccountRow, OutsideHealth } from '../../store/outside-contract.ts';
import { CauseTrouble, type Cause } from '../outside/causes.ts';
import type { CollectionProgress, OpenCollector } from './contract.ts';

/** The accounts, as far as collection is concerned. */
export interface CollectedAccounts {
  /** Those whose letters are to be fetched now: not paused, not at rest. */
  list(): readonly OutsideAccountRow[];
  /** As it stands now; null when it is gone. */
  find(account: AccountId): OutsideAccountRow | null;
  /** After each change of any row. Returns the way to stop. */
  onChange(heard: () => void): () => void;
  noteHealth(account: AccountId, health: OutsideHealth): void;
}

export interface CollectionParts {
  readonly accounts: CollectedAccounts;
  readonly open: OpenCollector;
  /** Accounts that nobody has any more are forgotten in the ledger; called at the start and when one goes. */
  readonly forgetOthers: () => Promise<void>;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly limits?: Partial<CollectionLimits>;
}

export interface CollectionLimits {
  readonly connections: number;
  /** To one host name: some providers count by address, and all their people come from ours. */
  readonly perHost: number;
}

const second = 1000;
const minute = 60 * second;
const firstDelay = second;
const longestDelay = 15 * minute;
/** Between visits of a kind that visits (POP3). */
const visitEvery = 5 * minute;
/** Who waits for a place at a host gets one when another has had its time. */
const turnMs = 3 * minute;
const wellFor = 5 * minute;
/** A program that is started again and again must not try a refused password each time. */
const restAfterNo = 60 * minute;

/** Only a person can help; trying again would hurt or is of no use. */
const needsPerson: ReadonlySet<Cause> = new Set([
  'wrong-password',
  'login-name-form',
  'service-off',
  'app-password-needed',
  'oauth-needed',
  'web-sign-in-needed',
  'password-expired',
  'account-disabled',
  'no-common-mechanism',
  'client-id-missing',
  'sign-in-expired',
  'sign-in-refused',
  'key-missing',
  'private-address',
  'tries-used-up',
] as Cause[]);

/** The provider asks for patience in words: less would make it worse. */
const longWaits: Partial<Record<Cause, number>> = {
  locked: 30 * minute,
  'too-many-connections': 2 * minute,
  busy: minute,
  'blocked-country': 60 * minute,
};

interface Job {
  row: OutsideAccountRow;
  mark: string;
  state: 'due' | 'running' | 'waiting' | 'resting';
  /** Set while it runs. */
  ending: AbortController | null;
  running: Promise<void> | null;
  begunAt: number;
  /** The same by the clock of the wall, as health is told. */
  begunOn: number;
  /** Ends in a row without having been well. */
  failures: number;
  cancelWait: (() => void) | null;
  /** Begins again as soon as it has ended. */
  again: boolean;
}

export class CollectionRunner {
  readonly #parts: CollectionParts;
  readonly #limits: CollectionLimits;
  readonly #jobs = new Map<AccountId, Job>();
  readonly #progress = new Map<AccountId, CollectionProgress>();
  /** Collectors of accounts that are no more to be fetched, until they have ended: a new one of the same account waits for the old. */
  readonly #leaving = new Map<AccountId, Promise<void>>();
  #stopHearing: (() => void) | null = null;
  #cancelTurn: (() => void) | null = null;
  #stopped = false;

  constructor(parts: CollectionParts) {
    this.#parts = parts;
    this.#limits = { connections: 500, perHost: 20, ...parts.limits };
  }

  start(): void {
    this.#stopHearing = this.#parts.accounts.onChange(() => this.#look());
    this.#forget();
    this.#look();
  }

  /** Tells all collectors to end and waits for them. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopHearing?.();
    this.#cancelTurn?.();
    const running: Promise<void>[] = [];
    for (const job of this.#jobs.values()) {
      job.cancelWait?.();
      job.ending?.abort();
      if (job.running) running.push(job.running);
    }
    await Promise.all(running);
  }

  /** A person wants it tried now: one account, or all. */
  retry(account?: AccountId): void {
    for (const job of account === undefined ? this.#jobs.values() : [this.#jobs.get(account)]) {
      if (job === undefined || job.state === 'running') continue;
      job.failures = 0;
      this.#due(job);
    }
    this.#admit();
  }

  /** How far a long fetch has come; null when nothing long is under way. */
  progressOf(account: AccountId): CollectionProgress | null {
    return this.#progress.get(account) ?? null;
  }

  // --- accounts -----------------------------------------------------------------------------------------------------

  #look(): void {
    if (this.#stopped) return;
    const wanted = new Map(this.#parts.accounts.list().map((row) => [row.id, row]));
    for (const [account, job] of this.#jobs) {
      const row = wanted.get(account);
      if (row === undefined) {
        this.#jobs.delete(account);
        this.#progress.delete(account);
        job.cancelWait?.();
        job.ending?.abort();
        if (job.running !== null) this.#leave(account, job.running);
        if (this.#parts.accounts.find(account) === null) void (job.running ?? Promise.resolve()).then(() => this.#forget());
      } else if (markOf(row) !== job.mark) {
        job.mark = markOf(row);
        job.row = row;
        job.failures = 0;
        if (job.state === 'running') {
          job.again = true;
          job.ending?.abort();
        } else this.#due(job);
      } else job.row = row;
    }
    for (const [account, row] of wanted) {
      if (this.#jobs.has(account)) continue;
      const job: Job = {
        row,
        mark: markOf(row),
        state: 'due',
        ending: null,
        running: null,
        begunAt: 0,
        begunOn: 0,
        failures: 0,
        cancelWait: null,
        again: false,
      };
      this.#jobs.set(account, job);
      // An account whose password was refused just before a restart is not tried again because of the restart.
      const { state, cause, at } = row.health;
      const rests = at + restAfterNo - this.#parts.clock.now();
      if (state === 'bad' && cause !== null && needsPerson.has(cause as Cause) && rests > 0) this.#wait(job, Math.min(rests, restAfterNo));
    }
    this.#admit();
  }

  #leave(account: AccountId, running: Promise<void>): void {
    this.#leaving.set(account, running);
    void running.then(() => {
      if (this.#leaving.get(account) === running) this.#leaving.delete(account);
      this.#admit();
    });
  }

  /** Settles when nothing is fetched for an account that has just been paused or taken away. */
  async quiet(account: AccountId): Promise<void> {
    this.#look();
    await this.#leaving.get(account);
  }

  #forget(): void {
    this.#parts
      .forgetOthers()
      .catch((trouble: unknown) => this.#parts.log.warn('collection: the ledger keeps rows of accounts that are gone', {}, trouble));
  }

  // --- schedule -----------------------------------------------------------------------------------------------------

  #due(job: Job): void {
    job.cancelWait?.();
    job.cancelWait = null;
    job.state = 'due';
  }

  #wait(job: Job, ms: number): void {
    job.state = 'waiting';
    job.cancelWait = this.#parts.clock.after(ms, () => {
      this.#due(job);
      this.#admit();
    });
  }

  /** Begins what is due, as far as there are places. */
  #admit(): void {
    if (this.#stopped) return;
    let isFull = false;
    for (const job of this.#jobs.values()) {
      if (job.state !== 'due' || this.#leaving.has(job.row.id)) continue;
      if (this.#places(job.row.receive.host) > 0) this.#begin(job);
      else isFull = true;
    }
    if (!isFull || this.#cancelTurn !== null) return;
    this.#cancelTurn = this.#parts.clock.after(turnMs, () => {
      this.#cancelTurn = null;
      this.#giveTurns();
      this.#admit();
    });
  }

  #running(): Job[] {
    return [...this.#jobs.values()].filter(({ state }) => state === 'running');
  }

  #places(host: string): number {
    const running = this.#running();
    return Math.min(
      this.#limits.connections - running.length,
      this.#limits.perHost - running.filter(({ row }) => row.receive.host === host).length,
    );
  }

  /** One that has had its time makes room for each that waits. */
  #giveTurns(): void {
    const now = this.#parts.clock.monotonic();
    for (const job of this.#jobs.values()) {
      if (job.state !== 'due') continue;
      const isFull = this.#running().length >= this.#limits.connections;
      const holder = this.#running()
        .filter(
          ({ row, ending, begunAt }) =>
            (isFull || row.receive.host === job.row.receive.host) && !ending!.signal.aborted && now - begunAt >= turnMs,
        )
        .sort((a, b) => a.begunAt - b.begunAt)[0];
      if (holder === undefined) continue;
      holder.again = true;
      holder.ending!.abort();
    }
  }

  #begin(job: Job): void {
    const ending = new AbortController();
    job.state = 'running';
    job.ending = ending;
    job.again = false;
    job.begunAt = this.#parts.clock.monotonic();
    job.begunOn = this.#parts.clock.now();
    job.running = this.#run(job, ending).finally(() => {
      job.running = null;
      job.ending = null;
      this.#progress.delete(job.row.id);
      this.#admit();
    });
  }

  /** Never rejects. */
  async #run(job: Job, ending: AbortController): Promise<void> {
    const { open, clock, chance } = this.#parts;
    const { row } = job;
    try {
      await open({
        row,
        progress: (progress) => {
          if (ending.signal.aborted) return;
          if (progress === null) this.#progress.delete(row.id);
          else this.#progress.set(row.id, progress);
        },
        well: (facts) => {
          job.failures = 0;
          this.#noteWell(job, facts);
        },
      }).run(ending.signal);
      job.failures = 0;
      if (job.again) this.#toTheEnd(job);
      else if (!ending.signal.aborted) this.#wait(job, visitEvery * (0.9 + 0.2 * chance.fraction()));
    } catch (trouble) {
      if (job.again) return this.#toTheEnd(job);
      if (ending.signal.aborted) return;
      // A connection that has served for long and breaks is nothing to wait for.
      if (clock.monotonic() - job.begunAt > wellFor) job.failures = 0;
      const delay = this.#noteTrouble(job, trouble);
      if (delay === null) job.state = 'resting';
      else this.#wait(job, delay);
    }
  }

  /** Behind all others that wait. */
  #toTheEnd(job: Job): void {
    this.#due(job);
    if (this.#jobs.get(job.row.id) !== job) return;
    this.#jobs.delete(job.row.id);
    this.#jobs.set(job.row.id, job);
  }

  /** How long to wait, or null for ever. */
  #noteTrouble(job: Job, trouble: unknown): number | null {
    const { log, chance, clock, accounts } = this.#parts;
    const { id, receive, health: before } = accounts.find(job.row.id) ?? job.row;
    const cause: Cause = trouble instanceof CauseTrouble ? trouble.why : 'connection-lost';
    const words = trouble instanceof CauseTrouble ? trouble.words : '';
    const fields = { account: id, host: receive.host, cause };
    if (trouble instanceof CauseTrouble) log.info('collection: an account waits', { ...fields, words });
    else if (trouble instanceof Unavailable) log.warn('collection: not now', { ...fields, code: trouble.code }, trouble);
    else log.error('collection: a defect', fields, trouble);
    const rests = needsPerson.has(cause);
    // What is ours (a full disk, a closing store) is no fault of the account.
    const isWorse = before.state === 'bad' && needsPerson.has(before.cause as Cause) && !rests;
    if (trouble instanceof CauseTrouble && !isWorse) {
      const { lastReceivedAt, lastSentAt } = before;
      const at = before.cause === cause ? before.at : clock.now();
      accounts.noteHealth(id, { state: rests ? 'bad' : 'waits', cause, words, at, lastReceivedAt, lastSentAt });
    }
    if (rests) return null;
    const grown = Math.min(longestDelay, firstDelay * 2 ** Math.min(20, job.failures++));
    return Math.max(longWaits[cause] ?? 0, grown) * (0.75 + 0.5 * chance.fraction());
  }

  #noteWell(
    { row: { id: account }, begunOn }: Job,
    { received, remark }: { readonly received: number; readonly remark?: { readonly cause: Cause; readonly words: string } },
  ): void {
    const { accounts, clock } = this.#parts;
    const before = accounts.find(account)?.health;
    if (before === undefined) return;
    // Who signed in before a login was refused proves nothing about the next one.
    if (before.state === 'bad' && needsPerson.has(before.cause as Cause) && before.at > begunOn) {
      if (received > 0) accounts.noteHealth(account, { ...before, lastReceivedAt: clock.now() });
      return;
    }
    const cause = remark?.cause ?? null;
    if (received === 0 && before.state === 'good' && before.cause === cause) return;
    accounts.noteHealth(account, {
      state: 'good',
      cause,
      words: remark?.words ?? '',
      at: clock.now(),
      lastReceivedAt: received > 0 ? clock.now() : before.lastReceivedAt,
      lastSentAt: before.lastSentAt,
    });
  }
}

/**
 * What of a row a collector works by: health and names change without it. Tokens change by themselves, while it signs in; a person who signs in anew says
 * so (`retry`).
 */
function markOf({ receive, secret, leaving }: OutsideAccountRow): string {
  return JSON.stringify([receive, receive.auth === 'oauth2' ? null : Array.from(secret), leaving]);
}
