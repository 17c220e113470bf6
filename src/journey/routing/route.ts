// From a domain to the servers that take its letters (RFC 5321 §5.1, RFC 7505). Knows the rules of MX; knows no socket.
import type { Chance } from '../../base/clock.ts';
import { Unavailable } from '../../base/trouble.ts';
import type { Answer, RecordData, Resolver } from '../../protocol/dns/contract.ts';
import { addressOfLiteral } from '../../protocol/smtp/grammar/domain.ts';
import { isGlobalAddress } from '../../base/address-range.ts';
import type { Route, RouteHost, Router } from './contract.ts';

export interface RouterParts {
  readonly resolver: Resolver;
  readonly chance: Chance;
  /** Our own names as other servers see them: a route that leads back to us is a loop. */
  readonly ownNames: readonly string[];
  /** Loopback and private addresses are refused (reliability FT-11) unless this is a closed network. */
  readonly privateAddresses: boolean;
  readonly port: number;
  /** All letters go to this server instead: the owner's relay, where port 25 is blocked. */
  readonly smarthost: Omit<RouteHost, 'addresses'> | null;
}

/** MX hosts tried for one letter (RFC 5321 §5.1 asks for two at least), and addresses of one host. */
const hostMax = 8;
const addressMax = 4;

export function openRouter(parts: RouterParts): Router {
  return {
    route: (domain) =>
      parts.smarthost
        ? routeToSmarthost(parts, parts.smarthost)
        : domain.startsWith('[')
          ? Promise.resolve(routeToLiteral(parts, domain))
          : routeToDomain(parts, domain),
  };
}

async function routeToDomain(parts: RouterParts, domain: string): Promise<Route> {
  const answer = await parts.resolver.resolve(domain, 'MX');
  if (answer.kind === 'none' && answer.reason === 'nxdomain') return never('5.1.2', `there is no domain ${domain}`);
  // RFC 5321 §5.1: without MX records the domain itself is its server.
  const records = answer.kind === 'found' ? answer.records : [{ preference: 0, exchange: domain }];
  // RFC 7505 §3.
  if (records.length === 1 && records[0]!.exchange === '') return never('5.1.10', `${domain} takes no mail (null MX)`);
  const ordered = order(
    records.filter((record) => record.exchange !== ''),
    parts.chance,
  );
  const own = ordered.findIndex((record) => parts.ownNames.includes(record.exchange.toLowerCase()));
  // RFC 5321 §5.1: only servers preferred to ourselves, or the letter would go round.
  const usable = own < 0 ? ordered : ordered.filter((record) => record.preference < ordered[own]!.preference);
  if (usable.length === 0)
    return never(
      '5.4.6',
      own < 0 ? `${domain} names no mail server` : `${domain} names this server as its mail server, but it is no domain of ours`,
    );

  const hosts: RouteHost[] = [];
  let privateOnly = false;
  let trouble: unknown = null;
  for (const { exchange } of usable.slice(0, hostMax)) {
    let addresses: string[];
    try {
      addresses = await addressesOf(parts.resolver, exchange);
    } catch (cause) {
      trouble = cause;
      continue;
    }
    const allowed = parts.privateAddresses ? addresses : addresses.filter(isGlobalAddress);
    if (allowed.length > 0)
      hosts.push({
        name: exchange.toLowerCase(),
        port: parts.port,
        addresses: allowed.slice(0, addressMax),
        implicitTls: false,
        login: null,
        security: 'opportunistic',
      });
    else if (addresses.length > 0) privateOnly = true;
  }
  if (hosts.length > 0) return { kind: 'hosts', hosts, mx: usable.map(({ exchange }) => exchange), authentic: answer.authentic };
  if (trouble !== null) throw trouble;
  if (privateOnly) return never('5.4.6', `the mail servers of ${domain} have only private or local addresses`);
  // RFC 5321 §5.1: MX records whose hosts have no address are an error; it may be one that somebody is about to mend.
  if (answer.kind === 'found')
    throw new Unavailable('dns', `the mail servers of ${domain} (${usable.map(({ exchange }) => exchange).join(', ')}) have no address`);
  return never('5.1.2', `${domain} has neither a mail server nor an address`);
}

function routeToLiteral(parts: RouterParts, literal: string): Route {
  const address = addressOfLiteral(literal);
  if (address === null) return never('5.1.3', `${literal} is no address`);
  if (!parts.privateAddresses && !isGlobalAddress(address)) return never('5.4.6', `${literal} is a private or local address`);
  return {
    kind: 'hosts',
    hosts: [{ name: address, port: parts.port, addresses: [address], implicitTls: false, login: null, security: 'opportunistic' }],
    mx: [literal],
    authentic: false,
  };
}

async function routeToSmarthost(parts: RouterParts, smarthost: Omit<RouteHost, 'addresses'>): Promise<Route> {
  // The operator chose this host: it may well be in the house.
  const addresses = /^[0-9.]+$|:/.test(smarthost.name) ? [smarthost.name] : await addressesOf(parts.resolver, smarthost.name);
  if (addresses.length === 0) throw new Unavailable('dns', `the relay ${smarthost.name} has no address`);
  return { kind: 'hosts', hosts: [{ ...smarthost, addresses: addresses.slice(0, addressMax) }], mx: [smarthost.name], authentic: false };
}

/** IPv6 first (RFC 6724); one family's trouble does not hide the other's answer. */
async function addressesOf(resolver: Resolver, host: string): Promise<string[]> {
  const [six, four] = await Promise.allSettled([resolver.resolve(host, 'AAAA'), resolver.resolve(host, 'A')]);
  const read = (result: PromiseSettledResult<Answer<'A' | 'AAAA'>>) =>
    result.status === 'fulfilled' && result.value.kind === 'found' ? result.value.records.map((record) => record.address) : [];
  const addresses = [...read(six), ...read(four)];
  const failed = [six, four].find((result) => result.status === 'rejected');
  if (addresses.length === 0 && failed) throw failed.reason;
  return addresses;
}

/** RFC 5321 §5.1: by preference, equals in random order. */
function order(records: readonly RecordData['MX'][], chance: Chance): RecordData['MX'][] {
  return records
    .map((record) => ({ record, lot: chance.fraction() }))
    .sort((a, b) => a.record.preference - b.record.preference || a.lot - b.lot)
    .map(({ record }) => record);
}

function never(status: string, words: string): Route {
  return { kind: 'never', status, words };
}
