// People at home in the memory store with Tayori's own capability of JMAP, asked as an app asks: request in, responses out. Providers are scripted
// servers on real sockets. Every octet that was answered is kept, so that a test can look for secrets.
import { inspect } from 'node:util';
import type { Log } from '../../src/base/log.ts';
import { bytesFromBase64, base64FromBytes, bytesFromUtf8, utf8FromBytes } from '../../src/base/bytes.ts';
import { openLedger } from '../../src/io/collection/ledger.ts';
import { systemChance, systemClock } from '../../src/io/clock.ts';
import { openOutsideConnector } from '../../src/io/outside-connector.ts';
import { openAddressBook } from '../../src/journey/account/addresses.ts';
import { firstMailboxes, openPeople, restMs } from '../../src/journey/account/people.ts';
import { openOutsideAccounts } from '../../src/journey/outside/accounts.ts';
import { Allowance } from '../../src/journey/outside/allowance.ts';
import { CauseTrouble } from '../../src/journey/outside/causes.ts';
import type { TokenKeeper, Vault } from '../../src/journey/outside/contract.ts';
import { boundTo } from '../../src/journey/outside/contract.ts';
import { openOAuthClients } from '../../src/journey/outside/oauth-clients.ts';
import { SignInTickets } from '../../src/journey/outside/sign-in-tickets.ts';
import { openSignInFlow } from '../../src/journey/outside/tokens.ts';
import type { CollectionProgress } from '../../src/journey/collection/contract.ts';
import type { RecordType, Resolver } from '../../src/protocol/dns/contract.ts';
import type { Asker, JmapAccount, Json, JsonObject } from '../../src/protocol/jmap/contract.ts';
import { openDispatcher } from '../../src/protocol/jmap/dispatch.ts';
import { formatId } from '../../src/protocol/jmap/ids.ts';
import { tayoriCapability } from '../../src/protocol/jmap/tayori/contract.ts';
import type { WebClient } from '../../src/protocol/web/contract.ts';
import { openMemoryDirectory } from '../../src/store/memory/directory.ts';
import { openMemoryStore } from '../../src/store/memory/store.ts';
import type { AccountId } from '../../src/store/contract.ts';
import type { Office } from '../../src/setup/office.ts';
import { openOwnCapability } from '../../src/setup/own-capability.ts';

export interface WorldOptions {
  /** Records by `TYPE name`. */
  readonly zone?: Readonly<Record<string, readonly object[]>>;
  /** PEM of authorities of providers. */
  readonly authorities?: readonly string[];
  readonly web?: WebClient;
  readonly domain?: string | null;
}

/** A seal that can be opened without a key: what is sealed is not what is looked at here. */
const vault: Vault = {
  seal: (secret, bound) => bytesFromUtf8(`${bound}\n${base64FromBytes(bytesFromUtf8(JSON.stringify(secret)))}`),
  open(sealed, bound) {
    const [of, text = ''] = utf8FromBytes(sealed).split('\n');
    if (of !== bound) throw new CauseTrouble('key-missing', 'sealed for another');
    return JSON.parse(utf8FromBytes(bytesFromBase64(text))) as ReturnType<Vault['open']>;
  },
  sealText: (text) => bytesFromUtf8(text),
  openText: (sealed) => utf8FromBytes(sealed),
};

// oxlint-disable-next-line typescript/no-explicit-any -- answers as JSON: each test knows what it looks for
export type Answered = any;

export async function openOwnWorld(options: WorldOptions = {}) {
  const [clock, chance] = [systemClock, systemChance];
  let logged = '';
  const write = (...words: readonly unknown[]): void => void (logged += `${words.map((one) => inspect(one, { depth: 10 })).join(' ')}\n`);
  const log: Log = { debug: write, info: write, warn: write, error: write, with: () => log };
  const directory = openMemoryDirectory();
  const store = openMemoryStore({ clock, chance });
  const hasher = { decoy: '', hash: async (password: string) => `#${password.length}`, verify: async () => false };
  const people = openPeople({ directory, store, hasher, clock, chance, log });
  await people.putDomain('here.test');
  const hanako = (await people.add({ address: 'hanako@here.test', name: '花子', password: 'hanako-no-himitsu' })).account;
  const taro = (await people.add({ address: 'taro@here.test', name: '太郎', password: 'taro-no-himitsu' })).account;
  const asked: string[] = [];
  const resolver: Resolver = {
    async resolve<T extends RecordType>(name: string, type: T) {
      asked.push(`${type} ${name}`);
      const records = options.zone?.[`${type} ${name}`];
      if (records === undefined) return { kind: 'none', reason: 'nxdomain', authentic: false, ttl: 60 } as const;
      return { kind: 'found', records: records as never, authentic: true, ttl: 60 } as const;
    },
  };
  const guard = { addressesOf: async () => ['127.0.0.1'] };
  const web: WebClient = options.web ?? { fetch: () => Promise.reject(new CauseTrouble('name-not-found', 'no web here')) };
  const connector = openOutsideConnector({ guard, authorities: options.authorities ?? [] });
  const accounts = openOutsideAccounts({ directory, store, vault, clock, log, firstMailboxes, restMs });
  const clients = openOAuthClients(directory, vault);
  const keeper: TokenKeeper = {
    async credentialsOf(account, side) {
      const row = directory.outsideAccount(account)!;
      const secret = vault.open(row.secret, boundTo(row));
      return { login: row[side].login, kind: secret.kind, secret: secret.kind === 'password' ? secret[side] : secret.accessToken };
    },
    refused() {},
  };
  const flow = openSignInFlow({ web, clock, chance });
  const ledger = openLedger(':memory:');
  const office = {
    settings: { hostname: 'mail.here.test', domain: options.domain === undefined ? 'here.test' : options.domain, outsidePrivate: true },
    folder: '/nowhere',
    store,
    directory,
    people,
    addresses: openAddressBook(directory),
    hasher,
    clock,
    chance,
    log,
    hurries: new Set(),
    quiets: new Set(),
    ledger: () => ledger,
    outside: {
      vault: { ...vault, state: () => 'ready' },
      accounts,
      clients,
      allowance: new Allowance(clock),
      news: new Map(),
      tickets: new SignInTickets({ clock, chance }),
      roads: async () => ({ resolver, guard, connector, web, keeper, flow }),
    },
  } as unknown as Office;
  const progress = new Map<AccountId, CollectionProgress>();
  const own = openOwnCapability({
    office,
    progressOf: (account) => progress.get(account) ?? null,
    pageUrl: (path) => `https://mail.here.test${path}`,
    discovery: { ispdb: null, lookUpMs: 2_000, graceMs: 50 },
  });
  const defects: unknown[] = [];
  const dispatcher = openDispatcher({ groups: own.groups, defect: (method, thrown) => void defects.push([method, thrown]) });
  let answers = '';

  const accountsOf = (person: AccountId): Map<string, JmapAccount> => {
    const row = directory.accountById(person)!;
    const common = { isPersonal: true, isReadOnly: false, quota: null } as const;
    const mine: JmapAccount = { ...common, account: person, id: formatId('A', person), name: row.address, kind: 'own' };
    const others = accounts
      .list(person)
      .map((one): JmapAccount => ({ ...common, account: one.id, id: formatId('A', one.id), name: one.address, kind: 'outside' }));
    return new Map([mine, ...others].map((one) => [one.id, one]));
  };

  /** One call of a person; the answer's name is put beside its arguments. `inPerson` false: an app with a key. */
  async function call(person: AccountId, name: string, args: JsonObject, inPerson = true): Promise<Answered> {
    const request = dispatcher.readValue({ using: [tayoriCapability], methodCalls: [[name, args as Json, 'c']] });
    const row = directory.accountById(person)!;
    const who: Omit<Asker, 'using' | 'createdIds'> = {
      principal: { account: person, login: row.address, name: row.name, quota: null, appPassword: null },
      accounts: accountsOf(person),
      remoteAddress: '192.0.2.1',
      session: inPerson ? 1 : null,
      inPerson,
      signal: new AbortController().signal,
    };
    const text = await dispatcher.answer(request, who, 'state');
    answers += `${text}\n`;
    const [[said, response]] = (JSON.parse(text) as { methodResponses: [[string, JsonObject, string]] }).methodResponses;
    return said === name ? response : { error: said, ...response };
  }

  /** Begins a task and waits for its end, hearing of it as push does; gives it as it is then. `each`: on every change. */
  async function work(person: AccountId, task: JsonObject, each: (task: Answered) => void = () => {}): Promise<Answered> {
    const accountId = formatId('A', person);
    let heard: () => void = () => {};
    let changed = new Promise<void>((resolve) => (heard = resolve));
    const stop = own.groups[0]!.listen!((account, types) => {
      if (account === person && types.includes('Task')) heard();
    });
    try {
      const begun = await call(person, 'Task/set', { accountId, create: { t: task } });
      if (begun.created === null || begun.created === undefined) return begun.notCreated?.t ?? begun;
      const { id } = begun.created.t;
      for (;;) {
        const next = changed;
        const [shown] = (await call(person, 'Task/get', { accountId, ids: [id] })).list;
        each(shown);
        if (shown.state !== 'running') return shown;
        await next;
        changed = new Promise<void>((resolve) => (heard = resolve));
      }
    } finally {
      stop();
    }
  }

  return {
    hanako: hanako.id,
    taro: taro.id,
    office,
    own,
    store,
    directory,
    clients,
    asked,
    progress,
    defects,
    call,
    work,
    flow,
    idOf: (account: AccountId) => formatId('A', account),
    answers: () => answers,
    logged: () => logged,
    async close() {
      own.close();
      await ledger.close();
    },
  };
}

export type OwnWorld = Awaited<ReturnType<typeof openOwnWorld>>;
