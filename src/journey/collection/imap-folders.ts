// Folders there and mailboxes here, made pairs: made, renamed and found again on either side. Knows rows, names and roles; the letters of
// folders that are gone on one side are the round's matter.
//
// Rules: a folder renamed there wins over one renamed here. A folder is known again under another name by its MAILBOXID, or by its UIDVALIDITY
// together with letters that lie under the same UIDs; else it is a new one, and its letters are known again one by one.
// Mailboxes with a role that are empty here are not made there before they hold a letter.
import type { MailboxInfo, MailboxRole } from '../../store/contract.ts';
import type { ImapFolderRow } from '../../store/ledger-contract.ts';
import { ServerBabble } from '../../protocol/imap/client-reader.ts';
import { ImapAnswer } from '../../protocol/imap/client.ts';
import { assignRoles, freeName, nameOfPath, pathOfName, type NameForm } from './imap-names.ts';
import { checkGoing, type FolderPair, type SyncParts } from './imap-parts.ts';
import { foldersMax, type RemoteFolder, type RemoteTree } from './remote-shelf.ts';

/** Renames in one round. */
const stepsMax = 500;
/** Letters that are compared to know a folder again. */
const sampleSize = 20;

interface Sight {
  readonly tree: RemoteTree;
  readonly form: NameForm;
  readonly roles: ReadonlyMap<string, MailboxRole>;
  readonly byPath: ReadonlyMap<string, RemoteFolder>;
  readonly rows: readonly ImapFolderRow[];
  readonly boxes: ReadonlyMap<number, MailboxInfo>;
}

/** All pairs. `again`: something stands in the way of a mailbox here until this round is over. */
export async function pairFolders(parts: SyncParts): Promise<{ readonly pairs: FolderPair[]; readonly again: boolean }> {
  for (let step = 0; step < stepsMax; step++) {
    checkGoing(parts);
    const sight = await look(parts);
    if (await takeOverRename(parts, sight)) continue;
    if (await renameThere(parts, sight)) continue;
    if (await addFolders(parts, sight)) continue;
    const again = await addMailboxes(parts, sight);
    if (again === 'changed') continue;
    const pairs: FolderPair[] = [];
    for (const row of sight.rows) {
      // All Mail cannot be deleted, only hidden from apps: that says nothing of the letters in it.
      if (parts.shelf.binsDeleted && row.role === 'archive' && !sight.byPath.has(row.path)) {
        parts.log.warn('collection: the provider does not show All Mail; the archive waits', { account: parts.account, path: row.path });
        continue;
      }
      const [remote, local] = [sight.byPath.get(row.path) ?? null, sight.boxes.get(row.mailbox) ?? null];
      if (remote === null && local === null) await parts.ledger.removeFolder(parts.account, row.folder);
      else pairs.push({ row, remote, local });
    }
    return { pairs: pairs.sort(inOrder), again: again === 'blocked' };
  }
  throw new ServerBabble('the folders do not come to rest');
}

/** INBOX first, then what people look at most. */
const order: readonly (MailboxRole | null)[] = ['inbox', 'drafts', 'sent', null, 'archive', 'important', 'flagged', 'all', 'junk', 'trash'];

function inOrder(a: FolderPair, b: FolderPair): number {
  return order.indexOf(a.row.role) - order.indexOf(b.row.role) || (a.row.path < b.row.path ? -1 : 1);
}

async function look({ shelf, store, ledger, account, log }: SyncParts): Promise<Sight> {
  const tree = await shelf.folders();
  const folders = tree.folders.slice(0, foldersMax);
  if (folders.length < tree.folders.length)
    log.warn('collection: more folders than are collected', { account, folders: tree.folders.length, most: foldersMax });
  // RFC 9051 §5.1: everybody has one. A list without it is no list, and no folder was deleted because it is not in there.
  if (!folders.some(({ path }) => path.toUpperCase() === 'INBOX')) throw new ServerBabble('the server lists no inbox');
  const form = { prefix: tree.prefix, delimiter: tree.delimiter };
  return {
    tree,
    form,
    roles: assignRoles(folders, form),
    byPath: new Map(folders.map((folder) => [folder.path, folder])),
    rows: await ledger.folders(account),
    boxes: new Map((await store.mailboxes(account)).map((box) => [box.id, box])),
  };
}

const freshOf = ({ byPath, rows }: Sight): RemoteFolder[] => {
  const known = new Set(rows.map(({ path }) => path));
  return [...byPath.values()].filter(({ path }) => !known.has(path));
};

// --- renamed there ------------------------------------------------------------------------------------------------------

async function takeOverRename(parts: SyncParts, sight: Sight): Promise<boolean> {
  const { ledger, store, account } = parts;
  const lost = sight.rows
    .filter((row) => !sight.byPath.has(row.path) && sight.boxes.has(row.mailbox))
    .sort((a, b) => a.path.length - b.path.length);
  if (lost.length === 0) return false;
  const fresh = freshOf(sight);
  const statuses = fresh.length === 0 ? new Map() : await parts.shelf.statuses(fresh.map(({ path }) => path));
  for (const row of lost) {
    for (const folder of fresh) {
      const status = statuses.get(folder.path) ?? folder.status;
      if (!status || status.uidValidity !== row.uidValidity || status.uidNext < row.uidNext) continue;
      const box = sight.boxes.get(row.mailbox)!;
      // The name that it was given here: our own rename, of which the answer was lost.
      const isOurs = box.name !== row.name && folder.path === pathOfName(box.name, sight.form);
      const isSame =
        row.objectId !== '' && status.objectId !== ''
          ? row.objectId === status.objectId
          : await holdsTheSame(parts, row, folder.path, isOurs);
      if (!isSame) continue;
      const wanted = nameOfPath(folder.path, sight.form);
      const name =
        box.name === wanted ? wanted : freeName(wanted, (taken) => [...sight.boxes.values()].some((other) => other.name === taken));
      if (name !== box.name && row.role !== 'inbox') await store.renameMailbox(account, box.id, name);
      await ledger.putFolder(account, { ...row, path: folder.path, name: row.role === 'inbox' ? row.name : name });
      return true;
    }
  }
  return false;
}

/**
 * Whether letters that we know lie there under the UIDs that we know. Of a folder without letters nothing can be mistaken. `isOurs`: it bears the name
 * that we wanted it to have, so that nothing may speak against it, but when all its letters are gone meanwhile nothing needs to speak for it.
 */
async function holdsTheSame({ shelf, ledger, account }: SyncParts, row: ImapFolderRow, path: string, isOurs: boolean): Promise<boolean> {
  const known = await ledger.letters(account, row.folder, 1, sampleSize);
  if (known.length === 0) return true;
  try {
    await shelf.open(path);
  } catch (trouble) {
    if (trouble instanceof ImapAnswer) return false;
    throw trouble;
  }
  const looks = await shelf.looks(known.map(({ uid }) => uid));
  const alike = known.filter(({ uid, size, receivedAt }) => {
    const look = looks.get(uid);
    return look !== undefined && look.size === size && (look.receivedAt === null || look.receivedAt === receivedAt);
  });
  // Some may have been removed since; one that is another letter tells that this is another folder.
  return (alike.length > 0 || isOurs) && alike.length === looks.size;
}

// --- renamed here -------------------------------------------------------------------------------------------------------

async function renameThere(parts: SyncParts, sight: Sight): Promise<boolean> {
  const { shelf, ledger, account, log } = parts;
  const renamed = sight.rows
    .filter((row) => sight.byPath.has(row.path) && sight.boxes.has(row.mailbox) && sight.boxes.get(row.mailbox)!.name !== row.name)
    .sort((a, b) => a.path.length - b.path.length);
  for (const row of renamed) {
    const { name } = sight.boxes.get(row.mailbox)!;
    const path = pathOfName(name, sight.form);
    if (path !== row.path && row.role !== 'inbox') {
      const free = freeName(path, (taken) => taken !== row.path && sight.byPath.has(taken));
      try {
        await shelf.rename(row.path, free);
      } catch (trouble) {
        if (!(trouble instanceof ImapAnswer)) throw trouble;
        // It keeps its name there; the pair stays a pair.
        log.warn('collection: the provider does not rename a folder', { account, path: row.path, words: trouble.message });
        await ledger.putFolder(account, { ...row, name });
        return true;
      }
      const below = row.path + sight.form.delimiter;
      for (const other of sight.rows)
        if (sight.form.delimiter !== '' && other.path.startsWith(below))
          await ledger.putFolder(account, { ...other, path: free + sight.form.delimiter + other.path.slice(below.length) });
      await ledger.putFolder(account, { ...row, path: free, name });
    } else await ledger.putFolder(account, { ...row, name });
    return true;
  }
  return false;
}

// --- new ones -----------------------------------------------------------------------------------------------------------

function newRow(folder: number, path: string, box: MailboxInfo, role: MailboxRole | null, objectId: string): ImapFolderRow {
  return { folder, path, mailbox: box.id, name: box.name, role, objectId, uidValidity: 0, uidNext: 1, modSeq: 0, localModSeq: 0 };
}

/** A mailbox here for each folder there that has none: the one of its role, of its name, or a new one. */
async function addFolders(parts: SyncParts, sight: Sight): Promise<boolean> {
  const { store, ledger, account } = parts;
  const fresh = freshOf(sight);
  if (fresh.length === 0) return false;
  const boxes = [...sight.boxes.values()];
  const paired = new Set(sight.rows.map(({ mailbox }) => mailbox));
  // Those with a role first: a plain folder must not take the mailbox that belongs to another.
  for (const one of fresh.toSorted((a, b) => Number(sight.roles.has(b.path)) - Number(sight.roles.has(a.path)))) {
    checkGoing(parts);
    const role = sight.roles.get(one.path) ?? null;
    const name = nameOfPath(one.path, sight.form);
    const free = boxes.filter(({ id }) => !paired.has(id));
    let box = free.find((other) => role !== null && other.role === role) ?? free.find((other) => other.name === name);
    if (box === undefined) {
      const unused = freeName(name, (taken) => boxes.some((other) => other.name === taken));
      box = await store.createMailbox(account, unused, boxes.some((other) => other.role === role) ? null : role);
      await store.setSubscribed(account, box.name, true);
      boxes.push(box);
    }
    paired.add(box.id);
    await ledger.putFolder(account, newRow(await ledger.newFolder(account), one.path, box, role, one.status?.objectId ?? ''));
  }
  return true;
}

/** A folder there for each mailbox here that has none. */
async function addMailboxes(parts: SyncParts, sight: Sight): Promise<'changed' | 'blocked' | 'none'> {
  const { shelf, ledger, account, memory, log } = parts;
  const paired = new Set(sight.rows.map(({ mailbox }) => mailbox));
  let result: 'blocked' | 'none' = 'none';
  for (const box of [...sight.boxes.values()].sort((a, b) => a.name.length - b.name.length)) {
    if (paired.has(box.id) || memory.unwanted.has(box.id) || (box.role !== null && box.messages === 0) || box.name === 'INBOX') continue;
    const path = pathOfName(box.name, sight.form);
    if (sight.byPath.has(path)) {
      // Its name is that of a folder which was deleted here and is not gone there yet.
      result = 'blocked';
      continue;
    }
    try {
      await shelf.create(path);
    } catch (trouble) {
      if (!(trouble instanceof ImapAnswer)) throw trouble;
      log.warn('collection: the provider does not make a folder', { account, path, words: trouble.message });
      memory.unwanted.add(box.id);
      continue;
    }
    await ledger.putFolder(account, newRow(await ledger.newFolder(account), path, box, box.role, ''));
    return 'changed';
  }
  return result;
}
