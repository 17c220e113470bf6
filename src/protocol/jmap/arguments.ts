// Reads arguments of methods and members of objects: each by a reader of its type, and nothing that nobody asked for. Knows JSON types and
// those of RFC 8620 §1; knows no method.
import type { Bytes } from '../../base/bytes.ts';
import { MethodError, type Id, type Json, type JsonObject } from './contract.ts';
import { invalidArguments } from './errors.ts';
import { isId } from './ids.ts';

/** Takes a value (undefined: not given), gives it typed, or throws what is wrong with it. */
export type Reader<T> = (value: Json | undefined, name: string) => T;
export type Shape = { readonly [name: string]: Reader<unknown> };
export type Read<S extends Shape> = { readonly [N in keyof S]: ReturnType<S[N]> };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/**
 * All that the shape names. RFC 8620 §3.9: unknown arguments are refused like wrong ones.
 * @throws MethodError `invalidArguments` with all wrong names in `arguments`.
 */
export function readArguments<S extends Shape>(args: JsonObject, shape: S): Read<S> {
  const read: { [name: string]: unknown } = {};
  const wrong: string[] = [];
  const sentences: string[] = [];
  for (const name of Object.keys(shape)) {
    try {
      read[name] = shape[name]!(Object.hasOwn(args, name) ? args[name] : undefined, name);
    } catch (thrown) {
      // Another error than "invalid" (such as accountNotFound) is the answer by itself.
      if (!(thrown instanceof MethodError) || thrown.type !== 'invalidArguments') throw thrown;
      wrong.push(name);
      sentences.push(thrown.message);
    }
  }
  for (const name of Object.keys(args)) {
    if (Object.hasOwn(shape, name)) continue;
    if (wrong.length < 100) wrong.push(name.slice(0, 255));
    sentences.push(`There is no argument "${name.slice(0, 60)}".`);
  }
  if (wrong.length > 0) throw invalidArguments(sentences.slice(0, 10).join(' '), wrong);
  // Each name of the shape has been read by its reader.
  return read as Read<S>;
}

/** The same with two shapes, of which the second is what a type adds; the first wins for a name of both. */
export function readBoth<S extends Shape, M extends Shape>(args: JsonObject, standard: S, more: M): readonly [Read<S>, Read<M>] {
  const both = readArguments(args, { ...more, ...standard });
  // All names of both shapes have been read.
  return [both as Read<S>, both as Read<M>];
}

function wrong(name: string, what: string): MethodError {
  return invalidArguments(`"${name}" has to be ${what}.`, [name]);
}

/** Null and what is not given are null (RFC 8620 §3.5). */
export function nullable<T>(reader: Reader<T>): Reader<T | null> {
  return (value, name) => (value === undefined || value === null ? null : reader(value, name));
}

/** What is not given has the default; null is wrong. */
export function optional<T, D>(reader: Reader<T>, byDefault: D): Reader<T | D> {
  return (value, name) => (value === undefined ? byDefault : reader(value, name));
}

export const aBoolean: Reader<boolean> = (value, name) => {
  if (typeof value !== 'boolean') throw wrong(name, 'true or false');
  return value;
};

export const aText: Reader<string> = (value, name) => {
  if (typeof value !== 'string') throw wrong(name, 'a string');
  return value;
};

export const anId: Reader<Id> = (value, name) => {
  if (typeof value !== 'string' || !isId(value)) throw wrong(name, 'an id');
  return value;
};

/** An id, or `#` and a creation id (RFC 8620 §5.3). */
export const anIdOrReference: Reader<Id> = (value, name) => {
  if (typeof value !== 'string' || !isId(value.startsWith('#') ? value.slice(1) : value)) throw wrong(name, 'an id');
  return value;
};

/** RFC 8620 §1.3. */
export const anInt: Reader<number> = (value, name) => {
  if (!Number.isSafeInteger(value)) throw wrong(name, 'a whole number');
  return value as number;
};

export const anUnsigned: Reader<number> = (value, name) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong(name, 'a whole number from 0');
  return value as number;
};

export const aPositive: Reader<number> = (value, name) => {
  if (!Number.isSafeInteger(value) || (value as number) < 1) throw wrong(name, 'a whole number from 1');
  return value as number;
};

export const anObject: Reader<JsonObject> = (value, name) => {
  if (!isObject(value)) throw wrong(name, 'an object');
  return value;
};

export const anything: Reader<Json> = (value, name) => {
  if (value === undefined) throw wrong(name, 'given');
  return value;
};

export function listOf<T>(reader: Reader<T>): Reader<readonly T[]> {
  return (value, name) => {
    if (!isArray(value)) throw wrong(name, 'an array');
    return value.map((element) => reader(element, name));
  };
}

export function oneOf<const T extends string>(texts: readonly T[]): Reader<T> {
  return (value, name) => {
    const found = texts.find((text) => text === value);
    if (found === undefined) throw wrong(name, `one of ${texts.join(', ')}`);
    return found;
  };
}

/** An object whose keys are ids (or `#` references, where `references`), in the order in which they were written. */
export function mapOf<T>(reader: Reader<T>, references = false): Reader<ReadonlyMap<Id, T>> {
  const key = references ? anIdOrReference : anId;
  return (value, name) => {
    if (!isObject(value)) throw wrong(name, 'an object');
    const map = new Map<Id, T>();
    for (const [id, member] of Object.entries(value)) map.set(key(id, name), reader(member, name));
    return map;
  };
}

/** RFC 8620 §1.4 Date: any offset. */
const datePattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970, or null for what is no date. `utc`: only with `Z`. */
export function parseDate(text: string, utc: boolean): number | null {
  const match = datePattern.exec(text);
  if (match === null || text.length > 64) return null;
  const [, year, month, day, hour, minute, second, fraction, offset] = match;
  if (utc && offset !== 'Z') return null;
  // "The time-secfrac MUST always be omitted if zero."
  if (fraction !== undefined && /^\.0+$/.test(fraction)) return null;
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60)
    return null;
  if (Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) return null;
  let away = 0;
  if (offset !== undefined && offset !== 'Z') {
    const hours = Number(offset.slice(1, 3));
    const minutes = Number(offset.slice(4, 6));
    if (hours > 23 || minutes > 59) return null;
    away = (offset[0] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  }
  const milliseconds = fraction === undefined ? 0 : Math.trunc(Number(`0${fraction}`) * 1000);
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second), milliseconds) - away;
  return Number.isFinite(at) ? at : null;
}

/** RFC 8620 §1.4 UTCDate. Fractions of a second are left out: that is the normal form of what has none. */
export function formatUtcDate(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

export const aUtcDate: Reader<number> = (value, name) => {
  const at = typeof value === 'string' ? parseDate(value, true) : null;
  if (at === null) throw wrong(name, 'a time in UTC such as 2026-01-31T12:00:00Z');
  return at;
};

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of octets that are UTF-8 from end to end, else null. */
export function textOfUtf8(octets: Bytes): string | null {
  try {
    return strict.decode(octets);
  } catch {
    return null;
  }
}
