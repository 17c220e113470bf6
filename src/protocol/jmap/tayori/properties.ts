// What the objects of this capability have in common: whose account is meant, and properties read like arguments. Knows the shapes of the
// standard methods; knows no object.
import { readArguments, type Read, type Reader, type Shape } from '../arguments.ts';
import { MethodError, type Asker, type JmapAccount, type Json, type JsonObject } from '../contract.ts';
import { invalidProperties, NotSet, setError } from '../errors.ts';
import type { Language } from './contract.ts';

/** Objects of a person lie in the person's own account. @throws MethodError `accountNotSupportedByMethod` (RFC 8620 §3.6.2). */
export function checkOwn(account: JmapAccount): JmapAccount {
  if (account.kind !== 'own') throw new MethodError('accountNotSupportedByMethod', "This is asked of a person's own account.");
  return account;
}

/** The properties of one object of a /set. @throws NotSet `invalidProperties` with all wrong names. */
export function readProperties<S extends Shape>(object: JsonObject, shape: S): Read<S> {
  try {
    return readArguments(object, shape);
  } catch (thrown) {
    if (!(thrown instanceof MethodError) || thrown.type !== 'invalidArguments') throw thrown;
    const names = thrown.more['arguments'];
    throw new NotSet(
      invalidProperties(Array.isArray(names) ? (names as readonly string[]) : [], thrown.message.replaceAll('argument', 'property')),
    );
  }
}

/** Keys and secrets are made and taken by a person at a browser alone, never by an app with a key of its own. @throws NotSet `forbidden`. */
export function checkInPerson(asker: Asker): void {
  if (!asker.inPerson) throw new NotSet(setError('forbidden', 'Only for a person who has signed in at a browser.'));
}

/** Without it sentences are in Japanese, as everywhere here. */
export const aLanguage: Reader<Language> = (value, name) => {
  if (value === undefined || value === null) return 'ja';
  if (value !== 'ja' && value !== 'en') throw new MethodError('invalidArguments', `"${name}" has to be ja or en.`, { arguments: [name] });
  return value;
};

/** One line for people. */
export function aLine(most: number, least = 0): Reader<string> {
  return (value, name) => {
    if (typeof value !== 'string' || value.length > most || value.trim().length < least || /\p{Cc}/u.test(value))
      throw new MethodError('invalidArguments', `"${name}" has to be one line of ${least} to ${most} characters.`, { arguments: [name] });
    return value.trim();
  };
}

export function aNumber(least: number, most: number): Reader<number> {
  return (value, name) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
      throw new MethodError('invalidArguments', `"${name}" has to be a whole number from ${least} to ${most}.`, { arguments: [name] });
    return value;
  };
}

/** A list that is not longer than it may be. */
export function aShortList<T>(reader: Reader<T>, most: number, least = 0): Reader<readonly T[]> {
  return (value, name) => {
    if (!Array.isArray(value) || value.length > most || value.length < least)
      throw new MethodError('invalidArguments', `"${name}" has to be a list of ${least} to ${most}.`, { arguments: [name] });
    return (value as readonly Json[]).map((one) => reader(one, name));
  };
}

/** An object inside another, read by a shape; its wrong names are told as those of the outer one. */
export function inside<S extends Shape>(shape: S): Reader<Read<S>> {
  return (value, name) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new MethodError('invalidArguments', `"${name}" has to be an object.`, { arguments: [name] });
    try {
      return readArguments(value as JsonObject, shape);
    } catch (thrown) {
      if (!(thrown instanceof MethodError) || thrown.type !== 'invalidArguments') throw thrown;
      throw new MethodError('invalidArguments', `"${name}": ${thrown.message}`, { arguments: [name] });
    }
  };
}

/** What of a made object the client has not sent in just this form (RFC 8620 §5.3 `created`). */
export function unsent(shown: JsonObject, sent: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(shown).filter(([name, value]) => JSON.stringify(sent[name]) !== JSON.stringify(value)));
}
