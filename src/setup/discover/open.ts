// Joins discovery with the real DNS and the real web, as commands use it. Knows the parts; decides nothing.
import { silentLog, type Log } from '../../base/log.ts';
import { openWebClient } from '../../io/http/web-client.ts';
import { systemChance, systemClock } from '../../io/clock.ts';
import { openOutsideConnector } from '../../io/outside-connector.ts';
import { openResolver } from '../../io/resolver/resolver.ts';
import { openGuard } from '../../journey/outside/guard.ts';
import type { DiscoverOptions, DiscoverParts } from './discover.ts';
import { openProbe } from './probe.ts';

export interface Surroundings {
  /** DNS servers to ask; none: those of this machine. */
  readonly resolvers: readonly string[];
  /** Whether servers in private networks may be asked: for the machine's owner, never for others (reliability S-22). */
  readonly privateAllowed: boolean;
  readonly options?: Partial<DiscoverOptions>;
  /** Whether the servers found are tried. */
  readonly probing: boolean;
  readonly log?: Log;
  /** For tests and closed networks. */
  readonly authorities?: readonly string[];
  readonly webPorts?: { readonly https?: number; readonly http?: number; readonly others?: boolean };
}

export function openDiscovery(surroundings: Surroundings): DiscoverParts {
  const { resolvers, privateAllowed, options, probing, log = silentLog, authorities, webPorts } = surroundings;
  const resolver = openResolver({ servers: resolvers, log });
  const guard = openGuard({ resolver, privateAllowed });
  const believed = authorities ? { authorities } : {};
  return {
    resolver,
    web: openWebClient({ guard, ...believed, ...(webPorts && { ports: webPorts }) }),
    probe: probing
      ? openProbe({ connector: openOutsideConnector({ guard, ...believed }), clock: systemClock, chance: systemChance })
      : null,
    ...(options && { options }),
  };
}
