// Restore: a data folder made from a backup. Knows the order (manifest checked, letters, the rest, then the move to its place) and what
// must be made new; knows no terminal.
import { copyFile, cp, mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { silentLog } from '../../base/log.ts';
import { silentMeter } from '../../base/meter.ts';
import { Refusal } from '../../base/trouble.ts';
import { systemChance, systemClock } from '../../io/clock.ts';
import { ledgerName } from '../../io/collection/ledger.ts';
import { restoreFrom } from '../../io/store/backup.ts';
import { lockData } from '../../io/store/lock.ts';
import { firstMailboxes } from '../../journey/account/people.ts';
import { CommandTrouble, type Progress } from '../cli/command.ts';
import { openData } from '../data.ts';
import type { Settings } from '../settings.ts';
import { readVersion } from '../version.ts';
import { readManifest, settingsFolder, type Manifest } from './backup.ts';
import { checkApart, filesBelow, hashFile, occupants, writeFolder } from './folder.ts';
import { backupTrouble, folderTrouble } from './sentences.ts';

export interface RestoreResult {
  readonly manifest: Manifest;
  readonly people: number;
  readonly letters: number;
  /** Where settings and certificates from outside of the data folder lie now; null when the backup has none. */
  readonly settings: string | null;
}

const lockNames = ['tayori.lock', 'tayori.pid'];

/** @throws CommandTrouble in one sentence. */
export async function restoreAll(backup: string, settings: Settings, say: (progress: Progress) => void): Promise<RestoreResult> {
  const data = settings.data;
  const manifest = await readManifest(backup, readVersion());
  await checkApart(data, backup);
  if ((await occupants(data)).some((name) => !lockNames.includes(name))) throw new CommandTrouble(folderTrouble.notEmpty(data));
  await checkFiles(backup, manifest, say);
  await mkdir(data, { recursive: true, mode: 0o700 });
  // No server begins there meanwhile.
  const lock = takeLock(data);
  try {
    return await writeFolder(data, { last: 'directory.sqlite' }, async (folder) => {
      const [clock, chance, log, meter] = [systemClock, systemChance, silentLog, silentMeter];
      const report = await restoreFrom(backup, { dir: folder, clock, chance, log, meter }, (done, of) =>
        say({ done, of, words: 'copying' }),
      );
      if (report.letters !== manifest.letters) throw new CommandTrouble(backupTrouble.letters(manifest.letters, report.letters));
      for (const name of ['ca.pem', 'tls', 'demo.json', 'import', ledgerName, settingsFolder])
        await copyIfThere(join(backup, name), join(folder, name));
      await copyFile(join(backup, 'directory.sqlite'), join(folder, 'directory.sqlite'));
      const people = await completePeople(folder, settings);
      for (const name of [...lockNames, 'spool']) await rm(join(folder, name), { recursive: true, force: true });
      const kept = await stat(join(folder, settingsFolder)).then(
        () => join(data, settingsFolder),
        () => null,
      );
      return { manifest, people, letters: report.letters, settings: kept };
    });
  } finally {
    lock.release();
    for (const name of lockNames) await rm(join(data, name), { force: true });
  }
}

function takeLock(data: string): { release(): void } {
  try {
    return lockData(data);
  } catch (trouble) {
    if (trouble instanceof Refusal) throw new CommandTrouble(trouble.message, 3);
    throw trouble;
  }
}

/** Every file against its SHA-256 before anything is written. */
async function checkFiles(backup: string, manifest: Manifest, say: (progress: Progress) => void): Promise<void> {
  const there = new Set(await filesBelow(backup));
  const of = manifest.files.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const { path, size, sha256 } of manifest.files) {
    if (!there.has(path)) throw new CommandTrouble(backupTrouble.fileGone(path));
    const found = await hashFile(join(backup, path), (octets) => {
      done += octets;
      say({ done, of, words: 'checking' });
    });
    if (found.size !== size || found.sha256 !== sha256) throw new CommandTrouble(backupTrouble.fileChanged(path));
  }
}

/** A person who came in while the backup was made may be known without having mailboxes yet. */
async function completePeople(folder: string, settings: Settings): Promise<number> {
  const data = await openData({
    folder,
    settings,
    clock: systemClock,
    chance: systemChance,
    log: silentLog,
    meter: silentMeter,
    stopped: () => {},
  });
  try {
    const accounts = data.directory.accounts();
    for (const account of accounts) await data.store.createAccount(account.id, firstMailboxes);
    return accounts.length;
  } finally {
    await data.close();
  }
}

async function copyIfThere(from: string, to: string): Promise<void> {
  const found = await stat(from).catch(() => null);
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  if (found?.isDirectory()) await cp(from, to, { recursive: true });
  else if (found !== null) await copyFile(from, to);
}
