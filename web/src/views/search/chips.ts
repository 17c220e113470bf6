// From what is typed to pieces that can be pressed and back: which become chips, and what a chip says. Knows the grammar and its words.
import { isOperator, parseSearch, tokensOf, type DateWord, type SearchPart } from '../../engine/search-grammar.ts';

export interface Typed {
  readonly chips: readonly string[];
  readonly rest: string;
}

/** `isDone`: the last piece counts too; else it is still being typed. With OR the order matters, and all stays text. */
export function split(text: string, isDone: boolean): Typed {
  const tokens = tokensOf(text);
  if (tokens.includes('OR') || tokens.includes('|')) return { chips: [], rest: text };
  const last = isDone || /\s$/u.test(text) ? tokens.length : tokens.length - 1;
  // Said twice it means the same.
  const chips = [...new Set(tokens.filter((token, at) => at < last && isOperator(token)))];
  if (chips.length === 0) return { chips, rest: text };
  const rest = tokens.filter((token, at) => at >= last || !isOperator(token)).join(' ');
  return { chips, rest: rest !== '' && /\s$/u.test(text) ? `${rest} ` : rest };
}

export function join({ chips, rest }: Typed): string {
  return [...chips, rest.trim()].filter((piece) => piece !== '').join(' ');
}

/** The piece that is being typed: for suggestions. */
export function lastPiece(rest: string): string {
  return /\s$/u.test(rest) ? '' : (tokensOf(rest).at(-1) ?? '');
}

export function withoutLast(rest: string): string {
  return /\s$/u.test(rest) ? rest : tokensOf(rest).slice(0, -1).join(' ');
}

export interface ChipWords {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  readonly in: string;
  readonly before: string;
  readonly after: string;
  readonly older: string;
  readonly newer: string;
  readonly on: string;
  readonly larger: string;
  readonly smaller: string;
  readonly not: string;
  readonly attachment: string;
  readonly states: Readonly<Record<'unread' | 'read' | 'starred' | 'answered' | 'draft', string>>;
  date(value: DateWord): string;
  size(octets: number): string;
}

/** `From: Hana`; the source itself for what is no single operator. */
export function chipLabel(source: string, words: ChipWords): string {
  const part = parseSearch(source)[0]?.[0];
  return part ? `${part.not ? `${words.not} ` : ''}${labelOf(part, words)}` : source;
}

function labelOf({ term }: SearchPart, words: ChipWords): string {
  switch (term.kind) {
    case 'text':
      return term.value;
    case 'cc':
    case 'bcc':
      return `${term.kind}: ${term.value}`;
    case 'from':
    case 'to':
    case 'subject':
    case 'body':
    case 'in':
      return `${words[term.kind]}: ${term.value}`;
    case 'has':
      return words.attachment;
    case 'is':
      return words.states[term.what];
    case 'larger':
    case 'smaller':
      return `${words[term.kind]}: ${words.size(term.octets)}`;
    default:
      return `${words[term.kind]}: ${words.date(term.value)}`;
  }
}
