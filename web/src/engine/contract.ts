// What the page may ask of the engine, and what it can watch. Knows values that can be posted between a page and its worker; knows no
// framework, no DOM and no transport. `link.ts` on the page side and `port.ts` on the engine's side carry it.
//
// A request is answered once. A topic is watched: the first push is what is there at once (from the cache, perhaps incomplete), each
// further push what changed. Everything that a person does is shown at once and kept in the outbox until the server has said yes.
import type {
  EmailAddress,
  EmailBody,
  EmailFilter,
  EmailHead,
  Id,
  Identity,
  Json,
  JsonObject,
  Keywords,
  PatchObject,
  Role,
  SearchSnippet,
} from './jmap/objects.ts';

/** Our own capability (docs/jmap.md). */
export const tayoriCapability = 'urn:tayori:params:jmap:tayori';

// --- who is there -----------------------------------------------------------------------------------------------------

export type SignInAnswer =
  | { readonly state: 'in' }
  /** The password was right; one of these is wanted as well. `passkey`: what the browser is to be asked for (WebAuthn request options as JSON). */
  | { readonly state: 'second'; readonly methods: readonly string[]; readonly passkey: Json }
  /** `seconds`: how long to wait after too many tries. `app-password`: one of those opens no page. `expired`: from the beginning, please. */
  | {
      readonly state: 'refused';
      readonly reason: 'wrong' | 'slow-down' | 'unreachable' | 'insecure' | 'app-password' | 'expired';
      readonly seconds: number | null;
    };

export interface AccountView {
  readonly id: Id;
  /** The address. */
  readonly name: string;
  readonly isPersonal: boolean;
  readonly isReadOnly: boolean;
  readonly capabilities: Readonly<Record<string, JsonObject>>;
}

/** `signed-out`: nobody has signed in, or the server no longer knows the session. What waits in the outbox is kept for the same person. */
export interface StatusView {
  readonly session: 'unknown' | 'in' | 'signed-out';
  readonly username: string;
  readonly accounts: readonly AccountView[];
  readonly capabilities: Readonly<Record<string, JsonObject>>;
  /** `off`: no way to the server. `on`: answers, but nothing is pushed. `live`: changes arrive by themselves. */
  readonly line: 'off' | 'on' | 'live';
  /** True once the server said that it cannot be reached, or the browser says so. */
  readonly isOffline: boolean;
  /** Changes and letters that wait to be told to the server. */
  readonly waiting: number;
  /** Of them letters to send. */
  readonly waitingLetters: number;
  /** The undo that would happen next: what to name it, and of how many letters. */
  readonly undo: UndoView | null;
  /** All that can be undone, the newest first. */
  readonly history: readonly UndoView[];
}

export interface UndoView {
  readonly step: number;
  readonly what: ActionName;
  readonly count: number;
}

// --- mailboxes --------------------------------------------------------------------------------------------------------

export interface MailboxView {
  readonly accountId: Id;
  readonly id: Id;
  /** Its own name, without its parents'. */
  readonly name: string;
  readonly role: Role | null;
  readonly parentId: Id | null;
  readonly depth: number;
  readonly total: number;
  readonly unread: number;
  readonly mayAdd: boolean;
  readonly mayDelete: boolean;
  readonly mayRename: boolean;
}

/** In the order in which they are shown: roles first, then by sortOrder and name, children behind their parents. */
export interface MailboxesView {
  readonly isComplete: boolean;
  readonly mailboxes: readonly MailboxView[];
}

// --- lists ------------------------------------------------------------------------------------------------------------

export type Only = 'unread' | 'flagged' | 'attachment';

/** One list of letters. The same value is the same list: it is compared as JSON. */
export type ListQuery =
  | { readonly kind: 'mailbox'; readonly accountId: Id; readonly mailboxId: Id; readonly only?: Only }
  /** The mailboxes of one role in all accounts, newest first. */
  | { readonly kind: 'unified'; readonly role: Role; readonly only?: Only }
  /** `accountIds` empty: all accounts. Rows carry snippets. */
  | { readonly kind: 'search'; readonly accountIds: readonly Id[]; readonly filter: EmailFilter }
  /** What a person typed (search-grammar.ts): read for each account by itself, and without a network looked up in what is kept here. */
  | { readonly kind: 'find'; readonly accountIds: readonly Id[]; readonly text: string };

export interface ListArgs {
  readonly query: ListQuery;
  /** False: each letter is a row of its own. */
  readonly threads: boolean;
  /** Positions on screen; the engine reads a page beyond them. `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}

/** A row: one conversation (or one letter) as it is to be shown now, with what the person did counted in. */
export interface Row {
  readonly accountId: Id;
  /** The newest letter of it in this list; with `accountId` it is the row's key. */
  readonly emailId: Id;
  readonly threadId: Id;
  /** All letters of the conversation, oldest first; those an action on the row means. */
  readonly emailIds: readonly Id[];
  /** Those who wrote, or in Sent and Drafts those written to, oldest first and each once. */
  readonly people: readonly EmailAddress[];
  readonly subject: string;
  readonly preview: string;
  /** ISO 8601. */
  readonly receivedAt: string;
  readonly count: number;
  readonly isUnread: boolean;
  readonly isFlagged: boolean;
  readonly isDraft: boolean;
  readonly isAnswered: boolean;
  /** It was put off and has come back: at the top of the inbox until it was looked at. */
  readonly isBack?: boolean;
  readonly hasAttachment: boolean;
  readonly mailboxIds: readonly Id[];
  readonly snippet: Pick<SearchSnippet, 'subject' | 'preview'> | null;
}

/** The rows between `start` and `end` that changed; all of them when `whole`. A row that is null is not here yet. */
export interface ListPatch {
  /** Null until the server or the cache has told it. */
  readonly total: number | null;
  readonly whole: boolean;
  readonly rows: readonly { readonly at: number; readonly row: Row | null }[];
  readonly trouble: Trouble | null;
}

// --- a conversation ---------------------------------------------------------------------------------------------------

export interface LetterView {
  readonly accountId: Id;
  readonly head: EmailHead;
  /** Null until it has come; it is kept for reading without a network. */
  readonly body: EmailBody | null;
}

export interface ThreadView {
  readonly accountId: Id;
  readonly threadId: Id;
  readonly subject: string;
  /** Oldest first. Null: not known yet. Empty: it is gone. */
  readonly letters: readonly LetterView[] | null;
  readonly trouble: Trouble | null;
}

// --- doing ------------------------------------------------------------------------------------------------------------

export type ActionName =
  | 'archive'
  | 'delete'
  | 'destroy'
  | 'junk'
  | 'not-junk'
  | 'move'
  | 'carry'
  | 'read'
  | 'unread'
  | 'flag'
  | 'unflag'
  | 'keyword'
  | 'snooze'
  | 'unsnooze'
  | 'change';

export interface LetterRef {
  readonly accountId: Id;
  readonly emailIds: readonly Id[];
}

/**
 * `delete` moves to Trash, and out of Trash for good (`destroy`, which cannot be undone; ask first). `move` takes the letters out of `from`,
 * or out of all mailboxes when it is null.
 */
export type Action =
  | {
      readonly name: 'archive' | 'delete' | 'junk' | 'not-junk' | 'read' | 'unread' | 'flag' | 'unflag';
      readonly letters: readonly LetterRef[];
    }
  | { readonly name: 'destroy'; readonly letters: readonly LetterRef[] }
  | { readonly name: 'move'; readonly letters: readonly LetterRef[]; readonly to: Id; readonly from: Id | null }
  /** Into a mailbox of another account. `from`: by account, the mailbox that they leave; where none is named they leave the account. `keeps`: a copy. */
  | {
      readonly name: 'carry';
      readonly letters: readonly LetterRef[];
      readonly toAccountId: Id;
      readonly to: Id;
      readonly from: Readonly<Record<Id, Id>>;
      readonly keeps: boolean;
    }
  | { readonly name: 'keyword'; readonly letters: readonly LetterRef[]; readonly keyword: string; readonly on: boolean }
  /** Away until then (ISO 8601), kept by the server; of a conversation the letters that lie in the inbox. `unsnooze`: back at once; `until` is for its undo. */
  | { readonly name: 'snooze' | 'unsnooze'; readonly letters: readonly LetterRef[]; readonly until: string };

/** What is done with every letter of a list, also those that were never on screen: in pieces, with one undo. `destroy` has none. */
export type WholeAction =
  | { readonly name: 'archive' | 'delete' | 'destroy' | 'junk' | 'not-junk' | 'read' | 'unread' | 'flag' | 'unflag' }
  | { readonly name: 'move'; readonly to: Id; readonly from: Id | null };

/** `count`: what was surely done. */
export interface WholeView extends UndoView {
  /** What kept it from being done with all; the step takes back also that of which the answer was lost. Null: done, or stopped by the person. */
  readonly trouble: Trouble | null;
}

/** Long work that goes on; null: none. */
export interface WorkView {
  readonly what: ActionName | 'bring-in';
  /** Letters; octets of the files for `bring-in`. */
  readonly done: number;
  readonly of: number;
  /** Letters that have come in; of `bring-in` only. */
  readonly letters?: number;
}

/** A file of another mail program: mbox, or one letter. */
export interface FileToBring {
  readonly file: Blob;
  readonly name: string;
  /** Milliseconds since 1970, as the device says. */
  readonly modifiedAt: number;
}

/** `expunged`: removed in the other program, which has not tidied up since. `bookkeeping`: what a program notes of its folder in the form of a letter. */
export type RefusedReason = 'too-large' | 'no-letter' | 'expunged' | 'bookkeeping';

/** `found` = `taken` + all refused, when it was not stopped. */
export interface BroughtIn {
  readonly found: number;
  /** In the mailbox, those of before that were passed over too. */
  readonly taken: number;
  /** Among those taken: there already when a broken way was gone on with. */
  readonly passed: number;
  readonly refused: Readonly<Partial<Record<RefusedReason, number>>>;
  readonly stopped: boolean;
}

// --- writing ----------------------------------------------------------------------------------------------------------

export interface DraftAttachment {
  /** Made by the page; stays the same. */
  readonly id: string;
  /** Null: a file of this device (`attach`), which is being carried to the server. */
  readonly blobId: Id | null;
  /** The account in which the blob lies. */
  readonly from: Id;
  readonly type: string;
  readonly name: string;
  readonly size: number;
  /** Set for images that stand in the text. */
  readonly cid: string | null;
}

/** The letter that is answered or forwarded, kept whole beside what is written: it is put below it when the letter is stored. */
export interface DraftQuote {
  /** Who wrote when, in words; of a forwarded letter several lines. */
  readonly head: string;
  readonly isForward: boolean;
  /** What is written stands below it. */
  readonly isAbove?: boolean;
  /** The letter itself, to show it; null when it is not known here. */
  readonly source: { readonly accountId: Id; readonly emailId: Id } | null;
  readonly text: string;
  /** As it came, made harmless; null: it had plain text only. */
  readonly html: string | null;
}

/** A letter that is being written. The page saves it on each pause of typing; it is on this device at once and on the server a little later. */
export interface Draft {
  /** Made by the page, such as crypto.randomUUID(); stays the same for the life of the draft. */
  readonly key: string;
  readonly accountId: Id;
  readonly identityId: Id | null;
  readonly from: EmailAddress | null;
  readonly to: readonly EmailAddress[];
  readonly cc: readonly EmailAddress[];
  readonly bcc: readonly EmailAddress[];
  readonly replyTo: readonly EmailAddress[];
  readonly subject: string;
  readonly text: string;
  /** Null: plain text only. */
  readonly html: string | null;
  readonly attachments: readonly DraftAttachment[];
  readonly quote: DraftQuote | null;
  /** Without angle brackets. */
  readonly inReplyTo: readonly string[];
  readonly references: readonly string[];
  /** The letter that this answers or forwards, to be marked when it was sent. */
  readonly about: { readonly accountId: Id; readonly emailId: Id; readonly keyword: '$answered' | '$forwarded' } | null;
  readonly wantsReceipt: boolean;
}

export interface DraftView {
  readonly draft: Draft;
  readonly saved: 'here' | 'server';
  /** The letter in Drafts, once the server has it. */
  readonly emailId: Id | null;
  readonly changedAt: number;
}

export interface SavedDraft {
  readonly changedAt: number;
  /** Another window had changed it meanwhile, or had sent it: what was given is a draft of its own from now on. */
  readonly apart: Draft | null;
}

export interface SendOptions {
  /** Seconds in which the sending can be called back (held on the server). */
  readonly undoSeconds: number;
  /** ISO 8601: not before. */
  readonly at: string | null;
}

/** What waits, for the outbox list. */
export interface OutboxView {
  readonly items: readonly {
    readonly id: number;
    readonly kind: 'change' | 'draft' | 'send';
    readonly accountId: Id;
    readonly label: string;
    readonly since: number;
    readonly trouble: Trouble | null;
    /** The draft that it is about, to open it. */
    readonly key: string | null;
  }[];
}

/** A file on its way to the server. */
export interface FileView {
  readonly id: string;
  readonly size: number;
  readonly carried: number;
  /** `waits`: without a network; it goes on by itself. */
  readonly state: 'waits' | 'going' | 'there' | 'refused';
  readonly trouble: Trouble | null;
}

/** A letter that is to go out later. */
export interface ScheduledView {
  readonly accountId: Id;
  readonly submissionId: Id;
  readonly emailId: Id;
  readonly sendAt: string;
  readonly subject: string;
  readonly to: readonly EmailAddress[];
}

/** A letter with all that is needed to answer or forward it. */
export interface SourceView {
  readonly head: EmailHead;
  readonly body: EmailBody;
  readonly text: string;
  /** As it came: it may be hostile. Null: plain text only. */
  readonly html: string | null;
}

// --- trouble ----------------------------------------------------------------------------------------------------------

/**
 * `offline`: no way to the server. `signed-out`. `refused`: the server said no; `type` is the method's or object's error (RFC 8620 §3.6).
 * `gone`: it is not there. `defect`: our fault.
 */
export interface Trouble {
  readonly kind: 'offline' | 'signed-out' | 'refused' | 'gone' | 'defect';
  readonly type: string;
  readonly description: string;
}

/** What happened without being asked. */
export type News =
  /** Letters that came into an inbox while the app looked on. */
  | { readonly kind: 'arrived'; readonly accountId: Id; readonly heads: readonly EmailHead[] }
  /** The server refused what had been shown as done; it is undone. */
  | {
      readonly kind: 'refused';
      readonly what: ActionName | 'draft' | 'send';
      readonly count: number;
      readonly trouble: Trouble;
      /** Of a draft or a letter to send. */
      readonly key?: string;
      /** Its number in the outbox (`OutboxView`). */
      readonly row?: number;
    }
  /** Another device has written on the same draft: both are in Drafts. */
  | { readonly kind: 'apart'; readonly key: string }
  /** On its way: `submissionId` to call it back with `unsend` until then. */
  | { readonly kind: 'sent'; readonly key: string; readonly accountId: Id; readonly submissionId: Id; readonly sendAt: string };

// --- the table --------------------------------------------------------------------------------------------------------

export interface Requests {
  signIn: { args: { readonly login: string; readonly password: string }; answer: SignInAnswer };
  /** The code of the authenticator app or a recovery code, or the passkey's answer as JSON. */
  signInSecond: { args: { readonly code: string } | { readonly passkey: Json }; answer: SignInAnswer };
  /** Request options for a passkey that says by itself who it is; its answer. */
  passkeyOptions: { args: null; answer: Json };
  signInPasskey: { args: { readonly passkey: Json }; answer: SignInAnswer };
  /** From now on letters are brought to this device for times without a network, as documents of this look; needs a service worker that keeps them. */
  keepAtHand: { args: { readonly theme: 'light' | 'dark'; readonly language: 'ja' | 'en'; readonly days: number }; answer: null };
  /** `left`: letters and changes that only this device has and that could not be told to the server; while there are any, only `anyway` signs out. */
  signOut: { args: { readonly anyway: boolean }; answer: { readonly left: number } };
  /** Looks for the session and for news now, such as when the window comes to the front. */
  refresh: { args: null; answer: null };
  /** At once on screen and undoable; settles when it is kept on this device. `silent`: what the app does by itself, such as marking as read what was opened; no step of the undo. */
  act: { args: Action & { readonly silent?: boolean }; answer: UndoView };
  /**
   * Undoes the newest step, or the one named with all that came after it. Null: there was none, or it was stopped before one was undone. What could not be
   * undone now can be undone later. @throws EngineTrouble.
   */
  undo: { args: { readonly step?: number }; answer: UndoView | null };
  /** One such work at a time; several actions are done to each letter, such as those of a rule. @throws EngineTrouble when nothing was done. */
  actWhole: { args: { readonly query: ListQuery; readonly actions: readonly WholeAction[] }; answer: WholeView };
  stopWork: { args: null; answer: null };
  /** Letters of other programs into a mailbox. Long work like `actWhole`: one at a time, told by `work`, stopped by `stopWork`; what came in stays. @throws EngineTrouble. */
  bringIn: { args: { readonly accountId: Id; readonly mailboxId: Id; readonly files: readonly FileToBring[] }; answer: BroughtIn };
  /** What became of a file that was brought into this mailbox from this device before; `next` is smaller than the file when it was not ended. */
  broughtBefore: {
    args: { readonly accountId: Id; readonly mailboxId: Id; readonly file: FileToBring };
    answer: (BroughtIn & { readonly next: number; readonly at: number }) | null;
  };
  /** How many letters a list has. */
  count: { args: { readonly query: ListQuery }; answer: number };
  /** `base`: the `changedAt` that the window knows (null: it has made the draft); whoever has changed or sent it since is not written over. */
  saveDraft: { args: Draft & { readonly base?: number | null }; answer: SavedDraft };
  loadDraft: { args: { readonly key: string }; answer: DraftView | null };
  /** `base`: as with `saveDraft`; what was changed or sent since stays. */
  dropDraft: { args: { readonly key: string; readonly base: number }; answer: null };
  /** Into the outbox; goes out when there is a network. */
  send: { args: { readonly key: string; readonly options: SendOptions }; answer: null };
  /** Calls a sending back. False: it was too late. */
  unsend: { args: { readonly accountId: Id; readonly submissionId: Id; readonly key: string; readonly emailId?: Id }; answer: boolean };
  /** Keeps a file on this device and begins to carry it to the server, in pieces; the topic `files` tells how far it is. */
  attach: {
    args: { readonly id: string; readonly accountId: Id; readonly key: string; readonly file: Blob; readonly name: string };
    answer: null;
  };
  detach: { args: { readonly id: string }; answer: null };
  /** The octets of a file that was attached here, to show a picture; null when it is no longer kept. */
  attached: { args: { readonly id: string }; answer: Blob | null };
  /** A letter in Drafts as one that is written on, whoever has put it there. Null: it is gone. */
  openDraft: { args: { readonly accountId: Id; readonly emailId: Id }; answer: DraftView | null };
  source: { args: { readonly accountId: Id; readonly emailId: Id }; answer: SourceView };
  /** Takes a letter out of the outbox before it has left. False: it is on its way. */
  recall: { args: { readonly key: string }; answer: boolean };
  /** Tells what waits, now. */
  retry: { args: null; answer: null };
  /** Letters that are to go out later, the next one first; needs the network. */
  scheduled: { args: null; answer: readonly ScheduledView[] };
  identities: { args: { readonly accountId: Id }; answer: readonly Identity[] };
  /** Ids of a list's rows between two positions, for "select all": up to 5,000 rows. */
  rows: {
    args: { readonly query: ListQuery; readonly threads: boolean; readonly start: number; readonly end: number };
    answer: readonly Row[];
  };
  /** Addresses written to on this device, the most used first. */
  recipients: { args: { readonly text: string; readonly limit: number }; answer: readonly EmailAddress[] };
  /** RFC 8621 §2.5, through the outbox's rules of trouble but not waiting: needs the network. */
  changeMailbox: {
    args: {
      readonly accountId: Id;
      readonly create?: { readonly name: string; readonly parentId: Id | null };
      readonly update?: { readonly id: Id; readonly patch: PatchObject };
      readonly destroy?: Id;
    };
    answer: { readonly id: Id | null };
  };
  /** A patch of the one Settings object; it holds here at once and is told to the server when there is one. */
  changePreferences: { args: PatchObject; answer: null };
  /** The ways in: `/auth/…`, with a body by POST, without one by GET. A status such as 401 is an answer. */
  auth: {
    args: { readonly path: string; readonly body: JsonObject | null };
    answer: { readonly status: number; readonly json: JsonObject };
  };
  /** Any method, for settings and our own capability; needs the network. `using` beyond core and mail is named. Results may be referred to (RFC 8620 §3.7). */
  call: {
    args: { readonly using: readonly string[]; readonly calls: readonly (readonly [name: string, args: JsonObject, id: string])[] };
    answer: readonly (readonly [string, JsonObject, string])[];
  };
}

export interface Topics {
  /** What the person has chosen for all their devices (Settings of docs/jmap.md), with what was just chosen counted in; from the cache at first. */
  preferences: { args: null; push: JsonObject };
  status: { args: null; push: StatusView };
  mailboxes: { args: null; push: MailboxesView };
  list: { args: ListArgs; push: ListPatch };
  /**
   * `opened`: letters whose text is wanted, beside those that lie open from the beginning (`beginsOpen`): of a conversation of hundreds the others come
   * when they are opened.
   */
  thread: { args: { readonly accountId: Id; readonly threadId: Id; readonly opened?: readonly Id[] | 'all' }; push: ThreadView };
  drafts: { args: null; push: readonly DraftView[] };
  outbox: { args: null; push: OutboxView };
  files: { args: { readonly key: string }; push: readonly FileView[] };
  news: { args: null; push: News };
  work: { args: null; push: WorkView | null };
  /** Objects of another type that changed at the server (RFC 8620 §7.1), such as `Identity` or those of our own capability: time to read them again. */
  changed: { args: { readonly types: readonly string[] }; push: { readonly accountId: Id; readonly types: readonly string[] } };
}

export type RequestName = keyof Requests;
export type TopicName = keyof Topics;

/** A watch that goes on. `adjust` changes its arguments, such as the rows on screen. */
export interface Watch<T extends TopicName> {
  adjust(args: Topics[T]['args']): void;
  end(): void;
}

export interface Engine {
  /** @throws EngineTrouble. */
  ask<N extends RequestName>(name: N, args: Requests[N]['args']): Promise<Requests[N]['answer']>;
  watch<T extends TopicName>(topic: T, args: Topics[T]['args'], heard: (push: Topics[T]['push']) => void): Watch<T>;
}

export class EngineTrouble extends Error {
  override readonly name = 'EngineTrouble';
  readonly trouble: Trouble;
  constructor(trouble: Trouble) {
    super(trouble.description);
    this.trouble = trouble;
  }
}

export function trouble(kind: Trouble['kind'], type: string, description: string): EngineTrouble {
  return new EngineTrouble({ kind, type, description });
}

/** The key of a row, in lists and selections. */
export function rowKey(row: Pick<Row, 'accountId' | 'emailId'>): string {
  return `${row.accountId}/${row.emailId}`;
}

/** The letters that lie open when a conversation is opened: what was not read yet, and the last. `heads`: oldest first. */
export function beginsOpen(heads: readonly EmailHead[]): Id[] {
  return heads.filter(({ keywords }, index) => index === heads.length - 1 || !hasKeyword(keywords, '$seen')).map(({ id }) => id);
}

export function hasKeyword(keywords: Keywords, keyword: string): boolean {
  return keywords[keyword] === true;
}

/** Where the server puts letters that are to come back; made by it with the first one. */
export const snoozedName = 'Snoozed';
/** Set by the server when one has come back by itself. */
export const backKeyword = '$back';
