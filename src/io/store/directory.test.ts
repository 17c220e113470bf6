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

test('what is noted stays when another process has changed the file, and is written with the end', () =>
  inFolder(async (dir) => {
    const [one, other] = [await openIn(dir), await openIn(dir)];
    await one.putDomain({ name: 'x.test', catchAll: null, subaddress: null });
    const owned = { passwordHash: '', scram: {}, quota: null, createdAt: 0, closedAt: null };
    const { id: account } = await one.addAccount({ address: 'a@x.test', name: 'A', ...owned });
    const session = { account, sha256: 's', passwordMark: '', device: '', how: 'password', createdAt: 1 } as const;
    const { id } = await one.addWebSession({ ...session, lastUsedAt: 1, lastUsedFrom: '' });
    const key = await one.addAppPassword({ account, name: 'phone', sha256: 'k', protocols: ['imap'], createdAt: 1 });
    one.touchWebSession(id, 7, '192.0.2.7');
    one.touchAppPassword(key.id, 9, '192.0.2.9', 'imap');
    one.touchAppPassword(key.id, 8, '192.0.2.8', 'smtp');
    await other.putValue('x', 'y');
    one.lookAgain();
    const seen = (directory: typeof one): unknown[] => [
      directory.value('x'),
      directory.webSessions(account).map(({ lastUsedAt }) => lastUsedAt),
      directory.appPasswords(account).map(({ lastUsedAt, uses }) => [lastUsedAt, uses.imap?.at, uses.smtp?.at]),
    ];
    assert.deepEqual(seen(one), ['y', [7], [[9, 9, 8]]]);
    await one.close();
    other.lookAgain();
    assert.deepEqual(seen(other), ['y', [7], [[9, 9, 8]]]);
    await other.close();
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
