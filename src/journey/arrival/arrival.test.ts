// Rules and vacation replies: what they do with letters, whom they never answer, and that people without them cost nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simpleParser } from 'mailparser';
import { bytesFromUtf8 } from '../../base/bytes.ts';
import { openPost, type Post } from '../../protocol/jmap/sending/office-suite.ts';
import type { Placement } from '../../store/contract.ts';
import { readRule, type RuleAction, type RuleCondition } from './rule.ts';
import { applyRules, RuleFacts, type RuleOutcome } from './rules.ts';

const lines = (...all: string[]): string => `${all.join('\r\n')}\r\n`;
const letter = lines(
  'From: =?utf-8?B?5bGx55Sw?= <yamada@remote.test>',
  'To: Hanako <hanako@local.test>',
  'Cc: taro@local.test',
  'Subject: =?utf-8?B?44KI44GG44GT44Gd?= Welcome',
  'List-Id: Friends <friends.remote.test>',
  'Message-ID: <1@remote.test>',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  '',
  'text',
  '--b',
  'Content-Type: image/png; name="p.png"',
  '',
  'x',
  '--b--',
);

const conditions: [condition: RuleCondition, holds: boolean][] = [
  [{ field: 'from', has: '山田' }, true],
  [{ field: 'from', has: 'YAMADA@' }, true],
  [{ field: 'from', has: 'hanako' }, false],
  [{ field: 'to', has: 'hanako@local.test' }, true],
  [{ field: 'to', has: 'taro' }, false],
  [{ field: 'to', has: 'taro', not: true }, true],
  [{ field: 'cc', has: 'taro' }, true],
  // Kana and width are one.
  [{ field: 'subject', has: 'ヨウコソ' }, true],
  [{ field: 'subject', has: 'ＷＥＬＣＯＭＥ' }, true],
  [{ field: 'list', has: 'friends.remote' }, true],
  [{ field: 'attachment', has: true }, true],
  [{ field: 'attachment', has: false }, false],
  [{ field: 'size', over: 100 }, true],
  [{ field: 'size', under: 100 }, false],
];
for (const [condition, holds] of conditions)
  test(`condition ${JSON.stringify(condition)}`, () => {
    const rule = readRule({ name: 'x', enabled: true, match: 'all', conditions: [condition], actions: [{ do: 'flagged' }] });
    assert.equal(applyRules([rule!], new RuleFacts(bytesFromUtf8(letter))).flags.length === 1, holds);
  });

const good: RuleCondition = { field: 'from', has: 'yamada' };
const bad: RuleCondition = { field: 'from', has: 'nobody' };
const sets: [
  name: string,
  rules: { match?: 'any' | 'all'; conditions: RuleCondition[]; actions: RuleAction[]; stop?: boolean }[],
  outcome: RuleOutcome,
][] = [
  ['any', [{ match: 'any', conditions: [bad, good], actions: [{ do: 'move', mailbox: 3 }] }], { into: [3], flags: [] }],
  ['all', [{ match: 'all', conditions: [bad, good], actions: [{ do: 'move', mailbox: 3 }] }], { into: null, flags: [] }],
  [
    'several actions',
    [{ conditions: [good], actions: [{ do: 'move', mailbox: 3 }, { do: 'keyword', keyword: 'work' }, { do: 'seen' }, { do: 'flagged' }] }],
    { into: [3], flags: ['work', '\\Seen', '\\Flagged'] },
  ],
  [
    'two rules add up',
    [
      { conditions: [good], actions: [{ do: 'move', mailbox: 3 }] },
      { conditions: [good], actions: [{ do: 'move', mailbox: 4 }, { do: 'flagged' }] },
    ],
    { into: [3, 4], flags: ['\\Flagged'] },
  ],
  [
    'stop',
    [
      { conditions: [good], actions: [{ do: 'move', mailbox: 3 }], stop: true },
      { conditions: [good], actions: [{ do: 'trash' }] },
    ],
    { into: [3], flags: [] },
  ],
  [
    'stop only where it applied',
    [
      { conditions: [bad], actions: [{ do: 'move', mailbox: 3 }], stop: true },
      { conditions: [good], actions: [{ do: 'trash' }] },
    ],
    { into: ['trash'], flags: [] },
  ],
];
for (const [name, rules, outcome] of sets)
  test(`rules: ${name}`, () => {
    const read = rules.map((rule) => readRule({ name: '', enabled: true, match: 'all', stop: false, ...rule })!);
    assert.deepEqual(applyRules(read, new RuleFacts(bytesFromUtf8(letter))), outcome);
  });

const whole = { name: 'x', enabled: true, match: 'all', conditions: [good], actions: [{ do: 'flagged' }] };

// --- at delivery ------------------------------------------------------------------------------------------------------

async function arrive(
  post: Post,
  octets: string,
  { reversePath = 'yamada@remote.test', people = ['hanako'], key }: { reversePath?: string; people?: string[]; key?: string } = {},
): Promise<void> {
  const spool = post.store.spool(1_000_000);
  const bytes = bytesFromUtf8(octets);
  await spool.add(bytes);
  const inboxes = people.map((name): Placement => ({
    account: post.accounts.get(name)!.account,
    mailbox: 'inbox',
    flags: [],
    ...(key === undefined ? {} : { key }),
  }));
  const at = post.clock.now();
  const arrival = await post.arrivals.arrive({ letter: 'l', at, reversePath, octets: bytes }, inboxes);
  await post.store.commit({
    letters: [
      { letter: 'l', prefix: new Uint8Array(0), spool, receivedAt: at, reversePath, placements: arrival?.placements ?? inboxes, queue: [] },
      ...(arrival?.replies ?? []),
    ],
  });
  arrival?.committed();
  await settled();
}

/** What is written behind. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

async function addRule(post: Post, person: string, more: object): Promise<void> {
  await post.store.items.write(post.accounts.get(person)!.account, [{ kind: 'rule', add: { ...whole, ...more } }]);
}

const count = async (post: Post, person: string, mailbox: string): Promise<number> => (await post.letters(person, mailbox)).length;

test('for people who have set nothing it is answered at once, from memory', async () => {
  const post = await openPost();
  await arrive(post, letter);
  const inbox: Placement = { account: post.accounts.get('hanako')!.account, mailbox: 'inbox', flags: [] };
  const about = { letter: 'l', at: 0, reversePath: 'x@y.z', octets: new Uint8Array(0) };
  assert.equal(post.arrivals.arrive(about, [inbox]), null);
  // A rule set in the meantime counts for the next letter, and no more once it is gone.
  await addRule(post, 'hanako', {});
  assert.notEqual(post.arrivals.arrive(about, [inbox]), null);
  await post.store.items.write(inbox.account, [{ kind: 'rule', id: 1, remove: true }]);
  await post.arrivals.arrive(about, [inbox]);
  assert.equal(post.arrivals.arrive(about, [inbox]), null);
});

test('moved, marked and starred before it lies anywhere; others have it as ever', async () => {
  const post = await openPost();
  const archive = Number((await post.mailbox('hanako', 'archive')).slice(1));
  await addRule(post, 'hanako', { actions: [{ do: 'move', mailbox: archive }, { do: 'seen' }, { do: 'keyword', keyword: 'friends' }] });
  let changes = 0;
  post.store.subscribe(post.accounts.get('hanako')!.account, () => changes++);
  await arrive(post, letter, { people: ['hanako', 'taro'] });
  assert.deepEqual(
    [await count(post, 'hanako', 'inbox'), await count(post, 'hanako', 'archive'), await count(post, 'taro', 'inbox')],
    [0, 1, 1],
  );
  assert.equal(changes, 1);
  const state = await post.store.openMailbox(post.accounts.get('hanako')!.account, archive);
  assert.equal(state.flagsAt(0).text, '(\\Seen friends)');
  state.release();
});

test('deleted into Trash; disabled rules and mailboxes that are gone do nothing', async () => {
  const post = await openPost();
  await addRule(post, 'hanako', { actions: [{ do: 'trash' }] });
  await addRule(post, 'taro', { enabled: false, actions: [{ do: 'trash' }] });
  await addRule(post, 'jiro', { actions: [{ do: 'move', mailbox: 999 }, { do: 'flagged' }] });
  await arrive(post, letter, { people: ['hanako', 'taro', 'jiro'] });
  assert.deepEqual(
    [await count(post, 'hanako', 'trash'), await count(post, 'taro', 'inbox'), await count(post, 'jiro', 'inbox')],
    [1, 1, 1],
  );
});

test('a letter that comes again under its key lies nowhere twice, also in two mailboxes', async () => {
  const post = await openPost();
  const targets = ['archive', 'trash'];
  const ids = await Promise.all(targets.map(async (role) => Number((await post.mailbox('hanako', role)).slice(1))));

  for (const mailbox of ids) await addRule(post, 'hanako', { actions: [{ do: 'move', mailbox }] });
  for (let turn = 0; turn < 2; turn++) await arrive(post, letter, { key: 'k' });
  assert.deepEqual(await Promise.all(targets.map((role) => count(post, 'hanako', role))), [1, 1]);
});

test('letters that were fetched are sorted where they lie, in one transaction; nobody is answered', async () => {
  const post = await openPost();
  const { account } = post.accounts.get('hanako')!;
  const archive = Number((await post.mailbox('hanako', 'archive')).slice(1));
  await away(post);
  for (const octets of [letter, letter, ask.replaceAll('yamada', 'sato')]) await arrive(post, octets, { reversePath: '' });
  await addRule(post, 'hanako', { actions: [{ do: 'move', mailbox: archive }, { do: 'flagged' }] });
  let changes = 0;
  post.store.subscribe(account, () => changes++);
  await post.arrivals.sort(account, [1, 2, 3, 99]);
  assert.deepEqual([await count(post, 'hanako', 'archive'), await count(post, 'hanako', 'inbox'), changes], [2, 1, 1]);
  assert.equal((await post.store.queue.count()).letters, 0);
});

// --- vacation ---------------------------------------------------------------------------------------------------------

const ask = lines(
  'From: yamada@remote.test',
  'To: Hanako <hanako@local.test>',
  'Subject: =?utf-8?B?6LOq5ZWP?=',
  'Message-ID: <q@remote.test>',
  'References: <p@remote.test>',
  '',
  'Are you there?',
);

async function away(post: Post, person = 'hanako', more: object = {}): Promise<void> {
  await post.one(person, 'VacationResponse/set', {
    update: { singleton: { isEnabled: true, subject: '夏休み', textBody: '山にいます。\n', ...more } },
  });
}

const replies = async (post: Post): Promise<string[]> =>
  (await post.store.queue.list({ domain: 'remote.test', limit: 100 })).map(({ letter: name }) => name);

test('a reply in the person’s words, from the null path, for no machine to answer', async () => {
  const post = await openPost();
  await away(post);
  await arrive(post, ask);
  const [row] = await post.store.queue.list({ limit: 10 });
  assert.deepEqual([row!.recipient, row!.reversePath, row!.notify], ['yamada@remote.test', '', ['never']]);
  const source = await post.store.openQueued(row!.letter);
  const mail = await simpleParser(Buffer.from(await source.read(0, source.length)));
  assert.equal(mail.subject, '夏休み');
  assert.equal(mail.text?.trim(), '山にいます。');
  assert.equal(mail.from?.text, '"花子" <hanako@local.test>');
  assert.equal(mail.headers.get('auto-submitted'), 'auto-replied');
  assert.deepEqual([mail.inReplyTo, mail.references], ['<q@remote.test>', ['<p@remote.test>', '<q@remote.test>']]);
  assert.equal(await count(post, 'hanako', 'inbox'), 1);
});

const silent: [name: string, octets: string, reversePath?: string][] = [
  ['the null path', ask, ''],
  ['a mailer daemon', ask, 'MAILER-DAEMON@remote.test'],
  ['no-reply', ask, 'no-reply@remote.test'],
  ['a list’s own address', ask, 'friends-bounces@remote.test'],
  ['List-Id', lines('List-Id: <x.y>') + ask],
  ['List-Unsubscribe', lines('List-Unsubscribe: <mailto:a@b.c>') + ask],
  ['Precedence: bulk', lines('Precedence: bulk') + ask],
  ['Precedence: list', lines('Precedence: List') + ask],
  ['Precedence: junk', lines('Precedence: junk') + ask],
  ['Auto-Submitted', lines('Auto-Submitted: auto-generated') + ask],
  ['another vacation reply', lines('Auto-Submitted: auto-replied (vacation)') + ask],
  ['what Exchange says', lines('X-Auto-Response-Suppress: DR, OOF') + ask],
  ['a report', lines('Content-Type: multipart/report; report-type=delivery-status; boundary=b') + ask],
  ['a blind copy', ask.replace(/^To: .*$/m, 'To: somebody@remote.test')],
  ['a letter to a list that the person is on', ask.replace(/^To: .*$/m, 'To: all@local.test')],
  ['herself', ask, 'hanako@local.test'],
  ['herself by another address', ask, 'info@local.test'],
  ['a list of ours as sender', ask, 'all@local.test'],
];
for (const [name, octets, reversePath] of silent)
  test(`no reply to ${name}`, async () => {
    const post = await openPost();
    await away(post);
    await arrive(post, octets, reversePath === undefined ? {} : { reversePath });
    assert.equal((await post.store.queue.count()).letters, 0);
    assert.deepEqual([await count(post, 'hanako', 'inbox'), await count(post, 'taro', 'inbox')], [1, 0]);
  });

test('Auto-Submitted: no is a person; To by alias or subaddress is the person', async () => {
  for (const octets of [lines('Auto-Submitted: no') + ask, ask.replace('hanako@', 'info@'), ask.replace('hanako@', 'hanako+x@')]) {
    const post = await openPost();
    await away(post);
    await arrive(post, octets);
    assert.equal((await replies(post)).length, 1);
  }
});

test('once to each sender in seven days, also after a restart', async () => {
  const post = await openPost();
  await away(post);
  const day = 86_400_000;
  await Promise.all([arrive(post, ask), arrive(post, ask)]);
  assert.equal((await replies(post)).length, 1);
  await arrive(post, ask, { reversePath: 'Yamada@Remote.test' });
  await arrive(post, ask, { reversePath: 'other@remote.test' });
  assert.equal((await replies(post)).length, 2);
  const again = await openPost({ store: post.store });
  for (const [days, answers] of [
    [6, 2],
    [8, 3],
    [14, 3],
  ] as const) {
    again.clock.time = post.clock.time + days * day;
    await arrive(again, ask);
    assert.equal((await replies(again)).length, answers, `${days} days`);
  }
});

/** So many people with long addresses had a reply, the last one just now; as it lies in the store. */
async function wereAnswered(post: Post, count: number): Promise<string[]> {
  const people = Array.from({ length: count }, (_, n) => `${`${n}`.padStart(50, 'a')}@${'b'.repeat(50)}.${'c'.repeat(50)}.test`);
  const value = Object.fromEntries(people.map((address, n) => [address, post.clock.now() - (count - n) * 1000]));
  await post.store.items.write(post.accounts.get('hanako')!.account, [{ kind: 'replied', add: value }]);
  return people;
}

test('of many with long addresses as many are written down as an item has room for: after a restart nobody of those is answered again', async () => {
  const post = await openPost();
  await away(post);
  const people = await wereAnswered(post, 1500);
  // No item has room for these too.
  const others = Array.from(
    { length: 60 },
    (_, n) => `${`${n}`.padStart(60, 'x')}@${'y'.repeat(60)}.${'z'.repeat(60)}.${'z'.repeat(50)}.test`,
  );
  for (const address of others) await arrive(post, ask, { reversePath: address });
  assert.equal((await post.store.queue.count()).letters, others.length);
  const again = await openPost({ store: post.store });
  again.clock.time = post.clock.time + 86_400_000;
  for (const address of [...others, ...people.slice(-1400).filter((_, n) => n % 20 === 0)])
    await arrive(again, ask, { reversePath: address });
  assert.equal((await post.store.queue.count()).letters, others.length);
  // Those to whom it is longest ago made room.
  await arrive(again, ask, { reversePath: people[0]! });
  assert.equal((await post.store.queue.count()).letters, others.length + 1);
});

test('who had a reply lies in memory for some accounts, and for the others in the store', async () => {
  const post = await openPost();
  await away(post);
  await arrive(post, ask);
  const { account } = post.accounts.get('hanako')!;
  const [set] = await post.store.items.list(account, 'vacation');
  for (let number = 0; number < 100; number++) {
    const address = `p${number}@local.test`;
    const { id } = await post.directory.addAccount({ ...post.directory.accountById(account)!, address });
    await post.store.createAccount(id, []);
    await post.store.items.write(id, [{ kind: 'vacation', add: set!.value }]);
    const octets = bytesFromUtf8(ask.replace('hanako@local.test', address));
    const about = { letter: 'l', at: post.clock.now(), reversePath: 'yamada@remote.test', octets };
    const arrival = await post.arrivals.arrive(about, [{ account: id, mailbox: 'inbox', flags: [] }]);
    assert.equal(arrival!.replies.length, 1);
  }
  const [item] = await post.store.items.list(account, 'replied');
  await post.store.items.write(account, [{ kind: 'replied', id: item!.id, remove: true }]);
  post.clock.time += 60_000;
  await arrive(post, ask);
  assert.equal((await replies(post)).length, 2);
});

test('only between its dates; off is off at once', async () => {
  const post = await openPost();
  await away(post, 'hanako', { fromDate: '2026-11-24T00:00:00Z', toDate: '2026-11-26T00:00:00Z' });
  for (const [date, answers] of [
    ['2026-11-23T23:59:59Z', 0],
    ['2026-11-24T00:00:00Z', 1],
    ['2026-11-25T23:59:59Z', 2],
    ['2026-11-26T00:00:00Z', 2],
  ] as const) {
    post.clock.time = Date.parse(date);
    await arrive(post, ask, { reversePath: `p${date.slice(8, 10)}${date.slice(11, 13)}@remote.test` });
    assert.equal((await replies(post)).length, answers, date);
  }
  post.clock.time = Date.parse('2026-11-25T00:00:00Z');
  await post.one('hanako', 'VacationResponse/set', { update: { singleton: { isEnabled: false } } });
  await arrive(post, ask, { reversePath: 'late@remote.test' });
  assert.equal((await replies(post)).length, 2);
});

test('between two people here, both away: one reply, no circle', async () => {
  const post = await openPost();
  await away(post, 'hanako');
  await away(post, 'taro', { textBody: null, htmlBody: '<p>In the <b>hills</b></p>' });
  await arrive(post, ask, { reversePath: 'taro@local.test' });
  assert.deepEqual([await count(post, 'hanako', 'inbox'), await count(post, 'taro', 'inbox')], [1, 1]);
  const [reply] = await post.letters('taro', 'inbox');
  assert.match(reply!, /^Return-Path: <>\r\nAuto-Submitted: auto-replied\r\n/);
  // The circle's next turn.
  await arrive(post, reply!, { reversePath: '', people: ['taro'] });
  assert.equal(await count(post, 'hanako', 'inbox'), 1);
});
