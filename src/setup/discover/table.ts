// Our own provider table: whose domain it is, without asking anybody. Knows the rows and how domains and hosts fit them.
import { candidatesMax, loginsOf, sealed } from './candidates.ts';
import type { Candidate, Provider, SourceName } from './contract.ts';
import { factsAsOf, type ProviderRow, type ProviderServer } from './provider-rows.ts';
import { japanProviders } from './providers-japan.ts';
import { worldProviders } from './providers-world.ts';

export const providerRows: readonly ProviderRow[] = [...japanProviders, ...worldProviders];

/** By the domain itself, then by a domain above it; never by likeness: yahoo.co.jp is another company than yahoo.com. */
export function findByDomain(domain: string): ProviderRow | null {
  return (
    providerRows.find(({ domains }) => domains.includes(domain)) ??
    providerRows.find(({ below }) => below.some((parent) => domain.endsWith(`.${parent}`))) ??
    null
  );
}

/** By a host that takes letters in; the longest suffix wins, so that Outlook.com and Microsoft 365 stay apart. */
export function findByMx(host: string): ProviderRow | null {
  const fitting = providerRows.flatMap((row) =>
    row.mx.filter((suffix) => host === suffix || host.endsWith(`.${suffix}`)).map((suffix) => ({ row, suffix })),
  );
  return fitting.toSorted((a, b) => b.suffix.length - a.suffix.length)[0]?.row ?? null;
}

/** The row that a server belongs to, such as where a domain's own document leads: of several the one that is for own domains. */
export function findByServer(host: string): ProviderRow | null {
  const fitting = providerRows.filter(({ servers }) => servers.some((server) => server.host === host));
  return fitting.toSorted((a, b) => Number(b.mx.length > 0) - Number(a.mx.length > 0) || a.domains.length - b.domains.length)[0] ?? null;
}

export function providerOf(row: ProviderRow): Provider {
  const { id, name, confidence, sentCopy, pop3, notes } = row;
  return { id, name, confidence, sentCopy, pop3, notes, asOf: factsAsOf };
}

/** Candidates of a row; servers whose name needs an MX host are left out when there is none. */
export function candidatesOfRow(row: ProviderRow, address: string, mx: string | null, source: SourceName): Candidate[] {
  const domain = address.slice(address.lastIndexOf('@') + 1);
  const ours = mx !== null && row.mx.some((suffix) => mx === suffix || mx.endsWith(`.${suffix}`)) ? mx : null;
  // A hoster's own first domain is the name of its server where nothing better is known.
  const under = row.below.some((parent) => domain.endsWith(`.${parent}`)) ? domain : null;
  const host = (server: ProviderServer) => server.host.replace('{domain}', domain).replace('{mx}', ours ?? under ?? '');
  return row.servers
    .filter((server) => host(server) !== '')
    .slice(0, candidatesMax * 3)
    .flatMap((server) => {
      const from = `provider table (${row.id}, ${server.confidence})`;
      return sealed(server).map(({ port, security, upgraded }): Candidate => {
        const sealing = upgraded ? `${from}, sealed instead of plain` : from;
        return {
          service: server.service,
          host: host(server),
          port,
          security,
          logins: loginsOf(server.logins, address),
          signIn: server.signIn,
          knownWeaknesses: server.knownWeaknesses,
          source,
          alsoFrom: [],
          confidence: server.host === '{mx}' && ours === null ? 'low' : server.confidence,
          upgraded,
          provenance: { host: from, port: sealing, security: sealing, login: from, signIn: from },
          proof: null,
        };
      });
    });
}

/** Whether a row alone is enough, so that nobody need be asked: all names are known, for receiving and for sending. */
export function isWhole(row: ProviderRow): boolean {
  return (
    row.servers.every(({ host }) => !host.includes('{mx}')) &&
    row.servers.some(({ service }) => service !== 'smtp') &&
    row.servers.some(({ service }) => service === 'smtp')
  );
}
