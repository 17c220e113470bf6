// Somebody else's session while a server is treated badly: a thread of its own that says NOOP again and again and notes how long the
// slowest answer took. In a thread, so that what the test itself has to compute is not taken for the server's slowness, nor what others compute on the same machine.
import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { ImapCaller } from './dialogue.ts';
import { waitFor, type FairWait } from './fair-wait.ts';

export interface Witness {
  /** The slowest answer since the last question, milliseconds; Infinity when the session was lost. */
  slowest(): Promise<number>;
  end(): Promise<void>;
}

interface Asked {
  /** Of the server. */
  readonly pid: number;
  readonly port: number;
  readonly login: string;
  readonly password: string;
}

export async function startWitness(asked: Asked): Promise<Witness> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { witness: asked } });
  let failed = false;
  const hear = (): Promise<number> =>
    new Promise((told) => {
      if (failed) return told(Infinity);
      const done = (): void => {
        failed = true;
        told(Infinity);
      };
      worker.once('error', done);
      worker.once('message', (slowest: number) => {
        worker.off('error', done);
        told(slowest);
      });
    });
  await hear();
  return {
    slowest() {
      worker.postMessage('slowest');
      return hear();
    },
    end: async () => void (await worker.terminate()),
  };
}

async function watch({ pid, port, login, password }: Asked): Promise<void> {
  const imap = await ImapCaller.open({ port }, { login, password });
  await imap.well('SELECT INBOX');
  let slowest = 0;
  let waiting: FairWait | null = null;
  parentPort!.on('message', () => {
    parentPort!.postMessage(Math.max(slowest, waiting?.soFar() ?? 0));
    slowest = 0;
  });
  parentPort!.postMessage(0);
  for (;;) {
    waiting = waitFor(pid);
    await imap.well('NOOP');
    slowest = Math.max(slowest, waiting.soFar());
    waiting = null;
    await pause(5);
  }
}

if (!isMainThread && typeof workerData === 'object' && workerData !== null && 'witness' in workerData)
  await watch((workerData as { witness: Asked }).witness);
