// The dialogue of one client with this server, on port 25, on 465 and 587, and over LMTP (RFC 5321, 6409, 2033).
// Knows the order of things and the replies; knows no account, no mailbox and no queue: a station (`contract.ts`) decides about
// senders, recipients and letters. The everyday command is answered without a promise.
import type { Clock } from '../../base/clock.ts';
import type { Bytes } from '../../base/bytes.ts';
import type { Log } from '../../base/log.ts';
import type { Meter } from '../../base/meter.ts';
import type { MailStore } from '../../store/contract.ts';
import type { Session, SessionFactory, Unit, Wire } from '../line/session.ts';
import type { Principal } from '../sasl/authenticator.ts';
import { parseCommand, textOfLine, WrongCommand, type Command } from './command.ts';
import { isReply, type Client, type IncomingLetter, type SmtpReceiver } from './contract.ts';
import { IncomingContent } from './incoming-content.ts';
import { hopelessLine, maxCommandLine, type SmtpLimits } from './limits.ts';
import { formatReply, replies, replyForTrouble, replyWith, type Reply } from './response.ts';
import { SignIn, type SignInParts, type SignInStep } from './sign-in.ts';
import { isAllowed, whyNot, type State } from './states.ts';

export interface SmtpParts extends SignInParts {
  /** `relay`: other servers come, nobody signs in. `submission`: people's apps come and sign in. `lmtp`: a server of ours comes. */
  readonly role: 'relay' | 'submission' | 'lmtp';
  /** `tls`: from the first octet. */
  readonly security: 'none' | 'starttls' | 'tls';
  /** Our name in the greeting. */
  readonly hostName: string;
  readonly version: string;
  readonly store: Pick<MailStore, 'spool' | 'checkRoom'>;
  readonly receiver: SmtpReceiver;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  readonly limits: SmtpLimits;
}

type Answer = void | Promise<void>;

export function smtpSessions(parts: SmtpParts): SessionFactory {
  return (wire) => new SmtpSession(parts, wire);
}

class SmtpSession implements Session {
  readonly #parts: SmtpParts;
  readonly #wire: Wire;
  readonly #signIn: SignIn;
  #state: State = 'fresh';
  /** The greeting is held back for a moment (`limits.greetingDelay`). */
  #waiting = false;
  #cancelTimer: (() => void) | null = null;
  #helloName = '';
  #extended = false;
  #principal: Principal | null = null;
  #errors = 0;
  #letters = 0;
  // The letter that is under way.
  #letter: IncomingLetter | null = null;
  #smtpUtf8 = false;
  #binary = false;
  #recipients = 0;
  #content: IncomingContent | null = null;
  /** The chunk that is being read. */
  #chunk: { readonly last: boolean; readonly keep: boolean } | null = null;
  #accepting = false;
  /** Taken with a positive reply that the peer has not shown to have heard. */
  #unheard: IncomingLetter | null = null;
  #gone = false;

  constructor(parts: SmtpParts, wire: Wire) {
    this.#parts = parts;
    this.#wire = wire;
    this.#signIn = new SignIn(parts, wire);
  }

  open(): void {
    const { limits, clock } = this.#parts;
    this.#wire.want({ kind: 'line', max: maxCommandLine });
    this.#wire.patience(limits.firstPatience);
    if (limits.greetingDelay === 0) return this.#greet();
    this.#waiting = true;
    this.#cancelTimer = clock.after(limits.greetingDelay, () => this.#wire.wake());
  }

  /** RFC 5321 §4.2, RFC 2034 §4: no enhanced code here. */
  #greet(): void {
    const { hostName, role, version } = this.#parts;
    this.#wire.write(`220 ${hostName} ${role === 'lmtp' ? 'LMTP' : 'ESMTP'} Tayori ${version}\r\n`);
  }

  receive(unit: Unit): Answer {
    if (unit.kind === 'line') this.#unheard = null;
    try {
      return this.#take(unit)?.catch((trouble: unknown) => this.#troubled(trouble));
    } catch (trouble) {
      return this.#troubled(trouble);
    }
  }

  #take(unit: Unit): Answer {
    switch (unit.kind) {
      case 'line':
        if (this.#waiting) return this.#close(replies['junk-before-greeting']);
        if (unit.bareLf) return this.#refuse(replyWith('bad-syntax', 'a command ends with CR LF'));
        if (this.#signIn.active) return this.#signInStep(this.#signIn.goOn(unit.bytes));
        return this.#command(unit.bytes);
      case 'line-too-long':
        if (unit.length > hopelessLine || this.#waiting) return this.#close(replies['line-too-long']);
        if (!this.#signIn.active) return this.#refuse(replies['line-too-long']);
        this.#signIn.forget();
        return this.#refuse(replies['auth-line-too-long']);
      case 'data':
        return this.#data(unit.bytes);
      case 'end':
        return this.#chunk === null ? this.#endOfData(unit) : this.#endOfChunk(this.#chunk);
      case 'tls':
        // RFC 3207 §4.2: nothing said in the clear is remembered.
        this.#resetLetter();
        this.#state = 'fresh';
        this.#helloName = '';
        this.#principal = null;
        return;
      case 'wake':
        if (!this.#waiting) return;
        this.#waiting = false;
        return this.#greet();
      case 'silence':
        return this.#close(replies.silence);
      case 'shutdown':
        return this.#close(replies.shutdown);
    }
  }

  gone(): void {
    this.#cancelTimer?.();
    this.#gone = true;
    this.#unheard?.unheard();
    if (!this.#accepting) this.#resetLetter();
  }

  // --- commands -----------------------------------------------------------------------------------------------------

  #command(line: Bytes): Answer {
    let command: Command;
    try {
      command = parseCommand(line);
    } catch (trouble) {
      if (!(trouble instanceof WrongCommand)) throw trouble;
      return this.#wrong(trouble, line);
    }
    const { role } = this.#parts;
    const isLmtp = role === 'lmtp';
    if (command.verb === 'LHLO' ? !isLmtp : isLmtp && (command.verb === 'EHLO' || command.verb === 'HELO'))
      return this.#refuse(replyWith('unknown-command', isLmtp ? 'this is LMTP: say LHLO' : 'this is SMTP: say EHLO'));
    if (!isAllowed(command.verb, this.#state)) return this.#outOfOrder(command);
    switch (command.verb) {
      case 'MAIL':
        return this.#mail(command);
      case 'RCPT':
        return this.#recipient(command);
      case 'DATA':
        return this.#startData();
      case 'BDAT':
        return this.#startChunk(command);
      case 'EHLO':
      case 'HELO':
      case 'LHLO':
        return this.#hello(command.verb, command.name);
      case 'RSET':
        this.#resetLetter();
        return this.#say(replies.ok);
      case 'NOOP':
        return this.#say(replies.ok);
      case 'HELP':
        return this.#say(replies.help);
      case 'VRFY':
        return this.#say(replies['cannot-verify']);
      case 'EXPN':
        return this.#refuse(replies['not-offered']);
      case 'STARTTLS':
        return this.#startTls();
      case 'AUTH':
        return this.#auth(command.mechanism, command.initial);
      case 'QUIT':
        return this.#close(replies.goodbye);
    }
  }

  #wrong(trouble: WrongCommand, line: Bytes): Answer {
    // B-017: a web browser, or a page that makes one speak to us.
    if (trouble.verb === null && /^(?:GET|POST|PUT|HEAD|CONNECT|OPTIONS|DELETE|PATCH|TRACE|PRI) /i.test(textOfLine(line) ?? ''))
      return this.#close(replies['wrong-protocol']);
    // What follows a BDAT that was not understood cannot be told from commands.
    if (trouble.verb === 'BDAT') return this.#close(trouble.reply);
    return this.#refuse(trouble.reply);
  }

  #outOfOrder(command: Command): Answer {
    if (command.verb === 'BDAT') {
      // RFC 3030 §2: the octets come all the same.
      if (command.length > this.#parts.limits.size) return this.#close(replies['bad-order']);
      this.#chunk = { last: command.last, keep: false };
      return this.#wire.want({ kind: 'octets', length: command.length });
    }
    if (command.verb === 'DATA' && this.#state === 'sender') return this.#refuse(replies['no-recipients']);
    return this.#refuse(replyWith('bad-order', whyNot(command.verb, this.#state)));
  }

  #hello(verb: 'EHLO' | 'HELO' | 'LHLO', name: string): void {
    this.#resetLetter();
    this.#state = 'greeted';
    this.#helloName = name;
    this.#extended = verb !== 'HELO';
    const { hostName, limits } = this.#parts;
    if (!this.#extended) return this.#wire.write(`250 ${hostName}\r\n`);
    const lines = [
      hostName,
      'PIPELINING',
      `SIZE ${limits.size}`,
      '8BITMIME',
      'SMTPUTF8',
      'ENHANCEDSTATUSCODES',
      'DSN',
      'CHUNKING',
      'BINARYMIME',
      // RFC 9422 §4.
      `LIMITS RCPTMAX=${limits.recipients} MAILMAX=${limits.letters}`,
    ];
    if (this.#tlsOffered()) lines.push('STARTTLS');
    const mechanisms = this.#mechanisms();
    if (mechanisms.length > 0 && this.#principal === null) lines.push(`AUTH ${mechanisms.join(' ')}`);
    lines.push('HELP');
    this.#wire.write(lines.map((line, index) => `250${index === lines.length - 1 ? ' ' : '-'}${line}\r\n`).join(''));
  }

  #tlsOffered(): boolean {
    return this.#parts.security === 'starttls' && this.#wire.tls === null;
  }

  /** RFC 3207 §4, reliability S-02. */
  #startTls(): Answer {
    if (this.#parts.security !== 'starttls') return this.#refuse(replyWith('bad-order', 'TLS cannot be started here'));
    if (this.#wire.tls !== null || this.#principal !== null) return this.#refuse(replyWith('bad-order', 'it is too late for TLS'));
    this.#say(replies['start-tls']);
    this.#wire.startTls();
  }

  // --- signing in (RFC 4954) ----------------------------------------------------------------------------------------

  #mechanisms(): readonly string[] {
    return this.#parts.role === 'submission' ? this.#signIn.offered() : [];
  }

  #auth(mechanism: string, initial: string | null): Answer {
    if (this.#parts.role !== 'submission') return this.#refuse(replies['not-offered']);
    if (this.#principal !== null) return this.#refuse(replyWith('bad-order', 'already signed in'));
    return this.#signInStep(this.#signIn.begin(mechanism, initial));
  }

  async #signInStep(work: Promise<SignInStep>): Promise<void> {
    const step = await work;
    if (step.kind === 'challenge') return this.#wire.write(`334 ${step.text}\r\n`);
    if (step.kind === 'refused') return this.#refuse(step.reply);
    this.#principal = step.principal;
    this.#say(replies['signed-in']);
  }

  // --- envelope -----------------------------------------------------------------------------------------------------

  #mail({ path, parameters }: Command & { readonly verb: 'MAIL' }): Answer {
    const { role, limits, store, receiver } = this.#parts;
    if (role === 'submission' && this.#principal === null)
      return this.#refuse(this.#mechanisms().length === 0 ? replies['starttls-required'] : replies['login-required']);
    if (this.#letters >= limits.letters) return this.#close(replies['too-many-letters']);
    if (parameters.size !== null && parameters.size > limits.size) return this.#refuse(replies['too-big']);
    if (!path.ascii && !parameters.smtpUtf8) return this.#refuse(replies['needs-smtputf8']);
    store.checkRoom(parameters.size ?? 0);
    this.#smtpUtf8 = parameters.smtpUtf8;
    this.#binary = parameters.body === 'binarymime';
    return when(receiver.begin(this.#client(), path, parameters), (answer) => {
      if (isReply(answer)) return this.#refuse(answer);
      this.#letter = answer;
      this.#recipients = 0;
      this.#state = 'sender';
      return this.#say(replies['sender-ok']);
    });
  }

  #client(): Client {
    return {
      connection: this.#wire.id,
      remote: this.#wire.remote,
      helloName: this.#helloName,
      protocol: this.#parts.role === 'lmtp' ? 'LMTP' : this.#extended ? 'ESMTP' : 'SMTP',
      tls: this.#wire.tls,
      principal: this.#principal,
    };
  }

  #recipient({ path, parameters }: Command & { readonly verb: 'RCPT' }): Answer {
    if (this.#recipients >= this.#parts.limits.recipients) return this.#refuse(replies['too-many-recipients']);
    if (!path.ascii && !this.#smtpUtf8) return this.#refuse(replies['needs-smtputf8']);
    return when(this.#letter!.checkRecipient(path, parameters), (refusal) => {
      if (refusal !== null) return this.#refuse(refusal);
      this.#recipients++;
      this.#state = 'recipients';
      return this.#say(replies['recipient-ok']);
    });
  }

  // --- content ------------------------------------------------------------------------------------------------------

  #startData(): Answer {
    // RFC 3030 §3: binary letters come by BDAT only.
    if (this.#binary) return this.#refuse(replyWith('bad-order', 'a BINARYMIME letter is sent with BDAT'));
    this.#openContent(false);
    this.#say(replies['send-data']);
    // Octets above the limit are counted here and not kept; far above it the connection ends (B-035).
    this.#wire.want({ kind: 'dot-data', max: this.#parts.limits.size * 2 + 1 });
  }

  #openContent(chunked: boolean): IncomingContent {
    const { store, limits, clock } = this.#parts;
    this.#wire.patience(limits.patience);
    return (this.#content = new IncomingContent(store.spool(limits.size), {
      limit: limits.size,
      binary: this.#binary,
      chunked,
      now: clock.monotonic(),
    }));
  }

  #startChunk({ length, last }: Command & { readonly verb: 'BDAT' }): Answer {
    const { size } = this.#parts.limits;
    const content = this.#content ?? this.#openContent(true);
    this.#state = 'chunks';
    if (content.length + length > size) {
      content.refuse(replies['too-big']);
      if (content.length + length > 2 * size) return this.#close(replies['too-big']);
    }
    this.#chunk = { last, keep: true };
    this.#wire.want({ kind: 'octets', length });
  }

  #data(bytes: Bytes): Answer {
    const content = this.#content;
    if (content === null || this.#chunk?.keep === false) return;
    const { limits, clock } = this.#parts;
    if (content.length + bytes.length > 2 * limits.size) return this.#close(replies['too-big']);
    if (clock.monotonic() - content.startedAt > limits.contentTime) return this.#close(replies['too-slow']);
    return content.add(bytes);
  }

  #endOfChunk({ last, keep }: { readonly last: boolean; readonly keep: boolean }): Answer {
    this.#chunk = null;
    const content = this.#content;
    if (!keep || content === null) return this.#refuse(replyWith('bad-order', whyNot('BDAT', this.#state)));
    if (last) return this.#finish(content);
    // RFC 3030 §2: after a failed chunk those in the pipeline are taken and thrown away.
    return content.trouble === null ? this.#say(replyWith('ok', `${content.length} octets so far`)) : this.#refuse(content.trouble);
  }

  /** Reliability S-01: only CRLF.CRLF ends the data; what looks like another end is told by the receiver as `smuggling`. */
  #endOfData(end: Unit & { readonly kind: 'end' }): Answer {
    const content = this.#content;
    if (content === null) return;
    if (end.fault === 'smuggling') {
      this.#countLetter('smuggling');
      return this.#close(replies.smuggling);
    }
    if (end.tooLong) content.refuse(replies['too-big']);
    else if (end.fault !== null || (end.bareLf > 0 && this.#parts.limits.bareLf === 'refuse')) content.refuse(replies['bad-line-ends']);
    return this.#finish(content);
  }

  #finish(content: IncomingContent): Answer {
    const letter = this.#letter!;
    if (content.trouble !== null) {
      const reply = content.trouble;
      const count = this.#replyCount();
      this.#countLetter('refused');
      this.#resetLetter();
      return this.#refuse(reply, count);
    }
    this.#accepting = true;
    return letter
      .accept({ spool: content.spool, length: content.length, binary: content.binary })
      .catch((trouble: unknown): Reply => {
        const reply = replyForTrouble(trouble);
        if (reply === null) this.#logDefect(trouble);
        return reply ?? replies['try-again'];
      })
      .then((answer) => {
        const count = this.#replyCount();
        this.#accepting = false;
        this.#letter = null;
        this.#letters++;
        this.#resetLetter();
        if (this.#gone) letter.unheard();
        else this.#unheard = letter;
        if (Array.isArray(answer)) for (const reply of answer as readonly Reply[]) this.#answerLetter(reply);
        else for (let index = 0; index < count; index++) this.#answerLetter(answer as Reply);
      });
  }

  #answerLetter(reply: Reply): void {
    this.#countLetter(reply.code < 300 ? 'taken' : reply.code < 500 ? 'later' : 'refused');
    if (reply.code >= 500) this.#errors++;
    this.#say(reply);
  }

  /** RFC 2033 §4.2: LMTP answers the data once for each recipient that it accepted. */
  #replyCount(): number {
    return this.#parts.role === 'lmtp' ? this.#recipients : 1;
  }

  #countLetter(result: string): void {
    this.#parts.meter.count('smtp_letters_total', { role: this.#parts.role, result });
  }

  #resetLetter(): void {
    this.#letter?.abandon();
    this.#letter = null;
    this.#content?.spool.discard();
    this.#content = null;
    this.#chunk = null;
    this.#recipients = 0;
    this.#signIn.forget();
    if (this.#state !== 'fresh') this.#state = 'greeted';
  }

  // --- answers ------------------------------------------------------------------------------------------------------

  #say(reply: Reply): void {
    this.#wire.write(formatReply(reply));
  }

  /** Says no. Too many of these end the connection, and before that each is held back for a moment (B-032). */
  #refuse(reply: Reply, count = 1): Answer {
    const { limits, clock, log, meter, role } = this.#parts;
    meter.count('smtp_refusals_total', { role, code: String(reply.code) });
    log.info('smtp: refused', {
      connection: this.#wire.id,
      peer: this.#wire.remote.address,
      role,
      state: this.#state,
      code: reply.code,
      enhanced: reply.enhanced,
      words: reply.text,
    });
    if (reply.code >= 500) this.#errors++;
    const say = (): void => {
      for (let index = 0; index < count; index++) this.#say(reply);
      if (this.#errors >= limits.errors) this.#close(replies['too-many-errors']);
    };
    if (reply.code === 421) return this.#close(reply);
    if (reply.code < 500 || this.#errors <= limits.errorsBeforeDelay || limits.errorDelay === 0) return say();
    return new Promise((go) => {
      this.#cancelTimer = clock.after(limits.errorDelay, () => {
        this.#cancelTimer = null;
        say();
        go();
      });
    });
  }

  #close(reply: Reply): void {
    this.#say(reply);
    this.#resetLetter();
    this.#wire.close();
  }

  #troubled(trouble: unknown): Answer {
    const reply = replyForTrouble(trouble);
    if (reply !== null) return this.#refuse(reply);
    this.#logDefect(trouble);
    this.#close(replies['try-again']);
  }

  #logDefect(trouble: unknown): void {
    this.#parts.meter.count('defects_total', { part: 'smtp' });
    this.#parts.log.error('smtp: defect', { connection: this.#wire.id, state: this.#state }, trouble);
  }
}

/** Goes on at once when it can. */
function when<T>(value: T | Promise<T>, then: (value: T) => Answer): Answer {
  return value instanceof Promise ? value.then(then) : then(value);
}
