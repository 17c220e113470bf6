// The mail app's files, as `npm run build` of web/ leaves them in web/dist: which there are, under what headers, in which coding. Knows files and
// HTTP; knows nothing of what is in them. Where there is no build there is no app, and null is the answer.
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Bytes } from '../../base/bytes.ts';

export interface AppFiles {
  /** Null: not one of the app's, or there is no app. */
  answer(request: Request): Promise<Response | null>;
  isBuilt(): Promise<boolean>;
}

interface AppFile {
  readonly path: string;
  readonly type: string;
  readonly octets: Bytes;
  readonly tag: string;
  /** As the build has left them beside the file; else made at first use. */
  readonly coded: Map<'br' | 'gzip', Promise<Bytes>>;
}

interface Build {
  readonly madeAt: number;
  readonly files: ReadonlyMap<string, AppFile>;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/vnd.microsoft.icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const codable = new Set(['.html', '.js', '.css', '.json', '.webmanifest', '.svg', '.txt']);
const codings = [
  ['br', 'br'],
  ['gzip', 'gz'],
] as const;
const mostFiles = 2_000;
const mostOctets = 64 * 1024 * 1024;
const shortestCoded = 512;

/** The names under which the app may make strings into markup or addresses of code: `svelte-trusted-html` is Svelte's own; `tayori-letter` is the
 *  editor's, which lets pass what was cleaned. */
const trustedTypes = ['svelte-trusted-html', 'tayori', 'tayori-letter'];

/** Nothing from elsewhere, nothing inline, nothing made of text (CSP Level 3; Trusted Types). */
const appPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "frame-src 'self' blob:",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  `trusted-types ${trustedTypes.join(' ')}`,
].join('; ');

/** What a worker may do is its own document's matter: it asks this server and nobody else. */
const workerPolicy = "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types";

const common = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

const document = {
  ...common,
  'content-security-policy': appPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy':
    'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), ' +
    'publickey-credentials-create=(self), publickey-credentials-get=(self), clipboard-write=(self)',
};

/** `folder`: web/dist; it may be missing, come later, and be built anew while the server runs. */
export function openAppFiles(folder: string): AppFiles {
  let build: Build | null = null;

  async function current(): Promise<Build | null> {
    const madeAt = await stat(join(folder, 'index.html')).then(
      (found) => found.mtimeMs,
      () => null,
    );
    if (madeAt === null) return (build = null);
    if (build?.madeAt !== madeAt) build = { madeAt, files: await readFiles(folder) };
    return build;
  }

  return {
    isBuilt: async () => (await current()) !== null,
    async answer(request) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return null;
      const files = (await current())?.files;
      if (files === undefined) return null;
      const { pathname } = new URL(request.url);
      const file = files.get(pathname.slice(1)) ?? (isPage(request, pathname) ? files.get('index.html') : undefined);
      return file === undefined ? null : send(file, request);
    },
  };
}

/** The app finds its own way below `/`: every address that a person opens is its page. */
function isPage(request: Request, pathname: string): boolean {
  if (pathname === '/') return true;
  const accepts = request.headers.get('accept') ?? '';
  return /\btext\/html\b/i.test(accepts) && !/\.[A-Za-z0-9]+$/.test(pathname);
}

async function send(file: AppFile, request: Request): Promise<Response> {
  const headers: Record<string, string> = { ...common, 'content-type': file.type, vary: 'accept-encoding' };
  if (file.path === 'index.html') Object.assign(headers, document);
  // Where a service worker may work is said by the server (Service Workers §4.2, Service-Worker-Allowed).
  else if (isWorker(file.path)) Object.assign(headers, { 'content-security-policy': workerPolicy, 'service-worker-allowed': '/' });
  else
    headers['content-security-policy'] = file.path.endsWith('.js')
      ? workerPolicy
      : "default-src 'none'; style-src 'unsafe-inline'; sandbox";
  // A name with a hash stands for these octets for ever (RFC 8246); everything else is asked for each time.
  headers['cache-control'] = isHashed(file.path) ? 'public, max-age=31536000, immutable' : 'no-cache';
  const coding = codable.has(extname(file.path)) && file.octets.length >= shortestCoded ? chooseCoding(request) : null;
  headers['etag'] = coding === null ? `"${file.tag}"` : `"${file.tag}-${coding}"`;
  if (tagsOf(request).includes(headers['etag'])) return new Response(null, { status: 304, headers });
  if (coding !== null) headers['content-encoding'] = coding;
  const body = coding === null ? file.octets : await codedBy(file, coding);
  headers['content-length'] = String(body.length);
  return new Response(request.method === 'HEAD' ? null : new Uint8Array(body), { headers });
}

/** RFC 9110 §12.5.3. Both are understood by every browser that runs the app; a weight of nought takes one back. */
function chooseCoding(request: Request): 'br' | 'gzip' | null {
  const wanted = (request.headers.get('accept-encoding') ?? '').toLowerCase().split(',');
  const takes = (name: string): boolean => wanted.some((one) => one.split(';')[0]!.trim() === name && !/;\s*q=0(?:\.0*)?\s*$/.test(one));
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : null;
}

function codedBy(file: AppFile, coding: 'br' | 'gzip'): Promise<Bytes> {
  let made = file.coded.get(coding);
  if (made === undefined) {
    const { BROTLI_PARAM_QUALITY: quality, BROTLI_PARAM_SIZE_HINT: hint } = constants;
    made =
      coding === 'gzip'
        ? promisify(gzip)(file.octets, { level: 9 })
        : (promisify(brotliCompress) as (octets: Bytes, options: object) => Promise<Bytes>)(file.octets, {
            params: { [quality]: 10, [hint]: file.octets.length },
          });
    file.coded.set(coding, made);
  }
  return made;
}

/** RFC 9110 §13.1.2, weak comparison. */
function tagsOf(request: Request): readonly string[] {
  return (request.headers.get('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
}

/** As Vite names them: `assets/index-Cx81_a2B.js`. */
function isHashed(path: string): boolean {
  return /^assets\/.*-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/.test(path);
}

function isWorker(path: string): boolean {
  return /^(?:sw|service-worker)\.js$/.test(path);
}

async function readFiles(folder: string): Promise<ReadonlyMap<string, AppFile>> {
  const files = new Map<string, AppFile>();
  let octetsInAll = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue;
    const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/');
    const type = types[extname(path)];
    // Source maps and the like are for whoever builds.
    if (type === undefined) continue;
    const octets = await readFile(join(folder, path));
    octetsInAll += octets.length;
    if (files.size >= mostFiles || octetsInAll > mostOctets) throw new Error(`${folder} is no build of the app: too much lies in it`);
    files.set(path, { path, type, octets, tag: createHash('sha256').update(octets).digest('base64url').slice(0, 22), coded: new Map() });
  }
  for (const { path, coded } of files.values())
    for (const [coding, extension] of codings) {
      const octets = await readFile(join(folder, `${path}.${extension}`)).catch(() => null);
      if (octets !== null) coded.set(coding, Promise.resolve(octets));
    }
  return files;
}
