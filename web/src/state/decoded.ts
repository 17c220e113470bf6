// Text out of octets whose charset is named, wrongly named or not named at all. Knows the browser's charsets.

/** As it is named; else UTF-8 where it is that, else what files from Japan are mostly in. `isCut`: the end may lie within a letter. */
export function decoded(octets: ArrayBuffer | Uint8Array, charset: string | null, isCut = false): string {
  for (const label of [charset ?? 'utf-8', 'utf-8', 'shift_jis'])
    try {
      return new TextDecoder(label, { fatal: label === 'utf-8' && !isCut }).decode(octets);
    } catch {
      // The next one.
    }
  return new TextDecoder().decode(octets);
}
