// Patch objects of RFC 8620 §5.3: a set of changes to one object, each at a place in it. Knows JSON pointers; knows no type of object.
import { isObject } from './arguments.ts';
import type { Json, JsonObject } from './contract.ts';
import { invalidPatch, NotSet } from './errors.ts';
import { depthMax } from './limits.ts';

/** RFC 6901 §4: `~1` is a slash and `~0` a tilde. Null for a tilde with anything else. */
export function parsePointer(text: string): readonly string[] | null {
  if (/~(?![01])/.test(text)) return null;
  return text.split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** One token as it stands in a pointer. */
export function formatPointerToken(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}

export interface PatchEntry {
  readonly path: readonly string[];
  readonly value: Json;
}

/** The entries of a patch, checked among themselves. @throws NotSet `invalidPatch`. */
export function readPatch(patch: JsonObject): readonly PatchEntry[] {
  const entries: PatchEntry[] = [];
  const paths = new Set<string>();
  for (const [pointer, value] of Object.entries(patch)) {
    const path = parsePointer(pointer);
    if (path === null || path.length > depthMax) throw new NotSet(invalidPatch(`"${pointer.slice(0, 100)}" is no pointer.`));
    entries.push({ path, value });
    paths.add(keyOf(path));
  }
  // "There MUST NOT be two patches where the pointer of one is the prefix of the pointer of the other"; two spellings of one place are that, too.
  if (paths.size < entries.length) throw new NotSet(invalidPatch('Two changes are at the same place.'));
  for (const { path } of entries) {
    for (let length = 1; length < path.length; length += 1) {
      if (paths.has(keyOf(path.slice(0, length))))
        throw new NotSet(invalidPatch(`"${path.join('/').slice(0, 100)}" is inside another change.`));
    }
  }
  return entries;
}

function keyOf(path: readonly string[]): string {
  return path.map(formatPointerToken).join('/');
}

/**
 * The object as it is after the patch; the given one stays as it is. Null takes the value of `defaults` at the first level, where it has one, and
 * else removes the member.
 * @throws NotSet `invalidPatch`.
 */
export function applyPatch(object: JsonObject, patch: JsonObject, defaults: JsonObject = {}): JsonObject {
  const copies = new Map<JsonObject, { [name: string]: Json }>();
  const copyOf = (original: JsonObject): { [name: string]: Json } => {
    // Made for this patch already: it may be written to.
    const made = copies.get(original);
    if (made !== undefined) return made;
    const copy = withoutPrototype(original);
    copies.set(copy, copy);
    return copy;
  };
  const root = copyOf(object);
  for (const { path, value } of readPatch(patch)) {
    let parent = root;
    for (const token of path.slice(0, -1)) {
      const next = Object.hasOwn(parent, token) ? parent[token] : undefined;
      if (!isObject(next)) {
        throw new NotSet(
          invalidPatch(`"${path.join('/').slice(0, 100)}" leads ${Array.isArray(next) ? 'into an array' : 'where nothing is'}.`),
        );
      }
      const copy = copyOf(next);
      parent[token] = copy;
      parent = copy;
    }
    const last = path.at(-1) ?? '';
    if (value !== null) parent[last] = value;
    else if (path.length === 1 && Object.hasOwn(defaults, last)) parent[last] = defaults[last]!;
    else delete parent[last];
  }
  return root;
}

/** `__proto__` is a name like any other there. */
function withoutPrototype(object: JsonObject): { [name: string]: Json } {
  return Object.assign(Object.create(null) as { [name: string]: Json }, object);
}

/** Equal as JSON values; the order of members does not matter. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((element, index) => sameJson(element, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && sameJson(a[name], b[name]));
}
