// The client's side of signing in with an OAuth 2 access token: OAUTHBEARER (RFC 7628) and XOAUTH2, what Google and Microsoft had before it.
// Knows the messages; knows neither where a token comes from nor a protocol's frame.
import { bytesFromUtf8, noBytes, utf8FromBytes, type Bytes } from '../../base/bytes.ts';

export type OAuthMechanism = 'OAUTHBEARER' | 'XOAUTH2';

export interface OAuthCredentials {
  readonly login: string;
  /** Access token: RFC 6750 §2.1 (b64token). */
  readonly token: string;
  readonly host: string;
  readonly port: number;
}

export interface OAuthExchange {
  readonly mechanism: OAuthMechanism;
  initial(): Bytes;
  /** The only challenge there is tells why the token is not taken; the answer to it lets the server say no (RFC 7628 §3.2.3). */
  respond(challenge: Bytes): Promise<Bytes>;
  readonly complete: true;
  /** What the server said of the token; null as long as it said nothing. */
  readonly fault: OAuthFault | null;
}

/** RFC 7628 §3.2.2. XOAUTH2 has the same members, with an HTTP status for `status`. */
export interface OAuthFault {
  readonly status: string;
  readonly scope: string;
}

/** The standard one first; null when neither is offered. */
export function chooseOAuth(offered: readonly string[], credentials: OAuthCredentials): OAuthExchange | null {
  const has = new Set(offered.map((name) => name.toUpperCase()));
  const mechanism = (['OAUTHBEARER', 'XOAUTH2'] as const).find((name) => has.has(name));
  return mechanism === undefined ? null : oauthClient(mechanism, credentials);
}

export function oauthClient(mechanism: OAuthMechanism, credentials: OAuthCredentials): OAuthExchange {
  const first = bytesFromUtf8(mechanism === 'XOAUTH2' ? formatXOAuth2(credentials) : formatOAuthBearer(credentials));
  let fault: OAuthFault | null = null;
  return {
    mechanism,
    initial: () => first,
    async respond(challenge) {
      fault = parseOAuthFault(challenge);
      // RFC 7628 §3.2.3: a lone %x01; XOAUTH2 wants an empty response.
      return mechanism === 'XOAUTH2' ? noBytes() : bytesFromUtf8('\x01');
    },
    complete: true,
    get fault() {
      return fault;
    },
  };
}

/** RFC 7628 §3.1. @throws RangeError for a login or token that would break out of its field. */
export function formatOAuthBearer({ login, token, host, port }: OAuthCredentials): string {
  const name = plain(login).replaceAll('=', '=3D').replaceAll(',', '=2C');
  return `n,a=${name},\x01host=${plain(host)}\x01port=${port}\x01auth=Bearer ${plain(token)}\x01\x01`;
}

/** @throws RangeError as `formatOAuthBearer`. */
export function formatXOAuth2({ login, token }: Pick<OAuthCredentials, 'login' | 'token'>): string {
  return `user=${plain(login)}\x01auth=Bearer ${plain(token)}\x01\x01`;
}

function plain(text: string): string {
  if (/[\x00-\x1f\x7f]/.test(text)) throw new RangeError('a control character in what one signs in with');
  return text;
}

/** What a challenge says; everything empty when it is no JSON. At most 4 KiB are read. */
export function parseOAuthFault(challenge: Bytes): OAuthFault {
  let found: unknown = null;
  try {
    found = JSON.parse(utf8FromBytes(challenge.subarray(0, 4096)));
  } catch {
    // A server that explains itself badly has still said no.
  }
  const member = (name: string): string => {
    const value: unknown = typeof found === 'object' && found !== null ? Object.getOwnPropertyDescriptor(found, name)?.value : '';
    return typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 200) : '';
  };
  return { status: member('status'), scope: member('scope') };
}
