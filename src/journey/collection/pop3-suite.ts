// A provider with a maildrop that does what providers do, in memory: for the tests of collection by POP3. It can lack UIDL or TOP, number its
// letters anew, give one name twice, refuse letters, and break off at any octet. Knows RFC 1939 from the server's side; it is nobody's real server.
import { bytesFromLatin1, concatBytes, latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { Unavailable } from '../../base/trouble.ts';
import type { LineConnection, PeerTls } from '../../protocol/line/connection.ts';
import { DotStuffer } from '../../protocol/pop3/stuffing.ts';

export interface ForeignLetter {
  uid: string;
  text: string;
  /** RETR answers with this instead. */
  refusal?: string;
  /** LIST says this instead of the truth. */
  saidSize?: number;
  /** The connection ends in the midst of it. */
  breaks?: boolean;
}

const tls: PeerTls = { version: 'TLSv1.3', cipher: 'X', verified: 'certificate', fault: null, exporter: () => null };

export class ForeignProvider {
  letters: ForeignLetter[] = [];
  hasUidl = true;
  hasTop = true;
  capabilities: string[] = ['PIPELINING', 'USER'];
  /** The answer to PASS. */
  welcome = '+OK';
  /** The answer to QUIT; the marked letters go only with a yes. */
  goodbye = '+OK';
  /** Commands that it heard, in all connections. */
  readonly heard: string[] = [];
  /** Octets of both directions after which the connection is gone, counted anew for each. */
  breakAfter = Infinity;
  /** Octets of both directions in the last connection. */
  passed = 0;
  /** Called before each command is obeyed; what it throws is a crash of the other side: nothing happens any more. */
  beforeCommand: (command: string) => void = () => {};

  put(...texts: readonly string[]): void {
    for (const text of texts) this.letters.push({ uid: `uid-${(next++).toString(36)}`, text });
  }

  connect(): LineConnection {
    this.passed = 0;
    const out: Bytes[] = [];
    const marked = new Set<ForeignLetter>();
    // A session sees the maildrop as it was when it began.
    const letters = [...this.letters];
    let input = '';
    let open = true;
    let ended = false;
    const room = (): number => Math.max(0, this.breakAfter - this.passed);
    const say = (text: string): void => void out.push(bytesFromLatin1(text));
    const many = (first: string, rows: readonly string[]): void => say(`${first}\r\n${rows.map((row) => `${row}\r\n`).join('')}.\r\n`);
    const send = (text: string): void => {
      const stuffer = new DotStuffer();
      say('+OK\r\n');
      out.push(stuffer.push(bytesFromLatin1(text)), stuffer.finish());
    };
    const obey = (line: string): void => {
      const [name = '', first = '', second = ''] = line.split(' ');
      this.heard.push(line);
      const letter = letters[Number(first) - 1];
      const there = letter !== undefined && !marked.has(letter);
      switch (name.toUpperCase()) {
        case 'CAPA':
          return many('+OK', [...this.capabilities, ...(this.hasUidl ? ['UIDL'] : []), ...(this.hasTop ? ['TOP'] : [])]);
        case 'USER':
          return say('+OK\r\n');
        case 'PASS':
          return say(`${this.welcome}\r\n`);
        case 'LIST':
          return many(
            '+OK',
            letters.map(({ text, saidSize }, index) => `${index + 1} ${saidSize ?? bytesFromLatin1(text).length}`),
          );
        case 'UIDL':
          if (!this.hasUidl) return say('-ERR unknown\r\n');
          return many(
            '+OK',
            letters.map(({ uid }, index) => `${index + 1} ${uid}`),
          );
        case 'RETR':
          if (!there) return say('-ERR no such letter\r\n');
          if (letter.refusal !== undefined) return say(`${letter.refusal}\r\n`);
          if (letter.breaks === true) {
            say(`+OK\r\n${letter.text.slice(0, 5)}`);
            ended = true;
            return undefined;
          }
          return send(letter.text);
        case 'TOP':
          if (!this.hasTop || !there || second !== '0') return say('-ERR\r\n');
          return send(letter.text.slice(0, letter.text.indexOf('\r\n\r\n') + 4));
        case 'DELE':
          if (!there) return say('-ERR no such letter\r\n');
          marked.add(letter);
          return say('+OK\r\n');
        case 'QUIT':
          if (this.goodbye.startsWith('+OK')) this.letters = this.letters.filter((one) => !marked.has(one));
          say(`${this.goodbye}\r\n`);
          ended = true;
          return undefined;
        default:
          return say('-ERR\r\n');
      }
    };
    say('+OK ready\r\n');
    return {
      remote: { address: '192.0.2.110', port: 995 },
      local: { address: '192.0.2.1', port: 40_000 },
      tls,
      read: async () => {
        if (!open) throw new Unavailable('timeout', 'the connection broke', new Error('gone'));
        const octets = concatBytes(out.splice(0));
        const given = octets.subarray(0, Math.min(octets.length, room()));
        this.passed += given.length;
        if (given.length > 0) return given;
        if (ended || room() === 0) return null;
        throw new Unavailable('timeout', 'nothing arrived');
      },
      write: (data) => {
        if (!open) return;
        const text = typeof data === 'string' ? data : latin1FromBytes(data);
        // What was said before counts before what is said now.
        const waiting = out.reduce((sum, piece) => sum + piece.length, 0);
        const given = text.slice(0, Math.max(0, room() - waiting));
        this.passed += given.length;
        input += given;
        for (let end = input.indexOf('\r\n'); end >= 0 && !ended; end = input.indexOf('\r\n')) {
          const line = input.slice(0, end);
          input = input.slice(end + 2);
          this.beforeCommand(line);
          obey(line);
        }
      },
      drained: async () => {},
      startTls: async () => tls,
      close: () => void (open = false),
    };
  }
}

let next = 1000;

/** A letter that no other is equal to. */
export function foreignLetter(name: string, body = ''): string {
  return `Message-ID: <${name}@foreign.test>\r\nFrom: a@foreign.test\r\nSubject: ${name}\r\n\r\n${body === '' ? `This is ${name}.` : body}\r\n`;
}
