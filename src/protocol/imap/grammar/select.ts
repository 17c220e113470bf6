// Arguments of SELECT and EXAMINE (RFC 9051 §9 select, RFC 4466 select-params, RFC 7162 §7). Knows parameters; knows no mailbox.
import { DIGIT, type Cursor } from './cursor.ts';
import { parseWrittenName, type WrittenName } from './mailbox-name.ts';
import { parseSequenceSet, type SequenceSet } from './sequence-set.ts';

export interface QresyncArguments {
  readonly uidValidity: number;
  readonly modSeq: number;
  /** RFC 7162 §3.2.5.1, or null: all. */
  readonly knownUids: SequenceSet | null;
  /** RFC 7162 §3.2.5.2: numbers and their UIDs, pairwise, or null. */
  readonly match: { readonly seqs: SequenceSet; readonly uids: SequenceSet } | null;
}

export interface SelectArguments {
  readonly mailbox: WrittenName;
  readonly condstore: boolean;
  readonly qresync: QresyncArguments | null;
}

export function parseSelect(cursor: Cursor): SelectArguments {
  cursor.space();
  const mailbox = parseWrittenName(cursor);
  let condstore = false;
  let qresync: QresyncArguments | null = null;
  if (cursor.takeSpace() && !cursor.atEnd) {
    cursor.list(() => {
      const begin = cursor.at;
      const word = cursor.word('a parameter');
      if (word === 'CONDSTORE') condstore = true;
      else if (word === 'QRESYNC') qresync = parseQresync(cursor);
      else cursor.fail(`there is no parameter ${word.slice(0, 30)}`, begin);
    });
  }
  cursor.end();
  return { mailbox, condstore, qresync };
}

function parseQresync(cursor: Cursor): QresyncArguments {
  cursor.space();
  cursor.expect('(');
  const uidValidity = cursor.nzNumber(0xffff_ffff, 'UIDVALIDITY');
  cursor.space();
  const modSeq = cursor.modSeq();
  let knownUids: SequenceSet | null = null;
  let match: { seqs: SequenceSet; uids: SequenceSet } | null = null;
  if (cursor.takeSpace()) {
    if (!cursor.atList) {
      knownUids = parseKnownSet(cursor);
      if (cursor.takeSpace()) match = parseMatch(cursor);
    } else match = parseMatch(cursor);
  }
  cursor.expect(')');
  return { uidValidity, modSeq, knownUids, match };
}

function parseMatch(cursor: Cursor): { seqs: SequenceSet; uids: SequenceSet } {
  cursor.expect('(');
  const seqs = parseKnownSet(cursor);
  cursor.space();
  const uids = parseKnownSet(cursor);
  cursor.expect(')');
  return { seqs, uids };
}

/** RFC 7162 §7 (known-uids, known-sequence-set): a set without `*`. */
function parseKnownSet(cursor: Cursor): SequenceSet {
  const begin = cursor.at;
  let text = cursor.run(DIGIT);
  while (cursor.peekChar() === ',' || cursor.peekChar() === ':') {
    text += cursor.peekChar();
    cursor.at++;
    text += cursor.run(DIGIT);
  }
  if (text === '') cursor.fail('expected a set of numbers without *', begin);
  return parseSequenceSet(text);
}
