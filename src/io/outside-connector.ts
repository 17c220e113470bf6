// Connections to servers of other providers: asks whether we may go there, tries address by address, and demands TLS by the book.
// Knows sockets and TLS; knows no mail protocol. What stands in the way is named as a cause (journey/outside/causes.ts).
import { connect, type Socket } from 'node:net';
import type { Bytes } from '../base/bytes.ts';
import { Unavailable } from '../base/trouble.ts';
import type { OutsideConnector, OutsideGuard } from '../journey/outside/contract.ts';
import { CauseTrouble, type Cause } from '../journey/outside/causes.ts';
import { codeOf, outsideDemand, reachFault, sealFault, SealTrouble, wordsOf } from '../journey/outside/tls-trouble.ts';
import type { LineConnection, PeerTls, TlsDemand } from '../protocol/line/connection.ts';
import type { OutsideServer } from '../store/outside-contract.ts';
import { PeerConnection } from './line-connector.ts';
import { outsideContexts } from './tls/outside-context.ts';
import { diagnose } from './tls/diagnose.ts';

export interface OutsideConnectorOptions {
  readonly guard: OutsideGuard;
  /** Our address for connections out, or null for the system's choice. */
  readonly localAddress?: string | null;
  /** PEM of further authorities to believe: a company's own, and those of tests. */
  readonly authorities?: readonly string[];
}

type Target = Pick<OutsideServer, 'host' | 'port' | 'security' | 'exceptions'>;

/** RFC 8305 §5: the next address is tried when the one before has not answered so soon. */
const nextAddressAfter = 250;

export function openOutsideConnector({ guard, localAddress = null, authorities = [] }: OutsideConnectorOptions): OutsideConnector {
  const contexts = outsideContexts(authorities);
  return {
    async connect(server, patience) {
      const until = performance.now() + patience;
      const left = () => Math.max(1, until - performance.now());
      let addresses = await addressesWithin(guard, server.host, left());
      for (;;) {
        const { socket, address } = await firstSocket(addresses, server, localAddress, left());
        const connection = new OutsideConnection(new PeerConnection(socket, () => contexts(server.exceptions)), server);
        if (server.security !== 'tls') return connection;
        try {
          await connection.startTls(outsideDemand(server.host), left());
          return connection;
        } catch (trouble) {
          // A way that swallows the handshake (a broken tunnel of one address family) is no verdict about the server.
          addresses = addresses.filter((other) => other !== address);
          const { why } = trouble as CauseTrouble;
          if (addresses.length > 0 && (why === 'connection-lost' || why === 'timeout') && left() > 1) continue;
          throw await diagnose({ ...server, address, contexts }, trouble as SealTrouble, Math.min(left() + 1000, 5000));
        }
      }
    },
  };
}

async function addressesWithin(guard: OutsideGuard, host: string, patience: number): Promise<readonly string[]> {
  let stop: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    stop = setTimeout(() => reject(new CauseTrouble('dns-unavailable', `no answer to where ${host} is`)), patience);
  });
  try {
    return await Promise.race([guard.addressesOf(host), late]);
  } catch (trouble) {
    if (trouble instanceof Unavailable && trouble.code === 'dns')
      throw new CauseTrouble('dns-unavailable', `cannot find out where ${host} is`, trouble.message, trouble);
    throw trouble;
  } finally {
    clearTimeout(stop);
  }
}

/** Of several failures the one that says most is told. */
const telling: readonly Cause[] = ['refused', 'connection-lost', 'timeout', 'unreachable'];

/** The first address that answers, each begun a little after the one before (RFC 8305 §5). @throws CauseTrouble when none does. */
function firstSocket(
  addresses: readonly string[],
  { host, port }: Target,
  localAddress: string | null,
  patience: number,
): Promise<{ readonly socket: Socket; readonly address: string }> {
  return new Promise((resolve, reject) => {
    const open = new Set<Socket>();
    const troubles: CauseTrouble[] = [];
    let next = 0;
    let nextTimer: NodeJS.Timeout | undefined;
    const end = () => {
      clearTimeout(nextTimer);
      clearTimeout(lastTimer);
      for (const socket of open) socket.destroy();
      open.clear();
    };
    const failed = (cause: Cause, address: string, error: Error | null) => {
      const words = error?.message ?? `no answer in ${Math.round(patience / 1000)} s`;
      troubles.push(new CauseTrouble(cause, `cannot connect to ${host} (${address}) port ${port}: ${words}`, words, error ?? undefined));
      if (next < addresses.length) return begin();
      if (open.size > 0) return;
      end();
      reject(telling.map((cause) => troubles.find(({ why }) => why === cause)).find((trouble) => trouble !== undefined));
    };
    const begin = () => {
      clearTimeout(nextTimer);
      const address = addresses[next++];
      if (address === undefined) return;
      const socket = connect({ host: address, port, noDelay: true, keepAlive: true, ...(localAddress === null ? {} : { localAddress }) });
      open.add(socket);
      socket.once('connect', () => {
        open.delete(socket);
        end();
        resolve({ socket, address });
      });
      socket.on('error', (error) => {
        if (!open.delete(socket)) return;
        failed(reachFault(codeOf(error)), address, error);
      });
      if (next < addresses.length) nextTimer = setTimeout(begin, nextAddressAfter);
    };
    const lastTimer = setTimeout(() => {
      end();
      next = addresses.length;
      failed('timeout', addresses[0]!, null);
    }, patience);
    begin();
  });
}

/** A connection whose handshake fails with a cause. */
class OutsideConnection implements LineConnection {
  readonly #inner: PeerConnection;
  readonly #server: Target;
  constructor(inner: PeerConnection, server: Target) {
    this.#inner = inner;
    this.#server = server;
  }
  get remote() {
    return this.#inner.remote;
  }
  get local() {
    return this.#inner.local;
  }
  get tls(): PeerTls | null {
    return this.#inner.tls;
  }
  read(patience: number): Promise<Bytes | null> {
    return this.#inner.read(patience);
  }
  write(data: string | Bytes): void {
    this.#inner.write(data);
  }
  drained(patience: number): Promise<void> {
    return this.#inner.drained(patience);
  }
  /** What is demanded of a provider's server is never less than this, whatever the caller asks. */
  async startTls(_demand: TlsDemand, patience: number): Promise<PeerTls> {
    try {
      return await this.#inner.startTls(outsideDemand(this.#server.host), patience);
    } catch (trouble) {
      throw asSealTrouble(trouble, this.#server);
    }
  }
  close(): void {
    this.#inner.close();
  }
}

function asSealTrouble(trouble: unknown, { host, port }: Target): unknown {
  if (!(trouble instanceof Unavailable)) return trouble;
  const words = wordsOf(trouble);
  const code = codeOf(trouble);
  const { cause, needs } = sealFault(code, words);
  return new SealTrouble(cause, `${host} port ${port}: ${trouble.message}`, code === '' ? words : `${words} (${code})`, needs, trouble);
}
