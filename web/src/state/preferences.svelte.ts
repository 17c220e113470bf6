// What the person has chosen for all their devices, as the engine knows it, and the part of it that the page draws by (settings.svelte.ts). Knows the
// names of the server's table (src/protocol/jmap/tayori/settings-table.ts); draws nothing.
import type { Id, Json, JsonObject, PatchObject } from '../engine/jmap/objects.ts';
import { engine } from './link.ts';
import { settings, usualLikes, type Likes } from './settings.svelte.ts';

export type Swipe = 'archive' | 'trash' | 'snooze' | 'flag' | 'seen' | 'none';

export interface Chosen {
  readonly language: 'ja' | 'en' | null;
  readonly theme: 'system' | 'light' | 'dark';
  readonly darkLetters: boolean;
  readonly density: 'comfortable' | 'compact';
  readonly readingPane: 'right' | 'none';
  readonly conversations: boolean;
  readonly unifiedInbox: boolean;
  readonly accountOrder: readonly Id[];
  readonly readAfterSeconds: number | null;
  readonly undoSeconds: number;
  readonly images: 'never' | 'ask' | 'contacts';
  readonly imageSenders: Readonly<Record<string, true>>;
  readonly composeFormat: 'rich' | 'plain';
  readonly replyTo: 'sender' | 'all';
  readonly quote: 'below' | 'above' | 'none';
  readonly signatureOnReplies: boolean;
  readonly defaultIdentity: Readonly<Record<Id, Id>>;
  readonly forgottenAttachment: boolean;
  readonly sendReceipts: 'never' | 'ask' | 'always';
  readonly notifications: 'all' | 'contacts' | 'none';
  readonly notificationPreview: boolean;
  readonly notificationSound: boolean;
  readonly shortcuts: boolean;
  readonly shortcutKeys: Readonly<Record<string, string>>;
  readonly swipeLeft: Swipe;
  readonly swipeRight: Swipe;
  readonly offlineDays: number;
  readonly timeZone: string | null;
}

const swipeOf = { archive: 'archive', trash: 'delete', snooze: 'snooze', flag: 'flag', seen: 'read', none: 'none' } as const;
const swipeTo = { archive: 'archive', snooze: 'snooze', delete: 'trash', flag: 'flag', read: 'seen', none: 'none' } as const;

/** What the page draws by as well, with its defaults (settings.svelte.ts). */
type Shared =
  | 'language'
  | 'theme'
  | 'density'
  | 'readingPane'
  | 'conversations'
  | 'unifiedInbox'
  | 'undoSeconds'
  | 'swipeLeft'
  | 'swipeRight';
/** The defaults of the server, until it has told. */
const usual: Chosen = {
  ...(patchOf(usualLikes) as unknown as Pick<Chosen, Shared>),
  darkLetters: true,
  accountOrder: [],
  readAfterSeconds: 0,
  images: 'ask',
  imageSenders: {},
  composeFormat: 'rich',
  replyTo: 'sender',
  quote: 'below',
  signatureOnReplies: true,
  defaultIdentity: {},
  forgottenAttachment: true,
  sendReceipts: 'ask',
  notifications: 'all',
  notificationPreview: true,
  notificationSound: false,
  shortcuts: true,
  shortcutKeys: {},
  offlineDays: 30,
  timeZone: null,
};

function likesOf(chosen: Chosen): Partial<Likes> {
  return {
    language: chosen.language ?? 'auto',
    theme: chosen.theme === 'system' ? 'auto' : chosen.theme,
    density: chosen.density,
    threads: chosen.conversations,
    pane: chosen.readingPane,
    unified: chosen.unifiedInbox,
    undoSeconds: chosen.undoSeconds,
    swipeLeft: swipeOf[chosen.swipeLeft],
    swipeRight: swipeOf[chosen.swipeRight],
  };
}

/** What of them is the same on all devices; widths and the like stay here. */
export function patchOf(likes: Partial<Likes>): PatchObject {
  const patch: Record<string, Json> = {};
  if (likes.language !== undefined) patch['language'] = likes.language === 'auto' ? null : likes.language;
  if (likes.theme !== undefined) patch['theme'] = likes.theme === 'auto' ? 'system' : likes.theme;
  if (likes.density !== undefined) patch['density'] = likes.density;
  if (likes.threads !== undefined) patch['conversations'] = likes.threads;
  if (likes.pane !== undefined) patch['readingPane'] = likes.pane;
  if (likes.unified !== undefined) patch['unifiedInbox'] = likes.unified;
  if (likes.undoSeconds !== undefined) patch['undoSeconds'] = likes.undoSeconds;
  if (likes.swipeLeft !== undefined) patch['swipeLeft'] = swipeTo[likes.swipeLeft];
  if (likes.swipeRight !== undefined) patch['swipeRight'] = swipeTo[likes.swipeRight];
  return patch;
}

class PreferencesModel {
  #chosen = $state.raw<Chosen>(usual);
  #isKnown = $state(false);
  /** Said before anybody had signed in, such as the language of the sign-in page. */
  #early: PatchObject = {};

  constructor() {
    engine.watch('preferences', null, (push) => {
      this.#chosen = { ...usual, ...(push as unknown as Chosen) };
      settings.take(likesOf(this.#chosen));
      if (this.#isKnown) return;
      this.#isKnown = true;
      if (Object.keys(this.#early).length > 0) this.choose(this.#early);
      this.#early = {};
    });
    settings.told = (likes) => {
      const patch = patchOf(likes);
      if (!this.#isKnown) this.#early = { ...this.#early, ...patch };
      else if (Object.keys(patch).length > 0) this.choose(patch);
    };
  }

  get chosen(): Chosen {
    return this.#chosen;
  }
  /** False until the server or the cache has told. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Holds at once; names are the server's. Single keys of maps: `imageSenders/a@example.jp`, escaped as RFC 6901 §3 has it. */
  choose(patch: Partial<Chosen> | PatchObject): void {
    void engine.ask('changePreferences', patch as JsonObject).catch(() => undefined);
  }
}

export const preferences = new PreferencesModel();

/** A key in a patch (RFC 6901 §3). */
export function patchKey(name: string, key: string): string {
  return `${name}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
