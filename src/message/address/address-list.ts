// Address lists (RFC 5322 §3.4, §4.4; RFC 6532): mailboxes and groups, as text and as values.
// Knows the grammar and how real mail breaks it; knows no field and no charset beyond encoded words.
//
// One pass, no recursion, no error: what cannot be read is taken as near as it goes. Decision rules:
// - `phrase <a@b>`: the phrase is the name. Without a phrase a comment behind the address is the name (`a@b (Name)`, RFC 822 style).
// - Words before an address without angle brackets (`Name a@b`) are the name; the last run without white space is the address.
// - Of several `@` the last divides local part and domain. A missing `>` is put before the next `,` `;` or `<`.
// - A group inside a group ends the outer one. At most `maxAddresses`.
import { maxAddresses } from '../limits.ts';
import { cleanText, decodeWords, encodeWord } from '../header/encoded-word.ts';
import { skipComment } from '../header/parameters.ts';

export interface Mailbox {
  readonly kind: 'mailbox';
  /** Phrase as written, quoting undone, encoded words kept; null when there is none. `decodeWords` makes it readable. */
  readonly name: string | null;
  /** Source route `@a,@b` (RFC 5322 §4.4), or null. */
  readonly route: string | null;
  /** Quoting undone. */
  readonly local: string;
  /** A domain or a literal in brackets; null when missing. */
  readonly domain: string | null;
}

export interface Group {
  readonly kind: 'group';
  readonly name: string;
  readonly members: readonly Mailbox[];
}

export type Address = Mailbox | Group;

const QUOTE = 34;
const OPEN = 40;
const COMMA = 44;
const COLON = 58;
const SEMICOLON = 59;
const DOT = 46;
const LESS = 60;
const GREATER = 62;
const AT = 64;
const BRACKET = 91;
const BACKSLASH = 92;

/** What has been read of one address. */
class Pending {
  /** All words, with one space where there was white space: the name when an angle bracket or colon follows. */
  words = '';
  /** Words before the last run, joined with one space: the name when an address without brackets follows. */
  phrase = '';
  /** The last run of characters without white space between. */
  run = '';
  /** Offset in `run` of its last `@`, or -1. */
  at = -1;
  /** True when white space that divides came after `run`, and when any came. */
  gap = false;
  blank = false;
  /** Last character of `run`; asking the string itself would copy it each time while it grows. */
  last = 0;
  comment = '';
  angle: { route: string | null; local: string; domain: string | null } | null = null;
  any = false;

  add(piece: string): void {
    this.any = true;
    if (this.gap) {
      this.phrase += this.phrase === '' ? this.run : ` ${this.run}`;
      this.run = '';
      this.at = -1;
      this.gap = false;
    }
    this.run += piece;
    this.words += this.blank && this.words !== '' ? ` ${piece}` : piece;
    this.blank = false;
    if (piece !== '') this.last = piece.charCodeAt(piece.length - 1);
  }
}

/** Reads a list; `text` is an unfolded field value. Never throws. */
export function parseAddressList(text: string): Address[] {
  const list: Address[] = [];
  let group: { kind: 'group'; name: string; members: Mailbox[] } | null = null;
  let count = 0;
  let pending = new Pending();
  const flush = (): void => {
    const mailbox = pending.any ? mailboxOf(pending) : null;
    pending = new Pending();
    if (mailbox === null) return;
    count++;
    if (group === null) list.push(mailbox);
    else group.members.push(mailbox);
  };
  let at = 0;
  while (at < text.length && count < maxAddresses) {
    const code = text.charCodeAt(at);
    switch (code) {
      case 32:
      case 9:
      case 13:
      case 10:
        // White space beside a dot or an `@` does not divide (RFC 5322 §4.4, obs-local-part, obs-domain).
        if (pending.run !== '' && pending.last !== AT && pending.last !== DOT && !nextJoins(text, at)) pending.gap = true;
        pending.blank = true;
        at++;
        break;
      case OPEN: {
        const end = skipComment(text, at);
        const comment = text.slice(at + 1, text.charCodeAt(end - 1) === 41 && end - 1 > at ? end - 1 : end);
        if (comment.length <= 1000) pending.comment = comment.replace(/\\([\x00-\xff])/g, '$1').trim();
        at = end;
        break;
      }
      case QUOTE: {
        const [value, end] = readQuoted(text, at);
        pending.add(value);
        at = end;
        break;
      }
      case COMMA:
        flush();
        at++;
        break;
      case SEMICOLON:
        flush();
        group = null;
        at++;
        break;
      case COLON:
        if (pending.angle !== null || pending.at >= 0) {
          // `mailto:`-like junk or a colon inside an address: part of the run.
          pending.add(':');
          at++;
          break;
        }
        if (group !== null) group = null;
        group = { kind: 'group', name: pending.words, members: [] };
        list.push(group);
        count++;
        pending = new Pending();
        at++;
        break;
      case LESS:
        if (pending.angle !== null) flush();
        at = readAngle(text, at + 1, pending);
        break;
      case BRACKET: {
        let end = at;
        while (end < text.length && text[end] !== ']' && text[end] !== ',') end++;
        if (text[end] === ']') end++;
        pending.add(text.slice(at, end));
        at = end;
        break;
      }
      case AT:
        pending.gap = false;
        pending.add('@');
        pending.at = pending.run.length - 1;
        at++;
        break;
      default: {
        let end = at + 1;
        while (end < text.length && !isSpecial(text.charCodeAt(end))) end++;
        pending.add(text.slice(at, end));
        at = end;
      }
    }
  }
  if (count < maxAddresses) flush();
  return list;
}

/** True when the next character behind white space is a dot or `@`, which joins what white space would divide. */
function nextJoins(text: string, at: number): boolean {
  const next = text.charCodeAt(at + 1);
  return next === AT || next === DOT;
}

function isSpecial(code: number): boolean {
  switch (code) {
    case 32:
    case 9:
    case 13:
    case 10:
    case QUOTE:
    case OPEN:
    case COMMA:
    case SEMICOLON:
    case COLON:
    case LESS:
    case AT:
    case BRACKET:
      return true;
    default:
      return false;
  }
}

/** RFC 5322 §3.2.4; a missing closing quote is the end of the text. Returns the value and where to go on. */
function readQuoted(text: string, at: number): [string, number] {
  let plainFrom = at + 1;
  let value = '';
  for (at++; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return [value + text.slice(plainFrom, at), at + 1];
    if (code === BACKSLASH && at + 1 < text.length) {
      value += text.slice(plainFrom, at);
      plainFrom = ++at;
    }
  }
  return [value + text.slice(plainFrom), text.length];
}

/** RFC 5322 §3.4 (angle-addr), §4.4 (obs-route). `at` is behind the `<`; returns where to go on. */
function readAngle(text: string, at: number, pending: Pending): number {
  let route: string | null = null;
  let local = '';
  let domain: string | null = null;
  let inRoute = false;
  let begun = false;
  let current = '';
  pending.any = true;
  loop: while (at < text.length) {
    const code = text.charCodeAt(at);
    switch (code) {
      case GREATER:
        at++;
        break loop;
      case LESS:
        break loop;
      case SEMICOLON:
        break loop;
      case COMMA:
        if (!inRoute) break loop;
        current += ',';
        at++;
        break;
      case COLON:
        if (inRoute) {
          route = `@${current}`;
          current = '';
          inRoute = false;
        } else current += ':';
        at++;
        break;
      case 32:
      case 9:
      case 13:
      case 10:
        at++;
        break;
      case OPEN:
        at = skipComment(text, at);
        break;
      case QUOTE: {
        const [value, end] = readQuoted(text, at);
        current += value;
        begun = true;
        at = end;
        break;
      }
      case AT:
        if (!begun) inRoute = true;
        else if (inRoute) current += '@';
        else {
          local += domain === null ? current : `@${current}`;
          domain = '';
          current = '';
        }
        begun = true;
        at++;
        break;
      default: {
        begun = true;
        let end = at + 1;
        if (code === BRACKET) {
          while (end < text.length && text[end] !== ']' && text[end] !== '>') end++;
          if (text[end] === ']') end++;
        } else while (end < text.length && !isSpecial(text.charCodeAt(end)) && text.charCodeAt(end) !== GREATER) end++;
        current += text.slice(at, end);
        at = end;
      }
    }
  }
  if (inRoute) {
    // `<@host>`: no route was meant.
    local = '';
    domain = current;
  } else if (domain === null) local = current;
  else domain = current;
  pending.angle = { route, local, domain };
  return at;
}

function mailboxOf(pending: Pending): Mailbox | null {
  const comment = pending.comment === '' ? null : pending.comment;
  if (pending.angle !== null) {
    const words = pending.words;
    const { route, local, domain } = pending.angle;
    if (local === '' && (domain === null || domain === '') && words === '') return null;
    return { kind: 'mailbox', name: words === '' ? comment : words, route, local, domain: domain === '' ? null : domain };
  }
  if (pending.run === '' && pending.phrase === '') return null;
  if (pending.at < 0) {
    // No `@`: a local part when it is one word, else a name without an address.
    if (pending.phrase === '' && isDotAtom(pending.run))
      return { kind: 'mailbox', name: comment, route: null, local: pending.run, domain: null };
    const atInPhrase = pending.phrase.lastIndexOf('@');
    if (atInPhrase < 0) return { kind: 'mailbox', name: pending.words, route: null, local: '', domain: null };
    // `a@b Name`: the address came first.
    const start = pending.phrase.lastIndexOf(' ', atInPhrase) + 1;
    const space = pending.phrase.indexOf(' ', atInPhrase);
    const end = space < 0 ? pending.phrase.length : space;
    const name = `${pending.phrase.slice(0, start)}${pending.phrase.slice(end + 1)} ${pending.run}`.trim();
    return {
      kind: 'mailbox',
      name,
      route: null,
      local: pending.phrase.slice(start, atInPhrase),
      domain: pending.phrase.slice(atInPhrase + 1, end) || null,
    };
  }
  return {
    kind: 'mailbox',
    name: pending.phrase === '' ? comment : pending.phrase,
    route: null,
    local: pending.run.slice(0, pending.at),
    domain: pending.run.slice(pending.at + 1) || null,
  };
}

/** All mailboxes in order, those of groups included. */
export function mailboxesOf(list: readonly Address[]): Mailbox[] {
  const all: Mailbox[] = [];
  for (const address of list) {
    if (address.kind === 'mailbox') all.push(address);
    else all.push(...address.members);
  }
  return all;
}

/** RFC 5322 §3.2.3 (dot-atom), with the letters of RFC 6532. */
export function isDotAtom(text: string): boolean {
  return /^[^\x00-\x20()<>@,;:\\".[\]\x7f]+(?:\.[^\x00-\x20()<>@,;:\\".[\]\x7f]+)*$/.test(text);
}

/** `local@domain` with quotes where needed. */
export function formatAddrSpec(mailbox: { readonly local: string; readonly domain: string | null }): string {
  const local = isDotAtom(mailbox.local) ? mailbox.local : quoted(mailbox.local);
  return mailbox.domain === null ? local : `${local}@${mailbox.domain}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** A phrase for a header field: as it is, quoted, or as encoded words (RFC 5322 §3.2.5, RFC 2047 §5). */
export function formatPhrase(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) {
    if (/^[!#$%&'*+\-/0-9=?A-Z^_`a-z{|}~]+(?: [!#$%&'*+\-/0-9=?A-Z^_`a-z{|}~]+)*$/.test(name)) return name;
    return quoted(name);
  }
  return encodeWord(name);
}

/** Twin of `parseAddressList`: a field value, not folded. Names that are not ASCII become encoded words. */
export function formatAddressList(list: readonly Address[]): string {
  return list
    .map((address) =>
      address.kind === 'mailbox'
        ? formatMailbox(address)
        : `${formatPhrase(address.name)}: ${address.members.map(formatMailbox).join(', ')};`,
    )
    .join(', ');
}

function formatMailbox(mailbox: Mailbox): string {
  if (mailbox.name === null && mailbox.route === null) {
    const spec = formatAddrSpec(mailbox);
    return mailbox.domain === null ? `<${spec}>` : spec;
  }
  const route = mailbox.route === null ? '' : `${mailbox.route}:`;
  const angle = mailbox.local === '' && mailbox.domain === null ? '<>' : `<${route}${formatAddrSpec(mailbox)}>`;
  return mailbox.name === null ? angle : `${formatPhrase(mailbox.name)} ${angle}`;
}

/** As people read it: `Name <local@domain>, …`, decoded; groups as `name: …;`. At most `max` characters. */
export function displayAddresses(list: readonly Address[], max: number): string {
  let out = '';
  for (const address of list) {
    if (out.length >= max) break;
    if (out !== '') out += ', ';
    if (address.kind === 'mailbox') out += displayMailbox(address);
    else {
      out += `${decodeWords(address.name)}: `;
      for (const [index, member] of address.members.entries()) {
        if (out.length >= max) break;
        out += (index > 0 ? ', ' : '') + displayMailbox(member);
      }
      out += ';';
    }
  }
  return cleanText(out.length <= max ? out : out.slice(0, max).toWellFormed());
}

function displayMailbox(mailbox: Mailbox): string {
  const address = mailbox.domain === null ? mailbox.local : `${mailbox.local}@${mailbox.domain}`;
  if (mailbox.name === null) return address;
  const name = decodeWords(mailbox.name);
  return address === '' ? name : `${name} <${address}>`;
}
