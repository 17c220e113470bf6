// Settings/get, /changes and /set: the one object `singleton` of a person. Knows how it is kept; what may be chosen is settings-table.ts.
import type { Method } from '../contract.ts';
import { cannotCalculateChanges, invalidProperties, NotSet, notFound, setError } from '../errors.ts';
import { formatState } from '../ids.ts';
import { addOnly, decide } from '../item-methods.ts';
import { applyPatch, sameJson } from '../patch.ts';
import { runSet } from '../set.ts';
import { answerGet, formatChanges, readChanges, readGet, readSet } from '../standard.ts';
import type { AccountId } from '../../../store/contract.ts';
import type { Item } from '../../../store/items-contract.ts';
import type { TayoriParts } from './contract.ts';
import { checkOwn, readProperties } from './properties.ts';
import { settingKind, settingNames, settings, settingsOf, standardSettings, type SettingName } from './settings-table.ts';

const singleton = 'singleton';

export function settingMethods({ items }: Pick<TayoriParts, 'items'>): Readonly<Record<string, Method>> {
  const item = async (account: AccountId): Promise<Item | null> => (await items.list(account, settingKind))[0] ?? null;
  const state = async (account: AccountId): Promise<string> => formatState(await items.state(account, settingKind));
  const shape = Object.fromEntries(settingNames.map((name) => [name, settings[name].read]));

  return {
    'Settings/get': async (args, asker) => {
      const call = readGet(args, asker, (name) => Object.hasOwn(settings, name), {});
      const { account } = checkOwn(call.account);
      const before = await state(account);
      const shown = { id: singleton, ...settingsOf((await item(account))?.value) };
      return { response: answerGet(call, before, new Map([[singleton, shown]])) };
    },

    'Settings/changes': async (args, asker) => {
      const call = readChanges(args, asker, {});
      const { account } = checkOwn(call.account);
      const newState = await state(account);
      const found = await items.changes(account, settingKind, call.since);
      if (found === null) throw cannotCalculateChanges();
      // It is there from the beginning: the first thing chosen changes it.
      const updated = found.created.length + found.updated.length + found.destroyed.length > 0 ? [singleton] : [];
      return { response: formatChanges(call, { newState, hasMoreChanges: false, created: [], updated, destroyed: [] }) };
    },

    'Settings/set': async (args, asker) => {
      const call = readSet(args, asker, {});
      const { account } = checkOwn(call.account);
      const { response } = await runSet(call, asker, {
        state: () => state(account),
        // RFC 8620 §5.3.
        create: () => Promise.reject(new NotSet(setError('singleton', 'There is one object of settings.'))),
        destroy: (id) => Promise.reject(new NotSet(id === singleton ? setError('singleton', 'Settings stay.') : notFound())),
        update: (id, patch) =>
          decide(call.ifInState, async () => {
            if (id !== singleton) throw new NotSet(notFound());
            const kept = await item(account);
            const before = settingsOf(kept?.value);
            const { id: same, ...patched } = applyPatch({ id: singleton, ...before }, patch, standardSettings());
            if (same !== singleton) throw new NotSet(invalidProperties(['id'], 'An id stays.'));
            const read = readProperties(patched, shape);
            // Only what differs is kept: a default that gets better gets better for all who never chose.
            const chosen = Object.fromEntries(
              Object.entries(read).filter(([name, value]) => !sameJson(value, settings[name as SettingName].standard)),
            );
            if (kept === null) await addOnly(items, call.account, settingKind, chosen);
            else await items.write(account, [{ kind: settingKind, id: kept.id, put: chosen, ifModSeq: kept.modSeq }]);
            const changed = Object.entries(read).filter(([name, value]) => Object.hasOwn(patch, name) && !sameJson(value, patch[name]));
            return changed.length === 0 ? null : Object.fromEntries(changed);
          }),
      });
      return { response };
    },
  };
}
