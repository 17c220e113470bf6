// The page `/apps/oauth` as an application: how the operator gets and enters client ids, with how each stands. Knows HTTP and who may see what is
// entered; the page is oauth-guide-page.ts.
import { Hono } from 'hono';
import type { WebSurroundings } from '../../io/http/listener.ts';
import { oauthProviders, providerOfHost } from '../../journey/outside/oauth.ts';
import type { OAuthClients } from '../../journey/outside/oauth-clients.ts';
import type { Directory } from '../../store/directory-contract.ts';
import { oauthGuidePage, type ClientState } from './oauth-guide-page.ts';
import { policy } from './setup-style.ts';
import { chooseLanguage } from './words.ts';

export const oauthGuidePath = '/apps/oauth';

export interface OAuthGuideParts {
  readonly directory: Pick<Directory, 'outsideAccounts'>;
  readonly clients: Pick<OAuthClients, 'list'>;
  /** Where browsers come back to; null without a domain. */
  readonly hostName: () => string | null;
  readonly isAtHome: (request: Request, surroundings: WebSurroundings) => Promise<boolean>;
}

export function oauthGuideRoutes({ directory, clients, hostName, isAtHome }: OAuthGuideParts): Hono<{ Bindings: WebSurroundings }> {
  const application = new Hono<{ Bindings: WebSurroundings }>();

  function statesNow(): ReadonlyMap<string, ClientState> {
    const entered = new Set(clients.list().map(({ name }) => name));
    // Somebody has signed in with it, and it works: that is the proof.
    const works = new Set(
      directory
        .outsideAccounts()
        .filter(({ receive, health, closedAt }) => receive.auth === 'oauth2' && health.state === 'good' && closedAt === null)
        .map(({ receive }) => providerOfHost(receive.host)?.name),
    );
    return new Map(
      oauthProviders.map(({ name }): [string, ClientState] => [
        name,
        !entered.has(name) ? 'missing' : works.has(name) ? 'works' : 'entered',
      ]),
    );
  }

  application.get(oauthGuidePath, async (context) => {
    const language = chooseLanguage(context.req.query('lang'), context.req.header('accept-language'));
    const states = (await isAtHome(context.req.raw, context.env)) ? statesNow() : null;
    context.header('content-security-policy', policy);
    context.header('x-content-type-options', 'nosniff');
    context.header('referrer-policy', 'no-referrer');
    context.header('cache-control', 'no-store');
    return context.html(oauthGuidePage({ language, hostName: hostName(), states }));
  });
  return application;
}
