// Our web side with the ports of the world: the real application on a real listener with TLS, a name server with its zone, and two
// domains. Only the port of HTTPS is another one, which the doubles are told; the mail ports are said to be the usual ones.
import { readFile } from 'node:fs/promises';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request as sealedRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../src/base/log.ts';
import { systemChance, systemClock } from '../../src/io/clock.ts';
import { openWebListener } from '../../src/io/http/listener.ts';
import type { StartPageFacts } from '../../src/io/http/start-page.ts';
import { SignInTickets } from '../../src/journey/outside/sign-in-tickets.ts';
import { openResolver } from '../../src/io/resolver/resolver.ts';
import { openCertificates } from '../../src/io/tls/certificates.ts';
import { openAuthenticator } from '../../src/journey/account/authenticate.ts';
import { openSecondFactors } from '../../src/journey/account/second-factors.ts';
import { openWebLogin } from '../../src/journey/account/web-login.ts';
import { openWebSessions } from '../../src/journey/account/web-sessions.ts';
import { openVault } from '../../src/io/vault.ts';
import { silentMeter } from '../../src/base/meter.ts';
import { openJmap } from '../../src/setup/jmap.ts';
import { openPeople, type People } from '../../src/journey/account/people.ts';
import { openSetupLinks, type SetupLinks } from '../../src/journey/account/setup-links.ts';
import type { Resolver } from '../../src/protocol/dns/contract.ts';
import { ensureOwnCertificates, publishedNames } from '../../src/setup/ca.ts';
import { wantedRecords, type DomainNames } from '../../src/setup/publish/apps.ts';
import { paccText } from '../../src/setup/publish/dialects.ts';
import { publishedSettings } from '../../src/setup/publish/model.ts';
import { openWeb } from '../../src/setup/publish/web.ts';
import { readSettings } from '../../src/setup/settings.ts';
import type { Directory } from '../../src/store/directory-contract.ts';
import { openMemoryDirectory } from '../../src/store/memory/directory.ts';
import { openMemoryStore } from '../../src/store/memory/store.ts';
import { openDnsServer, type DnsServer, type Zone } from '../support/dns-server.ts';

export const hostName = 'mail.example.test';
export const domains = ['example.test', 'xn--eckwd4c7c.test'];

const listeners: StartPageFacts['listeners'] = [
  { protocol: 'smtp', port: 25, security: 'starttls' },
  { protocol: 'submission', port: 587, security: 'starttls' },
  { protocol: 'submissions', port: 465, security: 'tls' },
  { protocol: 'pop3', port: 110, security: 'starttls' },
  { protocol: 'pop3s', port: 995, security: 'tls' },
  { protocol: 'imap', port: 143, security: 'starttls' },
  { protocol: 'imaps', port: 993, security: 'tls' },
  { protocol: 'http', port: 80, security: 'none' },
  { protocol: 'https', port: 443, security: 'tls' },
];

export interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface House {
  readonly dns: DnsServer;
  readonly directory: Directory;
  readonly people: People;
  readonly links: SetupLinks;
  /** Our root, a file. */
  readonly ca: string;
  namesOf(domain: string): DomainNames;
  /** A resolver that remembers nothing. */
  resolver(): Resolver;
  /** The zone with all records that we ask for. */
  fullZone(domain: string): Zone;
  /** As an app asks: the name through the DNS, TLS with our root trusted and the name checked. Null when there is no way. */
  ask(
    url: string,
    init?: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string },
  ): Promise<Answered | null>;
  close(): Promise<void>;
}

/** Nobody signs in at other providers here. */
const outside = {
  roads: () => Promise.reject(new Error('there are no roads out of this house')),
  clients: {
    list: () => [],
    find: () => null,
    ofHost: () => null,
    put: () => Promise.reject(new Error('not here')),
    remove: () => Promise.reject(new Error('not here')),
    clear: async () => {},
  },
  tickets: new SignInTickets({ clock: systemClock, chance: systemChance }),
};

export async function openHouse(): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'tayori-publish-'));
  const directory = openMemoryDirectory();
  const store = openMemoryStore({ clock: systemClock, chance: systemChance });
  const hasher = { decoy: '', hash: async (password: string) => `hash ${password}`, verify: async () => false };
  const shared = { directory, clock: systemClock, chance: systemChance, log: silentLog };
  const people = openPeople({ ...shared, store, hasher });
  for (const domain of domains) await people.putDomain(domain);
  const own = await ensureOwnCertificates(folder, [hostName, ...publishedNames(domains)], systemClock, silentLog);
  const certificates = await openCertificates([own], silentLog);
  const ca = await readFile(own.ca, 'utf8');
  const { settings } = readSettings({ name: 'tayori.toml', text: `domain = "${domains[0]}"` }, {}, { data: folder });
  const facts: StartPageFacts = { domain: domains[0]!, hostName, listeners, ca: null, demo: false };
  const vault = openVault({ path: join(folder, 'key'), sealed: () => [] });
  const authenticator = openAuthenticator({ ...shared, hasher, meter: silentMeter });
  const secondFactors = openSecondFactors({ ...shared, vault, meter: silentMeter });
  const office = {
    ...shared,
    people,
    settings,
    store,
    authenticator,
    secondFactors,
    webSessions: openWebSessions(shared),
    webLogin: openWebLogin({ ...shared, authenticator, factors: secondFactors }),
  };
  const jmap = openJmap({ office: { ...office, outside: { ...outside, vault } }, domain: domains[0]! });
  const open = (secure: boolean) =>
    openWebListener({
      host: '127.0.0.1',
      port: 0,
      secure: secure ? certificates : null,
      load: async () => openWeb({ office: { ...office, outside }, certificates, facts: () => facts, secure, jmap: async () => jmap }),
      perNetwork: 100,
      log: silentLog,
    });
  const [sealed, plain] = await Promise.all([open(true), open(false)]);
  const dns = await openDnsServer({});
  const settingsOf = (domain: string) => publishedSettings({ domain, hostName, listeners });
  const namesOf = (domain: string): DomainNames => ({
    domain,
    hostName,
    covers: (name) => certificates.covers(name),
    paccText: paccText(settingsOf(domain)),
  });
  const resolver = () => openResolver({ servers: [dns.address], log: silentLog });

  return {
    dns,
    directory,
    people,
    links: openSetupLinks(office),
    ca: own.ca,
    namesOf,
    resolver,
    fullZone(domain) {
      const zone: Record<string, Zone[string][number][]> = { [hostName]: [{ type: 'A', value: '127.0.0.1' }] };
      for (const { name, type, line } of wantedRecords(settingsOf(domain), namesOf(domain))) {
        const data = line.slice(line.indexOf(`${type} `) + type.length + 1);
        const [priority, weight, port] = data.split(' ').map(Number);
        const value = type === 'TXT' ? data.slice(1, -1) : data.replace(/\.$/, '').split(' ').at(-1)!;
        (zone[name] ??= []).push(type === 'SRV' ? { type, priority: priority!, weight: weight!, port: port!, value } : { type, value });
      }
      return zone;
    },
    async ask(url, init = {}) {
      const { protocol, hostname, pathname, search } = new URL(url);
      const found = await resolver().resolve(hostname, 'A');
      if (found.kind === 'none') return null;
      const request = protocol === 'https:' ? sealedRequest : plainRequest;
      return new Promise((resolve, reject) => {
        const asked = request({
          host: found.records[0]!.address,
          port: protocol === 'https:' ? sealed.port : plain.port,
          path: pathname + search,
          method: init.method ?? 'GET',
          headers: { host: hostname, ...init.headers },
          agent: false,
          ...(protocol === 'https:' && { servername: hostname, ca }),
        });
        asked.on('response', (response) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(pieces) }));
        });
        asked.on('error', (error: NodeJS.ErrnoException) =>
          error.code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? resolve(null) : reject(error),
        );
        asked.end(init.body);
      });
    },
    async close() {
      await jmap.close();
      await Promise.all([sealed.close(), plain.close(), dns.close(), directory.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
