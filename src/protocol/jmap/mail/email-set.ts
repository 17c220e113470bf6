// Email/set (RFC 8621 §4.6): letters written, marked, moved and destroyed; all that is new in one transaction, all that changes in another.
// Knows the method; how a letter is described is compose.ts, what a store does with it is its contract.
import { hexFromBytes } from '../../../base/bytes.ts';
import { Refusal } from '../../../base/trouble.ts';
import { writeLetter } from '../../../message/build/outline.ts';
import type { MailboxId } from '../../../store/contract.ts';
import { makeLetterId } from '../../../store/letter-id.ts';
import type { NewLetter, Revision, RevisionOutcome, Shelf } from '../../../store/shelf-contract.ts';
import { formatUtcDate, parseDate } from '../arguments.ts';
import { MethodError, type Asker, type Id, type JsonObject, type Method, type SetError } from '../contract.ts';
import { invalidProperties, notFound, NotSet, setError } from '../errors.ts';
import { formatBlobId, formatId, formatState, parseId } from '../ids.ts';
import { readPatch } from '../patch.ts';
import { checkState, emptyOutcome, formatSet, readSet, resolveId, type SetCall, type SetOutcome } from '../standard.ts';
import { compose } from './compose.ts';
import { flagOfKeyword, keywordsOfFlags, mailboxOfId, readKeywords, readMailboxIds } from './letter-sets.ts';
import { keywordsPerEmailMax, mailboxesPerEmailMax, mailboxIdsOf, makeLetters, type WriteParts } from './write-parts.ts';

export function emailSet(parts: WriteParts): Method {
  return async (args, asker) => {
    const { response } = await setEmails(parts, readSet(args, asker, {}), asker);
    return { response };
  };
}

/** Also what other methods imply (RFC 8620 §5.4, RFC 8621 §7.5). @throws MethodError `stateMismatch`. */
export async function setEmails(
  parts: WriteParts,
  call: SetCall,
  asker: Pick<Asker, 'createdIds'>,
): Promise<{ readonly response: JsonObject; readonly outcome: SetOutcome }> {
  const { store } = parts;
  const { account } = call;
  const shelf = await store.openShelf(account.account);
  try {
    const oldState = formatState(shelf.emailModSeq);
    checkState(call.ifInState, oldState);
    const outcome = emptyOutcome();
    const mailboxes = await mailboxIdsOf(store, account.account);
    await makeLetters(parts, account, asker, outcome, call.create, (email) => makeLetter(parts, call, asker, mailboxes, email));
    await reviseAll(parts, call, asker, shelf, mailboxes, outcome).catch((trouble: unknown) => {
      // What is new stays, and cannot be told in an answer that is an error (RFC 8620 §3.6.2).
      throw outcome.created.size === 0 ? trouble : new MethodError('serverPartialFail', 'Only part of this was done.');
    });
    return { response: formatSet(account, oldState, formatState(shelf.emailModSeq), outcome), outcome };
  } finally {
    shelf.release();
  }
}

// --- new letters ------------------------------------------------------------------------------------------------------

async function makeLetter(
  parts: WriteParts,
  { account }: SetCall,
  asker: Pick<Asker, 'createdIds'>,
  mailboxes: ReadonlySet<MailboxId>,
  email: JsonObject,
): Promise<NewLetter | SetError> {
  const { store, blobs, clock, chance } = parts;
  const at = clock.now();
  const about = readPlace(email, asker, mailboxes);
  if ('type' in about) return about;
  const id = makeLetterId(chance, at);
  const lost = new Set<Id>();
  const composed = await compose(email, {
    findBlob: async (blobId) => {
      const real = resolveId(asker, blobId);
      const source = real === null ? null : await blobs.find(account, real);
      return (
        source && { ...source, read: (start, end) => source.read(start, end).catch((trouble: unknown) => gone(trouble, lost, blobId)) }
      );
    },
    at,
    makeMessageId: (domain) => `${id}@${domain ?? parts.hostName}`,
  }).catch((trouble: unknown) => lostOr(trouble, lost));
  if ('type' in composed) return composed;
  const spool = store.spool(parts.letterMax);
  try {
    await writeLetter(composed.header, composed.body, hexFromBytes(chance.bytes(16)), (bytes) => spool.add(bytes));
  } catch (trouble) {
    spool.discard();
    if (trouble instanceof Refusal && trouble.code === 'too-big') return setError('tooLarge', trouble.message);
    return lostOr(trouble, lost);
  }
  return { spool, mailboxes: about.mailboxes, flags: about.flags, receivedAt: about.receivedAt ?? at, letter: id };
}

/** An upload may end between the look at it and its last octet. */
function gone(trouble: unknown, lost: Set<Id>, blobId: Id): never {
  if (trouble instanceof Refusal && trouble.code === 'nonexistent') lost.add(blobId);
  throw trouble;
}

/** @throws what it was, where nothing was lost. */
function lostOr(trouble: unknown, lost: ReadonlySet<Id>): SetError {
  if (lost.size === 0) throw trouble;
  return setError('blobNotFound', 'Some parts are not here (any more).', { notFound: [...lost] });
}

export interface LetterPlace {
  readonly mailboxes: readonly MailboxId[];
  readonly flags: readonly string[];
  readonly receivedAt: number | null;
}

/** The properties of a letter that are not in its octets. `keywords`: what it has when none are given. */
export function readPlace(
  email: JsonObject,
  asker: Pick<Asker, 'createdIds'>,
  mailboxes: ReadonlySet<MailboxId>,
  keywords: readonly string[] = [],
): LetterPlace | SetError {
  const wrong: string[] = [];
  const into = readMailboxIds(email['mailboxIds'], asker.createdIds);
  if (into === null || into.some((id) => !mailboxes.has(id))) wrong.push('mailboxIds');
  const flags = email['keywords'] === undefined || email['keywords'] === null ? keywords : readKeywords(email['keywords']);
  if (flags === null) wrong.push('keywords');
  const { receivedAt = null } = email;
  const at = typeof receivedAt === 'string' ? parseDate(receivedAt, true) : null;
  if (receivedAt !== null && at === null) wrong.push('receivedAt');
  if (wrong.length > 0) return invalidProperties(wrong);
  if (into!.length > mailboxesPerEmailMax)
    return setError('tooManyMailboxes', `A letter lies in at most ${mailboxesPerEmailMax} mailboxes.`);
  if (flags!.length > keywordsPerEmailMax) return setError('tooManyKeywords', `A letter has at most ${keywordsPerEmailMax} keywords.`);
  return { mailboxes: into!, flags: flags!, receivedAt: at };
}

// --- letters that are there -------------------------------------------------------------------------------------------

async function reviseAll(
  { store }: WriteParts,
  call: SetCall,
  asker: Pick<Asker, 'createdIds'>,
  shelf: Shelf,
  mailboxes: ReadonlySet<MailboxId>,
  outcome: SetOutcome,
): Promise<void> {
  const revisions: Revision[] = [];
  const settle: ((outcome: RevisionOutcome) => void)[] = [];
  const doomed = new Map<number, Id>();
  for (const written of call.destroy) {
    const id = resolveId(asker, written) ?? written;
    const message = parseId('M', id);
    if (message === null) outcome.notDestroyed.set(id, notFound());
    else doomed.set(message, id);
  }
  for (const [written, patch] of call.update) {
    const id = resolveId(asker, written) ?? written;
    const message = parseId('M', id);
    const index = message === null ? -1 : shelf.indexOf(message);
    if (index < 0) outcome.notUpdated.set(id, notFound());
    else if (doomed.has(message!)) outcome.notUpdated.set(id, setError('willDestroy'));
    else {
      const revision = readRevision(patch, shelf, index, asker, mailboxes);
      if ('type' in revision) outcome.notUpdated.set(id, revision);
      else {
        revisions.push(revision);
        settle.push((became) => {
          const error = errorOfRevision(became);
          if (error === null) outcome.updated.set(id, null);
          else outcome.notUpdated.set(id, error);
        });
      }
    }
  }
  for (const [message, id] of doomed) {
    revisions.push({ message, destroy: true });
    settle.push((became) => {
      const error = errorOfRevision(became);
      if (error === null) outcome.destroyed.push(id);
      else outcome.notDestroyed.set(id, error);
    });
  }
  if (revisions.length === 0) return;
  const { outcomes } = await store.revise(call.account.account, revisions, call.account.quota);
  for (const [index, became] of outcomes.entries()) settle[index]!(became);
}

function errorOfRevision(outcome: RevisionOutcome): SetError | null {
  switch (outcome) {
    case 'done':
    case 'same':
      return null;
    case 'nonexistent':
      return notFound();
    case 'no-such-mailbox':
    case 'nowhere':
      return invalidProperties(['mailboxIds']);
    case 'limit':
      return setError('tooManyKeywords', 'A mailbox cannot hold more different keywords.');
    case 'over-quota':
      return setError('overQuota', 'There is no room left.');
  }
}

/** RFC 8620 §5.3: whole sets and single members of them; what cannot change may be repeated as it is. */
function readRevision(
  patch: JsonObject,
  shelf: Shelf,
  index: number,
  asker: Pick<Asker, 'createdIds'>,
  mailboxes: ReadonlySet<MailboxId>,
): Revision | SetError {
  const wrong: string[] = [];
  const gain = new Set<string>();
  const lose = new Set<string>();
  const into = new Set<MailboxId>();
  const outOf = new Set<MailboxId>();
  let flags: readonly string[] | null = null;
  let places: readonly MailboxId[] | null = null;
  let entries;
  try {
    entries = readPatch(patch);
  } catch (thrown) {
    if (thrown instanceof NotSet) return thrown.setError;
    throw thrown;
  }
  for (const { path, value } of entries) {
    const [property = '', member = ''] = path;
    const told = path.join('/');
    if (property === 'keywords' && path.length === 1) {
      flags = value === null ? [] : readKeywords(value);
      if (flags === null) wrong.push(told);
    } else if (property === 'mailboxIds' && path.length === 1) {
      places = readMailboxIds(value, asker.createdIds);
      if (places === null || places.some((id) => !mailboxes.has(id))) wrong.push(told);
    } else if (property === 'keywords' && path.length === 2) {
      const flag = flagOfKeyword(member);
      if (flag === null || (value !== true && value !== null)) wrong.push(told);
      else (value === true ? gain : lose).add(flag);
    } else if (property === 'mailboxIds' && path.length === 2) {
      const id = mailboxOfId(member, asker.createdIds);
      if (value === true && id !== null && mailboxes.has(id)) into.add(id);
      // What is not there need not be taken away (RFC 8620 §5.3).
      else if (value === null) outOf.add(id ?? 0);
      else wrong.push(told);
    } else if (path.length > 1 && (property === 'keywords' || property === 'mailboxIds'))
      return { type: 'invalidPatch', description: `"${told.slice(0, 100)}" leads where nothing is.` };
    else if (path.length !== 1 || value !== fixedProperty(shelf, index, property)) wrong.push(told);
  }
  if (wrong.length > 0) return invalidProperties(wrong);
  return withinLimits({ message: shelf.messages[index]!, ...placesOf(places, into, outOf), ...flagsOf(flags, gain, lose) }, shelf, index);
}

/** What clients that send whole objects back may repeat. Undefined for anything else. */
function fixedProperty(shelf: Shelf, index: number, property: string): string | number | undefined {
  const message = shelf.messages[index]!;
  switch (property) {
    case 'id':
      return formatId('M', message);
    case 'blobId':
      return formatBlobId({ of: 'letter', number: message, path: null });
    case 'threadId':
      return formatId('T', shelf.threads[index]!);
    case 'size':
      return shelf.sizes[index]!;
    case 'receivedAt':
      return formatUtcDate(shelf.receivedAt[index]!);
    default:
      return undefined;
  }
}

function placesOf(
  whole: readonly MailboxId[] | null,
  into: ReadonlySet<MailboxId>,
  outOf: ReadonlySet<MailboxId>,
): Pick<Revision, 'mailboxes'> {
  if (whole !== null) return { mailboxes: { set: whole } };
  outOf = new Set([...outOf].filter((id) => id !== 0));
  return into.size + outOf.size === 0 ? {} : { mailboxes: { add: [...into], remove: [...outOf] } };
}

/** Never the whole set where single ones come and go: what another app marks at the same moment stays. */
function flagsOf(whole: readonly string[] | null, gain: ReadonlySet<string>, lose: ReadonlySet<string>): Pick<Revision, 'flags'> {
  if (whole !== null) return { flags: { how: 'replace', flags: whole } };
  if (gain.size + lose.size === 0) return {};
  if (lose.size === 0) return { flags: { how: 'add', flags: [...gain] } };
  if (gain.size === 0) return { flags: { how: 'remove', flags: [...lose] } };
  return { flags: { how: 'add', flags: [...gain], without: [...lose] } };
}

function withinLimits(revision: Revision, shelf: Shelf, index: number): Revision | SetError {
  const { flags, mailboxes } = revision;
  const has = flags?.how === 'add' ? keywordsOfFlags(shelf.flagsAt(index)).filter((flag) => flags.without?.includes(flag) !== true) : [];
  if (flags !== undefined && flags.how !== 'remove' && new Set([...has, ...flags.flags]).size > keywordsPerEmailMax)
    return setError('tooManyKeywords', `A letter has at most ${keywordsPerEmailMax} keywords.`);
  const count =
    mailboxes === undefined ? 0 : 'set' in mailboxes ? mailboxes.set.length : new Set([...shelf.mailboxesAt(index), ...mailboxes.add]).size;
  return count > mailboxesPerEmailMax
    ? setError('tooManyMailboxes', `A letter lies in at most ${mailboxesPerEmailMax} mailboxes.`)
    : revision;
}
