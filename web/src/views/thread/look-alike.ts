// Addresses and names that look like others: what a person should be told before they believe a letter. Knows scripts, letters that look alike
// (a small part of Unicode TS #39) and people one knows; asks nobody, and judges no text.
import { hasMixedScripts, organisation, readableDomain } from '../../../../src/message/address/domain-look.ts';
import type { EmailAddress } from '../../engine/jmap/objects.ts';

export type Doubt =
  /** One label in letters of several scripts, such as Latin and Cyrillic. */
  | { readonly kind: 'mixed-scripts'; readonly domain: string }
  /** Looks like the address (or domain) of somebody known, and is another. */
  | { readonly kind: 'looks-like'; readonly address: string; readonly known: string }
  /** The name shown holds another address than the one that wrote. */
  | { readonly kind: 'address-in-name'; readonly shown: string; readonly address: string }
  /** The name of somebody known, from an address never seen with it. */
  | { readonly kind: 'known-name'; readonly name: string; readonly address: string; readonly known: string }
  /** Answers go to somebody else's domain. */
  | { readonly kind: 'reply-elsewhere'; readonly address: string; readonly reply: string };

export interface Looked {
  readonly from: readonly EmailAddress[];
  readonly replyTo: readonly EmailAddress[];
  /** Lists send for others: their answers go elsewhere by right. */
  readonly isList: boolean;
  /** People whom the reader writes to or has among the contacts. */
  readonly known: readonly EmailAddress[];
  readonly own: readonly string[];
}

export function doubtsOf({ from, replyTo, isList, known, own }: Looked): Doubt[] {
  const [sender] = from;
  if (!sender) return [];
  const doubts: Doubt[] = [];
  const address = readable(sender.email);
  const domain = domainOf(address);
  const isKnown = [...known.map(({ email }) => email), ...own].some((email) => readable(email) === address);
  if (hasMixedScripts(domain)) doubts.push({ kind: 'mixed-scripts', domain });
  if (!isKnown) {
    const alike = likeOf(address, domain, [...known.map(({ email }) => email), ...own]);
    if (alike !== null) doubts.push({ kind: 'looks-like', address, known: alike });
    const named = sender.name === null || isList ? null : knownByName(sender.name, address, known);
    if (named !== null && alike === null) doubts.push({ kind: 'known-name', name: sender.name!, address, known: named });
  }
  const [shown = ''] = /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/u.exec(sender.name ?? '') ?? [];
  if (shown !== '' && organisation(domainOf(readable(shown))) !== organisation(domain))
    doubts.push({ kind: 'address-in-name', shown, address });
  const reply = replyTo.find(({ email }) => organisation(domainOf(readable(email))) !== organisation(domain));
  if (reply && !isList && !own.some((email) => readable(email) === readable(reply.email)))
    doubts.push({ kind: 'reply-elsewhere', address, reply: readable(reply.email) });
  return doubts;
}

/** In small letters, with `xn--` read out. */
export function readable(email: string): string {
  const at = email.lastIndexOf('@');
  if (at < 0) return email.toLowerCase();
  return `${email.slice(0, at).toLowerCase()}@${readableDomain(email.slice(at + 1))}`;
}

export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1);
}

/** Letters that are drawn as Latin ones. */
const drawnAlike: Readonly<Record<string, string>> = {
  а: 'a',
  ɑ: 'a',
  α: 'a',
  в: 'b',
  ь: 'b',
  с: 'c',
  ϲ: 'c',
  ԁ: 'd',
  е: 'e',
  ё: 'e',
  ҽ: 'e',
  ғ: 'f',
  ɡ: 'g',
  һ: 'h',
  н: 'h',
  і: 'i',
  ї: 'i',
  ı: 'i',
  ι: 'i',
  ј: 'j',
  к: 'k',
  κ: 'k',
  ӏ: 'l',
  м: 'm',
  п: 'n',
  ո: 'n',
  η: 'n',
  о: 'o',
  ο: 'o',
  օ: 'o',
  σ: 'o',
  р: 'p',
  ρ: 'p',
  ԛ: 'q',
  г: 'r',
  ѕ: 's',
  т: 't',
  τ: 't',
  υ: 'u',
  ս: 'u',
  ν: 'v',
  ѵ: 'v',
  ԝ: 'w',
  ω: 'w',
  х: 'x',
  χ: 'x',
  у: 'y',
  γ: 'y',
  ᴢ: 'z',
};

/** Two texts that look the same have the same one. */
export function skeleton(text: string): string {
  return [...text.normalize('NFKD').toLowerCase()]
    .filter((letter) => !/\p{M}/u.test(letter))
    .map((letter) => drawnAlike[letter] ?? letter)
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replaceAll('cl', 'd')
    .replaceAll(/[il1|]/g, 'l')
    .replaceAll('0', 'o')
    .replaceAll('5', 's');
}

function likeOf(address: string, domain: string, known: readonly string[]): string | null {
  const own = organisation(domain);
  const ownSkeleton = skeleton(own);
  const whole = skeleton(address);
  for (const email of known) {
    const other = readable(email);
    if (other === address) continue;
    const theirs = organisation(domainOf(other));
    if (theirs !== own && skeleton(theirs) === ownSkeleton) return other;
    if (skeleton(other) === whole) return other;
  }
  return null;
}

function knownByName(name: string, address: string, known: readonly EmailAddress[]): string | null {
  const wanted = skeleton(name.replaceAll(/[\s"'　]/g, ''));
  if (wanted.length < 2) return null;
  const named = known.filter((person) => person.name && skeleton(person.name.replaceAll(/[\s"'　]/g, '')) === wanted);
  if (named.length === 0) return null;
  // Somebody who has moved within the same house is no stranger.
  if (named.some(({ email }) => organisation(domainOf(readable(email))) === organisation(domainOf(address)))) return null;
  return readable(named[0]!.email);
}
