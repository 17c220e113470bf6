// What the writing methods of Email share: their parts, how much one letter may have, and how new letters get into the store in one
// transaction. Knows the store's contract; knows no method.
import type { Chance, Clock } from '../../../base/clock.ts';
import { Refusal } from '../../../base/trouble.ts';
import type { AccountId, MailStore } from '../../../store/contract.ts';
import type { NewLetter } from '../../../store/shelf-contract.ts';
import { MethodError, type Asker, type Blobs, type Id, type JmapAccount, type JsonObject, type SetError } from '../contract.ts';
import { setError, setErrorOf } from '../errors.ts';
import { formatBlobId, formatId } from '../ids.ts';
import type { SetOutcome } from '../standard.ts';

export interface WriteParts {
  readonly store: MailStore;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly chance: Chance;
  /** For Message-IDs of letters without an author. */
  readonly hostName: string;
  /** Octets of one letter. */
  readonly letterMax: number;
}

/** RFC 8621 §1.3.1 maxMailboxesPerEmail, and keywords of one letter. */
export const mailboxesPerEmailMax = 1000;
export const keywordsPerEmailMax = 100;

/** A letter that waits to be added, under its creation id. */
interface ReadyLetter {
  readonly creationId: Id;
  readonly letter: NewLetter;
}

/** Octets of letters that wait to be added together: a call may name a thousand, and each that waits is held in memory or in a file. */
const waitingOctets = 32 * 1024 * 1024;

/** Makes each letter ready, then adds all in one transaction; in several where they are more than may wait. */
export async function makeLetters(
  parts: Pick<WriteParts, 'store'>,
  account: JmapAccount,
  asker: Pick<Asker, 'createdIds'>,
  outcome: Pick<SetOutcome, 'created' | 'notCreated'>,
  objects: ReadonlyMap<Id, JsonObject>,
  make: (object: JsonObject) => Promise<NewLetter | SetError>,
): Promise<void> {
  let ready: ReadyLetter[] = [];
  let octets = 0;
  const add = async (): Promise<void> => {
    const some = ready;
    ready = [];
    octets = 0;
    await addReadyLetters(parts, account, some, asker, outcome);
  };
  try {
    for (const [creationId, object] of objects) {
      // oxlint-disable-next-line no-await-in-loop -- one letter at a time is read
      const made = await make(object);
      if ('type' in made) outcome.notCreated.set(creationId, made);
      else {
        ready.push({ creationId, letter: made });
        octets += made.spool.length;
      }
      // oxlint-disable-next-line no-await-in-loop -- as above
      if (octets > waitingOctets) await add();
    }
    await add();
  } catch (trouble) {
    for (const { letter } of ready) letter.spool.discard();
    // What was added stays, and cannot be told in an answer that is an error (RFC 8620 §3.6.2).
    if (outcome.created.size > 0) throw new MethodError('serverPartialFail', 'Only part of this was done.');
    throw trouble;
  }
}

/**
 * All in one transaction. Only where that is refused, one by one, so that one letter too many does not keep out the others.
 * The spools are discarded.
 */
async function addReadyLetters(
  parts: Pick<WriteParts, 'store'>,
  account: JmapAccount,
  ready: readonly ReadyLetter[],
  asker: Pick<Asker, 'createdIds'>,
  outcome: Pick<SetOutcome, 'created' | 'notCreated'>,
): Promise<void> {
  if (ready.length === 0) return;
  const { store } = parts;
  const add = async (some: readonly ReadyLetter[]): Promise<void> => {
    const letters = some.map(({ letter }) => letter);
    const { messages } = await store.addLetters(account.account, letters, account.quota);
    for (const [index, { creationId }] of some.entries()) {
      const made = formatAdded(messages[index]!);
      asker.createdIds.set(creationId, made['id'] as Id);
      outcome.created.set(creationId, made);
    }
  };
  try {
    await add(ready);
  } catch (trouble) {
    if (!(trouble instanceof Refusal)) throw trouble;
    if (ready.length === 1) outcome.notCreated.set(ready[0]!.creationId, errorOfAdding(trouble));
    else
      for (const one of ready)
        // oxlint-disable-next-line no-await-in-loop -- each sees how much room the ones before have left
        await add([one]).catch((thrown: unknown) => {
          if (!(thrown instanceof Refusal)) throw thrown;
          outcome.notCreated.set(one.creationId, errorOfAdding(thrown));
        });
  } finally {
    for (const { letter } of ready) letter.spool.discard();
  }
}

/** RFC 8621 §4.6: what of a new letter is told. */
function formatAdded({ message, thread, size }: { readonly message: number; readonly thread: number; readonly size: number }): JsonObject {
  return {
    id: formatId('M', message),
    blobId: formatBlobId({ of: 'letter', number: message, path: null }),
    threadId: formatId('T', thread),
    size,
  };
}

function errorOfAdding(refusal: Refusal): SetError {
  // A mailbox may go between the look at it and the transaction.
  if (refusal.code === 'nonexistent') return { type: 'invalidProperties', properties: ['mailboxIds'], description: refusal.message };
  if (refusal.code === 'limit') return setError('tooManyKeywords', refusal.message);
  return setErrorOf(refusal) ?? setError('forbidden', refusal.message);
}

/** The mailboxes there are now. */
export async function mailboxIdsOf(store: Pick<MailStore, 'mailboxes'>, account: AccountId): Promise<ReadonlySet<number>> {
  return new Set((await store.mailboxes(account)).map(({ id }) => id));
}
