// A /set of a type of which each object is its own transaction: the order of things, what becomes of each, the answer. Knows RFC 8620 §5.3;
// knows no type of object. A type that writes many objects in one transaction (Email) does not use it.
import { MethodError, type Asker, type Id, type JsonObject, type SetError } from './contract.ts';
import { notFound, setError, setErrorOf } from './errors.ts';
import { checkState, emptyOutcome, formatSet, resolveId, type SetCall, type SetOutcome } from './standard.ts';

/** How one type is made, changed and destroyed. What throws NotSet or a Refusal fails for that object; what else, for the whole method. */
export interface Settable {
  readonly state: () => Promise<string>;
  /** `id` and what the client did not send. */
  readonly create: (object: JsonObject, creationId: Id) => Promise<JsonObject & { readonly id: Id }>;
  /** What changed beyond the patch, or null. */
  readonly update: (id: Id, patch: JsonObject) => Promise<JsonObject | null>;
  readonly destroy: (id: Id) => Promise<void>;
  /** Creation ids that an object refers to, so that it is made after them. */
  readonly references?: (object: JsonObject) => readonly Id[];
}

export interface SetDone {
  readonly response: JsonObject;
  readonly outcome: SetOutcome;
}

/** @throws MethodError `stateMismatch`. */
export async function runSet(call: SetCall, asker: Asker, type: Settable): Promise<SetDone> {
  const oldState = await type.state();
  checkState(call.ifInState, oldState);
  const outcome = emptyOutcome();
  for (const [creationId, object] of inReferenceOrder(call.create, type.references ?? (() => []))) {
    // oxlint-disable-next-line no-await-in-loop -- each object sees what the ones before it made
    await attempt(outcome.notCreated, creationId, outcome, async () => {
      const made = await type.create(object, creationId);
      asker.createdIds.set(creationId, made.id);
      outcome.created.set(creationId, made);
    });
  }
  const doomed = new Set(call.destroy.map((id) => resolveId(asker, id) ?? id));
  for (const [written, patch] of call.update) {
    const id = resolveId(asker, written);
    if (id === null) outcome.notUpdated.set(written, notFound());
    else if (doomed.has(id)) outcome.notUpdated.set(id, setError('willDestroy'));
    else {
      // oxlint-disable-next-line no-await-in-loop -- as above
      await attempt(outcome.notUpdated, id, outcome, async () => {
        outcome.updated.set(id, await type.update(id, patch));
      });
    }
  }
  for (const id of doomed) {
    if (id.startsWith('#')) outcome.notDestroyed.set(id, notFound());
    else {
      // oxlint-disable-next-line no-await-in-loop -- as above
      await attempt(outcome.notDestroyed, id, outcome, async () => {
        await type.destroy(id);
        outcome.destroyed.push(id);
      });
    }
  }
  return { response: formatSet(call.account, oldState, await type.state(), outcome), outcome };
}

async function attempt(errors: Map<Id, SetError>, id: Id, outcome: SetOutcome, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    const error = setErrorOf(thrown);
    if (error === null) {
      // What was done before it stays done, and cannot be told in an answer that is an error (RFC 8620 §3.6.2).
      const begun = outcome.created.size + outcome.updated.size + outcome.destroyed.length > 0;
      if (begun) throw new MethodError('serverPartialFail', 'Only part of this was done.', {});
      throw thrown;
    }
    errors.set(id, error);
  }
}

/**
 * "The server MUST order the creates so that creates happen before their creation ids are referenced" (RFC 8620 §5.3). What refers to itself in a
 * circle keeps its place, and fails by its reference.
 */
export function inReferenceOrder(
  create: ReadonlyMap<Id, JsonObject>,
  references: (object: JsonObject) => readonly Id[],
): readonly (readonly [Id, JsonObject])[] {
  const ordered: (readonly [Id, JsonObject])[] = [];
  const begun = new Set<Id>();
  const visit = (creationId: Id): void => {
    const object = create.get(creationId);
    if (object === undefined || begun.has(creationId)) return;
    begun.add(creationId);
    for (const reference of references(object)) visit(reference);
    ordered.push([creationId, object]);
  };
  for (const creationId of create.keys()) visit(creationId);
  return ordered;
}
