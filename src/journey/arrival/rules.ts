// Rules of a person (items of kind `rule`): what is looked at in a letter, and what is done with it before it lies anywhere. Knows conditions and
// actions; knows no transaction. A rule that cannot be read is passed over, never an error.
import type { Bytes } from '../../base/bytes.ts';
import { displayAddresses } from '../../message/address/address-list.ts';
import { decodeHeaderText } from '../../message/header/encoded-word.ts';
import { fieldName, fieldValue, readHeader, type Header } from '../../message/header/fields.ts';
import { parseTree, type Part } from '../../message/mime/tree.ts';
import { fileName } from '../../message/text.ts';
import { parseAddressList } from '../../message/address/address-list.ts';

export type RuleCondition =
  /** `list`: List-Id, or the address in List-Post. Case, width and kana do not matter. */
  | { readonly field: 'from' | 'to' | 'cc' | 'recipient' | 'subject' | 'list'; readonly contains: string }
  | { readonly hasAttachment: boolean }
  /** Octets. */
  | { readonly larger: number }
  | { readonly smaller: number };

export type RuleAction =
  | { readonly move: number }
  /** A keyword, in lower case. */
  | { readonly keyword: string }
  | { readonly markRead: true }
  | { readonly star: true }
  | { readonly delete: true };

/** The value of an item of kind `rule`. Rules go in the order of `order`, then of their ids. */
export interface RuleValue {
  readonly name: string;
  readonly enabled: boolean;
  readonly order?: number;
  readonly match: 'any' | 'all';
  readonly conditions: readonly RuleCondition[];
  readonly actions: readonly RuleAction[];
  /** No rule after this one is looked at when it applied. */
  readonly stop: boolean;
}

export const ruleKind = 'rule';
export const rulesMax = 200;
const conditionsMax = 50;
const actionsMax = 10;
const textMax = 500;

/** Null when the value is no rule: what stands in the store may have been written by another version. */
export function readRule(value: unknown): RuleValue | null {
  if (!isRecord(value)) return null;
  const { name, enabled, order = 0, match, conditions, actions, stop = false } = value;
  if (typeof name !== 'string' || name.length > textMax || typeof enabled !== 'boolean' || typeof stop !== 'boolean') return null;
  if ((match !== 'any' && match !== 'all') || typeof order !== 'number') return null;
  if (!Array.isArray(conditions) || conditions.length > conditionsMax || !conditions.every(isCondition)) return null;
  if (!Array.isArray(actions) || actions.length > actionsMax || !actions.every(isAction)) return null;
  // Without a condition it would take every letter: more likely half a rule than what somebody means.
  if (conditions.length === 0 || actions.length === 0) return null;
  return { name, enabled, order, match, conditions, actions, stop };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const fields: ReadonlySet<unknown> = new Set(['from', 'to', 'cc', 'recipient', 'subject', 'list']);

function isCondition(value: unknown): value is RuleCondition {
  if (!isRecord(value)) return false;
  const names = Object.keys(value).sort().join(' ');
  if (names === 'contains field')
    return fields.has(value['field']) && typeof value['contains'] === 'string' && value['contains'] !== '' && value['contains'].length <= textMax;
  if (names === 'hasAttachment') return typeof value['hasAttachment'] === 'boolean';
  return (names === 'larger' || names === 'smaller') && Number.isSafeInteger(value[names]) && (value[names] as number) >= 0;
}

function isAction(value: unknown): value is RuleAction {
  if (!isRecord(value)) return false;
  const names = Object.keys(value).join(' ');
  if (names === 'move') return Number.isSafeInteger(value['move']) && (value['move'] as number) > 0;
  if (names === 'keyword') return typeof value['keyword'] === 'string' && /^[\x21-\x7e]{1,255}$/.test(value['keyword']) && !/[(){\]%*"\\A-Z]/.test(value['keyword']);
  return (names === 'markRead' || names === 'star' || names === 'delete') && value[names] === true;
}

/** What is to become of a letter. */
export interface RuleOutcome {
  /** Null: where it would lie anyway. */
  readonly into: readonly (number | 'trash')[] | null;
  readonly flags: readonly string[];
}

/** `rules`: those of one account that are enabled, in order. */
export function applyRules(rules: readonly RuleValue[], facts: RuleFacts): RuleOutcome {
  const into = new Set<number | 'trash'>();
  const flags = new Set<string>();
  for (const rule of rules) {
    const test = (condition: RuleCondition): boolean => holds(condition, facts);
    if (!(rule.match === 'all' ? rule.conditions.every(test) : rule.conditions.some(test))) continue;
    for (const action of rule.actions) {
      if ('move' in action) into.add(action.move);
      else if ('keyword' in action) flags.add(action.keyword);
      else if ('markRead' in action) flags.add('\\Seen');
      else if ('star' in action) flags.add('\\Flagged');
      else into.add('trash');
    }
    if (rule.stop) break;
  }
  return { into: into.size === 0 ? null : [...into], flags: [...flags] };
}

function holds(condition: RuleCondition, facts: RuleFacts): boolean {
  if ('contains' in condition) return facts.text(condition.field).includes(fold(condition.contains));
  if ('hasAttachment' in condition) return facts.hasAttachment() === condition.hasAttachment;
  return 'larger' in condition ? facts.size > condition.larger : facts.size < condition.smaller;
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

  text(field: Extract<RuleCondition, { readonly contains: string }>['field']): string {
    let text = this.#texts.get(field);
    if (text === undefined) this.#texts.set(field, (text = fold(this.#read(field))));
    return text;
  }

  hasAttachment(): boolean {
    return (this.#attachment ??= holdsFile(parseTree(this.#octets)));
  }

  #read(field: string): string {
    if (field === 'subject') return this.#values('subject').map((value) => decodeHeaderText(value)).join('\n');
    if (field === 'list') return [...this.#values('list-id'), ...this.#values('list-post')].map((value) => decodeHeaderText(value)).join('\n');
    const names = field === 'recipient' ? ['to', 'cc'] : [field];
    return names
      .flatMap((name) => this.#values(name))
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
