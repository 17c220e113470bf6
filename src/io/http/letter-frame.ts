// Letters as documents for a frame, the pictures in them, and pictures from elsewhere fetched on their behalf. Knows routes, headers, and who may read
// which letter; how a letter becomes harmless is message/html's.
//
//   GET /letter/A7/M12?images=0|1&theme=light|dark&plain=0|1&lang=ja|en    the document; X-Tayori-Remote: pictures elsewhere, X-Tayori-Trackers
//       &print=1&zone=Asia/Tokyo   for paper: with what stands on the envelope, light, nothing folded; whoever holds the frame may print it
//       &in=2~1.3&zone=…           a letter that lies in it: in part 2, and in that one part 1.3
//   GET /letter/A7/M12/part/1.2                                            a picture that lies in the letter
//   GET /image-proxy?u=…&s=…                                               a picture elsewhere; only addresses that a document of ours has named
//
// Three walls (reliability S-17, S-18): markup built anew from what is allowed; a frame whose policy lets nothing run and nothing load but from
// here; and the app's own page, which trusts no string.
import { Hono, type Context } from 'hono';
import { bytesFromUtf8, concatBytes, type Bytes } from '../../base/bytes.ts';
import type { Chance } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { sha256Hex } from '../../base/digest.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import { attachedLetter, inlinePart } from '../../message/html/letter-document.ts';
import type { Principal } from '../../protocol/sasl/authenticator.ts';
import type { WebClient } from '../../protocol/web/contract.ts';
import type { AccountId, LetterBytes, MailStore, MessageId } from '../../store/contract.ts';
import type { Directory } from '../../store/directory-contract.ts';
import { openLetterWriter } from './letter-thread.ts';
import { isSigned } from './picture-address.ts';
import { rasterType } from './raster.ts';
import { Turns } from './turns.ts';
import type { WebSurroundings } from './listener.ts';
import { problem, type WebDoor } from './web-door.ts';

export interface LetterParts {
  readonly door: WebDoor;
  readonly directory: Pick<Directory, 'outsideAccount' | 'value' | 'putValue'>;
  readonly store: Pick<MailStore, 'openLetter'>;
  readonly chance: Chance;
  readonly log: Log;
  /** The guarded way out. */
  readonly web: () => Promise<WebClient>;
}

type Ask = Context<{ Bindings: WebSurroundings }>;

const pictureOctets = 10 * 1024 * 1024;
const picturePatienceMs = 20_000;
/** Of one person at once; the others wait their turn. */
const picturesAtOnce = 6;
const mostWaiting = 200;
/** Beyond this a letter is not read into memory to be shown; attachments make letters long, and are asked for by themselves. */
const longestLetter = 64 * 1024 * 1024;
/** Letters of one person that are read at once: each is held whole, and its pictures are asked for all together. */
const lettersAtOnce = 3;
const keyName = 'image-proxy-key';

/** What the frame may do: show itself. */
const framePolicy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
  'sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox',
].join('; ');

/** To be printed a frame needs leave to open a dialogue. Nothing in it runs that could ask for one: only the page around it does. */
const printPolicy = `${framePolicy} allow-modals`;

const common = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'x-robots-tag': 'noindex',
};

export function letterRoutes(parts: LetterParts): Hono<{ Bindings: WebSurroundings }> {
  const { door, directory, store, chance, log } = parts;
  const routes = new Hono<{ Bindings: WebSurroundings }>();
  const writer = openLetterWriter(log);
  /** Of this running program. */
  const program = chance.bytes(16);
  const pictures = new Turns(picturesAtOnce, mostWaiting);
  const reading = new Turns(lettersAtOnce, mostWaiting);
  let key: Bytes | null = null;

  /** The same over restarts: documents that a browser has kept go on showing their pictures. */
  function proxyKey(): Bytes {
    if (key !== null) return key;
    const kept = directory.value(keyName);
    key = kept === null ? chance.bytes(32) : Buffer.from(kept, 'hex');
    if (kept === null)
      directory
        .putValue(keyName, Buffer.from(key).toString('hex'))
        .catch((cause: unknown) => log.warn('image-proxy-key-not-kept', {}, cause));
    return key;
  }

  async function here(context: Ask): Promise<Principal | Response> {
    const identity = await door.identify(context.req.raw, context.env);
    return identity instanceof Response ? identity : identity.principal;
  }

  /** A letter that this person may read; a foreign one and a missing one are the same. @throws Refusal, Unavailable. */
  async function letterOf(
    context: Ask,
    principal: Principal,
  ): Promise<{ readonly account: AccountId; readonly message: MessageId; readonly letter: LetterBytes } | Response> {
    const account = numberOf(context.req.param('account') ?? '', 'A');
    const message = numberOf(context.req.param('email') ?? '', 'M');
    if (account === null || message === null || !mayRead(principal, account)) return problem(404, 'no such letter');
    const letter = await store.openLetter(account, message);
    if (letter.length > longestLetter) return problem(413, 'this letter is too large to be shown: download it');
    return { account, message, letter };
  }

  function mayRead(principal: Principal, account: AccountId): boolean {
    if (account === principal.account) return true;
    const outside = directory.outsideAccount(account);
    return outside !== null && outside.owner === principal.account && outside.closedAt === null;
  }

  routes.get('/letter/:account/:email', async (context) => {
    const principal = await here(context);
    return principal instanceof Response ? principal : whileReading(principal, () => documentOf(context, principal));
  });

  async function documentOf(context: Ask, principal: Principal): Promise<Response> {
    const found = await letterOf(context, principal);
    if (found instanceof Response) return found;
    const within = context.req.query('in') ?? '';
    const isPrint = context.req.query('print') === '1';
    const asked = {
      theme: context.req.query('theme') === 'dark' && !isPrint ? ('dark' as const) : ('light' as const),
      plain: context.req.query('plain') === '1',
      language: languageOf(context),
      within,
      // A letter in another has nobody else to say what stands on its envelope.
      print: isPrint || within !== '' ? { timeZone: zoneOf(context.req.query('zone') ?? '') } : null,
    };
    const images = context.req.query('images') === '1';
    const address = `/letter/A${found.account}/M${found.message}`;
    // A letter never changes; how it is cleaned may, with another program. Asked for each time, because another person may sit there.
    const tag = `"${sha256Hex(program, `${principal.account} ${address} ${images} ${JSON.stringify(asked)}`).slice(0, 32)}"`;
    const headers = {
      ...common,
      'content-security-policy': isPrint ? printPolicy : framePolicy,
      'cache-control': 'private, no-cache',
      vary: 'accept-language',
      etag: tag,
    };
    // Before anything is read: only who has got the document knows its tag.
    if (context.req.header('if-none-match') === tag) return new Response(null, { status: 304, headers });
    const octets = withinOf(await readAll(found.letter), within);
    if (octets === null) return problem(404, 'no such letter');
    const { html, form, hasOther, remote, trackers } = await writer.write({
      ...asked,
      octets,
      address,
      pictures: images ? { key: proxyKey(), person: principal.account } : null,
    });
    return new Response(html, {
      headers: {
        ...headers,
        'content-type': 'text/html; charset=utf-8',
        'x-tayori-remote': String(remote),
        'x-tayori-trackers': String(trackers),
        'x-tayori-form': hasOther ? `${form}, ${form === 'html' ? 'plain' : 'html'}` : form,
      },
    });
  }

  routes.get('/letter/:account/:email/part/:part', async (context) => {
    const principal = await here(context);
    if (principal instanceof Response) return principal;
    const number = context.req.param('part');
    if (!/^\d{1,4}(?:\.\d{1,4}){0,20}$/.test(number)) return problem(404, 'no such part');
    return whileReading(principal, async () => {
      const found = await letterOf(context, principal);
      if (found instanceof Response) return found;
      const octets = withinOf(await readAll(found.letter), context.req.query('in') ?? '');
      return picture(octets === null ? null : inlinePart(octets, number), 'private, max-age=31536000, immutable');
    });
  });

  routes.get('/image-proxy', async (context) => {
    const principal = await here(context);
    if (principal instanceof Response) return principal;
    const address = context.req.query('u') ?? '';
    if (!isSigned(proxyKey(), principal.account, address, context.req.query('s') ?? ''))
      return problem(403, 'no letter of yours names this picture');
    return inTurn(pictures, principal.account, async () => {
      try {
        const answer = await (
          await parts.web()
        ).fetch(
          // One name for all: who is asked learns that a server of this kind asks, and nothing of a person.
          { method: 'GET', url: address, headers: { accept: 'image/avif,image/webp,image/png,image/jpeg,image/gif,image/*;q=0.5' } },
          { octets: pictureOctets, patience: picturePatienceMs, redirects: 3, plain: true, signal: context.req.raw.signal },
        );
        return answer.status === 200 ? picture(answer.body, 'private, max-age=86400') : problem(502, 'there is no such picture any more');
      } catch (trouble) {
        if (trouble instanceof Refusal || trouble instanceof Unavailable || context.req.raw.signal.aborted)
          return problem(502, 'the picture cannot be fetched');
        throw trouble;
      }
    });
  });

  function whileReading({ account }: Principal, work: () => Promise<Response>): Promise<Response> {
    return inTurn(reading, account, async () => {
      try {
        return await work();
      } catch (trouble) {
        if (trouble instanceof Refusal) return problem(404, 'no such letter');
        if (trouble instanceof Unavailable) return problem(503, 'this letter cannot be read at the moment', { 'retry-after': '10' });
        throw trouble;
      }
    });
  }

  async function inTurn(turns: Turns, person: AccountId, work: () => Promise<Response>): Promise<Response> {
    return (await turns.take(person, work)) ?? problem(429, 'too many at once', { 'retry-after': '5' });
  }

  routes.all('*', () => problem(404, 'nothing here'));
  return routes;
}

/** The kind is read from the octets, never taken from the letter or from whoever sent them: no SVG, no HTML by another name (reliability B-125). */
function picture(octets: Bytes | null, caching: string): Response {
  const type = octets === null ? null : rasterType(octets);
  if (octets === null || type === null) return problem(404, 'no picture');
  return new Response(new Uint8Array(octets), {
    headers: {
      ...common,
      'content-type': type,
      'content-disposition': 'inline',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': caching,
    },
  });
}

/** `2~1.3`: the letter in part 2, and in that one the letter in part 1.3; how deep, attachedLetter says. Empty: the letter itself. */
function withinOf(octets: Bytes, within: string): Bytes | null {
  if (within === '') return octets;
  return /^\d{1,4}(?:\.\d{1,4}){0,20}(?:~\d{1,4}(?:\.\d{1,4}){0,20})*$/.test(within) ? attachedLetter(octets, within.split('~')) : null;
}

function numberOf(text: string, letter: string): number | null {
  const [, digits] = /^([1-9]\d{0,14})$/.exec(text.startsWith(letter) ? text.slice(1) : '') ?? [];
  return digits === undefined ? null : Number(digits);
}

async function readAll(letter: LetterBytes): Promise<Bytes> {
  const step = 4 * 1024 * 1024;
  const pieces: Bytes[] = [];
  for (let at = 0; at < letter.length; at += step) pieces.push(await letter.read(at, Math.min(letter.length, at + step)));
  return pieces.length === 0 ? bytesFromUtf8('') : concatBytes(pieces);
}

function languageOf(context: Ask): 'ja' | 'en' {
  const asked = context.req.query('lang');
  if (asked === 'ja' || asked === 'en') return asked;
  return /^\s*en\b/i.test(context.req.header('accept-language') ?? '') ? 'en' : 'ja';
}

/** UTC where it is none that we know. */
function zoneOf(name: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name === '' ? 'UTC' : name }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}
