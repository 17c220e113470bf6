// EmailSubmission/set (RFC 8621 §7.5): letters go out, or are called back, and the letters in the mailbox follow. Knows the method; whether a
// letter may go, and how, is the office's business.
import type { MailStore } from '../../../store/contract.ts';
import { Refusal } from '../../../base/trouble.ts';
import { Turnstile } from '../../../base/turnstile.ts';
import { anIdOrReference, anObject, isObject, listOf, mapOf, nullable } from '../arguments.ts';
import type { Asker, Id, JmapAccount, JsonObject, Method, SetError } from '../contract.ts';
import { invalidProperties, notFound, NotSet, setError } from '../errors.ts';
import { formatId, parseId } from '../ids.ts';
import { impliedSet } from '../mail/email-import.ts';
import { setEmails } from '../mail/email-set.ts';
import type { WriteParts } from '../mail/write-parts.ts';
import { applyPatch, sameJson } from '../patch.ts';
import { runSet } from '../set.ts';
import { readSet, resolveId } from '../standard.ts';
import type { Sender, SendingDesk, SendingObjection, SubmissionValue } from './contract.ts';
import { envelopeOf, readEnvelope, releaseOf } from './envelope.ts';
import type { Identities } from './identity.ts';
import { stateOf, unknownProperties } from '../item-methods.ts';
import { shownSubmission, submissionKind } from './submission.ts';

export interface SubmissionSetParts {
  readonly write: WriteParts;
  readonly desk: SendingDesk;
  readonly identities: Identities;
  /** How long a letter can be called back although nobody asked for a delay, milliseconds; 0: it goes at once. */
  readonly undoMs: (account: JmapAccount) => number | Promise<number>;
}

const settable = new Set('identityId emailId envelope'.split(' '));

/** Octets of letters that are in memory at once: each is read whole to be sent (reliability S-04). */
const turnRoom = 64 * 1024 * 1024;

export function submissionSet(parts: SubmissionSetParts): Method {
  const turnstile = new Turnstile(turnRoom);
  return async (args, asker) => {
    const call = readSet(args, asker, {
      onSuccessUpdateEmail: nullable(mapOf(anObject, true)),
      onSuccessDestroyEmail: nullable(listOf(anIdOrReference)),
    });
    const { account } = call;
    const { store } = parts.write;
    /** The letter behind each submission that this call has touched. */
    const letters = new Map<Id, Id>();
    const { response } = await runSet(call, asker, {
      state: () => stateOf(store.items, account, submissionKind),
      async create(object) {
        const size = await sizeOf(store, account, asker, object);
        const [made, emailId] = await turnstile.pass(size, () => create(parts, account, asker, object));
        letters.set(made.id, emailId);
        return made;
      },
      async update(id, patch) {
        const [number, value] = await find(store, account, id);
        await update(parts.desk, account, number, value, patch);
        letters.set(id, formatId('M', value.message));
        return null;
      },
      async destroy(id) {
        const [number, value] = await find(store, account, id);
        // Strict: its record is the only way to call a letter back (RFC 8621 §7.5 lets a server forbid it).
        if (value.undoStatus === 'pending') throw new NotSet(setError('forbidden', 'This letter still waits to be sent.'));
        await store.items.write(account.account, [{ kind: submissionKind, id: number, remove: true }]);
        letters.set(id, formatId('M', value.message));
      },
    });
    const updates = new Map<Id, JsonObject>();
    for (const [written, patch] of call.onSuccessUpdateEmail ?? []) {
      const email = letters.get(resolveId(asker, written) ?? '');
      if (email !== undefined) updates.set(email, { ...updates.get(email), ...patch });
    }
    const destroy = (call.onSuccessDestroyEmail ?? []).flatMap((written) => letters.get(resolveId(asker, written) ?? '') ?? []);
    if (updates.size + destroy.length === 0) return { response };
    const implied = { account, ifInState: null, create: new Map<Id, JsonObject>(), update: updates, destroy: [...new Set(destroy)] };
    return { response, also: [await impliedSet(() => setEmails(parts.write, implied, asker))] };
  };
}

async function find(store: MailStore, account: JmapAccount, id: Id): Promise<readonly [number, SubmissionValue]> {
  const number = parseId('S', id);
  const [item] = number === null ? [null] : await store.items.get(account.account, submissionKind, [number]);
  if (number === null || item === null || item === undefined) throw new NotSet(notFound());
  return [number, item.value as SubmissionValue];
}

async function create(
  parts: SubmissionSetParts,
  account: JmapAccount,
  asker: Asker,
  object: JsonObject,
): Promise<readonly [JsonObject & { readonly id: Id }, Id]> {
  const { desk, write } = parts;
  const wrong = unknownProperties(object, settable);
  const identityId = typeof object['identityId'] === 'string' ? resolveId(asker, object['identityId']) : null;
  const emailId = typeof object['emailId'] === 'string' ? resolveId(asker, object['emailId']) : null;
  const identityNumber = identityId === null ? null : parseId('I', identityId);
  const identity = identityNumber === null ? undefined : (await parts.identities.of(account)).get(identityNumber);
  const message = emailId === null ? null : parseId('M', emailId);
  const octets = message === null ? null : await readLetter(write.store, account, message);
  if (identity === undefined) wrong.push('identityId');
  if (octets === null) wrong.push('emailId');
  if (wrong.length > 0 || identity === undefined || octets === null) throw new NotSet(invalidProperties(wrong));
  const given = orThrow(readEnvelope(object['envelope']));
  const envelope = given ?? orThrow(envelopeOf(octets, identity.email));
  const now = write.clock.now();
  const release = orThrow(releaseOf(envelope, now));
  const value = {
    identity: identityNumber!,
    message: message!,
    thread: (await write.store.readThreads(account.account, [message!]))[0] ?? 0,
    envelope,
    // RFC 8621 §7: the time that was asked for; else that of this call, although it can be called back for a moment.
    sendAt: release ?? now,
    sender: senderOf(desk, account, asker),
  };
  const dueAt = release === null ? undoUntil(now, await parts.undoMs(account)) : release > now ? release : null;
  const sent = await desk.send(account.account, value, octets, dueAt);
  if ('why' in sent) throw new NotSet(errorOf(sent));
  const shown = shownSubmission(sent.id, {
    ...value,
    undoStatus: dueAt === null ? 'final' : 'pending',
    held: null,
    letter: sent.letter,
    failure: null,
  });
  const { identityId: _identity, emailId: _email, envelope: told, ...made } = shown;
  return [{ ...made, id: shown.id, ...(given === null ? { envelope: told! } : {}) }, emailId!];
}

function undoUntil(now: number, undoMs: number): number | null {
  return undoMs > 0 ? now + undoMs : null;
}

async function sizeOf(store: MailStore, { account }: JmapAccount, asker: Asker, { emailId }: JsonObject): Promise<number> {
  const message = typeof emailId === 'string' ? parseId('M', resolveId(asker, emailId) ?? '') : null;
  if (message === null) return 0;
  const shelf = await store.openShelf(account);
  const index = shelf.indexOf(message);
  const size = index < 0 ? 0 : shelf.sizes[index]!;
  shelf.release();
  return size;
}

/** Null when it is not there, or out of sight (RFC 8621 §4.1.1). */
async function readLetter(store: MailStore, { account }: JmapAccount, message: number): Promise<Uint8Array | null> {
  const shelf = await store.openShelf(account);
  const there = shelf.indexOf(message) >= 0;
  shelf.release();
  if (!there) return null;
  try {
    const letter = await store.openLetter(account, message);
    return await letter.read(0, letter.length);
  } catch (trouble) {
    if (trouble instanceof Refusal && trouble.code === 'nonexistent') return null;
    throw trouble;
  }
}

export function senderOf(desk: Pick<SendingDesk, 'addresses'>, { account }: JmapAccount, { principal, remoteAddress }: Asker): Sender {
  const [main] = desk.addresses(account);
  return { account, address: main?.address ?? principal.login, name: main?.name ?? principal.name, login: principal.login, remoteAddress };
}

function orThrow<T>(read: T | SetError): T {
  if (isObject(read as never) && 'type' in (read as object)) throw new NotSet(read as SetError);
  return read as T;
}

/** RFC 8621 §7.5, each with what must be told beside it. */
export function errorOf(objection: SendingObjection): SetError {
  switch (objection.why) {
    case 'noRecipients':
      return setError('noRecipients', 'The letter is for nobody.');
    case 'tooManyRecipients':
      return setError('tooManyRecipients', 'The letter is for too many.', { maxRecipients: objection.most });
    case 'tooLarge':
      return setError('tooLarge', 'The letter is too large to be sent.', { maxSize: objection.most });
    case 'invalidRecipients':
      return setError('invalidRecipients', objection.words, { invalidRecipients: objection.addresses });
    case 'invalidEmail':
      return setError('invalidEmail', objection.words, { properties: objection.properties });
    default:
      return setError(objection.why, objection.words);
  }
}

const told: ReadonlySet<string> = new Set(['deliveryStatus', 'dsnBlobIds', 'mdnBlobIds']);

/** RFC 8621 §7: only a letter that waits can change, and only by being called back. */
async function update(desk: SendingDesk, account: JmapAccount, id: number, value: SubmissionValue, patch: JsonObject): Promise<void> {
  const before = shownSubmission(id, value);
  const after = applyPatch(before, patch);
  const wrong = Object.keys({ ...before, ...after }).filter(
    // What was told of the delivery may be another by now, and comes back with the whole object.
    (name) => name !== 'undoStatus' && !told.has(name) && !sameJson(before[name], after[name]),
  );
  const { undoStatus } = after;
  if (undoStatus !== value.undoStatus && undoStatus !== 'canceled') wrong.push('undoStatus');
  if (wrong.length > 0) throw new NotSet(invalidProperties(wrong));
  if (undoStatus === value.undoStatus) return;
  if (!(await desk.recall(account.account, id))) throw new NotSet(setError('cannotUnsend', 'The letter has gone.'));
}
