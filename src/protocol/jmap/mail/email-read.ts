// Reads emails as they were asked for (RFC 8621 §4.1, §4.2): from the shelf, the facts, the header section or the whole letter, whichever is the least.
// Knows the store; knows no arguments of a method.
import { Refusal } from '../../../base/trouble.ts';
import type { Bytes } from '../../../base/bytes.ts';
import type { FactName, LetterFacts } from '../../../message/facts.ts';
import { readHeader } from '../../../message/header/fields.ts';
import { charsetHint, parseTree } from '../../../message/mime/tree.ts';
import type { MailStore, MessageId } from '../../../store/contract.ts';
import type { Shelf } from '../../../store/shelf-contract.ts';
import { formatUtcDate } from '../arguments.ts';
import type { Id, Json, JsonObject } from '../contract.ts';
import { requestTooLarge } from '../errors.ts';
import { formatBlobId, formatId, parseId } from '../ids.ts';
import { answerOctetsMax } from '../limits.ts';
import { openBody } from './body-part.ts';
import { factsOf, hintOfParts, valuesFromEnvelope, valuesFromHeader, sizeOfValues, valuesFromLetter, type Values } from './email-values.ts';
import type { EmailWish } from './email-wish.ts';
import { keywordsOf } from './keywords.ts';

/** Octets of whole letters that are read at once. */
const atOnce = 1_048_576;

export interface EmailsRead {
  readonly list: JsonObject[];
  readonly notFound: Id[];
}

/** One letter on its way to the client. */
interface Wanted {
  readonly id: Id;
  readonly message: MessageId;
  readonly size: number;
  /** Of the shelf, all at one moment. */
  readonly metadata: Values;
  content: Values | null;
}

/** `ids` each once. All metadata are of the moment of the call, content never changes. */
export async function readEmails(store: MailStore, shelf: Shelf, ids: readonly Id[], wish: EmailWish): Promise<EmailsRead> {
  const notFound: Id[] = [];
  const letters: Wanted[] = [];
  for (const id of ids) {
    const message = parseId('M', id);
    const index = message === null ? -1 : shelf.indexOf(message);
    if (message === null || index < 0) notFound.push(id);
    else letters.push({ id, message, size: shelf.sizes[index]!, metadata: metadataOf(shelf, index, id), content: null });
  }
  if (wish.reads === 'shelf') for (const letter of letters) letter.content = {};
  else await readContent(store, shelf, letters, wish);
  const list: JsonObject[] = [];
  for (const letter of letters) {
    if (letter.content === null) notFound.push(letter.id);
    else list.push(assemble(letter, wish));
  }
  return { list, notFound };
}

function assemble({ id, metadata, content }: Wanted, wish: EmailWish): JsonObject {
  const email: { [property: string]: Json } = { id };
  for (const name of wish.properties) email[name] = metadata[name] ?? content![name] ?? null;
  return email;
}

const shownMailboxes = new WeakMap<readonly number[], JsonObject>();

function metadataOf(shelf: Shelf, index: number, id: Id): Values {
  const mailboxes = shelf.mailboxesAt(index);
  // Interned: most letters of an account lie in the same few sets of mailboxes.
  let mailboxIds = shownMailboxes.get(mailboxes);
  if (mailboxIds === undefined) {
    mailboxIds = Object.fromEntries(mailboxes.map((mailbox) => [formatId('F', mailbox), true]));
    shownMailboxes.set(mailboxes, mailboxIds);
  }
  return {
    id,
    blobId: formatBlobId({ of: 'letter', number: shelf.messages[index]!, path: null }),
    threadId: formatId('T', shelf.threads[index]!),
    mailboxIds,
    keywords: keywordsOf(shelf.flagsAt(index)),
    size: shelf.sizes[index]!,
    receivedAt: formatUtcDate(shelf.receivedAt[index]!),
  };
}

type FactColumns = { readonly [N in FactName]?: readonly (LetterFacts[N] | undefined)[] };

async function readContent(store: MailStore, shelf: Shelf, letters: readonly Wanted[], wish: EmailWish): Promise<void> {
  const { account } = shelf;
  const messages = letters.map(({ message }) => message);
  const names = factsOf(wish);
  const facts: FactColumns = names.length === 0 ? {} : await store.readFacts(account, messages, names);
  const whole: Wanted[] = [];
  const room = answerRoom();
  for (const [at, letter] of letters.entries()) {
    // Gone meanwhile: no fact of it is there.
    if (names[0] !== undefined && facts[names[0]]?.[at] === undefined) continue;
    const known: Values = {};
    if (facts.preview?.[at] !== undefined) known['preview'] = facts.preview[at];
    if (facts.hasAttachment?.[at] !== undefined) known['hasAttachment'] = facts.hasAttachment[at];
    letter.content = known;
    if (wish.reads === 'letter') {
      whole.push(letter);
      continue;
    }
    let values: Values | null = null;
    if (wish.reads === 'facts') {
      values = wish.headers.length === 0 ? {} : valuesFromEnvelope(wish, facts.envelope?.[at] ?? '', facts.envelopeMarks?.[at] ?? 0);
    }
    if (values === null) {
      const header = await readOctets(store, shelf, letter.message, facts.headerLength?.[at]);
      values = header === null ? null : valuesFromHeader(wish, readHeader(header, 0, header.length), hintOfParts(facts.parts?.[at] ?? ''));
    }
    if (values !== null) room.take(values);
    letter.content = values === null ? null : { ...known, ...values };
  }
  await readWhole(store, shelf, whole, wish, room);
}

interface Room {
  /** @throws MethodError `requestTooLarge`. */
  take(values: Values): void;
}

/** What strangers wrote into letters makes an answer long, a megabyte of header each: it is measured while it is gathered. */
export function answerRoom(): Room {
  let size = 0;
  return {
    take(values) {
      size += sizeOfValues(values);
      if (size > answerOctetsMax) throw requestTooLarge('These letters are too large to be read at once: ask for fewer.');
    },
  };
}

/** Null when the letter has gone meanwhile. @throws Unavailable when its octets are damaged. */
async function readOctets(store: MailStore, shelf: Shelf, message: MessageId, end?: number): Promise<Bytes | null> {
  try {
    const letter = await store.openLetter(shelf.account, message);
    return await letter.read(0, end ?? letter.length);
  } catch (trouble) {
    if (trouble instanceof Refusal && trouble.code === 'nonexistent') return null;
    throw trouble;
  }
}

async function readWhole(store: MailStore, shelf: Shelf, letters: readonly Wanted[], wish: EmailWish, room: Room): Promise<void> {
  for (let from = 0; from < letters.length;) {
    let to = from;
    let sum = 0;
    while (to < letters.length && (to === from || sum + letters[to]!.size <= atOnce)) sum += letters[to++]!.size;
    const some = letters.slice(from, to);
    const read = await store.readLetters(
      shelf.account,
      some.map(({ message }) => message),
    );
    for (const [at, letter] of some.entries()) {
      // Damaged is not gone: `openLetter` tells which.
      const bytes = read[at] ?? (await readOctets(store, shelf, letter.message));
      if (bytes === null) {
        letter.content = null;
        continue;
      }
      const tree = parseTree(bytes);
      const body = openBody(bytes, tree, charsetHint(tree), (path) => formatBlobId({ of: 'letter', number: letter.message, path }));
      const values = valuesFromLetter(wish, body);
      room.take(values);
      letter.content = { ...letter.content, ...values };
    }
    from = to;
  }
}
