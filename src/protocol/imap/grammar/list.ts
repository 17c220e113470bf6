// Arguments of LIST and LSUB (RFC 9051 §9 list, RFC 5258, 5819, 6154). Knows options; knows no mailbox.
import type { Cursor } from './cursor.ts';
import { parseListMailbox } from './mailbox-name.ts';
import { parseStatusItems, type StatusItem } from './status.ts';

export interface ListArguments {
  /** Any of the marks of the extended syntax was there. */
  readonly extended: boolean;
  readonly selection: {
    readonly subscribed: boolean;
    readonly specialUse: boolean;
    /** RFC 9051 §6.3.9.6 CHILDINFO for what has matching children. */
    readonly recursive: boolean;
  };
  readonly reference: string;
  readonly patterns: readonly string[];
  readonly returns: {
    readonly subscribed: boolean;
    readonly children: boolean;
    readonly specialUse: boolean;
    readonly status: readonly StatusItem[];
  };
}

/** Patterns of one LIST; each is looked for in all names. */
const patternLimit = 100;

export function parseList(cursor: Cursor): ListArguments {
  cursor.space();
  let extended = cursor.atList;
  const selected = new Set<string>();
  if (extended) {
    cursor.list(() => selected.add(parseOption(cursor, ['SUBSCRIBED', 'REMOTE', 'RECURSIVEMATCH', 'SPECIAL-USE'])), true);
    cursor.space();
  }
  // RFC 9051 §9 (list-select-opts): RECURSIVEMATCH alone or with REMOTE only has nothing to match.
  if (selected.has('RECURSIVEMATCH') && !selected.has('SUBSCRIBED') && !selected.has('SPECIAL-USE'))
    cursor.fail('RECURSIVEMATCH needs SUBSCRIBED or SPECIAL-USE');
  const reference = parseListMailbox(cursor);
  cursor.space();
  let patterns: readonly string[];
  if (cursor.atList) {
    extended = true;
    patterns = cursor.list(() => parseListMailbox(cursor));
    if (patterns.length > patternLimit) cursor.fail(`LIST takes at most ${patternLimit} patterns`);
  } else patterns = [parseListMailbox(cursor)];
  const returned = new Set<string>();
  let status: readonly StatusItem[] = [];
  if (cursor.takeSpace() && !cursor.atEnd) {
    extended = true;
    cursor.expect('RETURN');
    cursor.space();
    cursor.list(() => {
      const option = parseOption(cursor, ['SUBSCRIBED', 'CHILDREN', 'SPECIAL-USE', 'STATUS']);
      returned.add(option);
      if (option !== 'STATUS') return;
      cursor.space();
      status = parseStatusItems(cursor);
    }, true);
  }
  cursor.end();
  return {
    extended,
    selection: {
      subscribed: selected.has('SUBSCRIBED'),
      specialUse: selected.has('SPECIAL-USE'),
      recursive: selected.has('RECURSIVEMATCH'),
    },
    reference,
    patterns,
    returns: {
      subscribed: returned.has('SUBSCRIBED') || selected.has('SUBSCRIBED'),
      children: returned.has('CHILDREN'),
      specialUse: returned.has('SPECIAL-USE'),
      status,
    },
  };
}

function parseOption(cursor: Cursor, known: readonly string[]): string {
  const begin = cursor.at;
  const word = cursor.word('an option');
  // RFC 9051 §6.3.9: an option the server does not recognise is BAD.
  if (!known.includes(word)) cursor.fail(`there is no option ${word.slice(0, 30)}`, begin);
  return word;
}

/** RFC 3501 §6.3.9 (LSUB): reference and one pattern. */
export function parseLsub(cursor: Cursor): { readonly reference: string; readonly pattern: string } {
  cursor.space();
  const reference = parseListMailbox(cursor);
  cursor.space();
  const pattern = parseListMailbox(cursor);
  cursor.end();
  return { reference, pattern };
}
