// Addresses that this device has seen in use, for completing what is typed. Knows addresses and how often; knows no letters.
import type { CacheStore } from './cache/contract.ts';
import type { EmailAddress } from './jmap/objects.ts';

interface Known {
  readonly person: EmailAddress;
  readonly uses: number;
}

export class People {
  readonly #cache: CacheStore;
  #known: Map<string, Known> | null = null;

  constructor(cache: CacheStore) {
    this.#cache = cache;
  }

  note(people: readonly EmailAddress[], weight: number): void {
    void (async () => {
      const known = await this.#load();
      const writes = people.map((person) => {
        const key = person.email.toLowerCase();
        const before = known.get(key);
        const row: Known = { person: person.name ? person : (before?.person ?? person), uses: (before?.uses ?? 0) + weight };
        known.set(key, row);
        return { table: 'people' as const, key, value: row };
      });
      await this.#cache.write(writes);
    })().catch(() => undefined);
  }

  /** Whose address, or any word of whose name, begins with the text. */
  async find(text: string, limit: number): Promise<readonly EmailAddress[]> {
    const wanted = text.normalize('NFKC').toLowerCase().trim();
    const known = await this.#load();
    return [...known.values()]
      .filter(({ person }) => {
        const name = (person.name ?? '').normalize('NFKC').toLowerCase();
        return (
          person.email.toLowerCase().startsWith(wanted) ||
          name.startsWith(wanted) ||
          name.split(/[\s　]+/u).some((word) => word.startsWith(wanted))
        );
      })
      .toSorted((a, b) => b.uses - a.uses)
      .slice(0, limit)
      .map(({ person }) => person);
  }

  async #load(): Promise<Map<string, Known>> {
    this.#known ??= new Map((await this.#cache.all('people')).map(({ key, value }) => [key, value as Known]));
    return this.#known;
  }
}
