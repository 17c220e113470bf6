// The base subject (RFC 5256 §2.1): what remains of a subject when the signs of replies and forwards are gone. SORT and THREAD compare it.
// Knows the algorithm and its grammar (§5); knows nothing of encodings: the caller has decoded the subject.

/** `subject` is decoded; the numbers are the steps of RFC 5256 §2.1. Linear in the length of the subject. */
export function baseSubject(subject: string): string {
  // (1)
  const text = subject.replace(/[\t\r\n ]+/g, ' ');
  const lower = asciiLower(text);
  let start = 0;
  let end = text.length;
  for (;;) {
    // (2) subj-trailer = "(fwd)" / WSP
    for (;;) {
      if (end > start && text[end - 1] === ' ') end--;
      else if (end - start >= 5 && lower.startsWith('(fwd)', end - 5)) end -= 5;
      else break;
    }
    start = withoutPrefixes(lower, start, end);
    // (6) subj-fwd-hdr = "[fwd:", subj-fwd-trl = "]"
    if (end - start >= 6 && lower.startsWith('[fwd:', start) && text[end - 1] === ']') {
      start += 5;
      end -= 1;
    } else break;
  }
  return text.slice(start, end);
}

/** Steps (3) to (5): leaders and blobs from the front, until nothing matches. */
function withoutPrefixes(lower: string, start: number, end: number): number {
  // Blobs from `start` to here are known not to be followed by a reply mark.
  let noLeaderBefore = -1;
  for (;;) {
    // (3) subj-leader = (*subj-blob subj-refwd) / WSP
    if (start < end && lower[start] === ' ') {
      start++;
      continue;
    }
    if (start >= noLeaderBefore) {
      let at = start;
      let leader = replyMarkEnd(lower, at, end);
      while (leader < 0) {
        const next = blobEnd(lower, at, end);
        if (next < 0) break;
        at = next;
        leader = replyMarkEnd(lower, at, end);
      }
      if (leader >= 0) {
        start = leader;
        continue;
      }
      noLeaderBefore = at;
    }
    // (4) a blob goes when something remains
    const blob = blobEnd(lower, start, end);
    if (blob < 0 || blob >= end) return start;
    start = blob;
  }
}

/** subj-blob = "[" *BLOBCHAR "]" *WSP; the offset behind it, or -1. */
function blobEnd(lower: string, start: number, end: number): number {
  if (lower[start] !== '[') return -1;
  let at = start + 1;
  while (at < end && lower[at] !== '[' && lower[at] !== ']') at++;
  if (at >= end || lower[at] !== ']') return -1;
  at++;
  while (at < end && lower[at] === ' ') at++;
  return at;
}

/** subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"; the offset behind it, or -1. */
function replyMarkEnd(lower: string, start: number, end: number): number {
  let at = start;
  if (lower.startsWith('re', at)) at += 2;
  else if (lower.startsWith('fwd', at)) at += 3;
  else if (lower.startsWith('fw', at)) at += 2;
  else return -1;
  while (at < end && lower[at] === ' ') at++;
  const blob = blobEnd(lower, at, end);
  if (blob >= 0) at = blob;
  return at < end && lower[at] === ':' ? at + 1 : -1;
}

/** Only A to Z: other letters may change their length. */
function asciiLower(text: string): string {
  return text.replace(/[A-Z]+/g, (run) => run.toLowerCase());
}
