// What the sync asks of a provider's mailbox, in words of mail: folders, letters, changes. Knows shapes only; imap-shelf.ts fulfils it.
// One folder is open at a time, and UIDs are those of the open folder.
import type { Bytes } from '../../base/bytes.ts';
import type { MailboxRole, Spool, Uid } from '../../store/contract.ts';

/** More folders than this are no mailbox of a person. */
export const foldersMax = 2000;

export interface RemoteStatus {
  readonly messages: number;
  readonly uidNext: Uid;
  readonly uidValidity: number;
  /** RFC 7162; 0 when the provider does not count changes. */
  readonly modSeq: number;
  /** RFC 8474 MAILBOXID, or empty. */
  readonly objectId: string;
}

export interface RemoteFolder {
  /** The provider's name in Unicode. */
  readonly path: string;
  /** One character, or empty. */
  readonly delimiter: string;
  readonly role: MailboxRole | null;
  /** What can be told of it without a further question, or null. */
  readonly status: RemoteStatus | null;
}

export interface RemoteTree {
  /** Those that hold letters of their own: no containers, and no views of other folders; and `viewPath`. */
  readonly folders: readonly RemoteFolder[];
  /** What stands before every personal name, such as `INBOX.`; may be empty. */
  readonly prefix: string;
  readonly delimiter: string;
}

export interface OpenedFolder extends RemoteStatus {
  /** Lower case; null: any may be kept. */
  readonly keptFlags: ReadonlySet<string> | null;
  readonly readOnly: boolean;
  /** What lies in it follows from what lies in the others: a letter comes and goes without another UIDNEXT or MODSEQ. */
  readonly isView: boolean;
}

/** A letter seen from outside. */
export interface Look {
  readonly uid: Uid;
  readonly flags: readonly string[];
  /** As the provider tells it, which is not always true. */
  readonly size: number;
  /** INTERNALDATE; null when it cannot be read. */
  readonly receivedAt: number | null;
  /** The provider's own name of it, the same in every folder; empty where it gives none. */
  readonly emailId: string;
}

export interface RemoteLetter {
  readonly uid: Uid;
  /** Null when the provider has not handed it out, or when it is larger than the spool's limit. */
  readonly spool: Spool | null;
  /** The octets where they came in one piece. */
  readonly octets: Bytes | null;
  readonly tooLarge: boolean;
}

export interface RemoteShelf {
  /** The name to say with whom we spoke, and how. */
  readonly peer: { readonly host: string; readonly address: string; readonly tls: string };
  /** Deleting is moving to the bin (Gmail): EXPUNGE would only take a label off. */
  readonly binsDeleted: boolean;
  /** The folder that holds what lies in no other one (imap-gmail.ts), or null. */
  readonly viewPath: string | null;
  /** The provider's name of a letter that it has and does not show in the view because it lies in another folder, or null. */
  hidden(uid: Uid): string | null;
  /** The folder that is open. */
  readonly openPath: string | null;
  /** Letters in the open folder, as last told. */
  readonly exists: number;
  /** The provider told of a change since a folder was opened. Reading it takes note of it. */
  takeHeard(): boolean;

  folders(): Promise<RemoteTree>;
  statuses(paths: readonly string[]): Promise<ReadonlyMap<string, RemoteStatus>>;
  create(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;

  open(path: string): Promise<OpenedFolder>;
  /** Ascending, each once. */
  uidsFrom(from: Uid): Promise<Uint32Array>;
  looks(uids: ArrayLike<Uid>): Promise<Map<Uid, Look>>;
  flagsOf(from: Uid, to: Uid): Promise<Map<Uid, readonly string[]>>;
  /** `vanished`: pairs low, high; null when the provider does not tell. */
  changesSince(modSeq: number): Promise<{ readonly flags: Map<Uid, readonly string[]>; readonly vanished: readonly number[] | null }>;
  /** Without brackets; empty when there is none. */
  messageIds(uids: ArrayLike<Uid>): Promise<Map<Uid, string>>;
  /** Each letter as it arrives; waits for `took` before it reads on. */
  letters(uids: ArrayLike<Uid>, spool: () => Spool, took: (letter: RemoteLetter) => void | Promise<void>): Promise<void>;

  /** What the letters have afterwards, as far as the provider tells. Harmless for UIDs that are gone. */
  changeFlags(uids: ArrayLike<Uid>, how: 'add' | 'remove', flags: readonly string[]): Promise<ReadonlyMap<Uid, readonly string[]>>;
  /** New UIDs by old ones, null when the provider does not tell. */
  transfer(uids: ArrayLike<Uid>, to: string, move: boolean): Promise<ReadonlyMap<Uid, Uid> | null>;
  /** Exactly these. */
  expunge(uids: ArrayLike<Uid>): Promise<void>;
  /** The new UID, or null when the provider does not tell. */
  append(
    path: string,
    letter: { readonly flags: readonly string[]; readonly receivedAt: number; readonly length: number },
    pieces: AsyncIterable<Bytes>,
  ): Promise<Uid | null>;

  /** Until the provider tells of a change in the open folder, the signal, or so many milliseconds. */
  wait(signal: AbortSignal, most: number): Promise<void>;
  /** In order. */
  end(): Promise<void>;
  /** At once. */
  close(): void;
}

/** Opens the shelf of one account. @throws CauseTrouble. */
export type OpenShelf = () => Promise<RemoteShelf>;
