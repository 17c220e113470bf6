// A server for tests as a person starts it: bin/tayori in a process of its own, on free ports, in a folder that goes afterwards.
// Knows the program from outside only.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Listening, ListeningRow } from '../../src/setup/listening.ts';
import { portTable } from '../../src/setup/ports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const launcher = join(root, 'bin', 'tayori');

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export async function tayori(line: readonly string[], environment: Record<string, string> = {}, program = launcher): Promise<Ended> {
  return ended(spawn(program, line, { env: { PATH: process.env['PATH'], ...environment } }));
}

async function ended(child: ChildProcess): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

/** Servers that have not ended. */
const running = new Set<ChildProcess>();

export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tayori-program-'));
  try {
    await work(folder);
  } finally {
    // A test that failed has not stopped its servers, and the runner would wait for them for ever.
    for (const child of running) child.kill('SIGKILL');
    await rm(folder, { recursive: true });
  }
}

/** A port from which on ten are free; another program may be quicker, then the start is tried again. */
export async function freeBase(): Promise<number> {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 2_000) * 20;
    const free = await Promise.all(portTable.map((_row, index) => isFree(base + index)));
    if (free.every(Boolean)) return base;
  }
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

export interface Started {
  readonly child: ChildProcess;
  /** The first of its ports (--port-base). */
  readonly base: number;
  readonly listening: Listening;
  /** Settles when it has ended. */
  readonly stopped: Promise<Ended>;
  portOf(protocol: ListeningRow['protocol']): number;
  /** SIGTERM, and the end of it. */
  stop(): Promise<Ended>;
}

/** Starts `tayori serve` and waits until it says that it is open. `base`: these ports, as last time. @throws Error with its last words. */
export async function start(data: string, line: readonly string[] = [], base?: number): Promise<Started> {
  for (;;) {
    const first = base ?? (await freeBase());
    const child = spawn(launcher, ['serve', '--data', data, '--port-base', String(first), ...line], { env: { PATH: process.env['PATH'] } });
    // A test that is cut short leaves no server behind.
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    const stopped = ended(child);
    running.add(child);
    void stopped.then(() => {
      running.delete(child);
      process.off('exit', kill);
    });
    let text = '';
    const seen = new Promise<boolean>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('Ctrl-C ends the server.')) resolve(true);
      });
      void stopped.then(() => resolve(false));
    });
    if (await seen) {
      const listening = JSON.parse(await readFile(join(data, 'listening.json'), 'utf8')) as Listening;
      return {
        child,
        base: first,
        listening,
        stopped,
        portOf: (protocol) => listening.listeners.find((row) => row.protocol === protocol)!.port,
        stop() {
          child.kill('SIGTERM');
          return stopped;
        },
      };
    }
    const { err } = await stopped;
    if (base !== undefined || !err.includes('is taken by another program')) throw new Error(err);
  }
}

export function greeting(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', (chunk) => (resolve(chunk.toString()), socket.destroy()));
    socket.once('error', reject);
  });
}
