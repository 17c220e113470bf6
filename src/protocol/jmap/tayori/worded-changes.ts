// /changes of types whose states are words of their own, not a MODSEQ. Knows RFC 8620 §5.2.
import { aPositive, aText, nullable, readArguments } from '../arguments.ts';
import type { Asker, JmapAccount, JsonObject } from '../contract.ts';
import { changesMax } from '../limits.ts';
import { anAccount, type ChangesCall } from '../standard.ts';

/** @throws MethodError `invalidArguments`, `accountNotFound`. */
export function readWordedChanges(args: JsonObject, asker: Asker): ChangesCall & { readonly account: JmapAccount } {
  const { accountId, sinceState, maxChanges } = readArguments(args, {
    accountId: anAccount(asker),
    sinceState: aText,
    maxChanges: nullable(aPositive),
  });
  // `since` stands for states that are numbers; nobody asks it of these.
  return { account: accountId, sinceState, since: 0, maxChanges: Math.min(maxChanges ?? changesMax, changesMax) };
}
