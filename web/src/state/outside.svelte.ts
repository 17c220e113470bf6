// How the person's accounts at other providers are, for every screen: fetching, well, or in need of somebody; and a word when a long fetch is over.
// Knows cards; draws nothing. Read only by those who have such an account.
import { untrack } from 'svelte';
import { engine } from './link.ts';
import { live } from './live.svelte.ts';
import { settings } from './settings.svelte.ts';
import { getAll, type OutsideAccount } from './tayori.ts';
import { toasts } from './toasts.svelte.ts';

/** Fewer letters than these come without being told. */
const worthTelling = 50;

class Outside {
  #cards = $state.raw<ReadonlyMap<string, OutsideAccount>>(new Map());
  #isReading = false;
  #again = false;

  card(id: string): OutsideAccount | null {
    return this.#cards.get(id) ?? null;
  }

  /** For the life of a component. `said`: the sentence for an account of which everything is here. */
  watch(said: (address: string) => string): void {
    const read = (): void => void this.#read(said);
    $effect(() => {
      void settings.language;
      if (live.isIn && live.hasSeveralAccounts) untrack(read);
    });
    $effect(() => {
      const watch = engine.watch('changed', { types: ['OutsideAccount'] }, () => live.hasSeveralAccounts && read());
      return () => watch.end();
    });
  }

  async #read(said: (address: string) => string): Promise<void> {
    this.#again = this.#isReading;
    if (this.#isReading) return;
    this.#isReading = true;
    const list = await getAll<OutsideAccount>('OutsideAccount').catch(() => null);
    this.#isReading = false;
    if (list !== null) {
      for (const { id, address, collecting, health } of list) {
        const before = this.#cards.get(id)?.collecting;
        if (before && before.of >= worthTelling && collecting === null && health.state === 'good') toasts.show(said(address));
      }
      this.#cards = new Map(list.filter(({ restsUntil }) => restsUntil === null).map((one) => [one.id, one]));
    }
    if (this.#again) await this.#read(said);
  }
}

export const outside = new Outside();
