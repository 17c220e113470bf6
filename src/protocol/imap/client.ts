// The client's end of IMAP (RFC 9051, RFC 3501) as one thing: a dialogue and all that may be said in it. Knows which file says what, and how to
// wait; knows no socket, no store and no schedule.
//
//   client-dialogue.ts    one command at a time, and which answer belongs to it
//   client-sign-in.ts     greeting, STARTTLS, sign-in
//   client-mailboxes.ts   which there are, opening, making, renaming, removing
//   client-letters.ts     UIDs, items, octets, changes: reading
//   client-changes.ts     flags, copies, moves, removals, new letters: writing
import type { Bytes } from '../../base/bytes.ts';
import type { LineConnection, PeerTls, TlsDemand } from '../line/connection.ts';
import { appendLetter, copyLetters, expungeLetters, storeFlags } from './client-changes.ts';
import { ImapDialogue, passOver, type ImapClientParts } from './client-dialogue.ts';
import { changesSince, deletedUids, fetchItems, fetchLetters, fetchRange, uidsFrom, type TookItems } from './client-letters.ts';
import {
  createMailbox,
  deleteMailbox,
  listMailboxes,
  personalPrefix,
  renameMailbox,
  selectMailbox,
  statusesOf,
  type ListedMailbox,
  type MailboxStatus,
  type SelectedMailbox,
} from './client-mailboxes.ts';
import type { LiteralSink } from './client-reader.ts';
import type { FetchedItems } from './client-response.ts';
import { beginDialogue, type ImapLogin } from './client-sign-in.ts';

export { ImapAnswer, type ImapClientParts, type ImapPhase } from './client-dialogue.ts';
export { uidSets } from './client-letters.ts';
export type { ListedMailbox, MailboxStatus, SelectedMailbox } from './client-mailboxes.ts';
export type { ImapLogin } from './client-sign-in.ts';

export class ImapClient {
  readonly #dialogue: ImapDialogue;

  constructor(connection: LineConnection, parts: ImapClientParts) {
    this.#dialogue = new ImapDialogue(connection, parts);
  }

  has(capability: string): boolean {
    return this.#dialogue.has(capability);
  }

  get isOver(): boolean {
    return this.#dialogue.isOver;
  }

  get tls(): PeerTls | null {
    return this.#dialogue.connection.tls;
  }

  /** RFC 7162: CHANGEDSINCE and VANISHED are there. */
  get resyncs(): boolean {
    return this.#dialogue.resyncs;
  }

  /** The mailbox that is open. */
  get selected(): string | null {
    return this.#dialogue.selected;
  }

  /** Letters in it, as last told. */
  get exists(): number {
    return this.#dialogue.exists;
  }

  /** The server told of a change that nobody had asked for. */
  get heard(): boolean {
    return this.#dialogue.heard;
  }
  set heard(is: boolean) {
    this.#dialogue.heard = is;
  }

  /**
   * Greeting, STARTTLS where it is asked for, sign-in, and what the sync wants to be told.
   * @throws ImapAnswer; Unavailable; ServerBabble.
   */
  begin(login: ImapLogin, startTls: TlsDemand | null): Promise<void> {
    return beginDialogue(this.#dialogue, login, startTls);
  }

  /** All mailboxes, those without letters of their own included; at most 10,000. */
  list(): Promise<ListedMailbox[]> {
    return listMailboxes(this.#dialogue);
  }

  /** RFC 2342: the prefix of the first personal namespace, such as `INBOX.`. */
  personalPrefix(): Promise<string> {
    return personalPrefix(this.#dialogue);
  }

  /** By name; those that are gone meanwhile are left out. */
  statuses(names: readonly string[]): Promise<Map<string, MailboxStatus>> {
    return statusesOf(this.#dialogue, names);
  }

  /** @throws ImapAnswer when there is none of that name. */
  select(name: string): Promise<SelectedMailbox> {
    return selectMailbox(this.#dialogue, name);
  }

  create(name: string): Promise<unknown> {
    return createMailbox(this.#dialogue, name);
  }

  rename(from: string, to: string): Promise<void> {
    return renameMailbox(this.#dialogue, from, to);
  }

  delete(name: string): Promise<void> {
    return deleteMailbox(this.#dialogue, name);
  }

  /** UIDs from `from` on, ascending. @throws ServerBabble when they are more than there can be. */
  uidsFrom(from: number): Promise<Uint32Array> {
    return uidsFrom(this.#dialogue, from);
  }

  /** UIDs of letters with \Deleted. */
  deletedUids(): Promise<Uint32Array> {
    return deletedUids(this.#dialogue);
  }

  /** Items of letters, in the order in which the server tells them. */
  fetch(uids: ArrayLike<number>, items: string, took: TookItems): Promise<void> {
    return fetchItems(this.#dialogue, uids, items, took);
  }

  /** Items of all letters from one UID to another. */
  fetchRange(from: number, to: number | '*', items: string, took: (uid: number, items: FetchedItems) => void): Promise<void> {
    return fetchRange(this.#dialogue, from, to, items, took);
  }

  /** RFC 7162 §3.1.4, §3.2.6: flags changed since; `vanished` (pairs) is null without QRESYNC. */
  changes(modSeq: number, took: (uid: number, items: FetchedItems) => void): Promise<{ readonly vanished: readonly number[] | null }> {
    return changesSince(this.#dialogue, modSeq, took);
  }

  /**
   * Whole letters, without \Seen being set. A large one goes to a sink that `sinkFor` gives; `took` is awaited before more is read.
   */
  fetchLetters(uids: ArrayLike<number>, items: string, sinkFor: (length: number) => LiteralSink | null, took: TookItems): Promise<void> {
    return fetchLetters(this.#dialogue, uids, items, sinkFor, took);
  }

  /** What the letters have afterwards, as far as the server tells. */
  storeFlags(uids: ArrayLike<number>, how: '+' | '-', flags: readonly string[]): Promise<Map<number, readonly string[]>> {
    return storeFlags(this.#dialogue, uids, how, flags);
  }

  /** New UIDs by old ones (RFC 4315 COPYUID); null when the server does not tell. */
  copy(uids: ArrayLike<number>, name: string, move: boolean): Promise<ReadonlyMap<number, number> | null> {
    return copyLetters(this.#dialogue, uids, name, move);
  }

  /** Removes exactly these. Where UIDPLUS is missing the \Deleted of others is taken off meanwhile (RFC 4315 §2.1 tells why). */
  expunge(uids: ArrayLike<number>): Promise<void> {
    return expungeLetters(this.#dialogue, uids);
  }

  /** The new letter's UID (APPENDUID), or null. `pieces` gives the octets in order. */
  append(
    name: string,
    letter: { readonly flags: readonly string[]; readonly receivedAt: number; readonly length: number },
    pieces: AsyncIterable<Bytes>,
  ): Promise<number | null> {
    return appendLetter(this.#dialogue, name, letter, pieces);
  }

  // --- waiting ------------------------------------------------------------------------------------------------------

  /** RFC 2177: until the server tells of a change, the signal, or `most` milliseconds. Needs IDLE and an open mailbox. */
  async idle(signal: AbortSignal, most: number): Promise<void> {
    let isTold = false;
    let begun = false;
    const end = () => {
      if (isTold || !begun) return;
      isTold = true;
      this.#dialogue.connection.write('DONE\r\n');
    };
    const cancel = this.#dialogue.parts.clock.after(most, end);
    signal.addEventListener('abort', end);
    try {
      await this.#dialogue.ask('IDLE', {
        patience: most + this.#dialogue.patience.command,
        continued: async () => {
          begun = true;
          if (signal.aborted || this.#dialogue.heard) end();
        },
        untagged: () => {
          if (this.#dialogue.heard) end();
        },
      });
    } finally {
      cancel();
      signal.removeEventListener('abort', end);
    }
  }

  async noop(): Promise<void> {
    await this.#dialogue.ask('NOOP');
  }

  /** Says goodbye, and does not wait for long. */
  async end(): Promise<void> {
    if (!this.#dialogue.isOver) await this.#dialogue.ask('LOGOUT', { patience: 2000 }).catch(passOver);
    this.close();
  }

  close(): void {
    this.#dialogue.close();
  }
}
