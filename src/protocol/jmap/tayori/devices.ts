// Device and SetupLink: keys that one's own devices sign in with, and links by which a device is set up. Secrets and links are told once, to a
// person at a browser. Knows the objects; keys are made by the desk.
import { nullable, oneOf, optional } from '../arguments.ts';
import type { Method } from '../contract.ts';
import { NotSet, notFound, setError } from '../errors.ts';
import { formatId, parseId } from '../ids.ts';
import { runSet } from '../set.ts';
import { readSet } from '../standard.ts';
import type { TayoriParts } from './contract.ts';
import { aLanguage, aLine, aNumber, aShortList, checkInPerson, checkOwn, readProperties } from './properties.ts';
import { shownMethods, stateOfShown, type ShownType } from './shown-type.ts';
import type { Snapshots } from './snapshots.ts';

type Desk = Pick<TayoriParts, 'devices'>;

const protocols = ['smtp', 'imap', 'pop3', 'jmap', 'sieve'] as const;
const standardDays = 7;
const daysMax = 30;

export const deviceType = ({ devices }: Desk): ShownType => ({
  name: 'Device',
  properties: ['name', 'protocols', 'createdAt', 'lastUsedAt', 'lastUsedFrom', 'uses'],
  inPerson: true,
  list: async ({ account }) => devices.list(account),
  mark: ({ account }) => devices.list(account),
});

export const linkType = ({ devices }: Desk): ShownType => ({
  name: 'SetupLink',
  properties: ['device', 'createdAt', 'expiresAt', 'usedAt', 'deviceId'],
  inPerson: true,
  list: async ({ account }) => devices.links(account),
  mark: ({ account }) => devices.links(account),
});

export function deviceMethods(parts: Desk, snapshots: Snapshots): Readonly<Record<string, Method>> {
  const { devices } = parts;
  const [device, link] = [deviceType(parts), linkType(parts)];
  return {
    ...shownMethods(device, snapshots),
    ...shownMethods(link, snapshots),

    'Device/set': async (args, asker) => {
      const call = readSet(args, asker, {});
      const account = checkOwn(call.account);
      const { response } = await runSet(call, asker, {
        state: async () => stateOfShown(device, snapshots, account),
        async create(object) {
          checkInPerson(asker);
          const read = readProperties(object, {
            name: aLine(60, 1),
            protocols: nullable(aShortList(oneOf(protocols), protocols.length, 1)),
          });
          const { id, secret } = await devices.add(account.account, read.name, read.protocols);
          const shown = devices.list(account.account).get(formatId('X', id)) ?? {};
          return { ...shown, id: formatId('X', id), secret };
        },
        update: (id) =>
          Promise.reject(
            new NotSet(devices.list(account.account).has(id) ? setError('forbidden', 'A key stays as it was made.') : notFound()),
          ),
        async destroy(id) {
          checkInPerson(asker);
          const number = parseId('X', id);
          if (number === null) throw new NotSet(notFound());
          await devices.remove(account.account, number);
        },
      });
      return { response };
    },

    'SetupLink/set': async (args, asker) => {
      const call = readSet(args, asker, {});
      const account = checkOwn(call.account);
      const { response } = await runSet(call, asker, {
        state: async () => stateOfShown(link, snapshots, account),
        async create(object) {
          checkInPerson(asker);
          const read = readProperties(object, {
            device: nullable(aLine(60, 1)),
            days: optional(aNumber(1, daysMax), standardDays),
            language: aLanguage,
          });
          const { id, more } = await devices.addLink(account.account, read.device, read.days, read.language);
          return { ...devices.links(account.account).get(formatId('Y', id)), ...more, id: formatId('Y', id) };
        },
        update: (id) =>
          Promise.reject(
            new NotSet(devices.links(account.account).has(id) ? setError('forbidden', 'A link stays as it was made.') : notFound()),
          ),
        async destroy(id) {
          checkInPerson(asker);
          const number = parseId('Y', id);
          if (number === null) throw new NotSet(notFound());
          await devices.removeLink(account.account, number);
        },
      });
      return { response };
    },
  };
}
