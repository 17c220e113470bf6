// The main thread's end of a shard's writer thread: gathers jobs, sends them together, settles their promises.
// Knows batches and answers; knows no mailbox. All jobs of one turn of the event loop travel in one message, and the octets of their
// letters in one buffer that changes hands without a copy, and comes back with the answers to carry others.
import type { Bytes } from '../../base/bytes.ts';
import { Unavailable } from '../../base/trouble.ts';
import type { AccountEffect, Answers, Batch, BatchOctets, FromWriter, Job, JobResults, WriterStart } from './jobs.ts';
import { makeTrouble } from './trouble-note.ts';
import { linkHere, linkToThread, type WriterLink } from './writer-link.ts';

export interface WriterEvents {
  /** Jobs' effects, in order of their commit, before their promises settle. */
  effects(effects: readonly AccountEffect[]): void;
  /** Rows of letters that were written and committed just now. */
  written(letters: readonly number[]): void;
  /** All effects of an answer have been told: listeners may hear. */
  settled(): void;
  log(level: 'info' | 'warn' | 'error', event: string, fields: Record<string, string | number>): void;
  observe(name: string, value: number): void;
  /** The writer will do nothing any more. */
  stopped(reason: string): void;
  now(): number;
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** Octets gathered before a batch is sent without waiting for the end of the turn. */
const fullBatch = 8 << 20;
/** Memory for octets is made in steps of this, so that what comes back fits the next batch, too. */
const memoryStep = 128 << 10;
/** Memory that is kept for the next batches: so many pieces, each at most so large. */
const memoryKept = 4;
const memoryAtMost = 1 << 20;

export class ShardWriter {
  #link: WriterLink | null = null;
  readonly #events: WriterEvents;
  readonly #sent = new Map<number, { readonly waiting: readonly Waiting[]; readonly at: number }>();
  #jobs: Job[] = [];
  #waiting: Waiting[] = [];
  #pieces: Bytes[] = [];
  #octets = 0;
  readonly #spare: ArrayBuffer[] = [];
  #number = 0;
  #scheduled: NodeJS.Immediate | null = null;
  #fate: Unavailable | null = null;
  #closed: (() => void) | null = null;

  private constructor(events: WriterEvents) {
    this.#events = events;
  }

  /** @throws what the writer found when it opened the shard. */
  static open(start: WriterStart, events: WriterEvents, inThread: boolean): Promise<ShardWriter> {
    const writer = new ShardWriter(events);
    return new Promise((resolve, reject) => {
      writer.#link = (inThread ? linkToThread : linkHere)(start, {
        hear(message) {
          if (message.kind === 'ready') resolve(writer);
          else if (message.kind === 'refused') reject(makeTrouble(message.trouble));
          else writer.#hear(message);
        },
        lost(reason) {
          reject(new Unavailable('store-stopped', `The store cannot be opened: ${reason}`));
          writer.#end(reason);
        },
      });
    });
  }

  /** How long the oldest job has waited for its answer, milliseconds. */
  get oldest(): number {
    for (const { at } of this.#sent.values()) return performance.now() - at;
    return 0;
  }

  /** Takes the octets of a letter along with the next `send`. Returns where they begin in the batch. */
  load(pieces: readonly Bytes[]): number {
    const start = this.#octets;
    for (const piece of pieces) {
      this.#pieces.push(piece);
      this.#octets += piece.length;
    }
    return start;
  }

  send<K extends Job['kind']>(job: Extract<Job, { kind: K }>): Promise<JobResults[K]> {
    if (this.#fate !== null) return Promise.reject(this.#fate);
    return new Promise((resolve, reject) => {
      this.#jobs.push(job);
      this.#waiting.push({ resolve: resolve as (value: never) => void, reject });
      if (this.#octets > fullBatch) this.#flush();
      else this.#scheduled ??= setImmediate(() => this.#flush());
    });
  }

  /** For tests: the n-th statement from now on fails; 13 is SQLite's word for a full disk, 10 for one that is broken. */
  failIn(statements: number, errcode = 13): void {
    this.#link!.post({ failIn: statements, errcode }, []);
  }

  /** Ends the thread after all that was sent is done. */
  async close(): Promise<void> {
    this.#flush();
    if (this.#fate !== null) return;
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
      this.#link!.post({ close: true }, []);
    });
    this.#fate = new Unavailable('store-stopped', 'The store is closed');
    await this.#link!.end();
  }

  #flush(): void {
    if (this.#scheduled !== null) clearImmediate(this.#scheduled);
    this.#scheduled = null;
    if (this.#jobs.length === 0) return;
    const number = ++this.#number;
    this.#sent.set(number, { waiting: this.#waiting, at: performance.now() });
    const octets = this.#octets === 0 ? null : this.#pack();
    const batch: Batch = { number, now: this.#events.now(), jobs: this.#jobs, octets };
    this.#jobs = [];
    this.#waiting = [];
    this.#pieces = [];
    this.#octets = 0;
    this.#link!.post(batch, octets === null ? [] : [octets.memory]);
  }

  #pack(): BatchOctets {
    const memory = this.#takeMemory(this.#octets);
    const whole = new Uint8Array(memory);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return { memory, length: at };
  }

  #takeMemory(octets: number): ArrayBuffer {
    const at = this.#spare.findIndex((memory) => memory.byteLength >= octets);
    if (at >= 0) return this.#spare.splice(at, 1)[0]!;
    return Buffer.allocUnsafeSlow(Math.ceil(octets / memoryStep) * memoryStep).buffer;
  }

  /** Of what is kept the smallest goes first, so that what is kept suits the largest batches of late. */
  #keepMemory(memory: ArrayBuffer): void {
    if (memory.byteLength > memoryAtMost) return;
    this.#spare.push(memory);
    this.#spare.sort((a, b) => a.byteLength - b.byteLength);
    if (this.#spare.length > memoryKept) this.#spare.shift();
  }

  #hear(message: FromWriter): void {
    if (message.kind === 'answers') this.#hearAnswers(message);
    else if (message.kind === 'log') this.#events.log(message.level, message.event, message.fields);
    else if (message.kind === 'stopped') this.#events.stopped(message.reason);
    else if (message.kind === 'closed') this.#closed?.();
  }

  #hearAnswers({ batches, memory, seconds }: Answers): void {
    for (const { answers } of batches) {
      for (const { effects, letters } of answers) {
        if (letters !== undefined && letters.length > 0) this.#events.written(letters);
        if (effects !== undefined) this.#events.effects(effects);
      }
    }
    for (const { number, answers } of batches) {
      const { waiting } = this.#sent.get(number)!;
      this.#sent.delete(number);
      for (const [index, answer] of answers.entries()) {
        if (answer.trouble === undefined) waiting[index]!.resolve(answer.value as never);
        else waiting[index]!.reject(makeTrouble(answer.trouble));
      }
    }
    for (const one of memory) this.#keepMemory(one);
    this.#events.settled();
    if (seconds !== null) this.#events.observe('tayori_store_commit_seconds', seconds);
  }

  /** The thread is gone: nobody knows what became of the jobs it had (reliability D-6). */
  #end(reason: string): void {
    if (this.#closed !== null) {
      this.#closed();
      return;
    }
    if (this.#fate !== null) return;
    this.#fate = new Unavailable('store-stopped', 'The store has stopped');
    const unknown = new Unavailable('unknown-outcome', 'The store cannot tell whether this was kept');
    for (const { waiting } of this.#sent.values()) for (const one of waiting) one.reject(unknown);
    for (const one of this.#waiting) one.reject(this.#fate);
    this.#sent.clear();
    this.#waiting = [];
    this.#jobs = [];
    this.#events.stopped(reason);
  }
}
