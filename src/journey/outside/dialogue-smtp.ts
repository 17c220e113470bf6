// As much of an SMTP client as a check needs (RFC 5321, 3207, 4954): it stops before DATA. Knows these commands; letters go out by the
// whole client (protocol/smtp/client.ts).
import { base64FromBytes, bytesFromBase64 } from '../../base/bytes.ts';
import { CauseTrouble } from './causes.ts';
import type { CheckFacts, ServerAbilities } from './check-contract.ts';
import { Lines, SignInTrouble, type Dialogue, type SignInManner } from './dialogue.ts';
import type { Overhearing } from './overhearing.ts';
import { parseRefusal } from './replies.ts';

const linesMax = 200;

interface Reply {
  readonly code: number;
  /** As it came, lines joined by `\n`. */
  readonly raw: string;
  readonly lines: readonly string[];
}

export class SmtpDialogue implements Dialogue {
  readonly #lines: Lines;
  readonly #connection: Overhearing;
  readonly #hostName: string;
  #greeting = '';
  #capabilities: readonly string[] | null = null;
  #startTls: boolean | null = null;

  constructor(connection: Overhearing, patience: number, hostName: string) {
    this.#connection = connection;
    this.#lines = new Lines(connection, patience);
    this.#hostName = hostName;
  }

  async greet(): Promise<void> {
    const first = await this.#lines.greeting();
    if (this.#connection.who === 'ftp' || !/^[2-5]\d\d(?:[ -]|$)/.test(first)) throw this.#lines.stranger('smtp');
    const reply = await this.#reply(first);
    if (reply.code !== 220) throw this.#lines.refusal('smtp', 'greeting', reply.raw);
    this.#greeting = (reply.lines[0] ?? '').slice(0, 300);
  }

  async learn(): Promise<ServerAbilities> {
    if (this.#capabilities === null) {
      const reply = await this.#ask(`EHLO ${this.#hostName}`);
      if (reply.code !== 250) throw this.#lines.refusal('smtp', 'hello', reply.raw);
      this.#capabilities = reply.lines.slice(1).map((line) => line.trim().toUpperCase());
    }
    if (this.#connection.tls === null && this.#startTls === null) this.#startTls = this.#capabilities.includes('STARTTLS');
    // Liberal: `AUTH=LOGIN` of old servers is read as AUTH.
    const mechanisms = this.#capabilities.flatMap((line) => /^AUTH[ =](.*)$/.exec(line)?.[1]?.split(/ +/) ?? []);
    return { capabilities: this.#capabilities, mechanisms: [...new Set(mechanisms)], startTls: this.#startTls, greeting: this.#greeting };
  }

  async startTls(): Promise<void> {
    const { startTls, capabilities } = await this.learn();
    if (!startTls) throw new CauseTrouble('starttls-missing', 'the server does not offer STARTTLS', capabilities.join(', '));
    const reply = await this.#ask('STARTTLS');
    if (reply.code !== 220) throw this.#lines.refusal('smtp', 'starttls', reply.raw);
    // Reliability B-015.
    if (this.#lines.waiting > 0) throw new CauseTrouble('protocol', 'octets in the clear behind the answer to STARTTLS');
    await this.#connection.seal(this.#lines.patience);
    // RFC 3207 §4.2: what was said in the clear is forgotten.
    this.#capabilities = null;
    await this.learn();
  }

  async signIn(manner: SignInManner): Promise<void> {
    if (manner.mechanism === 'COMMAND') throw new CauseTrouble('no-common-mechanism', 'SMTP has no command for signing in');
    let initial = manner.initial();
    let seen = false;
    let reply = await this.#ask(`AUTH ${manner.mechanism}`);
    for (let turns = 0; reply.code === 334 && turns < 10; turns++) {
      const said = initial ?? (await manner.respond(bytesFromBase64(reply.lines[0] ?? '')));
      initial = null;
      seen = true;
      reply = await this.#ask(base64FromBytes(said));
    }
    if (reply.code !== 235) throw new SignInTrouble(parseRefusal('smtp', seen ? 'login' : 'manner', reply.raw), seen);
    if (!manner.complete) throw new CauseTrouble('protocol', 'the server did not prove that it knows the password');
  }

  /** Would it take a letter from this address to this address? Stops before DATA: nothing is sent. */
  async use(address: string | null): Promise<CheckFacts> {
    if (address === null) return {};
    if (!/^[^\s<>\x00-\x1f]+@[^\s<>\x00-\x1f]+$/.test(address)) throw new CauseTrouble('not-an-address', 'not an address');
    const sender = await this.#ask(`MAIL FROM:<${address}>`);
    if (sender.code >= 300) throw this.#lines.refusal('smtp', 'sender', sender.raw);
    const recipient = await this.#ask(`RCPT TO:<${address}>`);
    if (recipient.code >= 300) throw this.#lines.refusal('smtp', 'recipient', recipient.raw);
    await this.#ask('RSET');
    const size = this.#capabilities?.map((line) => /^SIZE (\d{1,15})$/.exec(line)?.[1]).find((found) => found !== undefined);
    return size === undefined ? {} : { size: Number(size) };
  }

  end(): void {
    this.#lines.say('QUIT');
    this.#connection.close();
  }

  async #ask(line: string): Promise<Reply> {
    this.#lines.say(line);
    return this.#reply(await this.#lines.line());
  }

  /** RFC 5321 §4.2. */
  async #reply(first: string): Promise<Reply> {
    const raw: string[] = [];
    for (let line = first; ; line = await this.#lines.line()) {
      const match = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line);
      if (match === null || raw.length >= linesMax) throw new CauseTrouble('protocol', 'an answer that is no SMTP', line.slice(0, 300));
      raw.push(line);
      if (match[2] !== '-') return { code: Number(match[1]), raw: raw.join('\n'), lines: raw.map((text) => text.slice(4)) };
    }
  }
}
