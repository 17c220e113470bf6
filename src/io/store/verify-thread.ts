// Checks a shard in a thread of its own: a check reads all rows, and mail must not wait for it.
// Knows how findings travel; what is checked is verify.ts. This file is both ends: imported it is the asker, run as a worker it does the work.
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Unavailable } from '../../base/trouble.ts';
import type { VerifyFinding } from '../../store/contract.ts';
import { SegmentReader } from './segment-reader.ts';
import { ShardReader } from './shard-reader.ts';
import { verifyShard } from './verify.ts';

export interface VerifyQuestion {
  readonly dir: string;
  readonly number: number;
  readonly shards: number;
  readonly quick: boolean;
}

type Told =
  | { readonly kind: 'finding'; readonly finding: VerifyFinding }
  | { readonly kind: 'checked'; readonly letters: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'failure'; readonly reason: string };

/** Ends early, without a word, when `signal` says so. @throws Unavailable when the thread fails. */
export async function* verifyInThread(
  question: VerifyQuestion,
  checked: (letters: number) => void,
  signal: AbortSignal | undefined,
): AsyncIterable<VerifyFinding> {
  const isOver = (): boolean => signal?.aborted === true;
  if (isOver()) return;
  const told: Told[] = [];
  let wake = (): void => {};
  const hear = (one: Told): void => {
    told.push(one);
    wake();
  };
  const stop = (): void => hear({ kind: 'end' });
  const worker = new Worker(new URL(import.meta.url), { workerData: question, name: `verify ${question.number}` });
  worker.on('message', hear);
  worker.on('error', (error: Error) => hear({ kind: 'failure', reason: error.message }));
  worker.on('exit', () => hear({ kind: 'failure', reason: 'its thread ended' }));
  signal?.addEventListener('abort', stop);
  try {
    for (;;) {
      for (const one of told.splice(0)) {
        if (isOver() || one.kind === 'end') return;
        if (one.kind === 'failure') throw new Unavailable('busy', 'The letters cannot be checked now', new Error(one.reason));
        if (one.kind === 'finding') yield one.finding;
        else checked(one.letters);
      }
      if (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

async function work({ dir, number, shards, quick }: VerifyQuestion, tell: (told: Told) => void): Promise<void> {
  const reader = new ShardReader(join(dir, 'mail.sqlite'), number, shards);
  const octets = new SegmentReader(
    join(dir, 'segments'),
    (letters) => reader.sha256Of(letters),
    () => performance.now(),
  );
  try {
    const shard = { dir, number, reader, octets };
    for await (const finding of verifyShard(shard, quick, (letters) => tell({ kind: 'checked', letters })))
      tell({ kind: 'finding', finding });
    tell({ kind: 'end' });
  } finally {
    octets.close();
    reader.close();
  }
}

if (!isMainThread && parentPort !== null && process.argv[1] === import.meta.filename) {
  const port = parentPort;
  await work(workerData as VerifyQuestion, (told) => port.postMessage(told));
}
