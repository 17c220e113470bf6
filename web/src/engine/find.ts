// A search as one account understands it: names of mailboxes become ids, Trash and Spam stand apart; and looking for letters in what this device has kept.
// Knows roles and names in both languages; knows no server and no screen.
import type { Account } from './account.ts';
import { snoozedName } from './contract.ts';
import type { EmailFilter, Id, Mailbox } from './jmap/objects.ts';
import { filterOfSearch, fold, parseSearch, type SearchGround } from './search-grammar.ts';

/** Words for places, folded; what the app calls them in either language. */
const placeWords: readonly (readonly [role: string, words: readonly string[]])[] = [
  ['inbox', ['inbox', '受信箱', '受信トレイ']],
  ['sent', ['sent', '送信済み', '送信済']],
  ['drafts', ['drafts', 'draft', '下書き']],
  ['archive', ['archive', 'アーカイブ']],
  ['trash', ['trash', 'bin', 'ゴミ箱', 'ごみ箱']],
  ['junk', ['spam', 'junk', '迷惑メール', '迷惑']],
  ['snoozed', ['snoozed', 'あとで', '後で', 'スヌーズ']],
];
const everywhere: ReadonlySet<string> = new Set(['anywhere', 'all', 'everywhere', 'すべて', '全て', '全部'].map(fold));

export function searchGround(mailboxes: ReadonlyMap<Id, Mailbox>, now: Date): SearchGround {
  const all = [...mailboxes.values()];
  const withChildren = (found: readonly Mailbox[]): Id[] => {
    const ids = new Set(found.map(({ id }) => id));
    for (let before = -1; before !== ids.size;) {
      before = ids.size;
      for (const { id, parentId } of all) if (parentId !== null && ids.has(parentId)) ids.add(id);
    }
    return [...ids];
  };
  const path = ({ name, parentId }: Mailbox): string => {
    const parent = parentId === null ? undefined : mailboxes.get(parentId);
    return parent ? `${path(parent)}/${name}` : name;
  };
  return {
    now,
    apart: all.filter(({ role }) => role === 'trash' || role === 'junk').map(({ id }) => id),
    mailboxes(word) {
      const wanted = fold(word);
      if (everywhere.has(wanted)) return null;
      const role = placeWords.find(([, words]) => words.some((known) => fold(known) === wanted))?.[0];
      const byRole = all.filter((mailbox) => mailbox.role === role || (role === 'snoozed' && mailbox.name === snoozedName));
      if (role !== undefined && byRole.length > 0) return withChildren(byRole);
      const exact = all.filter((mailbox) => fold(mailbox.name) === wanted || fold(path(mailbox)) === wanted);
      return withChildren(exact.length > 0 ? exact : all.filter((mailbox) => fold(mailbox.name).startsWith(wanted)));
    },
  };
}

/** Null: nothing can match there. */
export function findFilter(account: Pick<Account, 'mailboxes'>, text: string, now: Date): EmailFilter | null {
  return filterOfSearch(parseSearch(text), searchGround(account.mailboxes ?? new Map(), now));
}
