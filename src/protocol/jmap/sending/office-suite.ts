// A small post office in memory for the tests of writing and sending by JMAP: some people, a store, the desk, the arrival, a clock that is
// set by hand. Test code only.
import { bytesFromUtf8, latin1FromBytes } from '../../../base/bytes.ts';
import type { Chance, Clock } from '../../../base/clock.ts';
import { silentLog, type Log } from '../../../base/log.ts';
import { openAddressBook } from '../../../journey/account/addresses.ts';
import { openRecipientLists } from '../../../journey/account/recipients.ts';
import { openArrivals } from '../../../journey/arrival/arrival.ts';
import type { Arrivals } from '../../../journey/arrival/contract.ts';
import { openReporter } from '../../../journey/report/dsn.ts';
import { ComingReports } from '../../../journey/submission/coming-reports.ts';
import { openSendingDesk, type OpenDesk } from '../../../journey/submission/desk.ts';
import { FollowUp } from '../../../journey/submission/follow-up.ts';
import type { AccountId, MailStore } from '../../../store/contract.ts';
import type { Directory } from '../../../store/directory-contract.ts';
import { openMemoryDirectory } from '../../../store/memory/directory.ts';
import { openMemoryStore } from '../../../store/memory/store.ts';
import { openBlobs } from '../blobs.ts';
import type { JmapAccount, Json, JsonObject, MethodGroup } from '../contract.ts';
import { openDispatcher, type Dispatcher, type Who } from '../dispatch.ts';
import { writeMethods } from '../mail/write-methods.ts';
import { parseRequest, type AskedCalls } from './asking-suite.ts';
import { sendingGroups } from './groups.ts';

export const began = Date.UTC(2026, 10, 23, 12);

export interface SetClock extends Clock {
  time: number;
}

export function setClock(): SetClock {
  return {
    time: began,
    now() {
      return this.time;
    },
    monotonic() {
      return this.time - began;
    },
    after: () => () => {},
  };
}

export interface Post {
  readonly store: MailStore;
  readonly directory: Directory;
  readonly clock: SetClock;
  readonly desk: OpenDesk;
  readonly arrivals: Arrivals;
  readonly followUp: FollowUp;
  readonly accounts: ReadonlyMap<string, JmapAccount>;
  readonly dispatcher: Dispatcher;
  who(person: string): Who;
  /** Answers of the calls, by the person. `$` in front of an account's name stands for its id. */
  ask(person: string, calls: AskedCalls): Promise<readonly (readonly [string, JsonObject, string])[]>;
  /** The one answer of one call. */
  one(person: string, name: string, args: JsonObject): Promise<JsonObject>;
  mailbox(person: string, role: string): Promise<string>;
  upload(person: string, text: string | Uint8Array, type?: string): Promise<string>;
  letters(person: string, mailbox: string): Promise<string[]>;
  /** Sends what is due. */
  runDue(): Promise<number>;
}

export interface PostOptions {
  readonly undoMs?: number;
  readonly recipientsPerHour?: number;
  readonly letterMax?: number;
  /** Octets of a letter that may be kept; as many as may be sent when missing. */
  readonly importMax?: number;
  /** Made of the store what the desk sees. */
  readonly wrap?: (store: MailStore) => MailStore;
  readonly store?: MailStore;
  /** Of what becomes of letters that went. */
  readonly log?: Log;
  /** Instead of a clock that is set by hand and chance that is the same each time. */
  readonly world?: { readonly clock: Clock; readonly chance: Chance };
}

export async function openPost(options: PostOptions = {}): Promise<Post> {
  const hand = setClock();
  const clock = options.world?.clock ?? hand;
  let counter = 0;
  const chance: Chance = options.world?.chance ?? {
    bytes: (length: number) => Uint8Array.from({ length }, (_, index) => (++counter * 37 + index * 11 + (counter >> 7)) & 255),
    fraction: () => 0.5,
  };
  const directory = openMemoryDirectory();
  const store = options.store ?? openMemoryStore({ clock, chance });
  await directory.putDomain({ name: 'local.test', catchAll: null, subaddress: '+' });
  const accounts = new Map<string, JmapAccount>();
  for (const name of ['hanako', 'taro', 'jiro']) {
    const row = await directory.addAccount({
      address: `${name}@local.test`,
      name: name === 'hanako' ? '花子' : name,
      passwordHash: '',
      scram: {},
      quota: name === 'jiro' ? 20_000 : null,
      createdAt: 0,
      closedAt: null,
    });
    await store.createAccount(row.id, [
      { name: 'Drafts', role: 'drafts' },
      { name: 'Sent', role: 'sent' },
      { name: 'Trash', role: 'trash' },
      { name: 'Archive', role: 'archive' },
    ]);
    accounts.set(name, {
      account: row.id,
      id: `A${row.id}`,
      name: row.address,
      isPersonal: true,
      isReadOnly: false,
      quota: row.quota,
      kind: 'own',
    });
  }
  await directory.putAlias({ address: 'info@local.test', targets: ['hanako@local.test'] });
  await directory.putAlias({ address: 'all@local.test', targets: ['hanako@local.test', 'taro@local.test'] });
  const addresses = openAddressBook(directory);
  const recipients = openRecipientLists({ addresses, directory, store, clock, queueLifetime: 86_400_000 });
  const names = { hostName: 'mail.local.test', domain: 'local.test' };
  const seen = options.wrap?.(store) ?? store;
  const placing = openArrivals({ store, directory, addresses, recipients, hostName: names.hostName, clock, chance, log: silentLog });
  const coming = new ComingReports();
  const arrivals: Arrivals = {
    arrive: coming.watch((letter, placements) => placing.arrive(letter, placements)),
    sort: (account, messages) => placing.sort(account, messages),
  };
  const followUp = new FollowUp({ store, addresses, clock, log: options.log ?? silentLog, coming });
  const desk = openSendingDesk({
    followUp,
    news: followUp,
    store: seen,
    directory,
    addresses,
    recipients,
    hostName: names.hostName,
    clock,
    chance,
    log: silentLog,
    recipientsPerHour: options.recipientsPerHour ?? 100,
    recipientsMax: 100,
    letterMax: options.letterMax ?? 10_000_000,
    reporter: openReporter({ ...names, recipients, clock, chance }),
    arrivals,
  });
  const write = {
    store,
    blobs: openBlobs(store),
    clock,
    chance,
    hostName: names.hostName,
    letterMax: options.importMax ?? options.letterMax ?? 10_000_000,
  };
  const mail: MethodGroup = {
    capability: 'urn:ietf:params:jmap:mail',
    methods: writeMethods(write),
    session: () => ({}),
    account: () => ({}),
  };
  const groups = [mail, ...sendingGroups({ write, desk, undoMs: () => options.undoMs ?? 0 })];
  const dispatcher = openDispatcher({
    groups,
    defect: (method, thrown) => {
      throw new Error(`a defect of ${method}`, { cause: thrown });
    },
  });
  const idsOf = (value: Json): Json =>
    JSON.parse(JSON.stringify(value).replace(/"\$(hanako|taro|jiro)"/g, (_, name: string) => `"${accounts.get(name)!.id}"`)) as Json;
  const post: Post = {
    store,
    directory,
    clock: hand,
    desk,
    arrivals,
    followUp,
    accounts,
    dispatcher,
    who(person) {
      const own = accounts.get(person)!;
      // Each of these people may use all three accounts, so that letters can be copied.
      const usable = [own, ...[...accounts.values()].filter((one) => one !== own)];
      return {
        principal: { account: own.account, login: own.name, name: person, quota: own.quota, appPassword: null },
        accounts: new Map(usable.map((one) => [one.id, one])),
        remoteAddress: '192.0.2.1',
        session: null,
        inPerson: false,
        signal: new AbortController().signal,
      };
    },
    async ask(person, calls) {
      const request = parseRequest(
        dispatcher,
        groups.map(({ capability }) => capability),
        idsOf(calls as unknown as Json),
      );
      const answer = JSON.parse(await dispatcher.answer(request, post.who(person), 's')) as {
        methodResponses: [string, JsonObject, string][];
      };
      return answer.methodResponses;
    },
    async one(person, name, args) {
      const [first] = await post.ask(person, [[name, { accountId: `$${person}`, ...args }, '0']]);
      return first![0] === 'error' ? { error: first![1] } : first![1];
    },
    async mailbox(person, role) {
      const found = (await store.mailboxes(accounts.get(person)!.account)).find(
        (one) => one.role === role || (role === 'inbox' && one.name === 'INBOX'),
      );
      return `F${found!.id}`;
    },
    async upload(person, text, type = 'application/octet-stream') {
      const spool = store.spool(100_000_000);
      await spool.add(typeof text === 'string' ? bytesFromUtf8(text) : text);
      return `U${(await store.uploads.add(accounts.get(person)!.account, spool, type)).id}`;
    },
    letters: async (person, mailbox) =>
      readMailbox(store, accounts.get(person)!.account, Number((await post.mailbox(person, mailbox)).slice(1))),
    async runDue() {
      const due = await store.items.due(clock.now(), 100);
      for (const item of due) if (item.kind === 'submission') await desk.due(item);
      return due.length;
    },
  };
  return post;
}

async function readMailbox(store: MailStore, account: AccountId, mailbox: number): Promise<string[]> {
  const state = await store.openMailbox(account, mailbox);
  const letters = await store.readLetters(account, state.messages.slice(0, state.count));
  state.release();
  return letters.map((letter) => latin1FromBytes(letter!));
}
