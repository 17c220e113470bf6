// Whether we may go where a name of somebody else leads. Knows the DNS by its contract and which addresses are private; connects to nothing.
import { isGlobalAddress } from '../../base/address-range.ts';
import { CauseTrouble } from './causes.ts';
import type { Resolver } from '../../protocol/dns/contract.ts';
import type { OutsideGuard } from './contract.ts';

export interface GuardParts {
  readonly resolver: Resolver;
  /** Only for the machine's owner and closed networks: servers at home, at work, and in tests. */
  readonly privateAllowed: boolean;
}

/** Addresses of one name that are tried at most. */
const addressesMax = 6;

export function openGuard({ resolver, privateAllowed }: GuardParts): OutsideGuard {
  return {
    async addressesOf(host) {
      const literal = /^[0-9.]+$/.test(host) || host.includes(':');
      const found = literal ? [host] : await lookUp(host, resolver);
      if (found.length === 0) throw new CauseTrouble('name-not-found', `there is no server by the name ${host}`);
      const open = privateAllowed ? found : found.filter(isGlobalAddress);
      if (open.length === 0)
        throw new CauseTrouble('private-address', `${host} leads into a private network, where this server does not go for others`);
      return open.slice(0, addressesMax);
    },
  };
}

/** IPv6 and IPv4 by turns (RFC 8305 §4), so that a network with one of them alone costs one failed try. */
async function lookUp(host: string, resolver: Resolver): Promise<string[]> {
  const asked = await Promise.allSettled([resolver.resolve(host, 'AAAA'), resolver.resolve(host, 'A')]);
  const lists = asked.map((one) =>
    one.status === 'fulfilled' && one.value.kind === 'found' ? one.value.records.map(({ address }) => address) : [],
  );
  const failed = asked.find((one) => one.status === 'rejected');
  const [six = [], four = []] = lists;
  if (failed && six.length + four.length === 0) throw failed.reason;
  return Array.from({ length: Math.max(six.length, four.length) }, (_, at) => [six[at], four[at]])
    .flat()
    .filter((address) => address !== undefined);
}
