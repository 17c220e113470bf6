// Facts of many letters as columns, read in batches so that others get their turn. Knows the store and the clock.
import type { FactName, LetterFacts } from '../../../message/facts.ts';
import type { Context } from '../context.ts';
import type { Columns } from '../selection.ts';
import { Turns } from '../turns.ts';
import { searchBudget } from './evaluate.ts';

const batch = 2000;

export type FactColumns = { [K in FactName]?: (LetterFacts[K] | undefined)[] };

/** The facts `names` of the letters at these positions, in step with `at`. @throws Refusal `limit` */
export async function readFactColumns(
  context: Context,
  columns: Columns,
  at: Uint32Array,
  names: readonly FactName[],
): Promise<FactColumns> {
  const all: Partial<Record<FactName, unknown[]>> = {};
  for (const name of names) all[name] = [];
  if (names.length === 0) return {};
  const turns = new Turns(context.parts.clock, context.wire);
  for (let from = 0; from < at.length; from += batch) {
    const messages = at.subarray(from, from + batch).map((position) => columns.messages[position]!);
    const read = await context.parts.store.readFacts(context.account, messages, names);
    for (const name of names) {
      const column = all[name]!;
      for (const value of read[name]) column.push(value);
    }
    turns.checkBudget(searchBudget);
    if (turns.due) await turns.pause();
  }
  // Each column was filled with the values of its own name.
  return all as FactColumns;
}
