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
  readonly provider: { readonly name: string; readonly results: Readonly<Record<string, string>> } | null;
}

/** Whose mark a provider's results bear, by the domain of its servers. */
const providers: Readonly<Record<string, readonly string[]>> = {
  'gmail.com': ['google.com'],
  'googlemail.com': ['google.com'],
  'me.com': ['icloud.com', 'apple.com'],
  'office365.com': ['outlook.com', 'office365.com'],
};

export function sealOf(stations: readonly SeenStation[], from: string, results: readonly string[]): Seal {
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
    provider: kind === 'fetched' ? providerResults(results, peer) : null,
  };
}

/** RFC 8601 §5: a mark of one's own provider, the topmost; it takes away those that come from outside under its name. */
function providerResults(results: readonly string[], peer: string): Seal['provider'] {
  const [first = ''] = results;
  const plain = first.replaceAll(/\([^()]*\)/g, ' ');
  const [, id = ''] = /^\s*([\w.-]+)/.exec(plain) ?? [];
  const host = organisation(peer);
  if (id === '' || ![host, ...(providers[host] ?? [])].includes(organisation(id))) return null;
  const found = [...plain.matchAll(/[;\s](spf|dkim|dmarc)\s*=\s*([a-z]+)/gi)];
  if (found.length === 0) return null;
  const named: Record<string, string> = {};
  // Several signatures: one that holds is enough.
  for (const [, name = '', said = ''] of found) if (named[name.toLowerCase()] !== 'pass') named[name.toLowerCase()] = said.toLowerCase();
  return { name: id, results: named };
}
