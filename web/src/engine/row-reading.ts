// What a row of a list shows, asked for and taken: heads of letters, their conversations, the conversations' heads. Knows RFC 8621 §3.1 and §4.2.
import type { Holdings } from './holdings.ts';
import { from, type Call, type Reply } from './jmap/client.ts';
import type { Id, JsonObject } from './jmap/objects.ts';

/** Letters read in one request, and rows in one page of a list. */
export const lettersAtOnce = 100;

export const headProperties = [
  'id',
  'threadId',
  'mailboxIds',
  'keywords',
  'from',
  'to',
  'subject',
  'receivedAt',
  'size',
  'preview',
  'hasAttachment',
] as const;

export function rowCalls(accountId: Id, ids: JsonObject): Call[] {
  const properties = [...headProperties];
  return [
    ['Email/get', { accountId, ...ids, properties }, 'h'],
    ['Thread/get', { accountId, '#ids': from('h', 'Email/get', '/list/*/threadId') }, 't'],
    ['Email/get', { accountId, '#ids': from('t', 'Thread/get', '/list/*/emailIds'), properties }, 'm'],
  ];
}

/** `isKept`: on the device too. */
export function takeRows(holdings: Holdings, reply: Reply, isKept: boolean): void {
  for (const head of reply.get('Email/get', 'h').list) holdings.takeHead(head, isKept);
  // A page of very long conversations may be too much at once; then the rows are shown without what the conversations add.
  for (const head of reply.find('Email/get', 'm')?.list ?? []) holdings.takeHead(head, isKept);
  for (const thread of reply.find('Thread/get', 't')?.list ?? []) holdings.takeThread(thread, isKept);
}
