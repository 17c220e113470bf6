// Tayori's own capability of JMAP: what its methods ask for, and what they are given. Knows shapes; fulfilled in setup/own-capability*.ts.
// What is not in JMAP and every person needs here: looking an address up, accounts at other providers, one's own devices, the journey of a
// letter, the word list, settings, rules, saved searches, contacts, snooze. docs/jmap.md tells it to those who write apps.
import type { Clock } from '../../../base/clock.ts';
import type { AccountId, LetterId, MailboxId, MessageId } from '../../../store/contract.ts';
import type { ItemStore, ItemWrite } from '../../../store/items-contract.ts';
import type { MailService, Pop3Leaving, TlsException } from '../../../store/outside-contract.ts';
import type { LoginProtocol } from '../../../store/directory-contract.ts';
import type { Json, JsonObject } from '../contract.ts';
import type { TaskBoard } from './task-board.ts';

/** The one place of its name. */
export const tayoriCapability = 'urn:tayori:params:jmap:tayori';

export type Language = 'ja' | 'en';

/** A server as an app has confirmed it: found by a look, or typed. */
export interface WishedServer {
  readonly service: MailService;
  readonly host: string;
  readonly port: number;
  readonly security: 'tls' | 'starttls';
  readonly logins: readonly string[];
  readonly exceptions: readonly TlsException[];
  readonly provenance: Readonly<Record<string, string>>;
}

/** What one signs in with, as it comes in; it never goes out again. */
export type WishedSecret =
  | { readonly kind: 'password'; readonly receive: string; readonly send: string }
  /** At the provider's page; null: at that of the provider whose servers they are. */
  | { readonly kind: 'signIn'; readonly provider: string | null };

/** Work that takes longer than an answer may. */
export type TaskWish =
  | { readonly kind: 'discovery'; readonly address: string }
  | {
      readonly kind: 'setUp';
      readonly address: string;
      readonly name: string;
      readonly provider: string | null;
      readonly receive: readonly WishedServer[];
      readonly send: readonly WishedServer[];
      readonly secret: WishedSecret;
      readonly leaving: Pop3Leaving;
      readonly sentCopy: 'provider' | 'here';
      readonly proof: boolean;
    }
  | { readonly kind: 'check'; readonly outsideAccount: AccountId; readonly letter: boolean }
  | { readonly kind: 'password'; readonly outsideAccount: AccountId; readonly secret: WishedSecret; readonly check: boolean }
  | {
      readonly kind: 'switch';
      readonly outsideAccount: AccountId;
      readonly service: 'imap' | 'pop3';
      /** Typed; null: looked up. */
      readonly receive: readonly WishedServer[] | null;
      readonly leaving: Pop3Leaving;
      readonly sendHome: boolean;
    };
export type TaskKind = TaskWish['kind'];

export interface TaskStep {
  readonly at: number;
  /** `passed` and `failed` are ticks; `told` is news; `open`: the person opens the task's `openUrl`. */
  readonly mark: 'passed' | 'failed' | 'told' | 'open';
  readonly sentence: string;
  /** Whose, and which of the check: `receive`, `send`, `letter`; `name`, `reach`, `seal` … */
  readonly side: string | null;
  readonly step: string | null;
  /** The peer's own words and facts, shown one tap away; no secret. */
  readonly words: string;
  readonly facts: JsonObject;
}

export interface TaskFailure {
  /** A name of journey/outside/causes.ts, or of a refusal. */
  readonly cause: string;
  readonly sentence: string;
  readonly next: string;
  /** Whose side it is: `you`, `provider`, `network`, `here`; and in words. */
  readonly whose: string;
  readonly whoseWords: string;
  readonly words: string;
  readonly side: string | null;
  readonly server: { readonly host: string; readonly port: number } | null;
  /** What the person would have to allow for this server alone. */
  readonly needs: readonly string[];
}

/** What the work has in hand while it is done. */
export interface TaskHand {
  readonly signal: AbortSignal;
  step(step: Omit<TaskStep, 'at'>): void;
  /** A page that the person opens; null when it is done with. */
  open(url: string | null): void;
}

/** What a task ends with, when it does not throw. */
export interface TaskEnd {
  readonly result: JsonObject | null;
  readonly failure: TaskFailure | null;
}

export interface TaskDesk {
  /** Settles when the rest can be asked: it is loaded with the first task. */
  ready(): Promise<void>;
  /** Told before it begins. @throws Refusal: `limit` (look-ups, tries), `nonexistent`, `already-exists`, `cannot`. */
  check(wish: TaskWish, owner: AccountId): void;
  /** Never throws for what a peer does. */
  run(wish: TaskWish, owner: AccountId, language: Language, hand: TaskHand): Promise<TaskEnd>;
  /** A refusal or a defect in words. */
  explain(trouble: unknown, language: Language): TaskFailure;
}

/** Objects that are shown as they stand: id → properties. In the asked language. */
export type Shown = ReadonlyMap<string, JsonObject>;

export interface OutsideChange {
  readonly name?: string;
  readonly leaving?: Pop3Leaving;
  readonly sentCopy?: 'provider' | 'here';
  readonly paused?: boolean;
  /** Brought back from its rest. */
  readonly open?: true;
}

export interface OutsideDesk {
  /** All of a person, also those at rest. */
  list(owner: AccountId, language: Language): Promise<Shown>;
  /** What a state is made of: changes when anything in `list` may have changed but what their mail amounts to. Each has `restsUntil`. */
  marks(owner: AccountId): Shown;
  /** @throws Refusal `nonexistent`, `cannot`. */
  change(owner: AccountId, account: AccountId, change: OutsideChange): Promise<void>;
  /** Comes to rest for thirty days. @throws Refusal `nonexistent`. */
  rest(owner: AccountId, account: AccountId): Promise<void>;
}

export interface DeviceDesk {
  list(owner: AccountId): Shown;
  /** The secret is told once. @throws Refusal `already-exists`, `limit`, `cannot`. */
  add(
    owner: AccountId,
    name: string,
    protocols: readonly LoginProtocol[] | null,
  ): Promise<{ readonly id: number; readonly secret: string }>;
  /** @throws Refusal `nonexistent`. */
  remove(owner: AccountId, id: number): Promise<void>;
  links(owner: AccountId): Shown;
  /** The link and its picture are told once. @throws Refusal. */
  addLink(
    owner: AccountId,
    device: string | null,
    days: number,
    language: Language,
  ): Promise<{ readonly id: number; readonly more: JsonObject }>;
  removeLink(owner: AccountId, id: number): Promise<void>;
}

export interface JourneyDesk {
  /**
   * Journey ids of an email, its own first, then those of letters with its Message-ID: a copy in "Sent" is another letter than the one that went
   * out. Null when the account has no such email.
   */
  lettersOf(account: AccountId, message: MessageId): Promise<readonly LetterId[] | null>;
  /** What these accounts may see of a letter's road; null when it is no letter of theirs. */
  look(accounts: readonly AccountId[], letter: LetterId, language: Language): Promise<JsonObject | null>;
  /** Letters that this account has sent and that still wait for somebody, newest first. */
  underWay(account: AccountId, limit: number): Promise<readonly LetterId[]>;
}

export interface SnoozeDesk {
  /**
   * Puts the letter away and writes `keep` of where it lay, in one commit; the item's id. @throws Refusal `nonexistent` (no such letter), `cannot` (it lies
   * in no mailbox it could come back to), and as ItemStore.write.
   */
  away(account: AccountId, message: MessageId, keep: (from: MailboxId) => ItemWrite): Promise<number>;
  /** Back to where it lay, and `gone` written, in one commit. A letter that lies elsewhere by now stays there. */
  back(account: AccountId, message: MessageId, mailbox: MailboxId, gone: ItemWrite): Promise<void>;
}

export interface ContactDesk {
  /** To whom the person has written of late, and how often; the most used first. The same list as long as none is sent. */
  history(account: AccountId): Promise<readonly { readonly name: string; readonly email: string; readonly uses: number }[]>;
}

/**
 * Asks a mailing list, by the POST of RFC 8058 that the letter names, to send no more; called when the person has pressed.
 * @throws Refusal `nonexistent` (no such letter), `cannot` (it names no such way).
 */
export type UnsubscribeDesk = (
  account: AccountId,
  message: MessageId,
) => Promise<{ readonly state: 'done' | 'refused' | 'unreachable'; readonly host: string; readonly status: number | null }>;

export interface TayoriParts {
  readonly items: ItemStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly tasks: TaskBoard;
  readonly desk: TaskDesk;
  readonly outside: OutsideDesk;
  readonly devices: DeviceDesk;
  readonly journeys: JourneyDesk;
  readonly snoozes: SnoozeDesk;
  readonly contacts: ContactDesk;
  readonly unsubscribe: UnsubscribeDesk;
  /** What our own table knows of an address at once, without any network; null: nothing. @throws CauseTrouble for what is no address. */
  readonly known: (address: string, language: Language) => Promise<JsonObject | null>;
  /** @throws Refusal `limit`, `cannot` (no domain); Unavailable `dns`. */
  readonly domain: (owner: AccountId, domain: string, language: Language) => Promise<JsonObject>;
  readonly glossary: (language: Language) => Promise<readonly JsonObject[]>;
  /** A rule as it is kept. @throws RuleTrouble. */
  readonly readRule: (value: unknown) => JsonObject;
  /** Whether an account has this mailbox. */
  readonly hasMailbox: (account: AccountId, mailbox: MailboxId) => Promise<boolean>;
}

export type { Json, JsonObject };
