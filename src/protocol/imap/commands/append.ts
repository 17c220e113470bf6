// APPEND of one or several letters (RFC 9051 §6.3.12, RFC 3502, 3516, 7889, 9755 §4). A letter goes piece by piece into a spool and never
// through the memory of the session. Knows the grammar around the letters and in which order what is refused.
import type { Bytes } from '../../../base/bytes.ts';
import { Refusal, SyntaxTrouble } from '../../../base/trouble.ts';
import type { AppendLetter, MailboxInfo, Spool } from '../../../store/contract.ts';
import type { Unit } from '../../line/session.ts';
import type { Dialogue, Done, Outcome, SessionCommand, SessionControl } from '../context.ts';
import { findAnnouncement, type Announcement } from '../framing.ts';
import { Cursor } from '../grammar/cursor.ts';
import { parseDateTime } from '../grammar/date-time.ts';
import { parseFlagList } from '../grammar/flag.ts';
import { parseMailboxName } from '../grammar/mailbox-name.ts';
import { formatNumbers } from '../grammar/sequence-set.ts';

/** What stands before the octets of a letter. */
export interface LetterOptions {
  readonly flags: readonly string[];
  readonly receivedAt: number | null;
  /** `UTF8 (` stands before the literal and `)` must come after it. */
  readonly utf8: boolean;
}

/** RFC 9051 §9 (append-message) up to the `{` or `~` of the literal. */
export function parseLetterOptions(cursor: Cursor): LetterOptions {
  cursor.space();
  let flags: readonly string[] = [];
  let receivedAt: number | null = null;
  if (cursor.atList) {
    flags = parseFlagList(cursor);
    cursor.space();
  }
  if (cursor.peekChar() === '"') {
    receivedAt = parseDateTime(cursor);
    cursor.space();
  }
  const utf8 = cursor.take('UTF8');
  if (utf8) {
    cursor.space();
    cursor.expect('(');
    if (cursor.peekChar() !== '~') cursor.fail('UTF8 takes a binary literal');
  }
  return { flags, receivedAt, utf8 };
}

export const append: SessionCommand<Cursor> = {
  // The rest is read as it comes: between its lines there are letters.
  parse: (cursor) => cursor,
  run: (session, cursor) => new AppendDialogue(session).begin(cursor),
};

class AppendDialogue implements Dialogue {
  readonly #session: SessionControl;
  readonly #letters: AppendLetter[] = [];
  #mailbox: MailboxInfo | null = null;
  /** The letter that is coming in. */
  #open: { readonly spool: Spool; readonly options: LetterOptions; readonly binary: boolean } | null = null;
  #octets = 0;
  /** What went wrong while the client goes on sending without waiting; answered when it has ended. */
  #trouble: unknown = null;

  constructor(session: SessionControl) {
    this.#session = session;
  }

  async begin(cursor: Cursor): Promise<Outcome> {
    const { bytes } = cursor;
    // The session ends the text with CRLF when a literal follows.
    const announced = bytes.at(-1) === 10 ? findAnnouncement(bytes.subarray(0, -2)) : null;
    try {
      cursor.space();
      const name = parseMailboxName(cursor);
      const options = parseLetterOptions(cursor);
      if (announced === null) return cursor.fail('the letter is missing');
      this.#mailbox = await this.#session.findMailbox(name);
      await this.#accept(announced, options, cursor.at);
    } catch (trouble) {
      this.#passOver(announced, trouble);
    }
    return this;
  }

  receive(unit: Unit): Done | null | Promise<Done | null> {
    switch (unit.kind) {
      case 'data':
        return this.#take(unit.bytes);
      case 'end':
        this.#close();
        return null;
      case 'line':
        return this.#continue(unit.bytes);
      case 'line-too-long':
        throw this.#trouble ?? new SyntaxTrouble('the line is too long');
      default:
        return null;
    }
  }

  abandon(): void {
    this.#open?.spool.discard();
    this.#open = null;
    for (const letter of this.#letters) letter.spool.discard();
    this.#letters.length = 0;
  }

  /** Everything that can be refused before the octets come, cheapest first. */
  async #accept(announced: Announcement, options: LetterOptions, at: number): Promise<void> {
    if (at !== announced.at) throw new SyntaxTrouble('expected flags, a date or a literal', at);
    const { parts, principal, account, enabled } = this.#session;
    const { store, limits } = parts;
    // RFC 9755 §4: only after ENABLE UTF8=ACCEPT.
    if (options.utf8 && !enabled.utf8) throw new SyntaxTrouble('UTF8 must be enabled first', at);
    if (announced.length > limits.letter) throw new Refusal('too-big', `a letter has at most ${limits.letter} octets`);
    // RFC 3502 §3: a letter of no octets takes the whole APPEND back.
    if (announced.length === 0) throw new Refusal('cannot', 'a letter has at least one octet');
    this.#octets += announced.length;
    if (this.#letters.length >= limits.lettersAtOnce || this.#octets > limits.lettersOctets)
      throw new Refusal('limit', 'there are too many letters in one APPEND');
    store.checkRoom(this.#octets);
    if (principal.quota !== null && (await store.usage(account)).octets + this.#octets > principal.quota)
      throw new Refusal('over-quota', 'the mailbox is full');
    this.#open = { spool: store.spool(limits.letter), options, binary: announced.binary };
    this.#session.acceptLiteral(announced);
  }

  /** The client that waits hears NO at once; the octets of one that does not wait must be read first (RFC 7888 §4). */
  #passOver(announced: Announcement | null, trouble: unknown): void {
    this.abandon();
    if (announced === null || !announced.nonSync) throw trouble;
    this.#trouble = trouble;
    if (announced.length > this.#session.parts.limits.thrownAway) this.#session.bye('the letter is too large to be passed over', 'TOOBIG');
    else this.#session.acceptLiteral(announced);
  }

  #take(bytes: Bytes): null | Promise<null> {
    if (this.#open === null) return null;
    try {
      // RFC 9051 §9 (CHAR8): NUL only in a literal8.
      if (!this.#open.binary && bytes.includes(0)) throw new SyntaxTrouble('a letter with NUL is sent as a binary literal');
      const adding = this.#open.spool.add(bytes);
      return adding === undefined
        ? null
        : adding.then(
            () => null,
            (trouble: unknown) => this.#spoil(trouble),
          );
    } catch (trouble) {
      return this.#spoil(trouble);
    }
  }

  /** The rest of the letter, and of the command, is read for nothing. */
  #spoil(trouble: unknown): null {
    this.abandon();
    this.#trouble = trouble;
    return null;
  }

  #close(): void {
    if (this.#open === null) return;
    const { spool, options } = this.#open;
    this.#letters.push({ spool, flags: options.flags, ...(options.receivedAt === null ? {} : { receivedAt: options.receivedAt }) });
  }

  async #continue(line: Bytes): Promise<Done | null> {
    const announced = findAnnouncement(line);
    if (this.#trouble !== null) {
      this.#passOver(announced, this.#trouble);
      return null;
    }
    const cursor = new Cursor(line);
    try {
      if (this.#open?.options.utf8 === true) cursor.expect(')');
      this.#open = null;
      if (announced !== null) {
        const options = parseLetterOptions(cursor);
        await this.#accept(announced, options, cursor.at);
        return null;
      }
      cursor.end();
    } catch (trouble) {
      this.#passOver(announced, trouble);
      return null;
    }
    return this.#store();
  }

  async #store(): Promise<Done> {
    const { parts, account, principal } = this.#session;
    const letters = [...this.#letters];
    try {
      const { uidValidity, uids } = await parts.store.append(account, this.#mailbox!.id, letters, principal.quota);
      return { code: `APPENDUID ${uidValidity} ${formatNumbers(uids)}`, text: 'APPEND completed' };
    } finally {
      this.abandon();
    }
  }
}
