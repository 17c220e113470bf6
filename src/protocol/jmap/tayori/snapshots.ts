// States of objects that have no log of their own: a state is a digest of what is shown, and changes are the difference of two pictures.
// Knows ids and digests; a state that it has not told itself, or long ago, it cannot tell changes from (RFC 8620 §5.2 allows that).
import { sha256Hex } from '../../../base/digest.ts';
import type { Id } from '../contract.ts';
import type { Shown } from './contract.ts';

type Picture = ReadonlyMap<Id, string>;

/** Pictures of one list, and lists that are remembered. */
const picturesMax = 20;
const listsMax = 2_000;

export class Snapshots {
  readonly #lists = new Map<string, Map<string, Picture>>();

  /** The state of a list as it is now. */
  state(list: string, objects: Shown): string {
    const picture = draw(objects);
    const state = stateOf(picture);
    const known = this.#lists.get(list) ?? new Map<string, Picture>();
    this.#lists.delete(list);
    this.#lists.set(list, known);
    if (this.#lists.size > listsMax) this.#lists.delete(this.#lists.keys().next().value!);
    known.delete(state);
    known.set(state, picture);
    if (known.size > picturesMax) known.delete(known.keys().next().value!);
    return state;
  }

  /** What has changed since a state; null when that state is not remembered. */
  changes(
    list: string,
    since: string,
    objects: Shown,
  ): { readonly created: readonly Id[]; readonly updated: readonly Id[]; readonly destroyed: readonly Id[] } | null {
    const now = draw(objects);
    const before = stateOf(now) === since ? now : this.#lists.get(list)?.get(since);
    if (before === undefined) return null;
    return {
      created: [...now.keys()].filter((id) => !before.has(id)),
      updated: [...now].filter(([id, digest]) => before.has(id) && before.get(id) !== digest).map(([id]) => id),
      destroyed: [...before.keys()].filter((id) => !now.has(id)),
    };
  }
}

function draw(objects: Shown): Picture {
  return new Map([...objects].map(([id, object]) => [id, sha256Hex(JSON.stringify(object)).slice(0, 24)]));
}

function stateOf(picture: Picture): string {
  return sha256Hex(JSON.stringify([...picture].toSorted(([a], [b]) => (a < b ? -1 : 1)))).slice(0, 24);
}
