// Quotas (RFC 9425): how much an account may hold, and how much it holds. An account without a limit has no Quota object. Knows the numbers of the
// store; keeps nothing: its state is those numbers.
import type { MailStore } from '../../store/contract.ts';
import { aPositive, aText, isObject, nullable, oneOf, optional, readArguments } from './arguments.ts';
import type { Asker, JmapAccount, JsonObject, MethodGroup } from './contract.ts';
import { cannotCalculateChanges, invalidArguments } from './errors.ts';
import {
  compareTexts,
  formatQuery,
  formatQueryChanges,
  matches,
  readQuery,
  readQueryChanges,
  windowOf,
  type Askable,
  type Filter,
} from './query.ts';
import { anAccount, answerGet, readGet } from './standard.ts';

export const quotaCapability = 'urn:ietf:params:jmap:quota';
const mailCapability = 'urn:ietf:params:jmap:mail';
const octetsId = 'octets';

type QuotaStore = Pick<MailStore, 'usage'>;

/** What a quota is at one time; as a state, `limit-used`, or `none`. */
interface Standing {
  readonly limit: number | null;
  readonly used: number;
}

export function quotaGroup(store: QuotaStore): MethodGroup {
  const standingOf = async (account: JmapAccount): Promise<Standing> =>
    account.quota === null ? { limit: null, used: 0 } : { limit: account.quota, used: (await store.usage(account.account)).octets };
  return {
    capability: quotaCapability,
    methods: {
      'Quota/get': async (args, asker) => {
        const call = readGet(args, asker, (name) => properties.has(name), {});
        const standing = await standingOf(call.account);
        return { response: answerGet(call, formatStanding(standing), objects(standing, call.account, asker)) };
      },
      'Quota/changes': async (args, asker) => ({ response: await changes(args, asker, standingOf) }),
      'Quota/query': async (args, asker) => {
        const call = readQuery(args, asker, askable, {});
        const standing = await standingOf(call.account);
        const ids = findIds(call, objects(standing, call.account, asker));
        const window = windowOf(call, ids.length, (anchor) => ids.indexOf(anchor), 100);
        return {
          response: formatQuery(call, {
            queryState: formatStanding(standing),
            canCalculateChanges: true,
            window,
            ids: ids.slice(window.start, window.end),
            total: ids.length,
          }),
        };
      },
      'Quota/queryChanges': async (args, asker) => {
        const call = readQueryChanges(args, asker, askable, {});
        const before = parseStanding(call.sinceQueryState);
        if (before === null) throw cannotCalculateChanges('This is no state of ours.');
        const standing = await standingOf(call.account);
        const old = findIds(call, objects(before, call.account, asker));
        const ids = findIds(call, objects(standing, call.account, asker));
        const moved = formatStanding(before) !== formatStanding(standing);
        return {
          response: formatQueryChanges(call, {
            newQueryState: formatStanding(standing),
            removed: moved ? old : [],
            added: moved ? ids.map((id, index) => ({ id, index })) : [],
            total: ids.length,
          }),
        };
      },
    },
    session: () => ({}),
    account: () => ({}),
    states: { Quota: async (account) => formatStanding(await standingOf(account)) },
  };
}

const properties = new Set(['id', 'resourceType', 'used', 'hardLimit', 'scope', 'name', 'types', 'warnLimit', 'softLimit', 'description']);

/** "The server MUST NOT return Quota objects for which there are no types recognised by the client." */
function objects({ limit, used }: Standing, account: JmapAccount, asker: Asker): ReadonlyMap<string, JsonObject> {
  if (limit === null || !asker.using.has(mailCapability)) return new Map();
  const quota: JsonObject = {
    id: octetsId,
    resourceType: 'octets',
    used,
    hardLimit: limit,
    scope: 'account',
    name: account.name,
    types: ['Email'],
    warnLimit: Math.floor(limit * 0.9),
    softLimit: null,
    description: null,
  };
  return new Map([[octetsId, quota]]);
}

function formatStanding({ limit, used }: Standing): string {
  return limit === null ? 'none' : `${limit}-${used}`;
}

function parseStanding(state: string): Standing | null {
  if (state === 'none') return { limit: null, used: 0 };
  const match = /^([0-9]{1,16})-([0-9]{1,16})$/.exec(state);
  return match === null ? null : { limit: Number(match[1]), used: Number(match[2]) };
}

/** RFC 9425 §4.2: `updatedProperties` when nothing but `used` has changed. */
async function changes(args: JsonObject, asker: Asker, standingOf: (account: JmapAccount) => Promise<Standing>): Promise<JsonObject> {
  const read = readArguments(args, { accountId: anAccount(asker), sinceState: aText, maxChanges: nullable(aPositive) });
  const before = parseStanding(read.sinceState);
  if (before === null) throw cannotCalculateChanges('This is no state of ours.');
  const now = await standingOf(read.accountId);
  const [was, is] = [before.limit !== null, now.limit !== null];
  const changed = was && is && formatStanding(before) !== formatStanding(now);
  return {
    accountId: read.accountId.id,
    oldState: read.sinceState,
    newState: formatStanding(now),
    hasMoreChanges: false,
    updatedProperties: changed && before.limit === now.limit ? ['used'] : null,
    created: !was && is ? [octetsId] : [],
    updated: changed ? [octetsId] : [],
    destroyed: was && !is ? [octetsId] : [],
  };
}

interface Condition {
  readonly name?: string;
  readonly scope?: string;
  readonly resourceType?: string;
  readonly type?: string;
}

const askable: Askable<Condition> = {
  condition: (object) => {
    if (!isObject(object)) throw invalidArguments('A condition is an object.', ['filter']);
    const read = readArguments(object, {
      name: optional(aText, null),
      scope: optional(oneOf(['account', 'domain', 'global']), null),
      resourceType: optional(oneOf(['count', 'octets']), null),
      type: optional(aText, null),
    });
    return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== null));
  },
  sort: { name: [], used: [] },
};

function findIds(
  {
    filter,
    sort,
  }: { readonly filter: Filter<Condition> | null; readonly sort: readonly { readonly property: string; readonly isAscending: boolean }[] },
  all: ReadonlyMap<string, JsonObject>,
): readonly string[] {
  const found = [...all].filter(
    ([, quota]) =>
      filter === null ||
      matches(
        filter,
        (condition) =>
          (condition.name === undefined || String(quota.name).includes(condition.name)) &&
          (condition.scope === undefined || quota.scope === condition.scope) &&
          (condition.resourceType === undefined || quota.resourceType === condition.resourceType) &&
          (condition.type === undefined || (quota.types as readonly string[]).includes(condition.type)),
      ),
  );
  const compare = (a: JsonObject, b: JsonObject): number => {
    for (const { property, isAscending } of sort) {
      const order = property === 'used' ? Number(a.used) - Number(b.used) : compareTexts(String(a.name), String(b.name), null);
      if (order !== 0) return isAscending ? order : -order;
    }
    return 0;
  };
  return found.toSorted(([, a], [, b]) => compare(a, b)).map(([id]) => id);
}
