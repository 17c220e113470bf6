// Notices of new letters while the app is closed: a push says only that something changed (RFC 8620 §7.2), the heads are fetched here. Knows the server's
// API by the person's cookie and the app's addresses; runs in the service worker.

interface WindowClient {
  readonly visibilityState: string;
  readonly url: string;
  focus(): Promise<unknown>;
  navigate(url: string): Promise<unknown>;
}
export interface NoticeScope {
  readonly registration: {
    showNotification(title: string, options: object): Promise<void>;
    getNotifications(filter?: object): Promise<readonly { readonly tag: string; close(): void }[]>;
  };
  readonly clients: { matchAll(filter: object): Promise<readonly WindowClient[]>; openWindow(url: string): Promise<unknown> };
  readonly navigator: { readonly language: string; setAppBadge?(count?: number): Promise<void>; clearAppBadge?(): Promise<void> };
}

interface Kept {
  /** What the page has said when it asked for notices. */
  readonly wishes: { readonly language: 'ja' | 'en'; readonly preview: boolean };
  /** By account: the state up to which letters were told. */
  readonly states: Readonly<Record<string, string>>;
}

/** Where it is kept: a cache, since a worker has no other small place. */
const place = 'notices';
const address = '/notices.json';
const most = 4;

const words = {
  ja: {
    letter: '新しい手紙',
    more: (count: number) => `ほかに新しい手紙が ${count} 通あります`,
    noSubject: '（件名なし）',
    some: '新しい手紙が届いています',
  },
  en: {
    letter: 'New letter',
    more: (count: number) => `${count} more new letters`,
    noSubject: '(no subject)',
    some: 'There are new letters',
  },
} as const;

async function load(): Promise<Kept> {
  const kept = await (await caches.open(place)).match(address);
  return ((await kept?.json().catch(() => null)) as Kept | null) ?? { wishes: { language: 'ja', preview: true }, states: {} };
}
async function save(kept: Kept): Promise<void> {
  await (await caches.open(place)).put(address, Response.json(kept));
}

/** From the page, with the states of now: what came before is no news. */
export async function noteWishes(wishes: Kept['wishes'], states: Kept['states']): Promise<void> {
  await save({ wishes, states });
}
export async function forgetWishes(): Promise<void> {
  await caches.delete(place);
}

type Call = readonly [name: string, args: Record<string, unknown>, id: string];
async function ask(calls: readonly Call[]): Promise<readonly Call[]> {
  const answer = await fetch('/jmap/api', {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'], methodCalls: calls }),
  });
  if (!answer.ok) throw new TypeError(String(answer.status));
  return ((await answer.json()) as { readonly methodResponses: readonly Call[] }).methodResponses;
}

export async function onPush(scope: NoticeScope, told: unknown): Promise<void> {
  const message = (told ?? {}) as { readonly '@type'?: string; readonly [name: string]: unknown };
  if (message['@type'] === 'PushVerification') {
    // RFC 8620 §7.2.2: the code goes back, and the server knows that it reaches us.
    const { pushSubscriptionId, verificationCode } = message;
    await ask([['PushSubscription/set', { update: { [String(pushSubscriptionId)]: { verificationCode } } }, 'v']]);
    return;
  }
  const changed = Object.keys((message['changed'] ?? {}) as object);
  const windows = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const isLooking = windows.some(({ visibilityState }) => visibilityState === 'visible');
  const kept = await load();
  const t = words[kept.wishes.language];
  try {
    for (const accountId of changed) await tell(scope, accountId, kept, isLooking);
  } catch {
    // Signed out, or no way to the server: the browser wants something to be shown for a push, and that much is sure.
    if (!isLooking) await scope.registration.showNotification(t.some, { tag: 'some', icon: '/icon.svg', badge: '/icon.svg', data: { url: '/' } });
  }
}

interface Head {
  readonly id: string;
  readonly threadId: string;
  readonly from: readonly { readonly name: string | null; readonly email: string }[] | null;
  readonly subject: string | null;
  readonly preview: string;
  readonly keywords: Readonly<Record<string, true>>;
  readonly mailboxIds: Readonly<Record<string, true>>;
}

async function tell(scope: NoticeScope, accountId: string, kept: Kept, isLooking: boolean): Promise<void> {
  const { language, preview } = kept.wishes;
  const t = words[language];
  const since = kept.states[accountId];
  const [inboxes, changes, got] = await ask([
    ['Mailbox/get', { accountId, ids: null, properties: ['role', 'unreadEmails'] }, 'm'],
    ...(since === undefined ? [] : ([['Email/changes', { accountId, sinceState: since, maxChanges: 100 }, 'c']] as const)),
    [
      'Email/get',
      {
        accountId,
        ...(since === undefined ? { ids: [] } : { '#ids': { resultOf: 'c', name: 'Email/changes', path: '/created' } }),
        properties: ['threadId', 'from', 'subject', 'preview', 'keywords', 'mailboxIds'],
      },
      'e',
    ],
  ]);
  const inbox = (inboxes?.[1]['list'] as readonly { readonly id: string; readonly role: string | null; readonly unreadEmails: number }[] | undefined)?.find(
    ({ role }) => role === 'inbox',
  );
  const answer = since === undefined ? changes : got;
  const state = since === undefined ? answer?.[1]['state'] : changes?.[1]['newState'];
  const states = await load();
  // A state that is no longer remembered: from now on.
  const next = typeof state === 'string' ? state : ((await ask([['Email/get', { accountId, ids: [] }, 'e']]))[0]?.[1]['state'] as string);
  await save({ ...states, states: { ...states.states, [accountId]: next } });
  if (inbox) await (inbox.unreadEmails > 0 ? scope.navigator.setAppBadge?.(inbox.unreadEmails) : scope.navigator.clearAppBadge?.())?.catch(() => undefined);
  const heads = ((answer?.[0] === 'Email/get' ? answer[1]['list'] : []) as readonly Head[]).filter(
    ({ keywords, mailboxIds }) => inbox !== undefined && mailboxIds[inbox.id] === true && keywords['$seen'] !== true && keywords['$draft'] !== true,
  );
  // Who looks at the app sees them there.
  if (isLooking) return;
  for (const { id, threadId, from, subject, preview: beginning } of heads.slice(-most)) {
    const sender = from?.[0]?.name || from?.[0]?.email || '';
    await scope.registration.showNotification(preview ? sender : t.letter, {
      body: preview ? `${subject || t.noSubject}\n${beginning.slice(0, 120)}` : '',
      tag: `${accountId}/${id}`,
      icon: '/icon.svg',
      badge: '/icon.svg',
      lang: language,
      data: { url: `/mail/${accountId}/${inbox!.id}/${threadId}` },
    });
  }
  if (heads.length > most)
    await scope.registration.showNotification(t.more(heads.length - most), { tag: `${accountId}/more`, icon: '/icon.svg', badge: '/icon.svg', data: { url: '/' } });
}

/** Opens the letter: in the window that is there, else in a new one. */
export async function onNoticePress(
  scope: NoticeScope,
  notice: { readonly data: { readonly url?: string } | null; close(): void },
): Promise<void> {
  notice.close();
  const url = notice.data?.url ?? '/';
  const [open] = await scope.clients.matchAll({ type: 'window' });
  if (!open) {
    await scope.clients.openWindow(url);
    return;
  }
  await open.focus();
  await open.navigate(url);
}
