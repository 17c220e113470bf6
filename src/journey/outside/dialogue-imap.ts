// As much of an IMAP client as a check and a proof need (RFC 9051, RFC 3501): greeting, abilities, seal, login, one look at a mailbox.
// Knows these commands; collection uses a whole client.
import { base64FromBytes, bytesFromBase64 } from '../../base/bytes.ts';
import { CauseTrouble } from './causes.ts';
import type { CheckFacts, ServerAbilities } from './check-contract.ts';
import { Lines, SignInTrouble, type Dialogue, type SignInManner } from './dialogue.ts';
import type { Overhearing } from './overhearing.ts';
import { parseRefusal, type ReplyPhase } from './replies.ts';

/** Untagged answers to one command. */
const answersMax = 10_000;

export interface ImapAnswer {
  /** Without the asterisk; literals stand in their place, framed by quotes. */
  readonly untagged: readonly string[];
  readonly ok: boolean;
  /** The tagged line as it came. */
  readonly tagged: string;
}

export class ImapDialogue implements Dialogue {
  readonly #lines: Lines;
  readonly #connection: Overhearing;
  #tags = 0;
  #greeting = '';
  #capabilities: readonly string[] | null = null;
  #startTls: boolean | null = null;

  constructor(connection: Overhearing, patience: number) {
    this.#connection = connection;
    this.#lines = new Lines(connection, patience);
  }

  get capabilities(): readonly string[] {
    return this.#capabilities ?? [];
  }

  async greet(): Promise<void> {
    const line = await this.#lines.greeting();
    if (!/^\* (?:OK|PREAUTH|BYE)\b/i.test(line)) throw this.#lines.stranger('imap');
    if (/^\* BYE/i.test(line)) throw this.#lines.refusal('imap', 'greeting', line);
    this.#greeting = line.slice(0, 300);
    // RFC 9051 §7.1: capabilities in the greeting are believed only where nobody could have changed them.
    if (this.#connection.tls !== null) this.#takeCapabilities(line);
  }

  async learn(): Promise<ServerAbilities> {
    if (this.#capabilities === null) await this.#askCapabilities();
    if (this.#connection.tls === null && this.#startTls === null) this.#startTls = this.#has('STARTTLS');
    const mechanisms = this.capabilities.flatMap((name) => /^AUTH=(.+)$/.exec(name)?.[1] ?? []);
    return {
      capabilities: this.capabilities,
      mechanisms: this.#has('LOGINDISABLED') ? mechanisms : [...mechanisms, 'LOGIN-COMMAND'],
      startTls: this.#startTls,
      greeting: this.#greeting,
    };
  }

  async startTls(): Promise<void> {
    const { startTls } = await this.learn();
    if (!startTls) throw new CauseTrouble('starttls-missing', 'the server does not offer STARTTLS', this.capabilities.join(' '));
    const answer = await this.ask('STARTTLS', 'starttls');
    if (!answer.ok) throw this.#lines.refusal('imap', 'starttls', answer.tagged);
    // Reliability S-02: what came in the clear must not be taken for what comes sealed.
    if (this.#lines.waiting > 0) throw new CauseTrouble('protocol', 'octets in the clear behind the answer to STARTTLS');
    await this.#connection.seal(this.#lines.patience);
    // RFC 9051 §6.2.1: what was told in the clear is forgotten.
    this.#capabilities = null;
    await this.learn();
  }

  async signIn(manner: SignInManner): Promise<void> {
    this.#capabilities = null;
    if (manner.mechanism === 'COMMAND') {
      const { login, password } = manner;
      const answer = await this.#command(`LOGIN ${quoted(login)} ${quoted(password)}`, async () => null);
      if (!answer.ok) throw new SignInTrouble(parseRefusal('imap', 'login', answer.tagged), true);
      return;
    }
    // Without SASL-IR (RFC 4959): every server understands it, and the secret goes only to one that takes the mechanism.
    let initial = manner.initial();
    let seen = false;
    const answer = await this.#command(`AUTHENTICATE ${manner.mechanism}`, async (challenge) => {
      if (initial !== null && seen === false) {
        seen = true;
        const first = initial;
        initial = null;
        return base64FromBytes(first);
      }
      seen = true;
      return base64FromBytes(await manner.respond(bytesFromBase64(challenge)));
    });
    if (!answer.ok) throw new SignInTrouble(parseRefusal('imap', seen ? 'login' : 'manner', answer.tagged), seen);
    if (!manner.complete) throw new CauseTrouble('protocol', 'the server did not prove that it knows the password');
  }

  /** One look into the letter box; some servers say only now that IMAP is off. */
  async use(): Promise<CheckFacts> {
    await this.learn();
    // RFC 2971: there are providers (163.com) that let nobody in who does not say who they are.
    if (this.#has('ID')) await this.ask('ID ("name" "Tayori")', 'use');
    const answer = await this.ask('EXAMINE INBOX', 'use');
    if (!answer.ok) throw this.#lines.refusal('imap', 'use', answer.tagged);
    const letters = answer.untagged.map((line) => /^(\d{1,10}) EXISTS/i.exec(line)?.[1]).find((count) => count !== undefined);
    return letters === undefined ? {} : { letters: Number(letters) };
  }

  /** One command and its answers. @throws CauseTrouble when the connection fails, never for a no. */
  ask(command: string, _phase: ReplyPhase): Promise<ImapAnswer> {
    return this.#command(command, async () => null);
  }

  end(): void {
    this.#lines.say(`${this.#tag()} LOGOUT`);
    this.#connection.close();
  }

  async #askCapabilities(): Promise<void> {
    const answer = await this.ask('CAPABILITY', 'hello');
    if (!answer.ok) throw this.#lines.refusal('imap', 'hello', answer.tagged);
    for (const line of answer.untagged) this.#takeCapabilities(line);
    this.#capabilities ??= [];
  }

  #takeCapabilities(line: string): void {
    const found = /(?:^|\[)CAPABILITY ([^\]]*)/i.exec(line)?.[1];
    if (found !== undefined) this.#capabilities = found.trim().toUpperCase().split(/ +/).slice(0, 200);
  }

  #has(name: string): boolean {
    return this.capabilities.includes(name);
  }

  #tag(): string {
    return `t${++this.#tags}`;
  }

  /** `answer` is asked for what follows a continuation; null gives up the command. */
  async #command(command: string, answer: (challenge: string) => Promise<string | null>): Promise<ImapAnswer> {
    const tag = this.#tag();
    this.#lines.say(`${tag} ${command}`);
    const untagged: string[] = [];
    for (;;) {
      const line = await this.#wholeLine();
      if (line.startsWith(`${tag} `)) {
        const ok = /^\S+ OK\b/i.test(line);
        if (ok && /\[CAPABILITY /i.test(line)) this.#takeCapabilities(line);
        return { untagged, ok, tagged: line };
      }
      if (line.startsWith('+')) {
        const said = await answer(line.slice(1).trim());
        this.#lines.say(said ?? '*');
      } else if (line.startsWith('* ')) {
        // RFC 9051 §7.1.5: a server that says goodbye in the middle has answered.
        if (/^\* BYE/i.test(line) && !command.startsWith('LOGOUT'))
          throw this.#lines.refusal('imap', /^(?:LOGIN|AUTHENTICATE)/.test(command) ? 'login' : 'hello', line);
        if (untagged.length >= answersMax) throw new CauseTrouble('protocol', 'answers without an end');
        untagged.push(line.slice(2));
      } else throw new CauseTrouble('protocol', 'an answer that is no IMAP', line.slice(0, 300));
    }
  }

  async #wholeLine(): Promise<string> {
    let line = await this.#lines.line();
    for (let literals = 0; ; literals++) {
      const literal = /\{(\d{1,9})\+?\}$/.exec(line);
      if (literal === null) return line;
      if (literals > 20) throw new CauseTrouble('protocol', 'literals without an end');
      const octets = await this.#lines.octets(Number(literal[1]));
      line = `${line.slice(0, literal.index)}"${octets}"${await this.#lines.line()}`;
    }
  }
}

/** RFC 9051 §4.3 (quoted). What cannot stand in quotes cannot be sent. Liberal: UTF-8 goes as it is, most servers compare octets. */
export function quoted(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new CauseTrouble('protocol', 'a line end in what one signs in with');
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
