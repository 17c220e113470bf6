// Where an address leads: accounts, aliases, subaddresses, catch-all, and the addresses that every domain has (RFC 2142, RFC 5321 §4.5.1).
// Knows the directory's rows; knows no protocol's reply and no quota.
import { toAsciiDomain } from '../../protocol/smtp/grammar/domain.ts';
import type { AccountId } from '../../store/contract.ts';
import type { AccountRow, Directory, DomainRow } from '../../store/directory-contract.ts';
import type { OutsideAccountRow } from '../../store/outside-contract.ts';
import type { AddressBook, OutsideSender, Resolution } from './contract.ts';

/** Reached through one address at most so many others. */
const maxTargets = 1000;
/** Aliases of aliases are followed so deep. */
const maxDepth = 20;
/** RFC 2142 §5, RFC 5321 §4.5.1: exist in every domain. */
const dutyNames: ReadonlySet<string> = new Set(['postmaster', 'abuse']);

const unknown: Resolution = { kind: 'unknown' };

/**
 * The form in which addresses are kept and compared: local part in NFKC and lower case, domain as lower-case A-labels. Null when the text
 * cannot be an address. Address literals stay as they are.
 * Liberal: RFC 5321 §2.4 makes local parts case-sensitive; people do not, and no two people here differ by case alone.
 */
export function normaliseAddress(address: string): string | null {
  const at = address.lastIndexOf('@');
  if (at < 1) return null;
  const domain = address.charAt(at + 1) === '[' ? address.slice(at + 1).toLowerCase() : toAsciiDomain(address.slice(at + 1));
  return domain === null || domain === '' ? null : `${normaliseLocalPart(address.slice(0, at))}@${domain}`;
}

function normaliseLocalPart(local: string): string {
  return /^[\x00-\x7f]*$/.test(local) ? local.toLowerCase() : local.normalize('NFKC').toLowerCase().normalize('NFKC');
}

export function openAddressBook(directory: Directory): AddressBook {
  return new DirectoryAddresses(directory);
}

/** One look-up of an address: what was passed on the way, so that loops and floods end. */
interface Walk {
  readonly passed: Set<string>;
  /** How many accounts and addresses elsewhere were found. */
  found: number;
}

class DirectoryAddresses implements AddressBook {
  readonly #directory: Directory;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  isOurs(domain: string): boolean {
    const name = toAsciiDomain(domain);
    return name !== null && this.#directory.domain(name) !== null;
  }

  resolve(address: string): Resolution {
    return this.#resolve(address, { passed: new Set(), found: 0 }, true);
  }

  owns(account: AccountId, address: string): boolean {
    if (this.outsideSender(account, address) !== null) return true;
    // A catch-all is where letters for nobody go; it does not make its owner everybody. Nor is who reads the letters to postmaster, because
    // somebody has to, the one who may write as postmaster: an alias says who is.
    return leadsTo(this.#resolve(address, { passed: new Set(), found: 0 }, false), account);
  }

  outsideSender(account: AccountId, address: string): OutsideSender | null {
    const own = this.#directory.outsideAccount(account);
    if (address === '') return own === null ? null : this.#senderOf(own);
    const normal = normaliseAddress(address);
    if (normal === null) return null;
    const row = this.#directory.outsideAccountByAddress(own?.owner ?? account, normal);
    return row === null || (own !== null && own.id !== row.id) ? null : this.#senderOf(row);
  }

  /** Only an address that a letter has come back to is the person's for certain (reliability: nobody writes as somebody else). */
  #senderOf(row: OutsideAccountRow): OutsideSender | null {
    const open = row.closedAt === null && row.provenAt !== null && this.#directory.accountById(row.owner)?.closedAt === null;
    return open ? { account: row.id, address: row.address, name: row.name, copy: row.sentCopy === 'here' } : null;
  }

  #resolve(address: string, walk: Walk, asRecipient: boolean): Resolution {
    const normal = normaliseAddress(this.#withDomain(address));
    if (normal === null) return unknown;
    const at = normal.lastIndexOf('@');
    const local = normal.slice(0, at);
    const name = normal.slice(at + 1);
    const domain = this.#directory.domain(name);
    if (domain === null) {
      walk.found++;
      return { kind: 'elsewhere', address, domain: name };
    }
    const exact = this.#exact(normal, null, walk, asRecipient);
    if (exact !== null) return exact;
    const divider = domain.subaddress === null ? -1 : local.indexOf(domain.subaddress);
    // RFC 5233 §1: the part behind the first divider is the detail.
    const user = divider > 0 ? local.slice(0, divider) : local;
    if (divider > 0) {
      const base = this.#exact(`${user}@${name}`, address.slice(divider + 1, address.lastIndexOf('@')), walk, asRecipient);
      if (base !== null) return base;
    }
    if (asRecipient && dutyNames.has(user)) {
      const keeper = this.#keeper(name);
      if (keeper !== null) return this.#account(keeper, null, walk);
    }
    return asRecipient ? this.#catchAll(domain, walk) : unknown;
  }

  /** RFC 5321 §4.1.1.3: `postmaster` alone is that of this system. */
  #withDomain(address: string): string {
    const first = address.toLowerCase() === 'postmaster' ? this.#directory.domains()[0] : undefined;
    return first === undefined ? address : `${address}@${first.name}`;
  }

  #exact(address: string, detail: string | null, walk: Walk, asRecipient: boolean): Resolution | null {
    const account = this.#directory.accountByAddress(address);
    if (account !== null) return this.#account(account, detail, walk);
    const alias = this.#directory.alias(address);
    return alias === null ? null : this.#list(address, alias.targets, walk, asRecipient);
  }

  #account(account: AccountRow, detail: string | null, walk: Walk): Resolution {
    walk.found++;
    return { kind: 'account', account: account.id, address: account.address, detail };
  }

  #list(address: string, targets: readonly string[], walk: Walk, asRecipient: boolean): Resolution {
    // A loop, or an alias met a second time: its targets are in the result already.
    if (walk.passed.has(address) || walk.passed.size >= maxDepth * maxTargets) return { kind: 'list', targets: [] };
    walk.passed.add(address);
    const found: Resolution[] = [];
    for (const target of targets) {
      if (walk.found >= maxTargets) break;
      const resolution = this.#resolve(target, walk, asRecipient);
      if (resolution.kind === 'list') found.push(...resolution.targets);
      else found.push(resolution);
    }
    return { kind: 'list', targets: found };
  }

  /** Who reads what everybody can write to: the first open account of the domain, or of all. */
  #keeper(domain: string): AccountRow | null {
    let first: AccountRow | null = null;
    for (const account of this.#directory.accounts()) {
      if (account.closedAt !== null) continue;
      if (account.address.endsWith(`@${domain}`)) return account;
      first ??= account;
    }
    return first;
  }

  #catchAll(domain: DomainRow, walk: Walk): Resolution {
    const mark = `@${domain.name}`;
    if (domain.catchAll === null || walk.passed.has(mark)) return unknown;
    walk.passed.add(mark);
    return this.#resolve(domain.catchAll, walk, true);
  }
}

function leadsTo(resolution: Resolution, account: AccountId): boolean {
  if (resolution.kind === 'account') return resolution.account === account;
  return resolution.kind === 'list' && resolution.targets.some((target) => leadsTo(target, account));
}
