// What a person typed becomes an address: full-width letters folded, the domain as A-labels, a near miss noticed.
// Knows how people mistype; looks nothing up.
import { CauseTrouble } from '../../journey/outside/causes.ts';
import { parseHost } from '../../protocol/autoconfig/values.ts';

export interface CleanAddress {
  readonly address: string;
  readonly localpart: string;
  /** A-labels, lower case. */
  readonly domain: string;
  /** Another address that they may have meant, or null. */
  readonly suggestion: string | null;
}

/** Domains of many people: a domain one letter away from one of these is more often a slip than a company. */
const wellKnown: readonly string[] = [
  'gmail.com',
  'googlemail.com',
  'yahoo.co.jp',
  'yahoo.com',
  'docomo.ne.jp',
  'ezweb.ne.jp',
  'i.softbank.jp',
  'icloud.com',
  'outlook.com',
  'outlook.jp',
  'hotmail.com',
  'hotmail.co.jp',
  'live.jp',
  'nifty.com',
  'biglobe.ne.jp',
  'ocn.ne.jp',
  'so-net.ne.jp',
  'plala.or.jp',
];

/** Slips that are further away than one letter. */
const slips: Readonly<Record<string, string>> = {
  'gmail.co.jp': 'gmail.com',
  'gmail.jp': 'gmail.com',
  'gmail.ne.jp': 'gmail.com',
  'docomo.co.jp': 'docomo.ne.jp',
  'docomo.jp': 'docomo.ne.jp',
  'docomo.com': 'docomo.ne.jp',
  'ezweb.co.jp': 'ezweb.ne.jp',
  'ezweb.jp': 'ezweb.ne.jp',
  'au.co.jp': 'au.com',
  'i.softbank.ne.jp': 'i.softbank.jp',
  'i.softbank.co.jp': 'i.softbank.jp',
  'icloud.co.jp': 'icloud.com',
  'icloud.jp': 'icloud.com',
  'yahoo.jp': 'yahoo.co.jp',
  'yahoo.or.jp': 'yahoo.co.jp',
  'hotmail.ne.jp': 'hotmail.co.jp',
  'outlook.co.jp': 'outlook.jp',
  'nifty.co.jp': 'nifty.com',
};

/** Real domains that stand one letter beside a well-known one. */
const real = new Set([
  'email.com',
  'mail.com',
  'ymail.com',
  'live.com',
  'outlook.fr',
  'hotmail.fr',
  'hotmail.it',
  'yahoo.com.jp',
  'yahoo.ne.jp',
  'ocn.ad.jp',
]);

/** Longest path of SMTP (RFC 5321 §4.5.3.1). */
const addressMax = 254;

/** @throws CauseTrouble `not-an-address`. */
export function cleanAddress(typed: string): CleanAddress {
  const no = (why: string) => new CauseTrouble('not-an-address', `this is no mail address: ${why}`);
  if (typed.length > 1_000) throw no('it is too long');
  const folded = foldWidth(typed)
    // What text fields and copied pages bring along unseen.
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, '')
    .trim();
  const inBrackets = /<([^<>]*)>\s*$/.exec(folded)?.[1] ?? folded;
  const bare = inBrackets
    .trim()
    .replace(/^mailto:/i, '')
    .replace(/[\s,;、。]+$/u, '');
  const at = bare.lastIndexOf('@');
  if (at < 0) throw no('there is no @');
  const localpart = bare.slice(0, at);
  if (localpart === '') throw no('nothing stands before the @');
  // Dots may stand anywhere: docomo and au gave out addresses with two dots in a row, against RFC 5321 §4.1.2.
  if (/[\s@<>()[\]\\,;:"]/.test(localpart)) throw no('there is a letter before the @ that does not belong there');
  // 。 and its kin are dots to a Japanese keyboard (UTS 46 §2.3 folds them too).
  const domain = parseHost(
    bare
      .slice(at + 1)
      .replaceAll(/[。．｡]/g, '.')
      .replace(/\.$/, ''),
  );
  if (domain === null || (!domain.includes('.') && domain !== 'localhost')) throw no('what stands after the @ is no domain');
  const address = `${localpart}@${domain}`;
  if (address.length > addressMax) throw no('it is too long');
  const near = nearDomain(domain);
  return { address, localpart, domain, suggestion: near === null ? null : `${localpart}@${near}` };
}

/** U+FF01 to U+FF5E are ASCII in full width, U+3000 is the space; nothing else is changed. */
function foldWidth(text: string): string {
  return text
    .replaceAll(/[\uff01-\uff5e]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0))
    .replaceAll('\u3000', ' ');
}

function nearDomain(domain: string): string | null {
  if (Object.hasOwn(slips, domain)) return slips[domain]!;
  if (wellKnown.includes(domain) || real.has(domain)) return null;
  return wellKnown.find((known) => isOneSlipAway(domain, known)) ?? null;
}

/** One letter more, less, other, or two changed places. */
function isOneSlipAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  const rest = (x: number, y: number) => a.slice(start + x) === b.slice(start + y);
  return rest(1, 1) || rest(0, 1) || rest(1, 0) || (a[start] === b[start + 1] && a[start + 1] === b[start] && rest(2, 2));
}
