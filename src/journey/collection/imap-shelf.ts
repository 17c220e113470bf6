// A provider's mailbox by IMAP: the sync's questions in commands. Knows which extension answers a question best and what stands in for a
// missing one; knows no ledger and no store.
import { noBytes, type Bytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { Refusal } from '../../base/trouble.ts';
import { readHeader, firstField } from '../../message/header/fields.ts';
import { parseMessageId } from '../../message/header/message-id.ts';
import type { ImapClient, ListedMailbox } from '../../protocol/imap/client.ts';
import type { FetchedItems } from '../../protocol/imap/client-response.ts';
import { ServerBabble } from '../../protocol/imap/client-reader.ts';
import { roleOfUse } from '../../protocol/imap/special-use.ts';
import type { MailboxRole, Spool, Uid } from '../../store/contract.ts';
import { gmailCapability, openGmailShelf } from './imap-gmail.ts';
import type { Look, OpenedFolder, RemoteFolder, RemoteLetter, RemoteShelf, RemoteStatus, RemoteTree } from './remote-shelf.ts';

export interface ImapShelfParts {
  readonly client: ImapClient;
  readonly clock: Clock;
  readonly peer: RemoteShelf['peer'];
}

/** Without IDLE (RFC 2177) we ask. */
const askMs = 60_000;
const lookItems = 'UID FLAGS INTERNALDATE RFC822.SIZE';
const viewUses = ['\\all', '\\flagged', '\\important'];
const noSelect = ['\\noselect', '\\nonexistent'];

export function openImapShelf(parts: ImapShelfParts): RemoteShelf {
  const shelf = new ImapShelf(parts);
  return parts.client.has(gmailCapability) ? openGmailShelf(shelf, parts.client) : shelf;
}

class ImapShelf implements RemoteShelf {
  readonly peer: RemoteShelf['peer'];
  readonly #client: ImapClient;
  readonly #clock: Clock;
  readonly binsDeleted = false;
  #prefix: string | null = null;
  viewPath: string | null = null;

  constructor({ client, clock, peer }: ImapShelfParts) {
    this.#client = client;
    this.#clock = clock;
    this.peer = peer;
  }

  get openPath(): string | null {
    return this.#client.selected;
  }

  get exists(): number {
    return this.#client.exists;
  }

  hidden(): null {
    return null;
  }

  takeHeard(): boolean {
    const { heard } = this.#client;
    this.#client.heard = false;
    return heard;
  }

  // --- folders ------------------------------------------------------------------------------------------------------

  async folders(): Promise<RemoteTree> {
    const client = this.#client;
    this.#prefix ??= await client.personalPrefix();
    const listed = (await client.list()).filter(isOpen);
    // Views show letters that lie in other folders: fetched, they would be here twice. A provider that has nothing else beside INBOX is
    // taken by its word. Gmail's All Mail is no mere view: imap-gmail.ts.
    const view = client.has(gmailCapability) ? listed.find(({ attributes }) => attributes.has('\\all')) : undefined;
    this.viewPath = view?.name ?? null;
    const own = listed.filter((one) => one === view || !viewUses.some((use) => one.attributes.has(use)));
    const delimiter = listed.find((one) => one.delimiter !== '')?.delimiter ?? '';
    const folders = (own.length > 0 ? own : listed).map((one): RemoteFolder => ({
      path: one.name,
      delimiter: one.delimiter,
      role: one === view ? 'archive' : roleOf(one),
      status: one.status,
    }));
    return { folders, prefix: this.#prefix, delimiter };
  }

  statuses(paths: readonly string[]): Promise<ReadonlyMap<string, RemoteStatus>> {
    return this.#client.statuses(paths);
  }

  async create(path: string): Promise<void> {
    await this.#client.create(path);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#client.rename(from, to);
  }

  remove(path: string): Promise<void> {
    return this.#client.delete(path);
  }

  async open(path: string): Promise<OpenedFolder> {
    const box = await this.#client.select(path);
    if (box.uidValidity === 0) throw new ServerBabble(`the server gives ${path} no UIDVALIDITY`);
    const kept = box.permanentFlags;
    return {
      ...box,
      // A server without sticky UIDs tells nothing that could be remembered.
      readOnly: box.readOnly || !box.uidsStick,
      isView: false,
      keptFlags: kept === null ? null : new Set(kept.map((flag) => flag.toLowerCase())),
    };
  }

  // --- letters ------------------------------------------------------------------------------------------------------

  uidsFrom(from: Uid): Promise<Uint32Array> {
    return this.#client.uidsFrom(from);
  }

  async looks(uids: ArrayLike<Uid>): Promise<Map<Uid, Look>> {
    const wanted = new Set(Array.from(uids));
    const looks = new Map<Uid, Look>();
    const wantedItems = this.#client.has(gmailCapability) ? `${lookItems} X-GM-MSGID` : lookItems;
    await this.#client.fetch(uids, wantedItems, (uid, items) => {
      // An unasked FETCH of a changed flag has no size.
      if (wanted.has(uid) && items.size !== undefined)
        looks.set(uid, {
          uid,
          flags: items.flags ?? [],
          size: items.size,
          receivedAt: items.internalDate ?? null,
          emailId: items.emailId ?? '',
        });
    });
    return looks;
  }

  async flagsOf(from: Uid, to: Uid): Promise<Map<Uid, readonly string[]>> {
    const flags = new Map<Uid, readonly string[]>();
    await this.#client.fetchRange(from, to, 'FLAGS', (uid, items) => {
      if (items.flags && uid >= from && uid <= to) flags.set(uid, items.flags);
    });
    return flags;
  }

  async changesSince(
    modSeq: number,
  ): Promise<{ readonly flags: Map<Uid, readonly string[]>; readonly vanished: readonly number[] | null }> {
    const flags = new Map<Uid, readonly string[]>();
    const { vanished } = await this.#client.changes(modSeq, (uid, items) => {
      if (items.flags) flags.set(uid, items.flags);
    });
    return { flags, vanished };
  }

  async messageIds(uids: ArrayLike<Uid>): Promise<Map<Uid, string>> {
    const ids = new Map<Uid, string>();
    await this.#client.fetch(uids, 'UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]', (uid, { header }) => {
      if (header === undefined) return;
      const octets = header ?? noBytes();
      ids.set(uid, parseMessageId(firstField(readHeader(octets, 0, octets.length), 'message-id') ?? ''));
    });
    return ids;
  }

  async letters(uids: ArrayLike<Uid>, spool: () => Spool, took: (letter: RemoteLetter) => void | Promise<void>): Promise<void> {
    const wanted = new Set(Array.from(uids));
    let large: LargeLetter | null = null;
    await this.#client.fetchLetters(
      uids,
      'UID',
      () => (large = new LargeLetter(spool())),
      async (uid, items) => {
        const streamed = large;
        large = null;
        // Unasked, or told twice.
        if (items.octets === undefined || !wanted.delete(uid)) return streamed?.spool.discard();
        await took(await asLetter(uid, items, streamed, spool));
      },
    );
    for (const uid of wanted) await took({ uid, spool: null, octets: null, tooLarge: false });
  }

  changeFlags(uids: ArrayLike<Uid>, how: 'add' | 'remove', flags: readonly string[]): Promise<ReadonlyMap<Uid, readonly string[]>> {
    return this.#client.storeFlags(uids, how === 'add' ? '+' : '-', flags);
  }

  async transfer(uids: ArrayLike<Uid>, to: string, move: boolean): Promise<ReadonlyMap<Uid, Uid> | null> {
    const client = this.#client;
    const moves = move && (client.has('MOVE') || client.has('IMAP4REV2'));
    const told = await client.copy(uids, to, moves);
    if (move && !moves) await client.expunge(uids);
    return told;
  }

  expunge(uids: ArrayLike<Uid>): Promise<void> {
    return this.#client.expunge(uids);
  }

  append(
    path: string,
    letter: { readonly flags: readonly string[]; readonly receivedAt: number; readonly length: number },
    pieces: AsyncIterable<Bytes>,
  ): Promise<Uid | null> {
    return this.#client.append(path, letter, pieces);
  }

  // --- waiting ------------------------------------------------------------------------------------------------------

  async wait(signal: AbortSignal, most: number): Promise<void> {
    const client = this.#client;
    if (client.has('IDLE')) return client.idle(signal, most);
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(Math.min(askMs, most), resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (!signal.aborted) await promise;
    cancel();
    if (!signal.aborted) await client.noop();
  }

  end(): Promise<void> {
    return this.#client.end();
  }

  close(): void {
    this.#client.close();
  }
}

/** A letter that came through the sink: in its spool while that has room, then thrown away octet by octet. */
class LargeLetter {
  readonly spool: Spool;
  tooLarge = false;

  constructor(spool: Spool) {
    this.spool = spool;
  }

  async add(bytes: Bytes): Promise<void> {
    if (this.tooLarge) return;
    try {
      await this.spool.add(bytes);
    } catch (trouble) {
      if (!(trouble instanceof Refusal)) throw trouble;
      this.tooLarge = true;
      this.spool.discard();
    }
  }
}

async function asLetter(uid: Uid, items: FetchedItems, streamed: LargeLetter | null, spool: () => Spool): Promise<RemoteLetter> {
  if (items.octets === 'streamed' && streamed !== null)
    return { uid, spool: streamed.tooLarge ? null : streamed.spool, octets: null, tooLarge: streamed.tooLarge };
  if (!(items.octets instanceof Uint8Array) || items.octets.length === 0) return { uid, spool: null, octets: null, tooLarge: false };
  const small = new LargeLetter(spool());
  await small.add(items.octets);
  return small.tooLarge
    ? { uid, spool: null, octets: null, tooLarge: true }
    : { uid, spool: small.spool, octets: items.octets, tooLarge: false };
}

/** A name with a line break in it cannot be said, and a folder that holds no letters is none for us. */
function isOpen({ name, attributes }: ListedMailbox): boolean {
  return name !== '' && !/[\r\n\0]/.test(name) && !noSelect.some((attribute) => attributes.has(attribute));
}

function roleOf({ name, attributes }: ListedMailbox): MailboxRole | null {
  if (name.toUpperCase() === 'INBOX') return 'inbox';
  for (const attribute of attributes) {
    const role = roleOfUse(attribute);
    if (role !== null) return role;
  }
  return null;
}
