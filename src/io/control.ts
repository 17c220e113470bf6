// The control socket: how the command line speaks with a running server on the same machine. Knows frames, one question per
// connection, and the socket file (0600 in a folder of 0700); knows no command.
//
// A frame is four octets of length (big end first) and so many octets of JSON. The client sends one frame; the server sends any
// number of `say` frames (progress) and then one `answer` or `trouble`. A client that goes away aborts its command.
import { chmod, open, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { dirname, basename } from 'node:path';
import { allocateBytes, bytesFromUtf8, concatBytes, utf8FromBytes, type Bytes } from '../base/bytes.ts';
import type { Log } from '../base/log.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };

/** What the other side could not do, with words for people. */
export interface ControlFailure {
  readonly kind: 'refused' | 'unavailable' | 'usage' | 'defect';
  readonly message: string;
}

export class ControlTrouble extends Error {
  override readonly name = 'ControlTrouble';
  readonly failure: ControlFailure;
  constructor(failure: ControlFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** No server answers at the socket. */
export class NobodyThere extends Error {
  override readonly name = 'NobodyThere';
}

type Frame = { readonly ask: Json } | { readonly say: Json } | { readonly answer: Json } | { readonly trouble: ControlFailure };

const questionMax = 1024 * 1024;
const answerMax = 256 * 1024 * 1024;
/** A client must have put its question by then. */
const questionPatienceMs = 10_000;
/** `sun_path` of Linux, with its ending NUL. */
const longestSocketPath = 107;

export interface Control {
  close(): Promise<void>;
}

export interface ControlOptions {
  readonly path: string;
  /** Does what is asked. What it throws must be a ControlTrouble to be told; anything else is told as a defect. */
  readonly answer: (ask: Json, say: (progress: Json) => void, signal: AbortSignal) => Promise<Json>;
  readonly log: Log;
}

export async function openControl(options: ControlOptions): Promise<Control> {
  const { path, log } = options;
  // The data folder is ours alone (its lock is held), so a socket file that lies here is one left by a crash.
  await rm(path, { force: true });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', (error) => log.debug('control connection failed', { reason: error.message }));
    serve(socket, options);
  });
  server.maxConnections = 64;
  const reach = await reachSocket(path);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      const before = process.umask(0o177);
      try {
        server.listen(reach.path, resolve);
      } finally {
        process.umask(before);
      }
    });
  } finally {
    await reach.release();
  }
  await chmod(path, 0o600);
  server.on('error', (error) => log.warn('control socket failed', {}, error));
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
      await rm(path, { force: true });
    },
  };
}

function serve(socket: Socket, options: ControlOptions): void {
  const gone = new AbortController();
  const reader = new FrameReader(questionMax);
  let asked = false;
  socket.setTimeout(questionPatienceMs, () => socket.destroy());
  socket.on('close', () => gone.abort());
  socket.on('data', (chunk: Bytes) => {
    if (asked) return;
    let frame: Frame | null;
    try {
      frame = reader.push(chunk);
    } catch {
      socket.destroy();
      return;
    }
    if (frame === null) return;
    asked = true;
    socket.setTimeout(0);
    if (!('ask' in frame)) {
      socket.destroy();
      return;
    }
    const say = (progress: Json) => void (socket.writable && socket.write(formatFrame({ say: progress })));
    options.answer(frame.ask, say, gone.signal).then(
      (answer) => socket.end(formatFrame({ answer })),
      (trouble: unknown) => {
        if (trouble instanceof ControlTrouble) socket.end(formatFrame({ trouble: trouble.failure }));
        else {
          options.log.error('command failed', {}, trouble);
          socket.end(formatFrame({ trouble: { kind: 'defect', message: 'the server failed at this command; its log says why' } }));
        }
      },
    );
  });
}

/** Asks a running server. @throws NobodyThere, ControlTrouble, Error when the connection breaks in the middle. */
export async function askControl(path: string, ask: Json, heard: (progress: Json) => void = () => {}): Promise<Json> {
  const reach = await reachSocket(path);
  try {
    return await new Promise<Json>((resolve, reject) => {
      const socket = connect(reach.path);
      const reader = new FrameReader(answerMax);
      socket.on('connect', () => socket.write(formatFrame({ ask })));
      socket.on('error', (error: NodeJS.ErrnoException) => {
        const nobody = error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR';
        reject(nobody ? new NobodyThere('no server answers') : error);
      });
      socket.on('close', () => reject(new Error('the server ended before it answered')));
      socket.on('data', (chunk: Bytes) => {
        try {
          for (let frame = reader.push(chunk); frame !== null; frame = reader.push(null)) {
            if ('say' in frame) heard(frame.say);
            else if ('answer' in frame) resolve(frame.answer);
            else if ('trouble' in frame) reject(new ControlTrouble(frame.trouble));
          }
        } catch (error) {
          reject(error as Error);
          socket.destroy();
        }
      });
    });
  } finally {
    await reach.release();
  }
}

/**
 * A path that fits into a socket address: the file itself, or, where the data folder lies too deep, a way through an open
 * descriptor of the folder (Linux).
 */
async function reachSocket(path: string): Promise<{ readonly path: string; release(): Promise<void> }> {
  if (bytesFromUtf8(path).length <= longestSocketPath) return { path, release: async () => {} };
  let folder;
  try {
    folder = await open(dirname(path), 'r');
  } catch {
    throw new NobodyThere('no server answers');
  }
  return { path: `/proc/self/fd/${folder.fd}/${basename(path)}`, release: () => folder.close() };
}

function formatFrame(frame: Frame): Bytes {
  const body = bytesFromUtf8(JSON.stringify(frame));
  const head = allocateBytes(4);
  new DataView(head.buffer, head.byteOffset, 4).setUint32(0, body.length);
  return concatBytes([head, body]);
}

/** Gathers octets until a frame is whole; the twin of `formatFrame`. */
class FrameReader {
  readonly #max: number;
  #pieces: Bytes[] = [];
  #held = 0;
  constructor(max: number) {
    this.#max = max;
  }

  /** The next whole frame, or null when more octets are needed. @throws Error when it is too long or no JSON. */
  push(chunk: Bytes | null): Frame | null {
    if (chunk !== null) {
      this.#pieces.push(chunk);
      this.#held += chunk.length;
    }
    if (this.#held < 4) return null;
    // The length lies within the first pieces; all are joined only when the frame is whole.
    if (this.#pieces[0]!.length < 4) this.#pieces = [concatBytes(this.#pieces)];
    const first = this.#pieces[0]!;
    const length = new DataView(first.buffer, first.byteOffset, 4).getUint32(0);
    if (length > this.#max) throw new Error(`a message of ${length} octets on the control socket`);
    if (this.#held < 4 + length) return null;
    const all = concatBytes(this.#pieces);
    const rest = all.subarray(4 + length);
    this.#pieces = rest.length > 0 ? [rest] : [];
    this.#held = rest.length;
    const frame: unknown = JSON.parse(utf8FromBytes(all, 4, 4 + length));
    if (frame === null || typeof frame !== 'object') throw new Error('no message');
    return frame as Frame;
  }
}
