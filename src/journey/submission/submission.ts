// A person's app hands a letter in: only with a login, only from addresses that the login owns, completed where something is missing
// (RFC 6409), its local recipients placed and the others queued in one commit.
// Knows who may send as whom; knows no socket. Fulfils `SmtpReceiver` for 465 and 587.
import { bytesFromUtf8, type Bytes } from '../../base/bytes.ts';
import type { Chance, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { Turnstile } from '../../base/turnstile.ts';
import type { Client, Content, IncomingLetter, SmtpReceiver } from '../../protocol/smtp/contract.ts';
import type { MailParameters, RecipientParameters } from '../../protocol/smtp/grammar/parameters.ts';
import type { Path } from '../../protocol/smtp/grammar/path.ts';
import { replies, replyWith, type Reply } from '../../protocol/smtp/response.ts';
import { formatReceived, formatReturnPath } from '../../protocol/smtp/trace-fields.ts';
import type { Principal } from '../../protocol/sasl/authenticator.ts';
import type { LetterId, MailStore, Placement, Spool } from '../../store/contract.ts';
import { makeLetterId } from '../../store/letter-id.ts';
import type { TraceEvent } from '../../store/trace-contract.ts';
import type { AddressBook, Objection, OutsideSender, RecipientList, RecipientLists } from '../account/contract.ts';
import type { Reporter } from '../report/contract.ts';
import { completeLetter, cutPieces, type Completion } from './completion.ts';
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
  /** Writes the reports of success that senders ask for (RFC 3461); without it they get none. */
  readonly reporter?: Reporter;
}

export const defaultRecipientsPerHour = 2000;

/** Room that completion may add to what the session let in. */
const spoolSlack = 64 * 1024;

export function openSubmission(parts: SubmissionParts): SmtpReceiver {
  const turnstile = new Turnstile(turnRoom);
  const rate = new SendingRate(parts.clock, parts.recipientsPerHour);
  return {
    begin(client, sender, parameters) {
      const { principal } = client;
      // RFC 6409 §4.3, invariant 6.
      if (principal === null) return replies['login-required'];
      // The empty reverse-path is for receipts (RFC 8098 §3); who wrote them is in their From.
      if (sender.address !== '' && !parts.addresses.owns(principal.account, sender.address)) return replies['sender-not-yours'];
      const outside = parts.addresses.outsideSender(principal.account, sender.address);
      return new SubmittedLetter(parts, turnstile, rate, client, principal, outside, sender, parameters);
    },
  };
}

/** Octets from which on a letter waits for its turn, and octets of such letters at once. */
const turnFrom = 1024 * 1024;
const turnRoom = 64 * 1024 * 1024;

const objections: Readonly<Record<Objection, Reply>> = {
  unknown: replies['unknown-recipient'],
  elsewhere: replies['no-relay'],
  closed: replies['account-closed'],
  full: replies['mailbox-full'],
  'over-quota': replies['mailbox-over-quota'],
  'too-many': replies['too-many-recipients'],
};

class SubmittedLetter implements IncomingLetter {
  readonly #parts: SubmissionParts;
  readonly #turnstile: Turnstile;
  readonly #rate: SendingRate;
  readonly #client: Client;
  readonly #principal: Principal;
  /** The account at another provider whose letter it is: that provider carries it to all, also to people here. */
  readonly #outside: OutsideSender | null;
  readonly #sender: Path;
  readonly #parameters: MailParameters;
  readonly #recipients: RecipientList;

  constructor(
    parts: SubmissionParts,
    turnstile: Turnstile,
    rate: SendingRate,
    client: Client,
    principal: Principal,
    outside: OutsideSender | null,
    sender: Path,
    parameters: MailParameters,
  ) {
    this.#parts = parts;
    this.#turnstile = turnstile;
    this.#rate = rate;
    this.#client = client;
    this.#principal = principal;
    this.#outside = outside;
    this.#sender = sender;
    this.#parameters = parameters;
    this.#recipients = parts.recipients.open({ onlyOurs: false, via: outside?.account ?? null });
  }

  checkRecipient({ address }: Path, { notify, originalRecipient }: RecipientParameters): Reply | null | Promise<Reply | null> {
    const objection = this.#recipients.add({ address, notify, originalRecipient }, this.#parameters.size ?? 0);
    if (objection === null) return null;
    return objection instanceof Promise ? objection.then(replyToObjection) : replyToObjection(objection);
  }

  unheard(): void {}

  abandon(): void {}

  accept(content: Content): Promise<Reply> {
    // A large letter is read whole; many at once would be more memory than there is, so they take turns (reliability S-04).
    return content.length <= turnFrom ? this.#take(content) : this.#turnstile.pass(content.length, () => this.#take(content));
  }

  async #take(content: Content): Promise<Reply> {
    const { addresses, store, clock, chance, log } = this.#parts;
    const { account, login, name } = this.#principal;
    const read = content.spool.read();
    const octets = read instanceof Promise ? await read : read;
    if (content.length > (this.#parameters.size ?? 0)) {
      const objection = replyToObjection(await this.#recipients.recheck(content.length));
      if (objection !== null) return objection;
    }
    const at = clock.now();
    const letter = makeLetterId(chance, at);
    const completion = completeLetter(octets, { author: this.#outside ?? { name, address: login }, at, id: letter });
    if (completion.fault !== null) return replyWith('bad-header', completion.fault);
    // Strict: every author must be the login's own, not the first or the sender alone (B-031).
    const foreign = completion.authors.find((author) => !addresses.owns(account, author));
    if (foreign !== undefined) return replyWith('author-not-yours', `${foreign} does not belong to the account ${login}`);
    // What one provider carries under another one's name is thrown away on the way (DMARC, RFC 7489 §3.1), and the person never hears of it.
    const other = completion.authors.find((author) => addresses.outsideSender(account, author)?.account !== this.#outside?.account);
    if (other !== undefined)
      return replyWith('author-not-yours', `${other} in From goes with MAIL FROM:<${other}> only, not with <${this.#sender.address}>`);
    if (!this.#rate.take(account, this.#recipients.elsewhere)) {
      log.warn('submission: too many recipients in an hour', { login, recipients: this.#recipients.elsewhere });
      return replies['rate-limited'];
    }
    const { envelopeId, returns, smtpUtf8 } = this.#parameters;
    const { wantSuccess } = this.#recipients;
    const facts = { letter, at, octets, reversePath: this.#sender.address, envelopeId, returns, smtpUtf8, recipients: wantSuccess };
    const report = wantSuccess.length === 0 ? null : ((await this.#parts.reporter?.delivered(facts, store)) ?? null);
    const queue = this.#recipients.queueRows();
    const spool = completion.cuts.length === 0 ? content.spool : await this.#withoutCuts(octets, completion);
    try {
      await store.commit({
        letters: [
          {
            letter,
            prefix: bytesFromUtf8(this.#trace(letter, at, queue.length > 0) + completion.fields),
            spool,
            receivedAt: at,
            reversePath: this.#sender.address,
            placements: this.#placements(letter),
            queue,
            dsn: { envelopeId, returns },
            smtpUtf8,
            bodyType: this.#bodyType(octets, content.binary),
          },
          ...(report === null ? [] : [report]),
        ],
        events: this.#events(letter, at, content.length, completion),
      });
    } finally {
      if (spool !== content.spool) spool.discard();
      report?.spool.discard();
    }
    log.info('submission: taken', {
      letter,
      connection: this.#client.connection,
      peer: this.#client.remote.address,
      login,
      recipients: this.#recipients.told.length,
      size: content.length,
    });
    return replyWith('letter-taken', `Letter taken, ${letter}`);
  }

  /** Those here it is for; or the copy in Sent, where the provider files none. */
  #placements(letter: LetterId): readonly Placement[] {
    if (this.#outside === null) return this.#recipients.placements();
    const { account, copy } = this.#outside;
    return copy ? [{ account, mailbox: 'sent', flags: ['\\Seen'], key: `sent:${letter}` }] : [];
  }

  async #withoutCuts(octets: Bytes, completion: Completion): Promise<Spool> {
    const spool = this.#parts.store.spool(octets.length + spoolSlack);
    for (const piece of cutPieces(octets, completion.cuts)) await spool.add(piece);
    return spool;
  }

  /** RFC 5321 §4.4: Return-Path belongs to the final delivery, so only a letter that stays here has one. */
  #trace(letter: LetterId, at: number, goesOn: boolean): string {
    const { told } = this.#recipients;
    const received = formatReceived({
      client: this.#client,
      by: this.#parts.hostName,
      letter,
      recipient: told.length === 1 ? told[0]! : null,
      smtpUtf8: this.#parameters.smtpUtf8,
      at,
    });
    return goesOn ? received : formatReturnPath(this.#sender.address) + received;
  }

  /** RFC 6152 §3: what was not declared is found out, but only for a letter that another server will be told of. */
  #bodyType(octets: Bytes, binary: boolean): '7bit' | '8bitmime' | 'binarymime' {
    if (binary) return 'binarymime';
    const { body } = this.#parameters;
    if (body === '8bitmime' || this.#recipients.elsewhere === 0) return body ?? '7bit';
    return octets.some((octet) => octet > 127) ? '8bitmime' : '7bit';
  }

  #via(): TraceEvent['facts'] {
    return this.#outside === null ? {} : { via: this.#outside.address };
  }

  #events(letter: LetterId, at: number, size: number, { messageId }: Completion): readonly TraceEvent[] {
    const { helloName, remote, tls } = this.#client;
    const { login } = this.#principal;
    const author = this.#outside?.address ?? login;
    const events: TraceEvent[] = [
      {
        letter,
        at,
        station: 'submission',
        result: 'done',
        recipient: null,
        account: this.#principal.account,
        facts: {
          protocol: 'submission',
          peer: helloName,
          peerAddress: remote.address,
          login,
          from: this.#sender.address,
          messageId: messageId === '' ? `${letter}@${author.slice(author.lastIndexOf('@') + 1)}` : messageId,
          size,
          ...this.#via(),
          ...(tls === null ? {} : { tls: `${tls.version} ${tls.cipher}` }),
        },
      },
    ];
    for (const [account, recipient] of this.#recipients.accounts)
      events.push({ letter, at, station: 'mailbox', result: 'done', recipient, account, facts: { mailbox: 'INBOX' } });
    for (const { recipient } of this.#recipients.queueRows())
      events.push({ letter, at, station: 'queue', result: 'done', recipient, account: null, facts: this.#via() });
    return events;
  }
}

function replyToObjection(objection: Objection | null): Reply | null {
  return objection === null ? null : objections[objection];
}
