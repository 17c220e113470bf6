// Large letters are hashed and read for their facts in a thread of their own, so that neither the event loop nor the group commit waits.
// Knows files and facts; knows no shard. This file is both ends: imported it is the asker, run as a worker it does the work.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Unavailable } from '../../base/trouble.ts';
import { readFacts } from '../../message/read-facts.ts';
import { formatFacts } from './fact-columns.ts';

interface Question {
  readonly number: number;
  readonly path: string;
  readonly start: number;
  readonly length: number;
}

export interface LargeFacts {
  readonly sha256: Uint8Array;
  readonly facts: readonly (string | number | null)[];
}

type Reply = { readonly number: number } & (LargeFacts | { readonly failure: string });

/** A thread without work ends after this, milliseconds. */
const usualRest = 10_000;

interface Waiting {
  readonly resolve: (facts: LargeFacts) => void;
  readonly reject: (error: Error) => void;
}

/** One thread with what it was asked: one that ends must not take along what the next one was asked. */
interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

export class LargeLetters {
  readonly #restAfter: number;
  #thread: Thread | null = null;
  #number = 0;
  #idle: NodeJS.Timeout | null = null;

  constructor(restAfter = usualRest) {
    this.#restAfter = restAfter;
  }

  read(path: string, start: number, length: number): Promise<LargeFacts> {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    const { worker, waiting } = (this.#thread ??= this.#make());
    const question: Question = { number: ++this.#number, path, start, length };
    return new Promise((resolve, reject) => {
      waiting.set(question.number, { resolve, reject });
      worker.postMessage(question);
    });
  }

  async close(): Promise<void> {
    if (this.#idle !== null) clearTimeout(this.#idle);
    await this.#thread?.worker.terminate();
  }

  #make(): Thread {
    const worker = new Worker(new URL(import.meta.url), { name: 'large letters' });
    const waiting = new Map<number, Waiting>();
    const thread: Thread = { worker, waiting };
    worker.on('message', (reply: Reply) => {
      const one = waiting.get(reply.number);
      waiting.delete(reply.number);
      if ('failure' in reply) one?.reject(new Unavailable('busy', 'The letter cannot be read now', new Error(reply.failure)));
      else one?.resolve(reply);
      if (waiting.size === 0) this.#restSoon(thread);
    });
    const ended = (): void => {
      if (this.#thread === thread) this.#thread = null;
      for (const one of waiting.values()) one.reject(new Unavailable('busy', 'The letter cannot be read now'));
      waiting.clear();
    };
    worker.on('error', ended);
    worker.on('exit', ended);
    return thread;
  }

  #restSoon(thread: Thread): void {
    if (this.#thread !== thread) return;
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#idle = null;
      this.#thread = null;
      void thread.worker.terminate();
    }, this.#restAfter);
    this.#idle.unref();
  }
}

function answer({ number, path, start, length }: Question): Reply {
  try {
    const octets = Buffer.allocUnsafeSlow(length);
    const file = openSync(path, 'r');
    try {
      let done = 0;
      while (done < length) {
        const count = readSync(file, octets, done, length - done, start + done);
        if (count === 0) throw new Error(`${path} ends too early`);
        done += count;
      }
    } finally {
      closeSync(file);
    }
    return { number, sha256: createHash('sha256').update(octets).digest(), facts: formatFacts(readFacts(octets)) };
  } catch (error) {
    return { number, failure: String(error) };
  }
}

if (!isMainThread && parentPort !== null && process.argv[1] === import.meta.filename) {
  const port = parentPort;
  port.on('message', (question: Question) => port.postMessage(answer(question)));
}
