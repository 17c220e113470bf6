// The sending side of SMTP and LMTP: one dialogue with one server, any number of letters (RFC 5321, 2920, 3207, 3030, 3461, 4954, 2033).
// Knows the dialogue and what the peer said; knows no socket and no schedule. What an outcome means is decided by who asked.
import { base64FromBytes, bytesFromBase64, type Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble, Refusal, Unavailable } from '../../base/trouble.ts';
import type { TlsFacts } from '../line/session.ts';
import { chooseClient, plainClient, type ClientExchange } from '../sasl/client.ts';
import { chooseOAuth } from '../sasl/oauth.ts';
import type { LineConnection, PeerTls } from '../line/connection.ts';
import type {
  ClientParts,
  ClientPatience,
  ClientPhase,
  HostOutcome,
  LetterOutcome,
  MissingCapability,
  OutgoingLetter,
  PeerCapabilities,
  PeerFailure,
  PeerReply,
  RecipientOutcome,
  SmtpClient,
} from './client-contract.ts';
import { formatCommand, type Command } from './command.ts';
import { toAsciiDomain } from './grammar/domain.ts';
import { formatMailbox, nullPath, parseMailbox, type Path } from './grammar/path.ts';
import { dotStuffed, hasUtf8Header, isTextSafe } from './outgoing-content.ts';
import { asPeerTrouble, PeerReplies, PeerTrouble, protocolTrouble, type ReadReply } from './peer-replies.ts';

const minute = 60_000;

/** RFC 5321 §4.5.3.2, reliability D-8 for the end of the data. */
const defaultClientPatience: ClientPatience = {
  greeting: 5 * minute,
  hello: 5 * minute,
  tls: minute,
  auth: 2 * minute,
  mail: 5 * minute,
  recipient: 5 * minute,
  dataStart: 2 * minute,
  dataBlock: 3 * minute,
  dataEnd: 10 * minute,
  quit: 5000,
};

/** RFC 3030: octets of one BDAT. */
const chunkLength = 1024 * 1024;

/** One way to sign in, by a password or by a token. */
type Exchange = Pick<ClientExchange, 'initial' | 'respond' | 'complete'> & { readonly mechanism: string };
/** RFC 5321 §4.5.3.1.4: 512 octets a command line, with room for the rest of it. */
const initialMax = 480;

export function openSmtpClient(connection: LineConnection, parts: ClientParts): SmtpClient {
  return new Client(connection, parts);
}

/** One recipient while its letter is under way. */
interface Addressee {
  /** As it will be told; null when it cannot be told at all. */
  readonly path: Path | null;
  outcome: RecipientOutcome | null;
  accepted: boolean;
}

class Client implements SmtpClient {
  readonly #connection: LineConnection;
  readonly #parts: ClientParts;
  readonly #patience: ClientPatience;
  readonly #replies: PeerReplies;
  #capabilities: PeerCapabilities = new Map();
  #usable = false;
  /** RFC 9422 §4: how many more letters the peer takes on this connection. */
  #lettersLeft = Infinity;

  constructor(connection: LineConnection, parts: ClientParts) {
    this.#connection = connection;
    this.#parts = parts;
    this.#patience = { ...defaultClientPatience, ...parts.patience };
    this.#replies = new PeerReplies(connection);
  }

  // --- opening ------------------------------------------------------------------------------------------------------

  async begin(): Promise<HostOutcome> {
    let tlsFailure: PeerFailure | null = null;
    try {
      const greeting = await this.#replies.read('greeting', this.#patience.greeting);
      if (greeting.code !== 220) throw replyTrouble('greeting', greeting);
      await this.#hello();
      tlsFailure = await this.#secure();
      await this.#signIn();
      this.#usable = true;
      return {
        ready: true,
        name: /^[A-Za-z0-9._-]+/.exec(greeting.text)?.[0] ?? '',
        tls: this.#connection.tls,
        tlsFailure,
        capabilities: this.#capabilities,
      };
    } catch (trouble) {
      const failure = failureOf(trouble, 'hello');
      // A server that answered is told goodbye; one that broke off is not.
      if (failure.kind !== 'reply' && failure.kind !== 'missing') this.#connection.close();
      return { ready: false, failure, tls: this.#connection.tls };
    }
  }

  /** RFC 5321 §3.2, §4.1.1.1: EHLO, and HELO for those who do not know it. */
  async #hello(): Promise<void> {
    const { hostName, protocol } = this.#parts;
    const reply = await this.#ask({ verb: protocol === 'lmtp' ? 'LHLO' : 'EHLO', name: hostName }, 'hello', this.#patience.hello);
    if (reply.code === 250) {
      this.#capabilities = parseCapabilities(reply.lines);
      this.#lettersLeft = this.#limit('MAILMAX');
      return;
    }
    this.#capabilities = new Map();
    if (reply.code < 500 || reply.code === 554 || reply.code === 550) throw replyTrouble('hello', reply);
    if (protocol === 'lmtp') throw new PeerTrouble({ kind: 'missing', phase: 'hello', capability: 'lmtp' });
    const second = await this.#ask({ verb: 'HELO', name: hostName }, 'hello', this.#patience.hello);
    if (second.code !== 250) throw replyTrouble('hello', second);
  }

  /** RFC 3207. Gives why there is no TLS where that is forgiven. */
  async #secure(): Promise<PeerFailure | null> {
    const { demand } = this.#parts;
    if (this.#connection.tls !== null || demand.use === 'never') return null;
    if (!this.#capabilities.has('STARTTLS')) {
      const failure: PeerFailure = { kind: 'missing', phase: 'starttls', capability: 'starttls' };
      if (demand.use === 'always') throw new PeerTrouble(failure);
      return failure;
    }
    const reply = await this.#ask({ verb: 'STARTTLS' }, 'starttls', this.#patience.tls);
    if (reply.code !== 220) {
      const failure: PeerFailure = { kind: 'reply', phase: 'starttls', reply: wordsOf(reply) };
      if (demand.use === 'always' || reply.code === 421) throw new PeerTrouble(failure);
      return failure;
    }
    // B-015: a reply that came in the clear must not be taken for one that came inside TLS.
    if (this.#replies.waiting > 0) throw protocolTrouble('starttls', 'octets in the clear behind the answer to STARTTLS');
    try {
      await this.#connection.startTls(demand, this.#patience.tls);
    } catch (trouble) {
      if (!(trouble instanceof Unavailable)) throw trouble;
      throw new PeerTrouble({ kind: 'tls', phase: 'tls', words: trouble.message });
    }
    // RFC 3207 §4.2: what was said in the clear is forgotten.
    await this.#hello();
    return null;
  }

  /** RFC 4954. */
  async #signIn(): Promise<void> {
    const { login, chance } = this.#parts;
    if (login === null) return;
    const { tls } = this.#connection;
    const offered = (this.#capabilities.get('AUTH') ?? '').split(' ').filter((word) => word !== '');
    const exchange = tls === null && login.plaintext !== true ? null : this.#exchange(login, offered, chance);
    if (exchange === null) throw new PeerTrouble({ kind: 'missing', phase: 'auth', capability: 'auth' });
    await this.#authenticate(exchange);
  }

  /** Null when the server offers no way that we know and that tells nobody the secret. */
  #exchange(login: NonNullable<ClientParts['login']>, offered: readonly string[], chance: ClientParts['chance']): Exchange | null {
    const { tls, remote } = this.#connection;
    if (login.kind === 'oauth2') {
      const { serverName: host } = this.#parts.demand;
      return chooseOAuth(offered, { login: login.name, token: login.password, host, port: remote.port });
    }
    const credentials = { login: login.name, password: login.password };
    const chosen = chooseClient(offered, credentials, tls === null ? null : asTlsFacts(tls), chance);
    const isPlain = login.plaintext === true && offered.some((name) => name.toUpperCase() === 'PLAIN');
    return chosen ?? (isPlain ? plainClient(credentials) : null);
  }

  async #authenticate(exchange: Exchange): Promise<void> {
    const initial = exchange.initial();
    let first = initial === null ? null : initial.length === 0 ? '=' : base64FromBytes(initial);
    // RFC 4954 §4: what is too long for a command line waits for the empty challenge; tokens are.
    let held: Bytes | null = null;
    if (first !== null && first.length > initialMax) [first, held] = [null, initial];
    let reply = await this.#ask({ verb: 'AUTH', mechanism: exchange.mechanism, initial: first }, 'auth', this.#patience.auth);
    for (let turn = 0; reply.code === 334; turn++) {
      if (turn > 10) throw protocolTrouble('auth', 'the sign-in does not end');
      let answer: Bytes;
      try {
        answer = held ?? (await exchange.respond(bytesFromBase64(reply.text)));
        held = null;
      } catch (trouble) {
        if (trouble instanceof SyntaxTrouble || trouble instanceof Refusal) throw protocolTrouble('auth', trouble.message);
        throw trouble;
      }
      this.#connection.write(base64FromBytes(answer) + '\r\n');
      reply = await this.#replies.read('auth', this.#patience.auth);
    }
    if (reply.code !== 235) throw replyTrouble('auth', reply);
    if (!exchange.complete) throw protocolTrouble('auth', 'the server did not prove that it knows the password');
  }

  // --- one letter ---------------------------------------------------------------------------------------------------

  async send(letter: OutgoingLetter): Promise<LetterOutcome> {
    const addressees = letter.recipients.map(({ address }): Addressee => {
      const path = this.#tellable(address);
      return { path, outcome: path === null ? refusedAddress(address) : null, accepted: false };
    });
    let unknown = false;
    try {
      if (!this.#usable) throw new PeerTrouble({ kind: 'closed', phase: 'mail', words: 'the dialogue is over' });
      await this.#transact(letter, addressees);
    } catch (trouble) {
      const failure = failureOf(trouble, 'mail');
      unknown = failure.phase === 'final' && failure.kind !== 'reply';
      // Only what the peer said, or what was never tried, leaves the dialogue where we know it.
      if (failure.kind !== 'missing' && failure.kind !== 'reply') this.#giveUp();
      if (failure.kind === 'reply' && failure.reply.code === 421) this.#giveUp();
      for (const addressee of addressees) addressee.outcome ??= { outcome: 'stopped', failure };
    }
    if (this.#lettersLeft <= 0) this.#usable = false;
    return {
      recipients: addressees.map(({ outcome }) => outcome ?? { outcome: 'not-tried' }),
      usable: this.#usable,
      unknown,
    };
  }

  /** RFC 9422 §4. */
  #limit(name: 'MAILMAX' | 'RCPTMAX'): number {
    const told = new RegExp(`(?:^| )${name}=(\\d{1,9})(?: |$)`, 'i').exec(this.#capabilities.get('LIMITS') ?? '');
    return Math.max(1, Number(told?.[1] ?? Infinity));
  }

  /** The address in a form that this peer understands, or null. RFC 6531 §3.4: a domain can be told in A-labels to anybody. */
  #tellable(address: string): Path | null {
    let path: Path;
    try {
      path = parseMailbox(address);
    } catch {
      return null;
    }
    if (path.ascii || this.#capabilities.has('SMTPUTF8')) return path;
    const domain = toAsciiDomain(path.domain);
    const other = domain === null ? '' : formatMailbox(path.local, domain);
    return domain !== null && /^[\x20-\x7e]+$/.test(other) ? { ...path, domain, address: other, ascii: true } : null;
  }

  async #transact(letter: OutgoingLetter, all: readonly Addressee[]): Promise<void> {
    const mail = this.#mailCommand(letter, all);
    const told = all.filter(({ outcome }) => outcome === null).slice(0, this.#limit('RCPTMAX'));
    if (told.length === 0) return;
    const chunked = mail.parameters.body === 'binarymime';
    const pipelined = this.#capabilities.has('PIPELINING');
    const recipients = told.map((addressee) => this.#recipientCommand(letter, all.indexOf(addressee), addressee.path!));
    if (pipelined) {
      // RFC 2920 §3.1: DATA is the last of its group.
      const group = [mail, ...recipients].map((command) => formatCommand(command) + '\r\n').join('');
      this.#connection.write(chunked ? group : group + 'DATA\r\n');
    } else this.#tell(mail);
    const answer = await this.#replies.read('mail', this.#patience.mail);
    this.#lettersLeft--;
    if (answer.code >= 300) {
      // What the peer said counts, not that it broke off afterwards.
      if (pipelined && answer.code !== 421) await this.#orGiveUp(this.#skipGroup(told.length, !chunked));
      throw replyTrouble('mail', answer);
    }
    for (const [index, addressee] of told.entries()) {
      if (!pipelined) this.#tell(recipients[index]!);
      const reply = await this.#replies.read('recipient', this.#patience.recipient);
      if (reply.code === 421) throw replyTrouble('recipient', reply);
      if (reply.code < 300) addressee.accepted = true;
      else if (isTooMany(reply) && told.some(({ accepted }) => accepted)) addressee.outcome = { outcome: 'not-tried' };
      else addressee.outcome = { outcome: 'refused', failure: { kind: 'reply', phase: 'recipient', reply: wordsOf(reply) } };
    }
    const accepted = told.filter((addressee) => addressee.accepted);
    if (chunked) return accepted.length === 0 ? this.#reset() : this.#sendChunks(letter, accepted);
    return this.#sendData(letter, accepted, pipelined);
  }

  /** @throws PeerTrouble `missing` when this peer cannot have this letter. */
  #mailCommand(letter: OutgoingLetter, all: readonly Addressee[]): Command & { readonly verb: 'MAIL' } {
    const has = (name: string): boolean => this.#capabilities.has(name);
    const path = letter.reversePath === '' ? nullPath : this.#tellable(letter.reversePath);
    if (path === null) throw missingForLetter('smtputf8');
    const size = Number(/^\d{1,15}$/.exec(this.#capabilities.get('SIZE') ?? '')?.[0] ?? 0);
    // RFC 1870 §4: 0 and nothing mean that no limit is told.
    if (size > 0 && letter.octets.length > size) throw missingForLetter('size');
    if (letter.smtpUtf8 && !has('SMTPUTF8') && hasUtf8Header(letter.octets)) throw missingForLetter('smtputf8');
    const binary = letter.bodyType === 'binarymime' && !isTextSafe(letter.octets);
    if (binary && !(has('BINARYMIME') && has('CHUNKING'))) throw missingForLetter('binarymime');
    return {
      verb: 'MAIL',
      path,
      parameters: {
        size: has('SIZE') ? letter.octets.length : null,
        // Liberal: a letter with 8-bit octets goes to a server without 8BITMIME as it is. The last such servers pass them on, while a
        // conversion (RFC 6152 §3) would break every signature.
        body: binary ? 'binarymime' : letter.bodyType !== '7bit' && has('8BITMIME') ? '8bitmime' : null,
        smtpUtf8: has('SMTPUTF8') && (letter.smtpUtf8 || !path.ascii || all.some((addressee) => addressee.path?.ascii === false)),
        returns: has('DSN') ? letter.returns : null,
        envelopeId: has('DSN') ? letter.envelopeId : null,
      },
    };
  }

  /** RFC 3461 §5.2.1: what was asked for is passed on to a server that knows it. */
  #recipientCommand(letter: OutgoingLetter, index: number, path: Path): Command {
    const { notify, originalRecipient } = letter.recipients[index]!;
    const dsn = this.#capabilities.has('DSN');
    return { verb: 'RCPT', path, parameters: { notify: dsn ? notify : [], originalRecipient: dsn ? originalRecipient : null } };
  }

  async #sendData(letter: OutgoingLetter, accepted: readonly Addressee[], pipelined: boolean): Promise<void> {
    if (accepted.length === 0 && !pipelined) return this.#reset();
    if (!pipelined) this.#tell({ verb: 'DATA' });
    const reply = await this.#replies.read('data', this.#patience.dataStart);
    if (reply.code !== 354) {
      if (accepted.length === 0) return this.#reset();
      if (reply.code !== 421) await this.#reset();
      throw replyTrouble('data', reply);
    }
    if (accepted.length === 0) return this.#endEmptyData();
    let last: Bytes | null = null;
    for (const piece of dotStuffed(letter.octets)) {
      if (last !== null) {
        this.#connection.write(last);
        await this.#drained();
      }
      last = piece;
    }
    if (!((await letter.mayFinish?.()) ?? true)) return this.#giveUp();
    if (last !== null) this.#connection.write(last);
    this.#connection.write('.\r\n');
    await this.#final(accepted);
  }

  /** RFC 2920 §3.1: DATA was let in although nobody is left to get it. */
  async #endEmptyData(): Promise<void> {
    this.#connection.write('.\r\n');
    await this.#replies.read('content', this.#patience.dataEnd);
  }

  /** RFC 3030 §2. */
  async #sendChunks(letter: OutgoingLetter, accepted: readonly Addressee[]): Promise<void> {
    const { octets } = letter;
    for (let at = 0; ; at += chunkLength) {
      const length = Math.min(chunkLength, octets.length - at);
      const last = at + length === octets.length;
      if (last && !((await letter.mayFinish?.()) ?? true)) return this.#reset();
      this.#tell({ verb: 'BDAT', length, last });
      this.#connection.write(octets.subarray(at, at + length));
      if (last) return this.#final(accepted);
      await this.#drained();
      const reply = await this.#replies.read('content', this.#patience.dataBlock);
      if (reply.code >= 300) {
        await this.#reset();
        throw replyTrouble('content', reply);
      }
    }
  }

  /** The answer for which everything was done: one, or for LMTP one for each accepted recipient (RFC 2033 §4.2). */
  async #final(accepted: readonly Addressee[]): Promise<void> {
    const dsnPassedOn = this.#capabilities.has('DSN');
    if (this.#parts.protocol === 'lmtp') {
      for (const addressee of accepted) {
        const reply = wordsOf(await this.#replies.read('final', this.#patience.dataEnd));
        addressee.outcome =
          reply.code < 300
            ? { outcome: 'taken', reply, dsnPassedOn }
            : { outcome: 'refused', failure: { kind: 'reply', phase: 'final', reply } };
      }
      return;
    }
    const reply = await this.#replies.read('final', this.#patience.dataEnd);
    if (reply.code >= 300) throw replyTrouble('final', reply);
    for (const addressee of accepted) addressee.outcome = { outcome: 'taken', reply: wordsOf(reply), dsnPassedOn };
  }

  /** MAIL was refused with the rest of its group under way. */
  async #skipGroup(recipients: number, data: boolean): Promise<void> {
    for (let index = 0; index < recipients; index++) await this.#replies.read('recipient', this.#patience.recipient);
    if (!data) return;
    const reply = await this.#replies.read('data', this.#patience.dataStart);
    if (reply.code === 354) await this.#endEmptyData();
  }

  async #reset(): Promise<void> {
    await this.#orGiveUp(
      this.#ask({ verb: 'RSET' }, 'reset', this.#patience.mail).then((reply) => {
        if (reply.code !== 250) this.#giveUp();
      }),
    );
  }

  /** Tidying up after an outcome that is known already must not change it. */
  async #orGiveUp(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (trouble) {
      if (!(trouble instanceof PeerTrouble)) throw trouble;
      this.#giveUp();
    }
  }

  #giveUp(): void {
    this.#usable = false;
    this.#connection.close();
  }

  async end(): Promise<void> {
    this.#usable = false;
    try {
      await this.#ask({ verb: 'QUIT' }, 'quit', this.#patience.quit);
    } catch (trouble) {
      if (!(trouble instanceof PeerTrouble)) throw trouble;
    } finally {
      this.#connection.close();
    }
  }

  #tell(command: Command): void {
    this.#connection.write(formatCommand(command) + '\r\n');
  }

  async #ask(command: Command, phase: ClientPhase, patience: number): Promise<ReadReply> {
    this.#tell(command);
    return this.#replies.read(phase, patience);
  }

  async #drained(): Promise<void> {
    try {
      await this.#connection.drained(this.#patience.dataBlock);
    } catch (trouble) {
      throw asPeerTrouble(trouble, 'content');
    }
  }
}

/** RFC 5321 §4.1.1.1 (ehlo-line). Liberal: `AUTH=LOGIN` of old servers is read as AUTH. */
function parseCapabilities(lines: readonly string[]): PeerCapabilities {
  const found = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const match = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:[ =](.*))?$/s.exec(line.trim());
    if (match === null) continue;
    const name = match[1]!.toUpperCase();
    const before = found.get(name);
    found.set(name, before === undefined ? (match[2] ?? '') : `${before} ${match[2] ?? ''}`.trim());
  }
  return found;
}

/** RFC 5321 §4.5.3.1.10: 452, and 552 from those who follow RFC 821. */
function isTooMany({ code, enhanced }: PeerReply): boolean {
  return (code === 452 && (enhanced === null || enhanced === '4.5.3')) || (code === 552 && enhanced === '5.5.3');
}

function wordsOf({ code, enhanced, text }: PeerReply): PeerReply {
  return { code, enhanced, text };
}

function missingForLetter(capability: MissingCapability): PeerTrouble {
  return new PeerTrouble({ kind: 'missing', phase: 'mail', capability });
}

function replyTrouble(phase: ClientPhase, reply: PeerReply): PeerTrouble {
  return new PeerTrouble({ kind: 'reply', phase, reply: wordsOf(reply) });
}

function refusedAddress(address: string): RecipientOutcome {
  const ascii = /^[\x20-\x7e]*$/.test(address);
  return {
    outcome: 'refused',
    failure: ascii
      ? { kind: 'protocol', phase: 'recipient', words: 'the address is not well-formed' }
      : { kind: 'missing', phase: 'recipient', capability: 'smtputf8' },
  };
}

/** Everything that can come up in a dialogue is told as a failure; a defect of ours too, so that a letter is tried again. */
function failureOf(trouble: unknown, phase: ClientPhase): PeerFailure {
  if (trouble instanceof PeerTrouble) return trouble.failure;
  return { kind: 'closed', phase, words: `defect: ${trouble instanceof Error ? trouble.message : 'unknown'}` };
}

function asTlsFacts(tls: PeerTls): TlsFacts {
  return { version: tls.version, cipher: tls.cipher, serverName: null, exporter: () => tls.exporter(), endPoint: () => null };
}
