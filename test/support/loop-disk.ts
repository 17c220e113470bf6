// A small disk of its own for a test: ext4 in a file, mounted by root. It can be filled, and its power can be cut.
// Knows mount and the shutdown of ext4; knows nothing of mail.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface LoopDisk {
  /** Where it is mounted. */
  readonly dir: string;
  /** Writes down what there is. */
  sync(): void;
  /** All that the disk has not been told yet is lost, as by a power cut; the file system takes nothing more. */
  cutPower(): void;
  /** After a power cut: unmounted and mounted again, its journal replayed. */
  mountAgain(): void;
  end(): void;
}

function run(command: string, ...words: readonly string[]): string {
  const env = { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  return execFileSync(command, words, { stdio: ['ignore', 'pipe', 'pipe'], env, encoding: 'utf8' });
}

/** Without root or without loop devices: why. */
export function openLoopDisk(megabytes: number): LoopDisk | string {
  if (process.getuid?.() !== 0) return 'mounting a disk of its own needs root';
  const folder = mkdtempSync(join(tmpdir(), 'tayori-disk-'));
  const image = join(folder, 'image');
  const dir = join(folder, 'disk');
  const end = (): void => {
    spawnSync('umount', ['-l', dir]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    run('truncate', '-s', `${megabytes}M`, image);
    run('mkfs.ext4', '-q', '-m', '0', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image);
    run('mkdir', dir);
    run('mount', '-o', 'loop', image, dir);
  } catch (error) {
    end();
    return `this machine lends no disk: ${String((error as { stderr?: string }).stderr ?? error).trim()}`;
  }
  return {
    dir,
    sync: () => void run('sync', '-f', dir),
    cutPower() {
      // EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32), with NOLOGFLUSH: not even the journal is written.
      const script = `open(my $d, '<', $ARGV[0]) or die "open: $!"; my $f = pack('L', 2); ioctl($d, 0x8004587d, $f) or die "ioctl: $!";`;
      run('perl', '-e', script, dir);
    },
    mountAgain() {
      run('umount', dir);
      run('mount', '-o', 'loop', image, dir);
    },
    end,
  };
}
