// Flags as mail programs keep them in the header of a letter in an mbox: Status and X-Status (mutt, pine, Dovecot), X-Keywords
// (UW IMAP, Dovecot), X-Mozilla-Status and X-Mozilla-Keys (Thunderbird). Knows these fields; knows no letter.

export interface MboxFlags {
  readonly flags: readonly string[];
  /** Removed in Thunderbird, whose folder has not been compacted since. */
  readonly expunged: boolean;
  /** No letter, but what UW IMAP notes of its folder. */
  readonly bookkeeping: boolean;
}

/** RFC 9051 §9 (flag-keyword): an atom; bounded as in IMAP. */
export function isKeyword(word: string): boolean {
  return word.length <= 128 && /^[^\s(){%*"\\\]\x00-\x1f\x7f-\uffff]+$/.test(word);
}

/** `fields`: whole lines, in any order. */
export function parseStatus(fields: readonly string[]): MboxFlags {
  const flags = new Set<string>();
  let expunged = false;
  let bookkeeping = false;
  for (const field of fields) {
    const colon = field.indexOf(':');
    const value = field.slice(colon + 1).trim();
    switch (field.slice(0, colon).toLowerCase()) {
      case 'status':
        if (value.includes('R')) flags.add('\\Seen');
        break;
      case 'x-status':
        if (value.includes('A')) flags.add('\\Answered');
        if (value.includes('F')) flags.add('\\Flagged');
        if (value.includes('T')) flags.add('\\Draft');
        if (value.includes('D')) flags.add('\\Deleted');
        break;
      case 'x-mozilla-status': {
        if (!/^[0-9a-f]{1,8}$/i.test(value)) break;
        const bits = Number.parseInt(value, 16);
        if (bits & 0x0001) flags.add('\\Seen');
        if (bits & 0x0002) flags.add('\\Answered');
        if (bits & 0x0004) flags.add('\\Flagged');
        if (bits & 0x1000) flags.add('$Forwarded');
        expunged ||= (bits & 0x0008) !== 0;
        break;
      }
      case 'x-keywords':
      case 'x-mozilla-keys':
        for (const word of value.split(/\s+/)) if (isKeyword(word)) flags.add(word);
        break;
      case 'x-imap':
        bookkeeping = true;
        break;
    }
  }
  return { flags: [...flags], expunged, bookkeeping };
}

/** Longest line of keywords; what does not fit goes onto the next. */
const lineMax = 900;

/** The twin of `parseStatus`; at most 99 lines, which hold more keywords than a mailbox has. */
export function formatStatus(flags: readonly string[]): string[] {
  const has = (flag: string) => flags.includes(flag);
  const marks = `${has('\\Answered') ? 'A' : ''}${has('\\Flagged') ? 'F' : ''}${has('\\Draft') ? 'T' : ''}${has('\\Deleted') ? 'D' : ''}`;
  const lines = [`Status: ${has('\\Seen') ? 'RO' : 'O'}`];
  if (marks !== '') lines.push(`X-Status: ${marks}`);
  let words = '';
  for (const keyword of flags.filter((flag) => !flag.startsWith('\\'))) {
    if (words.length + keyword.length > lineMax) {
      lines.push(`X-Keywords:${words}`);
      words = '';
    }
    words += ` ${keyword}`;
  }
  if (words !== '') lines.push(`X-Keywords:${words}`);
  return lines.slice(0, 99);
}
