// A small world for the tests of discovery: a real name server and a real web server with an authority of their own, filled by each test.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, beforeEach } from 'node:test';
import { openDnsServer, type DnsServer } from '../../../test/support/dns-server.ts';
import { answerText, makeAuthority, openWebServer, type TestAuthority, type WebServer } from '../../../test/support/web-server.ts';
import type { AccountSettings, ServerSettings } from '../../protocol/autoconfig/contract.ts';
import type { Candidate, Discovery, SourceName } from './contract.ts';
import { discover, type DiscoverOptions, type DiscoverParts } from './discover.ts';
import { openDiscovery } from './open.ts';

export const localhost = [{ type: 'A', value: '127.0.0.1' }] as const;

export type Page = string | ((request: IncomingMessage, response: ServerResponse) => void);

export function server(
  service: ServerSettings['service'],
  host: string,
  port: number,
  security: ServerSettings['security'] = 'tls',
): ServerSettings {
  return { service, host, port, security, login: '%EMAILADDRESS%', signIn: ['password'] };
}

export function settingsAt(host: string): AccountSettings {
  return {
    domains: ['own.test'],
    displayName: 'Own Mail',
    shortName: null,
    incoming: [server('imap', host, 993), server('pop3', host, 995)],
    outgoing: [server('smtp', host, 465)],
    jmap: null,
    oauth: null,
    help: null,
  };
}

export const draw = (list: readonly Candidate[]) => list.map(({ host, port, security, source }) => `${host}:${port} ${security} ${source}`);
export const all = (found: Discovery) => [...found.imap, ...found.pop3, ...found.smtp];
export const outcome = (found: Discovery, source: SourceName) => found.sources.find((one) => one.source === source)!.outcome;

export interface World {
  readonly authority: TestAuthority;
  readonly dns: DnsServer;
  readonly web: WebServer;
  /** What is served: host and path without the query. */
  readonly pages: Record<string, Page>;
  partsWith(options?: Partial<DiscoverOptions>, probing?: boolean, privateAllowed?: boolean): DiscoverParts;
  ask(address?: string, options?: Partial<DiscoverOptions>): Promise<Discovery>;
}

/** Called within a `describe`: the world is there before its first test, empty before each, and gone after the last. */
export function openWorld(): World {
  const world = { pages: {} as Record<string, Page> } as { -readonly [K in keyof World]: World[K] };
  before(async () => {
    world.authority = await makeAuthority();
    world.dns = await openDnsServer({});
    world.web = await openWebServer(
      (request, response) => {
        const page = world.pages[`${request.headers.host}${request.url?.split('?')[0]}`];
        if (page === undefined) return answerText(response, '<html>Not found</html>', 404);
        if (typeof page === 'string') return answerText(response, page);
        page(request, response);
      },
      await world.authority.issue(['own.test', '*.own.test', '*.hoster.test', '*.eu.hoster.test', 'ispdb.test', 'elsewhere.test']),
    );
  });
  beforeEach(() => {
    for (const url of Object.keys(world.pages)) delete world.pages[url];
    world.dns.zone = {};
    world.dns.faults.clear();
    world.dns.asked.length = 0;
    world.web.seen.length = 0;
  });
  after(() => Promise.all([world.dns.close(), world.web.close()]));
  world.partsWith = (options = {}, probing = false, privateAllowed = true) =>
    openDiscovery({
      resolvers: [world.dns.address],
      privateAllowed,
      probing,
      options: { ispdb: 'https://ispdb.test/v1.1', ...options },
      authorities: [world.authority.root.certificate],
      webPorts: { https: world.web.port },
    });
  world.ask = (address = 'taro@own.test', options = {}) => discover(address, world.partsWith(options));
  return world;
}
