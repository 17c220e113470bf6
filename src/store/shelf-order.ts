// Positions of letters, the newest first, kept while letters come and go. Knows times and positions; knows no letter.

/** What tells which of two positions stands first. */
export interface OrderColumns {
  readonly count: number;
  readonly receivedAt: Float64Array;
}

/** Newest first, then the highest position (positions ascend by id). */
function before(columns: OrderColumns, one: number, other: number): boolean {
  const difference = columns.receivedAt[one]! - columns.receivedAt[other]!;
  return difference > 0 || (difference === 0 && one > other);
}

export function orderAll(columns: OrderColumns): Uint32Array {
  const { count, receivedAt } = columns;
  // Letters mostly come in the order of their times: the array is nearly sorted, which the sort makes use of.
  const positions: number[] = new Array(count);
  for (let at = 0; at < count; at++) positions[at] = count - 1 - at;
  positions.sort((one, other) => receivedAt[other]! - receivedAt[one]! || other - one);
  return Uint32Array.from(positions);
}

/** The order without those that `moved` maps to -1, and with the new positions of the others. */
export function orderMoved(order: Uint32Array, moved: Int32Array): Uint32Array {
  const left = new Uint32Array(order.length);
  let count = 0;
  for (const position of order) {
    const now = moved[position]!;
    if (now >= 0) left[count++] = now;
  }
  return left.subarray(0, count);
}

/** The order with `added` in it. New letters are mostly the newest: then it is a copy and no more. */
export function orderWith(columns: OrderColumns, order: Uint32Array, added: readonly number[]): Uint32Array {
  if (added.length === 0) return order;
  const coming = [...added].sort((one, other) => (before(columns, one, other) ? -1 : 1));
  const grown = new Uint32Array(order.length + coming.length);
  let write = 0;
  let read = 0;
  for (const position of coming) {
    const until = firstBehind(columns, order, read, position);
    grown.set(order.subarray(read, until), write);
    write += until - read;
    read = until;
    grown[write++] = position;
  }
  grown.set(order.subarray(read), write);
  return grown;
}

/** Index, at or behind `from`, of the first one that stands behind `position`. */
function firstBehind(columns: OrderColumns, order: Uint32Array, from: number, position: number): number {
  if (from >= order.length || before(columns, position, order[from]!)) return from;
  let low = from + 1;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(columns, position, order[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
