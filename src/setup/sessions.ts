// Which session answers on which line: the stations and protocols joined. Knows every part by its contract; opens no port.
import { isLoopback } from '../base/address.ts';
import type { SessionFactory } from '../protocol/line/session.ts';
import type { Office } from './office.ts';
import type { ListenerProtocol } from './ports.ts';
import type { Sending } from './sending.ts';

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
  lmtp: '421 4.7.0 too many connections, try again later\r\n',
};

export type Sessions = Readonly<Record<MailProtocol, SessionFactory>>;

/** Loads stations and protocols: while the store is still being opened by its own thread. */
export async function loadProtocols() {
  const [reception, submission, smtp, smtpLimits, pop3, maildropLocks, imap, imapBounds] = await Promise.all([
    import('../journey/reception/reception.ts'),
    import('../journey/submission/submission.ts'),
    import('../protocol/smtp/session.ts'),
    import('../protocol/smtp/limits.ts'),
    import('../protocol/pop3/session.ts'),
    import('../protocol/pop3/maildrop-locks.ts'),
    import('../protocol/imap/session.ts'),
    import('../protocol/imap/limits.ts'),
  ]);
  return { reception, submission, smtp, smtpLimits, pop3, maildropLocks, imap, imapBounds };
}

export type Protocols = Awaited<ReturnType<typeof loadProtocols>>;

/** `former`: until when letters were taken by a program that did not end in order, milliseconds; 0 when it did. */
export function joinSessions(
  office: Office,
  protocols: Protocols,
  hostName: string,
  version: string,
  former: number,
  { arrivals, news, rate, reporter }: Sending,
): Sessions {
  const { store, addresses, recipients, clock, chance, log, meter, settings, authenticator } = office;
  const { reception, submission, smtp, smtpLimits, pop3, maildropLocks, imap, imapBounds } = protocols;
  const plaintextAllowed = (address: string) =>
    settings.plaintextLogin === 'always' || (settings.plaintextLogin === 'loopback' && isLoopback(address));
  const shared = { store, authenticator, hostName, version, clock, chance, log, meter };

  const door = {
    store,
    recipients,
    resends: settings.suppressResend ? new reception.Resends(former) : { note() {}, until: () => 0 },
    hostName,
    clock,
    chance,
    log,
    arrivals,
    news,
  };
  // Strict: a stranger at port 25 hears nothing of success (RFC 3461 §5.2.3): its reverse-path is not proven, and the report would go to
  // whomever it names (reliability S-14). A mail server of our own in front, by LMTP, hears it.
  const atTheDoor = reception.openReception(door);
  const behindTheFront = reception.openReception({ ...door, reporter });
  const atTheCounter = submission.openSubmission({
    store,
    addresses,
    recipients,
    hostName,
    clock,
    chance,
    log,
    recipientsPerHour: submission.defaultRecipientsPerHour,
    rate,
    reporter,
    arrivals,
    news,
  });
  const limits = { ...smtpLimits.defaultSmtpLimits, size: settings.letterLimit, recipients: settings.recipientsLimit };
  const letters = (role: 'relay' | 'submission' | 'lmtp', security: 'starttls' | 'tls') =>
    smtp.smtpSessions({
      ...shared,
      role,
      security,
      receiver: { submission: atTheCounter, relay: atTheDoor, lmtp: behindTheFront }[role],
      limits,
      plaintextAllowed: (remote) => plaintextAllowed(remote.address),
    });
  const locks = new maildropLocks.MaildropLocks(clock);
  const maildrop = (security: 'starttls' | 'tls') =>
    pop3.pop3Sessions({ ...shared, security, limits: pop3.usualLimits, plaintextAllowed, maildropLocks: locks });
  const shelf = (security: 'starttls' | 'tls') =>
    imap.imapSessions({ ...shared, security, limits: { ...imapBounds.imapLimits, letter: settings.letterLimit }, plaintextAllowed });
  return {
    smtp: letters('relay', 'starttls'),
    submission: letters('submission', 'starttls'),
    submissions: letters('submission', 'tls'),
    pop3: maildrop('starttls'),
    pop3s: maildrop('tls'),
    imap: shelf('starttls'),
    imaps: shelf('tls'),
    lmtp: letters('lmtp', 'starttls'),
  };
}
