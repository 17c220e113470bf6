// A filter of emails made into a question that is asked letter by letter. Knows the shelf and conditions; waits for nothing: what the shelf does
// not tell is answered by slow answers, and "not known yet" where those have not been asked.
import type { Shelf } from '../../../store/shelf-contract.ts';
import { unsupportedFilter, type Filter } from '../query.ts';
import { asksThread, type EmailCondition, type Leaf } from './email-condition.ts';
import { keywordTest } from './keywords.ts';
import type { SlowAnswer, SlowLeaf } from './slow-answers.ts';

export const NO = 0;
export const YES = 1;
/** The slow answer that is in the way stands in `Questions.first`. */
export const UNKNOWN = 2;

/** Of the letter at a position of the shelf. Good for one walk over the shelf, without a pause. */
export type Test = (index: number) => typeof NO | typeof YES | typeof UNKNOWN;

/** Where a test leaves what it would have to know. */
export interface Questions {
  first: SlowAnswer | null;
}

/** Questions of a filter, letters times leaves, that one walk may put: what it asks, everybody else waits for. */
const mostAsked = 20_000_000;
/** Leaves that may always be asked, however many letters there are. */
const fewLeaves = 100;
/** A leaf about the thread looks at all its letters, and remembers an answer for each thread. */
const threadWeight = 30;

/** @throws MethodError `unsupportedFilter` for more than a walk over so many letters may ask. */
export function checkWork(filter: Filter<EmailCondition>, letters: number): void {
  if (weightOf(filter) > Math.max(fewLeaves, mostAsked / Math.max(1, letters)))
    throw unsupportedFilter('This filter asks too much of so many letters.');
}

function weightOf(filter: Filter<EmailCondition>): number {
  if (!('condition' in filter)) return filter.conditions.reduce((sum, part) => sum + weightOf(part), 0);
  return filter.condition.leaves.reduce((sum, leaf) => sum + (asksThread(leaf) ? threadWeight : 1), 0);
}

interface Compiled {
  readonly test: Test;
  /** The cheap ones are asked first. */
  readonly cost: number;
}

export function compileFilter(
  filter: Filter<EmailCondition> | null,
  shelf: Shelf,
  slow: (leaf: SlowLeaf) => SlowAnswer,
  questions: Questions,
): Test {
  const all = (parts: readonly Compiled[]): Compiled => {
    const tests = inOrderOfCost(parts);
    if (tests.length === 1) return parts[0]!;
    return {
      cost: costOf(parts),
      test: (index) => {
        for (const test of tests) {
          const answer = test(index);
          // One that is not known yet hides the dearer ones behind it: they are asked of what is left then.
          if (answer !== YES) return answer;
        }
        return YES;
      },
    };
  };
  const some = (parts: readonly Compiled[]): Compiled => {
    const tests = inOrderOfCost(parts);
    return {
      cost: costOf(parts),
      test: (index) => {
        let result: ReturnType<Test> = NO;
        let open: SlowAnswer | null = null;
        for (const test of tests) {
          const answer = test(index);
          if (answer === YES) return YES;
          if (answer === UNKNOWN) {
            result = UNKNOWN;
            open ??= questions.first;
          }
        }
        questions.first = open;
        return result;
      },
    };
  };
  const not = ({ test, cost }: Compiled): Compiled => ({
    cost,
    test: (index) => {
      const answer = test(index);
      return answer === UNKNOWN ? UNKNOWN : answer === YES ? NO : YES;
    },
  });
  const walk = (part: Filter<EmailCondition>): Compiled => {
    if ('condition' in part) return all(part.condition.leaves.map((leaf) => compileLeaf(leaf, shelf, slow, questions)));
    const parts = part.conditions.map(walk);
    if (part.operator === 'AND') return all(parts);
    return part.operator === 'OR' ? some(parts) : not(some(parts));
  };
  return filter === null ? () => YES : walk(filter).test;
}

function inOrderOfCost(parts: readonly Compiled[]): readonly Test[] {
  return parts.toSorted((a, b) => a.cost - b.cost).map(({ test }) => test);
}

function costOf(parts: readonly Compiled[]): number {
  return parts.reduce((sum, { cost }) => sum + cost, 0);
}

const always: Test = () => YES;

function compileLeaf(leaf: Leaf, shelf: Shelf, slow: (leaf: SlowLeaf) => SlowAnswer, questions: Questions): Compiled {
  const { receivedAt, sizes, messages } = shelf;
  const truth = (holds: (index: number) => boolean, cost = 1): Compiled => ({ cost, test: (index) => (holds(index) ? YES : NO) });
  switch (leaf.kind) {
    case 'inMailbox':
      return truth(bySet(shelf, (mailboxes) => mailboxes.includes(leaf.mailbox)));
    case 'inMailboxOtherThan': {
      const excluded = new Set(leaf.mailboxes);
      return truth(bySet(shelf, (mailboxes) => mailboxes.some((mailbox) => !excluded.has(mailbox))));
    }
    case 'before':
      return truth((index) => wholeSecond(receivedAt[index]!) < leaf.value);
    case 'after':
      return truth((index) => wholeSecond(receivedAt[index]!) >= leaf.value);
    case 'minSize':
      return truth((index) => sizes[index]! >= leaf.value);
    case 'maxSize':
      return truth((index) => sizes[index]! < leaf.value);
    case 'hasKeyword':
    case 'notKeyword': {
      const has = keywordTest(leaf.keyword);
      return truth(leaf.kind === 'hasKeyword' ? (index) => has(shelf.flagsAt(index)) : (index) => !has(shelf.flagsAt(index)));
    }
    case 'allInThreadHaveKeyword':
    case 'someInThreadHaveKeyword':
    case 'noneInThreadHaveKeyword':
      return truth(threadTest(shelf, leaf.kind, leaf.keyword), 3);
    default: {
      const answer = slow(leaf);
      const costs = { hasAttachment: 100, search: 1000, header: 100_000 };
      if (leaf.kind === 'search' && leaf.text === '') return { cost: 0, test: always };
      return {
        cost: costs[leaf.kind],
        test: (index) => {
          const known = answer.of(messages[index]!);
          if (known !== undefined) return known ? YES : NO;
          questions.first = answer;
          return UNKNOWN;
        },
      };
    }
  }
}

/** UTCDate has no fractions here: what is shown as this second is of this second. */
function wholeSecond(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000;
}

/** Sets of mailboxes are interned: each is asked once. */
function bySet(shelf: Shelf, holds: (mailboxes: readonly number[]) => boolean): (index: number) => boolean {
  const known = new Map<readonly number[], boolean>();
  let last: readonly number[] | null = null;
  let lastHolds = false;
  return (index) => {
    const mailboxes = shelf.mailboxesAt(index);
    if (mailboxes === last) return lastHolds;
    let answer = known.get(mailboxes);
    if (answer === undefined) known.set(mailboxes, (answer = holds(mailboxes)));
    last = mailboxes;
    return (lastHolds = answer);
  };
}

/** RFC 8621 §4.4.1: of all letters of the thread, this one included. Each thread is asked once. */
export function threadTest(
  shelf: Shelf,
  kind: 'allInThreadHaveKeyword' | 'someInThreadHaveKeyword' | 'noneInThreadHaveKeyword',
  keyword: string,
): (index: number) => boolean {
  const has = keywordTest(keyword);
  const { threads } = shelf;
  const known = new Map<number, boolean>();
  return (index) => {
    const thread = threads[index]!;
    let answer = known.get(thread);
    if (answer === undefined) {
      const members = shelf.membersOf(thread);
      const holds = (at: number): boolean => has(shelf.flagsAt(at));
      answer = kind === 'allInThreadHaveKeyword' ? members.every(holds) : members.some(holds) === (kind === 'someInThreadHaveKeyword');
      known.set(thread, answer);
    }
    return answer;
  };
}
