// What went wrong with a POP3 server, as a cause. Knows failures and response codes (RFC 2449 §8, RFC 3206); the words of servers are
// read elsewhere.
import type { Pop3Failure, Pop3Reply } from '../../protocol/pop3/client-contract.ts';
import { CauseTrouble, type Cause } from '../outside/causes.ts';

const codes: Readonly<Record<string, Cause>> = {
  'IN-USE': 'busy',
  'LOGIN-DELAY': 'busy',
  AUTH: 'wrong-password',
  'SYS/TEMP': 'login-unavailable',
  'SYS/PERM': 'account-disabled',
};

const missingCauses = {
  stls: 'starttls-missing',
  tls: 'starttls-missing',
  'sign-in': 'no-common-mechanism',
  uidl: 'protocol',
  top: 'protocol',
} as const;

/** `readReply` goes before the code: servers put into words what to do, and give the same code for everything. */
export function pop3Trouble(
  failure: Pop3Failure,
  host: string,
  readReply?: (reply: Pop3Reply, phase: 'greeting' | 'sign-in') => Cause | null,
): CauseTrouble {
  const what = `${host}, POP3 ${failure.phase}`;
  switch (failure.kind) {
    case 'reply': {
      const { reply, phase } = failure;
      const byCode = reply.code === null ? null : (codes[reply.code] ?? null);
      const cause = phase === 'sign-in' || phase === 'greeting' ? (readReply?.(reply, phase) ?? byCode) : byCode;
      return new CauseTrouble(
        cause ?? otherwise(failure),
        `${what}: ${reply.text}`,
        `${reply.code === null ? '' : `[${reply.code}] `}${reply.text}`,
      );
    }
    case 'timeout':
      return new CauseTrouble(failure.phase === 'greeting' ? 'silent' : 'timeout', `${what}: no answer in time`);
    case 'closed':
      return new CauseTrouble('connection-lost', `${what}: ${failure.words}`, failure.words);
    case 'protocol':
      return new CauseTrouble(
        failure.phase === 'greeting' ? 'wrong-kind-of-server' : 'protocol',
        `${what}: ${failure.words}`,
        failure.words,
      );
    case 'tls':
      return failure.error instanceof CauseTrouble
        ? failure.error
        : new CauseTrouble('tls-failed', `${what}: ${failure.words}`, failure.words, failure.error);
    case 'missing':
      return new CauseTrouble(
        missingCauses[failure.capability],
        `${what}: the server does not offer what is needed: ${failure.capability}`,
      );
  }
}

function otherwise({ phase }: Pop3Failure): Cause {
  if (phase === 'greeting') return 'turned-away';
  return phase === 'sign-in' ? 'wrong-password' : 'protocol';
}
