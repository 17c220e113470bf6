// Message ids (RFC 5322 §3.6.4): of one field, and of the fields that name earlier letters.
// Knows the brackets and what old programs put between them; knows no thread.
import { maxReferences } from '../limits.ts';

/** Longest id that is kept: a line could carry no more. */
const maxId = 998;

/** Ids in `text` in order, without brackets and white space, at most `limit`. What stands between brackets is passed over. */
export function parseMessageIds(text: string, limit = maxReferences): string[] {
  const ids: string[] = [];
  let at = 0;
  while (ids.length < limit) {
    const open = text.indexOf('<', at);
    if (open < 0) break;
    let end = open + 1;
    while (end < text.length && text[end] !== '>' && text[end] !== '<') end++;
    if (text[end] === '>') addId(ids, text.slice(open + 1, end));
    at = text[end] === '<' ? end : end + 1;
  }
  return ids;
}

function addId(ids: string[], raw: string): void {
  const id = raw.replace(/[\s\0]+/g, '');
  if (id !== '' && id.length <= maxId) ids.push(id);
}

/** The one id of a Message-ID field; without brackets the first word is taken. Empty when there is none. */
export function parseMessageId(text: string): string {
  const bracketed = parseMessageIds(text, 1)[0];
  if (bracketed !== undefined) return bracketed;
  const word = /^[^\s<>]+/.exec(text)?.[0] ?? '';
  return word.length <= maxId ? word : '';
}

/** RFC 5322 §3.6.4: References, then In-Reply-To, oldest first, no doubles. Of more than `maxReferences` the first and the newest stay. */
export function joinReferences(references: string, inReplyTo: string): string[] {
  const all = new Set<string>(parseMessageIds(references, 100_000));
  for (const id of parseMessageIds(inReplyTo)) all.add(id);
  const list = [...all];
  return list.length <= maxReferences ? list : [list[0]!, ...list.slice(list.length - maxReferences + 1)];
}
