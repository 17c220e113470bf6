// A second hand of the writer: waits for the disk (fdatasync) in a thread of its own while the writer goes on with its rows.
// Knows one file at a time and three numbers in shared memory; knows no letter. This file is both ends: imported it is the writer's side, run
// as a worker it does the waiting.
//
// The writer's thread has no time for its event loop while it is in a transaction, so both sides talk by `Atomics` alone.
import { fdatasyncSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** Where each number stands in the shared memory. */
const STATE = 0;
const FILE = 1;
const FAULT = 2;

/** States. `starting` until the thread runs: until then the writer waits for the disk itself. */
const STARTING = 0;
const FREE = 1;
const ASKED = 2;
const END = 3;

/** The thread is started when it has been wanted so often: starting it costs more than it gains a server that has just begun or has little to do. */
const wantedOften = 20;

/** What waits for the disk beside the writer. */
export type DiskHand = Pick<DiskThread, 'begin' | 'wait' | 'end'>;

export class DiskThread {
  readonly #cells = new Int32Array(new SharedArrayBuffer(12));
  #wanted = 0;
  #asked = false;

  /** Begins to make a file's octets durable. False when it cannot: then nothing has begun. */
  begin(file: number): boolean {
    if (++this.#wanted === wantedOften) this.#start();
    if (this.#asked || Atomics.load(this.#cells, STATE) !== FREE) return false;
    this.#cells[FILE] = file;
    this.#cells[FAULT] = 0;
    this.#asked = true;
    Atomics.store(this.#cells, STATE, ASKED);
    Atomics.notify(this.#cells, STATE);
    return true;
  }

  /** Waits for what was begun, if anything was. @throws when the disk did not take it. */
  wait(): void {
    if (!this.#asked) return;
    // Without a limit: a disk that does not answer is waited for here as it would be in fdatasync itself.
    while (Atomics.load(this.#cells, STATE) === ASKED) Atomics.wait(this.#cells, STATE, ASKED);
    this.#asked = false;
    if (this.#cells[FAULT] !== 0) throw new Error(`fdatasync in the thread beside failed (error ${this.#cells[FAULT]})`);
  }

  end(): void {
    Atomics.store(this.#cells, STATE, END);
    Atomics.notify(this.#cells, STATE);
  }

  #start(): void {
    const worker = new Worker(new URL(import.meta.url), { workerData: this.#cells, name: 'store disk' });
    worker.unref();
    // One that cannot start leaves the state at `starting`; once it runs, nothing in it can fail.
    worker.on('error', () => {});
  }
}

function serve(cells: Int32Array<SharedArrayBuffer>): void {
  Atomics.compareExchange(cells, STATE, STARTING, FREE);
  for (;;) {
    const state = Atomics.load(cells, STATE);
    if (state === END) return;
    if (state !== ASKED) {
      Atomics.wait(cells, STATE, state);
      continue;
    }
    try {
      fdatasyncSync(cells[FILE]!);
    } catch (error) {
      cells[FAULT] = (error as { errno?: number }).errno ?? -1;
    }
    Atomics.compareExchange(cells, STATE, ASKED, FREE);
    Atomics.notify(cells, STATE);
  }
}

if (!isMainThread && parentPort !== null && process.argv[1] === import.meta.filename) serve(workerData as Int32Array<SharedArrayBuffer>);
