// Which rows of a long list are on screen, and how far each lies from the top. Knows heights and positions; knows no element.
//
// The whole list has its true height, so that the scroll bar tells the truth. Beyond what browsers can draw (Firefox: 17.9 million pixels) it
// is scaled: then a pixel of the bar is more than a pixel of the list.

const tallest = 16_000_000;

export interface Span {
  readonly start: number;
  readonly end: number;
}

export function heightOf(total: number, row: number): number {
  return Math.min(total * row, tallest);
}

/** Rows that are in sight, with some above and below. */
export function spanOf(scroll: number, view: number, total: number, row: number, spare: number): Span {
  const first = Math.floor(offsetOf(scroll, view, total, row) / row);
  return { start: Math.max(0, first - spare), end: Math.min(total, first + Math.ceil(view / row) + 1 + spare) };
}

/** How many elements are enough for any span. */
export function slotsOf(view: number, row: number, spare: number): number {
  return Math.ceil(view / row) + 1 + 2 * spare;
}

/** The positions of a span in the order of their slots (position modulo `slots`): scrolling changes what stands in a slot, and never the order of slots. */
export function bySlot({ start, end }: Span, slots: number): readonly number[] {
  const positions = Array.from({ length: end - start }, (_, index) => start + index);
  return positions.sort((a, b) => (a % slots) - (b % slots));
}

/** Pixels of the list above the upper edge of the view. */
export function offsetOf(scroll: number, view: number, total: number, row: number): number {
  const whole = total * row;
  if (whole <= tallest) return Math.max(0, scroll);
  return Math.max(0, (scroll / (tallest - view)) * (whole - view));
}

/** Where a row stands within the scrolled area. */
export function topOf(at: number, scroll: number, view: number, total: number, row: number): number {
  return total * row <= tallest ? at * row : scroll + at * row - offsetOf(scroll, view, total, row);
}

/** The scroll position at which a row is in sight: as it is, when it already is. */
export function scrollTo(at: number, scroll: number, view: number, total: number, row: number): number {
  const offset = offsetOf(scroll, view, total, row);
  const wanted = at * row < offset ? at * row : (at + 1) * row > offset + view ? (at + 1) * row - view : offset;
  const whole = total * row;
  return whole <= tallest ? wanted : (wanted / (whole - view)) * (tallest - view);
}
