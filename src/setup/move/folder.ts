// Folders that are written whole or not at all: everything is made in a folder inside, and moved to its place at the end. Knows files and
// their durability; knows nothing of what is in them.
import { syncFolder } from '../../io/durable-files.ts';
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { CommandTrouble } from '../cli/command.ts';
import { folderTrouble } from './sentences.ts';

/** What is being made. A folder that holds only this is as good as empty: an earlier run was cut off. */
const unfinishedName = '.tayori-unfinished';
/** What an empty disk may hold. */
const asGoodAsEmpty = new Set([unfinishedName, 'lost+found', '.DS_Store']);

const underWay = new Set<string>();

/**
 * Runs `make` on an empty folder inside `target`, then moves what it made to its place, the entry `last` at the end. `replace`: names of what an
 * earlier run put there and may go. @throws CommandTrouble when `target` cannot be used.
 */
export async function writeFolder<R>(
  target: string,
  options: { readonly last: string; readonly replace?: readonly string[] },
  make: (folder: string) => Promise<R>,
): Promise<R> {
  const unfinished = join(target, unfinishedName);
  try {
    await mkdir(target, { recursive: true, mode: 0o700 });
  } catch (trouble) {
    throw inWords(trouble, target);
  }
  const real = await realpath(target);
  if (underWay.has(real)) throw new CommandTrouble(folderTrouble.underWay(target));
  underWay.add(real);
  try {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { mode: 0o700 });
    const made = await make(unfinished);
    for (const name of options.replace ?? []) await rm(join(target, name), { recursive: true, force: true });
    const names = (await readdir(unfinished)).filter((name) => name !== options.last);
    for (const name of [...names, options.last]) await rename(join(unfinished, name), join(target, name));
    await rm(unfinished, { recursive: true });
    await syncFolder(target);
    return made;
  } catch (trouble) {
    await rm(unfinished, { recursive: true, force: true }).catch(() => {});
    throw inWords(trouble, target);
  } finally {
    underWay.delete(real);
  }
}

/** Names in a folder that speak against writing there; none when it is not there. @throws CommandTrouble when it is a file. */
export async function occupants(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !asGoodAsEmpty.has(name));
  } catch (trouble) {
    const { code } = trouble as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR') throw new CommandTrouble(folderTrouble.isFile(folder));
    throw inWords(trouble, folder);
  }
}

/** @throws CommandTrouble when one lies in the other. */
export async function checkApart(folder: string, data: string): Promise<void> {
  const [one, other] = [await realPathOf(folder), await realPathOf(data)];
  if (isWithin(one, other) || isWithin(other, one)) throw new CommandTrouble(folderTrouble.inData(folder));
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}

/** Also of a path that is not there yet. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPathOf(parent), basename(path));
  }
}

function inWords(trouble: unknown, folder: string): unknown {
  switch ((trouble as NodeJS.ErrnoException).code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new CommandTrouble(folderTrouble.unwritable(folder, (trouble as NodeJS.ErrnoException).code!));
    case 'ENOSPC':
    case 'EDQUOT':
      return new CommandTrouble(folderTrouble.full(folder));
    case 'ENOTDIR':
    case 'EEXIST':
      return new CommandTrouble(folderTrouble.isFile(folder));
    default:
      return trouble;
  }
}

/** All files below, by their path with `/`, sorted. */
export async function filesBelow(folder: string, prefix = ''): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) files.push(...(await filesBelow(folder, path)));
    else if (entry.isFile()) files.push(path);
  }
  return files.toSorted();
}

export interface FileMark {
  readonly size: number;
  readonly sha256: string;
}

/** SHA-256 of a file of any size. */
export async function hashFile(path: string, step: (octets: number) => void = () => {}): Promise<FileMark> {
  const file = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    const octets = Buffer.allocUnsafeSlow(1 << 20);
    for (let size = 0; ;) {
      const { bytesRead } = await file.read(octets, 0, octets.length, size);
      if (bytesRead === 0) return { size, sha256: hash.digest('hex') };
      hash.update(octets.subarray(0, bytesRead));
      size += bytesRead;
      step(bytesRead);
    }
  } finally {
    await file.close();
  }
}

export async function sizeOf(path: string): Promise<number> {
  return (await stat(path)).size;
}
