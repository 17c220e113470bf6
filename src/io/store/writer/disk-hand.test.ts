// Waiting for the disk beside the writer: what is begun is waited for, what fails is heard of, and no row is committed before.
import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Batch } from '../jobs.ts';
import { openForReading, readValue } from '../schema.ts';
import { Desk } from './desk.ts';
import { DiskThread, type DiskHand } from './disk-hand.ts';

async function inFolder(work: (dir: string) => Promise<void> | void): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'tayori-disk-hand-'));
  try {
    await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The thread is started only when it is wanted often, takes a moment, and until then begins nothing. */
async function begun(hand: DiskHand, file: number): Promise<void> {
  while (!hand.begin(file)) await pause(5);
}

test('what was begun is waited for, again and again, and a failure is told once', () =>
  inFolder(async (dir) => {
    const hand = new DiskThread();
    const file = openSync(join(dir, 'file'), 'w');
    hand.wait();
    await begun(hand, file);
    assert.equal(hand.begin(file), false, 'one at a time');
    hand.wait();
    for (let round = 0; round < 100; round++) {
      writeSync(file, 'x');
      assert.equal(hand.begin(file), true);
      hand.wait();
    }
    closeSync(file);
    assert.equal(hand.begin(file), true);
    assert.throws(() => hand.wait(), /fdatasync/);
    hand.wait();
    hand.end();
  }));

const text = new TextEncoder().encode('Subject: x\r\n\r\nx\r\n');

function appendBatch(): Batch {
  const letter = { cargo: { start: 0, length: text.length, prefix: 0, file: null }, flags: [], receivedAt: 0, letter: 'a' };
  return {
    number: 1,
    now: 0,
    jobs: [{ kind: 'append', account: 1, mailbox: 1, letters: [letter], quota: null }],
    octets: { memory: text.slice().buffer, length: text.length },
  };
}

/** A desk with one account, and a look at its letters from outside. */
function withDesk(dir: string, hand: DiskHand, work: (desk: Desk, lettersSeen: () => unknown) => void): void {
  const start = { shardDir: dir, shard: 0, shards: 1, segmentSize: 1 << 20, restingTime: 0, crashAt: null, fault: null };
  const desk = new Desk(start, () => {}, hand);
  const outside = openForReading(join(dir, 'mail.sqlite'));
  try {
    const jobs = [{ kind: 'createAccount' as const, account: 1, mailboxes: [] }];
    desk.work([{ number: 0, now: 0, jobs, octets: null }]);
    work(desk, () => readValue(outside, 'select count(*) from letter'));
  } finally {
    outside.close();
    desk.close();
  }
}

test('rows are written while the disk takes the octets, and committed only when it has', () =>
  inFolder((dir) => {
    const seen: unknown[] = [];
    let look = (): unknown => null;
    const hand: DiskHand = {
      begin: () => true,
      wait: () => void seen.push(look()),
      end: () => {},
    };
    withDesk(dir, hand, (desk, lettersSeen) => {
      look = lettersSeen;
      const [[answer]] = desk.work([appendBatch()]) as unknown as [[{ trouble?: unknown }]];
      assert.equal(answer.trouble, undefined);
      assert.deepEqual(seen, [0], 'the disk is waited for once, before anybody can see the row');
      assert.equal(lettersSeen(), 1);
    });
  }));

test('octets that the disk did not take are not told as kept, and no row speaks of them', () =>
  inFolder((dir) => {
    const hand: DiskHand = {
      begin: () => true,
      wait: () => {
        throw new Error('the disk is gone');
      },
      end: () => {},
    };
    withDesk(dir, hand, (desk, lettersSeen) => {
      const [[answer]] = desk.work([appendBatch()]) as unknown as [[{ trouble?: { code?: string } }]];
      assert.equal(answer.trouble?.code, 'store-stopped');
      assert.match(desk.poisoned ?? '', /fdatasync of a segment failed: the disk is gone/);
      assert.equal(lettersSeen(), 0);
    });
  }));
