// What looking up the settings of an address gives: the value that the command line, the set-up and the app show and work with.
// Knows shapes; looks nothing up. Nothing in it is secret, and nothing secret was sent to learn it.
import type { Cause } from '../../journey/outside/causes.ts';
import type { OAuthSettings, SignIn } from '../../protocol/autoconfig/contract.ts';
import type { MailService, OutsideServer, SocketSecurity, TlsException } from '../../store/outside-contract.ts';

export type Language = 'ja' | 'en';

/** One thing said in both languages. */
export type Words = Readonly<Record<Language, string>>;

/**
 * Where settings come from, best first; so they rank.
 * `table`: our own, by the domain. `pacc`: the domain's own document with its digest in the DNS. `autoconfig`: the domain's own XML over https.
 * `srv`: the domain's own records. `mx-…`: by the host that takes the domain's letters in. `ispdb`: Thunderbird's public database.
 * `autodiscover`: the domain's own answer to Outlook's question. `guess`: names that servers often have.
 */
export const sourceNames = [
  'table',
  'pacc',
  'autoconfig',
  'srv',
  'mx-table',
  'mx-autoconfig',
  'mx-ispdb',
  'ispdb',
  'autodiscover',
  'guess',
] as const;
export type SourceName = (typeof sourceNames)[number];

/** What one source said. */
export interface SourceReport {
  readonly source: SourceName;
  /** `failed`: it could not be asked. `not-asked`: it was not needed, is switched off, or was given up because better ones had answered. */
  readonly outcome: 'found' | 'nothing' | 'failed' | 'not-asked';
  readonly milliseconds: number;
  /** URL, DNS name or row of the table; null when it was not asked. */
  readonly where: string | null;
  readonly cause: Cause | null;
  /** For the log and for `--verbose`: words of a library or of the peer, one line. */
  readonly remark: string;
}

/** How sure a source is of a value: several good sources, one good source, or hearsay. */
export type Confidence = 'high' | 'medium' | 'low';

/** One way to write the login name. */
export type LoginForm =
  | { readonly kind: 'address' | 'localpart' | 'localpart-domain' | 'given'; readonly login: string }
  /** It has nothing to do with the address: the person types it. */
  | { readonly kind: 'd-account-id' | 'provider-issued-id'; readonly login: null };

/** What trying a server showed. Nobody signed in. */
export type Proof =
  | {
      readonly reachable: true;
      /** `TLSv1.3`. The certificate was verified: chain, name, time. */
      readonly tls: string;
      readonly signIn: readonly SignIn[];
      /** Weaknesses that had to be allowed for this server; a person is shown them. */
      readonly exceptions: readonly TlsException[];
      readonly milliseconds: number;
    }
  | { readonly reachable: false; readonly cause: Cause; readonly words: string; readonly milliseconds: number };

/** One server that may be the right one. */
export interface Candidate {
  readonly service: MailService;
  /** A-label. */
  readonly host: string;
  readonly port: number;
  /** Never `plain`: a plain row has become the rows that take its place. */
  readonly security: Exclude<SocketSecurity, 'plain'>;
  /** One or two, the likelier first. */
  readonly logins: readonly LoginForm[];
  /** In the order of preference. */
  readonly signIn: readonly SignIn[];
  /** Weaknesses that this server is known for. Allowed only if it answers no other way, and after the person has seen it. */
  readonly knownWeaknesses: readonly TlsException[];
  readonly source: SourceName;
  /** Others that say the same host, port and encryption. */
  readonly alsoFrom: readonly SourceName[];
  readonly confidence: Confidence;
  /** The source told a server without encryption; this is the sealed one in its place, and stands only when it answers. */
  readonly upgraded: boolean;
  /** Where `host`, `port`, `security`, `login` and `signIn` come from, for the record that is kept. */
  readonly provenance: Readonly<Record<string, string>>;
  /** Null until somebody has tried. */
  readonly proof: Proof | null;
}

/** What a provider wants instead of, or as, a password. */
export type CredentialKind =
  | 'password' // the ordinary one, as far as we know
  | 'account-password' // the one of the provider's web pages
  | 'mail-password' // one for mail alone
  | 'app-password' // made by the person for each app
  | 'oauth2-or-app-password'
  | 'oauth2-only'
  | 'imap-only-password' // docomo's
  | 'provider-issued'; // login name and password are shown by the provider

export interface Credential {
  readonly kind: CredentialKind;
  /** Its name for people: 「IMAP専用パスワード」. */
  readonly name: Words;
  /** Whether the password of the provider's web pages works; null when nobody knows. */
  readonly normalPasswordWorks: boolean | null;
  readonly explanation: Words;
  /** What to do first, in order; empty when nothing is to be done. */
  readonly steps: readonly Words[];
  readonly help: string | null;
}

/** The provider, when it is one that we know. */
export interface Provider {
  readonly id: string;
  readonly name: Words;
  readonly confidence: Confidence;
  /** Who files a copy of what is sent. */
  readonly sentCopy: 'provider' | 'here';
  /** False when it is known that there is no POP3. */
  readonly pop3: boolean | null;
  /** What a person should know. */
  readonly notes: readonly Words[];
  /** When the facts were gathered. */
  readonly asOf: string;
}

export interface Discovery {
  /** Cleaned: half-width, trimmed, the domain as A-labels in lower case. */
  readonly address: string;
  readonly domain: string;
  /** Did they mean this address? Never used by itself. */
  readonly suggestion: string | null;
  readonly provider: Provider | null;
  readonly credential: Credential;
  /** For a person to see, or null: what the provider calls itself. */
  readonly displayName: string | null;
  /** Best first; servers of other ranks stay as alternatives. */
  readonly imap: readonly Candidate[];
  readonly pop3: readonly Candidate[];
  readonly smtp: readonly Candidate[];
  readonly oauth: OAuthSettings | null;
  readonly jmap: string | null;
  readonly help: string | null;
  /** In the order of rank. */
  readonly sources: readonly SourceReport[];
  /** Whether the candidates were tried. */
  readonly probed: boolean;
  readonly milliseconds: number;
}

/** What a try needs to know of a server. */
export type ProbeTarget = Pick<OutsideServer, 'service' | 'host' | 'port' | 'security' | 'exceptions'>;

/**
 * Tries one server: name, address, TCP, TLS with its certificate, greeting, capabilities; signs nobody in. Never rejects.
 * Ends within `patience` milliseconds.
 */
export type Probe = (server: ProbeTarget, patience: number) => Promise<Proof>;
