// Letters that are being written, on this device. Knows their rows and when each was saved where; knows no server.
import type { Draft, DraftView } from './contract.ts';
import type { CacheStore } from './cache/contract.ts';
import type { Id } from './jmap/objects.ts';

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
      return (row as DraftRow | undefined) ?? null;
    },
    async all() {
      return (await cache.all('drafts')).map(({ value }) => value as DraftRow);
    },
    put: (row) => cache.write([{ table: 'drafts', key: row.draft.key, value: row }]),
    drop: (key) => cache.write([{ table: 'drafts', key, value: undefined }]),
  };
}

export function draftView({ draft, emailId, changedAt, savedAt }: DraftRow): DraftView {
  return { draft, saved: savedAt >= changedAt ? 'server' : 'here', emailId, changedAt };
}
