// The data folder opened: lock, store and directory. Knows the order in which they are opened and closed; knows nothing of mail.
import type { Chance, Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Meter } from '../base/meter.ts';
import { Refusal } from '../base/trouble.ts';
import { openDirectory } from '../io/store/directory.ts';
import { lockData, type DataLock } from '../io/store/lock.ts';
import type { MailStore } from '../store/contract.ts';
import type { Directory } from '../store/directory-contract.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Settings } from './settings.ts';

export interface DataParts {
  readonly folder: string;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly meter: Meter;
}

export interface OpenData {
  readonly store: MailStore;
  readonly directory: Directory;
  close(): Promise<void>;
}

/** Another server or command holds the data folder. */
export class DataInUse extends Error {
  override readonly name = 'DataInUse';
}

/** @throws DataInUse. */
export async function openData({ folder, clock, chance, log }: DataParts): Promise<OpenData> {
  const lock = takeLock(folder);
  const store = openMemoryStore({ clock, chance });
  const directory = await openDirectory({ dir: folder, clock, log });
  return {
    store,
    directory,
    async close() {
      await store.close();
      await directory.close();
      lock.release();
    },
  };
}

function takeLock(folder: string): DataLock {
  try {
    return lockData(folder);
  } catch (trouble) {
    if (trouble instanceof Refusal && trouble.code === 'in-use') throw new DataInUse(trouble.message);
    throw trouble;
  }
}
