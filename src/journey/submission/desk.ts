// Sending by other ways than SMTP: looked at, then gone at once or held until its time, called back in between. Fulfils `SendingDesk`, and
// sends what is due when it is called. Knows envelopes, items of kind `submission` and the queue; knows no request and no timer.
//
// A letter that waits is held by the queue under a name of its own, in a row that no lane takes: whatever becomes of the letter in the mailbox,
// its octets are there when they are needed. Sending it, and calling it back, are one commit each, of which one can win.
import type { Bytes } from '../../base/bytes.ts';
import { Refusal } from '../../base/trouble.ts';
import type {
  DeliveryStatus,
  Sender,
  SendingDesk,
  SendingEnvelope,
  SendingObjection,
  SentLetter,
  SubmissionValue,
} from '../../protocol/jmap/sending/contract.ts';
import { readEnvelopeAddresses } from '../../protocol/jmap/sending/envelope.ts';
import { formatTraceDate } from '../../protocol/smtp/trace-fields.ts';
import type { AcceptLetter, AccountId, Commit, LetterId } from '../../store/contract.ts';
import type { Directory } from '../../store/directory-contract.ts';
import type { Item } from '../../store/items-contract.ts';
import { makeLetterId } from '../../store/letter-id.ts';
import { waitingDomain, type QueueResult } from '../../store/queue-contract.ts';
import type { Objection } from '../account/contract.ts';
import { completeLetter } from './completion.ts';
import { authorOf, faultOf, makeReady, rateOf, type Outgoing, type ReadyToGo, type SubmissionParts } from './outgoing.ts';
import { addAll, needsUtf8, objectionOf, objectionOfFault, wordsOf, wordsOfObjection, type Looked } from './objections.ts';
import type { FollowUp } from './follow-up.ts';
import type { SendingRate } from './rate.ts';
import { statusOf } from './status.ts';
import { submissionKind, tidy } from './records.ts';
import { putAwayScheduled } from './scheduled.ts';

export interface DeskParts extends SubmissionParts {
  readonly directory: Directory;
  readonly recipientsMax: number;
  readonly letterMax: number;
  /** Notes what becomes of letters; without it that is found out when it is asked for. */
  readonly followUp?: Pick<FollowUp, 'catchUp'>;
}

/** Far enough for every clock; JavaScript's own dates end 250,000 years later. */
const never = Date.UTC(9999, 0);
/** Letters of one account that wait, and octets of all of them: each is kept apart from the mailbox and its quota. */
const heldMax = 1000;
const heldOctetsMax = 1 << 30;
/** A letter whose hour has too many recipients goes a little later. */
const rateDelayMs = 10 * 60_000;

export interface OpenDesk extends SendingDesk {
  /** An item whose time has come. Settles when it is sent, put off or known to be somebody else's; rejects with Unavailable to be asked again. */
  due(item: Item & { readonly account: AccountId }): Promise<void>;
}

export function openSendingDesk(parts: DeskParts): OpenDesk {
  return new Desk(parts);
}

type NewSubmission = Parameters<SendingDesk['send']>[1];

class Desk implements OpenDesk {
  readonly #parts: DeskParts;
  readonly #rate: SendingRate;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#rate = rateOf(parts);
  }

  addresses(account: AccountId): ReturnType<SendingDesk['addresses']> {
    const { directory, addresses } = this.#parts;
    const outside = directory.outsideAccount(account);
    if (outside !== null) return [{ address: outside.address, name: outside.name }];
    const row = directory.accountById(account);
    if (row === null) return [];
    const own = [{ address: row.address, name: row.name }];
    // A list that many read is nobody's own address: whoever is the only one behind an alias writes from it by themselves.
    for (const alias of directory.aliases()) {
      if (!addresses.owns(account, alias.address)) continue;
      const road = addresses.resolve(alias.address);
      if (road.kind === 'account' || (road.kind === 'list' && road.targets.length === 1))
        own.push({ address: alias.address, name: row.name });
    }
    return own;
  }

  owns(account: AccountId, address: string): boolean {
    return this.#parts.addresses.owns(account, address);
  }

  async check(sender: Sender, envelope: SendingEnvelope, octets: Bytes): Promise<SendingObjection | null> {
    const looked = await this.#look(sender, envelope, octets);
    return 'why' in looked ? looked : objectionOf(looked);
  }

  async send(account: AccountId, value: NewSubmission, octets: Bytes, dueAt: number | null): Promise<SentLetter | SendingObjection> {
    const looked = await this.#look(value.sender, readEnvelopeAddresses(value.envelope), octets);
    if ('why' in looked) return looked;
    const objection = objectionOf(looked);
    if (objection !== null) return objection;
    const sent = dueAt === null ? await this.#sendNow(account, value, looked.outgoing) : await this.#hold(account, value, octets, dueAt);
    if ('id' in sent) await tidy(this.#parts.store, account, sent.id, this.#parts.clock.now());
    return sent;
  }

  async post(sender: Sender, envelope: SendingEnvelope, octets: Bytes, author: string): Promise<SendingObjection | null> {
    const { addresses, store } = this.#parts;
    const carried = envelope.reversePath === '' && addresses.outsideSender(sender.account, author) !== null;
    const looked = await this.#look(sender, carried ? { ...envelope, reversePath: author } : envelope, octets);
    if ('why' in looked) return looked;
    const objection = objectionOf(looked);
    if (objection !== null) return objection;
    const ready = await makeReady(this.#parts, this.#rate, looked.outgoing);
    if ('fault' in ready) return objectionOfFault(ready);
    try {
      const work = { letters: ready.letters, events: ready.events };
      const result = await store.commit(work);
      ready.committed();
      this.#parts.news?.committed(work, result);
      return null;
    } finally {
      ready.discard();
    }
  }

  // --- looking ------------------------------------------------------------------------------------------------------

  /** An objection that concerns the whole; recipients are told one by one, since a letter that was held goes to those who can have it. */
  async #look(sender: Sender, envelope: SendingEnvelope, octets: Bytes): Promise<Looked | SendingObjection> {
    const { addresses, recipients, clock, letterMax, recipientsMax } = this.#parts;
    const { account, login, name } = sender;
    if (octets.length > letterMax) return { why: 'tooLarge', most: letterMax };
    const { reversePath } = envelope;
    if (reversePath !== '' && !addresses.owns(account, reversePath))
      return { why: 'forbiddenMailFrom', words: `${reversePath} does not belong to this account` };
    if (!this.#isOpen(account)) return { why: 'forbiddenToSend', words: 'This account is closed' };
    if (envelope.recipients.length === 0) return { why: 'noRecipients' };
    if (envelope.recipients.length > recipientsMax) return { why: 'tooManyRecipients', most: recipientsMax };
    const outside = addresses.outsideSender(account, reversePath);
    const list = recipients.open({ onlyOurs: false, via: outside?.account ?? null });
    const refused = await addAll(list, envelope, octets.length);
    const outgoing: Outgoing = {
      account,
      login,
      name,
      outside,
      reversePath,
      envelopeId: envelope.envelopeId,
      returns: envelope.returns,
      smtpUtf8: needsUtf8(reversePath, envelope, octets),
      body: null,
      recipients: list,
      octets,
      copyWanted: false,
      received: (letter, at) => `Received: by ${this.#parts.hostName} id ${letter};\r\n\t${formatTraceDate(at)}\r\n`,
      facts: { protocol: 'jmap', peerAddress: sender.remoteAddress },
    };
    const completion = completeLetter(octets, { author: authorOf(outgoing), at: clock.now(), id: 'x' });
    return { outgoing, refused, fault: faultOf(this.#parts, outgoing, completion) };
  }

  #isOpen(account: AccountId): boolean {
    const { directory } = this.#parts;
    const outside = directory.outsideAccount(account);
    if (outside !== null && outside.closedAt !== null) return false;
    const row = directory.accountById(outside?.owner ?? account);
    return row !== null && row.closedAt === null;
  }

  // --- taking over --------------------------------------------------------------------------------------------------

  async #sendNow(account: AccountId, value: NewSubmission, outgoing: Outgoing): Promise<SentLetter | SendingObjection> {
    const { store, log } = this.#parts;
    const ready = await makeReady(this.#parts, this.#rate, outgoing);
    if ('fault' in ready) return objectionOfFault(ready);
    const gone = { undoStatus: 'final', held: null, letter: ready.letter, messageId: messageIdOf(ready), failure: null } as const;
    const submission: SubmissionValue = { ...value, ...gone };
    try {
      const work: Commit = {
        letters: ready.letters,
        events: ready.events,
        items: [{ account, write: { kind: submissionKind, add: submission } }],
      };
      const result = await store.commit(work);
      const { items } = result;
      ready.committed();
      this.#parts.news?.committed(work, result);
      log.info('submission: taken', {
        letter: ready.letter,
        login: outgoing.login,
        recipients: outgoing.recipients.told.length,
        size: outgoing.octets.length,
      });
      return { id: items[0]!, letter: ready.letter };
    } finally {
      ready.discard();
    }
  }

  async #hold(account: AccountId, value: NewSubmission, octets: Bytes, dueAt: number): Promise<SentLetter | SendingObjection> {
    const { store, clock, chance } = this.#parts;
    if (!(await this.#hasRoomToHold(account, octets.length))) return { why: 'rateLimit', words: 'Too many letters wait to be sent' };
    const at = clock.now();
    const held = makeLetterId(chance, at);
    const spool = store.spool(Number.MAX_SAFE_INTEGER);
    try {
      await spool.add(octets);
      const recipient = value.envelope.rcptTo[0]!.email;
      const submission: SubmissionValue = { ...value, undoStatus: 'pending', held, octets: octets.length, letter: null, failure: null };
      const { items } = await store.commit({
        letters: [
          {
            letter: held,
            prefix: new Uint8Array(0),
            spool,
            receivedAt: at,
            reversePath: value.envelope.mailFrom.email,
            placements: [],
            queue: [{ recipient, domain: waitingDomain, dueAt: never, expiresAt: never, notify: ['never'], originalRecipient: null }],
          },
        ],
        items: [{ account, write: { kind: submissionKind, add: submission, dueAt } }],
      });
      return { id: items[0]!, letter: null };
    } finally {
      spool.discard();
    }
  }

  async #hasRoomToHold(account: AccountId, octets: number): Promise<boolean> {
    const all = await this.#parts.store.items.list(account, submissionKind);
    const waiting = all.map(({ value }) => value as SubmissionValue).filter(({ undoStatus }) => undoStatus === 'pending');
    return waiting.length < heldMax && waiting.reduce((sum, one) => sum + (one.octets ?? 0), octets) <= heldOctetsMax;
  }

  // --- the time has come --------------------------------------------------------------------------------------------

  async due(item: Item & { readonly account: AccountId }): Promise<void> {
    const { log } = this.#parts;
    const value = item.value as SubmissionValue;
    if (value.undoStatus !== 'pending') return void (await this.#settle(item, value, { dueAt: null }));
    const octets = await this.#heldOctets(item.account, value);
    if (octets === null) {
      log.error('submission: a letter that was held is gone', { account: item.account, held: value.held ?? '' });
      return void (await this.#settle(item, { ...value, undoStatus: 'final', failure: 'The letter is no longer here' }, { dueAt: null }));
    }
    const looked = await this.#look(value.sender, readEnvelopeAddresses(value.envelope), octets);
    if ('why' in looked) return this.#giveUp(item, value, octets, wordsOf(looked));
    if (looked.fault !== null) return this.#giveUp(item, value, octets, looked.fault.words);
    if (looked.outgoing.recipients.told.length === 0) return this.#giveUp(item, value, octets, 'None of the addresses can have it');
    const ready = await makeReady(this.#parts, this.#rate, looked.outgoing);
    if ('fault' in ready) {
      if (ready.fault === 'rate-limited') return void (await this.#settle(item, value, { dueAt: this.#parts.clock.now() + rateDelayMs }));
      return this.#giveUp(item, value, octets, ready.words);
    }
    const news = await this.#report(value, octets, looked.refused);
    try {
      const sent: SubmissionValue = { ...value, undoStatus: 'final', held: null, letter: ready.letter, messageId: messageIdOf(ready) };
      const letters = [...ready.letters, ...news];
      // Called back at the last moment: nothing went, so nobody has had a reply to it.
      if (await this.#settle(item, sent, { dueAt: null, letters, events: ready.events, release: value.held })) {
        ready.committed();
        // It has gone; where the person finds it is no reason to send it again.
        await putAwayScheduled(this.#parts.store, item.account, value.message).catch((cause: unknown) =>
          log.warn('submission: a letter that went out lies among the drafts', { account: item.account }, cause),
        );
      }
    } finally {
      ready.discard();
      for (const one of news) one.spool.discard();
    }
  }

  /** The queue's copy; or, should somebody have emptied the queue, the letter itself, which never changes. */
  async #heldOctets(account: AccountId, { held, message }: SubmissionValue): Promise<Bytes | null> {
    const { store } = this.#parts;
    for (const open of [...(held === null ? [] : [() => store.openQueued(held)]), () => store.openLetter(account, message)]) {
      try {
        const letter = await open();
        return await letter.read(0, letter.length);
      } catch (trouble) {
        if (!(trouble instanceof Refusal) || trouble.code !== 'nonexistent') throw trouble;
      }
    }
    return null;
  }

  async #giveUp(item: Item & { readonly account: AccountId }, value: SubmissionValue, octets: Bytes, failure: string): Promise<void> {
    this.#parts.log.warn('submission: a letter that was held could not go', { account: item.account, failure });
    const refused = value.envelope.rcptTo.map(({ email }) => ({ address: email, objection: 'malformed' as const, words: failure }));
    const news = await this.#report(value, octets, refused);
    try {
      const given: SubmissionValue = { ...value, undoStatus: 'final', held: null, failure };
      await this.#settle(item, given, { dueAt: null, letters: news, release: value.held });
    } finally {
      for (const one of news) one.spool.discard();
    }
  }

  /** Who could not have the letter hears of it as of any other (RFC 3464). */
  async #report(
    value: SubmissionValue,
    octets: Bytes,
    refused: readonly { readonly address: string; readonly objection: Objection | 'malformed'; readonly words?: string }[],
  ): Promise<readonly AcceptLetter[]> {
    const { reporter, store, clock, addresses } = this.#parts;
    const at = clock.now();
    if (refused.length === 0 || reporter === undefined) return [];
    const { reversePath, envelopeId, returns } = readEnvelopeAddresses(value.envelope);
    const to = reversePath === '' ? value.sender.address : reversePath;
    const row = {
      id: 0,
      letter: value.held ?? '',
      reversePath: to,
      envelopeId,
      returns,
      smtpUtf8: false,
      bodyType: '8bitmime' as const,
      size: octets.length,
      createdAt: value.sendAt,
      attempts: 1,
      state: 'ready' as const,
      lastReply: null,
      lastHost: null,
      delayTold: false,
      leaseEpoch: 0,
      via: addresses.outsideSender(value.sender.account, reversePath)?.account ?? null,
      domain: '',
      dueAt: at,
      expiresAt: at,
      notify: [],
      originalRecipient: null,
    };
    const reported = refused.map(({ address, objection, words }) => ({
      row: { ...row, recipient: address },
      action: 'failed' as const,
      status: objection === 'full' || objection === 'over-quota' ? '5.2.2' : objection === 'unknown' ? '5.1.1' : '5.7.0',
      words: words ?? wordsOfObjection[objection],
      host: null,
      lastAttemptAt: at,
    }));
    const report = await reporter.report(reported, octets, store);
    return report === null ? [] : [report];
  }

  /** One commit, if the item still is as it was; else it is somebody else's decision, and nothing happens: false. */
  async #settle(
    item: Item & { readonly account: AccountId },
    put: SubmissionValue,
    more: {
      readonly dueAt: number | null;
      readonly letters?: readonly AcceptLetter[];
      readonly events?: Parameters<SubmissionParts['store']['commit']>[0]['events'];
      readonly release?: LetterId | null;
    },
  ): Promise<boolean> {
    const { dueAt, letters = [], events = [], release = null } = more;
    try {
      const work: Commit = {
        letters,
        events,
        queue: release === null ? [] : await this.#released(release),
        items: [{ account: item.account, write: { kind: submissionKind, id: item.id, put, dueAt, ifModSeq: item.modSeq } }],
      };
      const result = await this.#parts.store.commit(work);
      this.#parts.news?.committed(work, result);
      return true;
    } catch (trouble) {
      if (!(trouble instanceof Refusal) || trouble.code !== 'changed') throw trouble;
      return false;
    }
  }

  async #released(held: LetterId): Promise<readonly QueueResult[]> {
    const rows = await this.#parts.store.queue.list({ letter: held, limit: 10 });
    return rows.map(({ id, leaseEpoch }) => ({ id, leaseEpoch, done: 'removed' as const }));
  }

  // --- calling back -------------------------------------------------------------------------------------------------

  async recall(account: AccountId, id: number): Promise<boolean> {
    const { store } = this.#parts;
    for (;;) {
      const [item] = await store.items.get(account, submissionKind, [id]);
      if (item === null || item === undefined) return false;
      const value = item.value as SubmissionValue;
      if (value.undoStatus !== 'pending') return value.undoStatus === 'canceled';
      try {
        await store.commit({
          queue: value.held === null ? [] : await this.#released(value.held),
          items: [
            {
              account,
              write: {
                kind: submissionKind,
                id,
                put: { ...value, undoStatus: 'canceled', held: null },
                dueAt: null,
                ifModSeq: item.modSeq,
              },
            },
          ],
        });
        return true;
      } catch (trouble) {
        if (!(trouble instanceof Refusal) || trouble.code !== 'changed') throw trouble;
      }
    }
  }

  catchUp(account: AccountId): Promise<void> {
    return this.#parts.followUp?.catchUp(account) ?? Promise.resolve();
  }

  status(_account: AccountId, value: SubmissionValue): Promise<Readonly<Record<string, DeliveryStatus>> | null> {
    return statusOf(this.#parts, value);
  }
}

/** As the journey remembers it: completed where the app gave none. */
function messageIdOf({ events }: ReadyToGo): string {
  return String(events[0]?.facts['messageId'] ?? '');
}
