// The data folder opened: lock, store and directory. Knows the order in which they are opened and closed; knows nothing of mail.
import type { Chance, Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Meter } from '../base/meter.ts';
import type { MailStore } from '../store/contract.ts';
import type { Directory } from '../store/directory-contract.ts';
import { openMemoryDirectory } from '../store/memory/directory.ts';
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

export async function openData({ clock, chance }: DataParts): Promise<OpenData> {
  const store = openMemoryStore({ clock, chance });
  const directory = openMemoryDirectory();
  return {
    store,
    directory,
    async close() {
      await store.close();
      await directory.close();
    },
  };
}
