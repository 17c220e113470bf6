// Flags on both sides, made one (three-way merge). Knows flags as sets; knows no letter.
//
// Rule: what either side has added since both last agreed is added, what either has taken away is taken away. A flag has two states only, so
// two sides that changed the same flag have changed it to the same.

/** Keywords that a mailbox here can hold: RFC 9051 §9 (flag-keyword), of a length that its parser takes. */
const keyword = /^[^\s(){}%*"\\\]\x00-\x1f\x7f-\uffff]{1,128}$/;
const system = new Map(['\\Seen', '\\Answered', '\\Flagged', '\\Deleted', '\\Draft'].map((name) => [name.toLowerCase(), name]));

/** Spellings by the form in which they compare. What no mailbox keeps, such as `\Recent`, is left out. */
export type FlagNames = ReadonlyMap<string, string>;

export function readFlags(flags: Iterable<string>): FlagNames {
  const names = new Map<string, string>();
  for (const flag of flags) {
    const folded = flag.toLowerCase();
    const known = system.get(folded);
    if (known !== undefined) names.set(folded, known);
    else if (keyword.test(flag) && !names.has(folded)) names.set(folded, flag);
  }
  return names;
}

/** As the ledger keeps them. */
export function formatFlags(names: FlagNames): string {
  return [...names.values()].sort().join(' ');
}

export function parseFlags(text: string): FlagNames {
  return readFlags(text === '' ? [] : text.split(' '));
}

export interface Merged {
  /** What both sides have afterwards. */
  readonly agreed: FlagNames;
  readonly here: FlagSteps;
  readonly there: FlagSteps;
}

export interface FlagSteps {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/**
 * `base`: what both last agreed on; null when they never did: then nothing is lost by taking both, but for \Deleted, which both must have.
 * `isKept`: whether the provider keeps a flag (lower case); of others it has no say, and they stay as they are here.
 */
export function mergeFlags(base: FlagNames | null, here: FlagNames, there: FlagNames, isKept: (flag: string) => boolean): Merged {
  const agreed = new Map<string, string>();
  const steps = { here: { add: [] as string[], remove: [] as string[] }, there: { add: [] as string[], remove: [] as string[] } };
  const all = new Map([...there, ...here, ...(base ?? [])]);
  for (const [folded, name] of all) {
    const [isHere, isThere] = [here.has(folded), there.has(folded)];
    if (!isKept(folded)) continue;
    const isWanted =
      base === null
        ? folded === '\\deleted'
          ? isHere && isThere
          : isHere || isThere
        : base.has(folded)
          ? isHere && isThere
          : isHere || isThere;
    if (isWanted) agreed.set(folded, name);
    if (isWanted !== isHere) steps.here[isWanted ? 'add' : 'remove'].push(name);
    if (isWanted !== isThere) steps.there[isWanted ? 'add' : 'remove'].push(name);
  }
  return { agreed, here: steps.here, there: steps.there };
}

/** Letters that take the same step, together: one command for all of them. */
export class FlagPlan {
  readonly #steps = new Map<string, { readonly how: 'add' | 'remove'; readonly flags: readonly string[]; readonly uids: number[] }>();

  note(uid: number, { add, remove }: FlagSteps): void {
    if (add.length > 0) this.#put('add', add, uid);
    if (remove.length > 0) this.#put('remove', remove, uid);
  }

  #put(how: 'add' | 'remove', flags: readonly string[], uid: number): void {
    const key = `${how} ${[...flags].sort().join(' ')}`;
    let step = this.#steps.get(key);
    if (!step) this.#steps.set(key, (step = { how, flags, uids: [] }));
    step.uids.push(uid);
  }

  /** UIDs ascending. */
  steps(): { readonly how: 'add' | 'remove'; readonly flags: readonly string[]; readonly uids: readonly number[] }[] {
    return [...this.#steps.values()].map((step) => ({ ...step, uids: step.uids.toSorted((a, b) => a - b) }));
  }
}
