// What is different in one folder on either side since both were equal. Knows how to find it out with what the provider offers: changes by MODSEQ
// (RFC 7162), or all UIDs and flags in windows; settles nothing.
import { Unavailable } from '../../base/trouble.ts';
import type { Uid } from '../../store/contract.ts';
import type { ImapFolderRow, ImapLetterRow } from '../../store/ledger-contract.ts';
import type { MailboxState } from '../../store/mailbox-state.ts';
import { formatFlags, readFlags } from './imap-flags.ts';
import { checkGoing, type FolderLook, type FolderPair, type SyncParts } from './imap-parts.ts';
import type { OpenedFolder, RemoteStatus } from './remote-shelf.ts';

/** Letters whose flags are asked for at once. */
const window = 2000;
/** All flags are compared no more often than this where the provider does not count changes. */
const compareEvery = 10 * 60_000;

/** Whether nothing has happened there since the row was written, as far as a STATUS can tell. */
export function isQuiet({ clock, memory }: SyncParts, row: ImapFolderRow, status: RemoteStatus): boolean {
  if (row.uidNext <= 1 && status.messages > 0) return false;
  if (status.uidValidity !== row.uidValidity || status.uidNext !== row.uidNext) return false;
  if (memory.counts.get(row.folder) !== status.messages) return false;
  if (status.modSeq > 0) return status.modSeq === row.modSeq;
  return clock.monotonic() - (memory.compared.get(row.folder) ?? -Infinity) < compareEvery;
}

/** Looks at both sides. Release the state afterwards. */
export async function lookAt(parts: SyncParts, pair: FolderPair): Promise<FolderLook> {
  const { account, store, ledger } = parts;
  const state = pair.local === null ? null : await store.openMailbox(account, pair.local.id);
  try {
    let row = pair.row;
    let opened: OpenedFolder | null = null;
    if (pair.remote !== null) {
      opened = await parts.shelf.open(row.path);
      if (opened.uidValidity !== row.uidValidity) row = await beginAnew(parts, row, opened);
    }
    const known = await ledger.pairs(account, row.folder);
    const here = state === null ? goneHere(known.localUids) : differHere(state, known.localUids, row.localModSeq);
    const localModSeq = state?.highestModSeq ?? 0;
    const localGone = await ledger.lettersOfLocal(account, row.folder, [...new Set(here.gone)]);
    const look: FolderLook = {
      pair,
      row,
      opened,
      state,
      localModSeq,
      remoteNew: [],
      looks: new Map(),
      identities: new Map(),
      remoteGone: [],
      remoteFlags: new Map(),
      localNew: here.fresh,
      localGone: [...localGone],
      localFlagged: here.flagged,
      leavesThere: known.localUids.includes(0),
    };
    if (opened === null) look.remoteGone = await allRows(parts, row);
    else await lookThere(parts, look, opened, known.uids);
    return look;
  } catch (trouble) {
    state?.release();
    throw trouble;
  }
}

/** Opens the folder again when another was open meanwhile. @throws Unavailable when it was numbered anew: the round begins again. */
export async function openThere({ shelf }: SyncParts, { row }: FolderLook): Promise<void> {
  if (shelf.openPath === row.path) return;
  const { uidValidity } = await shelf.open(row.path);
  if (uidValidity !== row.uidValidity) throw new Unavailable('outside', 'a folder was numbered anew while it was looked at');
}

/**
 * What is different here alone, without a word to the provider: null when nothing is, which is then written down.
 */
export async function isEqualHere(parts: SyncParts, { row, local }: FolderPair): Promise<boolean> {
  if (local === null) return false;
  const state = await parts.store.openMailbox(parts.account, local.id);
  try {
    const modSeq = state.highestModSeq;
    if (modSeq === row.localModSeq) return true;
    const { localUids } = await parts.ledger.pairs(parts.account, row.folder);
    const { fresh, gone, flagged } = differHere(state, localUids, row.localModSeq);
    if (fresh.length > 0 || gone.length > 0) return false;
    const rows = await parts.ledger.lettersOfLocal(parts.account, row.folder, flagged);
    if (rows.some(({ localUid, flags }) => flags !== flagsHere(state, localUid))) return false;
    await parts.ledger.putFolder(parts.account, { ...row, localModSeq: modSeq });
    return true;
  } finally {
    state.release();
  }
}

/** In the form of the ledger. */
export function flagsHere(state: MailboxState, uid: Uid): string {
  const at = state.indexOf(uid);
  return at < 0 ? '' : formatFlags(readFlags(state.flagsAt(at).text.slice(1, -1).split(' ')));
}

/**
 * Another UIDVALIDITY: no UID that was told means anything (RFC 9051 §2.3.1.1). All rows go; letters here and there are found to be the same by what
 * they are. A letter that is only here then counts as new here: that a folder was numbered anew does not say that anything was deleted.
 */
async function beginAnew({ ledger, account, log }: SyncParts, row: ImapFolderRow, opened: OpenedFolder): Promise<ImapFolderRow> {
  const fresh = { ...row, uidValidity: opened.uidValidity, uidNext: 1, modSeq: 0, localModSeq: 0, objectId: opened.objectId };
  const { uids } = await ledger.pairs(account, row.folder);
  if (row.uidValidity !== 0)
    log.warn('collection: the provider has numbered a folder anew', { account, path: row.path, letters: uids.length });
  await ledger.write(account, row.folder, { remove: Array.from(uids), row: fresh });
  return fresh;
}

async function allRows({ ledger, account }: SyncParts, row: ImapFolderRow): Promise<ImapLetterRow[]> {
  const rows: ImapLetterRow[] = [];
  for (let from = 1; ;) {
    const some = await ledger.letters(account, row.folder, from, window);
    rows.push(...some);
    if (some.length < window) return rows;
    from = some.at(-1)!.uid + 1;
  }
}

// --- here ---------------------------------------------------------------------------------------------------------------

interface Different {
  readonly fresh: Uid[];
  readonly gone: Uid[];
  readonly flagged: Uid[];
}

function goneHere(localUids: Uint32Array): Different {
  return { fresh: [], gone: Array.from(localUids).filter((uid) => uid > 0), flagged: [] };
}

function differHere(state: MailboxState, localUids: Uint32Array, since: number): Different {
  const { uids, count } = state;
  const known = localUids.toSorted();
  const fresh: Uid[] = [];
  const gone: Uid[] = [];
  let at = 0;
  // Rows of letters that stay there have 0.
  while (at < known.length && known[at] === 0) at++;
  if (since > 0 && state.highestModSeq === since && count === known.length - at) return { fresh, gone, flagged: [] };
  for (let place = 0; place < count; place++) {
    const uid = uids[place]!;
    while (at < known.length && known[at]! < uid) gone.push(known[at++]!);
    if (at < known.length && known[at] === uid) at++;
    else fresh.push(uid);
  }
  while (at < known.length) gone.push(known[at++]!);
  return { fresh, gone, flagged: Array.from(state.changedSince(since), (place) => uids[place]!) };
}

// --- there --------------------------------------------------------------------------------------------------------------

async function lookThere(parts: SyncParts, look: FolderLook, opened: OpenedFolder, known: Uint32Array): Promise<void> {
  const { shelf, ledger, account, memory, clock, log } = parts;
  const { row } = look;
  const counts = opened.modSeq > 0 && row.modSeq > 0;
  let fresh: Uint32Array | null = null;
  let gone: ArrayLike<Uid> | null = null;
  if (counts) {
    let vanished: readonly number[] | null = null;
    if (opened.modSeq > row.modSeq) {
      const changes = await shelf.changesSince(row.modSeq);
      vanished = changes.vanished;
      for (const [uid, flags] of changes.flags) look.remoteFlags.set(uid, flags);
    }
    gone = vanished === null ? [] : inRanges(known, vanished);
    fresh = unknownOf(await shelf.uidsFrom(row.uidNext), known);
    // What does not add up is looked at whole.
    if (known.length - gone.length + fresh.length !== shelf.exists) gone = null;
  }
  if (gone === null || fresh === null || opened.isView) {
    const all = await shelf.uidsFrom(1);
    fresh = unknownOf(all, known);
    gone = unknownOf(known, all);
    if (all.length !== shelf.exists) {
      // A letter is only gone for a server that says how many there are and lists as many.
      log.warn('collection: the provider counts other letters than it lists', {
        account,
        path: row.path,
        told: shelf.exists,
        listed: all.length,
      });
      gone = [];
    }
  }
  look.remoteNew = Array.from(fresh).toReversed();
  // What is told of new letters is asked again when they get their row.
  for (const uid of fresh) look.remoteFlags.delete(uid);
  look.remoteGone = [...(await ledger.lettersAt(account, row.folder, Array.from(gone)))];
  memory.counts.set(row.folder, opened.isView ? opened.messages : shelf.exists);
  if (!counts && clock.monotonic() - (memory.compared.get(row.folder) ?? -Infinity) >= compareEvery) {
    await compareAllFlags(parts, look, known);
    memory.compared.set(row.folder, clock.monotonic());
  }
}

/** In windows: of a hundred thousand letters only those are kept that differ. */
async function compareAllFlags(parts: SyncParts, look: FolderLook, known: Uint32Array): Promise<void> {
  const { shelf, ledger, account } = parts;
  for (let at = 0; at < known.length; at += window) {
    checkGoing(parts);
    const [from, to] = [known[at]!, known[Math.min(known.length, at + window) - 1]!];
    const there = await shelf.flagsOf(from, to);
    for (const { uid, flags } of await ledger.letters(account, look.row.folder, from, window)) {
      const told = there.get(uid);
      if (told !== undefined && formatFlags(readFlags(told)) !== flags) look.remoteFlags.set(uid, told);
    }
  }
}

/** Those of `some` that are not in `others`; both ascending. */
function unknownOf(some: Uint32Array, others: Uint32Array): Uint32Array {
  const result = new Uint32Array(some.length);
  let count = 0;
  let at = 0;
  for (const uid of some) {
    while (at < others.length && others[at]! < uid) at++;
    if (others[at] !== uid) result[count++] = uid;
  }
  return result.subarray(0, count);
}

/** Those of `some` (ascending) within the pairs low, high. */
function inRanges(some: Uint32Array, ranges: readonly number[]): Uid[] {
  const found = new Set<Uid>();
  for (let pair = 0; pair < ranges.length; pair += 2) {
    let [low, high] = [0, some.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (some[middle]! < ranges[pair]!) low = middle + 1;
      else high = middle;
    }
    for (; low < some.length && some[low]! <= ranges[pair + 1]!; low++) found.add(some[low]!);
  }
  return [...found].sort((a, b) => a - b);
}
