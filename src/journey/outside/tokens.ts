// Signing in at providers by their own pages: from the link that a person opens to tokens (the flow), and from kept tokens to an access
// token that works now (the keeper). Knows what is asked when and what is kept where; the words of OAuth are oauth.ts, the web is a contract.
import type { Chance, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { equalBytes, type Bytes } from '../../base/bytes.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { WebClient } from '../../protocol/web/contract.ts';
import type { AccountId } from '../../store/contract.ts';
import type { Directory } from '../../store/directory-contract.ts';
import type { OutsideAccountRow } from '../../store/outside-contract.ts';
import { CauseTrouble } from './causes.ts';
import { boundTo, type OutsideSecret, type TokenKeeper, type Vault } from './contract.ts';
import {
  authorizationUrl,
  base64Url,
  checkAuthorizationAnswer,
  codeRequest,
  parseTokenAnswer,
  refreshRequest,
  revocationRequest,
  tokenAnswerMax,
  unguessableOctets,
  type AuthorizationAnswer,
  type OAuthClient,
  type Tokens,
} from './oauth.ts';

type TokenSecret = Extract<OutsideSecret, { kind: 'oauth2' }>;

export interface SignInParts {
  readonly directory: Pick<Directory, 'outsideAccount' | 'updateOutsideAccount'>;
  readonly vault: Vault;
  readonly web: WebClient;
  /** By issuer or by name; null when the operator has entered none. */
  readonly client: (issuer: string) => OAuthClient | null;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
}

const tokenBounds = { octets: tokenAnswerMax, patience: 20_000, redirects: 0 } as const;
/** An access token is taken as ended so long before it does: the way to the server takes time, and clocks differ. */
const skewMs = 90_000;

/** @throws CauseTrouble. */
async function askTokens(parts: Pick<SignInParts, 'web'>, client: OAuthClient, body: string, secrets: readonly string[]): Promise<Tokens> {
  const known = client.secret === null ? secrets : [...secrets, client.secret];
  try {
    const answer = await parts.web.fetch(
      {
        method: 'POST',
        url: client.provider.tokenUrl,
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body,
      },
      tokenBounds,
    );
    return parseTokenAnswer(answer.status, answer.body, known);
  } catch (trouble) {
    if (trouble instanceof CauseTrouble && trouble.why.startsWith('sign-in-')) throw trouble;
    if (trouble instanceof CauseTrouble && trouble.why === 'client-id-missing') throw trouble;
    if (trouble instanceof Unavailable || trouble instanceof Refusal)
      throw new CauseTrouble('sign-in-unavailable', `the sign-in of ${client.provider.title} cannot be reached`, trouble.message, trouble);
    throw trouble;
  }
}

// --- from the link to tokens ----------------------------------------------------------------------------------------

export interface SignInRequest {
  readonly client: OAuthClient;
  readonly owner: AccountId;
  readonly address: string;
  readonly redirectUri: string;
  /** What ties the flow to the browser that began it (RFC 9700 §4.7): a value only that browser shows again; null where there is none. */
  readonly browser: string | null;
}

export interface SignedIn {
  readonly owner: AccountId;
  readonly address: string;
  readonly secret: TokenSecret;
}

export interface SignInFlow {
  /** The link, good for ten minutes and one answer. `done` settles with the answer, and rejects when the time is over. */
  begin(request: SignInRequest): { readonly url: string; readonly done: Promise<SignedIn>; cancel(): void };
  /**
   * The browser came back.
   * @throws Refusal `expired` for a state that is unknown, used, too old, or of another browser; CauseTrouble.
   */
  finish(answer: AuthorizationAnswer, browser: string | null): Promise<SignedIn>;
}

const flowMs = 10 * 60_000;
/** Flows at once; the oldest gives way. */
const flowsMax = 1000;

interface Pending {
  readonly request: SignInRequest;
  readonly verifier: string;
  readonly resolve: (signedIn: SignedIn) => void;
  readonly reject: (trouble: unknown) => void;
  readonly cancelTimer: () => void;
}

export function openSignInFlow(parts: Pick<SignInParts, 'web' | 'clock' | 'chance'>): SignInFlow {
  const pending = new Map<string, Pending>();
  const end = (state: string, why: string): void => {
    const flow = pending.get(state);
    pending.delete(state);
    flow?.cancelTimer();
    flow?.reject(new Refusal('expired', why));
  };
  return {
    begin(request) {
      const [state, verifier] = [0, 1].map(() => base64Url(parts.chance.bytes(unguessableOctets))) as [string, string];
      const { promise, resolve, reject } = Promise.withResolvers<SignedIn>();
      // Whoever waits for nothing must not end the program.
      promise.catch(() => {});
      const cancelTimer = parts.clock.after(flowMs, () => end(state, 'the sign-in took longer than ten minutes'));
      const [oldest] = pending.keys();
      if (pending.size >= flowsMax && oldest !== undefined) end(oldest, 'too many sign-ins at once');
      pending.set(state, { request, verifier, resolve, reject, cancelTimer });
      const { redirectUri, address } = request;
      return {
        url: authorizationUrl(request.client, { state, verifier, redirectUri, address }),
        done: promise,
        cancel: () => end(state, 'the sign-in was ended'),
      };
    },

    async finish(answer, browser) {
      const flow = pending.get(answer.state);
      if (flow === undefined || (flow.request.browser !== null && flow.request.browser !== browser))
        throw new Refusal('expired', 'this sign-in is over, or was begun in another browser');
      // Used once, whatever comes of it.
      pending.delete(answer.state);
      flow.cancelTimer();
      const { client, owner, address, redirectUri } = flow.request;
      try {
        const code = checkAuthorizationAnswer(answer, client.provider);
        const tokens = await askTokens(parts, client, codeRequest(client, code, flow.verifier, redirectUri), [code, flow.verifier]);
        if (tokens.refreshToken === null)
          throw new CauseTrouble('sign-in-refused', 'the provider gave no refresh token: the sign-in would end within the hour');
        const { accessToken, lifetime, refreshToken } = tokens;
        const expiresAt = parts.clock.now() + lifetime;
        const secret: TokenSecret = { kind: 'oauth2', issuer: client.provider.issuer, refreshToken, accessToken, expiresAt };
        const signedIn = { owner, address, secret };
        flow.resolve(signedIn);
        return signedIn;
      } catch (trouble) {
        flow.reject(trouble);
        throw trouble;
      }
    },
  };
}

// --- from kept tokens to one that works -----------------------------------------------------------------------------

export function openSignInKeeper(parts: SignInParts): TokenKeeper {
  return new Keeper(parts);
}

class Keeper implements TokenKeeper {
  readonly #parts: SignInParts;
  /** One refresh at a time for each account: a second one would use a token that the first has ended. */
  readonly #underWay = new Map<AccountId, Promise<TokenSecret>>();
  /** Access tokens that a server has refused, although their time was not over. */
  readonly #refused = new Map<AccountId, string>();
  /**
   * Tokens that are not written yet, in the place of those that lie in the row: a rotated refresh token must not be lost because the
   * disk is full.
   */
  readonly #unwritten = new Map<AccountId, { readonly sealed: Bytes; readonly secret: TokenSecret }>();
  /** Sealed secrets of which the provider has said that they are over: it is not asked again. */
  readonly #over = new Map<AccountId, { readonly sealed: Bytes; readonly trouble: CauseTrouble }>();

  constructor(parts: SignInParts) {
    this.#parts = parts;
  }

  async credentialsOf(account: AccountId, side: 'receive' | 'send'): ReturnType<TokenKeeper['credentialsOf']> {
    const row = this.#row(account);
    const { login } = row[side];
    const unwritten = this.#unwritten.get(account);
    // A person who signed in meanwhile has newer ones.
    const isNewer = unwritten !== undefined && equalBytes(unwritten.sealed, row.secret);
    const secret = isNewer ? unwritten.secret : this.#parts.vault.open(row.secret, boundTo(row));
    if (secret.kind === 'password') return { login, kind: 'password', secret: secret[side] };
    if (this.#isFresh(account, secret)) return { login, kind: 'oauth2', secret: secret.accessToken };
    let refresh = this.#underWay.get(account);
    if (refresh === undefined) {
      refresh = this.#refresh(row, secret).finally(() => this.#underWay.delete(account));
      this.#underWay.set(account, refresh);
    }
    return { login, kind: 'oauth2', secret: (await refresh).accessToken };
  }

  refused(account: AccountId, token: string): void {
    this.#refused.set(account, token);
  }

  #isFresh(account: AccountId, { accessToken, expiresAt }: TokenSecret): boolean {
    return accessToken !== '' && expiresAt - skewMs > this.#parts.clock.now() && this.#refused.get(account) !== accessToken;
  }

  /** @throws CauseTrouble. */
  async #refresh(row: OutsideAccountRow, secret: TokenSecret): Promise<TokenSecret> {
    const { clock, log } = this.#parts;
    const over = this.#over.get(row.id);
    if (over !== undefined && equalBytes(over.sealed, row.secret)) throw over.trouble;
    const client = this.#parts.client(secret.issuer);
    if (client === null)
      throw new CauseTrouble('client-id-missing', `no client id of ${secret.issuer} is entered here; tayori oauth client add enters one`);
    let tokens: Tokens;
    try {
      tokens = await askTokens(this.#parts, client, refreshRequest(client, secret.refreshToken), [secret.refreshToken]);
    } catch (trouble) {
      if (trouble instanceof CauseTrouble && trouble.why === 'sign-in-expired') this.#over.set(row.id, { sealed: row.secret, trouble });
      throw trouble;
    }
    const { accessToken, lifetime } = tokens;
    const refreshToken = tokens.refreshToken ?? secret.refreshToken;
    const fresh: TokenSecret = { ...secret, accessToken, refreshToken, expiresAt: clock.now() + lifetime };
    this.#refused.delete(row.id);
    this.#unwritten.set(row.id, { sealed: row.secret, secret: fresh });
    await this.#write(row, fresh);
    log.info('outside-token-refreshed', { account: row.id, rotated: refreshToken !== secret.refreshToken });
    return fresh;
  }

  async #write(row: OutsideAccountRow, secret: TokenSecret): Promise<void> {
    const { directory, vault, log } = this.#parts;
    try {
      const now = directory.outsideAccount(row.id);
      // A person who signed in meanwhile has newer ones.
      if (now !== null && equalBytes(now.secret, row.secret))
        await directory.updateOutsideAccount(row.id, { secret: vault.seal(secret, boundTo(row)) });
      this.#unwritten.delete(row.id);
    } catch (trouble) {
      // They work as long as the program runs, and are written with the next refresh.
      log.warn('tokens could not be written', { account: row.id }, trouble);
    }
  }

  #row(account: AccountId): OutsideAccountRow {
    const row = this.#parts.directory.outsideAccount(account);
    if (row === null) throw new Refusal('nonexistent', 'there is no such account at another provider');
    return row;
  }
}

/** RFC 7009: the provider forgets the tokens. What it answers changes nothing here. @throws Unavailable. */
export async function revokeTokens(web: WebClient, client: OAuthClient, secret: TokenSecret): Promise<void> {
  const url = client.provider.revocationUrl;
  if (url === null) return;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  await web.fetch({ method: 'POST', url, headers, body: revocationRequest(client, secret.refreshToken) }, tokenBounds);
}
