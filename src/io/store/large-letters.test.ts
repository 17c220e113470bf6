// Large letters that come just when the thread that reads them goes to rest.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LargeLetters } from './large-letters.ts';

test('a letter that comes while the thread before ends is read by the next one', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tayori-large-'));
  const path = join(dir, 'letter');
  await writeFile(path, 'Subject: one\r\n\r\nbody\r\n');
  const large = new LargeLetters(0);
  try {
    for (let round = 0; round < 8; round++) {
      assert.equal((await large.read(path, 0, 22)).sha256.length, 32);
      // The thread's time to rest is over as soon as timers run.
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  } finally {
    await large.close();
    await rm(dir, { recursive: true, force: true });
  }
});
