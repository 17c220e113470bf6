// Whether a person wants to be called for the letters that have just come: never, always, or when somebody among the contacts has written. Knows settings,
// contacts and the newest letters; sends nothing. What lies in another folder, such as spam, calls nobody, as in the browser (service-worker-push.ts).
import { mailboxesOf, parseAddressList, formatAddrSpec } from '../message/address/address-list.ts';
import { parseId } from '../protocol/jmap/ids.ts';
import { contactKind } from '../protocol/jmap/tayori/kept.ts';
import { settingKind, settingsOf } from '../protocol/jmap/tayori/settings-table.ts';
import type { AccountId, MailStore } from '../store/contract.ts';
import { SEEN } from '../store/mailbox-state.ts';

/** So many unread letters of those that came last are looked at. */
const newest = 10;
/** What came before the last letter by more than this has had its own call. */
const togetherMs = 60_000;

export function openPushWishes(
  store: Pick<MailStore, 'items' | 'mailboxes' | 'openShelf' | 'readFacts'>,
): (person: AccountId, accounts: readonly string[]) => Promise<boolean> {
  async function hasWritten(account: AccountId, known: ReadonlySet<string>): Promise<boolean> {
    const inbox = (await store.mailboxes(account)).find(({ role }) => role === 'inbox')?.id;
    const shelf = await store.openShelf(account);
    let messages: number[] = [];
    try {
      let last = -1;
      for (let index = 0; index < shelf.count; index++)
        if (last < 0 || shelf.createdModSeqs[index]! >= shelf.createdModSeqs[last]!) last = index;
      const since = last < 0 ? 0 : shelf.receivedAt[last]! - togetherMs;
      const unread: number[] = [];
      for (let index = 0; index < shelf.count; index++)
        if (shelf.receivedAt[index]! >= since && (shelf.flagsAt(index).system & SEEN) === 0 && shelf.mailboxesAt(index).includes(inbox!))
          unread.push(index);
      messages = unread
        .toSorted((a, b) => shelf.createdModSeqs[b]! - shelf.createdModSeqs[a]!)
        .slice(0, newest)
        .map((index) => shelf.messages[index]!);
    } finally {
      shelf.release();
    }
    const { from } = await store.readFacts(account, messages, ['from']);
    return from.some((field) =>
      mailboxesOf(parseAddressList(field ?? '')).some((mailbox) => known.has(formatAddrSpec(mailbox).toLowerCase())),
    );
  }

  return async (person, accounts) => {
    const { notifications } = settingsOf((await store.items.list(person, settingKind))[0]?.value);
    if (notifications !== 'contacts') return notifications !== 'none';
    const contacts = (await store.items.list(person, contactKind)).map(
      ({ value }) => value as { readonly addresses?: readonly { readonly email: string }[] },
    );
    const known = new Set(contacts.flatMap(({ addresses = [] }) => addresses.map(({ email }) => email.toLowerCase())));
    for (const id of accounts) {
      const account = parseId('A', id);
      if (account !== null && (await hasWritten(account, known))) return true;
    }
    return false;
  };
}
