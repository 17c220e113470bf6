// What the person likes: language, theme, widths, habits. Kept in localStorage, so that the first picture is right. Knows no server: what follows
// the person from device to device comes in by `take` and goes out by `told` (preferences.svelte.ts).

export const swipes = ['archive', 'snooze', 'delete', 'read', 'flag', 'none'] as const;
export type Swipe = (typeof swipes)[number];

export interface Likes {
  readonly language: 'auto' | 'ja' | 'en';
  readonly theme: 'auto' | 'light' | 'dark';
  readonly density: 'comfortable' | 'compact';
  readonly threads: boolean;
  readonly pane: 'right' | 'none';
  /** All inboxes as one, when there are several accounts. */
  readonly unified: boolean;
  readonly sidebarWidth: number;
  readonly listWidth: number;
  readonly swipeRight: Swipe;
  readonly swipeLeft: Swipe;
  /** Searches of late, the newest first. */
  readonly searches: readonly string[];
  /** Mailboxes moved to of late: account/id. */
  readonly moves: readonly string[];
  readonly undoSeconds: number;
}

/** As the server has them too (src/protocol/jmap/tayori/settings-table.ts), where it has them. */
export const usualLikes: Likes = {
  language: 'auto',
  theme: 'auto',
  density: 'comfortable',
  threads: true,
  pane: 'right',
  unified: true,
  sidebarWidth: 228,
  listWidth: 384,
  swipeRight: 'read',
  swipeLeft: 'archive',
  searches: [],
  moves: [],
  undoSeconds: 10,
};
const key = 'tayori.likes';

function read(): Likes {
  try {
    return { ...usualLikes, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Likes>) };
  } catch {
    return usualLikes;
  }
}

/** Looked up once: every word on screen asks for it. */
const systemLanguage = navigator.languages.find((tag) => /^(?:ja|en)\b/.test(tag))?.startsWith('ja') ? 'ja' : 'en';

class Settings {
  #likes = $state.raw(read());
  #systemDark = $state(matchMedia('(prefers-color-scheme: dark)').matches);

  constructor() {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', ({ matches }) => (this.#systemDark = matches));
    // Another window changed them.
    addEventListener('storage', (event) => {
      if (event.key === key) this.#likes = read();
    });
  }

  get likes(): Likes {
    return this.#likes;
  }
  get language(): 'ja' | 'en' {
    const { language } = this.#likes;
    if (language !== 'auto') return language;
    return systemLanguage;
  }
  get theme(): 'light' | 'dark' {
    const { theme } = this.#likes;
    return theme === 'auto' ? (this.#systemDark ? 'dark' : 'light') : theme;
  }

  /** Hears what the person has changed here. */
  told: (likes: Partial<Likes>) => void = () => undefined;

  change(likes: Partial<Likes>): void {
    this.take(likes);
    this.told(likes);
  }

  /** What holds, without anybody having changed it here. */
  take(likes: Partial<Likes>): void {
    this.#likes = { ...this.#likes, ...likes };
    try {
      localStorage.setItem(key, JSON.stringify(this.#likes));
    } catch {
      // A browser that keeps nothing: it holds as long as the window.
    }
  }
}

export const settings = new Settings();
