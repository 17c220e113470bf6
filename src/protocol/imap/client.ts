// The client's end of IMAP: one dialogue with one server, one command at a time (RFC 9051, RFC 3501). Knows commands, what is asked for where
// an extension is missing, and which answer belongs to which command; knows no socket, no store and no schedule.
// Names of mailboxes are what people read; the server's own spelling is remembered from LIST.
import { base64FromBytes, bytesFromBase64, type Bytes } from '../../base/bytes.ts';
import type { Chance, Clock } from '../../base/clock.ts';
import { Refusal, SyntaxTrouble, Unavailable } from '../../base/trouble.ts';
import type { LineConnection, PeerTls, TlsDemand } from '../line/connection.ts';
import type { TlsFacts } from '../line/session.ts';
import { chooseClient, type ClientExchange } from '../sasl/client.ts';
import { chooseOAuth, type OAuthExchange } from '../sasl/oauth.ts';
import { ResponseReader, ServerBabble, type LiteralSink } from './client-reader.ts';
import { parseServerResponse, type Condition, type FetchedItems, type ServerResponse } from './client-response.ts';
import { formatDateTime } from './grammar/date-time.ts';
import { encodeUtf7 } from './grammar/mailbox-name.ts';
import { formatNumbers } from './grammar/sequence-set.ts';
import { formatQuoted } from './response.ts';

/** Where in the dialogue something went wrong. */
export type ImapPhase = 'greeting' | 'starttls' | 'auth' | 'command';

/** The server said no, or goodbye. */
export class ImapAnswer extends Unavailable {
  readonly phase: ImapPhase;
  readonly condition: Condition;
  /** Within brackets, such as `AUTHENTICATIONFAILED` or `OVERQUOTA`; may be empty. */
  readonly responseCode: string;
  readonly words: string;
  constructor(phase: ImapPhase, command: string, answer: { readonly condition: Condition; readonly code: string; readonly text: string }) {
    super(
      'outside',
      `the server answered ${command} with ${answer.condition} ${answer.code === '' ? '' : `[${answer.code}] `}${answer.text}`.slice(
        0,
        600,
      ),
    );
    this.phase = phase;
    this.condition = answer.condition;
    this.responseCode = answer.code;
    this.words = answer.text;
  }
}

export interface ImapClientParts {
  readonly clock: Clock;
  readonly chance: Chance;
  /** Told to it with an access token (RFC 7628 §3.1). */
  readonly server: { readonly host: string; readonly port: number };
  /** Milliseconds without an octet; the first for greeting and sign-in. */
  readonly patience?: { readonly hello: number; readonly command: number };
}

export interface ImapLogin {
  readonly login: string;
  readonly kind: 'password' | 'oauth2';
  readonly secret: string;
}

export interface ListedMailbox {
  readonly name: string;
  /** One character, or empty when there is no hierarchy. */
  readonly delimiter: string;
  /** Lower case, with their backslash. */
  readonly attributes: ReadonlySet<string>;
  /** Where LIST-STATUS is offered. */
  readonly status: MailboxStatus | null;
}

export interface MailboxStatus {
  readonly messages: number;
  readonly uidNext: number;
  readonly uidValidity: number;
  /** RFC 7162 HIGHESTMODSEQ; 0 when the server has none. */
  readonly modSeq: number;
  /** RFC 8474 MAILBOXID, or empty. */
  readonly objectId: string;
}

export interface SelectedMailbox extends MailboxStatus {
  readonly flags: readonly string[];
  /** PERMANENTFLAGS; null when the server did not tell, which means that all may be kept (RFC 9051 §6.3.2). */
  readonly permanentFlags: readonly string[] | null;
  readonly readOnly: boolean;
  readonly uidsStick: boolean;
}

/** Octets of a UID set in one command: servers take 8,000 at least. */
const setMax = 4000;
const statusAtOnce = 20;
const listedMax = 10_000;

export class ImapClient {
  readonly #connection: LineConnection;
  readonly #parts: ImapClientParts;
  readonly #reader: ResponseReader;
  readonly #patience: { readonly hello: number; readonly command: number };
  #capabilities = new Set<string>();
  #enabled = new Set<string>();
  #tag = 0;
  /** The server's spelling of names. */
  readonly #wires = new Map<string, string>();
  #phase: ImapPhase = 'greeting';
  #over = false;
  /** What FETCH tells now was asked for. */
  #asksLetters = false;
  /** The mailbox that is open. */
  selected: string | null = null;
  /** Letters in it, as last told. */
  exists = 0;
  /** The server told of a change that nobody had asked for. */
  heard = false;

  constructor(connection: LineConnection, parts: ImapClientParts) {
    this.#connection = connection;
    this.#parts = parts;
    this.#reader = new ResponseReader(connection);
    this.#patience = parts.patience ?? { hello: 30_000, command: 120_000 };
  }

  has(capability: string): boolean {
    return this.#capabilities.has(capability);
  }

  get isOver(): boolean {
    return this.#over;
  }

  get tls(): PeerTls | null {
    return this.#connection.tls;
  }

  /** RFC 7162: CHANGEDSINCE and VANISHED are there. */
  get resyncs(): boolean {
    return this.#enabled.has('QRESYNC');
  }

  // --- opening ------------------------------------------------------------------------------------------------------

  /**
   * Greeting, STARTTLS where it is asked for, sign-in, and what the sync wants to be told.
   * @throws ImapAnswer; Unavailable; ServerBabble.
   */
  async begin(login: ImapLogin, startTls: TlsDemand | null): Promise<void> {
    const greeting = await this.#next(this.#patience.hello);
    if (greeting.kind !== 'condition') throw this.#babble('the greeting is not that of an IMAP server');
    if (greeting.condition !== 'OK' && greeting.condition !== 'PREAUTH') throw this.#answer('the connection', greeting);
    if (startTls !== null) await this.#startTls(startTls);
    // RFC 9051 §6.2.1: what was said before TLS is forgotten; a PREAUTH in the clear is nothing that we wait for.
    else this.#takeCapabilities(greeting.code);
    if (this.#connection.tls === null) throw this.#babble('a secret is only told over TLS');
    if (this.#capabilities.size === 0) await this.#askCapabilities();
    this.#phase = 'auth';
    await this.#signIn(login);
    this.#phase = 'command';
    await this.#askCapabilities();
    // Some providers turn away who does not say this (RFC 2971).
    if (this.has('ID')) await this.#ask('ID ("name" "Tayori")').catch(passOver);
    const wanted = ['CONDSTORE', ...(this.has('QRESYNC') ? ['QRESYNC'] : [])].filter((name) => this.has(name));
    if (this.has('ENABLE') && wanted.length > 0) await this.#ask(`ENABLE ${wanted.join(' ')}`).catch(passOver);
  }

  async #startTls(demand: TlsDemand): Promise<void> {
    this.#phase = 'starttls';
    await this.#askCapabilities();
    if (!this.has('STARTTLS'))
      throw new ImapAnswer('starttls', 'CAPABILITY', { condition: 'NO', code: '', text: 'no STARTTLS among the capabilities' });
    await this.#ask('STARTTLS', { patience: this.#patience.hello });
    // S-02: an answer that came in the clear must not be taken for one that came inside TLS.
    if (this.#reader.waiting > 0) throw this.#babble('octets in the clear behind the answer to STARTTLS');
    await this.#connection.startTls(demand, this.#patience.hello);
    this.#reader.discard();
    this.#capabilities.clear();
  }

  async #askCapabilities(): Promise<void> {
    await this.#ask('CAPABILITY', { patience: this.#patience.hello });
  }

  #takeCapabilities(code: string): void {
    const words = code.split(' ');
    if (words[0]?.toUpperCase() === 'CAPABILITY') this.#capabilities = new Set(words.slice(1).map((name) => name.toUpperCase()));
  }

  async #signIn({ login, kind, secret }: ImapLogin): Promise<void> {
    const offered = [...this.#capabilities].filter((name) => name.startsWith('AUTH=')).map((name) => name.slice(5));
    const tls = this.#connection.tls!;
    const exchange =
      kind === 'oauth2'
        ? chooseOAuth(offered, { login, token: secret, host: this.#parts.server.host, port: this.#parts.server.port })
        : chooseClient(offered, { login, password: secret }, asTlsFacts(tls), this.#parts.chance);
    if (exchange !== null) return this.#authenticate(exchange);
    if (kind === 'oauth2' || this.has('LOGINDISABLED'))
      throw new ImapAnswer('auth', 'CAPABILITY', {
        condition: 'NO',
        code: 'NOMECHANISM',
        text: `the server offers ${offered.join(', ') || 'no way to sign in'}`,
      });
    await this.#ask('LOGIN ', { patience: this.#patience.hello, strings: [login, secret], name: 'LOGIN' });
  }

  async #authenticate(exchange: ClientExchange | OAuthExchange): Promise<void> {
    const initial = exchange.initial();
    const inline = this.has('SASL-IR') && initial !== null;
    let turns = 0;
    let first = initial;
    await this.#ask(`AUTHENTICATE ${exchange.mechanism}${inline ? ` ${initial.length === 0 ? '=' : base64FromBytes(initial)}` : ''}`, {
      name: 'AUTHENTICATE',
      patience: this.#patience.hello,
      continued: async (text) => {
        if (++turns > 10) throw this.#babble('the sign-in does not end');
        let answer: Bytes;
        if (!inline && first !== null) {
          answer = first;
          first = null;
        } else
          try {
            answer = await exchange.respond(bytesFromBase64(text));
          } catch (trouble) {
            if (trouble instanceof SyntaxTrouble || trouble instanceof Refusal) throw this.#babble(trouble.message);
            throw trouble;
          }
        this.#connection.write(`${base64FromBytes(answer)}\r\n`);
      },
    });
    if (!exchange.complete) throw this.#babble('the server did not prove that it knows the password');
  }

  // --- mailboxes ----------------------------------------------------------------------------------------------------

  /** All mailboxes, those without letters of their own included; at most 10,000. */
  async list(): Promise<ListedMailbox[]> {
    const found = new Map<string, Omit<ListedMailbox, 'status'>>();
    const statuses = new Map<string, MailboxStatus>();
    const extended = this.has('LIST-EXTENDED') || this.has('LIST-STATUS') || this.has('IMAP4REV2');
    const returns = [
      ...(this.has('SPECIAL-USE') || this.has('IMAP4REV2') ? ['SPECIAL-USE'] : []),
      ...(this.has('LIST-STATUS') ? [this.#statusItems()] : []),
    ];
    await this.#ask(`LIST "" "*"${extended && returns.length > 0 ? ` RETURN (${returns.join(' ')})` : ''}`, {
      untagged: (one) => {
        if (one.kind === 'status') statuses.set(one.mailbox.name, asStatus(one.items));
        if (one.kind !== 'list' || found.size >= listedMax) return;
        const { name, wire } = one.mailbox;
        this.#wires.set(name, wire);
        found.set(name, { name, delimiter: one.delimiter, attributes: new Set(one.attributes.map((word) => word.toLowerCase())) });
      },
    });
    return [...found.values()].map((one) => ({ ...one, status: statuses.get(one.name) ?? null }));
  }

  /** RFC 2342: the prefix of the first personal namespace, such as `INBOX.`. */
  async personalPrefix(): Promise<string> {
    let found = '';
    if (!this.has('NAMESPACE')) return found;
    await this.#ask('NAMESPACE', {
      untagged: (one) => {
        if (one.kind === 'namespace') found = one.prefix;
      },
    });
    return found;
  }

  #statusItems(): string {
    const more = [
      ...(this.has('CONDSTORE') || this.has('QRESYNC') ? ['HIGHESTMODSEQ'] : []),
      ...(this.has('OBJECTID') ? ['MAILBOXID'] : []),
    ];
    return `STATUS (${['MESSAGES', 'UIDNEXT', 'UIDVALIDITY', ...more].join(' ')})`;
  }

  /** By name; those that are gone meanwhile are left out. */
  async statuses(names: readonly string[]): Promise<Map<string, MailboxStatus>> {
    const found = new Map<string, MailboxStatus>();
    const items = this.#statusItems().replace(/^STATUS /, '');
    for (let at = 0; at < names.length; at += statusAtOnce) {
      const some = names.slice(at, at + statusAtOnce);
      await this.#askAll(
        some.map((name) => `STATUS ${this.#name(name)} ${items}`),
        (one) => {
          if (one.kind !== 'status') return;
          const name = some.find((wanted) => this.#wire(wanted) === one.mailbox.wire || wanted === one.mailbox.name);
          if (name !== undefined) found.set(name, asStatus(one.items));
        },
      );
    }
    return found;
  }

  /** @throws ImapAnswer when there is none of that name. */
  async select(name: string): Promise<SelectedMailbox> {
    const told = new Map<string, string>();
    let flags: readonly string[] = [];
    this.selected = null;
    this.exists = 0;
    const done = await this.#ask(`SELECT ${this.#name(name)}${this.has('CONDSTORE') && !this.resyncs ? ' (CONDSTORE)' : ''}`, {
      untagged: (one) => {
        if (one.kind === 'flags') flags = one.flags;
        if (one.kind === 'condition') {
          const [word = ''] = one.code.split(' ', 1);
          told.set(word.toUpperCase(), one.code.slice(word.length + 1));
        }
      },
    });
    this.selected = name;
    this.heard = false;
    const permanent = told.get('PERMANENTFLAGS');
    return {
      messages: this.exists,
      uidNext: positive(told.get('UIDNEXT')),
      uidValidity: positive(told.get('UIDVALIDITY')),
      modSeq: Math.min(Number(told.get('HIGHESTMODSEQ') ?? 0) || 0, Number.MAX_SAFE_INTEGER),
      objectId: told.get('MAILBOXID')?.replace(/[()]/g, '') ?? '',
      flags,
      permanentFlags:
        permanent === undefined
          ? null
          : permanent
              .replace(/[()]/g, '')
              .split(' ')
              .filter((word) => word !== ''),
      readOnly: /^READ-ONLY/i.test(done.code),
      uidsStick: !told.has('UIDNOTSTICKY'),
    };
  }

  create(name: string): Promise<unknown> {
    return this.#ask(`CREATE ${this.#name(name)}`).then(() => this.#ask(`SUBSCRIBE ${this.#name(name)}`).catch(passOver));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#ask(`RENAME ${this.#name(from)} ${this.#name(to)}`);
    await this.#ask(`SUBSCRIBE ${this.#name(to)}`).catch(passOver);
    await this.#ask(`UNSUBSCRIBE ${this.#name(from)}`).catch(passOver);
  }

  async delete(name: string): Promise<void> {
    await this.#ask(`DELETE ${this.#name(name)}`);
    await this.#ask(`UNSUBSCRIBE ${this.#name(name)}`).catch(passOver);
  }

  // --- letters of the open mailbox ----------------------------------------------------------------------------------

  /** UIDs from `from` on, ascending. @throws ServerBabble when they are more than there can be. */
  async uidsFrom(from: number): Promise<Uint32Array> {
    const ranges = await this.#search(`UID ${from}:*`);
    const uids: number[] = [];
    for (let at = 0; at < ranges.length; at += 2) {
      const [low, high] = [ranges[at]!, ranges[at + 1]!];
      // One of a million letters more is nothing to look at; four thousand million are a lie that would fill the memory.
      if (high - low + 1 + uids.length > this.exists + 100_000) throw this.#babble('the server tells of more letters than it has');
      for (let uid = Math.max(low, from, 1); uid <= high; uid++) uids.push(uid);
    }
    return distinct(uids);
  }

  /** UIDs of letters with \Deleted. */
  async deletedUids(): Promise<Uint32Array> {
    const ranges = await this.#search('DELETED');
    const uids: number[] = [];
    for (let at = 0; at < ranges.length && uids.length < this.exists; at += 2)
      for (let uid = ranges[at]!; uid <= ranges[at + 1]! && uids.length < this.exists; uid++) uids.push(uid);
    return distinct(uids);
  }

  async #search(key: string): Promise<readonly number[]> {
    let found: number[] = [];
    await this.#ask(`UID SEARCH ${this.has('ESEARCH') || this.has('IMAP4REV2') ? 'RETURN (ALL) ' : ''}${key}`, {
      untagged: (one) => {
        if (one.kind === 'search') found = found.length === 0 ? [...one.ranges] : [...found, ...one.ranges];
      },
    });
    return found;
  }

  /** Items of letters, in the order in which the server tells them. */
  async fetch(uids: ArrayLike<number>, items: string, took: (uid: number, items: FetchedItems) => void | Promise<void>): Promise<void> {
    for (const set of uidSets(uids)) await this.#fetch(`UID FETCH ${set} (${items})`, took);
  }

  /** Items of all letters from one UID to another. */
  async fetchRange(from: number, to: number | '*', items: string, took: (uid: number, items: FetchedItems) => void): Promise<void> {
    await this.#fetch(`UID FETCH ${from}:${to} (${items})`, took);
  }

  /** RFC 7162 §3.1.4, §3.2.6: flags changed since; `vanished` (pairs) is null without QRESYNC. */
  async changes(
    modSeq: number,
    took: (uid: number, items: FetchedItems) => void,
  ): Promise<{ readonly vanished: readonly number[] | null }> {
    const vanished: number[] = [];
    await this.#fetch(`UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${modSeq}${this.resyncs ? ' VANISHED' : ''})`, took, (one) => {
      if (one.kind === 'vanished') for (const number of one.ranges) vanished.push(number);
    });
    return { vanished: this.resyncs ? vanished : null };
  }

  /**
   * Whole letters, without \Seen being set. A large one goes to a sink that `sinkFor` gives; `took` is awaited before more is read.
   */
  async fetchLetters(
    uids: ArrayLike<number>,
    items: string,
    sinkFor: (length: number) => LiteralSink | null,
    took: (uid: number, items: FetchedItems) => void | Promise<void>,
  ): Promise<void> {
    for (const set of uidSets(uids)) await this.#fetch(`UID FETCH ${set} (${items} BODY.PEEK[])`, took, undefined, sinkFor);
  }

  async #fetch(
    line: string,
    took: (uid: number, items: FetchedItems) => void | Promise<void>,
    beside?: (one: ServerResponse) => void,
    sinkFor?: (length: number) => LiteralSink | null,
  ): Promise<void> {
    await this.#ask(line, {
      name: 'UID FETCH',
      untagged: (one) => {
        beside?.(one);
        if (one.kind === 'fetch' && one.items.uid !== undefined && one.items.uid > 0) return took(one.items.uid, one.items);
      },
      ...(sinkFor ? { sink: (_line: string, length: number) => sinkFor(length) } : {}),
    });
  }

  /** What the letters have afterwards, as far as the server tells. */
  async storeFlags(uids: ArrayLike<number>, how: '+' | '-', flags: readonly string[]): Promise<Map<number, readonly string[]>> {
    const told = new Map<number, readonly string[]>();
    for (const set of uidSets(uids))
      await this.#ask(`UID STORE ${set} ${how}FLAGS (${flags.join(' ')})`, {
        name: 'UID STORE',
        untagged: (one) => {
          if (one.kind === 'fetch' && one.items.uid !== undefined && one.items.flags) told.set(one.items.uid, one.items.flags);
        },
      });
    return told;
  }

  /** New UIDs by old ones (RFC 4315 COPYUID); null when the server does not tell. */
  async copy(uids: ArrayLike<number>, name: string, move: boolean): Promise<ReadonlyMap<number, number> | null> {
    const pairs = new Map<number, number>();
    let isTold = true;
    for (const set of uidSets(uids)) {
      let code = '';
      const done = await this.#ask(`UID ${move ? 'MOVE' : 'COPY'} ${set} ${this.#name(name)}`, {
        name: `UID ${move ? 'MOVE' : 'COPY'}`,
        untagged: (one) => {
          if (one.kind === 'condition' && /^COPYUID /i.test(one.code)) code = one.code;
        },
      });
      const parts = (code === '' ? done.code : code).split(' ');
      const [from, to] = parts[0]?.toUpperCase() === 'COPYUID' ? [expand(parts[2] ?? ''), expand(parts[3] ?? '')] : [[], []];
      if (from.length === 0 || from.length !== to.length) isTold = false;
      else for (const [at, uid] of from.entries()) pairs.set(uid, to[at]!);
    }
    return isTold ? pairs : null;
  }

  /** Removes exactly these. Where UIDPLUS is missing the \Deleted of others is taken off meanwhile (RFC 4315 §2.1 tells why). */
  async expunge(uids: ArrayLike<number>): Promise<void> {
    await this.storeFlags(uids, '+', ['\\Deleted']);
    if (this.has('UIDPLUS') || this.has('IMAP4REV2')) {
      for (const set of uidSets(uids)) await this.#ask(`UID EXPUNGE ${set}`, { name: 'UID EXPUNGE' });
      return;
    }
    const ours = new Set(Array.from(uids));
    const others = (await this.deletedUids()).filter((uid) => !ours.has(uid));
    if (others.length > 0) await this.storeFlags(others, '-', ['\\Deleted']);
    await this.#ask('EXPUNGE');
    if (others.length > 0) await this.storeFlags(others, '+', ['\\Deleted']);
  }

  /** The new letter's UID (APPENDUID), or null. `pieces` gives the octets in order. */
  async append(
    name: string,
    letter: { readonly flags: readonly string[]; readonly receivedAt: number; readonly length: number },
    pieces: AsyncIterable<Bytes>,
  ): Promise<number | null> {
    const done = await this.#ask(
      `APPEND ${this.#name(name)} (${letter.flags.join(' ')}) ${formatDateTime(letter.receivedAt)} {${letter.length}}`,
      {
        name: 'APPEND',
        continued: async () => {
          for await (const piece of pieces) {
            this.#connection.write(piece);
            await this.#connection.drained(this.#patience.command);
          }
          this.#connection.write('\r\n');
        },
      },
    );
    const match = /^APPENDUID \d+ (\d{1,10})$/i.exec(done.code);
    return match ? Number(match[1]) : null;
  }

  // --- waiting ------------------------------------------------------------------------------------------------------

  /** RFC 2177: until the server tells of a change, the signal, or `most` milliseconds. Needs IDLE and an open mailbox. */
  async idle(signal: AbortSignal, most: number): Promise<void> {
    let isTold = false;
    let begun = false;
    const end = () => {
      if (isTold || !begun) return;
      isTold = true;
      this.#connection.write('DONE\r\n');
    };
    const cancel = this.#parts.clock.after(most, end);
    signal.addEventListener('abort', end);
    try {
      await this.#ask('IDLE', {
        patience: most + this.#patience.command,
        continued: async () => {
          begun = true;
          if (signal.aborted || this.heard) end();
        },
        untagged: () => {
          if (this.heard) end();
        },
      });
    } finally {
      cancel();
      signal.removeEventListener('abort', end);
    }
  }

  async noop(): Promise<void> {
    await this.#ask('NOOP');
  }

  /** Says goodbye, and does not wait for long. */
  async end(): Promise<void> {
    if (!this.#over) await this.#ask('LOGOUT', { patience: 2000 }).catch(passOver);
    this.close();
  }

  close(): void {
    this.#over = true;
    this.#connection.close();
  }

  // --- inside -------------------------------------------------------------------------------------------------------

  #wire(name: string): string {
    return this.#wires.get(name) ?? encodeUtf7(name);
  }

  #name(name: string): string {
    return formatQuoted(this.#wire(name));
  }

  /** With a server that does not keep to the protocol nothing more is said. */
  #babble(words: string): ServerBabble {
    this.close();
    return new ServerBabble(words);
  }

  #answer(command: string, answer: { readonly condition: Condition; readonly code: string; readonly text: string }): ImapAnswer {
    return new ImapAnswer(this.#phase, command, answer);
  }

  /** One command to its end. @throws ImapAnswer for NO, BAD and BYE. */
  async #ask(
    line: string,
    options: {
      readonly name?: string;
      readonly patience?: number;
      readonly strings?: readonly string[];
      readonly untagged?: (one: ServerResponse) => void | Promise<void>;
      readonly continued?: (text: string) => Promise<void>;
      readonly sink?: (line: string, length: number) => LiteralSink | null;
    } = {},
  ): Promise<{ readonly code: string; readonly text: string }> {
    if (this.#over) throw new Unavailable('timeout', 'the connection is over');
    const tag = `t${++this.#tag}`;
    const name = options.name ?? line.split(' ', 1)[0]!;
    this.#asksLetters = name === 'UID FETCH' || name === 'UID STORE';
    const strings = (options.strings ?? []).map(asString);
    this.#connection.write(`${tag} ${line}${strings[0] === undefined ? '\r\n' : ''}`);
    if (strings.length > 0) this.#connection.write(strings.map(({ text }) => text).join(' ') + '\r\n');
    const patience = options.patience ?? this.#patience.command;
    for (;;) {
      const one = await this.#next(patience, options.sink);
      if (one.kind === 'continue') {
        if (!options.continued) throw this.#babble(`the server wants more of ${name} than there is`);
        await options.continued(one.text);
      } else if (one.kind === 'done') {
        if (one.tag !== tag) throw this.#babble('the server answers what was not asked');
        this.#takeCapabilities(one.code);
        if (one.condition !== 'OK') throw this.#answer(name, one);
        return one;
      } else {
        if (one.kind === 'condition' && one.condition === 'BYE' && name !== 'LOGOUT') {
          this.close();
          throw this.#answer(name, one);
        }
        const settled = options.untagged?.(one);
        if (settled) await settled;
      }
    }
  }

  /** Several commands without waiting between them; one that is refused is passed over. */
  async #askAll(lines: readonly string[], untagged: (one: ServerResponse) => void): Promise<void> {
    const open = new Set(lines.map(() => `t${++this.#tag}`));
    const tags = [...open];
    this.#connection.write(lines.map((line, at) => `${tags[at]} ${line}\r\n`).join(''));
    while (open.size > 0) {
      const one = await this.#next(this.#patience.command);
      if (one.kind === 'done') {
        if (!open.delete(one.tag)) throw this.#babble('the server answers what was not asked');
      } else if (one.kind === 'condition' && one.condition === 'BYE') {
        this.close();
        throw this.#answer('STATUS', one);
      } else untagged(one);
    }
  }

  /** The next response, taken note of. A broken connection or a server beyond sense ends the dialogue. */
  async #next(patience: number, sink?: (line: string, length: number) => LiteralSink | null): Promise<ServerResponse> {
    try {
      const raw = await this.#reader.next(patience, sink);
      if (raw === null) throw new Unavailable('timeout', 'the server ended the connection');
      const one = parseServerResponse(raw);
      if (one.kind === 'capability') this.#capabilities = new Set(one.names.map((name) => name.toUpperCase()));
      else if (one.kind === 'enabled') for (const name of one.names) this.#enabled.add(name.toUpperCase());
      else if (one.kind === 'condition') this.#takeCapabilities(one.code);
      else if (one.kind === 'exists') {
        this.heard ||= one.number !== this.exists;
        this.exists = one.number;
      } else if (one.kind === 'expunge') {
        this.exists--;
        this.heard = true;
      } else if (one.kind === 'vanished' && !one.earlier) {
        for (let at = 0; at < one.ranges.length; at += 2) this.exists -= one.ranges[at + 1]! - one.ranges[at]! + 1;
        this.heard = true;
      } else if (one.kind === 'fetch' && !this.#asksLetters) this.heard = true;
      return one;
    } catch (trouble) {
      this.close();
      if (trouble instanceof SyntaxTrouble) throw this.#babble(`the server's words cannot be understood: ${trouble.message}`);
      throw trouble;
    }
  }
}

function passOver(trouble: unknown): void {
  if (!(trouble instanceof Unavailable)) throw trouble;
}

/** RFC 9051 §9 (string) for names and passwords: quoted, or a literal where a quoted string cannot hold it. */
function asString(text: string): { readonly text: string } {
  if (/[\0\r\n]/.test(text)) throw new Refusal('cannot', 'a login name or password with a line break');
  return { text: formatQuoted(text) };
}

function asStatus(items: ReadonlyMap<string, number | string>): MailboxStatus {
  const number = (name: string) => Number(items.get(name) ?? 0) || 0;
  return {
    messages: number('MESSAGES'),
    uidNext: number('UIDNEXT'),
    uidValidity: number('UIDVALIDITY'),
    modSeq: number('HIGHESTMODSEQ'),
    objectId: String(items.get('MAILBOXID') ?? ''),
  };
}

function positive(text: string | undefined): number {
  const number = Number(text ?? 0);
  return Number.isInteger(number) && number > 0 && number <= 0xffff_ffff ? number : 0;
}

/** Ascending, each once. */
function distinct(uids: readonly number[]): Uint32Array {
  const sorted = Uint32Array.from(uids).sort();
  let to = 0;
  for (let at = 0; at < sorted.length; at++) if (at === 0 || sorted[at] !== sorted[at - 1]) sorted[to++] = sorted[at]!;
  return sorted.subarray(0, to);
}

/** The texts of UID sets that fit in a command. */
export function* uidSets(uids: ArrayLike<number>): Generator<string> {
  const atOnce = 1000;
  for (let at = 0; at < uids.length; at += atOnce) {
    const piece = Array.prototype.slice.call(uids, at, at + atOnce) as number[];
    let text = formatNumbers(piece);
    while (text.length > setMax) {
      const cut = text.lastIndexOf(',', setMax);
      yield text.slice(0, cut);
      text = text.slice(cut + 1);
    }
    if (text !== '') yield text;
  }
}

/** Numbers of a set in the order in which they stand (RFC 4315 §3). Empty for what is no set, and for more than anybody asked. */
function expand(set: string): number[] {
  const numbers: number[] = [];
  for (const part of set.split(',')) {
    const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(part);
    if (!match) return [];
    const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
    const step = from <= to ? 1 : -1;
    if (Math.abs(to - from) > 100_000) return [];
    for (let at = from; at !== to + step; at += step) numbers.push(at);
  }
  return numbers;
}

function asTlsFacts(tls: PeerTls): TlsFacts {
  return { version: tls.version, cipher: tls.cipher, serverName: null, exporter: () => tls.exporter(), endPoint: () => null };
}
