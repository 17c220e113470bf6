// `tayori account removed-letters …`: letters that were removed and rest out of sight, brought back for their owner.
// Knows what is asked and shown; how letters rest and come back is the store's business.
import type { RestingLetter } from '../../store/contract.ts';
import type { Office } from '../office.ts';
import { formatSize } from '../setting-kinds.ts';
import { jsonOption, personArgument } from './account.ts';
import { CommandTrouble, officeCommand, type Input, type Option } from './command.ts';
import { formatColumns, formatTime, safe } from './terminal.ts';

interface Choice {
  readonly person: string;
  /** Null: of any mailbox. */
  readonly mailbox: string | null;
  /** Null: however long ago. */
  readonly days: number | null;
}

const choiceOptions: readonly Option[] = [
  { name: 'mailbox', value: 'NAME', sentence: 'Only letters that lay in this mailbox.' },
  { name: 'days', value: 'N', sentence: 'Only letters removed within the last N days.' },
];

const dayMs = 86_400_000;
/** Letters that come back in one step, between which others get their turn. */
const portion = 500;
const listed = 100;

function readChoice(input: Input): Choice {
  const { mailbox, days } = input.options;
  return {
    person: input.arguments['PERSON']!,
    mailbox: typeof mailbox === 'string' ? mailbox : null,
    days: typeof days === 'string' ? readNumber(days, 'days') : null,
  };
}

/** @throws CommandTrouble. */
function readNumber(text: string, what: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new CommandTrouble(`"${text}" is not a number of ${what}`, 2);
  return number;
}

/** Newest first. */
async function chosen(
  office: Office,
  { person, mailbox, days }: Choice,
): Promise<{ account: number; address: string; letters: RestingLetter[] }> {
  const { id, address } = office.people.get(person);
  const since = days === null ? -Infinity : office.clock.now() - days * dayMs;
  const all = await office.store.resting(id, Number.MAX_SAFE_INTEGER);
  const letters = all.filter((letter) => letter.removedAt >= since && (mailbox === null || isNamed(letter, mailbox)));
  return { account: id, address, letters };
}

/** RFC 9051 §5.1: INBOX has no case, other names do. */
function isNamed({ mailboxName }: RestingLetter, name: string): boolean {
  return mailboxName === name || (mailboxName === 'INBOX' && name.toUpperCase() === 'INBOX');
}

interface Listed {
  readonly letters: readonly RestingLetter[];
  readonly count: number;
}

const list = officeCommand<Choice & { limit: number }, Listed>({
  words: 'account removed-letters list',
  sentence: 'List letters that a person has removed and that can still come back.',
  arguments: [personArgument],
  options: [
    ...choiceOptions,
    { name: 'limit', value: 'N', sentence: `How many are shown, the newest; ${listed} unless said.` },
    jsonOption,
  ],
  examples: [{ line: 'tayori account removed-letters list hanako@example.com --days 2', sentence: 'What went within two days.' }],
  notes: 'Removed letters rest as long as the setting "rest-days" says, 30 days unless said; after that they go for good.',
  ask(input) {
    const { limit } = input.options;
    return { ...readChoice(input), limit: typeof limit === 'string' ? readNumber(limit, 'letters') : listed };
  },
  async perform({ limit, ...choice }, office) {
    const { letters } = await chosen(office, choice);
    return { letters: letters.slice(0, limit), count: letters.length };
  },
  show({ letters, count }, terminal) {
    if (count === 0) return terminal.out('No removed letters rest here.');
    const rows = letters.map((letter) => [
      String(letter.id),
      formatTime(letter.removedAt),
      safe(letter.mailboxName),
      formatSize(letter.size),
      safe(letter.from).slice(0, 40),
      safe(letter.subject).slice(0, 60),
    ]);
    for (const line of formatColumns([['number', 'removed', 'mailbox', 'size', 'from', 'subject'], ...rows])) terminal.out(line);
    if (count > letters.length) terminal.out(`${count - letters.length} more rest here; --limit N shows more.`);
  },
});

const restore = officeCommand<Choice & { ids: readonly number[] | null }, { address: string; restored: number }>({
  words: 'account removed-letters restore',
  sentence: 'Bring removed letters back.',
  arguments: [personArgument, { name: 'NUMBER', sentence: 'Letters by their number in the list.', optional: true, repeated: true }],
  options: [...choiceOptions, { name: 'all', sentence: 'All that rest, or all that the other options choose.' }, jsonOption],
  examples: [
    { line: 'tayori account removed-letters restore hanako@example.com 17 18', sentence: 'These two.' },
    { line: 'tayori account removed-letters restore hanako@example.com --mailbox Work --days 1', sentence: 'All of Work that went today.' },
    { line: 'tayori account removed-letters restore hanako@example.com --all', sentence: 'All that still rest.' },
  ],
  notes: `
Letters come back into the mailbox they lay in, or into INBOX when that is gone, as new letters for mail apps, with their flags.
They count against the quota again, which does not stop them.`,
  ask(input) {
    const choice = readChoice(input);
    const ids = input.rest.length === 0 ? null : input.rest.map((text) => readNumber(text, 'a letter'));
    if (ids === null && input.options['all'] !== true && choice.mailbox === null && choice.days === null)
      throw new CommandTrouble('name letters by their numbers, or choose them by --mailbox, --days or --all', 2);
    return { ...choice, ids };
  },
  async perform({ ids, ...choice }, office, { say, signal }) {
    const { account, address, letters } = await chosen(office, choice);
    const wanted = ids === null ? null : new Set(ids);
    const stranger = ids?.find((id) => !letters.some((letter) => letter.id === id));
    if (stranger !== undefined) throw new CommandTrouble(`no removed letter of ${address} has the number ${stranger}`);
    // Oldest first, so that they come back in the order in which they went.
    const chosenIds = letters
      .map(({ id }) => id)
      .filter((id) => wanted === null || wanted.has(id))
      .toReversed();
    let restored = 0;
    for (let at = 0; at < chosenIds.length && !signal.aborted; at += portion) {
      restored += await office.store.restore(account, chosenIds.slice(at, at + portion));
      say({ done: restored, of: chosenIds.length });
    }
    office.log.info('letters-restored', { account, letters: restored });
    return { address, restored };
  },
  show: ({ address, restored }, terminal) =>
    terminal.out(
      restored === 0
        ? `Nothing was to come back for ${address}.`
        : `${restored} ${restored === 1 ? 'letter is' : 'letters are'} back for ${address}.`,
    ),
});

export const commands = [list, restore];
