// Does the jobs of a shard: lands octets, runs what waits in one transaction, says how each job ended.
// Knows the order that durability asks for (reliability D-2: octets and their fdatasync, with rows written meanwhile, and
// only then COMMIT with its fsync, and the answer) and what to do when a step fails; knows no port and no promise.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Refusal, Unavailable } from '../../../base/trouble.ts';
import type { Answer, Batch, Cargo, Job, JobResults, WriterStart } from '../jobs.ts';
import { openForWriting, readValue } from '../schema.ts';
import { noteTrouble } from '../trouble-note.ts';
import type { Books } from './books.ts';
import { makeCrashPoint, type CrashPoint } from './crash-points.ts';
import type { DiskHand } from './disk-hand.ts';
import { CommitFailed, Poisoned, diskFull, isBusy, isDiskFailure, isDiskFull, isTrouble } from './failures.ts';
import { doJob } from './do-job.ts';
import { keyEvents, unkeyedSoon } from './journey.ts';
import { Ledger } from './ledger.ts';
import type { Landed } from './letters.ts';
import type { Land } from './placing.ts';
import { Segments } from './segments.ts';
import { Statements } from './statements.ts';
import { Turn } from './turn.ts';

const nothing = new Uint8Array(0);

/** One job and what came of it. */
interface Task {
  readonly job: Job;
  readonly now: number;
  readonly land: Land;
  readonly carriesLetters: boolean;
  answer: Answer | null;
}

/** Frames in the WAL after which it is written back even while there is work. */
const walFrames = 4000;

export class Desk {
  readonly #start: WriterStart;
  readonly #db: DatabaseSync;
  readonly #books: Books;
  readonly #point: CrashPoint;
  readonly #say: (event: string, fields: Record<string, string | number>) => void;
  #poisoned: string | null = null;
  #commits = 0;

  /** `hand`: what waits for the disk beside this thread, if anything. */
  constructor(start: WriterStart, say: (event: string, fields: Record<string, string | number>) => void, hand: DiskHand | null) {
    this.#start = start;
    this.#say = say;
    this.#point = makeCrashPoint(start.crashAt);
    this.#db = openForWriting(join(start.shardDir, 'mail.sqlite'));
    const db = this.#db;
    if (start.fault === 'no-fsync') db.exec('pragma synchronous = off');
    this.#checkShards();
    const sql = new Statements(db);
    this.#books = {
      db,
      sql,
      ledger: new Ledger(db),
      segments: new Segments(join(start.shardDir, 'segments'), db, start.segmentSize, this.#point, start.fault === 'no-fsync', hand),
      point: this.#point,
      shard: start.shard,
      shards: start.shards,
      restingTime: start.restingTime,
      unkeyed: unkeyedSoon,
      added: [],
      next: { letter: 1, queueRow: 1, handOver: 1 },
    };
    this.#readNext();
  }

  get poisoned(): string | null {
    return this.#poisoned;
  }

  failIn(statements: number, errcode: number): void {
    this.#books.sql.failIn = statements;
    this.#books.sql.failWith = errcode;
  }

  /** Does all jobs in as few transactions as can be: one, unless some fail after having begun to write. */
  work(batches: readonly Batch[]): Answer[][] {
    const tasks: Task[][] = batches.map((batch) => this.#land(batch));
    const all = tasks.flat();
    try {
      if (this.#poisoned !== null) throw new Poisoned(this.#poisoned);
      this.#books.segments.beginSync();
      this.#transact(all);
    } catch (error) {
      this.#poison(error);
      this.#leaveTransaction();
      const fate =
        error instanceof CommitFailed
          ? new Unavailable('unknown-outcome', 'The store cannot tell whether this was kept', error)
          : new Unavailable('store-stopped', 'The store has stopped because its disk failed', error);
      // Answers of before the commit are not true any more.
      for (const task of all) task.answer = { trouble: noteTrouble(fate) };
    }
    this.#books.segments.landed();
    this.#point('before-answer');
    return tasks.map((list) => list.map((task) => task.answer!));
  }

  /** What can be done when nobody waits. Returns true when there is more. */
  idle(): boolean {
    if (this.#poisoned !== null) return false;
    try {
      const { segments } = this.#books;
      if (segments.prepare()) segments.sync();
      let more = false;
      if (this.#books.unkeyed > 0) {
        this.#begin();
        more = this.#keyEvents() > 0;
        this.#commit();
      }
      if (!more && this.#walFrames() > 1000) this.#checkpoint();
      return more;
    } catch (error) {
      // Somebody who holds the database lets go of it again; whoever comes meanwhile hears "busy".
      if (isDiskFull(error) || isBusy(error)) this.#rollback();
      else this.#poison(error);
      return false;
    }
  }

  close(): void {
    try {
      this.#books.segments.close();
      if (this.#poisoned === null) this.#checkpoint('truncate');
    } finally {
      this.#db.close();
    }
  }

  /** Writes a batch's octets. A full disk fails the jobs that carry letters, and no other. */
  #land(batch: Batch): Task[] {
    let fault: unknown = null;
    let base: { segment: number; start: number } | null = null;
    const octets = batch.octets === null ? null : Buffer.from(batch.octets.memory, 0, batch.octets.length);
    if (octets !== null && this.#poisoned === null) {
      try {
        base = this.#books.segments.append(octets);
      } catch (error) {
        fault = error;
        if (!isDiskFull(error)) this.#poison(error);
      }
    }
    const adopted = new Map<Cargo, Landed>();
    const land: Land = (cargo) => {
      const large = adopted.get(cargo);
      if (large !== undefined) return large;
      if (cargo.length === 0) return { segment: 0, start: 0, octets: nothing };
      return {
        segment: base!.segment,
        start: base!.start + cargo.start,
        octets: octets!.subarray(cargo.start, cargo.start + cargo.length),
      };
    };
    return batch.jobs.map((job): Task => {
      const cargos = cargosOf(job);
      const task: Task = { job, now: batch.now, land, carriesLetters: cargos.length > 0, answer: null };
      if (cargos.length === 0) return task;
      for (const cargo of cargos) {
        if (cargo.file === null || fault !== null || this.#poisoned !== null) continue;
        try {
          const end = cargo.file.start + cargo.length;
          adopted.set(cargo, { segment: this.#books.segments.adopt(cargo.file.path, end), start: cargo.file.start, octets: null });
        } catch (error) {
          fault = error;
          if (!isDiskFull(error)) this.#poison(error);
        }
      }
      if (fault !== null) task.answer = { trouble: noteTrouble(diskFull(fault)) };
      return task;
    });
  }

  #transact(tasks: readonly Task[]): void {
    for (;;) {
      const open = tasks.filter((task) => task.answer === null || task.answer.trouble === undefined);
      if (open.length === 0) return;
      const failed = this.#attempt(open);
      if (failed === null) return;
      this.#rollback();
      const { task, error } = failed;
      if (isBusy(error)) {
        for (const one of open) one.answer = { trouble: noteTrouble(new Unavailable('busy', 'Another program holds the store', error)) };
        return;
      }
      if (!isDiskFull(error)) {
        if (task === null || isDiskFailure(error)) throw error;
        task.answer = { trouble: noteTrouble(error) };
        continue;
      }
      // Letters need room and can come again; expunging and handing over make room: they get the ballast (reliability D-12).
      const letters = open.filter((one) => one.carriesLetters);
      if (letters.length > 0) for (const one of letters) one.answer = { trouble: noteTrouble(diskFull(error)) };
      else if (!this.#releaseBallast()) for (const one of open) one.answer = { trouble: noteTrouble(diskFull(error)) };
    }
  }

  /** One transaction with all of them. Returns what made it fail, after which nothing of it may stay. */
  #attempt(tasks: readonly Task[]): { readonly task: Task | null; readonly error: unknown } | null {
    let current: Task | null = null;
    try {
      this.#begin();
      this.#point('after-begin');
      for (const task of tasks) {
        current = task;
        const { ledger } = this.#books;
        const before = ledger.changes + this.#totalChanges();
        const turn = new Turn(ledger, task.now);
        this.#books.added = [];
        try {
          const value = doJob(this.#books, task.job, turn, task.land);
          task.answer = { value, effects: turn.effects(), letters: this.#books.added };
        } catch (error) {
          if (!isTrouble(error) || ledger.changes + this.#totalChanges() !== before) throw error;
          task.answer = { trouble: noteTrouble(error) };
        }
      }
      current = null;
      if (this.#books.unkeyed > unkeyedSoon) this.#keyEvents();
      this.#books.ledger.flush();
      this.#books.segments.flush();
      // Never a row whose octets may not be there: the disk is waited for before COMMIT begins, not merely before the answer.
      this.#books.segments.sync();
    } catch (error) {
      if (error instanceof Poisoned) throw error;
      return { task: current, error };
    }
    this.#point('before-commit');
    try {
      this.#commit();
    } catch (error) {
      if (isDiskFull(error)) return { task: null, error };
      throw new CommitFailed('COMMIT failed', { cause: error });
    }
    this.#point('after-commit');
    this.#books.segments.committed();
    this.#books.ledger.trim();
    for (const task of tasks) {
      if (task.job.kind === 'upkeep') this.#point('upkeep-committed');
      if (task.job.kind === 'upkeep' && task.answer?.value != null)
        this.#removeSegments((task.answer.value as JobResults['upkeep']).emptied);
    }
    if (++this.#commits % 32 === 0) this.#writeBack();
    return null;
  }

  /** What was committed stays true whether their files go or not: the next start collects those that nobody refers to. */
  #removeSegments(segments: readonly number[]): void {
    for (const segment of segments) {
      try {
        this.#books.segments.remove(segment);
      } catch (error) {
        this.#say('store.segment-stays', { shard: this.#start.shard, segment, cause: String(error) });
      }
    }
  }

  /** Writes the WAL back while there is work. The answers of the commit before are true whatever happens here. */
  #writeBack(): void {
    try {
      if (this.#walFrames() > walFrames) this.#checkpoint();
    } catch (error) {
      if (!isDiskFull(error) && !isBusy(error)) this.#poison(error);
    }
  }

  /** Keys are for finding journeys: a damaged page among them stops no letter. Returns how many events have none yet. */
  #keyEvents(): number {
    try {
      return keyEvents(this.#books);
    } catch (error) {
      if (isDiskFull(error) || isBusy(error) || isDiskFailure(error)) throw error;
      this.#say('store.events-without-keys', { shard: this.#start.shard, cause: String(error) });
      return (this.#books.unkeyed = 0);
    }
  }

  #begin(): void {
    this.#books.sql.count();
    this.#db.exec('begin immediate');
  }

  #commit(): void {
    this.#books.sql.count();
    this.#db.exec('commit');
  }

  #rollback(): void {
    if (this.#db.isTransaction) this.#db.exec('rollback');
    this.#books.ledger.forget();
    this.#books.segments.rolledBack();
    this.#readNext();
  }

  /** After a disk failure: nothing more is written, and readers see what was committed. */
  #leaveTransaction(): void {
    try {
      if (this.#db.isTransaction) this.#db.exec('rollback');
    } catch {
      // Closing the database ends it.
    }
  }

  #totalChanges(): number {
    return Number(this.#books.sql.row('select total_changes()')![0]);
  }

  #walFrames(): number {
    const row = this.#books.sql.row('pragma wal_checkpoint(noop)');
    return Number(row?.[1] ?? 0) - Number(row?.[2] ?? 0);
  }

  #checkpoint(how: 'passive' | 'truncate' = 'passive'): void {
    this.#point('before-checkpoint');
    this.#db.exec(`pragma wal_checkpoint(${how})`);
    this.#point('after-checkpoint');
  }

  #readNext(): void {
    const { next } = this.#books;
    next.letter = Math.max(next.letter, Number(readValue(this.#db, 'select coalesce(max(id), 0) + 1 from letter')));
    next.queueRow = Math.max(next.queueRow, Number(readValue(this.#db, 'select coalesce(max(id), 0) + 1 from queue_row')));
    next.handOver = Math.max(next.handOver, Number(readValue(this.#db, 'select coalesce(max(id), 0) + 1 from handover')));
  }

  /** An account's shard follows from its number, so the number of shards cannot change afterwards. */
  #checkShards(): void {
    const wanted = `${this.#start.shard} of ${this.#start.shards}`;
    const is = readValue(this.#db, "select value from meta where name = 'shard'");
    if (is === null) this.#db.prepare("insert into meta (name, value) values ('shard', ?)").run(wanted);
    else if (is !== wanted) throw new Refusal('cannot', `${this.#start.shardDir} is shard ${is}, but the settings say ${wanted}`);
  }

  #releaseBallast(): boolean {
    const path = join(this.#start.shardDir, 'ballast');
    try {
      rmSync(path);
    } catch {
      return false;
    }
    this.#say('store.ballast-released', { shard: this.#start.shard });
    return true;
  }

  #poison(error: unknown): void {
    if (this.#poisoned !== null) return;
    this.#poisoned =
      error instanceof Error ? `${error.message}${error.cause instanceof Error ? `: ${error.cause.message}` : ''}` : String(error);
  }
}

function cargosOf(job: Job): readonly Cargo[] {
  return job.kind === 'commit' || job.kind === 'append' || job.kind === 'addLetters' ? job.letters.map((letter) => letter.cargo) : [];
}
