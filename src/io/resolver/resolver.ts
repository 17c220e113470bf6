// The stub resolver: asks the configured name servers by UDP, by TCP where UDP is not enough, and remembers answers for their TTL.
// Knows sockets and the cache; knows no mail. Our own because Node's tells neither TTL nor the AD bit, which DANE needs.
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect, isIP, isIPv6 } from 'node:net';
import { concatBytes, type Bytes } from '../../base/bytes.ts';
import type { Log } from '../../base/log.ts';
import { SyntaxTrouble, Unavailable } from '../../base/trouble.ts';
import type { Answer, RecordData, RecordType, Resolver } from '../../protocol/dns/contract.ts';
import { formatQuestion, parseMessage, typeNumbers, type Message } from '../../protocol/dns/message.ts';

export interface ResolverOptions {
  /** Addresses, with a port where it is not 53: `192.0.2.53`, `127.0.0.1:5353`, `[::1]:5353`. Empty: those of /etc/resolv.conf. */
  readonly servers: readonly string[];
  /** Whether the AD bit of these servers is believed. Default: when all of them are on this machine (RFC 4035 §4.9.3). */
  readonly trusted?: boolean;
  /** Of one try with one server, milliseconds. */
  readonly timeoutMs?: number;
  readonly log: Log;
}

interface Server {
  readonly address: string;
  readonly port: number;
}

const tries = 2;
const cacheMax = 10_000;
/** RFC 2308 §5: negative answers are kept for the SOA's minimum, at most five minutes; positive ones at most a day. */
const negativeTtlMax = 300;
const positiveTtlMax = 86_400;
const cnameMax = 8;
const responseNames: Readonly<Record<number, string>> = { 1: 'FORMERR', 2: 'SERVFAIL', 4: 'NOTIMP', 5: 'REFUSED' };

export function openResolver(options: ResolverOptions): Resolver {
  const servers = options.servers.length > 0 ? options.servers.map(parseServer) : systemServers();
  const trusted = options.trusted ?? servers.every(({ address }) => address === '::1' || address.startsWith('127.'));
  const timeoutMs = options.timeoutMs ?? 2500;
  const cache = new Map<string, { readonly until: number; readonly answer: Answer<RecordType> }>();
  const asking = new Map<string, Promise<Answer<RecordType>>>();

  async function ask(name: string, type: RecordType): Promise<Answer<RecordType>> {
    let reason = 'no name server is configured';
    for (let round = 0; round < tries; round++)
      for (const server of servers) {
        try {
          const message = await exchange(server, name, type, timeoutMs);
          if (message.responseCode === 0 || message.responseCode === 3) return toAnswer(message, name, type, trusted);
          reason = `${server.address} answered ${responseNames[message.responseCode] ?? `code ${message.responseCode}`}`;
        } catch (cause) {
          if (cause instanceof Unavailable) throw cause;
          reason = `${server.address}: ${(cause as Error).message}`;
        }
      }
    options.log.info('DNS gave no answer', { name, type, reason });
    throw new Unavailable('dns', `cannot look up ${type} of ${name}: ${reason}`);
  }

  return {
    resolve<T extends RecordType>(name: string, type: T): Promise<Answer<T>> {
      const key = `${type} ${name.toLowerCase()}`;
      const kept = cache.get(key);
      if (kept && kept.until > performance.now()) return Promise.resolve(kept.answer as Answer<T>);
      let running = asking.get(key);
      if (!running) {
        running = ask(name.toLowerCase(), type)
          .then((answer) => {
            if (cache.size >= cacheMax) cache.delete(cache.keys().next().value!);
            cache.delete(key);
            cache.set(key, { until: performance.now() + answer.ttl * 1000, answer });
            return answer;
          })
          .finally(() => asking.delete(key));
        asking.set(key, running);
      }
      return running as Promise<Answer<T>>;
    },
  };
}

function toAnswer(message: Message, name: string, type: RecordType, trusted: boolean): Answer<RecordType> {
  const authentic = trusted && message.authentic;
  // RFC 1034 §4.3.2: CNAMEs stand in front of what they lead to.
  let owner = name;
  let ttl = positiveTtlMax;
  for (let hops = 0; type !== 'CNAME'; hops++) {
    const alias = message.answers.find((record) => record.type === 'CNAME' && record.name.toLowerCase() === owner);
    if (!alias) break;
    if (hops >= cnameMax) throw new Unavailable('dns', `${name} leads through more than ${cnameMax} aliases`);
    owner = (alias.data as RecordData['CNAME']).target.toLowerCase();
    ttl = Math.min(ttl, alias.ttl);
  }
  const records = message.answers.filter((record) => record.type === type && record.name.toLowerCase() === owner);
  if (records.length > 0)
    return {
      kind: 'found',
      records: records.map((record) => record.data),
      authentic,
      ttl: records.reduce((least, record) => Math.min(least, record.ttl), ttl),
    };
  const soa = message.authorities.find((record) => record.type === 'SOA');
  const negativeTtl = soa ? Math.min(soa.ttl, (soa.data as RecordData['SOA']).minimum, negativeTtlMax) : 30;
  return { kind: 'none', reason: message.responseCode === 3 ? 'nxdomain' : 'nodata', authentic, ttl: negativeTtl };
}

/** One question to one server. @throws Error (silence, refused, nonsense). */
async function exchange(server: Server, name: string, type: RecordType, timeoutMs: number): Promise<Message> {
  const id = randomInt(65_536);
  const asked = mixCase(name);
  let question: Bytes;
  try {
    question = formatQuestion({ id, name: asked, type });
  } catch (trouble) {
    if (trouble instanceof SyntaxTrouble) throw new Unavailable('dns', trouble.message, trouble);
    throw trouble;
  }
  const fits = (message: Message) =>
    message.isResponse &&
    message.id === id &&
    message.question?.type === typeNumbers[type] &&
    message.question.name === (asked.endsWith('.') ? asked.slice(0, -1) : asked);
  const message = await byUdp(server, question, fits, timeoutMs);
  return message.truncated ? byTcp(server, question, fits, timeoutMs) : message;
}

/** draft-vixie-dnsext-dns0x20: letters in random case come back as they were asked, which a forger has to guess. */
function mixCase(name: string): string {
  let bits = 0;
  let left = 0;
  return name.replace(/[a-z]/g, (letter) => {
    if (left === 0) [bits, left] = [randomInt(2 ** 30), 30];
    const upper = (bits & 1) === 1;
    bits >>= 1;
    left--;
    return upper ? letter.toUpperCase() : letter;
  });
}

function byUdp(server: Server, question: Bytes, fits: (message: Message) => boolean, timeoutMs: number): Promise<Message> {
  return new Promise((resolve, reject) => {
    // A socket of its own for each question: the port is one more thing to guess.
    const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
    let hasEnded = false;
    // A refusal may be told twice, as an answer and as an error of the socket, and a socket that is closed throws.
    const end = (settle: () => void) => {
      if (hasEnded) return;
      hasEnded = true;
      clearTimeout(timer);
      socket.close();
      settle();
    };
    const timer = setTimeout(() => end(() => reject(new Error('no answer in time'))), timeoutMs);
    socket.on('error', (error) => end(() => reject(error)));
    socket.on('message', (bytes) => {
      let message: Message;
      try {
        message = parseMessage(bytes);
      } catch {
        return; // Nonsense may be a forger's: the true answer may still come.
      }
      if (fits(message)) end(() => resolve(message));
    });
    const connected = (error?: Error): void => {
      if (error) end(() => reject(error));
      else if (!hasEnded) socket.send(question);
    };
    socket.connect(server.port, server.address, connected);
  });
}

/** RFC 7766: two octets of length before each message. */
function byTcp(server: Server, question: Bytes, fits: (message: Message) => boolean, timeoutMs: number): Promise<Message> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, server.address);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      socket.destroy();
      settle();
    };
    const timer = setTimeout(() => end(() => reject(new Error('no answer by TCP in time'))), timeoutMs * 2);
    let held: Bytes[] = [];
    socket.on('error', (error) => end(() => reject(error)));
    socket.on('close', () => end(() => reject(new Error('the server closed'))));
    socket.on('data', (chunk: Bytes) => {
      held.push(chunk);
      const all = concatBytes(held);
      held = [all];
      if (all.length < 2) return;
      const length = (all[0]! << 8) | all[1]!;
      if (all.length < 2 + length) return;
      try {
        const message = parseMessage(all.subarray(2, 2 + length));
        if (!fits(message)) throw new SyntaxTrouble('an answer to something else');
        end(() => resolve(message));
      } catch (trouble) {
        end(() => reject(trouble as Error));
      }
    });
    socket.write(concatBytes([new Uint8Array([question.length >> 8, question.length & 255]), question]));
  });
}

function parseServer(text: string): Server {
  if (isIP(text)) return { address: text, port: 53 };
  const match = /^\[?([0-9a-fA-F.:]+?)\]?:(\d{1,5})$/.exec(text);
  if (!match || !isIP(match[1]!)) throw new Error(`not a name server address: ${text}`);
  return { address: match[1]!, port: Number(match[2]) };
}

function systemServers(): Server[] {
  let text = '';
  try {
    text = readFileSync('/etc/resolv.conf', 'utf8');
  } catch {
    // No file: as resolv.conf(5) says, the server on this machine.
  }
  const found = [...text.matchAll(/^nameserver\s+(\S+)/gm)]
    .map(([, address = '']) => address.replace(/%.*$/, ''))
    .filter((address) => isIP(address));
  return (found.length > 0 ? found.slice(0, 3) : ['127.0.0.1']).map((address) => ({ address, port: 53 }));
}
