// Another server hands a letter in: only for our people, once, with its trace on top (RFC 5321 §4.4), and never in circles.
// Knows who gets it and how it is taken over in one commit; knows no socket. Fulfils `SmtpReceiver` for port 25 and for LMTP.
import { bytesFromUtf8, type Bytes } from '../../base/bytes.ts';
import type { Chance, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { Turnstile } from '../../base/turnstile.ts';
import type { Client, Content, IncomingLetter, SmtpReceiver } from '../../protocol/smtp/contract.ts';
import type { MailParameters, RecipientParameters } from '../../protocol/smtp/grammar/parameters.ts';
import type { Path } from '../../protocol/smtp/grammar/path.ts';
import { makeLetterId } from '../../store/letter-id.ts';
import { replies, replyWith, type Reply } from '../../protocol/smtp/response.ts';
import { formatReceived, formatReturnPath } from '../../protocol/smtp/trace-fields.ts';
import type { AccountId, Commit, LetterId, MailStore } from '../../store/contract.ts';
import type { TraceEvent } from '../../store/trace-contract.ts';
import type { Objection, RecipientList, RecipientLists } from '../account/contract.ts';
import type { Arrivals } from '../arrival/contract.ts';
import type { Reporter } from '../report/contract.ts';
import type { SentNews } from '../submission/contract.ts';
import { isAuthorClear } from './authors.ts';
import { glanceAtHeader } from './loops.ts';
import type { Resends } from './resends.ts';

export interface ReceptionParts {
  readonly store: Pick<MailStore, 'commit' | 'spool'>;
  readonly resends: Pick<Resends, 'note' | 'until'>;
  readonly recipients: RecipientLists;
  readonly hostName: string;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  /** Writes the reports of success that senders ask for (RFC 3461); without it they get none. */
  readonly reporter?: Reporter;
  /** Rules and vacation replies of those here; without it letters lie in INBOX. */
  readonly arrivals?: Arrivals;
  /** Hears of reports about letters that people here have sent; without it nobody does. */
  readonly news?: SentNews;
}

export { Resends } from './resends.ts';

export function openReception(parts: ReceptionParts): SmtpReceiver {
  const turnstile = new Turnstile(turnRoom);
  return { begin: (client, sender, parameters) => new ReceivedLetter(parts, turnstile, client, sender, parameters) };
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

const noNames: ReadonlyMap<AccountId, string> = new Map();

class ReceivedLetter implements IncomingLetter {
  readonly #parts: ReceptionParts;
  readonly #turnstile: Turnstile;
  readonly #client: Client;
  readonly #sender: Path;
  readonly #parameters: MailParameters;
  readonly #recipients: RecipientList;
  /** Once taken: how a re-send would look. */
  #takenAs: string | null = null;

  constructor(parts: ReceptionParts, turnstile: Turnstile, client: Client, sender: Path, parameters: MailParameters) {
    this.#parts = parts;
    this.#turnstile = turnstile;
    this.#client = client;
    this.#sender = sender;
    this.#parameters = parameters;
    this.#recipients = parts.recipients.open({ onlyOurs: true });
  }

  checkRecipient({ address }: Path, { notify, originalRecipient }: RecipientParameters): Reply | null | Promise<Reply | null> {
    const objection = this.#recipients.add({ address, notify, originalRecipient }, this.#parameters.size ?? 0);
    if (objection === null) return null;
    return objection instanceof Promise ? objection.then(replyToObjection) : replyToObjection(objection);
  }

  abandon(): void {}

  unheard(): void {
    if (this.#takenAs !== null) this.#parts.resends.note(this.#takenAs, this.#parts.clock.now());
  }

  accept(content: Content): Promise<Reply> {
    // A large letter is read whole; many at once would be more memory than there is, so they take turns (reliability S-04).
    return content.length <= turnFrom ? this.#take(content) : this.#turnstile.pass(content.length, () => this.#take(content));
  }

  async #take(content: Content): Promise<Reply> {
    const { store, hostName, clock, chance, log, resends } = this.#parts;
    const read = content.spool.read();
    const octets = read instanceof Promise ? await read : read;
    const glance = glanceAtHeader(octets, hostName);
    if (glance.loops) {
      log.warn('reception: a letter goes round in circles', { connection: this.#client.connection, sender: this.#sender.address });
      return replies.loop;
    }
    // LMTP is spoken by a server of ours, which has looked already.
    if (this.#client.protocol !== 'LMTP' && !isAuthorClear(octets, glance.from)) return replies['unclear-author'];
    // RFC 1870 §6.2: the declared size was an estimate, or there was none.
    if (content.length > (this.#parameters.size ?? 0)) {
      const objection = replyToObjection(await this.#recipients.recheck(content.length));
      if (objection !== null) return objection;
    }
    const at = clock.now();
    const letter = makeLetterId(chance, at);
    const inboxes = this.#recipients.placements();
    const queue = this.#recipients.queueRows();
    const { returns, envelopeId, smtpUtf8, body } = this.#parameters;
    const looks = `${this.#sender.address}\0${content.length}\0${this.#recipients.told.join('\0')}`;
    const { wantSuccess } = this.#recipients;
    const facts = { letter, at, octets, reversePath: this.#sender.address, envelopeId, returns, smtpUtf8, recipients: wantSuccess };
    const report = wantSuccess.length === 0 ? null : ((await this.#parts.reporter?.delivered(facts, store)) ?? null);
    const reversePath = this.#sender.address;
    const arrival = await this.#parts.arrivals?.arrive({ letter, at, reversePath, octets }, inboxes);
    const others = [...(report === null ? [] : [report]), ...(arrival?.replies ?? [])];
    const work: Commit = {
      letters: [
        {
          letter,
          prefix: this.#trace(letter, at, queue.length > 0),
          spool: content.spool,
          receivedAt: at,
          reversePath,
          placements: arrival?.placements ?? inboxes,
          queue,
          dsn: { envelopeId, returns },
          smtpUtf8,
          bodyType: body ?? '7bit',
          // Reliability D-7: only what names itself can be known again.
          ...(!glance.hasMessageId ? {} : { resentUntil: resends.until(looks, at) }),
        },
        ...others,
      ],
      events: this.#events(letter, at, content.length, glance.messageId, arrival?.names ?? noNames),
    };
    const commit = store.commit(work);
    const result = await (others.length === 0 ? commit : commit.finally(() => others.forEach((other) => other.spool.discard())));
    const { letters } = result;
    arrival?.committed();
    this.#parts.news?.committed(work, result);
    const taken = letters[0]!;
    if (glance.hasMessageId) this.#takenAs = looks;
    log.info('reception: taken', {
      letter: taken.letter,
      connection: this.#client.connection,
      peer: this.#client.remote.address,
      sender: this.#sender.address,
      recipients: this.#recipients.told.length,
      size: content.length,
      resent: taken.resent,
    });
    return replyWith('letter-taken', `Letter taken, ${taken.letter}`);
  }

  /** RFC 5321 §4.4: Return-Path belongs to the final delivery, so a letter that also goes on to other servers has none. */
  #trace(letter: LetterId, at: number, goesOn: boolean): Bytes {
    const { told } = this.#recipients;
    const received = formatReceived({
      client: this.#client,
      by: this.#parts.hostName,
      letter,
      recipient: told.length === 1 ? told[0]! : null,
      smtpUtf8: this.#parameters.smtpUtf8,
      at,
    });
    return bytesFromUtf8(goesOn ? received : formatReturnPath(this.#sender.address) + received);
  }

  #events(letter: LetterId, at: number, size: number, messageId: string, names: ReadonlyMap<AccountId, string>): readonly TraceEvent[] {
    const { protocol, helloName, remote, tls } = this.#client;
    const events: TraceEvent[] = [
      {
        letter,
        at,
        station: 'reception',
        result: 'done',
        recipient: null,
        account: null,
        facts: {
          protocol: protocol === 'LMTP' ? 'lmtp' : 'smtp',
          peer: helloName,
          peerAddress: remote.address,
          from: this.#sender.address,
          size,
          ...(messageId === '' ? {} : { messageId }),
          ...(tls === null ? {} : { tls: `${tls.version} ${tls.cipher}` }),
        },
      },
    ];
    for (const [account, recipient] of this.#recipients.accounts)
      events.push({
        letter,
        at,
        station: 'mailbox',
        result: 'done',
        recipient,
        account,
        facts: { mailbox: names.get(account) ?? 'INBOX' },
      });
    for (const { recipient } of this.#recipients.queueRows())
      events.push({ letter, at, station: 'queue', result: 'done', recipient, account: null, facts: {} });
    return events;
  }
}

function replyToObjection(objection: Objection | null): Reply | null {
  return objection === null ? null : objections[objection];
}
