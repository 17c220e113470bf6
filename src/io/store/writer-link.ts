// The way to a shard's writer: in a thread of its own, as a server has it, or on the calling thread, for short commands and for tests,
// where starting a thread (50 ms) would cost more than all the work. Knows messages; knows no job.
import { Worker } from 'node:worker_threads';
import type { FromWriter, ToWriter, WriterStart } from './jobs.ts';
import { noteTrouble } from './trouble-note.ts';
import { WriterService } from './writer/service.ts';

export interface WriterLink {
  post(message: ToWriter, transfer: readonly ArrayBuffer[]): void;
  end(): Promise<void>;
}

export interface LinkEvents {
  hear(message: FromWriter): void;
  /** The writer is gone, without having been asked. */
  lost(reason: string): void;
}

export function linkToThread(start: WriterStart, events: LinkEvents): WriterLink {
  const worker = new Worker(new URL('./writer/thread.ts', import.meta.url), {
    workerData: start,
    name: `store writer ${start.shard}`,
    // Its values live for a batch: a young generation that grows to what Node would give it is memory that is never needed again.
    resourceLimits: { maxYoungGenerationSizeMb: 16 },
  });
  worker.on('message', (message: FromWriter) => events.hear(message));
  worker.on('error', (error: Error) => events.lost(`its writer thread failed: ${error.message}`));
  worker.on('exit', () => events.lost('its writer thread ended'));
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    end: async () => void (await worker.terminate()),
  };
}

export function linkHere(start: WriterStart, events: LinkEvents): WriterLink {
  let waiting: ToWriter[] = [];
  let service: WriterService | null = null;
  setImmediate(() => {
    try {
      service = new WriterService(start, (message) => events.hear(message), null);
      events.hear({ kind: 'ready' });
    } catch (error) {
      events.hear({ kind: 'refused', trouble: noteTrouble(error) });
    }
  });
  return {
    post(message) {
      if (waiting.push(message) > 1) return;
      setImmediate(() => {
        const messages = waiting;
        waiting = [];
        service!.receive(messages);
      });
    },
    end: async () => {},
  };
}
