// What becomes of letters after they were sent, written down at their submission so that apps hear of it (RFC 8621 §7 deliveryStatus, dsnBlobIds,
// mdnBlobIds): from results of the queue, and from reports and receipts that come back. Fulfils SentNews.
// Knows items of kind `submission`, the journey and reports; knows no session.
//
// It is written behind, for each account in order. What the queue and the journey tell can be found out anew, and is looked up again by who asks first
// after a start, or after there was no room for it; a report that was not noted lies in the mailbox all the same. A report is believed for recipients
// that the letter had, and only where the queue knows nothing better; a mailbox is opened for it only when it is about a letter of that account.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { Turnstile } from '../../base/turnstile.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import { readReport } from '../../message/report.ts';
import type { SubmissionValue } from '../../protocol/jmap/sending/contract.ts';
import type { AccountId, Commit, CommitResult, LetterId, MailStore, MessageId, ModSeq } from '../../store/contract.ts';
import type { AddressBook } from '../account/contract.ts';
import { Behind } from './behind.ts';
import { reportOctetsMax, type ComingReports } from './coming-reports.ts';
import type { SentNews } from './contract.ts';
import { movedBy, submissionKind } from './records.ts';
import { believe, namesIn, namesOf, reportedBy, submissionMeant, type ReportWords } from './report-meaning.ts';
import { isAsSent, isSettled, statusOf } from './status.ts';

export interface FollowUpParts {
  readonly store: Pick<MailStore, 'items' | 'queue' | 'trace' | 'openMailbox' | 'openLetter' | 'readFacts'>;
  readonly addresses: AddressBook;
  readonly clock: Clock;
  readonly log: Log;
  /** What was seen of letters on their way in. A letter that was not is read where it lies. */
  readonly coming?: Pick<ComingReports, 'of'>;
}

/** Reports of each kind that are kept with one submission. */
const reportsMax = 100;
/** Letters of which is known which submission they are. */
const knownMax = 10_000;
/** Accounts of which is known what reports may name their letters by. */
const namedMax = 100;
/** Longer than any letter waits in the queue. */
const queuedAtMostMs = 14 * 24 * 3_600_000;
const attemptsMax = 10;
/** Octets of reports that are read at once. */
const readingRoom = 2 * reportOctetsMax;
const reportLost = 'submission: a report could not be noted';
/** In whose line a letter waits of which nobody knows yet whose it is: no account has this number. */
const nobody: AccountId = 0;

export class FollowUp implements SentNews {
  readonly #parts: FollowUpParts;
  readonly #behind = new Behind();
  readonly #reading = new Turnstile(readingRoom);
  /** Null: no submission of JMAP. */
  readonly #known = new Map<LetterId, { readonly account: AccountId; readonly id: number } | null>();
  readonly #named = new Map<AccountId, { readonly state: ModSeq; readonly names: ReadonlySet<string> }>();
  readonly #caughtUp = new Map<AccountId, Promise<void>>();

  constructor(parts: FollowUpParts) {
    this.#parts = parts;
  }

  committed(work: Commit, result: CommitResult): void {
    for (const { letter, station, facts } of work.events ?? [])
      if (station === 'submission' && facts['protocol'] !== 'jmap') this.#remember(letter, null);
    for (const letter of movedBy(work)) this.#moved(letter);
    for (const [index, { reversePath, placements }] of (work.letters ?? []).entries()) {
      // RFC 3464 §2, RFC 8098 §3: reports have no way back.
      if (reversePath !== '') continue;
      const report = this.#parts.coming?.of(placements);
      if (report === null) continue;
      for (const { account, mailbox, uid } of result.letters[index]!.placed)
        this.#report(account, () => this.#came(account, mailbox, uid, report));
    }
  }

  /** Letters that were fetched from another provider. */
  fetched(account: AccountId, messages: readonly MessageId[]): void {
    this.#report(account, async () => {
      const { bodyStructure } = await this.#parts.store.readFacts(account, messages, ['bodyStructure']);
      for (const [index, message] of messages.entries())
        if (/"report-type"/i.test(bodyStructure[index] ?? ''))
          // oxlint-disable-next-line no-await-in-loop -- one letter in memory at a time
          await this.#arrived(account, message).catch((trouble: unknown) => this.#warn(reportLost, account, trouble));
    });
  }

  /** Settles when all that was told has been written down. */
  idle(): Promise<void> {
    return this.#behind.idle();
  }

  /**
   * Once for each account: what a crash kept from being written down. Who asks meanwhile waits for it, and what failed is tried again by who asks next.
   * What was told of the account's letters until now is written down when it settles.
   */
  async catchUp(account: AccountId): Promise<void> {
    const stood = this.#behind.settled(nobody);
    let done = this.#caughtUp.get(account);
    if (done === undefined) {
      done = this.#refreshAll(account);
      this.#caughtUp.set(account, done);
      done.catch(() => this.#caughtUp.delete(account));
    }
    await done;
    await stood;
    await this.#behind.settled(account);
  }

  async #refreshAll(account: AccountId): Promise<void> {
    const { store, clock } = this.#parts;
    const since = clock.now() - queuedAtMostMs;
    for (const { id, value } of await store.items.list(account, submissionKind))
      // oxlint-disable-next-line no-await-in-loop -- a look-up each
      if (!isSettled(value as SubmissionValue) && (value as SubmissionValue).sendAt > since) await this.#refresh(account, id);
  }

  // --- the queue ----------------------------------------------------------------------------------------------------

  #moved(letter: LetterId): void {
    const known = this.#known.get(letter);
    if (known === null) return;
    if (known !== undefined) return this.#move(known.account, () => this.#refresh(known.account, known.id));
    this.#move(nobody, async () => {
      const found = await this.#submissionOf(letter);
      if (found !== null) this.#move(found.account, () => this.#refresh(found.account, found.id));
    });
  }

  /** What there is no room for, or what failed, is found out anew by who asks next. */
  #move(account: AccountId, work: () => Promise<void>): void {
    const again = (): void => void (account === nobody ? this.#caughtUp.clear() : this.#caughtUp.delete(account));
    const isTaken = this.#behind.add(account, () =>
      work().catch((trouble: unknown) => {
        again();
        this.#warn('submission: what became of a letter could not be noted', account, trouble);
      }),
    );
    if (!isTaken) again();
  }

  async #submissionOf(letter: LetterId): Promise<{ readonly account: AccountId; readonly id: number } | null> {
    const known = this.#known.get(letter);
    if (known !== undefined) return known;
    const { store } = this.#parts;
    const [first] = await store.trace.ofLetter(letter);
    const account = first?.station === 'submission' && first.facts['protocol'] === 'jmap' ? first.account : null;
    const items = account === null ? [] : await store.items.list(account, submissionKind);
    const item = items.findLast(({ value }) => (value as SubmissionValue).letter === letter);
    const found = account === null || item === undefined ? null : { account, id: item.id };
    this.#remember(letter, found);
    return found;
  }

  #remember(letter: LetterId, submission: { readonly account: AccountId; readonly id: number } | null): void {
    if (this.#known.size >= knownMax) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(letter, submission);
  }

  #refresh(account: AccountId, id: number): Promise<void> {
    return this.#change(account, id, async (value) => {
      const status = await statusOf(this.#parts, value);
      if (status === null || (value.status === undefined && Object.values(status).every(isAsSent))) return value;
      return { ...value, status };
    });
  }

  // --- reports ------------------------------------------------------------------------------------------------------

  /** Nothing finds a report again for which there is no room: it is told only by lying in the mailbox, and here. */
  #report(account: AccountId, work: () => Promise<void>): void {
    if (!this.#behind.add(account, () => work().catch((trouble: unknown) => this.#warn(reportLost, account, trouble))))
      this.#parts.log.warn('submission: too much waits to be noted, a report is passed over', { account });
  }

  /** `report`: as it was read on its way in; undefined for one of this server's own. */
  async #came(account: AccountId, mailbox: number, uid: number, report: ReportWords | undefined): Promise<void> {
    const names = await this.#namesOf(account);
    if (names.size === 0 || (report !== undefined && !namesIn(report).some((name) => names.has(name)))) return;
    const message = await this.#messageAt(account, mailbox, uid);
    if (message === null) return;
    if (report === undefined) await this.#arrived(account, message);
    else await this.#note(account, message, report);
  }

  /** What reports may name letters of the account by: so that a stranger's report costs one look, however much was sent from here. */
  async #namesOf(account: AccountId): Promise<ReadonlySet<string>> {
    const { items } = this.#parts.store;
    const state = await items.state(account, submissionKind);
    const known = this.#named.get(account);
    if (known?.state === state) return known.names;
    const names = new Set((await items.list(account, submissionKind)).flatMap(({ value }) => namesOf(value as SubmissionValue)));
    this.#named.delete(account);
    if (this.#named.size >= namedMax) this.#named.delete(this.#named.keys().next().value!);
    this.#named.set(account, { state, names });
    return names;
  }

  async #messageAt(account: AccountId, mailbox: number, uid: number): Promise<MessageId | null> {
    const state = await this.#parts.store.openMailbox(account, mailbox);
    try {
      const index = state.indexOf(uid);
      return index < 0 ? null : state.messages[index]!;
    } finally {
      state.release();
    }
  }

  async #arrived(account: AccountId, message: MessageId): Promise<void> {
    const letter = await this.#parts.store.openLetter(account, message);
    if (letter.length > reportOctetsMax) return;
    const report = await this.#reading.pass(letter.length, async () => readReport(await letter.read(0, letter.length)));
    if (report !== null) await this.#note(account, message, report);
  }

  async #note(account: AccountId, message: MessageId, report: ReportWords): Promise<void> {
    const item = submissionMeant(await this.#parts.store.items.list(account, submissionKind), report);
    if (item === null) return;
    await this.#change(account, item.id, async (value) => {
      const name = report.kind === 'delivery-status' ? 'dsn' : 'mdn';
      const before = value[name] ?? [];
      if (before.includes(message) || before.length >= reportsMax) return value;
      const status = { ...(await statusOf(this.#parts, value)) };
      for (const [address, told] of reportedBy(report, value)) {
        const is = status[address] ?? { smtpReply: '250 2.0.0 Handed on', delivered: 'unknown' };
        status[address] = believe(is, told);
      }
      return { ...value, [name]: [...before, message], ...(Object.keys(status).length === 0 ? {} : { status }) };
    });
  }

  // --- writing ------------------------------------------------------------------------------------------------------

  async #change(account: AccountId, id: number, make: (value: SubmissionValue) => Promise<SubmissionValue>): Promise<void> {
    const { items } = this.#parts.store;
    for (let attempts = 1; ; attempts++) {
      // oxlint-disable-next-line no-await-in-loop -- again only when somebody else was quicker
      const [item] = await items.get(account, submissionKind, [id]);
      if (item == null) return;
      const value = item.value as SubmissionValue;
      // oxlint-disable-next-line no-await-in-loop -- as above
      const put = await make(value);
      if (put === value || JSON.stringify(put) === JSON.stringify(value)) return;
      try {
        // oxlint-disable-next-line no-await-in-loop -- as above
        await items.write(account, [{ kind: submissionKind, id, put, ifModSeq: item.modSeq }]);
        return;
      } catch (trouble) {
        if (!(trouble instanceof Refusal)) throw trouble;
        // A letter to very many: their status is found out each time it is asked for.
        if (trouble.code === 'too-big' || trouble.code === 'nonexistent') return;
        if (trouble.code !== 'changed' || attempts === attemptsMax) throw trouble;
      }
    }
  }

  #warn(what: string, account: AccountId, trouble: unknown): void {
    // The store is closing, or its disk is full: whoever asks in earnest is told. A letter or mailbox may be gone by now.
    if (trouble instanceof Unavailable || (trouble instanceof Refusal && trouble.code === 'nonexistent')) return;
    this.#parts.log.warn(what, { account }, trouble);
  }
}
