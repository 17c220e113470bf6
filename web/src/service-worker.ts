// Keeps the app for times without a network: the files of one version, the page for every address of the app, and letters that were opened or brought here
// (engine/keeping.ts) as they were served, policy and all. Tells of new letters while nobody looks (service-worker-push.ts). Knows addresses; never keeps an
// answer of the API. `PRECACHE_*` is put in by the build.
import type { JsonObject } from './engine/jmap/objects.ts';
import { askApi, hearPush, ownAccountOf } from './service-worker-push.ts';

declare const PRECACHE_FILES: readonly string[];
declare const PRECACHE_VERSION: string;

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Installing extends Extendable {
  addRoutes?(routes: readonly { readonly condition: object; readonly source: 'network' | { readonly cacheName: string } }[]): Promise<void>;
}
interface Fetching extends Extendable {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Pushing extends Extendable {
  readonly data: { json(): unknown } | null;
}
interface Notice {
  readonly data: unknown;
  close(): void;
}
interface Pressing extends Extendable {
  readonly notification: Notice;
}
interface Window {
  readonly url: string;
  readonly visibilityState: string;
  focus(): Promise<unknown>;
  navigate(address: string): Promise<unknown>;
}
interface Scope {
  skipWaiting(): Promise<void>;
  readonly navigator: { readonly language: string };
  readonly registration: { showNotification(title: string, options: object): Promise<void> };
  readonly clients: {
    claim(): Promise<void>;
    matchAll(options: { readonly type: 'window' }): Promise<readonly Window[]>;
    openWindow(address: string): Promise<unknown>;
  };
  readonly location: Location;
  addEventListener(name: 'install', heard: (event: Installing) => void): void;
  addEventListener(name: 'activate', heard: (event: Extendable) => void): void;
  addEventListener(name: 'fetch', heard: (event: Fetching) => void): void;
  addEventListener(name: 'push', heard: (event: Pushing) => void): void;
  addEventListener(name: 'notificationclick', heard: (event: Pressing) => void): void;
  addEventListener(name: 'message', heard: (event: MessageEvent) => void): void;
}
const scope = globalThis as unknown as Scope;

const shell = `shell-${PRECACHE_VERSION}`;
const letters = 'letters';
/** Letters kept as they were served; the oldest go first. */
const lettersMost = 12_000;
/** How often it is looked whether there are too many. */
const trimEvery = 200;
let putSinceTrim = 0;
/** Of the other pages of the server, none is the app's. */
const others = /^\/(?:start|apps|setup|oauth|auth|jmap|export|\.well-known|ca\.pem)(?:\/|$)/;

scope.addEventListener('install', (event) => {
  // Where a browser can (Service Workers, static routing), what is kept is served without waking us: the start need not wait for that.
  event.addRoutes?.([
    { condition: { urlPattern: '/assets/*' }, source: { cacheName: shell } },
    { condition: { urlPattern: '/', requestMode: 'navigate' }, source: { cacheName: shell } },
    { condition: { urlPattern: '/icon.svg' }, source: { cacheName: shell } },
    // What we would only pass on. Downloads are not among it: some of them are kept.
    { condition: { urlPattern: '/jmap/session' }, source: 'network' },
    { condition: { urlPattern: '/jmap/api' }, source: 'network' },
    { condition: { urlPattern: '/auth/*' }, source: 'network' },
  ]);
  event.waitUntil(
    caches
      .open(shell)
      .then((cache) =>
        cache.addAll(PRECACHE_FILES.map((file) => new Request(file, { cache: file.startsWith('/assets/') ? 'default' : 'reload' }))),
      ),
  );
});

scope.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith('shell-') && name !== shell) await caches.delete(name);
      await scope.clients.claim();
    })(),
  );
});

scope.addEventListener('message', ({ data }) => {
  if (data === 'switch') void scope.skipWaiting();
  // Who signs out takes the letters along.
  if (data === 'forget') void caches.delete(letters);
});

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname, searchParams } = new URL(request.url);
  if (request.method !== 'GET' || origin !== scope.location.origin) return;
  // A letter for paper is asked for each time, and is no page of the app.
  if ((others.test(pathname) || pathname.startsWith('/letter/')) && !isLetter(pathname, searchParams)) return;
  if (isLetter(pathname, searchParams)) event.respondWith(letter(request, event));
  else if (PRECACHE_FILES.includes(pathname) && pathname !== '/') event.respondWith(kept(request));
  else if (request.mode === 'navigate') event.respondWith(kept(new Request('/')));
});

/** Documents, pictures in them, pictures from elsewhere; and invitations, which are read by the page. */
function isLetter(pathname: string, search: URLSearchParams): boolean {
  if (pathname.startsWith('/letter/')) return search.get('print') !== '1';
  return pathname === '/image-proxy' || (pathname.startsWith('/jmap/download/') && search.get('type') === 'text/calendar');
}

scope.addEventListener('push', (event) => {
  const language = scope.navigator.language.startsWith('ja') ? 'ja' : 'en';
  event.waitUntil(
    hearPush((event.data?.json() ?? {}) as JsonObject, language, askApi, ownAccountOf).then(async (shown) => {
      // Who looks at the app sees the letter there.
      const windows = await scope.clients.matchAll({ type: 'window' });
      if (windows.some(({ visibilityState }) => visibilityState === 'visible')) return;
      for (const one of shown) await scope.registration.showNotification(one.title, { ...one, icon: '/icon.svg', badge: '/icon.svg' });
    }),
  );
});

scope.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { address = '/' } = (event.notification.data ?? {}) as { readonly address?: string };
  event.waitUntil(
    scope.clients.matchAll({ type: 'window' }).then(async ([window]) => {
      if (!window) return scope.clients.openWindow(address);
      await window.focus();
      return window.navigate(address);
    }),
  );
});

async function kept(request: Request): Promise<Response> {
  return (await (await caches.open(shell)).match(request)) ?? fetch(request);
}

/** From the server, and kept; without it as it was kept. A letter never changes, but what we make of it may. */
async function letter(request: Request, event: Extendable): Promise<Response> {
  const cache = await caches.open(letters);
  try {
    const answer = await fetch(request);
    // A part of a file is none to be kept.
    if (answer.ok && answer.status === 200) {
      const copy = answer.clone();
      event.waitUntil(cache.put(keyOf(request), copy).then(() => trim(cache)));
    }
    // Whoever signed out meanwhile, or a gateway before a server that is away.
    return answer.status >= 502 && answer.status <= 504 ? ((await find(cache, request)) ?? answer) : answer;
  } catch (error) {
    const known = await find(cache, request);
    if (known) return known;
    throw error;
  }
}

/** Without what a request says of itself, such as a range. */
function keyOf(request: Request): Request {
  return new Request(request.url);
}

/** As it was asked for; else the same letter in another look. A letter within a letter is another one at the same place. */
async function find(cache: Cache, request: Request): Promise<Response | undefined> {
  const exact = await cache.match(keyOf(request), { ignoreVary: true });
  const { pathname, searchParams } = new URL(request.url);
  if (exact || !pathname.startsWith('/letter/') || searchParams.has('in')) return exact;
  const alike = await cache.keys(keyOf(request), { ignoreVary: true, ignoreSearch: true });
  const other = alike.find(({ url }) => !new URL(url).searchParams.has('in'));
  return other && cache.match(other, { ignoreVary: true });
}

async function trim(cache: Cache): Promise<void> {
  if (++putSinceTrim < trimEvery) return;
  putSinceTrim = 0;
  const keys = await cache.keys();
  for (const key of keys.slice(0, Math.max(0, keys.length - lettersMost))) await cache.delete(key);
}
