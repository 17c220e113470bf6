// Memory that goes from letter to letter keeps none of the one before, and is not given away while somebody may still read it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { equalBytes, type Bytes } from '../../base/bytes.ts';
import { Spools, type LetterSpool } from './spools.ts';

function withSpools(work: (spools: Spools) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'tayori-spools-'));
  try {
    work(new Spools(dir));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function fill(spool: LetterSpool, octet: number, length: number, step: number): Bytes {
  for (let at = 0; at < length; at += step) void spool.add(new Uint8Array(Math.min(step, length - at)).fill(octet));
  return spool.held;
}

for (const [length, step] of [
  [30_000, 30_000],
  [70_000, 65_536],
  [70_000, 700],
  [131_072, 65_536],
  [200_000, 65_536],
] as const) {
  test(`${length} octets in steps of ${step}, one letter after the other and two at once`, () =>
    withSpools((spools) => {
      const first = spools.make(1 << 20);
      fill(first, 1, length, step);
      first.kept();
      first.kept();
      first.discard();
      const second = spools.make(1 << 20);
      const third = spools.make(1 << 20);
      const two = fill(second, 2, length, step);
      const three = fill(third, 3, length, step);
      assert.ok(equalBytes(two, new Uint8Array(length).fill(2)));
      assert.ok(equalBytes(three, new Uint8Array(length).fill(3)));
    }));
}

test('one that is only discarded gives its memory to nobody', () =>
  withSpools((spools) => {
    const first = spools.make(1 << 20);
    const one = fill(first, 1, 70_000, 65_536);
    first.discard();
    first.kept();
    fill(spools.make(1 << 20), 2, 70_000, 65_536);
    assert.ok(equalBytes(one, new Uint8Array(70_000).fill(1)));
  }));
