// All commands of SMTP, submission and LMTP as plain data (RFC 5321 §4.1.1, RFC 3030, 3207, 4954, 2033).
// Knows the grammar of a command line; knows no state and no limit of ours.
import { latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import { isHelloName } from './grammar/domain.ts';
import {
  formatMailParameters,
  formatRecipientParameters,
  parseMailParameters,
  parseRecipientParameters,
  UnknownParameter,
  type MailParameters,
  type RecipientParameters,
} from './grammar/parameters.ts';
import { formatPath, parsePath, type Path } from './grammar/path.ts';
import { replyWith, type Reply, type ReplyName } from './response.ts';

export type Command =
  | { readonly verb: 'EHLO' | 'HELO' | 'LHLO'; readonly name: string }
  | { readonly verb: 'MAIL'; readonly path: Path; readonly parameters: MailParameters }
  | { readonly verb: 'RCPT'; readonly path: Path; readonly parameters: RecipientParameters }
  | { readonly verb: 'BDAT'; readonly length: number; readonly last: boolean }
  | { readonly verb: 'AUTH'; readonly mechanism: string; readonly initial: string | null }
  | { readonly verb: 'VRFY' | 'EXPN' | 'HELP' | 'NOOP'; readonly argument: string }
  | { readonly verb: 'DATA' | 'RSET' | 'STARTTLS' | 'QUIT' };

export type Verb = Command['verb'];

/** A line that is no command, with the reply it earns. */
export class WrongCommand extends SyntaxTrouble {
  readonly reply: Reply;
  /** What it was meant to be; null when not even that is known. */
  readonly verb: Verb | null;
  constructor(verb: Verb | null, reply: ReplyName, message: string) {
    super(message);
    this.verb = verb;
    this.reply = replyWith(reply, message);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a line; null when it is not UTF-8 (overlong forms and surrogates included). */
export function textOfLine(line: Bytes): string | null {
  const text = latin1FromBytes(line);
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  try {
    return utf8.decode(line);
  } catch {
    return null;
  }
}

/** Only spaces: a CR or tab at the edge is a fault like any other. */
function trimSpaces(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && text[from] === ' ') from++;
  while (to > from && text[to - 1] === ' ') to--;
  return text.slice(from, to);
}

/** Cut out of the octets by the caller (`line/receiver.ts`). @throws WrongCommand. */
export function parseCommand(line: Bytes): Command {
  const text = textOfLine(line);
  if (text === null) {
    const verb = /^(MAIL|RCPT) /i.exec(latin1FromBytes(line))?.[1]?.toUpperCase();
    if (verb === 'MAIL') throw new WrongCommand('MAIL', 'bad-sender', 'the address is not valid UTF-8');
    if (verb === 'RCPT') throw new WrongCommand('RCPT', 'bad-recipient', 'the address is not valid UTF-8');
    throw new WrongCommand(null, 'bad-syntax', 'the line is not valid UTF-8');
  }
  const space = text.indexOf(' ');
  const verb = (space < 0 ? text : text.slice(0, space)).toUpperCase();
  // Liberal: spaces at the end of a line (RFC 5321 §4.1.1).
  const argument = space < 0 ? '' : trimSpaces(text.slice(space + 1));
  switch (verb) {
    case 'MAIL':
      return parseMail(argument);
    case 'RCPT':
      return parseRecipient(argument);
    case 'EHLO':
    case 'HELO':
    case 'LHLO':
      if (!isHelloName(trimSpaces(argument)))
        throw new WrongCommand(verb, 'bad-argument', `${verb} wants a host name or an address in brackets`);
      return { verb, name: trimSpaces(argument) };
    default:
  }
  if (/[\x00-\x1f\x7f]/.test(text)) throw new WrongCommand(null, 'bad-syntax', 'the line has control characters');
  switch (verb) {
    case 'DATA':
    case 'RSET':
    case 'QUIT':
    case 'STARTTLS':
      // RFC 5321 §4.1.1.5: an argument that is not foreseen gets 501.
      if (argument !== '') throw new WrongCommand(verb, 'bad-argument', `${verb} takes no argument`);
      return { verb };
    case 'NOOP':
    case 'HELP':
      return { verb, argument };
    case 'VRFY':
    case 'EXPN':
      if (argument === '') throw new WrongCommand(verb, 'bad-argument', `${verb} wants a name`);
      return { verb, argument };
    case 'BDAT': {
      // RFC 3030 §2 (bdat-cmd).
      const match = /^(\d{1,20})( LAST)?$/i.exec(argument);
      if (match === null) throw new WrongCommand('BDAT', 'bad-argument', 'BDAT wants a number of octets, and perhaps LAST');
      return { verb, length: Number(match[1]), last: match[2] !== undefined };
    }
    case 'AUTH': {
      // RFC 4954 §4; Liberal: more than one space before the initial response.
      const match = /^([A-Za-z0-9_-]{1,20})(?: +([^ ]+))?$/.exec(argument);
      if (match === null) throw new WrongCommand('AUTH', 'bad-argument', 'AUTH wants a mechanism and perhaps an initial response');
      return { verb, mechanism: match[1]!, initial: match[2] ?? null };
    }
    default:
      throw new WrongCommand(null, 'unknown-command', 'unknown command');
  }
}

/** RFC 5321 §4.1.1.2. Liberal: spaces after the colon (swaks users, old devices). */
function parseMail(argument: string): Command {
  const from = /^FROM: */i.exec(argument);
  if (from === null) throw new WrongCommand('MAIL', 'bad-argument', 'write MAIL FROM:<address>');
  try {
    const { path, end } = parsePath(argument, from[0].length);
    // Only the forward-path may be a bare `postmaster` (RFC 5321 §4.1.1.3).
    if (path.domain === '' && path.local !== '') throw new SyntaxTrouble('the address has no domain', end);
    checkSeparated(argument, end);
    return { verb: 'MAIL', path, parameters: parseParameters('MAIL', () => parseMailParameters(argument, end)) };
  } catch (trouble) {
    throw asWrong(trouble, 'MAIL', 'bad-sender');
  }
}

/** RFC 5321 §4.1.1.3. */
function parseRecipient(argument: string): Command {
  const to = /^TO: */i.exec(argument);
  if (to === null) throw new WrongCommand('RCPT', 'bad-argument', 'write RCPT TO:<address>');
  try {
    const { path, end } = parsePath(argument, to[0].length);
    if (path.address === '') throw new SyntaxTrouble('a recipient cannot be empty', end);
    checkSeparated(argument, end);
    return { verb: 'RCPT', path, parameters: parseParameters('RCPT', () => parseRecipientParameters(argument, end)) };
  } catch (trouble) {
    throw asWrong(trouble, 'RCPT', 'bad-recipient');
  }
}

function checkSeparated(argument: string, end: number): void {
  if (end < argument.length && argument.charAt(end) !== ' ') throw new SyntaxTrouble('a space belongs behind the address', end);
}

function parseParameters<T>(verb: 'MAIL' | 'RCPT', parse: () => T): T {
  try {
    return parse();
  } catch (trouble) {
    throw asWrong(trouble, verb, trouble instanceof UnknownParameter ? 'unknown-parameter' : 'bad-argument');
  }
}

function asWrong(trouble: unknown, verb: Verb, reply: ReplyName): unknown {
  return trouble instanceof SyntaxTrouble && !(trouble instanceof WrongCommand) ? new WrongCommand(verb, reply, trouble.message) : trouble;
}

/** One line without its CRLF. @throws Error when a value holds CR, LF or NUL, which no grammar here lets in (S-15). */
export function formatCommand(command: Command): string {
  const line = format(command);
  if (/[\r\n\0]/.test(line)) throw new Error('a command cannot hold CR, LF or NUL');
  return line;
}

function format(command: Command): string {
  switch (command.verb) {
    case 'MAIL':
      return `MAIL FROM:${formatPath(command.path)}${formatMailParameters(command.parameters)}`;
    case 'RCPT':
      return `RCPT TO:${formatPath(command.path)}${formatRecipientParameters(command.parameters)}`;
    case 'EHLO':
    case 'HELO':
    case 'LHLO':
      return `${command.verb} ${command.name}`;
    case 'BDAT':
      return `BDAT ${command.length}${command.last ? ' LAST' : ''}`;
    case 'AUTH':
      return `AUTH ${command.mechanism}${command.initial === null ? '' : ' ' + command.initial}`;
    case 'VRFY':
    case 'EXPN':
    case 'HELP':
    case 'NOOP':
      return command.argument === '' ? command.verb : `${command.verb} ${command.argument}`;
    default:
      return command.verb;
  }
}
