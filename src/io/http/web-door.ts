// Who is it that asks over HTTP? The cookie of a session, a bearer token, or a name and a password. Knows HTTP, origins and the words of a no;
// what a session, a token and a password are worth is journey/account's.
//
// Against requests that another site makes a browser send (reliability S-21): what comes with the cookie and is no plain reading has to say
// that it comes from a page of ours (Origin, RFC 6454 §7; where a browser leaves it out, Sec-Fetch-Site). The cookie is not sent along by
// other sites either (SameSite=Lax); no GET of ours changes anything.
import { isLoopback, isLoopbackName } from '../../base/address.ts';
import { Refusal, SyntaxTrouble, Unavailable } from '../../base/trouble.ts';
import type { WebSessions } from '../../journey/account/web-sessions.ts';
import { bytesFromBase64, utf8FromBytes } from '../../base/bytes.ts';
import type { Authenticator, LoginContext, Principal, TokenAuthenticator } from '../../protocol/sasl/authenticator.ts';
import type { WebSurroundings } from './listener.ts';

export interface WebIdentity {
  readonly principal: Principal;
  /** Of a browser; null for keys. */
  readonly session: number | null;
  readonly via: 'cookie' | 'bearer' | 'basic';
}

export interface WebDoor {
  /** Who asks; or the answer that says why nobody is let in. Never throws for what the peer did. */
  identify(request: Request, surroundings: WebSurroundings): Promise<WebIdentity | Response>;
  /** Does a page of ours ask? For what is asked without a cookie, such as a login. Null: yes. */
  refuseForeign(request: Request, surroundings: WebSurroundings): Response | null;
}

export interface WebDoorParts {
  readonly authenticator: Authenticator & TokenAuthenticator;
  readonly sessions: WebSessions;
  /** The port has TLS. */
  readonly secure: boolean;
  /** Names by which this server is asked, besides those of the loopback. */
  readonly isOurName: (name: string) => boolean;
}

/** RFC 9110 §11.4, credentials: a name of 320 and a password of 1024 characters, in base64. */
const longestCredentials = 4096;

export function openWebDoor(parts: WebDoorParts): WebDoor {
  const { authenticator, sessions, secure } = parts;

  function contextOf({ remoteAddress }: WebSurroundings): LoginContext {
    return { protocol: 'jmap', remoteAddress, tls: secure, connection: 'http' };
  }

  /** Null: all is well. */
  function refusePlace(request: Request, { remoteAddress }: WebSurroundings): Response | null {
    // Nothing secret in the clear, other than inside this computer.
    if (!secure && !isLoopback(remoteAddress)) return problem(403, 'only over https');
    // RFC 9110 §15.5.20: another name's pages are not served here, which also ends DNS rebinding.
    const { hostname } = new URL(request.url);
    if (!isLoopbackName(hostname) && !parts.isOurName(hostname.toLowerCase())) return problem(421, 'this server does not go by that name');
    return null;
  }

  async function identify(request: Request, surroundings: WebSurroundings): Promise<WebIdentity | Response> {
    const misplaced = refusePlace(request, surroundings);
    if (misplaced !== null) return misplaced;
    const header = request.headers.get('authorization');
    try {
      if (header !== null) return await byKey(header, surroundings);
    } catch (trouble) {
      return refusal(request, trouble);
    }
    const token = readCookie(request.headers.get('cookie'), cookieName(request, secure));
    const found = token === null ? null : sessions.find(token, surroundings.remoteAddress);
    if (found === null) return unauthorized(request, 'sign in first');
    if ((!isSafe(request) || isWebSocket(request)) && !isFromOurPage(request, secure)) return problem(403, 'this comes from another site');
    const { id, address, name, quota } = found.person;
    const principal: Principal = { account: id, login: address, name, quota, appPassword: null };
    return { principal, session: found.session.id, via: 'cookie' };
  }

  async function byKey(header: string, surroundings: WebSurroundings): Promise<WebIdentity> {
    const [, scheme = '', credentials = ''] = /^([A-Za-z]+) +(\S+) *$/.exec(header.slice(0, longestCredentials)) ?? [];
    switch (scheme.toLowerCase()) {
      case 'bearer':
        return { principal: await authenticator.checkToken(credentials, contextOf(surroundings)), session: null, via: 'bearer' };
      case 'basic': {
        // RFC 7617 §2: the name has no colon.
        const text = utf8FromBytes(bytesFromBase64(credentials));
        const colon = text.indexOf(':');
        if (colon < 1) throw new SyntaxTrouble('no name and password');
        const principal = await authenticator.checkPassword(text.slice(0, colon), text.slice(colon + 1), contextOf(surroundings));
        return { principal, session: null, via: 'basic' };
      }
      default:
        throw new SyntaxTrouble('Basic or Bearer is understood');
    }
  }

  return {
    identify,
    refuseForeign: (request, surroundings) =>
      refusePlace(request, surroundings) ?? (isFromOurPage(request, secure) ? null : problem(403, 'this comes from another site')),
  };
}

// --- cookies and origins --------------------------------------------------------------------------------------------

/**
 * RFC 6265bis §4.1.3.2: a cookie with the prefix can be set by this host alone, over TLS. Inside this computer, without TLS, browsers differ
 * in whether they take it; there it goes without.
 */
export function cookieName(request: Request, secure: boolean): string {
  return originOf(request, secure).startsWith('https:') ? '__Host-tayori' : 'tayori-here';
}

/** Set-Cookie for a token, or, with null, for its end. `seconds`: null for as long as the browser is open. */
export function formatCookie(request: Request, secure: boolean, token: string | null, seconds: number | null): string {
  const name = cookieName(request, secure);
  const age = token === null ? '; Max-Age=0' : seconds === null ? '' : `; Max-Age=${seconds}`;
  return `${name}=${token ?? ''}; Path=/${age}; HttpOnly; SameSite=Lax${name.startsWith('__Host-') ? '; Secure' : ''}`;
}

/** RFC 6265 §5.4. A name that stands twice is nobody's: somebody else has put one of them there. */
export function readCookie(header: string | null, name: string): string | null {
  const values = (header ?? '')
    .slice(0, 8192)
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1));
  return values.length === 1 ? values[0]! : null;
}

/** Our own origin as the browser sees it: in the clear under a loopback name only; any other name there is that of a proxy with TLS before us. */
export function originOf(request: Request, secure: boolean): string {
  const { hostname, host } = new URL(request.url);
  return `${secure || !isLoopbackName(hostname) ? 'https' : 'http'}://${host}`;
}

function isFromOurPage(request: Request, secure: boolean): boolean {
  const origin = request.headers.get('origin');
  if (origin !== null) return origin === originOf(request, secure);
  return request.headers.get('sec-fetch-site') === 'same-origin';
}

function isSafe({ method }: Request): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

function isWebSocket(request: Request): boolean {
  return request.headers.get('upgrade') !== null;
}

// --- words ----------------------------------------------------------------------------------------------------------

function refusal(request: Request, trouble: unknown): Response {
  if (trouble instanceof SyntaxTrouble) return unauthorized(request, trouble.message);
  if (trouble instanceof Refusal && trouble.code === 'no-perm') return problem(403, trouble.message);
  if (trouble instanceof Refusal && trouble.code === 'login-delayed')
    return problem(429, trouble.message, { 'retry-after': /\d+/.exec(trouble.message)?.[0] ?? '15' });
  if (trouble instanceof Refusal) return unauthorized(request, trouble.message);
  if (trouble instanceof Unavailable) return problem(503, 'busy, try again in a moment', { 'retry-after': '5' });
  throw trouble;
}

/** RFC 9110 §11.6.1. A browser would ask for a password in a window of its own, over our page: it hears nothing of Basic. */
function unauthorized(request: Request, detail: string): Response {
  const isBrowser = request.headers.has('sec-fetch-mode') || request.headers.has('sec-fetch-site');
  return problem(401, detail, {
    'www-authenticate': isBrowser ? 'Bearer realm="Tayori"' : 'Basic realm="Tayori", charset="UTF-8", Bearer',
  });
}

/** RFC 9457. */
export function problem(
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
  more: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify({ type: 'about:blank', status, detail, ...more }), {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers },
  });
}
