// Where the letters of a source go: found by role or name, or made. Knows mailboxes; knows no file.
import { Refusal } from '../../base/trouble.ts';
import { checkNewName, parentNames } from '../../protocol/imap/grammar/mailbox-name.ts';
import { imapLimits } from '../../protocol/imap/limits.ts';
import type { AccountId, MailboxInfo, MailboxRole, MailStore } from '../../store/contract.ts';
import { cleanName, roleOfName } from './mailbox-names.ts';
import type { Source } from './sources.ts';

/** @throws Refusal for a name that cannot be made (only possible in `into`). */
export async function findTarget(
  store: MailStore,
  account: AccountId,
  source: Pick<Source, 'levels' | 'role'>,
  into: string | null,
): Promise<MailboxInfo> {
  const { levels } = source;
  const there = await store.mailboxes(account);
  const byRole = (role: MailboxRole | null) => (role === null ? undefined : there.find((mailbox) => mailbox.role === role));
  if (into !== null) return makeMailbox(store, account, [into, ...(levels.length === 0 ? [] : [cleanName(levels)])].join('/'), null);
  if (levels.length === 0) return byRole('inbox') ?? makeMailbox(store, account, 'INBOX', 'inbox');
  // What our own export says goes before what a name may mean.
  const role = source.role === undefined ? roleOfName(levels) : source.role;
  return byRole(role) ?? makeMailbox(store, account, cleanName(levels), role);
}

async function makeMailbox(store: MailStore, account: AccountId, name: string, role: MailboxRole | null): Promise<MailboxInfo> {
  const found = (await store.mailboxes(account)).find((mailbox) => mailbox.name === name);
  if (found !== undefined) return found;
  checkNewName(name, imapLimits);
  for (const parent of parentNames(name)) await makeMailbox(store, account, parent, null);
  try {
    const made = await store.createMailbox(account, name, role);
    await store.setSubscribed(account, name, true);
    return made;
  } catch (trouble) {
    // A mail app may have made it meanwhile.
    const now = trouble instanceof Refusal && trouble.code === 'already-exists' ? await store.mailboxes(account) : [];
    const same = now.find((mailbox) => mailbox.name === name);
    if (same === undefined) throw trouble;
    return same;
  }
}
