// The ledger of the crash tests (reliability §4.1): what was tried, what was answered, and therefore what may be found afterwards.
// Knows letters, places and allowed states; knows no socket.
//
// Each letter of each person has a set of allowed states. Before a command its outcome is added, after a yes only the outcome is left, after
// a no only what was before; without an answer both stay, until an audit has seen which one it is.
import { Lost } from './dialogue.ts';

/** `gone`, or `MAILBOX flags`, flags sorted. */
export type State = string;

export function stateOf(mailbox: string, flags: readonly string[] = []): State {
  return `${mailbox} ${flags
    .filter((flag) => flag !== '\\Recent')
    .toSorted()
    .join(' ')}`.trim();
}

export const gone: State = 'gone';

export interface Entry {
  readonly id: string;
  readonly person: string;
  readonly size: number;
  /** Appended letters have nothing on top. */
  readonly traced: boolean;
  allowed: ReadonlySet<State>;
  /** UID by mailbox, as a client was told. */
  readonly uids: Map<string, number>;
}

export type Outcome = 'ack' | 'nak' | 'unk';

export class Ledger {
  readonly entries = new Map<string, Entry>();
  readonly counts = { ack: 0, nak: 0, unk: 0 };
  /**
   * The power has been cut. A no only means that nothing is promised any more (reliability D-6). A yes heard from here on is none either: a
   * machine without power would not have said it, and ext4 can report success to an fsync that was under way when it was shut down.
   */
  doubtful = false;
  /** Called once at the next promised delivery, in the moment in which it is heard. */
  atPromise: (() => void) | null = null;

  /** A letter that is about to be sent to somebody. */
  begin(person: string, id: string, size: number, traced: boolean): Entry {
    const entry: Entry = { id, person, size, traced, allowed: new Set([gone]), uids: new Map() };
    this.entries.set(`${person}/${id}`, entry);
    return entry;
  }

  /** Runs a command that takes these letters to these states. What it throws means that no answer came. */
  async attempt(changes: readonly (readonly [Entry, State])[], work: () => Promise<boolean>): Promise<boolean> {
    const before = changes.map(([entry]) => entry.allowed);
    for (const [entry, state] of changes) entry.allowed = new Set([...entry.allowed, state]);
    let good: boolean;
    try {
      good = await work();
    } catch (lost) {
      this.counts.unk++;
      throw lost;
    }
    if (this.doubtful) {
      this.counts.unk++;
      throw new Lost('answered by a server whose disk has failed');
    }
    for (const [index, [entry, state]] of changes.entries()) entry.allowed = good ? new Set([state]) : before[index]!;
    this.counts[good ? 'ack' : 'nak']++;
    if (good && changes.some(([, state]) => state === 'INBOX')) {
      const told = this.atPromise;
      this.atPromise = null;
      told?.();
    }
    return good;
  }

  /** What was found. From here on it is known which state each letter is in. */
  settle(found: ReadonlyMap<string, readonly State[]>): string[] {
    this.doubtful = false;
    const findings: string[] = [];
    for (const [key, entry] of this.entries) {
      const states = found.get(key) ?? [];
      const state = states.length === 0 ? gone : states.length === 1 ? states[0]! : `there ${states.length} times: ${states.join(', ')}`;
      if (!entry.allowed.has(state))
        findings.push(`${key} (${entry.size} octets): may be ${[...entry.allowed].join(' or ')}, but is ${state}`);
      entry.allowed = new Set([state]);
    }
    for (const key of found.keys()) if (!this.entries.has(key)) findings.push(`${key}: nobody sent it`);
    return findings;
  }

  /** Letters of a person that are surely in this mailbox. */
  surely(person: string, mailbox: string): Entry[] {
    return [...this.entries.values()].filter(
      (entry) => entry.person === person && entry.allowed.size === 1 && [...entry.allowed][0]!.split(' ')[0] === mailbox,
    );
  }
}

/** The octets of a letter follow from its id and size. Lines that begin with dots are among them. */
export function ledgerLetter(id: string, size: number, from = 'load@client.example'): Buffer {
  const lines = [
    `From: ${from}`,
    'To: Somebody <somebody@client.example>',
    `Subject: ${id}`,
    'Date: Mon, 1 Jun 2026 09:00:00 +0900',
    `Message-ID: <${id}@ledger.example>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    '',
  ];
  let length = lines.join('\r\n').length + 2;
  for (let number = 0; length < size; number++) {
    const line = `${number % 7 === 3 ? '.' : ''}${number % 11 === 5 ? '' : `${number} of ${id} ${'abcdefghij'.repeat(5)}`}`;
    lines.push(line);
    length += line.length + 2;
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1');
}

export function idOf(octets: Buffer): string | null {
  const at = octets.indexOf('@ledger.example>');
  return at < 0 ? null : octets.toString('latin1', octets.lastIndexOf('<', at) + 1, at);
}

/** What is wrong with stored octets; null when they are what was sent, with nothing but trace fields on top. */
export function difference(stored: Buffer, entry: Entry): string | null {
  const from = /^From: (\S+)\r$/m.exec(stored.toString('latin1', 0, 4096))?.[1];
  const sent = ledgerLetter(entry.id, entry.size, from);
  const above = stored.length - sent.length;
  if (above < 0 || !stored.subarray(above).equals(sent))
    return `its octets are not those that were sent (${stored.length} for ${sent.length})`;
  const top = stored.toString('latin1', 0, above);
  if (!entry.traced) return above === 0 ? null : `has ${above} octets on top`;
  const names = top
    .split('\r\n')
    .filter((line) => line !== '' && !/^[ \t]/.test(line))
    .map((line) => line.split(':')[0]!);
  const odd = names.find((name) => !/^(Return-Path|Received|Delivered-To|Authentication-Results)$/.test(name));
  return odd === undefined && names.includes('Received') ? null : `has ${JSON.stringify(top.slice(0, 200))} on top`;
}

/** A chain of numbers that a seed gives again: 0 ≤ n < 1. */
export function chanceFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
