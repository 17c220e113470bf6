// Where in the app the person is, as an address: every place can be linked to, and the browser's back goes back. Knows addresses; draws nothing.
//
//   /                      the inbox (of all accounts, when there are several)
//   /mail/all/inbox        a role of all accounts            /mail/A7/F3            a mailbox
//   /mail/A7/F3/T5         a conversation in its list        /mail/all/inbox/A7.T5
//   /folders               the list of mailboxes (phones)
//   /search?q=…            a search, typed; /search/A7.T5?q=… a conversation that it found
//   /write/new?to=… /write/reply/A7/M12 /write/A7/M12      a letter to write: opens above the page (state/writing.svelte.ts)
//   /outbox /identities /rules /contacts /settings/… /accounts/… /journey/… /words /domain      the screens of views/screens.ts
import type { ListQuery } from '../engine/contract.ts';
import type { Id, Role } from '../engine/jmap/objects.ts';

const screenNames = ['write', 'outbox', 'identities', 'rules', 'contacts', 'settings', 'accounts', 'journey', 'words', 'domain'] as const;
export type ScreenName = (typeof screenNames)[number];

export interface ThreadPlace {
  readonly accountId: Id;
  readonly threadId: Id;
}

export type Route =
  | { readonly name: 'home' }
  | {
      readonly name: 'list';
      readonly query: Extract<ListQuery, { kind: 'mailbox' | 'unified' | 'find' }>;
      readonly thread: ThreadPlace | null;
    }
  | { readonly name: 'folders' }
  /** `path`: what follows the name; `search`: what follows the question mark. */
  | { readonly name: 'screen'; readonly screen: ScreenName; readonly path: readonly string[]; readonly search: URLSearchParams };

const roles: readonly Role[] = ['inbox', 'archive', 'drafts', 'sent', 'trash', 'junk', 'all', 'flagged', 'important'];

function parseAddress(address: string): Route {
  const { pathname, searchParams } = new URL(address, 'http://app.invalid');
  const [first = '', ...rest] = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  if (first === 'folders') return { name: 'folders' };
  if (first === 'search') {
    const accountIds = searchParams.getAll('in');
    return { name: 'list', query: { kind: 'find', accountIds, text: searchParams.get('q') ?? '' }, thread: placeOf(rest[0]) };
  }
  const screen = screenNames.find((name) => name === first);
  if (screen) return { name: 'screen', screen, path: rest, search: searchParams };
  if (first !== 'mail') return { name: 'home' };
  const [account = '', mailbox = '', thread] = rest;
  const only = searchParams.get('only');
  const narrowed = only === 'unread' || only === 'flagged' || only === 'attachment' ? ({ only } as const) : {};
  if (account === 'all') {
    const role = roles.find((known) => known === mailbox);
    if (!role) return { name: 'home' };
    return { name: 'list', query: { kind: 'unified', role, ...narrowed }, thread: placeOf(thread) };
  }
  if (account === '' || mailbox === '') return { name: 'home' };
  return {
    name: 'list',
    query: { kind: 'mailbox', accountId: account, mailboxId: mailbox, ...narrowed },
    thread: thread === undefined ? null : { accountId: account, threadId: thread },
  };
}

/** A conversation among those of several accounts: `A7.T5`. */
function placeOf(step: string | undefined): ThreadPlace | null {
  const [accountId, threadId] = (step ?? '').split('.');
  return accountId && threadId ? { accountId, threadId } : null;
}

export function formatAddress(route: Route): string {
  switch (route.name) {
    case 'home':
      return '/';
    case 'folders':
      return '/folders';
    case 'screen': {
      const search = route.search.size > 0 ? `?${route.search.toString()}` : '';
      return `/${[route.screen, ...route.path].map(encodeURIComponent).join('/')}${search}`;
    }
    case 'list': {
      const { query, thread } = route;
      if (query.kind === 'find') {
        const search = new URLSearchParams([
          ...(query.text === '' ? [] : [['q', query.text]]),
          ...query.accountIds.map((id) => ['in', id]),
        ]);
        const steps = ['search', ...(thread ? [`${thread.accountId}.${thread.threadId}`] : [])];
        return `/${steps.map(encodeURIComponent).join('/')}${search.size > 0 ? `?${search.toString()}` : ''}`;
      }
      const steps =
        query.kind === 'unified'
          ? ['mail', 'all', query.role, ...(thread ? [`${thread.accountId}.${thread.threadId}`] : [])]
          : ['mail', query.accountId, query.mailboxId, ...(thread ? [thread.threadId] : [])];
      return `/${steps.map(encodeURIComponent).join('/')}${query.only ? `?only=${query.only}` : ''}`;
    }
  }
}

/** A link to a screen: `screenAddress('write', ['new'], { to: 'a@example.jp' })`. */
export function screenAddress(screen: ScreenName, path: readonly string[] = [], search: Readonly<Record<string, string>> = {}): string {
  return formatAddress({ name: 'screen', screen, path, search: new URLSearchParams(search) });
}

class Router {
  #route = $state.raw<Route>(parseAddress(globalThis.location?.href ?? '/'));
  /** Asked before each step. True: this is no place to go to, and was seen to, such as a letter to write, which opens above the page. */
  instead: (route: Route) => boolean = () => false;

  constructor() {
    globalThis.addEventListener?.('popstate', () => (this.#route = parseAddress(location.href)));
  }

  get route(): Route {
    return this.#route;
  }

  /** `replace`: the step is not one to go back to, such as the next letter of a list. */
  go(to: Route | string, how: 'push' | 'replace' = 'push'): void {
    const address = typeof to === 'string' ? to : formatAddress(to);
    if (this.instead(parseAddress(address))) return;
    if (how === 'replace' || address === location.pathname + location.search) history.replaceState(null, '', address);
    else history.pushState({ within: true }, '', address);
    this.#route = parseAddress(address);
  }

  /** Where the person came from, if that was in the app; else to `otherwise`. */
  back(otherwise: Route): void {
    if ((history.state as { within?: boolean } | null)?.within) history.back();
    else this.go(otherwise, 'replace');
  }
}

export const router = new Router();

/** For `<a href>`: a plain press stays in the app, all else is the browser's. Use as `onclick={follow}`. */
export function follow(event: MouseEvent): void {
  const link = (event.target as Element).closest('a');
  if (
    !link ||
    event.defaultPrevented ||
    event.button !== 0 ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    event.altKey ||
    link.target
  )
    return;
  if (link.origin !== location.origin) return;
  event.preventDefault();
  router.go(link.pathname + link.search);
}
