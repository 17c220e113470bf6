// Marks what was searched for in a text, as a search of the store finds it: compatibility, case, width and kana alike (store/search/fold.ts).
// Knows text; knows no letter.
import { fold } from '../../../store/search/fold.ts';

/** A place in the text, `end` exclusive. */
export interface Hit {
  readonly start: number;
  readonly end: number;
  /** Which of the terms. */
  readonly term: number;
}

/** What is written before and behind a hit. */
const opening = '<mark>';
const closing = '</mark>';
const more = '…';

/** A character with the marks that belong to it. Half-width kana have theirs as characters of their own. */
const cluster = /\s+|\S(?:\p{M}|\u{ff9e}|\u{ff9f}|\u{200d})*/gu;

/** Hits in order, none within another. Characters that become one in the folded text are marked together. */
export function findHits(text: string, terms: readonly string[], mostHits = 1000): readonly Hit[] {
  let folded = '';
  const starts: number[] = [];
  const ends: number[] = [];
  for (const match of text.matchAll(cluster)) {
    const piece = fold(match[0]);
    for (let unit = 0; unit < piece.length; unit++) {
      starts.push(match.index);
      ends.push(match.index + match[0].length);
    }
    folded += piece;
  }
  const hits: Hit[] = [];
  for (const [term, wanted] of terms.entries()) {
    const needle = fold(wanted);
    if (needle === '') continue;
    for (let at = folded.indexOf(needle); at >= 0 && hits.length < mostHits; at = folded.indexOf(needle, at + needle.length))
      hits.push({ start: starts[at]!, end: ends[at + needle.length - 1]!, term });
  }
  hits.sort((a, b) => a.start - b.start || b.end - a.end);
  const apart: Hit[] = [];
  for (const hit of hits) if (hit.start >= (apart.at(-1)?.end ?? 0)) apart.push(hit);
  return apart;
}

/** The whole text with its hits marked, everything else escaped. */
export function markAll(text: string, hits: readonly Hit[]): string {
  return markRange(text, hits, 0, text.length);
}

function markRange(text: string, hits: readonly Hit[], start: number, end: number): string {
  let out = '';
  let at = start;
  for (const hit of hits) {
    if (hit.end <= start || hit.start >= end) continue;
    const from = Math.max(hit.start, start);
    const to = Math.min(hit.end, end);
    out += `${escape(text.slice(at, from))}${opening}${escape(text.slice(from, to))}${closing}`;
    at = to;
  }
  return out + escape(text.slice(at, end));
}

function escape(text: string): string {
  return text.replace(/[&<>]/g, (character) => (character === '&' ? '&amp;' : character === '<' ? '&lt;' : '&gt;'));
}

/**
 * The part of the text around the hits that says most, in at most `maxOctets` octets of UTF-8 with its marks. It begins a little before the
 * first hit, at the beginning of a word or of a character where there are no words between spaces, and so it ends.
 */
export function snippet(text: string, hits: readonly Hit[], maxOctets: number): string {
  const first = bestHit(hits);
  if (first === null) return '';
  let start = first.start;
  // A third of the room for what stands before.
  for (let room = Math.floor((maxOctets - 20) / 3); start > 0;) {
    const previous = before(text, start);
    room -= octetsOf(text.slice(previous, start));
    if (room < 0) break;
    start = previous;
  }
  if (start > 0) start = wordStart(text, start, first.start);
  let end = start;
  for (let at = start; ;) {
    const piece = `${start > 0 ? more : ''}${markRange(text, hits, start, at)}${at < text.length ? more : ''}`;
    if (octetsOf(piece) > maxOctets) break;
    end = at;
    if (at >= text.length) break;
    at = after(text, at);
  }
  if (end < text.length) end = wordEnd(text, end, first.start);
  return `${start > 0 ? more : ''}${markRange(text, hits, start, end).trim()}${end < text.length ? more : ''}`;
}

/** The first hit of the stretch in which the most different terms stand. */
function bestHit(hits: readonly Hit[]): Hit | null {
  let best: Hit | null = null;
  let most = 0;
  for (const [index, hit] of hits.entries()) {
    const terms = new Set<number>();
    for (let at = index; at < hits.length && hits[at]!.end - hit.start < 120; at++) terms.add(hits[at]!.term);
    if (terms.size > most) {
      best = hit;
      most = terms.size;
    }
  }
  return best;
}

function before(text: string, at: number): number {
  const low = text.charCodeAt(at - 1);
  return at > 1 && low >= 0xdc00 && low <= 0xdfff ? at - 2 : at - 1;
}

function after(text: string, at: number): number {
  const high = text.charCodeAt(at);
  return high >= 0xd800 && high <= 0xdbff ? at + 2 : at + 1;
}

function octetsOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The next beginning of a word; where none comes within twenty characters, as in Japanese, the place itself. */
function wordStart(text: string, at: number, limit: number): number {
  if (/[\s、。「」]/.test(text[at - 1] ?? ' ')) return at;
  for (let next = at; next < Math.min(limit, at + 20); next++) if (/[\s、。]/.test(text[next]!)) return next + 1;
  return at;
}

function wordEnd(text: string, at: number, limit: number): number {
  if (/[\s、。「」]/.test(text[at] ?? ' ')) return at;
  for (let last = at; last > Math.max(limit, at - 20); last--) if (/[\s、。]/.test(text[last - 1]!)) return last;
  return at;
}
