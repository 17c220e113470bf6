// /get and /changes of types that are shown as they stand and have no log: their states are digests (snapshots.ts). Knows no type.
import type { Asker, Id, JmapAccount, JsonObject, Method } from '../contract.ts';
import { cannotCalculateChanges, forbidden } from '../errors.ts';
import { answerGet, formatChanges, readGet } from '../standard.ts';
import type { Language, Shown } from './contract.ts';
import { aLanguage, checkOwn } from './properties.ts';
import type { Snapshots } from './snapshots.ts';
import { readWordedChanges } from './worded-changes.ts';

export interface ShownType {
  readonly name: string;
  readonly properties: readonly string[];
  /** What is shown to whom, with ids as JMAP writes them. */
  readonly list: (account: JmapAccount, language: Language) => Promise<Shown>;
  /** The same as far as it counts for the state: no words, and nothing that costs more than a look. */
  readonly mark: (account: JmapAccount) => Shown;
  /** What opens the door is shown to a person at a browser alone: a key of one app does not learn of the others. */
  readonly inPerson?: true;
}

export function stateOfShown(type: ShownType, snapshots: Snapshots, account: JmapAccount): string {
  return snapshots.state(`${type.name} ${account.id}`, type.mark(account));
}

/** @throws MethodError `forbidden`. */
function checkAsker({ inPerson }: ShownType, asker: Asker): void {
  if (inPerson && !asker.inPerson) throw forbidden('Only for a person who has signed in at a browser.');
}

export function shownMethods(type: ShownType, snapshots: Snapshots): Readonly<Record<string, Method>> {
  return {
    [`${type.name}/get`]: async (args, asker) => {
      const call = readGet(args, asker, (name) => type.properties.includes(name), { language: aLanguage });
      const account = checkOwn(call.account);
      checkAsker(type, asker);
      const state = stateOfShown(type, snapshots, account);
      const all: ReadonlyMap<Id, JsonObject> = await type.list(account, call.language);
      return { response: answerGet(call, state, all) };
    },

    [`${type.name}/changes`]: async (args, asker) => {
      const call = readWordedChanges(args, asker);
      const account = checkOwn(call.account);
      checkAsker(type, asker);
      const now = type.mark(account);
      const found = snapshots.changes(`${type.name} ${account.id}`, call.sinceState, now);
      if (found === null) throw cannotCalculateChanges();
      if (found.created.length + found.updated.length + found.destroyed.length > call.maxChanges)
        throw cannotCalculateChanges('There are more changes than asked for.');
      const newState = snapshots.state(`${type.name} ${account.id}`, now);
      return { response: formatChanges(call, { newState, hasMoreChanges: false, ...found }) };
    },
  };
}
