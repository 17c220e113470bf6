// A client that says exactly what a test tells it, over a bare socket or TLS: lines and octets out, lines and octets in, and thin callers
// for SMTP, IMAP and POP3 on top. Written from RFC 5321, 9051 and 1939; knows nothing of Tayori.
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';

/** The peer has gone, or went silent for too long: what was asked last is neither done nor not done. */
export class Lost extends Error {
  override readonly name = 'Lost';
}

/** A no where the test needs a yes. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

export interface DialogueOptions {
  readonly port: number;
  readonly host?: string;
  /** Path of the certificate authority: TLS from the first octet. */
  readonly ca?: string;
  /** Milliseconds that one answer may take. */
  readonly patience?: number;
}

export class Dialogue {
  #socket: Socket;
  readonly #patience: number;
  #held: Buffer = Buffer.alloc(0);
  #at = 0;
  #pending: Buffer[] = [];
  #pendingLength = 0;
  #ended = false;
  #wake: (() => void) | null = null;

  constructor(socket: Socket, patience = 20_000) {
    this.#socket = socket;
    this.#patience = patience;
    this.#attach();
  }

  static async open({ port, host = '127.0.0.1', ca, patience }: DialogueOptions): Promise<Dialogue> {
    const socket =
      ca === undefined ? connect({ port, host, noDelay: true }) : connectTls({ port, host, ca: readFileSync(ca), servername: 'localhost' });
    await new Promise<void>((done, failed) => {
      socket.once(ca === undefined ? 'connect' : 'secureConnect', () => done());
      socket.once('error', (error) => failed(new Lost(error.message)));
    });
    return new Dialogue(socket, patience);
  }

  #attach(): void {
    const wake = (): void => {
      const waiting = this.#wake;
      this.#wake = null;
      waiting?.();
    };
    this.#socket.on('data', (chunk: Buffer) => {
      this.#pending.push(chunk);
      this.#pendingLength += chunk.length;
      wake();
    });
    this.#socket.on('error', () => {});
    const end = (): void => {
      this.#ended = true;
      wake();
    };
    this.#socket.on('end', end);
    this.#socket.on('close', end);
  }

  /** The handshake after STARTTLS or STLS was agreed. */
  async secure(ca: string): Promise<void> {
    this.#socket.removeAllListeners();
    const secure = connectTls({ socket: this.#socket, ca: readFileSync(ca), servername: 'localhost' });
    await new Promise<void>((done, failed) => {
      secure.once('secureConnect', () => done());
      secure.once('error', (error) => failed(new Lost(error.message)));
      secure.once('close', () => failed(new Lost('closed in the handshake')));
    });
    this.#socket = secure;
    this.#attach();
  }

  get isSecure(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  get socket(): Socket {
    return this.#socket;
  }

  write(data: string | Buffer): void {
    this.#socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
  }

  /** One line without its CRLF. @throws Lost. */
  async line(): Promise<string> {
    for (let from = this.#at; ;) {
      const end = this.#held.indexOf('\r\n', from, 'latin1');
      if (end >= 0) {
        const line = this.#held.toString('latin1', this.#at, end);
        this.#at = end + 2;
        return line;
      }
      const seen = Math.max(0, this.#held.length - this.#at - 1);
      await this.#more(this.#held.length - this.#at + 1);
      from = this.#at + seen;
    }
  }

  /** @throws Lost. */
  async octets(length: number): Promise<Buffer> {
    if (this.#held.length - this.#at < length) await this.#more(length);
    const octets = this.#held.subarray(this.#at, this.#at + length);
    this.#at += length;
    return octets;
  }

  /** Everything until the peer closes. */
  async rest(): Promise<string> {
    while (!this.#ended) await this.#wait();
    return Buffer.concat([this.#held.subarray(this.#at), ...this.#pending]).toString('latin1');
  }

  /** Waits until at least `length` octets are held from `#at` on. */
  async #more(length: number): Promise<void> {
    const kept = this.#held.length - this.#at;
    while (kept + this.#pendingLength < length) {
      if (this.#ended) throw new Lost('the server closed the connection');
      await this.#wait();
    }
    this.#held = Buffer.concat([this.#held.subarray(this.#at), ...this.#pending]);
    this.#at = 0;
    this.#pending = [];
    this.#pendingLength = 0;
  }

  #wait(): Promise<void> {
    return new Promise((done, failed) => {
      const timer = setTimeout(() => {
        this.#wake = null;
        failed(new Lost('the server was silent for too long'));
      }, this.#patience);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

// --- SMTP -------------------------------------------------------------------------------------------------------------

export interface SmtpReply {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Dots stuffed, the end marked (RFC 5321 §4.5.2). The letter must end in CRLF. */
export function stuffed(letter: Buffer): Buffer {
  return Buffer.from(`${letter.toString('latin1').replace(/^\./gm, '..')}.\r\n`, 'latin1');
}

export class SmtpCaller {
  readonly dialogue: Dialogue;

  constructor(dialogue: Dialogue) {
    this.dialogue = dialogue;
  }

  /** With greeting and EHLO behind it; on submission also the login. */
  static async open(options: DialogueOptions, login?: { readonly login: string; readonly password: string }): Promise<SmtpCaller> {
    const caller = new SmtpCaller(await Dialogue.open(options));
    await caller.reply();
    await caller.ask('EHLO client.example');
    if (login !== undefined) {
      const { code, lines } = await caller.ask(`AUTH PLAIN ${Buffer.from(`\0${login.login}\0${login.password}`).toString('base64')}`);
      if (code !== 235) throw new Refused(`no login: ${lines.join()}`);
    }
    return caller;
  }

  async reply(): Promise<SmtpReply> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.dialogue.line();
      lines.push(line);
      if (line[3] !== '-') return { code: Number(line.slice(0, 3)), lines };
    }
  }

  ask(line: string): Promise<SmtpReply> {
    this.dialogue.write(`${line}\r\n`);
    return this.reply();
  }

  /** One letter; the reply that decided. @throws Lost. */
  async send(from: string, to: readonly string[], letter: Buffer): Promise<SmtpReply> {
    this.dialogue.write(`MAIL FROM:<${from}>\r\n${to.map((address) => `RCPT TO:<${address}>\r\n`).join('')}DATA\r\n`);
    const mail = await this.reply();
    const recipients: SmtpReply[] = [];
    for (let index = 0; index < to.length; index++) recipients.push(await this.reply());
    const data = await this.reply();
    const wrong = [mail, ...recipients, data].find(({ code }) => code >= 400);
    if (data.code !== 354) {
      await this.ask('RSET');
      return wrong ?? data;
    }
    this.dialogue.write(stuffed(letter));
    return this.reply();
  }

  close(): void {
    this.dialogue.close();
  }
}

// --- IMAP -------------------------------------------------------------------------------------------------------------

export interface ImapResponse {
  /** Without tag or star; each literal stands as `{n}`. */
  readonly text: string;
  readonly literals: readonly Buffer[];
}

export interface ImapAnswer {
  readonly status: string;
  /** What stands behind the status. */
  readonly text: string;
  readonly untagged: readonly ImapResponse[];
}

export class ImapCaller {
  readonly dialogue: Dialogue;
  #tags = 0;

  constructor(dialogue: Dialogue) {
    this.dialogue = dialogue;
  }

  /** With the greeting behind it, and the login. */
  static async open(options: DialogueOptions, login?: { readonly login: string; readonly password: string }): Promise<ImapCaller> {
    const caller = new ImapCaller(await Dialogue.open(options));
    await caller.dialogue.line();
    if (login !== undefined) await caller.well(`LOGIN "${login.login}" "${login.password}"`);
    return caller;
  }

  async response(): Promise<ImapResponse> {
    let text = await this.dialogue.line();
    const literals: Buffer[] = [];
    for (;;) {
      const found = /~?\{(\d+)\}$/.exec(text);
      if (!found) return { text, literals };
      literals.push(await this.dialogue.octets(Number(found[1])));
      text += await this.dialogue.line();
    }
  }

  /** A command; letters in it are sent as non-synchronising literals (RFC 7888). @throws Lost. */
  ask(command: string, ...letters: readonly { readonly before: string; readonly octets: Buffer }[]): Promise<ImapAnswer> {
    const tag = `t${++this.#tags}`;
    if (letters.length === 0) this.dialogue.write(`${tag} ${command}\r\n`);
    else {
      const parts = letters.flatMap(({ before, octets }) => [Buffer.from(`${before}{${octets.length}+}\r\n`), octets]);
      this.dialogue.write(Buffer.concat([Buffer.from(`${tag} ${command}`), ...parts, Buffer.from('\r\n')]));
    }
    return this.answer(tag);
  }

  /** The answer to this tag. */
  async answer(tag: string): Promise<ImapAnswer> {
    const untagged: ImapResponse[] = [];
    for (;;) {
      const response = await this.response();
      const [, status, text] = new RegExp(`^${tag} (OK|NO|BAD) ?(.*)$`, 's').exec(response.text) ?? [];
      if (status !== undefined) return { status, text: text!, untagged };
      if (response.text.startsWith('* ')) untagged.push({ ...response, text: response.text.slice(2) });
    }
  }

  /** As `ask`, where anything but OK is a defect of the test. */
  async well(command: string, ...letters: readonly { readonly before: string; readonly octets: Buffer }[]): Promise<ImapAnswer> {
    const answer = await this.ask(command, ...letters);
    if (answer.status !== 'OK') throw new Refused(`${command.slice(0, 200)}: ${answer.status} ${answer.text}`);
    return answer;
  }

  close(): void {
    this.dialogue.close();
  }
}

// --- POP3 -------------------------------------------------------------------------------------------------------------

export class PopCaller {
  readonly dialogue: Dialogue;

  constructor(dialogue: Dialogue) {
    this.dialogue = dialogue;
  }

  static async open(options: DialogueOptions, login?: { readonly login: string; readonly password: string }): Promise<PopCaller> {
    const caller = new PopCaller(await Dialogue.open(options));
    await caller.dialogue.line();
    if (login !== undefined) {
      await caller.ask(`USER ${login.login}`);
      const said = await caller.ask(`PASS ${login.password}`);
      if (!said.startsWith('+OK')) throw new Refused(said);
    }
    return caller;
  }

  ask(line: string): Promise<string> {
    this.dialogue.write(`${line}\r\n`);
    return this.dialogue.line();
  }

  /** The lines of an answer of many lines, dots unstuffed. */
  async lines(): Promise<string[]> {
    const all: string[] = [];
    for (;;) {
      const line = await this.dialogue.line();
      if (line === '.') return all;
      all.push(line.startsWith('.') ? line.slice(1) : line);
    }
  }

  /** Number and unique id of each letter. */
  async listing(): Promise<(readonly [number: number, uidl: string])[]> {
    const said = await this.ask('UIDL');
    if (!said.startsWith('+OK')) throw new Refused(said);
    return (await this.lines()).map((line) => {
      const [number, uidl] = line.split(' ');
      return [Number(number), uidl!] as const;
    });
  }

  async letter(number: number): Promise<Buffer> {
    const said = await this.ask(`RETR ${number}`);
    if (!said.startsWith('+OK')) throw new Refused(said);
    return Buffer.from(`${(await this.lines()).join('\r\n')}\r\n`, 'latin1');
  }

  close(): void {
    this.dialogue.close();
  }
}
