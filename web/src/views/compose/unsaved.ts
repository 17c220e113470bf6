// The last words of a window that is going away: the page has no time to wait for the engine, so they are put where the page itself can write at
// once. Knows drafts by their keys, and whose they are.
import type { Draft } from '../../engine/contract.ts';
import { live } from '../../state/live.svelte.ts';
import { unsavedPrefix } from '../../state/writing.svelte.ts';

/** Called while the page goes. `base`: what the window knew last of the draft; undefined when it was just being saved. */
export function keepUnsaved(draft: Draft, base: number | null | undefined): void {
  try {
    localStorage.setItem(unsavedPrefix + draft.key, JSON.stringify({ username: live.status.username, draft, base }));
  } catch {
    // Full, or forbidden: what was saved on the last pause is all there is.
  }
}

/** Once: it is saved the usual way from then on. */
export function takeUnsaved(key: string): { readonly draft: Draft; readonly base?: number | null } | null {
  try {
    const { username, draft, base } = JSON.parse(localStorage.getItem(unsavedPrefix + key) ?? '{}') as {
      readonly username?: string;
      readonly draft?: Draft;
      readonly base?: number | null;
    };
    if (!draft || username !== live.status.username) return null;
    localStorage.removeItem(unsavedPrefix + key);
    return base === undefined ? { draft } : { draft, base };
  } catch {
    return null;
  }
}

/** The page stays after all. */
export function forgetUnsaved(key: string): void {
  try {
    localStorage.removeItem(unsavedPrefix + key);
  } catch {
    // Nothing was kept.
  }
}
