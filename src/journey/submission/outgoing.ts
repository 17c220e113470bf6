// The heart of sending, whatever brought the letter: completed, looked at, counted, its local recipients placed and the others queued, all
// as one commit for the caller to make. Knows who may send as whom; knows no protocol and keeps nothing itself.
import { bytesFromUtf8, type Bytes } from '../../base/bytes.ts';
import type { Chance, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { formatReturnPath } from '../../protocol/smtp/trace-fields.ts';
import type { AcceptLetter, AccountId, LetterId, MailStore, Placement, Spool } from '../../store/contract.ts';
import { makeLetterId } from '../../store/letter-id.ts';
import type { TraceEvent } from '../../store/trace-contract.ts';
import type { AddressBook, OutsideSender, RecipientList, RecipientLists } from '../account/contract.ts';
import type { Arrivals } from '../arrival/contract.ts';
import type { Reporter } from '../report/contract.ts';
import { completeLetter, cutPieces, type Author, type Completion } from './completion.ts';
import type { SentNews } from './contract.ts';
import { SendingRate } from './rate.ts';

export interface SubmissionParts {
  readonly store: MailStore;
  readonly addresses: AddressBook;
  readonly recipients: RecipientLists;
  readonly hostName: string;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  /** Recipients elsewhere that one account may write to in an hour. */
  readonly recipientsPerHour: number;
  /** Counted together by all who are given the same; missing: counted alone. */
  readonly rate?: SendingRate;
  /** Writes the reports of success that senders ask for (RFC 3461); without it they get none. */
  readonly reporter?: Reporter;
  /** Rules and vacation replies of those here; without it letters lie in INBOX. */
  readonly arrivals?: Arrivals;
  /** Hears of receipts that go to people here; without it nobody does. */
  readonly news?: SentNews;
}

export const defaultRecipientsPerHour = 2000;

export function rateOf(parts: Pick<SubmissionParts, 'rate' | 'clock' | 'recipientsPerHour'>): SendingRate {
  return parts.rate ?? new SendingRate(parts.clock, parts.recipientsPerHour);
}

/** Room that completion may add to what came. */
const spoolSlack = 64 * 1024;

export interface Outgoing {
  readonly account: AccountId;
  readonly login: string;
  readonly name: string;
  /** The account at another provider whose letter it is: that provider carries it to all, also to people here. */
  readonly outside: OutsideSender | null;
  readonly reversePath: string;
  readonly envelopeId: string | null;
  readonly returns: 'full' | 'headers' | null;
  readonly smtpUtf8: boolean;
  /** What the envelope said, or null: then it is found out. */
  readonly body: '7bit' | '8bitmime' | 'binarymime' | null;
  readonly recipients: RecipientList;
  readonly octets: Bytes;
  /** Holds `octets`, and is used where nothing is left out of them. Without it one is made. */
  readonly spool?: Spool;
  /** A copy goes into the Sent folder of an account whose provider files none; apps of JMAP file their own. */
  readonly copyWanted: boolean;
  /** The Received field of this letter. */
  readonly received: (letter: LetterId, at: number) => string;
  /** What the journey shows of how it came. */
  readonly facts: TraceEvent['facts'];
}

/** Why it may not go. */
export interface OutgoingFault {
  readonly fault: 'bad-header' | 'author-not-yours' | 'rate-limited';
  readonly words: string;
}

export interface ReadyToGo {
  readonly letter: LetterId;
  readonly at: number;
  readonly letters: readonly AcceptLetter[];
  readonly events: readonly TraceEvent[];
  /** Frees what was made here; call it when the commit has settled, either way. */
  discard(): void;
  /** Call it when the commit has settled well. */
  committed(): void;
}

/** Is the letter fit to go, and its authors the account's own? Null: yes. */
export function faultOf(parts: Pick<SubmissionParts, 'addresses'>, outgoing: OutgoingLetter, completion: Completion): OutgoingFault | null {
  const { addresses } = parts;
  const { account, login, outside, reversePath } = outgoing;
  if (completion.fault !== null) return { fault: 'bad-header', words: completion.fault };
  // Strict: every author must be the login's own, not the first or the sender alone (B-031).
  const foreign = completion.authors.find((author) => !addresses.owns(account, author));
  if (foreign !== undefined) return { fault: 'author-not-yours', words: `${foreign} does not belong to the account ${login}` };
  // What one provider carries under another one's name is thrown away on the way (DMARC, RFC 7489 §3.1), and the person never hears of it.
  const other = completion.authors.find((author) => addresses.outsideSender(account, author)?.account !== outside?.account);
  if (other !== undefined)
    return { fault: 'author-not-yours', words: `${other} in From goes with MAIL FROM:<${other}> only, not with <${reversePath}>` };
  return null;
}

export type OutgoingLetter = Pick<Outgoing, 'account' | 'login' | 'name' | 'outside' | 'reversePath'>;

export function authorOf({ outside, name, login }: OutgoingLetter): Author {
  return outside ?? { name, address: login };
}

/** Counts the recipients; what is ready is to be committed at once, or discarded. */
export async function makeReady(parts: SubmissionParts, rate: SendingRate, outgoing: Outgoing): Promise<ReadyToGo | OutgoingFault> {
  const { store, clock, chance, log } = parts;
  const { octets, recipients, account, login } = outgoing;
  const at = clock.now();
  const letter = makeLetterId(chance, at);
  const completion = completeLetter(octets, { author: authorOf(outgoing), at, id: letter });
  const fault = faultOf(parts, outgoing, completion);
  if (fault !== null) return fault;
  if (!rate.take(account, recipients.elsewhere)) {
    log.warn('submission: too many recipients in an hour', { login, recipients: recipients.elsewhere });
    return { fault: 'rate-limited', words: 'Too many letters in an hour' };
  }
  const { reversePath, envelopeId, returns, smtpUtf8 } = outgoing;
  const { wantSuccess } = recipients;
  const facts = { letter, at, octets, reversePath, envelopeId, returns, smtpUtf8, recipients: wantSuccess };
  const report = wantSuccess.length === 0 ? null : ((await parts.reporter?.delivered(facts, store)) ?? null);
  const queue = recipients.queueRows();
  const placed = placementsOf(outgoing, letter);
  const arrival = outgoing.outside === null ? await parts.arrivals?.arrive({ letter, at, reversePath, octets }, placed) : null;
  const own = outgoing.spool === undefined || completion.cuts.length > 0;
  const spool = own ? await spoolWithout(store, octets, completion) : outgoing.spool;
  const others = [...(report === null ? [] : [report]), ...(arrival?.replies ?? [])];
  const received = outgoing.received(letter, at);
  // RFC 5321 §4.4: Return-Path belongs to the final delivery, so only a letter that stays here has one.
  const trace = queue.length > 0 ? received : formatReturnPath(reversePath) + received;
  return {
    letter,
    at,
    letters: [
      {
        letter,
        prefix: bytesFromUtf8(trace + completion.fields),
        spool,
        receivedAt: at,
        reversePath,
        placements: arrival?.placements ?? placed,
        queue,
        dsn: { envelopeId, returns },
        smtpUtf8,
        bodyType: bodyTypeOf(outgoing),
      },
      ...others,
    ],
    events: eventsOf(outgoing, letter, at, completion, arrival?.names ?? noNames),
    discard() {
      if (own) spool.discard();
      for (const other of others) other.spool.discard();
    },
    committed: () => arrival?.committed(),
  };
}

/** Those here it is for; or the copy in Sent, where the provider files none. */
function placementsOf({ outside, recipients, copyWanted }: Outgoing, letter: LetterId): readonly Placement[] {
  if (outside === null) return recipients.placements();
  const { account, copy } = outside;
  return copy && copyWanted ? [{ account, mailbox: 'sent', flags: ['\\Seen'], key: `sent:${letter}` }] : [];
}

async function spoolWithout(store: Pick<MailStore, 'spool'>, octets: Bytes, completion: Completion): Promise<Spool> {
  const spool = store.spool(octets.length + spoolSlack);
  for (const piece of cutPieces(octets, completion.cuts)) await spool.add(piece);
  return spool;
}

/** RFC 6152 §3: what was not declared is found out, but only for a letter that another server will be told of. */
function bodyTypeOf({ body, recipients, octets }: Outgoing): '7bit' | '8bitmime' | 'binarymime' {
  if (body === 'binarymime' || body === '8bitmime' || recipients.elsewhere === 0) return body ?? '7bit';
  return octets.some((octet) => octet > 127) ? '8bitmime' : '7bit';
}

const noNames: ReadonlyMap<AccountId, string> = new Map();

function eventsOf(
  outgoing: Outgoing,
  letter: LetterId,
  at: number,
  { messageId }: Completion,
  names: ReadonlyMap<AccountId, string>,
): readonly TraceEvent[] {
  const { account, outside, recipients, reversePath, octets } = outgoing;
  const author = authorOf(outgoing).address;
  const via: TraceEvent['facts'] = outside === null ? {} : { via: outside.address };
  const events: TraceEvent[] = [
    {
      letter,
      at,
      station: 'submission',
      result: 'done',
      recipient: null,
      account,
      facts: {
        ...outgoing.facts,
        login: outgoing.login,
        from: reversePath,
        messageId: messageId === '' ? `${letter}@${author.slice(author.lastIndexOf('@') + 1)}` : messageId,
        size: octets.length,
        ...via,
      },
    },
  ];
  for (const [place, recipient] of recipients.accounts)
    events.push({
      letter,
      at,
      station: 'mailbox',
      result: 'done',
      recipient,
      account: place,
      facts: { mailbox: names.get(place) ?? 'INBOX' },
    });
  for (const { recipient } of recipients.queueRows())
    events.push({ letter, at, station: 'queue', result: 'done', recipient, account: null, facts: via });
  return events;
}
