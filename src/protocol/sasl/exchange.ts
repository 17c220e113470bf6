// What every SASL mechanism of the server looks like (RFC 4422 §3): responses in, challenges or a principal out.
// Knows the shape; knows no mechanism, no base64 and no protocol's frame.
import type { Bytes } from '../../base/bytes.ts';
import type { Chance } from '../../base/clock.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import type { TlsFacts } from '../line/session.ts';
import type { Authenticator, LoginContext, Principal } from './authenticator.ts';

/** What an exchange is given to work with. */
export interface SaslParts {
  readonly authenticator: Authenticator;
  readonly context: LoginContext;
  /** TLS of this connection, or null in the clear. */
  readonly tls: TlsFacts | null;
  /** True where a secret may be told in the clear: loopback, tests. */
  readonly plaintextAllowed: boolean;
  readonly chance: Chance;
}

export type SaslStep =
  /** To be sent to the client, which answers with another response. May be empty. */
  | { readonly kind: 'challenge'; readonly data: Bytes }
  /** Signed in. `finalData` is to reach the client along with the good news (RFC 4422 §3.6), or null. */
  | { readonly kind: 'done'; readonly principal: Principal; readonly finalData: Bytes | null };

/** One attempt to sign in. Ends with `done` or with a thrown trouble; is not used again after either. */
export interface Exchange {
  /**
   * Takes the client's response, first of all the initial response, or null when there was none.
   * @throws SyntaxTrouble when it breaks the grammar of the mechanism; Refusal and Unavailable as `Authenticator` says.
   */
  respond(response: Bytes | null): Promise<SaslStep>;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws SyntaxTrouble when the octets are not UTF-8, as all names and passwords must be (RFC 4422 §5, item 5). */
export function textOfResponse(bytes: Bytes): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new SyntaxTrouble('the response is not valid UTF-8');
  }
}
