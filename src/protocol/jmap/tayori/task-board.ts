// Long work under way: what each person has begun, how far it is, and what came of it. Kept in memory for ten minutes after its end.
// Knows tasks, their bounds and their states; does none of the work.
import type { Clock } from '../../../base/clock.ts';
import { Refusal, Unavailable } from '../../../base/trouble.ts';
import type { AccountId } from '../../../store/contract.ts';
import type { JsonObject } from '../contract.ts';
import type { Language, TaskDesk, TaskEnd, TaskFailure, TaskHand, TaskKind, TaskStep, TaskWish } from './contract.ts';

export const taskKeptMs = 10 * 60_000;
/** Of one person at once, and kept. */
export const runningMax = 5;
const keptMax = 30;
const stepsMax = 200;
/** Longer than any work we know: a letter to oneself is waited for a minute and a half, a sign-in ten. */
const longestMs = 15 * 60_000;
const gonesMax = 200;

export interface Task {
  readonly id: number;
  readonly kind: TaskKind;
  readonly language: Language;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly steps: readonly TaskStep[];
  readonly openUrl: string | null;
  readonly result: JsonObject | null;
  readonly failure: TaskFailure | null;
}

interface Kept {
  task: Task;
  readonly created: number;
  changed: number;
  readonly ending: AbortController;
  /** Cancels what is due: first its longest time, after its end that it is forgotten. */
  due: () => void;
}

/** One person's. Versions count changes. */
interface Shelf {
  version: number;
  /** Changes up to this version are not remembered. */
  forgotten: number;
  readonly tasks: Map<number, Kept>;
  gone: { readonly id: number; readonly created: number; readonly at: number }[];
}

export interface TaskBoardParts {
  readonly clock: Clock;
  /** Hears of work that ended by something that nobody has foreseen. */
  readonly failed: (kind: TaskKind, trouble: unknown) => void;
}

export class TaskBoard {
  readonly #parts: TaskBoardParts;
  readonly #shelves = new Map<AccountId, Shelf>();
  readonly #hearers = new Set<(person: AccountId) => void>();
  /** Ids begin with the time: those of another run of the program are never given again. */
  #next: number;
  readonly #run: string;
  #closed = false;

  constructor(parts: TaskBoardParts) {
    this.#parts = parts;
    this.#next = parts.clock.now();
    this.#run = parts.clock.now().toString(36);
  }

  /** Begins what the desk has allowed. @throws Refusal `limit`, and what the desk says. */
  begin(person: AccountId, wish: TaskWish, language: Language, desk: TaskDesk): Task {
    if (this.#closed) throw new Unavailable('shutting-down', 'the server closes');
    const shelf = this.#shelf(person);
    const running = [...shelf.tasks.values()].filter(({ task }) => task.state === 'running');
    if (running.length >= runningMax) throw new Refusal('limit', `${runningMax} things are under way already; wait for one, or cancel it`);
    desk.check(wish, person);
    for (const [id, { task }] of shelf.tasks) {
      if (shelf.tasks.size < keptMax) break;
      if (task.state !== 'running') this.#forget(person, id);
    }
    const { clock } = this.#parts;
    const ending = new AbortController();
    const version = ++shelf.version;
    const task: Task = {
      id: this.#next++,
      kind: wish.kind,
      language,
      state: 'running',
      createdAt: clock.now(),
      endedAt: null,
      steps: [],
      openUrl: null,
      result: null,
      failure: null,
    };
    const due = clock.after(longestMs, () => ending.abort(new Refusal('expired', 'this took too long')));
    const kept: Kept = { task, created: version, changed: version, ending, due };
    shelf.tasks.set(task.id, kept);
    const hand: TaskHand = {
      signal: ending.signal,
      step: (step) => {
        if (kept.task.state === 'running' && kept.task.steps.length < stepsMax)
          this.#change(person, kept, { steps: [...kept.task.steps, { ...step, at: clock.now() }] });
      },
      open: (openUrl) => {
        if (kept.task.state === 'running') this.#change(person, kept, { openUrl });
      },
    };
    // After the answer that tells the id.
    void Promise.resolve()
      .then(() => desk.run(wish, person, language, hand))
      .then(
        (end) => this.#end(person, kept, end),
        (trouble: unknown) => {
          const failure = desk.explain(trouble, language);
          if (failure.cause === 'defect') this.#parts.failed(wish.kind, trouble);
          this.#end(person, kept, { result: null, failure });
        },
      );
    this.#tell(person);
    return task;
  }

  list(person: AccountId): readonly Task[] {
    return [...(this.#shelves.get(person)?.tasks.values() ?? [])].map(({ task }) => task);
  }

  find(person: AccountId, id: number): Task | null {
    return this.#shelves.get(person)?.tasks.get(id)?.task ?? null;
  }

  /** What it has done so far stays done; nothing is begun any more. False when there is no such task. */
  cancel(person: AccountId, id: number): boolean {
    const kept = this.#shelves.get(person)?.tasks.get(id);
    if (kept === undefined) return false;
    if (kept.task.state === 'running') {
      this.#change(person, kept, { state: 'cancelled', endedAt: this.#parts.clock.now(), openUrl: null });
      kept.ending.abort(new Refusal('expired', 'this was cancelled'));
      this.#keep(person, kept);
    }
    return true;
  }

  /** Cancelled where it runs, and forgotten. False when there is no such task. */
  remove(person: AccountId, id: number): boolean {
    if (!this.cancel(person, id)) return false;
    this.#forget(person, id);
    return true;
  }

  state(person: AccountId): string {
    return `${this.#run}-${this.#shelves.get(person)?.version ?? 0}`;
  }

  /** Null when it is not remembered so far back. */
  changes(
    person: AccountId,
    since: string,
  ): { readonly created: readonly number[]; readonly updated: readonly number[]; readonly destroyed: readonly number[] } | null {
    const [run, text = ''] = since.split('-');
    const version = Number(text);
    const shelf = this.#shelves.get(person) ?? newShelf();
    if (run !== this.#run || !/^\d{1,15}$/.test(text) || version > shelf.version || version < shelf.forgotten) return null;
    const there = [...shelf.tasks.values()];
    return {
      created: there.filter(({ created }) => created > version).map(({ task }) => task.id),
      updated: there.filter(({ created, changed }) => created <= version && changed > version).map(({ task }) => task.id),
      destroyed: shelf.gone.filter(({ created, at }) => created <= version && at > version).map(({ id }) => id),
    };
  }

  /** Called when anything of a person's tasks has changed. Returns the way to stop. */
  onChange(heard: (person: AccountId) => void): () => void {
    this.#hearers.add(heard);
    return () => this.#hearers.delete(heard);
  }

  /** Nothing is begun any more by what runs. */
  close(): void {
    this.#closed = true;
    for (const { tasks } of this.#shelves.values())
      for (const { ending, due } of tasks.values()) {
        due();
        ending.abort(new Refusal('expired', 'the server closes'));
      }
  }

  #shelf(person: AccountId): Shelf {
    let shelf = this.#shelves.get(person);
    if (shelf === undefined) this.#shelves.set(person, (shelf = newShelf()));
    return shelf;
  }

  #end(person: AccountId, kept: Kept, { result, failure }: TaskEnd): void {
    // One that was cancelled stays so, whatever came of it.
    if (kept.task.state !== 'running') return;
    const endedAt = this.#parts.clock.now();
    this.#change(person, kept, { state: failure === null ? 'done' : 'failed', endedAt, openUrl: null, result, failure });
    this.#keep(person, kept);
  }

  /** It has ended: what came of it can be read for a while. */
  #keep(person: AccountId, kept: Kept): void {
    kept.due();
    if (this.#closed) return;
    kept.due = this.#parts.clock.after(taskKeptMs, () => this.#forget(person, kept.task.id));
  }

  #change(person: AccountId, kept: Kept, change: Partial<Task>): void {
    kept.task = { ...kept.task, ...change };
    kept.changed = ++this.#shelf(person).version;
    this.#tell(person);
  }

  #forget(person: AccountId, id: number): void {
    const shelf = this.#shelf(person);
    const kept = shelf.tasks.get(id);
    if (kept === undefined) return;
    kept.due();
    shelf.tasks.delete(id);
    shelf.gone.push({ id, created: kept.created, at: ++shelf.version });
    if (shelf.gone.length > gonesMax) shelf.forgotten = shelf.gone.shift()!.at;
    this.#tell(person);
  }

  #tell(person: AccountId): void {
    for (const heard of this.#hearers) heard(person);
  }
}

function newShelf(): Shelf {
  return { version: 0, forgotten: 0, tasks: new Map(), gone: [] };
}
