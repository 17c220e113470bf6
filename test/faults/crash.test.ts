// The whole program killed at random under load, and its disk's power cut: what was promised is there, once and octet by octet, and nobody was
// told anything that is not so (reliability FT-01, FT-03). With their twins: a server that promises too early must be found out (FT-00).
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { CrashTrial, verifyData } from '../support/crash-trial.ts';
import { openLoopDisk, type LoopDisk } from '../support/loop-disk.ts';

const seed = Number(process.env['TAYORI_TEST_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const rounds = Number(process.env['TAYORI_TEST_ROUNDS'] ?? 20);
const whatIsWrong = (findings: readonly string[], t: TestContext): void => {
  assert.equal(findings.length, 0, `seed ${seed}, ${t.name}: ${findings.length} findings\n${findings.slice(0, 20).join('\n')}`);
};

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tayori-crash-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function killAndAudit(trial: CrashTrial, { all = false, atPromise = trial.chance(2) === 0, within = 1100 } = {}): Promise<string[]> {
  await trial.underLoad(async () => {
    await pause(50 + trial.chance(within));
    // However busy the machine is, there has to be something that could be lost.
    const heard = trial.ledger.counts.ack;
    const wanted = Math.floor(within / 20);
    for (const end = performance.now() + 60_000; trial.ledger.counts.ack - heard < wanted && performance.now() < end;) await pause(5);
    // In the moment in which somebody has heard a promise, or at any other.
    if (!atPromise) await trial.server.kill();
    else await new Promise<void>((killed) => (trial.ledger.atPromise = () => void trial.server.kill().then(killed)));
  });
  await trial.startAgain();
  return trial.audit({ all });
}

suite('crashes of the whole program', { concurrency: false }, () => {
  test('killed at random under load, again and again: every promise is kept', { timeout: 240_000 }, (t) =>
    inFolder(async (data) => {
      t.diagnostic(`seed ${seed} (TAYORI_TEST_SEED)`);
      const trial = await CrashTrial.open({ data, seed });
      try {
        for (let round = 1; round <= rounds; round++) {
          whatIsWrong(await killAndAudit(trial, { all: round === rounds }), t);
          assert.doesNotMatch(trial.server.log(), /"level":"error"/);
          if (round % 10 !== 0 && round !== rounds) continue;
          await trial.server.stop();
          whatIsWrong(await verifyData(data), t);
          await trial.startAgain();
        }
        const { ack, nak, unk } = trial.ledger.counts;
        t.diagnostic(
          `${ack} promises, ${nak} refusals, ${unk} without an answer; slowest start ${Math.round(trial.slowestStart)} ms of work`,
        );
        assert.ok(ack > 50 * rounds && unk > rounds, `too little load: ${ack} promises, ${unk} without an answer`);
        assert.ok(trial.slowestStart < 3_000, `ready after ${trial.slowestStart} ms of work`);
        await trial.server.stop();
      } finally {
        await trial.server.kill();
      }
    }),
  );

  test('a server that answers before it has committed is found out', { timeout: 240_000 }, (t) =>
    inFolder(async (data) => {
      const trial = await CrashTrial.open({ data, seed: seed + 1, env: { TAYORI_FAULT: 'ack-before-commit' } });
      try {
        for (let round = 1; round <= 25; round++) {
          const losses = (await killAndAudit(trial, { atPromise: true, within: 300 })).filter((finding) => finding.endsWith('but is gone'));
          if (losses.length === 0) continue;
          t.diagnostic(`found out in round ${round}: ${losses[0]}`);
          return;
        }
        assert.fail('letters were promised before they were kept, and the audit saw nothing');
      } finally {
        await trial.server.kill();
      }
    }),
  );
});

/** A disk whose power can be cut, or the end of the test by name. */
async function onDisk(t: TestContext, work: (disk: LoopDisk) => Promise<void>): Promise<void> {
  const disk = openLoopDisk(900);
  if (typeof disk === 'string') return t.skip(disk);
  try {
    await work(disk);
  } finally {
    disk.end();
  }
}

/** `byItself`: the server is waited for until it has noticed that its disk is gone (reliability D-5). */
async function cutAndAudit(trial: CrashTrial, disk: LoopDisk, byItself: boolean): Promise<string[]> {
  disk.sync();
  await trial.underLoad(async () => {
    await pause(200 + trial.chance(800));
    trial.ledger.doubtful = true;
    disk.cutPower();
    if (byItself) {
      const how = await Promise.race([trial.server.ended, pause(5_000)]);
      assert.equal(how, 1, `five seconds after its disk had failed the server has not ended in order: ${trial.server.log()}`);
      assert.doesNotMatch(trial.server.log(), /uncaughtException|unhandledRejection/);
    } else await pause(trial.chance(50));
    await trial.server.kill();
  }, true);
  disk.mountAgain();
  await trial.startAgain();
  return trial.audit();
}

suite('power cuts', { concurrency: false }, () => {
  test('the power of the disk is cut under load: every promise is kept', { timeout: 240_000 }, (t) =>
    onDisk(t, async (disk) => {
      const data = join(disk.dir, 'data');
      t.diagnostic(`seed ${seed}`);
      const trial = await CrashTrial.open({ data, seed: seed + 2, env: {} });
      try {
        for (let round = 1; round <= 3; round++) whatIsWrong(await cutAndAudit(trial, disk, round === 1), t);
        await trial.server.stop();
        whatIsWrong(await verifyData(data), t);
      } finally {
        await trial.server.kill();
      }
    }),
  );

  test('a server that does not wait for the disk is found out', { timeout: 240_000 }, (t) =>
    onDisk(t, async (disk) => {
      const trial = await CrashTrial.open({ data: join(disk.dir, 'data'), seed: seed + 3, env: { TAYORI_FAULT: 'no-fsync' } });
      try {
        for (let round = 1; round <= 5; round++) {
          // A store that is torn so much that it does not even open has been found out, too.
          const findings = await cutAndAudit(trial, disk, false).catch((trouble: unknown) => [`${String(trouble)}, but is gone`]);
          const losses = findings.filter((finding) => finding.endsWith('but is gone'));
          if (losses.length === 0) continue;
          t.diagnostic(`found out in round ${round}: ${losses[0]} (and ${losses.length - 1} more)`);
          return;
        }
        assert.fail('letters were promised before they were on the disk, and the audit saw nothing');
      } finally {
        await trial.server.kill();
      }
    }),
  );
});
