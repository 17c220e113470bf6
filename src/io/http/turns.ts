// So many things of one person at once; the others wait their turn, and so many wait. Knows people by number; knows nothing of what is done.
import type { AccountId } from '../../store/contract.ts';

interface Queue {
  running: number;
  readonly waiting: (() => void)[];
}

export class Turns {
  readonly #atOnce: number;
  readonly #mostWaiting: number;
  readonly #queues = new Map<AccountId, Queue>();

  constructor(atOnce: number, mostWaiting: number) {
    this.#atOnce = atOnce;
    this.#mostWaiting = mostWaiting;
  }

  /** Null, and nothing done, when too many wait already. */
  async take<T>(person: AccountId, work: () => Promise<T>): Promise<T | null> {
    let queue = this.#queues.get(person);
    if (queue === undefined) this.#queues.set(person, (queue = { running: 0, waiting: [] }));
    const { waiting } = queue;
    if (queue.running >= this.#atOnce) {
      if (waiting.length >= this.#mostWaiting) return null;
      // Whoever ends hands its place on: nobody who comes then takes it first.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else queue.running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next !== undefined) next();
      else if (--queue.running === 0) this.#queues.delete(person);
    }
  }
}
