// How much one person may have under way at once: requests, uploads, connections that are held open. Knows numbers; knows no request.
import type { AccountId } from '../../store/contract.ts';
import { coreLimits } from './limits.ts';

export type GateKind = 'requests' | 'uploads' | 'downloads' | 'exports' | 'events' | 'sockets';

/** RFC 8620 §2 announces the first two. */
const most: Readonly<Record<GateKind, number>> = {
  requests: coreLimits.maxConcurrentRequests,
  uploads: coreLimits.maxConcurrentUpload,
  downloads: 16,
  // Each holds a picture of a whole mailbox.
  exports: 2,
  events: 10,
  sockets: 10,
};

/** State over time: what is under way. */
export class Gates {
  readonly #inside = new Map<string, number>();

  /** The way out, to be called once (again does nothing); null when there is no room. */
  enter(kind: GateKind, person: AccountId): (() => void) | null {
    const key = `${kind} ${person}`;
    const inside = this.#inside.get(key) ?? 0;
    if (inside >= most[kind]) return null;
    this.#inside.set(key, inside + 1);
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      const left = this.#inside.get(key)! - 1;
      if (left === 0) this.#inside.delete(key);
      else this.#inside.set(key, left);
    };
  }
}
