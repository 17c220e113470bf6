// The ledger of collection: which letter at another provider is which letter here, and what both sides last agreed on.
// Knows rows; knows no protocol beyond its names, no SQL and no connection. One file holds the ledgers of all kinds: io/collection/ledger.ts.
//
// Rules that hold for every kind:
// - A promise of a writing method settles when the effect would survive a power cut. One call is one transaction.
// - A row is written after the letter is kept by the store, and gone before nobody holds the letter: what a crash leaves in between is a
//   letter without a row, never a row that speaks of a letter that was not kept.
import type { AccountId, MailboxId, MailboxRole, MessageId, ModSeq, Uid } from './contract.ts';

// --- IMAP -----------------------------------------------------------------------------------------------------------

/** Positive, unique within an account: one folder at the provider. */
export type LedgerFolderId = number;

/** A folder at the provider and the mailbox here that is kept equal with it. */
export interface ImapFolderRow {
  readonly folder: LedgerFolderId;
  /** The provider's name of it, as it writes it, decoded to Unicode. Unique within the account. */
  readonly path: string;
  /** The mailbox here. Unique within the account. */
  readonly mailbox: MailboxId;
  /** Its name here when both ends were last equal: another name now means that it was renamed here. */
  readonly name: string;
  readonly role: MailboxRole | null;
  /** RFC 8474 MAILBOXID, or empty: tells a renamed folder from a new one. */
  readonly objectId: string;
  readonly uidValidity: number;
  /** All UIDs of the provider below it have been looked at; 1 while the first fetch goes on. */
  readonly uidNext: Uid;
  /** RFC 7162 HIGHESTMODSEQ up to which changes of the provider have been carried here; 0: unknown, all flags are compared. */
  readonly modSeq: number;
  /** MODSEQ of this store up to which changes here have been carried to the provider. */
  readonly localModSeq: ModSeq;
}

/** One letter at the provider and its letter here. */
export interface ImapLetterRow {
  readonly uid: Uid;
  /** Its UID in the mailbox here; 0 for a letter that stays at the provider only (too large, or never handed out whole). */
  readonly localUid: Uid;
  readonly message: MessageId;
  /** The flags both sides agreed on: sorted, divided by one space. */
  readonly flags: string;
  /** RFC822.SIZE and INTERNALDATE as the provider tells them, the latter in milliseconds. */
  readonly size: number;
  readonly receivedAt: number;
  /** Made of its Message-ID: the same in every folder and under every UIDVALIDITY; empty when it has none. */
  readonly identity: string;
  /** Start of the SHA-256 of its octets, base64url; empty when we never had them. */
  readonly digest: string;
  /** The provider's own name of it, the same in every folder (Gmail's X-GM-MSGID); empty where it gives none. */
  readonly emailId: string;
}

/** A letter with the folder it lies in. */
export interface ImapPlacedRow extends ImapLetterRow {
  readonly folder: LedgerFolderId;
}

/** A letter of ours on its way into a folder of the provider, noted before it is sent: after a crash it is looked for there before it is sent again. */
export interface ImapPendingRow {
  readonly folder: LedgerFolderId;
  readonly message: MessageId;
  readonly attempts: number;
}

export interface ImapLedger {
  /**
   * A number for a new folder, never given before in this account, not even to one that was removed: names of letters are made of it
   * (journey/collection/imap-match.ts, letterIdOf), and two letters must not be named alike.
   */
  newFolder(account: AccountId): Promise<LedgerFolderId>;
  folders(account: AccountId): Promise<readonly ImapFolderRow[]>;
  /** Adds a folder, or changes one. */
  putFolder(account: AccountId, row: ImapFolderRow): Promise<void>;
  /** With all rows of its letters. */
  removeFolder(account: AccountId, folder: LedgerFolderId): Promise<void>;
  /** Rows from UID `from` on, ascending, at most `limit`. */
  letters(account: AccountId, folder: LedgerFolderId, from: Uid, limit: number): Promise<readonly ImapLetterRow[]>;
  /** UIDs of the provider and the UIDs here of all rows of a folder, ascending by the first: two numbers a letter, for long comparisons. */
  pairs(account: AccountId, folder: LedgerFolderId): Promise<{ readonly uids: Uint32Array; readonly localUids: Uint32Array }>;
  /** Rows of these UIDs of the provider; those without a row are left out. */
  lettersAt(account: AccountId, folder: LedgerFolderId, uids: readonly Uid[]): Promise<readonly ImapLetterRow[]>;
  /** Rows of these UIDs here; those without a row are left out. */
  lettersOfLocal(account: AccountId, folder: LedgerFolderId, localUids: readonly Uid[]): Promise<readonly ImapLetterRow[]>;
  /** Rows in all folders that speak of these letters of the store. */
  lettersOfMessages(account: AccountId, messages: readonly MessageId[]): Promise<readonly ImapPlacedRow[]>;
  /** Rows in all folders with one of these sizes: those that a letter seen anew may have come from. At most 1,000. */
  lettersOfSize(account: AccountId, sizes: readonly number[]): Promise<readonly ImapPlacedRow[]>;
  /** Rows in all folders of letters that the provider names so. */
  lettersOfEmails(account: AccountId, emailIds: readonly string[]): Promise<readonly ImapPlacedRow[]>;
  /** Rows without such a name whose letter is here, ascending from UID `from` on, at most `limit`. */
  lettersWithoutEmail(account: AccountId, folder: LedgerFolderId, from: Uid, limit: number): Promise<readonly ImapLetterRow[]>;
  pending(account: AccountId): Promise<readonly ImapPendingRow[]>;
  /** Notes them, or forgets them where `attempts` is 0. */
  putPending(account: AccountId, rows: readonly ImapPendingRow[]): Promise<void>;
  /** One transaction: rows put, rows removed, and the folder's row where it changes. */
  write(
    account: AccountId,
    folder: LedgerFolderId,
    change: { readonly put?: readonly ImapLetterRow[]; readonly remove?: readonly Uid[]; readonly row?: ImapFolderRow },
  ): Promise<void>;
}

// --- POP3 -----------------------------------------------------------------------------------------------------------
/** What is known of the maildrop as a whole. */
export interface Pop3MaildropRow {
  /** Nobody signs in before this time: LOGIN-DELAY or IN-USE (RFC 2449 §8.1). Milliseconds since 1970; 0: at any time. */
  readonly notBefore: number;
  /** The letters here may include letters of the maildrop that have no row: the account was kept by IMAP before. */
  readonly adopts: boolean;
  /** The provider has given the unique-id of one letter to another, against RFC 1939 §7: each letter is known by its header too. */
  readonly distrusted: boolean;
  /** When a visit last came to its end; 0: never. */
  readonly visitedAt: number;
}

/** One letter in the maildrop of a provider, by what it is called there. */
export interface Pop3LetterRow {
  /** journey/collection/pop3-identity.ts: `u:` and the unique-id, or `h:` and what the header says where there is no unique-id. Unique within the account. */
  readonly key: string;
  /** Octets, as the provider tells them. */
  readonly size: number;
  /** Start of the SHA-256 of its header and of all its octets, base64url; empty when we never had them. */
  readonly header: string;
  readonly digest: string;
  /** The letter here, and its UID in the INBOX when it was put there; 0 when unknown. */
  readonly message: MessageId;
  readonly localUid: Uid;
  /** Since when it is kept here; 0: it is not. */
  readonly keptAt: number;
  /** Since when it is no more at the provider; 0: it is there. */
  readonly goneAt: number;
  /** How often it could not be fetched, when that was tried last, and why. */
  readonly tries: number;
  readonly triedAt: number;
  readonly trouble: string;
}

export interface Pop3FoundRow extends Pop3LetterRow {
  /** Positive, unique in the ledger; another one after the row was written anew. */
  readonly id: number;
}

/** All rows of an account, packed: some numbers a letter, for long comparisons. Ascending by id. */
export interface Pop3Rows {
  readonly ids: Float64Array;
  readonly sizes: Float64Array;
  /** 1 where the letter is known to be gone at the provider. */
  readonly gone: Uint8Array;
}

export interface Pop3Ledger {
  maildrop(account: AccountId): Promise<Pop3MaildropRow | null>;
  putMaildrop(account: AccountId, row: Pop3MaildropRow): Promise<void>;
  /** Rows by key, in order; null where there is none. */
  find(account: AccountId, keys: readonly string[]): Promise<readonly (Pop3FoundRow | null)[]>;
  rows(account: AccountId): Promise<Pop3Rows>;
  /** Rows by id; those without a row are left out. */
  at(account: AccountId, ids: readonly number[]): Promise<readonly Pop3FoundRow[]>;
  /** Letters of the store that rows speak of. */
  messages(account: AccountId): Promise<ReadonlySet<MessageId>>;
  /** One transaction: rows put by key, rows removed by id, rows that are gone at the provider since `at`. */
  write(
    account: AccountId,
    change: {
      readonly put?: readonly Pop3LetterRow[];
      readonly remove?: readonly number[];
      readonly gone?: { readonly ids: readonly number[]; readonly at: number };
      /** Rows gone before this time are let go. */
      readonly forgetBefore?: number;
    },
  ): Promise<void>;
}

/** Letters that were here before the account was kept by IMAP: that one of them is not at the provider does not say that it was deleted there. */
export interface HomeLedger {
  /** `stay`: those that lie here only were taken home by POP3 and are not sent to the provider. */
  add(account: AccountId, messages: readonly MessageId[], stay: boolean): Promise<void>;
  /** Those that are not sent. */
  messages(account: AccountId): Promise<ReadonlySet<MessageId>>;
  /** All of them. */
  before(account: AccountId): Promise<ReadonlySet<MessageId>>;
  clear(account: AccountId): Promise<void>;
}

// --- all ------------------------------------------------------------------------------------------------------------

export interface CollectionLedger {
  readonly imap: ImapLedger;
  readonly pop3: Pop3Ledger;
  readonly home: HomeLedger;
  /** Made with the file, never shown: what is derived from it cannot be guessed. */
  readonly secret: string;
  /** Forgets an account for good, in every kind of ledger. Its letters here are not touched. */
  removeAccount(account: AccountId): Promise<void>;
  /** Accounts that have rows of any kind, ascending. */
  accounts(): Promise<readonly AccountId[]>;
  close(): Promise<void>;
}
