// Letters that are put away until later, and whom somebody has written to: what the own capability asks of a mailbox. Knows the store's shelf;
// when a letter comes back is decided elsewhere.
import { Refusal } from '../base/trouble.ts';
import { bringBack, snoozedName } from '../journey/appointments/snooze.ts';
import { parseAddressText } from './own-capability-addresses.ts';
import type { AccountId, MailboxId, MailStore, MessageId } from '../store/contract.ts';
import type { ContactDesk, SnoozeDesk } from '../protocol/jmap/tayori/contract.ts';

export function openSnoozeDesk({ store }: { readonly store: MailStore }): SnoozeDesk {
  async function snoozed(account: AccountId): Promise<MailboxId> {
    const find = async (): Promise<MailboxId | null> =>
      (await store.mailboxes(account)).find(({ name }) => name === snoozedName)?.id ?? null;
    const there = await find();
    if (there !== null) return there;
    try {
      return (await store.createMailbox(account, snoozedName, null)).id;
    } catch (trouble) {
      // Two at once.
      const made = trouble instanceof Refusal && trouble.code === 'already-exists' ? await find() : null;
      if (made === null) throw trouble;
      return made;
    }
  }

  /** @throws Refusal `nonexistent`. */
  async function placesOf(account: AccountId, message: MessageId): Promise<readonly MailboxId[]> {
    const shelf = await store.openShelf(account);
    try {
      const index = shelf.indexOf(message);
      if (index < 0) throw new Refusal('nonexistent', 'there is no such email');
      return shelf.mailboxesAt(index);
    } finally {
      shelf.release();
    }
  }

  return {
    async away(account, message, keep) {
      const target = await snoozed(account);
      const inbox = (await store.mailboxes(account)).find(({ role }) => role === 'inbox')?.id;
      const places = await placesOf(account, message);
      const from = places.find((mailbox) => mailbox === inbox) ?? places.find((mailbox) => mailbox !== target) ?? inbox ?? target;
      const revision =
        places.includes(target) && places.length === 1 ? { message } : { message, mailboxes: { add: [target], remove: [from] } };
      const { items } = await store.reviseNoting(account, revision, [keep(from)]);
      return items[0]!;
    },

    back: (account, message, mailbox, gone) => bringBack(store, account, { message, mailbox }, gone),
  };
}

/** Letters that are looked at for addresses: the last ones sent. */
const lettersMax = 1_000;
const accountsMax = 500;

interface Known {
  /** Of the Sent folder: what has been looked through. */
  readonly mark: string;
  readonly people: readonly { readonly name: string; readonly email: string; readonly uses: number }[];
}

const nobody: Known['people'] = [];

export function openContactDesk({ store }: { readonly store: MailStore }): ContactDesk {
  const kept = new Map<AccountId, Known>();

  async function gather(account: AccountId, sent: MailboxId): Promise<Known['people']> {
    const state = await store.openMailbox(account, sent);
    let messages: Uint32Array;
    try {
      messages = state.messages.slice(Math.max(0, state.count - lettersMax), state.count);
    } finally {
      state.release();
    }
    const { to, cc } = await store.readFacts(account, messages, ['to', 'cc']);
    const people = new Map<string, { name: string; email: string; uses: number }>();
    for (const text of [...to, ...cc])
      for (const { name, email } of parseAddressText(text ?? '')) {
        const key = email.toLowerCase();
        const before = people.get(key);
        people.set(key, { name: name === '' ? (before?.name ?? '') : name, email, uses: (before?.uses ?? 0) + 1 });
      }
    return [...people.values()].toSorted((a, b) => b.uses - a.uses);
  }

  return {
    async history(account) {
      const sent = (await store.mailboxes(account)).find(({ role }) => role === 'sent');
      if (sent === undefined) return nobody;
      const mark = `${sent.id} ${sent.uidNext}`;
      let known = kept.get(account);
      if (known?.mark !== mark) {
        known = { mark, people: await gather(account, sent.id) };
        kept.delete(account);
        kept.set(account, known);
        if (kept.size > accountsMax) kept.delete(kept.keys().next().value!);
      }
      return known.people;
    },
  };
}
