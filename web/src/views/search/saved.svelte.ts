// Keeping a search under a name, and letting it go. Knows SavedSearch (docs/jmap.md).
import { chooser } from '../../parts/choice.svelte.ts';
import { kept, type SavedSearch } from '../../state/kept.svelte.ts';
import { own, ownAccount } from '../../state/tayori.ts';
import { tellTrouble } from '../../state/act.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { o } from '../../texts/order.ts';
import { t } from '../../texts/texts.ts';

/** Null: there is nothing to keep, or nowhere. */
export function savedSearch(text: string): { readonly isKept: boolean; toggle(): void } | null {
  if (text === '' || ownAccount() === null) return null;
  const known = kept.searches.find((search) => search.text === text);
  return { isKept: known !== undefined, toggle: () => (known ? void remove(known) : askName(text)) };
}

function askName(text: string): void {
  chooser.open({
    title: o.saveSearch,
    placeholder: o.savedName,
    entries: [{ label: text, icon: 'saved', run: () => void keep(text, text) }],
    more: (name) => (name === text ? [] : [{ label: name, icon: 'saved', run: () => void keep(name, text) }]),
  });
}

async function keep(name: string, text: string): Promise<void> {
  const accountId = ownAccount();
  if (accountId === null) return;
  try {
    const order = kept.searches.reduce((most, search) => Math.max(most, search.order), 0) + 1;
    await own('SavedSearch/set', { accountId, create: { s: { name: name.slice(0, 200), text, order } } });
    await kept.readSearches();
    toasts.show(o.didSave(name));
  } catch (error) {
    tellTrouble(error);
  }
}

export async function remove({ id, name, text }: SavedSearch): Promise<void> {
  const accountId = ownAccount();
  if (accountId === null) return;
  try {
    await own('SavedSearch/set', { accountId, destroy: [id] });
    await kept.readSearches();
    toasts.show(o.didRemoveSaved, { label: t.undo, run: () => void keep(name, text) });
  } catch (error) {
    tellTrouble(error);
  }
}
