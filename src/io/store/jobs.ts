// What the main thread and a shard's writer thread say to one another: jobs there, answers and effects back.
// Knows plain values that survive a structured clone; knows no SQL and no promise.
import type {
  AccountId,
  CopyResult,
  FlagChange,
  FlagResult,
  LetterId,
  MailboxId,
  MailboxRole,
  MessageId,
  ModSeq,
  Placement,
  Uid,
} from '../../store/contract.ts';
import type { ItemKind } from '../../store/items-contract.ts';
import type { NewQueueRecipient, QueueRecipient, QueueResult } from '../../store/queue-contract.ts';
import type { MailboxShape } from '../../store/shelf-change.ts';
import type { MailboxRevision, Revision, RevisionOutcome } from '../../store/shelf-contract.ts';
import type { TraceEvent } from '../../store/trace-contract.ts';

/** Where the octets of a letter are on their way to the writer. */
export interface Cargo {
  /** Where they begin in the batch's one buffer, or 0 when they come in a file. */
  readonly start: number;
  /** Octets in all, those of the prefix included. */
  readonly length: number;
  /** Octets put in front of what the client sent. */
  readonly prefix: number;
  /** A large letter: a file of `spool/` whose octets end at `room + length - prefix`, and what was found out about it elsewhere. */
  readonly file: LargeLetter | null;
}

export interface LargeLetter {
  readonly path: string;
  /** Offset at which the letter, its prefix included, begins in the file. */
  readonly start: number;
  readonly sha256: Uint8Array;
  /** Of the octets without the prefix. */
  readonly spoolSha256: Uint8Array;
  /** Facts in the order of `factColumns`, or null when nobody here needs them. */
  readonly facts: readonly (string | number | null)[] | null;
}

export interface AcceptJob {
  readonly cargo: Cargo;
  readonly letter: LetterId;
  readonly receivedAt: number;
  readonly reversePath: string;
  /** Those in this shard. */
  readonly placements: readonly Placement[];
  /** Those in other shards; kept as hand-over rows until they are done. */
  readonly elsewhere: readonly Placement[];
  readonly queue: readonly NewQueueRecipient[];
  readonly envelopeId: string | null;
  readonly returns: 'full' | 'headers' | null;
  readonly smtpUtf8: boolean;
  readonly bodyType: '7bit' | '8bitmime' | 'binarymime';
  /** Who the letter is for, as suppression of a re-send compares it; null when it is off. */
  readonly resendKey: string | null;
  /** `AcceptLetter.resentUntil`; of no meaning without a key. */
  readonly resentUntil: number;
}

export interface AppendJob {
  readonly cargo: Cargo;
  readonly flags: readonly string[];
  readonly receivedAt: number;
  readonly letter: LetterId;
}

/** One write to an item, its value ready as text. */
export interface ItemLine {
  readonly kind: ItemKind;
  readonly how: 'add' | 'put' | 'remove';
  /** 0 for one that is added. */
  readonly id: number;
  readonly text: string | null;
  /** Undefined: stays as it is. */
  readonly dueAt: number | null | undefined;
  readonly ifModSeq: ModSeq | undefined;
}

/** A letter for one or several mailboxes at once. */
export interface NewLetterJob {
  readonly cargo: Cargo;
  /** Different from one another; at least one. */
  readonly mailboxes: readonly MailboxId[];
  readonly flags: readonly string[];
  readonly receivedAt: number;
  readonly letter: LetterId;
}

export type Job =
  | { readonly kind: 'createAccount'; readonly account: AccountId; readonly mailboxes: readonly { name: string; role: MailboxRole }[] }
  | { readonly kind: 'removeAccount'; readonly account: AccountId }
  | { readonly kind: 'createMailbox'; readonly account: AccountId; readonly name: string; readonly role: MailboxRole | null }
  | { readonly kind: 'renameMailbox'; readonly account: AccountId; readonly mailbox: MailboxId; readonly name: string }
  | { readonly kind: 'deleteMailbox'; readonly account: AccountId; readonly mailbox: MailboxId }
  | { readonly kind: 'setSubscribed'; readonly account: AccountId; readonly name: string; readonly subscribed: boolean }
  | {
      readonly kind: 'commit';
      readonly letters: readonly AcceptJob[];
      readonly queue: readonly QueueResult[];
      readonly queueElsewhere: readonly QueueResult[];
      readonly events: readonly TraceEvent[];
      readonly items: { readonly account: AccountId; readonly lines: readonly ItemLine[] } | null;
    }
  | { readonly kind: 'items'; readonly account: AccountId; readonly lines: readonly ItemLine[] }
  | {
      readonly kind: 'addUpload';
      readonly account: AccountId;
      readonly file: string;
      readonly start: number;
      readonly size: number;
      readonly type: string;
      readonly sha256: string;
    }
  | { readonly kind: 'removeUpload'; readonly account: AccountId; readonly id: number }
  | { readonly kind: 'forgetUploads'; readonly files: readonly string[] }
  | {
      readonly kind: 'append';
      readonly account: AccountId;
      readonly mailbox: MailboxId;
      readonly letters: readonly AppendJob[];
      readonly quota: number | null;
    }
  | {
      readonly kind: 'setFlags';
      readonly account: AccountId;
      readonly mailbox: MailboxId;
      readonly uids: Uint32Array;
      readonly change: FlagChange;
    }
  | {
      readonly kind: 'expunge';
      readonly account: AccountId;
      readonly mailbox: MailboxId;
      readonly uids: Uint32Array | null;
      readonly onlyDeleted: boolean;
    }
  | {
      readonly kind: 'copy';
      readonly account: AccountId;
      readonly from: MailboxId;
      readonly uids: Uint32Array;
      readonly to: MailboxId;
      readonly move: boolean;
      readonly quota: number | null;
    }
  | {
      readonly kind: 'addLetters';
      readonly account: AccountId;
      readonly letters: readonly NewLetterJob[];
      readonly quota: number | null;
    }
  | {
      readonly kind: 'revise';
      readonly account: AccountId;
      readonly revisions: readonly Revision[];
      /** Mailbox, UID, mailbox, UID …: where the letter of each revision lies, as far as it is known; looked at before it is believed. */
      readonly places: readonly (readonly number[])[];
      /** Items of the same decision: then all of it is done, or nothing. */
      readonly items: readonly ItemLine[] | null;
    }
  | { readonly kind: 'reviseMailbox'; readonly account: AccountId; readonly mailbox: MailboxId; readonly change: MailboxRevision }
  | { readonly kind: 'restore'; readonly account: AccountId; readonly ids: readonly number[] }
  | {
      readonly kind: 'queueTake';
      readonly now: number;
      readonly lease: number;
      readonly limit: number;
      readonly without: readonly string[];
    }
  | {
      readonly kind: 'queueRenew';
      readonly rows: readonly { id: number; leaseEpoch: number }[];
      readonly now: number;
      readonly lease: number;
    }
  | { readonly kind: 'queueRetry' | 'queueHold' | 'queueRemove'; readonly ids: readonly number[]; readonly now: number }
  | { readonly kind: 'trace'; readonly events: readonly TraceEvent[] }
  | { readonly kind: 'handedOver'; readonly id: number }
  | { readonly kind: 'newValidity' }
  | { readonly kind: 'upkeep'; readonly keepSegments: boolean };

/** What each kind of job is answered with. */
export interface JobResults {
  createAccount: null;
  removeAccount: null;
  createMailbox: MailboxId;
  renameMailbox: null;
  deleteMailbox: null;
  setSubscribed: null;
  commit: {
    readonly letters: readonly AcceptedLetter[];
    readonly handOvers: readonly HandOver[];
    readonly newQueueRows: boolean;
    readonly items: readonly number[];
  };
  items: { readonly ids: readonly number[]; readonly modSeq: ModSeq };
  addUpload: { readonly id: number; readonly at: number };
  removeUpload: string | null;
  forgetUploads: null;
  append: { readonly uidValidity: number; readonly uids: readonly Uid[]; readonly modSeq: ModSeq };
  setFlags: FlagResult;
  expunge: { readonly uids: readonly Uid[]; readonly modSeq: ModSeq };
  copy: CopyResult;
  addLetters: {
    readonly modSeq: ModSeq;
    readonly messages: readonly { readonly message: MessageId; readonly thread: number; readonly size: number }[];
  };
  revise: { readonly modSeq: ModSeq; readonly outcomes: readonly RevisionOutcome[]; readonly items: readonly number[] };
  reviseMailbox: null;
  restore: number;
  queueTake: readonly QueueRecipient[];
  queueRenew: readonly number[];
  queueRetry: number;
  queueHold: number;
  queueRemove: number;
  trace: null;
  handedOver: null;
  newValidity: null;
  upkeep: UpkeepResult;
}

export interface AcceptedLetter {
  readonly letter: LetterId;
  readonly resent: boolean;
  readonly placed: readonly { readonly account: AccountId; readonly mailbox: MailboxId; readonly uid: Uid }[];
}

/** Work for another shard that is durable here until it is done there. */
export interface HandOver {
  readonly id: number;
  readonly shard: number;
  /** Index of the letter in the commit, or null for a queue result. */
  readonly index: number | null;
  readonly work: HandOverWork;
}

export type HandOverWork =
  | {
      readonly kind: 'letter';
      readonly letter: LetterId;
      readonly receivedAt: number;
      readonly reversePath: string;
      readonly placements: readonly Placement[];
    }
  | { readonly kind: 'queue'; readonly result: QueueResult };

export interface UpkeepResult {
  /** Letters that are gone for good. */
  readonly removed: readonly { readonly account: AccountId; readonly messages: readonly MessageId[] }[];
  /** Segments that nothing refers to any more; the main thread closes them before their files go. */
  readonly emptied: readonly number[];
  /** Files of uploads that nobody used. */
  readonly uploads: readonly string[];
  /** There is more to do. */
  readonly more: boolean;
}

/** Numbers of a mailbox as they are after a job. */
export interface MailboxNumbers {
  readonly uidNext: Uid;
  readonly highestModSeq: ModSeq;
  readonly messages: number;
  readonly unseen: number;
  readonly deleted: number;
  readonly size: number;
}

/** `[uid, message, system flags, keywords, size, receivedAt, savedAt]` */
export type AddedRow = readonly [Uid, MessageId, number, readonly string[], number, number, number];

/** What a job did to one mailbox. */
export interface MailboxEffect {
  readonly mailbox: MailboxId;
  readonly added: readonly AddedRow[];
  /** UIDs with the same new flags, gathered, and their letters in the same order. */
  readonly flags: readonly {
    readonly system: number;
    readonly keywords: readonly string[];
    readonly uids: readonly Uid[];
    readonly messages: readonly MessageId[];
  }[];
  readonly expunged: readonly Uid[];
  readonly expungedMessages: readonly MessageId[];
  /** Null when nothing but its letters changed. */
  readonly shape: MailboxShape | null;
  /** Null when the mailbox is gone. */
  readonly numbers: MailboxNumbers | null;
}

/** What a job did to one account. */
export interface AccountEffect {
  readonly account: AccountId;
  readonly modSeq: ModSeq;
  /** Mailboxes were made, renamed, removed, or (un)subscribed: read the list again. */
  readonly structure: boolean;
  readonly removed: boolean;
  readonly mailboxes: readonly MailboxEffect[];
  readonly newMessages: readonly MessageId[];
  /** As in ShelfChange. */
  readonly threads: readonly (readonly [MessageId, number])[];
  /** Kinds of items that changed. */
  readonly items: readonly ItemKind[];
}

/** Trouble in a form that survives the way between threads. */
export type TroubleNote =
  | { readonly kind: 'refusal'; readonly code: string; readonly message: string; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly code: string; readonly message: string; readonly detail: string }
  | { readonly kind: 'defect'; readonly message: string; readonly stack: string };

export type Answer =
  | {
      readonly value: JobResults[keyof JobResults];
      readonly effects: readonly AccountEffect[];
      /** Rows of the letters that the job has written. */
      readonly letters: readonly number[];
      readonly trouble?: undefined;
    }
  | { readonly trouble: TroubleNote; readonly effects?: undefined; readonly value?: undefined; readonly letters?: undefined };

export interface Batch {
  readonly number: number;
  /** Wall time. */
  readonly now: number;
  readonly jobs: readonly Job[];
  /** Octets of all letters of the batch, one behind the other; null when there are none. */
  readonly octets: BatchOctets | null;
}

export interface BatchOctets {
  /** Goes back with the answers, to carry others. */
  readonly memory: ArrayBuffer;
  /** How much of it counts. */
  readonly length: number;
}

export type ToWriter =
  | Batch
  | { readonly close: true }
  /** For tests: the n-th statement from now on fails, as SQLite would with this code. */
  | { readonly failIn: number; readonly errcode: number };

/** What was done together is answered in one message: each wakes the other thread, which costs more than what is in it. */
export interface Answers {
  readonly kind: 'answers';
  readonly batches: readonly { readonly number: number; readonly answers: readonly Answer[] }[];
  /** The memory that their octets came in. */
  readonly memory: readonly ArrayBuffer[];
  /** How long all of it took; null for what is said before it is done. */
  readonly seconds: number | null;
}

export type FromWriter =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly trouble: TroubleNote }
  | Answers
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly event: string;
      readonly fields: Record<string, string | number>;
    }
  | { readonly kind: 'stopped'; readonly reason: string }
  | { readonly kind: 'closed' };

export interface WriterStart {
  readonly shardDir: string;
  readonly shard: number;
  readonly shards: number;
  readonly segmentSize: number;
  readonly restingTime: number;
  readonly crashAt: string | null;
  readonly fault: string | null;
}
