// Letters that are being written, on this device. Knows their rows and when each was saved where; knows no server.
import type { Draft, DraftView } from './contract.ts';
import type { CacheStore } from './cache/contract.ts';
import type { Id } from './jmap/objects.ts';
import type { Surroundings } from './surroundings.ts';

export interface DraftRow {
  readonly draft: Draft;
  /** Milliseconds: last change here, and the change that the server has. */
  readonly changedAt: number;
  readonly savedAt: number;
  readonly emailId: Id | null;
  /** Stays the same through all savings. */
  readonly messageId: string;
  readonly isSending: boolean;
  /** A sending was handed over and its answer may have been lost. */
  readonly submissionTried: boolean;
  /** Where the server has what is attached, by the attachment's id: the parts of the letter in Drafts. */
  readonly parts?: Readonly<Record<string, Id>>;
  /** When it goes or went out, milliseconds; until a day later it can be opened again as it was. */
  readonly sendAt?: number;
}

/** A row that was made by an earlier version of the app. */
function rowOf(value: unknown): DraftRow {
  const row = value as DraftRow;
  return { ...row, draft: { ...row.draft, quote: row.draft.quote ?? null } };
}

export interface DraftRows {
  get(key: string): Promise<DraftRow | null>;
  all(): Promise<readonly DraftRow[]>;
  put(row: DraftRow): Promise<void>;
  drop(key: string): Promise<void>;
}

export function draftRows(cache: CacheStore): DraftRows {
  return {
    async get(key) {
      const [row] = await cache.read('drafts', [key]);
      return row === undefined ? null : rowOf(row);
    },
    async all() {
      return (await cache.all('drafts')).map(({ value }) => rowOf(value));
    },
    put: (row) => cache.write([{ table: 'drafts', key: row.draft.key, value: row }]),
    drop: (key) => cache.write([{ table: 'drafts', key, value: undefined }]),
  };
}

interface DraftPlace {
  readonly cache: CacheStore;
  readonly surroundings: Surroundings;
}

/** Read and written in one turn, over all windows. `change` gets null when there is no such row; answers the row to keep, or null to leave all as it is. */
export function changeDraft(
  { cache, surroundings }: DraftPlace,
  key: string,
  change: (row: DraftRow | null) => DraftRow | null,
): Promise<DraftRow | null> {
  return surroundings.exclusive(`tayori-draft/${key}`, async () => {
    const rows = draftRows(cache);
    const row = change(await rows.get(key));
    if (row) await rows.put(row);
    return row;
  });
}

/** Out of the device, and not in the middle of a change: answers what was there. Null: `isMine` says no, or there is none. */
export function takeDraft({ cache, surroundings }: DraftPlace, key: string, isMine: (row: DraftRow) => boolean): Promise<DraftRow | null> {
  return surroundings.exclusive(`tayori-draft/${key}`, async () => {
    const rows = draftRows(cache);
    const row = await rows.get(key);
    if (!row || !isMine(row)) return null;
    await rows.drop(key);
    return row;
  });
}

export function draftView({ draft, emailId, changedAt, savedAt }: DraftRow): DraftView {
  return { draft, saved: savedAt >= changedAt ? 'server' : 'here', emailId, changedAt };
}
