// The other side of POP3: one dialogue with the maildrop of another server (RFC 1939, 2449, 2595, 5034, 3206).
// Knows the dialogue and what the server said; knows no socket, no ledger and no schedule. What is fetched and removed is decided by who asked.
import { concatBytes, utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import { Unavailable } from '../../base/trouble.ts';
import type { LineConnection } from '../line/connection.ts';
import type {
  LetterOutcome,
  LetterReceiver,
  Pop3Capabilities,
  Pop3Client,
  Pop3ClientLimits,
  Pop3ClientParts,
  Pop3Failure,
  Pop3Missing,
  Pop3Opening,
  Pop3Outcome,
  Pop3Patience,
  Pop3Phase,
  Pop3Reply,
  QuitOutcome,
  WantedLetter,
} from './client-contract.ts';
import { signInPop3 } from './client-sign-in.ts';
import { formatCommand, type Command, type MessageNumber } from './command.ts';
import { ListingBuilder, type MaildropListing } from './listing.ts';
import { PeerTexts, Pop3Trouble, protocolTrouble } from './peer-texts.ts';

const minute = 60_000;

/** RFC 1939 §3 gives a server's autologout ten minutes; people wait less. */
const defaultPop3Patience: Pop3Patience = {
  greeting: minute,
  tls: minute / 2,
  signIn: 2 * minute,
  listing: 5 * minute,
  reply: 2 * minute,
  text: 2 * minute,
  quit: minute,
};

const defaultPop3Limits: Pop3ClientLimits = {
  letters: 1_000_000,
  uidOctets: 96 * 1024 * 1024,
  flight: 32,
  flightOctets: 4 * 1024 * 1024,
};

const maxCapabilities = 200;

export function openPop3Client(connection: LineConnection, parts: Pop3ClientParts): Pop3Client {
  return new Client(connection, parts);
}

class Client implements Pop3Client {
  readonly #connection: LineConnection;
  readonly #parts: Pop3ClientParts;
  readonly #patience: Pop3Patience;
  readonly #limits: Pop3ClientLimits;
  readonly #texts: PeerTexts;
  #capabilities: Pop3Capabilities | null = null;
  #usable = false;

  constructor(connection: LineConnection, parts: Pop3ClientParts) {
    this.#connection = connection;
    this.#parts = parts;
    this.#patience = { ...defaultPop3Patience, ...parts.patience };
    this.#limits = { ...defaultPop3Limits, ...parts.limits };
    this.#texts = new PeerTexts(connection);
  }

  // --- opening ------------------------------------------------------------------------------------------------------

  async begin(): Promise<Pop3Opening> {
    try {
      const greeting = await this.#texts.status('greeting', this.#patience.greeting);
      if (!greeting.ok) throw replyTrouble('greeting', greeting);
      await this.#askCapabilities();
      await this.#secure();
      const { tls } = this.#connection;
      // Whatever the demand was: nothing private in the clear (RFC 8314 §3).
      if (tls === null) throw missing('sign-in', 'tls');
      const mechanism = await signInPop3({
        tls,
        signIn: this.#parts.signIn,
        chance: this.#parts.chance,
        server: { host: this.#parts.demand.serverName, port: this.#connection.remote.port },
        offered: this.#capabilities === null ? null : (this.#capabilities.get('SASL') ?? '').split(' ').filter((word) => word !== ''),
        say: (line) => this.#connection.write(`${line}\r\n`),
        hear: () => this.#texts.line('sign-in', this.#patience.signIn),
      });
      // RFC 2449 §5: some capabilities are told differently to who is signed in.
      if (this.#capabilities !== null) await this.#askCapabilities();
      this.#usable = true;
      return { ready: true, tls, capabilities: this.#capabilities ?? new Map(), mechanism };
    } catch (trouble) {
      // A server that answered is told goodbye; one that broke off, or that we do not believe, is not.
      if (trouble instanceof Pop3Trouble && trouble.failure.kind === 'reply') this.#connection.write('QUIT\r\n');
      this.close();
      const failure = failureOf(trouble);
      return { ready: false, failure, tls: this.#connection.tls };
    }
  }

  /** RFC 2449 §5. A server that says no to CAPA is one of RFC 1939 alone. */
  async #askCapabilities(): Promise<void> {
    const reply = await this.#ask({ name: 'CAPA' }, 'capabilities', this.#patience.reply);
    if (!reply.ok) {
      this.#capabilities = null;
      return;
    }
    const capabilities = new Map<string, string>();
    let rows = 0;
    await this.#texts.rows('capabilities', this.#patience.reply, (row) => {
      const [name = '', ...words] = row.trim().split(/\s+/);
      if (name !== '') capabilities.set(name.toUpperCase(), words.join(' '));
      return ++rows <= maxCapabilities;
    });
    this.#capabilities = capabilities;
  }

  /** RFC 2595 §4. */
  async #secure(): Promise<void> {
    const { demand } = this.#parts;
    if (this.#connection.tls !== null || demand.use === 'never') return;
    if (this.#capabilities !== null && !this.#capabilities.has('STLS')) throw missing('stls', 'stls');
    const reply = await this.#ask({ name: 'STLS' }, 'stls', this.#patience.reply);
    if (!reply.ok) {
      // Without CAPA a plain no means that it does not know STLS.
      if (this.#capabilities === null && reply.code === null) throw missing('stls', 'stls');
      throw replyTrouble('stls', reply);
    }
    // Reliability S-02: an answer that came in the clear must not be taken for one that came inside TLS.
    if (this.#texts.waiting > 0) throw protocolTrouble('stls', 'octets in the clear behind the answer to STLS');
    try {
      await this.#connection.startTls(demand, this.#patience.tls);
    } catch (trouble) {
      if (!(trouble instanceof Unavailable)) throw trouble;
      throw new Pop3Trouble({ kind: 'tls', phase: 'tls', words: trouble.message, error: trouble });
    }
    // RFC 2595 §4: what was told in the clear is forgotten.
    await this.#askCapabilities();
  }

  // --- the maildrop -------------------------------------------------------------------------------------------------

  stat(): Promise<Pop3Outcome<{ readonly letters: number; readonly octets: number }>> {
    return this.#outcome('stat', async () => {
      const reply = await this.#ask({ name: 'STAT' }, 'stat', this.#patience.listing);
      if (!reply.ok) throw replyTrouble('stat', reply);
      const match = /^ *(\d{1,10}) +(\d{1,18})/.exec(reply.text);
      if (!match) throw protocolTrouble('stat', 'a drop listing without numbers');
      return { letters: Number(match[1]), octets: Number(match[2]) };
    });
  }

  listing(): Promise<Pop3Outcome<MaildropListing>> {
    return this.#outcome('list', async () => {
      const listing = new ListingBuilder(this.#limits);
      const asksUids = this.#capabilities === null || this.#capabilities.has('UIDL');
      const list = await this.#ask({ name: 'LIST', number: null }, 'list', this.#patience.listing);
      if (!list.ok) throw replyTrouble('list', list);
      await this.#texts.rows('list', this.#patience.listing, (row) => listing.addSize(row));
      if (!asksUids) return listing;
      const uidl = await this.#ask({ name: 'UIDL', number: null }, 'uidl', this.#patience.listing);
      // RFC 1939 §7: UIDL is optional. A refusal that says "not now" is no refusal of the command.
      if (!uidl.ok && uidl.code !== null) throw replyTrouble('uidl', uidl);
      if (!uidl.ok && this.#capabilities !== null) throw replyTrouble('uidl', uidl);
      if (!uidl.ok) return listing;
      listing.hasUids = true;
      await this.#texts.rows('uidl', this.#patience.listing, (row) => listing.addUid(row));
      return listing;
    });
  }

  retrieve(wanted: Iterable<WantedLetter>, receiver: LetterReceiver): Promise<Pop3Outcome<null>> {
    return this.#outcome('retr', async () => {
      await this.#each(
        wanted,
        ({ number }) => ({ name: 'RETR', number }),
        ({ size }) => size,
        async ({ number }) => receiver.ended(number, await this.#receive(number, receiver)),
      );
      return null;
    });
  }

  async #receive(number: MessageNumber, receiver: LetterReceiver): Promise<LetterOutcome> {
    const reply = await this.#texts.status('retr', this.#patience.text);
    if (!reply.ok) return { kind: 'refused', reply };
    const octets = await this.#texts.text('retr', this.#patience.text, receiver.open(number), receiver.limit);
    return { kind: octets > receiver.limit ? 'too-large' : 'whole', octets };
  }

  headers(
    numbers: Iterable<MessageNumber>,
    limit: number,
    took: (number: MessageNumber, octets: Bytes | null) => void | Promise<void>,
  ): Promise<Pop3Outcome<null>> {
    return this.#outcome('top', async () => {
      if (this.#capabilities !== null && !this.#capabilities.has('TOP')) throw missing('top', 'top');
      await this.#each(
        numbers,
        (number) => ({ name: 'TOP', number, lines: 0 }),
        () => limit / 8,
        async (number) => {
          const reply = await this.#texts.status('top', this.#patience.text);
          const pieces: Bytes[] = [];
          const octets = reply.ok
            ? await this.#texts.text('top', this.#patience.text, { add: (piece) => void pieces.push(piece) }, limit)
            : Infinity;
          await took(number, octets > limit ? null : concatBytes(pieces));
          return true;
        },
      );
      return null;
    });
  }

  remove(numbers: Iterable<MessageNumber>): Promise<Pop3Outcome<readonly MessageNumber[]>> {
    return this.#outcome('dele', async () => {
      const marked: MessageNumber[] = [];
      await this.#each(
        numbers,
        (number) => ({ name: 'DELE', number }),
        () => 0,
        async (number) => {
          if ((await this.#texts.status('dele', this.#patience.reply)).ok) marked.push(number);
          return true;
        },
      );
      return marked;
    });
  }

  /**
   * Commands of one kind, several in flight where the server allows it (RFC 2449 §6.6), one after another elsewhere. `hear` reads the answer
   * to each in order; false: no more are said, those in flight are still heard.
   */
  async #each<Item>(
    items: Iterable<Item>,
    command: (item: Item) => Command,
    weigh: (item: Item) => number,
    hear: (item: Item) => Promise<boolean>,
  ): Promise<void> {
    const depth = this.#capabilities?.has('PIPELINING') ? this.#limits.flight : 1;
    const source = items[Symbol.iterator]();
    const flight: Item[] = [];
    let weight = 0;
    let upcoming = source.next();
    let going = true;
    for (;;) {
      // Said in groups: one packet for many commands.
      if (flight.length <= depth / 2) {
        let words = '';
        while (going && !upcoming.done && flight.length < depth) {
          const item = upcoming.value;
          if (flight.length > 0 && weight + weigh(item) > this.#limits.flightOctets) break;
          words += `${lineOf(command(item))}\r\n`;
          flight.push(item);
          weight += weigh(item);
          upcoming = source.next();
        }
        if (words !== '') this.#connection.write(words);
      }
      const item = flight.shift();
      if (item === undefined) return;
      weight -= weigh(item);
      if (!(await hear(item))) going = false;
    }
  }

  noop(): Promise<Pop3Outcome<null>> {
    return this.#outcome('noop', async () => {
      const reply = await this.#ask({ name: 'NOOP' }, 'noop', this.#patience.reply);
      if (!reply.ok) throw replyTrouble('noop', reply);
      return null;
    });
  }

  // --- the end ------------------------------------------------------------------------------------------------------

  async quit(): Promise<QuitOutcome> {
    this.#usable = false;
    try {
      const reply = await this.#ask({ name: 'QUIT' }, 'quit', this.#patience.quit);
      return reply.ok ? { outcome: 'confirmed' } : { outcome: 'refused', reply };
    } catch (trouble) {
      return { outcome: 'unknown', failure: failureOf(trouble) };
    } finally {
      this.#connection.close();
    }
  }

  close(): void {
    this.#usable = false;
    this.#connection.close();
  }

  /** The edge: trouble becomes an outcome. After anything but a plain no, nobody knows where in the dialogue we are. */
  async #outcome<Value>(phase: Pop3Phase, work: () => Promise<Value>): Promise<Pop3Outcome<Value>> {
    if (!this.#usable) return { ok: false, failure: { kind: 'closed', phase, words: 'the dialogue is over' }, usable: false };
    try {
      return { ok: true, value: await work() };
    } catch (trouble) {
      const usable = trouble instanceof Pop3Trouble && (trouble.failure.kind === 'reply' || trouble.failure.kind === 'missing');
      if (!usable) this.close();
      return { ok: false, failure: failureOf(trouble), usable };
    }
  }

  #ask(command: Command, phase: Pop3Phase, patience: number): Promise<Pop3Reply> {
    this.#connection.write(`${lineOf(command)}\r\n`);
    return this.#texts.status(phase, patience);
  }
}

function lineOf(command: Command): string {
  return utf8FromBytes(formatCommand(command));
}

/** @throws whatever it was, when it is not about the server. */
function failureOf(trouble: unknown): Pop3Failure {
  if (trouble instanceof Pop3Trouble) return trouble.failure;
  throw trouble;
}

function replyTrouble(phase: Pop3Phase, reply: Pop3Reply): Pop3Trouble {
  return new Pop3Trouble({ kind: 'reply', phase, reply });
}

function missing(phase: Pop3Phase, capability: Pop3Missing): Pop3Trouble {
  return new Pop3Trouble({ kind: 'missing', phase, capability });
}
