// The items of STATUS (RFC 9051 §6.3.11) and of the STATUS option of LIST. Knows their names.
import type { Cursor } from './cursor.ts';

export const statusItems = [
  'MESSAGES',
  'UIDNEXT',
  'UIDVALIDITY',
  'UNSEEN',
  'DELETED',
  'SIZE',
  'RECENT', // RFC 3501 §6.3.10
  'HIGHESTMODSEQ', // RFC 7162 §3.1.7
  'MAILBOXID', // RFC 8474 §4.3
  'APPENDLIMIT', // RFC 7889 §3.1
  'DELETED-STORAGE', // RFC 9208 §4.1.4
] as const;

export type StatusItem = (typeof statusItems)[number];

/** RFC 9051 §9 (status-att list). Each item counts once. */
export function parseStatusItems(cursor: Cursor): StatusItem[] {
  const items = cursor.list(() => {
    const begin = cursor.at;
    const word = cursor.word('a status item');
    return statusItems.find((item) => item === word) ?? cursor.fail(`there is no status item ${word.slice(0, 30)}`, begin);
  });
  return [...new Set(items)];
}

export function formatStatusItems(items: readonly StatusItem[]): string {
  return `(${items.join(' ')})`;
}
