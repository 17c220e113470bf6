// What an app is told after a letter went (RFC 8621 §7): deliveryStatus from the queue, delivery reports and receipts that come back, each as a change of
// the submission. The queue's own runner carries the letters; only the servers at the other end are played.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromUtf8 } from '../../../base/bytes.ts';
import { Unavailable } from '../../../base/trouble.ts';
import { silentLog } from '../../../base/log.ts';
import { silentMeter } from '../../../base/meter.ts';
import { systemChance } from '../../../io/clock.ts';
import type { Result } from '../../../journey/delivery/contract.ts';
import { QueueRunner } from '../../../journey/queue/runner.ts';
import { openReporter } from '../../../journey/report/dsn.ts';
import { FollowUp } from '../../../journey/submission/follow-up.ts';
import { openAddressBook } from '../../../journey/account/addresses.ts';
import { openRecipientLists } from '../../../journey/account/recipients.ts';
import type { JsonObject } from '../contract.ts';
import { openPost, type Post } from './office-suite.ts';

/** A letter to some people elsewhere (and here); the submission's id. */
async function send(post: Post, to: readonly string[], more: JsonObject = {}): Promise<string> {
  const { list } = await post.one('hanako', 'Identity/get', { ids: null });
  const email = {
    mailboxIds: { [await post.mailbox('hanako', 'sent')]: true },
    from: [{ email: 'hanako@local.test' }],
    to: to.map((address) => ({ email: address })),
    subject: 'Hello',
    messageId: ['hello@local.test'],
    textBody: [{ partId: 't' }],
    bodyValues: { t: { value: 'Hi\n' } },
  };
  const answers = await post.ask('hanako', [
    ['Email/set', { accountId: '$hanako', create: { d: email } }, '0'],
    [
      'EmailSubmission/set',
      { accountId: '$hanako', create: { s: { identityId: (list as JsonObject[])[0]!['id']!, emailId: '#d', ...more } } },
      '1',
    ],
  ]);
  const created = answers[1]![1]['created'] as JsonObject;
  return (created['s'] as JsonObject)['id'] as string;
}

/** The queue goes round once; `servers`: what each domain's server says. */
async function deliver(post: Post, servers: (recipient: string) => Result): Promise<void> {
  const { store, clock, directory } = post;
  const addresses = openAddressBook(directory);
  const recipients = openRecipientLists({ addresses, directory, store, clock, queueLifetime: 86_400_000 });
  const runner = new QueueRunner({
    store,
    clock,
    chance: systemChance,
    log: silentLog,
    meter: silentMeter,
    news: post.followUp,
    reporter: openReporter({ hostName: 'mail.local.test', domain: 'local.test', recipients, clock, chance: systemChance }),
    openLane: () => ({
      deliver: async ({ letter, rows }) => ({
        results: new Map(rows.map((row) => [row.id, servers(row.recipient)])),
        events: rows.map((row) => {
          const told = servers(row.recipient);
          const result = told.kind === 'delivered' ? 'done' : told.kind === 'later' ? 'later' : 'failed';
          return {
            letter,
            at: clock.now(),
            station: 'delivery',
            result,
            recipient: row.recipient,
            account: null,
            facts: { reply: told.words },
          } as const;
        }),
        unreachable: false,
      }),
      close: async () => {},
    }),
  });
  runner.start();
  await runner.idle();
  await runner.stop();
  await post.followUp.idle();
}

const taken: Result = { kind: 'delivered', host: 'mx', words: '250 2.0.0 Ok, queued as 7', dsnPassedOn: false };
const never: Result = { kind: 'never', host: 'mx', status: '5.1.1', words: '550 5.1.1 No such person' };
const later: Result = { kind: 'later', host: 'mx', status: '4.2.0', words: '450 4.2.0 Come again' };

/** As from port 25: placed into an inbox with no way back. */
async function receive(post: Post, lines: readonly string[], person = 'hanako'): Promise<string> {
  const spool = post.store.spool(1_000_000);
  const octets = bytesFromUtf8(lines.join('\r\n'));
  await spool.add(octets);
  const inboxes = [{ account: post.accounts.get(person)!.account, mailbox: 'inbox', flags: [] } as const];
  const arrival = await post.arrivals.arrive({ letter: 'r1', at: post.clock.now(), reversePath: '', octets }, inboxes);
  const placements = arrival?.placements ?? inboxes;
  const work = {
    letters: [{ letter: 'r1', prefix: new Uint8Array(0), spool, receivedAt: post.clock.now(), reversePath: '', placements, queue: [] }],
  };
  const result = await post.store.commit(work);
  post.followUp.committed(work, result);
  await post.followUp.idle();
  const { account, mailbox, uid } = result.letters[0]!.placed[0]!;
  const state = await post.store.openMailbox(account, mailbox);
  const message = state.messages[state.indexOf(uid)]!;
  state.release();
  return `B${message}`;
}

function report(type: string, fields: readonly string[], original: readonly string[] = ['Message-ID: <hello@local.test>']): string[] {
  return [
    'From: MAILER-DAEMON@remote.test',
    'To: hanako@local.test',
    'Subject: about your letter',
    `Content-Type: multipart/report; report-type=${type}; boundary=b`,
    '',
    '--b',
    '',
    'Words.',
    '--b',
    `Content-Type: message/${type}`,
    '',
    ...fields,
    '--b',
    'Content-Type: text/rfc822-headers',
    '',
    ...original,
    '',
    '--b--',
    '',
  ];
}

const dsn = (recipient: string, action: string, status: string, more: readonly string[] = []): string[] =>
  report('delivery-status', [
    'Reporting-MTA: dns; mx.remote.test',
    ...more,
    '',
    `Final-Recipient: rfc822; ${recipient}`,
    `Action: ${action}`,
    `Status: ${status}`,
    '',
  ]);

async function look(post: Post, id: string): Promise<JsonObject> {
  return ((await post.one('hanako', 'EmailSubmission/get', { ids: [id] }))['list'] as JsonObject[])[0]!;
}

async function stateOf(post: Post): Promise<string> {
  return String((await post.one('hanako', 'EmailSubmission/get', { ids: [] }))['state']);
}

async function updatedSince(post: Post, sinceState: string): Promise<unknown> {
  return (await post.one('hanako', 'EmailSubmission/changes', { sinceState }))['updated'];
}

test('the queue’s results are told as changes: put off, handed on, refused, with the report of that', async () => {
  const post = await openPost();
  const id = await send(post, ['a@one.test', 'b@two.test', 'taro@local.test']);
  const sent = await stateOf(post);
  assert.deepEqual(await updatedSince(post, sent), []);
  await deliver(post, (to) => (to.startsWith('a@') ? later : never));
  assert.deepEqual(await updatedSince(post, sent), [id]);
  const first = await look(post, id);
  assert.deepEqual(first['deliveryStatus'], {
    'a@one.test': { displayed: 'unknown', delivered: 'queued', smtpReply: '450 4.2.0 Come again' },
    'b@two.test': { displayed: 'unknown', delivered: 'no', smtpReply: '550 5.1.1 No such person' },
    'taro@local.test': { displayed: 'unknown', delivered: 'yes', smtpReply: '250 2.1.5 In the mailbox' },
  });
  // The report that the queue has put into the sender's inbox.
  const [blob] = first['dsnBlobIds'] as string[];
  assert.match((await post.letters('hanako', 'inbox'))[0]!, /Action: failed/);
  assert.match(blob!, /^B\d+$/);
  const before = await stateOf(post);
  post.clock.time += 3 * 3_600_000;
  await deliver(post, () => taken);
  assert.deepEqual(await updatedSince(post, before), [id]);
  const status = (await look(post, id))['deliveryStatus'] as Record<string, JsonObject>;
  assert.deepEqual(status['a@one.test'], { displayed: 'unknown', delivered: 'unknown', smtpReply: '250 2.0.0 Ok, queued as 7' });
  // And nothing more is told when nothing more happens.
  const settled = await stateOf(post);
  await deliver(post, () => taken);
  await look(post, id);
  assert.equal(await stateOf(post), settled);
});

test('reports and receipts of other servers: by Message-ID, by envelope id; each once, and only for those who were written to', async () => {
  const post = await openPost();
  const parameters = { ENVID: 'our-id' };
  const id = await send(post, [], {
    envelope: {
      mailFrom: { email: 'hanako@local.test', parameters },
      rcptTo: ['a@one.test', 'b@two.test', 'c@three.test'].map((email) => ({ email, parameters: null })),
    },
  });
  await deliver(post, () => taken);
  const sent = await stateOf(post);
  const delivered = await receive(post, dsn('A@One.test', 'delivered', '2.1.5'));
  const failed = await receive(
    post,
    dsn('b@two.test', 'failed', '5.2.2', ['Original-Envelope-Id: our-id']).filter((line) => !line.startsWith('Message-ID')),
  );
  await receive(post, dsn('stranger@one.test', 'failed', '5.2.2'));
  await receive(
    post,
    dsn('c@three.test', 'failed', '5.2.2').map((line) => line.replace('hello@', 'other@')),
  );
  await receive(post, ['From: x@one.test', 'Subject: no report', '', 'Message-ID: <hello@local.test>', '']);
  const receipt = await receive(
    post,
    report(
      'disposition-notification',
      [
        'Reporting-UA: x',
        'Original-Recipient: rfc822;c@three.test',
        'Final-Recipient: rfc822; c.other@three.test',
        'Original-Message-ID: <hello@local.test>',
        'Disposition: manual-action/MDN-sent-manually; displayed',
        '',
      ],
      [],
    ),
  );
  assert.deepEqual(await updatedSince(post, sent), [id]);
  const now = await look(post, id);
  assert.deepEqual([now['dsnBlobIds'], now['mdnBlobIds']], [[delivered, failed], [receipt]]);
  assert.deepEqual(now['deliveryStatus'], {
    'a@one.test': { displayed: 'unknown', delivered: 'yes', smtpReply: '250 2.1.5 Delivered' },
    'b@two.test': { displayed: 'unknown', delivered: 'no', smtpReply: '550 5.2.2 Could not be delivered' },
    'c@three.test': { displayed: 'yes', delivered: 'unknown', smtpReply: '250 2.0.0 Ok, queued as 7' },
  });
  // Whole objects may be sent back (RFC 8620 §5.3).
  assert.deepEqual((await post.one('hanako', 'EmailSubmission/set', { update: { [id]: now } }))['updated'], { [id]: null });
});

test('a report that was fetched from another provider is noted too; of other letters nothing is read', async () => {
  const post = await openPost();
  const id = await send(post, ['a@one.test']);
  await deliver(post, () => taken);
  const { account } = post.accounts.get('hanako')!;
  const inbox = Number((await post.mailbox('hanako', 'inbox')).slice(1));
  const letters = await Promise.all(
    [dsn('a@one.test', 'delivered', '2.0.0'), ['Subject: x', '', 'y']].map(async (lines) => {
      const spool = post.store.spool(100_000);
      await spool.add(bytesFromUtf8(lines.join('\r\n')));
      return { spool, mailboxes: [inbox], flags: [] };
    }),
  );
  const { messages } = await post.store.addLetters(account, letters, null);
  post.followUp.fetched(
    account,
    messages.map(({ message }) => message),
  );
  await post.followUp.idle();
  const now = await look(post, id);
  assert.deepEqual(now['dsnBlobIds'], [`B${messages[0]!.message}`]);
  assert.equal((now['deliveryStatus'] as Record<string, JsonObject>)['a@one.test']!['delivered'], 'yes');
});

test('a stranger’s report says nothing about what the queue knows better, nor about another account’s letters', async () => {
  const post = await openPost();
  const id = await send(post, ['a@one.test']);
  await receive(post, dsn('a@one.test', 'failed', '5.0.0'));
  assert.equal(((await look(post, id))['deliveryStatus'] as Record<string, JsonObject>)['a@one.test']!['delivered'], 'queued');
  await receive(post, dsn('a@one.test', 'failed', '5.0.0'), 'taro');
  assert.equal(((await look(post, id))['dsnBlobIds'] as string[]).length, 1);
});

test('a receipt that one here sends another here is noted at the letter', async () => {
  const post = await openPost();
  await send(post, ['taro@local.test']);
  const [letter] = await post.letters('taro', 'inbox');
  assert.match(letter!, /Message-ID: <hello@local\.test>/);
  const [{ id: identityId }] = (await post.one('taro', 'Identity/get', { ids: null }))['list'] as [JsonObject];
  const disposition = { actionMode: 'manual-action', sendingMode: 'mdn-sent-manually', type: 'displayed' };
  const asked = letter!.replace('\r\nSubject:', '\r\nDisposition-Notification-To: hanako@local.test\r\nSubject:');
  const blobId = await post.upload('taro', asked);
  const mailboxIds = { [await post.mailbox('taro', 'inbox')]: true };
  const { created } = await post.one('taro', 'Email/import', { emails: { i: { blobId, mailboxIds } } });
  const forEmailId = ((created as JsonObject)['i'] as JsonObject)['id']!;
  const { sent } = await post.one('taro', 'MDN/send', { identityId: identityId!, send: { k: { forEmailId, disposition } } });
  assert.ok(sent !== null);
  await post.followUp.idle();
  const now = await look(post, 'S1');
  assert.equal((now['mdnBlobIds'] as string[]).length, 1);
  assert.equal((now['deliveryStatus'] as Record<string, JsonObject>)['taro@local.test']!['displayed'], 'yes');
});

test('what a crash kept from being noted is found by who asks first, and told as a change', async () => {
  const post = await openPost();
  const id = await send(post, ['a@one.test']);
  const sent = await stateOf(post);
  const { committed } = post.followUp;
  post.followUp.committed = () => {};
  await deliver(post, () => never);
  post.followUp.committed = committed;
  assert.equal(await stateOf(post), sent);
  // As after a new start.
  const { store, clock } = post;
  const fresh = new FollowUp({ store, clock, log: silentLog, addresses: openAddressBook(post.directory) });
  await fresh.catchUp(post.accounts.get('hanako')!.account);
  assert.deepEqual(await updatedSince(post, sent), [id]);
});

test('who asks while it is looked up hears the same, and what failed is looked up again', async () => {
  const post = await openPost();
  const id = await send(post, ['a@one.test']);
  const sent = await stateOf(post);
  const { account } = post.accounts.get('hanako')!;
  const { committed } = post.followUp;
  post.followUp.committed = () => {};
  await deliver(post, () => never);
  post.followUp.committed = committed;
  const { store, clock } = post;
  const fresh = new FollowUp({ store, clock, log: silentLog, addresses: openAddressBook(post.directory) });
  const { list } = store.items;
  store.items.list = async () => {
    throw new Unavailable('busy', 'the disk does not answer');
  };
  await assert.rejects(fresh.catchUp(account), Unavailable);
  store.items.list = list;
  const first = fresh.catchUp(account);
  await fresh.catchUp(account);
  assert.deepEqual(await updatedSince(post, sent), [id]);
  await first;
});

// --- what a stranger can cost -----------------------------------------------------------------------------------------

/** What was opened of accounts while `run` ran. */
async function opened(post: Post, run: () => Promise<unknown>): Promise<{ mailboxes: number; shelves: number }> {
  const { store } = post;
  const { openMailbox, openShelf } = store;
  const count = { mailboxes: 0, shelves: 0 };
  store.openMailbox = (...from) => (count.mailboxes++, openMailbox.apply(store, from));
  store.openShelf = (...from) => (count.shelves++, openShelf.apply(store, from));
  try {
    await run();
  } finally {
    Object.assign(store, { openMailbox, openShelf });
  }
  return count;
}

/** As from port 25, without a look at where it lies. */
async function deliverOnly(post: Post, lines: readonly string[], person: string, isOurs = false): Promise<void> {
  const spool = post.store.spool(1_000_000);
  const octets = bytesFromUtf8(lines.join('\r\n'));
  await spool.add(octets);
  const placements = [{ account: post.accounts.get(person)!.account, mailbox: 'inbox', flags: [] } as const];
  if (!isOurs) await post.arrivals.arrive({ letter: 'r2', at: post.clock.now(), reversePath: '', octets }, placements);
  const letter = { letter: 'r2', prefix: new Uint8Array(0), spool, receivedAt: post.clock.now(), reversePath: '', placements, queue: [] };
  const work = { letters: [letter] };
  post.followUp.committed(work, await post.store.commit(work));
  await post.followUp.idle();
}

const noReport = ['From: x@one.test', 'Subject: no report', '', 'words', ''];
const aboutUnknown = dsn('a@one.test', 'failed', '5.2.2').map((line) => line.replace('hello@', 'other@'));
const openings: [name: string, lines: readonly string[], person: string, isOurs: boolean, mailboxes: number][] = [
  ['a letter that is no report', noReport, 'hanako', false, 0],
  ['a multipart/report of another kind', report('feedback-report', ['Feedback-Type: abuse', '']), 'hanako', false, 0],
  ['a report about a letter that nobody sent', aboutUnknown, 'hanako', false, 0],
  ['a report about somebody else’s letter', dsn('a@one.test', 'failed', '5.2.2'), 'taro', false, 0],
  ['a report of our own to somebody who sends by SMTP', dsn('a@one.test', 'failed', '5.2.2'), 'taro', true, 0],
  ['a report about a letter of the account', dsn('a@one.test', 'failed', '5.2.2'), 'hanako', false, 1],
  ['a report of our own about a letter of the account', dsn('a@one.test', 'failed', '5.2.2'), 'hanako', true, 1],
];
for (const [name, lines, person, isOurs, mailboxes] of openings)
  test(`${mailboxes === 0 ? 'nothing' : 'a mailbox'} is opened for ${name}`, async () => {
    const post = await openPost();
    const id = await send(post, ['a@one.test']);
    await deliver(post, () => taken);
    assert.deepEqual(await opened(post, () => deliverOnly(post, lines, person, isOurs)), { mailboxes, shelves: 0 });
    assert.equal(((await look(post, id))['dsnBlobIds'] as string[]).length, mailboxes);
  });

test('reports of strangers cost a look at the state, not at all that was sent from here', async () => {
  const post = await openPost();
  await send(post, ['a@one.test']);
  await deliver(post, () => taken);
  let lists = 0;
  const { list } = post.store.items;
  post.store.items.list = (account, kind) => {
    if (kind === 'submission') lists++;
    return list.call(post.store.items, account, kind);
  };
  for (let number = 0; number < 10; number++) await deliverOnly(post, aboutUnknown, 'hanako');
  assert.equal(lists, 1);
});

test('who asks waits for what was told of their own letters, however much is told of others', async () => {
  const post = await openPost();
  await send(post, ['a@one.test']);
  const [hanako, taro] = ['hanako', 'taro'].map((person) => post.accounts.get(person)!.account);
  await post.followUp.catchUp(hanako!);
  const news = await placed(post, taro!);
  let isThere = false;
  let turns = 0;
  // Each takes a moment.
  const { items } = post.store;
  const [openMailbox, state] = [post.store.openMailbox.bind(post.store), items.state.bind(items)];
  const moment = (): Promise<void> => new Promise((done) => setImmediate(done));
  post.store.openMailbox = async (...from) => (await moment(), openMailbox(...from));
  items.state = async (...from) => (await moment(), state(...from));
  post.followUp.committed(...news);
  const asked = post.followUp.catchUp(hanako!).then(() => (isThere = true));
  for (; !isThere && turns < 500; turns++) {
    post.followUp.committed(...news);
    await moment();
  }
  assert.ok(turns < 10, `settled after ${turns} turns`);
  await asked;
});

/** A commit that put a letter without a way back into somebody's inbox, seen by nobody on its way. */
async function placed(post: Post, account: number) {
  const placements = [{ account, mailbox: 'inbox' as const, flags: [] }];
  const letter = {
    letter: 'x',
    prefix: new Uint8Array(0),
    spool: post.store.spool(1),
    receivedAt: 0,
    reversePath: '',
    placements,
    queue: [],
  };
  const work = { letters: [letter] };
  return [work, { items: [], letters: [{ letter: 'x', resent: false, placed: [{ account, mailbox: 1, uid: 1 }] }] }] as const;
}

test('of reports that wait there is room for so many; what is beyond is passed over with a line', async () => {
  const lines: string[] = [];
  const post = await openPost({ log: { ...silentLog, warn: (event) => void lines.push(event) } });
  const news = await placed(post, post.accounts.get('hanako')!.account);
  for (let number = 0; number < 120; number++) post.followUp.committed(...news);
  assert.deepEqual([lines.length, new Set(lines).size], [20, 1]);
  await post.followUp.idle();
  post.followUp.committed(...news);
  assert.equal(lines.length, 20);
});

test('results of the queue for which there was no room are found by who asks next', async () => {
  const post = await openPost();
  const id = await send(post, ['a@one.test']);
  const sent = await stateOf(post);
  const { trace } = post.store;
  const { ofLetter } = trace;
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  trace.ofLetter = async (letter) => (await answered, ofLetter.call(trace, letter));
  for (let number = 0; number < 100; number++) {
    const event = {
      letter: `other${number}`,
      at: 0,
      station: 'delivery',
      result: 'done',
      recipient: null,
      account: null,
      facts: {},
    } as const;
    post.followUp.committed({ events: [event] }, { items: [], letters: [] });
  }
  const { idle } = post.followUp;
  post.followUp.idle = async () => {};
  await deliver(post, () => later);
  post.followUp.idle = idle;
  answer();
  await post.followUp.idle();
  const [item] = await post.store.items.list(post.accounts.get('hanako')!.account, 'submission');
  assert.equal((item!.value as { status?: object }).status, undefined);
  assert.deepEqual(await updatedSince(post, sent), [id]);
});

test('what an SMTP app hands in is not looked up when it has gone', async () => {
  const post = await openPost();
  let looked = 0;
  const { ofLetter } = post.store.trace;
  post.store.trace.ofLetter = (letter) => (looked++, ofLetter.call(post.store.trace, letter));
  const event = { letter: 'l1', at: 0, result: 'done', recipient: null, account: 1 } as const;
  const none = { items: [], letters: [] };
  post.followUp.committed({ events: [{ ...event, station: 'submission', facts: { protocol: 'submission' } }] }, none);
  post.followUp.committed({ events: [{ ...event, station: 'delivery', facts: {} }] }, none);
  await post.followUp.idle();
  assert.equal(looked, 0);
});
