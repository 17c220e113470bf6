// One IMAP connection: asks the state table, lets each command run, and tells what others have changed where that is allowed. Knows order and
// limits; how a command is gathered is in intake.ts, its grammar in the command, the mail in the store.
//
// Commands are answered strictly in order. A unit belongs to the dialogue of a command that reads on (IDLE, APPEND, AUTHENTICATE), if there
// is one, else to the intake, which makes the next command of it.
import { latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import type { Log } from '../../base/log.ts';
import { Refusal } from '../../base/trouble.ts';
import type { AccountId, MailboxInfo } from '../../store/contract.ts';
import type { Session, SessionFactory, Unit, Wire } from '../line/session.ts';
import type { Principal } from '../sasl/authenticator.ts';
import { offeredMechanisms, type Mechanism } from '../sasl/mechanism.ts';
import { formatCapabilities } from './capability.ts';
import { readHead, readTag, type CommandHead } from './command.ts';
import { commandTable } from './commands/table.ts';
import {
  isDialogue,
  type AnyCommand,
  type Dialogue,
  type Done,
  type Enabled,
  type ImapParts,
  type Outcome,
  type Selected,
  type SessionControl,
} from './context.ts';
import type { Announcement } from './framing.ts';
import { Cursor } from './grammar/cursor.ts';
import { formatMailboxName } from './grammar/mailbox-name.ts';
import { CommandIntake, type IntakeHost } from './intake.ts';
import { answerTrouble, faultOf, formatTagged, formatText, type Fault } from './response.ts';
import { mayTellExpunges, nextState, type StateName } from './states.ts';
import { writeUpdates } from './updates.ts';

/** B-017: what browsers and port scanners send first. RFC 9051 tags could look like it, but no app uses them. */
const httpWords = /^(?:GET|POST|PUT|HEAD|CONNECT|OPTIONS|DELETE|PATCH|TRACE|PRI) /;

export function imapSessions(parts: ImapParts): SessionFactory {
  return (wire) => new ImapSession(parts, wire);
}

class ImapSession implements Session, SessionControl, IntakeHost {
  readonly parts: ImapParts;
  readonly wire: Wire;
  readonly enabled: Enabled = { rev2: false, condstore: false, qresync: false, utf8: false };
  tag = '*';
  #log: Log | null = null;
  #state: StateName = 'greeted';
  #principal: Principal | null = null;
  #selected: Selected | null = null;
  #compressed = false;
  #gone = false;
  #greetedOctets = 0;
  #faults = 0;
  #loginFailures = 0;
  readonly #intake = new CommandIntake(this);
  #dialogue: { readonly with: Dialogue; readonly head: CommandHead } | null = null;

  constructor(parts: ImapParts, wire: Wire) {
    this.parts = parts;
    this.wire = wire;
  }

  // --- Session ------------------------------------------------------------------------------------------------------

  open(): void {
    const { limits } = this.parts;
    this.wire.want({ kind: 'line', max: limits.greetedLine });
    this.wire.patience(limits.greetedSilence);
    // RFC 9051 §7.1: the greeting carries the capabilities, which saves a round trip.
    this.wire.write(`* OK [CAPABILITY ${this.capabilities()}] ${formatText(this.parts.hostName)} Tayori is ready\r\n`);
    this.parts.meter.count('imap_connections_total');
  }

  receive(unit: Unit): void | Promise<void> {
    let answering: void | Promise<void>;
    try {
      answering = this.#take(unit);
    } catch (trouble) {
      return this.#break(trouble);
    }
    if (answering === undefined) return this.wire.congested ? this.#relieve() : undefined;
    return answering.then(
      () => (this.wire.congested ? this.#relieve() : undefined),
      (trouble: unknown) => this.#break(trouble),
    );
  }

  /** A defect outside of any command: the state of the session cannot be trusted any more. */
  #break(trouble: unknown): void {
    this.log.error('imap-defect', {}, trouble);
    this.bye('the server made a mistake; it has been noted', 'SERVERBUG');
  }

  gone(): void {
    this.#gone = true;
    this.#dialogue?.with.abandon();
    this.#dialogue = null;
    this.#release();
    this.#intake.drop();
  }

  /** B-055: nothing more is read while the peer does not take what it has asked for. */
  async #relieve(): Promise<void> {
    try {
      await this.wire.drained();
    } catch {
      // The peer is gone; `gone` will follow.
    }
  }

  #take(unit: Unit): void | Promise<void> {
    if (this.#state === 'logout' || this.#gone) return;
    if (this.#state === 'greeted' && this.#saidTooMuch(unit)) return this.bye('too much was said before login', 'TOOBIG');
    switch (unit.kind) {
      case 'silence':
        return this.bye('no command came for too long');
      case 'shutdown':
        return this.bye('the server is stopping');
      case 'tls':
        return;
      default:
    }
    if (this.#dialogue !== null) return this.#continueDialogue(unit);
    if (unit.kind === 'line' && this.#intake.atBegin) {
      if (this.#state === 'greeted' && httpWords.test(latin1FromBytes(unit.bytes, 0, 8)))
        return this.bye('this is a mail server and does not speak HTTP');
      if (this.#selected?.state.gone === true && this.#leaveGone()) return;
    }
    return this.#intake.take(unit);
  }

  #saidTooMuch(unit: Unit): boolean {
    if (unit.kind === 'line' || unit.kind === 'data') this.#greetedOctets += unit.bytes.length;
    return this.#greetedOctets > this.parts.limits.greetedTotal;
  }

  // --- commands -----------------------------------------------------------------------------------------------------

  readHead(command: Bytes): CommandHead {
    const utf8 = this.enabled.rev2 || this.enabled.utf8;
    return readHead(new Cursor(command, utf8, this.parts.limits.depth), this.#state);
  }

  perform(command: Bytes): void | Promise<void> {
    let head: CommandHead;
    try {
      head = this.readHead(command);
    } catch (trouble) {
      return this.#answerTrouble(readTag(command), null, trouble);
    }
    return this.run(head);
  }

  run(head: CommandHead): void | Promise<void> {
    this.tag = head.tag;
    let outcome: Outcome | Promise<Outcome>;
    try {
      const command: AnyCommand = commandTable[head.name];
      outcome = command.run(this, command.parse(head.cursor));
    } catch (trouble) {
      return this.#answerTrouble(head.tag, head, trouble);
    }
    if (outcome instanceof Promise)
      return outcome.then(
        (settled) => this.#settle(head, settled),
        (trouble: unknown) => this.#answerTrouble(head.tag, head, trouble),
      );
    return this.#settle(head, outcome);
  }

  #settle(head: CommandHead, outcome: Outcome): void {
    if (!isDialogue(outcome)) return this.#finish(head, outcome);
    if (this.#gone || this.#state === 'logout') return outcome.abandon();
    this.#dialogue = { with: outcome, head };
  }

  #continueDialogue(unit: Unit): void | Promise<void> {
    const { with: dialogue, head } = this.#dialogue!;
    const settle = (done: Done | null): void => {
      if (done === null || this.#dialogue === null) return;
      this.#dialogue = null;
      this.#finish(head, done);
    };
    const fail = (trouble: unknown): void | Promise<void> => {
      if (this.#dialogue === null) return;
      this.#dialogue = null;
      dialogue.abandon();
      return this.#answerTrouble(head.tag, head, trouble);
    };
    try {
      const taken = dialogue.receive(unit);
      return taken instanceof Promise ? taken.then(settle, fail) : settle(taken);
    } catch (trouble) {
      return fail(trouble);
    }
  }

  /** The tagged answer, after everything that is to be told before it. */
  #finish(head: CommandHead, done: Done): void {
    if (this.#gone || this.#state === 'logout') return;
    const status = done.status ?? 'OK';
    const next = nextState(head.row, this.#state, status);
    if (next !== 'selected' && this.#selected !== null) {
      // A SELECT that was refused before it could close what was selected.
      if (status === 'NO') this.untagged('OK [CLOSED] The mailbox before is closed');
      this.#release();
    }
    this.#state = next === 'selected' && this.#selected === null ? 'authenticated' : next;
    if (this.#selected !== null) {
      if (this.#selected.state.gone) {
        if (this.#leaveGone()) return;
      } else this.sync(mayTellExpunges(head.row));
    }
    this.wire.write(formatTagged(head.tag, done));
    if (status === 'OK') this.#faults = 0;
    this.parts.meter.count('imap_commands_total', { command: head.name, result: status });
    done.afterwards?.();
    if (this.#state === 'logout') this.wire.close();
  }

  #answerTrouble(tag: string, head: CommandHead | null, trouble: unknown): void {
    if (this.#gone || this.#state === 'logout') return;
    const fault = faultOf(trouble);
    const done = answerTrouble(trouble, head?.row.tryCreate);
    if (fault === 'defect') this.log.error('imap-defect', { command: head?.name }, trouble);
    else if (fault === 'unavailable') this.log.warn('imap-unavailable', { command: head?.name }, trouble);
    else if (trouble instanceof Refusal) this.log.info('imap-refused', { command: head?.name, code: trouble.code, reason: trouble.reason });
    if (head !== null) this.#finish(head, done);
    else this.wire.write(formatTagged(tag, done));
    this.#countFault(fault, trouble);
  }

  #countFault(fault: Fault, trouble: unknown): void {
    const { limits } = this.parts;
    if (trouble instanceof Refusal && trouble.code === 'authentication-failed') {
      if (++this.#loginFailures >= limits.loginFailures) this.bye('too many failed logins');
      return;
    }
    if (fault === 'syntax') this.parts.meter.count('imap_faults_total');
    const greeted = this.#state === 'greeted';
    // Before login whoever is refused again and again is sent away as well.
    if (fault !== 'syntax' && !(fault === 'refused' && greeted)) return;
    if (++this.#faults >= (greeted ? limits.greetedFaults : limits.faults)) this.bye('too many wrong commands');
  }

  /** RFC 9051 §7.1.5 (BYE): the last words. */
  bye(text: string, code?: string): void {
    if (this.#state === 'logout') return;
    this.#state = 'logout';
    this.wire.write(`* BYE ${code === undefined ? '' : `[${code}] `}${formatText(text)}\r\n`);
    this.#dialogue?.with.abandon();
    this.#dialogue = null;
    this.#release();
    this.wire.close();
  }

  refuse(tag: string, trouble: unknown): void {
    this.#answerTrouble(tag, null, trouble);
  }

  // --- Context ------------------------------------------------------------------------------------------------------

  get log(): Log {
    return (this.#log ??= this.parts.log.with({ connection: this.wire.id }));
  }

  get signedIn(): boolean {
    return this.#principal !== null;
  }

  get principal(): Principal {
    if (this.#principal === null) throw new Error('nobody has signed in');
    return this.#principal;
  }

  get account(): AccountId {
    return this.principal.account;
  }

  get selected(): Selected {
    if (this.#selected === null) throw new Error('no mailbox is selected');
    return this.#selected;
  }

  get selectedOrNull(): Selected | null {
    return this.#selected;
  }

  get plaintextAllowed(): boolean {
    return this.wire.tls === null && this.parts.plaintextAllowed(this.wire.remote.address);
  }

  get mechanisms(): readonly Mechanism[] {
    return offeredMechanisms({ tls: this.wire.tls, plaintextAllowed: this.plaintextAllowed });
  }

  get canStartTls(): boolean {
    return this.parts.security === 'starttls' && this.wire.tls === null;
  }

  capabilities(): string {
    return formatCapabilities({
      signedIn: this.#principal !== null,
      startTls: this.canStartTls,
      mechanisms: this.#principal === null ? this.mechanisms : [],
      compressed: this.#compressed,
      appendLimit: this.parts.limits.letter,
    });
  }

  signIn(principal: Principal): void {
    const { limits } = this.parts;
    this.#principal = principal;
    this.#faults = 0;
    this.wire.want({ kind: 'line', max: limits.command });
    this.wire.patience(limits.silence);
    this.#log = this.parts.log.with({ connection: this.wire.id, login: principal.login });
  }

  get compressed(): boolean {
    return this.#compressed;
  }

  startDeflate(): void {
    this.#compressed = true;
    this.wire.startDeflate();
  }

  select(selected: Selected): void {
    if (this.#selected !== null) throw new Error('the mailbox before has not been left');
    // The peer may have gone while the mailbox was opened: then nobody else would release it.
    if (this.#gone || this.#state === 'logout') selected.state.release();
    else this.#selected = selected;
  }

  deselect(): void {
    this.#release();
    if (this.#state === 'selected') this.#state = 'authenticated';
  }

  #release(): void {
    this.#selected?.state.release();
    this.#selected = null;
  }

  /**
   * The selected mailbox has been deleted by somebody. RFC 9051 §3 (6): an unsolicited CLOSED leads to the authenticated state, for clients
   * that know it; others can only be sent away. Returns true when the session is over.
   */
  #leaveGone(): boolean {
    if (this.enabled.rev2 || this.enabled.qresync) {
      this.deselect();
      this.untagged('OK [CLOSED] The mailbox has been deleted');
      return false;
    }
    this.bye('the selected mailbox has been deleted');
    return true;
  }

  acceptLiteral(announced: Announcement): void {
    if (!announced.nonSync) {
      this.wire.write('+ Ready for the literal\r\n');
      this.wire.flush();
    }
    this.wire.want({ kind: 'octets', length: announced.length });
  }

  untagged(text: string): void {
    this.wire.write(`* ${text}\r\n`);
  }

  sync(expunges: boolean): void {
    const selected = this.#selected;
    if (selected === null) return;
    if (selected.state.gone) {
      // At the end of a command `#finish` leaves the mailbox; while idling nothing else would.
      if (this.#dialogue !== null) this.#leaveGone();
      return;
    }
    if (!selected.view.stale && selected.state.keywords.length === selected.toldKeywords) return;
    writeUpdates(this.wire, selected.view.sync(expunges), selected, this.enabled);
  }

  enableCondstore(): void {
    if (this.enabled.condstore) return;
    this.enabled.condstore = true;
    // RFC 7162 §3.1: a client that switches it on in the middle must learn where it stands.
    if (this.#selected !== null) this.untagged(`OK [HIGHESTMODSEQ ${this.#selected.view.toldModSeq}] CONDSTORE is on`);
  }

  async findMailbox(name: string): Promise<MailboxInfo> {
    const found = (await this.parts.store.mailboxes(this.account)).find((mailbox) => mailbox.name === name);
    if (found === undefined) throw new Refusal('nonexistent', 'there is no such mailbox');
    return found;
  }

  formatName(name: string): string {
    return formatMailboxName(name, this.enabled.rev2 || this.enabled.utf8);
  }

  checkWritable(): void {
    if (this.selected.readOnly) throw new Refusal('read-only', 'the mailbox was opened by EXAMINE');
  }
}
