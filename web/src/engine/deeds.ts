// What a person did, and the way back: acts on letters through the outbox, on whole lists in pieces, and takes both back step by step. Knows deeds and
// their inverses; knows no server and no screen.
import { deedOf } from './actions.ts';
import { backOf } from './carry.ts';
import { EngineTrouble, type Requests, type UndoView, type WholeView } from './contract.ts';
import type { Here } from './here.ts';
import type { Change } from './overlay.ts';
import { sourcesOf } from './rows.ts';
import type { Surroundings } from './surroundings.ts';
import type { WholeUndone, WholeWork } from './whole.ts';

const undoSteps = 50;

interface Step {
  readonly view: UndoView;
  readonly rows: readonly number[];
  readonly inverses: readonly Change[];
  /** It was done in pieces, and is taken back so. */
  readonly isWhole?: boolean;
}

export interface DeedsParts {
  readonly here: Here;
  readonly whole: WholeWork;
  readonly surroundings: Surroundings;
  changed(): void;
  /** Brings everything up to date. */
  sync(): Promise<void>;
}

export class Deeds {
  readonly #parts: DeedsParts;
  #steps: readonly Step[] = [];
  #lastStep = 0;
  /** Counts the times that all was forgotten. */
  #lives = 0;
  /** Deeds that show already and are still on their way to the disk: a way back that is asked for meanwhile is theirs. */
  #acting: Promise<unknown> = Promise.resolve();

  constructor(parts: DeedsParts) {
    this.#parts = parts;
  }

  /** The last one last. */
  get steps(): readonly UndoView[] {
    return this.#steps.map(({ view }) => view);
  }

  /** What was done can no longer be taken back. */
  forget(): void {
    this.#steps = [];
    this.#lives += 1;
  }

  /** Of that one deed, by its row in the outbox. */
  forgetRow(row: number): void {
    this.#steps = this.#steps.filter(({ rows }) => !rows.includes(row));
    this.#parts.changed();
  }

  act(action: Requests['act']['args']): Promise<UndoView> {
    const done = this.#act(action);
    this.#acting = Promise.allSettled([this.#acting, done]).then(() => undefined);
    return done;
  }

  async #act(action: Requests['act']['args']): Promise<UndoView> {
    const { here, surroundings } = this.#parts;
    // What is not known here is read first; without a network what is known is acted on.
    for (const { accountId, emailIds } of action.letters) {
      const account = here.account(accountId);
      const unknown = emailIds.filter((id) => !account?.told(id));
      if (unknown.length > 0) await account?.needRows(unknown).catch(() => undefined);
    }
    const deeds = action.letters.flatMap((letters) => {
      const account = here.account(letters.accountId);
      const deed = account ? deedOf(action, letters, account) : null;
      return deed ? [deed] : [];
    });
    const count = deeds.reduce((sum, deed) => sum + deed.count, 0);
    const view: UndoView = { step: ++this.#lastStep, what: action.name, count };
    const since = surroundings.now();
    const rows = await Promise.all(
      deeds.map((deed) => here.outbox.add({ kind: 'change', what: action.name, count: deed.count, since, ...deed.change })),
    );
    const inverses = deeds.flatMap(({ inverse }) => inverse ?? []);
    if (inverses.length > 0 && action.silent !== true) this.#steps = [...this.#steps, { view, rows, inverses }].slice(-undoSteps);
    this.#parts.changed();
    return view;
  }

  async actWhole({ query, actions }: Requests['actWhole']['args']): Promise<WholeView> {
    const { here, whole } = this.#parts;
    // What waits goes first, so that both come in the order in which they were asked.
    await here.outbox.settle();
    const { count, inverses, problem } = await whole.act(this.lists(query), actions);
    const view: UndoView = { step: ++this.#lastStep, what: actions[0]?.name ?? 'change', count };
    if (inverses.length > 0) this.#steps = [...this.#steps, { view, rows: [], inverses, isWhole: true }].slice(-undoSteps);
    void this.#parts.sync();
    return { ...view, trouble: problem };
  }

  async undo(step: number | undefined): Promise<UndoView | null> {
    await this.#acting;
    const first = step === undefined ? this.#steps.length - 1 : this.#steps.findIndex(({ view }) => view.step === step);
    if (first < 0) return null;
    const life = this.#lives;
    const waiting = this.#steps.slice(first).toReversed();
    this.#steps = this.#steps.slice(0, first);
    let last: UndoView | null = null;
    try {
      for (let undone = waiting[0]; undone; undone = waiting[0]) {
        const { left, problem } = undone.isWhole ? await this.#undoWhole(undone) : await this.#undoRows(undone);
        waiting.shift();
        if (left.length > 0) waiting.unshift({ ...undone, inverses: left });
        if (problem) throw new EngineTrouble(problem);
        // Stopped by the person.
        if (left.length > 0) break;
        last = undone.view;
      }
    } finally {
      // Not undone yet: the way back stays, before what was done meanwhile.
      if (life === this.#lives) this.#steps = [...waiting, ...this.#steps].toSorted((a, b) => a.view.step - b.view.step);
      this.#parts.changed();
    }
    return last;
  }

  async #undoWhole({ inverses, view }: Step): Promise<WholeUndone> {
    const { here, whole } = this.#parts;
    await here.outbox.settle();
    const undone = await whole.undo(inverses, view.count);
    await this.#parts.sync();
    return undone;
  }

  async #undoRows({ rows, inverses, view }: Step): Promise<WholeUndone> {
    const { here, surroundings } = this.#parts;
    for (const [index, inverse] of inverses.entries()) {
      // What has not left yet is simply not sent.
      if (await here.outbox.withdraw((row) => row.id === rows[index])) continue;
      const back = await this.#backOf(inverse, rows[index]);
      // It was on its way, and the network went: it waits again, and is not sent either.
      if (await here.outbox.withdraw((row) => row.id === rows[index])) continue;
      for (const change of back)
        await here.outbox.add({ kind: 'change', what: 'change', count: view.count, since: surroundings.now(), ...change });
    }
    return { left: [], problem: null };
  }

  /** What was carried to another account is known there by another name: told first, then taken back by it. */
  async #backOf(inverse: Change, row: number | undefined): Promise<readonly Change[]> {
    if (!inverse.carry) return [inverse];
    const { outbox } = this.#parts.here;
    await outbox.settle();
    return backOf(inverse, (row === undefined ? null : outbox.carriedBy(row)) ?? new Map());
  }

  /** Of what a query is made. */
  lists(query: Parameters<typeof sourcesOf>[0]): ReturnType<typeof sourcesOf> {
    return sourcesOf(query, this.#parts.here.accounts, new Date(this.#parts.surroundings.now()));
  }
}
