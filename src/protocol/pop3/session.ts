// START HERE to read a protocol: one POP3 connection, from greeting to goodbye (RFC 1939).
// A line comes in, becomes a command (command.ts), is allowed or not (states.ts), is done (commands/), and what goes wrong on the way
// becomes words (response.ts). Knows this order and nothing else: no socket, no store.
import { latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { Refusal, SyntaxTrouble, Unavailable } from '../../base/trouble.ts';
import type { Session, SessionFactory, Unit, Wire } from '../line/session.ts';
import { parseCommand, type Command, type CommandName, type CommandOf } from './command.ts';
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

/** Does what a command says. `transaction` is there for all commands that states.ts allows only in TRANSACTION. */
type Obey<C> = (context: Context, command: C, transaction: Transaction | null) => void | Promise<void>;
type ObeyInside<C> = (context: Context, command: C, transaction: Transaction) => void | Promise<void>;

const commands: { readonly [N in CommandName]: Obey<CommandOf<N>> | ObeyInside<CommandOf<N>> } = {
  USER: user,
  PASS: pass,
  AUTH: auth,
  STLS: stls,
  UTF8: utf8,
  STAT: stat,
  LIST: list,
  UIDL: uidl,
  RETR: retr,
  TOP: top,
  DELE: dele,
  RSET: rset,
  NOOP: noop,
  CAPA: capa,
  LANG: lang,
  QUIT: quit,
};

/** A browser that was sent here by a page (reliability S-03): it says one of these, and what follows is no POP3. */
const webWord = /^(?:GET|POST|PUT|HEAD|CONNECT|OPTIONS|PATCH|DELETE|TRACE) /;

class Pop3Session implements Session {
  readonly #context: Context;
  #linesBeforeLogin = 0;
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
        this.#answerTrouble(new SyntaxTrouble(context.words.lineTooLong));
        // A line of 64 KiB may have no end at all.
        if (unit.length > 65_536) this.#close();
        return;
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

  #turnAway(): void {
    this.#context.reply(no(this.#context.words.tooMany));
    this.#close();
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
    if (state.at === 'authorization' && ++this.#linesBeforeLogin > context.parts.limits.linesBeforeLogin) return this.#turnAway();
    if (state.at === 'authorization' && state.dialogue !== null) return respond(context, state.dialogue, latin1FromBytes(bytes));
    if (state.at === 'authorization' && webWord.test(latin1FromBytes(bytes, 0, Math.min(bytes.length, 8)))) return this.#turnAway();
    const command = parseCommand(bytes);
    context.parts.meter.count('pop3_commands_total', { command: command.name });
    if (!isAllowed(command.name, state.at))
      return context.reply(no(state.at === 'authorization' ? words.signInFirst : words.signedInAlready));
    const obey = commands[command.name] as Obey<Command>;
    return obey(context, command, state.at === 'transaction' ? state : null);
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
