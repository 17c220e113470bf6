// Two servers and a name server: a letter goes from one to the other, waits while the other is away, and comes back as a report when
// nobody is there.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { openDnsServer, type DnsServer } from './support/dns-server.ts';
import { freeBase, inFolder, start, tayori, type Started } from './support/program.ts';

const password = 'correct horse battery';

interface House {
  readonly data: string;
  readonly domain: string;
  readonly line: readonly string[];
}

/** Settings and data of a house with one person, not started yet. */
async function build(folder: string, domain: string, person: string, dns: DnsServer, deliveryPort: number): Promise<House> {
  const home = join(folder, domain);
  await mkdir(home);
  const settings = join(home, 'tayori.toml');
  const data = join(home, 'data');
  const lines = [
    `domain = "${domain}"`,
    'listen = ["127.0.0.1"]',
    'delivery = "private"',
    `delivery-port = ${deliveryPort}`,
    `resolvers = ["${dns.address}"]`,
  ];
  await writeFile(settings, `${lines.join('\n')}\n`);
  const line = ['--settings', settings];
  assert.equal((await tayori([...line, '--data', data, 'domain', 'add', domain])).code, 0);
  assert.equal((await tayori([...line, '--data', data, 'account', 'add', `${person}@${domain}`, '--password', password])).code, 0);
  return { data, domain, line };
}

async function send(server: Started, from: string, to: string, subject: string, secret = password): Promise<void> {
  const transport = createTransport({
    host: '127.0.0.1',
    port: server.portOf('submissions'),
    secure: true,
    auth: { user: from, pass: secret },
    tls: { ca: await readFile(server.listening.ca!), servername: 'localhost' },
  });
  await transport.sendMail({ from, to, subject, text: `${subject}\n` });
  transport.close();
}

/** Waits for a letter in the inbox and gives its text. */
async function receive(server: Started, login: string, subject: RegExp, secret = password): Promise<string> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: server.portOf('imaps'),
    secure: true,
    auth: { user: login, pass: secret },
    tls: { ca: await readFile(server.listening.ca!), servername: 'localhost' },
    logger: false,
  });
  await client.connect();
  try {
    await client.mailboxOpen('INBOX');
    for (;;) {
      for await (const letter of client.fetch('1:*', { envelope: true, source: true }))
        if (subject.test(letter.envelope?.subject ?? '')) return letter.source!.toString();
      await pause(100);
      await client.noop();
    }
  } finally {
    await client.logout();
  }
}

test('two servers: over there at once, after a time away, and back with a report from where nobody is', { timeout: 30_000 }, () =>
  inFolder(async (folder) => {
    const dns = await openDnsServer({
      'b.example': [{ type: 'MX', preference: 10, value: 'mail.b.example' }],
      'mail.b.example': [{ type: 'A', value: '127.0.0.1' }],
    });
    const base = await freeBase();
    const [a, b] = await Promise.all([build(folder, 'a.example', 'hanako', dns, base), build(folder, 'b.example', 'taro', dns, base)]);
    let there = await start(b.data, b.line, base);
    const here = await start(a.data, a.line);
    try {
      await send(here, 'hanako@a.example', 'taro@b.example', 'at once');
      const letter = await receive(there, 'taro@b.example', /^at once$/);
      assert.match(letter, /^Return-Path: <hanako@a\.example>\r\n/);
      assert.match(letter, /by mail\.b\.example with ESMTPS/);

      await there.stop();
      await send(here, 'hanako@a.example', 'taro@b.example', 'while away');
      const waiting = async () =>
        JSON.parse((await tayori(['--data', a.data, 'queue', 'list', '--json'])).out) as {
          rows: { attempts: number; recipient: string }[];
        };
      while ((await waiting()).rows[0]?.attempts !== 1) await pause(50);
      there = await start(b.data, b.line, base);
      assert.equal((await tayori(['--data', a.data, 'queue', 'retry', 'all'])).out, '1 recipient tried now.\n');
      await receive(there, 'taro@b.example', /^while away$/);
      assert.match((await tayori(['--data', a.data, 'trace', 'taro@b.example', '--limit', '1'])).out, /mail\.b\.example/);

      await send(here, 'hanako@a.example', 'jiro@b.example', 'to a stranger');
      assert.match(await receive(here, 'hanako@a.example', /could not be delivered/), /Final-Recipient: rfc822;\s?jiro@b\.example/i);
      await send(here, 'hanako@a.example', 'anybody@nowhere.example', 'to nowhere');
      const deadline = async (): Promise<string> => {
        for (;;) {
          const { out } = await tayori(['--data', a.data, 'queue', 'list', '--json']);
          if ((JSON.parse(out) as { rows: unknown[] }).rows.length === 0) return out;
          await pause(50);
        }
      };
      await deadline();
    } finally {
      await Promise.all([here.stop(), there.stop(), dns.close()]);
    }
  }),
);

test('the demo sends nothing out: the writer hears it at once, and the two people reach each other', { timeout: 30_000 }, () =>
  inFolder(async (folder) => {
    const server = await start(join(folder, 'data'));
    try {
      const [hanako, taro] = server.listening.people;
      await send(server, hanako!.login, taro!.address, 'to Taro', hanako!.password);
      assert.match(await receive(server, taro!.login, /^to Taro$/, taro!.password), /^To: taro@tayori\.test\r$/m);
      await send(server, hanako!.login, 'anybody@a.example', 'far away', hanako!.password);
      const report = await receive(server, hanako!.login, /could not be delivered/, hanako!.password);
      assert.match(report, /^Status: 5\.7\.1\r$/m);
    } finally {
      await server.stop();
    }
  }),
);
