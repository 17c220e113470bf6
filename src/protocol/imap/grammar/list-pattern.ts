// Patterns of LIST: `*` is anything, `%` anything within a level (RFC 9051 §6.3.9). Knows characters; knows no mailbox.
// Matching is linear in pattern × name at worst, whatever the pattern (reliability B-052), and mostly one pass.

/** Runs of wildcards do the work of one: `%*%` is `*`, `%%` is `%`. */
export function simplifyPattern(pattern: string): string {
  return pattern.replace(/[*%]{2,}/g, (run) => (run.includes('*') ? '*' : '%'));
}

/**
 * `pattern` has been simplified. Two places to fall back to are enough: the last `%` since the last `*`, and the last `*`. A `%` that takes as little as
 * it can leaves the rest the same room as any longer one, since it never crosses a delimiter; and what stands before a `*` never has to be tried again.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let starPattern = -1;
  let starName = 0;
  let percentPattern = -1;
  let percentName = 0;
  for (;;) {
    const c = pattern[p];
    if (c === '*') {
      if (p + 1 === pattern.length) return true;
      starPattern = ++p;
      starName = n;
      percentPattern = -1;
      continue;
    }
    if (c === '%') {
      percentPattern = ++p;
      percentName = n;
      continue;
    }
    if (n < name.length ? c === name[n] : c === undefined) {
      if (n === name.length) return true;
      p++;
      n++;
      continue;
    }
    if (percentPattern >= 0 && percentName < name.length && name[percentName] !== '/') {
      p = percentPattern;
      n = ++percentName;
      continue;
    }
    if (starPattern >= 0 && starName < name.length) {
      p = starPattern;
      n = ++starName;
      percentPattern = -1;
      continue;
    }
    return false;
  }
}

/** INBOX is matched in any case (RFC 9051 §6.3.9), other names as they are. */
export function namePattern(pattern: string): (name: string) => boolean {
  const simple = simplifyPattern(pattern);
  const upper = simple.toUpperCase();
  // More than all names could hold: the pattern matches nothing, and is not worth the walk.
  const fixed = simple.length - (simple.match(/[*%]/g)?.length ?? 0);
  return (name) => {
    if (name.length < fixed) return false;
    if (matchesPattern(simple, name)) return true;
    if (!name.startsWith('INBOX') || !(name.length === 5 || name[5] === '/')) return false;
    return name.length === 5 ? matchesPattern(upper, name) : matchesPattern(simple.slice(0, 5).toUpperCase() + simple.slice(5), name);
  };
}
