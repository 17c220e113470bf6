// What a crash leaves behind: killed at random, killed at every named point, and two processes on one directory.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { silentLog } from '../../src/base/log.ts';
import { silentMeter } from '../../src/base/meter.ts';
import { Refusal } from '../../src/base/trouble.ts';
import { systemChance, systemClock } from '../../src/io/clock.ts';
import { openEmbeddedStore, type EmbeddedStore } from '../../src/io/store/embedded.ts';
import { audit, readLedger, type Ledger } from '../../src/io/store/trial/ledger.ts';
import { crashPointNames } from '../../src/io/store/writer/crash-points.ts';

const program = new URL('../../src/io/store/trial/office-at-work.ts', import.meta.url).pathname;

async function inFolder(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'tayori-crash-'));
  try {
    await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function reopen(dir: string, shards: number): Promise<EmbeddedStore> {
  return openEmbeddedStore({ dir, shards, clock: systemClock, chance: systemChance, log: silentLog, meter: silentMeter, threads: false });
}

/** Points that are not reached twice in a short run. */
const rare: ReadonlySet<string> = new Set(['before-checkpoint', 'after-checkpoint', 'large-letter-moved', 'before-unlink']);

interface Ended {
  readonly output: string;
  readonly errors: string;
  readonly signal: NodeJS.Signals | null;
}

/** Runs the program; `heard` gets everything it has said so far and may kill it. */
function run(
  dir: string,
  shards: number,
  rounds: string,
  env: Record<string, string>,
  heard?: (output: string, child: ChildProcess) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, [program, dir, String(shards), rounds], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    output += piece;
    heard?.(output, child);
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (errors += piece));
  return new Promise((resolve) => child.on('close', (_code, signal) => resolve({ output, errors, signal })));
}

async function auditAt(dir: string, shards: number, ledger: Ledger): Promise<readonly string[]> {
  const store = await reopen(dir, shards);
  try {
    return (await audit(store, ledger)).missing;
  } finally {
    await store.close();
  }
}

suite('crashes of the embedded store', () => {
  test('killed under load again and again, every promised letter is there once, octet by octet', () =>
    inFolder(async (dir) => {
      let output = '';
      for (let round = 0; round < 5; round++) {
        const acknowledged = 3 + 17 * round;
        const ended = await run(dir, 1, '1000', {}, (said, child) => {
          if (said.split('ACK').length > acknowledged) child.kill('SIGKILL');
        });
        assert.equal(ended.signal, 'SIGKILL', ended.errors);
        output += `${ended.output}\n`;
        const ledger = readLedger(output);
        assert.ok(ledger.promised.size >= acknowledged);
        assert.deepEqual(await auditAt(dir, 1, ledger), []);
      }
    }));

  for (const name of crashPointNames) {
    test(`killed at ${name}`, () =>
      inFolder(async (dir) => {
        const ended = await run(dir, 2, '8', { CRASH_AT: `${name}:${rare.has(name) ? 1 : 2}` });
        assert.equal(ended.signal, 'SIGKILL', `the point was not reached: ${ended.errors}`);
        assert.deepEqual(await auditAt(dir, 2, readLedger(ended.output)), []);
      }));
  }

  test('a store that answers before it commits is caught', () =>
    inFolder(async (base) => {
      for (let attempt = 0; attempt < 10; attempt++) {
        const dir = join(base, String(attempt));
        const ended = await run(dir, 1, '5', { CRASH_AT: `before-commit:${5 + attempt}`, TAYORI_FAULT: 'ack-before-commit' });
        assert.equal(ended.signal, 'SIGKILL', ended.errors);
        const missing = await auditAt(dir, 1, readLedger(ended.output));
        if (missing.length > 0) return;
      }
      assert.fail('letters were promised before they were kept, and the audit did not notice');
    }));

  test('a segment that was torn or has rubbish behind its end does not matter', () =>
    inFolder(async (dir) => {
      const first = await run(dir, 1, '5', { CRASH_AT: 'after-octets:8' });
      assert.equal(first.signal, 'SIGKILL', first.errors);
      const folder = join(dir, 'shard-0', 'segments');
      const last = join(folder, (await readdir(folder)).sort().at(-1)!);
      const { size } = await stat(last);
      await truncate(last, size + 100_000);
      await writeFile(join(folder, '00009999.seg'), 'left behind');
      const second = await run(dir, 1, '2', {});
      assert.match(second.output, /END/, second.errors);
      assert.deepEqual(await auditAt(dir, 1, readLedger(first.output + second.output)), []);
      assert.ok(!(await readdir(folder)).includes('00009999.seg'));
    }));

  test('a second process is refused in one sentence, and a killed one leaves no lock', () =>
    inFolder(async (dir) => {
      let refused = null as unknown;
      let asked = false;
      let settled: Promise<void> = Promise.resolve();
      const ended = await run(dir, 1, 'hold', {}, (output, child) => {
        if (asked || !output.includes('HELD')) return;
        asked = true;
        settled = reopen(dir, 1)
          .then(
            (store) => store.close(),
            (error: unknown) => void (refused = error),
          )
          .finally(() => child.kill('SIGKILL'));
      });
      await settled;
      assert.equal(ended.signal, 'SIGKILL', ended.errors);
      assert.ok(refused instanceof Refusal && refused.code === 'in-use');
      assert.match(refused.message, /^.* is in use by another Tayori \(process \d+\)$/);
      await (await reopen(dir, 1)).close();
    }));
});
