// The settings of an account here, made from what the running server listens on: the one model that every dialect is written from.
// Knows listeners and names; knows no dialect and no HTTP.
import type { AccountSettings, ServerSettings } from '../../protocol/autoconfig/contract.ts';
import type { MailService } from '../../store/outside-contract.ts';
import type { ListenerProtocol } from '../ports.ts';

/** A listener as far as apps need it. */
export interface PublishedListener {
  readonly protocol: string;
  readonly port: number;
  readonly security: 'none' | 'starttls' | 'tls';
}

export interface PublishedFrom {
  /** The domain that is asked about: one of ours. */
  readonly domain: string;
  /** What apps connect to, and what the certificate holds. */
  readonly hostName: string;
  readonly listeners: readonly PublishedListener[];
}

/** RFC 8314 §3.3: sealed from the first octet before STARTTLS; IMAP before POP3. */
const incoming: readonly (readonly [ListenerProtocol, MailService])[] = [
  ['imaps', 'imap'],
  ['pop3s', 'pop3'],
  ['imap', 'imap'],
  ['pop3', 'pop3'],
];
/** Port 25 is for servers among themselves: never told. */
const outgoing: readonly (readonly [ListenerProtocol, MailService])[] = [
  ['submissions', 'smtp'],
  ['submission', 'smtp'],
];

/** Out: only what listens. The login name is the whole address, whatever the app. */
export function publishedSettings({ domain, hostName, listeners }: PublishedFrom): AccountSettings {
  const server = ([protocol, service]: readonly [ListenerProtocol, MailService]): ServerSettings[] => {
    const row = listeners.find((one) => one.protocol === protocol);
    if (row === undefined || row.security === 'none') return [];
    // An app that needs a challenge finds SCRAM by itself; what is told here is what every app can do.
    return [{ service, host: hostName, port: row.port, security: row.security, login: '%EMAILADDRESS%', signIn: ['password'] }];
  };
  return {
    domains: [domain],
    displayName: domain,
    shortName: domain,
    incoming: incoming.flatMap(server),
    outgoing: outgoing.flatMap(server),
    // RFC 8620 §2.2: where the session is; under seal only.
    jmap: pageUrl({ hostName, listeners }, 'https', '/.well-known/jmap'),
    oauth: null,
    help: null,
  };
}

/** The address of a page here, or null when that protocol does not listen. */
export function pageUrl({ hostName, listeners }: Omit<PublishedFrom, 'domain'>, protocol: 'https' | 'http', path: string): string | null {
  const row = listeners.find((one) => one.protocol === protocol);
  if (row === undefined) return null;
  const usual = protocol === 'https' ? 443 : 80;
  return `${protocol}://${hostName}${row.port === usual ? '' : `:${row.port}`}${path}`;
}
