// How the facts of a letter lie in the columns of its row. Knows both shapes; reads no letter.
import type { FactName, LetterFacts } from '../../message/facts.ts';

type Stored = string | number | null;

/** The column of each fact, in the order in which they are inserted. */
export const factColumns: readonly (readonly [FactName, string])[] = [
  ['headerLength', 'header_length'],
  ['sentAt', 'sent_at'],
  ['hasAttachment', 'has_attachment'],
  ['messageId', 'message_id'],
  ['sortFrom', 'sort_from'],
  ['sortTo', 'sort_to'],
  ['sortCc', 'sort_cc'],
  ['displayFrom', 'display_from'],
  ['displayTo', 'display_to'],
  ['envelope', 'envelope'],
  ['envelopeMarks', 'envelope_marks'],
  ['baseSubject', 'base_subject'],
  ['subject', 'subject'],
  ['from', 'from_text'],
  ['to', 'to_text'],
  ['cc', 'cc_text'],
  ['bcc', 'bcc_text'],
  ['references', 'refs_text'],
  ['parts', 'parts'],
  ['body', 'body'],
  ['bodyStructure', 'body_structure'],
  ['preview', 'preview'],
];

export const columnOfFact: ReadonlyMap<FactName, string> = new Map(factColumns);

/** Values in the order of `factColumns`. */
export function formatFacts(facts: LetterFacts): Stored[] {
  return factColumns.map(([name]) => {
    const value = facts[name];
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (typeof value === 'object' && value !== null) return value.join('\n');
    // SQLite ends a text at NUL when some functions read it, and a lone surrogate does not survive UTF-8.
    return typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : (value as Stored);
  });
}

/** One fact as the contract wants it. */
export function parseFact(name: FactName, stored: Stored): LetterFacts[FactName] {
  if (name === 'hasAttachment') return stored === 1;
  if (name === 'references') return stored === '' || stored === null ? [] : String(stored).split('\n');
  return stored as LetterFacts[FactName];
}
