// One mailbox with given letters and a client that asks, for tests of commands whose answers a transcript cannot hold: large letters, faults of
// the store, random mailboxes. Knows the memory store. For tests only.
import { bytesFromLatin1, latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import type { MailStore } from '../../store/contract.ts';
import type { MailboxState } from '../../store/mailbox-state.ts';
import { MemoryWire } from '../line/transcript.ts';
import { openPlayedWorld, playedTime } from './played-world.ts';
import { imapSessions } from './session.ts';

export interface GivenLetter {
  readonly text: string | Bytes;
  readonly flags?: readonly string[];
  readonly receivedAt?: number;
}

export interface LettersWorld {
  readonly store: MailStore;
  readonly mailbox: number;
  readonly state: MailboxState;
  /** A client with INBOX selected. */
  client(wire?: MemoryWire): Promise<Client>;
  end(): Promise<void>;
}

/** `faults` takes the place of methods of the store, for the sessions. */
export async function openLettersWorld(letters: readonly GivenLetter[], faults: Partial<MailStore> = {}): Promise<LettersWorld> {
  const world = await openPlayedWorld(new Map([['mailboxes', 'Work']]));
  const { store } = world;
  const mailbox = (await store.mailboxes(1)).find(({ name }) => name === 'INBOX')!.id;
  for (const { text, flags = [], receivedAt = playedTime } of letters) {
    const bytes = typeof text === 'string' ? bytesFromLatin1(text) : text;
    const spool = store.spool(bytes.length);
    await spool.add(bytes);
    await store.append(1, mailbox, [{ spool, flags, receivedAt }], null);
  }
  const state = await store.openMailbox(1, mailbox);
  const faulty = new Proxy(store, {
    get(target, name) {
      if (Object.hasOwn(faults, name)) return Reflect.get(faults, name) as unknown;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const make = imapSessions({ ...world.parts, store: faulty });
  return {
    store,
    mailbox,
    state,
    async client(wire = new MemoryWire('C', null)) {
      await wire.start(make);
      const client = new Client(wire);
      await client.ask('LOGIN hanako secret');
      await client.ask('SELECT INBOX');
      return client;
    },
    async end() {
      state.release();
      await world.end?.();
    },
  };
}

export class Client {
  readonly wire: MemoryWire;
  constructor(wire: MemoryWire) {
    this.wire = wire;
  }
  /** Everything the server says to one command, one character per octet. */
  async ask(command: string): Promise<string> {
    await this.wire.send(bytesFromLatin1(`a ${command}\r\n`));
    return latin1FromBytes(this.wire.takeOutput());
  }
  /** The numbers of an untagged answer such as SEARCH or SORT. */
  async numbers(command: string): Promise<number[]> {
    const answer = await this.ask(command);
    const line = /^\* (?:SEARCH|SORT)((?: \d+)*)\r\na OK /.exec(answer);
    if (line === null) throw new Error(`no numbers in ${JSON.stringify(answer)}`);
    return line[1]!.split(' ').slice(1).map(Number);
  }
}
