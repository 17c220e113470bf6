// OAuth 2 as a mail program needs it: where people are sent to sign in, what comes back, which tokens follow (RFC 6749), with PKCE by S256
// always (RFC 7636) and the advice of RFC 9700. Pure: texts in, values out. Knows providers and the grammar; asks nobody and keeps nothing.
import { base64FromBytes, bytesFromUtf8, utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import { digest } from '../../base/digest.ts';
import { Refusal } from '../../base/trouble.ts';
import { CauseTrouble } from './causes.ts';

/** A provider's own sign-in, as its documentation names it. */
export interface OAuthProvider {
  readonly name: string;
  readonly title: string;
  /** RFC 8414 §2; what an `iss` in the answer has to be (RFC 9207 §2.4). */
  readonly issuer: string;
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
  /** RFC 7009, or null where there is none. */
  readonly revocationUrl: string | null;
  readonly scopes: readonly string[];
  /**
   * Servers that its tokens are for, those below included. Missing for one that the operator entered without them: whoever names it then
   * vouches for the servers, and no app offers it by itself.
   */
  readonly hosts?: readonly string[];
  /** What this provider wants beside, so that a refresh token is given. */
  readonly extra: Readonly<Record<string, string>>;
  /** How it wants the loopback address of a program called, where not 127.0.0.1. */
  readonly loopback?: 'localhost';
}

export const oauthProviders: readonly OAuthProvider[] = [
  {
    name: 'google',
    title: 'Google',
    issuer: 'https://accounts.google.com',
    authorizationUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
    tokenUrl: 'https://oauth2.googleapis.com/token',
    revocationUrl: 'https://oauth2.googleapis.com/revoke',
    scopes: ['https://mail.google.com/'],
    hosts: ['gmail.com', 'googlemail.com'],
    extra: { access_type: 'offline', prompt: 'consent' },
  },
  {
    name: 'microsoft',
    title: 'Microsoft',
    issuer: 'https://login.microsoftonline.com/common/v2.0',
    authorizationUrl: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    tokenUrl: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    revocationUrl: null,
    scopes: [
      'https://outlook.office.com/IMAP.AccessAsUser.All',
      'https://outlook.office.com/POP.AccessAsUser.All',
      'https://outlook.office.com/SMTP.Send',
      'offline_access',
    ],
    hosts: ['office365.com', 'outlook.com'],
    extra: {},
    loopback: 'localhost',
  },
  {
    name: 'yahoo',
    title: 'Yahoo',
    issuer: 'https://api.login.yahoo.com',
    authorizationUrl: 'https://api.login.yahoo.com/oauth2/request_auth',
    tokenUrl: 'https://api.login.yahoo.com/oauth2/get_token',
    revocationUrl: null,
    scopes: ['mail-r', 'mail-w'],
    hosts: ['mail.yahoo.com'],
    extra: {},
  },
];

const isBelow = (host: string, parent: string): boolean => host === parent || host.endsWith(`.${parent}`);

/** Whose tokens a server takes; null when it is none of the known, nor of the `others` that the operator entered. */
export function providerOfHost(host: string, others: readonly OAuthProvider[] = []): OAuthProvider | null {
  return [...oauthProviders, ...others].find(({ hosts }) => hosts?.some((parent) => isBelow(host, parent))) ?? null;
}

/**
 * A token opens a mailbox at whatever server it is shown to: it goes to those of its own provider alone, wherever a stranger's document
 * leads (RFC 9700 §4.9.1).
 * @throws Refusal `cannot`.
 */
export function checkAudience(
  { issuer, hosts: entered }: Pick<OAuthProvider, 'issuer' | 'hosts'>,
  servers: readonly { readonly host: string }[],
): void {
  const hosts = oauthProviders.find((provider) => provider.issuer === issuer)?.hosts ?? entered;
  const stranger = servers.find(({ host }) => hosts !== undefined && !hosts.some((parent) => isBelow(host, parent)));
  if (stranger !== undefined) throw new Refusal('cannot', `${stranger.host} is no server of ${issuer}: no token of theirs is shown to it`);
}

/** Who we are at a provider: entered by the operator, never shipped. A secret is null for a public client. */
export interface OAuthClient {
  readonly provider: OAuthProvider;
  readonly id: string;
  readonly secret: string | null;
}

export interface Tokens {
  readonly accessToken: string;
  /** Milliseconds from the answer on. */
  readonly lifetime: number;
  /** A new one when the provider rotates them (RFC 6749 §6); null: the old one stays. */
  readonly refreshToken: string | null;
}

/** Of an answer of a token endpoint; tokens themselves are a few kilobytes at most. */
export const tokenAnswerMax = 64 * 1024;
const longestToken = 16 * 1024;
/** Without `expires_in` (RFC 6749 §5.1 only recommends it), and at most. */
const usualLifetime = 3_600_000;
const longestLifetime = 24 * usualLifetime;
/** State and verifier: 256 bits, 43 characters (RFC 7636 §4.1 asks for 43 at least). */
export const unguessableOctets = 32;

// --- to the provider's page -----------------------------------------------------------------------------------------

export function base64Url(octets: Bytes): string {
  return base64FromBytes(octets).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** RFC 7636 §4.2, S256. */
export function challengeOf(verifier: string): string {
  return base64Url(digest('SHA-256', bytesFromUtf8(verifier)));
}

export interface AuthorizationRequest {
  readonly state: string;
  readonly verifier: string;
  readonly redirectUri: string;
  /** The address that is to sign in: the page is filled with it. */
  readonly address: string;
}

/** RFC 6749 §4.1.1. */
export function authorizationUrl({ provider, id }: OAuthClient, { state, verifier, redirectUri, address }: AuthorizationRequest): string {
  const url = new URL(provider.authorizationUrl);
  const parameters = {
    response_type: 'code',
    client_id: id,
    redirect_uri: redirectUri,
    scope: provider.scopes.join(' '),
    state,
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
    login_hint: address,
    ...provider.extra,
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** What came back by the person's browser: strangers can write all of it. */
export interface AuthorizationAnswer {
  readonly state: string;
  readonly code: string | null;
  readonly error: string | null;
  readonly issuer: string | null;
}

const parameterMax = 4096;

/** RFC 6749 §4.1.2. Null when it is none: no state, or anything twice (§3.1) or too long. */
export function parseAuthorizationAnswer(query: URLSearchParams): AuthorizationAnswer | null {
  const one = (name: string): string | null | undefined => {
    const values = query.getAll(name);
    return values.length > 1 || (values[0]?.length ?? 0) > parameterMax ? undefined : (values[0] ?? null);
  };
  const [state, code, error, issuer] = [one('state'), one('code'), one('error'), one('iss')];
  if (state === undefined || code === undefined || error === undefined || issuer === undefined) return null;
  if (state === null || state === '' || (code === null) === (error === null)) return null;
  return { state, code, error, issuer };
}

/** @throws CauseTrouble when the person or the provider said no, or another provider answers (RFC 9207 §2.4). */
export function checkAuthorizationAnswer({ code, error, issuer }: AuthorizationAnswer, provider: OAuthProvider): string {
  if (issuer !== null && issuer !== provider.issuer && !provider.issuer.includes('/common/'))
    throw new CauseTrouble('sign-in-refused', 'the answer to the sign-in came from another provider than was asked');
  if (code !== null) return code;
  throw troubleOf(error ?? '', null, 400, []);
}

// --- at the token endpoint ------------------------------------------------------------------------------------------

/** RFC 6749 §4.1.3. */
export function codeRequest(client: OAuthClient, code: string, verifier: string, redirectUri: string): string {
  return form(client, { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectUri });
}

/** RFC 6749 §6. */
export function refreshRequest(client: OAuthClient, refreshToken: string): string {
  return form(client, { grant_type: 'refresh_token', refresh_token: refreshToken });
}

/** RFC 7009 §2.1. */
export function revocationRequest(client: OAuthClient, token: string): string {
  return form(client, { token, token_type_hint: 'refresh_token' });
}

/** RFC 6749 §2.3.1: by the body, which all three providers take; over verified TLS alone. */
function form({ id, secret }: OAuthClient, parameters: Readonly<Record<string, string>>): string {
  return new URLSearchParams({ ...parameters, client_id: id, ...(secret === null ? {} : { client_secret: secret }) }).toString();
}

/**
 * RFC 6749 §5.1 and §5.2. `secrets`: never repeated in what is thrown, should the provider do so.
 * @throws CauseTrouble `sign-in-expired` (invalid_grant), `client-id-missing`, `sign-in-refused`, `sign-in-unavailable`.
 */
export function parseTokenAnswer(status: number, body: Bytes, secrets: readonly string[]): Tokens {
  const answer = parseObject(body);
  if (status === 200 && answer !== null) {
    const { access_token: accessToken, refresh_token: refreshToken, token_type: kind, expires_in: lifetime } = answer;
    const isBearer = typeof kind === 'string' && kind.toLowerCase() === 'bearer';
    if (isBearer && isToken(accessToken) && (refreshToken === undefined || refreshToken === null || isToken(refreshToken)))
      return { accessToken, lifetime: lifetimeOf(lifetime), refreshToken: refreshToken ?? null };
    throw new CauseTrouble('sign-in-unavailable', 'the answer of the sign-in holds no token that can be used');
  }
  const { error, error_description: words } = answer ?? {};
  throw troubleOf(typeof error === 'string' ? error : '', typeof words === 'string' ? words : null, status, secrets);
}

/** RFC 6750 §2.1 b64token; a refresh token may be any VSCHAR (RFC 6749 appendix A.17). */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= longestToken && /^[\x21-\x7e]+$/.test(value);
}

/** Liberal: seconds as a text too (older Microsoft endpoints). */
function lifetimeOf(value: unknown): number {
  const seconds = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) return usualLifetime;
  return Math.min(seconds * 1000, longestLifetime);
}

function parseObject(body: Bytes): Readonly<Record<string, unknown>> | null {
  if (body.length > tokenAnswerMax) return null;
  try {
    const value: unknown = JSON.parse(utf8FromBytes(body));
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** RFC 6749 §4.1.2.1 and §5.2. */
function troubleOf(error: string, words: string | null, status: number, secrets: readonly string[]): CauseTrouble {
  const said = scrub(`${error}${words === null ? '' : `: ${words}`}`.slice(0, 300), secrets);
  switch (error) {
    case 'invalid_grant':
      return new CauseTrouble('sign-in-expired', 'the provider wants the person to sign in again', said);
    case 'access_denied':
    case 'consent_required':
    case 'interaction_required':
    case 'login_required':
      return new CauseTrouble('sign-in-refused', 'the sign-in was not allowed', said);
    case 'invalid_client':
    case 'unauthorized_client':
    case 'redirect_uri_mismatch':
    case 'invalid_scope':
    case 'unsupported_response_type':
      return new CauseTrouble(
        'client-id-missing',
        'the provider does not know this server: the client id that was entered does not fit',
        said,
      );
    case 'temporarily_unavailable':
    case 'server_error':
    case 'slow_down':
      return new CauseTrouble('sign-in-unavailable', 'the sign-in of the provider does not work at the moment', said);
    default:
      return status >= 500 || status === 429 || error === ''
        ? new CauseTrouble('sign-in-unavailable', `the sign-in of the provider answered with status ${status}`, said)
        : new CauseTrouble('sign-in-refused', 'the provider refused the sign-in', said);
  }
}

function scrub(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => (secret === '' ? clean : clean.replaceAll(secret, '…')), text);
}
