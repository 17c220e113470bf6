// In which order mailboxes are changed that take names and roles from one another in one call (RFC 8620 §5.3: "if the final state is valid, this is
// allowed"). Knows names and roles wanted; changes nothing.
import type { MailboxId, MailboxInfo } from '../../../store/contract.ts';

/** What an update would lead to; undefined: stays. */
export interface Wanted {
  readonly mailbox: MailboxId;
  readonly fullName?: string | undefined;
  readonly role?: string | null | undefined;
}

export interface Ordered {
  readonly order: readonly MailboxId[];
  /** Mailboxes that stand in a circle: they have to give up their name or role before the others can go on. */
  readonly circles: ReadonlyMap<MailboxId, { readonly name: boolean; readonly role: boolean }>;
}

/** Whoever holds what another wants, and is to have something else, goes first. */
export function orderUpdates(wanted: readonly Wanted[], there: readonly MailboxInfo[]): Ordered {
  const infos = new Map(there.map((info) => [info.id, info]));
  const leavesName = new Map<string, Wanted>();
  const leavesRole = new Map<string, Wanted>();
  for (const one of wanted) {
    const info = infos.get(one.mailbox);
    if (info === undefined) continue;
    if (one.fullName !== undefined && one.fullName !== info.name) leavesName.set(info.name, one);
    if (info.role !== null && one.role !== undefined && one.role !== info.role) leavesRole.set(info.role, one);
  }
  const order: MailboxId[] = [];
  const circles = new Map<MailboxId, { name: boolean; role: boolean }>();
  const state = new Map<MailboxId, 'open' | 'done'>();
  const visit = (one: Wanted): void => {
    state.set(one.mailbox, 'open');
    const name = one.fullName === undefined ? undefined : leavesName.get(one.fullName);
    const role = typeof one.role === 'string' ? leavesRole.get(one.role) : undefined;
    for (const holder of [name, role]) {
      if (holder === undefined || holder === one) continue;
      if (state.get(holder.mailbox) === undefined) visit(holder);
      if (state.get(holder.mailbox) !== 'open') continue;
      const gives = circles.get(holder.mailbox) ?? { name: false, role: false };
      circles.set(holder.mailbox, { name: gives.name || holder === name, role: gives.role || holder === role });
    }
    state.set(one.mailbox, 'done');
    order.push(one.mailbox);
  };
  for (const one of wanted) if (!state.has(one.mailbox)) visit(one);
  return { order, circles };
}
