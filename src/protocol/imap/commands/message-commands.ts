// The commands that speak of letters in the selected mailbox, by name. Knows which file holds which.
import type { CommandName } from '../states.ts';
import type { AnyCommand } from '../context.ts';
import { copy, uidCopy } from './copy.ts';
import { expunge, uidExpunge } from './expunge.ts';
import { fetch, uidFetch } from './fetch.ts';
import { move, uidMove } from './move.ts';
import { search, uidSearch } from './search.ts';
import { sort, uidSort } from './sort.ts';
import { store, uidStore } from './store.ts';
import { thread, uidThread } from './thread.ts';

export const messageCommands = {
  EXPUNGE: expunge,
  'UID EXPUNGE': uidExpunge,
  SEARCH: search,
  'UID SEARCH': uidSearch,
  SORT: sort,
  'UID SORT': uidSort,
  THREAD: thread,
  'UID THREAD': uidThread,
  FETCH: fetch,
  'UID FETCH': uidFetch,
  STORE: store,
  'UID STORE': uidStore,
  COPY: copy,
  'UID COPY': uidCopy,
  MOVE: move,
  'UID MOVE': uidMove,
} as const satisfies Partial<Record<CommandName, AnyCommand>>;
