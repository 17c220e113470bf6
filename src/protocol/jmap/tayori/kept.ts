// SavedSearch, Rule, Contact and Snooze: what people keep besides letters, as types of items. Knows each object as JMAP shows it and as it lies
// in the store.
import { Refusal } from '../../../base/trouble.ts';
import { anObject, aUtcDate, formatUtcDate, nullable, optional, type Reader } from '../arguments.ts';
import { MethodError, type Asker, type Json, type JsonObject } from '../contract.ts';
import { invalidProperties, NotSet } from '../errors.ts';
import { formatId, parseId } from '../ids.ts';
import { decide } from '../item-methods.ts';
import { resolveId } from '../standard.ts';
import type { Item } from '../../../store/items-contract.ts';
import type { TayoriParts } from './contract.ts';
import type { ItemType } from './item-type.ts';
import { aLine, aNumber, aShortList, inside, readProperties } from './properties.ts';

const valueOf = (item: Item): JsonObject => item.value as JsonObject;
const wrong = (property: string, why: string): NotSet => new NotSet(invalidProperties([property], why));

// --- SavedSearch ------------------------------------------------------------------------------------------------------

const searchKind = 'search';
const filterOctetsMax = 20_000;

/** A search of the app, kept under a name: what was typed, and the filter of RFC 8621 §4.4.1 that it means. */
export const searchType: ItemType = {
  name: 'SavedSearch',
  kind: searchKind,
  letter: 'Q',
  most: 200,
  own: true,
  properties: ['name', 'text', 'filter', 'accountIds', 'order'],
  serverSet: [],
  defaults: { text: '', filter: null, accountIds: null, order: 0 },
  show: (item) => valueOf(item),
  read(object) {
    const ids: Reader<string> = aLine(255, 1);
    const value = readProperties(object, {
      name: aLine(200, 1),
      text: aLine(2000),
      filter: nullable(anObject),
      accountIds: nullable(aShortList(ids, 200)),
      order: aNumber(0, 2 ** 31 - 1),
    });
    if (JSON.stringify(value.filter).length > filterOctetsMax) throw wrong('filter', 'The filter is too long.');
    return { value };
  },
};

// --- Rule -------------------------------------------------------------------------------------------------------------

/** In the store a mailbox is a number; here it is an id. Actions: `{"do": "move", "mailboxId": "F3"}`. */
export function ruleType(parts: Pick<TayoriParts, 'readRule' | 'hasMailbox'>): ItemType {
  const show = (value: JsonObject): JsonObject => ({
    ...value,
    actions: (value['actions'] as readonly JsonObject[]).map((action): JsonObject => {
      const { mailbox, ...rest } = action;
      return typeof mailbox === 'number' ? { ...rest, mailboxId: formatId('F', mailbox) } : rest;
    }),
  });
  return {
    name: 'Rule',
    kind: 'rule',
    letter: 'R',
    most: 200,
    own: false,
    properties: ['name', 'enabled', 'match', 'conditions', 'actions', 'stop', 'order'],
    serverSet: [],
    defaults: { name: '', enabled: true, match: 'all', stop: false, order: 0 },
    show: (item) => show(valueOf(item)),
    async read(object, asker, { account }) {
      const { actions } = object;
      const numbered = Array.isArray(actions) ? (actions as readonly Json[]).map((action) => withNumber(action, asker)) : actions;
      let value: JsonObject;
      try {
        value = parts.readRule({ ...object, ...(numbered === undefined ? {} : { actions: numbered }) });
      } catch (trouble) {
        const property = (trouble as { readonly property?: unknown }).property;
        if (!(trouble instanceof Error) || typeof property !== 'string') throw trouble;
        throw wrong(property, `${trouble.message}.`);
      }
      for (const { mailbox } of value['actions'] as readonly JsonObject[])
        if (typeof mailbox === 'number' && !(await parts.hasMailbox(account, mailbox))) throw wrong('actions', 'There is no such mailbox.');
      return { value };
    },
  };
}

function withNumber(action: Json, asker: Asker): Json {
  if (typeof action !== 'object' || action === null || Array.isArray(action)) return action;
  const { mailboxId, ...rest } = action as JsonObject;
  if (Object.hasOwn(rest, 'mailbox')) throw wrong('actions', 'A mailbox is named by mailboxId.');
  if (mailboxId === undefined) return rest;
  const id = typeof mailboxId === 'string' ? resolveId(asker, mailboxId) : null;
  return { ...rest, mailbox: (id === null ? null : parseId('F', id)) ?? 0 };
}

// --- Contact ----------------------------------------------------------------------------------------------------------

export const contactKind = 'contact';

const anEmail: Reader<string> = (value, name) => {
  if (typeof value !== 'string' || value.length > 320 || !/^[^\s@<>,;\p{Cc}]+@[^\s@<>,;\p{Cc}]+$/u.test(value))
    throw new MethodError('invalidArguments', `"${name}" has to hold mail addresses.`, { arguments: [name] });
  return value;
};

/** A group of as many people as one letter goes to. */
const addressesMax = 500;

/** Kept: `{name, reading, kind: person|group, addresses: [{email, label}], note}`; those of before have no reading and are people. How often somebody is written to is not kept: the letters tell (suggest.ts). */
export const contactType: ItemType = {
  name: 'Contact',
  kind: contactKind,
  letter: 'V',
  most: 5_000,
  own: true,
  properties: ['name', 'reading', 'kind', 'addresses', 'note'],
  serverSet: [],
  defaults: { name: '', reading: '', kind: 'person', note: '' },
  show: (item) => ({ reading: '', kind: 'person', ...valueOf(item) }),
  read(object) {
    const read = readProperties(object, {
      name: aLine(200),
      reading: aLine(200),
      kind: aKind,
      addresses: aShortList(inside({ email: anEmail, label: optional(aLine(200), '') }), addressesMax),
      note: aNote,
    });
    if (read.name === '' && read.addresses.length === 0) throw wrong('name', 'A contact has a name or an address.');
    return { value: { ...read, addresses: read.addresses.map((one) => ({ ...one })) } };
  },
};

const aKind: Reader<'person' | 'group'> = (value, name) => {
  if (value !== 'person' && value !== 'group')
    throw new MethodError('invalidArguments', `"${name}" has to be person or group.`, { arguments: [name] });
  return value;
};

const aNote: Reader<string> = (value, name) => {
  if (typeof value !== 'string' || value.length > 5_000)
    throw new MethodError('invalidArguments', `"${name}" has to be a text of 5,000 characters.`, { arguments: [name] });
  return value;
};

// --- Snooze -----------------------------------------------------------------------------------------------------------

export const snoozeKind = 'snooze';
const snoozeMaxMs = 5 * 366 * 86_400_000;

/** Kept: `{message, mailbox}`, due when the letter comes back to that mailbox. `mailboxId` is told by the server: where it lay. */
export function snoozeType(parts: Pick<TayoriParts, 'items' | 'snoozes' | 'clock'>): ItemType {
  return {
    name: 'Snooze',
    kind: snoozeKind,
    letter: 'Z',
    most: 1_000,
    own: false,
    properties: ['emailId', 'mailboxId', 'until'],
    serverSet: ['mailboxId'],
    defaults: {},
    show(item) {
      const { message, mailbox } = valueOf(item);
      return {
        emailId: formatId('M', Number(message)),
        mailboxId: formatId('F', Number(mailbox)),
        until: item.dueAt === null ? null : formatUtcDate(item.dueAt),
      };
    },
    read(object, asker, _account, before) {
      const read = readProperties(object, { emailId: aLine(256, 1), until: aUtcDate });
      const id = resolveId(asker, read.emailId);
      const message = id === null ? null : parseId('M', id);
      if (message === null) throw wrong('emailId', 'There is no such email.');
      if (read.until <= parts.clock.now() || read.until > parts.clock.now() + snoozeMaxMs)
        throw wrong('until', 'A time to come, five years ahead at most.');
      if (before !== null && message !== valueOf(before)['message']) throw wrong('emailId', 'Which email it is about stays.');
      return { value: before === null ? { message } : valueOf(before), dueAt: read.until };
    },
    make: ({ value, dueAt = null }, { account }) =>
      decide(null, async () => {
        const message = Number(value['message']);
        const noted = async (): Promise<Item | undefined> =>
          (await parts.items.list(account, snoozeKind)).find((item) => valueOf(item)['message'] === message);
        const before = await noted();
        const id = await parts.snoozes.away(account, message, (mailbox) =>
          before === undefined
            ? { kind: snoozeKind, dueAt, add: { message, mailbox } }
            : { kind: snoozeKind, dueAt, id: before.id, put: { message, mailbox: valueOf(before)['mailbox']! }, ifModSeq: before.modSeq },
        );
        const first = await noted();
        if (first?.id === id) return first;
        // Put away by two apps at once: the first note knows where it lay, and takes the later one's time.
        await parts.items.write(account, [{ kind: snoozeKind, id, remove: true }]);
        throw new Refusal('changed', 'Somebody else was first');
      }),
    unmake: (item, { account }) =>
      parts.snoozes.back(account, Number(valueOf(item)['message']), Number(valueOf(item)['mailbox']), {
        kind: snoozeKind,
        id: item.id,
        remove: true,
        ifModSeq: item.modSeq,
      }),
  };
}
