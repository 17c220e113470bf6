// What a command gets to work with, and what it gives back. Knows the parts of a session by their contracts; knows no
// command and no framing. The session fulfils `Context`; the table in states.ts has been asked before a command sees it.
import type { Chance, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Meter } from '../../base/meter.ts';
import type { AccountId, MailStore, MailboxId, MailboxInfo } from '../../store/contract.ts';
import type { MailboxState } from '../../store/mailbox-state.ts';
import type { Unit, Wire } from '../line/session.ts';
import type { Authenticator, Principal } from '../sasl/authenticator.ts';
import type { Mechanism } from '../sasl/mechanism.ts';
import type { Announcement } from './framing.ts';
import type { Cursor } from './grammar/cursor.ts';
import type { ImapLimits } from './limits.ts';
import type { MailboxView } from './view.ts';

/** What all IMAP sessions of one listener share. */
export interface ImapParts {
  readonly store: MailStore;
  readonly authenticator: Authenticator;
  /** `starttls`: a listener in the clear that offers TLS; `tls`: TLS from the first octet. */
  readonly security: 'none' | 'starttls' | 'tls';
  readonly hostName: string;
  readonly version: string;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly meter: Meter;
  readonly limits: ImapLimits;
  /** May somebody at this address sign in without TLS? */
  plaintextAllowed(remoteAddress: string): boolean;
}

/** RFC 5161: what the client has switched on. Each stays on until the session ends. */
export interface Enabled {
  rev2: boolean;
  condstore: boolean;
  /** Implies `condstore`; expunges are told as VANISHED. */
  qresync: boolean;
  utf8: boolean;
}

/** The selected mailbox of this session. */
export interface Selected {
  readonly mailbox: MailboxId;
  /** EXAMINE, which changes nothing. */
  readonly readOnly: boolean;
  readonly state: MailboxState;
  readonly view: MailboxView;
  /** RFC 5182 `$`: UIDs, ascending; those that are gone are passed over by whoever uses it. */
  searchResult: Uint32Array;
  /** Keywords the client has heard of in a FLAGS response. */
  toldKeywords: number;
}

/** How a command ended when it was understood. OK unless `status` says otherwise. Trouble is thrown instead (base/trouble.ts). */
export interface Done {
  readonly status?: 'OK' | 'NO' | 'BAD';
  /** Response code without its brackets. */
  readonly code?: string;
  readonly text: string;
  /** Called when the tagged answer has been written: what changes the connection itself. */
  readonly afterwards?: () => void;
}

/** A command that goes on after its first line: units go to it until it is done. */
export interface Dialogue {
  /** Null: more is wanted. Trouble may be thrown; then it is over. */
  receive(unit: Unit): Done | null | Promise<Done | null>;
  /** It was ended by something else: trouble, a timeout, a peer that is gone. Frees what is held; harmless when called twice. */
  abandon(): void;
}

export type Outcome = Done | Dialogue;

export function isDialogue(outcome: Outcome): outcome is Dialogue {
  return 'receive' in outcome;
}

/** One command: its arguments as plain data, and what it does. */
export interface Command<Arguments> {
  /** Reads everything after the name, from the space on, to the end. Pure. @throws SyntaxTrouble */
  parse(cursor: Cursor): Arguments;
  /** Untagged answers go to the wire; the tagged one is returned. What others have changed is told by the session after it. */
  run(context: Context, args: Arguments): Done | Promise<Done>;
}

/** A command that may also change the session itself. */
export interface SessionCommand<Arguments> {
  parse(cursor: Cursor): Arguments;
  run(session: SessionControl, args: Arguments): Outcome | Promise<Outcome>;
}

/** A command of whatever arguments, for tables. */
export type AnyCommand = SessionCommand<unknown>;

export interface Context {
  readonly parts: ImapParts;
  /** The tag of the command at work: RFC 9051 §7.3.4, an ESEARCH answer names it. */
  readonly tag: string;
  /** For answers: `write`, `congested` and `drained` before much is written, `closing` during long work. */
  readonly wire: Wire;
  readonly log: Log;
  readonly enabled: Enabled;
  /** @throws Error before login: the state table keeps such commands away. */
  readonly principal: Principal;
  readonly account: AccountId;
  /** @throws Error when no mailbox is selected. */
  readonly selected: Selected;
  readonly selectedOrNull: Selected | null;
  /** Sends `* text`. The text must be safe for the wire. */
  untagged(text: string): void;
  /**
   * Tells now what others have changed (the session does it at the end of each command anyway). With `expunges` also what is gone, which is only
   * right where no sequence number is used afterwards.
   */
  sync(expunges: boolean): void;
  /** Switches CONDSTORE on when it is not yet, and tells HIGHESTMODSEQ as RFC 7162 §3.1 asks. */
  enableCondstore(): void;
  /** The mailbox of this name (as parsed by grammar/mailbox-name.ts). @throws Refusal `nonexistent`. */
  findMailbox(name: string): Promise<MailboxInfo>;
  /** The name of a mailbox as this session reads it. */
  formatName(name: string): string;
  /** @throws Refusal `read-only` when the mailbox was opened by EXAMINE. */
  checkWritable(): void;
}

/** What only a few commands need: those that move the session from state to state, and those that read on. */
export interface SessionControl extends Context {
  readonly signedIn: boolean;
  /** A secret may be told in the clear on this connection, which has no TLS. */
  readonly plaintextAllowed: boolean;
  readonly mechanisms: readonly Mechanism[];
  readonly canStartTls: boolean;
  readonly compressed: boolean;
  capabilities(): string;
  signIn(principal: Principal): void;
  startDeflate(): void;
  /** Takes over the opened state. The mailbox before must have been left. */
  select(selected: Selected): void;
  /** Leaves the selected mailbox, if there is one. */
  deselect(): void;
  /** Says `+` when the client waits for it, and has the octets delivered as `data` and `end`. */
  acceptLiteral(announced: Announcement): void;
  /** Last words, and the connection is closed. */
  bye(text: string, code?: string): void;
}
