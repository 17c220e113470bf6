// One round of IMAP collection: looks at folders on both sides and makes them equal. Knows the order of the steps and why; each step is a file.
//
//   1 recognise   letters that are on both sides without a row (a crash, another road, numbered anew)
//   2 moves       there to here, then here to there: before any deletion, for a move looks like one
//   3 flags
//   4 fetch       newest first; before deletions where it is quick, for a letter without Message-ID is known by its octets alone
//   5 deletions
//   6 send        last: nothing is sent that might be there already
//   7 written down that both are equal
//
// Where a provider shows letters in a folder by what lies in the others (imap-view.ts), that folder is looked at last.
import { ImapAnswer } from '../../protocol/imap/client.ts';
import { ServerBabble } from '../../protocol/imap/client-reader.ts';
import type { MailboxId } from '../../store/contract.ts';
import { agreeOnChanged } from './imap-agree.ts';
import { pairFolders } from './imap-folders.ts';
import { knowBoth, knowCopied, knowFetched, knowSent } from './imap-known.ts';
import { fetchNew, sendNew } from './imap-letters.ts';
import { isEqualHere, isQuiet, lookAt } from './imap-look.ts';
import { carryDeletions, carryMovesHere, carryMovesThere, foldersOfSuspects } from './imap-moves.ts';
import { checkGoing, messageAt, type FolderLook, type FolderPair, type SyncParts } from './imap-parts.ts';
import { concernsView, holdHidden, learnNames } from './imap-view.ts';
import type { RemoteStatus } from './remote-shelf.ts';

/** Up to here new letters are fetched before deletions are carried over. */
const quickFetch = 2000;

export interface RoundAsk {
  /** Folders there that are looked at whatever STATUS says, by path. */
  readonly heardThere: ReadonlySet<string>;
  /** Mailboxes here in which something changed. */
  readonly heardHere: ReadonlySet<MailboxId>;
  /** False: only what was heard of is looked at. */
  readonly whole: boolean;
}

/** True when another round should follow at once. */
export async function syncRound(parts: SyncParts, ask: RoundAsk): Promise<boolean> {
  const { pairs, again } = ask.whole ? await pairFolders(parts) : { pairs: await knownPairs(parts), again: false };
  const chosen = await choose(parts, pairs, ask);
  if (chosen.length === 0) return again;
  const looks: FolderLook[] = [];
  try {
    // The view last: what has left the others before is in it.
    const isView = ({ row }: FolderPair) => row.path === parts.shelf.viewPath;
    for (const pair of chosen.toSorted((a, b) => Number(isView(a)) - Number(isView(b)))) await addLook(parts, looks, pair);
    // A letter gone here or there may be found in any folder; a new one may come from any.
    const isPartOfMove = looks.some(({ remoteGone, localGone }) => remoteGone.length > 0 || localGone.length > 0);
    if (!ask.whole && isPartOfMove) return syncRound(parts, { ...ask, whole: true });
    if (!ask.whole || chosen.length < pairs.length) await addSuspects(parts, looks, pairs);
    const view = pairs.find(isView);
    if (view !== undefined && !looks.some(({ row }) => row.folder === view.row.folder) && (await concernsView(parts, looks, view.row)))
      await addLook(parts, looks, view);
    const blocked = await settle(parts, looks, pairs);
    return again || blocked;
  } finally {
    for (const { state } of looks) state?.release();
  }
}

async function knownPairs({ ledger, store, account }: SyncParts): Promise<FolderPair[]> {
  const boxes = new Map((await store.mailboxes(account)).map((box) => [box.id, box]));
  return (await ledger.folders(account)).map((row) => ({
    row,
    remote: { path: row.path, delimiter: '', role: row.role, status: null },
    local: boxes.get(row.mailbox) ?? null,
  }));
}

/** Pairs in which something is different, as far as can be told without opening them. */
async function choose(parts: SyncParts, pairs: readonly FolderPair[], ask: RoundAsk): Promise<FolderPair[]> {
  const { shelf } = parts;
  const unsure = ask.whole
    ? pairs.filter(({ remote, row }) => remote !== null && remote.status === null && !ask.heardThere.has(row.path))
    : [];
  const statuses: ReadonlyMap<string, RemoteStatus> =
    unsure.length === 0 ? new Map() : await shelf.statuses(unsure.map(({ row }) => row.path));
  const chosen: FolderPair[] = [];
  for (const pair of pairs) {
    const { row, remote, local } = pair;
    const status = remote?.status ?? statuses.get(row.path) ?? null;
    if (remote === null || local === null || ask.heardThere.has(row.path)) chosen.push(pair);
    else if (ask.whole && (status === null || !isQuiet(parts, row, status))) chosen.push(pair);
    else if ((ask.whole || ask.heardHere.has(row.mailbox)) && !(await isEqualHere(parts, pair))) chosen.push(pair);
  }
  return chosen;
}

/** A folder that cannot be opened now is left for another time. */
async function addLook(parts: SyncParts, looks: FolderLook[], pair: FolderPair): Promise<void> {
  checkGoing(parts);
  const { store, ledger, account, log } = parts;
  try {
    const look = await lookAt(parts, pair);
    if (look.state !== null || (look.remoteNew.length === 0 && !look.leavesThere && pair.row.role === null)) {
      looks.push(look);
      return;
    }
    // Deleted here, and letters are there that nobody here has seen, or it is one of those that everybody has: it comes back.
    const { name, role } = look.row;
    const box = (await store.mailboxes(account)).find((one) => one.name === name) ?? (await store.createMailbox(account, name, role));
    await ledger.putFolder(account, { ...look.row, mailbox: box.id, localModSeq: 0 });
    looks.push(await lookAt(parts, { row: { ...look.row, mailbox: box.id, localModSeq: 0 }, remote: pair.remote, local: box }));
  } catch (trouble) {
    if (!(trouble instanceof ImapAnswer) || trouble.condition === 'BYE' || parts.signal.aborted) throw trouble;
    log.warn('collection: a folder cannot be opened', { account, path: pair.row.path, words: trouble.message });
  }
}

/** A new letter may have come from a folder that seems quiet. */
async function addSuspects(parts: SyncParts, looks: FolderLook[], pairs: readonly FolderPair[]): Promise<void> {
  const suspects = await foldersOfSuspects(parts, looks);
  // A letter of the store that came into a mailbox here lies in another folder there.
  for (const { state, localNew } of looks) {
    if (state === null || localNew.length === 0) continue;
    const rows = await parts.ledger.lettersOfMessages(parts.account, [...new Set(localNew.map((uid) => messageAt(state, uid)))]);
    for (const { folder } of rows) suspects.add(folder);
  }
  for (const pair of pairs)
    if (suspects.has(pair.row.folder) && !looks.some(({ row }) => row.folder === pair.row.folder)) await addLook(parts, looks, pair);
}

async function settle(parts: SyncParts, looks: FolderLook[], pairs: readonly FolderPair[]): Promise<boolean> {
  const { shelf } = parts;
  for (const look of looks) await learnNames(parts, look);
  await knowFetched(parts, looks);
  await knowSent(parts, looks);
  for (const look of looks) await knowCopied(parts, look);
  for (const look of looks) await knowBoth(parts, look);
  const view = looks.find(({ row }) => row.path === shelf.viewPath);
  if (view !== undefined) await holdHidden(parts, looks, view);
  await carryMovesHere(parts, looks);
  await carryMovesThere(parts, looks);
  for (const look of looks) await agreeOnChanged(parts, look);
  const bin = shelf.binsDeleted ? (pairs.find(({ row }) => row.role === 'trash')?.row.path ?? null) : null;
  const isQuick = looks.reduce((sum, { remoteNew }) => sum + remoteNew.length, 0) <= quickFetch;
  const fetchAll = async () => {
    for (const look of looks) await fetchNew(parts, looks, look);
  };
  if (isQuick) await fetchAll();
  for (const look of looks) await carryDeletions(parts, look, bin);
  if (!isQuick) await fetchAll();
  for (const look of looks) await sendNew(parts, look);
  let again = parts.memory.unsettled;
  parts.memory.unsettled = false;
  for (const look of looks) again = (await finish(parts, look)) || again;
  return again;
}

/** True when another round is needed. */
async function finish(parts: SyncParts, look: FolderLook): Promise<boolean> {
  const { ledger, account } = parts;
  const { row, opened, state, pair } = look;
  if (opened === null || state === null) return finishGone(parts, look);
  if (pair.local === null) return true;
  const now = {
    ...row,
    // 1: some are left to fetch.
    uidNext: look.remoteNew.length > 0 ? row.uidNext : Math.max(1, opened.uidNext),
    modSeq: opened.modSeq,
    localModSeq: look.localNew.length > 0 && look.remoteNew.length > 0 ? row.localModSeq : look.localModSeq,
    objectId: opened.objectId === '' ? row.objectId : opened.objectId,
  };
  await ledger.putFolder(account, now);
  return look.remoteNew.length > 0;
}

/** A folder that one side no longer has: its letters are settled, so it goes on the other side too. */
async function finishGone(parts: SyncParts, look: FolderLook): Promise<boolean> {
  const { store, ledger, shelf, account, log } = parts;
  const { row, pair, state } = look;
  if (pair.remote === null) {
    // Letters came in here meanwhile: the folder is made there again by the next round, for them.
    if (state !== null && state.count === 0 && row.role === null) await store.deleteMailbox(account, row.mailbox);
    await ledger.removeFolder(account, row.folder);
    return state !== null && state.count > 0;
  }
  if (row.role === 'inbox') throw new ServerBabble('the inbox is gone');
  try {
    await shelf.open('INBOX');
    await shelf.remove(row.path);
  } catch (trouble) {
    if (!(trouble instanceof ImapAnswer)) throw trouble;
    log.warn('collection: the provider does not delete a folder', { account, path: row.path, words: trouble.message });
  }
  await ledger.removeFolder(account, row.folder);
  return true;
}
