import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromLatin1, bytesFromUtf8, equalBytes, latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { Unavailable } from '../../base/trouble.ts';
import { openAddressBook } from '../../journey/account/addresses.ts';
import { openRecipientLists } from '../../journey/account/recipients.ts';
import { openSubmission } from '../../journey/submission/submission.ts';
import { silentLog } from '../../base/log.ts';
import { MemoryWire, playedTls } from '../line/transcript.ts';
import type { LineConnection, PeerTls } from '../line/connection.ts';
import type { ClientParts, OutgoingLetter } from './client-contract.ts';
import { openSmtpClient } from './client.ts';
import { dotStuffed, hasUtf8Header, isTextSafe } from './outgoing-content.ts';
import { countingChance, openSmtpWorld, standingClock, type SmtpWorld } from './smtp-world-suite.ts';

const memoryTls: PeerTls = { version: 'TLSv1.3', cipher: 'X', verified: 'certificate', fault: null, exporter: () => playedTls.exporter() };

const demand = { use: 'if-offered', serverName: 'mail.local.test', verify: 'no' } as const;
const parts: ClientParts = { hostName: 'out.test', demand, login: null, chance: countingChance(), protocol: 'smtp' };
const letter: OutgoingLetter = {
  reversePath: 'a@remote.test',
  recipients: [to('hanako@local.test')],
  octets: bytesFromLatin1('Subject: s\r\n\r\nbody\r\n'),
  bodyType: '7bit',
  smtpUtf8: false,
  envelopeId: null,
  returns: null,
};

function to(address: string) {
  return { address, notify: [], originalRecipient: null };
}

/** The client's end of our own server in memory. */
async function connectTo(world: SmtpWorld): Promise<LineConnection> {
  const wire = new MemoryWire('m', world.tls ?? null);
  await wire.start(world.make);
  let work = Promise.resolve();
  let tls: PeerTls | null = world.tls ? memoryTls : null;
  return {
    remote: wire.remote,
    local: wire.local,
    get tls() {
      return tls;
    },
    async read() {
      await work;
      const bytes = wire.takeOutput();
      return bytes.length > 0 ? bytes : null;
    },
    write(data) {
      const bytes = typeof data === 'string' ? bytesFromUtf8(data) : data.slice();
      work = work.then(() => wire.send(bytes));
    },
    async drained() {
      await work;
    },
    async startTls() {
      await work;
      return (tls = memoryTls);
    },
    close() {
      if (!wire.closed) wire.gone();
    },
  };
}

/** A server that says these things, one entry for each read; what the client wrote is kept. */
function scripted(says: readonly (string | Error | null)[]): LineConnection & { written: string; closed: boolean } {
  let next = 0;
  const connection = {
    remote: { address: '192.0.2.1', port: 25 },
    local: { address: '192.0.2.2', port: 40000 },
    tls: null as PeerTls | null,
    written: '',
    closed: false,
    async read(): Promise<Bytes | null> {
      const said = says[next++] ?? null;
      if (said instanceof Error) throw said;
      return said === null ? null : bytesFromUtf8(said);
    },
    write(data: string | Bytes): void {
      connection.written += typeof data === 'string' ? data : latin1FromBytes(data);
    },
    async drained(): Promise<void> {},
    async startTls(): Promise<PeerTls> {
      return (connection.tls = memoryTls);
    },
    close(): void {
      connection.closed = true;
    },
  };
  return connection;
}

test('client and server: several letters, some recipients refused, dots and bare line ends made right (B-007)', async () => {
  const world = await openSmtpWorld(new Map());
  const client = openSmtpClient(await connectTo(world), parts);
  const ready = await client.begin();
  assert.ok(ready.ready);
  assert.equal(ready.name, 'mail.local.test');
  assert.equal(ready.tls, memoryTls);
  const first = await client.send({
    ...letter,
    recipients: [to('hanako@local.test'), to('nobody@local.test'), to('x@elsewhere.test'), to('not an address'), to('日本@local.test')],
    octets: bytesFromLatin1('Subject: s\r\n\r\n.dot\r\n..\n.\nbare\rcr\r\n.\r\nend'),
  });
  assert.deepEqual(
    first.recipients.map(({ outcome }) => outcome),
    ['taken', 'refused', 'refused', 'refused', 'taken'],
  );
  assert.ok(first.usable && !first.unknown);
  const refused = first.recipients[1]!;
  assert.ok(refused.outcome === 'refused' && refused.failure.kind === 'reply');
  assert.deepEqual(refused.failure.reply, { code: 550, enhanced: '5.1.1', text: 'No such person here' });
  const second = await client.send({ ...letter, recipients: [to('nobody@local.test')] });
  assert.deepEqual([second.recipients[0]!.outcome, second.usable], ['refused', true]);
  const third = await client.send({ ...letter, octets: bytesFromLatin1('') });
  assert.equal(third.recipients[0]!.outcome, 'taken');
  const [one, two] = await world.inbox('hanako');
  assert.ok(one!.endsWith('Subject: s\r\n\r\n.dot\r\n..\r\n.\r\nbare cr\r\n.\r\nend\r\n'));
  assert.match(two!, /\+0000\r\n$/);
  await client.end();
  await world.end();
});

test('client and server: a binary letter goes by BDAT, octet by octet the same', async () => {
  const world = await openSmtpWorld(new Map());
  const client = openSmtpClient(await connectTo(world), parts);
  await client.begin();
  const octets = new Uint8Array(2_500_000);
  octets.set(bytesFromLatin1('Subject: b\r\n\r\n'));
  for (let at = 14; at < octets.length; at++) octets[at] = (at * 7 + (at >> 8)) & 255;
  const outcome = await client.send({ ...letter, bodyType: 'binarymime', octets });
  assert.equal(outcome.recipients[0]!.outcome, 'taken');
  const [found] = await world.inbox('hanako');
  assert.ok(equalBytes(bytesFromLatin1(found!).subarray(-octets.length), octets));
  await client.end();
  await world.end();
});

test('client and server: LMTP answers per recipient', async () => {
  const world = await openSmtpWorld(new Map([['role', 'lmtp']]));
  const client = openSmtpClient(await connectTo(world), { ...parts, protocol: 'lmtp' });
  assert.ok((await client.begin()).ready);
  const outcome = await client.send({ ...letter, recipients: [to('hanako@local.test'), to('nobody@local.test'), to('taro@local.test')] });
  assert.deepEqual(
    outcome.recipients.map(({ outcome }) => outcome),
    ['taken', 'refused', 'taken'],
  );
  await client.end();
  await world.end();
});

test('client and server: signing in at a smarthost', async () => {
  const world = await openSmtpWorld(
    new Map([
      ['role', 'submission'],
      ['tls', 'no'],
    ]),
    ({ directory, store, chance }) => {
      const addresses = openAddressBook(directory);
      const recipients = openRecipientLists({ addresses, directory, store, clock: standingClock, queueLifetime: 1000 });
      return openSubmission({
        store,
        addresses,
        recipients,
        hostName: 'h',
        clock: standingClock,
        chance,
        log: silentLog,
        recipientsPerHour: 10,
      });
    },
  );
  // SCRAM-SHA-256-PLUS: the server offers it and the client takes the strongest.
  const client = openSmtpClient(await connectTo(world), { ...parts, login: { name: 'hanako@local.test', password: 'secret' } });
  assert.ok((await client.begin()).ready);
  const outcome = await client.send({ ...letter, reversePath: 'hanako@local.test', recipients: [to('taro@local.test')] });
  assert.equal(outcome.recipients[0]!.outcome, 'taken');
  await client.end();
  const wrong = openSmtpClient(await connectTo(world), { ...parts, login: { name: 'hanako@local.test', password: 'wrong' } });
  const refused = await wrong.begin();
  assert.ok(!refused.ready && refused.failure.kind === 'reply' && refused.failure.reply.code === 535);
  await wrong.end();
  await world.end();
});

test('client: signs in with PLAIN and LOGIN, never in the clear by itself', async () => {
  const login = { name: 'me', password: 'pw' };
  const clear = scripted(['220 h\r\n', '250-h\r\n250 AUTH PLAIN\r\n']);
  const refused = await openSmtpClient(clear, { ...parts, login }).begin();
  assert.ok(!refused.ready && refused.failure.kind === 'missing' && refused.failure.capability === 'auth');
  assert.ok(!clear.written.includes('AUTH'));
  const allowed = scripted(['220 h\r\n', '250-h\r\n250 AUTH=PLAIN\r\n', '235 2.7.0 ok\r\n']);
  assert.ok((await openSmtpClient(allowed, { ...parts, login: { ...login, plaintext: true } }).begin()).ready);
  assert.ok(allowed.written.endsWith(`AUTH PLAIN ${Buffer.from('\0me\0pw').toString('base64')}\r\n`));
});

test('client: signs in with a token; one that is too long for a command line waits for the empty challenge', async () => {
  const signIn = async (token: string, says: readonly string[]) => {
    const connection = scripted(['220 h\r\n', '250-h\r\n250 AUTH PLAIN XOAUTH2\r\n', ...says]);
    const login = { name: 'me@far.test', password: token, kind: 'oauth2', plaintext: true } as const;
    return { connection, ready: await openSmtpClient(connection, { ...parts, login }).begin() };
  };
  const initial = (token: string) => Buffer.from(`user=me@far.test\x01auth=Bearer ${token}\x01\x01`).toString('base64');
  const short = await signIn('short', ['235 2.7.0 ok\r\n']);
  assert.ok(short.ready.ready);
  assert.ok(short.connection.written.endsWith(`AUTH XOAUTH2 ${initial('short')}\r\n`));
  const token = 'x'.repeat(2000);
  const long = await signIn(token, ['334 \r\n', '235 2.7.0 ok\r\n']);
  assert.ok(long.ready.ready);
  assert.ok(long.connection.written.endsWith(`AUTH XOAUTH2\r\n${initial(token)}\r\n`));
  // The challenge that explains the no is answered, so that the no can be said.
  const no = await signIn('short', ['334 eyJzdGF0dXMiOiI0MDEifQ==\r\n', '535 5.7.8 no\r\n']);
  assert.ok(!no.ready.ready && no.ready.failure.kind === 'reply' && no.ready.failure.reply.code === 535);
});

const goodHello = ['220 h ESMTP\r\n', '250-h\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 LIMITS RCPTMAX=2\r\n'];
const broken = new Unavailable('timeout', 'it broke', new Error('ECONNRESET'));
const late = new Unavailable('timeout', 'nothing came');

const openings: [name: string, says: readonly (string | Error | null)[], expected: object][] = [
  ['a busy server', ['421 4.3.2 busy\r\n'], { kind: 'reply', phase: 'greeting', reply: { code: 421, enhanced: '4.3.2', text: 'busy' } }],
  ['no mail here (RFC 7504)', ['521 never\r\n'], { kind: 'reply', phase: 'greeting', reply: { code: 521, enhanced: null, text: 'never' } }],
  ['closes at once', [null], { kind: 'closed', phase: 'greeting', words: 'the peer closed the connection' }],
  ['says nothing', [late], { kind: 'timeout', phase: 'greeting' }],
  ['breaks', [broken], { kind: 'closed', phase: 'greeting', words: 'it broke' }],
  ['speaks something else', ['* OK IMAP4rev1\r\n'], { kind: 'protocol', phase: 'greeting', words: 'a line without a reply code' }],
  [
    'an endless line',
    ['220 ' + 'x'.repeat(5000) + '\r\n'],
    { kind: 'protocol', phase: 'greeting', words: 'a line of the reply is too long' },
  ],
  ['endless lines', ['220-x\r\n'.repeat(2000)], { kind: 'protocol', phase: 'greeting', words: 'the reply is too long' }],
  ['an invalid code', ['999 x\r\n'], { kind: 'protocol', phase: 'greeting', words: 'a line without a reply code' }],
  ['EHLO put off', ['220 h\r\n', '451 later\r\n'], { kind: 'reply', phase: 'hello', reply: { code: 451, enhanced: null, text: 'later' } }],
  [
    'EHLO refused',
    ['220 h\r\n', '550 5.7.1 go away\r\n'],
    { kind: 'reply', phase: 'hello', reply: { code: 550, enhanced: '5.7.1', text: 'go away' } },
  ],
  [
    'B-015: words in the clear behind 220',
    ['220 h\r\n', '250-h\r\n250 STARTTLS\r\n', '220 go\r\n250-EVIL\r\n'],
    { kind: 'protocol', phase: 'starttls', words: 'octets in the clear behind the answer to STARTTLS' },
  ],
];

for (const [name, says, expected] of openings)
  test(`client, opening: ${name}`, async () => {
    const connection = scripted(says);
    const outcome = await openSmtpClient(connection, parts).begin();
    assert.ok(!outcome.ready);
    assert.deepEqual(outcome.failure, expected);
  });

test('client: HELO for a server without EHLO, and TLS that is demanded', async () => {
  const old = scripted(['220 h\r\n', '502 no\r\n', '250 h\r\n']);
  const ready = await openSmtpClient(old, parts).begin();
  assert.ok(ready.ready && ready.capabilities.size === 0);
  assert.equal(old.written, 'EHLO out.test\r\nHELO out.test\r\n');
  const refused = await openSmtpClient(scripted(goodHello), { ...parts, demand: { ...demand, use: 'always' } }).begin();
  assert.ok(!refused.ready && refused.failure.kind === 'missing' && refused.failure.capability === 'starttls');
  const later = scripted(['220 h\r\n', '250-h\r\n250 STARTTLS\r\n', '454 4.7.0 no\r\n']);
  const forgiven = await openSmtpClient(later, parts).begin();
  assert.ok(forgiven.ready && forgiven.tlsFailure?.kind === 'reply');
});

const three = ['a@x.test', 'b@x.test', 'c@x.test'].map(to);
const sendings: [
  name: string,
  says: readonly (string | Error | null)[],
  outcomes: string[],
  rest: { usable: boolean; unknown: boolean },
][] = [
  [
    'RCPTMAX',
    ['250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n', '250 taken\r\n'],
    ['taken', 'taken', 'not-tried'],
    { usable: true, unknown: false },
  ],
  ['MAIL refused', ['550 no\r\n503 x\r\n503 x\r\n503 x\r\n'], ['stopped', 'stopped', 'stopped'], { usable: true, unknown: false }],
  [
    'MAIL refused, DATA let in',
    ['550 no\r\n503 x\r\n503 x\r\n354 x\r\n', '554 no\r\n'],
    ['stopped', 'stopped', 'stopped'],
    { usable: true, unknown: false },
  ],
  [
    'too many recipients',
    ['250 ok\r\n250 ok\r\n452 4.5.3 enough\r\n354 go\r\n', '250 taken\r\n'],
    ['taken', 'not-tried', 'not-tried'],
    { usable: true, unknown: false },
  ],
  [
    'DATA refused',
    ['250 ok\r\n250 ok\r\n550 no\r\n451 later\r\n', '250 reset\r\n'],
    ['stopped', 'refused', 'stopped'],
    { usable: true, unknown: false },
  ],
  [
    'nobody left',
    ['250 ok\r\n550 no\r\n550 no\r\n554 no\r\n', '250 reset\r\n'],
    ['refused', 'refused', 'not-tried'],
    { usable: true, unknown: false },
  ],
  [
    'no answer after the dot',
    ['250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n', late],
    ['stopped', 'stopped', 'stopped'],
    { usable: false, unknown: true },
  ],
  [
    'breaks after the dot',
    ['250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n', null],
    ['stopped', 'stopped', 'stopped'],
    { usable: false, unknown: true },
  ],
  [
    'refused after the dot',
    ['250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n', '552 5.3.4 big\r\n'],
    ['stopped', 'stopped', 'stopped'],
    { usable: true, unknown: false },
  ],
  ['MAIL refused, then closed', ['550 no\r\n', null], ['stopped', 'stopped', 'stopped'], { usable: false, unknown: false }],
  ['421 in the middle', ['250 ok\r\n250 ok\r\n421 bye\r\n'], ['stopped', 'stopped', 'stopped'], { usable: false, unknown: false }],
  ['closes in the middle', ['250 ok\r\n250 ok\r\n'], ['stopped', 'stopped', 'stopped'], { usable: false, unknown: false }],
];

for (const [name, says, outcomes, rest] of sendings)
  test(`client, letter: ${name}`, async () => {
    const connection = scripted([...goodHello, ...says]);
    const client = openSmtpClient(connection, parts);
    assert.ok((await client.begin()).ready);
    const outcome = await client.send({ ...letter, recipients: three });
    assert.deepEqual(
      outcome.recipients.map(({ outcome }) => outcome),
      outcomes,
    );
    assert.deepEqual({ usable: outcome.usable, unknown: outcome.unknown }, rest);
  });

test('client: what the peer said counts although it broke off afterwards; MAILMAX ends the dialogue', async () => {
  const refusing = openSmtpClient(scripted([...goodHello, '250 ok\r\n250 ok\r\n550 no\r\n', null]), parts);
  await refusing.begin();
  const [first] = (await refusing.send(letter)).recipients;
  assert.ok(first!.outcome === 'stopped' && first!.failure.kind === 'reply' && first!.failure.phase === 'data');
  const says = ['220 h\r\n', '250-h\r\n250 LIMITS MAILMAX=1\r\n', '250 ok\r\n', '250 ok\r\n', '354 go\r\n', '250 ok\r\n'];
  const one = openSmtpClient(scripted(says), parts);
  await one.begin();
  const taken = await one.send(letter);
  assert.deepEqual([taken.recipients[0]!.outcome, taken.usable], ['taken', false]);
});

test('client: a letter larger than SIZE, one that needs SMTPUTF8 and one that needs BINARYMIME are not sent', async () => {
  const client = openSmtpClient(scripted(goodHello), parts);
  await client.begin();
  const capability = async (change: Partial<OutgoingLetter>): Promise<unknown> => {
    const [first] = (await client.send({ ...letter, ...change })).recipients;
    return first!.outcome !== 'taken' && first!.outcome !== 'not-tried' && first!.failure.kind === 'missing' && first!.failure.capability;
  };
  assert.equal(await capability({ octets: new Uint8Array(2000).fill(65) }), 'size');
  assert.equal(await capability({ smtpUtf8: true, octets: bytesFromUtf8('Subject: 日\r\n\r\n') }), 'smtputf8');
  assert.equal(await capability({ recipients: [to('日@x.test')] }), 'smtputf8');
  assert.equal(await capability({ bodyType: 'binarymime', octets: bytesFromLatin1('a\0b') }), 'binarymime');
});

test('client: an international domain is told in A-labels, a lost lease takes the letter back before the dot', async () => {
  const connection = scripted([...goodHello, '250 ok\r\n250 ok\r\n354 go\r\n']);
  const client = openSmtpClient(connection, parts);
  await client.begin();
  const outcome = await client.send({ ...letter, recipients: [to('a@日本.test')], mayFinish: () => false });
  assert.ok(connection.written.includes('RCPT TO:<a@xn--wgv71a.test>\r\n'));
  assert.ok(connection.closed && !connection.written.includes('\r\n.\r\n'));
  assert.deepEqual([outcome.recipients[0]!.outcome, outcome.usable, outcome.unknown], ['not-tried', false, false]);
});

const contents: [given: string, sent: string][] = [
  ['', ''],
  ['a', 'a\r\n'],
  ['a\r\n', 'a\r\n'],
  ['.', '..\r\n'],
  ['.\r\n.\r\n', '..\r\n..\r\n'],
  ['a\n.\nb', 'a\r\n..\r\nb\r\n'],
  ['a\r.\rb\r\n', 'a . b\r\n'],
  ['a\r\r\n.b', 'a \r\n..b\r\n'],
  ['a\r', 'a \r\n'],
  ['\n\n', '\r\n\r\n'],
];

for (const [given, sent] of contents)
  test(`dotStuffed ${JSON.stringify(given)}`, () => {
    const pieces = [...dotStuffed(bytesFromLatin1(given))].map((piece) => latin1FromBytes(piece));
    assert.equal(pieces.join(''), sent);
  });

test('dotStuffed: pieces of a long letter come out whole, wherever they are cut', () => {
  const line = '.x'.repeat(31) + '\r\n';
  for (const shift of [0, 1, 2, 63]) {
    const text = 'y'.repeat(shift) + '\r\n' + line.repeat(5000);
    const pieces = [...dotStuffed(bytesFromLatin1(text))];
    assert.ok(pieces.length > 3);
    assert.equal(pieces.map((piece) => latin1FromBytes(piece)).join(''), text.replaceAll('\n.', '\n..'));
  }
});

test('isTextSafe and hasUtf8Header', () => {
  assert.ok(isTextSafe(bytesFromLatin1('a\r\nb')));
  for (const bad of ['a\nb', 'a\rb', 'a\0', 'x'.repeat(999)]) assert.ok(!isTextSafe(bytesFromLatin1(bad)));
  assert.ok(hasUtf8Header(bytesFromUtf8('A: b\r\nSubject: é\r\n\r\n')));
  assert.ok(!hasUtf8Header(bytesFromUtf8('A: b\r\n\r\né')));
});
