// JMAP as the running program has it: the groups of methods, the hub of changes, Web Push, joined once for all ports. Knows which part needs which;
// knows no method and no HTTP.
import { openVapid, type Vapid } from '../io/web-push/vapid.ts';
import { openPushDelivery } from '../io/web-push/deliver.ts';
import { openPushWishes } from './push-wishes.ts';
import { hasSecondFactor } from '../journey/account/factors.ts';
import { blobCopy, blobGroup } from '../protocol/jmap/blob-methods.ts';
import { openBlobs } from '../protocol/jmap/blobs.ts';
import type { Blobs, MethodGroup } from '../protocol/jmap/contract.ts';
import { coreGroup } from '../protocol/jmap/core-methods.ts';
import { openDispatcher } from '../protocol/jmap/dispatch.ts';
import { openJmapPeople } from '../protocol/jmap/people.ts';
import { PushHub } from '../protocol/jmap/push-hub.ts';
import { PushSender } from '../protocol/jmap/push-sender.ts';
import { pushMethods } from '../protocol/jmap/push-subscriptions.ts';
import { quotaGroup } from '../protocol/jmap/quota.ts';
import { openJmapService, type JmapService } from '../protocol/jmap/service.ts';
import type { Office } from './office.ts';

export type JmapOffice = Pick<Office, 'store' | 'directory' | 'webSessions' | 'clock' | 'chance' | 'log'> & {
  readonly outside: Pick<Office['outside'], 'vault' | 'roads'>;
};

export interface JmapParts {
  readonly office: JmapOffice;
  /** The domain of the operator, who is written to by push services. */
  readonly domain: string;
  /** Further groups, made of what these need. */
  readonly groups?: (parts: { readonly blobs: Blobs }) => readonly MethodGroup[];
}

export interface OpenJmap {
  readonly service: JmapService;
  close(): Promise<void>;
}

export function openJmap({ office, domain, groups = () => [] }: JmapParts): OpenJmap {
  const { store, directory, webSessions, clock, chance, log, outside } = office;
  const defect = (what: string, thrown: unknown): void => log.error('jmap-defect', { what }, thrown);
  const people = openJmapPeople(
    directory,
    (person) => webSessions.list(person).map(({ id }) => id),
    (person) => hasSecondFactor(directory, person),
  );
  const blobs = openBlobs(store);

  // Opened when somebody looks at a session or a push goes out: the vault's key is not made for nothing.
  let vapid: Promise<Vapid | null> | null = null;
  let known: Vapid | null = null;
  const vapidOnce = (): Promise<Vapid | null> =>
    (vapid ??= openVapid({ vault: outside.vault, directory, clock, contact: `mailto:postmaster@${domain}` }).then(
      (opened) => (known = opened),
      (trouble: unknown) => {
        log.warn('no web push: its key cannot be opened', {}, trouble);
        return null;
      },
    ));

  const all: MethodGroup[] = [
    coreGroup({
      'Blob/copy': blobCopy({ store, blobs }),
      ...pushMethods({
        store,
        clock,
        chance,
        credentialsOf: (asker) => people.credentialsOf(asker),
        changed: (account, made) => void sender.changed(account, made),
      }),
    }),
    blobGroup({ store, blobs }),
    quotaGroup(store),
    ...groups({ blobs }),
  ];
  const hub = new PushHub({
    store,
    clock,
    groups: all,
    keep: async (account) => {
      const shelf = await store.openShelf(account);
      return () => shelf.release();
    },
    defect,
  });
  const sender = new PushSender({
    store,
    hub,
    clock,
    chance,
    deliver: async (to, message, urgent) => {
      const key = await vapidOnce();
      if (key === null) return { kind: 'later', waitMs: 3_600_000 };
      return openPushDelivery(async () => (await outside.roads()).web, key)(to, message, urgent);
    },
    accountsOf: (person) => {
      const accounts = people.accountsOf(person);
      return accounts === null ? null : [...accounts.values()];
    },
    isValid: (person, credentials) => people.isValid(person, credentials),
    wants: openPushWishes(store),
    defect,
  });
  const dispatcher = openDispatcher({ groups: all, defect });
  const service = openJmapService({
    dispatcher,
    blobs,
    store,
    hub,
    people,
    clock,
    prepare: async () => void (await vapidOnce()),
    applicationServerKey: () => known?.publicKey ?? null,
  });
  const stop = directory.onChange(() => void sender.refresh());
  void sender.start(
    directory
      .accounts()
      .filter(({ closedAt }) => closedAt === null)
      .map(({ id }) => id),
  );
  return {
    service,
    close: async () => {
      stop();
      sender.close();
      service.close();
    },
  };
}
