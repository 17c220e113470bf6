// VacationResponse (RFC 8621 §8): one for each account. Knows the object; when a reply goes out is the arrival's business.
import type { Item, ItemStore } from '../../../store/items-contract.ts';
import { formatUtcDate, parseDate } from '../arguments.ts';
import type { JmapAccount, Json, JsonObject, Method } from '../contract.ts';
import { invalidProperties, notFound, NotSet, setError } from '../errors.ts';
import { applyPatch, sameJson } from '../patch.ts';
import { runSet } from '../set.ts';
import { answerGet, readGet, readSet } from '../standard.ts';
import { addOnly, decide, stateOf } from '../item-methods.ts';

export const vacationKind = 'vacation';

/** The value of the one item of its kind. Dates in milliseconds. */
export interface VacationValue {
  readonly isEnabled: boolean;
  readonly fromDate: number | null;
  readonly toDate: number | null;
  readonly subject: string | null;
  readonly textBody: string | null;
  readonly htmlBody: string | null;
}

export const noVacation: VacationValue = { isEnabled: false, fromDate: null, toDate: null, subject: null, textBody: null, htmlBody: null };

const properties = new Set('id isEnabled fromDate toDate subject textBody htmlBody'.split(' '));
const singleton = 'singleton';
const bodyMax = 100_000;

export function vacationMethods(items: ItemStore): Readonly<Record<string, Method>> {
  return {
    'VacationResponse/get': async (args, asker) => {
      const call = readGet(args, asker, (name) => properties.has(name), {});
      const state = await stateOf(items, call.account, vacationKind);
      const value = valueOf(await read(items, call.account));
      return { response: answerGet(call, state, new Map([[singleton, shown(value)]])) };
    },
    'VacationResponse/set': async (args, asker) => {
      const call = readSet(args, asker, {});
      const { account } = call;
      const { response } = await runSet(call, asker, {
        state: () => stateOf(items, account, vacationKind),
        create: () => Promise.reject(new NotSet(setError('singleton'))),
        destroy: (id) => Promise.reject(new NotSet(id === singleton ? setError('singleton') : notFound())),
        update: (id, patch) =>
          decide(call.ifInState, async () => {
            if (id !== singleton) throw new NotSet(notFound());
            const item = await read(items, account);
            const current = shown(valueOf(item));
            const value = readValue(applyPatch(current, patch, shown(noVacation)), current);
            if (item === null) await addOnly(items, account, vacationKind, value);
            else await items.write(account.account, [{ kind: vacationKind, id: item.id, put: value, ifModSeq: item.modSeq }]);
            return null;
          }),
      });
      return { response };
    },
  };
}

async function read(items: ItemStore, { account }: JmapAccount): Promise<Item | null> {
  return (await items.list(account, vacationKind))[0] ?? null;
}

function valueOf(item: Item | null): VacationValue {
  return item === null ? noVacation : (item.value as VacationValue);
}

function shown({ fromDate, toDate, ...value }: VacationValue): JsonObject {
  const date = (at: number | null): string | null => (at === null ? null : formatUtcDate(at));
  return { id: singleton, ...value, fromDate: date(fromDate), toDate: date(toDate) };
}

function readValue(after: JsonObject, current: JsonObject): VacationValue {
  const wrong = Object.keys(after).filter((name) => !properties.has(name));
  if (!sameJson(after['id'], current['id'])) wrong.push('id');
  const date = (name: string): number | null => {
    const value = after[name] ?? null;
    const at = typeof value === 'string' ? parseDate(value, true) : null;
    if (value !== null && at === null) wrong.push(name);
    return at;
  };
  const text = (name: string, most: number): string | null => {
    const value: Json = after[name] ?? null;
    if (value === null) return null;
    if (typeof value === 'string' && value.length <= most && (name !== 'subject' || !/[\r\n\0]/.test(value))) return value;
    wrong.push(name);
    return null;
  };
  const { isEnabled } = after;
  if (typeof isEnabled !== 'boolean') wrong.push('isEnabled');
  const value: VacationValue = {
    isEnabled: isEnabled === true,
    fromDate: date('fromDate'),
    toDate: date('toDate'),
    subject: text('subject', 500),
    textBody: text('textBody', bodyMax),
    htmlBody: text('htmlBody', bodyMax),
  };
  if (value.fromDate !== null && value.toDate !== null && value.toDate <= value.fromDate) wrong.push('toDate');
  if (wrong.length > 0) throw new NotSet(invalidProperties(wrong));
  return value;
}
