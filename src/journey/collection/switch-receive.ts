// Changing one's mind: an account kept by POP3 is kept by IMAP from now on, or the other way round. Every letter stays.
// Knows ledgers and the store; touches no letter, asks no server. Called while no collector runs, before the row of the account is changed:
// cut off in between, the old kind goes on and finds its letters again by itself.
//
// To IMAP: letters that lie on both sides are recognised by Message-ID and size in the first round (imap-known.ts) and not fetched again.
// Those that lie here only were taken home, perhaps because the provider's mailbox is small: they stay here and are not sent back,
// unless the person says so.
//
// To POP3: letters that lie here are recognised when the maildrop is first listed (pop3-known.ts). By the rule "take home" a letter goes at the
// provider, and a later return to IMAP must not read that as "deleted there": what the ledger of IMAP says is forgotten on both ways.
import type { AccountId, MailStore, MessageId } from '../../store/contract.ts';
import type { CollectionLedger } from '../../store/ledger-contract.ts';

export interface SwitchParts {
  readonly store: MailStore;
  readonly ledger: CollectionLedger;
}

/** `sendHome`: to IMAP, letters that lie here only are put into the provider's mailbox too. @throws Unavailable. */
export async function switchReceive(
  { store, ledger }: SwitchParts,
  account: AccountId,
  to: 'imap' | 'pop3',
  { sendHome = false }: { readonly sendHome?: boolean } = {},
): Promise<void> {
  // To either: rows of an earlier time with IMAP speak of a provider's mailbox that POP3 may have emptied since.
  for (const { folder } of await ledger.imap.folders(account)) await ledger.imap.removeFolder(account, folder);
  if (to === 'imap') {
    await ledger.home.clear(account);
    await ledger.home.add(account, [...(await messagesOf(store, account))], !sendHome);
    return;
  }
  const maildrop = await ledger.pop3.maildrop(account);
  await ledger.pop3.putMaildrop(account, { notBefore: 0, distrusted: false, visitedAt: 0, ...maildrop, adopts: true });
}

async function messagesOf(store: MailStore, account: AccountId): Promise<ReadonlySet<MessageId>> {
  const messages = new Set<MessageId>();
  for (const { id } of await store.mailboxes(account)) {
    const state = await store.openMailbox(account, id);
    for (let at = 0; at < state.count; at++) messages.add(state.messages[at]!);
    state.release();
  }
  return messages;
}
