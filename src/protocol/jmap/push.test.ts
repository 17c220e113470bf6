import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bytesFromUtf8 } from '../../base/bytes.ts';
import { FalseClock } from '../../../test/support/clock.ts';
import { systemChance } from '../../io/clock.ts';
import type { MailStore } from '../../store/contract.ts';
import type { JsonObject, MethodGroup } from './contract.ts';
import { coreGroup } from './core-methods.ts';
import { openDispatcher } from './dispatch.ts';
import { formatStateChange, gatherMs, PushHub, type Changed } from './push-hub.ts';
import { messageMax, portionOf, PushSender, type PushOutcome } from './push-sender.ts';
import { pushCreationsMax, pushKind, pushLifeMs, pushMethods, pushSubscriptionsMax } from './push-subscriptions.ts';
import { inboxOf, openTestStore, testAccounts, testWho } from './test-office.ts';

/** The states that a letter's coming changes, read as simply as can be. */
function mailOf(store: MailStore, type: string): MethodGroup {
  const state = async ({ account }: { readonly account: number }): Promise<string> =>
    String(Math.max(...(await store.mailboxes(account)).map(({ highestModSeq }) => highestModSeq)));
  return {
    capability: 'urn:ietf:params:jmap:mail',
    methods: {},
    session: () => ({}),
    account: () => ({}),
    states: { [type]: state, Mailbox: state, Quota: async () => 'none' },
  };
}

async function openWorld(type = 'Email') {
  const clock = new FalseClock();
  const store = await openTestStore(clock, systemChance);
  const defects: unknown[] = [];
  const defect = (_what: string, thrown: unknown): void => void defects.push(thrown);
  const kept = new Set<number>();
  const hub = new PushHub({
    store,
    clock,
    groups: [mailOf(store, type)],
    keep: async (account) => {
      kept.add(account);
      return () => void kept.delete(account);
    },
    defect,
  });
  const inbox = await inboxOf(store);
  const append = async (): Promise<void> => {
    const spool = store.spool(1000);
    await spool.add(bytesFromUtf8('Subject: x\r\n\r\nx\r\n'));
    await store.append(1, inbox, [{ spool, flags: [] }], null);
  };
  const pass = (ms: number): Promise<void> => clock.advance(ms, settle);
  return { clock, store, hub, defects, defect, kept, append, pass };
}

/** Lets all that is under way in memory come to its end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((done) => setImmediate(done));
}

const plain = (changed: Changed): object => Object.fromEntries([...changed].map(([id, states]) => [id, [...states.keys()]]));

describe('the hub', () => {
  test('what happens within a moment is told as one, and what a listener does not want not at all', async () => {
    const { hub, append, pass, kept } = await openWorld();
    const [all, some, none]: Changed[][] = [[], [], []];
    const listenings = await Promise.all([
      hub.listen(testAccounts, null, (changed) => all!.push(changed)),
      hub.listen(testAccounts, new Set(['Email']), (changed) => some!.push(changed)),
      hub.listen(testAccounts, new Set(['Quota']), (changed) => none!.push(changed)),
    ]);
    for (let n = 0; n < 5; n += 1) await append();
    await pass(gatherMs);
    assert.deepEqual(all!.map(plain), [{ A1: ['Email', 'Mailbox'] }]);
    assert.deepEqual(some!.map(plain), [{ A1: ['Email'] }]);
    assert.deepEqual(none, []);
    assert.equal(listenings[0].states().get('A1')!.get('Email'), all![0]!.get('A1')!.get('Email'));
    assert.ok(gatherMs <= 200);
    assert.deepEqual([...kept], [1, 2]);
    for (const one of listenings) one.end();
    await append();
    await pass(1000);
    assert.equal(all!.length, 1);
    assert.deepEqual([...kept], []);
  });
  test('accounts that come later are told whole, those that go are not heard any more', async () => {
    const { hub, append, pass } = await openWorld();
    const heard: Changed[] = [];
    const listening = await hub.listen([testAccounts[1]!], new Set(['Email']), (changed) => heard.push(changed));
    await append();
    await pass(gatherMs);
    assert.deepEqual(heard, []);
    await listening.follow(testAccounts);
    assert.deepEqual(heard.map(plain), [{ A1: ['Email'] }]);
    await listening.follow([testAccounts[1]!]);
    await append();
    await pass(gatherMs);
    assert.equal(heard.length, 1);
    listening.end();
  });
});

async function openPush(
  answer: (message: JsonObject, count: number) => PushOutcome = () => ({ kind: 'sent' }),
  wants: (accounts: readonly string[]) => boolean = () => true,
  type = 'Email',
) {
  const world = await openWorld(type);
  const { clock, store, hub, defect } = world;
  const sent: JsonObject[] = [];
  const valid = new Set(['password']);
  /** Whose accounts were asked for. */
  const asked: number[] = [];
  const openSender = () =>
    new PushSender({
      store,
      hub,
      clock,
      chance: { bytes: systemChance.bytes, fraction: () => 0.5 },
      deliver: async (_to, message) => {
        sent.push(message);
        return answer(message, sent.length);
      },
      accountsOf: (person) => {
        asked.push(person);
        return testAccounts;
      },
      isValid: (_person, credentials) => valid.has(credentials),
      wants: async (_person, accounts) => wants(accounts),
      defect,
    });
  const sender = openSender();
  const methods = pushMethods({
    store,
    clock,
    chance: systemChance,
    credentialsOf: ({ session }) => (session === null ? 'password' : `session ${session}`),
    changed: (account, made) => void sender.changed(account, made),
  });
  const dispatcher = openDispatcher({ groups: [coreGroup(methods)], defect });
  const call = async (name: string, args: JsonObject, session: number | null = null): Promise<Record<string, any>> => {
    const request = dispatcher.readValue({ using: ['urn:ietf:params:jmap:core'], methodCalls: [[name, args, 'a']] });
    const answered = JSON.parse(await dispatcher.answer(request, testWho({ session }), 's')) as {
      methodResponses: [[string, Record<string, any>]];
    };
    await settle();
    return answered.methodResponses[0][1];
  };
  const subscribe = async (more: JsonObject = {}): Promise<string> => {
    const object = { deviceClientId: 'd', url: 'https://push.example.test/x', ...more };
    const { created } = await call('PushSubscription/set', { create: { k: object } });
    return created.k.id as string;
  };
  const verify = async (id: string): Promise<void> => {
    const { verificationCode } = sent.findLast((message) => message['pushSubscriptionId'] === id)!;
    const { updated } = await call('PushSubscription/set', { update: { [id]: { verificationCode: verificationCode! } } });
    assert.ok(Object.hasOwn(updated as object, id));
  };
  const count = async (): Promise<number> => (await store.items.list(1, pushKind)).length;
  return { ...world, sent, sender, openSender, asked, call, subscribe, verify, valid, count };
}

test('a message has room for some accounts with all their types: the others go with the next', () => {
  const types = new Map(Array.from({ length: 17 }, (_, index) => [`TypeOfSomething${index}`, 'a'.repeat(24)]));
  let waiting: Changed = new Map(Array.from({ length: 20 }, (_, index) => [`A${100_000 + index}`, types]));
  const told: string[] = [];
  while (waiting.size > 0) {
    const [message, left] = portionOf(waiting);
    assert.ok(JSON.stringify(formatStateChange(message)).length <= messageMax && message.size > 1);
    told.push(...message.keys());
    waiting = left;
  }
  assert.equal(new Set(told).size, 20);
});

describe('push subscriptions', () => {
  test('RFC 8620 §8.6: so many are made in an hour and no more, though each is destroyed again', async () => {
    const { call, sent, pass } = await openPush();
    const object = { deviceClientId: 'd', url: 'https://victim.example.test/x' };
    const make = async (): Promise<Record<string, any>> => {
      const { created, notCreated } = await call('PushSubscription/set', { create: { k: object } });
      if (created === null) return notCreated.k;
      await call('PushSubscription/set', { destroy: [created.k.id] });
      return created.k;
    };
    for (let number = 0; number < pushCreationsMax; number++) assert.equal((await make())['type'], undefined);
    const refused = await make();
    assert.deepEqual([refused['type'], sent.length], ['rateLimit', pushCreationsMax]);
    await pass(3_600_000);
    assert.equal((await make())['type'], undefined);
  });

  test('RFC 8620 §7.2.2: first the code and nothing more, then changes of the types that are wanted', async () => {
    const { sent, subscribe, verify, append, pass, sender, defects } = await openPush();
    const id = await subscribe({ types: ['Email'] });
    assert.equal(sent.length, 1);
    assert.deepEqual([sent[0]!['@type'], sent[0]!['pushSubscriptionId']], ['PushVerification', id]);
    assert.ok(String(sent[0]!['verificationCode']).length >= 32);
    await append();
    await pass(10_000);
    assert.equal(sent.length, 1);
    await verify(id);
    await append();
    await pass(gatherMs);
    assert.equal(sent[1]!['@type'], 'StateChange');
    assert.deepEqual(Object.keys((sent[1]!['changed'] as { A1: object }).A1), ['Email']);
    // While the address rests, changes are gathered into one.
    for (let n = 0; n < 3; n += 1) {
      await append();
      await pass(gatherMs);
    }
    assert.equal(sent.length, 2);
    await pass(1_000);
    assert.equal(sent.length, 3);
    assert.deepEqual(defects, []);
    sender.close();
  });
  test('a service that says later is asked later and later, with all that has changed since', async () => {
    let isBusy = true;
    const { sent, subscribe, verify, append, pass, sender } = await openPush((message) =>
      isBusy && message['@type'] === 'StateChange' ? { kind: 'later', waitMs: null } : { kind: 'sent' },
    );
    await verify(await subscribe());
    await append();
    await pass(60_000);
    // After 5, 10 and 20 seconds.
    assert.equal(sent.length, 1 + 4);
    await append();
    isBusy = false;
    await pass(60_000);
    assert.equal(sent.length, 1 + 5);
    assert.notDeepEqual(sent.at(-1), sent.at(-2));
    sender.close();
  });
  test('who is called for new letters alone is asked first whether they want to be', async () => {
    const asked: (readonly string[])[] = [];
    let isWanted = false;
    const wants = (accounts: readonly string[]): boolean => {
      asked.push(accounts);
      return isWanted;
    };
    const { sent, subscribe, verify, append, pass, sender } = await openPush(undefined, wants, 'EmailDelivery');
    await verify(await subscribe({ types: ['EmailDelivery'] }));
    await append();
    await pass(10_000);
    assert.deepEqual([sent.length, asked], [1, [['A1']]]);
    isWanted = true;
    await append();
    await pass(10_000);
    assert.deepEqual([sent.length, sent.at(-1)!['@type']], [2, 'StateChange']);
    sender.close();
  });
  test('429 with a time is kept to', async () => {
    const { sent, subscribe, verify, append, pass, sender } = await openPush((_message, count) =>
      count === 2 ? { kind: 'later', waitMs: 600_000 } : { kind: 'sent' },
    );
    await verify(await subscribe());
    await append();
    await pass(599_000);
    assert.equal(sent.length, 2);
    await pass(2_000);
    assert.equal(sent.length, 3);
    sender.close();
  });
  test('what the service knows no more is taken away', async () => {
    const { subscribe, verify, append, pass, count, sender, kept } = await openPush((message) =>
      message['@type'] === 'StateChange' ? { kind: 'gone' } : { kind: 'sent' },
    );
    await verify(await subscribe());
    assert.equal(await count(), 1);
    await append();
    await pass(gatherMs);
    await settle();
    assert.equal(await count(), 0);
    assert.equal(kept.size, 0);
    sender.close();
  });
  test('each sees those of its own credentials; with these they end', async () => {
    const { call, subscribe, verify, valid, sent, append, pass, count, sender } = await openPush();
    const id = await subscribe();
    await verify(id);
    assert.deepEqual((await call('PushSubscription/get', { ids: [id] }, 7)).notFound, [id]);
    assert.equal((await call('PushSubscription/set', { destroy: [id] }, 7)).notDestroyed[id].type, 'notFound');
    valid.clear();
    await append();
    await pass(gatherMs);
    assert.equal(sent.length, 1);
    assert.equal(await count(), 0);
    sender.close();
  });
  test('they end with their time, and are not more than there is room for', async () => {
    const { subscribe, call, pass, count, sender } = await openPush();
    for (let n = 0; n < pushSubscriptionsMax; n += 1) await subscribe();
    const { notCreated } = await call('PushSubscription/set', {
      create: { k: { deviceClientId: 'd', url: 'https://push.example.test/' } },
    });
    assert.equal(notCreated.k.type, 'overQuota');
    await sender.start([1]);
    await pass(pushLifeMs + 3_600_000);
    assert.equal(await count(), 0);
    assert.deepEqual((await call('PushSubscription/get', { ids: null })).list, []);
    sender.close();
  });
  test('at a start thousands of people are looked at with breaks; who has none is looked for and no more', async () => {
    const { store, sender, openSender, pass, subscribe, verify, append, sent, asked } = await openPush();
    await verify(await subscribe());
    const fresh = openSender();
    let looked = 0;
    const { list } = store.items;
    store.items.list = async (account, kind) => {
      looked++;
      return account === 1 ? list.call(store.items, account, kind) : [];
    };
    asked.length = 0;
    void fresh.start(Array.from({ length: 250 }, (_, index) => index + 1));
    await settle();
    assert.ok(looked < 110, `${looked} without a break`);
    await pass(1_000);
    assert.ok(looked >= 250);
    assert.deepEqual([...new Set(asked)], [1]);
    const before = sent.length;
    sender.close();
    await append();
    await pass(1_000);
    assert.equal(sent.length, before + 1);
    fresh.close();
  });
  test('a hundred changes of the directory at once are two looks at each person, not a hundred', async () => {
    const { store, sender, pass, subscribe, verify } = await openPush();
    await verify(await subscribe());
    let looked = 0;
    const { list } = store.items;
    store.items.list = (account, kind) => {
      looked++;
      return list.call(store.items, account, kind);
    };
    for (let change = 0; change < 100; change++) void sender.refresh();
    await pass(1_000);
    assert.equal(looked, 2);
    sender.close();
  });
});
