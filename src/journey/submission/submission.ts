// A person's app hands a letter in over SMTP: only with a login, only from addresses that the login owns (RFC 6409).
// Knows the transaction and its replies; what makes a letter go is outgoing.ts. Fulfils `SmtpReceiver` for 465 and 587.
import { Turnstile } from '../../base/turnstile.ts';
import type { Client, Content, IncomingLetter, SmtpReceiver } from '../../protocol/smtp/contract.ts';
import type { MailParameters, RecipientParameters } from '../../protocol/smtp/grammar/parameters.ts';
import type { Path } from '../../protocol/smtp/grammar/path.ts';
import { replies, replyWith, type Reply } from '../../protocol/smtp/response.ts';
import { formatReceived } from '../../protocol/smtp/trace-fields.ts';
import type { Principal } from '../../protocol/sasl/authenticator.ts';
import type { LetterId } from '../../store/contract.ts';
import type { Objection, OutsideSender, RecipientList } from '../account/contract.ts';
import { makeReady, rateOf, type OutgoingFault, type SubmissionParts } from './outgoing.ts';
import type { SendingRate } from './rate.ts';

export { defaultRecipientsPerHour, type SubmissionParts } from './outgoing.ts';

export function openSubmission(parts: SubmissionParts): SmtpReceiver {
  const turnstile = new Turnstile(turnRoom);
  const rate = rateOf(parts);
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
    const { store, log } = this.#parts;
    const { account, login, name } = this.#principal;
    const read = content.spool.read();
    const octets = read instanceof Promise ? await read : read;
    if (content.length > (this.#parameters.size ?? 0)) {
      const objection = replyToObjection(await this.#recipients.recheck(content.length));
      if (objection !== null) return objection;
    }
    const { envelopeId, returns, smtpUtf8, body } = this.#parameters;
    const { helloName, remote, tls } = this.#client;
    const ready = await makeReady(this.#parts, this.#rate, {
      account,
      login,
      name,
      outside: this.#outside,
      reversePath: this.#sender.address,
      envelopeId,
      returns,
      smtpUtf8,
      body: content.binary ? 'binarymime' : body === 'binarymime' ? null : body,
      recipients: this.#recipients,
      octets,
      spool: content.spool,
      copyWanted: true,
      received: (letter, at) => this.#received(letter, at),
      facts: {
        protocol: 'submission',
        peer: helloName,
        peerAddress: remote.address,
        ...(tls === null ? {} : { tls: `${tls.version} ${tls.cipher}` }),
      },
    });
    if ('fault' in ready) return replyToFault(ready);
    const work = { letters: ready.letters, events: ready.events };
    let result;
    try {
      result = await store.commit(work);
    } finally {
      ready.discard();
    }
    ready.committed();
    this.#parts.news?.committed(work, result);
    log.info('submission: taken', {
      letter: ready.letter,
      connection: this.#client.connection,
      peer: remote.address,
      login,
      recipients: this.#recipients.told.length,
      size: content.length,
    });
    return replyWith('letter-taken', `Letter taken, ${ready.letter}`);
  }

  #received(letter: LetterId, at: number): string {
    const { told } = this.#recipients;
    return formatReceived({
      client: this.#client,
      by: this.#parts.hostName,
      letter,
      recipient: told.length === 1 ? told[0]! : null,
      smtpUtf8: this.#parameters.smtpUtf8,
      at,
    });
  }
}

function replyToFault({ fault, words }: OutgoingFault): Reply {
  return fault === 'rate-limited' ? replies['rate-limited'] : replyWith(fault, words);
}

function replyToObjection(objection: Objection | null): Reply | null {
  return objection === null ? null : objections[objection];
}
