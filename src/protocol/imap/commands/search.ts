// SEARCH and UID SEARCH (RFC 9051 §6.4.4) with ESEARCH (RFC 4731), SEARCHRES (RFC 5182) and CONDSTORE (RFC 7162 §3.1.5). Knows how the answer
// is given; search/ finds the letters.
import { Refusal, Unavailable } from '../../../base/trouble.ts';
import type { Command, Context, Done } from '../context.ts';
import type { Cursor } from '../grammar/cursor.ts';
import { parseReturnOptions, parseSearchProgram, type ReturnOptions, type SearchKey, type SearchProgram } from '../grammar/search-keys.ts';
import { formatNumbers } from '../grammar/sequence-set.ts';
import { formatQuoted } from '../response.ts';
import { findLetters, type Found } from '../search/evaluate.ts';
import { textDecoder } from '../search/text.ts';

interface SearchArguments {
  /** Null without RETURN. */
  readonly options: ReturnOptions | null;
  readonly program: SearchProgram;
}

/** ` RETURN (…)` when it is there. */
export function takeReturnOptions(cursor: Cursor): ReturnOptions | null {
  if (!cursor.take(' RETURN ')) return null;
  return parseReturnOptions(cursor);
}

function searchCommand(byUid: boolean): Command<SearchArguments> {
  return {
    parse(cursor) {
      const options = takeReturnOptions(cursor);
      cursor.space();
      return { options, program: parseSearchProgram(cursor, 'optional') };
    },
    run: (context, args) => runSearch(context, args, byUid),
  };
}

export const search = searchCommand(false);
export const uidSearch = searchCommand(true);

async function runSearch(context: Context, { options, program }: SearchArguments, byUid: boolean): Promise<Done> {
  if (asksModSeq(program.key)) context.enableCondstore();
  const found = await findOrForget(context, program, options?.save ?? false);
  const answer = numbersOf(context, found, byUid);
  if (options === null && !context.enabled.rev2) {
    const modSeq = asksModSeq(program.key) && found.at.length > 0 ? ` (MODSEQ ${highestModSeq(found, found.at)})` : '';
    context.wire.write(`* SEARCH${listNumbers(answer.numbers)}${modSeq}\r\n`);
  } else answerExtended(context, answer, options ?? allOptions, program.key, byUid, false);
  return { text: 'SEARCH completed' };
}

const allOptions: ReturnOptions = { min: false, max: false, all: true, count: false, save: false };

/** Letters found, in the order of the answer, as the client numbers them. */
export interface Answer {
  readonly columns: Found['columns'];
  readonly at: Uint32Array;
  readonly numbers: Uint32Array;
}

/** RFC 5182 §2.1: a search that was to be saved and failed leaves `$` empty. */
export async function findOrForget(context: Context, program: SearchProgram, save: boolean): Promise<Found> {
  // What has come meanwhile is told first, so that it is found (RFC 9051 §7.5.1 keeps only EXPUNGE back).
  if (context.selected.view.stale) context.sync(false);
  try {
    return await findLetters(context, program.key, textDecoder(program.charset, context.enabled));
  } catch (trouble) {
    if (save && (trouble instanceof Refusal || trouble instanceof Unavailable)) context.selected.searchResult = new Uint32Array(0);
    throw trouble;
  }
}

export function numbersOf({ selected }: Context, { columns, at }: Found, byUid: boolean): Answer {
  const { view } = selected;
  const numbers = byUid
    ? at.map((position) => columns.uids[position]!)
    : columns.uids === view.uids
      ? at.map((position) => position + 1)
      : at.map((position) => view.seqOf(columns.uids[position]!));
  return { columns, at, numbers };
}

/** ` 2 84 882`, joined in pieces: ten thousand numbers are one text. */
export function listNumbers(numbers: Uint32Array): string {
  return numbers.length === 0 ? '' : ` ${numbers.join(' ')}`;
}

/**
 * The ESEARCH answer, and `$` (RFC 4731 §3.1, RFC 5182 §2.4; RFC 5267 §3.1 for SORT, where the first and the last of the order count as MIN and MAX).
 */
export function answerExtended(
  context: Context,
  answer: Answer,
  options: ReturnOptions,
  key: SearchKey,
  byUid: boolean,
  sorted: boolean,
): void {
  const { numbers, at, columns } = answer;
  const { min, max, all, count, save } = options;
  const some = numbers.length > 0;
  /** RFC 5182 §2.4: with MIN or MAX alone, only those letters are meant. */
  const ends = (min || max) && !all && !count;
  const meant = ends ? at.filter((_, i) => (min && i === 0) || (max && i === at.length - 1)) : at;
  if (save) context.selected.searchResult = meant.map((position) => columns.uids[position]!).sort();
  if (save && !min && !max && !all && !count) return;
  let text = `ESEARCH (TAG ${formatQuoted(context.tag)})${byUid ? ' UID' : ''}`;
  if (min && some) text += ` MIN ${numbers[0]!}`;
  if (max && some) text += ` MAX ${numbers.at(-1)!}`;
  if (all && some) text += ` ALL ${formatNumbers(numbers)}`;
  if (count) text += ` COUNT ${numbers.length}`;
  // RFC 4731 §3.2
  if (asksModSeq(key) && some && !sorted) text += ` MODSEQ ${highestModSeq(answer, meant)}`;
  context.untagged(text);
}

function highestModSeq({ columns }: Pick<Found, 'columns'>, at: Uint32Array): number {
  let highest = 0;
  for (const position of at) if (columns.modSeqs[position]! > highest) highest = columns.modSeqs[position]!;
  return highest;
}

export function asksModSeq(key: SearchKey): boolean {
  if (key.kind === 'not') return asksModSeq(key.key);
  if (key.kind === 'and' || key.kind === 'or') return key.keys.some(asksModSeq);
  return key.kind === 'modseq';
}
