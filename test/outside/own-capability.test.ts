// Accounts at other providers by JMAP, as the app's wizard goes: looked at, set up step by step with a letter to oneself, looked after, put to rest
// and brought back. Providers are scripted servers; no answer ever holds a secret.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { runningMax } from '../../src/protocol/jmap/tayori/task-board.ts';
import type { JsonObject } from '../../src/protocol/jmap/contract.ts';
import { oauthBegin } from '../../src/io/http/oauth-begin.ts';
import { signInCookie } from '../../src/io/http/oauth-callback.ts';
import { makeAuthority, type TestAuthority } from '../support/certificates.ts';
import { openOwnWorld, type Answered, type OwnWorld } from '../support/own-capability.ts';
import { openProvider, type Provider, type Script } from '../support/scripted-provider.ts';

const host = 'mail.provider.test';
const address = 'hana@provider.test';
const password = 'correct-horse-battery';
const wrongPassword = 'wrong-horse-staple';

let authority: TestAuthority;
let imap: Provider;
let pop3: Provider;
let smtp: Provider;
const worlds: OwnWorld[] = [];

before(async () => {
  authority = await makeAuthority(host);
  const letters: string[] = [];
  const { cert, key } = { cert: authority.good.certificate, key: authority.good.key };
  const common = { security: 'tls', tls: { cert, key }, login: address, password, letters } as const satisfies Partial<Script>;
  [imap, pop3, smtp] = (await Promise.all([
    openProvider({ ...common, service: 'imap' }),
    openProvider({ ...common, service: 'pop3' }),
    openProvider({ ...common, service: 'smtp', onLetter: (letter) => void letters.push(letter) }),
  ])) as [Provider, Provider, Provider];
});
after(async () => {
  await Promise.all([imap, pop3, smtp].map((provider) => provider.close()));
  for (const world of worlds) {
    await world.close();
    assert.deepEqual(world.defects, []);
    // The whole of what was ever answered, and of what the log was told.
    for (const secret of [password, wrongPassword, Buffer.from(password).toString('base64'), 'hanako-no-himitsu'])
      assert.ok(!`${world.answers()}${world.logged()}`.includes(secret), 'a secret came out again');
  }
});

async function open(options: Parameters<typeof openOwnWorld>[0] = {}): Promise<OwnWorld> {
  const world = await openOwnWorld({ authorities: [authority.root], ...options });
  worlds.push(world);
  return world;
}

const server = (service: 'imap' | 'pop3' | 'smtp', more: JsonObject = {}): JsonObject => ({
  service,
  host,
  port: { imap, pop3, smtp }[service].port,
  security: 'tls',
  logins: [address],
  ...more,
});

const setUp = (more: JsonObject = {}): JsonObject => ({
  kind: 'setUp',
  language: 'ja',
  address,
  receive: [server('imap')],
  send: [server('smtp')],
  secret: { password },
  ...more,
});

describe('an account set up and lived with', () => {
  let world: OwnWorld;
  let A: string;
  let id: string;
  before(async () => {
    world = await open();
    A = world.idOf(world.hanako);
  });
  const as = (name: string, args: JsonObject, inPerson = true): Promise<Answered> =>
    world.call(world.hanako, name, { accountId: A, ...args }, inPerson);

  test('a wrong password is named, nothing is kept, and whose side it is', async () => {
    const task = await world.work(world.hanako, setUp({ secret: { password: wrongPassword } }));
    assert.deepEqual(
      [task.state, task.failure.cause, task.failure.whose, task.failure.side],
      ['failed', 'wrong-password', 'you', 'receive'],
    );
    assert.match(task.failure.sentence, /パスワード/);
    assert.ok(task.failure.next.length > 0);
    assert.deepEqual((await as('OutsideAccount/get', { ids: null })).list, []);
  });

  test('step by step to the letter that came back', async () => {
    const seen = new Set<number>();
    const { state } = await as('OutsideAccount/get', { ids: null });
    const task = await world.work(world.hanako, setUp(), ({ steps }) => seen.add(steps.length));
    assert.equal(task.state, 'done', JSON.stringify(task));
    assert.ok(seen.size > 3, 'the app has seen it grow');
    assert.deepEqual(
      task.steps.filter(({ side, mark }: Answered) => side === 'receive' && mark === 'passed').map(({ step }: Answered) => step),
      ['name', 'reach', 'seal', 'certificate', 'kind', 'login', 'use'],
    );
    assert.equal(task.steps.at(-1).side, 'letter');
    assert.deepEqual([task.result.isProven, task.result.appLogin], [true, `hanako@here.test/${address}`]);
    id = task.result.outsideAccountId;
    const changes = await as('OutsideAccount/changes', { sinceState: state });
    assert.deepEqual(changes.created, [id]);
  });

  test('its card: everything but the secret', async () => {
    world.progress.set(Number(id.slice(1)), { account: Number(id.slice(1)), mailbox: 'INBOX', done: 40, of: 100 });
    const [card] = (await as('OutsideAccount/get', { ids: [id], language: 'ja' })).list;
    assert.deepEqual(
      [card.address, card.receive.host, card.receive.login, card.restsUntil, card.paused],
      [address, host, address, null, false],
    );
    assert.deepEqual([card.health.state, card.health.sentence, card.health.seal.grade], ['good', '元気です。', 'strong']);
    assert.deepEqual(card.collecting, { mailbox: 'INBOX', done: 40, of: 100 });
    assert.equal(card.provenance['receive.host'], 'typed');
    assert.doesNotMatch(JSON.stringify(card), /secret|horse/);
    world.progress.clear();
  });

  test('what may be changed at once, and what may not', async () => {
    const set = await as('OutsideAccount/set', {
      update: { [id]: { name: '花', leaving: { keep: 'days', days: 30 }, sentCopy: 'provider', paused: true } },
    });
    assert.deepEqual(set.updated, { [id]: null });
    const [card] = (await as('OutsideAccount/get', { ids: [id], language: 'en' })).list;
    assert.deepEqual([card.name, card.leaving, card.sentCopy, card.health.state], ['花', { keep: 'days', days: 30 }, 'provider', 'rests']);
    await as('OutsideAccount/set', { update: { [id]: { paused: false } } });
    const byKey = async (args: JsonObject) => as('OutsideAccount/set', args, false);
    assert.equal((await byKey({ update: { [id]: { paused: true } } })).notUpdated[id].type, 'forbidden', 'an app with a key');
    assert.equal((await byKey({ destroy: [id] })).notDestroyed[id].type, 'forbidden');
    assert.equal((await as('OutsideAccount/get', { ids: [id] }, false)).list[0].paused, false);
    const wrong = await as('OutsideAccount/set', {
      create: { n: { address } },
      update: { [id]: { secret: 'x', address: 'y' }, A999: { name: 'x' }, [A]: { name: 'x' } },
    });
    assert.equal(wrong.notCreated.n.type, 'forbidden');
    assert.deepEqual([wrong.notUpdated[id].type, wrong.notUpdated[id].properties], ['invalidProperties', ['secret', 'address']]);
    assert.deepEqual([wrong.notUpdated.A999, wrong.notUpdated[A]], [{ type: 'notFound' }, { type: 'notFound' }]);
    assert.deepEqual(
      (await as('OutsideAccount/set', { update: { [id]: { leaving: { keep: 'days', days: 0 } } } })).notUpdated[id].properties,
      ['leaving'],
    );
  });

  test('looked at, and given a new password: a wrong one changes nothing', async () => {
    const check = await world.work(world.hanako, { kind: 'check', outsideAccountId: id, language: 'en' });
    assert.deepEqual([check.state, check.result.news], ['done', []]);
    const wrong = await world.work(world.hanako, { kind: 'password', outsideAccountId: id, secret: { password: wrongPassword } });
    assert.deepEqual([wrong.state, wrong.failure.cause], ['failed', 'wrong-password']);
    const right = await world.work(world.hanako, { kind: 'password', outsideAccountId: id, secret: { receive: password, send: password } });
    assert.equal(right.state, 'done', JSON.stringify(right.failure));
    assert.equal((await world.work(world.hanako, { kind: 'check', outsideAccountId: id, letter: true })).state, 'done');
  });

  test('taken home instead, and looked at there again', async () => {
    const wish = { kind: 'switch', outsideAccountId: id, service: 'pop3', receive: [server('pop3')], leaving: { keep: 'days', days: 7 } };
    const task = await world.work(world.hanako, { ...wish, language: 'ja' });
    assert.equal(task.state, 'done', JSON.stringify(task.failure));
    const card = async () => (await as('OutsideAccount/get', { ids: [id] })).list[0];
    assert.deepEqual([(await card()).receive.service, (await card()).leaving], ['pop3', { keep: 'days', days: 7 }]);
    const back = await world.work(world.hanako, { kind: 'switch', outsideAccountId: id, service: 'imap', receive: [server('imap')] });
    assert.equal(back.state, 'done', JSON.stringify(back.failure));
    assert.equal((await card()).receive.service, 'imap');
    // Nothing was found that could be used: said in words, and all stays as it is.
    const lost = await world.work(world.hanako, { kind: 'switch', outsideAccountId: id, service: 'pop3' });
    assert.deepEqual([lost.state, lost.failure.cause, (await card()).receive.service], ['failed', 'cannot', 'imap']);
  });

  test("another person's account is as one that is not there", async () => {
    const T = world.idOf(world.taro);
    for (const wanted of [id, 'A999']) {
      const begun = await world.work(world.taro, { kind: 'check', outsideAccountId: wanted });
      assert.equal(begun.type, 'notFound');
      const set = await world.call(world.taro, 'OutsideAccount/set', {
        accountId: T,
        update: { [wanted]: { name: 'x' } },
        destroy: [wanted],
      });
      assert.deepEqual(
        [set.notUpdated?.[wanted]?.type ?? 'notFound', set.notDestroyed[wanted].type],
        [set.notUpdated?.[wanted]?.type ?? 'notFound', 'notFound'],
      );
    }
    assert.deepEqual((await world.call(world.taro, 'OutsideAccount/get', { accountId: T, ids: [id] })).notFound, [id]);
  });

  test('rest for thirty days, and back', async () => {
    const { state } = await as('OutsideAccount/get', { ids: null });
    assert.deepEqual((await as('OutsideAccount/set', { destroy: [id] })).destroyed, [id]);
    const [card] = (await as('OutsideAccount/get', { ids: [id] })).list;
    assert.ok(Date.parse(card.restsUntil) > Date.now() + 29 * 86_400_000);
    assert.deepEqual((await as('OutsideAccount/changes', { sinceState: state })).updated, [id]);
    assert.equal((await as('OutsideAccount/set', { update: { [id]: { name: 'x' } } })).notUpdated[id].type, 'forbidden');
    assert.equal((await world.work(world.hanako, { kind: 'check', outsideAccountId: id })).type, 'forbidden');
    assert.deepEqual((await as('OutsideAccount/set', { update: { [id]: { restsUntil: null } } })).updated, { [id]: null });
    assert.equal((await as('OutsideAccount/get', { ids: [id] })).list[0].restsUntil, null);
  });

  test('an address that is here already, and one of our own', async () => {
    assert.equal((await world.work(world.hanako, setUp())).type, 'alreadyExists');
    assert.equal((await world.work(world.hanako, setUp({ address: 'x@here.test' }))).type, 'forbidden');
  });
});

describe('what a task is told', () => {
  let world: OwnWorld;
  before(async () => {
    world = await open();
  });

  const bad: readonly [string, () => JsonObject, string][] = [
    ['another kind', () => ({ kind: 'magic' }), 'kind'],
    ['no secret', () => setUp({ secret: null }), 'secret'],
    ['a secret of two kinds', () => setUp({ secret: { password, signIn: true } }), 'secret'],
    ['a secret of two lines', () => setUp({ secret: { password: `${password}\r\nRSET` } }), 'secret'],
    ['counter 25', () => setUp({ send: [server('smtp', { port: 25 })] }), 'send'],
    ['no seal', () => setUp({ send: [server('smtp', { security: 'plain' })] }), 'send'],
    ['sending by IMAP', () => setUp({ send: [server('imap')] }), 'send'],
    ['two services at once', () => setUp({ receive: [server('imap'), server('pop3')] }), 'receive'],
    ['no server', () => setUp({ receive: [] }), 'receive'],
    ['a host that is none', () => setUp({ receive: [server('imap', { host: 'a b' })] }), 'receive'],
    ['more than is known', () => setUp({ colour: 'red' }), 'colour'],
    ['an account by a name', () => ({ kind: 'check', outsideAccountId: address }), 'outsideAccountId'],
    [
      'servers of another service',
      () => ({ kind: 'switch', outsideAccountId: 'A1', service: 'pop3', receive: [server('imap')] }),
      'receive',
    ],
  ];
  for (const [name, task, property] of bad)
    test(`refused: ${name}`, async () => {
      const error = await world.work(world.hanako, task());
      assert.equal(error.type, 'invalidProperties');
      assert.ok(error.properties.includes(property), JSON.stringify(error));
    });

  test('an app with a key begins nothing that holds a secret', async () => {
    const accountId = world.idOf(world.hanako);
    const create = {
      a: setUp(),
      b: { kind: 'password', outsideAccountId: 'A1', secret: { password } },
      c: { kind: 'switch', outsideAccountId: 'A1', service: 'imap' },
    };
    const { notCreated } = await world.call(world.hanako, 'Task/set', { accountId, create }, false);
    assert.deepEqual(
      Object.values(notCreated as Record<string, { type: string }>).map(({ type }) => type),
      ['forbidden', 'forbidden', 'forbidden'],
    );
  });

  test('an address that is none', async () => {
    const answer = await world.call(world.hanako, 'Discovery/look', {
      accountId: world.idOf(world.hanako),
      address: 'nobody',
      language: 'ja',
    });
    assert.deepEqual([answer.type, answer.cause], ['invalidArguments', 'not-an-address']);
  });
});

test('tasks: so many at once, cancelled, forgotten; states tell what changed', async () => {
  // Nobody answers: the work goes on until it is cancelled.
  const world = await open({ web: { fetch: () => new Promise(() => {}) } });
  const accountId = world.idOf(world.hanako);
  const call = (name: string, args: JsonObject) => world.call(world.hanako, name, { accountId, ...args });
  const { state } = await call('Task/get', { ids: null });
  const ids: string[] = [];
  for (let i = 0; i < runningMax; i++)
    ids.push((await call('Task/set', { create: { t: { kind: 'discovery', address: `a@unknown${i}.test` } } })).created.t.id);
  const over = await call('Task/set', { create: { t: { kind: 'discovery', address: 'a@unknown.test' } } });
  assert.equal(over.notCreated.t.type, 'overQuota');
  const changes = await call('Task/changes', { sinceState: state });
  assert.deepEqual([changes.created, changes.updated, changes.destroyed], [ids, [], []]);
  assert.deepEqual((await call('Task/set', { update: { [ids[0]!]: { state: 'cancelled' } } })).updated, { [ids[0]!]: null });
  assert.equal((await call('Task/get', { ids: [ids[0]!] })).list[0].state, 'cancelled');
  assert.deepEqual((await call('Task/set', { destroy: [ids[1]!, 'W1'] })).destroyed, [ids[1]]);
  const later = await call('Task/changes', { sinceState: changes.newState });
  assert.deepEqual([later.created, later.destroyed], [[], [ids[1]]]);
  assert.ok(later.updated.includes(ids[0]));
  const wrong = await call('Task/set', { update: { [ids[2]!]: { state: 'done' }, [ids[3]!]: { kind: 'x' }, W1: { state: 'cancelled' } } });
  assert.deepEqual(
    [wrong.notUpdated[ids[2]!].properties, wrong.notUpdated[ids[3]!].properties, wrong.notUpdated.W1.type],
    [['state'], ['kind'], 'notFound'],
  );
  assert.equal((await call('Task/changes', { sinceState: 'other-1' })).type, 'cannotCalculateChanges');
  // Those of another person are not there.
  const foreign = await world.call(world.taro, 'Task/get', { accountId: world.idOf(world.taro), ids });
  assert.deepEqual([foreign.list, foreign.notFound], [[], ids]);
  await call('Task/set', { destroy: ids });
});

test('look-ups are counted by person', async () => {
  const world = await open();
  const look = (person: number) =>
    world.call(person, 'Discovery/look', { accountId: world.idOf(person), address: 'a@unknown.test', language: 'en' });
  // Given up at once, so that it is not the number of things at once that says no.
  for (let i = 0; i < 5; i++)
    await world.call(world.hanako, 'Task/set', { accountId: world.idOf(world.hanako), destroy: [(await look(world.hanako)).taskId] });
  assert.equal((await look(world.hanako)).type, 'rateLimit');
  const create = { t: { kind: 'discovery', address: 'a@unknown.test' } };
  assert.equal(
    (await world.call(world.hanako, 'Task/set', { accountId: world.idOf(world.hanako), create })).notCreated.t.type,
    'rateLimit',
  );
  assert.ok((await look(world.taro)).taskId);
});

test('what the table knows is there at once, with the secret that is wanted; a slip is noticed', async () => {
  const world = await open();
  const accountId = world.idOf(world.hanako);
  const gmail = await world.call(world.hanako, 'Discovery/look', { accountId, address: 'ｈａｎａ＠gmail.com', language: 'ja' });
  assert.equal(gmail.known.address, 'hana@gmail.com');
  assert.deepEqual(gmail.known.imap[0].facts.map(({ name }: Answered) => name).length, 4);
  assert.deepEqual(gmail.known.signIn, { provider: 'google', title: 'Google', isReady: false });
  assert.ok(gmail.known.secret.steps.length > 0);
  const { server: confirmed } = gmail.known.imap[0];
  assert.deepEqual([confirmed.service, confirmed.host, confirmed.port, confirmed.security], ['imap', 'imap.gmail.com', 993, 'tls']);
  const slip = await world.call(world.hanako, 'Discovery/look', { accountId, address: 'hana@gamil.com', language: 'en' });
  assert.deepEqual([slip.known.suggestion, slip.known.imap], ['hana@gmail.com', []], 'the slip is said at once');
  const { id } = { id: slip.taskId };
  await world.call(world.hanako, 'Task/set', { accountId, destroy: [gmail.taskId, id] });
});

test('a look by the domain’s own SRV records: found, tried and told', async () => {
  const world = await open({
    zone: {
      'SRV _imaps._tcp.provider.test': [{ priority: 0, weight: 1, port: imap.port, target: host }],
      'SRV _submissions._tcp.provider.test': [{ priority: 0, weight: 1, port: smtp.port, target: host }],
    },
  });
  const task = await world.work(world.hanako, { kind: 'discovery', address, language: 'en' });
  assert.equal(task.state, 'done', JSON.stringify(task.failure));
  const { result } = task;
  assert.deepEqual([result.imap[0].reachable, result.smtp[0].reachable, result.imap[0].server.port], [true, true, imap.port]);
  assert.match(result.imap[0].source, /SRV/);
  assert.ok(task.steps.some(({ step, mark }: Answered) => step === 'srv' && mark === 'passed'));
  // What was found is confirmed as it is.
  const done = await world.work(world.hanako, setUp({ receive: [result.imap[0].server], send: [result.smtp[0].server], proof: false }));
  assert.equal(done.state, 'done', JSON.stringify(done.failure));
  assert.equal(done.result.isProven, false);
});

describe('signing in at the page of the provider', () => {
  test('without a client id it says what is missing', async () => {
    const world = await open();
    const task = await world.work(world.hanako, setUp({ secret: { signIn: 'google' } }));
    assert.deepEqual([task.state, task.failure.cause], ['failed', 'client-id-missing']);
  });

  test('the browser that began gets a cookie and is led on; nobody else', async () => {
    const world = await open();
    await world.clients.put('other', 'client-1', null, {
      name: 'other',
      title: 'Other',
      issuer: 'https://id.provider.test',
      authorizationUrl: 'https://id.provider.test/authorize',
      tokenUrl: 'https://id.provider.test/token',
      revocationUrl: null,
      scopes: ['mail'],
      extra: {},
    });
    let path = '';
    const seen: string[] = [];
    let asking: number | null = world.taro;
    const app = oauthBegin({ tickets: world.office.outside.tickets, personOf: async () => asking });
    const task = await world.work(world.hanako, setUp({ secret: { signIn: 'other' } }), (now) => {
      if (now.openUrl === null || path !== '') return;
      path = now.openUrl as string;
      seen.push(...now.steps.map(({ mark }: Answered) => mark));
      void (async () => {
        assert.equal((await app.request(path)).status, 404);
        asking = null;
        assert.equal((await app.request(path)).status, 404);
        asking = world.hanako;
        const led = await app.request(path);
        assert.equal(led.status, 303);
        const url = new URL(led.headers.get('location')!);
        assert.deepEqual([url.host, url.searchParams.get('redirect_uri')], ['id.provider.test', 'https://mail.here.test/oauth/callback']);
        assert.match(
          led.headers.get('set-cookie')!,
          new RegExp(`^${signInCookie}=[A-Za-z0-9_-]{43}; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax$`),
        );
        // Closed half-way, it is opened again; what counts once is the answer.
        assert.equal((await app.request(path)).headers.get('location'), url.href);
        const browser = /=([^;]+)/.exec(led.headers.get('set-cookie')!)![1]!;
        const state = url.searchParams.get('state')!;
        const answer = { state, code: null, error: 'access_denied', issuer: null } as never;
        await assert.rejects(world.flow.finish(answer, 'another browser'));
        await world.flow.finish(answer, browser).catch(() => {});
        await assert.rejects(world.flow.finish(answer, browser), /over/);
      })();
    });
    assert.match(path, /^\/oauth\/begin\?ticket=[A-Za-z0-9_-]{43}$/);
    assert.ok(seen.includes('open') || path !== '');
    assert.deepEqual([task.state, task.openUrl], ['failed', null]);
    assert.match(task.failure.cause, /^sign-in-/);
    assert.equal((await app.request(path)).status, 404, 'over');
  });

  test('an app with a key does not learn where to sign in', async () => {
    const world = await open();
    await world.clients.put('google', 'client-1', null);
    const accountId = world.idOf(world.hanako);
    const gmail = { receive: [server('imap', { host: 'imap.gmail.com' })], send: [server('smtp', { host: 'smtp.gmail.com' })] };
    const { created } = await world.call(world.hanako, 'Task/set', {
      accountId,
      create: { t: setUp({ ...gmail, secret: { signIn: true } }) },
    });
    const { id } = created.t;
    const get = async (inPerson: boolean) =>
      (await world.call(world.hanako, 'Task/get', { accountId, ids: [id] }, inPerson)).list[0].openUrl;
    while ((await get(true)) === null) await new Promise((done) => setImmediate(done));
    assert.equal(await get(false), null);
    await world.call(world.hanako, 'Task/set', { accountId, update: { [id]: { state: 'cancelled' } } });
    assert.equal(await get(true), null);
  });
});
