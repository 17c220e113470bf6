// The mbox format (RFC 4155; the quoting rules called mboxrd and mboxo): many letters in one file, each behind a From_ line.
// Knows From_ lines, quoting, line ends and what our own files note of each letter; knows no file, no flag and no mailbox.
//
// The reader takes the file piece by piece and holds at most a line's beginning. A From_ line is one that stands first or behind an
// empty line and ends with a date: an unquoted "From " within a text is then still text.
import { allocateBytes, bytesFromLatin1, concatBytes, CR, latin1FromBytes, LF, noBytes, writeLatin1, type Bytes } from '../base/bytes.ts';
import { SyntaxTrouble } from '../base/trouble.ts';
import { parseDate } from './header/date.ts';
import { copyBytes, hasOnlyCrlf } from './line-ends.ts';

/** `rd`: every `>*From ` line was quoted by one more `>`. `o`: only `From ` lines were. */
export type MboxQuoting = 'rd' | 'o';

export interface Separator {
  readonly sender: string;
  /** Milliseconds since 1970, or null for a date that is none. */
  readonly at: number | null;
}

/** What a file written by `formatMboxLetter` says of a letter, so that it comes back octet for octet. */
export interface LetterMark {
  readonly octets: number;
  /** `crlf`: every line ended with CRLF and ends with LF here. `kept`: nothing was changed. */
  readonly ends: 'crlf' | 'kept';
  readonly at: number;
  /** Status lines put in between the mark and the letter. */
  readonly lines: number;
}

export type MboxPiece =
  /** `offset`: where its From_ line begins in the file. */
  | { readonly kind: 'begin'; readonly offset: number; readonly separator: Separator }
  | { readonly kind: 'data'; readonly bytes: Bytes }
  /** `offset`: where the next From_ line begins, or the file ends. `status`: fields that mail programs keep flags in. */
  | { readonly kind: 'end'; readonly offset: number; readonly mark: LetterMark | null; readonly status: readonly string[] };

const FROM = bytesFromLatin1('From ');
const QUOTE = 62;
/** A From_ line is shorter than this; so much of a line is held until it is known what it is. */
const longestDecision = 1024;
const mostStatusLines = 20;
const statusField = /^(?:Status|X-Status|X-Keywords|X-Mozilla-Status|X-Mozilla-Keys|X-IMAP):/i;
const markName = 'X-Tayori-Letter';

const clock = String.raw`(\d{1,2}):(\d\d)(?::(\d\d))?`;
const zone = String.raw`([+-]\d{4}|[A-Za-z]{1,5})`;
const days = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const months = '(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
/** asctime, as RFC 4155 Appendix A has it. Liberal: a zone before or behind the year (Gmail, mail of System V), no seconds. */
const usualDate = new RegExp(
  `^From (.*?) ?\\b${days},? +${months} +(\\d{1,2}) +${clock}(?: +${zone})? +(\\d{4})(?: +${zone})?(?: +remote from .*)?\\s*$`,
  'i',
);
/** Liberal: a date as in a header field (some exporters). */
const fieldDate = new RegExp(`^From (.*?) ?\\b${days}, +(\\d{1,2} +${months} +\\d{4} +[\\d:]{4,8}(?: +${zone})?)\\s*$`, 'i');

/** RFC 4155 Appendix A; the line without its ending. Null when it is no From_ line. The date counts as UTC where no zone stands. */
export function parseSeparator(line: string): Separator | null {
  const usual = usualDate.exec(line);
  if (usual !== null) {
    const [, sender, month, day, hour, minute, second, before, year, behind] = usual;
    return {
      sender: sender!.trim(),
      at: parseDate(`${day} ${month} ${year} ${hour}:${minute}:${second ?? '00'} ${before ?? behind ?? '+0000'}`),
    };
  }
  const field = fieldDate.exec(line);
  return field === null ? null : { sender: field[1]!.trim(), at: parseDate(field[2]!) };
}

const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The twin of `parseSeparator`, without line end; in whole seconds. */
export function formatSeparator({ sender, at }: Separator): string {
  let date = new Date(at ?? 0);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() < 1000 || date.getUTCFullYear() > 9999) date = new Date(0);
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  const day = String(date.getUTCDate()).padStart(2, ' ');
  return `From ${sender} ${dayNames[date.getUTCDay()]} ${monthNames[date.getUTCMonth()]} ${day} ${time} ${date.getUTCFullYear()}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function parseMark(line: string): LetterMark | null {
  const found = /^X-Tayori-Letter: octets=(\d{1,12}); ends=(crlf|kept); at=(-?\d{1,16}); lines=(\d{1,2})\r?\n?$/.exec(line);
  if (found === null) return null;
  const [, octets, ends, at, lines] = found;
  return { octets: Number(octets), ends: ends as LetterMark['ends'], at: Number(at), lines: Number(lines) };
}

function formatMark({ octets, ends, at, lines }: LetterMark): string {
  return `${markName}: octets=${octets}; ends=${ends}; at=${at}; lines=${lines}`;
}

type Phase = 'start' | 'mark' | 'status' | 'header' | 'body';

export class MboxReader {
  readonly #quoting: MboxQuoting;
  #phase: Phase = 'start';
  /** The beginning of a line that is not decided yet. */
  #carry: Bytes = noBytes();
  /** The beginning of this line has been passed on already. */
  #midLine = false;
  /** An empty line that belongs to the letter, unless a From_ line or the end comes next. */
  #withheld: Bytes | null = null;
  #last = 0;
  /** Offset in the file of what `#carry` begins with. */
  #offset: number;
  #mark: LetterMark | null = null;
  #statusLeft = 0;
  #status: string[] = [];
  /** Octets of this letter so far, and those beyond what its mark says: only a line end, unless somebody has changed the file. */
  #emitted = 0;
  #beyond: Bytes = noBytes();
  #edited = false;
  #pieces: MboxPiece[] = [];
  #out: Bytes = noBytes();
  #outBegin = 0;
  #outEnd = 0;

  /** `offset`: where in the file the first octets stand; a From_ line must stand there. */
  constructor(quoting: MboxQuoting = 'rd', offset = 0) {
    this.#quoting = quoting;
    this.#offset = offset;
  }

  /** The next octets of the file. @throws SyntaxTrouble when it does not begin with a From_ line. */
  read(chunk: Bytes): readonly MboxPiece[] {
    const bytes = this.#carry.length === 0 ? chunk : concatBytes([this.#carry, chunk]);
    this.#begin(bytes.length);
    let at = 0;
    for (let end = bytes.indexOf(LF, at); end >= 0; end = bytes.indexOf(LF, at)) {
      if (this.#midLine) this.#text(bytes, at, end + 1);
      else this.#line(bytes, at, end + 1);
      this.#midLine = false;
      this.#offset += end + 1 - at;
      at = end + 1;
    }
    at += this.#passOn(bytes, at);
    // Copied: the memory of the chunk is the caller's.
    this.#carry = copyBytes(bytes, at);
    return this.#take();
  }

  /** The file has ended. */
  end(): readonly MboxPiece[] {
    const rest = this.#carry;
    this.#carry = noBytes();
    this.#begin(rest.length);
    if (rest.length > 0) this.#line(rest, 0, rest.length);
    this.#offset += rest.length;
    this.#close();
    return this.#take();
  }

  /** What of an unfinished line can be passed on already; returns how many octets. */
  #passOn(bytes: Bytes, at: number): number {
    const length = bytes.length - at;
    if (length === 0) return 0;
    if (!this.#midLine) {
      if (length <= longestDecision) return 0;
      if (this.#phase === 'start') throw noSeparator();
      const quotes = countQuotes(bytes, at, bytes.length);
      // Nothing but `>`: one is like another, so the first ones can go on while the last ones wait.
      const whole = quotes === length || startsWith(bytes, at + quotes, FROM.subarray(0, length - quotes));
      if (whole && quotes > longestDecision / 2) {
        const excess = quotes - longestDecision / 2;
        this.#release();
        this.#text(bytes, at, at + excess);
        this.#offset += excess;
        return excess;
      }
      this.#line(bytes, at, bytes.length);
    } else this.#text(bytes, at, bytes.length);
    this.#midLine = true;
    this.#offset += length;
    return length;
  }

  /** A whole line with its ending, or the long beginning of one. */
  #line(bytes: Bytes, start: number, end: number): void {
    const first = bytes[start]!;
    const blank = first === LF || (first === CR && end - start === 2);
    const canSeparate = this.#phase === 'start' || this.#withheld !== null;
    if (canSeparate && first === FROM[0] && end - start <= longestDecision && startsWith(bytes, start, FROM)) {
      const separator = parseSeparator(latin1FromBytes(bytes, start, end).trimEnd());
      if (separator !== null) {
        this.#close();
        this.#flush();
        this.#pieces.push({ kind: 'begin', offset: this.#offset, separator });
        this.#phase = 'mark';
        return;
      }
    }
    if (this.#phase === 'start') {
      if (blank) return;
      throw noSeparator();
    }
    if (this.#phase === 'mark') {
      this.#phase = 'header';
      this.#mark = first === markName.charCodeAt(0) && end - start < 200 ? parseMark(latin1FromBytes(bytes, start, end)) : null;
      if (this.#mark !== null) {
        this.#statusLeft = this.#mark.lines;
        this.#phase = 'status';
        return;
      }
    }
    if (this.#phase === 'status') {
      // The flags are those of the file, also when another program has changed them; the letter's own fields are not asked.
      const line = this.#statusLeft-- > 0 ? latin1FromBytes(bytes, start, Math.min(end, start + longestDecision)) : '';
      if (statusField.test(line)) {
        this.#status.push(line.trimEnd());
        return;
      }
      this.#phase = 'body';
    }
    this.#release();
    if (blank) {
      if (this.#phase === 'header') this.#phase = 'body';
      this.#withheld = copyBytes(bytes, start, end);
      return;
    }
    if (
      this.#phase === 'header' &&
      this.#status.length < mostStatusLines &&
      (first === 83 || first === 88 || first === 115 || first === 120)
    ) {
      const line = latin1FromBytes(bytes, start, Math.min(end, start + longestDecision));
      if (statusField.test(line)) this.#status.push(line.trimEnd());
    }
    this.#text(bytes, first === QUOTE && this.#isQuoted(bytes, start, end) ? start + 1 : start, end);
  }

  #isQuoted(bytes: Bytes, start: number, end: number): boolean {
    const quotes = countQuotes(bytes, start, end);
    return (this.#quoting === 'rd' || quotes === 1) && end - start - quotes >= FROM.length && startsWith(bytes, start + quotes, FROM);
  }

  /** Puts out what was withheld: it was part of the letter. */
  #release(): void {
    if (this.#withheld === null) return;
    const line = this.#withheld;
    this.#withheld = null;
    this.#text(line, 0, line.length);
  }

  /** Octets of the letter; a bare LF gets its CR. */
  #text(bytes: Bytes, start: number, end: number): void {
    if (end <= start) return;
    const bare = bytes[end - 1] === LF && (end - 1 > start ? bytes[end - 2] : this.#last) !== CR;
    this.#last = bytes[end - 1]!;
    if (bare && this.#mark?.ends !== 'kept') {
      this.#put(bytes, start, end - 1);
      this.#out[this.#outEnd++] = CR;
      this.#out[this.#outEnd++] = LF;
    } else this.#put(bytes, start, end);
  }

  #put(bytes: Bytes, start: number, end: number): void {
    this.#out.set(bytes.subarray(start, end), this.#outEnd);
    this.#outEnd += end - start;
  }

  #close(): void {
    this.#withheld = null;
    if (this.#phase === 'start') return;
    this.#flush();
    this.#pieces.push({ kind: 'end', offset: this.#offset, mark: this.#mark, status: this.#status });
    this.#phase = 'start';
    this.#mark = null;
    this.#status = [];
    this.#statusLeft = 0;
    this.#emitted = 0;
    this.#beyond = noBytes();
    this.#edited = false;
    this.#last = 0;
  }

  #begin(length: number): void {
    this.#pieces = [];
    // Every octet may be a bare LF; and what was withheld comes on top.
    this.#out = allocateBytes(2 * length + 8);
    this.#outBegin = this.#outEnd = 0;
  }

  #take(): readonly MboxPiece[] {
    this.#flush();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#out = noBytes();
    return pieces;
  }

  #flush(): void {
    if (this.#outEnd === this.#outBegin) return;
    let bytes = this.#out.subarray(this.#outBegin, this.#outEnd);
    this.#outBegin = this.#outEnd;
    if (this.#mark !== null && !this.#edited) {
      if (this.#beyond.length > 0) bytes = concatBytes([this.#beyond, bytes]);
      const room = this.#mark.octets - this.#emitted;
      // The line end that a letter without one got; more than that, and somebody has changed the letter.
      this.#edited = bytes.length - room > 2;
      if (!this.#edited) {
        this.#beyond = copyBytes(bytes, Math.max(0, room));
        bytes = bytes.subarray(0, Math.max(0, room));
      }
    }
    this.#emitted += bytes.length;
    if (bytes.length > 0) this.#pieces.push({ kind: 'data', bytes });
  }
}

function noSeparator(): SyntaxTrouble {
  return new SyntaxTrouble('an mbox begins with a line "From … date"');
}

function countQuotes(bytes: Bytes, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === QUOTE) at++;
  return at - start;
}

function startsWith(bytes: Bytes, at: number, words: Bytes): boolean {
  for (let i = 0; i < words.length; i++) if (bytes[at + i] !== words[i]) return false;
  return true;
}

/**
 * One letter with its From_ line, mark and status lines, quoted as mboxrd, LF line ends where that loses nothing, and the empty line
 * behind it. The twin of `MboxReader`.
 */
export function formatMboxLetter(letter: Bytes, at: number, status: readonly string[]): Bytes {
  const ends = hasOnlyCrlf(letter) ? 'crlf' : 'kept';
  const mark = formatMark({ octets: letter.length, ends, at: Math.trunc(at), lines: status.length });
  const head = `${[formatSeparator({ sender: 'MAILER-DAEMON', at }), mark, ...status].join('\n')}\n`;
  // A line that is quoted has at least five octets.
  const out = allocateBytes(head.length + letter.length + Math.ceil(letter.length / FROM.length) + 4);
  let end = writeLatin1(out, head, 0);
  for (let start = 0; start < letter.length;) {
    const found = letter.indexOf(LF, start);
    const next = found < 0 ? letter.length : found + 1;
    const first = letter[start];
    if ((first === QUOTE || first === FROM[0]) && startsWith(letter, start + countQuotes(letter, start, next), FROM)) out[end++] = QUOTE;
    if (ends === 'crlf' && found >= 0) {
      out.set(letter.subarray(start, next - 2), end);
      end += next - 2 - start;
      out[end++] = LF;
    } else {
      out.set(letter.subarray(start, next), end);
      end += next - start;
    }
    start = next;
  }
  if (out[end - 1] !== LF) out[end++] = LF;
  out[end++] = LF;
  return out.subarray(0, end);
}
