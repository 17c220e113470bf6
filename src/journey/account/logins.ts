// From what somebody types as a login name to the person meant. Knows addresses and aliases as rows; knows no password.
import type { AccountRow, Directory } from '../../store/directory-contract.ts';
import { normaliseAddress } from './addresses.ts';

/** Longer names are nobody's (RFC 5321 §4.5.3.1 allows 64 + 1 + 255 octets). */
const longestLogin = 320;

/** One spelling for one name: as addresses are kept; without a domain, ours when we have only one. */
export function normaliseLogin(login: string, directory: Directory): string {
  // Width first: an input method may write the @ itself wide.
  const text = login
    .slice(0, longestLogin + 1)
    .normalize('NFKC')
    .trim();
  if (text.includes('@')) return normaliseAddress(text) ?? text.toLowerCase();
  const [only, ...others] = directory.domains();
  return only !== undefined && others.length === 0 ? `${text.toLowerCase()}@${only.name}` : text.toLowerCase();
}

/** A person, or `OWNER/ADDRESS`: the account of theirs with that address at another provider. */
export interface LoginName {
  /** Normalised; of the person in both cases, so that guesses at one password are counted together. */
  readonly person: string;
  /** As accounts at other providers are looked up by; null when the person alone is meant. */
  readonly outside: string | null;
}

/** Slashes at which a name is tried to be cut: a local part may hold some (RFC 5321 §4.1.2 Atom). */
const cutsMax = 8;

/** Who is there comes first: a person whose own address holds a slash is that person. */
export function readLogin(login: string, directory: Directory): LoginName {
  const text = login
    .slice(0, 2 * longestLogin + 2)
    .normalize('NFKC')
    .trim();
  const whole = { person: normaliseLogin(text, directory), outside: null };
  if (!text.includes('/') || findPerson(whole.person, directory) !== null) return whole;
  let first: LoginName | null = null;
  for (let at = text.indexOf('/'), cuts = 0; at > 0 && cuts < cutsMax; at = text.indexOf('/', at + 1), cuts++) {
    const right = text.slice(at + 1);
    if (right.indexOf('@') < 1 || right.indexOf('@') !== right.lastIndexOf('@')) continue;
    const cut = { person: normaliseLogin(text.slice(0, at), directory), outside: normaliseAddress(right) ?? right.toLowerCase() };
    if (findPerson(cut.person, directory) !== null) return cut;
    first ??= cut;
  }
  return first ?? whole;
}

/** The person of a normalised name: by main address, or by an alias that leads to one person alone. */
export function findPerson(name: string, directory: Directory): AccountRow | null {
  if (name.length > longestLogin) return null;
  let address = name;
  for (let steps = 0; steps < 10; steps++) {
    const account = directory.accountByAddress(address);
    if (account !== null) return account;
    const targets = directory.alias(address)?.targets;
    if (targets?.length !== 1) return null;
    address = targets[0]!;
  }
  return null;
}
