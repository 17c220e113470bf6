// A small world for tests of mail by JMAP: one account in the memory store, a dispatcher with the mail group, and the acts of IMAP beside it.
// Knows the store; every answer goes through the text of a whole request, as from a client.
import { bytesFromUtf8 } from '../../../base/bytes.ts';
import type { FlagChange, MailboxId, MailStore, Uid } from '../../../store/contract.ts';
import { openMemoryStore } from '../../../store/memory/store.ts';
import { openBlobs } from '../blobs.ts';
import type { JmapAccount, Json, JsonObject } from '../contract.ts';
import { coreGroup } from '../core-methods.ts';
import { openDispatcher, type Dispatcher, type Who } from '../dispatch.ts';
import { mailCapability, mailGroup } from './group.ts';

export interface MailWorld {
  readonly store: MailStore;
  readonly dispatcher: Dispatcher;
  readonly who: Who;
  /** One method call. */
  call(name: string, args: JsonObject): Promise<readonly [name: string, args: JsonObject]>;
  /** The same, which has to succeed. */
  ask(name: string, args: JsonObject): Promise<Record<string, never> & JsonObject>;
  /** All calls of one request. */
  request(calls: readonly Json[]): Promise<readonly (readonly [string, JsonObject, string])[]>;
  mailbox(name: string): Promise<MailboxId>;
  append(mailbox: string, text: string, flags?: readonly string[], receivedAt?: number): Promise<Uid>;
  setFlags(mailbox: string, uids: readonly Uid[], how: FlagChange['how'], flags: readonly string[]): Promise<void>;
  expunge(mailbox: string, uids: readonly Uid[]): Promise<void>;
  copy(from: string, uids: readonly Uid[], to: string, move: boolean): Promise<void>;
}

const worldAccount: JmapAccount = {
  account: 1,
  id: 'A1',
  name: 'hana@example.org',
  isPersonal: true,
  isReadOnly: false,
  quota: null,
  kind: 'own',
};

export async function openMailWorld(options: { readonly readOnly?: boolean; readonly store?: MailStore } = {}): Promise<MailWorld> {
  let now = Date.UTC(2026, 0, 1);
  let random = 0;
  const store =
    options.store ??
    openMemoryStore({
      clock: { now: () => (now += 1000), monotonic: () => now, after: () => () => {} },
      chance: { bytes: (length) => new Uint8Array(length).map(() => (random = (random * 29 + 7) & 0xff)), fraction: () => 0.5 },
    });
  await store.createAccount(1, [
    { name: 'Archive', role: 'archive' },
    { name: 'Drafts', role: 'drafts' },
    { name: 'Trash', role: 'trash' },
  ]);
  const group = mailGroup({ store, blobs: openBlobs(store), maxSizeAttachmentsPerEmail: 50_000_000 });
  const dispatcher = openDispatcher({
    groups: [coreGroup(), group],
    defect: (_method, thrown) => {
      throw thrown;
    },
  });
  const account = { ...worldAccount, isReadOnly: options.readOnly ?? false };
  const who: Who = {
    principal: { account: 1, login: 'hana', name: 'Hana', quota: null, appPassword: null },
    accounts: new Map([[account.id, account]]),
    remoteAddress: '127.0.0.1',
    session: null,
    inPerson: false,
    signal: new AbortController().signal,
  };
  const request: MailWorld['request'] = async (calls) => {
    const body = JSON.stringify({ using: ['urn:ietf:params:jmap:core', mailCapability], methodCalls: calls });
    const answer = await dispatcher.answer(dispatcher.read(bytesFromUtf8(body)), who, '1');
    return (JSON.parse(answer) as { methodResponses: [string, JsonObject, string][] }).methodResponses;
  };
  const call: MailWorld['call'] = async (name, args) => {
    const [response] = await request([[name, { accountId: 'A1', ...args }, '0']]);
    return [response![0], response![1]];
  };
  const mailbox = async (name: string): Promise<MailboxId> => {
    const found = (await store.mailboxes(1)).find((each) => each.name === name);
    if (found === undefined) throw new Error(`no mailbox ${name}`);
    return found.id;
  };
  return {
    store,
    dispatcher,
    who,
    call,
    request,
    mailbox,
    async ask(name, args) {
      const [answered, response] = await call(name, args);
      if (answered !== name) throw new Error(`${name}: ${JSON.stringify(response)}`);
      return response as Record<string, never> & JsonObject;
    },
    async append(name, text, flags = [], receivedAt) {
      const spool = store.spool(100_000_000);
      await spool.add(bytesFromUtf8(text.replaceAll(/\r?\n/g, '\r\n')));
      const { uids } = await store.append(
        1,
        await mailbox(name),
        [{ spool, flags, ...(receivedAt === undefined ? {} : { receivedAt }) }],
        null,
      );
      return uids[0]!;
    },
    async setFlags(name, uids, how, flags) {
      await store.setFlags(1, await mailbox(name), uids, { how, flags });
    },
    async expunge(name, uids) {
      await store.expunge(1, await mailbox(name), uids, false);
    },
    async copy(from, uids, to, move) {
      await store.copy(1, await mailbox(from), uids, await mailbox(to), { move, quota: null });
    },
  };
}
