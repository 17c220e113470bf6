// Which session answers on which line: the stations and protocols joined. Knows every part by its contract; opens no port.
import { isLoopback } from '../io/listen.ts';
import { openAuthenticator } from '../journey/account/authenticate.ts';
import type { SessionFactory } from '../protocol/line/session.ts';
import type { Office } from './office.ts';
import type { ListenerProtocol } from './ports.ts';

export type MailProtocol = Exclude<ListenerProtocol, 'http' | 'https' | 'metrics'>;

/** What a client over the limit hears, in its protocol's words (RFC 5321 §4.2.3, RFC 2449 §8.1.1, RFC 9051 §7.1.5). */
export const tooManyLines: Readonly<Record<MailProtocol, string>> = {
  smtp: '421 4.7.0 too many connections, try again later\r\n',
  submission: '421 4.7.0 too many connections, try again later\r\n',
  submissions: '421 4.7.0 too many connections, try again later\r\n',
  pop3: '-ERR [SYS/TEMP] too many connections, try again later\r\n',
  pop3s: '-ERR [SYS/TEMP] too many connections, try again later\r\n',
  imap: '* BYE [UNAVAILABLE] too many connections, try again later\r\n',
  imaps: '* BYE [UNAVAILABLE] too many connections, try again later\r\n',
};

export async function joinSessions(
  office: Office,
  hostName: string,
  version: string,
): Promise<Readonly<Partial<Record<MailProtocol, SessionFactory>>>> {
  const { store, directory, hasher, clock, chance, log, meter, settings } = office;
  const [{ imapSessions }, { imapLimits }] = await Promise.all([
    import('../protocol/imap/session.ts'),
    import('../protocol/imap/limits.ts'),
  ]);
  const authenticator = openAuthenticator({ directory, hasher, clock, chance, log, meter });
  const plaintextAllowed = (address: string) =>
    settings.plaintextLogin === 'always' || (settings.plaintextLogin === 'loopback' && isLoopback(address));
  const shared = { store, authenticator, hostName, version, clock, chance, log, meter };
  const imap = (security: 'starttls' | 'tls') =>
    imapSessions({ ...shared, security, limits: { ...imapLimits, letter: settings.letterLimit }, plaintextAllowed });
  return { imap: imap('starttls'), imaps: imap('tls') };
}
