// Asking web servers of others: discovery, OAuth. Knows shapes; `io/http/web-client.ts` goes out.
import type { Bytes } from '../../base/bytes.ts';

export interface WebRequest {
  readonly method: 'GET' | 'POST';
  /** `https:`, or `http:` where `plain` of the bounds allows it. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Bytes;
}

export interface WebBounds {
  /** Of the body, decoded. More is trouble, never a part. */
  readonly octets: number;
  /** Milliseconds for the whole answer, redirects included. */
  readonly patience: number;
  /** How many redirects are followed; only https to https, and each target is checked like the first. */
  readonly redirects: number;
  /** Also in the clear; nothing read that way is more than a hint. */
  readonly plain?: boolean;
  readonly signal?: AbortSignal;
}

export interface WebAnswer {
  readonly status: number;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Bytes;
}

export interface WebClient {
  /**
   * Never sends cookies, never follows to a private address unless private ones are allowed, verifies TLS, reads no Brotli.
   * @throws Unavailable, of journey/outside a CauseTrouble that names what stood in the way; Refusal `too-big`.
   */
  fetch(request: WebRequest, bounds: WebBounds): Promise<WebAnswer>;
}
