// Discovery/look, DomainLook/get, Glossary/get, Journey/get and Journey/query: what is looked at and not kept. Knows arguments and answers.
import { aBoolean, anId, aPositive, anObject, listOf, nullable, readArguments, type Reader } from '../arguments.ts';
import { MethodError, type Id, type JsonObject, type Method } from '../contract.ts';
import { requestTooLarge } from '../errors.ts';
import { formatId, parseId } from '../ids.ts';
import { anAccount } from '../standard.ts';
import type { AccountId } from '../../../store/contract.ts';
import type { Language, TayoriParts } from './contract.ts';
import { aLanguage, checkOwn } from './properties.ts';
import { typedAddress } from './task-arguments.ts';

/** Letters whose journeys are told at once: each reads its events. */
const journeysMax = 50;
const underWayMax = 500;
const letterShape = /^[a-z0-9]{10,40}$/;

const aDomain: Reader<string> = (value, name) => {
  if (typeof value !== 'string' || value.trim() === '' || value.length > 300)
    throw new MethodError('invalidArguments', `"${name}" has to be a domain.`, { arguments: [name] });
  return value.trim();
};

export function lookMethods(parts: TayoriParts): Readonly<Record<string, Method>> {
  return {
    'Discovery/look': async (args, asker) => {
      const call = readArguments(args, { accountId: anAccount(asker), address: typedAddress, language: aLanguage });
      const { account, id } = checkOwn(call.accountId);
      // The table needs no network: what it knows is shown at once, while the servers are tried.
      const known = await parts.known(call.address, call.language);
      await parts.desk.ready();
      const task = parts.tasks.begin(account, { kind: 'discovery', address: call.address }, call.language, parts.desk);
      return { response: { accountId: id, known, taskId: formatId('W', task.id) } };
    },

    'DomainLook/get': async (args, asker) => {
      const call = readArguments(args, { accountId: anAccount(asker), domain: aDomain, language: aLanguage });
      const { account, id } = checkOwn(call.accountId);
      return { response: { accountId: id, ...(await parts.domain(account, call.domain, call.language)) } };
    },

    'Glossary/get': async (args) => {
      const { language } = readArguments(args, { language: aLanguage });
      return { response: { language, list: await parts.glossary(language) } };
    },

    'Journey/get': async (args, asker) => {
      const call = readArguments(args, { accountId: anAccount(asker), ids: listOf(anId), language: aLanguage });
      const ids = [...new Set(call.ids)];
      if (ids.length > journeysMax) throw requestTooLarge(`At most ${journeysMax} at once.`);
      const { account, id: accountId } = call.accountId;
      // What goes out by an account at another provider was handed in by the person.
      const accounts = [...asker.accounts.values()].map((one) => one.account);
      const list: JsonObject[] = [];
      const notFound: Id[] = [];
      for (const id of ids) {
        const journey = await journeyOf(id, account, accounts, call.language);
        // A letter of somebody else and one that never was are the same.
        if (journey === null) notFound.push(id);
        else list.push({ id, ...journey });
      }
      return { response: { accountId, list, notFound } };
    },

    'Journey/query': async (args, asker) => {
      const call = readArguments(args, {
        accountId: anAccount(asker),
        filter: nullable(anObject),
        limit: nullable(aPositive),
      });
      const { underWay } = readFilter(call.filter);
      if (!underWay) throw new MethodError('unsupportedFilter', 'Letters under way can be asked for: {"underWay": true}.');
      const ids = await parts.journeys.underWay(call.accountId.account, Math.min(call.limit ?? underWayMax, underWayMax));
      return { response: { accountId: call.accountId.id, ids } };
    },
  };

  async function journeyOf(id: Id, account: AccountId, accounts: readonly AccountId[], language: Language): Promise<JsonObject | null> {
    const message = parseId('M', id);
    if (message === null) return letterShape.test(id) ? parts.journeys.look(accounts, id, language) : null;
    const letters = await parts.journeys.lettersOf(account, message);
    if (letters === null) return null;
    const found: JsonObject[] = [];
    for (const letter of letters) {
      const journey = await parts.journeys.look(accounts, letter, language);
      if (journey !== null) found.push(journey);
    }
    // The email is theirs; of letters that an app put there by itself nothing is known.
    const nothing = { letterId: letters[0] ?? null, direction: 'received', state: 'unknown', waitsFor: [], stations: [] };
    return found.find(({ direction }) => direction === 'sent') ?? found[0] ?? nothing;
  }
}

function readFilter(filter: JsonObject | null): { readonly underWay: boolean } {
  const shape = { underWay: aBoolean };
  return filter === null ? { underWay: true } : readArguments(filter, shape);
}
