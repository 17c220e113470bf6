// Gmail's All Mail as the archive: of all letters of an account those that lie in no other folder. Knows what Gmail does with labels; asks all
// else of the shelf that speaks plain IMAP (imap-shelf.ts).
//
// Gmail holds each letter once. A folder is a label; All Mail (\All) holds every letter but those in the bin and in junk. A letter that is
// only archived has no label, so that All Mail is the only folder in which it lies. The rules, for servers that offer X-GM-EXT-1:
// - All Mail is collected as the archive: it shows the letters that lie in no other folder that is collected. Which letter is which tells
//   X-GM-MSGID, the same in every folder for the life of a letter. \Flagged and \Important are left out: they are never the only place.
// - A letter with two labels is fetched once and lies here in two mailboxes. A label added there is a copy here; the last one taken off is
//   a move to the archive here; a label given to an archived letter is a move out of the archive.
// - A move to the archive here takes the label off there (MOVE to All Mail). Where another label is left the letter goes out of the archive
//   here again: it lies in a folder. A move out of the archive here gives the label (COPY: All Mail keeps every letter anyhow).
// - A letter deleted here that lies in another folder too loses the label only; its last place deleted is MOVE to the bin (imap-moves.ts).
// - A letter leaves the archive here only when it is known where it lies instead, or when it is gone from All Mail.
// What lies where is read once a connection (about 60 octets a letter and folder), and held in 12 octets a letter and folder.
import type { ImapClient } from '../../protocol/imap/client.ts';
import { ImapAnswer } from '../../protocol/imap/client.ts';
import type { Bytes } from '../../base/bytes.ts';
import type { Spool, Uid } from '../../store/contract.ts';
import {
  foldersMax,
  type Look,
  type OpenedFolder,
  type RemoteLetter,
  type RemoteShelf,
  type RemoteStatus,
  type RemoteTree,
} from './remote-shelf.ts';

export const gmailCapability = 'X-GM-EXT-1';

/** What lies in one folder; 0 where no name was told. */
interface Content {
  readonly uidValidity: number;
  readonly uidNext: number;
  readonly messages: number;
  /** Ascending. */
  readonly uids: Uint32Array;
  readonly ids: BigUint64Array;
}

export function openGmailShelf(plain: RemoteShelf, client: ImapClient): RemoteShelf {
  return new GmailShelf(plain, client);
}

class GmailShelf implements RemoteShelf {
  readonly peer: RemoteShelf['peer'];
  readonly binsDeleted = true;
  readonly #plain: RemoteShelf;
  readonly #client: ImapClient;
  readonly #contents = new Map<string, Content>();
  /** Folders other than the view. */
  #others: readonly string[] = [];
  /** Bin and junk: what goes there leaves All Mail. */
  #ends: ReadonlySet<string> = new Set();
  /** UIDs that the view shows, ascending. */
  #shown: Uint32Array = new Uint32Array(0);

  constructor(plain: RemoteShelf, client: ImapClient) {
    this.#plain = plain;
    this.#client = client;
    this.peer = plain.peer;
  }

  get viewPath(): string | null {
    return this.#plain.viewPath;
  }

  get openPath(): string | null {
    return this.#plain.openPath;
  }

  get #isViewOpen(): boolean {
    return this.viewPath !== null && this.openPath === this.viewPath;
  }

  get exists(): number {
    return this.#isViewOpen ? this.#shown.length : this.#plain.exists;
  }

  takeHeard(): boolean {
    return this.#plain.takeHeard();
  }

  hidden(uid: Uid): string | null {
    const all = this.viewPath === null ? undefined : this.#contents.get(this.viewPath);
    const at = all === undefined ? -1 : placeIn(all.uids, uid);
    return at < 0 || placeIn(this.#shown, uid) >= 0 ? null : String(all!.ids[at]);
  }

  // --- folders ------------------------------------------------------------------------------------------------------

  async folders(): Promise<RemoteTree> {
    const tree = await this.#plain.folders();
    const collected = tree.folders.slice(0, foldersMax);
    this.#others = collected.filter(({ path }) => path !== this.viewPath).map(({ path }) => path);
    this.#ends = new Set(collected.filter(({ role }) => role === 'trash' || role === 'junk').map(({ path }) => path));
    for (const path of this.#contents.keys()) if (!collected.some((one) => one.path === path)) this.#contents.delete(path);
    return tree;
  }

  statuses(paths: readonly string[]): Promise<ReadonlyMap<string, RemoteStatus>> {
    return this.#plain.statuses(paths);
  }

  create(path: string): Promise<void> {
    return this.#plain.create(path);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#plain.rename(from, to);
  }

  remove(path: string): Promise<void> {
    return this.#plain.remove(path);
  }

  async open(path: string): Promise<OpenedFolder> {
    if (path !== this.viewPath) return this.#plain.open(path);
    await this.#learnOthers();
    const opened = await this.#plain.open(path);
    await this.#learn(path, { ...opened, messages: this.#plain.exists });
    this.#shown = this.#onlyIn(path);
    return { ...opened, isView: true };
  }

  /** One that cannot be opened is not collected now, and its letters lie in no folder that is. */
  async #learnOthers(): Promise<void> {
    for (const [path, status] of await this.#plain.statuses(this.#others)) {
      if (isSame(this.#contents.get(path), status)) continue;
      try {
        const opened = await this.#plain.open(path);
        await this.#learn(path, { ...opened, messages: this.#plain.exists });
      } catch (trouble) {
        if (!(trouble instanceof ImapAnswer) || trouble.condition === 'BYE') throw trouble;
        this.#contents.delete(path);
      }
    }
  }

  /** Of the open folder. What a UID names never changes (RFC 9051 §2.3.1.1): only new ones are asked for. */
  async #learn(path: string, status: Pick<RemoteStatus, 'uidValidity' | 'uidNext' | 'messages'>): Promise<void> {
    const before = this.#contents.get(path);
    if (isSame(before, status)) return;
    const uids = status.messages === 0 ? new Uint32Array(0) : await this.#client.uidsFrom(1);
    const ids = new BigUint64Array(uids.length);
    const unknown: Uid[] = [];
    for (const [at, uid] of uids.entries()) {
      const known = before?.uidValidity === status.uidValidity ? placeIn(before.uids, uid) : -1;
      if (known >= 0) ids[at] = before!.ids[known]!;
      else unknown.push(uid);
    }
    if (unknown.length > 0)
      await this.#client.fetch(unknown, 'UID X-GM-MSGID', (uid, { emailId = '' }) => {
        const at = placeIn(uids, uid);
        if (at >= 0 && /^\d{1,19}$/.test(emailId)) ids[at] = BigInt(emailId);
      });
    this.#contents.set(path, { uidValidity: status.uidValidity, uidNext: status.uidNext, messages: uids.length, uids, ids });
  }

  /** UIDs of letters that no other folder holds. One whose name was not told waits until it is. */
  #onlyIn(path: string): Uint32Array {
    const { uids, ids } = this.#contents.get(path)!;
    const others = this.#others.flatMap((other) => this.#contents.get(other)?.ids ?? []);
    const elsewhere = new BigUint64Array(others.reduce((sum, some) => sum + some.length, 0));
    let to = 0;
    for (const some of others) {
      elsewhere.set(some, to);
      to += some.length;
    }
    elsewhere.sort();
    return uids.filter((_uid, at) => ids[at] !== 0n && placeIn(elsewhere, ids[at]!) < 0);
  }

  // --- letters ------------------------------------------------------------------------------------------------------

  async uidsFrom(from: Uid): Promise<Uint32Array> {
    return this.#isViewOpen ? this.#shown.filter((uid) => uid >= from) : this.#plain.uidsFrom(from);
  }

  looks(uids: ArrayLike<Uid>): Promise<Map<Uid, Look>> {
    return this.#plain.looks(uids);
  }

  flagsOf(from: Uid, to: Uid): Promise<Map<Uid, readonly string[]>> {
    return this.#plain.flagsOf(from, to);
  }

  changesSince(modSeq: number): ReturnType<RemoteShelf['changesSince']> {
    return this.#plain.changesSince(modSeq);
  }

  messageIds(uids: ArrayLike<Uid>): Promise<Map<Uid, string>> {
    return this.#plain.messageIds(uids);
  }

  letters(uids: ArrayLike<Uid>, spool: () => Spool, took: (letter: RemoteLetter) => void | Promise<void>): Promise<void> {
    return this.#plain.letters(uids, spool, took);
  }

  changeFlags(uids: ArrayLike<Uid>, how: 'add' | 'remove', flags: readonly string[]): Promise<ReadonlyMap<Uid, readonly string[]>> {
    return this.#plain.changeFlags(uids, how, flags);
  }

  /** Out of All Mail nothing is moved but to the bin and to junk: it gets the label. */
  async transfer(uids: ArrayLike<Uid>, to: string, move: boolean): Promise<ReadonlyMap<Uid, Uid> | null> {
    const from = this.openPath;
    const told = await this.#plain.transfer(uids, to, move && (!this.#isViewOpen || this.#ends.has(to)));
    return told === null && to === this.viewPath && from !== null ? this.#placesInView(from, uids) : told;
  }

  /** All Mail had them before: where they lie in it is known without a word. Null unless it is of all. */
  #placesInView(from: string, uids: ArrayLike<Uid>): ReadonlyMap<Uid, Uid> | null {
    const [source, all] = [this.#contents.get(from), this.#contents.get(this.viewPath!)];
    if (source === undefined || all === undefined) return null;
    const places = new Map<Uid, Uid>();
    for (const uid of Array.from(uids)) {
      const at = placeIn(source.uids, uid);
      const place = at < 0 || source.ids[at] === 0n ? -1 : all.ids.indexOf(source.ids[at]!);
      if (place < 0) return null;
      places.set(uid, all.uids[place]!);
    }
    return places;
  }

  expunge(uids: ArrayLike<Uid>): Promise<void> {
    return this.#plain.expunge(uids);
  }

  append(
    path: string,
    letter: { readonly flags: readonly string[]; readonly receivedAt: number; readonly length: number },
    pieces: AsyncIterable<Bytes>,
  ): Promise<Uid | null> {
    return this.#plain.append(path, letter, pieces);
  }

  wait(signal: AbortSignal, most: number): Promise<void> {
    return this.#plain.wait(signal, most);
  }

  end(): Promise<void> {
    return this.#plain.end();
  }

  close(): void {
    this.#plain.close();
  }
}

function isSame(content: Content | undefined, status: Pick<RemoteStatus, 'uidValidity' | 'uidNext' | 'messages'>): boolean {
  return (
    content !== undefined &&
    content.uidValidity === status.uidValidity &&
    content.uidNext === status.uidNext &&
    content.messages === status.messages
  );
}

/** Where `wanted` stands in an ascending list, or -1. */
function placeIn<T extends number | bigint>(list: ArrayLike<T>, wanted: T): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return list[low] === wanted ? low : -1;
}
