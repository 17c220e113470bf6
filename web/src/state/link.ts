// The page's end of the engine: makes the worker, hands out the engine. Knows the worker's address and the page's one Trusted Types policy;
// knows nothing of mail.
import workerAddress from '../engine/worker.ts?worker&url';
import type { Engine } from '../engine/contract.ts';
import { linkEngine, type FromEngine, type Port, type ToEngine } from '../engine/port.ts';

/** The policy of the page allows two names: Svelte's own and this one, which lets nothing pass but the app's own scripts. */
const ownScripts = new Set([new URL(workerAddress, location.href).href, new URL('/service-worker.js', location.href).href]);

interface Policy {
  createScriptURL(address: string): string;
}
function check(address: string): string {
  const { href } = new URL(address, location.href);
  if (!ownScripts.has(href)) throw new TypeError('not a script of the app');
  return href;
}
const trustedTypes = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }).trustedTypes;
const policy: Policy = trustedTypes?.createPolicy('tayori', { createScriptURL: check }) ?? { createScriptURL: check };

let heardFailing: (() => void) | null = null;
let hasFailed = false;
/** The worker could not be loaded: without it nothing is known and nothing can be done. */
export function whenWorkerFails(heard: () => void): void {
  heardFailing = heard;
  if (hasFailed) heard();
}

function openWorker(): Engine {
  const worker = new Worker(policy.createScriptURL(workerAddress), { type: 'module', name: 'tayori' });
  // Once it has spoken it runs, whatever else goes wrong in it.
  const failed = (): void => {
    hasFailed = true;
    heardFailing?.();
  };
  worker.addEventListener('error', failed);
  worker.addEventListener('message', () => worker.removeEventListener('error', failed), { once: true });
  return linkEngine(worker as unknown as Port<ToEngine, FromEngine>);
}

export const engine: Engine = openWorker();

/** Keeps the app and the letters that were opened for times without a network. `waiting`: a newer version stands ready. */
export async function registerServiceWorker(waiting: (switchOver: () => void) => void): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  // It fetches everything once more: the first list goes before.
  await new Promise((resolve) => setTimeout(resolve, hadController ? 0 : settleMs));
  const registration = await navigator.serviceWorker.register(policy.createScriptURL('/service-worker.js'), { scope: '/' });
  const tell = (): void => {
    const fresh = registration.waiting;
    if (fresh && navigator.serviceWorker.controller) waiting(() => fresh.postMessage('switch'));
  };
  tell();
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', tell));
  let isReloading = false;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (isReloading || !hadController) return;
    isReloading = true;
    location.reload();
  });
}
/** From the start until a first visit is kept for times without a network. */
const settleMs = 1500;
const hadController = 'serviceWorker' in navigator && navigator.serviceWorker.controller !== null;
