// Handing letters to other servers: what the queue asks of delivery. Knows the question; lane.ts answers it.
import type { Bytes } from '../../base/bytes.ts';
import type { LetterId } from '../../store/contract.ts';
import type { AccountId } from '../../store/contract.ts';
import type { QueueRecipient } from '../../store/queue-contract.ts';
import type { TraceEvent } from '../../store/trace-contract.ts';

/** All recipients of one letter in one domain. */
export interface Consignment {
  readonly letter: LetterId;
  readonly rows: readonly QueueRecipient[];
  readonly octets: Bytes;
  /** False once the lease of a row is lost: asked right before the final dot. */
  readonly mayFinish: () => Promise<boolean>;
}

export type Result =
  | {
      readonly kind: 'delivered';
      readonly host: string;
      readonly words: string;
      /** RFC 3461 §5.2.2: the peer will make the success report itself. */ readonly dsnPassedOn: boolean;
    }
  | {
      readonly kind: 'later' | 'never';
      readonly host: string | null;
      /** RFC 3463. */
      readonly status: string;
      readonly words: string;
      /** Why an account's own provider does not carry it; a name of journey/outside/causes.ts. */
      readonly cause?: string;
      /** A person has to do something: the sender hears of it at the first time, not hours later. */
      readonly tellNow?: boolean;
    };

export interface LaneOutcome {
  /** By row id; one for each row. */
  readonly results: ReadonlyMap<number, Result>;
  /** Routing and delivery, for the journey. */
  readonly events: readonly TraceEvent[];
  /** No host of the domain could be reached at all: other letters need not try now. */
  readonly unreachable: boolean;
}

/** One road to a domain: keeps its connection for the next letter. */
export interface Lane {
  /** Never rejects. */
  deliver(consignment: Consignment): Promise<LaneOutcome>;
  close(): Promise<void>;
}

/** To the servers of a domain; or to the one server of an account at another provider, whatever the domain. */
export type OpenLane = (domain: string, via: AccountId | null) => Lane;
