// The view, a folder that shows what lies in no other (imap-gmail.ts), in a round: when it must be looked at, what may leave it, and which letters
// lose one place of several. Knows looks and rows; moves nothing.
import type { Uid } from '../../store/contract.ts';
import type { ImapFolderRow, ImapLetterRow } from '../../store/ledger-contract.ts';
import { lookAtNew } from './imap-known.ts';
import { openThere } from './imap-look.ts';
import { checkGoing, movedOn, type FolderLook, type SyncParts } from './imap-parts.ts';

const window = 500;
/** More new letters are not compared: the view is looked at. */
const comparedMax = 200;

/**
 * Letters that the view (imap-gmail.ts) shows no more, though the provider has them: they stay here until it is known where else they lie, as a new
 * letter of another look or as one that is here already.
 */
export async function holdHidden(parts: SyncParts, looks: readonly FolderLook[], view: FolderLook): Promise<void> {
  const { shelf, ledger, account, memory } = parts;
  const hidden = new Map<Uid, string>();
  view.remoteGone = view.remoteGone.map((row) => {
    const emailId = shelf.hidden(row.uid);
    if (emailId === null) return row;
    hidden.set(row.uid, emailId);
    return { ...row, emailId };
  });
  if (hidden.size === 0) return;
  const found = new Set<string>();
  for (const look of looks) {
    if (look === view || look.remoteNew.length === 0 || look.state === null) continue;
    await lookAtNew(parts, look, look.remoteNew);
    for (const uid of look.remoteNew) found.add(look.looks.get(uid)?.emailId ?? '');
  }
  for (const { folder, emailId, localUid } of await ledger.lettersOfEmails(account, [...hidden.values()]))
    if (folder !== view.row.folder && localUid > 0 && localUid !== movedOn) found.add(emailId);
  const held = new Set([...hidden].filter(([, emailId]) => !found.has(emailId)).map(([uid]) => uid));
  if (held.size === 0) return;
  view.remoteGone = view.remoteGone.filter(({ uid }) => !held.has(uid));
  memory.counts.delete(view.row.folder);
}

/** Whether the view must be looked at too: something has left another folder, or what is in the archive here has come into one. */
export async function concernsView(parts: SyncParts, looks: readonly FolderLook[], view: ImapFolderRow): Promise<boolean> {
  for (const look of looks) {
    if (look.remoteGone.length > 0) return true;
    if (look.remoteNew.length === 0) continue;
    if (look.remoteNew.length > comparedMax) return true;
    await lookAtNew(parts, look, look.remoteNew);
    const emailIds = look.remoteNew.map((uid) => look.looks.get(uid)?.emailId ?? '');
    const rows = await parts.ledger.lettersOfEmails(parts.account, emailIds);
    if (rows.some(({ folder }) => folder === view.folder)) return true;
  }
  return false;
}

/** Letters that lie in another folder too: they lose their place in this one only. */
export async function liesElsewhere(
  { ledger, account, shelf }: SyncParts,
  look: FolderLook,
  rows: readonly ImapLetterRow[],
): Promise<Set<ImapLetterRow>> {
  if (shelf.viewPath === null || look.row.path === shelf.viewPath) return new Set();
  const view = (await ledger.folders(account)).find(({ path }) => path === shelf.viewPath)?.folder;
  const others = new Set(
    (
      await ledger.lettersOfEmails(
        account,
        rows.map(({ emailId }) => emailId),
      )
    )
      .filter(({ folder }) => folder !== look.row.folder && folder !== view)
      .map(({ emailId }) => emailId),
  );
  return new Set(rows.filter(({ emailId }) => others.has(emailId)));
}

/** Asks for the provider's names of letters whose rows are older than the asking for names, once a connection. */
export async function learnNames(parts: SyncParts, look: FolderLook): Promise<void> {
  const { shelf, ledger, account, memory } = parts;
  const { folder } = look.row;
  if (shelf.viewPath === null || look.opened === null || memory.named.has(folder)) return;
  for (let from = 1; ;) {
    checkGoing(parts);
    const rows = await ledger.lettersWithoutEmail(account, folder, from, window);
    if (rows.length === 0) break;
    await openThere(parts, look);
    const looks = await shelf.looks(rows.map(({ uid }) => uid));
    const put = rows.flatMap((row) => {
      const emailId = looks.get(row.uid)?.emailId ?? '';
      return emailId === '' ? [] : [{ ...row, emailId }];
    });
    if (put.length > 0) await ledger.write(account, folder, { put });
    from = rows.at(-1)!.uid + 1;
  }
  memory.named.add(folder);
}
