// One running Tayori for a file of tests with real mail apps: a demo with Hanako and Taro on free ports, in a folder that goes afterwards.
// Leaves neither process nor folder behind, also when the tests are killed: a guard outside of them waits for their end.
// Knows the program from outside only.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { debianPrograms, everythingMustRun, isInstalled, isThere } from '../../scripts/debian-packages.ts';
import type { Listening, ListeningRow } from '../../src/setup/listening.ts';
import { freeBase, launcher } from './program.ts';

export type Person = Listening['people'][number];
export type Ports = Readonly<Record<ListeningRow['protocol'], number>>;

export interface StartTayori {
  /** More words for `tayori serve`. */
  readonly args?: readonly string[];
  /** Lines of a settings file (tayori.toml). */
  readonly settings?: string;
}

export interface Tayori {
  /** For the files of the tests; the data lies in it too. */
  readonly folder: string;
  readonly data: string;
  /** The certificate authority that clients must trust. */
  readonly ca: string;
  readonly ports: Ports;
  readonly people: readonly Person[];
  /** What it has written so far, to both outputs. */
  log(): string;
  /** An orderly end and a new start on the same ports and data. `kill`: without warning. `between`: what is done to the data while nothing runs. */
  restart(how?: 'stop' | 'kill', between?: () => Promise<void>): Promise<void>;
  /** An orderly end; the folder goes. @throws Error when the server did not end well, or has written of defects. */
  stop(): Promise<void>;
  /** The end without warning; the folder goes. */
  kill(): Promise<void>;
}

export async function startTayori({ args = [], settings }: StartTayori = {}): Promise<Tayori> {
  const folder = mkdtempSync(join(tmpdir(), 'tayori-clients-'));
  const data = join(folder, 'data');
  const words = [...args];
  if (settings !== undefined) {
    await writeFile(join(folder, 'tayori.toml'), settings);
    words.push('--settings', join(folder, 'tayori.toml'));
  }
  let written = '';
  const note = (text: string): void => void (written += text);
  let running = await open(folder, data, words, undefined, note);
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    running.child.kill(signal);
    const code = await running.ended;
    running.guard.kill('SIGKILL');
    return code;
  };
  const endWell = async (): Promise<void> => {
    const code = await end('SIGTERM');
    if (code !== 0) throw new Error(`the server ended with ${code}: ${written}`);
    // Whatever an app does, nothing of it is a defect of ours.
    if (/"level":"(error|fatal)"/.test(written)) throw new Error(`the server wrote of defects: ${written}`);
  };
  const { listening, base } = running;
  return {
    folder,
    data,
    ca: listening.ca!,
    ports: Object.fromEntries(listening.listeners.map(({ protocol, port }) => [protocol, port])) as Ports,
    people: listening.people,
    log: () => written,
    async restart(how = 'stop', between) {
      await (how === 'kill' ? end('SIGKILL') : endWell());
      await between?.();
      running = await open(folder, data, words, base, note);
    },
    async stop() {
      try {
        await endWell();
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    async kill() {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Running {
  readonly child: ChildProcess;
  readonly guard: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly base: number;
  readonly listening: Listening;
}

async function open(
  folder: string,
  data: string,
  words: readonly string[],
  base: number | undefined,
  note: (text: string) => void,
): Promise<Running> {
  for (;;) {
    const first = base ?? (await freeBase());
    const child = spawn(launcher, ['serve', '--data', data, '--port-base', String(first), ...words], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const guard = guardOf(child, folder);
    const ended = once(child, 'close').then(([code]) => code as number | null);
    let text = '';
    const seen = new Promise<boolean>((resolve) => {
      const take = (chunk: Buffer): void => {
        note(chunk.toString());
        text += chunk.toString();
        if (text.includes('Ctrl-C ends the server.')) resolve(true);
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      void ended.then(() => resolve(false));
    });
    if (await seen) {
      const listening = JSON.parse(await readFile(join(data, 'listening.json'), 'utf8')) as Listening;
      return { child, guard, ended, base: first, listening };
    }
    guard.kill('SIGKILL');
    if (base !== undefined || !text.includes('is taken by another program')) {
      await rm(folder, { recursive: true, force: true });
      throw new Error(`the server did not start: ${text}`);
    }
  }
}

/** Holds a pipe from us. Whatever ends us closes it; then the server, unless it has ended before, and the folder go too. */
function guardOf(child: ChildProcess, folder: string): ChildProcess {
  const script = 'read -r ended || kill -KILL "$1" 2>/dev/null; cat >/dev/null; rm -rf "$2"';
  const guard = spawn('/bin/sh', ['-c', script, 'guard', String(child.pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const pipe = guard.stdin as Writable & { unref(): void };
  pipe.on('error', () => {});
  child.once('exit', () => pipe.write('ended\n'));
  guard.unref();
  pipe.unref();
  return guard;
}

/**
 * The `skip` of a test's options: false when what this Debian package brings is here (its command, or what the list in scripts/ looks for).
 * Where everything must run (TAYORI_TEST_ALL=1) it is always false, so that the test fails by what it lacks.
 */
export function needsDebian(name: string, command: string): string | false {
  const listed = debianPrograms.find((program) => program.package === name);
  if (listed === undefined) throw new Error(`${name} is not in the list that npm run test:setup installs`);
  return everythingMustRun || (isInstalled(command) && isThere(listed)) ? false : `not run: Debian package ${name} is missing`;
}
