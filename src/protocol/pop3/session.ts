// START HERE to read a protocol: one POP3 connection, from greeting to goodbye (RFC 1939).
// A line comes in, becomes a command (command.ts), is allowed or not (states.ts), is done (commands/), and what goes wrong on the way
// becomes words (response.ts). Knows this order and nothing else: no socket, no store.
import { latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { Refusal, SyntaxTrouble, Unavailable } from '../../base/trouble.ts';
import type { Session, SessionFactory, Unit, Wire } from '../line/session.ts';
import { parseCommand, type Command } from './command.ts';
import { capa, lang, noop, utf8 } from './commands/features.ts';
import { list, stat, uidl } from './commands/listing.ts';
import { auth, endDialogue, pass, respond, stls, user } from './commands/login.ts';
import { retr, top } from './commands/reading.ts';
import { dele, quit, rset } from './commands/removing.ts';
import { Context, type Pop3Parts, type Transaction } from './context.ts';
import { no, replyOfTrouble } from './response.ts';
import { isAllowed } from './states.ts';

export type { Pop3Limits, Pop3Parts } from './context.ts';
export { usualLimits } from './context.ts';

export function pop3Sessions(parts: Pop3Parts): SessionFactory {
  return (wire) => new Pop3Session(wire, parts);
}

/** A browser that was sent here by a page (reliability S-03): it says one of these, and what follows is no POP3. */
const webWord = /^(?:GET|POST|PUT|HEAD|CONNECT|OPTIONS|PATCH|DELETE|TRACE) /;

class Pop3Session implements Session {
  readonly #context: Context;
  #badCommands = 0;
  #failedLogins = 0;

  constructor(wire: Wire, parts: Pop3Parts) {
    this.#context = new Context(wire, parts);
  }

  open(): void {
    const { wire, parts, words } = this.#context;
    wire.want({ kind: 'line', max: parts.limits.line });
    wire.patience(parts.limits.loginMs);
    this.#context.ok(words.greeting(parts.hostName));
  }

  receive(unit: Unit): void | Promise<void> {
    const context = this.#context;
    switch (unit.kind) {
      case 'line':
        return this.#line(unit.bytes);
      case 'line-too-long':
        return this.#answerTrouble(new SyntaxTrouble(context.words.lineTooLong));
      case 'tls':
        // Nothing that was said in the clear counts (reliability S-02).
        context.forget();
        context.utf8 = false;
        context.language = 'en';
        return;
      case 'silence':
        // RFC 1939 §3: without a word, and without removing anything.
        return this.#close();
      case 'shutdown':
        context.reply(no(context.words.shuttingDown, 'SYS/TEMP'));
        return this.#close();
      default:
        return;
    }
  }

  gone(): void {
    this.#context.leave();
  }

  #close(): void {
    this.#context.leave();
    this.#context.wire.close();
  }

  /** Without a promise where the command needs none. */
  #line(bytes: Bytes): void | Promise<void> {
    try {
      const done = this.#obey(bytes);
      return done?.catch((trouble: unknown) => this.#answerTrouble(trouble));
    } catch (trouble) {
      this.#answerTrouble(trouble);
    }
  }

  #obey(bytes: Bytes): void | Promise<void> {
    const context = this.#context;
    const { state, words } = context;
    if (state.at === 'closed') return;
    if (state.at === 'authorization' && state.dialogue !== null) return respond(context, state.dialogue, latin1FromBytes(bytes));
    if (state.at === 'authorization' && webWord.test(latin1FromBytes(bytes, 0, Math.min(bytes.length, 8)))) {
      context.reply(no(words.tooMany));
      return this.#close();
    }
    const command = parseCommand(bytes);
    this.#context.parts.meter.count('pop3_commands_total', { command: command.name });
    if (!isAllowed(command.name, state.at))
      return context.reply(no(state.at === 'authorization' ? words.signInFirst : words.signedInAlready));
    return this.#do(command, state.at === 'transaction' ? state : null);
  }

  #do(command: Command, transaction: Transaction | null): void | Promise<void> {
    const context = this.#context;
    switch (command.name) {
      case 'USER':
        return user(context, command);
      case 'PASS':
        return pass(context, command);
      case 'AUTH':
        return auth(context, command);
      case 'STLS':
        return stls(context);
      case 'UTF8':
        return utf8(context);
      case 'CAPA':
        return capa(context);
      case 'LANG':
        return lang(context, command);
      case 'QUIT':
        return quit(context, command, transaction);
      default:
        // states.ts lets the rest through in TRANSACTION only.
        return this.#inMaildrop(command, transaction!);
    }
  }

  #inMaildrop(
    command: Exclude<Command, { readonly name: 'USER' | 'PASS' | 'AUTH' | 'STLS' | 'UTF8' | 'CAPA' | 'LANG' | 'QUIT' }>,
    transaction: Transaction,
  ): void | Promise<void> {
    const context = this.#context;
    switch (command.name) {
      case 'STAT':
        return stat(context, command, transaction);
      case 'LIST':
        return list(context, command, transaction);
      case 'UIDL':
        return uidl(context, command, transaction);
      case 'RETR':
        return retr(context, command, transaction);
      case 'TOP':
        return top(context, command, transaction);
      case 'DELE':
        return dele(context, command, transaction);
      case 'RSET':
        return rset(context, command, transaction);
      case 'NOOP':
        return noop(context);
    }
  }

  /** The one place where trouble becomes words, and where patience ends. */
  #answerTrouble(trouble: unknown): void {
    const context = this.#context;
    const { state, words, parts } = context;
    if (state.at === 'closed') return;
    if (state.at === 'authorization' && state.dialogue !== null) endDialogue(context);
    if (!(trouble instanceof SyntaxTrouble || trouble instanceof Refusal || trouble instanceof Unavailable))
      context.log.error('pop3-defect', { state: state.at }, trouble);
    if (state.at === 'authorization') this.#countMistake(trouble);
    const reply = replyOfTrouble(trouble, words);
    if (this.#badCommands < parts.limits.badCommands && this.#failedLogins < parts.limits.failedLogins) return context.reply(reply);
    context.reply({ ...reply, text: `${reply.text}; ${words.tooMany}` });
    this.#close();
  }

  /** Before somebody has signed in little is forgiven. */
  #countMistake(trouble: unknown): void {
    if (trouble instanceof SyntaxTrouble) this.#badCommands++;
    if (trouble instanceof Refusal && (trouble.code === 'authentication-failed' || trouble.code === 'login-delayed')) this.#failedLogins++;
  }
}
