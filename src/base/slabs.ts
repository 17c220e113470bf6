// Memory for octets in passing, which goes from hand to hand: a mailbox of 80 MB would otherwise be 80 MB of new memory, and collecting
// that costs more than copying. Knows nothing of what lies in it. Who takes a slab gives it back once, or lets go of it for good.
import { allocateBytes, type Bytes } from './bytes.ts';

export const slabSize = 256 * 1024;
/** Slabs that lie ready, four megabytes. */
const slabsKept = 16;
const slabs: Bytes[] = [];

/** Holds old content. */
export function takeSlab(): Bytes {
  return slabs.pop() ?? allocateBytes(slabSize);
}

/** Nobody may look at it any more. */
export function giveSlab(slab: Bytes): void {
  if (slabs.length < slabsKept) slabs.push(slab);
}
