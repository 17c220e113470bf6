/** Our own capability: docs/jmap.md. */
export const tayori = 'urn:tayori:params:jmap:tayori';
