// THREAD and UID THREAD (RFC 5256). Knows which facts an algorithm needs; thread.ts makes the trees.
import type { Command, Context, Done } from '../context.ts';
import { parseSearchProgram, type SearchProgram } from '../grammar/search-keys.ts';
import { parseThreadAlgorithm, type ThreadAlgorithm } from '../grammar/sort-thread.ts';
import { readFactColumns } from '../search/columns.ts';
import { sentDates } from '../sort.ts';
import { formatThreads, threadByReferences, threadBySubject } from '../thread.ts';
import { asksModSeq, findOrForget, numbersOf } from './search.ts';

interface ThreadArguments {
  readonly algorithm: ThreadAlgorithm;
  readonly program: SearchProgram;
}

function threadCommand(byUid: boolean): Command<ThreadArguments> {
  return {
    parse(cursor) {
      cursor.space();
      const algorithm = parseThreadAlgorithm(cursor);
      cursor.space();
      return { algorithm, program: parseSearchProgram(cursor, 'first') };
    },
    run: (context, args) => runThread(context, args, byUid),
  };
}

export const thread = threadCommand(false);
export const uidThread = threadCommand(true);

async function runThread(context: Context, { algorithm, program }: ThreadArguments, byUid: boolean): Promise<Done> {
  if (asksModSeq(program.key)) context.enableCondstore();
  const found = await findOrForget(context, program, false);
  const { columns, at } = found;
  const { numbers } = numbersOf(context, found, byUid);
  const bySubject = algorithm === 'ORDEREDSUBJECT';
  const facts = await readFactColumns(
    context,
    columns,
    at,
    bySubject ? ['sentAt', 'baseSubject'] : ['sentAt', 'baseSubject', 'subject', 'messageId', 'references'],
  );
  const count = at.length;
  const dates = sentDates(facts.sentAt, at.length === 0 ? [] : Float64Array.from(at, (position) => columns.receivedAt[position]!), count);
  const baseSubjects = facts.baseSubject ?? [];
  const threads = bySubject
    ? threadBySubject({ count, dates, baseSubjects })
    : threadByReferences({
        count,
        dates,
        baseSubjects,
        subjects: facts.subject ?? [],
        messageIds: facts.messageId ?? [],
        references: facts.references ?? [],
      });
  const text = formatThreads(threads, (letter) => numbers[letter]!);
  context.wire.write(`* THREAD${text === '' ? '' : ` ${text}`}\r\n`);
  return { text: 'THREAD completed' };
}
