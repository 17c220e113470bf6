// A rule for letters that come (Rule in docs/jmap.md): its parts, a new one made from a letter, and the same conditions as a filter for the letters that are
// there. Knows no screen and no server.
import type { WholeAction } from '../../engine/contract.ts';
import type { EmailFilter, Id } from '../../engine/jmap/objects.ts';

export type RuleField = 'from' | 'to' | 'cc' | 'subject' | 'list';
export const ruleFields: readonly RuleField[] = ['from', 'to', 'cc', 'subject', 'list'];
export type Condition =
  | { readonly field: RuleField; readonly has: string; readonly not?: boolean }
  | { readonly field: 'attachment'; readonly has: boolean }
  | { readonly field: 'size'; readonly over: number }
  | { readonly field: 'size'; readonly under: number };
export type RuleAction =
  | { readonly do: 'move'; readonly mailboxId: Id }
  | { readonly do: 'seen' | 'flagged' | 'trash' }
  | { readonly do: 'keyword'; readonly keyword: string };

export interface Rule {
  readonly id: Id;
  readonly name: string;
  readonly enabled: boolean;
  readonly match: 'all' | 'any';
  readonly conditions: readonly Condition[];
  readonly actions: readonly RuleAction[];
  readonly stop: boolean;
  readonly order: number;
}
export type NewRule = Omit<Rule, 'id'>;

export function newRule(from: string, subject: string, order: number): NewRule {
  const has = from !== '' ? ({ field: 'from', has: from } as const) : ({ field: 'subject', has: subject } as const);
  return { name: '', enabled: true, match: 'all', conditions: [has], actions: [{ do: 'move', mailboxId: '' }], stop: false, order };
}

/** What the server would refuse, or what does nothing; null: it can be kept. */
export function lackOf({ conditions, actions }: Pick<Rule, 'conditions' | 'actions'>): 'condition' | 'action' | null {
  if (conditions.length === 0 || conditions.some((one) => 'has' in one && typeof one.has === 'string' && one.has.trim() === ''))
    return 'condition';
  if (actions.length === 0 || actions.some((one) => one.do === 'move' && one.mailboxId === '')) return 'action';
  return null;
}

/** The letters of the inbox that it means (RFC 8621 §4.4.1). */
export function filterOfRule({ match, conditions }: Pick<Rule, 'match' | 'conditions'>, inbox: Id): EmailFilter {
  const each = conditions.map(filterOf);
  return { operator: 'AND', conditions: [{ inMailbox: inbox }, { operator: match === 'all' ? 'AND' : 'OR', conditions: each }] };
}

function filterOf(condition: Condition): EmailFilter {
  switch (condition.field) {
    case 'attachment':
      return { hasAttachment: condition.has };
    case 'size':
      // RFC 8621 §4.4.1: minSize is that or more, maxSize is less.
      return 'over' in condition ? { minSize: condition.over + 1 } : { maxSize: condition.under };
    default: {
      const has: EmailFilter =
        condition.field === 'list'
          ? { header: ['List-Id', condition.has] }
          : { [condition.field]: `"${condition.has.trim().replaceAll(/["'\\]/g, '\\$&')}"` };
      return condition.not === true ? { operator: 'NOT', conditions: [has] } : has;
    }
  }
}

/** What is done to the letters that are there. Keywords of one's own are for letters to come. */
export function actionsOfRule({ actions }: Pick<Rule, 'actions'>, inbox: Id): WholeAction[] {
  return actions.flatMap((action): WholeAction[] => {
    switch (action.do) {
      case 'move':
        return [{ name: 'move', to: action.mailboxId, from: inbox }];
      case 'seen':
        return [{ name: 'read' }];
      case 'flagged':
        return [{ name: 'flag' }];
      case 'trash':
        return [{ name: 'delete' }];
      case 'keyword':
        return [];
    }
  });
}
