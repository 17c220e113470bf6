// SORT and UID SORT (RFC 5256), with the results of RFC 5267 §3 (ESORT). Knows which facts a key needs; sort.ts puts letters in order.
import type { FactName } from '../../../message/facts.ts';
import type { Command, Context, Done } from '../context.ts';
import { parseSearchProgram, type ReturnOptions, type SearchProgram } from '../grammar/search-keys.ts';
import { parseSortCriteria, type SortCriterion } from '../grammar/sort-thread.ts';
import { readFactColumns } from '../search/columns.ts';
import { sortFacts, sortLetters } from '../sort.ts';
import { answerExtended, asksModSeq, findOrForget, listNumbers, numbersOf, takeReturnOptions } from './search.ts';

interface SortArguments {
  readonly options: ReturnOptions | null;
  readonly criteria: readonly SortCriterion[];
  readonly program: SearchProgram;
}

function sortCommand(byUid: boolean): Command<SortArguments> {
  return {
    parse(cursor) {
      const options = takeReturnOptions(cursor);
      cursor.space();
      const criteria = parseSortCriteria(cursor);
      cursor.space();
      return { options, criteria, program: parseSearchProgram(cursor, 'first') };
    },
    run: (context, args) => runSort(context, args, byUid),
  };
}

export const sort = sortCommand(false);
export const uidSort = sortCommand(true);

async function runSort(context: Context, { options, criteria, program }: SortArguments, byUid: boolean): Promise<Done> {
  if (asksModSeq(program.key)) context.enableCondstore();
  const { columns, at } = await findOrForget(context, program, options?.save ?? false);
  const names = new Set<FactName>();
  for (const { key } of criteria) if (sortFacts[key] !== null) names.add(sortFacts[key]);
  const facts = await readFactColumns(context, columns, at, [...names]);
  const order = sortLetters(criteria, {
    count: at.length,
    receivedAt: Float64Array.from(at, (position) => columns.receivedAt[position]!),
    sizes: Float64Array.from(at, (position) => columns.sizes[position]!),
    facts,
  });
  const sorted = { columns, at: order.map((i) => at[i]!) };
  const answer = numbersOf(context, sorted, byUid);
  if (options === null) context.wire.write(`* SORT${listNumbers(answer.numbers)}\r\n`);
  else answerExtended(context, answer, options, program.key, byUid, true);
  return { text: 'SORT completed' };
}
