// Plays a dialogue, kept as plain text, against a session in memory: whole, octet by octet, and cut at every place.
// Knows the text form and an in-memory Wire; knows no protocol. For tests; the same texts are played over sockets by test/.
//
//   state: authenticated            header lines `key: value`, handed to whoever makes the session; then an empty line
//   # a sentence                    says why; cites the RFC
//   C: a1 NOOP                      the client sends this line and CRLF
//   C- {"any text", no CRLF}        the client sends a JSON string as it stands, or plain text without CRLF
//   S: a1 OK *                      the server answers with this line; a final `*` takes the rest; `$name` takes a word and remembers it
//   S? * 3 EXISTS                   a run of S? lines may come in any order
//   S! 12                           the server sends 12 octets that nobody compares
//   A> NOOP    A< * BYE             several clients, named by a capital letter; `C`/`S` is client C
//   ! silence | shutdown | tls | gone | wake         an event for client C (`A! wake` for another)
//   S. closed                       the server has closed
import { allocateBytes, bytesFromLatin1, bytesFromUtf8, concatBytes, latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { Unavailable } from '../../base/trouble.ts';
import { Receiver } from './receiver.ts';
import type { Session, SessionFactory, TlsFacts, Unit, Want, Wire } from './session.ts';

type Step =
  | { readonly line: number; readonly client: string; readonly kind: 'send'; readonly text: string }
  | { readonly line: number; readonly client: string; readonly kind: 'expect'; readonly patterns: readonly string[] }
  | { readonly line: number; readonly client: string; readonly kind: 'skip'; readonly octets: number }
  | { readonly line: number; readonly client: string; readonly kind: 'event'; readonly event: string }
  | { readonly line: number; readonly client: string; readonly kind: 'closed' };

export interface Transcript {
  readonly name: string;
  readonly header: ReadonlyMap<string, string>;
  readonly steps: readonly Step[];
}

export function parseTranscript(name: string, text: string): Transcript {
  const header = new Map<string, string>();
  const steps: Step[] = [];
  const lines = text.split('\n');
  let at = 0;
  for (; at < lines.length && lines[at]!.trim() !== ''; at++) {
    const line = lines[at]!;
    if (line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    if (colon < 0) throw new Error(`${name}:${at + 1}: a header line is "key: value"`);
    header.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  for (; at < lines.length; at++) {
    const line = lines[at]!;
    if (line.trim() === '' || line.startsWith('#')) continue;
    const match = /^([A-Z]?)(:|-|>|<|\?|!|\.|~) ?(.*)$/.exec(line);
    if (!match) throw new Error(`${name}:${at + 1}: cannot read "${line}"`);
    const [, who = '', mark, rest = ''] = match;
    const isServer = who === 'S' || mark === '<';
    const client = who === '' || who === 'S' ? 'C' : who;
    const where = { line: at + 1, client };
    if (mark === '!' && who !== 'S') steps.push({ ...where, kind: 'event', event: rest.trim() });
    else if (mark === '!') steps.push({ ...where, kind: 'skip', octets: Number(rest) });
    else if (mark === '.') steps.push({ ...where, kind: 'closed' });
    else if (mark === '?') {
      const last = steps.at(-1);
      if (
        last?.kind === 'expect' &&
        last.client === client &&
        lines[at - 1]!.includes('?') &&
        last.patterns.length > 0 &&
        /^[A-Z]?\?/.test(lines[at - 1]!)
      )
        steps[steps.length - 1] = { ...last, patterns: [...last.patterns, rest] };
      else steps.push({ ...where, kind: 'expect', patterns: [rest] });
    } else if (isServer) steps.push({ ...where, kind: 'expect', patterns: [rest] });
    else if (mark === '-') steps.push({ ...where, kind: 'send', text: rest.startsWith('"') ? (JSON.parse(rest) as string) : rest });
    else steps.push({ ...where, kind: 'send', text: rest + '\r\n' });
  }
  return { name, header, steps };
}

/** Facts of a TLS connection that was not made. */
export const playedTls: TlsFacts = {
  version: 'TLSv1.3',
  cipher: 'TLS_AES_128_GCM_SHA256',
  serverName: null,
  exporter: () => bytesFromLatin1('0123456789abcdef0123456789abcdef'),
  endPoint: () => null,
};

/** A connection in memory: units come from a Receiver, effects are collected. */
export class MemoryWire implements Wire {
  readonly remote = { address: '192.0.2.1', port: 40_000 };
  readonly local = { address: '192.0.2.2', port: 25 };
  tls: TlsFacts | null = null;
  readonly id: string;
  readonly congested = false;
  closing = false;
  closed = false;
  patienceMs = 0;
  #session: Session | null = null;
  #receiver = new Receiver({ kind: 'line', max: 8192 });
  #out: Bytes[] = [];
  #events: Unit[] = [];
  #woken = false;
  #tlsWanted = false;
  #busy: Promise<void> = Promise.resolve();

  constructor(id: string, tls: TlsFacts | null) {
    this.id = id;
    this.tls = tls;
  }

  async start(make: SessionFactory): Promise<void> {
    this.#session = make(this);
    await this.#session.open();
  }

  write(data: string | Bytes): void {
    if (this.closed) return;
    this.#out.push(typeof data === 'string' ? bytesFromUtf8(data) : Uint8Array.from(data));
  }
  flush(): void {}
  drained(): Promise<void> {
    return this.closed ? Promise.reject(new Unavailable('timeout', 'the peer is gone')) : Promise.resolve();
  }
  want(want: Want): void {
    this.#receiver.want(want);
  }
  patience(ms: number): void {
    this.patienceMs = ms;
  }
  startTls(): void {
    this.#receiver.discard();
    this.#tlsWanted = true;
  }
  startDeflate(): void {
    throw new Error('a transcript cannot be compressed');
  }
  close(): void {
    this.closed = true;
    this.closing = true;
  }
  wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    void this.#run();
  }

  /** Hands octets to the session; settles when all units in them have been answered. */
  send(bytes: Bytes): Promise<void> {
    this.#receiver.push(bytes);
    return this.#run();
  }

  event(unit: Unit): Promise<void> {
    this.#events.push(unit);
    return this.#run();
  }

  gone(): void {
    this.closed = true;
    this.closing = true;
    this.#session?.gone();
  }

  #run(): Promise<void> {
    this.#busy = this.#busy.then(() => this.#drain());
    return this.#busy;
  }

  async #drain(): Promise<void> {
    for (;;) {
      if (this.closed || this.#session === null) return;
      let unit: Unit | null;
      if (this.#tlsWanted) {
        this.#tlsWanted = false;
        this.tls = playedTls;
        unit = { kind: 'tls', tls: playedTls };
      } else unit = this.#events.shift() ?? this.#receiver.next();
      if (unit === null && this.#woken) {
        this.#woken = false;
        unit = { kind: 'wake' };
      }
      if (unit === null) return;
      await this.#session.receive(unit);
    }
  }

  /** Takes everything sent so far. */
  takeOutput(): Bytes {
    const all = this.#out.length === 0 ? allocateBytes(0) : concatBytes(this.#out);
    this.#out = [];
    return all;
  }
}

/** How the client's octets are cut: whole lines, every octet alone, or one cut at this octet of the whole dialogue. */
export type Cut = 'whole' | 'octets' | number;

/** A world to play in: makes the session of each client. Everything a session holds on to is fresh for each playing. */
export interface World {
  readonly make: SessionFactory;
  /** What TLS a connection begins with. */
  readonly tls?: TlsFacts | null;
  end?(): void | Promise<void>;
}

/** @throws Error naming file and line where the dialogue differs. */
export async function playTranscript(
  transcript: Transcript,
  openWorld: (header: ReadonlyMap<string, string>) => World | Promise<World>,
  cut: Cut,
): Promise<void> {
  const world = await openWorld(transcript.header);
  const players = new Map<string, { wire: MemoryWire; output: string }>();
  const names = new Map<string, string>();
  let sent = 0;
  try {
    for (const step of transcript.steps) {
      let player = players.get(step.client);
      if (!player) {
        player = { wire: new MemoryWire(step.client, world.tls ?? null), output: '' };
        players.set(step.client, player);
        await player.wire.start(world.make);
      }
      const fail = (words: string): never => {
        throw new Error(`${transcript.name}:${step.line} (${typeof cut === 'number' ? `cut at octet ${cut}` : cut}): ${words}`);
      };
      switch (step.kind) {
        case 'send': {
          const bytes = bytesFromUtf8(step.text.replace(/\$([a-z]\w*)/g, (all, name: string) => names.get(name) ?? all));
          if (cut === 'octets') for (let i = 0; i < bytes.length; i++) await player.wire.send(bytes.slice(i, i + 1));
          else if (typeof cut === 'number' && cut > sent && cut < sent + bytes.length) {
            await player.wire.send(bytes.slice(0, cut - sent));
            await player.wire.send(bytes.slice(cut - sent));
          } else await player.wire.send(bytes);
          sent += bytes.length;
          break;
        }
        case 'event':
          if (step.event === 'gone') player.wire.gone();
          else if (step.event === 'wake') player.wire.wake();
          else if (step.event === 'tls') await player.wire.event({ kind: 'tls', tls: (player.wire.tls = playedTls) });
          else if (step.event === 'silence' || step.event === 'shutdown') await player.wire.event({ kind: step.event });
          else fail(`no such event "${step.event}"`);
          break;
        case 'skip':
          await until(() => (player.output += latin1FromBytes(player.wire.takeOutput())).length >= step.octets);
          if (player.output.length < step.octets) fail(`wanted ${step.octets} octets, got ${player.output.length}`);
          player.output = player.output.slice(step.octets);
          break;
        case 'closed':
          await until(() => player.wire.closed);
          if (!player.wire.closed) fail('the server has not closed');
          break;
        case 'expect': {
          const left = [...step.patterns];
          while (left.length > 0) {
            await until(() => (player.output += latin1FromBytes(player.wire.takeOutput())).includes('\r\n'));
            const end = player.output.indexOf('\r\n');
            if (end < 0) fail(`wanted "${left[0]}", got ${player.output === '' ? 'nothing' : JSON.stringify(player.output)}`);
            const line = player.output.slice(0, end);
            player.output = player.output.slice(end + 2);
            const hit = left.findIndex((pattern) => matchLine(pattern, line, names));
            if (hit < 0) fail(`wanted "${left.join('" or "')}", got "${line}"`);
            left.splice(hit, 1);
          }
          break;
        }
      }
    }
    for (const [name, player] of players) {
      player.output += latin1FromBytes(player.wire.takeOutput());
      if (player.output !== '')
        throw new Error(`${transcript.name}: at the end the server had also said to ${name}: ${JSON.stringify(player.output)}`);
    }
  } finally {
    for (const player of players.values()) if (!player.wire.closed) player.wire.gone();
    await world.end?.();
  }
}

/** Octets the client sends in the whole dialogue, without remembered names. */
export function sentLength(transcript: Transcript): number {
  return transcript.steps.reduce((sum, step) => sum + (step.kind === 'send' ? bytesFromUtf8(step.text).length : 0), 0);
}

/** Plays whole, octet by octet, and cut at every `every`th place. */
export async function playAllCuts(
  transcript: Transcript,
  openWorld: (header: ReadonlyMap<string, string>) => World | Promise<World>,
  every = 1,
): Promise<void> {
  await playTranscript(transcript, openWorld, 'whole');
  await playTranscript(transcript, openWorld, 'octets');
  for (let at = 1; at < sentLength(transcript); at += every) await playTranscript(transcript, openWorld, at);
}

/** Lets other work go on until `ready`, for at most two seconds; only for sessions that answer after a promise of theirs. */
async function until(ready: () => boolean): Promise<void> {
  for (const begin = performance.now(); !ready() && performance.now() - begin < 2000;) await new Promise((go) => setTimeout(go, 0));
}

function matchLine(pattern: string, line: string, names: Map<string, string>): boolean {
  const learnt: string[] = [];
  let source = '';
  const open = pattern.endsWith('*') && pattern !== '*' ? pattern.slice(0, -1) : pattern === '*' ? '' : pattern;
  for (const piece of open.split(/(\$[a-z]\w*)/)) {
    const name = piece.startsWith('$') && piece.length > 1 ? piece.slice(1) : null;
    if (name !== null && names.has(name)) source += escape(names.get(name)!);
    else if (name !== null && /^[a-z]\w*$/.test(name)) {
      learnt.push(name);
      source += '([^\\s()\\[\\]]+)';
    } else source += escape(latin1FromBytes(bytesFromUtf8(piece)));
  }
  const match = new RegExp(`^${source}${open === pattern ? '$' : ''}`, 's').exec(line);
  if (!match) return false;
  learnt.forEach((name, i) => names.set(name, match[i + 1]!));
  return true;
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
