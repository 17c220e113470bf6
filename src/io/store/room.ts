// Whether there is room on the disk for letters, and the ballast that is thrown off when there is none (reliability D-12, D-13).
// Knows the file system; knows no letter.
import { statfsSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Unavailable } from '../../base/trouble.ts';

export interface RoomSettings {
  /** Octets that must stay free, and the share of the disk; the larger one counts. */
  readonly minFree: number;
  readonly minFreeShare: number;
  /** Octets of the ballast file; 0 for none. */
  readonly ballast: number;
}

export const usualRoom: RoomSettings = { minFree: 512 << 20, minFreeShare: 0.05, ballast: 64 << 20 };

/** How long an answer of the file system holds, milliseconds. */
const holds = 250;

export class Room {
  readonly #dir: string;
  readonly #settings: RoomSettings;
  readonly #monotonic: () => number;
  #askedAt = -Infinity;
  #free = 0;
  #total = 0;

  constructor(dir: string, settings: RoomSettings, monotonic: () => number) {
    this.#dir = dir;
    this.#settings = settings;
    this.#monotonic = monotonic;
  }

  get free(): number {
    this.#ask();
    return this.#free;
  }

  /** @throws Unavailable `disk-full`. */
  check(octets: number): void {
    this.#ask();
    const { minFree, minFreeShare } = this.#settings;
    if (this.#free < Math.max(2 * octets, minFree, this.#total * minFreeShare))
      throw new Unavailable('disk-full', 'The disk is nearly full');
  }

  /** Puts the ballast back when there is room for it. */
  async restoreBallast(shardDir: string): Promise<void> {
    const { ballast, minFree } = this.#settings;
    const path = join(shardDir, 'ballast');
    if (ballast === 0 || statSync(path, { throwIfNoEntry: false }) !== undefined) return;
    this.#askedAt = -Infinity;
    if (this.free < ballast * 2 + minFree) return;
    const making = `${path}.new`;
    const file = await open(making, 'w', 0o600);
    try {
      const zeros = Buffer.alloc(1 << 20);
      for (let done = 0; done < ballast; done += zeros.length) await file.write(zeros);
    } catch (error) {
      await rm(making, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    await rename(making, path);
  }

  #ask(): void {
    const now = this.#monotonic();
    if (now - this.#askedAt < holds) return;
    this.#askedAt = now;
    const { bavail, blocks, bsize } = statfsSync(this.#dir);
    this.#free = bavail * bsize;
    this.#total = blocks * bsize;
  }
}
