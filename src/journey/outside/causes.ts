// Why something with another provider's server does not work: the names of the causes, whose side each is on, and the trouble that
// carries one. The sentences for people are cause-sentences.ts; what a server's words mean is read elsewhere.
import { Unavailable } from '../../base/trouble.ts';

/** Whose side it is: what the next step depends on. */
export type CauseSide = 'you' | 'provider' | 'network' | 'here';

export const causeSides = {
  // The name
  'not-an-address': 'you',
  'name-not-found': 'you',
  'dns-unavailable': 'network',
  'private-address': 'here',
  // The way there
  refused: 'provider',
  unreachable: 'network',
  timeout: 'network',
  'port-blocked': 'network',
  op25b: 'network',
  'all-blocked': 'network',
  'captive-portal': 'network',
  // The seal
  'tls-not-spoken': 'provider',
  'starttls-missing': 'provider',
  'certificate-expired': 'provider',
  'certificate-not-yet-valid': 'here',
  'certificate-other-name': 'provider',
  'certificate-unknown-authority': 'provider',
  'certificate-self-signed': 'provider',
  'tls-too-old': 'provider',
  'tls-legacy-renegotiation': 'provider',
  'tls-failed': 'provider',
  // Who answers
  'wrong-kind-of-server': 'you',
  'not-a-mail-server': 'you',
  silent: 'provider',
  busy: 'provider',
  'turned-away': 'provider',
  protocol: 'provider',
  'connection-lost': 'network',
  // The login
  'wrong-password': 'you',
  'login-name-form': 'you',
  'service-off': 'you',
  'app-password-needed': 'you',
  'oauth-needed': 'you',
  'web-sign-in-needed': 'you',
  'password-expired': 'you',
  'account-disabled': 'provider',
  locked: 'provider',
  'too-many-connections': 'provider',
  'blocked-country': 'provider',
  'no-common-mechanism': 'provider',
  'login-unavailable': 'provider',
  /** We stop by ourselves before the provider locks the account. */
  'tries-used-up': 'here',
  // Sign-in by the provider's page
  'client-id-missing': 'here',
  'sign-in-expired': 'you',
  'sign-in-refused': 'you',
  'sign-in-unavailable': 'provider',
  // Letters
  'sender-not-allowed': 'provider',
  'sending-quota': 'provider',
  'letter-too-large': 'you',
  'letter-refused': 'provider',
  'letter-not-back': 'provider',
  'mailbox-full': 'you',
  'key-missing': 'here',
} as const satisfies Record<string, CauseSide>;

export type Cause = keyof typeof causeSides;

/** Something with a provider's server does not work, and why. `message` is for the log; the sentence for people comes from the cause. */
export class CauseTrouble extends Unavailable {
  readonly why: Cause;
  /** The peer's or the library's own words, cut and without control characters; shown one tap away. */
  words: string;
  /** Name of the provider as people know it, where whoever threw knows it: sentences are about somebody. */
  provider: string | null = null;
  constructor(cause: Cause, message: string, words = '', error?: unknown) {
    super('outside', message, error);
    this.why = cause;
    this.words = words.slice(0, 500).replaceAll(/[\x00-\x1f\x7f]+/g, ' ');
  }
}
