// The parts of a letter by octet offset (RFC 2045, 2046): one pass over the octets, whatever they are.
// Knows headers, boundaries, nesting and the limits; decodes nothing and knows no protocol.
//
// One rule for each ambiguity, so that every reader of this tree sees the same letter:
// - Of several Content-Type, Content-Transfer-Encoding or Content-Disposition fields the first counts (RFC 5322 §3.6 allows one); of
//   parameters with one name the first. `ambiguous` says that there was a choice.
// - No Content-Type, or none that can be read: text/plain in us-ascii (RFC 2045 §5.2); message/rfc822 in a multipart/digest (RFC 2046 §5.1.5).
// - A delimiter is a line that, white space at its end aside, is exactly `--boundary` or `--boundary--` (RFC 2046 §5.1.1 would allow a mere prefix:
//   then `a` would match `aa`). Two open multiparts with one boundary: the inner one. `--b--` of an open boundary `b--` opens.
// - A delimiter of an outer multipart ends the inner ones (RFC 2046 §5.1.2). A missing end is the end of what is around it.
// - A multipart without a usable boundary, or without a single part, is text/plain: people can read it.
// - An encoding on a multipart or message counts as none (RFC 2045 §6.4; for message/global see RFC 6532 §3.7: shown as it stands).
// - Deeper than `maxDepth`, or after `maxParts`: one opaque application/octet-stream.
import { CR, LF, latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { fieldName, fieldValue, readHeader, type Header } from '../header/fields.ts';
import { isToken, parameterText, parseTyped, splitMediaType, type Parameter, type TypedValue } from '../header/parameters.ts';
import { maxBoundary, maxDepth, maxParts } from '../limits.ts';

export interface Part {
  readonly headerStart: number;
  /** Behind the empty line of the header. */
  readonly bodyStart: number;
  /** The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1). */
  readonly bodyEnd: number;
  /** Lower case. */
  readonly type: string;
  readonly subtype: string;
  /** Of Content-Type. */
  readonly parameters: readonly Parameter[];
  /** Lower case; `7bit` when missing. */
  readonly encoding: string;
  /** Charset of a text part in lower case when it is a name, else empty. */
  readonly charset: string;
  readonly disposition: TypedValue | null;
  /** Raw values, unfolded, one character per octet; null when missing. */
  readonly id: string | null;
  readonly description: string | null;
  readonly md5: string | null;
  readonly language: string | null;
  readonly location: string | null;
  /** Line ends in the body. */
  readonly lines: number;
  readonly header: Header;
  /** Of a multipart its parts; of message/rfc822 and message/global the message in it, as one part; else none. */
  readonly children: readonly Part[];
  /** Left closed because of a limit. */
  readonly opaque: boolean;
  /** True when a field or parameter that decides on the reading was there twice. */
  readonly ambiguous: boolean;
}

/** Reads a whole letter. Never throws; linear in its length. */
export function parseTree(bytes: Bytes): Part {
  return new TreeReader(bytes).entity(false, 0);
}

/** The charset that the first text part names: the best guess for raw octets in the header. */
export function charsetHint(tree: Part): string {
  let part: Part | undefined = tree;
  while (part !== undefined && part.type === 'multipart') part = part.children[0];
  return part?.charset ?? '';
}

interface Mutable {
  type: string;
  subtype: string;
  parameters: readonly Parameter[];
  encoding: string;
  disposition: TypedValue | null;
  id: string | null;
  description: string | null;
  md5: string | null;
  language: string | null;
  location: string | null;
  ambiguous: boolean;
}

const usAscii: readonly Parameter[] = [{ name: 'charset', raw: 'us-ascii', charset: null }];
const none: readonly Part[] = [];
const DASH = 45;
const hashSize = 1024;

class TreeReader {
  readonly #bytes: Bytes;
  #at = 0;
  /** Line ends before `#at`. */
  #lines = 0;
  #parts = 0;
  /** Open boundaries and the level that each belongs to; levels count from 1. */
  readonly #levels = new Map<string, number>();
  #longest = 0;
  /** How many open delimiters have this hash: most lines that begin with dashes are dismissed without making a string of them. */
  readonly #hashes = new Uint8Array(hashSize);
  #open = 0;
  /** The level of the delimiter line that was met last: 0 at the end of the octets. */
  #hit = 0;
  #hitCloses = false;
  /** Where that line begins and ends. */
  #hitStart = 0;
  #hitEnd = 0;
  readonly #stop = (lineStart: number): boolean => this.#open > 0 && this.#isDelimiter(lineStart);

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  /** Reads an entity from `#at` to the next delimiter of an open multipart. */
  entity(inDigest: boolean, depth: number): Part {
    const start = this.#at;
    this.#hit = 0;
    if (++this.#parts >= maxParts) return this.#opaqueRest(start);
    const header = readHeader(this.#bytes, start, this.#bytes.length, this.#stop);
    this.#at = header.end;
    this.#lines += header.lines;
    const bodyLines = this.#lines;
    const about = readAbout(header, inDigest);
    let children = none;
    let opaque = false;
    let bodyEnd = header.end;
    if (!header.stopped) {
      const boundary = about.type === 'multipart' ? boundaryOf(about.parameters) : '';
      const opens = boundary !== '' || (about.type === 'message' && isMessageSubtype(about.subtype));
      if (opens && depth >= maxDepth) opaque = true;
      if (boundary !== '' && !opaque) children = this.#multipart(boundary, about.subtype === 'digest', depth);
      else if (opens && !opaque) children = [this.entity(false, depth + 1)];
      else this.#scan();
      bodyEnd = this.#bodyEnd(header.end);
    } else if (about.type === 'message' && isMessageSubtype(about.subtype)) {
      if (depth >= maxDepth) opaque = true;
      else children = [this.#emptyMessage()];
    }
    if (about.type === 'multipart' && children.length === 0 && !opaque) {
      about.type = 'text';
      about.subtype = 'plain';
      about.parameters = usAscii;
    }
    if (opaque) {
      about.type = 'application';
      about.subtype = 'octet-stream';
      about.parameters = [];
    }
    // The line end before the delimiter is not the body's.
    const lines = Math.max(0, this.#lines - bodyLines - (bodyEnd < this.#at ? 1 : 0));
    return {
      headerStart: start,
      bodyStart: header.end,
      bodyEnd,
      type: about.type,
      subtype: about.subtype,
      parameters: about.parameters,
      encoding: about.encoding,
      charset: charsetOf(about),
      disposition: about.disposition,
      id: about.id,
      description: about.description,
      md5: about.md5,
      language: about.language,
      location: about.location,
      lines,
      header,
      children,
      opaque,
      ambiguous: about.ambiguous,
    };
  }

  /** The end of a body that began at `start`: the delimiter line, less the line end before it, or the end of the octets. */
  #bodyEnd(start: number): number {
    if (this.#hit === 0) return this.#bytes.length;
    let end = this.#hitStart;
    if (end > start && this.#bytes[end - 1] === LF) end--;
    if (end > start && end < this.#hitStart && this.#bytes[end - 1] === CR) end--;
    return end;
  }

  #multipart(boundary: string, digest: boolean, depth: number): readonly Part[] {
    const level = ++this.#open;
    const shadowed = this.#levels.get(boundary);
    const longest = this.#longest;
    this.#levels.set(boundary, level);
    this.#longest = Math.max(longest, boundary.length);
    this.#countHashes(boundary, 1);
    const children: Part[] = [];
    this.#scan();
    while (this.#hit === level && !this.#hitCloses) {
      this.#passDelimiter();
      children.push(this.entity(digest, depth + 1));
    }
    this.#open--;
    this.#longest = longest;
    this.#countHashes(boundary, -1);
    if (shadowed === undefined) this.#levels.delete(boundary);
    else this.#levels.set(boundary, shadowed);
    // The epilogue.
    if (this.#hit === level) {
      this.#passDelimiter();
      this.#scan();
    }
    return children;
  }

  /** Goes on to the next delimiter line and stands on it, or at the end. */
  #scan(): void {
    const bytes = this.#bytes;
    const end = bytes.length;
    let at = this.#at;
    let lines = this.#lines;
    this.#hit = 0;
    if (this.#open > 0) {
      while (at < end) {
        if (bytes[at] === DASH && bytes[at + 1] === DASH && this.#isDelimiter(at)) break;
        while (at < end && bytes[at] !== LF) at++;
        if (at < end) {
          at++;
          lines++;
        }
      }
    } else {
      for (; at < end; at++) if (bytes[at] === LF) lines++;
    }
    this.#at = at;
    this.#lines = lines;
  }

  #countHashes(boundary: string, by: number): void {
    let hash = 0;
    for (let at = 0; at < boundary.length; at++) hash = (Math.imul(hash, 31) + boundary.charCodeAt(at)) | 0;
    this.#hashes[hash & (hashSize - 1)]! += by;
    for (let dash = 0; dash < 2; dash++) hash = (Math.imul(hash, 31) + DASH) | 0;
    this.#hashes[hash & (hashSize - 1)]! += by;
  }

  #passDelimiter(): void {
    this.#at = this.#hitEnd;
    if (this.#hitEnd > this.#hitStart && this.#bytes[this.#hitEnd - 1] === LF) this.#lines++;
    this.#hit = 0;
  }

  /** Whether the line at `start`, which begins with two dashes, is the delimiter of an open multipart; remembers which. */
  #isDelimiter(start: number): boolean {
    const bytes = this.#bytes;
    const longest = start + this.#longest + 4;
    let at = start + 2;
    let textEnd = at;
    let hash = 0;
    let textHash = 0;
    // White space at the end may be of any length; anything else beyond the longest boundary decides at once.
    for (; at < bytes.length && bytes[at] !== LF; at++) {
      const octet = bytes[at]!;
      hash = (Math.imul(hash, 31) + octet) | 0;
      if (octet === 32 || octet === 9 || octet === CR) continue;
      textEnd = at + 1;
      textHash = hash;
      if (textEnd > longest) return false;
    }
    if (this.#hashes[textHash & (hashSize - 1)] === 0) return false;
    const text = latin1FromBytes(bytes, start + 2, textEnd);
    let level = this.#levels.get(text);
    let closes = false;
    if (level === undefined && text.endsWith('--')) {
      level = this.#levels.get(text.slice(0, -2));
      closes = true;
    }
    if (level === undefined) return false;
    this.#hit = level;
    this.#hitCloses = closes;
    this.#hitStart = start;
    this.#hitEnd = at < bytes.length ? at + 1 : at;
    return true;
  }

  /** Everything that is left, as one part. */
  #opaqueRest(start: number): Part {
    const header = readHeader(this.#bytes, start, start);
    this.#at = this.#bytes.length;
    return {
      ...emptyPart(header),
      bodyEnd: this.#bytes.length,
      type: 'application',
      subtype: 'octet-stream',
      parameters: [],
      charset: '',
      opaque: true,
    };
  }

  /** What a message part without any octets holds. */
  #emptyMessage(): Part {
    return emptyPart(readHeader(this.#bytes, this.#at, this.#at));
  }
}

function emptyPart(header: Header): Part {
  const at = header.end;
  return {
    headerStart: at,
    bodyStart: at,
    bodyEnd: at,
    type: 'text',
    subtype: 'plain',
    parameters: usAscii,
    encoding: '7bit',
    charset: 'us-ascii',
    disposition: null,
    id: null,
    description: null,
    md5: null,
    language: null,
    location: null,
    lines: 0,
    header,
    children: none,
    opaque: false,
    ambiguous: false,
  };
}

/** RFC 2046 §5.2.1, RFC 6532 §3.7. Others of type message are leaves. */
function isMessageSubtype(subtype: string): boolean {
  return subtype === 'rfc822' || subtype === 'global';
}

/** RFC 2046 §5.1.1: no white space at the end. Too long, or with characters that no line can have: none. */
function boundaryOf(parameters: readonly Parameter[]): string {
  for (const parameter of parameters) {
    if (parameter.name !== 'boundary') continue;
    let end = parameter.raw.length;
    while (end > 0 && (parameter.raw[end - 1] === ' ' || parameter.raw[end - 1] === '\t')) end--;
    return end > maxBoundary ? '' : parameter.raw.slice(0, end);
  }
  return '';
}

function charsetOf(about: Mutable): string {
  if (about.type !== 'text') return '';
  const charset = parameterText(about.parameters, 'charset')?.trim().toLowerCase() ?? '';
  return isToken(charset) ? charset : '';
}

/** The Content-* fields of one header. */
function readAbout(header: Header, inDigest: boolean): Mutable {
  const about: Mutable = {
    type: inDigest ? 'message' : 'text',
    subtype: inDigest ? 'rfc822' : 'plain',
    parameters: inDigest ? [] : usAscii,
    encoding: '7bit',
    disposition: null,
    id: null,
    description: null,
    md5: null,
    language: null,
    location: null,
    ambiguous: false,
  };
  const { text, start } = header;
  let seen = 0;
  for (const field of header.fields) {
    // All names wanted begin with `Content-`.
    if (field.nameEnd - field.start < 10 || (text.charCodeAt(field.start - start) | 32) !== 99) continue;
    const index = contentFields.indexOf(fieldName(header, field));
    if (index < 0) continue;
    if ((seen & (1 << index)) !== 0) {
      about.ambiguous = true;
      continue;
    }
    seen |= 1 << index;
    const value = fieldValue(header, field);
    switch (contentFields[index]) {
      case 'content-type': {
        const typed = parseTyped(value);
        const media = splitMediaType(typed.value);
        about.type = media?.type ?? 'text';
        about.subtype = media?.subtype ?? 'plain';
        about.parameters = media === null ? usAscii : typed.parameters;
        about.ambiguous ||= typed.repeated;
        break;
      }
      case 'content-transfer-encoding': {
        const encoding = parseTyped(value).value;
        if (isToken(encoding)) about.encoding = encoding;
        break;
      }
      case 'content-disposition': {
        const typed = parseTyped(value);
        if (isToken(typed.value)) about.disposition = typed;
        about.ambiguous ||= typed.repeated;
        break;
      }
      case 'content-id':
        about.id = value;
        break;
      case 'content-description':
        about.description = value;
        break;
      case 'content-md5':
        about.md5 = value;
        break;
      case 'content-language':
        about.language = value;
        break;
      default:
        about.location = value;
    }
  }
  return about;
}

const contentFields = [
  'content-type',
  'content-transfer-encoding',
  'content-disposition',
  'content-id',
  'content-description',
  'content-md5',
  'content-language',
  'content-location',
];
