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

const restAfter = 10_000;

export class LargeLetters {
  #worker: Worker | null = null;
  #number = 0;
  readonly #waiting = new Map<number, { resolve: (facts: LargeFacts) => void; reject: (error: Error) => void }>();
  #idle: NodeJS.Timeout | null = null;

  read(path: string, start: number, length: number): Promise<LargeFacts> {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    this.#worker ??= this.#make();
    const question: Question = { number: ++this.#number, path, start, length };
    return new Promise((resolve, reject) => {
      this.#waiting.set(question.number, { resolve, reject });
      this.#worker!.postMessage(question);
    });
  }

  async close(): Promise<void> {
    if (this.#idle !== null) clearTimeout(this.#idle);
    await this.#worker?.terminate();
  }

  #make(): Worker {
    const worker = new Worker(new URL(import.meta.url), { name: 'large letters' });
    worker.on('message', (reply: Reply) => {
      const one = this.#waiting.get(reply.number)!;
      this.#waiting.delete(reply.number);
      if ('failure' in reply) one.reject(new Unavailable('busy', 'The letter cannot be read now', new Error(reply.failure)));
      else one.resolve(reply);
      if (this.#waiting.size > 0) return;
      this.#idle = setTimeout(() => {
        this.#worker = null;
        void worker.terminate();
      }, restAfter);
      this.#idle.unref();
    });
    const ended = (): void => {
      if (this.#worker === worker) this.#worker = null;
      for (const one of this.#waiting.values()) one.reject(new Unavailable('busy', 'The letter cannot be read now'));
      this.#waiting.clear();
    };
    worker.on('error', ended);
    worker.on('exit', ended);
    return worker;
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
