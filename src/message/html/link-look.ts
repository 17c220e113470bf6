// What a link in a letter says of itself, and where it leads. Takes the marks off by which a reader is followed, and tells when a link shows another
// place than its own. Knows names of such marks and how addresses look; asks nobody.
import { hasMixedScripts, organisation, readableDomain } from '../address/domain-look.ts';

/** Parts of a query that only tell who pressed: those that senders' tools put on by themselves. */
const marks =
  /^(?:utm_[a-z_]+|mc_[ce]id|fbclid|gclid|dclid|gbraid|wbraid|msclkid|twclid|yclid|igshid|_hsenc|_hsmi|hsctatracking|mkt_tok|vero_(?:id|conv)|oly_(?:anon|enc)_id|ml_subscriber(?:_hash)?|ck_subscriber_id|bsft_(?:eid|clkid|mid|uid)|trk_(?:contact|msg|module|sid)|wickedid|_openstat|rb_clickid)$/i;

/** The same place without what follows the reader; the rest of it stays as it was written. */
export function withoutMarks(href: string): string {
  const asked = href.indexOf('?');
  if (asked < 0 || !/^https?:/i.test(href)) return href;
  const hash = href.indexOf('#', asked);
  const end = hash < 0 ? href.length : hash;
  const parts = href.slice(asked + 1, end).split('&');
  const kept = parts.filter((part) => !marks.test(part.split('=', 1)[0]!));
  if (kept.length === parts.length) return href;
  return `${href.slice(0, asked)}${kept.length === 0 ? '' : `?${kept.join('&')}`}${href.slice(end)}`;
}

const shownAddress = /(?:https?:\/\/|www\.)([\p{L}\p{N}.-]{1,253})/iu;
const bareDomain = /^([\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,8}\.\p{L}{2,24})(?:[/?#:]\S{0,2000})?$/u;
const shownMailbox = /[\p{L}\p{N}._%+-]{1,64}@([\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8})/u;
/** Characters that nobody sees: a name is read as if they were not there (soft hyphen, zero width, direction). */
const unseen = /[\p{Cf}\p{Variation_Selector}\u034F\u115F\u1160\u3164]/gu;
/** What ends like a domain and is the name of a file. */
const files = /\.(?:pdf|docx?|xlsx?|pptx?|txt|csv|zip|png|jpe?g|gif|html?|mp[34]|eml|ics|md|js|ts|py|sh)$/i;

/**
 * Where a link leads, as a person reads it, when they should be told before they follow it: it shows another place than its own, hides its place behind
 * somebody's name, leads to a bare number, or to a name of mixed alphabets. Null: it may be followed as it is.
 */
export function elsewhere(shown: string, href: string): string | null {
  const said = shown.replaceAll(unseen, '').trim().slice(0, 2_500);
  const url = URL.parse(href);
  if (url === null) return null;
  if (url.protocol === 'mailto:') {
    const [found, domain = ''] = shownMailbox.exec(said) ?? [];
    const address = decode(url.pathname);
    const [, own = ''] = shownMailbox.exec(address) ?? [];
    if (found === undefined || own === '') return null;
    return organisation(readableDomain(domain)) === organisation(readableDomain(own)) ? null : address;
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  const host = readableDomain(url.hostname);
  if (url.username !== '' || hasMixedScripts(host)) return host;
  // Shown as a number it may be followed: when the number is the place, and not something behind another one.
  if (/^[\d.]+$|^\[/.test(host)) {
    const place = said.replace(/^https?:\/\//i, '');
    return place.startsWith(host) && !/^[\p{L}\p{N}.@-]/u.test(place.slice(host.length)) ? null : host;
  }
  const named = (shownAddress.exec(said) ?? (files.test(said) ? null : bareDomain.exec(said)))?.[1]?.replace(/\.+$/, '');
  if (named === undefined || !named.includes('.')) return null;
  return organisation(readableDomain(named)) === organisation(host) ? null : host;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
