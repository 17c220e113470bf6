// Tayori's own capability as an app uses it, against the memory store: settings, searches, rules, contacts, snooze, devices, journeys, domains, words.
// Each method with what it answers and how it says no; what is somebody else's is not there.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openOwnWorld, type Answered, type OwnWorld } from '../../test/support/own-capability.ts';
import { bytesFromUtf8 } from '../base/bytes.ts';
import { Unavailable } from '../base/trouble.ts';
import { systemClock } from '../io/clock.ts';
import { PushHub } from '../protocol/jmap/push-hub.ts';
import type { MessageId } from '../store/contract.ts';
import type { TraceEvent } from '../store/trace-contract.ts';
import { glossary } from './glossary.ts';

let world: OwnWorld;
let A = '';
let T = '';

before(async () => {
  world = await openOwnWorld({
    zone: {
      'A far.test': [{ address: '192.0.2.7' }],
      'MX far.test': [
        { preference: 20, exchange: 'mx2.far.test' },
        { preference: 10, exchange: 'MX1.far.test' },
      ],
      'A MX1.far.test': [{ address: '192.0.2.8' }],
      'A mx1.far.test': [{ address: '192.0.2.8' }],
      'PTR 8.2.0.192.in-addr.arpa': [{ target: 'mx1.far.test' }],
      'PTR 7.2.0.192.in-addr.arpa': [{ target: 'other.test' }],
      'TXT far.test': [{ text: 'v=spf1 mx include:_spf.big.test ~all' }],
      'TXT _dmarc.far.test': [{ text: 'v=DMARC1; p=reject; pct=50' }],
      'SRV _imaps._tcp.far.test': [{ priority: 0, weight: 1, port: 993, target: 'imap.far.test' }],
      'MX none.test': [{ preference: 0, exchange: '' }],
    },
  });
  A = world.idOf(world.hanako);
  T = world.idOf(world.taro);
});
after(async () => {
  await world.close();
  assert.deepEqual(world.defects, []);
});

const as = (name: string, args: object, inPerson = true) =>
  world.call(world.hanako, name, { accountId: A, ...args } as Parameters<OwnWorld['call']>[2], inPerson);

// --- settings -------------------------------------------------------------------------------------------------------------------------

describe('Settings', () => {
  test('are there before anybody has chosen', async () => {
    const { list, state, notFound } = await as('Settings/get', { ids: null });
    assert.equal(list.length, 1);
    assert.deepEqual([list[0].id, list[0].theme, list[0].undoSeconds, list[0].images], ['singleton', 'system', 10, 'ask']);
    assert.deepEqual(notFound, []);
    assert.deepEqual((await as('Settings/changes', { sinceState: state })).updated, []);
  });

  test('are chosen by patches, also one sender among many', async () => {
    const { state } = await as('Settings/get', { ids: ['singleton'] });
    const set = await as('Settings/set', {
      ifInState: state,
      update: { singleton: { theme: 'dark', undoSeconds: 30, 'imageSenders/shop@far.test': true } },
    });
    assert.deepEqual(set.updated, { singleton: null });
    const [now] = (await as('Settings/get', { ids: ['singleton'], properties: ['theme', 'undoSeconds', 'imageSenders'] })).list;
    assert.deepEqual(now, { id: 'singleton', theme: 'dark', undoSeconds: 30, imageSenders: { 'shop@far.test': true } });
    const changes = await as('Settings/changes', { sinceState: state });
    assert.deepEqual([changes.created, changes.updated, changes.destroyed], [[], ['singleton'], []]);
    await as('Settings/set', { update: { singleton: { theme: null, 'imageSenders/shop@far.test': null } } });
    const [back] = (await as('Settings/get', { ids: null })).list;
    assert.deepEqual([back.theme, back.imageSenders], ['system', {}]);
    const stale = await as('Settings/set', { ifInState: state, update: { singleton: { theme: 'dark' } } });
    assert.equal(stale.type, 'stateMismatch');
  });

  const refused: readonly [string, object, string | null][] = [
    ['a name that nobody knows', { colour: 'red' }, 'colour'],
    ['more seconds than there are', { undoSeconds: 31 }, 'undoSeconds'],
    ['half a second', { undoSeconds: 1.5 }, 'undoSeconds'],
    ['a theme of their own', { theme: 'pink' }, 'theme'],
    ['a sender that is none', { imageSenders: { shop: true } }, 'imageSenders'],
    ['a sender that is half', { 'imageSenders/a@b.test': 1 }, 'imageSenders'],
    ['another id', { id: 'other' }, 'id'],
  ];
  for (const [name, patch, property] of refused)
    test(`refuse ${name}`, async () => {
      const { notUpdated } = await as('Settings/set', { update: { singleton: patch } });
      assert.equal(notUpdated.singleton.type, 'invalidProperties');
      assert.deepEqual(notUpdated.singleton.properties, [property]);
    });

  test('are one object', async () => {
    const { notCreated, notDestroyed, notUpdated } = await as('Settings/set', {
      create: { n: {} },
      update: { other: {} },
      destroy: ['singleton'],
    });
    assert.deepEqual([notCreated.n.type, notUpdated.other.type, notDestroyed.singleton.type], ['singleton', 'notFound', 'singleton']);
  });

  test("are a person's own: another's account is not there, whether it is or not", async () => {
    const foreign = await as('Settings/get', { accountId: T, ids: null });
    const missing = await as('Settings/get', { accountId: 'A999', ids: null });
    assert.deepEqual(foreign, missing);
    assert.equal(foreign.type, 'accountNotFound');
  });
});

// --- items ----------------------------------------------------------------------------------------------------------------------------

test('SavedSearch: made, changed, gone, with its changes', async () => {
  const { state } = await as('SavedSearch/get', { ids: null });
  const { created } = await as('SavedSearch/set', {
    create: { a: { name: '請求書', text: 'has:attachment 請求', filter: { hasAttachment: true, text: '請求' } } },
  });
  const { id } = created.a;
  assert.deepEqual(created.a, { id, accountIds: null, order: 0 });
  const { newState, ...changes } = await as('SavedSearch/changes', { sinceState: state });
  assert.deepEqual(changes.created, [id]);
  assert.deepEqual((await as('SavedSearch/set', { update: { [id]: { order: 3 } } })).updated, { [id]: null });
  assert.deepEqual((await as('SavedSearch/changes', { sinceState: newState })).updated, [id]);
  const [shown] = (await as('SavedSearch/get', { ids: [id, 'Q999'] })).list;
  assert.deepEqual(shown, {
    id,
    name: '請求書',
    text: 'has:attachment 請求',
    filter: { hasAttachment: true, text: '請求' },
    accountIds: null,
    order: 3,
  });
  const wrong = await as('SavedSearch/set', { create: { a: { name: '' }, b: { name: 'x', colour: 1 } }, update: { [id]: { id: 'Q7' } } });
  assert.deepEqual(
    [wrong.notCreated.a.properties, wrong.notCreated.b.properties, wrong.notUpdated[id].properties],
    [['name'], ['colour'], ['id']],
  );
  assert.deepEqual((await as('SavedSearch/set', { destroy: [id, id] })).destroyed, [id]);
  assert.deepEqual((await as('SavedSearch/get', { ids: [id] })).notFound, [id]);
  assert.equal((await as('SavedSearch/changes', { sinceState: '999999' })).type, 'cannotCalculateChanges');
});

test('Rule: mailboxes are named by id, and have to be there', async () => {
  const inbox = (await world.store.mailboxes(world.hanako)).find(({ role }) => role === 'archive')!;
  const rule = { conditions: [{ field: 'from', has: '@work.test' }], actions: [{ do: 'move', mailboxId: `F${inbox.id}` }, { do: 'seen' }] };
  const { created } = await as('Rule/set', { create: { r: { name: '仕事', ...rule } } });
  const { id } = created.r;
  const [shown] = (await as('Rule/get', { ids: [id] })).list;
  assert.deepEqual(shown.actions, rule.actions);
  assert.deepEqual([shown.enabled, shown.match, shown.stop], [true, 'all', false]);
  const [item] = await world.store.items.list(world.hanako, 'rule');
  assert.deepEqual((item!.value as { actions: unknown }).actions, [{ do: 'move', mailbox: inbox.id }, { do: 'seen' }]);
  const { notCreated } = await as('Rule/set', {
    create: {
      a: { ...rule, actions: [{ do: 'move', mailboxId: 'F999' }] },
      b: { ...rule, actions: [{ do: 'move', mailbox: inbox.id }] },
      c: { ...rule, conditions: [] },
      d: { ...rule, actions: [{ do: 'move', mailboxId: 'x' }] },
      e: { actions: rule.actions },
    },
  });
  assert.deepEqual(
    Object.entries(notCreated).map(([name, error]) => [name, (error as { properties: unknown }).properties]),
    [
      ['a', ['actions']],
      ['b', ['actions']],
      ['c', ['conditions']],
      ['d', ['actions']],
      ['e', ['conditions']],
    ],
  );
  assert.deepEqual((await as('Rule/set', { update: { [id]: { enabled: false } } })).updated, { [id]: null });
});

test('Contact: kept, and suggested by how often one has written to them, people who are no contacts among them', async () => {
  const { created } = await as('Contact/set', {
    create: {
      a: { name: '山田太郎', addresses: [{ email: 'yamada@far.test', label: '仕事' }] },
      b: { name: 'Yamamoto Jiro', addresses: [{ email: 'jiro@far.test' }, { email: 'jiro@home.test' }] },
    },
  });
  const wrong = await as('Contact/set', {
    create: {
      c: { name: '', addresses: [] },
      d: { name: 'x', addresses: [{ email: 'no address' }] },
      e: { name: 'y', addresses: [], uses: 7 },
    },
  });
  assert.deepEqual(
    [wrong.notCreated.c.type, wrong.notCreated.d.properties, wrong.notCreated.e.properties],
    ['invalidProperties', ['addresses'], ['uses']],
  );
  const people = async (text: string) =>
    (await as('Contact/suggest', { text })).list.map(({ email, uses }: { email: string; uses: number }) => `${email} ${uses}`);
  assert.deepEqual(await people('yama'), ['yamada@far.test 0', 'jiro@far.test 0', 'jiro@home.test 0']);
  for (const to of ['JIRO@home.test', 'Yamashita <saburo@far.test>', 'jiro@home.test', 'jiro@home.test, Yamashita <saburo@far.test>'])
    await letterTo(world.hanako, 'Sent', `From: hanako@tayori.test\r\nTo: ${to}\r\nSubject: x\r\n\r\nx\r\n`);
  assert.deepEqual(await people('yama'), ['jiro@home.test 3', 'saburo@far.test 2', 'yamada@far.test 0', 'jiro@far.test 0']);
  assert.deepEqual(await people('太郎'), ['yamada@far.test 0']);
  assert.deepEqual(await people('ｙａｍａｄａ'), ['yamada@far.test 0']);
  assert.deepEqual((await as('Contact/suggest', { text: '', limit: 1 })).list.length, 1);
  await as('Contact/set', { update: { [created.b.id]: { note: '古い友だち' } } });
  const [shown] = (await as('Contact/get', { ids: [created.b.id] })).list;
  assert.deepEqual([shown.note, Object.keys(shown).toSorted()], ['古い友だち', ['addresses', 'id', 'kind', 'name', 'note', 'reading']]);
});

test('Contact: more than one /get gives are read in portions, by id or by name', async () => {
  const many = Array.from({ length: 1200 }, (_one, at) => ({
    name: `Person ${String(1200 - at).padStart(4, '0')}`,
    reading: '',
    kind: 'person',
    addresses: [],
    note: '',
  }));
  await world.store.items.write(
    world.taro,
    many.map((add) => ({ kind: 'contact', add })),
  );
  const asTaro = (name: string, args: object) => world.call(world.taro, name, { accountId: T, ...args } as Parameters<OwnWorld['call']>[2]);
  assert.equal((await asTaro('Contact/get', { ids: null })).type, 'requestTooLarge');
  const first = await asTaro('Contact/query', { calculateTotal: true });
  assert.deepEqual([first.ids.length, first.limit, first.total, first.position, first.canCalculateChanges], [1000, 1000, 1200, 0, false]);
  const second = await asTaro('Contact/query', { position: 1000, limit: 500 });
  assert.deepEqual([second.ids.length, second.limit, second.queryState], [200, undefined, first.queryState]);
  assert.equal(new Set([...first.ids, ...second.ids]).size, 1200);
  assert.equal((await asTaro('Contact/get', { ids: first.ids })).list.length, 1000);
  const byName = await asTaro('Contact/query', { sort: [{ property: 'name' }], limit: 1 });
  assert.deepEqual(byName.ids, [second.ids.at(-1)]);
  const back = await asTaro('Contact/query', {
    sort: [{ property: 'name', isAscending: false }],
    anchor: first.ids[2],
    anchorOffset: -1,
    limit: 2,
  });
  assert.deepEqual(back.ids, first.ids.slice(1, 3));
  assert.equal((await asTaro('Contact/query', { filter: { text: 'x' } })).type, 'unsupportedFilter');
  assert.equal((await asTaro('Contact/query', { sort: [{ property: 'note' }] })).type, 'unsupportedSort');
  assert.equal((await asTaro('Contact/queryChanges', { sinceQueryState: first.queryState })).type, 'cannotCalculateChanges');
});

test('Contact: a group is one suggestion with its members; a reading is found in either kana', async () => {
  await as('Contact/set', {
    create: {
      g: {
        name: '町内会',
        reading: 'ちょうないかい',
        kind: 'group',
        addresses: [{ email: 'a@town.test', label: '会長' }, { email: 'b@town.test' }],
      },
      e: { name: '町内会の予備', kind: 'group', addresses: [] },
    },
  });
  const { notCreated } = await as('Contact/set', { create: { x: { name: 'x', kind: 'club', addresses: [] } } });
  assert.deepEqual(notCreated.x.properties, ['kind']);
  for (const text of ['町内', 'チョウナイ']) {
    const { list } = await as('Contact/suggest', { text });
    assert.deepEqual(
      list.map(({ name, email, members }: { name: string; email: string; members: object }) => [name, email, members]),
      [
        [
          '町内会',
          '',
          [
            { name: '会長', email: 'a@town.test' },
            { name: '', email: 'b@town.test' },
          ],
        ],
      ],
    );
  }
});

// --- letters --------------------------------------------------------------------------------------------------------------------------

async function letterTo(account: number, mailbox: string, text: string): Promise<MessageId> {
  const { store } = world;
  const { id } = (await store.mailboxes(account)).find(({ name }) => name === mailbox)!;
  const spool = store.spool(10_000);
  await spool.add(bytesFromUtf8(text));
  await store.append(account, id, [{ spool, flags: [], receivedAt: Date.now() }], null);
  const state = await store.openMailbox(account, id);
  const message = state.messages[state.count - 1]!;
  state.release();
  return message;
}

const later = (ms: number): string => `${new Date(Date.now() + ms).toISOString().slice(0, 19)}Z`;

test('Snooze: the letter lies in "Snoozed" until then; called back, it lies where it lay', async () => {
  const { store, hanako } = world;
  const message = await letterTo(hanako, 'INBOX', 'From: a@far.test\r\nSubject: later\r\n\r\nhello\r\n');
  const until = later(3_600_000);
  const { created } = await as('Snooze/set', { create: { s: { emailId: `M${message}`, until } } });
  const { id } = created.s;
  const place = async (): Promise<readonly string[]> => {
    const shelf = await store.openShelf(hanako);
    const names = new Map((await store.mailboxes(hanako)).map((one) => [one.id, one.name]));
    const lies = shelf.mailboxesAt(shelf.indexOf(message)).map((mailbox) => names.get(mailbox)!);
    shelf.release();
    return lies;
  };
  assert.deepEqual(await place(), ['Snoozed']);
  const [item] = await store.items.list(hanako, 'snooze');
  const inbox = (await store.mailboxes(hanako)).find(({ role }) => role === 'inbox')!.id;
  assert.deepEqual([item!.value, item!.dueAt], [{ message, mailbox: inbox }, Date.parse(until)]);
  assert.deepEqual((await as('Snooze/get', { ids: null })).list, [{ id, emailId: `M${message}`, mailboxId: `F${inbox}`, until }]);
  const next = later(7_200_000);
  assert.deepEqual((await as('Snooze/set', { update: { [id]: { until: next } } })).updated, { [id]: null });
  assert.equal((await store.items.list(hanako, 'snooze'))[0]!.dueAt, Date.parse(next));
  // Put away again: one note, and it still knows where it lay.
  const again = await as('Snooze/set', { create: { s: { emailId: `M${message}`, until } } });
  assert.equal(again.created.s.id, id);
  assert.deepEqual(
    (await store.items.list(hanako, 'snooze')).map(({ value }) => value),
    [{ message, mailbox: inbox }],
  );
  assert.deepEqual((await as('Snooze/set', { destroy: [id] })).destroyed, [id]);
  assert.deepEqual(await place(), ['INBOX']);
  // Put elsewhere by hand meanwhile: there it stays.
  const third = await as('Snooze/set', { create: { s: { emailId: `M${message}`, until } } });
  const trash = (await store.mailboxes(hanako)).find(({ role }) => role === 'trash')!.id;
  await store.revise(hanako, [{ message, mailboxes: { set: [trash] } }], null);
  await as('Snooze/set', { destroy: [third.created.s.id] });
  assert.deepEqual(await place(), ['Trash']);
});

test('Snooze: put away by two apps at once there is one note, and it knows where the letter lay', async () => {
  const { store, hanako } = world;
  const message = await letterTo(hanako, 'INBOX', 'Subject: twice\r\n\r\n');
  const put = (ms: number) => as('Snooze/set', { create: { s: { emailId: `M${message}`, until: later(ms) } } });
  const [one, other] = await Promise.all([put(3_600_000), put(7_200_000)]);
  const noted = (await store.items.list(hanako, 'snooze')).filter(({ value }) => (value as { message: number }).message === message);
  const inbox = (await store.mailboxes(hanako)).find(({ role }) => role === 'inbox')!.id;
  assert.deepEqual(
    noted.map(({ value }) => value),
    [{ message, mailbox: inbox }],
  );
  assert.deepEqual([one.created.s.id, other.created.s.id], [`Z${noted[0]!.id}`, `Z${noted[0]!.id}`]);
  await as('Snooze/set', { destroy: [one.created.s.id] });
});

test('Snooze: where the letter cannot be looked for, its note stays, and brings it back later', async () => {
  const { store, hanako } = world;
  const message = await letterTo(hanako, 'INBOX', 'Subject: disk\r\n\r\n');
  const { created } = await as('Snooze/set', { create: { s: { emailId: `M${message}`, until: later(3_600_000) } } });
  const { openShelf } = store;
  store.openShelf = async () => {
    throw new Unavailable('busy', 'the disk does not answer');
  };
  const failed = await as('Snooze/set', { destroy: [created.s.id] }).finally(() => {
    store.openShelf = openShelf;
  });
  assert.equal(failed['type'], 'serverUnavailable');
  assert.deepEqual((await as('Snooze/set', { destroy: [created.s.id] })).destroyed, [created.s.id]);
  const inbox = (await store.mailboxes(hanako)).find(({ role }) => role === 'inbox')!.id;
  const shelf = await store.openShelf(hanako);
  assert.deepEqual(shelf.mailboxesAt(shelf.indexOf(message)), [inbox]);
  shelf.release();
});

test('Snooze: not into the past, not what is not there', async () => {
  const message = await letterTo(world.taro, 'INBOX', 'Subject: of another\r\n\r\n');
  const { notCreated } = await as('Snooze/set', {
    create: {
      a: { emailId: 'M999', until: later(60_000) },
      b: { emailId: `M${message + 1000}`, until: later(60_000) },
      c: { emailId: 'M1', until: later(-60_000) },
      d: { emailId: 'M1', until: 'tomorrow' },
      e: { emailId: 'M1', until: later(60_000), mailboxId: 'F1' },
    },
  });
  assert.deepEqual([notCreated.a.type, notCreated.b.type], ['notFound', 'notFound']);
  assert.deepEqual([notCreated.c.properties, notCreated.d.properties, notCreated.e.properties], [['until'], ['until'], ['mailboxId']]);
  assert.deepEqual((await as('Snooze/get', { ids: null })).list, []);
});

test('suggestions out of letters that were sent', async () => {
  await letterTo(world.hanako, 'Sent', 'To: "Suzuki, Ichiro" <ichiro@sent.test>, bare@sent.test\r\nSubject: x\r\n\r\n');
  const { list } = await as('Contact/suggest', { text: 'sent.test' });
  assert.deepEqual(list.map(({ email, contactId }: { email: string; contactId: null }) => [email, contactId]).toSorted(), [
    ['bare@sent.test', null],
    ['ichiro@sent.test', null],
  ]);
});

// --- journeys -------------------------------------------------------------------------------------------------------------------------

const sent = (letter: string, more: Partial<TraceEvent>): TraceEvent => ({
  letter,
  at: Date.UTC(2026, 0, 1),
  station: 'submission',
  result: 'done',
  recipient: null,
  account: null,
  facts: {},
  ...more,
});

describe('Journey', () => {
  const letter = 'aaaaabbbbbcccccddd';
  before(() => {
    world.store.trace.add([
      sent(letter, {
        account: world.hanako,
        facts: { login: 'hanako@here.test', from: 'hanako@here.test', peerAddress: '198.51.100.9', peer: 'laptop' },
      }),
      sent(letter, { station: 'mailbox', account: world.taro, recipient: 'taro@here.test', facts: { mailbox: 'Secret folder' } }),
      sent(letter, { station: 'delivery', recipient: 'blind@far.test', facts: { peer: 'mx.far.test', tls: 'TLSv1.3 X', reply: '250 ok' } }),
      sent(letter, { station: 'read', account: world.taro, facts: { login: 'taro@here.test', protocol: 'imap' } }),
      sent('zzzzzyyyyyxxxxxwww', { account: 77 }),
    ]);
  });

  test('who sent it sees the road, but not whether it was read nor where it lies', async () => {
    const { list } = await as('Journey/get', { ids: [letter], language: 'en' });
    const [journey] = list;
    assert.deepEqual(
      journey.stations.map(({ station }: { station: string }) => station),
      ['submission', 'mailbox', 'delivery'],
    );
    assert.deepEqual([journey.direction, journey.state], ['sent', 'arrived']);
    assert.match(journey.stations[2].sentence, /mx\.far\.test took the letter for blind@far\.test/);
    assert.ok(journey.stations[2].proof.includes('in words: 250 ok'));
    assert.equal(journey.stations[2].picture, 'handed to the other office');
    assert.doesNotMatch(JSON.stringify(journey), /Secret folder/);
  });

  test('who got it sees how it came, and neither other recipients nor where the sender sat', async () => {
    const { list } = await world.call(world.taro, 'Journey/get', { accountId: T, ids: [letter], language: 'ja' });
    const text = JSON.stringify(list);
    assert.doesNotMatch(text, /blind@far\.test|198\.51\.100\.9|laptop/);
    assert.match(text, /Secret folder/);
    assert.match(text, /hanako@here\.test/);
  });

  test('a copy in "Sent" leads to the letter that went out; what nobody has seen on its way is known to be there', async () => {
    const { hanako, store } = world;
    store.trace.add([sent('mmmmmbbbbbcccccddd', { account: hanako, facts: { messageId: 'one@here.test' } })]);
    const copy = await letterTo(hanako, 'Sent', 'Message-ID: <one@here.test>\r\nSubject: copy\r\n\r\n');
    const alone = await letterTo(hanako, 'INBOX', 'Message-ID: <two@here.test>\r\nSubject: alone\r\n\r\n');
    // Somebody else's letter of the same Message-ID is not shown.
    store.trace.add([sent('nnnnnbbbbbcccccddd', { account: 77, facts: { messageId: 'two@here.test' } })]);
    const { list } = await as('Journey/get', { ids: [`M${copy}`, `M${alone}`] });
    assert.deepEqual(
      list.map(({ direction, state, stations }: Answered) => [direction, state, stations.length]),
      [
        ['sent', 'arrived', 1],
        ['received', 'unknown', 0],
      ],
    );
  });

  test('a letter of others and one that never was are the same', async () => {
    const { list, notFound } = await as('Journey/get', {
      ids: ['zzzzzyyyyyxxxxxwww', 'qqqqqyyyyyxxxxxwww', 'M999', 'nonsense!'.replace('!', '')],
    });
    assert.deepEqual(list, []);
    assert.equal(notFound.length, 4);
  });

  test('letters under way, of the asker alone', async () => {
    const { store, hanako, taro } = world;
    const spool = store.spool(1000);
    await spool.add(bytesFromUtf8('Subject: waits\r\n\r\n'));
    const to = { recipient: 'x@slow.test', domain: 'slow.test', dueAt: 0, expiresAt: 1e15, notify: [], originalRecipient: null };
    const waiting = 'wwwwwbbbbbcccccddd';
    await store.commit({
      letters: [
        { letter: waiting, spool, prefix: new Uint8Array(0), receivedAt: 0, reversePath: 'hanako@here.test', placements: [], queue: [to] },
      ],
      events: [sent(waiting, { account: hanako })],
    });
    assert.deepEqual((await as('Journey/query', {})).ids, [waiting]);
    assert.deepEqual((await world.call(taro, 'Journey/query', { accountId: T, filter: { underWay: true } })).ids, []);
    const [journey] = (await as('Journey/get', { ids: [waiting] })).list;
    assert.deepEqual([journey.state, journey.waitsFor[0].recipient], ['underWay', 'x@slow.test']);
    assert.equal((await as('Journey/query', { filter: { underWay: false } })).type, 'unsupportedFilter');
    assert.equal((await as('Journey/get', { ids: Array.from({ length: 51 }, (_, i) => `M${i + 1}`) })).type, 'requestTooLarge');
  });
});

// --- devices --------------------------------------------------------------------------------------------------------------------------

test('Device: a key is shown once, and to a person at a browser alone', async () => {
  const { state } = await as('Device/get', { ids: null });
  const key = await as('Device/set', { create: { d: { name: 'iPhone', protocols: ['imap', 'smtp'] } } });
  const { id, secret } = key.created.d;
  assert.match(secret, /^[a-z0-9-]{20,}$/i);
  const asked = await as('Device/get', { ids: null });
  assert.deepEqual([asked.list.length, asked.list[0].name, asked.list[0].protocols], [1, 'iPhone', ['imap', 'smtp']]);
  assert.ok(!JSON.stringify(asked).includes(secret));
  const changes = await as('Device/changes', { sinceState: state });
  assert.deepEqual([changes.created, changes.newState], [[id], asked.state]);
  const byKey = await as('Device/set', { create: { d: { name: 'thief' } }, destroy: [id] }, false);
  assert.deepEqual([byKey.notCreated.d.type, byKey.notDestroyed[id].type], ['forbidden', 'forbidden']);
  // Neither does it learn of the other keys.
  for (const [name, args] of [
    ['Device/get', { ids: null }],
    ['Device/changes', { sinceState: state }],
    ['SetupLink/get', { ids: null }],
    ['SetupLink/changes', { sinceState: '0' }],
  ] as const)
    assert.equal((await as(name, args, false)).type, 'forbidden', name);
  assert.equal((await as('Device/set', { create: { d: { name: 'iPhone' } } })).notCreated.d.type, 'alreadyExists');
  assert.deepEqual((await as('Device/set', { create: { d: { name: 'x', protocols: ['ftp'] } } })).notCreated.d.properties, ['protocols']);
  assert.equal((await as('Device/set', { update: { [id]: { name: 'y' } } })).notUpdated[id].type, 'forbidden');
  const foreign = await world.call(world.taro, 'Device/set', { accountId: T, destroy: [id, 'X999'] });
  assert.deepEqual([foreign.notDestroyed[id], foreign.notDestroyed.X999], [{ type: 'notFound' }, { type: 'notFound' }]);
  assert.deepEqual((await as('Device/set', { destroy: [id] })).destroyed, [id]);
  assert.deepEqual((await as('Device/changes', { sinceState: asked.state })).destroyed, [id]);
});

test('SetupLink: address and picture once; gone when it is taken away', async () => {
  const { created } = await as('SetupLink/set', { create: { l: { device: 'はなこの電話', days: 1, language: 'ja' } } });
  const { id, url, qr, expiresAt } = created.l;
  assert.match(url, /^https:\/\/mail\.here\.test\/setup\/[A-Za-z0-9_-]{22}$/);
  assert.match(qr, /^<svg class="qr"/);
  assert.ok(Date.parse(expiresAt) > Date.now());
  const { list } = await as('SetupLink/get', { ids: null });
  assert.deepEqual([list[0].device, list[0].usedAt, list[0].deviceId], ['はなこの電話', null, null]);
  assert.ok(!JSON.stringify(list).includes(url.slice(-22)));
  assert.equal((await as('SetupLink/set', { create: { l: {} } }, false)).notCreated.l.type, 'forbidden');
  assert.deepEqual((await as('SetupLink/set', { create: { l: { days: 31 } } })).notCreated.l.properties, ['days']);
  assert.deepEqual((await as('SetupLink/set', { destroy: [id] })).destroyed, [id]);
});

test('a step of a task, of which no commit tells, is pushed', async () => {
  const { own, store, hanako } = world;
  const hub = new PushHub({ store, clock: systemClock, groups: own.groups, defect: () => {} });
  const account = { account: hanako, id: A, name: '', isPersonal: true, isReadOnly: false, quota: null, kind: 'own' } as const;
  const told = Promise.withResolvers<string>();
  const listening = await hub.listen([account], new Set(['Task']), (changed) => told.resolve(changed.get(A)!.get('Task')!));
  const { created } = await as('Task/set', {
    create: { t: { kind: 'check', outsideAccountId: 'A999' }, u: { kind: 'discovery', address: 'a@gmail.com' } },
  });
  assert.equal(created.t, undefined);
  assert.match(await told.promise, /^[a-z0-9]+-\d+$/);
  listening.end();
  await as('Task/set', { destroy: [created.u.id] });
});

// --- words ----------------------------------------------------------------------------------------------------------------------------

test('Glossary: every term has its word, sentence and picture in both languages, and an id of its own', async () => {
  for (const language of ['ja', 'en'] as const) {
    const { list } = await world.call(world.hanako, 'Glossary/get', { language });
    assert.ok(list.length >= 60);
    for (const one of list)
      for (const name of ['id', 'term', 'word', 'sentence', 'picture']) assert.ok(one[name].length > 0, `${one.id} ${name}`);
  }
  assert.equal(new Set(glossary.map(({ id }) => id)).size, glossary.length);
  for (const { id, ja } of glossary) assert.match(ja.sentence, /[ぁ-ん].*。$/, id);
  assert.equal((await world.call(world.hanako, 'Glossary/get', { language: 'fr' })).type, 'invalidArguments');
});

describe('DomainLook', () => {
  test('a domain becomes addresses and offices, and back', async () => {
    const found = await as('DomainLook/get', { domain: ' ｆａｒ.test', language: 'en' });
    assert.deepEqual(
      found.mail.map(({ host, addresses }: { host: string; addresses: { address: string; agrees: boolean }[] }) => [
        host,
        addresses.map((one) => one.agrees),
      ]),
      [
        ['mx1.far.test', [true]],
        ['mx2.far.test', []],
      ],
    );
    assert.deepEqual(found.addresses, [{ address: '192.0.2.7', names: ['other.test'], agrees: false }]);
    assert.equal(found.takesMail, 'yes');
    assert.match(found.spf.sentence, /offices that take its letters in.*_spf\.big\.test.*suspected/);
    assert.match(found.dmarc.sentence, /refused.*50%/);
    assert.equal(found.mtaSts.raw, null);
    assert.deepEqual(found.services, [{ label: '_imaps._tcp', priority: 0, port: 993, host: 'imap.far.test', isOffered: true }]);
  });

  test('an address leads to its name; a domain that takes no letters says so', async () => {
    const place = await as('DomainLook/get', { domain: '192.0.2.8', language: 'ja' });
    assert.deepEqual(place.addresses, [{ address: '192.0.2.8', names: ['mx1.far.test'], agrees: true }]);
    const none = await as('DomainLook/get', { domain: 'someone@none.test', language: 'ja' });
    assert.deepEqual([none.takesMail, none.mail], ['no', []]);
  });

  test('what is no domain; and only so many in a minute', async () => {
    assert.equal((await as('DomainLook/get', { domain: 'not a domain' })).type, 'invalidArguments');
    // A task before has taken one, the looks above two.
    assert.equal((await as('DomainLook/get', { domain: 'far.test' })).type, undefined);
    assert.equal((await as('DomainLook/get', { domain: 'far.test' })).type, 'rateLimit');
  });
});

test('arguments that nobody knows are refused by every method', async () => {
  for (const name of Object.keys(world.own.groups[0]!.methods)) {
    const answer = await as(name, { nonsense: 1 });
    assert.equal(answer.type, 'invalidArguments', name);
  }
});
