// What one FETCH needs, found out once per command: which columns, which facts, which octets, and how each item is written.
// Knows items and the forms of their answers (RFC 9051 §7.5.2); does not read or write anything itself.
import { bytesFromUtf8 } from '../../../base/bytes.ts';
import type { FactName, LetterFacts } from '../../../message/facts.ts';
import { SEEN, type FlagSet } from '../../../store/mailbox-state.ts';
import { formatSection, type FetchItem, type Section } from '../grammar/fetch-items.ts';
import type { Columns } from '../selection.ts';
import { envelopeInUtf8 } from './envelope-utf8.ts';
import { formatDateTime } from '../grammar/date-time.ts';

/** Letters whose facts have been read, columns in step with one another. */
export interface Batch {
  readonly columns: Columns;
  readonly flagSets: readonly FlagSet[];
  /** Positions in `columns`. */
  readonly at: Uint32Array;
  readonly facts: { readonly [K in FactName]?: readonly (LetterFacts[K] | undefined)[] };
  /** THREADIDs, when the plan asks for them. */
  readonly threads: readonly number[];
}

/** An item answered by text: `i` counts in the batch. */
export type TextItem = (batch: Batch, i: number) => string;

/** An item answered by octets of the letter; `section.ts` finds them. */
export interface OctetItem {
  /** As it stands in the answer, with its space. */
  readonly label: string;
  readonly what:
    | { readonly kind: 'section'; readonly section: Section }
    | { readonly kind: 'binary' | 'binary-size'; readonly part: readonly number[] };
  readonly start: number;
  /** Octets at most; infinite when no partial was given. */
  readonly length: number;
}

export interface Plan {
  readonly items: readonly (TextItem | OctetItem)[];
  readonly facts: readonly FactName[];
  readonly threads: boolean;
  /** Some item needs octets of the letter. */
  readonly octets: boolean;
  /** RFC 9051 §6.4.5: a body was asked for without PEEK. */
  readonly marksSeen: boolean;
  readonly modSeq: boolean;
}

/** `utf8`: the session may have raw UTF-8 in quoted strings (RFC 9755 §3). */
export function planFetch(
  requested: readonly FetchItem[],
  options: { readonly byUid: boolean; readonly modSeq: boolean; readonly utf8: boolean },
): Plan {
  const items = new Map<string, TextItem | OctetItem>();
  const facts = new Set<FactName>();
  let threads = false;
  let marksSeen = false;
  let octets = false;
  const addOctets = (item: OctetItem): void => {
    octets = true;
    const needs = neededFacts(item);
    for (const name of needs) facts.add(name);
    items.set(item.label, item);
  };
  // RFC 9051 §6.4.9: UID FETCH always answers the UID. RFC 7162 §3.1.4.1: CHANGEDSINCE always answers MODSEQ.
  if (options.byUid) items.set('UID', textItems.UID);
  for (const item of requested)
    switch (item.name) {
      case 'BODY[]': {
        const origin = item.partial ? `<${item.partial.start}>` : '';
        if (!item.peek) marksSeen = true;
        addOctets({
          label: `BODY${formatSection(item.section)}${origin} `,
          what: { kind: 'section', section: item.section },
          start: item.partial?.start ?? 0,
          length: item.partial?.length ?? Number.POSITIVE_INFINITY,
        });
        break;
      }
      case 'BINARY': {
        const origin = item.partial ? `<${item.partial.start}>` : '';
        if (!item.peek) marksSeen = true;
        addOctets({
          label: `BINARY[${item.part.join('.')}]${origin} `,
          what: { kind: 'binary', part: item.part },
          start: item.partial?.start ?? 0,
          length: item.partial?.length ?? Number.POSITIVE_INFINITY,
        });
        break;
      }
      case 'BINARY.SIZE':
        addOctets({
          label: `BINARY.SIZE[${item.part.join('.')}] `,
          what: { kind: 'binary-size', part: item.part },
          start: 0,
          length: Number.POSITIVE_INFINITY,
        });
        break;
      // RFC 3501 §6.4.5: the same octets under older names; RFC822.HEADER does not set \Seen.
      case 'RFC822':
      case 'RFC822.HEADER':
      case 'RFC822.TEXT':
        if (item.name !== 'RFC822.HEADER') marksSeen = true;
        addOctets({
          label: `${item.name} `,
          what: {
            kind: 'section',
            section: { part: [], text: item.name === 'RFC822' ? null : item.name === 'RFC822.HEADER' ? 'HEADER' : 'TEXT', fields: [] },
          },
          start: 0,
          length: Number.POSITIVE_INFINITY,
        });
        break;
      case 'ENVELOPE':
      case 'BODY':
      case 'BODYSTRUCTURE':
        facts.add(factOf[item.name]);
        items.set(item.name, item.name === 'ENVELOPE' && options.utf8 ? utf8Envelope : factItem(item.name, factOf[item.name]));
        break;
      case 'PREVIEW':
        facts.add('preview');
        // RFC 8970 §3.2: ours are ready, so LAZY makes no difference.
        items.set('PREVIEW', (batch, i) => `PREVIEW ${formatString(batch.facts.preview?.[i] ?? '', options.utf8)}`);
        break;
      case 'THREADID':
        threads = true;
        items.set('THREADID', (batch, i) => (batch.threads[i] ? `THREADID (T${batch.threads[i]})` : 'THREADID NIL'));
        break;
      default:
        items.set(item.name, textItems[item.name]);
    }
  if (options.modSeq) items.set('MODSEQ', textItems.MODSEQ);
  return { items: [...items.values()], facts: [...facts], threads, octets, marksSeen, modSeq: items.has('MODSEQ') };
}

const factOf = { ENVELOPE: 'envelope', BODY: 'body', BODYSTRUCTURE: 'bodyStructure' } as const;

function factItem(label: string, name: 'envelope' | 'body' | 'bodyStructure'): TextItem {
  const prefix = `${label} `;
  return (batch, i) => prefix + (batch.facts[name]![i] ?? 'NIL');
}

const utf8Envelope: TextItem = (batch, i) => `ENVELOPE ${envelopeInUtf8(batch.facts.envelope![i] ?? 'NIL')}`;

/** Items answered by columns in memory. */
export const textItems = {
  FLAGS: (batch, i) => `FLAGS ${batch.flagSets[batch.columns.flagIndexes[batch.at[i]!]!]!.text}`,
  UID: (batch, i) => `UID ${batch.columns.uids[batch.at[i]!]!}`,
  INTERNALDATE: (batch, i) => `INTERNALDATE ${formatDateTime(batch.columns.receivedAt[batch.at[i]!]!)}`,
  'RFC822.SIZE': (batch, i) => `RFC822.SIZE ${batch.columns.sizes[batch.at[i]!]!}`,
  MODSEQ: (batch, i) => `MODSEQ (${batch.columns.modSeqs[batch.at[i]!]!})`,
  EMAILID: (batch, i) => `EMAILID (M${batch.columns.messages[batch.at[i]!]!})`,
  SAVEDATE: (batch, i) => `SAVEDATE ${formatDateTime(batch.columns.savedAt[batch.at[i]!]!)}`,
} as const satisfies Record<string, TextItem>;

/** Whole letters need no facts; a header or a text needs to know where it ends; a part needs the tree. */
function neededFacts({ what }: OctetItem): readonly FactName[] {
  if (what.kind !== 'section') return what.part.length === 0 ? [] : ['parts', 'headerLength'];
  const { section } = what;
  if (section.part.length > 0) return ['parts', 'headerLength'];
  return section.text === null ? [] : ['headerLength'];
}

/** RFC 9051 §9 (string): quoted where it may be, else a literal. */
export function formatString(text: string, utf8: boolean): string {
  if (text.length <= 1000 && (utf8 ? /^[^\0\r\n]*$/ : /^[\x01-\x09\x0b\x0c\x0e-\x7f]*$/).test(text))
    return `"${text.replace(/["\\]/g, '\\$&')}"`;
  const clean = text.includes('\0') ? text.replaceAll('\0', '') : text;
  return `{${bytesFromUtf8(clean).length}}\r\n${clean}`;
}

/** Is the letter at this position one that reading makes \Seen? */
export function isUnseen(columns: Columns, flagSets: readonly FlagSet[], position: number): boolean {
  return (flagSets[columns.flagIndexes[position]!]!.system & SEEN) === 0;
}
