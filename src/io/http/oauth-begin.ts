// The step out to a provider's sign-in page: `GET /oauth/begin?ticket=…`. Gives the browser what it has to show when it comes back, and sends it
// on. Only to the person who began it: who is led here by somebody else's link would sign in for them. Knows the route and its headers.
import { Hono } from 'hono';
import { beginPath, type BegunSignIn } from '../../journey/outside/sign-in-tickets.ts';
import type { AccountId } from '../../store/contract.ts';
import type { WebSurroundings } from './listener.ts';
import { signInCookie } from './oauth-callback.ts';

export interface BeginParts {
  readonly tickets: { find(ticket: string): BegunSignIn | null };
  /** The person whose browser session asks, or null. */
  readonly personOf: (request: Request, surroundings: WebSurroundings) => Promise<AccountId | null>;
}

const headers = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

export function oauthBegin({ tickets, personOf }: BeginParts): Hono<{ Bindings: WebSurroundings }> {
  const routes = new Hono<{ Bindings: WebSurroundings }>();
  routes.get(beginPath, async (context) => {
    const ticket = (context.req.query('ticket') ?? '').slice(0, 200);
    const begun = tickets.find(ticket);
    const person = begun === null ? null : await personOf(context.req.raw, context.env);
    // One that is not there and one of somebody else are the same.
    if (begun === null || person !== begun.owner)
      return new Response('このサインインはもう終わっています。\nThis sign-in is over already.\n', {
        status: 404,
        headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' },
      });
    // It is good until the sign-in is over: who has closed the provider's page half-way opens it again. The answer counts once.
    return new Response(null, {
      status: 303,
      headers: {
        ...headers,
        location: begun.url,
        'set-cookie': `${signInCookie}=${begun.browser}; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax`,
      },
    });
  });
  return routes;
}
