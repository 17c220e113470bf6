// Web Push on this device: the browser's subscription, told to the server (RFC 8620 §7.2) under its VAPID key. The service worker sends the code of the
// verification back, and shows what comes (service-worker-push.ts). Knows the browser's part; knows no letter.
import { engine } from '../../state/link.ts';
import { live } from '../../state/live.svelte.ts';

const vapid = 'urn:ietf:params:jmap:webpush-vapid';
const core = 'urn:ietf:params:jmap:core';
const deviceKey = 'tayori.device';
const types = ['EmailDelivery'];

function key(): string | null {
  const told = live.status.capabilities[vapid]?.['applicationServerKey'];
  return typeof told === 'string' ? told : null;
}

export function canPush(): boolean {
  return key() !== null && 'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis;
}

async function current(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker?.getRegistration('/');
  return (await registration?.pushManager?.getSubscription()) ?? null;
}

export async function isPushed(): Promise<boolean> {
  return canPush() && (await current().catch(() => null)) !== null;
}

/** This device, for the server, so that a renewed subscription takes the place of the old one. */
function deviceId(): string {
  let id = localStorage.getItem(deviceKey);
  if (id === null) localStorage.setItem(deviceKey, (id = crypto.randomUUID()));
  return id;
}

async function set(args: Parameters<typeof engine.ask<'call'>>[1]['calls'][number][1]): Promise<Readonly<Record<string, unknown>>> {
  const [answer] = await engine.ask('call', { using: [core], calls: [['PushSubscription/set', args, 'p']] });
  if (!answer || answer[0] === 'error') throw new TypeError('the server takes no subscription');
  return answer[1];
}

/** @throws whatever the browser or the server says no with. */
export async function startPush(): Promise<void> {
  const registration = await navigator.serviceWorker.ready;
  const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key()! });
  const { endpoint, keys } = made.toJSON();
  const answer = await set({
    create: { n: { deviceClientId: deviceId(), url: endpoint!, keys: { p256dh: keys!['p256dh']!, auth: keys!['auth']! }, types } },
  });
  if (!answer['created']) {
    await made.unsubscribe();
    throw new TypeError('the server takes no subscription');
  }
}

export async function stopPush(): Promise<void> {
  await (await current())?.unsubscribe();
  const [answer] = await engine.ask('call', { using: [core], calls: [['PushSubscription/get', { ids: null }, 'p']] });
  const list = (answer?.[1]['list'] ?? []) as unknown as readonly { readonly id: string; readonly deviceClientId: string }[];
  const own = list.filter(({ deviceClientId }) => deviceClientId === deviceId()).map(({ id }) => id);
  if (own.length > 0) await set({ destroy: own });
}
