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
