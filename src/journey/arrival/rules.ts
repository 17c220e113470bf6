// What a person's rules do with a letter before it lies anywhere: conditions looked at, actions added up. Knows letters and rules as rule.ts has
// them; knows no transaction.
import type { Bytes } from '../../base/bytes.ts';
import { displayAddresses, parseAddressList } from '../../message/address/address-list.ts';
import { decodeHeaderText } from '../../message/header/encoded-word.ts';
import { fieldName, fieldValue, readHeader, type Header } from '../../message/header/fields.ts';
import { parseTree, type Part } from '../../message/mime/tree.ts';
import { fileName } from '../../message/text.ts';
import type { Rule, RuleCondition, RuleTextField } from './rule.ts';

/** What is to become of a letter. */
export interface RuleOutcome {
  /** Null: where it would lie anyway. */
  readonly into: readonly (number | 'trash')[] | null;
  readonly flags: readonly string[];
}

/** `rules`: those of one account that are enabled, in order. */
export function applyRules(rules: readonly Rule[], facts: RuleFacts): RuleOutcome {
  const into = new Set<number | 'trash'>();
  const flags = new Set<string>();
  for (const rule of rules) {
    const test = (condition: RuleCondition): boolean => holds(condition, facts);
    if (!(rule.match === 'all' ? rule.conditions.every(test) : rule.conditions.some(test))) continue;
    for (const action of rule.actions) {
      switch (action.do) {
        case 'move':
          into.add(action.mailbox);
          break;
        case 'trash':
          into.add('trash');
          break;
        case 'seen':
          flags.add('\\Seen');
          break;
        case 'flagged':
          flags.add('\\Flagged');
          break;
        case 'keyword':
          flags.add(action.keyword);
      }
    }
    if (rule.stop) break;
  }
  return { into: into.size === 0 ? null : [...into], flags: [...flags] };
}

function holds(condition: RuleCondition, facts: RuleFacts): boolean {
  switch (condition.field) {
    case 'attachment':
      return facts.hasAttachment() === condition.has;
    case 'size':
      return 'over' in condition ? facts.size > condition.over : facts.size < condition.under;
    default:
      return facts.text(condition.field).includes(fold(condition.has)) !== (condition.not === true);
  }
}

/** Case, width (NFKC) and kana are one, as in searches. */
function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u30a1-\u30f6]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60));
}

/** A letter as rules see it; each thing is read when it is asked for, once. */
export class RuleFacts {
  readonly size: number;
  readonly #octets: Bytes;
  #header: Header | null = null;
  readonly #texts = new Map<string, string>();
  #attachment: boolean | null = null;

  constructor(octets: Bytes) {
    this.#octets = octets;
    this.size = octets.length;
  }

  text(field: RuleTextField): string {
    let text = this.#texts.get(field);
    if (text === undefined) this.#texts.set(field, (text = fold(this.#read(field))));
    return text;
  }

  hasAttachment(): boolean {
    return (this.#attachment ??= holdsFile(parseTree(this.#octets)));
  }

  #read(field: RuleTextField): string {
    if (field === 'subject')
      return this.#values('subject')
        .map((value) => decodeHeaderText(value))
        .join('\n');
    if (field === 'list')
      return this.#values('list-id')
        .map((value) => decodeHeaderText(value))
        .join('\n');
    return this.#values(field)
      .map((value) => displayAddresses(parseAddressList(decodeRaw(value)), 100_000))
      .join('\n');
  }

  #values(name: string): string[] {
    const header = (this.#header ??= readHeader(this.#octets, 0, this.#octets.length));
    return header.fields.filter((field) => fieldName(header, field) === name).map((field) => fieldValue(header, field));
  }
}

/** Raw 8-bit octets as UTF-8 or what comes near; encoded words stay for the names. */
function decodeRaw(value: string): string {
  return /[\x80-\xff]/.test(value) ? decodeHeaderText(value) : value;
}

/** As LetterFacts.hasAttachment has it: a file name, or neither text nor a message. */
function holdsFile(part: Part): boolean {
  if (part.type === 'multipart') return part.children.some(holdsFile);
  return fileName(part) !== null || part.disposition?.value === 'attachment' || (part.type !== 'text' && part.type !== 'message');
}
