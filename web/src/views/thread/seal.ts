// What can be said of who a letter is from: only what our server saw itself, and what a person's own provider has written on it. Knows stations of a
// journey and Authentication-Results (RFC 8601); checks no signature, and never says that one was checked which was not.
import { organisation } from '../../../../src/message/address/domain-look.ts';
import { domainOf, readable } from './look-alike.ts';

export interface SeenStation {
  readonly station: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface Seal {
  /**
   * `own`: somebody signed in here handed it in. `brought`: another server brought it. `fetched`: it was fetched from a provider. `unknown`: of its way
   * nothing is known.
   */
  readonly kind: 'own' | 'brought' | 'fetched' | 'unknown';
  readonly peer: string;
  readonly peerAddress: string;
  /** Null: nobody wrote it down. */
  readonly isSealed: boolean | null;
  readonly tls: string;
  /** The address that the other server gave as the sender's; '' for none. */
  readonly envelope: string;
  /** Is the sender's domain that of the address shown? Null: not to be said. */
  readonly sameDomain: boolean | null;
  /** What the provider says it has checked, such as `dkim` → `pass`; null: it says nothing that we may believe. */
  readonly provider: ProviderWord | null;
}

export interface ProviderWord {
  /** As it calls itself (RFC 8601 §2.5). */
  readonly name: string;
  readonly results: Readonly<Record<string, string>>;
  /** Does the letter come from the domain it shows? By DMARC where it was looked at, else by a signature or a sender of that same domain. */
  readonly verdict: 'holds' | 'fails' | 'unclear';
}

/**
 * Whose mark the results of a provider bear, by the domain of its servers. These write results on every letter and take away what came from outside under
 * their name (RFC 8601 §5), wherever in the head they put them.
 */
const providers: Readonly<Record<string, readonly string[]>> = {
  'gmail.com': ['google.com'],
  'googlemail.com': ['google.com'],
  'google.com': ['google.com'],
  'me.com': ['icloud.com', 'apple.com'],
  'icloud.com': ['icloud.com', 'apple.com'],
  'office365.com': ['outlook.com', 'office365.com'],
  'outlook.com': ['outlook.com', 'office365.com'],
  'yahoo.com': ['yahoo.com'],
  'yahoo.co.jp': ['yahoo.co.jp'],
  'fastmail.com': ['messagingengine.com', 'fastmail.com'],
  'gmx.net': ['gmx.net'],
  'web.de': ['web.de'],
  'zoho.com': ['zohomail.com', 'zoho.com'],
};

/** Must it be looked at where in the head the results stand before they can be believed? Of providers that are not known to take foreign ones away. */
export function needsPlace(seal: Seal, results: readonly string[]): boolean {
  return seal.kind === 'fetched' && seal.provider === null && providers[organisation(seal.peer)] === undefined && results.length > 0;
}

/**
 * The results that stand above the topmost Received field: whoever brought the letter to the provider could not write there (RFC 5321 §4.4 has each server
 * put its own line on top). `headers`: the whole head, in order.
 */
export function resultsOnTop(headers: readonly { readonly name: string; readonly value: string }[]): string[] {
  const received = headers.findIndex(({ name }) => name.toLowerCase() === 'received');
  return headers
    .slice(0, Math.max(0, received))
    .filter(({ name }) => name.toLowerCase() === 'authentication-results')
    .map(({ value }) => value);
}

export function sealOf(stations: readonly SeenStation[], from: string, results: readonly string[], onTop: readonly string[] = []): Seal {
  const text = (facts: SeenStation['facts'], name: string): string => (typeof facts[name] === 'string' ? facts[name] : '');
  const found =
    stations.find(({ station }) => station === 'collection') ??
    stations.find(({ station }) => station === 'reception') ??
    stations.find(({ station }) => station === 'submission');
  if (!found)
    return { kind: 'unknown', peer: '', peerAddress: '', isSealed: null, tls: '', envelope: '', sameDomain: null, provider: null };
  const { station, facts } = found;
  const kind = station === 'submission' ? 'own' : station === 'reception' ? 'brought' : 'fetched';
  const tls = text(facts, 'tls');
  const envelope = text(facts, 'from') || (kind === 'own' ? text(facts, 'login') : '');
  const same =
    envelope === '' || from === '' ? null : organisation(domainOf(readable(envelope))) === organisation(domainOf(readable(from)));
  const peer = text(facts, 'peer');
  return {
    kind,
    peer,
    peerAddress: text(facts, 'peerAddress'),
    // An app of this very computer needs none.
    isSealed: tls !== '' ? true : kind === 'brought' ? false : null,
    tls,
    envelope,
    sameDomain: kind === 'fetched' ? null : same,
    provider: kind === 'fetched' ? providerWord(providers[organisation(peer)] ? results : onTop, peer, from) : null,
  };
}

/** Who write what each of their services found under that service's own name, one field above the other. */
const services: ReadonlySet<string> = new Set(['bimi.icloud.com', 'dmarc.icloud.com', 'dkim-verifier.icloud.com', 'spf.icloud.com']);

/**
 * RFC 8601 §2.2, §5: the topmost field when it is of one's own provider, and those below it under the very same name: a provider takes away what came from
 * outside under its name, and not what came under another that only looks like it.
 */
function providerWord(fields: readonly string[], peer: string, from: string): ProviderWord | null {
  const host = organisation(peer);
  const own = new Set([host, ...(providers[host] ?? [])]);
  const named: Record<string, string> = {};
  const domain = organisation(domainOf(readable(from)));
  let name = '';
  let isSame = false;
  for (const field of fields) {
    const plain = withoutComments(field);
    const [id = '', ...said] = plain.split(';');
    const [, server = ''] = /^\s*([\w.-]+)/.exec(id) ?? [];
    if (server === '' || !own.has(organisation(server))) break;
    name ||= server;
    if (server.toLowerCase() !== name.toLowerCase() && !(services.has(server) && services.has(name))) break;
    for (const one of said) {
      const [, method = '', result = ''] = /^\s*(spf|dkim|dmarc)\s*=\s*([a-z]+)/i.exec(one) ?? [];
      if (method === '') continue;
      const key = method.toLowerCase();
      const [, whose = ''] = /\b(?:header\.(?:d|i|from)|smtp\.mailfrom)\s*=\s*"?([^\s;"]+)/i.exec(one) ?? [];
      const isOfDomain = whose !== '' && organisation(readable(domainOf(whose))) === domain;
      // Of the address that is shown, or it says nothing about it.
      if (key === 'dmarc' && whose !== '' && !isOfDomain) continue;
      // Several signatures: one that holds is enough. DMARC is looked at once: of two words the worse one counts.
      if (key === 'dmarc' ? (named[key] ?? 'pass') === 'pass' : named[key] !== 'pass') named[key] = result.toLowerCase();
      if (result.toLowerCase() === 'pass' && key !== 'dmarc' && isOfDomain) isSame = true;
    }
  }
  if (Object.keys(named).length === 0) return null;
  const { dmarc } = named;
  const verdict = dmarc === 'pass' ? 'holds' : dmarc === 'fail' ? 'fails' : isSame ? 'holds' : 'unclear';
  return { name, results: named, verdict };
}

/** RFC 5322 §3.2.2: comments nest; a quoted text is none. */
function withoutComments(field: string): string {
  let depth = 0;
  let isQuoted = false;
  let plain = '';
  for (let at = 0; at < field.length; at++) {
    const letter = field[at]!;
    if (letter === '\\') {
      if (depth === 0) plain += letter + (field[at + 1] ?? '');
      at++;
    } else if (depth === 0 && letter === '"') {
      isQuoted = !isQuoted;
      plain += letter;
    } else if (!isQuoted && letter === '(') depth++;
    else if (!isQuoted && letter === ')' && depth > 0) depth--;
    else if (depth === 0) plain += isQuoted && letter === ';' ? ' ' : letter;
  }
  return plain;
}
