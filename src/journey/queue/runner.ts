// The queue at work: takes what is due, gives each domain its lanes, writes down what came of it, reports to senders.
// Knows leases, fairness between domains and the schedule; knows no SMTP. Every result is one commit: delivered-and-dequeued,
// put-off, or reported-and-dequeued (invariant 2).
import type { Bytes } from '../../base/bytes.ts';
import type { Chance, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Meter } from '../../base/meter.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { AcceptLetter, AccountId, MailStore } from '../../store/contract.ts';
import { roadOf, waitingDomain, type QueueRecipient } from '../../store/queue-contract.ts';
import type { Lane, LaneOutcome, OpenLane, Result } from '../delivery/contract.ts';
import type { Reporter } from '../report/contract.ts';
import type { SentNews } from '../submission/contract.ts';
import { restDelay, retryDelay } from './schedule.ts';
import { judge } from './verdict.ts';

export interface QueueParts {
  readonly store: MailStore;
  readonly openLane: OpenLane;
  readonly reporter: Reporter;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly meter: Meter;
  /** Hears what became of letters; without it nobody does. */
  readonly news?: SentNews;
}

/** How long a row is ours; renewed while its letter is on the way. Above every timeout of one phase but that after the dot. */
const leaseMs = 10 * 60_000;
const renewMs = 60_000;
const takeMax = 200;
/** Lanes to one domain: begin, most (RFC-less; the figures are Postfix's, which the net is used to), and lanes in all. */
const lanesFirst = 5;
const lanesMost = 20;
const lanesAll = 60;
/** Rows of one domain in memory: the others stay in the store until fewer than the second number are left. */
const domainRowsMax = 400;
const domainRowsFew = domainRowsMax / 2;
/** Looking again although nobody said that there is something new. */
const lookAgainMs = 60_000;
/** The same while rows that are due are left behind, for want of room or lanes: room and lanes tell themselves. */
const behindMs = 1000;
/** So long news is gathered meanwhile: each look goes through all that is left behind. */
const newsMs = 250;
/** After a store that could not take or keep a result. */
const storeTroubleMs = 5000;

/** A provider lets one account have few connections, and a second one is seldom faster. */
const lanesOfAccount = 2;

interface Destination {
  /** As `roadOf` gives it. */
  readonly road: string;
  readonly domain: string;
  readonly via: AccountId | null;
  readonly waiting: QueueRecipient[][];
  lanes: number;
  window: number;
  rows: number;
  /** It had as many rows as it may have, and has not come down to a few yet: no more are taken. */
  full: boolean;
  /** Attempts in a row in which no host answered. */
  unreachable: number;
  /** Monotonic time until which letters for it are put off without an attempt. */
  restsUntil: number;
  /** What the last attempt ended with. */
  lastWords: string;
}

export class QueueRunner {
  readonly #parts: QueueParts;
  readonly #destinations = new Map<string, Destination>();
  /** Leases held now, by row id. */
  readonly #held = new Map<number, QueueRecipient>();
  readonly #lost = new Set<number>();
  readonly #jobs = new Set<Promise<void>>();
  #lanes = 0;
  #stopped = false;
  #looking = false;
  #lookAgain = false;
  /** The last look left rows that are due. */
  #behind = false;
  /** The last look ended because no lane was free. */
  #lanesShort = false;
  #waiters: (() => void)[] = [];
  #cancelLook: (() => void) | null = null;
  #cancelNews: (() => void) | null = null;
  #cancelRenew: (() => void) | null = null;
  #stopHearing: (() => void) | null = null;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#stopHearing = this.#parts.store.queue.onNew(() => this.#hear());
    this.#renewLater();
    this.#look();
  }

  /** Begins nothing new; settles when what is on its way has been written down. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopHearing?.();
    this.#cancelLook?.();
    this.#cancelNews?.();
    for (const destination of this.#destinations.values()) destination.waiting.length = 0;
    while (this.#jobs.size > 0) await Promise.all(this.#jobs);
    this.#cancelRenew?.();
  }

  /** A person wants letters tried now: domains that rest after failures are asked again. */
  hurry(): void {
    for (const destination of this.#destinations.values()) destination.restsUntil = 0;
    this.#look();
  }

  /** Settles when nothing is on its way and nothing is due now. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#tellIdle();
    });
  }

  #tellIdle(): void {
    if (this.#looking || this.#jobs.size > 0) return;
    for (const tell of this.#waiters.splice(0)) tell();
  }

  // --- taking -------------------------------------------------------------------------------------------------------

  /** Rows may have become due. */
  #hear(): void {
    if (!this.#behind) return this.#look();
    this.#cancelNews ??= this.#parts.clock.after(newsMs, () => {
      this.#cancelNews = null;
      this.#look();
    });
  }

  #look(): void {
    if (this.#looking || this.#stopped) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    this.#cancelLook?.();
    this.#cancelLook = null;
    this.#cancelNews?.();
    this.#cancelNews = null;
    void this.#takeDue().then((wait) => {
      this.#looking = false;
      if (this.#lookAgain && !this.#stopped) {
        this.#lookAgain = false;
        this.#look();
        return;
      }
      if (!this.#stopped) this.#cancelLook = this.#parts.clock.after(wait, () => this.#look());
      this.#tellIdle();
    });
  }

  /** Takes rows until none are due or all lanes are busy. Gives the milliseconds until it is worth looking again. */
  async #takeDue(): Promise<number> {
    const { store, clock, log } = this.#parts;
    try {
      let now = clock.now();
      while (!this.#stopped) {
        now = clock.now();
        this.#lanesShort = this.#lanes >= lanesAll;
        if (this.#lanesShort) break;
        const full = [...this.#destinations.values()].filter((one) => one.full).map((one) => one.road);
        const rows = await store.queue.take(now, leaseMs, takeMax, [waitingDomain, ...full]);
        if (rows.length === 0) break;
        for (const row of rows) this.#held.set(row.id, row);
        this.#sort(rows);
      }
      const next = await store.queue.nextDue();
      this.#behind = next !== null && next <= now;
      if (this.#behind) return behindMs;
      return next === null ? lookAgainMs : Math.min(Math.max(next - clock.now(), 10), lookAgainMs);
    } catch (trouble) {
      log.warn('the queue cannot be read', {}, trouble);
      return storeTroubleMs;
    }
  }

  /** Puts rows of one letter and one road together and starts lanes. */
  #sort(rows: readonly QueueRecipient[]): void {
    for (const [road, ofRoad] of Map.groupBy(rows, roadOf)) {
      let destination = this.#destinations.get(road);
      if (!destination) {
        const { domain, via } = ofRoad[0]!;
        const window = via === null ? lanesFirst : lanesOfAccount;
        const fresh = { waiting: [], lanes: 0, window, rows: 0, full: false, unreachable: 0, restsUntil: 0, lastWords: '' };
        destination = { road, domain, via, ...fresh };
        this.#destinations.set(road, destination);
      }
      destination.rows += ofRoad.length;
      destination.full ||= destination.rows >= domainRowsMax;
      destination.waiting.push(...Map.groupBy(ofRoad, (row) => row.letter).values());
      this.#startLanes(destination);
    }
  }

  #startLanes(destination: Destination): void {
    while (destination.lanes < destination.window && destination.lanes < destination.waiting.length && this.#lanes < lanesAll)
      this.#startLane(destination);
    // Without a lane of its own a domain would wait for the next look.
    if (destination.lanes === 0 && destination.waiting.length > 0) this.#startLane(destination);
  }

  #startLane(destination: Destination): void {
    destination.lanes++;
    this.#lanes++;
    const job = this.#runLane(destination)
      .catch((defect: unknown) => this.#parts.log.error('a lane failed', { road: destination.road }, defect))
      .finally(() => {
        destination.lanes--;
        this.#lanes--;
        this.#jobs.delete(job);
        // While the lane said farewell, more may have come.
        this.#startLanes(destination);
        if (destination.lanes === 0 && destination.restsUntil < this.#parts.clock.monotonic()) this.#destinations.delete(destination.road);
        if (this.#lanesShort) this.#look();
        this.#tellIdle();
      });
    this.#jobs.add(job);
  }

  async #runLane(destination: Destination): Promise<void> {
    let lane: Lane | null = null;
    try {
      for (let rows: QueueRecipient[] | undefined; (rows = destination.waiting.shift()) !== undefined;) {
        try {
          lane ??= this.#parts.openLane(destination.domain, destination.via);
          await this.#attempt(destination, lane, rows);
        } catch (trouble) {
          // What comes next must not be spoken into the middle of what broke off.
          const broken: Lane | null = lane;
          lane = null;
          await this.#setAside(rows, trouble);
          await broken?.close();
        } finally {
          this.#letGo(destination, rows);
        }
      }
    } finally {
      await lane?.close();
    }
  }

  #letGo(destination: Destination, rows: readonly QueueRecipient[]): void {
    for (const row of rows) {
      this.#held.delete(row.id);
      this.#lost.delete(row.id);
    }
    destination.rows -= rows.length;
    if (!destination.full || destination.rows >= domainRowsFew) return;
    destination.full = false;
    this.#look();
  }

  // --- one letter ---------------------------------------------------------------------------------------------------

  async #attempt(destination: Destination, lane: Lane, rows: readonly QueueRecipient[]): Promise<void> {
    const { store, clock } = this.#parts;
    const { letter } = rows[0]!;
    const source = await store.openQueued(letter);
    const octets = await source.read(0, source.length);
    if (destination.restsUntil > clock.monotonic()) return this.#putOff(destination, rows, octets);
    const outcome = await lane.deliver({ letter, rows, octets, mayFinish: () => this.#stillOurs(rows) });
    this.#learn(destination, outcome);
    await this.#writeDown(rows, outcome, octets, clock.now());
  }

  /**
   * The letter cannot be read, or we have a defect: that is this letter's trouble, not that of the others in its lane. It is put off like after any
   * failure that may pass, so that it ends one day and its sender hears of it.
   */
  async #setAside(rows: readonly QueueRecipient[], trouble: unknown): Promise<void> {
    const { clock, log } = this.#parts;
    const { letter, domain } = rows[0]!;
    if (trouble instanceof Refusal && trouble.code === 'nonexistent') {
      log.info('a letter was taken out of the queue before its turn', { letter, domain });
      return;
    }
    const isKnown = trouble instanceof Unavailable;
    log[isKnown ? 'warn' : 'error']('a letter in the queue could not be read or worked on', { letter, domain }, trouble);
    // RFC 3463 §3.4 (X.3.0): of this system, not of the recipient's. The text of a defect is for nobody outside.
    const result = { kind: 'later', host: null, status: '4.3.0', words: isKnown ? trouble.message : 'an error of this server' } as const;
    await this.#writeDown(rows, sameForAll(rows, result), null, clock.now());
  }

  #learn(destination: Destination, outcome: LaneOutcome): void {
    const { clock, chance } = this.#parts;
    if (!outcome.unreachable) {
      destination.unreachable = 0;
      destination.restsUntil = 0;
      destination.window = Math.min(destination.window + 1, destination.via === null ? lanesMost : lanesOfAccount);
      this.#startLanes(destination);
      return;
    }
    destination.unreachable++;
    destination.window = destination.via === null ? lanesFirst : lanesOfAccount;
    destination.restsUntil = clock.monotonic() + restDelay(destination.unreachable, chance);
    destination.lastWords = [...outcome.results.values()].find((result) => result.kind === 'later')?.words ?? '';
  }

  /** The domain rests: its letters wait with it, without an attempt of their own. */
  async #putOff(destination: Destination, rows: readonly QueueRecipient[], octets: Bytes): Promise<void> {
    const { clock, chance } = this.#parts;
    const dueAt = clock.now() + (destination.restsUntil - clock.monotonic()) + Math.round(30_000 * chance.fraction());
    const result = { kind: 'later', host: null, status: '4.4.1', words: destination.lastWords } as const;
    await this.#writeDown(rows, sameForAll(rows, result), octets, clock.now(), dueAt);
  }

  /** Never rejects. `octets`: null when the letter cannot be read. */
  async #writeDown(
    rows: readonly QueueRecipient[],
    outcome: LaneOutcome,
    octets: Bytes | null,
    now: number,
    dueAt?: number,
  ): Promise<void> {
    const { store, reporter, chance, log } = this.#parts;
    const { queue, events, reported } = judge(rows, outcome, now, (row) => dueAt ?? now + retryDelay(row.attempts + 1, chance));
    const letters: AcceptLetter[] = [];
    try {
      // One report for each kind of news: a sender reads "not delivered" and "still trying" differently.
      for (const group of Map.groupBy(reported, (one) =>
        one.action === 'relayed' || one.action === 'delivered' ? 'good' : one.action,
      ).values()) {
        const letter = await reporter.report(group, octets, store);
        if (letter === null) continue;
        letters.push(letter);
        // The report has a road of its own, short as it is: whoever finds it in their mailbox sees who wrote it, and why.
        for (const { account } of letter.placements) {
          const own = { letter: letter.letter, at: now, result: 'done', recipient: null, account } as const;
          events.push(
            { ...own, station: 'report', facts: { about: rows[0]!.letter } },
            { ...own, station: 'mailbox', facts: { mailbox: 'INBOX' } },
          );
        }
        for (const { row } of group)
          events.push({
            letter: row.letter,
            at: now,
            station: 'report',
            result: 'done',
            recipient: row.recipient,
            account: null,
            facts: { reportLetter: letter.letter, reply: row.reversePath },
          });
      }
      const work = { queue, events, letters };
      const result = await store.commit(work);
      this.#parts.news?.committed(work, result);
    } catch (trouble) {
      // The rows stay leased and come back when the lease ends; the receiver can recognise the same octets.
      log.warn('a result of delivery could not be written down', { letter: rows[0]!.letter }, trouble);
    } finally {
      for (const letter of letters) letter.spool.discard();
    }
  }

  // --- leases -------------------------------------------------------------------------------------------------------

  #renewLater(): void {
    this.#cancelRenew = this.#parts.clock.after(renewMs, () => {
      const rows = [...this.#held.values()];
      const renewed = rows.length === 0 ? Promise.resolve() : this.#renew(rows);
      void renewed
        .catch((trouble: unknown) => this.#parts.log.warn('leases could not be renewed', {}, trouble))
        .finally(() => {
          if (!this.#stopped || this.#jobs.size > 0) this.#renewLater();
        });
    });
  }

  async #renew(rows: readonly QueueRecipient[]): Promise<void> {
    const { store, clock } = this.#parts;
    const ours = new Set(await store.queue.renew(rows, clock.now(), leaseMs));
    for (const row of rows) if (!ours.has(row.id)) this.#lost.add(row.id);
  }

  async #stillOurs(rows: readonly QueueRecipient[]): Promise<boolean> {
    try {
      await this.#renew(rows);
    } catch {
      return false;
    }
    return !rows.some((row) => this.#lost.has(row.id));
  }
}

function sameForAll(rows: readonly QueueRecipient[], result: Result): LaneOutcome {
  return { results: new Map(rows.map((row) => [row.id, result])), events: [], unreachable: false };
}
