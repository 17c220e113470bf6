// Surroundings of an engine in plain Node: an office in memory in place of the network, a clock that is set by hand, a cache that outlives
// the engine. Knows the engine's contract; knows no browser.
import { openMemoryCache } from '../src/engine/cache/memory.ts';
import type { CacheStore } from '../src/engine/cache/contract.ts';
import type { Socket, Surroundings } from '../src/engine/surroundings.ts';
import type { JsonObject } from '../src/engine/jmap/objects.ts';
import type { Office } from './office.ts';

export interface World {
  readonly surroundings: Surroundings;
  readonly caches: Map<string, CacheStore>;
  /** Cut or mended. */
  setOnline(online: boolean): void;
  /** The answer of the next request is lost after the office has done it. */
  loseNextAnswer(): void;
  /** What the server answers in place of the office; null: the office does. */
  inPlace: ((pathname: string, init: RequestInit) => Response | Promise<Response> | null) | null;
  /** The device takes nothing more; what is taken away from it goes. */
  isFull: boolean;
  signedIn: boolean;
  /** What was kept of documents. */
  readonly documents: Set<string>;
  /** Lets time pass; what was to happen until then happens. */
  pass(ms: number): Promise<void>;
}

export function worldOf(office: Office, caches: Map<string, CacheStore> = new Map()): World {
  let isOnline = true;
  let loses = false;
  let uploads = 0;
  let now = Date.UTC(2026, 10, 27, 13);
  let timers: { at: number; run: () => void }[] = [];
  const ears: (() => void)[] = [];
  const sockets = new Set<{ break(): void }>();
  const locks = new Map<string, Promise<unknown>>();

  function answerTo(body: JsonObject): JsonObject {
    const answer = office.request(body);
    if (loses) {
      loses = false;
      throw new TypeError('the answer was lost');
    }
    return answer;
  }

  async function fetch(address: string, init: RequestInit): Promise<Response> {
    await Promise.resolve();
    if (!isOnline) throw new TypeError('no network');
    const { pathname } = new URL(address);
    const other = world.inPlace?.(pathname, init) ?? null;
    if (other) return other;
    if (pathname === '/auth/login') {
      const { password } = JSON.parse(String(init.body)) as { password: string };
      world.signedIn = password === 'right';
      return Response.json(world.signedIn ? { state: 'in' } : {}, { status: world.signedIn ? 200 : 401 });
    }
    if (!world.signedIn) return Response.json({}, { status: 401 });
    if (pathname === '/auth/logout') {
      world.signedIn = false;
      return Response.json({ state: 'out' });
    }
    if (pathname === '/jmap/session') return Response.json(office.session);
    if (pathname === '/jmap/api') return Response.json(answerTo(JSON.parse(String(init.body)) as JsonObject));
    if (pathname.startsWith('/jmap/upload/')) return Response.json({ blobId: `U${++uploads}`, type: '', size: 0 });
    return Response.json({}, { status: 200 });
  }

  function onThisDevice(cache: CacheStore): CacheStore {
    return {
      ...cache,
      async write(writes) {
        if (world.isFull && writes.some(({ value }) => value !== undefined)) throw new DOMException('no room', 'QuotaExceededError');
        return cache.write(writes);
      },
    };
  }

  function openSocket(): Socket {
    const heard: Record<string, ((event: { readonly data: unknown }) => void)[]> = {};
    const tell = (name: string, data: unknown = null): void => {
      for (const listener of heard[name] ?? []) listener({ data });
    };
    let isOpen = false;
    const change = (announced: JsonObject): void => tell('message', JSON.stringify(announced));
    const socket = {
      addEventListener: (name: string, listener: (event: { readonly data: unknown }) => void) => void (heard[name] ??= []).push(listener),
      close() {
        office.ears.delete(change);
        sockets.delete(socket);
      },
      break() {
        socket.close();
        tell('close');
      },
      send(text: string) {
        const { id, ...body } = JSON.parse(text) as JsonObject;
        if (body['@type'] !== 'Request') return;
        queueMicrotask(() => {
          try {
            tell('message', JSON.stringify({ '@type': 'Response', requestId: id, ...answerTo(body) }));
          } catch {
            socket.break();
          }
        });
      },
    };
    queueMicrotask(() => {
      if (!isOnline || !world.signedIn) return tell('close');
      isOpen = true;
      office.ears.add(change);
      sockets.add(socket);
      tell('open');
    });
    void isOpen;
    return socket as Socket;
  }

  const documents = new Set<string>();
  const world: World = {
    caches,
    documents,
    inPlace: null,
    isFull: false,
    signedIn: true,
    setOnline(online) {
      isOnline = online;
      if (!online) for (const socket of Array.from(sockets)) socket.break();
      for (const heard of ears) heard();
    },
    loseNextAnswer() {
      loses = true;
    },
    async pass(ms) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { run } of due) run();
      await settled();
    },
    surroundings: {
      origin: 'https://mail.example.jp',
      fetch,
      openSocket,
      openEvents: null,
      async keepDocument(address) {
        if (!isOnline) throw new TypeError('no network');
        documents.add(new URL(address).pathname);
        return '';
      },
      // No two things happen at the same moment.
      now: () => now++,
      after(ms, run) {
        const timer = { at: now + ms, run };
        timers.push(timer);
        return () => void (timers = timers.filter((other) => other !== timer));
      },
      random: () => 0.5,
      isOnline: () => isOnline,
      onOnline: (heard) => void ears.push(heard),
      exclusive(name, run) {
        const turn = (locks.get(name) ?? Promise.resolve()).then(run, run);
        locks.set(
          name,
          turn.catch(() => undefined),
        );
        return turn;
      },
      async openCache(name) {
        let cache = caches.get(name);
        if (!cache) caches.set(name, (cache = openMemoryCache()));
        return onThisDevice(cache);
      },
    },
  };
  return world;
}

/** Everything that can happen without time passing has happened: no timer is involved, so a number of turns of the loop is enough. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
}
