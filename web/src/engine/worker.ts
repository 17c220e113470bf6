// The worker in which the engine runs: gives it the browser's network, time and storage. Knows the browser; knows nothing of mail.
import { openIndexedCache } from './cache/indexed.ts';
import { openMemoryCache } from './cache/memory.ts';
import { openEngine } from './engine.ts';
import { serveEngine, type FromEngine, type Port, type ToEngine } from './port.ts';

const scope = globalThis as unknown as Port<FromEngine, ToEngine> & Pick<Window, 'addEventListener'> & typeof globalThis;

// Words that come before the engine stands wait in the channel.
const early: ToEngine[] = [];
let heard = (message: ToEngine): void => void early.push(message);
scope.addEventListener('message', (event: { readonly data: ToEngine }) => heard(event.data));

const engine = await openEngine({
  origin: location.origin,
  fetch: (address, init) => fetch(address, init),
  openSocket: (address, protocol) => new WebSocket(address, protocol),
  openEvents: (address) => new EventSource(address, { withCredentials: true }),
  keepDocument:
    'caches' in globalThis
      ? async (address) => {
          const answer = await fetch(address, { credentials: 'same-origin' });
          if (!answer.ok) return null;
          // The same place and key as the service worker's.
          await (await caches.open('letters')).put(new Request(address), answer.clone());
          return answer.text();
        }
      : null,
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
  isOnline: () => navigator.onLine,
  onOnline: (changed) => {
    globalThis.addEventListener('online', changed);
    globalThis.addEventListener('offline', changed);
  },
  exclusive: (name, run) => (navigator.locks ? navigator.locks.request(name, run) : run()),
  // A private window may keep nothing; then it lasts as long as the window.
  openCache: (name) => openIndexedCache(name).catch(() => openMemoryCache()),
});

serveEngine(engine, {
  postMessage: (message) => scope.postMessage(message),
  addEventListener: (_name, listener) => {
    heard = (data) => listener({ data });
  },
});
for (const message of early.splice(0)) heard(message);
