// Which letters belong to which thread, the oldest first. Knows ids and times; knows no place.
import type { MessageId } from './contract.ts';

/** When a letter was received. */
type TimeOf = (message: MessageId) => number;

/** Letters in the array for each letter that there is: ids are given in turn, and only many that went make them sparse. */
const sparsest = 4;

export class ShelfThreads {
  /** The only letter of each thread, by the thread's id, as far as the array goes; 0: it has none or several. Most threads are one letter. */
  readonly #alone: Uint32Array;
  /** Threads of several letters, and those beyond the array. */
  readonly #others = new Map<number, MessageId | MessageId[]>();

  /** `highest`: id of a thread; `letters`: how many there are about. */
  constructor(highest = 0, letters = 0) {
    this.#alone = new Uint32Array(Math.min(highest + 1, sparsest * letters));
  }

  /** The only letter of a thread, all its letters, or undefined when there is no such thread. */
  of(thread: number): MessageId | readonly MessageId[] | undefined {
    return this.#of(thread);
  }

  #of(thread: number): MessageId | MessageId[] | undefined {
    const alone = thread < this.#alone.length ? this.#alone[thread]! : 0;
    return alone === 0 ? this.#others.get(thread) : alone;
  }

  isAlone(thread: number): boolean {
    return (thread < this.#alone.length && this.#alone[thread] !== 0) || typeof this.#others.get(thread) === 'number';
  }

  /** Those with more than one letter. */
  *large(): Iterable<number> {
    for (const [thread, members] of this.#others) if (typeof members !== 'number') yield thread;
  }

  join(thread: number, message: MessageId, timeOf: TimeOf): void {
    const members = this.#of(thread);
    if (members === undefined) {
      this.#setAlone(thread, message);
      return;
    }
    const list = typeof members === 'number' ? [members] : members;
    const time = timeOf(message);
    let where = list.length;
    for (; where > 0; where--) {
      const other = timeOf(list[where - 1]!);
      if (other < time || (other === time && list[where - 1]! < message)) break;
    }
    if (where === list.length) list.push(message);
    else list.splice(where, 0, message);
    if (list === members) return;
    if (thread < this.#alone.length) this.#alone[thread] = 0;
    this.#others.set(thread, list);
  }

  leave(thread: number, message: MessageId): void {
    const members = this.#of(thread);
    if (members === undefined || typeof members === 'number') {
      if (thread < this.#alone.length) this.#alone[thread] = 0;
      this.#others.delete(thread);
      return;
    }
    members.splice(members.indexOf(message), 1);
    if (members.length === 1) this.#setAlone(thread, members[0]!);
  }

  #setAlone(thread: number, message: MessageId): void {
    if (thread < this.#alone.length && message > 0) {
      this.#alone[thread] = message;
      this.#others.delete(thread);
    } else this.#others.set(thread, message);
  }
}
