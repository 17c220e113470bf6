// PushSubscription (RFC 8620 §7.2): addresses at push services, each the property of the credentials that made it. Knows items and their rules;
// sends nothing itself. An address is told nothing but its verification code until it has been verified.
import type { Chance, Clock } from '../../base/clock.ts';
import { base64FromBytes, bytesFromBase64 } from '../../base/bytes.ts';
import type { AccountId, MailStore } from '../../store/contract.ts';
import {
  aText,
  anIdOrReference,
  anObject,
  formatUtcDate,
  isArray,
  isObject,
  listOf,
  mapOf,
  nullable,
  parseDate,
  readArguments,
} from './arguments.ts';
import type { Asker, Id, Json, JsonObject, Method } from './contract.ts';
import { forbidden, formatSetError, invalidArguments, invalidProperties, notFound, NotSet, requestTooLarge, setError } from './errors.ts';
import { formatId, parseId } from './ids.ts';
import { coreLimits } from './limits.ts';
import { applyPatch } from './patch.ts';
import { emptyOutcome, resolveId, type SetOutcome } from './standard.ts';
import { setErrorOf } from './errors.ts';

export const pushKind = 'pushsubscription';
/** Of one person, those of all credentials. */
export const pushSubscriptionsMax = 30;
/** RFC 8620 §8.6: "The rate of creation MUST also be limited": each sends a request to whatever server somebody names. Of one person, within an hour. */
export const pushCreationsMax = 30;
const hourMs = 3_600_000;
/** RFC 8620 §7.2: "at least 48 hours in the future and SHOULD be at least 7 days". */
export const pushLifeMs = 14 * 24 * 3_600_000;
const urlMax = 2048;
const typesMax = 100;

/** What is kept of one. */
export interface PushSubscription {
  readonly deviceClientId: string;
  readonly url: string;
  readonly keys: { readonly p256dh: string; readonly auth: string } | null;
  /** The code that was sent. */
  readonly code: string;
  readonly verified: boolean;
  /** Milliseconds. */
  readonly expires: number;
  readonly types: readonly string[] | null;
  /** Whose it is: the mark of the credentials. */
  readonly credentials: string;
}

export interface PushParts {
  readonly store: Pick<MailStore, 'items'>;
  readonly clock: Clock;
  readonly chance: Chance;
  /** A text that stands for the credentials by which somebody asks; it ends to be valid with them. */
  readonly credentialsOf: (asker: Pick<Asker, 'principal' | 'session'>) => string;
  /** Called after each change that was made durable: who sends looks again. `made`: it is to be verified. */
  readonly changed: (account: AccountId, made: readonly number[]) => void;
}

const shown = ['id', 'deviceClientId', 'verificationCode', 'expires', 'types'] as const;
const kept = new Set(['deviceClientId', 'url', 'keys', 'verificationCode', 'expires', 'types']);

export function pushMethods(parts: PushParts): Readonly<Record<string, Method>> {
  const creations = new Creations();
  return {
    'PushSubscription/get': async (args, asker) => ({ response: await get(args, asker, parts) }),
    'PushSubscription/set': async (args, asker) => ({ response: await set(args, asker, parts, creations) }),
  };
}

/** State over time: who made subscriptions lately, and when. */
class Creations {
  readonly #times = new Map<AccountId, readonly number[]>();

  /** Counts one; false when it is one too many. */
  take(person: AccountId, now: number): boolean {
    const lately = (this.#times.get(person) ?? []).filter((at) => now - at < hourMs);
    if (lately.length >= pushCreationsMax) return false;
    this.#times.delete(person);
    this.#times.set(person, [...lately, now]);
    // Those in front made none for the longest time.
    for (const [other, times] of this.#times) {
      if (now - times.at(-1)! < hourMs) break;
      this.#times.delete(other);
    }
    return true;
  }
}

interface Kept {
  readonly number: number;
  readonly value: PushSubscription;
}

async function ofAsker(asker: Asker, { store, credentialsOf, clock }: PushParts): Promise<ReadonlyMap<Id, Kept>> {
  const credentials = credentialsOf(asker);
  const items = await store.items.list(asker.principal.account, pushKind);
  const mine = items
    .map(({ id, value }) => ({ number: id, value: value as PushSubscription }))
    .filter(({ value }) => value.credentials === credentials && value.expires > clock.now());
  return new Map(mine.map((one) => [formatId('P', one.number), one]));
}

/** "It does not take or return an accountId argument. It also does not return a state argument." */
async function get(args: JsonObject, asker: Asker, parts: PushParts): Promise<JsonObject> {
  const read = readArguments(args, { ids: nullable(listOf(anIdOrReference)), properties: nullable(listOf(aText)) });
  if (read.properties?.some((name) => name === 'url' || name === 'keys')) throw forbidden('The address and its keys are not told.');
  const unknown = read.properties?.filter((name) => !shown.some((known) => known === name)) ?? [];
  if (unknown.length > 0) throw invalidArguments(`There is no property ${unknown.slice(0, 5).join(', ').slice(0, 200)}.`, ['properties']);
  const ids = read.ids === null ? null : new Set(read.ids.map((id) => resolveId(asker, id) ?? id));
  if (ids !== null && ids.size > coreLimits.maxObjectsInGet) throw requestTooLarge(`At most ${coreLimits.maxObjectsInGet} ids at once.`);
  const mine = await ofAsker(asker, parts);
  const wanted = read.properties === null ? null : new Set(['id', ...read.properties]);
  const list = [...mine]
    .filter(([id]) => ids === null || ids.has(id))
    .map(([id, { value }]) => {
      const whole = format(id, value);
      return wanted === null ? whole : Object.fromEntries(Object.entries(whole).filter(([name]) => wanted.has(name)));
    });
  return { list, notFound: ids === null ? [] : [...ids].filter((id) => !mine.has(id)) };
}

function format(id: Id, value: PushSubscription): JsonObject {
  return {
    id,
    deviceClientId: value.deviceClientId,
    verificationCode: value.verified ? value.code : null,
    expires: formatUtcDate(value.expires),
    types: value.types,
  };
}

async function set(args: JsonObject, asker: Asker, parts: PushParts, creations: Creations): Promise<JsonObject> {
  const read = readArguments(args, {
    create: nullable(mapOf(anObject)),
    update: nullable(mapOf(anObject, true)),
    destroy: nullable(listOf(anIdOrReference)),
  });
  const [create, update, destroy] = [
    read.create ?? new Map<Id, JsonObject>(),
    read.update ?? new Map<Id, JsonObject>(),
    new Set(read.destroy),
  ];
  if (create.size + update.size + destroy.size > coreLimits.maxObjectsInSet) {
    throw requestTooLarge(`At most ${coreLimits.maxObjectsInSet} objects at once.`);
  }
  const outcome = emptyOutcome();
  const { account } = asker.principal;
  const made: number[] = [];
  for (const [creationId, object] of create) {
    // oxlint-disable-next-line no-await-in-loop -- each counts those before it
    await attempt(outcome.notCreated, creationId, async () => {
      const value = readNew(object, asker, parts);
      if ((await parts.store.items.count(account, pushKind)) >= pushSubscriptionsMax) {
        throw new NotSet(setError('overQuota', `At most ${pushSubscriptionsMax} push subscriptions.`));
      }
      if (!creations.take(account, parts.clock.now()))
        throw new NotSet(setError('rateLimit', `At most ${pushCreationsMax} push subscriptions in an hour.`));
      const { ids } = await parts.store.items.write(account, [{ kind: pushKind, add: value }]);
      const id = formatId('P', ids[0]!);
      made.push(ids[0]!);
      asker.createdIds.set(creationId, id);
      outcome.created.set(creationId, { id, ...serverSet(object, value) });
    });
  }
  for (const [written, patch] of update) {
    const id = resolveId(asker, written) ?? written;
    // oxlint-disable-next-line no-await-in-loop -- in order
    await attempt(outcome.notUpdated, id, async () => {
      const one = await find(id, asker, parts);
      const value = patched(id, one.value, patch, parts.clock.now());
      await parts.store.items.write(account, [{ kind: pushKind, id: one.number, put: value }]);
      const asked = typeof patch.expires === 'string' ? parseDate(patch.expires, true) : null;
      outcome.updated.set(
        id,
        Object.hasOwn(patch, 'expires') && asked !== value.expires ? { expires: formatUtcDate(value.expires) } : null,
      );
    });
  }
  for (const written of destroy) {
    const id = resolveId(asker, written) ?? written;
    // oxlint-disable-next-line no-await-in-loop -- in order
    await attempt(outcome.notDestroyed, id, async () => {
      const one = await find(id, asker, parts);
      await parts.store.items.write(account, [{ kind: pushKind, id: one.number, remove: true }]);
      outcome.destroyed.push(id);
    });
  }
  parts.changed(account, made);
  return formatOutcome(outcome);
}

async function attempt(errors: SetOutcome['notCreated'], id: Id, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    const error = setErrorOf(thrown);
    if (error === null) throw thrown;
    errors.set(id, error);
  }
}

function formatOutcome(outcome: SetOutcome): JsonObject {
  const errors = (map: SetOutcome['notCreated']): Json =>
    map.size === 0 ? null : Object.fromEntries([...map].map(([id, error]) => [id, formatSetError(error)]));
  return {
    created: outcome.created.size === 0 ? null : Object.fromEntries(outcome.created),
    updated: outcome.updated.size === 0 ? null : Object.fromEntries(outcome.updated),
    destroyed: outcome.destroyed.length === 0 ? null : outcome.destroyed,
    notCreated: errors(outcome.notCreated),
    notUpdated: errors(outcome.notUpdated),
    notDestroyed: errors(outcome.notDestroyed),
  };
}

async function find(id: Id, asker: Asker, parts: PushParts): Promise<Kept> {
  const one = parseId('P', id) === null ? undefined : (await ofAsker(asker, parts)).get(id);
  if (one === undefined) throw new NotSet(notFound());
  return one;
}

function readNew(object: JsonObject, asker: Asker, { clock, chance, credentialsOf }: PushParts): PushSubscription {
  const wrong = Object.keys(object).filter((name) => !kept.has(name));
  const { deviceClientId, url, keys = null, verificationCode = null, expires = null, types = null } = object;
  if (typeof deviceClientId !== 'string' || deviceClientId === '' || deviceClientId.length > 255) wrong.push('deviceClientId');
  if (typeof url !== 'string' || !isPushUrl(url)) wrong.push('url');
  if (keys !== null && !areKeys(keys)) wrong.push('keys');
  if (verificationCode !== null) wrong.push('verificationCode');
  if (!isExpiry(expires)) wrong.push('expires');
  if (!areTypes(types)) wrong.push('types');
  if (wrong.length > 0) throw new NotSet(invalidProperties(wrong));
  return {
    deviceClientId: deviceClientId as string,
    url: url as string,
    keys: keys as PushSubscription['keys'],
    code: base64FromBytes(chance.bytes(24)).replaceAll('+', '-').replaceAll('/', '_'),
    verified: false,
    expires: expiryOf(expires, clock.now()),
    types: types as PushSubscription['types'],
    credentials: credentialsOf(asker),
  };
}

/** "This MUST begin with https://." What it leads to is looked at when something is sent. */
function isPushUrl(text: string): boolean {
  if (!text.startsWith('https://') || text.length > urlMax) return false;
  const url = URL.parse(text);
  return url !== null && url.username === '' && url.password === '' && url.hostname !== '';
}

/** RFC 8291 §2.1: a point of P-256, uncompressed, and 16 octets. */
function areKeys(value: Json): boolean {
  if (!isObject(value) || Object.keys(value).some((name) => name !== 'p256dh' && name !== 'auth')) return false;
  const { p256dh, auth } = value;
  if (typeof p256dh !== 'string' || typeof auth !== 'string' || !isBase64Url(p256dh) || !isBase64Url(auth)) return false;
  const point = bytesFromBase64(p256dh);
  return point.length === 65 && point[0] === 4 && bytesFromBase64(auth).length === 16;
}

function isBase64Url(text: string): boolean {
  return text.length <= 200 && /^[A-Za-z0-9_-]+={0,2}$/.test(text);
}

function isExpiry(value: Json): boolean {
  return value === null || (typeof value === 'string' && parseDate(value, true) !== null);
}

function areTypes(value: Json): boolean {
  return (
    value === null || (isArray(value) && value.length <= typesMax && value.every((type) => typeof type === 'string' && type.length <= 100))
  );
}

/** A shorter time is kept, a longer one cut. */
function expiryOf(value: Json, now: number): number {
  // Whole seconds: as they are told.
  const most = Math.floor((now + pushLifeMs) / 1000) * 1000;
  const asked = typeof value === 'string' ? parseDate(value, true) : null;
  return asked === null ? most : Math.min(asked, most);
}

/** What the client did not send, or got otherwise. */
function serverSet(object: JsonObject, value: PushSubscription): JsonObject {
  const asked = typeof object.expires === 'string' ? parseDate(object.expires, true) : null;
  return {
    ...(object.keys === undefined ? { keys: null } : {}),
    ...(object.verificationCode === undefined ? { verificationCode: null } : {}),
    ...(object.types === undefined ? { types: null } : {}),
    ...(asked === value.expires ? {} : { expires: formatUtcDate(value.expires) }),
  };
}

function patched(id: Id, value: PushSubscription, patch: JsonObject, now: number): PushSubscription {
  const before = format(id, value);
  const after = applyPatch(before, patch);
  const wrong: string[] = [];
  for (const name of new Set(Object.keys(patch).map((pointer) => pointer.split('/')[0]!))) {
    if (name === 'id' || name === 'deviceClientId') {
      if (after[name] !== before[name]) wrong.push(name);
    } else if (name === 'verificationCode') {
      // "Attempts to update the subscription with an invalid verification code MUST be rejected."
      if (after.verificationCode !== value.code && after.verificationCode !== before.verificationCode) wrong.push(name);
    } else if (name === 'expires') {
      if (!isExpiry(after.expires ?? null)) wrong.push(name);
    } else if (name === 'types') {
      if (!areTypes(after.types ?? null)) wrong.push(name);
    } else wrong.push(name);
  }
  if (wrong.length > 0) throw new NotSet(invalidProperties(wrong));
  return {
    ...value,
    verified: value.verified || after.verificationCode === value.code,
    expires: Object.hasOwn(patch, 'expires') ? expiryOf(after.expires ?? null, now) : value.expires,
    types: (after.types ?? null) as PushSubscription['types'],
  };
}
