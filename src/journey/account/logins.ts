// From what somebody types as a login name to the person meant. Knows addresses and aliases as rows; knows no password.
import type { AccountRow, Directory } from '../../store/directory-contract.ts';

/** Longer names are nobody's (RFC 5321 §4.5.3.1 allows 64 + 1 + 255 octets). */
const longestLogin = 320;

/** One spelling for one name: lower case, NFKC, a host name in A-labels; without a domain, ours when we have only one. */
export function normaliseLogin(login: string, directory: Directory): string {
  const text = login
    .slice(0, longestLogin + 1)
    .normalize('NFKC')
    .trim()
    .toLowerCase();
  const at = text.lastIndexOf('@');
  if (at >= 0) return `${text.slice(0, at)}@${asciiDomain(text.slice(at + 1)) ?? text.slice(at + 1)}`;
  const [only, ...others] = directory.domains();
  return only !== undefined && others.length === 0 ? `${text}@${only.name}` : text;
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

/** RFC 5891 A-label form in lower case, or null when it is no domain name. */
export function asciiDomain(domain: string): string | null {
  if (domain === '' || domain.length > 253 || /[\s\0-\x20"#%/:<>?@[\\\]^|]/.test(domain)) return null;
  let ascii = domain.toLowerCase();
  if (!/^[a-z0-9.-]*$/.test(ascii)) {
    // The URL standard's host parser does UTS 46, without a table of ours.
    const url = URL.parse(`http://${domain}/`);
    if (url === null) return null;
    ascii = url.hostname;
  }
  const labels = ascii.split('.');
  return ascii.length <= 253 && labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label)) ? ascii : null;
}
