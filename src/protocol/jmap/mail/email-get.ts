// Email/get, Email/changes and Email/parse (RFC 8621 §4.2, §4.3, §4.9). Knows arguments and answers; emails are read by email-read.ts.
import { charsetHint, parseTree } from '../../../message/mime/tree.ts';
import { hasAttachment } from '../../../message/mime/body-parts.ts';
import { readPreview } from '../../../message/text.ts';
import { aText, anIdOrReference, listOf, nullable, readArguments } from '../arguments.ts';
import type { BlobSource, Id, JmapAccount, JsonObject, Method } from '../contract.ts';
import { invalidArguments, requestTooLarge } from '../errors.ts';
import { formatBlobId, formatId, formatState, parseBlobId } from '../ids.ts';
import { answerOctetsMax, coreLimits } from '../limits.ts';
import { anAccount, readGet, resolveId } from '../standard.ts';
import { openBody } from './body-part.ts';
import { answerChanges } from './changes.ts';
import { answerRoom, readEmails } from './email-read.ts';
import { valuesFromLetter, type Values } from './email-values.ts';
import { bodyArguments, defaultEmailProperties, defaultParseProperties, isEmailProperty, readWish, type EmailWish } from './email-wish.ts';
import { withShelf, type MailParts } from './parts.ts';

export function emailGet({ store }: Pick<MailParts, 'store'>): Method {
  return async (args, asker) => {
    const call = readGet(args, asker, isEmailProperty, bodyArguments);
    const wish = readWish(call.properties ?? defaultEmailProperties, call);
    return withShelf(store, call.account.account, async (shelf) => {
      if (call.ids === null && shelf.count > coreLimits.maxObjectsInGet)
        throw requestTooLarge('There are more emails than can be answered at once: ask for them by id.');
      const ids = call.ids ?? Array.from(shelf.messages.subarray(0, shelf.count), (message) => formatId('M', message));
      // The state of the moment in which the metadata are looked at: nothing is waited for in between.
      const state = formatState(shelf.emailModSeq);
      const { list, notFound } = await readEmails(store, shelf, ids, wish);
      return { response: { accountId: call.account.id, state, list, notFound } };
    });
  };
}

export function emailChanges({ store }: Pick<MailParts, 'store'>): Method {
  return async (args, asker) => ({ response: await answerChanges(store, args, asker, 'emails') });
}

/** Blobs of one call: each is read whole. */
const mostBlobs = 100;

export function emailParse({ blobs }: Pick<MailParts, 'blobs'>): Method {
  return async (args, asker) => {
    const call = readArguments(args, {
      accountId: anAccount(asker),
      blobIds: listOf(anIdOrReference),
      properties: nullable(listOf(aText)),
      ...bodyArguments,
    });
    const unknown = call.properties?.filter((name) => !isEmailProperty(name)) ?? [];
    if (unknown.length > 0)
      throw invalidArguments(`There is no property ${unknown.slice(0, 10).join(', ').slice(0, 500)}.`, ['properties']);
    const wish = readWish(call.properties ?? defaultParseProperties, call);
    const ids = [...new Set(call.blobIds.map((id) => resolveId(asker, id) ?? id))];
    if (ids.length > mostBlobs) throw requestTooLarge(`At most ${mostBlobs} blobs at once.`);
    const parsed: { [id: Id]: JsonObject } = {};
    const notParsable: Id[] = [];
    const notFound: Id[] = [];
    let octets = 0;
    const room = answerRoom();
    for (const id of ids) {
      const source = await blobs.find(call.accountId, id);
      if (source === null) {
        notFound.push(id);
        continue;
      }
      if ((octets += source.size) > answerOctetsMax) throw requestTooLarge('These blobs are too large to be read at once.');
      const email = await parseBlob(blobs, call.accountId, id, source, wish);
      if (email === null) notParsable.push(id);
      else {
        room.take(email);
        parsed[id] = email;
      }
    }
    return {
      response: {
        accountId: call.accountId.id,
        parsed: Object.keys(parsed).length === 0 ? null : parsed,
        notParsable: notParsable.length === 0 ? null : notParsable,
        notFound: notFound.length === 0 ? null : notFound,
      },
    };
  };
}

/** Null for what has not a single header field: that is no message. */
async function parseBlob(
  blobs: MailParts['blobs'],
  account: JmapAccount,
  id: Id,
  source: BlobSource,
  wish: EmailWish,
): Promise<JsonObject | null> {
  const bytes = await source.read(0, source.size);
  const tree = parseTree(bytes);
  if (!tree.header.fields.some(({ start, nameEnd }) => nameEnd > start)) return null;
  const body = openBody(bytes, tree, charsetHint(tree), await partBlobs(blobs, account, id));
  const values: Values = { ...valuesFromLetter(wish, body), blobId: id, size: source.size };
  if (wish.properties.includes('preview')) values['preview'] = readPreview(bytes, tree);
  if (wish.properties.includes('hasAttachment')) values['hasAttachment'] = hasAttachment(tree);
  return Object.fromEntries(wish.properties.map((name) => [name, values[name] ?? null]));
}

/**
 * Ids of the parts of a message that is a blob itself: the numbers of IMAP go on inside an attached message. Missing: a message that was sent
 * in base64 or quoted-printable has parts that no number of the letter reaches; RFC 2045 §6.4 and RFC 6532 §3.5 leave that to message/global alone.
 */
async function partBlobs(blobs: MailParts['blobs'], account: JmapAccount, id: Id): Promise<(path: readonly number[]) => Id | null> {
  const name = parseBlobId(id);
  if (name === null) return () => null;
  const within = (path: readonly number[]): Id => formatBlobId({ ...name, path: [...(name.path ?? []), ...path] });
  if (name.path !== null && (await blobs.find(account, within([1]))) === null) return () => null;
  return within;
}
