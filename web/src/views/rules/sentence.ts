// A rule as one sentence.
import type { Id } from '../../engine/jmap/objects.ts';
import { live } from '../../state/live.svelte.ts';
import { size } from '../../texts/dates.ts';
import { mailboxName } from '../mailboxes/names.ts';
import type { Condition, Rule, RuleAction } from './rule.ts';
import { t } from './texts.ts';

export function sentenceOf({ match, conditions, actions }: Pick<Rule, 'match' | 'conditions' | 'actions'>, accountId: Id): string {
  return t.sentence(
    conditions.map(ofCondition).join(match === 'all' ? t.and : t.or),
    actions.map((action) => ofAction(action, accountId)).join(t.and),
  );
}

function ofCondition(condition: Condition): string {
  if (condition.field === 'attachment') return condition.has ? t.withAttachment : t.withoutAttachment;
  if (condition.field === 'size') return 'over' in condition ? t.sizeOver(size(condition.over)) : t.sizeUnder(size(condition.under));
  return condition.not === true ? t.hasNot(t[condition.field], condition.has) : t.has(t[condition.field], condition.has);
}

function ofAction(action: RuleAction, accountId: Id): string {
  if (action.do === 'keyword') return t.doKeyword(action.keyword);
  if (action.do !== 'move') return t[action.do];
  const mailbox = live.mailbox(accountId, action.mailboxId);
  return t.doMove(mailbox ? mailboxName(mailbox) : t.goneFolder);
}
