// What the engine needs of the world around it: the network, time, chance and a place on this device. A worker gives it the browser's,
// a test its own. Knows nothing of mail.
import type { CacheStore } from './cache/contract.ts';

/** The parts of WebSocket that are used. */
export interface Socket {
  send(text: string): void;
  close(): void;
  addEventListener(name: 'open' | 'close' | 'error', heard: () => void): void;
  addEventListener(name: 'message', heard: (event: { readonly data: unknown }) => void): void;
}

/** The parts of EventSource that are used. */
export interface EventStream {
  close(): void;
  addEventListener(name: 'open' | 'error', heard: () => void): void;
  addEventListener(name: 'state', heard: (event: { readonly data: unknown }) => void): void;
}

export interface Surroundings {
  /** Such as `https://mail.example.jp`. */
  readonly origin: string;
  fetch(address: string, init: RequestInit): Promise<Response>;
  readonly openSocket: ((address: string, protocol: string) => Socket) | null;
  readonly openEvents: ((address: string) => EventStream) | null;
  /** Fetches a document and keeps it on this device as it was served. Its text; null: there is none. Null: nothing is kept here. @throws TypeError without a network. */
  readonly keepDocument: ((address: string) => Promise<string | null>) | null;
  now(): number;
  /** Runs once after `ms`; returns the way to call it off. */
  after(ms: number, run: () => void): () => void;
  /** 0 to 1. */
  random(): number;
  isOnline(): boolean;
  /** Heard when the browser thinks that the network came or went. */
  onOnline(heard: () => void): void;
  /** One at a time, over all windows of this browser. */
  exclusive<T>(name: string, run: () => Promise<T>): Promise<T>;
  openCache(name: string): Promise<CacheStore>;
}
