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

/** Nothing that the account could do: a recipient, a filter for spam, a server that has much to do. */
const aboutOthers: ReadonlySet<Cause> = new Set(['letter-refused', 'mailbox-full', 'busy']);
const ofLetters: ReadonlySet<ReplyPhase> = new Set(['sender', 'recipient', 'letter']);

/** Null when the failure is about this letter or its recipients, not about the account. */
export function readSmtpFailure(failure: PeerFailure): Cause | null {
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
      return failure.capability === 'starttls'
        ? 'starttls-missing'
        : failure.capability === 'auth'
          ? 'no-common-mechanism'
          : failure.capability === 'size'
            ? 'letter-too-large'
            : null;
    case 'reply': {
      const { code, enhanced, text } = failure.reply;
      const phase = phases[failure.phase];
      const cause = causeOfReply({ service: 'smtp', phase, code: String(code), enhanced, responseCode: null, text });
      return ofLetters.has(phase) && aboutOthers.has(cause) ? null : cause;
    }
  }
}
