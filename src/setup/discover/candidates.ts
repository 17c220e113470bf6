// Settings of a source become candidates: only what may be used, sealed, ranked, and each value with where it came from.
// Knows what makes one better than another; asks nobody.
import { fillLogin, type AccountSettings, type ServerSettings, type SignIn } from '../../protocol/autoconfig/contract.ts';
import { standardPorts } from '../../protocol/autoconfig/values.ts';
import { sourceNames, type Candidate, type Confidence, type LoginForm, type SourceName } from './contract.ts';
import type { LoginKind } from './provider-rows.ts';

/** Ports that a stranger's document may name. 25 is for servers among themselves and is never offered. */
const allowedPorts: ReadonlySet<number> = new Set([110, 143, 465, 587, 993, 995]);

/** Candidates of one service that are kept. */
export const candidatesMax = 8;

export interface CandidateOptions {
  readonly address: string;
  readonly source: SourceName;
  readonly confidence: Confidence;
  /** For the record: `https://autoconfig.example.test/mail/…`. */
  readonly from: string;
  /** Other ports too: tests and closed networks. */
  readonly anyPort: boolean;
}

export function candidatesOf(settings: AccountSettings, options: CandidateOptions): Candidate[] {
  return [...settings.incoming, ...settings.outgoing].flatMap((server) => candidatesOfServer(server, options));
}

function candidatesOfServer(server: ServerSettings, options: CandidateOptions): Candidate[] {
  const { address, anyPort } = options;
  const logins = server.login === null ? loginsOf(['address', 'localpart'], address) : [formOf(server.login, address)];
  const told = server.login === null ? 'not told; usual forms' : options.from;
  const methods = server.signIn.filter((method) => method !== 'none');
  const signIn: readonly SignIn[] = methods.length > 0 ? methods : ['password'];
  return sealed(server)
    .filter(({ port }) => allowedPorts.has(port) || (anyPort && port !== 25))
    .map(({ port, security, upgraded }) => candidate(server, { port, security, upgraded }, logins, signIn, told, options));
}

/** The row itself, or where it is plain, or on port 25, the sealed ones of the same host in its place. */
export function sealed(
  server: Pick<ServerSettings, 'service' | 'port' | 'security'>,
): { readonly port: number; readonly security: Candidate['security']; readonly upgraded: boolean }[] {
  const { service, port, security } = server;
  if (security !== 'plain' && !(service === 'smtp' && port === 25)) return [{ port, security, upgraded: false }];
  const ports = standardPorts[service];
  // A plain server on a port of its own may know STARTTLS there.
  const own = port === 25 || port === ports.tls ? ports.starttls : port;
  return [
    { port: ports.tls, security: 'tls', upgraded: true },
    { port: own, security: 'starttls', upgraded: true },
  ];
}

function candidate(
  { service, host }: Pick<ServerSettings, 'service' | 'host'>,
  { port, security, upgraded }: { port: number; security: Candidate['security']; upgraded: boolean },
  logins: readonly LoginForm[],
  signIn: readonly SignIn[],
  loginFrom: string,
  { source, confidence, from }: CandidateOptions,
): Candidate {
  const sealing = upgraded ? `${from}, sealed instead of plain` : from;
  return {
    service,
    host,
    port,
    security,
    logins,
    signIn,
    knownWeaknesses: [],
    source,
    alsoFrom: [],
    confidence,
    upgraded,
    provenance: { host: from, port: sealing, security: sealing, login: loginFrom, signIn: from },
    proof: null,
  };
}

export function loginsOf(kinds: readonly LoginKind[], address: string): LoginForm[] {
  return kinds.slice(0, 2).map((kind): LoginForm => {
    switch (kind) {
      case 'address':
        return { kind, login: address };
      case 'localpart':
        return { kind, login: address.slice(0, address.lastIndexOf('@')) };
      case 'localpart-domain':
        return { kind, login: address.replace(/@(?=[^@]*$)/, '.') };
      default:
        return { kind, login: null };
    }
  });
}

function formOf(template: string, address: string): LoginForm {
  const login = fillLogin(template, address);
  const known = loginsOf(['address', 'localpart'], address).find((form) => form.login === login);
  return known ?? { kind: 'given', login };
}

const same = (a: Candidate, b: Candidate) => a.service === b.service && a.host === b.host && a.port === b.port && a.security === b.security;

/**
 * One list of each server once, best first: by source, then the order of the provider, but TLS from the first octet before STARTTLS of
 * the same host (RFC 8314 §3), and what the source said sealed before what we sealed. A later source adds a login name where the
 * better one told none.
 */
export function rankCandidates(all: readonly Candidate[]): Candidate[] {
  const rank = (one: Candidate) => sourceNames.indexOf(one.source);
  const merged: Candidate[] = [];
  for (const one of all.toSorted((a, b) => rank(a) - rank(b))) {
    const at = merged.findIndex((other) => same(other, one));
    if (at < 0) {
      merged.push(one);
      continue;
    }
    const first = merged[at]!;
    const knowsLogin = first.logins.length === 1 || one.logins.length > 1;
    merged[at] = {
      ...first,
      logins: knowsLogin ? first.logins : one.logins,
      alsoFrom: one.source === first.source || first.alsoFrom.includes(one.source) ? first.alsoFrom : [...first.alsoFrom, one.source],
      provenance: knowsLogin ? first.provenance : { ...first.provenance, login: one.provenance['login'] ?? '' },
    };
  }
  const order = new Map(merged.map((one, index) => [one, index]));
  // The place of a host is where it stands first; within it the seal decides.
  const place = (one: Candidate) =>
    Math.min(
      ...merged
        .filter(
          (other) =>
            other.source === one.source && other.upgraded === one.upgraded && other.service === one.service && other.host === one.host,
        )
        .map((other) => order.get(other)!),
    );
  return merged.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      Number(a.upgraded) - Number(b.upgraded) ||
      place(a) - place(b) ||
      Number(a.security === 'starttls') - Number(b.security === 'starttls') ||
      order.get(a)! - order.get(b)!,
  );
}
