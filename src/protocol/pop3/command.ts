// What a POP3 client may say: a line in, a command out, and back. Knows the grammar of RFC 1939 §3, RFC 2449 §3 and the commands
// that came later; knows neither states (states.ts) nor what a command does (commands/).
import { bytesFromUtf8, isAsciiBytes, latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';

/** Message-numbers begin with 1 (RFC 1939 §4). */
export type MessageNumber = number;

export type Command =
  // Signing in
  | { readonly name: 'USER'; readonly login: string }
  | { readonly name: 'PASS'; readonly password: string }
  /** Without a mechanism: a question for the list, as Outlook asks it. */
  | { readonly name: 'AUTH'; readonly mechanism: string | null; readonly initialResponse: string | null }
  | { readonly name: 'STLS' }
  | { readonly name: 'UTF8' }
  // The maildrop
  | { readonly name: 'STAT' }
  | { readonly name: 'LIST'; readonly number: MessageNumber | null }
  | { readonly name: 'UIDL'; readonly number: MessageNumber | null }
  | { readonly name: 'RETR'; readonly number: MessageNumber }
  | { readonly name: 'TOP'; readonly number: MessageNumber; readonly lines: number }
  | { readonly name: 'DELE'; readonly number: MessageNumber }
  | { readonly name: 'RSET' }
  // At any time
  | { readonly name: 'NOOP' }
  | { readonly name: 'CAPA' }
  | { readonly name: 'LANG'; readonly range: string | null }
  | { readonly name: 'QUIT' };

export type CommandName = Command['name'];
export type CommandOf<N extends CommandName> = Extract<Command, { readonly name: N }>;

/** How each command reads what stands behind its keyword and one space; null when nothing stands there. */
const grammar: { readonly [N in CommandName]: (argument: string | null) => CommandOf<N> } = {
  USER: (argument) => ({ name: 'USER', login: text(argument, 'a name') }),
  // RFC 1939 §7: spaces are part of the password, also at its ends.
  PASS: (argument) => ({ name: 'PASS', password: text(argument, 'a password') }),
  AUTH(argument) {
    const [mechanism = null, initialResponse = null] = words(argument, 0, 2);
    return { name: 'AUTH', mechanism, initialResponse };
  },
  STLS: (argument) => ({ name: nothing('STLS', argument) }),
  UTF8: (argument) => ({ name: nothing('UTF8', argument) }),
  STAT: (argument) => ({ name: nothing('STAT', argument) }),
  LIST: (argument) => ({ name: 'LIST', number: optionalNumber(argument) }),
  UIDL: (argument) => ({ name: 'UIDL', number: optionalNumber(argument) }),
  RETR: (argument) => ({ name: 'RETR', number: messageNumber(words(argument, 1, 1)[0]!) }),
  TOP(argument) {
    const [number, lines] = words(argument, 2, 2);
    return { name: 'TOP', number: messageNumber(number!), lines: count(lines!) };
  },
  DELE: (argument) => ({ name: 'DELE', number: messageNumber(words(argument, 1, 1)[0]!) }),
  RSET: (argument) => ({ name: nothing('RSET', argument) }),
  NOOP: (argument) => ({ name: nothing('NOOP', argument) }),
  CAPA: (argument) => ({ name: nothing('CAPA', argument) }),
  LANG: (argument) => ({ name: 'LANG', range: words(argument, 0, 1)[0] ?? null }),
  QUIT: (argument) => ({ name: nothing('QUIT', argument) }),
};

export const commandNames = Object.keys(grammar) as readonly CommandName[];

/** RFC 2449 §3 (command). Keywords in any case. @throws SyntaxTrouble. */
export function parseCommand(line: Bytes): Command {
  const space = line.indexOf(32);
  const keyword = latin1FromBytes(line, 0, space < 0 ? line.length : space).toUpperCase();
  if (!Object.hasOwn(grammar, keyword)) throw new SyntaxTrouble('no such command');
  return grammar[keyword as CommandName](space < 0 ? null : decode(line.subarray(space + 1)));
}

export function formatCommand(command: Command): Bytes {
  const { name, ...rest } = command;
  return bytesFromUtf8([name, ...Object.values(rest).filter((value) => value !== null)].join(' '));
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** RFC 6856 §2.2: names and passwords are UTF-8, which ASCII is. */
function decode(bytes: Bytes): string {
  let decoded: string;
  try {
    // Nearly always ASCII, which needs no decoder.
    decoded = isAsciiBytes(bytes) ? latin1FromBytes(bytes) : utf8.decode(bytes);
  } catch {
    throw new SyntaxTrouble('the line is not valid UTF-8');
  }
  if (/[\0\r\n]/.test(decoded)) throw new SyntaxTrouble('the line has a control character');
  return decoded;
}

function text(argument: string | null, what: string): string {
  if (argument === null || argument === '') throw new SyntaxTrouble(`${what} is missing`);
  return argument;
}

/** Liberal: more than one space, or spaces at the end, as some old clients send them. */
function words(argument: string | null, least: number, most: number): readonly string[] {
  const found = argument === null ? [] : argument.split(' ').filter((word) => word !== '');
  if (found.length < least) throw new SyntaxTrouble('an argument is missing');
  if (found.length > most) throw new SyntaxTrouble('there are too many arguments');
  return found;
}

function nothing<N extends CommandName>(name: N, argument: string | null): N {
  words(argument, 0, 0);
  return name;
}

/** Decimal; ten digits are more than there are letters. */
function count(word: string): number {
  if (!/^[0-9]{1,10}$/.test(word)) throw new SyntaxTrouble('a number is expected');
  return Number(word);
}

function messageNumber(word: string): MessageNumber {
  const number = count(word);
  if (number === 0) throw new SyntaxTrouble('messages are numbered from 1');
  return number;
}

function optionalNumber(argument: string | null): MessageNumber | null {
  const [word] = words(argument, 0, 1);
  return word === undefined ? null : messageNumber(word);
}
