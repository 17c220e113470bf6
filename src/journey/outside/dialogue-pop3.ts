// As much of a POP3 client as a check and a proof need (RFC 1939, 2449, 2595, 5034). Knows these commands; collection uses a whole client.
import { base64FromBytes, bytesFromBase64 } from '../../base/bytes.ts';
import { CauseTrouble } from './causes.ts';
import type { CheckFacts, ServerAbilities } from './check-contract.ts';
import { Lines, SignInTrouble, type Dialogue, type SignInManner } from './dialogue.ts';
import type { Overhearing } from './overhearing.ts';
import { parseRefusal, type ReplyPhase } from './replies.ts';

/** Rows of one listing: a large maildrop. */
const rowsMax = 500_000;

export class Pop3Dialogue implements Dialogue {
  readonly #lines: Lines;
  readonly #connection: Overhearing;
  #greeting = '';
  #capabilities: readonly string[] | null = null;
  #startTls: boolean | null = null;

  constructor(connection: Overhearing, patience: number) {
    this.#connection = connection;
    this.#lines = new Lines(connection, patience);
  }

  async greet(): Promise<void> {
    const line = await this.#lines.greeting();
    if (/^-ERR\b/i.test(line)) throw this.#lines.refusal('pop3', 'greeting', line);
    if (!/^\+OK/i.test(line)) throw this.#lines.stranger('pop3');
    this.#greeting = line.slice(0, 300);
  }

  async learn(): Promise<ServerAbilities> {
    if (this.#capabilities === null) {
      // RFC 2449 §5. A server that says no to CAPA is one of RFC 1939 alone.
      this.#lines.say('CAPA');
      const told = isOk(await this.#lines.line());
      this.#capabilities = told ? (await this.#rows(500)).map((row) => row.trim().toUpperCase()) : ['USER'];
    }
    if (this.#connection.tls === null && this.#startTls === null) this.#startTls = this.#capabilities.includes('STLS');
    const sasl = this.#capabilities.find((name) => name.startsWith('SASL'));
    const mechanisms = (sasl ?? '').split(/ +/).slice(1);
    return {
      capabilities: this.#capabilities,
      mechanisms: this.#capabilities.includes('USER') || mechanisms.length === 0 ? [...mechanisms, 'USER'] : mechanisms,
      startTls: this.#startTls,
      greeting: this.#greeting,
    };
  }

  async startTls(): Promise<void> {
    const { startTls, capabilities } = await this.learn();
    if (!startTls) throw new CauseTrouble('starttls-missing', 'the server does not offer STLS', capabilities.join(' '));
    const answer = await this.ask('STLS');
    if (!isOk(answer)) throw this.#lines.refusal('pop3', 'starttls', answer);
    // Reliability S-02.
    if (this.#lines.waiting > 0) throw new CauseTrouble('protocol', 'octets in the clear behind the answer to STLS');
    await this.#connection.seal(this.#lines.patience);
    // RFC 2595 §4: what was told in the clear is forgotten.
    this.#capabilities = null;
    await this.learn();
  }

  async signIn(manner: SignInManner): Promise<void> {
    if (manner.mechanism === 'COMMAND') {
      const { login, password } = manner;
      const named = await this.ask(`USER ${inLine(login)}`);
      if (!isOk(named)) throw new SignInTrouble(parseRefusal('pop3', 'manner', named), false);
      const answer = await this.ask(`PASS ${inLine(password)}`);
      if (!isOk(answer)) throw new SignInTrouble(parseRefusal('pop3', 'login', answer), true);
      return;
    }
    // RFC 5034 §4: without an initial response, so that the secret goes only to a server that takes the mechanism.
    let initial = manner.initial();
    let seen = false;
    let answer = await this.ask(`AUTH ${manner.mechanism}`);
    for (let turns = 0; answer.startsWith('+') && !isOk(answer) && turns < 10; turns++) {
      const said = initial ?? (await manner.respond(bytesFromBase64(answer.slice(1).trim())));
      initial = null;
      seen = true;
      answer = await this.ask(base64FromBytes(said));
    }
    if (!isOk(answer)) throw new SignInTrouble(parseRefusal('pop3', seen ? 'login' : 'manner', answer), seen);
    if (!manner.complete) throw new CauseTrouble('protocol', 'the server did not prove that it knows the password');
  }

  async use(): Promise<CheckFacts> {
    const answer = await this.ask('STAT');
    if (!isOk(answer)) throw this.#lines.refusal('pop3', 'use', answer);
    const found = /^\+OK +(\d{1,10}) +(\d{1,18})/i.exec(answer);
    if (found === null) throw new CauseTrouble('protocol', 'a drop listing without numbers', answer);
    // RFC 1939 §7: without UIDL nobody can tell which letters are new.
    const uidl = await this.ask('UIDL 1');
    return { letters: Number(found[1]), octets: Number(found[2]), uidl: isOk(uidl) || found[1] === '0' };
  }

  /** One command with an answer of one line. */
  async ask(command: string): Promise<string> {
    this.#lines.say(command);
    return this.#lines.line();
  }

  /** One command with an answer of many lines; null for a no. */
  async list(command: string, phase: ReplyPhase = 'use'): Promise<readonly string[]> {
    const answer = await this.ask(command);
    if (!isOk(answer)) throw this.#lines.refusal('pop3', phase, answer);
    return this.#rows(rowsMax);
  }

  /** RFC 1939 §6: what was marked is removed only at QUIT. */
  async quit(): Promise<boolean> {
    const answer = await this.ask('QUIT');
    this.#connection.close();
    return isOk(answer);
  }

  end(): void {
    this.#lines.say('QUIT');
    this.#connection.close();
  }

  async #rows(max: number): Promise<readonly string[]> {
    const rows: string[] = [];
    for (;;) {
      const line = await this.#lines.line();
      if (line === '.') return rows;
      if (rows.length >= max) throw new CauseTrouble('protocol', 'a list without an end');
      rows.push(line.startsWith('.') ? line.slice(1) : line);
    }
  }
}

function isOk(answer: string): boolean {
  return /^\+OK\b/i.test(answer);
}

function inLine(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new CauseTrouble('protocol', 'a line end in what one signs in with');
  return text;
}
