// Backup: everything that a data folder is made of, copied while the server works, and a manifest that says what it must be. Knows the
// parts of a data folder and their order; the letters are the engine's matter (io/store/backup.ts).
//
// Order: how far imports and collection have come is copied before the letters (who goes on finds out what is in already; a row of the ledger
// whose letter is not in the copy would be read as "deleted here"), the people after them (nobody has letters without being known). The manifest is put to its place last: a folder without one is no backup.
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ledgerName } from '../../io/collection/ledger.ts';
import { backupDatabase, backupTo } from '../../io/store/backup.ts';
import { EmbeddedStore } from '../../io/store/embedded.ts';
import { CommandTrouble, type Work } from '../cli/command.ts';
import type { Office } from '../office.ts';
import { readVersion } from '../version.ts';
import { checkApart, filesBelow, hashFile, occupants, sizeOf, writeFolder, type FileMark } from './folder.ts';
import { syncFile } from '../../io/durable-files.ts';
import { Pace } from './pace.ts';
import { backupTrouble, folderTrouble } from './sentences.ts';

const manifestName = 'manifest.json';

export interface Manifest {
  readonly tayoriBackup: 1;
  /** Of the program that wrote it. */
  readonly version: string;
  readonly madeAt: string;
  readonly letters: number;
  readonly people: number;
  readonly files: readonly ({ readonly path: string } & FileMark)[];
}

export interface BackupAsk {
  /** Absolute. */
  readonly folder: string;
  readonly force: boolean;
  /** The settings file of the command line; null when there is none. */
  readonly settings: string | null;
}

export interface BackupResult {
  readonly folder: string;
  readonly letters: number;
  readonly people: number;
  readonly files: number;
  readonly octets: number;
  readonly milliseconds: number;
  /** Letters that were damaged before; each in a sentence. */
  readonly damaged: readonly string[];
}

/** Files and folders of DATA beside the letters and the people. */
const besides = ['ca.pem', 'tls', 'demo.json'];
/** Where settings and certificates from outside of DATA lie in a backup. */
export const settingsFolder = 'settings';

/** @throws CommandTrouble in one sentence. */
export async function backupAll(ask: BackupAsk, office: Office, work: Work): Promise<BackupResult> {
  const { store, folder: data, clock, directory } = office;
  if (!(store instanceof EmbeddedStore)) throw new CommandTrouble(backupTrouble.engine);
  await checkApart(ask.folder, data);
  const there = await occupants(ask.folder);
  if (there.length > 0 && !ask.force) throw new CommandTrouble(folderTrouble.notEmptyForce(ask.folder));
  const replace = there.length === 0 ? [] : await namesOfBackup(ask.folder, there);
  const began = clock.monotonic();
  return writeFolder(ask.folder, { last: manifestName, replace }, async (folder) => {
    await copyIfThere(join(data, 'import'), join(folder, 'import'));
    if (existsSync(join(data, ledgerName))) await backupDatabase(join(data, ledgerName), join(folder, ledgerName));
    let copied = 0;
    const report = await backupTo(store, folder, (done, of) => {
      copied = of;
      work.say({ done, of: of * 2, words: 'copying' });
    });
    checkStopped(work);
    for (const name of besides) await copyIfThere(join(data, name), join(folder, name));
    await keepSettings(ask, office, join(folder, settingsFolder));
    await backupDatabase(join(data, 'directory.sqlite'), join(folder, 'directory.sqlite'));
    const people = directory.accounts().length;

    const files: Manifest['files'][number][] = [];
    const paths = await filesBelow(folder);
    let octets = 0;
    for (const path of paths) octets += await sizeOf(join(folder, path));
    const pace = new Pace({
      say: ({ done, of }) => work.say({ done: copied + done, of: copied + of, words: 'checking' }),
      monotonic: () => clock.monotonic(),
      of: octets,
    });
    for (const path of paths) {
      checkStopped(work);
      files.push({ path, ...(await hashFile(join(folder, path), (step) => pace.step(step, 0, step))) });
      await syncFile(join(folder, path));
    }
    const manifest: Manifest = {
      tayoriBackup: 1,
      version: readVersion(),
      madeAt: new Date(clock.now()).toISOString(),
      letters: report.letters,
      people,
      files,
    };
    await writeFile(join(folder, manifestName), `${JSON.stringify(manifest, null, 1)}\n`, { mode: 0o600 });
    await syncFile(join(folder, manifestName));
    return {
      folder: ask.folder,
      letters: report.letters,
      people,
      files: files.length,
      octets,
      milliseconds: Math.round(clock.monotonic() - began),
      damaged: report.damaged,
    };
  });
}

function checkStopped({ signal }: Work): void {
  if (signal.aborted) throw new CommandTrouble(backupTrouble.stopped);
}

/** What may go for a new backup. @throws CommandTrouble when there is anything that no backup of ours has. */
async function namesOfBackup(folder: string, there: readonly string[]): Promise<readonly string[]> {
  const ours = (name: string) =>
    [manifestName, 'backup.json', 'directory.sqlite', ledgerName, 'import', settingsFolder, ...besides].includes(name) ||
    /^shard-\d+$/.test(name);
  const looksLikeOne = there.includes(manifestName) || there.includes('backup.json');
  if (!looksLikeOne || !there.every(ours)) throw new CommandTrouble(folderTrouble.notBackup(folder));
  // The manifest goes first: from then on the old one is no backup any more.
  return [manifestName, ...there.filter((name) => name !== manifestName)];
}

async function copyIfThere(from: string, to: string): Promise<void> {
  const found = await stat(from).catch(() => null);
  if (found?.isDirectory()) await cp(from, to, { recursive: true });
  else if (found !== null) await copyFile(from, to);
}

async function keepSettings({ settings }: BackupAsk, { settings: { certificate, key } }: Office, folder: string): Promise<void> {
  if (settings === null && certificate === null) return;
  await mkdir(folder, { mode: 0o700 });
  if (settings !== null) await writeFile(join(folder, 'tayori.toml'), settings, { mode: 0o600 });
  if (certificate !== null) await copyFile(certificate, join(folder, 'certificate.pem'));
  if (key !== null) await copyFile(key, join(folder, 'key.pem'));
}

/** @throws CommandTrouble when it is none, or of a newer version. */
export async function readManifest(folder: string, version: string): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(join(folder, manifestName), 'utf8');
  } catch {
    throw new CommandTrouble(backupTrouble.none(folder));
  }
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text) as Manifest;
  } catch {
    throw new CommandTrouble(backupTrouble.damaged(folder));
  }
  const good =
    typeof manifest === 'object' &&
    manifest !== null &&
    Array.isArray(manifest.files) &&
    manifest.files.every((file) => typeof file.path === 'string' && !file.path.startsWith('/') && !file.path.split('/').includes('..'));
  if (!good || typeof manifest.version !== 'string') throw new CommandTrouble(backupTrouble.damaged(folder));
  if (Number(manifest.tayoriBackup) !== 1 || isNewer(manifest.version, version))
    throw new CommandTrouble(backupTrouble.newer(folder, manifest.version));
  return manifest;
}

function isNewer(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number));
  for (let at = 0; at < 3; at++) if ((a![at] ?? 0) !== (b![at] ?? 0)) return (a![at] ?? 0) > (b![at] ?? 0);
  return false;
}
