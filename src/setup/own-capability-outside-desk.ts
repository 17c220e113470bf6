// Accounts at other providers as the own capability asks of them: what may be changed at once, and by what a change is noticed. Knows rows; how they
// are shown is own-capability-outside.ts, loaded when somebody looks.
import { Refusal } from '../base/trouble.ts';
import type { AccountId } from '../store/contract.ts';
import type { OutsideAccountRow } from '../store/outside-contract.ts';
import { restMs } from '../journey/account/people.ts';
import { formatUtcDate } from '../protocol/jmap/arguments.ts';
import type { JsonObject } from '../protocol/jmap/contract.ts';
import { formatId } from '../protocol/jmap/ids.ts';
import type { OutsideDesk } from '../protocol/jmap/tayori/contract.ts';
import type { OutsideDeskParts } from './own-capability-outside.ts';

export function openOutsideDesk(parts: OutsideDeskParts): OutsideDesk {
  const { office, progressOf } = parts;
  const { accounts, news } = office.outside;
  const own = (owner: AccountId, account: AccountId): OutsideAccountRow => {
    const row = office.directory.outsideAccount(account);
    if (row === null || row.owner !== owner) throw new Refusal('nonexistent', 'there is no such account at another provider');
    return row;
  };
  return {
    async list(owner, language) {
      if (accounts.list(owner, true).length === 0) return new Map();
      const { listOutside } = await import('./own-capability-outside.ts');
      return listOutside(parts, owner, language);
    },
    marks: (owner) =>
      new Map(
        accounts.list(owner, true).map(({ secret: _secret, ...row }): [string, JsonObject] => [
          formatId('A', row.id),
          {
            restsUntil: row.closedAt === null ? null : formatUtcDate(row.closedAt + restMs),
            row: JSON.stringify([row, progressOf(row.id), news.get(row.id) ?? []]),
          },
        ]),
      ),
    async change(owner, account, { open, paused, ...change }) {
      const row = own(owner, account);
      if (open) await accounts.reopen(row.id);
      if (Object.keys(change).length > 0) await accounts.change(row.id, change);
      if (paused !== undefined && paused !== row.paused) await (paused ? accounts.pause(row.id) : accounts.resume(row.id));
    },
    async rest(owner, account) {
      await accounts.close(own(owner, account).id);
    },
  };
}
