// Keywords and mailboxes of a letter as JMAP writes them, `{ "$seen": true }`, whole or as patches (RFC 8621 §4.1.1, RFC 8620 §5.3).
// Knows both spellings and what may stand in them; knows no store.
import type { MailboxId } from '../../../store/contract.ts';
import type { FlagSet } from '../../../store/mailbox-state.ts';
import type { Id, Json, JsonObject } from '../contract.ts';
import { parseId } from '../ids.ts';
import { flagOf, isKeyword, keywordsOf } from './keywords.ts';

/** The flag as the store has it. Null for what is no keyword. */
export function flagOfKeyword(keyword: string): string | null {
  return isKeyword(keyword) ? flagOf(keyword) : null;
}

/** A set as JSON has it: names with `true`. Null when it is none. */
function readTrueSet(value: Json | undefined): readonly string[] | null {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const entries = Object.entries(value as JsonObject);
  return entries.every(([, one]) => one === true) ? entries.map(([name]) => name) : null;
}

/** Flags of the store; null when one of them is no keyword. */
export function readKeywords(value: Json | undefined): readonly string[] | null {
  const names = readTrueSet(value);
  if (names === null) return null;
  const flags = names.map(flagOfKeyword);
  return flags.includes(null) ? null : [...new Set(flags as string[])];
}

/** `F3`, or `#` and the creation id of a mailbox made in this request. Null for one that is none. */
export function mailboxOfId(id: string, createdIds: ReadonlyMap<Id, Id>): MailboxId | null {
  const real = id.startsWith('#') ? createdIds.get(id.slice(1)) : id;
  return real === undefined ? null : parseId('F', real);
}

/** At least one, each once. Null when one is no id, or there is none. */
export function readMailboxIds(value: Json | undefined, createdIds: ReadonlyMap<Id, Id>): readonly MailboxId[] | null {
  const names = readTrueSet(value);
  if (names === null || names.length === 0) return null;
  const ids = names.map((name) => mailboxOfId(name, createdIds));
  return ids.includes(null) ? null : [...new Set(ids as number[])];
}

/** The flags of a letter in the spelling that `flagOfKeyword` gives, \Deleted left out. */
export function keywordsOfFlags(flags: FlagSet): string[] {
  return Object.keys(keywordsOf(flags)).map(flagOf);
}
