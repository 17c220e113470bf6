// Gathers a command from lines and literals (RFC 9051 §4.3, RFC 7888), within bounds; what is refused but sent all the same is read and thrown
// away. Knows framing and limits; of commands it knows only that the letters of APPEND are not for it.
import { allocateBytes, bytesFromLatin1, noBytes, type Bytes } from '../../base/bytes.ts';
import { Refusal, SyntaxTrouble } from '../../base/trouble.ts';
import type { Unit, Wire } from '../line/session.ts';
import { readTag, type CommandHead } from './command.ts';
import { findAnnouncement, type Announcement } from './framing.ts';
import type { ImapLimits } from './limits.ts';
import { answerTrouble, formatTagged } from './response.ts';

/** What the intake asks of its session. */
export interface IntakeHost {
  readonly wire: Wire;
  readonly parts: { readonly limits: ImapLimits };
  /** Nobody has signed in yet: the narrow limits hold. */
  readonly signedIn: boolean;
  /** @throws SyntaxTrouble */
  readHead(command: Bytes): CommandHead;
  /** A whole command. */
  perform(command: Bytes): void | Promise<void>;
  /** An APPEND up to the announcement of its first letter, CRLF included. */
  run(head: CommandHead): void | Promise<void>;
  /** A command that never became one. */
  refuse(tag: string, trouble: unknown): void;
  acceptLiteral(announced: Announcement): void;
  bye(text: string, code?: string): void;
}

const crlf = bytesFromLatin1('\r\n');

export class CommandIntake {
  readonly #host: IntakeHost;
  /** A command with literals, once its first line has been found right. */
  #pending: CommandHead | null = null;
  /** Its lines and literals so far, as they came, CRLF included: the first `#heldLength` octets. */
  #held: Bytes = noBytes();
  #heldLength = 0;
  /** The rest of a command that is read only to be thrown away, and the answer that follows. */
  #discard: { readonly tag: string; readonly trouble: unknown } | null = null;

  constructor(host: IntakeHost) {
    this.#host = host;
  }

  /** False in the middle of a command. */
  get atBegin(): boolean {
    return this.#pending === null && this.#discard === null;
  }

  take(unit: Unit): void | Promise<void> {
    if (this.#discard !== null) return this.#throwAway(unit, this.#discard);
    if (unit.kind === 'line') return this.#takeLine(unit.bytes);
    if (unit.kind === 'data') return this.#hold(unit.bytes);
    if (unit.kind === 'line-too-long') return this.#tooLongLine();
  }

  /** The memory is not used again: the arguments of the command may still be views of it. */
  drop(): void {
    this.#pending = null;
    this.#held = noBytes();
    this.#heldLength = 0;
  }

  #takeLine(line: Bytes): void | Promise<void> {
    const announced = findAnnouncement(line);
    if (announced === null && this.#pending === null) return this.#host.perform(line);
    this.#hold(line);
    if (announced === null) {
      const whole = this.#heldBytes();
      this.drop();
      return this.#host.perform(whole);
    }
    this.#hold(crlf);
    return this.#takeAnnouncement(announced, line.length - announced.at + 2);
  }

  /** `tail`: octets from the announcement to the end of what is held. */
  #takeAnnouncement(announced: Announcement, tail: number): void | Promise<void> {
    const { signedIn, parts } = this.#host;
    const { limits } = parts;
    try {
      this.#pending ??= this.#host.readHead(this.#heldBytes());
      // The name of the mailbox may be a literal too: it stands directly behind `APPEND `.
      if (this.#pending.name === 'APPEND' && this.#heldLength - tail > this.#pending.cursor.at + 1) {
        const head = this.#host.readHead(this.#heldBytes());
        this.drop();
        return this.#host.run(head);
      }
      if (
        announced.length > (signedIn ? limits.command : limits.greetedLiteral) ||
        this.#heldLength + announced.length > (signedIn ? limits.command : limits.greetedTotal)
      )
        throw new Refusal('too-big', 'the literal is too large for this command');
    } catch (trouble) {
      return this.#refuseLiteral(announced, trouble);
    }
    this.#host.acceptLiteral(announced);
  }

  /** Copies: a line is only ours until `receive` settles, and many small pieces would cost more than their octets. */
  #hold(bytes: Bytes): void {
    const length = this.#heldLength + bytes.length;
    if (length > this.#held.length) {
      const grown = allocateBytes(Math.max(512, length * 2));
      grown.set(this.#heldBytes());
      this.#held = grown;
    }
    this.#held.set(bytes, this.#heldLength);
    this.#heldLength = length;
  }

  #heldBytes(): Bytes {
    return this.#held.subarray(0, this.#heldLength);
  }

  /** RFC 7888 §4: a client that waits hears NO and sends nothing; one that does not wait sends its octets all the same. */
  #refuseLiteral(announced: Announcement, trouble: unknown): void {
    const tag = this.#pending?.tag ?? readTag(this.#heldBytes());
    this.drop();
    if (!announced.nonSync) return this.#host.refuse(tag, trouble);
    return this.#startDiscard(tag, announced, trouble);
  }

  #startDiscard(tag: string, announced: Announcement, trouble: unknown): void {
    const { signedIn, parts, wire } = this.#host;
    if (announced.length > (signedIn ? parts.limits.thrownAway : parts.limits.greetedLiteral)) {
      wire.write(formatTagged(tag, answerTrouble(trouble)));
      return this.#host.bye('the literal is too large to be passed over', 'TOOBIG');
    }
    this.#discard = { tag, trouble };
    wire.want({ kind: 'octets', length: announced.length });
  }

  #throwAway(unit: Unit, { tag, trouble }: { readonly tag: string; readonly trouble: unknown }): void {
    if (unit.kind !== 'line' && unit.kind !== 'line-too-long') return;
    const announced = unit.kind === 'line' ? findAnnouncement(unit.bytes) : null;
    if (announced?.nonSync === true) return this.#startDiscard(tag, announced, trouble);
    this.#discard = null;
    return this.#host.refuse(tag, trouble);
  }

  #tooLongLine(): void {
    const tag = this.#pending?.tag ?? '*';
    this.drop();
    if (this.#host.signedIn) return this.#host.refuse(tag, new SyntaxTrouble('the line is too long'));
    this.#host.wire.write(`${tag} BAD the line is too long\r\n`);
    return this.#host.bye('the line is too long', 'TOOBIG');
  }
}
