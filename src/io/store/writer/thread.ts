// The writer thread of one shard: takes everything that waits, has it done, answers all (group commit).
// Knows the port and the order of batches; what a job is, the desk knows.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Unavailable } from '../../../base/trouble.ts';
import type { Answer, Batch, FromWriter, ToWriter, WriterStart } from '../jobs.ts';
import { noteTrouble } from '../trouble-note.ts';
import { Desk } from './desk.ts';

const port = parentPort!;
const start = workerData as WriterStart;
const answerFirst = start.fault === 'ack-before-commit';
/** Quiet for this long, the thread turns to what can wait. */
const idleAfter = 20;

function send(message: FromWriter): void {
  port.postMessage(message);
}

function open(): Desk | null {
  try {
    return new Desk(start, (event, fields) => send({ kind: 'log', level: 'warn', event, fields }));
  } catch (error) {
    send({ kind: 'refused', trouble: noteTrouble(error) });
    return null;
  }
}

const desk = open();
let idle: NodeJS.Timeout | null = null;
let told = false;

function restWhenIdle(): void {
  idle = setTimeout(() => {
    idle = null;
    if (desk!.idle()) restWhenIdle();
    tellWhenStopped();
  }, idleAfter);
}

function tellWhenStopped(): void {
  if (told || desk!.poisoned === null) return;
  told = true;
  send({ kind: 'stopped', reason: desk!.poisoned });
}

function receive(first: ToWriter): void {
  const batches: Batch[] = [];
  let closing = false;
  for (
    let message: ToWriter | undefined = first;
    message !== undefined;
    message = receiveMessageOnPort(port)?.message as ToWriter | undefined
  ) {
    if ('close' in message) closing = true;
    else if ('failIn' in message) desk!.failIn(message.failIn);
    else batches.push(message);
  }
  if (idle !== null) clearTimeout(idle);
  idle = null;
  if (batches.length > 0) work(batches);
  if (closing) {
    desk!.close();
    send({ kind: 'closed' });
    port.close();
  } else restWhenIdle();
}

function work(batches: readonly Batch[]): void {
  const began = performance.now();
  const early = batches.map((batch) => answerFirst && batch.jobs.every((job) => job.kind === 'append' || job.kind === 'commit'));
  for (const [index, batch] of batches.entries()) {
    if (early[index] === true) send({ kind: 'answers', number: batch.number, answers: batch.jobs.map(promiseTooEarly) });
  }
  const answers = desk!.work(batches);
  for (const [index, batch] of batches.entries()) {
    if (early[index] === false) send({ kind: 'answers', number: batch.number, answers: answers[index]! });
  }
  tellWhenStopped();
  send({ kind: 'observe', name: 'tayori_store_commit_seconds', value: (performance.now() - began) / 1000 });
}

/** The negative control of the crash tests: says yes before anything is kept. Only appends and commits can be told so. */
function promiseTooEarly(job: Batch['jobs'][number]): Answer {
  if (job.kind === 'append') return { value: { uidValidity: 1, uids: job.letters.map((_, index) => index + 1), modSeq: 1 }, effects: [] };
  if (job.kind === 'commit') {
    const letters = job.letters.map(({ letter }) => ({ letter, resent: false, placed: [] }));
    return { value: { letters, handOvers: [], newQueueRows: false }, effects: [] };
  }
  return { trouble: noteTrouble(new Unavailable('busy', 'This store was started to fail')) };
}

if (desk === null) port.close();
else {
  port.on('message', receive);
  send({ kind: 'ready' });
}
