// EmailSubmission by the book on the memory store: sent at once, held, called back, each refusal, what becomes of letters in mailboxes; the
// race between sending and calling back, and power cuts in between.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unavailable } from '../../../base/trouble.ts';
import type { MailStore } from '../../../store/contract.ts';
import type { JsonObject } from '../contract.ts';
import { began, openPost, type Post, type PostOptions } from './office-suite.ts';

async function draft(post: Post, person: string, more: JsonObject = {}): Promise<string> {
  const email = {
    mailboxIds: { [await post.mailbox(person, 'drafts')]: true },
    keywords: { $draft: true },
    from: [{ name: person, email: `${person}@local.test` }],
    to: [{ email: 'taro@local.test' }],
    subject: 'Hello',
    textBody: [{ partId: 't' }],
    bodyValues: { t: { value: 'Hi\n' } },
    ...more,
  };
  const { created, notCreated } = await post.one(person, 'Email/set', { create: { d: email } });
  assert.ok(created !== null, JSON.stringify(notCreated));
  return ((created as JsonObject)['d'] as JsonObject)['id'] as string;
}

async function identity(post: Post, person: string): Promise<string> {
  const { list } = await post.one(person, 'Identity/get', { ids: null });
  return (list as JsonObject[])[0]!['id'] as string;
}

async function submit(post: Post, person: string, more: JsonObject = {}, email: JsonObject = {}): Promise<JsonObject> {
  const emailId = await draft(post, person, email);
  return post.one(person, 'EmailSubmission/set', { create: { s: { identityId: await identity(post, person), emailId, ...more } } });
}

async function submission(post: Post, person: string, id: string): Promise<JsonObject> {
  const { list } = await post.one(person, 'EmailSubmission/get', { ids: [id] });
  return (list as JsonObject[])[0]!;
}

const rcpt = (email: string, parameters: JsonObject | null = null): JsonObject => ({ email, parameters });
const hold = (parameters: JsonObject, to = 'taro@local.test'): JsonObject => ({
  envelope: { mailFrom: rcpt('hanako@local.test', parameters), rcptTo: [rcpt(to)] },
});

test('sent at once: placed here, queued elsewhere, Bcc left out, the draft becomes a sent letter', async () => {
  const post = await openPost();
  const drafts = await post.mailbox('hanako', 'drafts');
  const sent = await post.mailbox('hanako', 'sent');
  const emailId = await draft(post, 'hanako', { cc: [{ email: 'friend@remote.test' }], bcc: [{ email: 'jiro@local.test' }] });
  const answers = await post.ask('hanako', [
    [
      'EmailSubmission/set',
      {
        accountId: '$hanako',
        create: { s: { identityId: await identity(post, 'hanako'), emailId } },
        onSuccessUpdateEmail: { '#s': { [`mailboxIds/${drafts}`]: null, [`mailboxIds/${sent}`]: true, 'keywords/$draft': null } },
      },
      '0',
    ],
  ]);
  assert.deepEqual(
    answers.map(([name, , id]) => [name, id]),
    [
      ['EmailSubmission/set', '0'],
      ['Email/set', '0'],
    ],
  );
  const made = (answers[0]![1]['created'] as JsonObject)['s'] as JsonObject;
  assert.deepEqual(made, {
    id: 'S1',
    threadId: 'T1',
    envelope: {
      mailFrom: rcpt('hanako@local.test'),
      rcptTo: ['taro@local.test', 'friend@remote.test', 'jiro@local.test'].map((one) => rcpt(one)),
    },
    sendAt: '2026-11-23T12:00:00Z',
    undoStatus: 'final',
    deliveryStatus: null,
    dsnBlobIds: [],
    mdnBlobIds: [],
  });
  assert.deepEqual(answers[1]![1]['updated'], { [emailId]: null });
  for (const person of ['taro', 'jiro']) {
    const [letter] = await post.letters(person, 'inbox');
    assert.match(letter!, /^Received: by mail\.local\.test id /);
    assert.match(letter!, /\r\nSubject: Hello\r\n/);
    assert.doesNotMatch(letter!, /^bcc:/im);
  }
  // The own copy keeps what the person wrote.
  assert.match((await post.letters('hanako', 'sent'))[0]!, /^Bcc: jiro@local\.test\r$/m);
  assert.deepEqual(
    (await post.store.queue.list({ limit: 10 })).map(({ recipient }) => recipient),
    ['friend@remote.test'],
  );
  const status = (await submission(post, 'hanako', 'S1'))['deliveryStatus'] as Record<string, JsonObject>;
  assert.deepEqual(
    Object.entries(status).map(([address, { delivered, displayed }]) => [address, delivered, displayed]),
    [
      ['taro@local.test', 'yes', 'unknown'],
      ['friend@remote.test', 'queued', 'unknown'],
      ['jiro@local.test', 'yes', 'unknown'],
    ],
  );
});

const refusals: [name: string, more: JsonObject, email: JsonObject, error: JsonObject, options?: PostOptions][] = [
  ['nobody', {}, { to: null }, { type: 'noRecipients' }],
  [
    'an unknown person here',
    {},
    { to: [{ email: 'nobody@local.test' }, { email: 'taro@local.test' }] },
    { type: 'invalidRecipients', invalidRecipients: ['nobody@local.test'] },
  ],
  ['what is no address', {}, { to: [{ email: 'nonsense' }] }, { type: 'invalidRecipients', invalidRecipients: ['nonsense'] }],
  [
    'too many',
    {},
    { to: Array.from({ length: 101 }, (_, index) => ({ email: `p${index}@remote.test` })) },
    { type: 'tooManyRecipients', maxRecipients: 100 },
    { recipientsPerHour: 1000 },
  ],
  [
    'more than an hour allows',
    {},
    { to: Array.from({ length: 20 }, (_, index) => ({ email: `p${index}@remote.test` })) },
    { type: 'rateLimit' },
    { recipientsPerHour: 10 },
  ],
  ['somebody else’s From', {}, { from: [{ email: 'taro@local.test' }] }, { type: 'forbiddenFrom' }],
  ['somebody else’s Sender', {}, { sender: [{ email: 'taro@local.test' }] }, { type: 'forbiddenFrom' }],
  [
    'two authors',
    {},
    { from: [{ email: 'hanako@local.test' }, { email: 'info@local.test' }] },
    { type: 'invalidEmail', properties: ['from'] },
  ],
  ['a From without address', hold({}), { from: [{ name: 'x', email: '' }] }, { type: 'invalidEmail', properties: ['from'] }],
  [
    'somebody else’s envelope',
    { envelope: { mailFrom: rcpt('taro@local.test'), rcptTo: [rcpt('taro@local.test')] } },
    {},
    { type: 'forbiddenMailFrom' },
  ],
  ['an empty envelope', { envelope: { mailFrom: rcpt('hanako@local.test'), rcptTo: [] } }, {}, { type: 'noRecipients' }],
  ['an identity that is not there', { identityId: 'I99' }, {}, { type: 'invalidProperties', properties: ['identityId'] }],
  ['a letter that is not there', { emailId: 'M99' }, {}, { type: 'invalidProperties', properties: ['emailId'] }],
  [
    'what the server sets',
    { undoStatus: 'pending', sendAt: '2026-01-01T00:00:00Z' },
    {},
    { type: 'invalidProperties', properties: ['undoStatus', 'sendAt'] },
  ],
  ['an unknown parameter', hold({ BY: '3' }), {}, { type: 'invalidProperties', properties: ['envelope/mailFrom'] }],
  ['HOLDFOR beyond a year', hold({ HOLDFOR: '99999999' }), {}, { type: 'invalidProperties', properties: ['envelope/mailFrom'] }],
  [
    'HOLDUNTIL beyond a year',
    hold({ HOLDUNTIL: '2036-01-01T00:00:00Z' }),
    {},
    { type: 'invalidProperties', properties: ['envelope/mailFrom'] },
  ],
  [
    'both of them',
    hold({ HOLDFOR: '9', HOLDUNTIL: '2026-11-23T13:00:00Z' }),
    {},
    { type: 'invalidProperties', properties: ['envelope/mailFrom'] },
  ],
  [
    'NOTIFY that is none',
    { envelope: { mailFrom: rcpt('hanako@local.test'), rcptTo: [rcpt('taro@local.test', { NOTIFY: 'OFTEN' })] } },
    {},
    { type: 'invalidProperties', properties: ['envelope/rcptTo/0'] },
  ],
];
for (const [name, more, email, error, options = {}] of refusals)
  test(`not sent: ${name}`, async () => {
    const post = await openPost(options);
    const { notCreated, created } = await submit(post, 'hanako', more, email);
    assert.equal(created, null);
    const { description: _description, ...told } = (notCreated as JsonObject)['s'] as JsonObject;
    assert.deepEqual(told, error);
    assert.deepEqual(await post.letters('taro', 'inbox'), []);
    assert.equal((await post.store.queue.count()).letters, 0);
    assert.deepEqual((await post.one('hanako', 'EmailSubmission/get', { ids: null }))['list'], []);
  });

test('not sent: the account is closed', async () => {
  const post = await openPost();
  const emailId = await draft(post, 'hanako');
  const identityId = await identity(post, 'hanako');
  await post.directory.updateAccount(post.accounts.get('hanako')!.account, { closedAt: 1 });
  const { notCreated } = await post.one('hanako', 'EmailSubmission/set', { create: { s: { identityId, emailId } } });
  assert.equal(((notCreated as JsonObject)['s'] as JsonObject)['type'], 'forbiddenToSend');
});

test('RFC 8620 §5.1: all submissions are told only as long as they are few enough', async () => {
  const post = await openPost();
  await submit(post, 'hanako');
  const { account } = post.accounts.get('hanako')!;
  const value = (await post.store.items.list(account, 'submission'))[0]!.value;
  const add = { kind: 'submission', add: value };
  await post.store.items.write(
    account,
    Array.from({ length: 999 }, () => add),
  );
  assert.equal(((await post.one('hanako', 'EmailSubmission/get', { ids: null, properties: ['id'] }))['list'] as unknown[]).length, 1000);
  await post.store.items.write(account, [add]);
  const { error } = await post.one('hanako', 'EmailSubmission/get', { ids: null, properties: ['id'] });
  assert.equal((error as JsonObject)['type'], 'requestTooLarge');
});

test('not sent: too large', async () => {
  const post = await openPost({ letterMax: 2000, importMax: 10_000 });
  const { notCreated } = await submit(post, 'hanako', {}, { bodyValues: { t: { value: 'word\n'.repeat(500) } } });
  assert.deepEqual((notCreated as JsonObject)['s'], {
    type: 'tooLarge',
    description: 'The letter is too large to be sent.',
    maxSize: 2000,
  });
});

test('held by HOLDFOR: goes at its time, once, also when the draft is destroyed meanwhile', async () => {
  const post = await openPost();
  const emailId = await draft(post, 'hanako');
  const { created } = await post.one('hanako', 'EmailSubmission/set', {
    create: { s: { identityId: await identity(post, 'hanako'), emailId, ...hold({ HOLDFOR: '3600', ENVID: 'x1' }) } },
  });
  const made = (created as JsonObject)['s'] as JsonObject;
  assert.deepEqual([made['sendAt'], made['undoStatus']], ['2026-11-23T13:00:00Z', 'pending']);
  await post.one('hanako', 'Email/set', { destroy: [emailId] });
  await post.store.upkeep();
  post.clock.time = began + 3_599_000;
  assert.equal(await post.runDue(), 0);
  assert.deepEqual(await post.letters('taro', 'inbox'), []);
  post.clock.time = began + 3_600_000;
  assert.equal(await post.runDue(), 1);
  assert.equal(await post.runDue(), 0);
  assert.equal((await post.letters('taro', 'inbox')).length, 1);
  const after = await submission(post, 'hanako', 'S1');
  assert.deepEqual([after['undoStatus'], after['sendAt'], after['emailId']], ['final', '2026-11-23T13:00:00Z', emailId]);
  assert.equal((await post.store.queue.count()).letters, 0);
});

test('a letter marked as scheduled lies in Drafts until it has gone, and then in Sent', async () => {
  const post = await openPost();
  const emailId = await draft(post, 'hanako');
  await post.one('hanako', 'EmailSubmission/set', {
    create: { s: { identityId: await identity(post, 'hanako'), emailId, ...hold({ HOLDFOR: '3600' }) } },
    onSuccessUpdateEmail: { '#s': { 'keywords/$draft': null, 'keywords/$scheduled': true } },
  });
  assert.deepEqual([(await post.letters('hanako', 'drafts')).length, (await post.letters('hanako', 'sent')).length], [1, 0]);
  post.clock.time = began + 3_600_000;
  await post.runDue();
  assert.deepEqual([(await post.letters('hanako', 'drafts')).length, (await post.letters('hanako', 'sent')).length], [0, 1]);
  const shelf = await post.store.openShelf(1);
  assert.deepEqual(shelf.flagsAt(shelf.indexOf(Number(emailId.slice(1)))).keywords.includes('$scheduled'), false);
  shelf.release();
});

test('HOLDUNTIL; and a queue emptied by hand does not lose the letter as long as it is in the mailbox', async () => {
  const post = await openPost();
  await submit(post, 'hanako', hold({ HOLDUNTIL: '2026-11-24T21:00:00+09:00' }));
  const rows = await post.store.queue.list({ limit: 10 });
  await post.store.queue.remove(rows.map(({ id }) => id));
  post.clock.time = Date.UTC(2026, 10, 24, 12);
  await post.runDue();
  assert.equal((await post.letters('taro', 'inbox')).length, 1);
});

test('no lane of the queue takes what waits, whoever hurries it', async () => {
  const post = await openPost();
  await submit(post, 'hanako', hold({ HOLDFOR: '3600' }));
  const [row] = await post.store.queue.list({ limit: 10 });
  assert.deepEqual([row!.domain, row!.dueAt > began + 366 * 86_400_000], ['waiting.invalid', true]);
});

test('undo: called back within its moment, it goes to nobody; later it cannot be', async () => {
  const post = await openPost({ undoMs: 10_000 });
  const first = (await submit(post, 'hanako'))['created'] as JsonObject;
  assert.equal((first['s'] as JsonObject)['undoStatus'], 'pending');
  assert.equal((first['s'] as JsonObject)['sendAt'], '2026-11-23T12:00:00Z');
  assert.deepEqual((await post.one('hanako', 'EmailSubmission/set', { update: { S1: { undoStatus: 'canceled' } } }))['updated'], {
    S1: null,
  });
  post.clock.time += 20_000;
  await post.runDue();
  assert.deepEqual(await post.letters('taro', 'inbox'), []);
  assert.equal((await submission(post, 'hanako', 'S1'))['undoStatus'], 'canceled');
  assert.equal((await post.store.queue.count()).letters, 0);
  await submit(post, 'hanako');
  post.clock.time += 20_000;
  await post.runDue();
  const { notUpdated } = await post.one('hanako', 'EmailSubmission/set', { update: { S2: { undoStatus: 'canceled' } } });
  assert.equal(((notUpdated as JsonObject)['S2'] as JsonObject)['type'], 'cannotUnsend');
  assert.equal((await post.letters('taro', 'inbox')).length, 1);
});

const updates: [name: string, patch: JsonObject, type: string | null][] = [
  ['as it is', { undoStatus: 'pending' }, null],
  ['final by hand', { undoStatus: 'final' }, 'invalidProperties'],
  ['another identity', { identityId: 'I9' }, 'invalidProperties'],
  ['another time', { sendAt: '2027-01-01T00:00:00Z' }, 'invalidProperties'],
  ['a recipient more', { 'envelope/rcptTo': [] }, 'invalidProperties'],
  ['into an array', { 'envelope/rcptTo/0': null }, 'invalidPatch'],
  ['what is not there', { mood: 'good' }, 'invalidProperties'],
];
for (const [name, patch, type] of updates)
  test(`update: ${name}`, async () => {
    const post = await openPost({ undoMs: 10_000 });
    await submit(post, 'hanako');
    const { updated, notUpdated } = await post.one('hanako', 'EmailSubmission/set', { update: { S1: patch } });
    if (type === null) assert.deepEqual(updated, { S1: null });
    else assert.equal(((notUpdated as JsonObject)['S1'] as JsonObject)['type'], type);
  });

test('destroyed: a record of what went, not of what waits; the letter can be destroyed with it', async () => {
  const post = await openPost({ undoMs: 10_000 });
  await submit(post, 'hanako');
  const { notDestroyed } = await post.one('hanako', 'EmailSubmission/set', { destroy: ['S1', 'S9'] });
  assert.deepEqual(
    Object.entries(notDestroyed as JsonObject).map(([id, error]) => [id, (error as JsonObject)['type']]),
    [
      ['S1', 'forbidden'],
      ['S9', 'notFound'],
    ],
  );
  post.clock.time += 20_000;
  await post.runDue();
  const answers = await post.ask('hanako', [
    ['EmailSubmission/set', { accountId: '$hanako', destroy: ['S1'], onSuccessDestroyEmail: ['S1'] }, '0'],
  ]);
  assert.deepEqual([answers[0]![1]['destroyed'], answers[1]![1]['destroyed']], [['S1'], ['M1']]);
});

test('what stood in the way when its hour came is told by a report', async () => {
  const post = await openPost();
  await submit(post, 'hanako', {
    envelope: { mailFrom: rcpt('hanako@local.test', { HOLDFOR: '60' }), rcptTo: [rcpt('taro@local.test'), rcpt('jiro@local.test')] },
  });
  await post.directory.updateAccount(post.accounts.get('jiro')!.account, { closedAt: 1 });
  post.clock.time += 60_000;
  await post.runDue();
  assert.equal((await post.letters('taro', 'inbox')).length, 1);
  const [report] = await post.letters('hanako', 'inbox');
  assert.match(report!, /Final-Recipient: rfc822; ?jiro@local\.test/i);
  assert.doesNotMatch(report!, /Final-Recipient: rfc822; ?taro/i);
  // An address that is nobody's any more when its hour comes: nothing goes, the person hears of it.
  await submit(post, 'hanako', { envelope: { mailFrom: rcpt('info@local.test', { HOLDFOR: '60' }), rcptTo: [rcpt('taro@local.test')] } });
  await post.directory.removeAlias('info@local.test');
  post.clock.time += 60_000;
  await post.runDue();
  assert.equal((await post.letters('taro', 'inbox')).length, 1);
  const status = (await submission(post, 'hanako', 'S2'))['deliveryStatus'] as Record<string, JsonObject>;
  assert.equal(status['taro@local.test']!['delivered'], 'no');
});

test('beyond the hour’s recipients a held letter goes a little later, not never', async () => {
  const post = await openPost({ recipientsPerHour: 1 });
  for (let index = 0; index < 2; index++) await submit(post, 'hanako', hold({ HOLDFOR: '60' }, 'friend@remote.test'));
  post.clock.time += 60_000;
  await post.runDue();
  const queued = async (): Promise<number> => (await post.store.queue.list({ domain: 'remote.test', limit: 10 })).length;
  assert.equal(await queued(), 1);
  for (let minutes = 0; minutes < 70; minutes += 10) {
    post.clock.time += 600_000;
    await post.runDue();
  }
  assert.equal(await queued(), 2);
});

/** A store that stops in the middle of the `nth` commit with items: before it, or right after it with its answer lost. */
function faulty(store: MailStore, nth: number, when: 'before' | 'after'): MailStore {
  let commits = 0;
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (name !== 'commit') return typeof member === 'function' ? (member as (...args: unknown[]) => unknown).bind(target) : member;
      return async (work: Parameters<MailStore['commit']>[0]) => {
        if (++commits !== nth) return target.commit(work);
        if (when === 'after') await target.commit(work);
        throw new Unavailable(when === 'after' ? 'unknown-outcome' : 'store-stopped', 'power cut');
      };
    },
  });
}

for (const when of ['before', 'after'] as const)
  test(`a power cut ${when} the commit that sends: once, whatever is tried again`, async () => {
    const post = await openPost({ wrap: (store) => faulty(store, 2, when) });
    await submit(post, 'hanako', {
      envelope: { mailFrom: rcpt('hanako@local.test', { HOLDFOR: '60' }), rcptTo: [rcpt('taro@local.test'), rcpt('friend@remote.test')] },
    });
    post.clock.time += 60_000;
    await assert.rejects(post.runDue(), Unavailable);
    await post.runDue();
    await post.runDue();
    assert.equal((await post.letters('taro', 'inbox')).length, 1);
    assert.equal((await post.store.queue.list({ limit: 10 })).length, 1);
  });

test('sending and calling back at once: one wins, and both tell the same', async () => {
  for (let turn = 0; turn < 40; turn++) {
    const post = await openPost({ undoMs: 1000 });
    await submit(post, 'hanako');
    post.clock.time += 1000;
    const [item] = await post.store.items.due(post.clock.now(), 10);
    const wait = async (ticks: number): Promise<void> => {
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
    };
    const cancel = async (): Promise<JsonObject> => {
      await wait(turn % 20);
      return post.one('hanako', 'EmailSubmission/set', { update: { S1: { undoStatus: 'canceled' } } });
    };
    const send = async (): Promise<void> => {
      await wait(20 - turn / 2);
      await post.desk.due(item!);
    };
    const [answer] = await Promise.all([cancel(), send()]);
    const called = answer['updated'] !== null;
    const letters = (await post.letters('taro', 'inbox')).length;
    assert.equal(letters, called ? 0 : 1, `turn ${turn}`);
    assert.equal((await submission(post, 'hanako', 'S1'))['undoStatus'], called ? 'canceled' : 'final');
    if (!called) assert.equal(((answer['notUpdated'] as JsonObject)['S1'] as JsonObject)['type'], 'cannotUnsend');
  }
});

test('a letter called back at the last moment has had no vacation reply: the next one has', async () => {
  const post = await openPost({ undoMs: 1000 });
  await post.one('taro', 'VacationResponse/set', { update: { singleton: { isEnabled: true, textBody: 'away' } } });
  await submit(post, 'hanako');
  post.clock.time += 1000;
  const [item] = await post.store.items.due(post.clock.now(), 10);
  await post.one('hanako', 'EmailSubmission/set', { update: { S1: { undoStatus: 'canceled' } } });
  await post.desk.due(item!);
  assert.deepEqual([await post.letters('taro', 'inbox'), await post.letters('hanako', 'inbox')], [[], []]);
  await submit(post, 'hanako');
  post.clock.time += 60_000;
  await post.runDue();
  assert.equal((await post.letters('taro', 'inbox')).length, 1);
  assert.match((await post.letters('hanako', 'inbox'))[0] ?? 'nothing', /Auto-Submitted: auto-replied/);
});

const crowds: [name: string, count: number, octets: number, type: string | null][] = [
  ['many', 1000, 1, 'rateLimit'],
  ['large ones', 40, 27_000_000, 'rateLimit'],
  ['as many as may', 999, 1_000_000, null],
];
for (const [name, count, octets, type] of crowds)
  test(`letters that wait are bounded: ${name}`, async () => {
    const post = await openPost({ undoMs: 1000 });
    const { account } = post.accounts.get('hanako')!;
    const value = { undoStatus: 'pending', octets, sendAt: began, envelope: { rcptTo: [] } };
    await post.store.items.write(
      account,
      Array.from({ length: count }, () => ({ kind: 'submission', add: value, dueAt: began + 1e9 })),
    );
    const { created, notCreated } = await submit(post, 'hanako');
    assert.equal(type, notCreated === null ? null : ((notCreated as JsonObject)['s'] as JsonObject)['type']!);
    assert.equal(created === null, type !== null);
  });

test('two people on one store write to each other', async () => {
  const post = await openPost();
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => {
      const [from, to] = index % 2 === 0 ? ['hanako', 'taro'] : ['taro', 'hanako'];
      return submit(post, from!, {}, { to: [{ email: `${to}@local.test` }], subject: `letter ${index}` });
    }),
  );
  for (const person of ['hanako', 'taro']) assert.equal(new Set(await post.letters(person, 'inbox')).size, 10);
});

test('query and queryChanges', async () => {
  const post = await openPost({ undoMs: 5000 });
  for (let index = 0; index < 3; index++) {
    await submit(post, 'hanako');
    post.clock.time += 1000;
  }
  const ids = async (args: JsonObject): Promise<unknown> => (await post.one('hanako', 'EmailSubmission/query', args))['ids'];
  assert.deepEqual(await ids({ sort: [{ property: 'sentAt', isAscending: false }] }), ['S3', 'S2', 'S1']);
  assert.deepEqual(await ids({ filter: { emailIds: ['M2', 'M9'] } }), ['S2']);
  assert.deepEqual(await ids({ filter: { before: '2026-11-23T12:00:01Z' } }), ['S1']);
  assert.deepEqual(await ids({ filter: { operator: 'NOT', conditions: [{ after: '2026-11-23T12:00:01Z' }] } }), ['S1']);
  assert.deepEqual(await ids({ filter: { undoStatus: 'pending' }, position: 1, limit: 1 }), ['S2']);
  assert.deepEqual(await ids({ filter: { identityIds: ['I2'] } }), []);
  const { queryState } = await post.one('hanako', 'EmailSubmission/query', { filter: { undoStatus: 'pending' } });
  await post.one('hanako', 'EmailSubmission/set', { update: { S2: { undoStatus: 'canceled' } } });
  await submit(post, 'hanako');
  const changes = await post.one('hanako', 'EmailSubmission/queryChanges', {
    filter: { undoStatus: 'pending' },
    sinceQueryState: queryState!,
  });
  assert.deepEqual([changes['removed'], changes['added']], [['S2'], [{ id: 'S4', index: 2 }]]);
  const types: [JsonObject, string][] = [
    [{ filter: { mood: 'x' } }, 'unsupportedFilter'],
    [{ filter: { before: 'x' } }, 'invalidArguments'],
    [{ filter: { undoStatus: 'x' } }, 'invalidArguments'],
    [{ sort: [{ property: 'mood' }] }, 'unsupportedSort'],
    [{ anchor: 'S99' }, 'anchorNotFound'],
  ];
  for (const [args, type] of types)
    assert.equal(((await post.one('hanako', 'EmailSubmission/query', args))['error'] as JsonObject)['type'], type);
  const old = await post.one('hanako', 'EmailSubmission/changes', { sinceState: 'x' });
  assert.equal((old['error'] as JsonObject)['type'], 'cannotCalculateChanges');
  const all = await post.one('hanako', 'EmailSubmission/changes', { sinceState: queryState! });
  assert.deepEqual([all['created'], all['updated'], all['destroyed']], [['S4'], ['S2'], []]);
});
