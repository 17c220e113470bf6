// Thunderbird of Debian, started without a screen in a profile of its own and driven by its Marionette port: JSON frames with their length
// in front. Knows the program and the frames; what is run within it is the test's.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export interface Thunderbird {
  /** Runs a script with the rights of the program; its `return` may be a promise. */
  run(script: string, ...values: readonly unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

export interface ThunderbirdOptions {
  readonly folder: string;
  readonly port: number;
  readonly prefs: Readonly<Record<string, string | number | boolean>>;
}

const startPatienceMs = 60_000;

export async function startThunderbird({ folder, port, prefs }: ThunderbirdOptions): Promise<Thunderbird> {
  const profile = join(folder, 'thunderbird');
  mkdirSync(profile, { recursive: true });
  const all = { ...prefs, 'marionette.port': port, 'app.update.enabled': false, 'datareporting.policy.bypassNotification': true };
  writeFileSync(
    join(profile, 'user.js'),
    Object.entries(all)
      .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
      .join(''),
  );
  const child = spawn('thunderbird', ['--headless', '--marionette', '--remote-allow-system-access', '--no-remote', '--profile', profile], {
    // Its own session, so that whatever it starts ends with it.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: folder, MOZ_HEADLESS: '1', LANG: 'C.UTF-8' },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (said = (said + piece).slice(-4000)));
  const end = (): void => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  process.once('exit', end);
  const socket = await reach(port, () => child.exitCode === null && child.signalCode === null);
  if (socket === null) {
    end();
    throw new Error(`Thunderbird did not start: ${said}`);
  }
  const frames = new Frames(socket);
  try {
    await frames.next();
    await frames.ask('WebDriver:NewSession', { capabilities: { alwaysMatch: {} } });
    await frames.ask('Marionette:SetContext', { value: 'chrome' });
    await frames.ask('WebDriver:SetTimeouts', { script: 60_000 });
  } catch (trouble) {
    socket.destroy();
    end();
    throw trouble;
  }
  return {
    async run(script, ...args) {
      // The script ends by calling the last argument, with what it gives or with what it threw.
      const body = `const done = arguments[arguments.length - 1]; const given = [...arguments].slice(0, -1);
        (async () => { ${script} })().then((value) => done({ value }), (error) => done({ error: String(error && (error.message || error)) }));`;
      const answer = (await frames.ask('WebDriver:ExecuteAsyncScript', { script: body, args, sandbox: 'system' })) as {
        value: { value?: unknown; error?: string };
      };
      if (answer.value.error !== undefined) throw new Error(answer.value.error);
      return answer.value.value;
    },
    async close() {
      socket.destroy();
      const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
      end();
      await gone;
      process.off('exit', end);
      await rm(profile, { recursive: true, force: true });
    },
  };
}

async function reach(port: number, isRunning: () => boolean): Promise<Socket | null> {
  const until = performance.now() + startPatienceMs;
  while (performance.now() < until && isRunning()) {
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (open) return socket;
    await pause(100);
  }
  return null;
}

class Frames {
  readonly #socket: Socket;
  readonly #waiting: ((frame: unknown) => void)[] = [];
  readonly #kept: unknown[] = [];
  #held = Buffer.alloc(0);
  #number = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (piece: Buffer) => {
      this.#held = Buffer.concat([this.#held, piece]);
      for (;;) {
        const colon = this.#held.indexOf(':');
        const length = Number(this.#held.subarray(0, colon).toString());
        if (colon < 0 || this.#held.length < colon + 1 + length) return;
        const frame: unknown = JSON.parse(this.#held.subarray(colon + 1, colon + 1 + length).toString());
        this.#held = this.#held.subarray(colon + 1 + length);
        const heard = this.#waiting.shift();
        if (heard) heard(frame);
        else this.#kept.push(frame);
      }
    });
  }

  next(): Promise<unknown> {
    return this.#kept.length > 0 ? Promise.resolve(this.#kept.shift()) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  async ask(command: string, parameters: unknown): Promise<unknown> {
    const body = JSON.stringify([0, ++this.#number, command, parameters]);
    this.#socket.write(`${Buffer.byteLength(body)}:${body}`);
    const [, , trouble, answer] = (await this.next()) as [number, number, { message: string } | null, unknown];
    if (trouble !== null) throw new Error(`${command}: ${trouble.message}`);
    return answer;
  }
}
