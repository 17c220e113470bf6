// Two real servers, a.test and b.test, and a name server: the whole road of a letter, octet by octet and in words; the time while the other
// is away; and the report that comes back from where nobody takes letters.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import PostalMime from 'postal-mime';
import { ImapCaller, SmtpCaller } from '../support/dialogue.ts';
import { openDnsServer, type DnsServer } from '../support/dns-server.ts';
import { freeBase, tayori } from '../support/program.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

const password = 'correct horse battery';

interface House {
  readonly data: string;
  readonly host: string;
  readonly login: string;
  readonly start: () => Promise<ServerProcess>;
}

/** A domain with one person on an address of its own; both houses use the same ports, as real ones do. */
async function build(folder: string, domain: string, host: string, person: string, dns: DnsServer, base: number): Promise<House> {
  const home = join(folder, domain);
  await mkdir(home);
  const settings = join(home, 'tayori.toml');
  const data = join(home, 'data');
  await writeFile(
    settings,
    [
      `domain = "${domain}"`,
      `listen = ["${host}"]`,
      'ports = { http = false, https = false, metrics = false }',
      'delivery = "private"',
      `delivery-port = ${base}`,
      `resolvers = ["${dns.address}"]`,
    ].join('\n'),
  );
  const line = ['--settings', settings, '--data', data];
  const login = `${person}@${domain}`;
  assert.equal((await tayori([...line, 'domain', 'add', domain])).code, 0);
  assert.equal((await tayori([...line, 'account', 'add', login, '--password', password])).code, 0);
  return { data, host, login, start: () => startServer({ data, base, words: ['--settings', settings] }) };
}

/** Everything in it, so that nothing is completed on the way: dots, long lines, Japanese in two encodings, a part of octets. */
function letter(id: string, from: string, to: string): Buffer {
  return Buffer.from(
    [
      `From: Hanako <${from}>`,
      `To: ${to}`,
      `Subject: =?ISO-2022-JP?B?GyRCPFU7ZhsoQg==?= ${id}`,
      'Date: Mon, 1 Jun 2026 09:00:00 +0900',
      `Message-ID: <${id}@a.test>`,
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="=-b"',
      '',
      'preamble',
      '--=-b',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 8bit',
      '',
      '拝啓 花子より',
      '.',
      '..two dots',
      'x'.repeat(900),
      '--=-b',
      'Content-Type: application/octet-stream; name=a.bin',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(Array.from({ length: 54 }, (_, index) => index * 4)).toString('base64'),
      '--=-b--',
      '',
      '',
    ].join('\r\n'),
  );
}

suite('two servers', { concurrency: false }, () => {
  let folder: string;
  let dns: DnsServer;
  let a: House;
  let b: House;
  let here: ServerProcess;
  let there: ServerProcess;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tayori-two-'));
    dns = await openDnsServer({
      'b.test': [{ type: 'MX', preference: 10, value: 'mail.b.test' }],
      'mail.b.test': [{ type: 'A', value: '127.0.0.12' }],
      'null.test': [{ type: 'MX', preference: 0, value: '' }],
      'dead.test': [{ type: 'MX', preference: 10, value: 'mail.dead.test' }],
      'mail.dead.test': [{ type: 'A', value: '127.0.0.13' }],
    });
    const base = await freeBase();
    [a, b] = await Promise.all([
      build(folder, 'a.test', '127.0.0.11', 'hanako', dns, base),
      build(folder, 'b.test', '127.0.0.12', 'taro', dns, base),
    ]);
    [here, there] = await Promise.all([a.start(), b.start()]);
  });
  after(async () => {
    await Promise.all([here?.kill(), there?.kill(), dns?.close()]);
    await rm(folder, { recursive: true, force: true });
  });

  async function submit(id: string, to: string): Promise<Buffer> {
    const smtp = await SmtpCaller.open({ port: here.portOf('submissions'), host: a.host, ca: here.ca }, { login: a.login, password });
    const octets = letter(id, a.login, to);
    const { code, lines } = await smtp.send(a.login, [to], octets);
    assert.equal(code, 250, lines.join());
    smtp.close();
    return octets;
  }

  /** The one letter of the inbox that holds these words, as soon as it is there. */
  async function received(house: House, server: ServerProcess, words: string): Promise<Buffer> {
    const imap = await ImapCaller.open({ port: server.portOf('imaps'), host: house.host, ca: server.ca }, { login: house.login, password });
    await imap.well('SELECT INBOX');
    for (const limit = performance.now() + 8_000; performance.now() < limit; await pause(50)) {
      const { untagged } = await imap.well('UID FETCH 1:* (BODY.PEEK[])');
      const found = untagged.flatMap(({ literals }) => literals).filter((octets) => octets.includes(words));
      assert.ok(found.length <= 1, `more than one letter with ${words}`);
      if (found.length === 0) continue;
      imap.close();
      return found[0]!;
    }
    imap.close();
    throw new Error(`no letter with ${words} has come`);
  }

  async function waiting(): Promise<{ readonly recipient: string; readonly attempts: number; readonly lastReply: string | null }[]> {
    const { out } = await tayori(['--data', a.data, 'queue', 'list', '--json']);
    return (JSON.parse(out) as { rows: Awaited<ReturnType<typeof waiting>> }).rows;
  }

  /** The journey of a letter at one house: its stations in order, and its words in both languages. */
  async function journey(house: House, id: string) {
    const [json, en, ja] = await Promise.all(
      [['--json'], ['--language', 'en'], ['--language', 'ja']].map((how) =>
        tayori(['--data', house.data, 'trace', `<${id}@a.test>`, ...how]),
      ),
    );
    const { journeys } = JSON.parse(json!.out) as { journeys: { events: { station: string; result: string }[] }[] };
    assert.equal(journeys.length, 1, `${json!.out}${json!.err}${en!.out}`);
    return { stations: journeys[0]!.events.map(({ station, result }) => `${station} ${result}`), en: en!.out, ja: ja!.out };
  }

  test('a letter goes over by STARTTLS and is the same octets; both houses can tell its road', { timeout: 240_000 }, async () => {
    const sent = await submit('first', b.login);
    const stored = await received(b, there, 'first@a.test');
    const top = stored.toString('latin1', 0, stored.length - sent.length);
    assert.ok(stored.subarray(top.length).equals(sent), stored.toString());
    assert.match(top, /^Return-Path: <hanako@a\.test>\r\n/);
    const hops = top.match(/^Received:(?:.*\r\n[ \t])*.*\r\n/gm)!;
    assert.equal(hops.length, 2);
    assert.match(hops[0]!, /by mail\.b\.test[\s\S]*with ESMTPS/);
    assert.match(hops[1]!, /by mail\.a\.test[\s\S]*with ESMTPSA/);

    const out = await journey(a, 'first');
    for (const station of ['submission', 'queue', 'routing', 'delivery'])
      assert.ok(
        out.stations.some((one) => one.startsWith(`${station} `)),
        `${station} is missing in ${out.stations.join(', ')}`,
      );
    assert.ok(out.stations.includes('delivery done'));
    assert.match(out.en, /taro@b\.test/);
    assert.match(out.en, /mail\.b\.test/);
    assert.match(out.ja, /[ぁ-ん]/);
    assert.match(out.ja, /mail\.b\.test/);
    const inside = await journey(b, 'first');
    for (const station of ['reception', 'mailbox'])
      assert.ok(inside.stations.includes(`${station} done`), `${station} is missing in ${inside.stations.join(', ')}`);
    assert.match(inside.en, /INBOX/);
    assert.match(inside.ja, /[ぁ-ん]/);
  });

  test('the other server is away: the letter waits, and goes when a person says so after its return', { timeout: 240_000 }, async () => {
    await there.stop();
    const sent = await submit('patient', b.login);
    let rows = await waiting();
    for (const limit = performance.now() + 8_000; (rows[0]?.attempts ?? 0) < 1 && performance.now() < limit; rows = await waiting())
      await pause(50);
    assert.deepEqual(
      rows.map(({ recipient, attempts }) => [recipient, attempts]),
      [[b.login, 1]],
    );
    assert.match((await tayori(['--data', a.data, 'queue', 'list'])).out, /taro@b\.test/);
    there = await b.start();
    assert.equal((await tayori(['--data', a.data, 'queue', 'retry', 'all'])).code, 0);
    const stored = await received(b, there, 'patient@a.test');
    assert.ok(stored.subarray(stored.length - sent.length).equals(sent));
    for (const limit = performance.now() + 5_000; rows.length > 0 && performance.now() < limit; rows = await waiting()) await pause(20);
    assert.deepEqual(rows, []);
    const { stations } = await journey(a, 'patient');
    assert.ok(stations.includes('delivery later') && stations.includes('delivery done'), stations.join(', '));
  });

  for (const [name, to, status] of [
    ['a domain that does not exist', 'nobody@missing.test', /^5\.(1\.2|4\.4)$/],
    ['a domain that takes no mail (null MX)', 'nobody@null.test', /^5\.1\.10$/],
    ['a person whom the other server does not know', 'jiro@b.test', /^5\.1\.1$/],
  ] as const)
    test(`${name}: the sender gets a report`, { timeout: 240_000 }, async () => {
      const id = `to-${to.replace('@', '-at-')}`;
      const sent = await submit(id, to);
      const report = await received(a, here, `${id}@a.test`);
      const parsed = await PostalMime.parse(report, { forceRfc822Attachments: true });
      assert.equal(parsed.to![0]!.address, a.login);
      assert.match(report.toString('latin1'), /^Return-Path: <>\r\n/);
      assert.match(report.toString('latin1'), /Content-Type: multipart\/report;(?:[^\r]|\r\n[ \t])*report-type="?delivery-status"?/);
      const part = (type: string) =>
        parsed.attachments.find(({ mimeType }) => mimeType === type)?.content as ArrayBuffer | string | undefined;
      const text = (content: ArrayBuffer | string | undefined): string =>
        typeof content === 'string' ? content : Buffer.from(content ?? new ArrayBuffer(0)).toString();
      // RFC 3464 §2.1: one group for the letter, one for each recipient.
      const groups = text(part('message/delivery-status'))
        .split(/\r?\n\r?\n/)
        .filter((group) => group.trim() !== '')
        .map(
          (group) =>
            new Map(
              group
                .replace(/\r?\n[ \t]+/g, ' ')
                .trim()
                .split(/\r?\n/)
                .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
            ),
        );
      assert.equal(groups.length, 2, text(part('message/delivery-status')));
      assert.match(groups[0]!.get('reporting-mta')!, /^dns; ?mail\.a\.test$/);
      assert.match(groups[1]!.get('final-recipient')!, new RegExp(`^rfc822; ?${to.replaceAll('.', '\\.')}$`));
      assert.equal(groups[1]!.get('action'), 'failed');
      assert.match(groups[1]!.get('status')!, status);
      assert.ok(text(part('message/rfc822')).includes(`Message-ID: <${id}@a.test>`), 'the letter itself is not in the report');
      assert.ok(text(part('message/rfc822')).length <= sent.length + 2_000);
      assert.ok((await journey(a, id)).stations.includes('delivery failed') || (await journey(a, id)).stations.includes('routing failed'));
      assert.equal((await waiting()).length, 0);
    });

  test('a domain whose server does not answer: the letter waits, nobody else does', { timeout: 240_000 }, async () => {
    await submit('unheard', 'nobody@dead.test');
    await submit('after-unheard', b.login);
    await received(b, there, 'after-unheard@a.test');
    let rows = await waiting();
    for (const limit = performance.now() + 8_000; (rows[0]?.attempts ?? 0) < 1 && performance.now() < limit; rows = await waiting())
      await pause(50);
    assert.deepEqual(
      rows.map(({ recipient, attempts }) => [recipient, attempts]),
      [['nobody@dead.test', 1]],
    );
    assert.equal((await tayori(['--data', a.data, 'queue', 'remove', 'all'])).code, 0);
    for (const server of [here, there]) {
      assert.doesNotMatch(server.log(), /"level":"error"/);
      await server.stop();
    }
  });
});
