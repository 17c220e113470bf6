// All that the ports for HTTP and HTTPS answer: the mail app with its ways in, letters as documents, settings for mail apps, set-up pages, what
// apps see, and the start page.
// Knows which application is for which path and what may be asked in the clear; knows no dialect and draws no page.
import { fileURLToPath } from 'node:url';
import { Hono } from 'hono';
import { isLoopback, isLoopbackName } from '../../base/address.ts';
import { once } from '../../base/once.ts';
import { openAppFiles } from '../../io/http/app-files.ts';
import { authRoutes } from '../../io/http/auth-routes.ts';
import { letterRoutes } from '../../io/http/letter-frame.ts';
import { openWebDoor } from '../../io/http/web-door.ts';
import type { StartPageFacts } from '../../io/http/start-page.ts';
import { oauthBegin } from '../../io/http/oauth-begin.ts';
import { callbackPath, oauthCallback } from '../../io/http/oauth-callback.ts';
import { startPage } from '../../io/http/start-page.ts';
import type { WebApplication, WebSurroundings } from '../../io/http/listener.ts';
import type { Certificates } from '../../io/tls/certificates.ts';
import { isJmapPath, jmapRoutes } from '../../io/http/jmap-routes.ts';
import { openJmapSockets } from '../../io/http/jmap-socket.ts';
import { jmapPaths } from '../../protocol/jmap/session.ts';
import type { OpenJmap } from '../jmap.ts';
import { openSetupLinks } from '../../journey/account/setup-links.ts';
import { beginPath } from '../../journey/outside/sign-in-tickets.ts';
import type { AccountSettings } from '../../protocol/autoconfig/contract.ts';
import type { Office } from '../office.ts';
import type { OutsideOffice } from '../outside.ts';
import { hostNameOf } from '../outside.ts';
import { appsRoutes } from './apps-routes.ts';
import { dialectRoutes } from './dialect-routes.ts';
import { exportPath, exportRoutes } from './export-routes.ts';
import { openLookAhead, visitorOf } from './look-ahead.ts';
import { pageUrl, publishedSettings } from './model.ts';
import { oauthGuidePath, oauthGuideRoutes } from './oauth-guide-routes.ts';
import { qrSvg } from './qr.ts';
import { setupRoutes } from './setup-routes.ts';

export interface WebParts {
  readonly office: Pick<
    Office,
    | 'directory'
    | 'people'
    | 'clock'
    | 'chance'
    | 'log'
    | 'settings'
    | 'store'
    | 'authenticator'
    | 'webSessions'
    | 'webLogin'
    | 'secondFactors'
  > & {
    readonly outside: Pick<OutsideOffice, 'roads' | 'clients' | 'tickets'>;
  };
  readonly certificates: Certificates;
  /** What listens; null until all does. */
  readonly facts: () => StartPageFacts | null;
  readonly secure: boolean;
  /** Made at its first call. */
  readonly jmap: () => Promise<OpenJmap>;
}

/** Beside src, where the build leaves it. */
const appFolder = fileURLToPath(new URL('../../../web/dist/', import.meta.url));

/** Pages that are not the app's. */
function isOthers(pathname: string): boolean {
  return /^\/(?:start|apps|setup|oauth|jmap|\.well-known|ca\.pem)(?:\/|$)/.test(pathname);
}

export async function openWeb({ office, certificates, facts, secure, jmap }: WebParts): Promise<WebApplication> {
  const { directory, clock, log } = office;
  const settingsOf = (domain: string): AccountSettings => {
    const { hostName, listeners } = facts()!;
    return publishedSettings({ domain, hostName, listeners });
  };
  const pages = new Hono<{ Bindings: WebSurroundings }>();
  pages.route(
    '/',
    setupRoutes({
      links: openSetupLinks(office),
      clock,
      settingsOf,
      // The demo is on this computer alone: no other device could open it.
      outsideUrl: (path) => (facts()!.demo ? null : pageUrl(facts()!, 'https', path)),
      sign: async (document) => {
        const { signDocument } = await import('../../io/tls/cms.ts');
        return signDocument(document, certificates.pem(), new Date(clock.now()));
      },
      hasOwnAuthority: () => facts()!.ca !== null,
      secure,
    }),
  );
  const covers = (name: string) => certificates.covers(name);
  pages.route('/', appsRoutes({ directory, clock, settingsOf, facts, covers, office }));
  const dialects = dialectRoutes({ directory, settingsOf, facts, secure });
  const start = startPage({ facts, secure });
  const isOurName = (name: string) => name === facts()?.hostName || covers(name);
  const door = openWebDoor({ authenticator: office.authenticator, sessions: office.webSessions, secure, isOurName });
  const auth = authRoutes({
    door,
    login: office.webLogin,
    sessions: office.webSessions,
    factors: office.secondFactors,
    directory,
    people: office.people,
    clock,
    secure,
    qr: (text) => qrSvg(text, 'QR'),
  });
  const personOf = (request: Request, surroundings: WebSurroundings) => visitorOf(door, request, surroundings);
  const ahead = openLookAhead({ personOf, store: office.store });
  const begin = oauthBegin({ tickets: office.outside.tickets, personOf });
  pages.route(
    '/',
    oauthGuideRoutes({
      directory,
      clients: office.outside.clients,
      hostName: () => (office.settings.domain === null ? null : hostNameOf(office.settings)),
      // Which client ids are entered is told to those at home: at this machine, or signed in.
      isAtHome: async (request, surroundings) => isLoopback(surroundings.remoteAddress) || (await personOf(request, surroundings)) !== null,
    }),
  );
  const app = openAppFiles(appFolder);
  const letters = letterRoutes({
    door,
    directory,
    store: office.store,
    chance: office.chance,
    log,
    web: async () => (await office.outside.roads()).web,
  });
  // Where providers send a browser back after a sign-in: under seal only.
  const signIns = once(async () =>
    oauthCallback({
      flow: (await office.outside.roads()).flow,
      failed: (trouble) => log.error('a sign-in could not be finished', {}, trouble),
    }),
  );

  const { service } = await jmap();
  const jmapPages = jmapRoutes({ service, door, secure });
  const sockets = openJmapSockets({ service, door, secure, log });
  const exported = exportRoutes({ service, door, store: office.store, clock, log });

  const web = new Hono<{ Bindings: WebSurroundings }>();
  web.use(async (context, next) => {
    const known = facts();
    if (known === null) return context.text('starting\n', 503);
    return next();
  });
  web.route('/', dialects);
  web.all('*', async (context) => {
    const { pathname, hostname } = new URL(context.req.url);
    if (isJmapPath(pathname)) return jmapPages.fetch(context.req.raw, context.env);
    if (secure && pathname === callbackPath) return (await signIns()).fetch(context.req.raw);
    if (secure && pathname === beginPath) return begin.fetch(context.req.raw, context.env);
    const { remoteAddress } = context.env;
    // Who asks for the app in the clear from elsewhere is led to HTTPS by the start page's own rule.
    if (secure || facts()!.demo || (isLoopback(remoteAddress) && (isLoopbackName(hostname) || isOurName(hostname)))) {
      if (pathname.startsWith('/auth/')) return auth.fetch(context.req.raw, context.env);
      if (pathname.startsWith('/letter/') || pathname === '/image-proxy') return letters.fetch(context.req.raw, context.env);
      if (pathname.startsWith(`${exportPath}/`)) return exported.fetch(context.req.raw, context.env);
      const file = isOthers(pathname) ? null : await app.answer(context.req.raw);
      if (file !== null) {
        if (file.headers.get('content-type')?.startsWith('text/html') === true) ahead.begin(context.req.raw, context.env);
        else ahead.wait();
        return file;
      }
    }
    // Secrets are shown under seal only; in the clear the start page leads to HTTPS. The demo does not leave this computer.
    const isPage = pathname === '/apps' || pathname === oauthGuidePath || pathname.startsWith('/setup/');
    const application = isPage && (secure || facts()!.demo) ? pages : start;
    return application.fetch(context.req.raw, context.env);
  });
  web.onError((error, context) => {
    log.error('cannot answer a web request', {}, error);
    return context.text('this server failed; its log says why\n', 500);
  });
  pages.onError((error) => {
    throw error;
  });
  jmapPages.onError((error) => {
    throw error;
  });
  letters.onError((error) => {
    throw error;
  });
  exported.onError((error) => {
    throw error;
  });
  return {
    fetch: (request, surroundings) => web.fetch(request, surroundings),
    upgrade: async (incoming, socket, head, request, surroundings) => {
      if (facts() !== null && new URL(request.url).pathname === jmapPaths.socket) {
        return sockets.upgrade(incoming, socket, head, request, surroundings);
      }
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    },
    close: () => sockets.close(),
  };
}
