// One road to one domain: asks where it leads, walks its hosts in order, hands letters over, keeps the connection for the next.
// Knows routes and the SMTP client; what an answer means is outcome.ts; when to try again is the queue's matter.
import type { Chance, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Meter } from '../../base/meter.ts';
import { Unavailable } from '../../base/trouble.ts';
import type { LineConnection, LineConnector, TlsDemand } from '../../protocol/line/connection.ts';
import type { ClientParts, HostOutcome, OutgoingLetter, PeerFailure, SmtpClient } from '../../protocol/smtp/client-contract.ts';
import type { QueueRecipient } from '../../store/queue-contract.ts';
import type { TraceEvent } from '../../store/trace-contract.ts';
import type { RouteHost, Router } from '../routing/contract.ts';
import type { Consignment, Lane, LaneOutcome, OpenLane, Result } from './contract.ts';
import { judgeFailure, judgeRecipient, type Failure } from './outcome.ts';
import { CauseTrouble, causeSides } from '../outside/causes.ts';
import type { AccountId } from '../../store/contract.ts';

export interface LaneParts {
  readonly router: Router;
  readonly connector: LineConnector;
  /** What a failure means, where it is not as for any host. */
  readonly judge?: (failure: PeerFailure) => Failure;
  /** The host has taken a letter for one recipient at least. */
  readonly taken?: () => void;
  readonly openClient: (connection: LineConnection, parts: ClientParts) => SmtpClient;
  readonly hostName: string;
  readonly chance: Chance;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  readonly patience?: ClientParts['patience'];
}

const connectPatienceMs = 30_000;
/** Transactions for one letter on one connection: a peer that takes one recipient at a time still ends. */
const transactionMax = 1000;

type Pending = Map<number, QueueRecipient>;

interface Open {
  readonly host: RouteHost;
  readonly address: string;
  readonly client: SmtpClient;
  readonly ready: Extract<HostOutcome, { ready: true }>;
}

export interface DeliveryParts extends LaneParts {
  /** The parts for the one server of an account at another provider; without it nothing goes that way. */
  readonly provider?: (via: AccountId) => Pick<LaneParts, 'router' | 'connector' | 'judge' | 'taken'>;
}

export function openLanes({ provider, ...parts }: DeliveryParts): OpenLane {
  return (domain, via) => new SmtpLane(via === null ? parts : { ...parts, ...(provider?.(via) ?? noProvider) }, domain);
}

const noProvider: Pick<LaneParts, 'router'> = {
  router: { route: async () => ({ kind: 'never', status: '5.3.5', words: 'this server sends nothing through other providers' }) },
};

class SmtpLane implements Lane {
  readonly #parts: LaneParts;
  readonly #domain: string;
  #open: Open | null = null;

  constructor(parts: LaneParts, domain: string) {
    this.#parts = parts;
    this.#domain = domain;
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.client.end();
  }

  async deliver(consignment: Consignment): Promise<LaneOutcome> {
    const work: Work = {
      consignment,
      pending: new Map(consignment.rows.map((row) => [row.id, row])),
      results: new Map(),
      events: [],
      failures: [],
      reached: false,
    };
    try {
      await this.#walk(work);
    } catch (trouble) {
      // DNS has no answer: nothing is known about the domain, so nothing is decided.
      const words = trouble instanceof Error ? trouble.message : String(trouble);
      if (!(trouble instanceof Unavailable))
        this.#parts.log.error('delivery failed', { letter: consignment.letter, domain: this.#domain }, trouble);
      const why = whyOf(trouble);
      // RFC 3463: X.4.3 the directory gave no answer; X.7.0 who we are could not be shown.
      const status = why.cause === undefined ? '4.4.3' : '4.7.0';
      for (const id of work.pending.keys()) work.results.set(id, { kind: 'later', host: null, status, words, ...why });
      this.#note(work, 'routing', 'later', null, { domain: this.#domain, reply: words, ...(why.cause && { cause: why.cause }) });
      // What a person has to mend says nothing about the host.
      return { results: work.results, events: work.events, unreachable: !work.reached && why.cause === undefined };
    }
    this.#settleRest(work);
    return { results: work.results, events: work.events, unreachable: !work.reached };
  }

  async #walk(work: Work): Promise<void> {
    // A connection that still stands is the best of all routes.
    if (this.#open) {
      const stale = this.#open;
      await this.#hand(work, stale);
      if (work.pending.size === 0) return;
      await this.close();
      // The peer may have closed an idle connection: that is no verdict about the letter.
      work.failures.length = 0;
    }
    const route = await this.#parts.router.route(this.#domain);
    if (route.kind === 'never') {
      for (const id of work.pending.keys()) work.results.set(id, { kind: 'never', host: null, status: route.status, words: route.words });
      work.pending.clear();
      work.reached = true;
      this.#note(work, 'routing', 'failed', null, { domain: this.#domain, reply: route.words });
      return;
    }
    const found =
      route.via === undefined
        ? { domain: this.#domain, mx: route.mx.join(', '), dnssec: route.authentic ? 'yes' : 'no' }
        : { via: route.via, peer: route.mx.join(', ') };
    this.#note(work, 'routing', 'done', null, found);
    for (const host of route.hosts)
      for (const address of host.addresses) {
        const open = await this.#connect(work, host, address);
        if (open === null) continue;
        await this.#hand(work, open);
        if (work.pending.size === 0) return;
        await this.close();
      }
  }

  async #connect(work: Work, host: RouteHost, address: string): Promise<Open | null> {
    const demand: TlsDemand = {
      use: host.implicitTls || host.security === 'verified' ? 'always' : 'if-offered',
      serverName: host.name,
      verify: host.security === 'verified' ? 'certificate' : 'no',
    };
    const first = await this.#greet(work, host, address, demand);
    // RFC 7435: where TLS is only wished for, a handshake that fails must not keep the letter: once more without it.
    if (first === 'tls-failed' && demand.use === 'if-offered') {
      this.#parts.log.info('TLS failed, trying in the clear', { host: host.name, address });
      const second = await this.#greet(work, host, address, { ...demand, use: 'never' });
      return second === 'tls-failed' ? null : second;
    }
    return first === 'tls-failed' ? null : first;
  }

  async #greet(work: Work, host: RouteHost, address: string, demand: TlsDemand): Promise<Open | null | 'tls-failed'> {
    const { connector, openClient, hostName, chance, patience } = this.#parts;
    let client: SmtpClient;
    try {
      const connection = await connector.connect(
        { address, port: host.port, tls: host.implicitTls ? 'implicit' : 'later', demand },
        connectPatienceMs,
      );
      client = openClient(connection, {
        hostName,
        demand,
        login: host.login,
        chance,
        protocol: 'smtp',
        ...(patience ? { patience } : {}),
      });
    } catch (trouble) {
      this.#failed(work, host, address, {
        kind: 'later',
        reach: 'host',
        status: '4.4.1',
        words: trouble instanceof Error ? trouble.message : String(trouble),
        ...whyOf(trouble),
      });
      return null;
    }
    const ready = await client.begin();
    if (ready.ready) {
      work.reached = true;
      this.#open = { host, address, client, ready };
      return this.#open;
    }
    await client.end();
    if (ready.failure.kind === 'tls' && demand.use === 'if-offered') return 'tls-failed';
    if (ready.failure.kind === 'reply') work.reached = true;
    this.#failed(work, host, address, this.#judge(ready.failure));
    return null;
  }

  #failed(work: Work, host: RouteHost, address: string, failure: Failure): void {
    work.failures.push({ host: host.name, failure });
    this.#note(work, 'delivery', failure.kind === 'never' ? 'failed' : 'later', null, {
      peer: host.name,
      peerAddress: address,
      reply: failure.words,
      ...(failure.cause && { cause: failure.cause }),
    });
  }

  #judge(failure: PeerFailure): Failure {
    return (this.#parts.judge ?? judgeFailure)(failure);
  }

  /** Hands the letter to one host, in as many transactions as it needs. What the host leaves undecided stays pending. */
  async #hand(work: Work, open: Open): Promise<void> {
    const { consignment, pending } = work;
    let lastHostFailure: Failure | null = null;
    for (let transaction = 0; pending.size > 0 && transaction < transactionMax; transaction++) {
      const rows = [...pending.values()];
      const first = rows[0]!;
      const letter: OutgoingLetter = {
        reversePath: first.reversePath,
        recipients: rows.map((row) => ({ address: row.recipient, notify: row.notify, originalRecipient: row.originalRecipient })),
        octets: consignment.octets,
        bodyType: first.bodyType,
        smtpUtf8: first.smtpUtf8,
        envelopeId: first.envelopeId,
        returns: first.returns,
        mayFinish: consignment.mayFinish,
      };
      const outcome = await open.client.send(letter);
      let decided = 0;
      rows.forEach((row, at) => {
        const told = outcome.recipients[at]!;
        const verdict = judgeRecipient(told, (failure) => this.#judge(failure));
        if (verdict === null) return;
        if (verdict.kind !== 'delivered' && verdict.reach === 'host') {
          lastHostFailure = verdict;
          return;
        }
        decided++;
        work.reached = true;
        pending.delete(row.id);
        const host = open.host.name;
        work.results.set(
          row.id,
          verdict.kind === 'delivered'
            ? { kind: 'delivered', host, words: verdict.words, dsnPassedOn: told.outcome === 'taken' && told.dsnPassedOn }
            : resultOf(verdict, host),
        );
        if (verdict.kind === 'delivered') this.#parts.taken?.();
        this.#note(work, 'delivery', verdict.kind === 'delivered' ? 'done' : verdict.kind === 'later' ? 'later' : 'failed', row.recipient, {
          ...this.#proof(open, verdict.words),
          ...('cause' in verdict && verdict.cause && { cause: verdict.cause }),
        });
        this.#parts.meter.count('tayori_deliveries_total', { result: verdict.kind });
      });
      if (!outcome.usable) {
        await this.close();
        if (outcome.unknown) {
          // The peer may have it: no other host is asked, the same one later (RFC 1047).
          for (const row of pending.values())
            work.results.set(row.id, {
              kind: 'later',
              host: open.host.name,
              status: '4.4.2',
              words: (lastHostFailure as Failure | null)?.words ?? 'no answer to the letter',
            });
          pending.clear();
        }
        break;
      }
      if (decided === 0) break;
    }
    if (lastHostFailure && pending.size > 0) this.#failed(work, open.host, open.address, lastHostFailure);
  }

  #proof(open: Open, reply: string): TraceEvent['facts'] {
    const { tls } = open.ready;
    return {
      peer: open.ready.name === '' ? open.host.name : open.ready.name,
      peerAddress: open.address,
      reply,
      tls: tls === null ? 'none' : `${tls.version} ${tls.cipher}`,
      tlsVerified: tls === null || tls.verified === 'no' ? 'no' : tls.verified === 'dane' ? 'dane' : 'yes',
    };
  }

  /** Every host was asked. Only when all of them said never is it never. */
  #settleRest(work: Work): void {
    if (work.pending.size === 0) return;
    const { failures } = work;
    const later = failures.findLast(({ failure }) => failure.kind === 'later');
    const last = later ?? failures.at(-1);
    for (const id of work.pending.keys())
      work.results.set(
        id,
        last
          ? resultOf(last.failure, last.host)
          : { kind: 'later', host: null, status: '4.4.1', words: `no mail server of ${this.#domain} could be reached` },
      );
    work.pending.clear();
  }

  #note(
    work: Work,
    station: 'routing' | 'delivery',
    result: TraceEvent['result'],
    recipient: string | null,
    facts: TraceEvent['facts'],
  ): void {
    work.events.push({ letter: work.consignment.letter, at: this.#parts.clock.now(), station, result, recipient, account: null, facts });
  }
}

function resultOf({ kind, status, words, cause, tellNow }: Failure, host: string): Result {
  return { kind, host, status, words, ...(cause && { cause }), ...(tellNow && { tellNow }) };
}

/** A person has to do something about what is on the side of the person. */
function whyOf(trouble: unknown): Pick<Failure, 'cause' | 'tellNow'> {
  return trouble instanceof CauseTrouble ? { cause: trouble.why, tellNow: causeSides[trouble.why] === 'you' } : {};
}

/** One letter on its way along the hosts. */
interface Work {
  readonly consignment: Consignment;
  readonly pending: Pending;
  readonly results: Map<number, Result>;
  readonly events: TraceEvent[];
  readonly failures: { readonly host: string; readonly failure: Failure }[];
  /** Some host has spoken to us. */
  reached: boolean;
}
