// One FilterCondition of emails (RFC 8621 §4.4.1), read into leaves that all have to hold. Knows the properties; looks at no letter.
import { aBoolean, aText, anId, anUnsigned, aUtcDate, isArray, listOf } from '../arguments.ts';
import type { Json, JsonObject } from '../contract.ts';
import { invalidArguments } from '../errors.ts';
import { parseId } from '../ids.ts';
import { unsupportedFilter } from '../query.ts';
import { isKeyword } from './keywords.ts';
import { parseTerms } from './search-terms.ts';

export type TextField = 'text' | 'from' | 'to' | 'cc' | 'bcc' | 'subject' | 'body';

/** Something that holds of a letter or not. Mailboxes that are no id of ours are 0: nothing lies there. */
export type Leaf =
  | { readonly kind: 'inMailbox'; readonly mailbox: number }
  | { readonly kind: 'inMailboxOtherThan'; readonly mailboxes: readonly number[] }
  | { readonly kind: 'before' | 'after' | 'minSize' | 'maxSize'; readonly value: number }
  | {
      readonly kind: 'allInThreadHaveKeyword' | 'someInThreadHaveKeyword' | 'noneInThreadHaveKeyword' | 'hasKeyword' | 'notKeyword';
      readonly keyword: string;
    }
  | { readonly kind: 'hasAttachment'; readonly value: boolean }
  | { readonly kind: 'search'; readonly field: TextField; readonly text: string }
  | { readonly kind: 'header'; readonly name: string; readonly text: string };

export interface EmailCondition {
  readonly leaves: readonly Leaf[];
}

/** Mailboxes that one leaf names: results are kept under the filter's text. */
const mostMailboxes = 10_000;
/** Characters of one text that are searched for. */
const longestText = 1000;

export function readCondition(object: JsonObject): EmailCondition {
  const leaves: Leaf[] = [];
  for (const [name, value] of Object.entries(object)) leaves.push(...leavesOf(name, value));
  return { leaves };
}

function leavesOf(name: string, value: Json): readonly Leaf[] {
  switch (name) {
    case 'inMailbox':
      return [{ kind: name, mailbox: mailboxOf(anId(value, name)) }];
    case 'inMailboxOtherThan': {
      const mailboxes = listOf(anId)(value, name).map(mailboxOf);
      if (mailboxes.length > mostMailboxes) throw unsupportedFilter('So many mailboxes cannot be asked for.');
      return [{ kind: name, mailboxes }];
    }
    case 'before':
    case 'after':
      return [{ kind: name, value: aUtcDate(value, name) }];
    case 'minSize':
    case 'maxSize':
      return [{ kind: name, value: anUnsigned(value, name) }];
    case 'allInThreadHaveKeyword':
    case 'someInThreadHaveKeyword':
    case 'noneInThreadHaveKeyword':
    case 'hasKeyword':
    case 'notKeyword':
      return [{ kind: name, keyword: aKeyword(value, name) }];
    case 'hasAttachment':
      return [{ kind: name, value: aBoolean(value, name) }];
    case 'text':
    case 'from':
    case 'to':
    case 'cc':
    case 'bcc':
    case 'subject':
    case 'body':
      return parseTerms(aSearchText(value, name)).map((text) => ({ kind: 'search', field: name, text }));
    case 'header':
      return [headerLeaf(value)];
    default:
      throw unsupportedFilter(`Nothing is filtered by ${name.slice(0, 60)}.`);
  }
}

function mailboxOf(id: string): number {
  return parseId('F', id) ?? 0;
}

/** Lower case. */
export function aKeyword(value: Json | undefined, name: string): string {
  const keyword = aText(value, name);
  if (!isKeyword(keyword)) throw invalidArguments(`"${name}" has to be a keyword.`, ['filter']);
  return keyword.toLowerCase();
}

function aSearchText(value: Json, name: string): string {
  const text = aText(value, name);
  if (text.length > longestText) throw unsupportedFilter('This text is too long to be searched for.');
  return text.toWellFormed();
}

/** Fields that the index holds decoded. */
const indexed: ReadonlySet<string> = new Set(['from', 'to', 'cc', 'bcc', 'subject']);

function headerLeaf(value: Json): Leaf {
  if (!isArray(value) || value.length < 1 || value.length > 2)
    throw invalidArguments('"header" has to be a name, or a name and a text.', ['filter']);
  const field = aText(value[0], 'header').toLowerCase();
  if (!/^[\x21-\x39\x3b-\x7e]{1,200}$/.test(field)) throw invalidArguments('"header" has to begin with the name of a field.', ['filter']);
  const text = value.length === 1 ? '' : aSearchText(value[1]!, 'header').trim();
  if (text !== '' && indexed.has(field)) return { kind: 'search', field: field as TextField, text };
  return { kind: 'header', name: field, text };
}

/** Whether what it asks for can change while a letter is there (RFC 8620 §5.6). */
export function isMutable(leaf: Leaf): boolean {
  switch (leaf.kind) {
    case 'before':
    case 'after':
    case 'minSize':
    case 'maxSize':
    case 'hasAttachment':
    case 'search':
    case 'header':
      return false;
    default:
      return true;
  }
}

/** Whether it asks for other letters of the thread. */
export function asksThread({ kind }: Leaf): boolean {
  return kind === 'allInThreadHaveKeyword' || kind === 'someInThreadHaveKeyword' || kind === 'noneInThreadHaveKeyword';
}
