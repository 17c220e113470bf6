// What SORT and THREAD are asked besides what to look for (RFC 5256 §5, RFC 5957 §3). Knows the words; knows no letter.
import type { Cursor } from './cursor.ts';

const sortKeys = [
  'ARRIVAL',
  'CC',
  'DATE',
  'FROM',
  'SIZE',
  'SUBJECT',
  'TO',
  'DISPLAYFROM', // RFC 5957
  'DISPLAYTO',
] as const;
export type SortKey = (typeof sortKeys)[number];

export interface SortCriterion {
  readonly key: SortKey;
  readonly reverse: boolean;
}

const threadAlgorithms = ['ORDEREDSUBJECT', 'REFERENCES'] as const;
export type ThreadAlgorithm = (typeof threadAlgorithms)[number];

/** More criteria than keys in both directions decide nothing. */
const criterionLimit = 32;

/** sort-criteria = "(" sort-criterion *(SP sort-criterion) ")" */
export function parseSortCriteria(cursor: Cursor): SortCriterion[] {
  let count = 0;
  return cursor.list(() => {
    if (++count > criterionLimit) cursor.fail(`SORT takes at most ${criterionLimit} criteria`);
    const begin = cursor.at;
    let word = cursor.word('a sort criterion');
    const reverse = word === 'REVERSE';
    if (reverse) {
      cursor.space();
      word = cursor.word('a sort criterion');
    }
    const key = sortKeys.find((known) => known === word) ?? cursor.fail('no such sort criterion', begin);
    return { key, reverse };
  });
}

export function formatSortCriteria(criteria: readonly SortCriterion[]): string {
  return `(${criteria.map(({ key, reverse }) => (reverse ? `REVERSE ${key}` : key)).join(' ')})`;
}

/** thread-alg = "ORDEREDSUBJECT" / "REFERENCES" */
export function parseThreadAlgorithm(cursor: Cursor): ThreadAlgorithm {
  const begin = cursor.at;
  const word = cursor.word('a threading algorithm');
  return (
    threadAlgorithms.find((known) => known === word) ?? cursor.fail('the threading algorithms are ORDEREDSUBJECT and REFERENCES', begin)
  );
}
