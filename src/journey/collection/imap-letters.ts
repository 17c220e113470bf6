// Letters fetched and sent: newest first, in batches whose octets are bounded, each kept here before its row is written, each noted before it
// is sent. Knows batches; which letters are to be fetched or sent has been found out before.
import { noBytes, type Bytes } from '../../base/bytes.ts';
import { Refusal } from '../../base/trouble.ts';
import { ImapAnswer } from '../../protocol/imap/client.ts';
import type { AcceptLetter, LetterBytes, MessageId, Uid } from '../../store/contract.ts';
import type { ImapLetterRow } from '../../store/ledger-contract.ts';
import type { MailboxState } from '../../store/mailbox-state.ts';
import type { TraceEvent } from '../../store/trace-contract.ts';
import { copyKnown, moveHere, placeHere, renumber } from './imap-carry.ts';
import { formatFlags, readFlags } from './imap-flags.ts';
import { adopt, digestHere, lookAtNew, rowOf } from './imap-known.ts';
import { flagsHere, openThere } from './imap-look.ts';
import { digestOf, identityOf, letterIdOf } from './imap-match.ts';

import { checkGoing, messageAt, piecesOf, takeOut, type FolderLook, type SyncParts } from './imap-parts.ts';
import type { RemoteLetter } from './remote-shelf.ts';

/** Letters that are looked at together before they are fetched. */
const window = 500;
/** One batch: what is held in memory at most three times over (being read, being kept, on its way through the connection). */
const batchLetters = 250;
const batchOctets = 4 << 20;
/** A letter that is listed and not handed out is asked for so often on one connection. */
const attemptsMax = 3;
const pieceLength = 256 << 10;
/** Letters of one folder in one round: between rounds it is seen what else has happened. */
const portion = 5000;

// --- fetching -----------------------------------------------------------------------------------------------------------

/** Fetches letters that are new there and known nowhere here, at most `portion`: what is left stays in `remoteNew` for the next round. */
export async function fetchNew(parts: SyncParts, looks: readonly FolderLook[], look: FolderLook): Promise<void> {
  if (look.state === null || look.remoteNew.length === 0) return;
  const { memory } = parts;
  const told = (): void => {
    // Of all folders: a person waits for their letters, not for one folder's.
    const waiting = looks.reduce((sum, other) => sum + (other === look ? 0 : other.remoteNew.length), 0) + all.length + left.size - done;
    parts.progress({ account: parts.account, mailbox: look.row.name, done: memory.taken, of: memory.taken + Math.max(0, waiting) });
  };
  const recognise = await openRecognition(parts, looks, look);
  const all = look.remoteNew.slice(0, portion);
  const left = new Set(look.remoteNew.slice(portion));
  let done = 0;
  told();
  let keeping: Promise<void> = Promise.resolve();
  for (const some of piecesOf(all, window)) {
    await lookAtNew(parts, look, some);
    const copied = await copyKnown(parts, looks, look, some);
    done += copied.size;
    memory.taken += copied.size;
    const unknown = some.filter((uid) => !copied.has(uid));
    for (const uids of batchesOf(look, unknown, parts.letterLimit)) {
      checkGoing(parts);
      const letters = await fetchBatch(parts, look, uids);
      const { fresh, rows, missing } = await sortBatch(parts, looks, look, letters, recognise);
      for (const uid of missing) left.add(uid);
      await keeping;
      keeping = keepBatch(parts, look, fresh, rows);
      // Awaited above or below; a failure meanwhile is no unhandled one.
      keeping.catch(() => {});
      done += uids.length;
      memory.taken += uids.length;
      told();
    }
    await keeping;
    await passOverLarge(parts, look, unknown);
    // A hundred thousand looks are not kept.
    for (const uid of some) {
      look.looks.delete(uid);
      look.identities.delete(uid);
    }
  }
  look.remoteNew = look.remoteNew.filter((uid) => left.has(uid));
}

function* batchesOf(look: FolderLook, uids: readonly Uid[], limit: number): Generator<Uid[]> {
  let batch: Uid[] = [];
  let octets = 0;
  for (const uid of uids) {
    const size = look.looks.get(uid)?.size ?? 0;
    if (size > limit) continue;
    if (batch.length > 0 && (batch.length >= batchLetters || octets + size > batchOctets)) {
      yield batch;
      batch = [];
      octets = 0;
    }
    batch.push(uid);
    octets += size;
  }
  if (batch.length > 0) yield batch;
}

async function fetchBatch(parts: SyncParts, look: FolderLook, uids: readonly Uid[]): Promise<RemoteLetter[]> {
  const { shelf, store, letterLimit } = parts;
  await openThere(parts, look);
  store.checkRoom(uids.reduce((sum, uid) => sum + (look.looks.get(uid)?.size ?? 0), 0));
  const letters: RemoteLetter[] = [];
  try {
    await shelf.letters(
      uids.toSorted((a, b) => a - b),
      () => store.spool(letterLimit),
      (letter) => {
        letters.push(letter);
      },
    );
  } catch (trouble) {
    for (const { spool } of letters) spool?.discard();
    throw trouble;
  }
  // Newest first here too: what comes last lies on top.
  return letters;
}

/** Letters of this folder that are here after all, told by their octets. */
type Recognise = (
  letter: RemoteLetter,
) => Promise<{ readonly localUid: Uid } | { readonly row: ImapLetterRow; readonly from: FolderLook } | null>;

async function openRecognition(parts: SyncParts, looks: readonly FolderLook[], look: FolderLook): Promise<Recognise> {
  const { store, account, ledger } = parts;
  const state = look.state!;
  const bySize = new Map<number, Uid[]>();
  for (const uid of look.localNew) {
    const size = state.sizes[state.indexOf(uid)] ?? -1;
    const list = bySize.get(size);
    if (list) list.push(uid);
    else bySize.set(size, [uid]);
  }
  const gone = new Map<string, { readonly row: ImapLetterRow; readonly from: FolderLook }[]>();
  for (const from of looks)
    for (const row of from.remoteGone)
      if (row.digest !== '' && (from === look || placeHere(looks, from, row) !== null))
        gone.set(row.digest, [...(gone.get(row.digest) ?? []), { row, from }]);
  // Sent, and moved on there before it was heard under which UID it lies.
  const pending = looks.some(({ localNew }) => localNew.length > 0) ? await ledger.pending(account) : [];
  for (const { folder, message } of pending) {
    const from = looks.find(({ row }) => row.folder === folder);
    const localUid = from?.localNew.find((uid) => messageAt(from.state!, uid) === message);
    if (from === undefined || from === look || localUid === undefined) continue;
    const digest = await digestHere(parts, message, from.state!.sizes[from.state!.indexOf(localUid)] ?? 0);
    if (digest !== '') gone.set(digest, [...(gone.get(digest) ?? []), { row: rowOf(look, 0, localUid, message, digest), from }]);
  }
  return async ({ octets }) => {
    if (octets === null) return null;
    const alike = bySize.get(octets.length) ?? [];
    if (alike.length === 0 && gone.size === 0) return null;
    const digest = digestOf(octets);
    for (const [at, localUid] of alike.entries()) {
      const [bytes] = await store.readLetters(account, [messageAt(state, localUid)]);
      if (!bytes || digestOf(bytes) !== digest) continue;
      alike.splice(at, 1);
      return { localUid };
    }
    return gone.get(digest)?.shift() ?? null;
  };
}

/** Which of them are to be kept; rows for those that stay there. */
async function sortBatch(
  parts: SyncParts,
  looks: readonly FolderLook[],
  look: FolderLook,
  letters: readonly RemoteLetter[],
  recognise: Recognise,
): Promise<{ readonly fresh: RemoteLetter[]; readonly rows: ImapLetterRow[]; readonly missing: Uid[] }> {
  const { memory } = parts;
  const missing: Uid[] = [];
  const fresh: RemoteLetter[] = [];
  const rows: ImapLetterRow[] = [];
  for (const letter of letters) {
    const found = letter.spool === null ? null : await recognise(letter);
    if (found !== null) {
      letter.spool!.discard();
      if ('localUid' in found) await adopt(parts, look, [[letter.uid, found.localUid]]);
      else if (found.from === look) await renumber(parts, look, [[letter, { ...found.row, look }]]);
      else await moveHere(parts, looks, look, [[{ uid: letter.uid }, { ...found.row, look: found.from }]]);
    } else if (letter.spool !== null) fresh.push(letter);
    else if (letter.tooLarge) rows.push(staysThere(parts, look, letter.uid));
    else {
      // Listed, and not handed out: perhaps removed just now, perhaps damaged there.
      const key = `${look.row.folder} ${letter.uid}`;
      const attempts = (memory.missing.get(key) ?? 0) + 1;
      memory.missing.set(key, attempts);
      if (attempts >= attemptsMax) rows.push(staysThere(parts, look, letter.uid));
      else missing.push(letter.uid);
    }
  }
  return { fresh, rows, missing };
}

async function keepBatch(
  parts: SyncParts,
  look: FolderLook,
  fresh: readonly RemoteLetter[],
  rows: readonly ImapLetterRow[],
): Promise<void> {
  const put = fresh.length > 0 ? [...rows, ...(await keep(parts, look, fresh))] : rows;
  if (put.length > 0) await parts.ledger.write(parts.account, look.row.folder, { put });
  if (fresh.length > 0) parts.received(fresh.length);
  // What was there before the account came here was sorted long ago, or is to stay as it is: the first fetch is none of the rules' business.
  if (parts.sort !== undefined && fresh.length > 0 && look.row.name === 'INBOX' && look.row.uidNext > 1)
    await parts.sort(
      parts.account,
      put.flatMap(({ message }) => (message === 0 ? [] : [message])),
    );
}

/** A row for a letter that is not here. */
function staysThere({ account, log }: SyncParts, look: FolderLook, uid: Uid): ImapLetterRow {
  log.warn('collection: a letter stays with the provider', { account, path: look.row.path, uid, size: look.looks.get(uid)?.size ?? 0 });
  return rowOf(look, uid, 0, 0, '');
}

async function passOverLarge(parts: SyncParts, look: FolderLook, uids: readonly Uid[]): Promise<void> {
  const large = uids.filter((uid) => (look.looks.get(uid)?.size ?? 0) > parts.letterLimit);
  if (large.length > 0) await parts.ledger.write(parts.account, look.row.folder, { put: large.map((uid) => staysThere(parts, look, uid)) });
}

/** Letters into the mailbox, with their first event; rows for them. */
async function keep(parts: SyncParts, look: FolderLook, letters: readonly RemoteLetter[]): Promise<ImapLetterRow[]> {
  const { store, account, secret, clock, shelf } = parts;
  const state = look.state!;
  const at = clock.now();
  const accepted = letters.map(({ uid, spool }): AcceptLetter => {
    const seen = look.looks.get(uid);
    return {
      letter: letterIdOf(secret, account, look.row.folder, look.row.uidValidity, uid),
      prefix: noBytes(),
      spool: spool!,
      receivedAt: seen?.receivedAt ?? at,
      reversePath: '',
      placements: [{ account, mailbox: state.mailbox, flags: [...readFlags(seen?.flags ?? []).values()] }],
      queue: [],
    };
  });
  const { host, address, tls } = shelf.peer;
  const events = accepted.map(({ letter }, index): TraceEvent => ({
    letter,
    at,
    station: 'collection',
    result: 'done',
    recipient: null,
    account,
    facts: { protocol: 'imap', peer: host, peerAddress: address, tls, mailbox: look.row.name, uid: letters[index]!.uid },
  }));
  const { letters: kept } = await commitAll(parts, accepted, events);
  const placed = kept.map((one) => one.placed[0]?.uid ?? 0);
  const messages = placed.map((uid) => messageAt(state, uid));
  const { messageId } = await store.readFacts(account, messages, ['messageId']);
  return letters.map(({ uid, octets }, index): ImapLetterRow => {
    const seen = look.looks.get(uid);
    return {
      uid,
      localUid: placed[index]!,
      message: messages[index]!,
      flags: flagsOf(accepted[index]!.placements[0]!.flags, state, placed[index]!),
      size: seen?.size ?? 0,
      receivedAt: seen?.receivedAt ?? at,
      identity: identityOf(messageId[index] ?? ''),
      digest: octets === null ? '' : digestOf(octets),
      emailId: seen?.emailId ?? '',
    };
  });
}

/** What was kept of the flags that were given: a mailbox that is full of keywords leaves some off. */
function flagsOf(given: readonly string[], state: MailboxState, localUid: Uid): string {
  const text = formatFlags(readFlags(given));
  if (!given.some((flag) => !flag.startsWith('\\'))) return text;
  const kept = readFlags(flagsHere(state, localUid).split(' '));
  return formatFlags(new Map([...readFlags(given)].filter(([folded]) => folded.startsWith('\\') || kept.has(folded))));
}

async function commitAll({ store }: SyncParts, letters: readonly AcceptLetter[], events: readonly TraceEvent[]) {
  try {
    return await store.commit({ letters, events });
  } catch (trouble) {
    if (!(trouble instanceof Refusal) || trouble.code !== 'limit') throw trouble;
    // A letter is worth more than its keywords.
    const plain = letters.map((letter) => ({
      ...letter,
      placements: letter.placements.map((place) => ({ ...place, flags: place.flags.filter((flag) => flag.startsWith('\\')) })),
    }));
    return store.commit({ letters: plain, events });
  }
}

const noMessages: ReadonlySet<MessageId> = new Set();

// --- sending ------------------------------------------------------------------------------------------------------------

/** Sends the letters that are new here and known nowhere there: drafts, copies of sent letters, what an app has filed. */
export async function sendNew(parts: SyncParts, look: FolderLook): Promise<void> {
  const { store, ledger, shelf, account, log } = parts;
  const { state, row } = look;
  // What is not looked at yet may be the same letter.
  if (state === null || look.opened === null || look.opened.readOnly || look.remoteNew.length > 0) return;
  const home = look.localNew.length === 0 ? noMessages : await parts.home.messages(account);
  for (const localUid of look.localNew) {
    checkGoing(parts);
    const place = state.indexOf(localUid);
    // Gone again meanwhile: the next look knows.
    if (place < 0) continue;
    const message = state.messages[place]!;
    if (home.has(message)) continue;
    const receivedAt = state.receivedAt[place]!;
    const { keptFlags } = look.opened;
    const flags = [...readFlags(flagsHere(state, localUid).split(' '))].filter(
      ([folded]) => keptFlags === null || keptFlags.has(folded) || (keptFlags.has('\\*') && !folded.startsWith('\\')),
    );
    try {
      const letter = await store.openLetter(account, message);
      const before = (await ledger.pending(account)).find((one) => one.folder === row.folder && one.message === message);
      await ledger.putPending(account, [{ folder: row.folder, message, attempts: (before?.attempts ?? 0) + 1 }]);
      const uid = await shelf.append(
        row.path,
        { flags: flags.map(([, name]) => name), receivedAt, length: letter.length },
        octetsOf(letter),
      );
      parts.memory.counts.delete(row.folder);
      // Without UIDPLUS it is found by the next look.
      if (uid === null) {
        parts.memory.unsettled = true;
        continue;
      }
      const { messageId } = await store.readFacts(account, [message], ['messageId']);
      const identity = identityOf(messageId[0] ?? '');
      const put: ImapLetterRow = {
        uid,
        localUid,
        message,
        flags: formatFlags(new Map(flags)),
        size: letter.length,
        receivedAt,
        identity,
        digest: identity === '' ? await digestHere(parts, message, letter.length) : '',
        emailId: await emailIdOf(parts, look, uid),
      };
      await ledger.write(account, row.folder, { put: [put] });
      await ledger.putPending(account, [{ folder: row.folder, message, attempts: 0 }]);
    } catch (trouble) {
      if (trouble instanceof ImapAnswer && !parts.signal.aborted && trouble.condition !== 'BYE') {
        log.warn('collection: the provider does not take a letter', { account, path: row.path, words: trouble.message });
        await ledger.putPending(account, [{ folder: row.folder, message, attempts: 0 }]);
      } else if (trouble instanceof Refusal)
        log.warn('collection: a letter is gone or damaged here', { account, mailbox: row.name, uid: localUid });
      else throw trouble;
    }
  }
  takeOut(look, new Set(), new Set(look.localNew));
}

/** Of a letter that was just sent. */
async function emailIdOf(parts: SyncParts, look: FolderLook, uid: Uid): Promise<string> {
  if (parts.shelf.viewPath === null) return '';
  await openThere(parts, look);
  return (await parts.shelf.looks([uid])).get(uid)?.emailId ?? '';
}

async function* octetsOf(letter: LetterBytes): AsyncGenerator<Bytes> {
  for (let at = 0; at < letter.length; at += pieceLength) yield await letter.read(at, Math.min(letter.length, at + pieceLength));
}
