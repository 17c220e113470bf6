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
  /** Mailboxes that stand in a circle of names: they have to give up theirs before the others can go on. */
  readonly circles: readonly MailboxId[];
}

/** Whoever holds what another wants goes first. */
export function orderUpdates(wanted: readonly Wanted[], there: readonly MailboxInfo[]): Ordered {
  const byMailbox = new Map(wanted.map((one) => [one.mailbox, one]));
  const holderOfName = new Map(there.map(({ name, id }) => [name, id]));
  const holderOfRole = new Map(there.flatMap(({ role, id }) => (role === null ? [] : [[role as string, id] as const])));
  const order: MailboxId[] = [];
  const circles: MailboxId[] = [];
  const state = new Map<MailboxId, 'open' | 'done'>();
  const visit = (one: Wanted): void => {
    state.set(one.mailbox, 'open');
    const before = [
      one.fullName === undefined ? undefined : holderOfName.get(one.fullName),
      typeof one.role === 'string' ? holderOfRole.get(one.role) : undefined,
    ];
    for (const [index, holder] of before.entries()) {
      const next = holder === undefined || holder === one.mailbox ? undefined : byMailbox.get(holder);
      if (next === undefined) continue;
      if (state.get(next.mailbox) === undefined) visit(next);
      else if (state.get(next.mailbox) === 'open' && index === 0) circles.push(next.mailbox);
    }
    state.set(one.mailbox, 'done');
    order.push(one.mailbox);
  };
  for (const one of wanted) if (!state.has(one.mailbox)) visit(one);
  return { order, circles };
}
