// Which letters belong to which thread, the oldest first. Knows ids and times; knows no place.
import type { MessageId } from './contract.ts';

/** When a letter was received. */
type TimeOf = (message: MessageId) => number;

export class ShelfThreads {
  /** Most threads are one letter. */
  readonly #members = new Map<number, MessageId | MessageId[]>();

  /** The only letter of a thread, all its letters, or undefined when there is no such thread. */
  of(thread: number): MessageId | readonly MessageId[] | undefined {
    return this.#members.get(thread);
  }

  isAlone(thread: number): boolean {
    return typeof this.#members.get(thread) === 'number';
  }

  /** Those with more than one letter. */
  *large(): Iterable<number> {
    for (const [thread, members] of this.#members) if (typeof members !== 'number') yield thread;
  }

  join(thread: number, message: MessageId, timeOf: TimeOf): void {
    const members = this.#members.get(thread);
    if (members === undefined) {
      this.#members.set(thread, message);
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
    if (list !== members) this.#members.set(thread, list);
  }

  leave(thread: number, message: MessageId): void {
    const members = this.#members.get(thread);
    if (members === undefined || typeof members === 'number') {
      this.#members.delete(thread);
      return;
    }
    members.splice(members.indexOf(message), 1);
    if (members.length === 1) this.#members.set(thread, members[0]!);
  }
}
