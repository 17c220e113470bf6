// Letters that went from one folder to another, and letters that went altogether, on either side. Knows how a move is told from a deletion with
// a new letter, and who wins; fetches and sends no octets.
//
// Rules: a place at the provider wins over a place here. A deletion on one side wins over changed flags on the other: a letter deleted here rests
// for thirty days, and one deleted there comes to rest here. A deletion on one side and a move on the other: the letter stays where it was moved.
import { ImapAnswer } from '../../protocol/imap/client.ts';
import type { MailboxId, MessageId, Uid } from '../../store/contract.ts';
import type { ImapLetterRow, ImapPlacedRow } from '../../store/ledger-contract.ts';
import { forget, moveHere, renumber, type Missed } from './imap-carry.ts';
import { freshOfSizes, lookAtNew } from './imap-known.ts';
import { openThere } from './imap-look.ts';
import { pairUp } from './imap-match.ts';
import { liesElsewhere } from './imap-view.ts';
import { checkGoing, groupBy, messageAt, movedOn, piecesOf, takeOut, type FolderLook, type SyncParts } from './imap-parts.ts';

const window = 500;
/** New letters of a quick look that are compared with letters of folders that were not looked at. */
const suspectsMax = 200;

// --- moved there --------------------------------------------------------------------------------------------------------

/** Letters gone in one folder there and new in another: moved here too, in one step, so that nobody sees them twice or not at all. */
export async function carryMovesHere(parts: SyncParts, looks: readonly FolderLook[]): Promise<void> {
  const missed = looks.flatMap((look) => look.remoteGone.map((row): Missed => ({ ...row, look })));
  const open = missed.filter(({ message }) => message > 0);
  if (open.length === 0) return;
  const sizes = new Set(open.map(({ size }) => size));
  const used = new Set<Missed>();
  for (const target of looks) {
    if (target.state === null || target.remoteNew.length === 0) continue;
    const named = await pairByEmail(
      parts,
      target,
      open.filter((one) => !used.has(one)),
    );
    for (const [, one] of named) used.add(one);
    const isReturn = (one: Missed) => one.look === target;
    await renumber(
      parts,
      target,
      named.filter(([, one]) => isReturn(one)),
    );
    await moveHere(
      parts,
      looks,
      target,
      named.filter(([, one]) => !isReturn(one)),
    );
    const returned = pairUp(
      await freshOfSizes(parts, target, sizes),
      open.filter((one) => !used.has(one) && isReturn(one)),
    );
    for (const [, one] of returned) used.add(one);
    await renumber(parts, target, returned);
    const pairs = pairUp(
      await freshOfSizes(parts, target, sizes),
      open.filter((one) => !used.has(one) && !isReturn(one)),
    );
    for (const [, one] of pairs) used.add(one);
    await moveHere(parts, looks, target, pairs);
  }
}

/** Where the provider names its letters, its word is better than any likeness. */
async function pairByEmail(
  parts: SyncParts,
  target: FolderLook,
  missed: readonly Missed[],
): Promise<(readonly [{ readonly uid: Uid }, Missed])[]> {
  const byEmail = new Map<string, Missed>();
  for (const one of missed) if (one.emailId !== '' && !byEmail.has(one.emailId)) byEmail.set(one.emailId, one);
  if (byEmail.size === 0) return [];
  await lookAtNew(parts, target, target.remoteNew);
  return target.remoteNew.flatMap((uid) => {
    const emailId = target.looks.get(uid)?.emailId ?? '';
    const one = byEmail.get(emailId);
    return one === undefined || !byEmail.delete(emailId) ? [] : [[{ uid }, one] as const];
  });
}

/**
 * Folders that a quick look has left out and from which a new letter may have come: those with a row of the same size, date and identity.
 */
export async function foldersOfSuspects(parts: SyncParts, looks: readonly FolderLook[]): Promise<Set<number>> {
  const suspects = new Set<number>();
  const looked = new Set(looks.map(({ row }) => row.folder));
  for (const look of looks) {
    if (look.row.uidNext <= 1 || look.remoteNew.length === 0 || look.remoteNew.length > suspectsMax) continue;
    await lookAtNew(parts, look, look.remoteNew);
    const sizes = [...new Set(look.remoteNew.flatMap((uid) => look.looks.get(uid)?.size ?? []))];
    const rows = (await parts.ledger.lettersOfSize(parts.account, sizes)).filter(({ folder }) => !looked.has(folder));
    if (rows.length === 0) continue;
    const fresh = await freshOfSizes(parts, look, new Set(rows.map(({ size }) => size)));
    for (const [, { folder }] of pairUp(fresh, rows)) suspects.add(folder);
  }
  return suspects;
}

// --- moved and copied here ----------------------------------------------------------------------------------------------

/** Letters of the store that came into a mailbox here from another one: moved or copied there too, without being sent. */
export async function carryMovesThere(parts: SyncParts, looks: readonly FolderLook[]): Promise<void> {
  const { ledger, account } = parts;
  for (const target of looks) {
    const { state } = target;
    if (state === null || target.opened === null || target.opened.readOnly || target.localNew.length === 0) continue;
    // A letter without Message-ID that is on its way already may be there: its octets tell, when what is new there has been fetched.
    const pending = new Set(
      (await ledger.pending(account)).filter(({ folder }) => folder === target.row.folder).map(({ message }) => message),
    );
    const arrived = target.localNew
      .map((localUid) => ({ localUid, message: messageAt(state, localUid) }))
      .filter(({ message }) => !pending.has(message));
    const rows = groupBy(
      await ledger.lettersOfMessages(account, [...new Set(arrived.map(({ message }) => message))]),
      ({ message }) => message,
    );
    const used = new Set<string>();
    const back: ImapLetterRow[] = [];
    const twice: Uid[] = [];
    const steps: {
      readonly localUid: Uid;
      readonly message: MessageId;
      readonly row: ImapPlacedRow;
      readonly source: FolderLook;
      readonly move: boolean;
    }[] = [];
    for (const { localUid, message } of arrived) {
      const found = (rows.get(message) ?? []).flatMap((row) => {
        const source = looks.find((one) => one.row.folder === row.folder);
        if (source === undefined || source.opened === null || source.remoteGone.some(({ uid }) => uid === row.uid)) return [];
        return [{ row, source, isGone: source.localGone.some(({ uid }) => uid === row.uid) && !used.has(`${row.folder} ${row.uid}`) }];
      });
      const own = found.filter(({ source }) => source === target);
      const returned = own.find(({ isGone }) => isGone);
      if (returned !== undefined) {
        const { folder: _folder, ...row } = returned.row;
        used.add(`${returned.row.folder} ${row.uid}`);
        back.push({ ...row, localUid });
        continue;
      }
      if (parts.shelf.viewPath !== null && (own.length > 0 || steps.some((step) => step.message === message))) {
        twice.push(localUid);
        continue;
      }
      const from = found.find(({ isGone }) => isGone) ?? found.find(({ source }) => source !== target) ?? found[0];
      if (from === undefined) continue;
      const move = from.isGone && !from.source.opened!.readOnly;
      if (from.isGone) used.add(`${from.row.folder} ${from.row.uid}`);
      steps.push({ localUid, message, row: from.row, source: from.source, move });
    }
    await bringBack(parts, target, back);
    await takeSecond(parts, target, twice);
    // Copies first: what is moved is no source any more.
    steps.sort((a, b) => Number(a.move) - Number(b.move));
    for (const [, some] of groupBy(steps, ({ source, move }) => `${source.row.folder} ${move}`))
      for (const piece of piecesOf(some, window)) await transferThere(parts, target, piece[0]!.source, piece[0]!.move, piece);
  }
}

/** Letters that left a mailbox here and are in it again: there they never left. */
async function bringBack({ ledger, account }: SyncParts, look: FolderLook, rows: readonly ImapLetterRow[]): Promise<void> {
  if (rows.length === 0) return;
  await ledger.write(account, look.row.folder, { put: rows });
  const uids = new Set(rows.map(({ uid }) => uid));
  look.localGone = look.localGone.filter(({ uid }) => !uids.has(uid));
  const localUids = rows.map(({ localUid }) => localUid);
  takeOut(look, new Set(), new Set(localUids));
  look.localFlagged.push(...localUids);
}

/** A provider whose folders are labels holds no letter twice in one folder: the second one comes to rest here. */
async function takeSecond({ store, account }: SyncParts, look: FolderLook, localUids: readonly Uid[]): Promise<void> {
  if (localUids.length === 0 || look.state === null) return;
  await store.expunge(account, look.state.mailbox, localUids, false);
  takeOut(look, new Set(), new Set(localUids));
}

async function transferThere(
  parts: SyncParts,
  target: FolderLook,
  source: FolderLook,
  move: boolean,
  steps: readonly { readonly localUid: Uid; readonly message: MessageId; readonly row: ImapPlacedRow }[],
): Promise<void> {
  const { shelf, ledger, account, log } = parts;
  checkGoing(parts);
  // One letter copied twice into one folder takes two commands.
  const once = [...new Map(steps.map((step) => [step.row.uid, step])).values()];
  await openThere(parts, source);
  await ledger.putPending(
    account,
    once.map(({ message }) => ({ folder: target.row.folder, message, attempts: 1 })),
  );
  let told: ReadonlyMap<Uid, Uid> | null;
  try {
    told = await shelf.transfer(
      once.map(({ row }) => row.uid).sort((a, b) => a - b),
      target.row.path,
      move,
    );
  } catch (trouble) {
    if (!(trouble instanceof ImapAnswer)) throw trouble;
    log.warn('collection: the provider does not move letters', {
      account,
      from: source.row.path,
      to: target.row.path,
      words: trouble.message,
    });
    await ledger.putPending(
      account,
      once.map(({ message }) => ({ folder: target.row.folder, message, attempts: 0 })),
    );
    // They are sent as new ones instead; what is gone here is then removed there.
    return;
  }
  const settled = once.filter(({ row }) => told?.has(row.uid) === true);
  const put = settled.map(({ localUid, message, row: { folder: _folder, ...row } }) => ({
    ...row,
    uid: told!.get(row.uid)!,
    localUid,
    message,
  }));
  // The copy there has the flags that its source has there now.
  for (const { row } of settled) {
    const flags = source.remoteFlags.get(row.uid);
    if (flags !== undefined) target.remoteFlags.set(told!.get(row.uid)!, flags);
  }
  await ledger.write(account, target.row.folder, { put });
  // Where the letter was in the folder already, it was given its old UID.
  const uids = new Set(put.map(({ uid }) => uid));
  target.localGone = target.localGone.filter(({ uid }) => !uids.has(uid));
  await ledger.putPending(
    account,
    settled.map(({ message }) => ({ folder: target.row.folder, message, attempts: 0 })),
  );
  // Into or out of the view: another place that is left, or the new one, takes the letter out of it.
  for (const { row } of [target, source]) {
    if (row.path !== shelf.viewPath) continue;
    parts.memory.counts.delete(row.folder);
    parts.memory.unsettled = true;
  }
  if (move) await forget(parts, source, new Set(settled.map(({ row }) => row.uid)));
  // Where no UID was told they are found by the next look.
  const done = new Set(once.map(({ localUid }) => localUid));
  takeOut(target, new Set(), done);
  target.localFlagged.push(...settled.map(({ localUid }) => localUid));
  if (settled.length < once.length) {
    parts.memory.counts.delete(target.row.folder);
    parts.memory.unsettled = true;
  }
  if (move && settled.length < once.length)
    source.localGone = source.localGone.filter(({ uid }) => !once.some(({ row }) => row.uid === uid));
}

// --- deleted ------------------------------------------------------------------------------------------------------------

/** From here on it is asked whether letters were deleted or lost. */
const manyGone = 50;

/**
 * Many letters gone here at once: deleted letters rest, so those that do not were not deleted by anybody. A store that has lost letters must not empty
 * the provider's mailbox too: they lose their row, and are fetched again.
 */
async function spareLost({ store, ledger, account, log, memory }: SyncParts, look: FolderLook): Promise<void> {
  if (look.localGone.length < manyGone) return;
  const resting = new Set((await store.resting(account, 2 * look.localGone.length + 1000)).map(({ message }) => message));
  const lost = look.localGone.filter(({ message }) => !resting.has(message));
  if (lost.length === 0) return;
  log.error('collection: letters are missing here that nobody has deleted; they are fetched again', {
    account,
    mailbox: look.row.name,
    letters: lost.length,
  });
  await ledger.write(account, look.row.folder, { remove: lost.map(({ uid }) => uid) });
  memory.counts.delete(look.row.folder);
  memory.unsettled = true;
  const gone = new Set(lost);
  look.localGone = look.localGone.filter((row) => !gone.has(row));
}

/** What is gone on one side goes on the other. Comes after all moves. */
export async function carryDeletions(parts: SyncParts, look: FolderLook, bin: string | null): Promise<void> {
  const { store, ledger, shelf, account } = parts;
  const goneHere = new Set(look.localGone.map(({ uid }) => uid));
  const both = look.remoteGone.filter(({ uid }) => goneHere.has(uid));
  await forget(parts, look, new Set(both.map(({ uid }) => uid)));
  const mailbox: MailboxId | undefined = look.state?.mailbox;
  for (const rows of piecesOf(look.remoteGone, window)) {
    checkGoing(parts);
    const uids = rows.map(({ localUid }) => localUid).filter((uid) => uid > 0 && uid !== movedOn);
    if (mailbox !== undefined && uids.length > 0)
      await store.expunge(
        account,
        mailbox,
        uids.sort((a, b) => a - b),
        false,
      );
    await ledger.write(account, look.row.folder, { remove: rows.map(({ uid }) => uid) });
  }
  look.remoteGone = [];
  if (look.opened === null || look.opened.readOnly) return;
  await spareLost(parts, look);
  for (const rows of piecesOf(look.localGone, window)) {
    checkGoing(parts);
    await openThere(parts, look);
    const inOrder = (some: readonly ImapLetterRow[]) => some.map(({ uid }) => uid).sort((a, b) => a - b);
    if (bin !== null && bin !== look.row.path && look.row.role !== 'junk') {
      const elsewhere = await liesElsewhere(parts, look, rows);
      const last = rows.filter((row) => !elsewhere.has(row));
      if (elsewhere.size > 0 && shelf.viewPath !== null) await shelf.transfer(inOrder([...elsewhere]), shelf.viewPath, true);
      if (last.length > 0) await shelf.transfer(inOrder(last), bin, true);
    } else await shelf.expunge(inOrder(rows));
    await ledger.write(account, look.row.folder, { remove: inOrder(rows) });
  }
  look.localGone = [];
}
