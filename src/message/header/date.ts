// Dates of header fields (RFC 5322 §3.3), the old forms of §4.3 and what programs write beside them.
// Knows text and milliseconds; knows no field and no clock.
import { skipComment } from './parameters.ts';

/** A date as it was written. */
export interface SentDate {
  /** Milliseconds since 1970, UTC. */
  readonly time: number;
  /** Minutes east of Greenwich; 0 when the zone is missing or unknown. */
  readonly zone: number;
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** RFC 5322 §4.3: the names that mean something. Military letters and all others are of unknown offset: 0. */
const zoneHours: Readonly<Record<string, number>> = {
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
  jst: 9,
  cet: 1,
  cest: 2,
};

/**
 * Milliseconds since 1970, or null when there is no date in it. RFC 5256 §2.2: an unreadable zone counts as UTC, an unreadable
 * time as 00:00:00. Liberal: `Mon Jan 2 15:04:05 2006` and `2006-01-02 15:04:05` are read.
 */
export function parseDate(text: string): number | null {
  return parseSentDate(text)?.time ?? null;
}

/** The same with the zone, for the searches that go by the day as written (RFC 9051 §6.4.4, SENTON). */
export function parseSentDate(text: string): SentDate | null {
  const words = wordsOf(text);
  let at = 0;
  if (words[0] !== undefined && /^[a-z]+\.?$/i.test(words[0]) && monthOf(words[0]) < 0) at++;
  let day: number;
  let month: number;
  let year: number;
  const first = words[at] ?? '';
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(first);
  if (iso !== null) {
    [year, month, day] = [Number(iso[1]), Number(iso[2]) - 1, Number(iso[3])];
    at++;
  } else if (monthOf(first) >= 0) {
    // asctime: the year stands behind the time.
    month = monthOf(first);
    day = numberOf(words[at + 1]);
    const behind = words.findIndex((word, index) => index > at + 1 && /^\d{4}$/.test(word));
    if (behind < 0) return null;
    year = Number(words[behind]);
    words.splice(behind, 1);
    at += 2;
  } else {
    day = numberOf(first);
    month = monthOf(words[at + 1] ?? '');
    year = yearOf(words[at + 2]);
    at += 3;
  }
  if (!(month >= 0 && month <= 11 && day >= 1 && year >= 1900 && year <= 9999 && day <= daysIn(year, month))) return null;
  const clock = clockOf(words[at] ?? '');
  if (clock >= 0) at++;
  const zone = zoneOf(words[at] ?? '');
  return { time: Date.UTC(year, month, day) + Math.max(clock, 0) * 1000 - zone * 60_000, zone };
}

/** Words without comments and commas; a zone glued to the time is cut off. At most twelve. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  let at = 0;
  while (at < text.length && words.length < 12) {
    const code = text.charCodeAt(at);
    if (code === 40) at = skipComment(text, at);
    else if (isSeparator(code)) at++;
    else {
      const start = at;
      while (at < text.length && !isSeparator(text.charCodeAt(at)) && text.charCodeAt(at) !== 40) at++;
      addWord(words, text.slice(start, Math.min(at, start + 40)));
    }
  }
  return words;
}

function addWord(words: string[], word: string): void {
  // 2006-01-02T15:04:05Z, 15:04:05+0900, 1-Jan-2006
  const iso = /^(\d{4}-\d{1,2}-\d{1,2})[Tt](.+)$/.exec(word);
  if (iso !== null) {
    words.push(iso[1]!);
    word = iso[2]!;
  }
  const glued = /^(\d{1,2}:\d{2}(?::\d{2})?(?:\.\d{1,9})?)([+\-Zz].*)$/.exec(word);
  const dashed = /^(\d{1,2})-([A-Za-z]{3,9})-(\d{2,4})$/.exec(word);
  if (glued !== null) words.push(glued[1]!, glued[2]!);
  else if (dashed !== null) words.push(dashed[1]!, dashed[2]!, dashed[3]!);
  else words.push(word);
}

function isSeparator(code: number): boolean {
  return code <= 32 || code === 44;
}

function numberOf(word: string | undefined): number {
  return word !== undefined && /^\d{1,2}$/.test(word) ? Number(word) : -1;
}

function monthOf(word: string): number {
  return /^[A-Za-z]{3,9}\.?$/.test(word) ? monthNames.indexOf(word.slice(0, 3).toLowerCase()) : -1;
}

/** RFC 5322 §4.3: two digits 00–49 are 20xx, 50–99 and three digits count from 1900. */
function yearOf(word: string | undefined): number {
  if (word === undefined || !/^\d{2,4}$/.test(word)) return -1;
  const year = Number(word);
  if (word.length === 4) return year;
  return word.length === 2 && year < 50 ? 2000 + year : 1900 + year;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
}

/** Seconds of the day, or -1. A leap second counts as the second before. */
function clockOf(word: string): number {
  const parts = /^(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2}))?(?:[.]\d{1,9})?$/.exec(word);
  if (parts === null) return -1;
  const [hour, minute, second] = [Number(parts[1]), Number(parts[2]), Math.min(Number(parts[3] ?? 0), 60)];
  return hour > 23 || minute > 59 ? -1 : hour * 3600 + minute * 60 + Math.min(second, 59);
}

function zoneOf(word: string): number {
  const digits = /^(?:GMT|UTC)?([+-])(\d{2}):?(\d{2})$/i.exec(word);
  if (digits === null) return (Object.hasOwn(zoneHours, word.toLowerCase()) ? zoneHours[word.toLowerCase()]! : 0) * 60;
  const minutes = Number(digits[2]) * 60 + Number(digits[3]);
  if (Number(digits[3]) > 59 || minutes > 24 * 60) return 0;
  return digits[1] === '-' ? -minutes : minutes;
}

/** RFC 5322 §3.3: `Mon, 02 Jan 2006 15:04:05 +0900`. */
export function formatDate(time: number, zone = 0): string {
  const local = new Date(time + zone * 60_000);
  const month = monthNames[local.getUTCMonth()]!;
  const offset = Math.abs(zone);
  return (
    `${dayNames[local.getUTCDay()]}, ${two(local.getUTCDate())} ${month[0]!.toUpperCase()}${month.slice(1)} ${String(local.getUTCFullYear()).padStart(4, '0')} ` +
    `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())} ${zone < 0 ? '-' : '+'}${two(Math.floor(offset / 60))}${two(offset % 60)}`
  );
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
