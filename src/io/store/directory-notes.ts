// What is noted of the directory's rows and written behind: where app passwords and browser sessions were used last, and how accounts at other providers are.
// Seen at once, in the file within half a minute or with the next change. Knows what waits and since when; knows no transaction.
import type { Clock } from '../../base/clock.ts';
import type { AccountId } from '../../store/contract.ts';
import type { AppPasswordRow, LoginProtocol, WebSessionRow } from '../../store/directory-contract.ts';
import { usedAppPassword } from '../../store/directory-picture.ts';
import type { OutsideAccountRow, OutsideHealth } from '../../store/outside-contract.ts';
import type { DirectoryRows } from './directory-rows.ts';

/** How long a note may wait to be written (the contract says a minute). */
const writtenWithin = 30_000;

export class DirectoryNotes {
  readonly #clock: Clock;
  readonly #uses = new Map<number, AppPasswordRow['uses']>();
  readonly #visits = new Map<number, { readonly at: number; readonly from: string }>();
  readonly #healths = new Map<AccountId, OutsideHealth>();
  /** Since when something waits. */
  #since = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  noteUse(appPassword: number, at: number, from: string, protocol: LoginProtocol): void {
    this.#begin();
    this.#uses.set(appPassword, { ...this.#uses.get(appPassword), [protocol]: { at, from } });
  }

  noteVisit(webSession: number, at: number, from: string): void {
    this.#begin();
    this.#visits.set(webSession, { at, from });
  }

  noteHealth(outside: AccountId, health: OutsideHealth): void {
    this.#begin();
    this.#healths.set(outside, health);
  }

  /** What was noted is older than a health that is given. */
  forgetHealth(outside: AccountId): void {
    this.#healths.delete(outside);
  }

  get isEmpty(): boolean {
    return this.#uses.size + this.#visits.size + this.#healths.size === 0;
  }

  get isDue(): boolean {
    return !this.isEmpty && this.#clock.monotonic() - this.#since >= writtenWithin;
  }

  /** Within a transaction; `clear` follows when it is kept. */
  write(rows: Pick<DirectoryRows, 'touchAppPassword' | 'touchWebSession' | 'noteOutsideHealth'>): void {
    for (const [id, uses] of this.#uses) rows.touchAppPassword(id, uses);
    for (const [id, { at, from }] of this.#visits) rows.touchWebSession(id, at, from);
    for (const [id, health] of this.#healths) rows.noteOutsideHealth(id, health);
  }

  clear(): void {
    for (const notes of [this.#uses, this.#visits, this.#healths]) notes.clear();
  }

  // --- rows of the file with what is noted of them ------------------------------------------------------------------

  appPassword(row: AppPasswordRow): AppPasswordRow {
    const uses = Object.entries(this.#uses.get(row.id) ?? {}) as [LoginProtocol, { at: number; from: string }][];
    return uses
      .toSorted(([, a], [, b]) => a.at - b.at)
      .reduce((one, [protocol, { at, from }]) => usedAppPassword(one, at, from, protocol), row);
  }

  webSession(row: WebSessionRow): WebSessionRow {
    const visit = this.#visits.get(row.id);
    return visit === undefined ? row : { ...row, lastUsedAt: visit.at, lastUsedFrom: visit.from };
  }

  outsideAccount(row: OutsideAccountRow): OutsideAccountRow {
    const health = this.#healths.get(row.id);
    return health === undefined ? row : { ...row, health };
  }

  #begin(): void {
    if (this.isEmpty) this.#since = this.#clock.monotonic();
  }
}
