// Notices of new letters: asked for by a press, told by the browser's push service and our server (RFC 8620 §7.2, RFC 8030). Knows the browser's
// permission and PushSubscription/set; what is shown is the service worker's (notices.ts).
import type { JsonObject } from '../engine/jmap/objects.ts';
import { forgetWishes, noteWishes } from '../notices.ts';
import { engine } from './link.ts';
import { live } from './live.svelte.ts';
import { preferences } from './preferences.svelte.ts';
import { settings } from './settings.svelte.ts';

const vapid = 'urn:ietf:params:jmap:webpush-vapid';
const deviceKey = 'tayori.device';

function deviceId(): string {
  const known = localStorage.getItem(deviceKey);
  if (known !== null) return known;
  const made = crypto.randomUUID();
  localStorage.setItem(deviceKey, made);
  return made;
}

class Notices {
  /** `unable`: this browser has none (on an iPhone the app has to be on the home screen). `refused`: the person has told the browser so. */
  #state = $state<'unable' | 'off' | 'refused' | 'on' | 'busy'>('unable');
  constructor() {
    void this.#look();
  }
  get state(): 'unable' | 'off' | 'refused' | 'on' | 'busy' {
    return this.#state;
  }
  get #serverKey(): string {
    return String(live.status.capabilities[vapid]?.['applicationServerKey'] ?? '');
  }

  async #look(): Promise<void> {
    if (!('serviceWorker' in navigator) || !('PushManager' in globalThis) || !('Notification' in globalThis)) return;
    const registration = await navigator.serviceWorker.getRegistration();
    const subscription = await registration?.pushManager.getSubscription().catch(() => null);
    this.#state = Notification.permission === 'denied' ? 'refused' : subscription ? 'on' : 'off';
  }

  /** Only ever by a press. @throws EngineTrouble; TypeError when the browser's push service cannot be reached. */
  async on(): Promise<void> {
    this.#state = 'busy';
    try {
      if ((await Notification.requestPermission()) !== 'granted') return;
      const registration = await navigator.serviceWorker.ready;
      const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: this.#serverKey });
      const { endpoint, keys } = subscription.toJSON();
      const wish: JsonObject = { deviceClientId: deviceId(), url: endpoint ?? '', keys: { p256dh: keys?.['p256dh'] ?? '', auth: keys?.['auth'] ?? '' }, types: ['Email'] };
      const states: Record<string, string> = {};
      for (const { id: accountId } of live.status.accounts) {
        const [answer] = await engine.ask('call', { using: [], calls: [['Email/get', { accountId, ids: [] }, 'e']] });
        if (typeof answer?.[1]['state'] === 'string') states[accountId] = answer[1]['state'];
      }
      await noteWishes({ language: settings.language, preview: preferences.chosen.notificationPreview }, states);
      const [answer] = await engine.ask('call', { using: [], calls: [['PushSubscription/set', { create: { p: wish } }, 'p']] });
      if (!answer?.[1]['created']) throw new TypeError('the server took no subscription');
    } finally {
      await this.#look();
    }
  }

  async off(): Promise<void> {
    this.#state = 'busy';
    try {
      const registration = await navigator.serviceWorker.getRegistration();
      await (await registration?.pushManager.getSubscription())?.unsubscribe();
      await forgetWishes();
      const [got] = await engine.ask('call', { using: [], calls: [['PushSubscription/get', { ids: null }, 'g']] });
      const mine = ((got?.[1]['list'] ?? []) as unknown as readonly { readonly id: string; readonly deviceClientId: string }[]).filter(
        ({ deviceClientId }) => deviceClientId === deviceId(),
      );
      if (mine.length > 0) await engine.ask('call', { using: [], calls: [['PushSubscription/set', { destroy: mine.map(({ id }) => id) }, 's']] });
    } finally {
      await this.#look();
    }
  }
}

export const notices = new Notices();
