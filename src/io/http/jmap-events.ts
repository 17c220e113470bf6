// Changes as an event stream (RFC 8620 §7.3). Knows server-sent events; what has changed is the hub's. A reader who does not read is told the last
// states when it reads again; nothing piles up.
import { bytesFromUtf8, type Bytes } from '../../base/bytes.ts';
import { formatStateChange, mergeChanged, type Changed, type Listening } from '../../protocol/jmap/push-hub.ts';
import { markOfStates, type Entrant, type JmapService } from '../../protocol/jmap/service.ts';
import { problem } from './web-door.ts';

/** Seconds. "Servers MUST NOT have a minimum allowed value higher than 30 or a maximum allowed value less than 300." */
const pingLeast = 1;
const pingMost = 900;
/** Connections are looked at so often when the client wants no pings: comments, which are no events. */
const breathMs = 60_000;

const headers = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // Proxies that gather are asked not to.
  'x-accel-buffering': 'no',
};

interface Wish {
  readonly types: ReadonlySet<string> | null;
  readonly closesAfter: boolean;
  /** Seconds; 0: none. */
  readonly ping: number;
}

export async function answerEvents(request: Request, entrant: Entrant, service: JmapService): Promise<Response> {
  const wish = readWish(new URL(request.url).searchParams);
  if (wish === null) return problem(400, 'types, closeafter (state or no) and ping (seconds) have to be given');
  // Who asks for the head alone reads no stream, and nobody would end it.
  if (request.method === 'HEAD') return new Response(null, { headers });
  const leave = service.gates.enter('events', entrant.principal.account);
  if (leave === null) return problem(429, 'too many connections at once');
  try {
    return new Response(await openStream(request, entrant, wish, service, leave), { headers });
  } catch (trouble) {
    leave();
    throw trouble;
  }
}

function readWish(query: URLSearchParams): Wish | null {
  const [types, closeafter, ping] = [query.get('types'), query.get('closeafter'), query.get('ping')];
  if (types === null || types === '' || types.length > 2000) return null;
  if (closeafter !== 'state' && closeafter !== 'no') return null;
  if (ping === null || !/^[0-9]{1,9}$/.test(ping)) return null;
  const seconds = Number(ping);
  return {
    types: types === '*' ? null : new Set(types.split(',')),
    closesAfter: closeafter === 'state',
    ping: seconds === 0 ? 0 : Math.min(Math.max(seconds, pingLeast), pingMost),
  };
}

async function openStream(
  request: Request,
  entrant: Entrant,
  wish: Wish,
  service: JmapService,
  leave: () => void,
): Promise<ReadableStream<Bytes>> {
  let controller: ReadableStreamDefaultController<Bytes>;
  let listening: Listening | null = null;
  let pending: Changed | null = null;
  let stopPing = (): void => {};
  let isOver = false;
  let unread = 0;

  const end = (): void => {
    if (isOver) return;
    isOver = true;
    stopPing();
    letGo();
    listening?.end();
    leave();
    try {
      controller.close();
    } catch {
      // The reader has gone already.
    }
  };
  const letGo = service.hold(entrant, {
    changed: (accounts) => void listening?.follow(accounts).catch(end),
    ended: end,
  });
  const write = (text: string): void => controller.enqueue(bytesFromUtf8(text));
  const beat = (): void => {
    stopPing = service.clock.after(wish.ping === 0 ? breathMs : wish.ping * 1000, () => {
      // Twice nothing read: nobody is there.
      if ((controller.desiredSize ?? 0) <= 0 && (unread += 1) > 1) return end();
      if ((controller.desiredSize ?? 0) > 0) {
        unread = 0;
        write(wish.ping === 0 ? ':\n\n' : `event: ping\ndata: ${JSON.stringify({ interval: wish.ping })}\n\n`);
      }
      beat();
    });
  };
  const flush = (): void => {
    if (pending === null || listening === null || isOver || (controller.desiredSize ?? 0) <= 0) return;
    const change = formatStateChange(pending);
    pending = null;
    stopPing();
    beat();
    write(`event: state\nid: ${markOfStates(listening.states())}\ndata: ${JSON.stringify(change)}\n\n`);
    if (wish.closesAfter) end();
  };

  const stream = new ReadableStream<Bytes>(
    {
      start: (given) => {
        controller = given;
      },
      pull: flush,
      cancel: end,
    },
    { highWaterMark: 8 },
  );
  request.signal.addEventListener('abort', end, { once: true });
  try {
    listening = await service.hub.listen([...service.accountsOf(entrant).values()], wish.types, (changed) => {
      pending = pending === null ? changed : mergeChanged(pending, changed);
      flush();
    });
  } catch (trouble) {
    letGo();
    throw trouble;
  }
  if (isOver) {
    listening.end();
    return stream;
  }
  beat();
  // "If so, it SHOULD send these changes immediately on connection."
  const last = request.headers.get('last-event-id');
  const states = listening.states();
  if (last !== null && last !== markOfStates(states)) {
    pending = states;
    flush();
  } else write(':\n\n');
  return stream;
}
