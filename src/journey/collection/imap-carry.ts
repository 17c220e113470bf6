// Letters moved and copied here to where they lie there. Knows where a letter lies here now; knows not how it was recognised.
import type { Uid } from '../../store/contract.ts';
import type { ImapLetterRow } from '../../store/ledger-contract.ts';
import { agree } from './imap-agree.ts';
import { checkGoing, groupBy, messageAt, movedOn, takeOut, type FolderLook, type SyncParts } from './imap-parts.ts';

/** A row whose letter is missed in its folder there. */
export interface Missed extends ImapLetterRow {
  readonly look: FolderLook;
}

/** Where the letter of a row lies here now: in its mailbox, or where it was moved meanwhile. */
export function placeHere(
  looks: readonly FolderLook[],
  from: FolderLook,
  row: ImapLetterRow,
): { readonly at: FolderLook; readonly localUid: Uid } | null {
  if (from.state !== null && from.state.indexOf(row.localUid) >= 0) return { at: from, localUid: row.localUid };
  if (row.message === 0) return null;
  for (const at of looks) {
    const localUid = at.state === null ? undefined : at.localNew.find((one) => messageAt(at.state!, one) === row.message);
    if (localUid !== undefined) return { at, localUid };
  }
  return null;
}

/** Moves letters here to where they lie there, each from another folder there. Also for letters that were recognised by their octets. */
export async function moveHere(
  parts: SyncParts,
  looks: readonly FolderLook[],
  target: FolderLook,
  pairs: readonly (readonly [{ readonly uid: Uid }, Missed])[],
): Promise<void> {
  const { store, ledger, account } = parts;
  const sources = pairs.map(([{ uid }, row]) => {
    const place = placeHere(looks, row.look, row);
    return place === null ? null : { uid, row, ...place };
  });
  const found = sources.filter((one) => one !== null);
  for (const [at, group] of groupBy(found, (one) => one.at)) {
    checkGoing(parts);
    const places = new Map<Uid, Uid>();
    if (at === target) for (const { localUid } of group) places.set(localUid, localUid);
    else {
      const uids = group.map(({ localUid }) => localUid).sort((a, b) => a - b);
      const { from, to } = await store.copy(account, at.state!.mailbox, uids, target.state!.mailbox, { move: true, quota: null });
      for (const [index, uid] of from.entries()) places.set(uid, to[index]!);
    }
    const letters = group.flatMap(({ uid, row, localUid }) => {
      const place = places.get(localUid);
      const seen = target.looks.get(uid);
      if (place === undefined) return [];
      const { look: _look, ...plain } = row;
      const moved = { ...plain, uid, localUid: place, message: messageAt(target.state!, place) };
      return [
        {
          row: {
            ...moved,
            size: seen?.size ?? row.size,
            receivedAt: seen?.receivedAt ?? row.receivedAt,
            emailId: seen?.emailId || row.emailId,
          },
          hasBase: true,
          there: seen?.flags ?? null,
        },
      ];
    });
    await ledger.write(account, target.row.folder, { put: await agree(parts, target, letters) });
    takeOut(target, new Set(letters.map(({ row }) => row.uid)), new Set(at === target ? group.map(({ localUid }) => localUid) : []));
    if (at !== target) takeOut(at, new Set(), new Set(group.map(({ localUid }) => localUid)));
    for (const [source, rows] of groupBy(group, ({ row }) => row.look))
      await forget(parts, source, new Set(rows.map(({ row }) => row.uid)));
  }
}

/**
 * Letters that left their folder there and came back into it: the same rows under the new UIDs. What was done with them here meanwhile stands, for there
 * nothing has changed.
 */
export async function renumber(
  parts: SyncParts,
  target: FolderLook,
  pairs: readonly (readonly [{ readonly uid: Uid }, Missed])[],
): Promise<void> {
  if (pairs.length === 0) return;
  const before = new Set(pairs.map(([, { uid }]) => uid));
  const rows = new Map<Uid, ImapLetterRow>();
  for (const [{ uid }, { look: _look, ...row }] of pairs) {
    const seen = target.looks.get(uid);
    rows.set(row.uid, { ...row, uid, emailId: seen?.emailId || row.emailId, receivedAt: seen?.receivedAt ?? row.receivedAt });
    if (seen !== undefined) target.remoteFlags.set(uid, seen.flags);
  }
  const letters = [...rows.values()].map((row) => ({ row, hasBase: true, there: target.looks.get(row.uid)?.flags ?? null }));
  // Those that are gone here agree on nothing.
  const put = new Map([...letters.map(({ row }) => row), ...(await agree(parts, target, letters))].map((row) => [row.uid, row]));
  await parts.ledger.write(parts.account, target.row.folder, { put: [...put.values()], remove: [...before] });
  target.remoteGone = target.remoteGone.filter(({ uid }) => !before.has(uid));
  target.localGone = target.localGone.map((row) => rows.get(row.uid) ?? row);
  takeOut(target, new Set(put.keys()), new Set());
}

/**
 * Letters new there that are here in another folder under the provider's own name: copied here, not fetched. Told are their UIDs there.
 * `uids` have been looked at.
 */
export async function copyKnown(
  parts: SyncParts,
  looks: readonly FolderLook[],
  target: FolderLook,
  uids: readonly Uid[],
): Promise<ReadonlySet<Uid>> {
  const { store, ledger, account } = parts;
  const done = new Set<Uid>();
  if (parts.shelf.viewPath === null || target.state === null) return done;
  const byEmail = new Map<string, Uid>();
  for (const uid of uids) byEmail.set(target.looks.get(uid)?.emailId ?? '', uid);
  byEmail.delete('');
  if (byEmail.size === 0) return done;
  const rows = (await ledger.lettersOfEmails(account, [...byEmail.keys()])).filter(
    ({ folder, localUid }) => folder !== target.row.folder && localUid > 0 && localUid !== movedOn,
  );
  const mailboxes = new Map((await ledger.folders(account)).map(({ folder, mailbox }) => [folder, mailbox]));
  for (const { row } of looks) mailboxes.set(row.folder, row.mailbox);
  for (const [folder, group] of groupBy(rows, (row) => row.folder)) {
    const left = group.filter(({ emailId }) => !done.has(byEmail.get(emailId)!));
    const mailbox = mailboxes.get(folder);
    if (left.length === 0 || mailbox === undefined || mailbox === target.state.mailbox) continue;
    checkGoing(parts);
    const localUids = left.map(({ localUid }) => localUid).sort((a, b) => a - b);
    const { from, to } = await store.copy(account, mailbox, localUids, target.state.mailbox, { move: false, quota: null });
    const places = new Map(from.map((localUid, at) => [localUid, to[at]!]));
    const letters = left.flatMap(({ folder: _folder, ...row }) => {
      const place = places.get(row.localUid);
      const uid = byEmail.get(row.emailId)!;
      if (place === undefined) return [];
      return [
        {
          row: { ...row, uid, localUid: place, message: messageAt(target.state!, place) },
          hasBase: true,
          there: target.looks.get(uid)?.flags ?? null,
        },
      ];
    });
    await ledger.write(account, target.row.folder, { put: await agree(parts, target, letters) });
    for (const { row } of letters) done.add(row.uid);
  }
  takeOut(target, done, new Set());
  return done;
}

/** Rows go, and with them what was to be done about them. */
export async function forget({ ledger, account }: SyncParts, look: FolderLook, uids: ReadonlySet<Uid>): Promise<void> {
  look.remoteGone = look.remoteGone.filter(({ uid }) => !uids.has(uid));
  look.localGone = look.localGone.filter(({ uid }) => !uids.has(uid));
  for (const uid of uids) look.remoteFlags.delete(uid);
  if (uids.size > 0) await ledger.write(account, look.row.folder, { remove: [...uids] });
}
