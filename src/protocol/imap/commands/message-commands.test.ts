import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { bytesFromLatin1, bytesFromUtf8, latin1FromBytes, type Bytes } from '../../../base/bytes.ts';
import { Refusal, Unavailable } from '../../../base/trouble.ts';
import type { MailStore } from '../../../store/contract.ts';
import { MemoryWire } from '../../line/transcript.ts';
import { openLettersWorld, type GivenLetter, type LettersWorld } from '../letters-world.ts';

async function open(t: TestContext, letters: readonly GivenLetter[], faults: Partial<MailStore> = {}): Promise<LettersWorld> {
  const world = await openLettersWorld(letters, faults);
  t.after(() => world.end());
  return world;
}
const simple = (n: number, more = ''): GivenLetter => ({ text: `Subject: letter ${n}\r\n${more}\r\nText ${n}\r\n` });
/** A megabyte and a half of lines, with a small part before it. */
const large: GivenLetter = {
  text: `Subject: large\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsmall\r\n--b\r\n\r\n${'0123456789abcdef\r\n'.repeat(160_000)}--b--\r\n`,
};

test('FETCH of ready texts', async (t) => {
  const world = await open(t, [
    {
      text: bytesFromUtf8(
        'From: Hanako =?utf-8?B?6Iqx5a2Q?= <hanako@example.org>\r\nTo: taro@example.com\r\nSubject: Tea "today"\r\n' +
          'Date: Wed, 17 Jul 1996 02:23:25 -0700\r\nMessage-ID: <1@example.org>\r\nContent-Type: text/plain; charset=utf-8\r\n' +
          'Content-Transfer-Encoding: 8bit\r\n\r\nGrüße aus "Kyōto"\r\n',
      ),
    },
  ]);
  const client = await world.client();
  assert.equal(
    await client.ask('FETCH 1 (ENVELOPE)'),
    '* 1 FETCH (ENVELOPE ("Wed, 17 Jul 1996 02:23:25 -0700" "Tea \\"today\\"" (("Hanako =?utf-8?B?6Iqx5a2Q?=" NIL "hanako" "example.org")) ' +
      '(("Hanako =?utf-8?B?6Iqx5a2Q?=" NIL "hanako" "example.org")) (("Hanako =?utf-8?B?6Iqx5a2Q?=" NIL "hanako" "example.org")) ' +
      '((NIL NIL "taro" "example.com")) NIL NIL NIL "<1@example.org>"))\r\na OK FETCH completed\r\n',
  );
  const structure = await client.ask('FETCH 1 (BODY BODYSTRUCTURE)');
  assert.match(
    structure,
    /^\* 1 FETCH \(BODY \("text" "plain" \("charset" "utf-8"\) NIL NIL "8bit" \d+ 1\) BODYSTRUCTURE \("text" "plain" .* NIL NIL NIL NIL\)\)\r\n/i,
  );
  // RFC 8970 §3.3: UTF-8, which stands in a literal until UTF8=ACCEPT.
  const preview = latin1FromBytes(bytesFromUtf8('Grüße aus "Kyōto"'));
  assert.equal(
    await client.ask('FETCH 1 PREVIEW (LAZY)'),
    `* 1 FETCH (PREVIEW {${preview.length}}\r\n${preview})\r\na OK FETCH completed\r\n`,
  );
  await client.ask('ENABLE UTF8=ACCEPT');
  assert.equal(await client.ask('FETCH 1 PREVIEW'), `* 1 FETCH (PREVIEW "${preview.replaceAll('"', '\\"')}")\r\na OK FETCH completed\r\n`);
  assert.match(
    await client.ask('FETCH 1 FULL'),
    /^\* 1 FETCH \(FLAGS \(\) INTERNALDATE "17-Jul-1996 09:44:25 \+0000" RFC822\.SIZE \d+ ENVELOPE \(.*\) BODY \(/,
  );
});

test('FETCH of a large letter reads what is wanted, and sends the rest piece by piece', async (t) => {
  const world = await open(t, [simple(1), large, simple(3)], {});
  const client = await world.client();
  const whole = large.text as string;
  assert.equal(
    await client.ask('FETCH 1:3 (UID BODY.PEEK[])'),
    [simple(1).text as string, whole, simple(3).text as string]
      .map((text, i) => `* ${i + 1} FETCH (UID ${i + 1} BODY[] {${text.length}}\r\n${text})\r\n`)
      .join('') + 'a OK FETCH completed\r\n',
  );
  assert.equal(
    await client.ask('FETCH 2 (BODY.PEEK[1] BODY.PEEK[2]<1600000.20> BODY.PEEK[HEADER.FIELDS (Subject)])'),
    `* 2 FETCH (BODY[1] {5}\r\nsmall BODY[2]<1600000> {20}\r\n${'0123456789abcdef\r\n'.repeat(160_000).slice(1_600_000, 1_600_020)} BODY[HEADER.FIELDS (Subject)] {18}\r\nSubject: large\r\n\r\n)\r\na OK FETCH completed\r\n`,
  );
  assert.equal(await client.ask('FETCH 2 BINARY.SIZE[2]'), `* 2 FETCH (BINARY.SIZE[2] ${160_000 * 18 - 2})\r\na OK FETCH completed\r\n`);
  assert.equal(await client.ask('SEARCH HEADER Content-Type multipart'), '* SEARCH 2\r\na OK SEARCH completed\r\n');
});

test('a large letter that cannot be read to its end closes the connection', async (t) => {
  const world = await open(t, [large], {
    openLetter: async () => ({
      length: (large.text as string).length,
      read: async (start: number, end: number): Promise<Bytes> => {
        if (start > 0) throw new Unavailable('store-stopped', 'the disk is gone');
        return bytesFromLatin1(large.text as string).slice(start, end);
      },
    }),
  });
  const client = await world.client();
  const answer = await client.ask('FETCH 1 BODY.PEEK[]');
  assert.ok(client.wire.closed);
  assert.ok(!answer.includes('a OK'));
});

// The store's contract: null for a letter that is gone or damaged; opening it tells which.
const unreadable = (number: number, trouble: Error): Partial<MailStore> & { world: LettersWorld | null } => {
  const faults: Partial<MailStore> & { world: LettersWorld | null } = {
    world: null,
    readLetters: async (account, messages) =>
      (await faults.world!.store.readLetters(account, messages)).map((bytes, i) => (messages[i] === number ? null : bytes)),
    openLetter: (account, message) => (message === number ? Promise.reject(trouble) : faults.world!.store.openLetter(account, message)),
  };
  return faults;
};

test('a damaged letter does not keep the others away, and is never told as gone', async (t) => {
  const faults = unreadable(2, new Unavailable('unknown-outcome', 'letter 2 is damaged'));
  faults.world = await open(t, [simple(1), simple(2), simple(3)], faults);
  const client = await faults.world.client();
  assert.equal(
    await client.ask('FETCH 1:3 BODY.PEEK[TEXT]<0.6>'),
    '* 1 FETCH (BODY[TEXT]<0> {6}\r\nText 1)\r\n* 3 FETCH (BODY[TEXT]<0> {6}\r\nText 3)\r\na NO [UNAVAILABLE] letter 2 is damaged\r\n',
  );
});

test('a letter whose octets are gone for good is passed over', async (t) => {
  const faults = unreadable(1, new Refusal('nonexistent', 'there is no such letter'));
  faults.world = await open(t, [simple(1), simple(2)], faults);
  const client = await faults.world.client();
  assert.match(await client.ask('FETCH 1:2 BODY.PEEK[]<0.1>'), /^\* 2 FETCH \(BODY\[\]<0> \{1\}\r\nS\)\r\na NO \[EXPUNGEISSUED\]/);
  assert.match(await client.ask('UID FETCH 1:2 BODY.PEEK[]<0.1>'), /^\* 2 FETCH \(UID 2 BODY\[\]<0> \{1\}\r\nS\)\r\na OK /);
});

test('reading goes on when \\Seen cannot be written', async (t) => {
  const world = await open(t, [simple(1)], { setFlags: async () => Promise.reject(new Unavailable('disk-full', 'the disk is full')) });
  const client = await world.client();
  assert.equal(await client.ask('FETCH 1 BODY[TEXT]<0.4>'), '* 1 FETCH (BODY[TEXT]<0> {4}\r\nText)\r\na OK FETCH completed\r\n');
  assert.equal(await client.ask('STORE 1 +FLAGS (\\Seen)'), 'a NO [UNAVAILABLE] the disk is full\r\n');
});

test('RFC 3516 §4.3: an unknown encoding is NO [UNKNOWN-CTE], and the answer is not begun', async (t) => {
  const world = await open(t, [simple(1), simple(2, 'Content-Transfer-Encoding: x-odd\r\n')]);
  const client = await world.client();
  assert.match(
    await client.ask('FETCH 1:2 (UID BINARY.PEEK[1])'),
    /^\* 1 FETCH \(UID 1 BINARY\[1\] \{8\}\r\nText 1\r\n\)\r\na NO \[UNKNOWN-CTE\] /,
  );
  assert.match(await client.ask('FETCH 2 (BODY.PEEK[1])'), /^\* 2 FETCH \(BODY\[1\] \{8\}/);
});

test('a reader that does not read is waited for between batches', async (t) => {
  let waits = 0;
  const world = await open(
    t,
    Array.from({ length: 40 }, () => ({ text: `Subject: x\r\n\r\n${'x'.repeat(100_000)}` })),
  );
  const wire = new MemoryWire('C', null);
  Object.defineProperty(wire, 'congested', { value: true });
  wire.drained = async () => void waits++;
  const client = await world.client(wire);
  waits = 0;
  assert.equal((await client.ask('FETCH 1:* BODY.PEEK[]')).length > 4_000_000, true);
  assert.ok(waits >= 3, `${waits} waits`);
});

test('what a peer that has gone asked for ends soon', async (t) => {
  let reads = 0;
  const world: LettersWorld = await open(
    t,
    Array.from({ length: 40 }, () => ({ text: `Subject: x\r\n\r\n${'x'.repeat(100_000)}` })),
    {
      readLetters: async (account, messages) => {
        if (++reads === 1) client.wire.closing = true;
        return world.store.readLetters(account, messages);
      },
    },
  );
  const client = await world.client();
  await client.ask('FETCH 1:* BODY.PEEK[]');
  // The second batch is read ahead.
  assert.equal(reads, 2);
});

// Reliability B-054, B-056.
test('one letter asked for 500 times over', async (t) => {
  const world = await open(t, [simple(1)]);
  const client = await world.client();
  const items = Array.from({ length: 500 }, (_, i) => `BODY.PEEK[${'1.'.repeat(i % 60)}1]<${i}.1>`).join(' ');
  assert.match(await client.ask(`FETCH 1:* (${items})`), /a OK FETCH completed\r\n$/);
  assert.match(await client.ask(`FETCH 1:* (${'BODY.PEEK[] '.repeat(700)}UID)`), /^a BAD /);
});

test('more keywords than a mailbox can have are NO [LIMIT]', async (t) => {
  const world = await open(t, [simple(1)]);
  const client = await world.client();
  const keywords = Array.from({ length: 1000 }, (_, i) => `k${i}`).join(' ');
  assert.match(await client.ask(`STORE 1 +FLAGS (${keywords})`), /^a NO \[LIMIT\] /);
  assert.match(await client.ask(`STORE 1 +FLAGS (${'k'.repeat(200)})`), /^a BAD /);
});

test('a search beyond its time is NO [LIMIT], and forgets what was to be saved', async (t) => {
  const world = await open(t, [simple(1), simple(2)], { search: async () => Promise.reject(new Refusal('limit', 'it takes too long')) });
  const client = await world.client();
  await client.ask('SEARCH RETURN (SAVE) ALL');
  assert.match(await client.ask('SEARCH RETURN (SAVE) BODY x'), /^a NO \[LIMIT\] it takes too long/);
  assert.equal(await client.ask('FETCH $ UID'), 'a OK FETCH completed\r\n');
});

test('letters copied out of order are found by text all the same', async (t) => {
  const world = await open(t, [simple(1), simple(2), simple(3)]);
  const work = (await world.store.mailboxes(1)).find(({ name }) => name === 'Work')!.id;
  for (const uid of [3, 1, 2]) await world.store.copy(1, world.mailbox, [uid], work, { move: false, quota: null });
  const client = await world.client();
  await client.ask('SELECT Work');
  assert.deepEqual(await client.numbers('SEARCH BODY "Text 1"'), [2]);
  assert.deepEqual(await client.numbers('SEARCH OR BODY "Text 3" SUBJECT "letter 2"'), [1, 3]);
  assert.deepEqual(await client.numbers('SORT (SUBJECT) UTF-8 ALL'), [2, 3, 1]);
});

test('SENTON goes by the day that the sender wrote', async (t) => {
  const world = await open(t, [
    simple(1, 'Date: Wed, 17 Jul 1996 23:30:00 -0700\r\n'),
    simple(2, 'Date: Thu, 18 Jul 1996 00:30:00 +0900\r\n'),
    simple(3, 'Date: nonsense\r\n'),
    simple(4),
  ]);
  const client = await world.client();
  assert.deepEqual(await client.numbers('SEARCH SENTON 17-Jul-1996'), [1]);
  assert.deepEqual(await client.numbers('SEARCH SENTSINCE 18-Jul-1996'), [2]);
  assert.deepEqual(await client.numbers('SEARCH SENTBEFORE 18-Jul-1996'), [1]);
});

test('SORT and THREAD go by the facts of real letters', async (t) => {
  const world = await open(t, [
    simple(9, 'From: zoe@x\r\nDate: Wed, 17 Jul 1996 03:00:00 +0000\r\nMessage-ID: <a@x>\r\n'),
    {
      text: 'Subject: Re: letter 9\r\nFrom: Adam <adam@x>\r\nDate: Wed, 17 Jul 1996 05:00:00 +0000\r\nMessage-ID: <b@x>\r\nIn-Reply-To: <a@x>\r\n\r\n',
    },
    { text: 'Subject: aha\r\nFrom: Bob <bob@x>\r\nDate: Wed, 17 Jul 1996 01:00:00 +0000\r\nMessage-ID: <c@x>\r\n\r\n' },
    {
      text: 'Subject: =?utf-8?Q?Re:_letter_9?=\r\nDate: Wed, 17 Jul 1996 04:00:00 +0000\r\nMessage-ID: <d@x>\r\nReferences: <"a"@x>\r\n\r\n',
    },
  ]);
  const client = await world.client();
  assert.deepEqual(await client.numbers('SORT (SUBJECT DATE) UTF-8 ALL'), [3, 1, 4, 2]);
  assert.deepEqual(await client.numbers('SORT (FROM) UTF-8 ALL'), [4, 2, 3, 1]);
  assert.deepEqual(await client.numbers('SORT (REVERSE DISPLAYFROM) UTF-8 ALL'), [1, 3, 2, 4]);
  assert.equal(await client.ask('THREAD ORDEREDSUBJECT UTF-8 ALL'), '* THREAD (3)(1 (4)(2))\r\na OK THREAD completed\r\n');
  assert.equal(await client.ask('UID THREAD REFERENCES UTF-8 ALL'), '* THREAD (3)(1 (4)(2))\r\na OK THREAD completed\r\n');
});

test('texts are compared in the charset of the program', async (t) => {
  const world = await open(t, [
    {
      text: bytesFromUtf8(
        'Subject: =?utf-8?B?44GK6Iy2?=\r\nX-Note: =?utf-8?B?44GK6Iy2?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nx\r\n',
      ),
    },
    simple(2),
  ]);
  const client = await world.client();
  const utf8 = latin1FromBytes(bytesFromUtf8('お茶'));
  // ISO-2022-JP and Shift_JIS for the same two characters.
  for (const [charset, text] of [
    ['', utf8],
    ['CHARSET UTF-8 ', utf8],
    ['CHARSET ISO-2022-JP ', '\x1b$B$*Cc\x1b(B'],
    ['CHARSET Shift_JIS ', '\x82\xa8\x92\x83'],
  ] as const)
    assert.deepEqual(await client.numbers(`SEARCH ${charset}HEADER X-Note {${text.length}+}\r\n${text}`), [1], charset);
});

test('reading a letter is the last station of its journey, told once; lists and whole mailboxes are not reading', async (t) => {
  const world = await open(
    t,
    Array.from({ length: 25 }, (_, n) => simple(n)),
  );
  const client = await world.client();
  const added: string[] = [];
  const add = world.store.trace.add.bind(world.store.trace);
  world.store.trace.add = (events) => {
    added.push(...events.map(({ station, facts }) => `${station} ${facts['protocol']} ${facts['uid']}`));
    add(events);
  };
  for (const command of [
    'FETCH 1:* (FLAGS ENVELOPE)',
    'FETCH 1:5 (BODY.PEEK[HEADER] BODY.PEEK[HEADER.FIELDS (FROM)])',
    'FETCH 1:* BODY.PEEK[]',
    'FETCH 2 BODY.PEEK[]',
    'UID FETCH 2:3 BODY[TEXT]',
    'FETCH 2 RFC822',
  ])
    assert.match(await client.ask(command), /a OK [A-Z ]*FETCH completed\r\n$/);
  assert.deepEqual(added, ['read imap 2', 'read imap 3']);
});

for (const [condstore, told] of [
  [false, /^\* 1 FETCH \(UID 1 FLAGS \(\\Answered \\Flagged\)\)\r\na OK/],
  [true, /^\* 1 FETCH \(UID 1 FLAGS \(\\Answered \\Flagged\) MODSEQ \(\d+\)\)\r\n\* 2 FETCH \(UID 2 MODSEQ \(\d+\)\)\r\na OK/],
] as const)
  test(`STORE .SILENT tells what another session changed just before it${condstore ? ', with CONDSTORE' : ''}`, async () => {
    const letters = [{ text: 'a\r\n' }, { text: 'b\r\n' }];
    let between: (() => Promise<unknown>) | null = null;
    const world: LettersWorld = await openLettersWorld(letters, {
      async setFlags(...args) {
        const other = between;
        between = null;
        await other?.();
        return world.store.setFlags(...args);
      },
    });
    const client = await world.client();
    if (condstore) await client.ask('ENABLE CONDSTORE');
    between = () => world.store.setFlags(1, world.mailbox, Uint32Array.of(1), { how: 'add', flags: ['\\Flagged'] });
    assert.match(await client.ask('STORE 1:2 +FLAGS.SILENT (\\Answered)'), told);
    assert.match(await client.ask('NOOP'), /^a OK/);
    await world.end();
  });
