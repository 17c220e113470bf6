// Tickets that lead a browser to a provider's sign-in: one for each sign-in that the app has begun, shown to that person alone, good until it is over. The way there
// goes by us, because only an answer of ours can give the browser what it has to show when it comes back (RFC 9700 §4.7).
// Knows tickets; the route is io/http/oauth-begin.ts.
import type { Chance, Clock } from '../../base/clock.ts';
import type { AccountId } from '../../store/contract.ts';
import { base64Url, unguessableOctets } from './oauth.ts';

export const beginPath = '/oauth/begin';

export interface BegunSignIn {
  readonly owner: AccountId;
  /** The value of the cookie. */
  readonly browser: string;
  /** The provider's page. */
  readonly url: string;
}

const ticketMs = 10 * 60_000;
const ticketsMax = 1000;

export class SignInTickets {
  readonly #parts: { readonly clock: Clock; readonly chance: Chance };
  readonly #tickets = new Map<string, BegunSignIn & { readonly until: number }>();

  constructor(parts: { readonly clock: Clock; readonly chance: Chance }) {
    this.#parts = parts;
  }

  /** What a browser will hold. */
  newBrowser(): string {
    return base64Url(this.#parts.chance.bytes(unguessableOctets));
  }

  give(begun: BegunSignIn): string {
    const now = this.#parts.clock.now();
    for (const [ticket, { until }] of this.#tickets) if (until <= now || this.#tickets.size >= ticketsMax) this.#tickets.delete(ticket);
    const ticket = base64Url(this.#parts.chance.bytes(unguessableOctets));
    this.#tickets.set(ticket, { ...begun, until: now + ticketMs });
    return ticket;
  }

  /** Without using it up: whether it is the asker's is looked at first. */
  find(ticket: string): BegunSignIn | null {
    const found = this.#tickets.get(ticket);
    return found === undefined || found.until <= this.#parts.clock.now() ? null : found;
  }

  take(ticket: string): void {
    this.#tickets.delete(ticket);
  }

  pathOf(ticket: string): string {
    return `${beginPath}?ticket=${ticket}`;
  }
}
