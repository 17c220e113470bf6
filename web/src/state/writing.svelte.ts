// Letters that are being written in this window: which lie open, which are put small, and what is said when one goes out. Knows addresses that mean
// writing, and requests of the engine; the windows themselves are views/compose, loaded when the first one opens.
import type { Draft, News } from '../engine/contract.ts';
import type { Id } from '../engine/jmap/objects.ts';
import { soonDate } from '../texts/dates.ts';
import { engine } from './link.ts';
import { router, type Route } from './route.svelte.ts';
import { toasts } from './toasts.svelte.ts';
import { t } from './writing-texts.ts';

export type Beginning =
  /** `mailto`: an address of that scheme, or what follows `/write/new`. */
  | { readonly kind: 'new'; readonly mailto: string }
  | { readonly kind: 'reply' | 'reply-all' | 'forward'; readonly accountId: Id; readonly emailId: Id }
  /** A letter in Drafts. */
  | { readonly kind: 'draft'; readonly accountId: Id; readonly emailId: Id }
  /** A draft of this device. */
  | { readonly kind: 'kept' };

export type Size = 'open' | 'small' | 'large';
export interface WritingWindow {
  readonly key: string;
  readonly beginning: Beginning;
  readonly size: Size;
  /** The draft in it, once that is known to have another key than the window. */
  readonly draftKey?: string;
}

/** `/write/new?to=…`, `/write/reply/A7/M12`, `/write/A7/M12`; null for other places below `/write`. */
function beginningOf(path: readonly string[], search: URLSearchParams): Beginning | null {
  const [first = 'new', second, third] = path;
  if (first === 'new') {
    const link = search.get('mailto');
    return { kind: 'new', mailto: link ?? `?${search.toString().replaceAll('+', '%20')}` };
  }
  if ((first === 'reply' || first === 'reply-all' || first === 'forward') && second && third)
    return { kind: first, accountId: second, emailId: third };
  if (/^A\d+$/.test(first) && second) return { kind: 'draft', accountId: first, emailId: second };
  return null;
}

const openKey = 'tayori.writing';
/** Last words of windows that went away (views/compose/unsaved.ts). */
export const unsavedPrefix = 'tayori.unsaved.';
const mostOpen = 6;
/** Pixels of an open window with its margin. */
const openWidth = 592;

class Writing {
  #windows = $state.raw<readonly WritingWindow[]>([]);
  /** Whose they are. */
  #of = '';
  /** Told by the layout: on a phone a letter takes the whole screen, and the browser's back puts it away. */
  isPhone = false;
  /** Set by the composer: saves what is open now. */
  onClose: ((key: string) => Promise<void>) | null = null;

  constructor() {
    globalThis.addEventListener?.('popstate', () => {
      const top = this.#windows.find(({ size }) => size !== 'small');
      if (!this.isPhone || !top || (history.state as { writing?: boolean } | null)?.writing) return;
      if (this.onClose) void this.onClose(top.key);
      else this.drop(top.key);
    });
  }

  get windows(): readonly WritingWindow[] {
    return this.#windows;
  }

  /** Instead of going to a place that means writing. */
  take(route: Route): boolean {
    if (route.name !== 'screen' || route.screen !== 'write') return false;
    const beginning = beginningOf(route.path, route.search);
    if (beginning) this.begin(beginning);
    return beginning !== null;
  }

  begin(beginning: Beginning, key: string = crypto.randomUUID()): void {
    const same = this.#windows.find(
      (one) =>
        one.key === key ||
        one.draftKey === key ||
        (beginning.kind !== 'new' && beginning.kind !== 'kept' && sameBeginning(one.beginning, beginning)),
    );
    if (same) return this.resize(same.key, 'open');
    this.#set(this.#fitting([...this.#smaller(), { key, beginning, size: 'open' as const }].slice(-mostOpen)));
    this.#step();
  }

  resize(key: string, size: Size): void {
    const windows = size === 'small' ? this.#windows : this.isPhone || size === 'large' ? this.#smaller() : this.#windows;
    const resized = windows.map((one) => (one.key === key ? { ...one, size } : one));
    this.#set(
      size === 'open' ? this.#fitting([...resized.filter((one) => one.key !== key), ...resized.filter((one) => one.key === key)]) : resized,
    );
    if (size !== 'small') this.#step();
    else if (this.isPhone) this.#stepBack();
  }

  /** Puts each away as by hand. False: of one the words could not be kept, and it stays open. */
  async closeAll(): Promise<boolean> {
    await Promise.all(this.#windows.map(({ key }) => (this.onClose ? this.onClose(key) : this.drop(key))));
    return this.#windows.length === 0;
  }

  note(key: string, draftKey: string): void {
    this.#set(this.#windows.map((one) => (one.key === key ? { ...one, draftKey } : one)));
  }

  /** The window goes; what was in it is the composer's matter. */
  drop(key: string): void {
    const wasOpen = this.#windows.some((one) => one.key === key && one.size !== 'small');
    this.#set(this.#windows.filter((one) => one.key !== key));
    if (this.isPhone && wasOpen) this.#stepBack();
  }

  /** After a reload: the windows that were open, small on a phone. Those of somebody who was here before are none of this person's. */
  restore(username: string): void {
    if (this.#of !== '' && this.#of !== username) this.#set([]);
    this.#of = username;
    try {
      const kept = JSON.parse(sessionStorage.getItem(openKey) ?? '[]') as readonly { readonly key: string; readonly size: Size }[];
      this.#set(
        kept
          .slice(0, mostOpen)
          .map(({ key, size }) => ({ key, size: this.isPhone ? 'small' : size, beginning: { kind: 'kept' } as const })),
      );
    } catch {
      // Nothing was kept.
    }
  }

  /** Last words of windows that will not come back: saved as any draft. */
  rescue(username: string): void {
    const open = new Set(this.#windows.map(({ key }) => key));
    for (const { name, draft, base } of unsavedOf(username)) {
      if (open.has(draft.key)) continue;
      void engine.ask('saveDraft', { ...draft, ...(base === undefined ? {} : { base }) }).then(
        () => localStorage.removeItem(name),
        () => undefined,
      );
    }
  }

  /** The person has signed out: no word stays in this browser. */
  forget(username: string): void {
    for (const { name } of unsavedOf(username)) localStorage.removeItem(name);
    this.#set([]);
  }

  // --- on the way out -------------------------------------------------------------------------------------------------

  heard(news: Extract<News, { kind: 'sent' | 'refused' | 'apart' }>): void {
    if (news.kind === 'sent') this.#sent(news);
    else if (news.kind === 'apart') toasts.show(t.apartDevices, null, 'done', 12_000);
    else if (news.key !== undefined) {
      const { key, trouble, what } = news;
      const reason = reasonOf(trouble.type);
      toasts.show(
        what === 'draft' ? t.notStored(reason) : t.notSent(reason),
        { label: t.open, run: () => this.begin({ kind: 'kept' }, key) },
        'trouble',
        20_000,
      );
    }
  }

  #sent({ accountId, submissionId, sendAt, key }: Extract<News, { kind: 'sent' }>): void {
    const left = Date.parse(sendAt) - Date.now();
    const isLater = left > 90_000;
    const undo = { label: t.undo, run: () => void this.#callBack(accountId, submissionId, key) };
    if (left < 1500) toasts.show(t.sent);
    else if (isLater) toasts.show(t.scheduledFor(soonDate(sendAt)), undo, 'done', 10_000);
    // A little earlier than the server lets it go, so that the button keeps what it says.
    else toasts.show(t.sent, undo, 'done', left - 600, 'counted');
  }

  async #callBack(accountId: Id, submissionId: Id, key: string): Promise<void> {
    try {
      if (await engine.ask('unsend', { accountId, submissionId, key })) this.begin({ kind: 'kept' }, key);
      else toasts.show(t.tooLate, null, 'trouble');
    } catch {
      // Only the server knows.
      toasts.show(t.unsure, { label: t.undo, run: () => void this.#callBack(accountId, submissionId, key) }, 'trouble', 20_000);
    }
  }

  #smaller(): readonly WritingWindow[] {
    return this.#windows.map((one) => (this.isPhone || one.size === 'large' ? { ...one, size: 'small' as const } : one));
  }

  /** As many open side by side as there is room for; the older ones are put small. */
  #fitting(windows: readonly WritingWindow[]): readonly WritingWindow[] {
    let room = Math.max(1, Math.floor((globalThis.innerWidth - 24) / openWidth));
    return windows
      .toReversed()
      .map((one) => (one.size === 'open' && --room < 0 ? { ...one, size: 'small' as const } : one))
      .toReversed();
  }

  #set(windows: readonly WritingWindow[]): void {
    this.#windows = windows;
    try {
      sessionStorage.setItem(openKey, JSON.stringify(windows.map(({ key, draftKey, size }) => ({ key: draftKey ?? key, size }))));
    } catch {
      // A browser that keeps nothing.
    }
  }

  /** On a phone an open letter is a step of the browser's history. */
  #step(): void {
    if (this.isPhone && !(history.state as { writing?: boolean } | null)?.writing)
      history.pushState({ within: true, writing: true }, '', location.href);
  }
  #stepBack(): void {
    if ((history.state as { writing?: boolean } | null)?.writing) history.back();
  }
}

function unsavedOf(username: string): readonly { readonly name: string; readonly draft: Draft; readonly base?: number | null }[] {
  try {
    return Object.keys(localStorage).flatMap((name) => {
      if (!name.startsWith(unsavedPrefix)) return [];
      const kept = JSON.parse(localStorage.getItem(name) ?? '{}') as { username?: string; draft?: Draft; base?: number | null };
      if (kept.username !== username || !kept.draft) return [];
      return [{ name, draft: kept.draft, ...(kept.base === undefined ? {} : { base: kept.base }) }];
    });
  } catch {
    // A browser that keeps nothing.
    return [];
  }
}

function sameBeginning(a: Beginning, b: Beginning): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function reasonOf(type: string): string {
  const known = ['noRecipients', 'tooLarge', 'invalidRecipients', 'rateLimit', 'forbiddenFrom', 'blobNotFound'] as const;
  const found = known.find((name) => name === type);
  return found ? t[found] : t.reasons;
}

export const writing = new Writing();
router.instead = (route) => writing.take(route);

/** A link to an address, also in a letter's frame: writes to it here. */
export function followMail(event: Event): void {
  const link = (event.target as Element | null)?.closest?.('a[href^="mailto:" i]');
  if (!link || event.defaultPrevented) return;
  event.preventDefault();
  writing.begin({ kind: 'new', mailto: link.getAttribute('href') ?? '' });
}
