// Reads the replies of another server (RFC 5321 §4.2) and bounds what it may make us hold: lines, octets, reads.
// Knows the form of a reply; knows no command.
import type { Bytes } from '../../base/bytes.ts';
import { utf8FromBytes } from '../../base/bytes.ts';
import { Unavailable } from '../../base/trouble.ts';
import { Receiver } from '../line/receiver.ts';
import type { LineConnection } from '../line/connection.ts';
import type { ClientPhase, PeerFailure, PeerReply } from './client-contract.ts';
import { parseReplyLine } from './response.ts';

/** RFC 5321 §4.5.3.1.5 says 512; Liberal: some servers tell whole stories. */
const maxLine = 4096;
const maxLines = 1000;
const maxOctets = 64 * 1024;
/** Words kept of one reply. */
const maxText = 2000;
/** One reply may come in so many pieces: who sends an octet every four minutes is not waited for. */
const maxReads = 500;

/** What is thrown inside the client and told as an outcome at its edge. */
export class PeerTrouble extends Error {
  readonly failure: PeerFailure;
  constructor(failure: PeerFailure) {
    super(failure.kind);
    this.failure = failure;
  }
}

export interface ReadReply extends PeerReply {
  /** Words line by line, for EHLO. */
  readonly lines: readonly string[];
}

export class PeerReplies {
  readonly #connection: LineConnection;
  readonly #receiver = new Receiver({ kind: 'line', max: maxLine });

  constructor(connection: LineConnection) {
    this.#connection = connection;
  }

  /** Octets that arrived and belong to no reply yet. */
  get waiting(): number {
    return this.#receiver.waiting;
  }

  /** @throws PeerTrouble. */
  async read(phase: ClientPhase, patience: number): Promise<ReadReply> {
    const lines: string[] = [];
    let octets = 0;
    let reads = 0;
    for (;;) {
      const unit = this.#receiver.next();
      if (unit === null) {
        if (++reads > maxReads) throw new PeerTrouble({ kind: 'timeout', phase });
        this.#receiver.push(await this.#octets(phase, patience));
        continue;
      }
      if (unit.kind !== 'line') throw protocolTrouble(phase, 'a line of the reply is too long');
      octets += unit.bytes.length + 2;
      const line = parseReplyLine(utf8FromBytes(unit.bytes));
      if (line === null) throw protocolTrouble(phase, 'a line without a reply code');
      lines.push(line.text);
      // Liberal: of several codes in one reply the last counts.
      if (line.last) return { code: line.code, enhanced: line.enhanced, text: clean(lines.join('\n')), lines };
      if (lines.length >= maxLines || octets > maxOctets) throw protocolTrouble(phase, 'the reply is too long');
    }
  }

  async #octets(phase: ClientPhase, patience: number): Promise<Bytes> {
    let octets: Bytes | null;
    try {
      octets = await this.#connection.read(patience);
    } catch (trouble) {
      throw asPeerTrouble(trouble, phase);
    }
    if (octets === null) throw new PeerTrouble({ kind: 'closed', phase, words: 'the peer closed the connection' });
    return octets;
  }
}

export function protocolTrouble(phase: ClientPhase, words: string): PeerTrouble {
  return new PeerTrouble({ kind: 'protocol', phase, words });
}

/** A connection tells a timeout without and a break with its cause. */
export function asPeerTrouble(trouble: unknown, phase: ClientPhase): unknown {
  if (!(trouble instanceof Unavailable)) return trouble;
  return new PeerTrouble('cause' in trouble ? { kind: 'closed', phase, words: trouble.message } : { kind: 'timeout', phase });
}

function clean(text: string): string {
  return text.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, '?').slice(0, maxText);
}
