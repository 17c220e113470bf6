// `tayori outside add` as a person does it: the address and the password are all that is typed. The provider is Debian's Dovecot and Postfix
// with a domain of its own, found by one mechanism alone in each test. Then reading, sending and everything else one does with the account.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { openDnsServer, type DnsServer, type Zone } from '../support/dns-server.ts';
import { foreignHost, foreignOtherHost } from '../support/dovecot.ts';
import { foreignOfficeMissing, startForeignOffice, type ForeignOffice } from '../support/foreign-office.ts';
import { launcher } from '../support/program.ts';
import { startTayori, type Tayori } from '../support/tayori.ts';
import { answerText, makeAuthority, openWebServer, type WebServer } from '../support/web-server.ts';

describe('an account at a provider of Dovecot and Postfix', { skip: foreignOfficeMissing }, () => {
  let office: ForeignOffice;
  let dns: DnsServer;
  let web: WebServer;
  let tayori: Tayori;
  let folder: string;

  before(async () => {
    const authority = await makeAuthority();
    const names = ['autoconfig.foreign.example', 'foreign.example'];
    [office, dns, web] = await Promise.all([
      startForeignOffice(),
      openDnsServer({}),
      openWebServer(
        (request, response) => {
          if (!isPublished || !(request.url ?? '').includes('config-v1.1.xml')) return answerText(response, 'no', 404);
          answerText(response, autoconfig(), 200, { 'content-type': 'text/xml' });
        },
        await authority.issue(names),
      ),
    ]);
    folder = mkdtempSync(join(tmpdir(), 'adding-'));
    writeFileSync(join(folder, 'authorities.pem'), `${office.authorities}\n${authority.root.certificate}`);
    tayori = await startTayori({
      settings: `resolvers = ["${dns.address}"]\noutside-authority = "${join(folder, 'authorities.pem')}"\n`,
    });
  });

  after(async () => {
    await tayori?.stop();
    await Promise.all([office?.close(), dns?.close(), web?.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  let isPublished = false;
  const autoconfig = (): string => `<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1"><emailProvider id="foreign.example"><domain>foreign.example</domain><displayName>Foreign</displayName>
<incomingServer type="imap"><hostname>${foreignHost}</hostname><port>${office.reading.ports.imaps}</port><socketType>SSL</socketType>
<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></incomingServer>
<incomingServer type="pop3"><hostname>${foreignHost}</hostname><port>${office.reading.ports.pop3s}</port><socketType>SSL</socketType>
<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></incomingServer>
<outgoingServer type="smtp"><hostname>${foreignHost}</hostname><port>${office.submissions}</port><socketType>SSL</socketType>
<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></outgoingServer>
</emailProvider></clientConfig>`;
  const here = [{ type: 'A', value: '127.0.0.1' }] as const;
  const base: Zone = { 'foreign.example': [], [foreignHost]: here };

  interface Ran {
    readonly code: number;
    readonly out: string;
    readonly err: string;
  }

  function run(words: readonly string[], input = ''): Promise<Ran> {
    return new Promise((resolve) => {
      const child = spawn(launcher, [...words, '--settings', join(tayori.folder, 'tayori.toml'), '--data', tayori.data], {
        env: { PATH: process.env['PATH'], LANG: 'ja_JP.UTF-8', TAYORI_TEST_WEB_PORTS: `${web.port},${web.port}` },
      });
      let [out, err] = ['', ''];
      child.stdout.on('data', (chunk: Buffer) => void (out += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => void (err += chunk.toString()));
      child.on('close', (code) => resolve({ code: code ?? -1, out, err }));
      child.stdin.end(input);
    });
  }

  /** As the command printed it; each test knows what it looks for. */
  // oxlint-disable-next-line typescript/no-explicit-any
  const json = (ran: Ran): any => JSON.parse(ran.out);

  async function send(from: string, to: string): Promise<string> {
    const { address: user, password: pass } = tayori.people[0]!;
    const transport = createTransport({
      host: '127.0.0.1',
      port: tayori.ports.submissions,
      secure: true,
      auth: { user, pass },
      tls: { ca: readFileSync(tayori.ca), servername: 'localhost' },
    });
    const sent = await transport.sendMail({ from, to, subject: 'by way of my provider', text: 'hello' });
    transport.close();
    return sent.messageId;
  }

  /** Letters of one login at the provider, by Dovecot's own administration. */
  function subjectsAt(login: string, mailbox: string): string[] {
    const found = office.reading.doveadm('-f', 'flow', 'fetch', '-u', login, 'hdr.subject', 'mailbox', mailbox, 'all');
    return found.split('\n').filter((line) => line !== '');
  }

  const secretEverywhere = (): string[] => {
    const places: [string, string][] = [['log', tayori.log()]];
    for (const file of readdirSync(tayori.folder, { recursive: true, withFileTypes: true }))
      if (file.isFile()) places.push([file.name, readFileSync(join(file.parentPath, file.name), 'latin1')]);
    const { password } = office.reading;
    const forms = [password, Buffer.from(password).toString('base64').slice(0, 11)];
    return places.filter(([, text]) => forms.some((form) => text.includes(form))).map(([place]) => place);
  };

  test('found by its own XML alone: looked up, proven by a letter to oneself, kept; then letters go through it', async () => {
    isPublished = true;
    dns.zone = { ...base, 'autoconfig.foreign.example': here };
    const added = await run(['outside', 'add', 'hanako', 'ｔａｒｏ＠foreign.example', '--password-stdin'], `${office.reading.password}\n`);
    assert.equal(added.code, 0, `${added.out}${added.err}${await office.log()}`);
    assert.match(added.out, /taro@foreign\.example を使えるようになりました/);
    assert.match(added.err, new RegExp(foreignHost.replaceAll('.', '\\.')), 'what was found is shown');
    const shown = json(await run(['outside', 'show', 'hanako', 'taro@foreign.example', '--json']));
    assert.deepEqual(
      [shown['receive']['service'], shown['receive']['port'], shown['send']['port'], shown['appLogin']],
      ['imap', office.reading.ports.imaps, office.submissions, 'hanako@tayori.test/taro@foreign.example'],
    );
    assert.match(shown['provenance']['receive.host'], /autoconfig/);
    assert.ok(shown['provenAt'] > 0);
    assert.ok(!JSON.stringify(shown).includes(office.reading.password));

    await send('taro@foreign.example', 'jiro@foreign.example');
    await until(() => subjectsAt('jiro@foreign.example', 'INBOX').length > 0);
    assert.match(subjectsAt('jiro@foreign.example', 'INBOX')[0]!, /by way of my provider/);
    const listed = json(await run(['queue', 'list', '--json']));
    assert.deepEqual(listed['rows'], []);
    // The provider files no copy: ours lies in Sent here, and collection brings it there.
    await until(() => subjectsAt('taro@foreign.example', 'Sent').length > 0);
    assert.equal(subjectsAt('taro@foreign.example', 'Sent').length, 1);

    // A letter that comes at the provider is read here by any app, with one's own password.
    await send('taro@foreign.example', 'taro@foreign.example');
    const { address, password: pass } = tayori.people[0]!;
    const app = new ImapFlow({
      host: '127.0.0.1',
      port: tayori.ports.imaps,
      secure: true,
      auth: { user: `${address}/taro@foreign.example`, pass },
      tls: { ca: readFileSync(tayori.ca), servername: 'localhost' },
      logger: false,
    });
    await app.connect();
    try {
      await until(async () => {
        const status = await app.status('INBOX', { messages: true });
        return status !== false && (status.messages ?? 0) > 0;
      });
      await app.mailboxOpen('INBOX');
      const letter = await app.fetchOne('1', { envelope: true });
      assert.equal(letter !== false && letter.envelope?.subject, 'by way of my provider');
    } finally {
      await app.logout();
    }
    assert.deepEqual(secretEverywhere(), []);
  });

  test('found by SRV alone, received by POP3; tested, given a wrong password, paused, taken away and brought back', async () => {
    isPublished = false;
    const { ports } = office.reading;
    const record = (port: number) => [{ type: 'SRV', priority: 0, weight: 1, port, value: foreignHost }] as const;
    dns.zone = {
      ...base,
      '_imaps._tcp.foreign.example': record(ports.imaps),
      '_pop3s._tcp.foreign.example': record(ports.pop3s),
      '_submissions._tcp.foreign.example': record(office.submissions),
    };
    const address = 'saburo@foreign.example';
    const words = ['outside', 'add', 'hanako', address, '--receive', 'pop3', '--leave', '30', '--password-stdin'];
    const wrong = await run(words, 'not the password\n');
    assert.equal(wrong.code, 1);
    assert.match(wrong.out, /何も保存していません/);
    const added = await run(words, `${office.reading.password}\n`);
    assert.equal(added.code, 0, `${added.out}${added.err}`);
    const shown = json(await run(['outside', 'show', 'hanako', address, '--json']));
    assert.deepEqual([shown['receive']['service'], shown['leaving']], ['pop3', { keep: 'days', days: 30 }]);
    assert.match(shown['provenance']['receive.host'], /srv/i);

    const tested = await run(['outside', 'test', 'hanako', address]);
    assert.deepEqual([tested.code, /元気です/.test(tested.out)], [0, true], tested.out + tested.err);
    const changed = await run(['outside', 'password', 'hanako', address, '--password-stdin'], 'wrong again\n');
    assert.equal(changed.code, 1);
    assert.equal((await run(['outside', 'test', 'hanako', address])).code, 0, 'the wrong one was not kept');
    const kept = await run(['outside', 'password', 'hanako', address, '--no-check', '--password-stdin'], 'wrong again\n');
    assert.equal(kept.code, 0, kept.err);
    const ill = await run(['outside', 'test', 'hanako', address]);
    assert.equal(ill.code, 1);
    assert.match(ill.out, /受け取りが前とちがいます|受け取りは .* から変わりません/);

    const switched = await run(['outside', 'switch', 'hanako', address, 'imap']);
    assert.equal(switched.code, 1, 'not with a password that does not work');
    const mended = await run(['outside', 'password', 'hanako', address, '--password-stdin'], `${office.reading.password}\n`);
    assert.equal(mended.code, 0, mended.out + mended.err);
    const again = await run(['outside', 'switch', 'hanako', address, 'imap', '--json']);
    assert.equal(again.code, 0, again.out + again.err);
    assert.equal(json(again)['account']['receive']['service'], 'imap');

    const listed = async (): Promise<{ address: string; paused: boolean }[]> =>
      json(await run(['outside', 'list', 'hanako', '--json']))['accounts'];
    await run(['outside', 'pause', 'hanako', address]);
    assert.equal((await listed()).find((row) => row.address === address)!.paused, true);
    await run(['outside', 'resume', 'hanako', address]);
    await run(['outside', 'remove', 'hanako', address]);
    assert.equal(
      (await listed()).find((row) => row.address === address),
      undefined,
    );
    await assert.rejects(send(address, 'jiro@foreign.example'), /553/);
    await run(['outside', 'restore', 'hanako', address]);
    assert.equal((await listed()).find((row) => row.address === address)!.paused, false);
    const twice = await run(words, `${office.reading.password}\n`);
    assert.deepEqual([twice.code, /is here already/.test(twice.err)], [1, true]);

    // Taken away while it came by IMAP, added again by POP3: no letter comes twice.
    const letters = async (): Promise<number> => json(await run(['outside', 'show', 'hanako', address, '--json']))['letters'];
    const before = await letters();
    await send('taro@foreign.example', address);
    await until(async () => (await letters()) === before + 1);
    await run(['outside', 'remove', 'hanako', address]);
    for (const word of ['test', 'resume']) {
      const closed = await run(['outside', word, 'hanako', address]);
      assert.deepEqual([closed.code, /was taken away; tayori outside restore/.test(closed.err)], [1, true]);
    }
    await send('taro@foreign.example', address);
    await until(() => subjectsAt(address, 'INBOX').length === 2);
    const typed = ['--pop3', `${foreignHost}:${ports.pop3s}/tls`, '--smtp', `${foreignHost}:${office.submissions}/tls`];
    const back = await run(['outside', 'add', 'hanako', address, ...typed, '--password-stdin'], `${office.reading.password}\n`);
    assert.equal(back.code, 0, back.out + back.err);
    await until(async () => (await letters()) > before + 1);
    assert.equal(await letters(), before + 2);
    assert.deepEqual(secretEverywhere(), []);
  });

  test('465 is closed and 587 open: it is switched with a sentence, kept so, nothing said before the seal, and one letter sent', async () => {
    // Ports are those of the world here: a host of its own among the addresses of this machine.
    const [byte] = crypto.getRandomValues(new Uint8Array(1)) as unknown as [number];
    const own = `127.87.${byte}.9`;
    dns.zone = { ...base, [foreignOtherHost]: [{ type: 'A', value: own }] };
    const heard: string[] = [];
    const relays = [await openRelay(own, 587, office.submission, heard), await openRelay(own, 993, office.reading.ports.imaps, [])];
    try {
      for (const [address, smtp, language, said] of [
        [
          'goro@foreign.example',
          `${foreignOtherHost}:465`,
          'ja',
          /送りの窓口（ポート）は 465 番の代わりに 587 番を使います。.*465 番の窓口（ポート）が閉まっています/,
        ],
        [
          'rokuro@foreign.example',
          `${foreignOtherHost}:25`,
          'en',
          /For sending, counter number 587 \(port\) is used instead of 465\. .*465 \(port\) is closed/,
        ],
      ] as const) {
        heard.length = 0;
        const words = ['outside', 'add', 'hanako', address, '--imap', foreignOtherHost, '--smtp', smtp, '--language', language];
        const added = await run([...words, '--password-stdin'], `${office.reading.password}\n`);
        assert.equal(added.code, 0, `${added.out}${added.err}${await office.log()}`);
        assert.match(added.out, said);
        if (smtp.endsWith(':25')) assert.match(added.err, /OP25B/);
        const { send: sending, provenance } = json(await run(['outside', 'show', 'hanako', address, '--json']));
        assert.deepEqual([sending.port, sending.security, provenance['send.port']], [587, 'starttls', 'in the place of 465 (refused)']);
        assert.ok(heard.length > 0);
        // All that was said in the clear: what stands before the first octet of the handshake.
        for (const octets of heard)
          assert.match(octets.split('\x16\x03')[0]!, /^(?:EHLO [^\r]*\r\nSTARTTLS\r\n|EHLO [^\r]*\r\nQUIT\r\n|QUIT\r\n|)$/);
        const taken = (await office.log()).match(new RegExp(`from=<${address}>, size=`, 'g'));
        assert.equal(taken?.length, 1, 'one letter, sent once');
      }
      const again = await run(['outside', 'test', 'hanako', 'goro@foreign.example']);
      assert.equal(again.code, 0, again.out + again.err);
      assert.deepEqual(secretEverywhere(), []);
    } finally {
      for (const relay of relays) await relay.close();
    }
  });

  test('what cannot be is said before anything is looked up, and before a password is typed', async () => {
    isPublished = false;
    dns.zone = base;
    const lookedUp = () => dns.asked.filter((question) => /^(?:MX|SRV|TXT) |autoconfig/.test(question)).length;
    const before = lookedUp();
    for (const [words, said] of [
      [['outside', 'add', 'nobody', 'x@foreign.example'], /nobody/],
      [['outside', 'add', 'hanako', 'taro@foreign.example'], /is here already/],
      [['outside', 'add', 'hanako', 'x@tayori.test'], /is a domain of this server/],
      [['outside', 'password', 'hanako', 'x@foreign.example'], /there is no account/],
    ] as const) {
      const ran = await run([...words, '--password-stdin']);
      assert.deepEqual([ran.code, ran.out], [1, ''], ran.err);
      assert.match(ran.err, said);
      assert.doesNotMatch(ran.err, /no password came/);
    }
    const leaving = await run(['outside', 'add', 'hanako', 'x@foreign.example', '--receive', 'imap', '--leave', '30', '--password-stdin']);
    assert.deepEqual([leaving.code, /--leave (?:is for|は) POP3/.test(leaving.err)], [2, true], leaving.err);
    assert.equal(lookedUp(), before);
    const many = await Promise.all(
      Array.from({ length: 7 }, () => run(['outside', 'add', 'hanako', 'x@foreign.example', '--password-stdin'], 'x\n')),
    );
    assert.ok(
      many.filter(({ err }) => /too much at once; please try again in \d+ s/.test(err)).length >= 2,
      many.map(({ err }) => err).join('\n'),
    );
  });

  test('typed servers, 25 for sending: switched with its reason; a stranger of the house may not send from the address', async () => {
    dns.zone = base;
    const { ports } = office.reading;
    const typed = ['--imap', `${foreignHost}:${ports.imaps}/tls`, '--smtp', `${foreignHost}:25`];
    const refused = await run(['outside', 'add', 'hanako', 'shiro@foreign.example', ...typed, '--password-stdin'], 'x\n');
    assert.equal(refused.code, 1);
    assert.match(refused.err, /OP25B/);
    await assert.rejects(
      (async () => {
        const { address: user, password: pass } = tayori.people[1]!;
        const transport = createTransport({
          host: '127.0.0.1',
          port: tayori.ports.submissions,
          secure: true,
          auth: { user, pass },
          tls: { ca: readFileSync(tayori.ca), servername: 'localhost' },
        });
        await transport.sendMail({ from: 'taro@foreign.example', to: 'jiro@foreign.example', text: 'x' });
      })(),
      /553/,
    );
  });

  test('killed while the letter to oneself is on its way: nothing half is left, and the same command goes through', async () => {
    // Somebody who has not failed as often today as the tests before.
    const person = tayori.people[1]!.address;
    const address = 'nanako@foreign.example';
    const servers = ['--imap', `${foreignHost}:${office.reading.ports.imaps}/tls`, '--smtp', `${foreignHost}:${office.submissions}/tls`];
    const words = ['outside', 'add', person, address, ...servers, '--password-stdin'];
    const cut = run(words, `${office.reading.password}\n`);
    await until(async () => (await office.log()).includes(`from=<${address}>, size=`), 1);
    await tayori.restart('kill');
    const ended = await cut;
    // It may have been a moment too late: then the account is whole.
    const rows: { address: string; closedAt: number | null }[] = json(await run(['outside', 'list', person, '--closed', '--json']))[
      'accounts'
    ];
    const row = rows.find((one) => one.address === address);
    if (ended.code !== 0) assert.equal(row?.closedAt === null, false, 'told as not done, and yet there');
    const again = await run(words, `${office.reading.password}\n`);
    if (ended.code !== 0) assert.equal(again.code, 0, again.out + again.err);
    const { letters, paused } = json(await run(['outside', 'show', person, address, '--json']));
    assert.equal(paused, false);
    assert.ok(letters <= 1, 'nothing but the letter that was on its way');
    assert.deepEqual(secretEverywhere(), []);
  });
});

/** A counter at an address of its own that leads to another one; `heard` gets what each client said. */
async function openRelay(host: string, port: number, to: number, heard: string[]): Promise<{ close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const index = heard.push('') - 1;
    const there = connect(to, '127.0.0.1');
    client.on('data', (chunk: Buffer) => void (heard[index] += chunk.toString('latin1')));
    for (const [one, other] of [
      [client, there],
      [there, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => sockets.delete(one));
      one.pipe(other);
    }
  });
  await new Promise<void>((listening) => server.listen(port, host, listening));
  return {
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Asks again until it is so; the other processes give no sign. */
async function until(isSo: () => boolean | Promise<boolean>, pause = 50): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error('it did not come about');
    await new Promise((again) => setTimeout(again, pause));
  }
}
