// Serves a shard's writer: takes messages that have gathered, has the desk do all jobs in them together, answers (group commit).
// Knows messages and when there is time for what can wait; knows neither the thread it runs in nor what a job is.
import { Unavailable } from '../../../base/trouble.ts';
import type { Answer, Batch, FromWriter, ToWriter, WriterStart } from '../jobs.ts';
import { noteTrouble } from '../trouble-note.ts';
import { Desk } from './desk.ts';

/** Quiet for this long, the service turns to what can wait. */
const idleAfter = 20;

export class WriterService {
  readonly #desk: Desk;
  readonly #send: (message: FromWriter) => void;
  readonly #answerFirst: boolean;
  #idle: NodeJS.Timeout | null = null;
  #told = false;

  /** @throws what keeps the shard from being opened. */
  constructor(start: WriterStart, send: (message: FromWriter) => void) {
    this.#send = send;
    this.#answerFirst = start.fault === 'ack-before-commit';
    this.#desk = new Desk(start, (event, fields) => send({ kind: 'log', level: 'warn', event, fields }));
  }

  /** Messages in order. Returns false when the last one asked to close, and all is closed. */
  receive(messages: readonly ToWriter[]): boolean {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    const batches: Batch[] = [];
    let closing = false;
    for (const message of messages) {
      if ('close' in message) closing = true;
      else if ('failIn' in message) this.#desk.failIn(message.failIn, message.errcode);
      else batches.push(message);
    }
    if (batches.length > 0) this.#work(batches);
    if (!closing) {
      this.#restWhenIdle();
      return true;
    }
    this.#desk.close();
    this.#send({ kind: 'closed' });
    return false;
  }

  #work(batches: readonly Batch[]): void {
    const began = performance.now();
    const early = batches.map((batch) => this.#answerFirst && batch.jobs.every((job) => job.kind === 'append' || job.kind === 'commit'));
    for (const [index, batch] of batches.entries()) {
      if (early[index] === true) this.#send({ kind: 'answers', number: batch.number, answers: batch.jobs.map(promiseTooEarly) });
    }
    const answers = this.#desk.work(batches);
    for (const [index, batch] of batches.entries()) {
      if (early[index] === false) this.#send({ kind: 'answers', number: batch.number, answers: answers[index]! });
    }
    this.#tellWhenStopped();
    this.#send({ kind: 'observe', name: 'tayori_store_commit_seconds', value: (performance.now() - began) / 1000 });
  }

  #restWhenIdle(): void {
    this.#idle = setTimeout(() => {
      this.#idle = null;
      if (this.#desk.idle()) this.#restWhenIdle();
      this.#tellWhenStopped();
    }, idleAfter);
    this.#idle.unref();
  }

  #tellWhenStopped(): void {
    if (this.#told || this.#desk.poisoned === null) return;
    this.#told = true;
    this.#send({ kind: 'stopped', reason: this.#desk.poisoned });
  }
}

/** The negative control of the crash tests: says yes before anything is kept. Only appends and commits can be told so. */
function promiseTooEarly(job: Batch['jobs'][number]): Answer {
  if (job.kind === 'append')
    return { value: { uidValidity: 1, uids: job.letters.map((_, index) => index + 1), modSeq: 1 }, effects: [], letters: [] };
  if (job.kind === 'commit') {
    const letters = job.letters.map(({ letter }) => ({ letter, resent: false, placed: [] }));
    return { value: { letters, handOvers: [], newQueueRows: false }, effects: [], letters: [] };
  }
  return { trouble: noteTrouble(new Unavailable('busy', 'This store was started to fail')) };
}
