// A provider with a sign-in page of its own, for tests: authorize (for `visit`, and as a page with a yes and a no), token and revoke over HTTPS, with everything that a real one does to
// its clients: codes once, PKCE checked, tokens that end, refresh tokens that rotate, reuse that ends a whole family, revocation.
// Knows RFC 6749, 7009 and 7636 as a server; written from them, not from our client.
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MadeCertificate } from '../../src/setup/ca-making.ts';
import { openWebServer, type WebServer } from './web-server.ts';

export interface ProviderOptions {
  readonly certificate: MadeCertificate;
  readonly client: { readonly id: string; readonly secret: string | null };
  /** Exact addresses, or those of a loopback with any port (RFC 8252 §7.3). */
  readonly redirects: readonly string[];
  /** Now, milliseconds. */
  readonly now: () => number;
  /** Seconds that an access token works. */
  lifetime: number;
  rotates: boolean;
}

interface Grant {
  readonly address: string;
  over: boolean;
}

export interface OAuthServer extends WebServer {
  readonly options: ProviderOptions;
  /** A person at the sign-in page who says yes or no: gives where the browser is sent. @throws Error when the page would show a fault. */
  visit(url: string, answer?: 'yes' | 'no'): Promise<string>;
  /** Whose mail a token opens now; null: nobody's. */
  addressOf(accessToken: string): string | null;
  /** The person takes everything back on the provider's page. */
  withdraw(address: string): void;
  /** Each request to the token endpoint, by its kind of grant. */
  readonly grants: string[];
  /** All secrets that it gave out or was given. */
  readonly secrets: Set<string>;
  /** What the token endpoint answers instead, while it is set. */
  outage: { readonly status: number; readonly body: string } | null;
}

export async function openOAuthProvider(options: ProviderOptions): Promise<OAuthServer> {
  const codes = new Map<string, { grant: Grant; challenge: string; redirect: string }>();
  const access = new Map<string, { grant: Grant; until: number }>();
  const refresh = new Map<string, { grant: Grant; used: boolean }>();
  const people = new Map<string, Set<Grant>>();
  const grants: string[] = [];
  const secrets = new Set<string>();
  const make = (kind: string): string => {
    const made = `${kind}-${randomBytes(18).toString('base64url')}`;
    secrets.add(made);
    return made;
  };

  function authorize(query: URLSearchParams, answer: 'yes' | 'no'): string {
    const one = (name: string): string => query.get(name) ?? '';
    if (one('client_id') !== options.client.id) throw new Error('unknown client');
    const redirect = one('redirect_uri');
    const known = options.redirects.some(
      (allowed) => allowed === redirect || (allowed.startsWith('http://127.0.0.1') && redirect.replace(/:\d+(?=\/)/, '') === allowed),
    );
    if (!known) throw new Error(`redirect_uri_mismatch: ${redirect}`);
    const back = new URL(redirect);
    back.searchParams.set('state', one('state'));
    if (one('response_type') !== 'code' || one('code_challenge_method') !== 'S256' || !/^[\w-]{43}$/.test(one('code_challenge')))
      back.searchParams.set('error', 'invalid_request');
    else if (answer === 'no') back.searchParams.set('error', 'access_denied');
    else {
      const grant: Grant = { address: one('login_hint'), over: false };
      people.set(grant.address, (people.get(grant.address) ?? new Set()).add(grant));
      const code = make('code');
      codes.set(code, { grant, challenge: one('code_challenge'), redirect });
      back.searchParams.set('code', code);
    }
    return back.href;
  }

  function token(form: URLSearchParams): { status: number; body: object } {
    const bad = (error: string, status = 400) => ({ status, body: { error, error_description: 'as the standard names it' } });
    const one = (name: string): string => form.get(name) ?? '';
    for (const name of ['client_secret', 'code_verifier']) if (one(name) !== '') secrets.add(one(name));
    if (one('client_id') !== options.client.id || (options.client.secret !== null && one('client_secret') !== options.client.secret))
      return bad('invalid_client', 401);
    const give = (grant: Grant, old: string | null) => {
      const accessToken = make('access');
      access.set(accessToken, { grant, until: options.now() + options.lifetime * 1000 });
      const isNew = old === null || options.rotates;
      const refreshToken = isNew ? make('refresh') : null;
      if (refreshToken !== null) refresh.set(refreshToken, { grant, used: false });
      return {
        status: 200,
        body: {
          access_token: accessToken,
          token_type: 'Bearer',
          expires_in: options.lifetime,
          ...(refreshToken && { refresh_token: refreshToken }),
        },
      };
    };
    grants.push(one('grant_type'));
    if (one('grant_type') === 'authorization_code') {
      const held = codes.get(one('code'));
      codes.delete(one('code'));
      const challenge = createHash('sha256').update(one('code_verifier')).digest('base64url');
      if (!held || held.redirect !== one('redirect_uri') || held.challenge !== challenge) return bad('invalid_grant');
      return give(held.grant, null);
    }
    if (one('grant_type') !== 'refresh_token') return bad('unsupported_grant_type');
    const held = refresh.get(one('refresh_token'));
    if (!held || held.grant.over) return bad('invalid_grant');
    // RFC 9700 §4.14.2: one that was used before is in two hands; the whole family ends.
    if (held.used) {
      held.grant.over = true;
      return bad('invalid_grant');
    }
    held.used = options.rotates;
    return give(held.grant, one('refresh_token'));
  }

  /** What a person sees: who asks, and two buttons. A fault is shown there, and leads nowhere (RFC 6749 §4.1.2.1). */
  function page(url: URL, response: ServerResponse): void {
    const say = url.searchParams.get('say');
    const show = (status: number, html: string): void =>
      void response
        .writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cross-origin-opener-policy': 'same-origin' })
        .end(html);
    try {
      if (say === 'yes' || say === 'no') return void response.writeHead(303, { location: authorize(url.searchParams, say) }).end();
      authorize(url.searchParams, 'no');
      const choice = (answer: string): string =>
        `<a href="${url.pathname}?${new URLSearchParams([...url.searchParams, ['say', answer]])}">${answer}</a>`;
      show(200, `<!doctype html><title>Provider</title><h1>Provider</h1><p>${choice('yes')} ${choice('no')}`.replaceAll('&', '&amp;'));
    } catch (trouble) {
      show(400, `<!doctype html><title>Provider</title><h1>${String(trouble).replaceAll('<', '')}`);
    }
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'https://provider.test');
    let body = '';
    request.setEncoding('latin1');
    request.on('data', (chunk: string) => void (body += chunk));
    request.on('end', () => {
      const json = (status: number, value: object): void =>
        void response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(value));
      const form = new URLSearchParams(body);
      if (request.method === 'GET' && url.pathname === '/authorize') return page(url, response);
      if (request.method !== 'POST') return json(405, {});
      if (url.pathname === '/token') {
        if (server.outage) return void response.writeHead(server.outage.status).end(server.outage.body);
        const given = token(form);
        return json(given.status, given.body);
      }
      if (url.pathname !== '/revoke') return json(404, {});
      const held = refresh.get(form.get('token') ?? '');
      if (held) held.grant.over = true;
      json(200, {});
    });
  }

  const web = await openWebServer(answer, options.certificate);
  const server: OAuthServer = {
    ...web,
    options,
    grants,
    secrets,
    outage: null,
    visit: async (url, say = 'yes') => authorize(new URL(url).searchParams, say),
    addressOf(accessToken) {
      const held = access.get(accessToken);
      return held && !held.grant.over && held.until > options.now() ? held.grant.address : null;
    },
    withdraw(address) {
      for (const grant of people.get(address) ?? []) grant.over = true;
    },
  };
  return server;
}
