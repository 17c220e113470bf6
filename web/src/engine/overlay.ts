// What the person did and the server has not confirmed yet, laid over what the server told. Knows patches of Email (RFC 8620 §5.3,
// RFC 8621 §4.6) and how to take them back; knows no server and no disk.
import type { Carry } from './carry.ts';
import type { EmailHead, Id, Json, PatchObject } from './jmap/objects.ts';

/** One change of some letters of one account, in the order in which it was made. */
export interface Pending {
  readonly id: number;
  readonly accountId: Id;
  readonly update: Readonly<Record<Id, PatchObject>>;
  readonly destroy: readonly Id[];
  /** Told by Snooze/set of our own capability instead of Email/set; `until` null: back at once. `update` is how it looks meanwhile. */
  readonly snooze?: { readonly until: string | null };
  /** First copied into another account; `update` and `destroy` are told for those of which there is a copy. */
  readonly carry?: Carry;
}

export type Change = Omit<Pending, 'id'>;

/** The letter as it is with a patch: `keywords/x`, `mailboxIds/x`, or either whole. */
export function patchHead(head: EmailHead, patch: PatchObject): EmailHead {
  let { keywords, mailboxIds } = head;
  for (const [path, value] of Object.entries(patch)) {
    const [property, key] = splitPath(path);
    if (property === 'keywords') keywords = patchSet(keywords, key, value);
    else if (property === 'mailboxIds') mailboxIds = patchSet(mailboxIds, key, value);
  }
  return keywords === head.keywords && mailboxIds === head.mailboxIds ? head : { ...head, keywords, mailboxIds };
}

/** What takes the patch back, for the letter as it was before. */
export function invertPatch(head: EmailHead, patch: PatchObject): PatchObject {
  const inverse: Record<string, Json> = {};
  for (const path of Object.keys(patch)) {
    const [property, key] = splitPath(path);
    const was = property === 'keywords' ? head.keywords : property === 'mailboxIds' ? head.mailboxIds : null;
    if (was === null) continue;
    if (key === null) inverse[path] = { ...was };
    else inverse[path] = was[key] === true ? true : null;
  }
  return inverse;
}

/** RFC 6901: `~1` is a slash, `~0` a tilde. */
function splitPath(path: string): readonly [property: string, key: string | null] {
  const slash = path.indexOf('/');
  return slash < 0
    ? [path, null]
    : [
        path.slice(0, slash),
        path
          .slice(slash + 1)
          .replaceAll('~1', '/')
          .replaceAll('~0', '~'),
      ];
}

export function pathOf(property: 'keywords' | 'mailboxIds', key: string): string {
  return `${property}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function patchSet(set: Readonly<Record<string, true>>, key: string | null, value: Json): Readonly<Record<string, true>> {
  if (key === null) return value as Readonly<Record<string, true>>;
  if ((set[key] === true) === (value === true)) return set;
  const copy = { ...set };
  if (value === true) copy[key] = true;
  else delete copy[key];
  return copy;
}

/** All that is pending in one account. */
export class Overlay {
  #pending: Pending[] = [];
  #byEmail = new Map<Id, PatchObject[]>();
  #destroyed = new Set<Id>();

  get isEmpty(): boolean {
    return this.#pending.length === 0;
  }
  get pending(): readonly Pending[] {
    return this.#pending;
  }
  /** Letters about which something is pending. */
  get touched(): ReadonlySet<Id> {
    return new Set([...this.#byEmail.keys(), ...this.#destroyed]);
  }

  add(pending: Pending): void {
    this.#pending.push(pending);
    this.#index();
  }

  remove(ids: ReadonlySet<number>): void {
    this.#pending = this.#pending.filter(({ id }) => !ids.has(id));
    this.#index();
  }

  /** Null: it is gone. */
  effective(head: EmailHead): EmailHead | null {
    if (this.#destroyed.has(head.id)) return null;
    const patches = this.#byEmail.get(head.id);
    return patches ? patches.reduce(patchHead, head) : head;
  }

  #index(): void {
    this.#byEmail = new Map();
    this.#destroyed = new Set();
    for (const { update, destroy } of this.#pending) {
      for (const [id, patch] of Object.entries(update)) this.#byEmail.set(id, [...(this.#byEmail.get(id) ?? []), patch]);
      for (const id of destroy) this.#destroyed.add(id);
    }
  }
}
