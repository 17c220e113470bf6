// Letters that are here already under no name that the maildrop has now: the provider has numbered its letters anew, or the account was
// kept by IMAP before. Knows rows that have lost their letter and letters of the store; each is recognised once. Fetches nothing.
import type { Bytes } from '../../base/bytes.ts';
import type { AccountId, MailStore, MessageId } from '../../store/contract.ts';
import type { Pop3FoundRow, Pop3Ledger } from '../../store/ledger-contract.ts';
import { headerDigest, LetterEye, longestHeader, storyOf, type SeenLetter } from './pop3-identity.ts';
import { rowsAtOnce } from './pop3-parts.ts';

/** What a letter of the maildrop turned out to be. */
export interface KnownLetter {
  /** The row that had it under another name. */
  readonly row: Pop3FoundRow | null;
  readonly message: MessageId;
  readonly header: string;
  readonly digest: string;
}

/** `Pop3LetterRow.trouble` of a letter that we removed at the provider, with its yes. */
export const removedByUs = 'removed';

const readAtOnce = 256 * 1024;

/** Stored letters of one size. */
interface Alike {
  readonly messages: readonly MessageId[];
  /** Made when the first letter of this size is asked for. */
  names: { readonly byHeader: Map<string, MessageId[]>; readonly byMessageId: Map<string, MessageId[]> } | null;
}

export class KnownLetters {
  readonly #store: MailStore;
  readonly #ledger: Pop3Ledger;
  readonly #account: AccountId;
  readonly #rowSizes = new Set<number>();
  /** By header digest. Held here, as rows may be written anew under the same key while others are still to be recognised. */
  readonly #rows = new Map<string, Pop3FoundRow[]>();
  readonly #stored = new Map<number, Alike>();
  /** Stored letters that were recognised in this visit. */
  readonly #taken = new Set<MessageId>();

  constructor(store: MailStore, ledger: Pop3Ledger, account: AccountId) {
    this.#store = store;
    this.#ledger = ledger;
    this.#account = account;
  }

  /** Rows whose letters are no more in the listing. */
  async addRows(ids: readonly number[]): Promise<void> {
    for (let at = 0; at < ids.length; at += rowsAtOnce)
      for (const row of await this.#ledger.at(this.#account, ids.slice(at, at + rowsAtOnce))) this.addRow(row);
  }

  addRow(row: Pop3FoundRow): void {
    // A letter that we removed ourselves cannot have got another name: an equal one is a second letter.
    if (row.keptAt === 0 || row.header === '' || row.trouble === removedByUs) return;
    this.#rowSizes.add(row.size);
    put(this.#rows, row.header, row);
  }

  /** Letters of all mailboxes here of which no row speaks. */
  async addStored(): Promise<void> {
    const seen = new Set(await this.#ledger.messages(this.#account));
    const sizes = new Map<number, MessageId[]>();
    for (const { id } of await this.#store.mailboxes(this.#account)) {
      const state = await this.#store.openMailbox(this.#account, id);
      for (let at = 0; at < state.count; at++) {
        const message = state.messages[at]!;
        if (seen.has(message)) continue;
        seen.add(message);
        put(sizes, state.sizes[at]!, message);
      }
      state.release();
    }
    for (const [size, messages] of sizes) this.#stored.set(size, { messages, names: null });
  }

  get empty(): boolean {
    return this.#rows.size === 0 && this.#stored.size === 0;
  }

  /** Whether a letter of so many octets may be one of these: worth a look at its header. */
  maybe(size: number): boolean {
    return this.#rowSizes.has(size) || this.#stored.has(size);
  }

  /** By size and header; a letter of the store also by size and Message-ID, as some providers do not give the same header by both protocols. */
  async byHeader(size: number, headerOctets: Bytes): Promise<KnownLetter | null> {
    const header = headerDigest(headerOctets);
    const row = this.#takeRow(header, (one) => one.size === size);
    if (row !== null) return { row, message: row.message, header, digest: row.digest };
    const names = await this.#namesOf(size);
    const { messageId } = storyOf(headerOctets, 0);
    const message =
      this.#takeMessage(names?.byHeader.get(header)) ?? (messageId === '' ? null : this.#takeMessage(names?.byMessageId.get(messageId)));
    return message === null ? null : { row: null, message, header, digest: '' };
  }

  /** By all octets. */
  async byContent({ length, header, digest }: SeenLetter): Promise<KnownLetter | null> {
    if (header === '') return null;
    const row = this.#takeRow(header, (one) => one.digest === digest);
    if (row !== null) return { row, message: row.message, header, digest };
    const names = await this.#namesOf(length);
    for (const message of names?.byHeader.get(header) ?? []) {
      if (this.#taken.has(message) || (await this.#digestOf(message)) !== digest) continue;
      this.#taken.add(message);
      return { row: null, message, header, digest };
    }
    return null;
  }

  #takeRow(header: string, same: (row: Pop3FoundRow) => boolean): Pop3FoundRow | null {
    const rows = this.#rows.get(header);
    const row = rows?.find(same);
    if (rows === undefined || row === undefined) return null;
    if (rows.length === 1) this.#rows.delete(header);
    else
      this.#rows.set(
        header,
        rows.filter((one) => one !== row),
      );
    return row;
  }

  #takeMessage(messages: readonly MessageId[] = []): MessageId | null {
    const message = messages.find((one) => !this.#taken.has(one)) ?? null;
    if (message !== null) this.#taken.add(message);
    return message;
  }

  async #namesOf(size: number): Promise<Alike['names']> {
    const alike = this.#stored.get(size);
    if (alike === undefined) return null;
    if (alike.names === null) {
      const byHeader = new Map<string, MessageId[]>();
      const byMessageId = new Map<string, MessageId[]>();
      for (const message of alike.messages) {
        const eye = new LetterEye();
        if (!(await this.#read(message, longestHeader, eye))) continue;
        const { headerOctets } = eye.end();
        put(byHeader, headerDigest(headerOctets), message);
        const { messageId } = storyOf(headerOctets, 0);
        if (messageId !== '') put(byMessageId, messageId, message);
      }
      alike.names = { byHeader, byMessageId };
    }
    return alike.names;
  }

  async #digestOf(message: MessageId): Promise<string | null> {
    const eye = new LetterEye();
    return (await this.#read(message, Infinity, eye)) ? eye.end().digest : null;
  }

  /** False when there is nothing to recognise: removed meanwhile, or damaged. */
  async #read(message: MessageId, most: number, eye: LetterEye): Promise<boolean> {
    try {
      const letter = await this.#store.openLetter(this.#account, message);
      const end = Math.min(letter.length, most);
      for (let at = 0; at < end; at += readAtOnce) eye.add(await letter.read(at, Math.min(end, at + readAtOnce)));
      return true;
    } catch {
      return false;
    }
  }
}

function put<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
