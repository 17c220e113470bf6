// Search by reading the letters, for when there is no index. Knows the fields of RFC 9051 §6.4.4; keeps nothing.
import type { Bytes } from '../../base/bytes.ts';
import { Refusal } from '../../base/trouble.ts';
import { readTexts } from '../../message/text.ts';
import type { LetterFacts } from '../../message/facts.ts';
import type { MessageId, TextQuery } from '../../store/contract.ts';
import { fold } from '../../store/search/fold.ts';

type FieldName = Exclude<TextQuery['field'], 'body' | 'text'>;

export interface ScanSource {
  readFact(messages: readonly MessageId[], name: FieldName): readonly (LetterFacts[FieldName] | undefined)[];
  readLetters(messages: readonly MessageId[]): Promise<readonly (Bytes | null)[]>;
  monotonic(): number;
}

const budget = 30_000;
/** Letters between two pauses, in which other connections get their turn. */
const portion = 50;

/** @throws Refusal `limit` after its time budget. */
export async function scanLetters(source: ScanSource, query: TextQuery, among: ArrayLike<MessageId>): Promise<Set<MessageId>> {
  const wanted = fold(query.text);
  const found = new Set<MessageId>();
  const { field } = query;
  const until = source.monotonic() + budget;
  for (let at = 0; at < among.length; at += portion) {
    if (source.monotonic() > until) throw new Refusal('limit', 'The search takes too long: narrow it');
    const messages = Array.from({ length: Math.min(portion, among.length - at) }, (_, index) => among[at + index]!);
    if (field === 'body' || field === 'text') {
      for (const [index, octets] of (await source.readLetters(messages)).entries()) {
        if (octets === null) continue;
        const { header, body } = readTexts(octets);
        if (fold(body).includes(wanted) || (field === 'text' && fold(header).includes(wanted))) found.add(messages[index]!);
      }
    } else {
      for (const [index, text] of source.readFact(messages, field).entries()) {
        if (text !== undefined && fold(text).includes(wanted)) found.add(messages[index]!);
      }
    }
    await new Promise(setImmediate);
  }
  return found;
}
