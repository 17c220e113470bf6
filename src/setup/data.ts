// The data folder opened: lock, directory and store. Knows the order in which they are opened and closed, and that the number of
// shards is written down once; knows nothing of mail.
import type { Chance, Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Meter } from '../base/meter.ts';
import { Refusal } from '../base/trouble.ts';
import { openLedger } from '../io/collection/ledger.ts';
import { openDirectory } from '../io/store/directory.ts';
import { openEmbeddedStore } from '../io/store/embedded.ts';
import { lockData, type DataLock } from '../io/store/lock.ts';
import { openSearchIndex } from '../io/store/search.ts';
import type { MailStore } from '../store/contract.ts';
import type { Directory } from '../store/directory-contract.ts';
import type { CollectionLedger } from '../store/ledger-contract.ts';
import type { Settings } from './settings.ts';

export interface DataParts {
  readonly folder: string;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly meter: Meter;
  /** The store has stopped because its disk failed: the program should end soon (reliability D-5). */
  readonly stopped: (reason: string) => void;
}

export interface OpenData {
  readonly store: MailStore;
  readonly directory: Directory;
  /** The ledger of collection; its file is made at the first call. */
  readonly ledger: () => CollectionLedger;
  close(): Promise<void>;
}

/** Another server or command holds the data folder. */
export class DataInUse extends Error {
  override readonly name = 'DataInUse';
}

const dayMs = 86_400_000;

/** @throws DataInUse; Refusal in one sentence when the folder is unfit or of a newer version. */
export async function openData({ folder, settings, clock, chance, log, meter, stopped }: DataParts): Promise<OpenData> {
  const lock = takeLock(folder);
  let directory: Directory | null = null;
  try {
    directory = await openDirectory({ dir: folder, clock, log });
    const shards = await keptShards(directory, settings.shards, log);
    const store = await openEmbeddedStore({
      dir: folder,
      shards,
      clock,
      chance,
      log,
      meter,
      search: openSearchIndex({ dir: folder, log }),
      lock,
      stopped,
      restingTime: settings.restDays * dayMs,
    });
    const opened = directory;
    let ledger: CollectionLedger | null = null;
    return {
      store,
      directory: opened,
      ledger: () => (ledger ??= openLedger(folder)),
      async close() {
        try {
          await ledger?.close();
          await store.close();
        } finally {
          await opened.close();
          lock.release();
        }
      },
    };
  } catch (trouble) {
    await directory?.close();
    lock.release();
    throw trouble;
  }
}

function takeLock(folder: string): DataLock {
  try {
    return lockData(folder);
  } catch (trouble) {
    if (trouble instanceof Refusal && trouble.code === 'in-use') throw new DataInUse(trouble.message);
    throw trouble;
  }
}

/** An account lies in the shard that its number gives: the number of shards of these data holds, whatever the settings say later. */
async function keptShards(directory: Directory, wanted: number, log: Log): Promise<number> {
  const kept = Number(directory.value('shards') ?? 0);
  if (kept === 0) {
    await directory.putValue('shards', String(wanted));
    return wanted;
  }
  if (kept !== wanted && wanted !== 1) log.warn('the setting "shards" is for new data folders; this one keeps its own', { kept, wanted });
  return kept;
}
