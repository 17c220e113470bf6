// The head of a command: its tag and its name. Knows the state table; the arguments are for the command itself.
import type { Bytes } from '../../base/bytes.ts';
import { Cursor, TAG } from './grammar/cursor.ts';
import { findCommand, isAllowed, type CommandName, type CommandRow, type StateName } from './states.ts';

/** A command whose tag and name have been read and found allowed. */
export interface CommandHead {
  readonly tag: string;
  readonly name: CommandName;
  readonly row: CommandRow;
  /** Behind the name. */
  readonly cursor: Cursor;
}

/** Octets of a tag: it comes back in every answer. */
const tagLimit = 200;

/** RFC 9051 §2.2.1 (tag), §9 (command). @throws SyntaxTrouble, also for what is not allowed in this state. */
export function readHead(cursor: Cursor, state: StateName): CommandHead {
  const tag = cursor.run(TAG);
  if (tag === '' || tag.length > tagLimit) cursor.fail('a command begins with a tag', 0);
  if (!cursor.takeSpace()) cursor.fail('the tag is followed by a space and a command');
  let name = cursor.word('the name of a command');
  if (name === 'UID') {
    cursor.space();
    name = `UID ${cursor.word('the name of a command')}`;
  }
  const found = findCommand(name);
  if (found === null) return cursor.fail('there is no such command');
  if (!isAllowed(found.row, state))
    cursor.fail(state === 'greeted' ? `${found.name} comes after login` : `${found.name} is not allowed in the ${state} state`);
  return { tag, name: found.name, row: found.row, cursor };
}

/** The tag for the answer to a command that is wrong, or `*` when it has none. */
export function readTag(command: Bytes): string {
  const cursor = new Cursor(command);
  const tag = cursor.run(TAG);
  return tag !== '' && tag.length <= tagLimit && cursor.peekChar() === ' ' ? tag : '*';
}
