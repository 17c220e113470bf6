// Where a letter for another domain has to go. Knows the answer's shape; route.ts finds it.

/** One server that takes letters for a domain. */
export interface RouteHost {
  /** Its name, or the address itself for an address literal. */
  readonly name: string;
  readonly port: number;
  /** IPv6 and IPv4 addresses in the order in which they are tried. */
  readonly addresses: readonly string[];
  /** TLS from the first octet (a smarthost on 465). */
  readonly implicitTls: boolean;
  /** A smarthost asks who we are; its secret is looked up by whoever connects. */
  readonly login: { readonly name: string; readonly password: string; readonly kind?: 'password' | 'oauth2' } | null;
  /** `opportunistic` as RFC 7435; `verified`: only TLS with a proven certificate. */
  readonly security: 'opportunistic' | 'verified';
}

export type Route =
  | {
      readonly kind: 'hosts';
      readonly hosts: readonly RouteHost[];
      /** For the journey: what the DNS said. */ readonly mx: readonly string[];
      readonly authentic: boolean;
      /** The address of the account whose provider carries the letter: the DNS was not asked. */
      readonly via?: string;
    }
  /** The domain takes no letters, and never will: RFC 3463 code and words for the report. */
  | { readonly kind: 'never'; readonly status: string; readonly words: string };

export interface Router {
  /** @throws Unavailable `dns`: try again later. */
  route(domain: string): Promise<Route>;
}
