import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FalseClock } from '../../../test/support/clock.ts';
import { isShort } from '../../../test/support/depth.ts';
import { systemChance } from '../../io/clock.ts';
import { bytesFromLatin1, concatBytes, equalBytes, type Bytes } from '../../base/bytes.ts';
import { encodeBase64, encodeQuotedPrintable } from '../../message/transfer.ts';
import { openBlobs } from './blobs.ts';
import { blobGroup, type BlobParts } from './blob-methods.ts';
import type { Asker, BlobSource, JsonObject } from './contract.ts';
import { openTestStore, testAccounts } from './test-office.ts';

const [own, other] = testAccounts as [(typeof testAccounts)[number], (typeof testAccounts)[number]];

/** 4 MiB, in short mode one, that never repeat at the pieces' length. */
const octets = new Uint8Array((isShort ? 1 : 4) * 1024 * 1024 + 7);
for (let at = 0; at < octets.length; at++) octets[at] = (at * 31 + (at >> 8)) & 255;

async function allOf(source: BlobSource, step: number): Promise<Bytes> {
  const pieces: Bytes[] = [];
  for (let at = 0; at < source.size; at += step) pieces.push((await source.read(at, Math.min(at + step, source.size))).slice());
  return concatBytes(pieces);
}

describe('large parts', () => {
  const encodings: readonly (readonly [string, (bytes: Bytes) => string])[] = [
    ['base64', encodeBase64],
    ['quoted-printable', encodeQuotedPrintable],
  ];
  for (const [encoding, encode] of encodings)
    test(encoding, async () => {
      const source = encoding === 'base64' ? octets : octets.map((octet) => (octet === 10 || octet === 13 ? 65 : octet));
      const letter = `Content-Type: application/octet-stream; name=big.bin\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${encode(source)}`;
      const store = await openTestStore(new FalseClock(), systemChance, letter);
      let largest = 0;
      const blobs = openBlobs({
        readFacts: (...args) => store.readFacts(...args),
        uploads: store.uploads,
        openLetter: async (account, message) => {
          const bytes = await store.openLetter(account, message);
          return {
            length: bytes.length,
            read: (start, end) => {
              largest = Math.max(largest, end - start);
              return bytes.read(start, end);
            },
          };
        },
      });
      const found = (await blobs.find(own, 'B1-1'))!;
      assert.deepEqual([found.type, found.name, found.size], ['application/octet-stream', 'big.bin', source.length]);
      assert.ok(equalBytes(await allOf(found, 100_003), source));
      // Back, forward, over the end.
      for (const [start, end] of [
        [0, 10],
        [700_000, 700_100],
        [source.length - 300_000, source.length - 299_900],
        [5, 6],
        [source.length - 3, source.length + 10],
        [source.length + 5, source.length + 9],
      ] as const)
        assert.ok(equalBytes(await found.read(start, end), source.subarray(start, end)), `${start}`);
      assert.ok(largest <= 256 * 1024, `read ${largest} octets at once`);
      assert.equal((await blobs.find(other, 'B1-1')) === null, true);
    });
});

describe('parts of uploads', () => {
  test('are counted and decoded like those of letters', async () => {
    const store = await openTestStore(new FalseClock(), systemChance);
    const spool = store.spool(10_000);
    await spool.add(
      bytesFromLatin1(
        'Content-Type: message/rfc822\r\n\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n',
      ),
    );
    const { id } = await store.uploads.add(own.account, spool, 'message/rfc822');
    const blobs = openBlobs(store);
    const text = async (blobId: string): Promise<string | null> => {
      const source = await blobs.find(own, blobId);
      return source === null ? null : Buffer.from(await source.read(0, source.size)).toString();
    };
    assert.equal(await text(`U${id}-1_1`), 'hello');
    assert.match((await text(`U${id}-1`))!, /^Content-Type: text\/plain/);
    assert.equal(await text(`U${id}-2`), null);
    assert.equal((await blobs.find(own, `U${id}`))!.type, 'message/rfc822');
    assert.equal(await blobs.find(other, `U${id}`), null);
  });
});

describe('Blob/get', () => {
  const size = 50_000_000;
  const found: BlobSource = { size, type: 'x/y', name: '', read: async (start, end) => new Uint8Array(end - start) };
  const get = (ids: readonly string[], more: JsonObject, signal = new AbortController().signal) => {
    const { methods } = blobGroup({ store: {} as BlobParts['store'], blobs: { find: async () => found } });
    const asker = { accounts: new Map([[own.id, own]]), createdIds: new Map(), signal } as unknown as Asker;
    return methods['Blob/get']!({ accountId: own.id, ids, ...more }, asker);
  };
  test('reckons digests of so many octets at once, and no more', async () => {
    const ids = Array.from({ length: 6 }, (_, index) => `B${index + 1}`);
    await assert.rejects(get(ids, { properties: ['digest:sha'] }), { type: 'requestTooLarge' });
    const { response } = await get(ids, { properties: ['digest:sha'], length: 1000 });
    assert.equal((response['list'] as readonly unknown[]).length, 6);
  });
  test('ends when nobody is there any more', async () => {
    await assert.rejects(get(['B1'], { properties: ['size'] }, AbortSignal.abort(new Error('gone'))), /gone/);
  });
});
