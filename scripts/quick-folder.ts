// Where tests keep their files: in memory, where the machine has enough of it, because most of their time would go into waiting for a disk. What a test
// promises of fsync and of power cuts it shows on disks of its own (test/support/loop-disk.ts). Gone at the end of the process.
import { accessSync, chmodSync, constants, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';

const memory = '/dev/shm';
const gigabyte = 1024 ** 3;

/** What to set for those that run tests: TMPDIR, or nothing where there is no such folder, or little memory (`needed`, GiB), or somebody has chosen. */
export function quickFolder(needed: number): { readonly TMPDIR?: string } {
  if (process.env['TMPDIR'] !== undefined || !hasRoom(needed * gigabyte)) return {};
  const folder = mkdtempSync(join(memory, 'tayori-'));
  // Servers of other programs run as other users: they may pass, and see nothing.
  chmodSync(folder, 0o711);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return { TMPDIR: folder };
}

function hasRoom(octets: number): boolean {
  try {
    accessSync(memory, constants.W_OK);
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize > octets && freemem() > octets;
  } catch {
    return false;
  }
}
