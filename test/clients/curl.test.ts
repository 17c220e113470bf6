// curl against the running program: sending and reading over every port, plain refused, TLS by the demo's own authority.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { assertSame, empty, letter, lettersByImap, lettersByPop, put, run, runWell, withSubject, type Ran } from '../support/mail-apps.ts';
import { needsDebian, startTayori, type Person } from '../support/tayori.ts';

const skip = needsDebian('curl', 'curl');
const server = await startTayori();
after(() => server.stop());
const [hanako, taro] = server.people as [Person, Person];
const { ports } = server;

function words(person: Person | null, url: string, more: readonly string[]): string[] {
  const login = person === null ? [] : ['--user', `${person.login}:${person.password}`];
  return ['--silent', '--show-error', '--disable', '--cacert', server.ca, ...login, ...more, url];
}
const curl = (person: Person | null, url: string, ...more: string[]): Promise<Ran> => runWell('curl', words(person, url, more));
const curlMay = (person: Person | null, url: string, ...more: string[]): Promise<Ran> => run('curl', words(person, url, more));

const roads = {
  'smtps, 465': { url: `smtps://localhost:${ports.submissions}/app.example`, more: [] },
  'smtp with --ssl-reqd, 587': { url: `smtp://localhost:${ports.submission}/app.example`, more: ['--ssl-reqd'] },
} as const;

for (const [name, { url, more }] of Object.entries(roads))
  for (const auth of ['PLAIN', 'LOGIN'])
    test(`${name}, AUTH ${auth}: sent by curl, the same octets by POP3 and by IMAP`, { skip, timeout: 240_000 }, async () => {
      const subject = `curl ${name} ${auth}`;
      const sent = letter(hanako, taro, subject, 'おはよう。\r\n.\r\n..\r\nlast line\r\n');
      const file = join(server.folder, 'letter.eml');
      await writeFile(file, sent);
      const envelope = ['--mail-from', hanako.address, '--mail-rcpt', taro.address, '--upload-file', file];
      await curl(hanako, url, ...more, '--login-options', `AUTH=${auth}`, ...envelope);
      assertSame(withSubject(await lettersByPop(server, taro), subject).octets, sent);
      assertSame(withSubject(await lettersByImap(server, taro), subject).octets, sent);
    });

test('smtp, 25: a letter for a person here comes in without login, over STARTTLS', { skip, timeout: 240_000 }, async () => {
  const sent = letter({ ...hanako, address: 'a@far.example' }, taro, 'curl 25');
  const file = join(server.folder, 'in.eml');
  await writeFile(file, sent);
  const url = `smtp://localhost:${ports.smtp}/far.example`;
  await curl(null, url, '--ssl-reqd', '--mail-from', 'a@far.example', '--mail-rcpt', taro.address, '--upload-file', file);
  assertSame(withSubject(await lettersByPop(server, taro), 'curl 25').octets, sent);
});

test('smtp: a wrong password, a sender that is not hers: curl says so and nothing is sent', { skip, timeout: 240_000 }, async () => {
  const file = join(server.folder, 'no.eml');
  await writeFile(file, letter(hanako, taro, 'never'));
  const url = `smtps://localhost:${ports.submissions}`;
  const envelope = ['--mail-rcpt', taro.address, '--upload-file', file];
  // 67: the server denied the login.
  assert.equal((await curlMay({ ...hanako, password: 'no' }, url, '--mail-from', hanako.address, ...envelope)).code, 67);
  // 55: sending failed, with the server's number.
  const strange = await curlMay(hanako, url, '--mail-from', taro.address, ...envelope);
  assert.equal(strange.code, 55);
  assert.match(strange.err, /MAIL failed: 553/);
  assert.ok((await lettersByPop(server, taro)).every(({ octets }) => !octets.includes('Subject: never')));
});

test('SCRAM: used where this curl is built with it', { skip, timeout: 240_000 }, async (t) => {
  // Without libgsasl curl knows no SCRAM and ends after EHLO by itself, whatever a server offers.
  const { out } = await runWell('curl', ['--version']);
  const url = `smtps://localhost:${ports.submissions}`;
  const file = join(server.folder, 'scram.eml');
  const sent = letter(hanako, taro, 'curl scram');
  await writeFile(file, sent);
  const envelope = ['--mail-from', hanako.address, '--mail-rcpt', taro.address, '--upload-file', file];
  const ran = await curlMay(hanako, url, '--login-options', 'AUTH=SCRAM-SHA-256', '--verbose', ...envelope);
  assert.match(ran.err, /< 250[- ]AUTH [^\r\n]*SCRAM-SHA-256/);
  if (/gsasl/i.test(out.toString())) {
    assert.equal(ran.code, 0, ran.err);
    assertSame(withSubject(await lettersByPop(server, taro), 'curl scram').octets, sent);
  } else {
    assert.doesNotMatch(ran.err, /> AUTH/);
    t.diagnostic('this curl is built without SCRAM');
  }
});

for (const [name, url, more] of [
  ['pop3s, 995', `pop3s://localhost:${ports.pop3s}/`, []],
  ['pop3 with --ssl-reqd, 110', `pop3://localhost:${ports.pop3}/`, ['--ssl-reqd']],
] as const)
  test(`${name}: LIST, UIDL, RETR, TOP, DELE`, { skip, timeout: 240_000 }, async () => {
    await empty(server, taro);
    const sent = [1, 2, 3].map((number) => letter(hanako, taro, `pop ${number}`));
    await put(server, taro, 'INBOX', sent);
    const pop = (path: string, ...words: string[]): Promise<Ran> => curl(taro, url + path, ...more, ...words);
    assert.deepEqual((await pop('')).out.toString(), sent.map(({ length }, index) => `${index + 1} ${length}\r\n`).join(''));
    const uidls = (await pop('', '--request', 'UIDL')).out.toString();
    const known = await lettersByPop(server, taro);
    assert.equal(uidls, known.map(({ uidl }, index) => `${index + 1} ${uidl}\r\n`).join(''));
    assert.equal((await pop('2')).out.compare(sent[1]!), 0);
    const top = (await pop('', '--request', 'TOP 3 1')).out;
    assert.equal(top.toString(), sent[2]!.toString().replace(/(\r\n\r\n[^\r]*\r\n)[\s\S]*$/, '$1'));
    await pop('2', '--request', 'DELE', '--head');
    const left = await lettersByImap(server, taro);
    assert.deepEqual(
      left.map(({ octets }) => octets.toString()),
      [sent[0]!.toString(), sent[2]!.toString()],
    );
  });

for (const [name, url, more] of [
  ['imaps, 993', `imaps://localhost:${ports.imaps}/`, []],
  ['imap with --ssl-reqd, 143', `imap://localhost:${ports.imap}/`, ['--ssl-reqd']],
] as const)
  test(`${name}: CREATE, LIST, APPEND, FETCH, SEARCH, STORE, EXPUNGE`, { skip, timeout: 240_000 }, async () => {
    await empty(server, taro);
    const imap = (path: string, ...words: string[]): Promise<Ran> => curl(taro, url + path, ...more, ...words);
    const box = `Curl ${name.slice(0, 5).trim()}`;
    const path = encodeURIComponent(box);
    await imap('', '--request', `CREATE "${box}"`);
    assert.match((await imap('')).out.toString(), new RegExp(`^\\* LIST \\([^)]*\\) "/" "${box}"\\r$`, 'm'));
    const sent = ['red', 'green', 'blue'].map((colour) => letter(hanako, taro, colour, `これは${colour}です。\r\n.\r\n`));
    for (const [index, octets] of sent.entries()) {
      const file = join(server.folder, `append-${index}.eml`);
      await writeFile(file, octets);
      await imap(path, '--upload-file', file);
    }
    for (const [index, octets] of sent.entries()) assert.equal((await imap(`${path};UID=${index + 1}`)).out.compare(octets), 0);
    assert.equal((await imap(`${path};UID=2;SECTION=HEADER.FIELDS%20(SUBJECT)`)).out.toString(), 'Subject: green\r\n\r\n');
    assert.equal((await imap(`${path};UID=2;SECTION=TEXT`)).out.toString(), 'これはgreenです。\r\n.\r\n');
    assert.match((await imap(`${path}?SUBJECT%20green`)).out.toString(), /^\* (SEARCH 2|ESEARCH .*\b2)\r\n$/);
    assert.match((await imap(`${path}?BODY%20blue`)).out.toString(), /^\* (SEARCH 3|ESEARCH .*\b3)\r\n$/);
    assert.match((await imap(path, '--request', 'UID STORE 2 +FLAGS (\\Deleted $Curl)')).out.toString(), /\* 2 FETCH/);
    assert.match(
      (await imap('', '--request', `STATUS "${box}" (MESSAGES UIDNEXT DELETED)`)).out.toString(),
      /MESSAGES 3 UIDNEXT 4 DELETED 1/,
    );
    const marked = await lettersByImap(server, taro, box);
    assert.deepEqual(
      marked.map(({ flags }) => flags.filter((flag) => flag !== '\\Seen')),
      [[], ['$Curl', '\\Deleted'], []],
    );
    assert.match((await imap(path, '--request', 'EXPUNGE')).out.toString(), /^\* 2 EXPUNGE\r\n$/m);
    // What IMAP has, POP3 gives, once it is in the inbox.
    await imap(path, '--request', 'COPY 1:* INBOX');
    assert.deepEqual(
      (await lettersByPop(server, taro)).map(({ octets }) => octets.toString()),
      [sent[0]!.toString(), sent[2]!.toString()],
    );
    await imap('', '--request', `DELETE "${box}"`);
    assert.doesNotMatch((await imap('')).out.toString(), new RegExp(`"${box}"`));
  });

test('imap: a wrong password, a foreign authority: curl ends with its own number', { skip, timeout: 240_000 }, async () => {
  assert.equal((await curlMay({ ...taro, password: 'no' }, `imaps://localhost:${ports.imaps}/`)).code, 67);
  assert.equal((await run('curl', ['--silent', '--disable', '--user', 'a:b', `imaps://localhost:${ports.imaps}/`])).code, 60);
});

test('where the settings ask for TLS, curl finds no way to sign in without it', { skip, timeout: 240_000 }, async () => {
  const strict = await startTayori({ settings: 'plaintext-login = "never"\n' });
  try {
    const [person] = strict.people as [Person];
    const login = ['--silent', '--show-error', '--disable', '--user', `${person.login}:${person.password}`];
    const file = join(strict.folder, 'letter.eml');
    await writeFile(file, letter(person, person, 'plain'));
    const send = ['--mail-from', person.address, '--mail-rcpt', person.address, '--upload-file', file];
    for (const [port, url, more] of [
      [strict.ports.imap, 'imap', []],
      [strict.ports.pop3, 'pop3', []],
      [strict.ports.submission, 'smtp', send],
    ] as const) {
      const { code, err } = await run('curl', [...login, '--verbose', ...more, `${url}://localhost:${port}/`]);
      assert.ok(code === 67 || code === 55, `${url}: ${code} ${err}`);
      assert.doesNotMatch(err, new RegExp(`${person.password}|${Buffer.from(`\0${person.login}\0${person.password}`).toString('base64')}`));
      assert.equal(
        (await run('curl', [...login, '--cacert', strict.ca, '--ssl-reqd', ...more, `${url}://localhost:${port}/`])).code,
        0,
        url,
      );
    }
    assert.deepEqual((await lettersByPop(strict, person)).length, 1);
  } finally {
    await strict.stop();
  }
});
