// One blob as a file (RFC 8620 §6.2): ranges, names, and what a browser may do with it. Knows HTTP and media types; what a blob is, is the service's.
//
// What strangers have sent comes from the address of our app. So nothing is served under a type that a browser runs or draws as a page: HTML, SVG, XML,
// scripts and styles go out as octets, to be saved; and what is shown is shown in a sandbox.
import type { Bytes } from '../../base/bytes.ts';
import { safeFileName } from '../../message/mime/file-name.ts';
import { isMediaType } from '../../protocol/jmap/blob-methods.ts';
import type { BlobSource } from '../../protocol/jmap/contract.ts';
import type { Entrant, JmapService } from '../../protocol/jmap/service.ts';
import { jmapPaths } from '../../protocol/jmap/session.ts';
import { takenStream } from './taken-stream.ts';
import { problem } from './web-door.ts';

const pieceOctets = 256 * 1024;
/** A browser that takes nothing for so long has gone to sleep; it can ask for the rest by a range. */
const silenceMs = 120_000;

export async function answerDownload(request: Request, entrant: Entrant, service: JmapService): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const [accountId = '', blobId = '', ...rest] = pathname.slice(jmapPaths.download.length + 1).split('/');
  const name = decodeSafely(rest.join('/'));
  const account = service.accountsOf(entrant).get(accountId);
  const leave = service.gates.enter('downloads', entrant.principal.account);
  if (leave === null) return problem(429, 'too many downloads at once');
  let isStreaming = false;
  try {
    const source = account === undefined ? null : await service.blobs.find(account, blobId);
    // A foreign blob and a missing one are the same.
    if (source === null) return problem(404, 'there is no such file');
    const headers = fileHeaders(searchParams.get('type') ?? source.type, name === '' ? source.name : name);
    const tag = `"${accountId}-${blobId}"`;
    const common = { ...headers, etag: tag, 'accept-ranges': 'bytes' };
    if (request.headers.get('if-none-match') === tag) return new Response(null, { status: 304, headers: common });
    const ifRange = request.headers.get('if-range');
    const range = ifRange === null || ifRange === tag ? readRange(request.headers.get('range'), source.size) : null;
    if (range === 'unsatisfiable') {
      return problem(416, 'the file is not that long', { 'content-range': `bytes */${source.size}` });
    }
    const { start, end } = range ?? { start: 0, end: source.size };
    const about = {
      ...common,
      'content-length': String(end - start),
      ...(range === null ? {} : { 'content-range': `bytes ${start}-${end - 1}/${source.size}` }),
    };
    const status = range === null ? 200 : 206;
    if (request.method === 'HEAD') return new Response(null, { status, headers: about });
    isStreaming = true;
    const body = takenStream({ next: piecesOf(source, start, end), clock: service.clock, silenceMs, done: leave });
    return new Response(body, { status, headers: about });
  } finally {
    if (!isStreaming) leave();
  }
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The octets from `start` to before `end`, piece by piece; null after the last. */
function piecesOf(source: BlobSource, start: number, end: number): () => Promise<Bytes | null> {
  let at = start;
  return async () => {
    const piece = at < end ? await source.read(at, Math.min(end, at + pieceOctets)) : null;
    if (piece === null || piece.length === 0) return null;
    at += piece.length;
    return piece.slice();
  };
}

/** RFC 9110 §14.2: one range; several, or what cannot be read, count as none. */
function readRange(header: string | null, size: number): { readonly start: number; readonly end: number } | 'unsatisfiable' | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null) return null;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return null;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return null;
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size : Math.min(size, Number(last) + 1) };
}

// --- what a browser is told -------------------------------------------------------------------------------------------

/** Shown in the browser; everything else is saved. */
const shown =
  /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp|tiff|heic|heif|x-icon|vnd\.microsoft\.icon)|text\/plain|application\/pdf|audio\/[a-z0-9.+-]+)$/;
/** Passed on by their name: no browser runs them. Types that end in xml are not among them. */
const harmless =
  /^(?:image\/[a-z0-9.-]+|audio\/[a-z0-9.+-]+|video\/[a-z0-9.+-]+|font\/[a-z0-9.+-]+|text\/(?:plain|csv|calendar|vcard|markdown|rtf)|message\/(?:rfc822|global|delivery-status|disposition-notification)|application\/(?:pdf|zip|gzip|rtf|msword|ics|octet-stream|x-7z-compressed|x-tar|epub\+zip|pgp-encrypted|pgp-signature|pkcs7-mime|pkcs7-signature|vnd\.[a-z0-9.-]+))$/;

function fileHeaders(asked: string, name: string): Readonly<Record<string, string>> {
  const [essence = '', ...parameters] = isMediaType(asked) ? asked.split(';').map((part) => part.trim()) : [''];
  const type = essence.toLowerCase();
  const isHarmless = harmless.test(type) && !type.endsWith('xml');
  const charset = parameters.find((parameter) => /^charset=[\w.:-]{1,40}$/i.test(parameter));
  const isShown = isHarmless && shown.test(type);
  return {
    'content-type': isHarmless
      ? `${type}${type.startsWith('text/') && charset !== undefined ? `; ${charset}` : ''}`
      : 'application/octet-stream',
    'content-disposition': formatDisposition(isShown ? 'inline' : 'attachment', safeFileName(name)),
    // Browsers do not show a PDF in a sandbox; a PDF runs nothing in our name.
    'content-security-policy':
      type === 'application/pdf'
        ? "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
        : "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    // "The data for a particular blobId is immutable"; but whoever signs in next at this browser is to be asked again.
    'cache-control': 'private, immutable, max-age=31536000',
    vary: 'cookie, authorization',
  };
}

/** RFC 6266 §4.3: the name in ASCII for old programs, and as it is. */
export function formatDisposition(how: 'inline' | 'attachment', name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_');
  const extended = encodeURIComponent(name).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${how}; filename="${ascii}"${ascii === name ? '' : `; filename*=UTF-8''${extended}`}`;
}
