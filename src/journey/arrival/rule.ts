// A rule of a person for letters that come in: its shape as it is kept (items of the kind `rule`), and what is allowed in it.
// Knows the shape and the bounds; what a rule does to a letter is told elsewhere.
import { SyntaxTrouble } from '../../base/trouble.ts';

/** Kind of the items that hold rules; their value is a `Rule`. */
export const ruleKind = 'rule';

/** Fields of a header that a rule looks at; `list` is the identifier of List-Id (RFC 2919 §2). */
const ruleTextFields = ['from', 'to', 'cc', 'subject', 'list'] as const;
export type RuleTextField = (typeof ruleTextFields)[number];

export type RuleCondition =
  /** The field holds the text, in any case of letters and width; `not`: it does not. For addresses, name and address are looked at. */
  | { readonly field: RuleTextField; readonly has: string; readonly not?: boolean }
  /** The letter has an attachment, or has none. */
  | { readonly field: 'attachment'; readonly has: boolean }
  /** Octets of the letter, above or below. */
  | { readonly field: 'size'; readonly over: number }
  | { readonly field: 'size'; readonly under: number };

export type RuleAction =
  /** A mailbox of the same account. One that is gone: the letter stays where it would lie without the rule. */
  | { readonly do: 'move'; readonly mailbox: number }
  | { readonly do: 'seen' }
  | { readonly do: 'flagged' }
  /** RFC 8621 §4.1.1: a keyword of one's own. */
  | { readonly do: 'keyword'; readonly keyword: string }
  | { readonly do: 'trash' };

export interface Rule {
  /** For people. */
  readonly name: string;
  readonly enabled: boolean;
  readonly match: 'all' | 'any';
  readonly conditions: readonly RuleCondition[];
  readonly actions: readonly RuleAction[];
  /** No later rule is looked at when this one has matched. */
  readonly stop: boolean;
  /** Ascending; of equal ones the older rule first. */
  readonly order: number;
}

/** Rules of one account, and parts of one rule. */
export const rulesMax = 200;
const conditionsMax = 50;
const actionsMax = 10;
const textMax = 500;
const orderMax = 2 ** 31 - 1;

/** In the order in which they are looked at. */
export function inRuleOrder<T extends { readonly id: number; readonly rule: Rule }>(rules: readonly T[]): T[] {
  return rules.toSorted((a, b) => a.rule.order - b.rule.order || a.id - b.id);
}

/** What is wrong with a rule, and where: `property` is one of `Rule`'s. */
export class RuleTrouble extends SyntaxTrouble {
  readonly property: keyof Rule;
  constructor(property: keyof Rule, message: string) {
    super(message);
    this.property = property;
  }
}

/** Reads what an app or the store says a rule is; what is missing and may be is filled in. @throws RuleTrouble. */
export function readRule(value: unknown): Rule {
  const rule = asObject(value, 'name', 'a rule');
  for (const name of Object.keys(rule))
    if (!(ruleProperties as readonly string[]).includes(name)) throw new RuleTrouble(name as keyof Rule, `a rule has no "${name}"`);
  const { name = '', enabled = true, match = 'all', stop = false, order = 0 } = rule;
  if (typeof name !== 'string' || name.length > 200 || /\p{Cc}/u.test(name))
    throw new RuleTrouble('name', 'a name is at most 200 characters of one line');
  if (typeof enabled !== 'boolean') throw new RuleTrouble('enabled', 'enabled is true or false');
  if (match !== 'all' && match !== 'any') throw new RuleTrouble('match', 'match is all or any');
  if (typeof stop !== 'boolean') throw new RuleTrouble('stop', 'stop is true or false');
  if (typeof order !== 'number' || !Number.isInteger(order) || order < 0 || order > orderMax)
    throw new RuleTrouble('order', `order is a whole number from 0 to ${orderMax}`);
  // A rule without a condition would take every letter: nobody means that by leaving something out.
  const conditions = asList(rule['conditions'], 'conditions', conditionsMax).map(readCondition);
  const actions = asList(rule['actions'], 'actions', actionsMax).map(readAction);
  if (actions.filter((action) => action.do === 'move' || action.do === 'trash').length > 1)
    throw new RuleTrouble('actions', 'a letter is moved to one place');
  return { name, enabled, match, conditions, actions, stop, order };
}

const ruleProperties = ['name', 'enabled', 'match', 'conditions', 'actions', 'stop', 'order'] as const satisfies readonly (keyof Rule)[];

function readCondition(value: unknown): RuleCondition {
  const no = (why: string): RuleTrouble => new RuleTrouble('conditions', why);
  const one = asObject(value, 'conditions', 'a condition');
  const { field } = one;
  const only = (...names: string[]): void => {
    for (const name of Object.keys(one))
      if (name !== 'field' && !names.includes(name)) throw no(`a condition on ${String(field)} has no "${name}"`);
  };
  if (field === 'attachment') {
    only('has');
    if (typeof one['has'] !== 'boolean') throw no('attachment: has is true or false');
    return { field, has: one['has'] };
  }
  if (field === 'size') {
    const name = 'over' in one ? 'over' : 'under';
    only(name);
    const octets = one[name];
    if (typeof octets !== 'number' || !Number.isSafeInteger(octets) || octets < 0) throw no(`size: ${name} is a number of octets`);
    return name === 'over' ? { field, over: octets } : { field, under: octets };
  }
  if (!ruleTextFields.includes(field as RuleTextField)) throw no(`there is no field "${String(field)}"`);
  only('has', 'not');
  const { has, not } = one;
  if (typeof has !== 'string' || has.trim() === '' || has.length > textMax || /\p{Cc}/u.test(has))
    throw no(`${String(field)}: has is 1 to ${textMax} characters of one line`);
  if (not !== undefined && typeof not !== 'boolean') throw no(`${String(field)}: not is true or false`);
  return { field: field as RuleTextField, has, ...(not === true ? { not } : {}) };
}

function readAction(value: unknown): RuleAction {
  const no = (why: string): RuleTrouble => new RuleTrouble('actions', why);
  const one = asObject(value, 'actions', 'an action');
  const what = one['do'];
  const allowed = what === 'move' ? ['do', 'mailbox'] : what === 'keyword' ? ['do', 'keyword'] : ['do'];
  for (const name of Object.keys(one)) if (!allowed.includes(name)) throw no(`the action ${String(what)} has no "${name}"`);
  if (what === 'seen' || what === 'flagged' || what === 'trash') return { do: what };
  if (what === 'move') {
    const { mailbox } = one;
    if (typeof mailbox !== 'number' || !Number.isSafeInteger(mailbox) || mailbox < 1) throw no('move: there is no such mailbox');
    return { do: what, mailbox };
  }
  if (what === 'keyword') {
    const { keyword } = one;
    // RFC 8621 §4.1.1; those of the system ($seen and its kin) have actions of their own, or are not a rule's to set.
    if (typeof keyword !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(keyword) || /[(){\]%*"\\]/.test(keyword) || keyword.startsWith('$'))
      throw no('keyword: 1 to 255 plain characters, none of ( ) { ] % * " \\, and no $ in front');
    return { do: what, keyword: keyword.toLowerCase() };
  }
  throw no(`there is no action "${String(what)}"`);
}

function asObject(value: unknown, property: keyof Rule, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RuleTrouble(property, `${what} is an object`);
  return value as Record<string, unknown>;
}

function asList(value: unknown, property: keyof Rule, most: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > most)
    throw new RuleTrouble(property, `${property} is a list of 1 to ${most}`);
  return value as readonly unknown[];
}
