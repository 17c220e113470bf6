// Makes documents of letters: the usual ones at once, large ones in a thread of their own, within a time. Knows threads and what may take long; what a
// document is, is message/html's.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import type { Bytes } from '../../base/bytes.ts';
import type { Log } from '../../base/log.ts';
import { Unavailable } from '../../base/trouble.ts';
import { letterDocument, longestHtmlIn, type DocumentOptions, type LetterDocument } from '../../message/html/letter-document.ts';
import { pictureAddress } from './picture-address.ts';

/** What a document is made from, as it goes to the thread. */
export interface DocumentQuestion {
  readonly octets: Bytes;
  /** `/letter/A7/M12`. */
  readonly address: string;
  /** Of a letter that lies in it: where, as `2` or `2~1.3`. */
  readonly within?: string;
  /** Null: pictures elsewhere are not wanted. */
  readonly pictures: { readonly key: Bytes; readonly person: number } | null;
  readonly theme: 'light' | 'dark';
  readonly plain: boolean;
  readonly language: 'ja' | 'en';
  readonly print?: { readonly timeZone: string } | null;
  /** The markup has shown that it takes too long: its text only. */
  readonly textOnly?: boolean;
}

export interface LetterWriter {
  /** @throws Unavailable `busy` when too many large ones wait. */
  write(question: DocumentQuestion): Promise<LetterDocument>;
}

/** Below this the work is some milliseconds, some hundred for the worst that can be written in it. */
const largeFrom = 128 * 1024;
const patienceMs = 10_000;
const mostWaiting = 20;
const idleMs = 60_000;
const memoryMb = 512;

export function openLetterWriter(log: Log): LetterWriter {
  let worker: Worker | null = null;
  let idle: NodeJS.Timeout | null = null;
  let waiting = 0;
  /** One after the other: they are rare, and there are few cores. */
  let last: Promise<unknown> = Promise.resolve();

  function inThread(question: DocumentQuestion): Promise<LetterDocument | null> {
    if (idle !== null) clearTimeout(idle);
    const asked = (worker ??= new Worker(new URL(import.meta.url), {
      name: 'letters',
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    }));
    asked.unref();
    return new Promise((resolve) => {
      const end = (made: LetterDocument | null, cause?: unknown): void => {
        clearTimeout(timer);
        asked.off('message', answered).off('error', failed).off('exit', ended);
        if (made === null) {
          log.warn('a letter takes too long to be shown as it is', {}, cause);
          if (worker === asked) worker = null;
          asked.on('error', () => {});
          void asked.terminate();
        } else idle = setTimeout(rest, idleMs).unref();
        resolve(made);
      };
      const answered = (made: LetterDocument): void => end(made);
      const failed = (cause: unknown): void => end(null, cause);
      const ended = (): void => end(null);
      const timer = setTimeout(ended, patienceMs);
      asked.on('message', answered).on('error', failed).on('exit', ended);
      asked.postMessage(question);
    });
  }

  function rest(): void {
    void worker?.terminate();
    worker = null;
  }

  return {
    async write(question) {
      if (longestHtmlIn(question.octets) < largeFrom) return make(question);
      if (waiting >= mostWaiting) throw new Unavailable('busy', 'too many large letters at once');
      waiting++;
      const made = last.then(() => inThread(question)).finally(() => waiting--);
      last = made.catch(() => {});
      return (await made) ?? make({ ...question, textOnly: true });
    },
  };
}

function make({ octets, address, within = '', pictures, ...more }: DocumentQuestion): LetterDocument {
  const options: DocumentOptions = {
    ...more,
    partAddress: (part) => `${address}/part/${part}${within === '' ? '' : `?in=${within}`}`,
    letterAddress: (part) =>
      `${address}?in=${within === '' ? '' : `${within}~`}${part}&theme=${more.theme}&lang=${more.language}${more.print ? `&zone=${encodeURIComponent(more.print.timeZone)}` : ''}`,
    remotePicture: (remote) => (pictures === null ? null : pictureAddress(pictures.key, pictures.person, remote)),
  };
  return letterDocument(octets, options);
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  port.on('message', (question: DocumentQuestion) => port.postMessage(make(question)));
}
