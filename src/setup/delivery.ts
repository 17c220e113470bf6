// The road out: router, resolver, lanes, reports and the queue joined. Knows the parts and the setting "delivery"; knows no rule of theirs.
import { once } from '../base/once.ts';
import { inboxOf } from '../journey/outside/accounts.ts';
import { causeSides, type Cause } from '../journey/outside/causes.ts';
import { sentenceOf } from '../journey/outside/cause-sentences.ts';
import type { DeliveryParts } from '../journey/delivery/lane.ts';
import type { SentNews } from '../journey/submission/contract.ts';
import type { Router } from '../journey/routing/contract.ts';
import type { QueueRunner } from '../journey/queue/runner.ts';
import type { Resolver } from '../protocol/dns/contract.ts';
import type { Office } from './office.ts';

export interface DeliveryNames {
  /** Our name in HELO. */
  readonly hostName: string;
  /** The domain of the postmaster who signs reports. */
  readonly domain: string;
}

export interface Delivery {
  /** Settles when what is on its way has been written down, or after a few seconds. */
  close(): Promise<void>;
}

const farewellMs = 4_000;

/** With `delivery = "off"`, and in the demo, nothing goes out: the sender hears it at once, by a report. */
const stayHome: Router = {
  route: async () => ({ kind: 'never', status: '5.7.1', words: 'this server sends nothing to other servers (its setting "delivery")' }),
};

/** Starts the queue. */
export async function startDelivery(office: Office, names: DeliveryNames, news: SentNews): Promise<Delivery> {
  const runner = await joinDelivery(office, names, news);
  runner.start();
  office.hurries.add(() => runner.hurry());
  return {
    async close() {
      // A peer may let us wait for ten minutes after the last octet; its letter is tried again when the lease is over.
      const { promise: tooLong, resolve } = Promise.withResolvers<void>();
      const cancel = office.clock.after(farewellMs, resolve);
      await Promise.race([runner.stop(), tooLong]);
      cancel();
    },
  };
}

async function joinDelivery(office: Office, names: DeliveryNames, news: SentNews): Promise<QueueRunner> {
  const { store, recipients, clock, chance, log, meter } = office;
  const [{ QueueRunner }, { openLanes }, { openReporter }, { openLineConnector }, { openSmtpClient }, router] = await Promise.all([
    import('../journey/queue/runner.ts'),
    import('../journey/delivery/lane.ts'),
    import('../journey/report/dsn.ts'),
    import('../io/line-connector.ts'),
    import('../protocol/smtp/client.ts'),
    joinRouter(office, names),
  ]);
  const shared = { clock, chance, log, meter };
  const openLane = openLanes({
    ...shared,
    provider: providerRoads(office),
    router,
    connector: openLineConnector({ localAddress: null }),
    openClient: openSmtpClient,
    hostName: names.hostName,
  });
  const reporter = openReporter({
    ...names,
    recipients,
    clock,
    chance,
    explain,
    inboxOf: (account) => inboxOf(account, office.directory),
  });
  return new QueueRunner({ ...shared, store, openLane, reporter, news });
}

/** As a report says it: what is wrong, and the one thing to do. */
function explain(cause: string, language: 'ja' | 'en'): string | null {
  if (!Object.hasOwn(causeSides, cause)) return null;
  const { wrong, next } = sentenceOf(cause as Cause, language);
  return `${wrong}${language === 'ja' ? '' : ' '}${next}`;
}

/** The roads through people's own providers, loaded with the first letter that takes one. */
function providerRoads({ outside, directory, clock, log }: Office): NonNullable<DeliveryParts['provider']> {
  const roads = once(async () => {
    const [{ openProviderRoads }, { readSmtpFailure }, { connector, keeper }] = await Promise.all([
      import('../journey/delivery/provider.ts'),
      import('../journey/outside/smtp-failures.ts'),
      outside.roads(),
    ]);
    return openProviderRoads({ directory, connector, keeper, readFailure: readSmtpFailure, clock, log });
  });
  return (via) => {
    let road: ReturnType<NonNullable<DeliveryParts['provider']>> | null = null;
    return {
      router: {
        async route(domain) {
          road ??= (await roads())(via);
          return road.router.route(domain);
        },
      },
      // Nothing is connected or judged before there is a route.
      connector: { connect: (target, patience) => road!.connector.connect(target, patience) },
      judge: (failure) => road!.judge!(failure),
      taken: () => road!.taken!(),
    };
  };
}

async function joinRouter(office: Office, names: DeliveryNames): Promise<Router> {
  const { settings, chance } = office;
  const delivery = settings.delivery === 'auto' ? (settings.domain === null ? 'off' : 'internet') : settings.delivery;
  if (delivery === 'off') return stayHome;
  const [{ openRouter }, resolver] = await Promise.all([import('../journey/routing/route.ts'), openOfficeResolver(office)]);
  return openRouter({
    resolver,
    chance,
    ownNames: [names.hostName],
    privateAddresses: delivery === 'private',
    port: settings.deliveryPort,
    smarthost: settings.relay,
  });
}

/** The resolver of the settings; also for `tayori check`. */
export async function openOfficeResolver({ settings, log }: Pick<Office, 'settings' | 'log'>): Promise<Resolver> {
  const { openResolver } = await import('../io/resolver/resolver.ts');
  return openResolver({ servers: settings.resolvers, log });
}
