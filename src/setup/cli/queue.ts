// `tayori queue …`: letters that wait to go out. Knows what is asked and shown; the queue's rules are the store's.
import { waitingDomain, type QueueRecipient } from '../../store/queue-contract.ts';
import type { Office } from '../office.ts';
import { formatSize } from '../setting-kinds.ts';
import { jsonOption } from './account.ts';
import { CommandTrouble, officeCommand, type Command, type Input } from './command.ts';
import { formatColumns, formatTime, safe, type Terminal } from './terminal.ts';

const listMax = 1_000;
const chosenMax = 100_000;

type Row = Pick<
  QueueRecipient,
  | 'id'
  | 'letter'
  | 'recipient'
  | 'domain'
  | 'reversePath'
  | 'size'
  | 'createdAt'
  | 'dueAt'
  | 'expiresAt'
  | 'attempts'
  | 'state'
  | 'lastReply'
  | 'lastHost'
  | 'via'
>;

function shown(row: QueueRecipient): Row {
  const { id, letter, recipient, domain, reversePath, size, createdAt, dueAt, expiresAt, attempts, state, lastReply, lastHost, via } = row;
  return { id, letter, recipient, domain, reversePath, size, createdAt, dueAt, expiresAt, attempts, state, lastReply, lastHost, via };
}

const list = officeCommand<{ domain: string | null }, { count: { ready: number; held: number; letters: number }; rows: Row[] }>({
  words: 'queue list',
  sentence: 'List letters that wait to go out.',
  options: [{ name: 'domain', value: 'DOMAIN', sentence: 'Only those for this domain.' }, jsonOption],
  examples: [{ line: 'tayori queue list --domain example.net', sentence: 'What waits for example.net, and why.' }],
  notes: `At most ${listMax} rows are listed.`,
  ask: (input) => ({ domain: typeof input.options['domain'] === 'string' ? input.options['domain'].toLowerCase() : null }),
  async perform({ domain }, office) {
    const [count, rows] = await Promise.all([
      office.store.queue.count(),
      office.store.queue.list({ ...(domain !== null && { domain }), limit: listMax }),
    ]);
    return { count, rows: rows.map(shown) };
  },
  show({ count, rows }, terminal) {
    if (rows.length === 0) return terminal.out('Nothing waits.');
    const cells = rows.map((row) => [
      String(row.id),
      row.letter,
      safe(row.reversePath === '' ? '<>' : row.reversePath),
      safe(row.recipient),
      formatSize(row.size),
      String(row.attempts),
      row.state === 'held' ? 'held' : formatTime(row.dueAt),
      safe(row.lastReply ?? '').slice(0, 80),
    ]);
    for (const line of formatColumns([['row', 'letter', 'from', 'to', 'size', 'tries', 'next try', 'last answer'], ...cells]))
      terminal.out(line);
    terminal.out(`${count.letters} letters: ${count.ready} recipients wait, ${count.held} are held.`);
  },
});

const whichArgument = { name: 'WHICH', sentence: 'Row numbers or letter ids of tayori queue list, or all.', repeated: true };

/** Row numbers, letter ids or `all`, as row numbers. @throws CommandTrouble. */
async function chosenRows(which: readonly string[], office: Office): Promise<QueueRecipient[]> {
  const { queue } = office.store;
  const found = new Map<number, QueueRecipient>();
  const all = which.some((word) => word === 'all' || /^\d+$/.test(word)) ? await queue.list({ limit: chosenMax }) : [];
  for (const word of which) {
    const rows =
      word === 'all'
        ? all
        : [
            ...(await queue.list({ letter: word, limit: chosenMax })),
            ...all.filter((row) => /^\d+$/.test(word) && row.id === Number(word)),
          ];
    if (rows.length === 0 && word !== 'all') throw new CommandTrouble(`nothing waits under "${word}"; tayori queue list shows what waits`);
    for (const row of rows) found.set(row.id, row);
  }
  return [...found.values()];
}

const show = officeCommand<{ which: readonly string[] }, { rows: Row[] }>({
  words: 'queue show',
  sentence: 'Show one waiting letter with its last answer.',
  arguments: [whichArgument],
  options: [jsonOption],
  examples: [{ line: 'tayori queue show 17', sentence: 'Whom it is for, what the other server said last, when it is tried next.' }],
  ask: (input) => ({ which: input.rest }),
  perform: async ({ which }, office) => ({ rows: (await chosenRows(which, office)).map(shown) }),
  show({ rows }, terminal) {
    for (const [index, row] of rows.entries()) {
      if (index > 0) terminal.out();
      const lines: [string, string][] = [
        ['row', String(row.id)],
        ['letter', row.letter],
        ['from', row.reversePath === '' ? '<> (a report)' : row.reversePath],
        ['to', row.recipient],
        ['size', formatSize(row.size)],
        ['waits since', formatTime(row.createdAt)],
        ['tries', String(row.attempts)],
        ['next try', row.state === 'held' ? 'held until tayori queue release' : formatTime(row.dueAt)],
        ['given up', formatTime(row.expiresAt)],
        ['last server', row.lastHost ?? 'none yet'],
        ['last answer', row.lastReply ?? 'none yet'],
      ];
      for (const line of formatColumns(lines.map(([name, value]) => [name, safe(value)]))) terminal.out(line);
    }
  },
});

function change(
  word: 'retry' | 'hold' | 'release' | 'remove',
  sentence: string,
  example: { readonly line: string; readonly sentence: string },
  done: string,
  act: (ids: readonly number[], office: Office) => Promise<number>,
): Command {
  return officeCommand<{ which: readonly string[] }, { rows: number }>({
    words: `queue ${word}`,
    sentence,
    arguments: [whichArgument],
    options: [jsonOption],
    examples: [example],
    ask: (input: Input) => ({ which: input.rest }),
    async perform({ which }, office) {
      const rows = await chosenRows(which, office);
      const meant = word === 'release' ? rows.filter((row) => row.state === 'held') : rows;
      return {
        rows: await act(
          meant.map((row) => row.id),
          office,
        ),
      };
    },
    show: ({ rows }, terminal: Terminal) => terminal.out(`${rows} ${rows === 1 ? 'recipient' : 'recipients'} ${done}.`),
  });
}

async function retryNow(ids: readonly number[], office: Office): Promise<number> {
  for (const hurry of office.hurries) hurry(null);
  // Letters that their senders have put off are not hurried: they are not for any server yet.
  const waiting = new Set((await office.store.queue.list({ domain: waitingDomain, limit: chosenMax })).map(({ id }) => id));
  return office.store.queue.retry(
    ids.filter((id) => !waiting.has(id)),
    office.clock.now(),
  );
}

export const commands = [
  list,
  show,
  change(
    'retry',
    'Try letters again now.',
    { line: 'tayori queue retry all', sentence: 'All at once; each domain still gets its share only.' },
    'tried now',
    (ids, office) => retryNow(ids, office),
  ),
  change(
    'hold',
    'Keep letters back until they are released.',
    { line: 'tayori queue hold 17', sentence: 'Row 17 is not tried any more.' },
    'held',
    (ids, office) => office.store.queue.hold(ids),
  ),
  change(
    'release',
    'Let held letters go again.',
    { line: 'tayori queue release all', sentence: 'Tried at once.' },
    'released',
    (ids, office) => retryNow(ids, office),
  ),
  change(
    'remove',
    'Take letters out of the queue for good.',
    { line: 'tayori queue remove 17', sentence: 'No report goes to the sender.' },
    'removed',
    (ids, office) => office.store.queue.remove(ids),
  ),
];
