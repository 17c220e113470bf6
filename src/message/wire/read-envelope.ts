// Reads the text of an envelope back: the twin of `formatEnvelope`, so that a list of letters can be shown from what is kept of them, without
// their octets. Knows the strings of IMAP (RFC 9051 §4.3) and the ten places of ENVELOPE (§7.5.2); knows no field.
import type { Address, Mailbox } from '../address/address-list.ts';

/** What the text tells. Where `envelopeMarks.changed` is set, the fields said something else. Names and subject hold encoded words as they were. */
export interface WrittenEnvelope {
  readonly date: string | null;
  readonly subject: string | null;
  readonly from: readonly Address[];
  readonly sender: readonly Address[];
  readonly replyTo: readonly Address[];
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly bcc: readonly Address[];
  readonly inReplyTo: string | null;
  readonly messageId: string | null;
}

/** @throws Error when the text is not one of `formatEnvelope`: then what was stored is damaged. */
export function parseEnvelope(text: string): WrittenEnvelope {
  const reader = new EnvelopeReader(text);
  reader.take('(');
  const date = reader.nstring(' ');
  const subject = reader.nstring(' ');
  const from = reader.addresses(' ');
  const sender = reader.addresses(' ');
  const replyTo = reader.addresses(' ');
  const to = reader.addresses(' ');
  const cc = reader.addresses(' ');
  const bcc = reader.addresses(' ');
  const inReplyTo = reader.nstring(' ');
  const messageId = reader.nstring(')');
  return { date, subject, from, sender, replyTo, to, cc, bcc, inReplyTo, messageId };
}

const nobody: readonly Address[] = [];

class EnvelopeReader {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }

  take(piece: string): void {
    if (!this.#text.startsWith(piece, this.#at)) throw new Error(`envelope is damaged at ${this.#at}`);
    this.#at += piece.length;
  }

  /** A string or NIL, and what stands behind it. */
  nstring(behind: string): string | null {
    const text = this.#text;
    const at = this.#at;
    let value: string | null;
    if (text[at] === '"') {
      let end = at + 1;
      let escaped = false;
      while (end < text.length && text[end] !== '"') {
        if (text[end] === '\\') {
          escaped = true;
          end++;
        }
        end++;
      }
      value = text.slice(at + 1, end);
      if (escaped) value = value.replace(/\\(.)/gs, '$1');
      this.#at = end + 1;
    } else if (text[at] === '{') {
      const close = text.indexOf('}\r\n', at);
      const length = Number(text.slice(at + 1, close));
      if (close < 0 || !Number.isSafeInteger(length)) throw new Error(`envelope is damaged at ${at}`);
      value = text.slice(close + 3, close + 3 + length);
      this.#at = close + 3 + length;
    } else {
      this.take('NIL');
      value = null;
    }
    this.take(behind);
    return value;
  }

  /** RFC 9051 §9 (address): a name without a host begins a group, NIL for both ends it. */
  addresses(behind: string): readonly Address[] {
    if (this.#text[this.#at] !== '(') {
      this.take(`NIL${behind}`);
      return nobody;
    }
    this.#at++;
    const list: Address[] = [];
    let group: Mailbox[] | null = null;
    while (this.#text[this.#at] === '(') {
      this.#at++;
      const name = this.nstring(' ');
      const route = this.nstring(' ');
      const local = this.nstring(' ');
      const domain = this.nstring(')');
      if (domain !== null) (group ?? list).push({ kind: 'mailbox', name, route, local: local ?? '', domain });
      else if (local === null) group = null;
      else list.push({ kind: 'group', name: local, members: (group = []) });
    }
    this.take(`)${behind}`);
    return list;
  }
}
