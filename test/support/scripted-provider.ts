// A provider's server for tests that behaves as told: polite IMAP, POP3 and SMTP, each answer of which a test can put another in place of.
// Real sockets on 127.0.0.1, real TLS. Keeps every octet that came in the clear and every login, so that a test can look for secrets.
// Written without the project's own protocol code.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket, type SecureContextOptions } from 'node:tls';

export type Service = 'imap' | 'pop3' | 'smtp';

/** What a row of the bench changes of a polite server. */
export interface Script {
  readonly service: Service;
  readonly security: 'tls' | 'starttls' | 'plain';
  /** Certificate, key, and TLS settings. */
  readonly tls: SecureContextOptions;
  readonly login?: string;
  readonly password?: string;
  /** Access token that is taken. */
  readonly token?: string;
  /** Replaces the first line; without line end. */
  readonly greeting?: string;
  /** Replaces everything: the raw socket as it comes in. */
  readonly instead?: (socket: Socket) => void;
  /** Mechanisms that are offered; PLAIN and LOGIN when missing. */
  readonly mechanisms?: readonly string[];
  /** False: neither STARTTLS nor STLS is told of. */
  readonly offersStartTls?: boolean;
  /** What is answered to a sign-in that fails, instead of the usual no; IMAP without a tag. */
  readonly refusal?: string;
  /** What is answered to commands, by their verb (`STARTTLS`, `AUTH PLAIN`, `RCPT`); IMAP without a tag. A function may do anything. */
  readonly answers?: Readonly<Record<string, string | ((talk: Talk) => void)>>;
  /** Where it listens; a free port of 127.0.0.1 when missing. */
  readonly listen?: { readonly address: string; readonly port: number };
  /** Letters of the one mailbox, for proofs. */
  readonly letters?: string[];
  readonly onLetter?: (letter: string) => void;
  /** Takes the letter and dies before its yes is heard. */
  readonly unheard?: boolean;
}

export interface Talk {
  readonly say: (line: string) => void;
  readonly raw: (text: string) => void;
  readonly socket: () => Socket;
  readonly tag: string;
  readonly rest: string;
}

export interface Provider {
  readonly port: number;
  /** Everything that came in the clear. */
  clear(): Buffer;
  /** Sign-ins that were refused after the secret was seen. */
  readonly failures: { count: number };
  readonly connections: { count: number };
  close(): Promise<void>;
}

export async function openProvider(script: Script): Promise<Provider> {
  const clear: Buffer[] = [];
  const failures = { count: 0 };
  const connections = { count: 0 };
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    connections.count++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    if (script.instead) {
      socket.on('data', (chunk: Buffer) => clear.push(chunk));
      script.instead(socket);
      return;
    }
    const conversation = new Conversation(script, socket, clear, failures);
    conversation.begin();
  });
  server.listen(script.listen?.port ?? 0, script.listen?.address ?? '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    clear: () => Buffer.concat(clear),
    failures,
    connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** True when the octets hold the secret as it is or within base64. */
export function holdsSecret(octets: Buffer, secret: string): boolean {
  const text = octets.toString('latin1');
  if (text.includes(secret)) return true;
  return (text.match(/[A-Za-z0-9+/]{4,}={0,2}/g) ?? []).some((token) => Buffer.from(token, 'base64').toString('latin1').includes(secret));
}

class Conversation {
  #socket: Socket;
  readonly #script: Script;
  readonly #clear: Buffer[];
  readonly #failures: { count: number };
  #sealed = false;
  #buffer = '';
  /** What the next line is for, when it is no command. */
  #awaits: ((line: string) => void) | null = null;
  #user = '';
  #letter: string[] | null = null;

  constructor(script: Script, socket: Socket, clear: Buffer[], failures: { count: number }) {
    this.#script = script;
    this.#socket = socket;
    this.#clear = clear;
    this.#failures = failures;
  }

  begin(): void {
    const socket = this.#socket;
    if (this.#script.security === 'tls') this.#seal(() => this.#greet());
    else {
      this.#listen(socket);
      this.#greet();
    }
  }

  #greet(): void {
    const usual = { imap: '* OK IMAP4rev1 ready', pop3: '+OK POP3 ready', smtp: '220 mail.provider.test ESMTP' };
    const greeting = this.#script.greeting ?? usual[this.#script.service];
    if (greeting !== '') this.#say(greeting);
    if (/^(?:\* BYE|-ERR|421|554)/.test(greeting)) this.#socket.end();
  }

  #seal(then: () => void): void {
    const tls = new TLSSocket(this.#socket, { isServer: true, secureContext: createSecureContext(this.#script.tls), requestCert: false });
    tls.on('error', () => this.#socket.destroy());
    tls.on('secure', () => {
      this.#sealed = true;
      this.#socket = tls;
      this.#buffer = '';
      this.#listen(tls);
      then();
    });
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      if (socket !== this.#socket) return;
      if (!this.#sealed) this.#clear.push(chunk);
      this.#buffer += chunk.toString('latin1');
      for (let at = this.#buffer.indexOf('\n'); at >= 0; at = this.#buffer.indexOf('\n')) {
        const line = this.#buffer.slice(0, at).replace(/\r$/, '');
        this.#buffer = this.#buffer.slice(at + 1);
        this.#line(line);
      }
    });
  }

  #say(line: string): void {
    this.#raw(`${line}\r\n`);
  }

  #raw(text: string): void {
    if (!this.#socket.destroyed) this.#socket.write(Buffer.from(text, 'utf8'));
  }

  #line(line: string): void {
    if (this.#letter !== null) return this.#letterLine(line);
    const awaits = this.#awaits;
    if (awaits !== null) {
      this.#awaits = null;
      awaits(line);
      return;
    }
    const imap = this.#script.service === 'imap';
    const [, tag = '', command = line] = imap ? (/^(\S+) (.*)$/s.exec(line) ?? []) : ['', '', line];
    const [verb = '', ...words] = command.split(' ');
    const rest = words.join(' ');
    const upper = verb.toUpperCase();
    const talk: Talk = {
      tag,
      rest,
      say: (text) => this.#say(imap && !text.startsWith('*') ? `${tag} ${text}` : text),
      raw: (text) => this.#raw(text),
      socket: () => this.#socket,
    };
    const other = this.#script.answers?.[`${upper} ${(words[0] ?? '').toUpperCase()}`] ?? this.#script.answers?.[upper];
    if (typeof other === 'function') return other(talk);
    if (other !== undefined) return other.split('\n').forEach((text) => talk.say(text));
    this.#polite(upper, words, rest, talk);
  }

  #polite(verb: string, words: readonly string[], rest: string, talk: Talk): void {
    const { service } = this.#script;
    if (verb === 'AUTHENTICATE' || verb === 'AUTH') return this.#sasl((words[0] ?? '').toUpperCase(), talk);
    if (verb === 'STARTTLS' || verb === 'STLS') {
      talk.say(service === 'imap' ? 'OK begin' : service === 'pop3' ? '+OK begin' : '220 begin');
      return this.#seal(() => {});
    }
    if (service === 'imap') this.#imap(verb, rest, talk);
    else if (service === 'pop3') this.#pop3(verb, words, talk);
    else this.#smtp(verb, talk);
  }

  get #offered(): string[] {
    return [...(this.#script.mechanisms ?? ['PLAIN', 'LOGIN'])];
  }

  get #startTls(): boolean {
    return this.#script.security === 'starttls' && !this.#sealed && this.#script.offersStartTls !== false;
  }

  #imap(verb: string, rest: string, talk: Talk): void {
    const letters = this.#script.letters ?? [];
    if (verb === 'CAPABILITY') {
      const names = [
        'IMAP4rev1',
        'ID',
        'UIDPLUS',
        ...(this.#startTls ? ['STARTTLS', 'LOGINDISABLED'] : []),
        ...this.#offered.map((name) => `AUTH=${name}`),
      ];
      talk.say(`* CAPABILITY ${names.join(' ')}`);
      talk.say('OK done');
    } else if (verb === 'LOGIN') {
      const [login = '', password = ''] = (rest.match(/"((?:[^"\\]|\\.)*)"/g) ?? []).map((word) =>
        word.slice(1, -1).replaceAll(/\\(.)/g, '$1'),
      );
      this.#judge(login, password, talk);
    } else if (verb === 'EXAMINE' || verb === 'SELECT') {
      talk.say(`* ${letters.length} EXISTS`);
      talk.say('OK [READ-ONLY] done');
    } else if (verb === 'FETCH') {
      const [from = 1, to = 0] = (/^(\d+):(\d+)/.exec(rest) ?? []).slice(1).map(Number);
      for (let at = from; at <= to; at++) {
        const field = `${/^Message-ID:.*$/im.exec(letters[at - 1] ?? '')?.[0] ?? ''}\r\n\r\n`;
        talk.raw(`* ${at} FETCH (UID ${at} BODY[HEADER.FIELDS (MESSAGE-ID)] {${field.length}}\r\n${field})\r\n`);
      }
      talk.say('OK done');
    } else if (verb === 'LOGOUT') {
      talk.say('* BYE see you');
      talk.say('OK done');
      this.#socket.end();
    } else talk.say('OK done');
  }

  #pop3(verb: string, words: readonly string[], talk: Talk): void {
    const letters = this.#script.letters ?? [];
    if (verb === 'CAPA') {
      const rows = [
        'USER',
        'UIDL',
        'TOP',
        ...(this.#startTls ? ['STLS'] : []),
        ...(this.#offered.length > 0 ? [`SASL ${this.#offered.join(' ')}`] : []),
      ];
      talk.raw(`+OK\r\n${rows.join('\r\n')}\r\n.\r\n`);
    } else if (verb === 'USER') {
      this.#user = words[0] ?? '';
      talk.say('+OK');
    } else if (verb === 'PASS') this.#judge(this.#user, words.join(' '), talk);
    else if (verb === 'STAT') talk.say(`+OK ${letters.length} ${letters.join('').length}`);
    else if ((verb === 'UIDL' || verb === 'LIST') && words.length === 0) {
      const rows = letters.map((letter, at) => `${at + 1} ${verb === 'UIDL' ? `uid${at + 1}` : letter.length}\r\n`);
      talk.raw(`+OK\r\n${rows.join('')}.\r\n`);
    } else if (verb === 'TOP' || verb === 'RETR') {
      const letter = letters[Number(words[0]) - 1] ?? '';
      const shown = verb === 'TOP' ? letter.slice(0, letter.indexOf('\r\n\r\n') + 4) : letter;
      talk.raw(`+OK\r\n${shown.replaceAll(/^\./gm, '..')}.\r\n`);
    } else if (verb === 'QUIT') {
      talk.say('+OK bye');
      this.#socket.end();
    } else talk.say('+OK');
  }

  #smtp(verb: string, talk: Talk): void {
    if (verb === 'EHLO') {
      const rows = ['mail.provider.test', 'SIZE 1000000', '8BITMIME', ...(this.#startTls ? ['STARTTLS'] : [])];
      if (this.#offered.length > 0) rows.push(`AUTH ${this.#offered.join(' ')}`);
      talk.raw(rows.map((row, at) => `250${at === rows.length - 1 ? ' ' : '-'}${row}\r\n`).join(''));
    } else if (verb === 'DATA') {
      this.#letter = [];
      talk.say('354 go');
    } else if (verb === 'QUIT') {
      talk.say('221 bye');
      this.#socket.end();
    } else talk.say('250 2.0.0 ok');
  }

  #letterLine(line: string): void {
    if (line !== '.') {
      this.#letter!.push(line.startsWith('.') ? line.slice(1) : line);
      return;
    }
    this.#script.onLetter?.(`${this.#letter!.join('\r\n')}\r\n`);
    this.#letter = null;
    if (this.#script.unheard === true) this.#socket.destroy();
    else this.#say('250 2.0.0 taken');
  }

  #sasl(mechanism: string, talk: Talk): void {
    const challenge = (text: string) => this.#say(this.#script.service === 'smtp' ? `334 ${text}` : `+ ${text}`);
    const next = (ask: string, then: (line: string) => void) => {
      this.#awaits = then;
      challenge(ask);
    };
    const decode = (line: string) => Buffer.from(line, 'base64').toString('utf8');
    if (mechanism === 'PLAIN')
      next('', (line) => {
        const [, login = '', password = ''] = decode(line).split('\0');
        this.#judge(login, password, talk);
      });
    else if (mechanism === 'LOGIN')
      next('VXNlcm5hbWU6', (login) => next('UGFzc3dvcmQ6', (password) => this.#judge(decode(login), decode(password), talk)));
    else if (mechanism === 'XOAUTH2' || mechanism === 'OAUTHBEARER')
      next('', (line) => {
        const token = /auth=Bearer ([^\x01]*)/.exec(decode(line))?.[1] ?? '';
        if (token === this.#script.token) return this.#yes(talk);
        next(Buffer.from('{"status":"invalid_token"}').toString('base64'), () => this.#no(talk));
      });
    else
      this.#answer(talk, {
        imap: 'NO unsupported mechanism',
        pop3: '-ERR unsupported mechanism',
        smtp: '504 5.5.4 Unrecognized authentication type',
      });
  }

  #judge(login: string, password: string, talk: Talk): void {
    const { refusal, login: taken = 'taro@provider.test', password: right = 'right' } = this.#script;
    if (refusal === undefined && login === taken && password === right) this.#yes(talk);
    else this.#no(talk);
  }

  #yes(talk: Talk): void {
    this.#answer(talk, { imap: 'OK signed in', pop3: '+OK signed in', smtp: '235 2.7.0 signed in' });
  }

  #no(talk: Talk): void {
    this.#failures.count++;
    const usual = {
      imap: 'NO [AUTHENTICATIONFAILED] Authentication failed.',
      pop3: '-ERR [AUTH] Authentication failed.',
      smtp: '535 5.7.8 Error: authentication failed',
    };
    (this.#script.refusal ?? usual[this.#script.service]).split('\n').forEach((line) => talk.say(line));
  }

  #answer(talk: Talk, words: Record<Service, string>): void {
    talk.say(words[this.#script.service]);
  }
}
