// What the steps of IMAP collection share: whose account it is, what they work on, and the picture of one folder on both sides.
// Knows shapes only.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { Unavailable } from '../../base/trouble.ts';
import type { AccountId, MailboxInfo, MailStore, MessageId, Uid } from '../../store/contract.ts';
import type { HomeLedger, ImapFolderRow, ImapLedger, ImapLetterRow } from '../../store/ledger-contract.ts';
import type { MailboxState } from '../../store/mailbox-state.ts';
import type { CollectionProgress } from './contract.ts';
import type { Look, OpenedFolder, RemoteFolder, RemoteShelf } from './remote-shelf.ts';

export interface SyncParts {
  readonly account: AccountId;
  readonly store: MailStore;
  readonly ledger: ImapLedger;
  /** Letters that were taken home and are not sent there. */
  readonly home: HomeLedger;
  /** Of the ledger: see `letterIdOf`. */
  readonly secret: string;
  readonly shelf: RemoteShelf;
  readonly clock: Clock;
  readonly log: Log;
  /** Octets of one letter that is taken. */
  readonly letterLimit: number;
  readonly signal: AbortSignal;
  readonly progress: (progress: CollectionProgress | null) => void;
  /** So many letters came in. */
  readonly received: (count: number) => void;
  /** Called with letters that have come into INBOX and are written down, once all older ones are here: the rules of their account. */
  readonly sort?: (account: AccountId, messages: readonly MessageId[]) => Promise<void>;
  readonly memory: SyncMemory;
}

/** What is remembered between rounds of one connection, and may be forgotten. */
export interface SyncMemory {
  /** Letters in a folder there when it was last equal: providers without QRESYNC tell of removals by nothing else. */
  readonly counts: Map<number, number>;
  /** When all flags were last compared, for providers that do not count changes. */
  readonly compared: Map<number, number>;
  /** Keywords that a folder there did not keep. */
  readonly refused: Map<number, Set<string>>;
  /** Mailboxes here that the provider would not have. */
  readonly unwanted: Set<number>;
  /** Letters that were not handed out, and how often. */
  readonly missing: Map<string, number>;
  /** Folders whose rows all have the provider's name of their letter, as far as it gives one. */
  readonly named: Set<number>;
  /** Something was done of which the provider did not tell what came of it: another look is needed. */
  unsettled: boolean;
  /** Letters taken over since both sides were last equal: a fetch of many rounds is one. */
  taken: number;
}

export function newMemory(): SyncMemory {
  return {
    counts: new Map(),
    compared: new Map(),
    refused: new Map(),
    unwanted: new Set(),
    missing: new Map(),
    named: new Set(),
    unsettled: false,
    taken: 0,
  };
}

/** A folder there and its mailbox here; either may be gone. */
export interface FolderPair {
  readonly row: ImapFolderRow;
  readonly remote: RemoteFolder | null;
  readonly local: MailboxInfo | null;
}

/** What is different on either side of one folder since both were equal. Steps take out what they have settled. */
export interface FolderLook {
  readonly pair: FolderPair;
  row: ImapFolderRow;
  readonly opened: OpenedFolder | null;
  readonly state: MailboxState | null;
  /** MODSEQ here at the time of the look. */
  readonly localModSeq: number;
  /** UIDs there without a row, newest first. */
  remoteNew: Uid[];
  /** What was asked of some of them. */
  readonly looks: Map<Uid, Look>;
  readonly identities: Map<Uid, string>;
  /** Rows whose letter is gone there. */
  remoteGone: ImapLetterRow[];
  /** Flags there that may have changed. */
  readonly remoteFlags: Map<Uid, readonly string[]>;
  /** UIDs here without a row, ascending. */
  localNew: Uid[];
  /** Rows whose letter is gone here. */
  localGone: ImapLetterRow[];
  /** UIDs here whose flags may have changed. */
  localFlagged: Uid[];
  /** Letters lie there that are not here (too large). */
  readonly leavesThere: boolean;
}

/** A UID that stands in a row for "was here, and has moved on". */
export const movedOn = 0xffff_ffff;

/** The sync was told to stop; what it was about is written down. */
export class SyncStopped extends Unavailable {
  constructor() {
    super('shutting-down', 'collection was told to stop');
  }
}

export function checkGoing({ signal }: SyncParts): void {
  if (signal.aborted) throw new SyncStopped();
}

/** The letter of a UID here, or 0. */
export function messageAt(state: MailboxState, uid: Uid): MessageId {
  const at = state.indexOf(uid);
  return at < 0 ? 0 : state.messages[at]!;
}

/** Pieces of a list, in order. */
export function* piecesOf<T>(list: readonly T[], length: number): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += length) yield list.slice(at, at + length);
}

/** What a list holds, by key. */
export function groupBy<T, K>(list: readonly T[], key: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const one of list) {
    const at = key(one);
    const group = groups.get(at);
    if (group) group.push(one);
    else groups.set(at, [one]);
  }
  return groups;
}

/** What is settled. */
export function takeOut(look: FolderLook, uids: ReadonlySet<Uid>, localUids: ReadonlySet<Uid>): void {
  if (uids.size > 0) look.remoteNew = look.remoteNew.filter((uid) => !uids.has(uid));
  if (localUids.size > 0) look.localNew = look.localNew.filter((uid) => !localUids.has(uid));
}
