// Which kind of picture octets are, by their first ones. Raster kinds that browsers show; nothing that could hold markup or a script.
import { latin1FromBytes, type Bytes } from '../../base/bytes.ts';

/** Media type, or null (WHATWG MIME Sniffing §6.1). */
export function rasterType(octets: Bytes): string | null {
  const head = latin1FromBytes(octets, 0, Math.min(32, octets.length));
  if (head.startsWith('\x89PNG\r\n\x1A\n')) return 'image/png';
  if (head.startsWith('\xFF\xD8\xFF')) return 'image/jpeg';
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'image/gif';
  if (head.startsWith('RIFF') && head.slice(8, 14) === 'WEBPVP') return 'image/webp';
  if (/^[^]{4}ftyp(?:avif|avis)/.test(head)) return 'image/avif';
  if (head.startsWith('BM') && octets.length > 26) return 'image/bmp';
  if (head.startsWith('\0\0\x01\0')) return 'image/vnd.microsoft.icon';
  return null;
}
