// Servers as the wizard hands them back: those that were found, and those that a person types. Knows their forms; asks nobody.
import type { Discovery, FoundServer, MailService, WishedServer } from '../../../state/tayori.ts';

export interface TypedServer {
  readonly host: string;
  readonly port: string;
  readonly security: 'tls' | 'starttls';
  readonly login: string;
}

/** What stands in the fields when one types oneself: the best that was found, or the usual names of the domain. */
export function prefill(found: Discovery | null, service: MailService, address: string): TypedServer {
  const best = found?.[service][0]?.server;
  if (best) return { host: best.host, port: String(best.port), security: best.security, login: best.logins[0] ?? '' };
  const domain = address.split('@')[1] ?? '';
  const usual = { imap: ['imap', 993], pop3: ['pop', 995], smtp: ['smtp', 465] } as const;
  const [name, port] = usual[service];
  return { host: domain === '' ? '' : `${name}.${domain}`, port: String(port), security: 'tls', login: address };
}

/** Full-width letters and spaces are what Japanese input methods leave behind. */
export function tidy(text: string): string {
  return text.normalize('NFKC').trim();
}

/** RFC 8314 §7.3; the older counters begin open. */
export function usualSecurity(port: string): 'tls' | 'starttls' | null {
  if (['993', '995', '465'].includes(tidy(port))) return 'tls';
  return ['143', '110', '587'].includes(tidy(port)) ? 'starttls' : null;
}

export type Fault = 'host' | 'port';

/** Port 25 for sending becomes the two that are meant for it (OP25B). */
export function readTyped(typed: TypedServer, service: MailService, address: string): readonly WishedServer[] | Fault {
  const host = tidy(typed.host).toLowerCase();
  if (!/^[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?$/.test(host)) return 'host';
  const port = Number(tidy(typed.port));
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return 'port';
  const one = (at: number, security: 'tls' | 'starttls'): WishedServer => ({
    service,
    host,
    port: at,
    security,
    logins: [tidy(typed.login) || address],
    exceptions: [],
    provenance: { host: 'typed', port: at === port ? 'typed' : 'in the place of 25', login: 'typed' },
  });
  if (port === 25) return service === 'smtp' ? [one(465, 'tls'), one(587, 'starttls')] : 'port';
  return [one(port, typed.security)];
}

/** Those at the host that the person was shown; with the login where the address does not tell it, and what was allowed for this server alone. */
export function wish(found: readonly FoundServer[], login: string, allowed: readonly string[]): readonly WishedServer[] {
  const first = found[0]?.server.host;
  return found
    .map(({ server }) => server)
    .filter(({ host }) => host === first)
    .map((server) => ({
      ...server,
      logins: tidy(login) === '' ? server.logins : [tidy(login)],
      exceptions: [...new Set([...server.exceptions, ...allowed])],
    }))
    .filter(({ logins }) => logins.length > 0);
}

/** 「窓口の番号（ポート）」, "counter number (port)": the everyday name, and the term that stands small beside it. */
export function splitName(name: string): readonly [name: string, term: string] {
  const match = /^(.*?)\s*[（(]([^（）()]*)[）)]$/.exec(name);
  return match ? [match[1]!, match[2]!] : [name, ''];
}
