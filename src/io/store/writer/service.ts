// Serves a shard's writer: takes messages that have gathered, has the desk do all jobs in them together, answers (group commit).
// Knows messages and when there is time for what can wait; knows neither the thread it runs in nor what a job is.
import { Unavailable } from '../../../base/trouble.ts';
import type { Answer, Batch, FromWriter, ToWriter, WriterStart } from '../jobs.ts';
import { noteTrouble } from '../trouble-note.ts';
import { Desk } from './desk.ts';
import type { DiskHand } from './disk-hand.ts';

/** Quiet for this long, the service turns to what can wait. */
const idleAfter = 20;

export class WriterService {
  readonly #desk: Desk;
  readonly #send: (message: FromWriter) => void;
  readonly #answerFirst: boolean;
  #idle: NodeJS.Timeout | null = null;
  #told = false;

  /** @throws what keeps the shard from being opened. */
  constructor(start: WriterStart, send: (message: FromWriter) => void, hand: DiskHand | null) {
    this.#send = send;
    this.#answerFirst = start.fault === 'ack-before-commit';
    this.#desk = new Desk(start, (event, fields) => send({ kind: 'log', level: 'warn', event, fields }), hand);
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
    const early = batches.filter((batch) => this.#answerFirst && batch.jobs.every((job) => job.kind === 'append' || job.kind === 'commit'));
    if (early.length > 0) {
      const told = early.map((batch) => ({ number: batch.number, answers: batch.jobs.map(promiseTooEarly) }));
      this.#send({ kind: 'answers', batches: told, memory: [], seconds: null });
    }
    const answers = this.#desk.work(batches);
    const done = batches
      .map((batch, index) => ({ number: batch.number, answers: answers[index]! }))
      .filter((_, index) => !early.includes(batches[index]!));
    const memory = batches.flatMap(({ octets }) => (octets === null ? [] : [octets.memory]));
    this.#send({ kind: 'answers', batches: done, memory, seconds: (performance.now() - began) / 1000 });
    this.#tellWhenStopped();
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
    return { value: { letters, handOvers: [], newQueueRows: false, items: [] }, effects: [], letters: [] };
  }
  return { trouble: noteTrouble(new Unavailable('busy', 'This store was started to fail')) };
}
