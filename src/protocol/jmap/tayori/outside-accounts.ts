// OutsideAccount/get, /changes and /set: a person's accounts at other providers, with their health card. Knows what of them an app may change at
// once, and who may: a person at a browser. What takes longer is a Task. An OutsideAccount has the id of the JMAP account that holds its letters.
import { aBoolean, oneOf } from '../arguments.ts';
import type { JsonObject, Method } from '../contract.ts';
import { invalidProperties, NotSet, notFound, setError } from '../errors.ts';
import { parseId } from '../ids.ts';
import { runSet } from '../set.ts';
import { readSet } from '../standard.ts';
import type { OutsideChange, TayoriParts } from './contract.ts';
import { aLine, checkInPerson, checkOwn, readProperties } from './properties.ts';
import { shownMethods, stateOfShown, type ShownType } from './shown-type.ts';
import type { Snapshots } from './snapshots.ts';
import { aLeaving } from './task-arguments.ts';

const outsideProperties = [
  'address',
  'name',
  'provider',
  'receive',
  'send',
  'signIn',
  'leaving',
  'sentCopy',
  'provenance',
  'provenAt',
  'createdAt',
  'paused',
  'restsUntil',
  'appLogin',
  'health',
  'collecting',
  'letters',
  'octets',
] as const;

export function outsideType({ outside }: Pick<TayoriParts, 'outside'>): ShownType {
  return {
    name: 'OutsideAccount',
    properties: outsideProperties,
    list: ({ account }, language) => outside.list(account, language),
    mark: ({ account }) => outside.marks(account),
  };
}

const changeable = { name: aLine(200), leaving: aLeaving, sentCopy: oneOf(['provider', 'here'] as const), paused: aBoolean };

export function outsideMethods(parts: Pick<TayoriParts, 'outside'>, snapshots: Snapshots): Readonly<Record<string, Method>> {
  const type = outsideType(parts);
  const { outside } = parts;
  return {
    ...shownMethods(type, snapshots),

    'OutsideAccount/set': async (args, asker) => {
      const call = readSet(args, asker, {});
      const own = checkOwn(call.account);
      const there = async (id: string): Promise<{ readonly account: number; readonly object: JsonObject }> => {
        const account = parseId('A', id);
        const object = account === null ? undefined : outside.marks(own.account).get(id);
        if (account === null || object === undefined) throw new NotSet(notFound());
        return { account, object };
      };
      const { response } = await runSet(call, asker, {
        state: async () => stateOfShown(type, snapshots, own),
        create: () => Promise.reject(new NotSet(setError('forbidden', 'An account is set up by a Task of the kind setUp.'))),
        async update(id, patch) {
          // What is kept at the provider, and whether anything is fetched at all, is not for a key that one app holds.
          checkInPerson(asker);
          const { account, object } = await there(id);
          const { restsUntil, ...rest } = patch;
          const isBack = Object.hasOwn(patch, 'restsUntil');
          if (isBack && restsUntil !== null)
            throw new NotSet(invalidProperties(['restsUntil'], 'Null brings it back; destroy lets it rest.'));
          const wrong = Object.keys(rest).filter((name) => !Object.hasOwn(changeable, name));
          if (wrong.length > 0) throw new NotSet(invalidProperties(wrong, 'These are not set here; servers and secrets change by a Task.'));
          if (object['restsUntil'] !== null && !isBack) throw new NotSet(setError('forbidden', 'It rests: bring it back first.'));
          const read = readProperties(rest, Object.fromEntries(Object.entries(changeable).filter(([name]) => Object.hasOwn(rest, name))));
          await outside.change(own.account, account, { ...(read as OutsideChange), ...(isBack ? { open: true as const } : {}) });
          return null;
        },
        async destroy(id) {
          checkInPerson(asker);
          const { account, object } = await there(id);
          if (object['restsUntil'] !== null) throw new NotSet(notFound());
          await outside.rest(own.account, account);
        },
      });
      return { response };
    },
  };
}
