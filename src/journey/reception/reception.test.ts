import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromLatin1, bytesFromUtf8, latin1FromBytes } from '../../base/bytes.ts';
import { Unavailable } from '../../base/trouble.ts';
import { MemoryWire } from '../../protocol/line/transcript.ts';
import { openSmtpWorld, type SmtpWorld } from '../../protocol/smtp/smtp-world-suite.ts';
import { glanceAtHeader } from './loops.ts';
import { effort } from '../../../test/support/effort.ts';

async function open(header: [string, string][] = []): Promise<{ world: SmtpWorld; wire: MemoryWire }> {
  const world = await openSmtpWorld(new Map(header));
  return { world, wire: await connect(world) };
}

async function connect(world: SmtpWorld): Promise<MemoryWire> {
  const wire = new MemoryWire('c1', world.tls ?? null);
  await wire.start(world.make);
  return wire;
}

/** The last line that the server says to these octets. */
async function say(wire: MemoryWire, text: string): Promise<string> {
  await wire.send(bytesFromUtf8(text));
  return latin1FromBytes(wire.takeOutput()).trimEnd().split('\r\n').at(-1)!;
}

function letterFor(...recipients: string[]): string {
  return `MAIL FROM:<a@remote.test>\r\n${recipients.map((recipient) => `RCPT TO:<${recipient}>\r\n`).join('')}DATA\r\n`;
}

test('reception: the trace fields of a letter for one, over TLS', async () => {
  const { world, wire } = await open([['tls', 'yes']]);
  const reply = await say(wire, `EHLO mx.remote.test\r\n${letterFor('hanako@local.test')}Subject: x\r\n\r\ny\r\n.\r\n`);
  const id = /^250 2\.6\.0 Letter taken, (\w{18})$/.exec(reply)![1];
  const [letter] = await world.inbox('hanako');
  assert.equal(
    letter,
    'Return-Path: <a@remote.test>\r\n' +
      'Received: from mx.remote.test ([192.0.2.1])\r\n' +
      `\tby mail.local.test with ESMTPS id ${id}\r\n` +
      '\tfor <hanako@local.test>\r\n' +
      '\ttls TLS_AES_128_GCM_SHA256 (TLSv1.3); Mon, 23 Nov 2026 12:00:00 +0000\r\n' +
      'Subject: x\r\n\r\ny\r\n',
  );
  assert.deepEqual(
    (await world.store.trace.ofLetter(id!)).map(({ station, recipient }) => [station, recipient]),
    [
      ['reception', null],
      ['mailbox', 'hanako@local.test'],
    ],
  );
  wire.gone();
  await world.end();
});

test('reception: several recipients are not told of one another, and a strange name is not believed', async () => {
  const { world, wire } = await open();
  await say(wire, `HELO a'b\r\n${letterFor('hanako@local.test', 'taro@local.test', 'both@local.test')}\r\n.\r\n`);
  const [letter, second] = await world.inbox('hanako');
  assert.match(
    letter!,
    /^Return-Path: <a@remote\.test>\r\nReceived: from unknown \(\[192\.0\.2\.1\]\)\r\n\tby mail\.local\.test with SMTP id \w+; /,
  );
  assert.equal(second, undefined);
  assert.equal((await world.inbox('taro')).length, 1);
  wire.gone();
  await world.end();
});

test('reception: a list with members elsewhere is placed here and queued there, without a Return-Path', async () => {
  const { world, wire } = await open();
  await say(wire, `EHLO a\r\n${letterFor('away@local.test')}Subject: x\r\n\r\n.\r\n`);
  const [letter] = await world.inbox('hanako');
  assert.match(letter!, /^Received: /);
  const rows = await world.store.queue.list({ limit: 10 });
  assert.deepEqual(
    rows.map(({ recipient, domain, reversePath }) => [recipient, domain, reversePath]),
    [['friend@remote.test', 'remote.test', 'a@remote.test']],
  );
  wire.gone();
  await world.end();
});

test('reception: a re-send after a lost answer is there once and gets the same id', async () => {
  const { world, wire } = await open();
  const text = `${letterFor('hanako@local.test')}Message-ID: <1@a>\r\n\r\n.\r\n`;
  const first = await say(wire, `EHLO a\r\n${text}`);
  wire.gone();
  const again = await connect(world);
  assert.equal(await say(again, `EHLO a\r\n${text}`), first);
  assert.equal((await world.inbox('hanako')).length, 1);
  // It heard the answer this time: what comes now is meant.
  await say(again, text);
  assert.equal((await world.inbox('hanako')).length, 2);
  again.gone();
  // Without a Message-ID nothing is known again.
  for (let time = 0; time < 2; time++) {
    const other = await connect(world);
    await say(other, `EHLO a\r\n${letterFor('hanako@local.test')}Subject: 1\r\n\r\n.\r\n`);
    other.gone();
  }
  assert.equal((await world.inbox('hanako')).length, 4);
  await world.end();
});

test('reception: a letter that vanishes half-way leaves nothing', async () => {
  const { world, wire } = await open();
  await say(wire, `EHLO a\r\n${letterFor('hanako@local.test')}Subject: half`);
  wire.gone();
  assert.deepEqual(await world.inbox('hanako'), []);
  await world.end();
});

const troubles: [name: string, trouble: Error, reply: RegExp][] = [
  ['a full disk', new Unavailable('disk-full', 'x'), /^452 4\.3\.1 /],
  ['an unknown outcome', new Unavailable('unknown-outcome', 'x'), /^451 4\.3\.0 /],
  ['a stopped store', new Unavailable('store-stopped', 'x'), /^451 4\.3\.0 /],
  ['a defect', new TypeError('secret words'), /^451 4\.3\.0 (?!.*secret)/],
];
for (const [name, trouble, expected] of troubles)
  test(`reception: ${name} at the commit is never a yes and never a no`, async () => {
    const { world, wire } = await open();
    world.store.commit = () => Promise.reject(trouble);
    assert.match(await say(wire, `EHLO a\r\n${letterFor('hanako@local.test')}\r\n.\r\n`), expected);
    assert.match(await say(wire, 'NOOP\r\n'), /^250/);
    wire.gone();
    await world.end();
  });

test('reception: a disk that fills up while the letter comes in', async () => {
  const { world, wire } = await open();
  const spool = world.store.spool;
  world.store.spool = (limit) =>
    Object.assign(Object.create(spool.call(world.store, limit)), {
      add: () => Promise.reject(new Unavailable('disk-full', 'x')),
      discard() {},
    });
  assert.match(await say(wire, `EHLO a\r\n${letterFor('hanako@local.test')}x\r\ny\r\n.\r\n`), /^452 4\.3\.1/);
  world.store.checkRoom = () => {
    throw new Unavailable('disk-full', 'x');
  };
  assert.match(await say(wire, 'MAIL FROM:<>\r\n'), /^452 4\.3\.1/);
  wire.gone();
  await world.end();
});

test('reception: letters that go round in circles are refused', async () => {
  const { world, wire } = await open();
  await say(wire, 'EHLO a\r\n');
  const hop = 'Received: from a by b.test with SMTP; x\r\n';
  assert.match(await say(wire, `${letterFor('hanako@local.test')}${hop.repeat(50)}\r\n.\r\n`), /^250/);
  assert.match(await say(wire, `${letterFor('hanako@local.test')}${hop.repeat(51)}\r\n.\r\n`), /^554 5\.4\.6/);
  const own = 'Received: from a ([192.0.2.1])\r\n\tby mail.local.test with ESMTP id 1; x\r\n';
  assert.match(await say(wire, `${letterFor('hanako@local.test')}${own.repeat(5)}\r\n.\r\n`), /^250/);
  assert.match(await say(wire, `${letterFor('hanako@local.test')}${own.repeat(6)}\r\n.\r\n`), /^554 5\.4\.6/);
  wire.gone();
  await world.end();
});

test('reception: a letter with two authors of two kinds is refused (B-090), and the session goes on', async () => {
  const { world, wire } = await open();
  await say(wire, 'EHLO a\r\n');
  const two = 'From: a@bank.test\r\nFrom: b@evil.test\r\n\r\n.\r\n';
  assert.match(await say(wire, `${letterFor('hanako@local.test')}${two}`), /^550 5\.7\.1 /);
  assert.match(await say(wire, `${letterFor('hanako@local.test')}From: a@bank.test\r\n\r\n.\r\n`), /^250 /);
  assert.equal((await world.inbox('hanako')).length, 1);
  wire.gone();
  await world.end();
});

const glances: [name: string, letter: string, loops: boolean, hasMessageId: boolean][] = [
  ['empty', '', false, false],
  ['no header', '\r\nMessage-ID: <1>\r\n', false, false],
  ['any case', 'mEssaGe-Id: <1>\r\n\r\n', false, true],
  ['a longer name', 'Message-IDs: <1>\r\n\r\n', false, false],
  ['in the body', 'A: b\r\n\r\nMessage-ID: <1>\r\n', false, false],
  ['a continuation', 'A: b\r\n Message-ID: <1>\r\n', false, false],
  ['no line end', 'Message-ID: <1>', false, true],
  ['5,000 hops', 'received: x\r\n'.repeat(5000), true, false],
  ['hops in the body', '\r\n' + 'Received: x\r\n'.repeat(5000), false, false],
];
for (const [name, letter, loops, hasMessageId] of glances)
  test(`glanceAtHeader: ${name}`, () => {
    const glance = glanceAtHeader(bytesFromLatin1(letter), 'h');
    assert.deepEqual([glance.loops, glance.hasMessageId], [loops, hasMessageId]);
  });

for (const [field, messageId] of [
  ['Message-ID: <a@b>', 'a@b'],
  ['message-id:<a@b>', 'a@b'],
  ['Message-ID:\r\n <a@b> (comment)', 'a@b'],
  ['Message-ID: <first@b>\r\nMessage-ID: <second@b>', 'first@b'],
  ['Message-ID:\r\nTo: <c@d>', ''],
  ['Message-ID: a@b', ''],
  [`Message-ID: <${'x'.repeat(2000)}@b>`, ''],
  ['Subject: none', ''],
] as const)
  test(`glanceAtHeader: the Message-ID of ${JSON.stringify(field.slice(0, 60))}`, () =>
    assert.equal(glanceAtHeader(bytesFromLatin1(`X: y\r\n${field}\r\n\r\n<body@b>`), 'h').messageId, messageId));

test('glanceAtHeader: a hostile header is read in a moment', () => {
  const begin = effort();
  glanceAtHeader(bytesFromLatin1('r\n'.repeat(12_000_000)), 'h');
  assert.ok(effort() - begin < 500);
});
