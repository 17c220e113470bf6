import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { silentLog } from '../../base/log.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import { runDirectorySuite } from '../../store/directory-suite.ts';
import { systemClock } from '../clock.ts';
import { openDirectory } from './directory.ts';

const openIn = (dir: string) => openDirectory({ dir, clock: systemClock, log: silentLog });

async function inFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'directory-'));
  try {
    await run(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

runDirectorySuite('file', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'directory-'));
  const directory = await openIn(dir);
  let last = directory;
  return {
    directory,
    async reopen() {
      await last.close();
      return (last = await openIn(dir));
    },
    async second() {
      const other = await openIn(dir);
      return { directory: other, lookAgain: () => other.lookAgain() };
    },
    async end() {
      await last.close();
      await rm(dir, { recursive: true });
    },
  };
});

test('only its owner can read the file and those beside it', () =>
  inFolder(async (dir) => {
    const directory = await openIn(dir);
    await directory.putValue('x', 'y');
    for (const name of ['directory.sqlite', 'directory.sqlite-wal', 'directory.sqlite-shm']) {
      assert.equal((await stat(join(dir, name))).mode & 0o777, 0o600, name);
    }
    await directory.close();
    await directory.close();
  }));

test('a file of a newer program is refused', () =>
  inFolder(async (dir) => {
    await (await openIn(dir)).close();
    const db = new DatabaseSync(join(dir, 'directory.sqlite'));
    db.exec('pragma user_version = 99');
    db.close();
    await assert.rejects(openIn(dir), (trouble) => trouble instanceof Refusal && trouble.message.includes('newer'));
  }));

test('when the disk is full nothing has changed, neither here nor in the file', () =>
  inFolder(async (dir) => {
    const directory = await openIn(dir);
    await directory.putValue('x', 'before');
    const db = new DatabaseSync(join(dir, 'directory.sqlite'));
    db.exec(`create trigger no_room before insert on value begin select raise(abort, 'no room'); end`);
    await assert.rejects(directory.putValue('x', 'after'), Unavailable);
    assert.equal(directory.value('x'), 'before');
    db.exec('drop trigger no_room');
    db.close();
    await directory.putValue('x', 'after');
    assert.equal(directory.value('x'), 'after');
    await directory.close();
  }));
