// A server that says what a script tells it: the odd receivers of the net. Written from RFC 5321, without our own session.
import { createServer, type Socket } from 'node:net';

/** What is said instead of the usual reply. `null` is silence; `close` cuts the connection; `reset` cuts it hard. */
export type Said = string | null | { readonly last: 'close' | 'reset'; readonly say?: string };

export interface PeerScript {
  readonly greeting?: Said;
  readonly ehlo?: Said;
  readonly helo?: Said;
  /** The whole exchange is one line and one answer. */
  readonly auth?: Said;
  readonly mail?: Said;
  /** By recipient address, or for all. */
  readonly rcpt?: Said | ((address: string, number: number) => Said);
  readonly data?: Said;
  /** After the final dot. */
  readonly end?: Said;
  readonly starttls?: Said;
}

export interface Peer {
  readonly port: number;
  script: PeerScript;
  /** Letters taken with 250, as they came (dots unstuffed). */
  readonly letters: { readonly from: string; readonly to: readonly string[]; readonly octets: string }[];
  /** Every command line. */
  readonly heard: string[];
  readonly connections: number;
  close(): Promise<void>;
}

export async function openPeer(script: PeerScript = {}, address = '127.0.0.1'): Promise<Peer> {
  const state = { script, connections: 0 };
  const letters: Peer['letters'] = [];
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    state.connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let input = '';
    let from = '';
    let to: string[] = [];
    let asked = 0;
    let inData = false;
    let hasSender = false;
    const say = (said: Said | undefined, usual: string): boolean => {
      const words = said === undefined ? usual : said;
      if (words === null) return false;
      if (typeof words === 'string') {
        socket.write(words.endsWith('\n') ? words : `${words}\r\n`);
        return /^[23]/.test(words);
      }
      if (words.say !== undefined) socket.write(`${words.say}\r\n`);
      if (words.last === 'reset') socket.resetAndDestroy();
      else socket.end();
      return false;
    };
    say(state.script.greeting, '220 peer.test ESMTP');
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      input += chunk;
      for (;;) {
        if (inData) {
          const end = input.startsWith('.\r\n') ? 0 : input.indexOf('\r\n.\r\n') + 2;
          if (end === 1) return;
          const octets = input.slice(0, end).replace(/^\.\./gm, '.');
          input = input.slice(end + 3);
          inData = false;
          if (say(state.script.end, '250 2.0.0 taken')) letters.push({ from, to, octets });
          continue;
        }
        const end = input.indexOf('\r\n');
        if (end < 0) return;
        const line = input.slice(0, end);
        input = input.slice(end + 2);
        heard.push(line);
        const verb = line.split(/[ :]/)[0]!.toUpperCase();
        if (verb === 'EHLO') say(state.script.ehlo, '250-peer.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES');
        else if (verb === 'AUTH') say(state.script.auth, '235 2.7.0 signed in');
        else if (verb === 'HELO') say(state.script.helo, '250 peer.test');
        else if (verb === 'STARTTLS') say(state.script.starttls, '454 4.7.0 no TLS now');
        else if (verb === 'MAIL') {
          from = /<(.*?)>/.exec(line)?.[1] ?? '';
          to = [];
          asked = 0;
          hasSender = say(state.script.mail, '250 2.1.0 ok');
        } else if (verb === 'RCPT') {
          const recipient = /<(.*?)>/.exec(line)?.[1] ?? '';
          const { rcpt } = state.script;
          if (!hasSender) say(undefined, '503 5.5.1 no sender');
          else if (say(typeof rcpt === 'function' ? rcpt(recipient, asked++) : rcpt, '250 2.1.5 ok')) to = [...to, recipient];
        } else if (verb === 'DATA') {
          if (to.length === 0) say(undefined, '503 5.5.1 no recipients');
          else inData = say(state.script.data, '354 go on');
        } else if (verb === 'RSET') say(undefined, '250 2.0.0 ok');
        else if (verb === 'QUIT') say({ last: 'close', say: '221 2.0.0 bye' }, '');
        else say(undefined, '502 5.5.2 unknown');
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, address, done));
  const { port } = server.address() as { port: number };
  return {
    port,
    get script() {
      return state.script;
    },
    set script(next) {
      state.script = next;
    },
    letters,
    heard,
    get connections() {
      return state.connections;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
