// How a row of the provider table is written. Knows the shape and short ways to write it; knows no provider.
//
// The facts were gathered from published text (`factsAsOf`); hosts, ports and forms are facts, written down here in our own shape.
// Every one of them is tried before it is used.
import type { SignIn } from '../../protocol/autoconfig/contract.ts';
import { standardPorts } from '../../protocol/autoconfig/values.ts';
import type { MailService, TlsException } from '../../store/outside-contract.ts';
import type { Confidence, CredentialKind, LoginForm, Words } from './contract.ts';

export const factsAsOf = '2026-11-23';

export type LoginKind = Exclude<LoginForm['kind'], 'given'>;

export interface ProviderServer {
  readonly service: MailService;
  /** `{domain}` stands for the domain of the address, `{mx}` for the host that takes its letters in, as far as it is the provider's. */
  readonly host: string;
  readonly port: number;
  readonly security: 'tls' | 'starttls' | 'plain';
  readonly logins: readonly LoginKind[];
  readonly signIn: readonly SignIn[];
  readonly confidence: Confidence;
  readonly knownWeaknesses: readonly TlsException[];
}

export interface ProviderRow {
  readonly id: string;
  readonly name: Words;
  /** Exactly these. */
  readonly domains: readonly string[];
  /** `auone-net.jp`: all domains below it, not itself. */
  readonly below: readonly string[];
  /** Hosts that take letters in, for people with a domain of their own. */
  readonly mx: readonly string[];
  readonly servers: readonly ProviderServer[];
  readonly credential: CredentialKind;
  /** Null: the sentence of the kind will do. */
  readonly explanation: Words | null;
  readonly steps: readonly Words[];
  readonly help: string | null;
  readonly confidence: Confidence;
  readonly sentCopy: 'provider' | 'here';
  readonly pop3: boolean | null;
  readonly notes: readonly Words[];
}

export function words(ja: string, en: string): Words {
  return { ja, en };
}

interface ServerMore {
  readonly port?: number;
  readonly security?: ProviderServer['security'];
  readonly logins?: readonly LoginKind[];
  readonly signIn?: readonly SignIn[];
  readonly confidence?: Confidence;
  readonly knownWeaknesses?: readonly TlsException[];
}

/** A server of a row: TLS on the standard port, the whole address, a password, good sources, unless said otherwise. */
export function server(service: MailService, host: string, more: ServerMore = {}): ProviderServer {
  const security = more.security ?? 'tls';
  return {
    service,
    host,
    security,
    port: standardPorts[service][security],
    logins: ['address'],
    signIn: ['password'],
    confidence: 'high',
    knownWeaknesses: [],
    ...more,
  };
}

type RowMore = Partial<Omit<ProviderRow, 'id' | 'name' | 'servers' | 'credential'>>;

export function row(id: string, name: Words, credential: CredentialKind, servers: readonly ProviderServer[], more: RowMore): ProviderRow {
  return {
    id,
    name,
    credential,
    servers,
    domains: [],
    below: [],
    mx: [],
    explanation: null,
    steps: [],
    help: null,
    confidence: 'high',
    sentCopy: 'here',
    pop3: servers.some(({ service }) => service === 'pop3') ? true : null,
    notes: [],
    ...more,
  };
}
