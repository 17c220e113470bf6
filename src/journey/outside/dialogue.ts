// What a check and a proof ask of a dialogue with a server, whichever protocol it speaks; and the lines that all three are made of.
// Knows lines and their bounds; the words of each protocol are dialogue-imap.ts, dialogue-pop3.ts and dialogue-smtp.ts.
import { utf8FromBytes } from '../../base/bytes.ts';
import { Receiver } from '../../protocol/line/receiver.ts';
import type { ClientExchange } from '../../protocol/sasl/client.ts';
import type { OAuthExchange } from '../../protocol/sasl/oauth.ts';
import { CauseTrouble } from './causes.ts';
import type { CheckFacts, ServerAbilities } from './check-contract.ts';
import type { Overhearing } from './overhearing.ts';
import { causeOfReply, parseRefusal, type ReplyPhase, type ServerReply } from './replies.ts';

/** How one signs in: a SASL exchange, or the protocol's own command with name and password. */
export type SignInManner =
  | ClientExchange
  | OAuthExchange
  | { readonly mechanism: 'COMMAND'; readonly login: string; readonly password: string };

/** Each method rejects with CauseTrouble only. */
export interface Dialogue {
  /** Reads the greeting. @throws CauseTrouble; when somebody else answers, `wrong-kind-of-server` or `not-a-mail-server`. */
  greet(): Promise<void>;
  /** Asks what the server can do. */
  learn(): Promise<ServerAbilities>;
  /** STARTTLS or STLS, and what the server can do after it. */
  startTls(): Promise<void>;
  signIn(manner: SignInManner): Promise<void>;
  /** May one read, or send, now? */
  use(address: string | null): Promise<CheckFacts>;
  /** Says goodbye without waiting, and closes. */
  end(): void;
}

/** A server may refuse after it has seen the secret, or the manner before; only the first costs a try. */
export class SignInTrouble extends CauseTrouble {
  readonly secretSeen: boolean;
  /** The server does not take this manner, whatever it says it offers. */
  readonly mannerRefused: boolean;
  /** The manner in which it was tried. */
  used: string | null = null;
  constructor(reply: ServerReply, secretSeen: boolean) {
    const cause = causeOfReply(reply);
    super(cause, `signing in was refused: ${wordsOfReply(reply)}`, wordsOfReply(reply));
    this.secretSeen = secretSeen;
    this.mannerRefused = cause === 'no-common-mechanism';
  }
}

export function replyTrouble(reply: ServerReply): CauseTrouble {
  return new CauseTrouble(causeOfReply(reply), `${reply.phase} refused: ${wordsOfReply(reply)}`, wordsOfReply(reply));
}

function wordsOfReply({ code, enhanced, responseCode, text }: ServerReply): string {
  return [code, enhanced, responseCode === null ? null : `[${responseCode}]`, text]
    .filter((part) => part !== null && part !== '')
    .join(' ');
}

/** RFC 9051 §2.2 names no length; Liberal: what is longer than this is no answer of a mail server. */
const lineMax = 16 * 1024;
/** Pieces in which one answer may come: who drips octets is not waited for. */
const readsMax = 500;
/** Octets of all lines and literals that answer one thing said: the UIDL listing of half a million letters fits. */
const answerMax = 48 * 1024 * 1024;

export class Lines {
  readonly connection: Overhearing;
  readonly patience: number;
  readonly #receiver = new Receiver({ kind: 'line', max: lineMax });
  /** Since we said something last. */
  #heard = 0;

  constructor(connection: Overhearing, patience: number) {
    this.connection = connection;
    this.patience = patience;
  }

  /** Octets that arrived and were not asked for yet. */
  get waiting(): number {
    return this.#receiver.waiting;
  }

  say(line: string): void {
    this.#heard = 0;
    this.connection.write(`${line}\r\n`);
  }

  /** @throws CauseTrouble `silent`, `connection-lost`, `protocol`. */
  async line(): Promise<string> {
    for (let reads = 0; ;) {
      const unit = this.#receiver.next();
      if (unit !== null) {
        if (unit.kind !== 'line') throw new CauseTrouble('protocol', 'a line without an end');
        return utf8FromBytes(unit.bytes);
      }
      if (++reads > readsMax) throw new CauseTrouble('silent', 'the server answers octet by octet');
      await this.#more();
    }
  }

  /** Exactly so many octets, as text: an IMAP literal. */
  async octets(length: number): Promise<string> {
    if (length > 256 * 1024) throw new CauseTrouble('protocol', `a literal of ${length} octets`);
    this.#receiver.want({ kind: 'octets', length });
    const pieces: string[] = [];
    for (;;) {
      const unit = this.#receiver.next();
      if (unit === null) await this.#more();
      else if (unit.kind === 'data') pieces.push(utf8FromBytes(unit.bytes));
      else break;
    }
    this.#receiver.want({ kind: 'line', max: lineMax });
    return pieces.join('');
  }

  async #more(): Promise<void> {
    const { connection } = this;
    const octets = await connection.read(this.patience).catch((error: unknown) => {
      throw connection.trouble ?? error;
    });
    if (octets === null) throw connection.trouble!;
    this.#heard += octets.length;
    if (this.#heard > answerMax) throw new CauseTrouble('protocol', 'an answer without an end');
    this.#receiver.push(octets);
  }

  /** What a dialogue throws when it meets a no. */
  refusal(service: ServerReply['service'], phase: ReplyPhase, raw: string): CauseTrouble {
    return replyTrouble(parseRefusal(service, phase, raw));
  }

  /** What is wrong when the first line is not the greeting that was expected. */
  stranger(expected: 'imap' | 'pop3' | 'smtp'): CauseTrouble {
    const { who, firstLine } = this.connection;
    const mail = who === 'imap' || who === 'pop3' || who === 'smtp';
    if (mail) return new CauseTrouble('wrong-kind-of-server', `${who} answers instead of ${expected}`, firstLine);
    if (who === 'unknown' || who === 'tls') return new CauseTrouble('protocol', 'an answer that is no greeting', firstLine);
    return new CauseTrouble('not-a-mail-server', `${who} answers instead of ${expected}`, firstLine);
  }

  /** A server that hangs up before a word has turned us away; one that says nothing is silent. */
  async greeting(): Promise<string> {
    try {
      return await this.line();
    } catch (trouble) {
      const { connection } = this;
      if (trouble instanceof CauseTrouble && trouble.why === 'connection-lost' && !connection.heard && trouble.cause === undefined)
        throw new CauseTrouble('turned-away', 'the server hung up before a word', '');
      // Half a line is enough to see who it is.
      if (connection.heard && connection.who !== 'unknown') {
        if (connection.who === 'http' || connection.who === 'ssh') throw this.stranger('imap');
      }
      throw trouble;
    }
  }
}
