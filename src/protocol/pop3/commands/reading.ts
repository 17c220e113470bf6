// RETR and TOP (RFC 1939 §5, §7): a letter goes out. Small ones at once, mostly read ahead; large ones in pieces, as fast as the client reads.
import type { Bytes } from '../../../base/bytes.ts';
import { Refusal, Unavailable } from '../../../base/trouble.ts';
import type { CommandOf, MessageNumber } from '../command.ts';
import type { Context, Transaction } from '../context.ts';
import type { LetterSource } from '../maildrop.ts';
import { no } from '../response.ts';
import { DotStuffer, TopCutter } from '../stuffing.ts';
import { withAsciiHeader } from '../surrogate.ts';
import { isThere } from './listing.ts';

/** Octets of a large letter that are held at a time. */
const pieceLength = 128 * 1024;

export function retr(context: Context, { number }: CommandOf<'RETR'>, transaction: Transaction): void | Promise<void> {
  return read(context, transaction, number, null);
}

export function top(context: Context, { number, lines }: CommandOf<'TOP'>, transaction: Transaction): void | Promise<void> {
  return read(context, transaction, number, new TopCutter(lines));
}

/** Without a promise when the letter was read ahead: a client that fetches a thousand letters then costs no more than their octets. */
function read(context: Context, { maildrop }: Transaction, number: MessageNumber, cutter: TopCutter | null): void | Promise<void> {
  if (!isThere(context, maildrop, number)) return;
  let letter: Bytes | Promise<LetterSource>;
  try {
    letter = maildrop.read(number);
  } catch (trouble) {
    return sayGone(context, number, trouble);
  }
  if (!(letter instanceof Promise)) return sendWhole(context, number, letter, cutter);
  return letter.then(
    (source) => (source instanceof Uint8Array ? sendWhole(context, number, source, cutter) : sendPieces(context, number, source, cutter)),
    (trouble: unknown) => sayGone(context, number, trouble),
  );
}

/** Only RFC 1939 §4 keeps others from removing letters, and only other POP3 sessions: IMAP may. */
function sayGone(context: Context, number: MessageNumber, trouble: unknown): void {
  if (!(trouble instanceof Refusal && (trouble.code === 'expired' || trouble.code === 'nonexistent'))) throw trouble;
  context.reply(no(context.words.letterGone(number)));
}

function begin(context: Context, length: number, cutter: TopCutter | null): void {
  context.ok(cutter === null ? context.words.octets(length) : context.words.topFollows);
}

function sendWhole(context: Context, number: MessageNumber, stored: Bytes, cutter: TopCutter | null): void | Promise<void> {
  const { wire } = context;
  const stuffer = new DotStuffer();
  const letter = context.utf8 ? stored : withAsciiHeader(stored);
  begin(context, letter.length, cutter);
  wire.write(stuffer.push(cutter === null ? letter : cutter.push(letter)));
  wire.write(stuffer.finish());
  if (cutter === null) context.noteRead(number);
  if (wire.congested) return wire.drained();
}

async function sendPieces(
  context: Context,
  number: MessageNumber,
  letter: Exclude<LetterSource, Uint8Array>,
  cutter: TopCutter | null,
): Promise<void> {
  const { wire } = context;
  const stuffer = new DotStuffer();
  // The first piece is read before anything is promised.
  const first = await letter.read(0, pieceLength);
  let piece = context.utf8 ? first : withAsciiHeader(first);
  begin(context, letter.length - first.length + piece.length, cutter);
  try {
    for (let at = first.length; ; piece = await letter.read(at, at + pieceLength), at += piece.length) {
      if (piece.length === 0 && at < letter.length) throw new Error('the letter ends before its length');
      wire.write(stuffer.push(cutter === null ? piece : cutter.push(piece)));
      if (wire.congested) await wire.drained();
      if (wire.closing) throw new Unavailable('shutting-down', 'this server is stopping');
      if (at >= letter.length || cutter?.done) break;
    }
  } catch (trouble) {
    // An -ERR now would be read as a line of the letter.
    return context.breakOff(trouble);
  }
  wire.write(stuffer.finish());
  if (cutter === null) context.noteRead(number);
}
