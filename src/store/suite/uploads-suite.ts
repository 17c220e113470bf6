// The store suite: uploads. That what an app handed in is there as it was, for its account alone, for a day, and within its room.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromUtf8, utf8FromBytes } from '../../base/bytes.ts';
import type { MailStore, Spool } from '../contract.ts';
import { uploadsKeptMs } from '../items-contract.ts';
import { uploadOctetsMax } from '../item-rules.ts';
import { ADA, BEN, hashOf, refuses, spoolOf, verifies, withStore, type OpenStore } from './stand-suite.ts';

export async function textOf(store: MailStore, account: number, id: number): Promise<string> {
  const octets = await store.uploads.open(account, id);
  return utf8FromBytes(await octets.read(0, octets.length));
}

export function uploadsSuite(open: OpenStore): void {
  for (const [name, size] of [
    ['nothing', 0],
    ['a little', 5000],
    ['more than is held in memory', 1_500_000],
  ] as const) {
    test(`an upload of ${name} is there as it was handed in, for its account`, () =>
      withStore(open, async (store) => {
        const octets = bytesFromUtf8('0123456789'.repeat(size / 10));
        const spool = store.spool(2_000_000);
        for (let at = 0; at < octets.length; at += 65_536) await spool.add(octets.slice(at, at + 65_536));
        const upload = await store.uploads.add(ADA, spool, 'image/png; x=y');
        assert.deepEqual([upload.id, upload.size, upload.type, upload.sha256], [1, size, 'image/png; x=y', hashOf(octets)]);
        assert.deepEqual(await store.uploads.find(ADA, 1), upload);
        const opened = await store.uploads.open(ADA, 1);
        assert.equal(opened.length, size);
        assert.equal(hashOf(await opened.read(0, size + 5)), hashOf(octets));
        assert.deepEqual(utf8FromBytes(await opened.read(7, 12)), utf8FromBytes(octets.slice(7, 12)));
        assert.equal((await opened.read(size, size + 1)).length, 0);
        assert.equal(await store.uploads.find(BEN, 1), null);
        await refuses('nonexistent', () => store.uploads.open(BEN, 1));
        await verifies(store);
        await store.uploads.remove(ADA, 1);
        await store.uploads.remove(ADA, 1);
        assert.equal(await store.uploads.find(ADA, 1), null);
        assert.equal((await store.uploads.add(ADA, await spoolOf(store, 'next'), 'text/plain')).id, 2);
        await verifies(store);
      }));
  }

  test('an upload is kept for a day', () =>
    withStore(open, async (store, { advance }) => {
      if (advance === undefined) return;
      await store.uploads.add(ADA, await spoolOf(store, 'old'), 'text/plain');
      advance(uploadsKeptMs - 60_000);
      await store.uploads.add(ADA, await spoolOf(store, 'young'), 'text/plain');
      await store.upkeep();
      assert.equal(await textOf(store, ADA, 1), 'old');
      advance(61_000);
      await store.upkeep();
      await refuses('nonexistent', () => store.uploads.open(ADA, 1));
      assert.equal(await textOf(store, ADA, 2), 'young');
      await verifies(store);
    }));

  test('an account has 1 GiB of uploads at most; what is refused leaves the spool to its owner', () =>
    withStore(open, async (store) => {
      await store.uploads.add(ADA, await spoolOf(store, 'five!'), 'text/plain');
      // Says that it holds more than a test can write; nobody looks at the octets of what is refused.
      const spool = await spoolOf(store, 'x');
      const large: Spool = { length: uploadOctetsMax - 4, add() {}, read: () => spool.read(), discard: () => spool.discard() };
      await refuses('limit', () => store.uploads.add(ADA, large, 'text/plain'));
      await store.uploads.add(ADA, spool, 'text/plain');
      assert.equal(await store.uploads.find(ADA, 3), null);
      await verifies(store);
    }));
}
