// Which job is done by whom. Knows the kinds of jobs; each runs inside the transaction that the desk has begun.
import type { Job, JobResults } from '../jobs.ts';
import type { Books } from './books.ts';
import {
  createAccount,
  createMailbox,
  deleteMailbox,
  newValidity,
  removeAccount,
  renameMailbox,
  reviseMailbox,
  setSubscribed,
} from './boxes.ts';
import { setFlags } from './flagging.ts';
import { changeItems } from './items.ts';
import { addEvents } from './journey.ts';
import { releaseLetter } from './letters.ts';
import { accept, append, checkAccept, copy, restore, type Land } from './placing.ts';
import { changeQueueRows, finishQueueRow, renewQueueRows, takeQueueRows } from './queue.ts';
import { expunge } from './removing.ts';
import { addLetters, reviseAll } from './revising.ts';
import type { Turn } from './turn.ts';
import { upkeep } from './upkeep.ts';
import { addUpload, forgetUploads, removeUpload } from './uploads.ts';

export function doJob(books: Books, job: Job, turn: Turn, land: Land): JobResults[keyof JobResults] {
  switch (job.kind) {
    case 'commit':
      return acceptAll(books, job, turn, land);
    case 'append':
      return append(books, turn, job, land);
    case 'setFlags':
      return setFlags(books, turn, job);
    case 'expunge':
      return expunge(books, turn, job);
    case 'copy':
      return copy(books, turn, job);
    case 'addLetters':
      return addLetters(books, turn, job, land);
    case 'revise':
      return reviseAll(books, turn, job);
    case 'reviseMailbox':
      return reviseMailbox(books, turn, job);
    case 'restore':
      return restore(books, turn, job);
    case 'createAccount':
      return createAccount(books, turn, job);
    case 'removeAccount':
      return removeAccount(books, turn, job.account);
    case 'createMailbox':
      return createMailbox(books, turn, job);
    case 'renameMailbox':
      return renameMailbox(books, turn, job);
    case 'deleteMailbox':
      return deleteMailbox(books, turn, job);
    case 'setSubscribed':
      return setSubscribed(books, turn, job);
    case 'items':
      return changeItems(books, turn, job.account, job.lines);
    case 'addUpload':
      return addUpload(books, turn, job);
    case 'removeUpload':
      return removeUpload(books, job);
    case 'forgetUploads':
      return forgetUploads(books, job.files);
    case 'queueTake':
      return takeQueueRows(books, job);
    case 'queueRenew':
      return renewQueueRows(books, job);
    case 'queueRetry':
    case 'queueHold':
    case 'queueRemove':
      return changeQueueRows(books, job);
    case 'trace':
      addEvents(books, job.events);
      return null;
    case 'handedOver': {
      const row = books.sql.row('delete from handover where id = ? returning letter', job.id);
      if (row !== null && row[0] !== null) releaseLetter(books, Number(row[0]));
      return null;
    }
    case 'newValidity':
      return newValidity(books, turn);
    case 'upkeep':
      return upkeep(books, turn.now, job.keepSegments);
  }
}

function acceptAll(books: Books, job: Extract<Job, { kind: 'commit' }>, turn: Turn, land: Land): JobResults['commit'] {
  const checked = job.letters.map((letter) => checkAccept(books, letter, land, turn.now));
  // Before any letter: whoever decides about an item that somebody else was quicker to change places nothing.
  const items = job.items === null ? [] : changeItems(books, turn, job.items.account, job.items.lines).ids;
  const handOvers: JobResults['commit']['handOvers'][number][] = [];
  const letters = checked.map((letter, index) => {
    const found: Omit<(typeof handOvers)[number], 'index'>[] = [];
    const accepted = accept(books, turn, letter, found);
    for (const one of found) handOvers.push({ ...one, index });
    return accepted;
  });
  for (const result of job.queue) finishQueueRow(books, result);
  for (const result of job.queueElsewhere) {
    const id = books.next.handOver++;
    const shard = result.id % books.shards;
    const work = { kind: 'queue' as const, result };
    books.sql.run('insert into handover (id, letter, shard, work) values (?, null, ?, ?)', id, shard, JSON.stringify(work));
    handOvers.push({ id, shard, index: null, work });
  }
  addEvents(books, job.events);
  const newQueueRows = job.letters.some((letter) => letter.queue.length > 0) || job.queue.some((result) => result.done === 'later');
  return { letters, handOvers, newQueueRows, items };
}
