// The part tree as compact text, and finding a part by its number: what IMAP needs to cut BODY[…] and BINARY[…] out of a stored letter.
// Knows offsets and the numbering of RFC 9051 §6.4.5.1; knows no octets.
//
// Text of a part: `headerStart,bodyStart,bodyEnd,type/subtype,encoding,charset` with numbers in base 36, then its parts in parentheses. Names are
// tokens (RFC 2045 §5.1), so the separators cannot be in them.

/** What is kept of a part; `Part` of tree.ts is one. */
export interface PartRange {
  readonly headerStart: number;
  /** Behind the empty line. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly type: string;
  readonly subtype: string;
  readonly encoding: string;
  /** Empty when unknown. */
  readonly charset: string;
  /** Parts of a multipart, or the one message of a message/rfc822 or message/global. */
  readonly children: readonly PartRange[];
}

export function formatParts(part: PartRange): string {
  const own =
    `${part.headerStart.toString(36)},${part.bodyStart.toString(36)},${part.bodyEnd.toString(36)},` +
    `${part.type}/${part.subtype},${part.encoding},${part.charset}`;
  if (part.children.length === 0) return own;
  let inner = '';
  for (const child of part.children) inner += (inner === '' ? '' : ';') + formatParts(child);
  return `${own}(${inner})`;
}

/** Twin of `formatParts`. @throws Error when the text is not one of its: then what was stored is damaged. */
export function parseParts(text: string): PartRange {
  const reader = new PartsReader(text);
  const part = reader.part(0);
  if (!reader.done()) throw new Error('part tree text is damaged: text behind its end');
  return part;
}

class PartsReader {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }
  done(): boolean {
    return this.#at === this.#text.length;
  }
  part(depth: number): PartRange {
    const headerStart = this.#number();
    const bodyStart = this.#number();
    const bodyEnd = this.#number();
    const media = this.#until(',');
    const encoding = this.#until(',');
    const charset = this.#until('');
    const slash = media.indexOf('/');
    if (slash < 0 || depth > 1000) throw new Error('part tree text is damaged');
    const children: PartRange[] = [];
    if (this.#text[this.#at] === '(') {
      do {
        this.#at++;
        children.push(this.part(depth + 1));
      } while (this.#text[this.#at] === ';');
      if (this.#text[this.#at] !== ')') throw new Error('part tree text is damaged: no end of a list of parts');
      this.#at++;
    }
    return { headerStart, bodyStart, bodyEnd, type: media.slice(0, slash), subtype: media.slice(slash + 1), encoding, charset, children };
  }
  #number(): number {
    const value = Number.parseInt(this.#until(','), 36);
    if (!Number.isSafeInteger(value) || value < 0) throw new Error('part tree text is damaged: an offset is no number');
    return value;
  }
  /** The text up to `end`, which is passed, or up to the end of the part. */
  #until(end: string): string {
    const start = this.#at;
    while (this.#at < this.#text.length && !',;()'.includes(this.#text[this.#at]!)) this.#at++;
    const value = this.#text.slice(start, this.#at);
    if (end !== '') {
      if (this.#text[this.#at] !== end) throw new Error('part tree text is damaged: a comma is missing');
      this.#at++;
    }
    return value;
  }
}

/** A part that was found. Ranges are offsets in the letter, `end` exclusive. */
export interface FoundPart {
  /** BODY[n.MIME]: its header with the empty line. For the whole letter, and for part 1 of one that is no multipart, the header of the letter. */
  readonly mimeStart: number;
  readonly mimeEnd: number;
  /** BODY[n]. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly type: string;
  readonly subtype: string;
  readonly encoding: string;
  readonly charset: string;
  /** For message/rfc822 and message/global: BODY[n.HEADER] and BODY[n.TEXT]. */
  readonly message: { readonly headerStart: number; readonly textStart: number; readonly textEnd: number } | null;
}

/**
 * RFC 9051 §6.4.5.1: the part with the number `path` (each ≥ 1), or null when there is none. An empty path is the letter itself, with `message` set to its own
 * header and text.
 */
export function findPart(root: PartRange, path: readonly number[]): FoundPart | null {
  let current = root;
  // True when `current` is a message: a number then counts the parts of its body, which has at least a part 1.
  let whole = true;
  for (const number of path) {
    const inside = whole ? current : current.type === 'message' ? current.children[0] : current;
    if (inside === undefined) return null;
    if (inside.type === 'multipart' && inside.children.length > 0) {
      const child = inside.children[number - 1];
      if (child === undefined) return null;
      current = child;
    } else if (number === 1 && inside !== current) current = inside;
    else if (number === 1 && whole) current = inside;
    else return null;
    whole = false;
  }
  const message = path.length === 0 ? root : current.type === 'message' ? (current.children[0] ?? null) : null;
  return {
    mimeStart: current.headerStart,
    mimeEnd: current.bodyStart,
    bodyStart: current.bodyStart,
    bodyEnd: current.bodyEnd,
    type: current.type,
    subtype: current.subtype,
    encoding: current.encoding,
    charset: current.charset,
    message: message === null ? null : { headerStart: message.headerStart, textStart: message.bodyStart, textEnd: message.bodyEnd },
  };
}
