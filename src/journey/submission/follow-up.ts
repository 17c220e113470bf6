// What becomes of letters after they were sent, written down at their submission so that apps hear of it (RFC 8621 §7 deliveryStatus, dsnBlobIds,
// mdnBlobIds): from results of the queue, and from reports and receipts that come back. Fulfils SentNews.
// Knows items of kind `submission`, the journey and reports; knows no session.
//
// It is written behind, in order. What the queue and the journey tell can be found out anew, and is looked up again by who asks first after a start; a
// report that a crash kept from being noted lies in the mailbox all the same. A report is believed for recipients that the letter had, and only where
// the queue knows nothing better.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import { addressOfField, readReport, type Report, type ReportFields } from '../../message/report.ts';
import type { DeliveryStatus, SubmissionValue } from '../../protocol/jmap/sending/contract.ts';
import type { AccountId, Commit, CommitResult, LetterId, MailStore, MessageId } from '../../store/contract.ts';
import type { Item } from '../../store/items-contract.ts';
import type { AddressBook } from '../account/contract.ts';
import type { SentNews } from './contract.ts';
import { movedBy, submissionKind } from './records.ts';
import { isAsSent, isSettled, statusOf } from './status.ts';

export interface FollowUpParts {
  readonly store: Pick<MailStore, 'items' | 'queue' | 'trace' | 'openMailbox' | 'readFacts' | 'readLetters' | 'openShelf'>;
  readonly addresses: AddressBook;
  readonly clock: Clock;
  readonly log: Log;
}

/** Reports of each kind that are kept with one submission. */
const reportsMax = 100;
/** A report larger than this was written by no mail server. */
const reportOctetsMax = 8 * 1024 * 1024;
/** Letters of which is known which submission they are. */
const knownMax = 10_000;
/** Longer than any letter waits in the queue. */
const queuedAtMostMs = 14 * 24 * 3_600_000;
const attemptsMax = 10;

export class FollowUp implements SentNews {
  readonly #parts: FollowUpParts;
  /** Null: no submission of JMAP. */
  readonly #known = new Map<LetterId, { readonly account: AccountId; readonly id: number } | null>();
  readonly #caughtUp = new Map<AccountId, Promise<void>>();
  #last: Promise<void> = Promise.resolve();

  constructor(parts: FollowUpParts) {
    this.#parts = parts;
  }

  committed(work: Commit, result: CommitResult): void {
    for (const letter of movedBy(work)) this.#behind('submission: what became of a letter could not be noted', () => this.#moved(letter));
    for (const [index, { reversePath }] of (work.letters ?? []).entries()) {
      // RFC 3464 §2, RFC 8098 §3: reports have no way back.
      if (reversePath !== '') continue;
      for (const { account, mailbox, uid } of result.letters[index]!.placed)
        this.#behind('submission: a report could not be noted', async () => {
          const message = await this.#messageAt(account, mailbox, uid);
          if (message !== null) await this.#arrived(account, message);
        });
    }
  }

  /** Letters that were fetched from another provider. */
  fetched(account: AccountId, messages: readonly MessageId[]): void {
    this.#behind('submission: reports could not be noted', async () => {
      const { bodyStructure } = await this.#parts.store.readFacts(account, messages, ['bodyStructure']);
      for (const [index, message] of messages.entries())
        // oxlint-disable-next-line no-await-in-loop -- one letter in memory at a time
        if (/"report-type"/i.test(bodyStructure[index] ?? '')) await this.#arrived(account, message);
    });
  }

  /** Settles when all that was told has been written down. */
  async idle(): Promise<void> {
    for (let last; last !== this.#last;) {
      last = this.#last;
      // oxlint-disable-next-line no-await-in-loop -- until nothing came meanwhile
      await last;
    }
  }

  /** Once for each account: what a crash kept from being written down. Who asks meanwhile waits for it, and what failed is tried again by who asks next. */
  async catchUp(account: AccountId): Promise<void> {
    let done = this.#caughtUp.get(account);
    if (done === undefined) {
      done = this.#refreshAll(account);
      this.#caughtUp.set(account, done);
      done.catch(() => this.#caughtUp.delete(account));
    }
    await done;
    await this.idle();
  }

  async #refreshAll(account: AccountId): Promise<void> {
    const { store, clock } = this.#parts;
    const since = clock.now() - queuedAtMostMs;
    for (const { id, value } of await store.items.list(account, submissionKind))
      // oxlint-disable-next-line no-await-in-loop -- a look-up each
      if (!isSettled(value as SubmissionValue) && (value as SubmissionValue).sendAt > since) await this.#refresh(account, id);
  }

  #behind(what: string, work: () => Promise<void>): void {
    this.#last = this.#last.then(work).catch((trouble: unknown) => {
      // The store is closing, or its disk is full: who asks first finds it out.
      if (!(trouble instanceof Unavailable)) this.#parts.log.warn(what, {}, trouble);
    });
  }

  // --- the queue ----------------------------------------------------------------------------------------------------

  async #moved(letter: LetterId): Promise<void> {
    const known = await this.#submissionOf(letter);
    if (known !== null) await this.#refresh(known.account, known.id);
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
    if (this.#known.size >= knownMax) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(letter, found);
    return found;
  }

  #refresh(account: AccountId, id: number): Promise<void> {
    return this.#change(account, id, async (value) => {
      const status = await statusOf(this.#parts, value);
      if (status === null || (value.status === undefined && Object.values(status).every(isAsSent))) return value;
      return { ...value, status };
    });
  }

  // --- reports ------------------------------------------------------------------------------------------------------

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
    const { store } = this.#parts;
    const shelf = await store.openShelf(account);
    const index = shelf.indexOf(message);
    const size = index < 0 ? 0 : shelf.sizes[index]!;
    shelf.release();
    if (index < 0 || size > reportOctetsMax) return;
    const [octets] = await store.readLetters(account, [message]);
    const report = octets == null ? null : readReport(octets);
    if (report === null) return;
    const item = submissionMeant(await store.items.list(account, submissionKind), report);
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
}

/** By the envelope id that the app gave (RFC 3461 §4.4), or the Message-ID; of several the newest that went to somebody the report names. */
function submissionMeant(items: readonly Item[], report: Report): Item | null {
  const first = report.groups[0] ?? new Map<string, string>();
  const envelopeId = report.kind === 'delivery-status' ? (first.get('original-envelope-id') ?? '') : '';
  const told = (first.get('original-message-id') ?? '').replace(/^<|>$/g, '');
  const messageId = told === '' ? report.messageId : told;
  const meant = items.filter(({ value }) => {
    const { envelope, messageId: own, letter } = value as SubmissionValue;
    if (letter === null) return false;
    const given = envelope.mailFrom.parameters?.['ENVID'] ?? envelope.mailFrom.parameters?.['envid'] ?? '';
    return (envelopeId !== '' && given === envelopeId) || (messageId !== '' && own === messageId);
  });
  return meant.findLast((item) => reportedBy(report, item.value as SubmissionValue).size > 0) ?? null;
}

type Told = Partial<DeliveryStatus>;

/** What a report says of recipients that the letter had, by address as it stands in the envelope. */
function reportedBy({ kind, groups }: Report, value: SubmissionValue): ReadonlyMap<string, Told> {
  const recipients = new Map(value.envelope.rcptTo.map(({ email }) => [email.toLowerCase(), email]));
  const told = new Map<string, Told>();
  for (const group of groups) {
    const address =
      recipients.get(addressOfField(group.get('original-recipient')).toLowerCase()) ??
      recipients.get(addressOfField(group.get('final-recipient')).toLowerCase());
    if (address !== undefined) told.set(address, kind === 'delivery-status' ? deliveryOf(group) : displayOf(group));
  }
  return told;
}

/** RFC 8621 §7: what a report said stands for the reply. */
function deliveryOf(group: ReportFields): Told {
  const action = (group.get('action') ?? '').toLowerCase();
  const status = /^[245]\.\d{1,3}\.\d{1,3}/.exec(group.get('status') ?? '')?.[0] ?? (action === 'failed' ? '5.0.0' : '2.0.0');
  const diagnostic = (group.get('diagnostic-code') ?? '').replace(/^[^;]*;\s*/, '').slice(0, 400);
  const smtpReply = (words: string, code: string): string =>
    /^[245]\d\d /.test(diagnostic) ? diagnostic : `${code} ${status} ${diagnostic === '' ? words : diagnostic}`;
  if (action === 'failed') return { delivered: 'no', smtpReply: smtpReply('Could not be delivered', '550') };
  if (action === 'delivered') return { delivered: 'yes', smtpReply: smtpReply('Delivered', '250') };
  return {};
}

/** RFC 8098 §3.2.6.2: only this one says that it was shown. */
function displayOf(group: ReportFields): Told {
  return /;\s*displayed\b/i.test(group.get('disposition') ?? '') ? { displayed: 'yes' } : {};
}

/** What another server says counts where this one has handed the letter on and knows no more. */
function believe(is: DeliveryStatus, { delivered, smtpReply, displayed }: Told): DeliveryStatus {
  const knows = delivered === undefined || is.delivered !== 'unknown';
  return {
    ...(knows ? is : { ...is, delivered, smtpReply: smtpReply ?? is.smtpReply }),
    ...(displayed === undefined ? {} : { displayed }),
  };
}
