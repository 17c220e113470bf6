// JMAP over HTTP (RFC 8620): session, requests, uploads, downloads, events. Knows paths, status codes and bodies; what is answered is the service's,
// who asks the door's.
import { Hono, type Context } from 'hono';
import { bytesFromUtf8, concatBytes, type Bytes } from '../../base/bytes.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import { isMediaType } from '../../protocol/jmap/blob-methods.ts';
import { coreLimits } from '../../protocol/jmap/limits.ts';
import { formatRequestTrouble, overLimit, RequestTrouble } from '../../protocol/jmap/request.ts';
import type { Entrant, JmapService } from '../../protocol/jmap/service.ts';
import { jmapPaths } from '../../protocol/jmap/session.ts';
import { formatId } from '../../protocol/jmap/ids.ts';
import { answerDownload } from './jmap-download.ts';
import { answerEvents } from './jmap-events.ts';
import type { WebSurroundings } from './listener.ts';
import { takenStream } from './taken-stream.ts';
import { originOf, problem, type WebDoor } from './web-door.ts';

export interface JmapRoutesParts {
  readonly service: JmapService;
  readonly door: Pick<WebDoor, 'identify'>;
  /** The port has TLS. */
  readonly secure: boolean;
}

type Ask = Context<{ Bindings: WebSurroundings }>;
type Answering = (context: Ask, entrant: Entrant) => Response | Promise<Response>;

const never = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
/** An upload that brings nothing for so long is over, and so is a long answer of which nothing is taken. */
const silenceMs = 30_000;
/** Characters from which on an answer counts as under way until it has been taken: who does not read has only so many waiting. */
const longAnswer = 256 * 1024;
const pieceCharacters = 64 * 1024;
/** Octets of a file that is too large which are read and thrown away. */
const passedMax = 64 * 1024 * 1024;

export function jmapRoutes(parts: JmapRoutesParts): Hono<{ Bindings: WebSurroundings }> {
  const { service, door, secure } = parts;
  const application = new Hono<{ Bindings: WebSurroundings }>();
  const known =
    (answer: Answering) =>
    async (context: Ask): Promise<Response> => {
      const found = await door.identify(context.req.raw, context.env);
      if (found instanceof Response) return found;
      await service.prepare();
      return answer(context, found);
    };

  /** RFC 8620 §2: "it is RECOMMENDED to disable HTTP caching altogether". */
  const session = known((context, entrant) =>
    context.json(service.session(entrant, originOf(context.req.raw, secure)), 200, {
      ...never,
      'cache-control': 'no-cache, no-store, must-revalidate',
    }),
  );
  application.get('/.well-known/jmap', session);
  application.get(jmapPaths.session, session);

  application.post(
    jmapPaths.api,
    known(async (context, entrant) => {
      const leave = service.gates.enter('requests', entrant.principal.account);
      if (leave === null) {
        return troubleAnswer(new RequestTrouble('limit', 'Too many requests at once.', 'maxConcurrentRequests', 429));
      }
      let isStreaming = false;
      try {
        if (!isJson(context.req.header('content-type'))) throw new RequestTrouble('notJSON', 'A request is application/json.');
        const request = service.dispatcher.read(await readBody(context.req.raw));
        const origin = originOf(context.req.raw, secure);
        const { remoteAddress } = context.env;
        const text = await service.answer(request, entrant, { origin, remoteAddress, signal: context.req.raw.signal });
        const headers = { ...never, 'content-type': 'application/json' };
        if (text.length < longAnswer) return context.body(text, 200, headers);
        isStreaming = true;
        return context.body(takenStream({ next: piecesOf(text), clock: service.clock, silenceMs, done: leave }), 200, headers);
      } catch (trouble) {
        if (trouble instanceof RequestTrouble) return troubleAnswer(trouble);
        // Nobody is there any more to be answered.
        if (context.req.raw.signal.aborted) return new Response(null, { status: 499 });
        throw trouble;
      } finally {
        if (!isStreaming) leave();
      }
    }),
  );

  application.post(
    `${jmapPaths.upload}/:account`,
    known(async (context, entrant) => {
      const account = service.accountsOf(entrant).get(context.req.param('account') ?? '');
      if (account === undefined || account.isReadOnly) return problem(404, 'there is no such account');
      const leave = service.gates.enter('uploads', entrant.principal.account);
      if (leave === null) return troubleAnswer(new RequestTrouble('limit', 'Too many uploads at once.', 'maxConcurrentUpload', 429));
      const tooLarge = () => troubleAnswer(new RequestTrouble('limit', 'The file is too large.', 'maxSizeUpload', 413));
      const length = Number(context.req.header('content-length') ?? 0);
      const told = context.req.header('content-type') ?? '';
      const spool = service.store.spool(coreLimits.maxSizeUpload);
      let passed = 0;
      try {
        let octets = length > coreLimits.maxSizeUpload ? length : 0;
        if (octets === 0) service.store.checkRoom(length);
        await readPieces(context.req.raw, service, (piece) => {
          if (octets <= coreLimits.maxSizeUpload) octets += piece.length;
          if (octets <= coreLimits.maxSizeUpload) return spool.add(piece);
          // Read on for a while: who is cut off in the middle of a sentence does not hear the answer.
          if ((passed += piece.length) > passedMax) throw new Refusal('too-big', 'the file is too large');
        });
        if (octets > coreLimits.maxSizeUpload) return tooLarge();
        const upload = await service.store.uploads.add(account.account, spool, isMediaType(told) ? told : 'application/octet-stream');
        const answer = { accountId: account.id, blobId: formatId('U', upload.id), type: upload.type, size: upload.size };
        return context.json(answer, 201, never);
      } catch (trouble) {
        if (trouble instanceof Refusal && trouble.code === 'too-big') return tooLarge();
        if (trouble instanceof Refusal && trouble.code === 'expired') return problem(408, 'the upload came to a stop');
        if (trouble instanceof Refusal) return problem(507, trouble.message);
        if (trouble instanceof Unavailable) return problem(503, 'not possible just now; try again later', { 'retry-after': '10' });
        if (context.req.raw.signal.aborted) return new Response(null, { status: 499 });
        throw trouble;
      } finally {
        spool.discard();
        leave();
      }
    }),
  );

  application.get(
    `${jmapPaths.download}/*`,
    known((context, entrant) => answerDownload(context.req.raw, entrant, service)),
  );
  application.get(
    jmapPaths.events,
    known((context, entrant) => answerEvents(context.req.raw, entrant, service)),
  );
  application.all('*', (context) => {
    const isKnown = [jmapPaths.api, jmapPaths.session, jmapPaths.events, '/.well-known/jmap'].some((path) => path === context.req.path);
    return isKnown ? problem(405, 'not by this method') : problem(404, 'nothing is here');
  });
  return application;
}

/** Whether a path is one of these routes. */
export function isJmapPath(path: string): boolean {
  return path.startsWith('/jmap/') || path === '/.well-known/jmap';
}

function troubleAnswer(trouble: RequestTrouble): Response {
  // What was not read to its end is followed by nothing.
  const isCut = trouble.limit === 'maxSizeUpload' || trouble.limit === 'maxSizeRequest';
  return new Response(JSON.stringify(formatRequestTrouble(trouble)), {
    status: trouble.status,
    headers: { ...never, 'content-type': 'application/problem+json', ...(isCut ? { connection: 'close' } : {}) },
  });
}

/** A text as octets, piece by piece; null after the last. */
function piecesOf(text: string): () => Bytes | null {
  let at = 0;
  return () => {
    if (at >= text.length) return null;
    // Not between the halves of a character.
    const half = text.charCodeAt(at + pieceCharacters - 1);
    const end = at + pieceCharacters - (half >= 0xd800 && half <= 0xdbff ? 1 : 0);
    const piece = bytesFromUtf8(text.slice(at, end));
    at = end;
    return piece;
  };
}

/** RFC 8620 §3.1. A charset is passed over: JSON is UTF-8 (RFC 8259 §11). */
function isJson(type: string | undefined): boolean {
  return /^application\/json[ \t]*(?:;|$)/i.test(type ?? '');
}

/** What is too large is read to its end up to here, and thrown away: who is cut off in the middle of writing never comes to hear why. */
const readAtMost = 2 * coreLimits.maxSizeRequest;

/** @throws RequestTrouble when there is more than a request may have. */
async function readBody(request: Request): Promise<Bytes> {
  const tooLarge = () => overLimit('maxSizeRequest', 'The request is too large.');
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > readAtMost) throw tooLarge();
  const pieces: Bytes[] = [];
  let octets = 0;
  for await (const piece of request.body ?? []) {
    octets += piece.length;
    if (octets > readAtMost) throw tooLarge();
    if (octets <= coreLimits.maxSizeRequest && announced <= coreLimits.maxSizeRequest) pieces.push(piece);
    else pieces.length = 0;
  }
  if (octets > coreLimits.maxSizeRequest) throw tooLarge();
  return pieces.length === 0 ? new Uint8Array() : concatBytes(pieces);
}

/** @throws Refusal `expired` when nothing comes any more. */
async function readPieces(request: Request, { clock }: JmapService, take: (piece: Bytes) => void | Promise<void>): Promise<void> {
  const reader = request.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      let stop = () => {};
      const silence = new Promise<never>((_resolve, reject) => {
        stop = clock.after(silenceMs, () => reject(new Refusal('expired', 'nothing comes any more')));
      });
      // oxlint-disable-next-line no-await-in-loop -- one piece after another
      const piece = await Promise.race([reader.read(), silence]).finally(() => stop());
      if (piece.done) return;
      // oxlint-disable-next-line no-await-in-loop -- as above
      await take(piece.value);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
