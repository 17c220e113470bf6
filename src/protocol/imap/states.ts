// The table of commands: where each is allowed, where it leads, and what follows from it for sequence numbers and order.
// All that moves a state is in this file; it knows no role, no store and no socket. The session asks it before and after each
// command, and the test of every command in every state is made from it.

/** RFC 9051 §3. `Greeted` is the RFC's "not authenticated". */
export type StateName = 'greeted' | 'authenticated' | 'selected' | 'logout';

export interface CommandRow {
  readonly states: readonly StateName[];
  /** The state after a tagged OK; null: stays. */
  readonly next: StateName | null;
  /** The state after a tagged NO; null: stays. */
  readonly nextOnNo: StateName | null;
  /**
   * Its arguments or answers hold sequence numbers: untagged EXPUNGE must not be told while it is at work nor at its end
   * (RFC 9051 §7.5.1: FETCH, STORE, SEARCH; and for SORT and THREAD RFC 5256).
   */
  readonly speaksOfNumbers: boolean;
  /** It may write to the store; in a mailbox opened by EXAMINE the handler refuses it. */
  readonly writes: boolean;
  /** NO because of a missing mailbox says TRYCREATE (RFC 9051 §7.1). */
  readonly tryCreate: boolean;
}

const anywhere: readonly StateName[] = ['greeted', 'authenticated', 'selected'];
const before: readonly StateName[] = ['greeted'];
const after: readonly StateName[] = ['authenticated', 'selected'];
const inside: readonly StateName[] = ['selected'];

function row(states: readonly StateName[], next: StateName | null = null, more: Partial<CommandRow> = {}): CommandRow {
  return { states, next, nextOnNo: null, speaksOfNumbers: false, writes: false, tryCreate: false, ...more };
}

const writes = { writes: true } as const;
const numbers = { speaksOfNumbers: true } as const;

export const commandRows = {
  // RFC 9051 §6.1
  CAPABILITY: row(anywhere),
  NOOP: row(anywhere),
  LOGOUT: row(anywhere, 'logout'),
  ID: row(anywhere), // RFC 2971
  // RFC 9051 §6.2
  STARTTLS: row(before),
  AUTHENTICATE: row(before, 'authenticated'),
  LOGIN: row(before, 'authenticated'),
  // RFC 9051 §6.3
  ENABLE: row(after), // RFC 9051 §6.3.1: a server need not check that nothing is selected
  SELECT: row(after, 'selected', { nextOnNo: 'authenticated' }), // §6.3.2: when it fails, no mailbox is selected
  EXAMINE: row(after, 'selected', { nextOnNo: 'authenticated' }),
  CREATE: row(after, null, writes),
  DELETE: row(after, null, writes),
  RENAME: row(after, null, writes),
  SUBSCRIBE: row(after, null, writes),
  UNSUBSCRIBE: row(after, null, writes),
  LIST: row(after),
  LSUB: row(after), // RFC 3501 §6.3.9
  NAMESPACE: row(after),
  STATUS: row(after),
  APPEND: row(after, null, { writes: true, tryCreate: true }),
  IDLE: row(after),
  COMPRESS: row(after), // RFC 4978
  GETQUOTA: row(after), // RFC 9208
  GETQUOTAROOT: row(after),
  // RFC 9051 §6.4
  CHECK: row(inside), // RFC 3501 §6.4.1
  CLOSE: row(inside, 'authenticated', writes),
  UNSELECT: row(inside, 'authenticated'),
  EXPUNGE: row(inside, null, writes),
  'UID EXPUNGE': row(inside, null, writes),
  SEARCH: row(inside, null, numbers),
  'UID SEARCH': row(inside),
  SORT: row(inside, null, numbers), // RFC 5256
  'UID SORT': row(inside),
  THREAD: row(inside, null, numbers),
  'UID THREAD': row(inside),
  FETCH: row(inside, null, numbers),
  'UID FETCH': row(inside),
  STORE: row(inside, null, { speaksOfNumbers: true, writes: true }),
  'UID STORE': row(inside, null, writes),
  COPY: row(inside, null, { writes: true, tryCreate: true }),
  'UID COPY': row(inside, null, { writes: true, tryCreate: true }),
  MOVE: row(inside, null, { writes: true, tryCreate: true }), // RFC 6851
  'UID MOVE': row(inside, null, { writes: true, tryCreate: true }),
} as const satisfies Record<string, CommandRow>;

export type CommandName = keyof typeof commandRows;

/** The row of a command in upper case (`UID` and its word joined by one space), or null when there is none. */
export function findCommand(name: string): { readonly name: CommandName; readonly row: CommandRow } | null {
  return Object.hasOwn(commandRows, name) ? { name: name as CommandName, row: commandRows[name as CommandName] } : null;
}

export function isAllowed(row: CommandRow, state: StateName): boolean {
  return row.states.includes(state);
}

/** Where a command leads that ended this way. BAD changes nothing. */
export function nextState(row: CommandRow, state: StateName, status: 'OK' | 'NO' | 'BAD'): StateName {
  return (status === 'OK' ? row.next : status === 'NO' ? row.nextOnNo : null) ?? state;
}

/** May what is gone be told at the end of this command (RFC 9051 §7.5.1)? */
export function mayTellExpunges(row: CommandRow): boolean {
  return !row.speaksOfNumbers;
}
