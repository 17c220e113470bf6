// Gathers the people who get one letter: each account once, with room in its mailbox; those elsewhere as rows for the queue.
// Knows the address book, quotas and closed accounts; knows no protocol.
import type { Clock } from '../../base/clock.ts';
import type { AccountId, MailStore, Placement } from '../../store/contract.ts';
import type { AccountRow, Directory } from '../../store/directory-contract.ts';
import type { NewQueueRecipient } from '../../store/queue-contract.ts';
import { normaliseAddress } from './addresses.ts';
import type { AddressBook, Objection, RecipientFacts, RecipientList, RecipientLists, Resolution } from './contract.ts';

export interface RecipientParts {
  readonly addresses: AddressBook;
  readonly directory: Directory;
  readonly store: Pick<MailStore, 'usage'>;
  readonly clock: Clock;
  /** How long the queue tries before the sender gets a report, milliseconds (RFC 5321 §4.5.4.1: at least 4–5 days). */
  readonly queueLifetime: number;
}

/** Rows and placements of one letter, expanded lists included. */
const maxDestinations = 10_000;

export function openRecipientLists(parts: RecipientParts): RecipientLists {
  return {
    open: ({ onlyOurs, pastQuota = false, via = null }) =>
      via === null ? new GatheredRecipients(parts, onlyOurs, pastQuota) : new CarriedRecipients(parts, via),
  };
}

class GatheredRecipients implements RecipientList {
  readonly #parts: RecipientParts;
  readonly #onlyOurs: boolean;
  readonly #pastQuota: boolean;
  readonly told: string[] = [];
  readonly accounts = new Map<AccountId, string>();
  readonly wantSuccess: RecipientFacts[] = [];
  readonly #elsewhere = new Map<string, NewQueueRecipient>();

  constructor(parts: RecipientParts, onlyOurs: boolean, pastQuota: boolean) {
    this.#parts = parts;
    this.#onlyOurs = onlyOurs;
    this.#pastQuota = pastQuota;
  }

  add(recipient: RecipientFacts, size: number): Objection | null | Promise<Objection | null> {
    const resolution = this.#parts.addresses.resolve(recipient.address);
    switch (resolution.kind) {
      case 'unknown':
        return 'unknown';
      case 'elsewhere':
        if (this.#onlyOurs) return 'elsewhere';
        return this.#addElsewhere(resolution, recipient) ?? this.#tell(recipient);
      case 'account': {
        const row = this.#parts.directory.accountById(resolution.account);
        if (row === null) return 'unknown';
        if (row.closedAt !== null) return 'closed';
        const room = this.#roomFor(row, size);
        if (room === null) return this.#place(row, recipient);
        return room.then((objection) => objection ?? this.#place(row, recipient));
      }
      case 'list':
        return this.#addList(resolution.targets, recipient);
    }
  }

  recheck(size: number): Objection | null | Promise<Objection | null> {
    const [account] = this.accounts.keys();
    if (this.accounts.size !== 1 || this.#elsewhere.size > 0) return null;
    const row = this.#parts.directory.accountById(account!);
    return row === null ? 'unknown' : this.#roomFor(row, size);
  }

  get elsewhere(): number {
    return this.#elsewhere.size;
  }

  placements(): readonly Placement[] {
    const placements: Placement[] = [];
    for (const account of this.accounts.keys()) placements.push({ account, mailbox: 'inbox', flags: [] });
    return placements;
  }

  queueRows(): readonly NewQueueRecipient[] {
    return this.#elsewhere.size === 0 ? none : [...this.#elsewhere.values()];
  }

  #tell(recipient: RecipientFacts): null {
    this.told.push(recipient.address);
    return null;
  }

  /**
   * A list takes a letter when one of its members can. Full mailboxes are not asked for here: the sender of a letter to a list can do
   * nothing about one member's mailbox, so a list may bring it a little above its quota.
   */
  #addList(targets: readonly Resolution[], recipient: RecipientFacts): Objection | null {
    let added = false;
    for (const target of targets) {
      if (target.kind === 'elsewhere') {
        // RFC 3461 §5.2.7.1: what was asked for concerns the list; its members' servers are not asked for success reports.
        if (this.#addElsewhere(target, { ...recipient, notify: recipient.notify.filter((word) => word !== 'success') }) === null)
          added = true;
      } else if (target.kind === 'account') {
        const row = this.#parts.directory.accountById(target.account);
        if (row !== null && row.closedAt === null && this.#addAccount(row) === null) added = true;
      }
    }
    return added ? this.#tell(recipient) : 'unknown';
  }

  #place(row: AccountRow, recipient: RecipientFacts): Objection | null {
    const objection = this.#addAccount(row);
    if (objection !== null) return objection;
    if (recipient.notify.includes('success')) this.wantSuccess.push(recipient);
    return this.#tell(recipient);
  }

  #addAccount(row: AccountRow): Objection | null {
    if (this.accounts.size >= maxDestinations) return 'too-many';
    this.accounts.set(row.id, row.address);
    return null;
  }

  #addElsewhere(target: Resolution & { readonly kind: 'elsewhere' }, recipient: RecipientFacts): Objection | null {
    if (this.#elsewhere.size >= maxDestinations) return 'too-many';
    const now = this.#parts.clock.now();
    this.#elsewhere.set(target.address, {
      recipient: target.address,
      domain: target.domain,
      dueAt: now,
      expiresAt: now + this.#parts.queueLifetime,
      notify: recipient.notify,
      originalRecipient: recipient.originalRecipient,
    });
    return null;
  }

  /** Null when there is no quota to look at. */
  #roomFor(row: AccountRow, size: number): Promise<Objection | null> | null {
    const { quota } = row;
    if (quota === null || this.#pastQuota) return null;
    if (size > quota) return Promise.resolve('over-quota');
    return this.#parts.store.usage(row.id).then(({ octets }) => (octets + Math.max(1, size) > quota ? 'full' : null));
  }
}

const none: readonly NewQueueRecipient[] = [];

/** All that a letter is for when another provider carries it: nothing is resolved here, also where an address is ours. */
class CarriedRecipients implements RecipientList {
  readonly #parts: RecipientParts;
  readonly #via: AccountId;
  readonly told: string[] = [];
  readonly accounts: ReadonlyMap<AccountId, string> = new Map();
  readonly wantSuccess: readonly RecipientFacts[] = [];
  readonly #rows = new Map<string, NewQueueRecipient>();

  constructor(parts: RecipientParts, via: AccountId) {
    this.#parts = parts;
    this.#via = via;
  }

  add({ address, notify, originalRecipient }: RecipientFacts): Objection | null {
    const normal = normaliseAddress(address);
    // `postmaster` without a domain is ours alone (RFC 5321 §4.1.1.3): the provider would take it for its own.
    if (normal === null) return 'unknown';
    if (this.#rows.size >= maxDestinations) return 'too-many';
    const now = this.#parts.clock.now();
    const domain = normal.slice(normal.lastIndexOf('@') + 1);
    const expiresAt = now + this.#parts.queueLifetime;
    this.#rows.set(address, { recipient: address, domain, dueAt: now, expiresAt, notify, originalRecipient, via: this.#via });
    this.told.push(address);
    return null;
  }

  recheck(): null {
    return null;
  }

  get elsewhere(): number {
    return this.#rows.size;
  }

  placements(): readonly Placement[] {
    return [];
  }

  queueRows(): readonly NewQueueRecipient[] {
    return [...this.#rows.values()];
  }
}
