// All objects of one type of our own capability, read again whenever the server says that they changed. Knows types by name; draws nothing.
import { untrack } from 'svelte';
import { engine } from './link.ts';
import { live } from './live.svelte.ts';
import { settings } from './settings.svelte.ts';
import { getAll, troubleType } from './tayori.ts';

/** Where nothing is pushed, it is looked at so often. */
const lookEveryMs = 4000;

export class Objects<T extends { readonly id: string }> {
  readonly #type: string;
  #list = $state.raw<readonly T[] | null>(null);
  #trouble = $state<string | null>(null);
  #reading: Promise<void> | null = null;
  #again = false;

  /** For the life of a component. `others`: types by whose change these change too. */
  constructor(type: string, others: readonly string[] = []) {
    this.#type = type;
    $effect(() => {
      void settings.language;
      if (live.isIn && live.ownAccountId !== null) untrack(() => void this.read());
    });
    $effect(() => {
      const watch = engine.watch('changed', { types: [type, ...others] }, () => void this.read());
      return () => watch.end();
    });
    $effect(() => {
      if (live.status.line === 'live') return;
      const timer = setInterval(() => void this.read(), lookEveryMs);
      return () => clearInterval(timer);
    });
  }

  /** Null until they have been read. */
  get list(): readonly T[] | null {
    return this.#list;
  }
  get trouble(): string | null {
    return this.#trouble;
  }
  find(id: string): T | null {
    return this.#list?.find((one) => one.id === id) ?? null;
  }

  async read(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return this.#reading;
    }
    this.#reading = getAll<T>(this.#type)
      .then(
        (list) => {
          this.#list = list;
          this.#trouble = null;
        },
        (error: unknown) => void (this.#trouble = troubleType(error)),
      )
      .finally(() => (this.#reading = null));
    await this.#reading;
    if (!this.#again) return;
    this.#again = false;
    await this.read();
  }
}
