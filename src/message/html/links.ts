// Where a link in a letter may lead: the web, a letter, a telephone, a place in the same letter. Knows URLs (https://url.spec.whatwg.org); asks nobody.
import { prefixed } from './css.ts';

const longestLink = 8_192;
const schemes = new Set(['http:', 'https:', 'mailto:', 'tel:']);

/** As it may stand in the document, or null. Relative ones lead nowhere: a letter has no place of its own. */
export function safeLink(value: string): string | null {
  const trimmed = value.trim();
  if (trimmed.startsWith('#')) return /^#[^\s"<>]{1,200}$/.test(trimmed) ? `#${prefixed(trimmed.slice(1))}` : null;
  if (trimmed.length > longestLink) return null;
  const url = URL.parse(trimmed);
  if (url === null || !schemes.has(url.protocol)) return null;
  // Written by the parser anew: what a browser would read otherwise is not in it any more.
  return url.href;
}

/** A picture somewhere else, as it would be asked for; null when it is no web address. `//host/…` is meant for the page's own scheme. */
export function remoteAddress(value: string): string | null {
  const trimmed = value.trim();
  if (trimmed.length > longestLink) return null;
  const url = URL.parse(/^[\\/]{2}/.test(trimmed) ? `https:${trimmed}` : trimmed);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? url.href : null;
}

const rasterData = /^data:image\/(?:png|jpeg|jpg|gif|webp|avif|bmp);base64,[A-Za-z0-9+/=\s]+$/i;
const longestData = 5 * 1024 * 1024;

/** A picture that stands in the letter itself (RFC 2397), raster kinds only. */
export function dataPicture(value: string): string | null {
  const trimmed = value.trim();
  return trimmed.length <= longestData && rasterData.test(trimmed) ? trimmed.replace(/\s+/g, '') : null;
}
