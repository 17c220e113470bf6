// Addresses as they are typed and pasted: read into people, and looked at for slips of the hand. Knows RFC 5322 lists and the habits of Japanese
// keyboards; knows no server. (The server's own reader of address fields brings its charsets along; what a person types has none.)
import type { EmailAddress } from '../../engine/jmap/objects.ts';

/** Longer lists are no list of recipients. */
const longest = 100_000;

/**
 * One or many, separated by commas, semicolons or lines (each language's own). What is no address comes back as one all the same, so that it can be
 * seen and mended: `oddityOf` says so.
 */
export function readAddresses(text: string): EmailAddress[] {
  const list = text
    .slice(0, longest)
    .replace(/[＠@]/g, '@')
    .replace(/[，、,；;]/g, ',')
    .replace(/[\r\n\t]+/g, ',')
    .replace(/[＜〈]/g, '<')
    .replace(/[＞〉]/g, '>');
  const people: EmailAddress[] = [];
  for (const piece of piecesOf(list)) {
    people.push(readOne(piece));
  }
  return people;
}

/** `a@b`, `<a@b>`, `Name <a@b>`, `"Name" <a@b>`, `a@b (Name)`, `Name a@b`. */
function readOne(piece: string): EmailAddress {
  const angled = /^(.*?)<\s*([^<>]*?)\s*>?\s*$/s.exec(piece);
  const commented = /^(\S+@\S+)\s*\(([^()]*)\)$/.exec(piece);
  const spaced = /^(.+)\s(\S+@\S+)$/s.exec(piece);
  const [name, email] = angled
    ? [angled[1]!, angled[2]!]
    : commented
      ? [commented[2]!, commented[1]!]
      : spaced && !piece.startsWith('"')
        ? [spaced[1]!, spaced[2]!]
        : ['', piece];
  const plain = name
    .trim()
    .replace(/^"(.*)"$/s, '$1')
    .replace(/\\(.)/g, '$1')
    .trim();
  // RFC 6068 and many lists: the address stands in the place of the name as well.
  return { name: plain === '' || plain === email ? null : plain, email: tidy(email.replace(/^mailto:/i, '')) };
}

/** Splits at commas outside of quotes and angle brackets. */
function piecesOf(list: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  let isQuoted = false;
  for (const sign of list) {
    if (sign === '"') isQuoted = !isQuoted;
    if (sign === ',' && !isQuoted) {
      pieces.push(piece);
      piece = '';
    } else piece += sign;
  }
  // A quote that was never closed hides no comma.
  const all = isQuoted ? list.split(',') : [...pieces, piece];
  const joined: string[] = [];
  for (const one of all.map((text) => text.trim()).filter(Boolean)) {
    const before = joined.at(-1);
    // "Yamada, Hanako <h@example.jp>": a name that was written family first.
    if (before !== undefined && !before.includes('@') && /<[^<>]+@[^<>]+>$/.test(one))
      joined[joined.length - 1] =
        `"${before.replaceAll('"', '')}, ${one.slice(0, one.indexOf('<')).trim().replaceAll('"', '')}" ${one.slice(one.indexOf('<'))}`;
    else joined.push(one);
  }
  return joined;
}

/** Full-width letters as a Japanese keyboard leaves them, spaces at the ends. */
function tidy(address: string): string {
  const at = address.lastIndexOf('@');
  if (at < 0) return address.normalize('NFKC').trim();
  return `${address.slice(0, at).normalize('NFKC').trim()}@${address
    .slice(at + 1)
    .normalize('NFKC')
    .replace(/[。．]/g, '.')
    .trim()
    .toLowerCase()}`;
}

export type Oddity =
  /** No address at all: it cannot be sent to. */
  | { readonly kind: 'malformed' }
  /** Perhaps this one was meant. */
  | { readonly kind: 'near'; readonly meant: string };

const common = [
  'gmail.com', 'yahoo.co.jp', 'ymail.ne.jp', 'docomo.ne.jp', 'ezweb.ne.jp', 'au.com', 'softbank.ne.jp', 'i.softbank.jp', 'rakuten.jp', 'icloud.com', 'me.com',
  'outlook.com', 'outlook.jp', 'hotmail.com', 'hotmail.co.jp', 'live.jp', 'yahoo.com', 'nifty.com', 'biglobe.ne.jp', 'ocn.ne.jp', 'plala.or.jp', 'so-net.ne.jp', 'fastmail.com', 'proton.me',
]; // prettier-ignore
/** Real ones that are near to one of those. */
const knownEnds = new Set([
  ...common,
  'mail.com',
  'ymail.com',
  'gmx.com',
  'rocketmail.com',
  'live.com',
  'yahoo.ne.jp',
  'outlook.co.jp',
  'hotmail.ne.jp',
]);

/** Null: nothing is strange about it. */
export function oddityOf(address: string): Oddity | null {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  const domain = address.slice(at + 1);
  const labels = domain.split('.');
  const isLiteral = /^\[.+\]$/.test(domain);
  if (at < 1 || domain === '' || /[\s,<>()]/.test(domain) || (!/^".*"$/.test(local) && /[\s,<>()[\]:;@\\]/.test(local)))
    return { kind: 'malformed' };
  if (isLiteral) return null;
  if (labels.some((label) => label === '' || label.length > 63 || /^-|-$/.test(label))) return { kind: 'malformed' };
  if (labels.length < 2) return domain === 'localhost' ? null : { kind: 'malformed' };
  if (knownEnds.has(domain)) return null;
  const near = common.find((known) => isNear(domain, known));
  return near === undefined ? null : { kind: 'near', meant: `${local}@${near}` };
}

export interface OddOne {
  readonly person: EmailAddress;
  readonly oddity: Oddity;
}
export function oddOnes(people: readonly EmailAddress[]): OddOne[] {
  return people.flatMap((person) => {
    const oddity = oddityOf(person.email);
    return oddity ? [{ person, oddity }] : [];
  });
}

/** One letter too many, missing, another one, or two exchanged. Short names are too near to others to tell. */
function isNear(a: string, b: string): boolean {
  if (b.length < 7 || Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  return (
    (left.length <= 1 && right.length <= 1) || (left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0])
  );
}

export function sameAddress(a: EmailAddress, b: EmailAddress): boolean {
  return a.email.toLowerCase() === b.email.toLowerCase();
}

/** Each address once, the first wins. */
export function each(people: readonly EmailAddress[]): EmailAddress[] {
  const seen = new Set<string>();
  return people.filter(({ email }) => !seen.has(email.toLowerCase()) && seen.add(email.toLowerCase()));
}

export interface Mailto {
  readonly to: readonly EmailAddress[];
  readonly cc: readonly EmailAddress[];
  readonly bcc: readonly EmailAddress[];
  readonly subject: string;
  readonly body: string;
  readonly inReplyTo: readonly string[];
}

/** RFC 6068; also our own `/write/new?to=…`. Other fields are passed over (§4: they may be unsafe). */
export function readMailto(address: string): Mailto {
  const [path = '', search = ''] = address.replace(/^mailto:/i, '').split(/\?(.*)/s);
  const fields = new Map<string, string[]>();
  const add = (name: string, value: string): void => void fields.set(name, [...(fields.get(name) ?? []), value]);
  if (path !== '') add('to', decode(path));
  for (const pair of search.split('&').slice(0, 200)) {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    add(decode(name).toLowerCase(), decode(value));
  }
  const people = (name: string): EmailAddress[] => each(readAddresses((fields.get(name) ?? []).join(',')));
  return {
    to: people('to'),
    cc: people('cc'),
    bcc: people('bcc'),
    subject: (fields.get('subject')?.[0] ?? '').replace(/[\r\n]+/g, ' '),
    body: (fields.get('body') ?? []).join('\n').replace(/\r\n?/g, '\n'),
    inReplyTo: (fields.get('in-reply-to') ?? []).map((id) => id.replace(/^<|>$/g, '')).filter(Boolean),
  };
}

/** A plus sign is a plus sign (RFC 6068 §5). */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
