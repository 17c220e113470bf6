// JMAP as a whole, as the ways in (HTTP, EventSource, WebSocket) ask for it: who asks, the session, requests, changes. Knows the parts; knows no HTTP.
import type { Clock } from '../../base/clock.ts';
import type { AccountId, MailStore } from '../../store/contract.ts';
import type { Principal } from '../sasl/authenticator.ts';
import type { Blobs, Id, JmapAccount, JsonObject } from './contract.ts';
import type { Dispatcher, Who } from './dispatch.ts';
import { Gates } from './gates.ts';
import type { JmapPeople } from './people.ts';
import type { Changed, PushHub } from './push-hub.ts';
import { formatSession, jmapPaths } from './session.ts';
import { sha256Hex } from '../../base/digest.ts';
import type { Request } from './request.ts';

/** By what somebody was let in; `web-door`'s identity is one. */
export interface Entrant {
  readonly principal: Principal;
  readonly session: number | null;
  readonly via: 'cookie' | 'bearer' | 'basic';
}

export interface JmapService {
  readonly dispatcher: Dispatcher;
  readonly blobs: Blobs;
  readonly store: Pick<MailStore, 'spool' | 'uploads' | 'checkRoom'>;
  readonly hub: PushHub;
  readonly people: JmapPeople;
  readonly gates: Gates;
  readonly clock: Clock;
  /** Before the first of the following: what takes a moment. */
  prepare(): Promise<void>;
  /** `origin`: as the client sees it. */
  session(entrant: Entrant, origin: string): JsonObject;
  /** JSON text of the Response object. Rejects with nothing but the reason of `signal`. */
  answer(
    request: Request,
    entrant: Entrant,
    from: { readonly origin: string; readonly remoteAddress: string; readonly signal: AbortSignal },
    more?: JsonObject,
  ): Promise<string>;
  accountsOf(entrant: Entrant): ReadonlyMap<Id, JmapAccount>;
  /**
   * What is held open for somebody: `changed` when accounts or people have changed and the entrant is still welcome; `ended` once, when not any more
   * or when all ends. Returns the way to stop.
   */
  hold(entrant: Entrant, held: { changed(accounts: readonly JmapAccount[]): void; ended(): void }): () => void;
  close(): void;
}

export interface JmapServiceParts extends Pick<JmapService, 'dispatcher' | 'blobs' | 'store' | 'hub' | 'people' | 'clock' | 'prepare'> {
  /** RFC 9749; null when there is no key. */
  readonly applicationServerKey: () => string | null;
}

export function openJmapService(parts: JmapServiceParts): JmapService {
  const { dispatcher, people } = parts;
  const held = new Set<{ readonly look: () => void; readonly end: () => void }>();
  const stop = people.onChange(() => {
    for (const one of held) one.look();
  });

  const accountsOf = ({ principal }: Entrant): ReadonlyMap<Id, JmapAccount> => people.accountsOf(principal.account) ?? new Map();

  function session(entrant: Entrant, origin: string): JsonObject {
    const key = parts.applicationServerKey();
    const others: JsonObject = {
      'urn:ietf:params:jmap:websocket': { url: `${origin.replace(/^http/, 'ws')}${jmapPaths.socket}`, supportsPush: true },
      ...(key === null ? {} : { 'urn:ietf:params:jmap:webpush-vapid': { applicationServerKey: key } }),
    };
    return formatSession({ groups: dispatcher.groups, others }, entrant.principal, accountsOf(entrant), { origin });
  }

  return {
    ...parts,
    gates: new Gates(),
    session,
    accountsOf,
    answer: (request, entrant, { origin, remoteAddress, signal }, more) => {
      const who: Who = {
        principal: entrant.principal,
        accounts: accountsOf(entrant),
        remoteAddress,
        session: entrant.session,
        inPerson: entrant.via === 'cookie',
        signal,
      };
      return dispatcher.answer(request, who, String(session(entrant, origin).state), more);
    },
    hold: (entrant, { changed, ended }) => {
      const person: AccountId = entrant.principal.account;
      const credentials = people.credentialsOf(entrant);
      const one = {
        look: () => {
          const accounts = people.isValid(person, credentials) ? people.accountsOf(person) : null;
          if (accounts === null) one.end();
          else changed([...accounts.values()]);
        },
        end: () => {
          if (held.delete(one)) ended();
        },
      };
      held.add(one);
      return () => void held.delete(one);
    },
    close: () => {
      stop();
      for (const one of held) one.end();
    },
  };
}

/** A short text for all states that a listener knows: an event id, a pushState. */
export function markOfStates(states: Changed): string {
  return sha256Hex(JSON.stringify([...states].map(([id, types]) => [id, [...types]]))).slice(0, 24);
}
