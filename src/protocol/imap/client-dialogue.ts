// The client's end of an IMAP dialogue: one command at a time to one server, and which answer belongs to which command (RFC 9051 §2.2, §5.5). Knows
// framing, tags and what a server may tell at any time; knows the meaning of no command, no socket and no schedule.
import type { Chance, Clock } from '../../base/clock.ts';
import { Refusal, SyntaxTrouble, Unavailable } from '../../base/trouble.ts';
import type { LineConnection } from '../line/connection.ts';
import { ResponseReader, ServerBabble, type LiteralSink } from './client-reader.ts';
import { parseServerResponse, type Condition, type ServerResponse } from './client-response.ts';
import { encodeUtf7 } from './grammar/mailbox-name.ts';
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

/** One dialogue. What it is asked is the matter of the client-*.ts beside it. */
export class ImapDialogue {
  readonly connection: LineConnection;
  readonly parts: ImapClientParts;
  readonly reader: ResponseReader;
  readonly patience: { readonly hello: number; readonly command: number };
  /** The server's spelling of names. */
  readonly wires = new Map<string, string>();
  phase: ImapPhase = 'greeting';
  /** The mailbox that is open. */
  selected: string | null = null;
  /** Letters in it, as last told. */
  exists = 0;
  /** The server told of a change that nobody had asked for. */
  heard = false;
  #capabilities = new Set<string>();
  readonly #enabled = new Set<string>();
  #tag = 0;
  #over = false;
  /** What FETCH tells now was asked for. */
  #asksLetters = false;

  constructor(connection: LineConnection, parts: ImapClientParts) {
    this.connection = connection;
    this.parts = parts;
    this.reader = new ResponseReader(connection);
    this.patience = parts.patience ?? { hello: 30_000, command: 120_000 };
  }

  has(capability: string): boolean {
    return this.#capabilities.has(capability);
  }

  get capabilities(): ReadonlySet<string> {
    return this.#capabilities;
  }

  /** What was said in the clear counts no more. */
  forgetCapabilities(): void {
    this.#capabilities.clear();
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** RFC 7162: CHANGEDSINCE and VANISHED are there. */
  get resyncs(): boolean {
    return this.#enabled.has('QRESYNC');
  }

  close(): void {
    this.#over = true;
    this.connection.close();
  }

  /** From a response code `CAPABILITY …`; any other says nothing of them. */
  takeCapabilities(code: string): void {
    const words = code.split(' ');
    if (words[0]?.toUpperCase() === 'CAPABILITY') this.#capabilities = new Set(words.slice(1).map((name) => name.toUpperCase()));
  }

  /** The server's spelling of a mailbox's name. */
  wire(name: string): string {
    return this.wires.get(name) ?? encodeUtf7(name);
  }

  /** The same as a string in a command. */
  name(name: string): string {
    return formatQuoted(this.wire(name));
  }

  /** With a server that does not keep to the protocol nothing more is said. */
  babble(words: string): ServerBabble {
    this.close();
    return new ServerBabble(words);
  }

  /** What is thrown for an answer that is no OK. */
  answer(command: string, answer: { readonly condition: Condition; readonly code: string; readonly text: string }): ImapAnswer {
    return new ImapAnswer(this.phase, command, answer);
  }

  /** One command to its end. @throws ImapAnswer for NO, BAD and BYE. */
  async ask(
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
    this.connection.write(`${tag} ${line}${strings[0] === undefined ? '\r\n' : ''}`);
    if (strings.length > 0) this.connection.write(strings.map(({ text }) => text).join(' ') + '\r\n');
    const patience = options.patience ?? this.patience.command;
    for (;;) {
      const one = await this.next(patience, options.sink);
      if (one.kind === 'continue') {
        if (!options.continued) throw this.babble(`the server wants more of ${name} than there is`);
        await options.continued(one.text);
      } else if (one.kind === 'done') {
        if (one.tag !== tag) throw this.babble('the server answers what was not asked');
        this.takeCapabilities(one.code);
        if (one.condition !== 'OK') throw this.answer(name, one);
        return one;
      } else {
        if (one.kind === 'condition' && one.condition === 'BYE' && name !== 'LOGOUT') {
          this.close();
          throw this.answer(name, one);
        }
        const settled = options.untagged?.(one);
        if (settled) await settled;
      }
    }
  }

  /** Several commands without waiting between them; one that is refused is passed over. */
  async askAll(lines: readonly string[], untagged: (one: ServerResponse) => void): Promise<void> {
    const open = new Set(lines.map(() => `t${++this.#tag}`));
    const tags = [...open];
    this.connection.write(lines.map((line, at) => `${tags[at]} ${line}\r\n`).join(''));
    while (open.size > 0) {
      const one = await this.next(this.patience.command);
      if (one.kind === 'done') {
        if (!open.delete(one.tag)) throw this.babble('the server answers what was not asked');
      } else if (one.kind === 'condition' && one.condition === 'BYE') {
        this.close();
        throw this.answer('STATUS', one);
      } else untagged(one);
    }
  }

  /** The next response, taken note of. A broken connection or a server beyond sense ends the dialogue. */
  async next(patience: number, sink?: (line: string, length: number) => LiteralSink | null): Promise<ServerResponse> {
    try {
      const raw = await this.reader.next(patience, sink);
      if (raw === null) throw new Unavailable('timeout', 'the server ended the connection');
      const one = parseServerResponse(raw);
      if (one.kind === 'capability') this.#capabilities = new Set(one.names.map((name) => name.toUpperCase()));
      else if (one.kind === 'enabled') for (const name of one.names) this.#enabled.add(name.toUpperCase());
      else if (one.kind === 'condition') this.takeCapabilities(one.code);
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
      if (trouble instanceof SyntaxTrouble) throw this.babble(`the server's words cannot be understood: ${trouble.message}`);
      throw trouble;
    }
  }
}

/** For commands that a server may refuse without harm. */
export function passOver(trouble: unknown): void {
  if (!(trouble instanceof Unavailable)) throw trouble;
}

/** RFC 9051 §9 (string) for names and passwords: quoted, or a literal where a quoted string cannot hold it. */
function asString(text: string): { readonly text: string } {
  if (/[\0\r\n]/.test(text)) throw new Refusal('cannot', 'a login name or password with a line break');
  return { text: formatQuoted(text) };
}
