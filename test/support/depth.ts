// How deep tests dig. Whole in `npm test`; `npm run ok` sets TAYORI_TEST_SHORT=1, and then random tests live fewer lives and dialogues are cut at fewer
// places: enough to notice what was broken just now. Nothing else reads this variable.

export const isShort = process.env['TAYORI_TEST_SHORT'] === '1';

/** Runs of a random test: of so many a tenth when it has to be quick, five at least. */
export function runs(whole: number): number {
  return isShort ? Math.min(whole, Math.max(5, Math.ceil(whole / 10))) : whole;
}

/** The step from one place to the next, where every place is tried: `short` times as wide when it has to be quick. */
export function stride(short: number, whole = 1): number {
  return isShort ? whole * short : whole;
}
