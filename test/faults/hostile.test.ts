// What strangers may send to the running program, by its real sockets and TLS: each gets the answer of the table or is shown the door, nothing
// is smuggled in, and somebody else's session does not notice (reliability §6.1 to §6.3).
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { ListenerProtocol } from '../../src/setup/ports.ts';
import { Dialogue, ImapCaller, PopCaller, SmtpCaller } from '../support/dialogue.ts';
import { hostileLetters } from '../support/hostile-letters.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { startWitness, type Witness } from '../support/witness.ts';

let data: string;
let server: ServerProcess;
let witness: Witness;

before(async () => {
  data = await mkdtemp(join(tmpdir(), 'tayori-hostile-'));
  server = await startServer({ data });
  witness = await startWitness({ pid: server.pid, port: server.portOf('imap'), ...server.person('taro') });
});
after(async () => {
  await witness?.end();
  await server?.kill();
  await rm(data, { recursive: true, force: true });
});

const openTo = (protocol: ListenerProtocol) => Dialogue.open({ port: server.portOf(protocol), patience: 8_000 });
const imapOf = (name = 'hanako') => ImapCaller.open({ port: server.portOf('imap'), patience: 30_000 }, server.person(name));

async function lettersOf(name: string): Promise<Buffer[]> {
  const imap = await imapOf(name);
  await imap.well('SELECT INBOX');
  const { untagged } = await imap.well('FETCH 1:* (BODY.PEEK[])');
  imap.close();
  return untagged.flatMap(({ literals }) => literals);
}

async function emptied(name: string): Promise<void> {
  const imap = await imapOf(name);
  await imap.well('SELECT INBOX');
  await imap.well('STORE 1:* +FLAGS.SILENT (\\Deleted)');
  await imap.well('EXPUNGE');
  imap.close();
}

/** Says all of it at once and gives everything that comes back until the server closes, or until it has been quiet for a while. */
async function heard(protocol: ListenerProtocol, words: string | Buffer): Promise<{ readonly text: string; readonly closed: boolean }> {
  const socket = connect({ port: server.portOf(protocol), host: '127.0.0.1' });
  let text = '';
  let closed = false;
  let at = performance.now();
  socket.on('error', () => (closed = true));
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    at = performance.now();
  });
  socket.on('end', () => (closed = true));
  await new Promise<void>((greeted) => socket.once('data', () => greeted()));
  socket.write(typeof words === 'string' ? Buffer.from(words, 'latin1') : words);
  at = performance.now();
  while (!closed && performance.now() - at < 350) await pause(10);
  socket.destroy();
  return { text: text.slice(text.indexOf('\r\n') + 2), closed };
}

/** The time that somebody else had to wait meanwhile. */
async function othersWaited(limit: number): Promise<void> {
  const slowest = await witness.slowest();
  assert.ok(slowest < limit, `another session waited for ${Math.round(slowest)} ms`);
}

suite('SMTP', { concurrency: false }, () => {
  const smuggled = 'MAIL FROM:<evil@client.example>\r\nRCPT TO:<hanako@tayori.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n';
  for (const [id, end] of [
    ['B-001', '\n.\n'],
    ['B-002', '\n.\r\n'],
    ['B-003', '\r\n.\n'],
    ['B-004', '\r.\r'],
    ['B-004', '\r\n.\r'],
    ['B-005', '\r\n.\r\r\n'],
  ] as const)
    test(`${id}: ${JSON.stringify(end)} does not end a letter, and nothing is smuggled behind it`, async () => {
      const smtp = await SmtpCaller.open({ port: server.portOf('smtp') });
      await smtp.ask('MAIL FROM:<a@client.example>');
      await smtp.ask('RCPT TO:<hanako@tayori.test>');
      assert.equal((await smtp.ask('DATA')).code, 354);
      smtp.dialogue.write(`Subject: outer\r\n\r\nhello${end}${smuggled}`);
      assert.match((await smtp.reply()).lines.join(), /^550 5\.5\.2 /);
      assert.equal(await smtp.dialogue.rest().catch(() => 'open'), '');
      assert.deepEqual(await lettersOf('hanako'), []);
      await othersWaited(200);
    });

  test('B-005: a NUL before the dot: the letter goes on, and is refused at its end', async () => {
    const { text } = await heard(
      'smtp',
      `EHLO x\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<hanako@tayori.test>\r\nDATA\r\nx\r\n\0.\r\n${smuggled}NOOP\r\n`,
    );
    assert.match(text, /354 [^\r]*\r\n550 5\.5\.2 [^\r]*\r\n(?:250 [^\r]*\r\n)?$/);
    assert.deepEqual(await lettersOf('hanako'), []);
  });

  test('B-006, B-010: bare LF elsewhere becomes CRLF; commands behind the dot are done in order', async () => {
    const { text } = await heard(
      'smtp',
      'EHLO x\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<hanako@tayori.test>\r\nDATA\r\nSubject: lf\r\n\r\none\ntwo\r\n.\r\nNOOP\r\nQUIT\r\n',
    );
    const last = text
      .split('\r\n')
      .filter((line) => /^\d{3} /.test(line))
      .map((line) => line.slice(0, 3));
    assert.deepEqual(last.slice(-6), ['250', '250', '354', '250', '250', '221']);
    const [letter] = await lettersOf('hanako');
    assert.match(letter!.toString(), /\r\n\r\none\r\ntwo\r\n$/);
    await emptied('hanako');
  });

  test('B-008: CRLF.CRLF within BDAT is content; BDAT 0 LAST is an end', async () => {
    const octets = 'Subject: bdat\r\n\r\na\r\n.\r\nb\r\n';
    const { text } = await heard(
      'smtp',
      `EHLO x\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<hanako@tayori.test>\r\nBDAT ${octets.length}\r\n${octets}BDAT 0 LAST\r\nQUIT\r\n`,
    );
    assert.match(text, /221 [^\r]*\r\n$/);
    assert.ok((await lettersOf('hanako'))[0]!.toString().endsWith(octets));
    await emptied('hanako');
  });

  const envelope = 'EHLO x\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<hanako@tayori.test>\r\n';
  for (const [id, words, last, closes] of [
    ['B-009', `${envelope}BDAT 99999999999\r\n`, /^552 5\.3\.4 /, null],
    ['B-009', `${envelope}BDAT -1\r\n`, /^501 5\.5\.4 /, null],
    ['B-009', `${envelope}BDAT 10 LASTX\r\n`, /^501 5\.5\.4 /, null],
    ['B-009', `${envelope}BDAT 3\r\nabcDATA\r\n`, /^503 5\.5\.1 /, null],
    ['B-014', 'EHLO x\r\nSTARTTLS now\r\n', /^501 5\.5\.4 /, false],
    ['B-017', 'GET / HTTP/1.1\r\nHost: mail.tayori.test\r\n\r\n', /^[45]\d\d /, true],
    ['B-017', 'POST / HTTP/1.1\r\nContent-Length: 60\r\n\r\nEHLO x\r\nMAIL FROM:<a@client.example>\r\n', /^[45]\d\d /, true],
    ['B-019', `EHLO ${'x'.repeat(100_000)}`, /^500 5\.5\.[26] /, true],
    ['B-019', 'EHLO x\r\nNOOP \0\r\n', /^50[01] 5\.5\.[24] /, false],
    ['B-019', 'EHLO x\r\nMAIL FROM:<\xe9@client.example>\r\n', /^5\d\d 5\./, false],
    ['B-039', `EHLO ${'x'.repeat(5_000)}\r\n`, /^50[01] 5\.5\.[24] /, false],
    ['B-039', 'EHLO a\rb\r\n', /^50[01] 5\.5\.[24] /, false],
    ['B-039', 'EHLO [::1\r\n', /^501 5\.5\.[24] /, false],
    ['B-039', 'HELO\r\n', /^501 5\.5\.4 /, false],
  ] as const)
    test(`${id}: ${JSON.stringify(words.slice(-50))}`, async () => {
      const { text, closed } = await heard('smtp', words);
      assert.match(text.trimEnd().split('\r\n').at(-1)!, last, text.slice(0, 600));
      if (closes !== null) assert.equal(closed, closes);
      await othersWaited(200);
    });

  const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
  for (const [words, last] of [
    ['AUTH PLAIN !!!!', /^501 5\.5\.2 /],
    ['AUTH PLAIN\r\n*', /^501 5\.7\.0 /],
    [`AUTH PLAIN ${'A'.repeat(20_000)}`, /^500 5\.5\.[26] /],
    [`AUTH PLAIN ${base64('none')}`, /^501 5\.5\.2 /],
    [`AUTH PLAIN ${base64('\0hanako@tayori.test\0a\0b')}`, /^5(35 5\.7\.8|01 5\.5\.2) /],
  ] as const)
    test(`B-038: ${JSON.stringify(words.slice(0, 40))}`, async () => {
      const { text } = await heard('submission', `EHLO x\r\n${words}\r\n`);
      assert.match(text.trimEnd().split('\r\n').at(-1)!, last, text.slice(-300));
    });
});

suite('TLS', { concurrency: false }, () => {
  test('B-011: what came in the clear behind STARTTLS is not done inside', async () => {
    const dialogue = await openTo('smtp');
    const smtp = new SmtpCaller(dialogue);
    await smtp.reply();
    await smtp.ask('EHLO x');
    dialogue.write('STARTTLS\r\nRSET\r\nMAIL FROM:<a@client.example>\r\n');
    assert.equal((await smtp.reply()).code, 220);
    await dialogue.secure(server.ca);
    assert.equal((await smtp.ask('RCPT TO:<hanako@tayori.test>')).code, 503);
    const { lines } = await smtp.ask('EHLO x');
    assert.ok(!lines.some((line) => line.includes('STARTTLS')));
    assert.equal((await smtp.ask('STARTTLS')).code, 503);
    dialogue.close();
  });

  test('B-013: a sender from before STARTTLS is forgotten', async () => {
    const dialogue = await openTo('smtp');
    const smtp = new SmtpCaller(dialogue);
    await smtp.reply();
    await smtp.ask('EHLO x');
    await smtp.ask('MAIL FROM:<a@client.example>');
    if ((await smtp.ask('STARTTLS')).code === 220) {
      await dialogue.secure(server.ca);
      assert.equal((await smtp.ask('RCPT TO:<hanako@tayori.test>')).code, 503);
    }
    dialogue.close();
  });

  test('B-012, B-014: the same for IMAP and POP3, and no second STARTTLS', async () => {
    const { login, password } = server.person('hanako');
    const imap = new ImapCaller(await openTo('imap'));
    await imap.dialogue.line();
    imap.dialogue.write(`a STARTTLS\r\nb LOGIN "${login}" "${password}"\r\n`);
    assert.match(await imap.dialogue.line(), /^a OK/);
    await imap.dialogue.secure(server.ca);
    const first = await imap.ask('SELECT INBOX');
    assert.equal(first.status, 'BAD', 'the session is signed in by words in the clear');
    assert.equal((await imap.ask('STARTTLS')).status, 'BAD');
    imap.close();

    const pop = new PopCaller(await openTo('pop3'));
    await pop.dialogue.line();
    pop.dialogue.write(`STLS\r\nUSER ${login}\r\n`);
    assert.match(await pop.dialogue.line(), /^\+OK/);
    await pop.dialogue.secure(server.ca);
    assert.match(await pop.ask(`PASS ${password}`), /^-ERR/);
    assert.match(await pop.ask('STLS'), /^-ERR/);
    pop.close();

    const sealed = await Dialogue.open({ port: server.portOf('imaps'), ca: server.ca });
    await sealed.line();
    sealed.write('a STARTTLS\r\n');
    assert.match(await sealed.line(), /^a BAD/);
    sealed.close();
  });

  test('B-017: a browser is not taken for a mail app', async () => {
    for (const protocol of ['imaps', 'pop3s', 'submissions'] as const) {
      const error = await new Promise<NodeJS.ErrnoException | null>((done) => {
        const socket = connectTls({
          port: server.portOf(protocol),
          ca: readFileSync(server.ca),
          servername: 'localhost',
          ALPNProtocols: ['http/1.1'],
        });
        socket.once('secureConnect', () => (done(null), socket.destroy()));
        socket.once('error', done);
      });
      assert.match(String(error?.code), /NO_APPLICATION_PROTOCOL/, protocol);
    }
  });

  test('rubbish instead of a handshake, and 300 names that are not ours (B-048)', async () => {
    for (const words of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\xff\xff', '\0'.repeat(5_000)]) {
      const socket = connect({ port: server.portOf('imaps'), host: '127.0.0.1' }).on('error', () => {});
      socket.write(words, 'latin1');
      await pause(50);
      socket.destroy();
    }
    for (let number = 0; number < 300; number++)
      await new Promise<void>((done) => {
        const socket = connectTls({ port: server.portOf('imaps'), rejectUnauthorized: false, servername: `n${number}.example` });
        socket.on('error', () => done());
        socket.once('secureConnect', () => (socket.destroy(), done()));
      });
    await othersWaited(200);
  });
});

suite('IMAP and POP3', { concurrency: false }, () => {
  for (const [id, words, wanted, closes] of [
    ['B-017', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', /BAD|BYE/, true],
    ['B-040', 'a LOGIN {2147483647}\r\n', /^a (NO \[TOOBIG\]|BAD)/m, null],
    ['B-041', `a LOGIN {1000000000+}\r\n${'x'.repeat(100_000)}`, /^\* BYE/m, true],
    ['B-042', 'a LOGIN {-1}\r\n', /^a BAD/m, null],
    ['B-042', 'a LOGIN {4294967296}\r\n', /^a (BAD|NO \[TOOBIG\])/m, null],
    ['B-042', 'a LOGIN {18446744073709551616}\r\n', /^a (BAD|NO \[TOOBIG\])/m, null],
    ['B-042', 'a LOGIN {1e9}\r\n', /^a BAD/m, null],
    ['B-042', 'a LOGIN { 5}\r\n', /^a BAD/m, null],
    ['B-042', 'a LOGIN {5\r\n', /^a BAD/m, null],
    ['B-043', '('.repeat(1_000_000), /BAD|BYE/, true],
    ['B-044', `${'t'.repeat(1_000_000)} NOOP\r\n`, /BAD|BYE/, true],
    ['B-044', '+ NOOP\r\n* NOOP\r\n NOOP\r\na\r\n', /BAD[\s\S]*\* BYE/, true],
    ['B-044', 'a NOOP\0\r\n', /^(\*|a) BAD/m, null],
  ] as const)
    test(`${id}: ${JSON.stringify(words.slice(0, 40))} before login`, async () => {
      const { text, closed } = await heard('imap', words);
      assert.match(text, wanted);
      assert.doesNotMatch(text, /^\+ /m);
      if (closes !== null) assert.equal(closed, closes, text.slice(0, 300));
      await othersWaited(200);
    });

  test('B-043: a million parentheses after login', async () => {
    const imap = await imapOf();
    imap.dialogue.write(`a SEARCH ${'('.repeat(1_000_000)}`);
    imap.dialogue.write('\r\n');
    assert.match(await imap.dialogue.line(), /BAD|BYE/);
    imap.close();
    await othersWaited(200);
  });

  test('B-045: 10,000 sign-ins that are given up', async () => {
    const { text, closed } = await heard('imap', 'a AUTHENTICATE PLAIN\r\n*\r\n'.repeat(10_000));
    assert.ok((text.match(/^a (BAD|NO)/gm) ?? []).length < 100);
    assert.equal(closed, true);
    await othersWaited(200);
  });

  test('B-046, B-047: names that nobody has are told what wrong passwords are told', async () => {
    const told = new Set<string>();
    for (const name of [
      'hanako@tayori.test',
      'nobody@tayori.test',
      '../../x',
      '%s%n',
      'hanako%x',
      'hanako@tayori.test*taro@tayori.test',
      'x'.repeat(1_000),
    ]) {
      const imap = await ImapCaller.open({ port: server.portOf('imap') });
      const { status, text } = await imap.ask(`LOGIN "${name}" "wrong"`);
      told.add(`${status} ${text}`);
      imap.close();
    }
    assert.equal(told.size, 1, [...told].join('\n'));
    assert.match([...told][0]!, /^NO \[AUTHENTICATIONFAILED\]/);
  });

  for (const [words, closes] of [
    ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', true],
    ['x'.repeat(100_000), true],
    [`USER ${'x'.repeat(3_000)}\r\n`, null],
    ['USER a\0b\r\n', null],
    ['PASS x\r\nRETR 1\r\nDELE 1\r\n', null],
    ['AUTH PLAIN\r\n*\r\n'.repeat(10_000), true],
  ] as const)
    test(`POP3: ${JSON.stringify(words.slice(0, 40))}`, async () => {
      const { text, closed } = await heard('pop3', words);
      assert.match(text, /^-ERR/m);
      if (closes !== null) assert.equal(closed, closes, text.slice(0, 300));
      await othersWaited(200);
    });

  test('B-055: 10,000 commands at once by somebody who never reads', async () => {
    const { login, password } = server.person('hanako');
    const before_ = server.memory();
    const socket = connect({ port: server.portOf('imap'), host: '127.0.0.1' }).on('error', () => {});
    socket.pause();
    socket.write(`a LOGIN "${login}" "${password}"\r\nb SELECT INBOX\r\n${'c CAPABILITY\r\n'.repeat(40_000)}`);
    await pause(1_500);
    const grown = server.memory() - before_;
    socket.destroy();
    assert.ok(grown < 48, `${grown} MiB for one connection`);
    await othersWaited(200);
  });

  test('slow ones: an octet now and then holds nobody else up', async () => {
    const slow = await Promise.all(Array.from({ length: 60 }, (_, index) => openTo((['smtp', 'imap', 'pop3'] as const)[index % 3]!)));
    for (const octet of 'EHLO slow') {
      for (const one of slow) one.write(octet);
      await pause(60);
    }
    await othersWaited(200);
    for (const one of slow) one.close();
  });
});

suite('letters', { concurrency: false }, () => {
  for (const { name, octets, binary } of hostileLetters())
    test(name, { timeout: 240_000 }, async (t) => {
      // Also when it has failed: the next one counts what is there.
      t.after(() => emptied('hanako'));
      await witness.slowest();
      const imap = await imapOf();
      const appended = await imap.ask('APPEND INBOX', { before: binary ? ' ~' : ' ', octets });
      assert.equal(appended.status, 'OK', appended.text);
      const smtp = await SmtpCaller.open({ port: server.portOf('smtp'), patience: 30_000 });
      const { code, lines } = await smtp.send('a@client.example', ['hanako@tayori.test'], octets);
      assert.equal(code, binary ? 550 : 250, lines.join());
      await imap.well('SELECT INBOX');
      const { untagged } = await imap.well('FETCH 1:* (ENVELOPE BODYSTRUCTURE BODY.PEEK[])');
      const stored = untagged
        .filter(({ text }) => text.includes('BODYSTRUCTURE'))
        .map(({ literals }) => literals.reduce((longest, one) => (one.length > longest.length ? one : longest)));
      assert.equal(stored.length, binary ? 1 : 2);
      assert.ok(stored[0]!.equals(octets), 'what was appended is not what is there');
      if (!binary)
        assert.ok(stored[1]!.subarray(stored[1]!.length - octets.length).equals(octets), 'what came by SMTP is not what is there');
      for (const command of [
        'FETCH 1:* (PREVIEW)',
        'SEARCH TEXT "zzzz"',
        'SORT (SUBJECT ARRIVAL) UTF-8 ALL',
        'THREAD REFERENCES UTF-8 ALL',
      ])
        await imap.well(command);
      await othersWaited(250);
      imap.close();
      smtp.close();
    });

  test('nothing of all this was a surprise', () => {
    assert.doesNotMatch(server.log(), /"level":"error"/);
    assert.doesNotMatch(server.log(), /uncaughtException|unhandledRejection/);
  });
});
