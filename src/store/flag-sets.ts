// The flag sets of one mailbox, each kept once, with its text for the wire.
// Knows flags (RFC 9051 §2.3.2) and how keywords compare; knows no letter.
import { ANSWERED, DELETED, DRAFT, FLAGGED, SEEN, systemFlags, type FlagSet } from './mailbox-state.ts';

/** The order of RFC 9051 §2.3.2. */
const inOrder: readonly (readonly [number, string])[] = [
  [SEEN, '\\Seen'],
  [ANSWERED, '\\Answered'],
  [FLAGGED, '\\Flagged'],
  [DELETED, '\\Deleted'],
  [DRAFT, '\\Draft'],
];

const systemByName: ReadonlyMap<string, number> = new Map(Object.entries(systemFlags).map(([name, bit]) => [name.toLowerCase(), bit]));

/** Flags as they came, parted into bits and keywords. Other words with a backslash, such as `\Recent`, are not stored (RFC 9051 §2.3.2). */
export function partFlags(flags: readonly string[]): { readonly system: number; readonly keywords: readonly string[] } {
  let system = 0;
  let keywords: string[] | null = null;
  for (const flag of flags) {
    if (flag.charCodeAt(0) === 92) system |= systemByName.get(flag.toLowerCase()) ?? 0;
    else (keywords ??= []).push(flag);
  }
  return { system, keywords: keywords ?? [] };
}

export class FlagSets {
  readonly sets: FlagSet[] = [];
  /** Keywords in the order in which they were first seen. */
  readonly keywords: string[] = [];
  readonly #spelling = new Map<string, string>();
  readonly #bySystem: (FlagSet | undefined)[] = [];
  readonly #byKey = new Map<string, FlagSet>();
  /** Characters of all sets with keywords: what they take in memory follows from it. */
  textLength = 0;

  /** How many keywords there would be if these were added. */
  countWith(keywords: readonly string[]): number {
    const added = new Set<string>();
    for (const keyword of keywords) {
      const folded = keyword.toLowerCase();
      if (!this.#spelling.has(folded)) added.add(folded);
    }
    return this.keywords.length + added.size;
  }

  intern(system: number, keywords: readonly string[]): FlagSet {
    if (keywords.length === 0) return (this.#bySystem[system] ??= this.#add(system, []));
    const folded = [...new Set(keywords.map((keyword) => keyword.toLowerCase()))].sort();
    const key = `${system} ${folded.join(' ')}`;
    let set = this.#byKey.get(key);
    if (set === undefined) {
      for (const keyword of keywords) this.#learn(keyword);
      set = this.#add(
        system,
        folded.map((keyword) => this.#spelling.get(keyword)!),
      );
      this.#byKey.set(key, set);
      this.textLength += set.text.length;
    }
    return set;
  }

  /** Adds keywords that no set has. */
  learnAll(keywords: readonly string[]): void {
    for (const keyword of keywords) this.#learn(keyword);
  }

  #learn(keyword: string): void {
    const folded = keyword.toLowerCase();
    if (this.#spelling.has(folded)) return;
    this.#spelling.set(folded, keyword);
    this.keywords.push(keyword);
  }

  #add(system: number, keywords: readonly string[]): FlagSet {
    const names = inOrder.filter(([bit]) => (system & bit) !== 0).map(([, name]) => name);
    const set: FlagSet = { index: this.sets.length, system, keywords, text: `(${[...names, ...keywords].join(' ')})` };
    this.sets.push(set);
    return set;
  }
}

/** The set that follows from `before` by one change of flags. Removing tells keywords apart without case, as all else does. */
export function changeFlags(
  sets: { internFlags(system: number, keywords: readonly string[]): FlagSet },
  before: FlagSet,
  how: 'add' | 'remove' | 'replace',
  system: number,
  keywords: readonly string[],
): FlagSet {
  if (how === 'replace') return sets.internFlags(system, keywords);
  if (how === 'add') {
    if (keywords.length === 0) return sets.internFlags(before.system | system, before.keywords);
    return sets.internFlags(before.system | system, [...before.keywords, ...keywords]);
  }
  if (keywords.length === 0 || before.keywords.length === 0) return sets.internFlags(before.system & ~system, before.keywords);
  const removed = new Set(keywords.map((keyword) => keyword.toLowerCase()));
  return sets.internFlags(
    before.system & ~system,
    before.keywords.filter((keyword) => !removed.has(keyword.toLowerCase())),
  );
}
