// Letters that wait to be sent, and a program that is killed: whatever was promised goes once, what was called back goes never.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { silentLog } from '../../src/base/log.ts';
import { silentMeter } from '../../src/base/meter.ts';
import { openPost } from '../../src/protocol/jmap/sending/office-suite.ts';
import { systemChance, systemClock } from '../../src/io/clock.ts';
import { openEmbeddedStore } from '../../src/io/store/embedded.ts';

const program = new URL('../../src/io/store/trial/desk-at-work.ts', import.meta.url).pathname;

/** Runs the program until it has answered `answers` times, or to its end or its crash point. */
function run(
  dir: string,
  count: number,
  first: number,
  answers: number,
  crashAt: string,
): Promise<{ output: string; errors: string; signal: string | null }> {
  const child = spawn(process.execPath, [program, dir, String(count), String(first)], {
    env: { ...process.env, ...(crashAt === '' ? {} : { CRASH_AT: crashAt }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    output += piece;
    if (output.split('HELD').length > answers) child.kill('SIGKILL');
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (errors += piece));
  return new Promise((resolve) => child.on('close', (_code, signal) => resolve({ output, errors, signal })));
}

/** Names that were said after a word. */
function said(output: string, word: string): Set<string> {
  return new Set(output.split('\n').flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : [])));
}

/** Opens what was left behind, lets what is due go, and counts. */
async function audit(dir: string, output: string): Promise<readonly string[]> {
  const store = await openEmbeddedStore({
    dir,
    shards: 1,
    clock: systemClock,
    chance: systemChance,
    log: silentLog,
    meter: silentMeter,
    threads: false,
  });
  try {
    const post = await openPost({ store, recipientsPerHour: 1_000_000, world: { clock: systemClock, chance: systemChance } });
    for (let round = 0; round < 100 && (await store.items.nextDue()) !== null; round++) await post.runDue();
    const here = new Map<string, number>();
    for (const letter of await post.letters('taro', 'inbox')) count(here, /^Subject: (\S+)\r$/m.exec(letter)![1]!);
    const queued = new Map<string, number>();
    for (const row of await store.queue.list({ limit: 100_000 })) {
      const source = await store.openQueued(row.letter);
      const subject = /^Subject: (\S+)\r$/m.exec(Buffer.from(await source.read(0, source.length)).toString('latin1'))![1]!;
      if (row.domain !== 'remote.test') throw new Error(`${subject} still waits as ${row.domain}`);
      count(queued, subject);
    }
    const [tried, held, called, back] = ['TRY', 'HELD', 'CALL', 'BACK'].map((word) => said(output, word)) as [
      Set<string>,
      Set<string>,
      Set<string>,
      Set<string>,
    ];
    const faults: string[] = [];
    for (const name of new Set([...tried, ...here.keys(), ...queued.keys()])) {
      const [times, rows] = [here.get(name) ?? 0, queued.get(name) ?? 0];
      if (times !== rows) faults.push(`${name}: ${times} here, ${rows} in the queue`);
      if (times > 1) faults.push(`${name} went ${times} times`);
      if (back.has(name) && times > 0) faults.push(`${name} was called back and went`);
      if (held.has(name) && !called.has(name) && times !== 1) faults.push(`${name} was promised and went ${times} times`);
      if (said(output, 'GONE').has(name) && times !== 1) faults.push(`${name} was told to be gone and went ${times} times`);
    }
    return faults;
  } finally {
    await store.close();
  }
}

function count(map: Map<string, number>, name: string): void {
  map.set(name, (map.get(name) ?? 0) + 1);
}

async function inFolder(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'tayori-sending-'));
  try {
    await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

suite('letters that wait, and crashes', () => {
  test('killed again and again: each letter that was promised goes once, none that was called back', () =>
    inFolder(async (dir) => {
      let output = '';
      for (let round = 0; round < 3; round++) {
        const ended = await run(dir, 1000, round * 1000, 3 + 7 * round, '');
        assert.equal(ended.signal, 'SIGKILL', ended.errors);
        output += `${ended.output}\n`;
        assert.deepEqual(await audit(dir, output), []);
      }
      assert.ok(said(output, 'BACK').size > 0, 'nothing was called back');
    }));

  for (const point of ['before-commit', 'after-commit', 'after-item-row'])
    test(`killed ${point}`, () =>
      inFolder(async (dir) => {
        let output = '';
        for (let nth = 16; nth < 19; nth++) {
          const ended = await run(dir, 10, nth * 1000, 1000, `${point}:${nth}`);
          assert.equal(ended.signal, 'SIGKILL', `the point was not reached: ${ended.errors}`);
          output += `${ended.output}\n`;
        }
        assert.deepEqual(await audit(dir, output), []);
      }));
});
