// Servers that a person types, and those that discovery found, as candidates of a set-up. Knows the forms of both; tries none.
import type { OutsideServer, TlsException } from '../../store/outside-contract.ts';
import type { Candidate, Discovery } from '../discover/contract.ts';
import type { SetUpServer } from '../outside-setup.ts';
import { CommandTrouble } from './command.ts';

/** RFC 8314 §7.3: sealed from the first octet. */
const sealedPorts: Readonly<Record<number, true>> = { 993: true, 995: true, 465: true };
const usual = { imap: [993], pop3: [995], smtp: [465, 587] } as const;

/**
 * `HOST`, `HOST:PORT`, with `/starttls` or `/tls` behind where the port does not tell. Port 25 for sending becomes 465 and 587 (OP25B).
 * `noted` hears of what was changed and why. @throws CommandTrouble.
 */
export function readServer(
  service: OutsideServer['service'],
  text: string,
  logins: readonly string[],
  exceptions: readonly TlsException[],
  noted: (remark: { readonly ja: string; readonly en: string }) => void,
): SetUpServer[] {
  const match = /^(\[[0-9a-f:.]+\]|[^:/\s@?#\\]+)(?::(\d{1,5}))?(?:\/(tls|starttls))?$/i.exec(text.trim());
  const host = match === null ? null : hostOf(match[1]!);
  const typed = match?.[2] === undefined ? null : Number(match[2]);
  if (host === null || (typed !== null && (typed < 1 || typed > 65_535)))
    throw new CommandTrouble(`"${text}" is not a server; write it like mail.example.com:993`, 2);
  const is25 = service === 'smtp' && typed === 25;
  if (is25)
    noted({
      ja: '25番の窓口はサーバーどうしの受け渡しのためのもので、多くの回線で閉じられています(OP25B)。送るための 465番 と 587番 を使います。',
      en: 'Port 25 is for servers among themselves and closed on most networks (OP25B); 465 and 587, which are for sending, are used instead.',
    });
  const ports = typed === null || is25 ? usual[service] : [typed];
  const way = match?.[3]?.toLowerCase() as 'tls' | 'starttls' | undefined;
  return ports.map((port) => ({
    service,
    host,
    port,
    security: way ?? (sealedPorts[port] ? 'tls' : 'starttls'),
    logins,
    exceptions,
    provenance: { host: 'typed', port: typed === port ? 'typed' : is25 ? 'in the place of 25' : 'usual port', login: 'typed or address' },
  }));
}

function hostOf(text: string): string | null {
  try {
    const { hostname } = new URL(`http://${text}`);
    return hostname.replace(/^\[|\]$/g, '');
  } catch {
    return null;
  }
}

/** Candidates of one service as they are set up. `login`: what the person typed, where the provider's form has nothing to do with the address. */
export function serversOf(candidates: readonly Candidate[], login: string | null, allowed: readonly TlsException[]): SetUpServer[] {
  return candidates.map(({ service, host, port, security, logins, knownWeaknesses, proof, provenance }) => {
    const forms = login === null ? logins.flatMap((form) => form.login ?? []) : [login];
    const shown = proof?.reachable === true ? proof.exceptions : [];
    const exceptions = [...new Set([...shown, ...knownWeaknesses.filter((weakness) => allowed.includes(weakness)), ...allowed])];
    return { service, host, port, security, logins: forms.slice(0, 2), exceptions, provenance };
  });
}

/** The best of each service is what a person is shown: the password goes to that host, and to no lesser one in its place. */
export function ofShownHost(servers: readonly SetUpServer[]): SetUpServer[] {
  return servers.filter(({ host }) => host === servers[0]?.host);
}

/** Whether a login name is asked of the person: the provider gives one that the address does not tell. */
export function wantsLogin({ imap, pop3, smtp }: Pick<Discovery, 'imap' | 'pop3' | 'smtp'>): boolean {
  return [imap[0], pop3[0], smtp[0]].some((candidate) => candidate !== undefined && candidate.logins.every((form) => form.login === null));
}

const known: readonly TlsException[] = ['legacy-renegotiation', 'static-rsa', 'tls-1.0', 'weak-key'];

/** @throws CommandTrouble. */
export function readExceptions(text: string | true | undefined): TlsException[] {
  if (typeof text !== 'string') return [];
  return text.split(',').map((word) => {
    const found = known.find((one) => one === word.trim());
    if (found === undefined) throw new CommandTrouble(`--allow knows ${known.join(', ')}, not ${word}`, 2);
    return found;
  });
}
