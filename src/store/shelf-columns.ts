// The columns of a shelf, and how they are made anew when letters come and go in the middle. Knows arrays; knows no letter.
import type { MessageId } from './contract.ts';
import type { TakeLetter } from './shelf-loading.ts';

export interface ShelfLetters {
  count: number;
  readonly messages: Uint32Array;
  readonly threads: Uint32Array;
  readonly sizes: Uint32Array;
  readonly receivedAt: Float64Array;
  readonly created: Float64Array;
  readonly modSeqs: Float64Array;
  /** UID of the only place; 0 when there are others. */
  readonly uids: Uint32Array;
  /** Index of a set of mailboxes, and of a set of flags. */
  readonly boxes: Uint32Array;
  readonly flags: Uint32Array;
}

function emptyLetters(room: number): ShelfLetters {
  return {
    count: 0,
    messages: new Uint32Array(room),
    threads: new Uint32Array(room),
    sizes: new Uint32Array(room),
    receivedAt: new Float64Array(room),
    created: new Float64Array(room),
    modSeqs: new Float64Array(room),
    uids: new Uint32Array(room),
    boxes: new Uint32Array(room),
    flags: new Uint32Array(room),
  };
}

/** `count`: how many there are about. Places are not known yet. */
export function lettersFrom(count: number, read: (take: TakeLetter) => void): ShelfLetters {
  let letters = emptyLetters(count + Math.min(1024, (count >>> 3) + 16));
  read((message, thread, created, changed) => {
    if (letters.count === letters.messages.length) letters = withRoom(letters, letters.count * 2, []);
    const at = letters.count++;
    letters.messages[at] = message;
    letters.threads[at] = thread;
    letters.created[at] = created;
    letters.modSeqs[at] = Math.max(created, changed);
  });
  return letters;
}

/** New columns with at least `room`, without the entries at `leaving` (ascending), and with gaps for `coming` (ascending), which get their ids. */
export function withRoom(from: ShelfLetters, room: number, leaving: readonly number[], coming: readonly MessageId[] = []): ShelfLetters {
  const into = emptyLetters(room + Math.min(1024, (room >>> 3) + 16));
  const columns = Object.keys(into).filter((name) => name !== 'count') as Exclude<keyof ShelfLetters, 'count'>[];
  let write = 0;
  let nextOut = 0;
  let nextIn = 0;
  for (let read = 0; read < from.count || nextIn < coming.length;) {
    if (leaving[nextOut] === read) {
      nextOut++;
      read++;
      continue;
    }
    if (nextIn < coming.length && (read >= from.count || coming[nextIn]! < from.messages[read]!)) {
      into.messages[write++] = coming[nextIn++]!;
      continue;
    }
    // Up to the next entry that goes, or the next place at which one comes.
    let until = nextOut < leaving.length ? leaving[nextOut]! : from.count;
    if (nextIn < coming.length) until = firstAbove(from.messages, read, until, coming[nextIn]!);
    for (const name of columns) into[name].set(from[name].subarray(read, until), write);
    write += until - read;
    read = until;
  }
  into.count = write;
  return into;
}

function firstAbove(messages: Uint32Array, from: number, to: number, message: MessageId): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (messages[middle]! < message) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Position of a letter, or -1. */
export function findLetter({ messages, count }: ShelfLetters, message: MessageId): number {
  if (count === 0 || message < messages[0]! || message > messages[count - 1]!) return -1;
  // Ids ascend and differ: one lies at most as far behind the first as their difference. Without gaps it lies just there.
  let high = Math.min(count - 1, message - messages[0]!);
  if (messages[high] === message) return high;
  let low = 0;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (messages[middle]! < message) low = middle + 1;
    else high = middle;
  }
  return messages[low] === message ? low : -1;
}

/** The highest of the first `count` values, or `least`. */
export function highest(column: Uint32Array | Float64Array, count: number, least: number): number {
  let most = least;
  for (let at = 0; at < count; at++) if (column[at]! > most) most = column[at]!;
  return most;
}
