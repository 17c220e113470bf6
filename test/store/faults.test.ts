// The embedded store when its disk is full, broken or has rotted, and its copies.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { suite, test } from 'node:test';
import { bytesFromLatin1, equalBytes } from '../../src/base/bytes.ts';
import { silentLog } from '../../src/base/log.ts';
import { silentMeter } from '../../src/base/meter.ts';
import { Refusal, Unavailable, type UnavailableCode } from '../../src/base/trouble.ts';
import { factsVersion } from '../../src/message/facts.ts';
import { systemChance, systemClock } from '../../src/io/clock.ts';
import { backupTo, restoreFrom } from '../../src/io/store/backup.ts';
import { openEmbeddedStore, type EmbeddedStore, type EmbeddedStoreOptions } from '../../src/io/store/embedded.ts';
import { segmentName } from '../../src/io/store/writer/segments.ts';

const noReserve = { minFree: 0, minFreeShare: 0, ballast: 0 };

function optionsFor(dir: string, more: Partial<EmbeddedStoreOptions> = {}): EmbeddedStoreOptions {
  const plain = { dir, shards: 1, clock: systemClock, chance: systemChance, log: silentLog, meter: silentMeter };
  return { ...plain, threads: false, room: noReserve, ...more };
}

async function inFolder(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'tayori-faults-'));
  try {
    await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function withStore(work: (store: EmbeddedStore, dir: string) => Promise<void>, more: Partial<EmbeddedStoreOptions> = {}): Promise<void> {
  return inFolder(async (dir) => {
    const store = await openEmbeddedStore(optionsFor(dir, more));
    try {
      for (const account of [1, 2]) await store.createAccount(account, []);
      await work(store, dir);
    } finally {
      await store.close();
    }
  });
}

function letter(name: string, size: number): Uint8Array {
  const head = `Message-ID: <${name}@example.test>\r\nSubject: ${name}\r\n\r\n`;
  return bytesFromLatin1(head + `${name} `.repeat(Math.ceil(size / (name.length + 1))).slice(0, size - head.length));
}

async function append(store: EmbeddedStore, account: number, name: string, size = 3000): Promise<number> {
  const spool = store.spool(1 << 24);
  const octets = letter(name, size);
  const inbox = await inboxOf(store, account);
  try {
    for (let at = 0; at < octets.length; at += 65_536) await spool.add(octets.subarray(at, at + 65_536));
    return (await store.append(account, inbox, [{ spool, flags: [] }], null)).uids[0]!;
  } finally {
    spool.discard();
  }
}

async function inboxOf(store: EmbeddedStore, account: number): Promise<number> {
  return (await store.mailboxes(account)).find(({ name }) => name === 'INBOX')!.id;
}

async function findingsOf(store: EmbeddedStore): Promise<string[]> {
  const findings: string[] = [];
  for await (const { what } of store.verify({ quick: false })) findings.push(what);
  return findings;
}

function unavailable(code: UnavailableCode): (trouble: unknown) => boolean {
  return (trouble) => {
    assert.ok(trouble instanceof Unavailable, String(trouble));
    assert.equal(trouble.code, code);
    return true;
  };
}

suite('rot', () => {
  test('a flipped bit is found by verify, by account, mailbox and letter, and the letter is never served', () =>
    inFolder(async (dir) => {
      const before = await openEmbeddedStore(optionsFor(dir));
      await before.createAccount(1, []);
      for (const name of ['one', 'two', 'three']) await append(before, 1, name);
      // What the process has written itself lately it takes as right; the rot is met by the next one.
      await before.close();
      const file = await open(join(dir, 'shard-0', 'segments', segmentName(1)), 'r+');
      await file.write(Buffer.from([1]), 0, 1, 3000 + 1500);
      await file.close();
      const store = await openEmbeddedStore(optionsFor(dir));
      const [first, second, third] = await store.readLetters(1, [1, 2, 3]);
      assert.ok(equalBytes(first!, letter('one', 3000)) && equalBytes(third!, letter('three', 3000)));
      assert.equal(second, null);
      await assert.rejects(store.openLetter(1, 2), Unavailable);
      const findings = await findingsOf(store);
      assert.equal(findings.length, 1);
      assert.match(findings[0]!, /^account 1, mailbox INBOX: letter 2 \(\w+\), UID 2: its octets are not those that were stored$/);
      assert.equal(await append(store, 1, 'four'), 4);
      await store.close();
    }));

  test('a letter written lately is checked again after an hour', () =>
    inFolder(async (dir) => {
      let ahead = 0;
      const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + ahead };
      const store = await openEmbeddedStore(optionsFor(dir, { clock }));
      await store.createAccount(1, []);
      await append(store, 1, 'one');
      const file = await open(join(dir, 'shard-0', 'segments', segmentName(1)), 'r+');
      await file.write(Buffer.from([1]), 0, 1, 1500);
      await file.close();
      ahead = 61 * 60 * 1000;
      assert.deepEqual(await store.readLetters(1, [1]), [null]);
      await store.close();
    }));

  test('a check in a thread finds the same, and ends when it is told to', () =>
    inFolder(async (dir) => {
      const before = await openEmbeddedStore(optionsFor(dir));
      await before.createAccount(1, []);
      for (let index = 0; index < 150; index++) await append(before, 1, `n${index}`);
      await before.close();
      const file = await open(join(dir, 'shard-0', 'segments', segmentName(1)), 'r+');
      for (const at of [1500, 4500]) await file.write(Buffer.from([1]), 0, 1, at);
      await file.close();
      const store = await openEmbeddedStore(optionsFor(dir, { threads: true }));
      const steps: number[] = [];
      const findings: string[] = [];
      for await (const { what } of store.verify({ quick: false, progress: (done) => steps.push(done) })) findings.push(what);
      assert.equal(findings.length, 2);
      assert.match(findings[1]!, /^account 1, mailbox INBOX: letter 2 .* its octets are not those that were stored$/);
      assert.deepEqual(steps, [100, 150, 150]);
      const ending = new AbortController();
      let heard = 0;
      for await (const { what } of store.verify({ quick: false, signal: ending.signal })) {
        heard += what === '' ? 0 : 1;
        ending.abort();
      }
      assert.equal(heard, 1);
      await store.close();
    }));

  test('a lost segment is named, and other accounts go on', () =>
    withStore(
      async (store, dir) => {
        await append(store, 1, 'one', 20_000);
        await append(store, 2, 'two', 20_000);
        await unlink(join(dir, 'shard-0', 'segments', segmentName(1)));
        const findings = await findingsOf(store);
        assert.ok(findings.some((what) => what === 'segment 1 of shard 0 is not there'));
        assert.ok(findings.some((what) => what.startsWith('account 1, mailbox INBOX: letter 1 ')));
        assert.ok(!findings.some((what) => what.startsWith('account 2')));
        const [octets] = await store.readLetters(2, [1]);
        assert.ok(equalBytes(octets!, letter('two', 20_000)));
      },
      { segmentSize: 16_384 },
    ));

  test('counters that do not agree are found', () =>
    inFolder(async (dir) => {
      const store = await openEmbeddedStore(optionsFor(dir));
      await store.createAccount(1, []);
      await append(store, 1, 'one');
      await store.close();
      const db = new DatabaseSync(join(dir, 'shard-0', 'mail.sqlite'));
      db.exec(
        "update mailbox set unseen = 7, uid_next = 1 where name = 'INBOX'; update account set octets = 1; update letter set refs = 2; update message set places = 3",
      );
      db.close();
      const again = await openEmbeddedStore(optionsFor(dir));
      const findings = await findingsOf(again);
      await again.close();
      assert.deepEqual(
        [
          /counts 1 letters and 1 octets, but holds 1 and 3000/,
          /7 unseen.*but holds 1, 1/,
          /would give UID 1 a second time/,
          /counts 2 holders, but has 1/,
          /letter 1 counts 3 places, but has 1/,
        ].map((wanted) => findings.some((what) => wanted.test(what))),
        [true, true, true, true, true],
      );
    }));

  test('facts that an older version read are read again, at once when asked for and for good by upkeep', () =>
    inFolder(async (dir) => {
      const store = await openEmbeddedStore(optionsFor(dir));
      await store.createAccount(1, []);
      for (const name of ['one', 'two']) await append(store, 1, name);
      const right = await store.readFacts(1, [1, 2], ['envelope', 'subject', 'references']);
      await store.close();
      const db = new DatabaseSync(join(dir, 'shard-0', 'mail.sqlite'));
      db.exec("update letter set facts_version = 99, envelope = 'old', subject = 'old' where id = 1");
      db.close();
      const again = await openEmbeddedStore(optionsFor(dir));
      assert.deepEqual(await again.readFacts(1, [1, 2], ['envelope', 'subject', 'references']), right);
      await again.upkeep();
      const row = again.shards[0]!.reader.row('select facts_version, subject from letter where id = 1');
      assert.deepEqual(row, [factsVersion, 'one']);
      assert.deepEqual(await again.readFacts(1, [1, 2], ['envelope', 'subject', 'references']), right);
      await again.close();
    }));

  test('data of a newer version are refused in one sentence and not touched', () =>
    inFolder(async (dir) => {
      await (await openEmbeddedStore(optionsFor(dir))).close();
      const path = join(dir, 'shard-0', 'mail.sqlite');
      const db = new DatabaseSync(path);
      db.exec('pragma user_version = 999');
      db.close();
      await assert.rejects(openEmbeddedStore(optionsFor(dir)), (trouble) => {
        assert.ok(trouble instanceof Refusal);
        assert.match(trouble.message, /was written by a newer Tayori \(schema 999; this one knows \d+\)/);
        return true;
      });
      await assert.rejects(openEmbeddedStore(optionsFor(dir, { threads: true })), Refusal);
    }));

  test('another number of shards is refused', () =>
    inFolder(async (dir) => {
      await (await openEmbeddedStore(optionsFor(dir))).close();
      await assert.rejects(openEmbeddedStore(optionsFor(dir, { shards: 2 })), /is shard 0 of 1, but the settings say 0 of 2/);
    }));
});

suite('a disk that fails', () => {
  test('after an I/O error nothing is promised any more, reading goes on, and the program is told', async () => {
    let told = '';
    await withStore(
      async (store) => {
        await append(store, 1, 'one');
        store.shards[0]!.writer.failIn(3, 10);
        await assert.rejects(append(store, 1, 'two'), unavailable('store-stopped'));
        await assert.rejects(append(store, 1, 'three'), unavailable('store-stopped'));
        await assert.rejects(store.setFlags(1, 1, [1], { how: 'add', flags: ['\\Seen'] }), unavailable('store-stopped'));
        assert.throws(() => store.checkRoom(1), unavailable('store-stopped'));
        const [octets] = await store.readLetters(1, [1]);
        assert.ok(equalBytes(octets!, letter('one', 3000)));
        assert.equal((await store.mailboxes(1))[0]!.messages, 1);
      },
      { stopped: (reason) => (told = reason) },
    );
    assert.notEqual(told, '');
  });
});

/** How many statements an append of a letter takes: with one more to go, what comes after the commit meets the fault. */
async function statementsOfAppend(store: EmbeddedStore): Promise<number> {
  for (let n = 1; ; n++) {
    store.shards[0]!.writer.failIn(n, 13);
    const isDone = await append(store, 1, `probe ${n}`).then(
      () => true,
      () => false,
    );
    if (isDone) return n - 1;
  }
}

test('a disk that is full when the WAL is written back takes nothing back of what was committed, and stops nothing', () =>
  withStore(async (store) => {
    const statements = await statementsOfAppend(store);
    for (let index = 0; index < 33; index++) {
      store.shards[0]!.writer.failIn(statements + 1, 13);
      await append(store, 1, `n${index}`);
    }
    store.shards[0]!.writer.failIn(0);
    store.checkRoom(1);
    assert.equal((await store.mailboxes(1))[0]!.messages, 34);
  }));

test('a disk that breaks when the WAL is written back leaves the answer true, and then the store stops', async () => {
  let told = '';
  await withStore(
    async (store) => {
      const statements = await statementsOfAppend(store);
      let kept = 1;
      for (; told === '' && kept < 40; kept++) {
        store.shards[0]!.writer.failIn(statements + 1, 10);
        await append(store, 1, `n${kept}`);
        await new Promise(setImmediate);
      }
      assert.notEqual(told, '');
      assert.equal((await store.mailboxes(1))[0]!.messages, kept);
    },
    { stopped: (reason) => (told = reason) },
  );
});

/** Why the store stopped when a statement of its rest failed with this code; empty when it did not. */
async function restWith(errcode: number): Promise<string> {
  let told = '';
  await withStore(
    async (store) => {
      // The first one comes to a store that does not know yet which events have keys.
      for (let round = 0; round < 2; round++) await store.commit({ events: [traceEvent] });
      store.shards[0]!.writer.failIn(2, errcode);
      // The store turns to keys of events after 20 ms without work.
      await new Promise((resolve) => setTimeout(resolve, 60));
      store.shards[0]!.writer.failIn(0);
      if (told === '') assert.equal(await append(store, 1, 'one'), 1);
    },
    { stopped: (reason) => (told = reason) },
  );
  return told;
}

const traceEvent = { letter: 'a', at: 1, station: 'reception', result: 'done', recipient: null, account: null, facts: {} } as const;

test('while the store rests, a locked database or a damaged page among keys stops nothing; a broken disk does', async () => {
  assert.deepEqual([await restWith(5), await restWith(11)], ['', '']);
  assert.notEqual(await restWith(10), '');
});

test('whichever statement meets a broken disk, the answer is true: done, not done, or not known', async () => {
  const seen = new Set<string>();
  for (let n = 1; n < 60 && !seen.has('done'); n++) {
    await inFolder(async (dir) => {
      const store = await openEmbeddedStore(optionsFor(dir));
      await store.createAccount(1, []);
      await append(store, 1, 'one');
      store.shards[0]!.writer.failIn(n, 10);
      const outcome = await append(store, 1, 'two').then(
        () => 'done',
        (trouble: unknown) => (trouble instanceof Unavailable ? trouble.code : String(trouble)),
      );
      seen.add(outcome);
      store.shards[0]!.writer.failIn(0);
      await store.close();
      const again = await openEmbeddedStore(optionsFor(dir));
      const { messages } = (await again.mailboxes(1))[0]!;
      const right: Record<string, readonly number[]> = { done: [2], 'store-stopped': [1], 'unknown-outcome': [1, 2] };
      assert.ok(right[outcome]?.includes(messages), `statement ${n}: ${outcome}, and ${messages} letters are there`);
      assert.deepEqual(await findingsOf(again), []);
      await again.close();
    });
  }
  assert.deepEqual([...seen].sort(), ['done', 'store-stopped', 'unknown-outcome']);
});

/** A small disk of its own, or the reason why there is none. */
function mountSmallDisk(): { readonly dir: string; readonly end: () => void } | string {
  if (process.getuid?.() !== 0) return 'mounting a small disk needs root';
  const dir = mkdtempSync(join(tmpdir(), 'tayori-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    return 'this machine does not let us mount a small disk';
  }
  return {
    dir,
    end: () => {
      execFileSync('umount', ['-l', dir], { stdio: 'ignore' });
      execFileSync('rmdir', [dir]);
    },
  };
}

test('a full disk takes no letters, but letters are read, flagged and expunged, and it takes them again when there is room', async (context) => {
  const disk = mountSmallDisk();
  if (typeof disk === 'string') {
    context.skip(disk);
    return;
  }
  try {
    const dir = join(disk.dir, 'data');
    await mkdir(dir);
    const store = await openEmbeddedStore(optionsFor(dir, { room: { ...noReserve, ballast: 2 << 20 } }));
    await store.createAccount(1, []);
    await store.upkeep();
    assert.ok((await readdir(join(dir, 'shard-0'))).includes('ballast'));
    const filler = join(disk.dir, 'filler');
    await writeFile(filler, Buffer.alloc(7 << 20));
    let there = 0;
    await assert.rejects(async () => {
      for (; there < 1000;) {
        await append(store, 1, `n${there}`, 40_000);
        there++;
      }
    }, unavailable('disk-full'));
    assert.ok(there > 10);
    await assert.rejects(append(store, 1, 'late', 2_000_000), unavailable('disk-full'));
    const inbox = await inboxOf(store, 1);
    assert.equal((await store.readLetters(1, [1]))[0]!.length, 40_000);
    await store.setFlags(1, inbox, [1, 2, 3], { how: 'add', flags: ['\\Deleted'] });
    assert.deepEqual((await store.expunge(1, inbox, null, true)).uids, [1, 2, 3]);
    assert.deepEqual(await findingsOf(store), []);
    await unlink(filler);
    assert.equal(await append(store, 1, 'again', 40_000), there + 1);
    await store.upkeep();
    assert.ok((await readdir(join(dir, 'shard-0'))).includes('ballast'));
    await store.close();
    const again = await openEmbeddedStore(optionsFor(dir));
    assert.equal((await again.mailboxes(1)).find(({ name }) => name === 'INBOX')!.messages, there - 3 + 1);
    assert.deepEqual(await findingsOf(again), []);
    await again.close();
  } finally {
    disk.end();
  }
});

test('room: what must stay free is asked before a letter is taken', () =>
  withStore(
    async (store) => {
      assert.throws(() => store.checkRoom(1), unavailable('disk-full'));
    },
    { room: { minFree: Number.MAX_SAFE_INTEGER } },
  ));

suite('copies', () => {
  test('a backup made under load holds all that was promised before, and restores with new UIDVALIDITY', () =>
    inFolder(async (base) => {
      const store = await openEmbeddedStore(
        optionsFor(join(base, 'data'), { shards: 2, threads: true, segmentSize: 64 * 1024, restingTime: 0 }),
      );
      for (const account of [1, 2]) await store.createAccount(account, []);
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => append(store, 1 + (index % 2), `before ${index}`, index === 7 ? 1_200_000 : 5000)),
      );
      let busy = true;
      const load = (async () => {
        for (let index = 0; busy; index++) {
          const uid = await append(store, 1, `during ${index}`);
          if (index % 2 === 0) await store.expunge(1, await inboxOf(store, 1), [uid], false);
          await store.upkeep();
        }
      })();
      const steps: number[] = [];
      const report = await backupTo(store, join(base, 'copy'), (done) => steps.push(done));
      busy = false;
      await load;
      assert.deepEqual(report.damaged, []);
      assert.ok(report.letters >= 20 && steps.length > 1 && steps.at(-1) === report.octets);
      await assert.rejects(backupTo(store, join(base, 'copy')), Refusal);
      const validity = (await store.mailboxes(1))[0]!.uidValidity;
      await store.close();
      const { shards: _shards, ...options } = optionsFor(join(base, 'restored'));
      await restoreFrom(join(base, 'copy'), options);
      await assert.rejects(restoreFrom(join(base, 'copy'), options), Refusal);
      const restored = await openEmbeddedStore(optionsFor(join(base, 'restored'), { shards: 2 }));
      assert.deepEqual(await findingsOf(restored), []);
      for (const account of [1, 2]) {
        const [inbox] = await restored.mailboxes(account);
        assert.ok(inbox!.messages >= 10 && inbox!.uidValidity > validity - 1);
      }
      assert.notEqual((await restored.mailboxes(1))[0]!.uidValidity, validity);
      const state = await restored.openMailbox(1, await inboxOf(restored, 1));
      const { subject } = await restored.readFacts(1, state.messages.slice(0, state.count), ['subject']);
      state.release();
      for (let index = 0; index < 20; index += 2) assert.ok(subject.includes(`before ${index}`));
      const before = new Set(state.messages.slice(0, state.count));
      await append(restored, 1, 'after');
      assert.ok(![...before].includes(state.messages[state.count - 1]!));
      await restored.close();
    }));
});

test('mostly dead segments are collected and their files go; what lives in them stays readable', () =>
  withStore(
    async (store, dir) => {
      for (let index = 0; index < 40; index++) await append(store, 1, `n${index}`, 4000);
      const inbox = await inboxOf(store, 1);
      const opened = await store.openLetter(1, 10);
      const folder = join(dir, 'shard-0', 'segments');
      const before = (await readdir(folder)).length;
      await store.expunge(
        1,
        inbox,
        Array.from({ length: 40 }, (_, index) => index + 1).filter((uid) => uid % 10 !== 0),
        false,
      );
      for (let round = 0; round < 3; round++) await store.upkeep();
      assert.ok((await readdir(folder)).length < before);
      const octets = await store.readLetters(1, [10, 20, 30, 40]);
      assert.deepEqual(
        octets.map((one, index) => equalBytes(one!, letter(`n${index * 10 + 9}`, 4000))),
        [true, true, true, true],
      );
      assert.ok(equalBytes(await opened.read(0, 4000), letter('n9', 4000)));
      assert.deepEqual(await findingsOf(store), []);
    },
    { segmentSize: 16_384, restingTime: 0 },
  ));

test('flag sets that one owner makes without end are bounded; flags without keywords go on', () =>
  withStore(async (store) => {
    const uid = await append(store, 1, 'one');
    const inbox = await inboxOf(store, 1);
    const state = await store.openMailbox(1, inbox);
    const long = Array.from({ length: 180 }, (_, index) => `${'k'.repeat(200)}${index}`);
    const made = async (): Promise<void> => {
      for (let n = 0; n < 1000; n++) {
        const flags = long.filter((_, index) => index >= 10 || ((n >> index) & 1) === 1);
        await store.setFlags(1, inbox, [uid], { how: 'replace', flags });
      }
    };
    await assert.rejects(made(), (trouble) => trouble instanceof Refusal && trouble.code === 'limit');
    assert.ok(state.flagSets.length > 100 && state.flagSets.length < 1000);
    await store.setFlags(1, inbox, [uid], { how: 'replace', flags: ['\\Seen'] });
    await store.setFlags(1, inbox, [uid], { how: 'remove', flags: ['other'] });
    assert.equal(state.flagsAt(0).text, '(\\Seen)');
    state.release();
  }));

test('a disk that cannot be read is a trouble of now, not a defect', () =>
  withStore(async (store, dir) => {
    const uids = [await append(store, 1, 'small'), await append(store, 1, 'large', 400_000)];
    const state = await store.openMailbox(1, await inboxOf(store, 1));
    const messages = Array.from(state.messages.slice(0, state.count));
    state.release();
    assert.equal(messages.length, uids.length);
    const segments = join(dir, 'shard-0', 'segments');
    for (const name of await readdir(segments)) {
      await unlink(join(segments, name));
      await mkdir(join(segments, name));
    }
    const isFault = (trouble: unknown): boolean => trouble instanceof Unavailable && trouble.code === 'disk-fault';
    for (const message of messages) await assert.rejects(async () => store.readLetters(1, [message]), isFault);
  }));

test('upkeep beside letters that come in: what has just been written is not taken for waste', () =>
  withStore(
    async (store) => {
      const inbox = await inboxOf(store, 1);
      // An upkeep asked for right before each letter: the writer does both in one transaction, the upkeep first.
      const { writer } = store.shards[0]!;
      const send = writer.send.bind(writer);
      const upkeeps: Promise<unknown>[] = [];
      writer.send = (job) => {
        if (job.kind === 'append') upkeeps.push(send<'upkeep'>({ kind: 'upkeep', keepSegments: false }));
        return send(job);
      };
      const spoolOf = async (name: string, size: number) => {
        const spool = store.spool(1 << 24);
        const octets = letter(name, size);
        for (let at = 0; at < octets.length; at += 65_536) await spool.add(octets.subarray(at, at + 65_536));
        return spool;
      };
      // A large letter is a segment by itself; small ones fill several in one go.
      const sizes = [2_000_000, 50_000, 50_000, 50_000, 50_000];
      for (let round = 0; round < 5; round++) {
        const spools = await Promise.all(sizes.map((size, index) => spoolOf(`r${round}n${index}`, size)));
        await Promise.all(spools.map((spool) => store.append(1, inbox, [{ spool, flags: [] }], null)));
      }
      const state = await store.openMailbox(1, inbox);
      const octets = await store.readLetters(1, state.messages.slice(0, state.count));
      state.release();
      assert.deepEqual(
        octets.map((one) => one?.length).sort(),
        Array.from({ length: 5 }, () => sizes)
          .flat()
          .sort(),
      );
      assert.deepEqual(await findingsOf(store), []);
    },
    { segmentSize: 64 * 1024 },
  ));
