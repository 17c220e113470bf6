// Email/import (RFC 8621 §4.8) and Email/copy (§4.7): letters that are whole already get into an account. Knows the two methods and what a letter is
// at least; knows no upload and no engine.
import { CR, LF, NUL, type Bytes } from '../../../base/bytes.ts';
import { Refusal } from '../../../base/trouble.ts';
import { parseDate } from '../../../message/header/date.ts';
import { firstField, readHeader, type Header } from '../../../message/header/fields.ts';
import type { LetterBytes } from '../../../store/contract.ts';
import type { NewLetter } from '../../../store/shelf-contract.ts';
import { anObject, mapOf, nullable, aText, readArguments } from '../arguments.ts';
import {
  MethodError,
  type Asker,
  type BlobSource,
  type Id,
  type JmapAccount,
  type JsonObject,
  type Method,
  type SetError,
} from '../contract.ts';
import { formatMethodError, invalidProperties, notFound, requestTooLarge, setError } from '../errors.ts';
import { formatState, parseId } from '../ids.ts';
import { coreLimits } from '../limits.ts';
import { aWritableAccount, checkState, emptyOutcome, formatCopy, formatSet, readCopy, resolveId } from '../standard.ts';
import { readPlace, setEmails } from './email-set.ts';
import { keywordsOfFlags } from './letter-sets.ts';
import { mailboxIdsOf, makeLetters, type WriteParts } from './write-parts.ts';

/** Octets in which the header of a letter is looked for. */
const headerMax = 1024 * 1024;
const step = 256 * 1024;

export function emailImport(parts: WriteParts): Method {
  return async (args, asker) => {
    const {
      accountId: account,
      ifInState,
      emails,
    } = readArguments(args, {
      accountId: aWritableAccount(asker),
      ifInState: nullable(aText),
      emails: mapOf(anObject),
    });
    if (emails.size > coreLimits.maxObjectsInSet) throw requestTooLarge(`At most ${coreLimits.maxObjectsInSet} letters at once.`);
    const shelf = await parts.store.openShelf(account.account);
    try {
      const oldState = formatState(shelf.emailModSeq);
      checkState(ifInState, oldState);
      const outcome = emptyOutcome();
      const mailboxes = await mailboxIdsOf(parts.store, account.account);
      await makeLetters(parts, account, asker, outcome, emails, (email) => takeBlob(parts, account, asker, mailboxes, email));
      const { created, notCreated, ...rest } = formatSet(account, oldState, formatState(shelf.emailModSeq), outcome);
      return { response: { accountId: account.id, oldState, newState: rest['newState']!, created: created!, notCreated: notCreated! } };
    } finally {
      shelf.release();
    }
  };
}

const importProperties = new Set('blobId mailboxIds keywords receivedAt'.split(' '));

async function takeBlob(
  parts: WriteParts,
  account: JmapAccount,
  asker: Asker,
  mailboxes: ReadonlySet<number>,
  email: JsonObject,
): Promise<NewLetter | SetError> {
  const unknown = Object.keys(email).filter((name) => !importProperties.has(name));
  const place = readPlace(email, asker, mailboxes);
  const id = typeof email['blobId'] === 'string' ? resolveId(asker, email['blobId']) : null;
  const source = id === null ? null : await parts.blobs.find(account, id);
  const wrong = [...unknown, ...(source === null ? ['blobId'] : []), ...('type' in place ? (place.properties ?? []) : [])];
  if (wrong.length > 0 || source === null) return invalidProperties(wrong);
  if ('type' in place) return place;
  const header = await headerOf(source);
  if (header === null) return setError('invalidEmail', 'This does not begin as a letter does.');
  const receivedAt = place.receivedAt ?? lastReceived(header) ?? parts.clock.now();
  const spool = parts.store.spool(parts.letterMax);
  try {
    let last = 0;
    for (let at = 0; at < source.size; at += step) {
      // oxlint-disable-next-line no-await-in-loop -- a piece at a time is the point
      const piece = await source.read(at, Math.min(source.size, at + step));
      // oxlint-disable-next-line no-await-in-loop -- as above
      await spool.add(mended(piece, last));
      last = piece.at(-1) ?? 0;
    }
  } catch (trouble) {
    spool.discard();
    if (trouble instanceof Refusal && trouble.code === 'too-big') return setError('tooLarge', trouble.message);
    // An upload may end between the look at it and its last octet.
    if (trouble instanceof Refusal && trouble.code === 'nonexistent') return invalidProperties(['blobId'], trouble.message);
    throw trouble;
  }
  return { spool, mailboxes: place.mailboxes, flags: place.flags, receivedAt };
}

/** Null for octets that are no letter: they do not begin with a field (RFC 5322 §2.2). */
async function headerOf(source: BlobSource): Promise<Header | null> {
  const head = await source.read(0, Math.min(source.size, headerMax));
  const header = readHeader(head, 0, head.length);
  const [first] = header.fields;
  return first === undefined || first.nameEnd === first.start ? null : header;
}

/** RFC 8621 §4.8: the time of the most recent Received field, which is the topmost. */
function lastReceived(header: Header): number | null {
  const received = firstField(header, 'received');
  return received === null ? null : parseDate(received.slice(received.lastIndexOf(';') + 1));
}

/** RFC 8621 §4.8 lets errors be mended: a bare LF gets its CR, NUL goes. `last`: the octet before the piece. The same memory where nothing is wrong. */
function mended(piece: Bytes, last: number): Bytes {
  let more = 0;
  for (let at = 0, before = last; at < piece.length; at++) {
    if (piece[at] === LF && before !== CR) more++;
    else if (piece[at] === NUL) more--;
    before = piece[at]!;
  }
  if (more === 0 && !piece.includes(NUL)) return piece;
  const out = new Uint8Array(piece.length * 2);
  let end = 0;
  let before = last;
  for (const octet of piece) {
    if (octet === LF && before !== CR) out[end++] = CR;
    if (octet !== NUL) out[end++] = octet;
    before = octet;
  }
  return out.subarray(0, end);
}

// --- Email/copy -------------------------------------------------------------------------------------------------------

const copyProperties = new Set('id mailboxIds keywords receivedAt'.split(' '));

export function emailCopy(parts: WriteParts): Method {
  return async (args, asker) => {
    const call = readCopy(args, asker, {});
    const { store } = parts;
    const from = await store.openShelf(call.from.account);
    const into = await store.openShelf(call.account.account).catch((trouble: unknown) => {
      from.release();
      throw trouble;
    });
    try {
      checkState(call.ifFromInState, formatState(from.emailModSeq));
      const oldState = formatState(into.emailModSeq);
      checkState(call.ifInState, oldState);
      const outcome = emptyOutcome();
      const mailboxes = await mailboxIdsOf(store, call.account.account);
      await makeLetters(parts, call.account, asker, outcome, call.create, async (object) => {
        const unknown = Object.keys(object).filter((name) => !copyProperties.has(name));
        const id = typeof object['id'] === 'string' ? resolveId(asker, object['id']) : null;
        if (id === null || unknown.length > 0) return invalidProperties([...unknown, ...(id === null ? ['id'] : [])]);
        const message = parseId('M', id);
        const index = message === null ? -1 : from.indexOf(message);
        if (index < 0) return notFound();
        const place = readPlace(object, asker, mailboxes, keywordsOfFlags(from.flagsAt(index)));
        if ('type' in place) return place;
        const receivedAt = place.receivedAt ?? from.receivedAt[index]!;
        const spool = store.spool(Number.MAX_SAFE_INTEGER);
        try {
          await pour(await store.openLetter(call.from.account, message!), (bytes) => spool.add(bytes));
        } catch (trouble) {
          spool.discard();
          if (trouble instanceof Refusal && trouble.code === 'nonexistent') return notFound();
          throw trouble;
        }
        return { spool, mailboxes: place.mailboxes, flags: place.flags, receivedAt };
      });
      const originals = new Set([...outcome.created.keys()].map((key) => resolveId(asker, call.create.get(key)!['id'] as string)!));
      const response = formatCopy(call, oldState, formatState(into.emailModSeq), outcome);
      if (!call.onSuccessDestroyOriginal || originals.size === 0) return { response };
      return { response, also: [await destroyOriginals(parts, call.from, call.destroyFromIfInState, [...originals], asker)] };
    } finally {
      from.release();
      into.release();
    }
  };
}

async function pour(letter: LetterBytes, sink: (bytes: Bytes) => void | Promise<void>): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- a piece at a time is the point
  for (let at = 0; at < letter.length; at += step) await sink(await letter.read(at, Math.min(letter.length, at + step)));
}

/** RFC 8620 §5.4: a single /set, whose answer follows, whatever it is. */
async function destroyOriginals(
  parts: WriteParts,
  account: JmapAccount,
  ifInState: string | null,
  destroy: readonly Id[],
  asker: Asker,
): Promise<{ readonly name: string; readonly arguments: JsonObject }> {
  return impliedSet(async () => {
    if (account.isReadOnly) throw new MethodError('accountReadOnly', 'The originals can only be read.');
    return setEmails(parts, { account, ifInState, create: new Map(), update: new Map(), destroy }, asker);
  });
}

/** An implied Email/set: an error of it is its own answer, since the method before has succeeded. */
export async function impliedSet(
  set: () => Promise<{ readonly response: JsonObject }>,
): Promise<{ readonly name: string; readonly arguments: JsonObject }> {
  try {
    return { name: 'Email/set', arguments: (await set()).response };
  } catch (thrown) {
    return { name: 'error', arguments: formatMethodError(thrown, rethrow) };
  }
}

function rethrow(thrown: unknown): never {
  throw thrown;
}
