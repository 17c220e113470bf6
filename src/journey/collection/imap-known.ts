// Letters without a row that are known all the same: fetched or sent just before a crash, here already by another road, numbered anew, or moved.
// Knows the ways of recognising in their order; each step takes out of the looks what it has settled.
import type { LetterId, MessageId, Uid } from '../../store/contract.ts';
import type { ImapLetterRow, ImapPendingRow } from '../../store/ledger-contract.ts';
import { agree, type Agreeing } from './imap-agree.ts';
import { moveHere } from './imap-carry.ts';
import { openThere } from './imap-look.ts';

import { digestOf, identityOf, letterIdOf, pairUp, type Traits } from './imap-match.ts';
import { checkGoing, messageAt, movedOn, piecesOf, takeOut, type FolderLook, type SyncParts } from './imap-parts.ts';

const window = 500;
/** A letter without anything to know it by is sent again so often. */
const attemptsMax = 3;

/** Looks from outside at letters that are new there. */
export async function lookAtNew(parts: SyncParts, look: FolderLook, uids: readonly Uid[]): Promise<void> {
  const unseen = uids.filter((uid) => !look.looks.has(uid));
  for (const some of piecesOf(unseen, window)) {
    checkGoing(parts);
    await openThere(parts, look);
    for (const [uid, one] of await parts.shelf.looks(some.toSorted((a, b) => a - b))) look.looks.set(uid, one);
  }
}

/** Asks for the Message-IDs of letters that are new there. */
async function identifyNew(parts: SyncParts, look: FolderLook, uids: readonly Uid[]): Promise<void> {
  const unseen = uids.filter((uid) => !look.identities.has(uid));
  for (const some of piecesOf(unseen, window)) {
    checkGoing(parts);
    await openThere(parts, look);
    for (const [uid, id] of await parts.shelf.messageIds(some.toSorted((a, b) => a - b))) look.identities.set(uid, identityOf(id));
  }
}

export interface FreshThere extends Traits {
  readonly uid: Uid;
}

/** What can be compared of the letters that are new there, of these sizes. */
export async function freshOfSizes(parts: SyncParts, look: FolderLook, sizes: ReadonlySet<number>): Promise<FreshThere[]> {
  await lookAtNew(parts, look, look.remoteNew);
  const alike = look.remoteNew.filter((uid) => sizes.has(look.looks.get(uid)?.size ?? -1));
  await identifyNew(parts, look, alike);
  return alike.toReversed().map((uid) => {
    const { size, receivedAt } = look.looks.get(uid)!;
    return { uid, size, receivedAt, identity: look.identities.get(uid) ?? '' };
  });
}

/** A row for a letter that lies in both. */
export function rowOf(look: FolderLook, uid: Uid, localUid: Uid, message: MessageId, digest: string): ImapLetterRow {
  const seen = look.looks.get(uid);
  const identity = look.identities.get(uid) ?? '';
  return {
    uid,
    localUid,
    message,
    flags: '',
    size: seen?.size ?? 0,
    receivedAt: seen?.receivedAt ?? 0,
    identity,
    digest,
    emailId: seen?.emailId ?? '',
  };
}

/** Larger ones are not read for it. */
const digestMax = 8 << 20;

/** The digest of a letter of the store; empty when it is large, gone or damaged. */
export async function digestHere({ store, account }: SyncParts, message: MessageId, size: number): Promise<string> {
  if (size > digestMax) return '';
  const [octets] = await store.readLetters(account, [message]);
  return octets ? digestOf(octets) : '';
}

/** Writes rows of letters that both have without ever having agreed on flags. */
export async function adopt(parts: SyncParts, look: FolderLook, pairs: readonly (readonly [Uid, Uid])[]): Promise<void> {
  const { ledger, account } = parts;
  if (pairs.length === 0 || look.state === null) return;
  await lookAtNew(
    parts,
    look,
    pairs.map(([uid]) => uid),
  );
  await identifyNew(
    parts,
    look,
    pairs.map(([uid]) => uid),
  );
  for (const some of piecesOf(pairs, window)) {
    const letters: Agreeing[] = [];
    for (const [uid, localUid] of some) {
      const row = rowOf(look, uid, localUid, messageAt(look.state, localUid), '');
      // Without a Message-ID its octets are all that it can be known by.
      const digest = row.identity === '' ? await digestHere(parts, row.message, row.size) : '';
      letters.push({ row: { ...row, digest }, hasBase: false, there: look.looks.get(uid)?.flags ?? [] });
    }
    await ledger.write(account, look.row.folder, { put: await agree(parts, look, letters) });
    takeOut(look, new Set(some.map(([uid]) => uid)), new Set(some.map(([, localUid]) => localUid)));
  }
}

/** A letter here that has no row, wherever it lies. */
interface FreshHere {
  readonly look: FolderLook;
  readonly localUid: Uid;
  readonly message: MessageId;
}

/**
 * Letters that were kept just before a crash, before their row was written: their name on the journey is made of their place there. One that was moved
 * here since gets the row of the place it came from, so that it is moved there.
 */
export async function knowFetched(parts: SyncParts, looks: readonly FolderLook[]): Promise<void> {
  const { store, account, secret } = parts;
  const fresh: FreshHere[] = looks.flatMap((look) =>
    look.state === null ? [] : look.localNew.map((localUid) => ({ look, localUid, message: messageAt(look.state!, localUid) })),
  );
  if (fresh.length === 0) return;
  const byId = new Map<LetterId, FreshHere>();
  for (const some of piecesOf(fresh, window)) {
    const ids = await store.readLetterIds(
      account,
      some.map(({ message }) => message),
    );
    // One that lies where it was put is the letter itself, others are copies of it.
    for (const [at, id] of ids.entries()) if (id !== '' && !byId.has(id)) byId.set(id, some[at]!);
    for (const [at, id] of ids.entries()) if (id !== '') byId.set(`${id} ${some[at]!.look.row.folder}`, some[at]!);
  }
  for (const look of looks) {
    const pairs: [Uid, Uid][] = [];
    const moved: ImapLetterRow[] = [];
    for (const uid of look.remoteNew) {
      const id = letterIdOf(secret, account, look.row.folder, look.row.uidValidity, uid);
      const found = byId.get(`${id} ${look.row.folder}`) ?? byId.get(id);
      if (found === undefined) continue;
      if (found.look === look) pairs.push([uid, found.localUid]);
      else moved.push(rowOf(look, uid, movedOn, found.message, ''));
    }
    await adopt(parts, look, pairs);
    await knowVanished(parts, look, byId);
    if (moved.length === 0) continue;
    const uids = moved.map(({ uid }) => uid);
    await lookAtNew(parts, look, uids);
    await identifyNew(parts, look, uids);
    await noteMovedOn(
      parts,
      look,
      moved.map(({ uid, message }) => rowOf(look, uid, movedOn, message, '')),
    );
  }
}

/** UIDs that are tried at most. */
const vanishedMax = 200_000;

/** The same for letters that are gone there again: with a row they are missed, and found where they were moved. */
async function knowVanished(parts: SyncParts, look: FolderLook, byId: ReadonlyMap<string, FreshHere>): Promise<void> {
  const { ledger, account, secret, store } = parts;
  const { row, opened } = look;
  if (opened === null) return;
  const there = new Set(look.remoteNew);
  // Letters of an earlier time with IMAP have such names too. POP3 may have taken them home since, which is no deletion there.
  const before = await parts.home.before(account);
  for (let uid = Math.max(row.uidNext, opened.uidNext - vanishedMax); uid < opened.uidNext; uid++) {
    if (there.has(uid)) continue;
    const id = letterIdOf(secret, account, row.folder, row.uidValidity, uid);
    const found = byId.get(`${id} ${row.folder}`) ?? byId.get(id);
    if (found === undefined || before.has(found.message) || (await ledger.lettersAt(account, row.folder, [uid])).length > 0) continue;
    const { state } = found.look;
    const at = state?.indexOf(found.localUid) ?? -1;
    if (state === null || at < 0) continue;
    const { messageId } = await store.readFacts(account, [found.message], ['messageId']);
    const missed: ImapLetterRow = {
      uid,
      localUid: found.look === look ? found.localUid : movedOn,
      message: found.message,
      flags: '',
      size: state.sizes[at]!,
      receivedAt: state.receivedAt[at]!,
      identity: identityOf(messageId[0] ?? ''),
      digest: '',
      emailId: '',
    };
    await ledger.write(account, row.folder, { put: [missed] });
    look.remoteGone.push(missed);
    if (found.look === look) takeOut(look, new Set(), new Set([found.localUid]));
    else look.localGone.push(missed);
  }
}

/** Rows of letters that have left their mailbox here before they had one. Both sides never agreed on flags: those there count as added. */
async function noteMovedOn({ ledger, account }: SyncParts, look: FolderLook, rows: readonly ImapLetterRow[]): Promise<void> {
  await ledger.write(account, look.row.folder, { put: rows });
  look.localGone.push(...rows);
  for (const { uid } of rows) look.remoteFlags.set(uid, look.looks.get(uid)?.flags ?? []);
  takeOut(look, new Set(rows.map(({ uid }) => uid)), new Set());
}

/** Letters that were sent there, and of which it was not heard under which UID they lie. */
export async function knowSent(parts: SyncParts, looks: readonly FolderLook[]): Promise<void> {
  const { ledger, account } = parts;
  const pending = await ledger.pending(account);
  for (const look of looks) {
    const sent = pending.filter(({ folder }) => folder === look.row.folder);
    if (sent.length === 0 || look.opened === null) continue;
    const traits = await traitsOf(
      parts,
      sent.map(({ message }) => message),
    );
    const missed = sent.flatMap((row) => {
      const found = traits.get(row.message);
      return found === undefined ? [] : [{ ...found, row }];
    });
    const fresh = await freshOfSizes(parts, look, new Set(missed.map(({ size }) => size)));
    const pairs = pairUp(fresh, missed);
    const settled: ImapPendingRow[] = [];
    for (const [there, { row }] of pairs) {
      settled.push({ ...row, attempts: 0 });
      const localUid = look.localNew.find((uid) => look.state !== null && messageAt(look.state, uid) === row.message);
      if (localUid !== undefined) await adopt(parts, look, [[there.uid, localUid]]);
      else {
        await noteMovedOn(parts, look, [rowOf(look, there.uid, movedOn, row.message, '')]);
      }
    }
    const lost = missed.filter(({ row }) => !settled.some(({ message }) => message === row.message));
    for (const message of await knowSentOn(parts, looks, look, lost)) settled.push({ folder: look.row.folder, message, attempts: 0 });
    const found = new Set(settled.map(({ message }) => message));
    for (const row of sent) {
      if (found.has(row.message)) continue;
      // With a Message-ID it would have been found; without one it may lie there under another size.
      const isNamed = (traits.get(row.message)?.identity ?? '') !== '';
      if (isNamed) settled.push({ ...row, attempts: 0 });
      else if (row.attempts >= attemptsMax) look.localNew = look.localNew.filter((uid) => messageAt(look.state!, uid) !== row.message);
    }
    if (settled.length > 0) await ledger.putPending(account, settled);
  }
}

/** Letters that were sent, and moved on there before it was heard of them: they are moved here too. Told are those that were found. */
async function knowSentOn(
  parts: SyncParts,
  looks: readonly FolderLook[],
  look: FolderLook,
  lost: readonly (Traits & { readonly row: ImapPendingRow })[],
): Promise<MessageId[]> {
  const found: MessageId[] = [];
  // Something has come there and gone.
  if (lost.length === 0 || look.opened === null || look.state === null || look.opened.uidNext <= look.row.uidNext + look.remoteNew.length)
    return found;
  const sizes = new Set(lost.map(({ size }) => size));
  for (const target of looks) {
    if (target === look || target.state === null || target.remoteNew.length === 0) continue;
    const left = lost.filter(({ row }) => !found.includes(row.message));
    for (const [there, { row }] of pairUp(await freshOfSizes(parts, target, sizes), left)) {
      const localUid = look.localNew.find((uid) => messageAt(look.state!, uid) === row.message);
      if (localUid === undefined) continue;
      await moveHere(parts, looks, target, [[there, { ...rowOf(target, 0, localUid, row.message, ''), look }]]);
      takeOut(look, new Set(), new Set([localUid]));
      found.push(row.message);
    }
  }
  return found;
}

/** What can be compared of letters of the store. */
export async function traitsOf({ store, account }: SyncParts, messages: readonly MessageId[]): Promise<Map<MessageId, Traits>> {
  const traits = new Map<MessageId, Traits>();
  for (const some of piecesOf(messages, window)) {
    const { messageId } = await store.readFacts(account, some, ['messageId']);
    for (const [at, message] of some.entries()) {
      const id = messageId[at];
      if (id === undefined) continue;
      const { length } = await store.openLetter(account, message);
      traits.set(message, { size: length, receivedAt: null, identity: identityOf(id) });
    }
  }
  return traits;
}

/** Letters that were copied here just before a crash, from where they lie under the provider's own name. */
export async function knowCopied(parts: SyncParts, look: FolderLook): Promise<void> {
  const { ledger, account, shelf } = parts;
  const { state } = look;
  if (shelf.viewPath === null || state === null || look.remoteNew.length === 0 || look.localNew.length === 0) return;
  const here = new Map(look.localNew.map((localUid) => [messageAt(state, localUid), localUid]));
  const rows = await ledger.lettersOfMessages(account, [...here.keys()]);
  const byEmail = new Map(rows.filter(({ emailId }) => emailId !== '').map(({ emailId, message }) => [emailId, message]));
  if (byEmail.size === 0) return;
  await lookAtNew(parts, look, look.remoteNew);
  const pairs = look.remoteNew.flatMap((uid): [Uid, Uid][] => {
    const message = byEmail.get(look.looks.get(uid)?.emailId ?? '');
    const localUid = message === undefined ? undefined : here.get(message);
    return localUid === undefined || !here.delete(message!) ? [] : [[uid, localUid]];
  });
  await adopt(parts, look, pairs);
}

/** Letters that lie on both sides of one folder without a row: by Message-ID and size. */
export async function knowBoth(parts: SyncParts, look: FolderLook): Promise<void> {
  const { store, account } = parts;
  const { state } = look;
  if (state === null || look.remoteNew.length === 0 || look.localNew.length === 0) return;
  const sizeOf = (uid: Uid) => state.sizes[state.indexOf(uid)] ?? -1;
  const fresh = await freshOfSizes(parts, look, new Set(look.localNew.map(sizeOf)));
  if (fresh.length === 0) return;
  const sizes = new Set(fresh.map(({ size }) => size));
  const alike = look.localNew.filter((uid) => sizes.has(sizeOf(uid)));
  const here: (Traits & { readonly localUid: Uid })[] = [];
  for (const some of piecesOf(alike, window)) {
    const { messageId } = await store.readFacts(
      account,
      some.map((uid) => messageAt(state, uid)),
      ['messageId'],
    );
    for (const [at, localUid] of some.entries())
      here.push({ localUid, size: sizeOf(localUid), receivedAt: null, identity: identityOf(messageId[at] ?? '') });
  }
  await adopt(
    parts,
    look,
    pairUp(fresh, here).map(([there, { localUid }]) => [there.uid, localUid] as const),
  );
}
