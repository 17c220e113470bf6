// From what a peer did to what it means: delivered, later or never. This page alone decides it.
//
// For a postmaster to argue with:
// - 2xx after the final dot is the only proof of delivery.
// - 5xx about a recipient, or about the letter (MAIL, DATA, after the dot): never, the sender gets a report. A host that refuses us
//   altogether (5xx greeting, EHLO, RFC 7504's 521) refuses for itself, not for its domain: the next MX is tried, and only when every
//   host has said never does the letter come back.
// - 4xx of any kind: later. About a recipient only that one waits; about the letter all its recipients on this host; about the host
//   (greeting, EHLO, connect) the next MX is tried first.
// - Silence, a broken connection, words that are not SMTP, a failed handshake: the host's trouble, so the next MX, then later.
//   After the final dot nobody knows: later, with the same octets, so that the receiver can recognise them (RFC 1047).
// - 552 to RCPT is "too many recipients" of old servers (RFC 5321 §4.5.3.1.10): later. 452 to RCPT likewise.
// - A host that cannot do what the letter needs (SMTPUTF8, BINARYMIME, SIZE): the next MX; when none can, never, with RFC 6531/3030/1870's code.
// - TLS that the route demands and that does not come about: later, never in the clear (4.7.5).
// - 421 at any time means the host is going away: the next MX, then later.
//
// Through the server of an account at another provider there is no other host, and no other way for the letter:
// - A login that is refused: later, and the sender hears of it at once. A person mends it.
// - A host that refuses us altogether (greeting, EHLO), for ever as it says: later; a network or an address changes.
// - "Not from this address", "too large": never; the sender gets a report.
// - A quota of letters a day, whatever its code: later, the day ends (providers answer 550 5.4.5).
// - All else as with any host.
import type { PeerFailure, PeerReply, RecipientOutcome } from '../../protocol/smtp/client-contract.ts';
import { causeSides, type Cause } from '../outside/causes.ts';

/** Whom a verdict is about: whether another host may still take the letter. */
export type Reach = 'recipient' | 'message' | 'host';

export type Verdict =
  | { readonly kind: 'delivered'; readonly words: string }
  | ({ readonly kind: 'later' | 'never'; readonly reach: Reach; /** RFC 3463. */ readonly status: string; readonly words: string } & Why);

/** Only at an account's own provider. */
interface Why {
  readonly cause?: Cause;
  /** A person has to do something: the sender hears of it at once. */
  readonly tellNow?: boolean;
}

export type Failure = Exclude<Verdict, { kind: 'delivered' }>;

const phaseWords: Readonly<Record<PeerFailure['phase'], string>> = {
  connect: 'connecting',
  greeting: 'waiting for the greeting',
  hello: 'saying hello',
  starttls: 'asking for TLS',
  tls: 'agreeing on TLS',
  auth: 'logging in',
  mail: 'naming the sender',
  recipient: 'naming the recipient',
  data: 'beginning the letter',
  content: 'sending the letter',
  final: 'waiting for the answer to the letter',
  reset: 'beginning anew',
  quit: 'saying goodbye',
};

/** Phases in which the peer has heard of no letter: what it says there is about itself. */
const hostPhases: ReadonlySet<PeerFailure['phase']> = new Set(['connect', 'greeting', 'hello', 'starttls', 'tls', 'auth', 'reset', 'quit']);

const missing = {
  smtputf8: { kind: 'never', status: '5.6.7', words: 'the server cannot take internationalised addresses (SMTPUTF8)' },
  binarymime: { kind: 'never', status: '5.6.3', words: 'the server cannot take binary letters (BINARYMIME)' },
  size: { kind: 'never', status: '5.3.4', words: 'the letter is larger than the server takes' },
  starttls: { kind: 'later', status: '4.7.10', words: 'the server offers no TLS, which this letter needs' },
  auth: { kind: 'later', status: '4.7.0', words: 'the relay does not offer a login that we know' },
  lmtp: { kind: 'later', status: '4.3.5', words: 'the server does not speak LMTP' },
} as const;

export function judgeFailure(failure: PeerFailure): Failure {
  switch (failure.kind) {
    case 'missing':
      return { reach: 'host', ...missing[failure.capability] };
    case 'timeout':
      return {
        kind: 'later',
        reach: 'host',
        status: failure.phase === 'connect' ? '4.4.1' : '4.4.2',
        words: `no answer while ${phaseWords[failure.phase]}`,
      };
    case 'closed':
      return {
        kind: 'later',
        reach: 'host',
        status: failure.phase === 'connect' ? '4.4.1' : '4.4.2',
        words: `the connection ended while ${phaseWords[failure.phase]}: ${failure.words}`,
      };
    case 'protocol':
      return {
        kind: 'later',
        reach: 'host',
        status: '4.5.0',
        words: `the server did not speak SMTP while ${phaseWords[failure.phase]}: ${failure.words}`,
      };
    case 'tls':
      return { kind: 'later', reach: 'host', status: '4.7.5', words: `TLS failed: ${failure.words}` };
    case 'reply':
      return judgeReply(failure);
  }
}

function judgeReply({ phase, reply }: Extract<PeerFailure, { kind: 'reply' }>): Failure {
  const words = wholeReply(reply);
  const permanent = reply.code >= 500 && reply.code <= 599;
  const status = statusOf(reply.code, reply.enhanced);
  if (reply.code === 421) return { kind: 'later', reach: 'host', status, words };
  // A login that fails is mended in our settings, not by sending letters back.
  if (phase === 'auth') return { kind: 'later', reach: 'host', status: '4.7.8', words };
  if (hostPhases.has(phase)) return { kind: permanent ? 'never' : 'later', reach: 'host', status, words };
  if (phase === 'recipient')
    return {
      kind: permanent && reply.code !== 552 ? 'never' : 'later',
      reach: 'recipient',
      status: reply.code === 552 ? '4.5.3' : status,
      words,
    };
  return { kind: permanent ? 'never' : 'later', reach: 'message', status, words };
}

/** What stands in the way at the provider of the sender's own account; `cause` is what its words mean, null when nothing about the account. */
export function judgeProvider(failure: PeerFailure, cause: Cause | null): Failure {
  const verdict = judgeFailure(failure);
  const why = cause === null ? {} : { cause };
  const later = { ...verdict, ...why, kind: 'later', status: verdict.status.replace(/^5/, '4') } as const;
  if (failure.phase === 'auth' && failure.kind === 'reply') return { ...later, tellNow: cause !== null && causeSides[cause] === 'you' };
  if (cause === 'sending-quota' || (verdict.reach === 'host' && failure.kind !== 'missing')) return later;
  return { ...verdict, ...why };
}

/** The peer's own enhanced code where its class fits the reply's, else the class alone (RFC 3463 §2). */
function statusOf(code: number, enhanced: string | null): string {
  const kind = code >= 500 ? '5' : '4';
  return enhanced !== null && enhanced.startsWith(kind) ? enhanced : `${kind}.0.0`;
}

/** null: this recipient was not tried on this host and is to be tried again at once. */
export function judgeRecipient(outcome: RecipientOutcome, judge: (failure: PeerFailure) => Failure = judgeFailure): Verdict | null {
  switch (outcome.outcome) {
    case 'taken':
      return { kind: 'delivered', words: wholeReply(outcome.reply) };
    case 'refused':
    case 'stopped':
      return judge(outcome.failure);
    case 'not-tried':
      return null;
  }
}

/** As the server said it: reports and apps show the whole (RFC 3464 §2.3.6, RFC 8621 §7 smtpReply). */
function wholeReply({ code, enhanced, text }: PeerReply): string {
  return `${code} ${enhanced === null ? '' : `${enhanced} `}${text}`;
}
