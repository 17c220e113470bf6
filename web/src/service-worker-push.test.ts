import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, JsonObject } from './engine/jmap/objects.ts';
import { hearPush as hear, type Ask, type Shown } from './service-worker-push.ts';

const hearPush = async (message: JsonObject, language: 'ja' | 'en', ask: Ask): Promise<Shown | null> =>
  (await hear(message, language, ask, async () => 'A1'))[0] ?? null;
const push = { '@type': 'StateChange', changed: { A1: { EmailDelivery: '7' } } };
function office(settings: JsonObject, letter: JsonObject | readonly JsonObject[] | null, contacts: readonly string[] = []) {
  const asked: Json[] = [];
  return {
    asked,
    ask: async (_using: readonly string[], calls: readonly Json[]) => {
      asked.push(...calls);
      const [first] = calls as readonly (readonly [string, JsonObject])[];
      const some = contacts.slice(Number(first?.[1]['position'] ?? 0)).slice(0, 1000);
      return [
        ['Settings/get', { list: [settings] }, 's'],
        ['Mailbox/query', { ids: ['F1'] }, 'm'],
        ['Email/get', { list: letter === null ? [] : [letter].flat() }, 'e'],
        ['Contact/query', { queryState: '1', ids: some.map((_one, at) => `V${at}`), total: contacts.length }, 'q'],
        ['Contact/get', { list: some.map((email) => ({ addresses: [{ email, label: '' }] })) }, 'c'],
      ].filter((answer) => calls.some((call) => (call as readonly Json[])[0] === answer[0])) as unknown as (readonly [
        string,
        JsonObject,
        string,
      ])[];
    },
  };
}
const letter = { id: 'M2', threadId: 'T3', subject: 'Kyoto', from: [{ name: 'Jiro', email: 'j@x.test' }], keywords: {} };

test('the code of a verification goes back to the server, and nothing is shown', async () => {
  const { asked, ask } = office({}, null);
  const message = { '@type': 'PushVerification', pushSubscriptionId: 'P1', verificationCode: 'abc' };
  assert.equal(await hearPush(message, 'en', ask), null);
  assert.deepEqual(asked, [['PushSubscription/set', { update: { P1: { verificationCode: 'abc' } } }, 'v']]);
});

test('a letter is shown as the person wants it, and leads to itself', async () => {
  const shown = await hearPush(push, 'en', office({ notificationSound: true }, letter).ask);
  assert.deepEqual(shown, { title: 'Jiro', body: 'Kyoto', tag: 'A1/M2', silent: false, data: { address: '/mail/A1/F1/T3' } });
  const hidden = await hearPush(push, 'ja', office({ notificationPreview: false }, letter).ask);
  assert.deepEqual([hidden?.title, hidden?.body, hidden?.silent], ['新しいメール', '', true]);
  assert.equal(await hearPush(push, 'en', office({ notifications: 'none' }, letter).ask), null);
  const away = await hearPush(push, 'en', () => Promise.reject(new TypeError('no network')));
  assert.deepEqual([away?.title, away?.data.address], ['New letter', '/']);
});

test('only of people among the contacts, where the person wants it so', async () => {
  const choosy = { notifications: 'contacts' };
  assert.equal(await hearPush(push, 'en', office(choosy, letter).ask), null);
  assert.equal(await hearPush(push, 'en', office(choosy, letter, ['other@x.test']).ask), null);
  assert.equal((await hearPush(push, 'en', office(choosy, letter, ['other@x.test', 'J@X.test']).ask))?.title, 'Jiro');
  const stranger = { ...letter, id: 'M3', from: [{ name: 'Nobody', email: 'n@y.test' }] };
  assert.equal((await hearPush(push, 'en', office(choosy, [stranger, letter], ['j@x.test']).ask))?.title, 'Jiro');
});

test('the thousand-and-first contact counts too', async () => {
  const choosy = { notifications: 'contacts' };
  const many = Array.from({ length: 1001 }, (_one, at) => `friend${at}@x.test`);
  const last = { ...letter, from: [{ name: 'Jiro', email: 'friend1000@x.test' }] };
  const { asked, ask } = office(choosy, last, many);
  assert.equal((await hearPush(push, 'en', ask))?.title, 'Jiro');
  const queries = asked.filter((call) => (call as readonly Json[])[0] === 'Contact/query') as unknown as readonly [string, JsonObject][];
  assert.deepEqual(
    queries.map(([, args]) => args['position']),
    [0, 1000],
  );
  const stranger = { ...letter, from: [{ name: 'Nobody', email: 'n@y.test' }] };
  assert.equal(await hearPush(push, 'en', office(choosy, stranger, many).ask), null);
});

test('what lies elsewhere than in the inbox, or was read by now, calls nobody', async () => {
  const { asked, ask } = office({}, null);
  assert.equal(await hearPush(push, 'en', ask), null);
  const query = asked.find((call) => (call as readonly Json[])[0] === 'Email/query') as readonly [string, { readonly filter: JsonObject }];
  assert.deepEqual(query[1].filter, { notKeyword: '$seen', inMailbox: 'F1' });
});

test('of an account at another provider, too, as the person wants it; of every account that changed', async () => {
  const { ask } = office({ notificationPreview: false }, letter);
  const asks: Ask = async (using, calls) => {
    // Settings are those of the person, whatever account has changed.
    for (const [name, args] of calls as readonly (readonly [string, JsonObject])[])
      if (name === 'Settings/get') assert.equal(args['accountId'], 'A1');
    return ask(using, calls);
  };
  const both = { '@type': 'StateChange', changed: { A7: { EmailDelivery: '7' }, A8: { EmailDelivery: '2' } } };
  const shown = await hear(both, 'en', asks, async () => 'A1');
  assert.deepEqual(
    shown.map(({ title, body, tag }) => [title, body, tag]),
    [
      ['New letter', '', 'A7/M2'],
      ['New letter', '', 'A8/M2'],
    ],
  );
});

test('where the settings cannot be read, nothing of a letter is shown', async () => {
  const [shown] = await hear(push, 'en', office({}, letter).ask, () => Promise.reject(new TypeError('no network')));
  assert.deepEqual([shown?.title, shown?.body], ['New letter', '']);
});
