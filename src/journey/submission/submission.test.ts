import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromUtf8, latin1FromBytes, utf8FromBytes } from '../../base/bytes.ts';
import { silentLog } from '../../base/log.ts';
import { MemoryWire, parseTranscript, playAllCuts, playedTls, sentLength } from '../../protocol/line/transcript.ts';
import { openSmtpWorld, standingClock, type SmtpWorld } from '../../protocol/smtp/smtp-world-suite.ts';
import { openAddressBook } from '../account/addresses.ts';
import { openRecipientLists } from '../account/recipients.ts';
import { openReporter } from '../report/dsn.ts';
import { completeLetter, cutPieces } from './completion.ts';
import { SendingRate } from './rate.ts';
import { openSubmission } from './submission.ts';
import { stride } from '../../../test/support/depth.ts';

const plain = Buffer.from('\0hanako@local.test\0secret').toString('base64');

function openWorld(header: ReadonlyMap<string, string>): Promise<SmtpWorld> {
  return openSmtpWorld(
    new Map([['role', 'submission'], ['security', 'tls'], ['tls', 'yes'], ...header]),
    ({ directory, store, chance }) => {
      const addresses = openAddressBook(directory);
      const recipients = openRecipientLists({ addresses, directory, store, clock: standingClock, queueLifetime: 1000 });
      return openSubmission({
        store,
        addresses,
        recipients,
        hostName: 'mail.local.test',
        clock: standingClock,
        chance,
        log: silentLog,
        recipientsPerHour: 3,
        reporter: openReporter({ hostName: 'mail.local.test', domain: 'local.test', recipients, clock: standingClock, chance }),
      });
    },
  );
}

const letters: [name: string, transcript: string][] = [
  [
    'a letter for one here and one elsewhere',
    `S: 220 *
C: EHLO [192.0.2.1]
S: 250-mail.local.test
S: 250-PIPELINING
S: 250-SIZE 52428800
S: 250-8BITMIME
S: 250-SMTPUTF8
S: 250-ENHANCEDSTATUSCODES
S: 250-DSN
S: 250-CHUNKING
S: 250-BINARYMIME
S: 250-LIMITS RCPTMAX=1000 MAILMAX=10000
S: 250-AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN
S: 250 HELP
C: MAIL FROM:<hanako@local.test>
S: 530 5.7.0 Sign in first
C: AUTH PLAIN ${plain}
S: 235 2.7.0 Signed in
C: AUTH PLAIN ${plain}
S: 503 5.5.1 already signed in
# B-031: only what the login owns.
C: MAIL FROM:<taro@local.test>
S: 553 5.7.1 *
C: MAIL FROM:<nobody@local.test>
S: 553 5.7.1 *
C: MAIL FROM:<hanako+shop@local.test>
S: 250 2.1.0 Sender OK
C: RSET
S: 250 2.0.0 OK
C: MAIL FROM:<info@local.test> RET=HDRS ENVID=QQ314159
S: 250 2.1.0 Sender OK
C: RCPT TO:<nobody@local.test>
S: 550 5.1.1 No such person here
C: RCPT TO:<taro@local.test>
S: 250 2.1.5 Recipient OK
C: RCPT TO:<friend@Remote.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;friend@Remote.test
S: 250 2.1.5 Recipient OK
C: DATA
S: 354 *
C: Bcc: friend@remote.test
C: Subject: hello
C: 
C: text
C: .
S: 250 2.6.0 Letter taken, *
C: MAIL FROM:<hanako@local.test>
S: 250 *
C: RCPT TO:<taro@local.test>
S: 250 *
C: DATA
S: 354 *
C: From: taro@local.test
C: 
C: .
S: 550 5.7.1 taro@local.test does not belong to the account hanako@local.test
# Three recipients elsewhere in an hour are allowed here, one is used up.
C- "MAIL FROM:<hanako@local.test>\\r\\nRCPT TO:<a@remote.test>\\r\\nRCPT TO:<b@remote.test>\\r\\nRCPT TO:<c@remote.test>\\r\\nDATA\\r\\n\\r\\n.\\r\\n"
S: 250 *
S: 250 *
S: 250 *
S: 250 *
S: 354 *
S: 451 4.7.1 *
C: QUIT
S: 221 *
S. closed
`,
  ],
  [
    'LOGIN, a wrong password, giving up, too long a response (B-038)',
    `S: 220 *
C: HELO x
S: 250 mail.local.test
C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
C: ${Buffer.from('hanako@local.test').toString('base64')}
S: 334 UGFzc3dvcmQ6
C: ${Buffer.from('wrong').toString('base64')}
S: 535 5.7.8 *
C: AUTH PLAIN
S: 334 *
C: *
S: 501 5.7.0 *
C: AUTH PLAIN
S: 334 *
C: !!!!
S: 501 5.5.2 *
C: AUTH PLAIN
S: 334 *
C- ${JSON.stringify('A'.repeat(20_000) + '\r\n')}
S: 500 5.5.6 *
C: AUTH PLAIN ${Buffer.from('\0hanako@local.test').toString('base64')}
S: 501 5.5.2 *
C: AUTH PLAIN ${Buffer.from('\0hanako@local.test\0sec\0ret').toString('base64')}
S: 535 5.7.8 *
C: AUTH CRAM-MD5
S: 504 5.5.4 *
C: AUTH PLAIN ${plain}
S: 235 2.7.0 Signed in
C: STARTTLS
S: 503 5.5.1 *
`,
  ],
];

for (const [name, text] of letters)
  test(`submission: ${name}`, async () => {
    const transcript = parseTranscript(name, `role: submission\n\n${text}`);
    await playAllCuts(transcript, openWorld, stride(5, Math.ceil(sentLength(transcript) / 60)));
  });

test('submission in the clear: nothing is offered and nothing secret is taken', async () => {
  const transcript = parseTranscript(
    'clear',
    `tls: no
security: starttls

S: 220 *
C: HELO x
S: 250 *
C: AUTH PLAIN ${plain}
S: 538 5.7.11 *
C: MAIL FROM:<hanako@local.test>
S: 530 5.7.0 Start TLS first
C: STARTTLS
S: 220 2.0.0 *
C: MAIL FROM:<hanako@local.test>
S: 503 5.5.1 say EHLO first
C: HELO x
S: 250 *
C: AUTH PLAIN ${plain}
S: 235 *
`,
  );
  await playAllCuts(transcript, openWorld, stride(7));
});

/** Sends one letter as hanako and gives what taro finds. */
async function submit(letter: string): Promise<{ reply: string; found: string[] }> {
  const world = await openWorld(new Map());
  const wire = new MemoryWire('c', playedTls);
  await wire.start(world.make);
  await wire.send(
    bytesFromUtf8(`EHLO pc\r\nAUTH PLAIN ${plain}\r\nMAIL FROM:<hanako@local.test>\r\nRCPT TO:<taro@local.test>\r\nDATA\r\n${letter}.\r\n`),
  );
  const reply = latin1FromBytes(wire.takeOutput()).trimEnd().split('\r\n').at(-1)!;
  const found = await world.inbox('taro');
  wire.gone();
  await world.end();
  return { reply, found };
}

test('submission: a complete letter keeps its octets below the trace fields; what stays here says where it came from', async () => {
  const letter = 'From: =?utf-8?B?6Iqx5a2Q?= <Hanako@local.test>\r\nDate: x\r\nMessage-ID: <1@a>\r\nTo:  taro\r\n\r\nbody\r\n';
  const { reply, found } = await submit(letter);
  assert.match(reply, /^250 2\.6\.0/);
  assert.match(
    found[0]!,
    /^Return-Path: <hanako@local\.test>\r\nReceived: from pc \(\[192\.0\.2\.1\]\)\r\n\tby mail\.local\.test with ESMTPSA id \w{18}\r\n\tfor <taro@local\.test>\r\n\ttls TLS_AES_128_GCM_SHA256 \(TLSv1\.3\); Mon, 23 Nov 2026 12:00:00 \+0000\r\nFrom:/,
  );
  assert.ok(found[0]!.endsWith(letter));
});

test('submission: what is missing is put before, Bcc is cut out', async () => {
  const { found } = await submit('Subject: s\r\nBcc: a@b,\r\n c@d\r\nTo: taro\r\n\r\nBcc: stays\r\n');
  assert.match(
    found[0]!.replace(/^Return-Path:.*\r\nReceived:.*\r\n(?:\t.*\r\n)*/, ''),
    /^Date: Mon, 23 Nov 2026 12:00:00 \+0000\r\nMessage-ID: <\w{18}@local\.test>\r\nFrom: =\?utf-8\?B\?6Iqx5a2Q\?= <hanako@local\.test>\r\nSubject: s\r\nTo: taro\r\n\r\nBcc: stays\r\n$/,
  );
});

test('submission: who asks for it is told of success in a mailbox here (RFC 3461)', async () => {
  const world = await openWorld(new Map());
  const wire = new MemoryWire('c', playedTls);
  await wire.start(world.make);
  await wire.send(
    bytesFromUtf8(
      `EHLO pc\r\nAUTH PLAIN ${plain}\r\nMAIL FROM:<hanako@local.test> ENVID=a+2Bb\r\nRCPT TO:<taro@local.test> NOTIFY=SUCCESS\r\nDATA\r\n\r\n.\r\n`,
    ),
  );
  const [report] = await world.inbox('hanako');
  assert.match(report!, /\r\nAction: delivered\r\n/);
  assert.match(report!, /\r\nOriginal-Envelope-Id: a\+b\r\n/);
  assert.equal((await world.inbox('taro')).length, 1);
  wire.gone();
  await world.end();
});

test('SendingRate: fills up again over an hour, and forgets who is full again', () => {
  let now = 0;
  const rate = new SendingRate({ ...standingClock, monotonic: () => now }, 60);
  assert.ok(rate.take(1, 60) && !rate.take(1, 1) && rate.take(2, 1) && rate.take(1, 0));
  now = 10 * 60_000;
  assert.ok(!rate.take(1, 11) && rate.take(1, 10) && !rate.take(1, 1));
  now = 10 * 60 * 60_000;
  assert.ok(!rate.take(1, 61) && rate.take(1, 60));
});

const author = { name: '', address: 'me@here.test' };
const headers: [name: string, letter: string, expected: { fields?: RegExp; left?: string; authors?: string[]; fault?: RegExp }][] = [
  ['nothing at all', '', { fields: /^Date: .*\r\nMessage-ID: .*\r\nFrom: me@here\.test\r\n$/ }],
  ['an empty header', '\r\nbody', { fields: /^Date: .*\r\nMessage-ID: .*\r\nFrom: me@here\.test\r\n$/, left: '\r\nbody' }],
  ['body only', 'Hello there\r\nFrom: x@y\r\n', { fields: /From: me@here\.test\r\n\r\n$/, authors: [] }],
  ['a folder line', 'From me Mon\r\nFrom: a@b\r\n\r\n', { left: 'From: a@b\r\n\r\n', authors: ['a@b'] }],
  ['two authors', 'From: a@b, "C" <c@d>\r\n\r\n', { authors: ['a@b', 'c@d'], fields: /Sender: me@here\.test\r\n$/ }],
  ['two From fields', 'From: a@b\r\nFrom: c@d\r\n\r\n', { fault: /more than one/ }],
  ['an empty From', 'From:\r\n\r\n', { fault: /no address/ }],
  ['From of an empty group', 'From: nobody:;\r\n\r\n', { fault: /no address/ }],
  ['a group', 'From: us: a@b, c@d;\r\n\r\n', { authors: ['a@b', 'c@d'] }],
  ['space before the colon', 'From : a@b\r\nbCC : c@d\r\n\r\n', { authors: ['a@b'], left: 'From : a@b\r\n\r\n' }],
  ['raw UTF-8', 'From: 花子 <花@b>\r\n\r\n', { authors: ['花@b'] }],
  ['folded', 'From:\r\n a\r\n <a@b>\r\n\r\n', { authors: ['a@b'] }],
  ['a deceiving name', 'From: "boss@b" <me@here.test>\r\n\r\n', { authors: ['me@here.test'] }],
  ['Return-Path', 'Return-Path: <x@y>\r\nFrom: a@b\r\n\r\n', { left: 'From: a@b\r\n\r\n' }],
  ['a header of two megabytes', 'X: y\r\n'.repeat(400_000), { fault: /1 MiB/ }],
  ['a thousand authors', `From: ${'a@b, '.repeat(1000)}c@d\r\n\r\n`, { fault: /too many/ }],
];

for (const [name, letter, expected] of headers)
  test(`completeLetter: ${name}`, () => {
    const octets = bytesFromUtf8(letter);
    const done = completeLetter(octets, { author, at: 0, id: 'id' });
    if (expected.fault) return assert.match(done.fault ?? '', expected.fault);
    assert.equal(done.fault, null);
    if (expected.fields) assert.match(done.fields, expected.fields);
    if (expected.authors) assert.deepEqual(done.authors, expected.authors);
    if (expected.left !== undefined)
      assert.equal(
        cutPieces(octets, done.cuts)
          .map((piece) => utf8FromBytes(piece))
          .join(''),
        expected.left,
      );
  });

test('completeLetter: of an endless Message-ID only so much is remembered as a line may hold', () => {
  const letter = bytesFromUtf8(`Message-ID: <${'x'.repeat(100_000)}@b>\r\nFrom: a@b\r\n\r\n`);
  assert.equal(completeLetter(letter, { author: { name: '', address: 'a@b' }, at: 0, id: 'i' }).messageId.length, 998);
});
