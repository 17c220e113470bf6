// Letters that are put away until later, and whom somebody has written to: what the own capability asks of a mailbox. Knows the store's shelf;
// when a letter comes back is decided elsewhere.
import { Refusal } from '../base/trouble.ts';
import { snoozedName } from '../journey/appointments/snooze.ts';
import { parseAddressText } from './own-capability-addresses.ts';
import type { AccountId, MailboxId, MailStore } from '../store/contract.ts';
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

  return {
    async away(account, message, keep) {
      const target = await snoozed(account);
      const shelf = await store.openShelf(account);
      let from: MailboxId;
      try {
        const index = shelf.indexOf(message);
        if (index < 0) throw new Refusal('nonexistent', 'there is no such email');
        const places = shelf.mailboxesAt(index);
        const inbox = (await store.mailboxes(account)).find(({ role }) => role === 'inbox')?.id;
        from = places.find((mailbox) => mailbox === inbox) ?? places.find((mailbox) => mailbox !== target) ?? inbox ?? target;
        if (places.includes(target) && places.length === 1) return await keep(inbox ?? from);
      } finally {
        shelf.release();
      }
      const item = await keep(from);
      const { outcomes } = await store.revise(account, [{ message, mailboxes: { add: [target], remove: [from] } }], null);
      const [outcome = 'nonexistent'] = outcomes;
      if (outcome === 'done' || outcome === 'same') return item;
      await store.items.write(account, [{ kind: item.kind, id: item.id, remove: true }]);
      throw new Refusal(outcome === 'nonexistent' ? 'nonexistent' : 'cannot', `the email cannot be put away: ${outcome}`);
    },

    async back(account, message, mailbox) {
      const mailboxes = await store.mailboxes(account);
      const target = mailboxes.find(({ id }) => id === mailbox) ?? mailboxes.find(({ role }) => role === 'inbox');
      const away = mailboxes.find(({ name }) => name === snoozedName);
      if (target === undefined || away === undefined) return;
      const shelf = await store.openShelf(account);
      try {
        // Somebody has put it elsewhere meanwhile: there it stays.
        const index = shelf.indexOf(message);
        if (index < 0 || !shelf.mailboxesAt(index).includes(away.id)) return;
      } finally {
        shelf.release();
      }
      await store.revise(account, [{ message, mailboxes: { add: [target.id], remove: [away.id] } }], null);
    },
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
      if (sent === undefined) return [];
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
