// The objects of JMAP as the app reads them, and the methods it calls. Knows RFC 8620 and 8621; knows no transport.

export type Id = string;
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };
/** RFC 8620 §5.3: property path → new value; null takes it away. */
export type PatchObject = JsonObject;

/** RFC 8620 §2. */
export interface Session {
  readonly username: string;
  readonly accounts: Readonly<Record<Id, SessionAccount>>;
  readonly primaryAccounts: Readonly<Record<string, Id>>;
  readonly capabilities: Readonly<Record<string, JsonObject>>;
  readonly apiUrl: string;
  readonly uploadUrl: string;
  readonly downloadUrl: string;
  readonly eventSourceUrl: string;
  readonly state: string;
}

export interface SessionAccount {
  readonly name: string;
  readonly isPersonal: boolean;
  readonly isReadOnly: boolean;
  readonly accountCapabilities: Readonly<Record<string, JsonObject>>;
}

/** RFC 8621 §2. */
export type Role = 'inbox' | 'archive' | 'drafts' | 'sent' | 'trash' | 'junk' | 'all' | 'flagged' | 'important' | 'subscribed';

export interface Mailbox {
  readonly id: Id;
  readonly name: string;
  readonly parentId: Id | null;
  readonly role: Role | null;
  readonly sortOrder: number;
  readonly totalEmails: number;
  readonly unreadEmails: number;
  readonly totalThreads: number;
  readonly unreadThreads: number;
  readonly isSubscribed: boolean;
  readonly myRights: Readonly<Record<string, boolean>>;
}

/** RFC 8621 §3. */
export interface Thread {
  readonly id: Id;
  readonly emailIds: readonly Id[];
}

/** RFC 8621 §4.1.2.3. */
export interface EmailAddress {
  readonly name: string | null;
  readonly email: string;
}

export type Keywords = Readonly<Record<string, true>>;

/** What a row of the list shows. RFC 8621 §4.1. */
export interface EmailHead {
  readonly id: Id;
  readonly threadId: Id;
  readonly mailboxIds: Readonly<Record<Id, true>>;
  readonly keywords: Keywords;
  readonly from: readonly EmailAddress[] | null;
  readonly to: readonly EmailAddress[] | null;
  readonly subject: string | null;
  readonly receivedAt: string;
  readonly size: number;
  readonly preview: string;
  readonly hasAttachment: boolean;
}

/** RFC 8621 §4.1.4. */
export interface BodyPart {
  readonly partId: string | null;
  readonly blobId: Id | null;
  readonly size: number;
  readonly name: string | null;
  readonly type: string;
  readonly charset: string | null;
  readonly disposition: string | null;
  readonly cid: string | null;
}

/** What an opened letter shows; the text parts come with their values, HTML is shown by its frame. */
export interface EmailBody {
  readonly id: Id;
  readonly blobId: Id;
  /** RFC 8098 §2.1: who wants to be told that it was read. */
  readonly 'header:Disposition-Notification-To:asAddresses'?: readonly EmailAddress[] | null;
  readonly cc: readonly EmailAddress[] | null;
  readonly bcc: readonly EmailAddress[] | null;
  readonly replyTo: readonly EmailAddress[] | null;
  readonly sentAt: string | null;
  readonly messageId: readonly string[] | null;
  readonly inReplyTo: readonly string[] | null;
  readonly references: readonly string[] | null;
  readonly textBody: readonly BodyPart[];
  readonly htmlBody: readonly BodyPart[];
  readonly attachments: readonly BodyPart[];
  readonly bodyValues: Readonly<
    Record<string, { readonly value: string; readonly isTruncated: boolean; readonly isEncodingProblem: boolean }>
  >;
}

/** RFC 8621 §6. */
export interface Identity {
  readonly id: Id;
  readonly name: string;
  readonly email: string;
  readonly replyTo: readonly EmailAddress[] | null;
  readonly bcc: readonly EmailAddress[] | null;
  readonly textSignature: string;
  readonly htmlSignature: string;
  readonly mayDelete: boolean;
}

/** RFC 8621 §7. */
export interface EmailSubmission {
  readonly id: Id;
  readonly emailId: Id;
  readonly threadId: Id;
  readonly sendAt: string;
  readonly undoStatus: 'pending' | 'final' | 'canceled';
}

/** RFC 8621 §4.4.1; conditions and operators (RFC 8620 §5.5). */
export type EmailFilter =
  | { readonly operator: 'AND' | 'OR' | 'NOT'; readonly conditions: readonly EmailFilter[] }
  | {
      readonly inMailbox?: Id;
      readonly inMailboxOtherThan?: readonly Id[];
      readonly before?: string;
      readonly after?: string;
      readonly minSize?: number;
      readonly maxSize?: number;
      readonly allInThreadHaveKeyword?: string;
      readonly someInThreadHaveKeyword?: string;
      readonly noneInThreadHaveKeyword?: string;
      readonly hasKeyword?: string;
      readonly notKeyword?: string;
      readonly hasAttachment?: boolean;
      readonly text?: string;
      readonly from?: string;
      readonly to?: string;
      readonly cc?: string;
      readonly bcc?: string;
      readonly subject?: string;
      readonly body?: string;
      readonly header?: readonly string[];
      readonly emailIds?: readonly Id[];
    };

/** RFC 8621 §5. */
export interface SearchSnippet {
  readonly emailId: Id;
  /** HTML with `<mark>` only. */
  readonly subject: string | null;
  readonly preview: string | null;
}

export interface GetAnswer<T> {
  readonly accountId: Id;
  readonly state: string;
  readonly list: readonly T[];
  readonly notFound: readonly Id[];
}

export interface ChangesAnswer {
  readonly accountId: Id;
  readonly oldState: string;
  readonly newState: string;
  readonly hasMoreChanges: boolean;
  readonly created: readonly Id[];
  readonly updated: readonly Id[];
  readonly destroyed: readonly Id[];
  readonly updatedProperties?: readonly string[] | null;
}

export interface SetError {
  readonly type: string;
  readonly description?: string;
  readonly properties?: readonly string[];
}

export interface SetAnswer {
  readonly accountId: Id;
  readonly oldState: string | null;
  readonly newState: string;
  readonly created?: Readonly<Record<Id, JsonObject & { readonly id: Id }>> | null;
  readonly updated?: Readonly<Record<Id, JsonObject | null>> | null;
  readonly destroyed?: readonly Id[] | null;
  readonly notCreated?: Readonly<Record<Id, SetError>> | null;
  readonly notUpdated?: Readonly<Record<Id, SetError>> | null;
  readonly notDestroyed?: Readonly<Record<Id, SetError>> | null;
}

export interface QueryAnswer {
  readonly accountId: Id;
  readonly queryState: string;
  readonly canCalculateChanges: boolean;
  readonly position: number;
  readonly ids: readonly Id[];
  readonly total?: number;
  readonly limit?: number;
}

export interface QueryChangesAnswer {
  readonly accountId: Id;
  readonly oldQueryState: string;
  readonly newQueryState: string;
  readonly total?: number;
  readonly removed: readonly Id[];
  readonly added: readonly { readonly id: Id; readonly index: number }[];
}

/** Answers by method name; a method that is not here (our own capability) answers `JsonObject`. */
export interface Answers {
  'Mailbox/get': GetAnswer<Mailbox>;
  'Mailbox/changes': ChangesAnswer;
  'Mailbox/set': SetAnswer;
  'Thread/get': GetAnswer<Thread>;
  'Thread/changes': ChangesAnswer;
  'Email/get': GetAnswer<EmailHead & Partial<EmailBody>>;
  'Email/changes': ChangesAnswer;
  'Email/set': SetAnswer;
  'Email/query': QueryAnswer;
  'Email/queryChanges': QueryChangesAnswer;
  'SearchSnippet/get': { readonly accountId: Id; readonly list: readonly SearchSnippet[]; readonly notFound: readonly Id[] | null };
  'Identity/get': GetAnswer<Identity>;
  'Identity/changes': ChangesAnswer;
  'Identity/set': SetAnswer;
  'EmailSubmission/get': GetAnswer<EmailSubmission>;
  'EmailSubmission/query': QueryAnswer;
  'EmailSubmission/set': SetAnswer;
}
export type AnswerOf<N extends string> = N extends keyof Answers ? Answers[N] : JsonObject;
