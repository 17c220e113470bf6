// HEADER <field> <text> (RFC 9051 §6.4.4). Knows which fields the index or the facts answer; for all others it reads the headers of the letters that
// are left, in batches, and nothing behind them where letters are large.
import type { Bytes } from '../../../base/bytes.ts';
import { latin1FromBytes } from '../../../base/bytes.ts';
import { Refusal } from '../../../base/trouble.ts';
import { decodeHeaderText } from '../../../message/header/encoded-word.ts';
import { headerFieldRanges, unfold } from '../../../message/header/fields.ts';
import { fold } from '../../../store/search/fold.ts';
import { searchBudget, type IndexSearch, type Search } from './evaluate.ts';

/** Fields that the index knows, decoded. */
const indexed = { subject: 'subject', from: 'from', to: 'to', cc: 'cc', bcc: 'bcc' } as const;

/** Letters per batch, and their octets together; of larger ones only the header is read. */
const batchLetters = 500;
const batchOctets = 1_048_576;
const largeLetter = 65_536;

export async function findByHeader(
  search: Search,
  name: string,
  text: string,
  among: Uint32Array,
  byIndex: IndexSearch,
): Promise<Uint32Array> {
  const field = name.toLowerCase();
  if (text !== '' && Object.hasOwn(indexed, field)) return byIndex(search, indexed[field as keyof typeof indexed], text, among);
  if (field === 'message-id' && text !== '') return findByMessageId(search, text, among);
  return readHeaders(search, field, text, among);
}

/** The id is kept with the letter; where none could be read, the field itself is asked. */
async function findByMessageId(search: Search, text: string, among: Uint32Array): Promise<Uint32Array> {
  const { context, columns, turns } = search;
  const wanted = fold(text);
  const found: number[] = [];
  const unclear: number[] = [];
  for (let from = 0; from < among.length; from += 1000) {
    const at = among.subarray(from, from + 1000);
    const { messageId } = await context.parts.store.readFacts(
      context.account,
      at.map((position) => columns.messages[position]!),
      ['messageId'],
    );
    for (let i = 0; i < at.length; i++) {
      const id = messageId[i];
      if (id === undefined) continue;
      if (id === '') unclear.push(at[i]!);
      else if (fold(`<${id}>`).includes(wanted)) found.push(at[i]!);
    }
    turns.checkBudget(searchBudget);
    if (turns.due) await turns.pause();
  }
  if (unclear.length > 0) found.push(...(await readHeaders(search, 'message-id', text, Uint32Array.from(unclear))));
  return Uint32Array.from(found).sort();
}

async function readHeaders(search: Search, field: string, text: string, among: Uint32Array): Promise<Uint32Array> {
  const { context, columns, turns } = search;
  const { store } = context.parts;
  const wanted = fold(text);
  const kept = new Uint32Array(among.length);
  let count = 0;
  for (let from = 0; from < among.length;) {
    let octets = 0;
    let to = from;
    for (; to < among.length && to - from < batchLetters && (octets === 0 || octets < batchOctets); to++) {
      const size = columns.sizes[among[to]!]!;
      if (size <= largeLetter) octets += size;
    }
    const at = among.subarray(from, to);
    const messages = at.map((position) => columns.messages[position]!);
    const { headerLength } = await store.readFacts(context.account, messages, ['headerLength']);
    const small: number[] = [];
    for (let i = 0; i < at.length; i++) if (columns.sizes[at[i]!]! <= largeLetter) small.push(i);
    const letters = await store.readLetters(
      context.account,
      small.map((i) => messages[i]!),
    );
    const whole = new Map(small.map((i, k) => [i, letters[k]!]));
    for (let i = 0; i < at.length; i++) {
      const length = headerLength[i];
      if (length === undefined) continue;
      const bytes = whole.has(i) ? whole.get(i)! : await readHeader(search, messages[i]!, length);
      if (bytes !== null && headerHas(bytes.subarray(0, length), field, wanted)) kept[count++] = at[i]!;
    }
    from = to;
    turns.checkBudget(searchBudget);
    if (turns.due) await turns.pause();
  }
  return kept.subarray(0, count);
}

async function readHeader({ context }: Search, message: number, length: number): Promise<Bytes | null> {
  try {
    return await (await context.parts.store.openLetter(context.account, message)).read(0, length);
  } catch (trouble) {
    if (trouble instanceof Refusal && trouble.code === 'nonexistent') return null;
    throw trouble;
  }
}

/** Whether a field of this (lower-case) name holds the folded text; an empty text asks only for the field. */
function headerHas(header: Bytes, field: string, wanted: string): boolean {
  for (const range of headerFieldRanges(header).fields) {
    if (range.name !== field) continue;
    if (wanted === '') return true;
    const raw = latin1FromBytes(header, range.start, range.end);
    const value = unfold(raw.slice(raw.indexOf(':') + 1));
    if (fold(decodeHeaderText(value)).includes(wanted)) return true;
  }
  return false;
}
