// Joins discovery with the real DNS and the real web, as commands use it. Knows the parts; decides nothing.
import { silentLog, type Log } from '../../base/log.ts';
import { openWebClient } from '../../io/http/web-client.ts';
import { openResolver } from '../../io/resolver/resolver.ts';
import { openGuard } from '../../journey/outside/guard.ts';
import type { DiscoverOptions, DiscoverParts } from './discover.ts';
import type { Probe } from './contract.ts';

export interface Surroundings {
  /** DNS servers to ask; none: those of this machine. */
  readonly resolvers: readonly string[];
  /** Whether servers in private networks may be asked: for the machine's owner, never for others (reliability S-22). */
  readonly privateAllowed: boolean;
  readonly options?: Partial<DiscoverOptions>;
  readonly probe: Probe | null;
  readonly log?: Log;
  /** For tests and closed networks. */
  readonly authorities?: readonly string[];
  readonly webPorts?: { readonly https?: number; readonly http?: number; readonly others?: boolean };
}

export function openDiscovery({
  resolvers,
  privateAllowed,
  options,
  probe,
  log = silentLog,
  authorities,
  webPorts,
}: Surroundings): DiscoverParts {
  const resolver = openResolver({ servers: resolvers, log });
  const guard = openGuard({ resolver, privateAllowed });
  const web = openWebClient({ guard, ...(authorities && { authorities }), ...(webPorts && { ports: webPorts }) });
  return { resolver, web, probe, ...(options && { options }) };
}
