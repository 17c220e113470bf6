// The methods of Tayori's own capability, joined. Knows which there are; docs/jmap.md says what they are for.
import type { JmapAccount, MethodGroup } from '../contract.ts';
import { formatState } from '../ids.ts';
import type { AccountId } from '../../../store/contract.ts';
import { tayoriCapability, type TayoriParts } from './contract.ts';
import { contactQueryMethods } from './contact-query.ts';
import { deviceMethods, deviceType, linkType } from './devices.ts';
import { itemMethods, type ItemType } from './item-type.ts';
import { contactType, ruleType, searchType, snoozeType } from './kept.ts';
import { letterMethods } from './letters.ts';
import { lookMethods } from './looks.ts';
import { outsideMethods, outsideType } from './outside-accounts.ts';
import { settingMethods } from './settings.ts';
import { settingKind } from './settings-table.ts';
import { stateOfShown, type ShownType } from './shown-type.ts';
import { Snapshots } from './snapshots.ts';
import { suggestMethod } from './suggest.ts';
import { runningMax, taskKeptMs } from './task-board.ts';
import { taskMethods } from './tasks.ts';

/** `changed`: calls when an account at another provider, a device or a link of a person has changed, or may have. */
export function tayoriGroups(
  parts: TayoriParts & { readonly changed?: (heard: (person: AccountId) => void) => () => void },
): MethodGroup[] {
  const snapshots = new Snapshots();
  const kept: readonly ItemType[] = [searchType, ruleType(parts), contactType, snoozeType(parts)];
  const shown: readonly ShownType[] = [outsideType(parts), deviceType(parts), linkType(parts)];
  const stateOf =
    (kind: string) =>
    async ({ account }: JmapAccount): Promise<string> =>
      formatState(await parts.items.state(account, kind));
  return [
    {
      capability: tayoriCapability,
      methods: {
        ...lookMethods(parts),
        ...letterMethods(parts),
        ...taskMethods(parts),
        ...outsideMethods(parts, snapshots),
        ...deviceMethods(parts, snapshots),
        ...settingMethods(parts),
        ...Object.assign({}, ...kept.map((type) => itemMethods(parts, type))),
        ...contactQueryMethods(parts),
        'Contact/suggest': suggestMethod(parts),
      },
      session: () => ({ languages: ['ja', 'en'] }),
      // What is a person's lies in their own account; rules and snoozes are each account's.
      account: ({ kind }) => ({ personal: kind === 'own', tasksMax: runningMax, taskKeptSeconds: taskKeptMs / 1000 }),
      states: {
        Task: async ({ account }) => parts.tasks.state(account),
        Settings: stateOf(settingKind),
        ...Object.fromEntries(kept.map(({ name, kind }) => [name, stateOf(kind)])),
        ...Object.fromEntries(shown.map((type) => [type.name, async (account: JmapAccount) => stateOfShown(type, snapshots, account)])),
      },
      listen(heard) {
        const stops = [
          parts.tasks.onChange((person) => heard(person, ['Task'])),
          parts.changed?.((person) =>
            heard(
              person,
              shown.map(({ name }) => name),
            ),
          ),
        ];
        return () => stops.forEach((stop) => stop?.());
      },
    },
  ];
}
