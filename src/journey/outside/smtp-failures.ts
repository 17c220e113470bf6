// What a failed sending means for the account: from what the SMTP client saw to a cause. Knows the client's outcomes and the reader of
// replies; decides nothing about the letter (journey/delivery/outcome.ts does).
import type { ClientPhase, PeerFailure } from '../../protocol/smtp/client-contract.ts';
import type { Cause } from './causes.ts';
import { causeOfReply, type ReplyPhase } from './replies.ts';

const phases: Readonly<Record<ClientPhase, ReplyPhase>> = {
  connect: 'greeting',
  greeting: 'greeting',
  hello: 'hello',
  starttls: 'starttls',
  tls: 'starttls',
  auth: 'login',
  mail: 'sender',
  recipient: 'recipient',
  data: 'letter',
  content: 'letter',
  final: 'letter',
  reset: 'letter',
  quit: 'letter',
};

/** What a server lacks that is no matter of this letter alone. */
const missing: Partial<Record<Extract<PeerFailure, { kind: 'missing' }>['capability'], Cause>> = {
  starttls: 'starttls-missing',
  auth: 'no-common-mechanism',
  size: 'letter-too-large',
};

/** Nothing that the account could do: a recipient, a filter for spam, a server that has much to do. */
const aboutOthers: ReadonlySet<Cause> = new Set(['letter-refused', 'mailbox-full', 'busy']);
const ofLetters: ReadonlySet<ReplyPhase> = new Set(['sender', 'recipient', 'letter']);

/** What it means, whomever it is about. */
export function causeOfFailure(failure: PeerFailure): Cause {
  switch (failure.kind) {
    case 'timeout':
      return failure.phase === 'connect' ? 'timeout' : 'silent';
    case 'closed':
      return 'connection-lost';
    case 'protocol':
      return 'protocol';
    case 'tls':
      return 'tls-failed';
    case 'missing':
      return missing[failure.capability] ?? 'letter-refused';
    case 'reply': {
      const { code, enhanced, text } = failure.reply;
      return causeOfReply({ service: 'smtp', phase: phases[failure.phase], code: String(code), enhanced, responseCode: null, text });
    }
  }
}

/** Null when the failure is about this letter or its recipients, not about the account. */
export function readSmtpFailure(failure: PeerFailure): Cause | null {
  const cause = causeOfFailure(failure);
  const isAboutLetter = failure.kind === 'missing' || (failure.kind === 'reply' && ofLetters.has(phases[failure.phase]));
  return isAboutLetter && aboutOthers.has(cause) ? null : cause;
}
