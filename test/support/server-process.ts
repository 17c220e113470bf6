// bin/tayori as a process that faults are done to: killed, started again on the same data and ports, short of descriptors, with an
// environment of its own. Knows the program from outside only.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Listening, ListeningRow } from '../../src/setup/listening.ts';
import { freeBase, launcher } from './program.ts';

export interface ServerOptions {
  readonly data: string;
  /** More words for `tayori serve`. */
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly base?: number;
  /** File descriptors that it may hold. */
  readonly descriptors?: number;
  /** Nobody reads what it says. */
  readonly unread?: boolean;
}

export interface ServerProcess {
  readonly pid: number;
  readonly base: number;
  readonly listening: Listening;
  readonly ca: string;
  /** Milliseconds from its start until it took connections. */
  readonly readyIn: number;
  /** Its end, with the signal or the code. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  portOf(protocol: ListeningRow['protocol']): number;
  person(name: string): Listening['people'][number];
  log(): string;
  /** Resident memory, MiB. */
  memory(): number;
  /** Seconds of processor that it has used. */
  processor(): number;
  kill(): Promise<void>;
  /** An orderly end. @throws Error when it does not end well. */
  stop(): Promise<void>;
}

/** Waits until it accepts. @throws Error with its last words. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  for (;;) {
    const base = options.base ?? (await freeBase());
    const words = ['serve', '--data', options.data, '--port-base', String(base), ...(options.words ?? [])];
    // What the last server has left must not be taken for a sign of the new one.
    await rm(join(options.data, 'listening.json'), { force: true });
    const began = performance.now();
    const env = { PATH: process.env['PATH'], ...options.env };
    const child =
      options.descriptors === undefined
        ? spawn(launcher, words, { env, stdio: ['ignore', 'pipe', 'pipe'] })
        : spawn('/bin/sh', ['-c', `ulimit -n ${options.descriptors}; exec "$0" "$@"`, launcher, ...words], {
            env,
            stdio: ['ignore', 'pipe', 'pipe'],
          });
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    let text = '';
    if (options.unread !== true)
      for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    const ended = once(child, 'exit').then(([code, signal]) => {
      process.off('exit', end);
      return (code ?? signal) as number | NodeJS.Signals | null;
    });
    const listening = await waitFor(child, join(options.data, 'listening.json'));
    if (listening !== null) return processOf(child, { base, listening, readyIn: performance.now() - began, ended, log: () => text });
    await pause(50);
    if (options.base !== undefined || !text.includes('is taken by another program')) throw new Error(`the server did not start: ${text}`);
  }
}

async function waitFor(child: ChildProcess, path: string): Promise<Listening | null> {
  const limit = performance.now() + 60_000;
  while (child.exitCode === null && child.signalCode === null && performance.now() < limit) {
    const text = await readFile(path, 'utf8').catch(() => null);
    if (text !== null) return JSON.parse(text) as Listening;
    await pause(10);
  }
  child.kill('SIGKILL');
  return null;
}

function processOf(child: ChildProcess, facts: Pick<ServerProcess, 'base' | 'listening' | 'readyIn' | 'ended' | 'log'>): ServerProcess {
  const { listening, ended } = facts;
  const pid = child.pid!;
  return {
    ...facts,
    pid,
    ca: listening.ca!,
    portOf: (protocol) => listening.listeners.find((row) => row.protocol === protocol)!.port,
    person: (name) => listening.people.find((one) => one.name === name)!,
    memory: () => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024,
    processor() {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async stop() {
      child.kill('SIGTERM');
      const how = await ended;
      if (how !== 0) throw new Error(`the server ended with ${how}: ${facts.log()}`);
    },
  };
}
