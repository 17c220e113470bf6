// STAT, LIST, UIDL (RFC 1939 §5, §7): what lies there.
import type { CommandOf, MessageNumber } from '../command.ts';
import type { Context, Transaction } from '../context.ts';
import type { Maildrop } from '../maildrop.ts';
import { no } from '../response.ts';

/** Lines that go to the wire together. */
const linesAtOnce = 2000;

export function stat(context: Context, _: CommandOf<'STAT'>, { maildrop }: Transaction): void {
  context.ok(`${maildrop.letters} ${maildrop.octets}`);
}

export function list(context: Context, { number }: CommandOf<'LIST'>, { maildrop }: Transaction): void | Promise<void> {
  const size = (of: MessageNumber): number => maildrop.sizeOf(of);
  return number === null ? listAll(context, maildrop, size) : listOne(context, maildrop, number, size);
}

export function uidl(context: Context, { number }: CommandOf<'UIDL'>, { maildrop }: Transaction): void | Promise<void> {
  const uniqueId = (of: MessageNumber): string => maildrop.uniqueIdOf(of);
  return number === null ? listAll(context, maildrop, uniqueId) : listOne(context, maildrop, number, uniqueId);
}

type About = (number: MessageNumber) => string | number;

function listOne(context: Context, maildrop: Maildrop, number: MessageNumber, about: About): void {
  if (isThere(context, maildrop, number)) context.ok(`${number} ${about(number)}`);
}

async function listAll(context: Context, maildrop: Maildrop, about: About): Promise<void> {
  const { wire } = context;
  context.ok(context.words.letters(maildrop.letters, maildrop.octets));
  let lines = '';
  for (let number = 1, waiting = 0; number <= maildrop.count; number++) {
    if (maildrop.isMarked(number)) continue;
    lines += `${number} ${about(number)}\r\n`;
    if (++waiting < linesAtOnce) continue;
    wire.write(lines);
    lines = '';
    waiting = 0;
    if (wire.congested) await wire.drained();
  }
  wire.write(`${lines}.\r\n`);
}

/** Says why not when the letter was never there or is marked (RFC 1939 §5). */
export function isThere(context: Context, maildrop: Maildrop, number: MessageNumber): boolean {
  if (!maildrop.has(number)) context.reply(no(context.words.noSuchLetter(number, maildrop.count)));
  else if (maildrop.isMarked(number)) context.reply(no(context.words.letterMarked(number)));
  else return true;
  return false;
}
