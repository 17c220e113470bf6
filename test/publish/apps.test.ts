// Every app arrives at the same settings, over IMAP and over POP3; a record taken away turns exactly its rows amber, and what the rows say
// is what the apps then find.
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { findingsOf } from '../../src/setup/publish/apps-routes.ts';
import type { AppRow } from '../../src/setup/publish/apps.ts';
import { publishedSettings } from '../../src/setup/publish/model.ts';
import type { Zone } from '../support/dns-server.ts';
import { doubles, findsJmap } from './doubles.ts';
import { domains, hostName, openHouse, type House } from './house.ts';

const [domain, second] = domains as [string, string];
const address = `hanako@${domain}`;

/** Which rows read which record, from the apps' side. */
const readBy: Readonly<Record<string, readonly string[]>> = {
  autoconfig: ['thunderbird imap', 'thunderbird pop3', 'fairemail imap', 'deltachat imap'],
  autodiscover: ['outlook imap', 'outlook pop3', 'deltachat imap'],
  'ua-auto-config': ['iphone imap', 'iphone pop3'],
  '_ua-auto-config': ['iphone imap', 'iphone pop3'],
  '_imaps._tcp': ['fairemail imap', 'standards imap'],
  '_pop3s._tcp': ['standards pop3'],
  '_jmap._tcp': ['jmap jmap'],
  '_submissions._tcp': ['fairemail imap', 'standards imap', 'standards pop3'],
};

suite('what mail apps find', () => {
  let house: House;
  before(async () => void (house = await openHouse()));
  after(() => house.close());

  const settings = (of: string) =>
    publishedSettings({
      domain: of,
      hostName,
      listeners: [
        { protocol: 'imaps', port: 993, security: 'tls' },
        { protocol: 'pop3s', port: 995, security: 'tls' },
        { protocol: 'submissions', port: 465, security: 'tls' },
        { protocol: 'https', port: 443, security: 'tls' },
      ],
    });

  async function rows(): Promise<readonly AppRow[]> {
    const { rows: found, silent } = await findingsOf(settings(domain), house.namesOf(domain), house.resolver());
    assert.equal(silent, false);
    return found;
  }

  for (const name of domains)
    for (const way of ['imap', 'pop3'] as const)
      test(`${name}, ${way}: all apps arrive at identical settings`, async () => {
        house.dns.zone = house.fullZone(name);
        const person = `hanako@${name}`;
        const port = way === 'imap' ? 993 : 995;
        for (const [app, look] of Object.entries(doubles)) {
          const found = await look(house, person, way);
          if (way === 'pop3' && (app === 'fairemail' || app === 'deltachat')) assert.equal(found, null, app);
          else
            assert.deepEqual(
              found,
              {
                receive: { host: hostName, port, sealed: true },
                send: { host: hostName, port: 465, sealed: true },
                login: person,
              },
              app,
            );
        }
      });

  test('with all records every row is good', async () => {
    house.dns.zone = house.fullZone(domain);
    assert.deepEqual(
      (await rows()).filter((row) => row.state !== 'good'),
      [],
    );
    assert.equal((await rows()).length, 11);
  });

  for (const [label, readers] of Object.entries(readBy))
    test(`without ${label}: exactly ${readers.join(', ')} turn amber, and find what the row says`, async () => {
      const zone: Record<string, Zone[string]> = { ...house.fullZone(domain) };
      assert.ok(delete zone[`${label}.${domain}`]);
      house.dns.zone = zone;
      const found = await rows();
      const amber = found.filter((row) => row.state !== 'good').map((row) => `${row.app} ${row.way}`);
      assert.deepEqual(amber.toSorted(), readers.toSorted());
      for (const { app, way, state } of found) {
        const finds =
          app === 'jmap' || way === 'jmap' ? await findsJmap(house, address) : (await doubles[app](house, address, way)) !== null;
        assert.equal(finds, state !== 'missing', `${app} ${way} is said to be ${state}`);
      }
    });

  test('a record that leads elsewhere, and a digest of another document, are told with what stands there', async () => {
    const zone = house.fullZone(domain) as Record<string, Zone[string]>;
    house.dns.zone = {
      ...zone,
      'elsewhere.test': [{ type: 'A', value: '192.0.2.9' }],
      [`autoconfig.${domain}`]: [{ type: 'CNAME', value: 'elsewhere.test' }],
      [`_ua-auto-config.${domain}`]: [{ type: 'TXT', value: 'v=UAAC1; a=sha256; d=AAAA' }],
      [`_imaps._tcp.${domain}`]: [{ type: 'SRV', priority: 0, weight: 1, port: 993, value: 'elsewhere.test' }],
    };
    const { records } = await findingsOf(settings(domain), house.namesOf(domain), house.resolver());
    const told = records.filter((record) => record.state !== 'good').map((record) => [record.key, record.state, record.instead]);
    assert.deepEqual(told, [
      ['autoconfig', 'other', '192.0.2.9'],
      ['ua-digest', 'other', 'v=UAAC1; a=sha256; d=AAAA'],
      ['srv-imap', 'other', 'elsewhere.test:993'],
    ]);
  });

  test('a name that the certificate does not hold is amber, and apps turn away from it', async () => {
    house.dns.zone = house.fullZone(domain);
    const names = { ...house.namesOf(domain), covers: (name: string) => !name.startsWith('autoconfig.') };
    const { records } = await findingsOf(settings(domain), names, house.resolver());
    assert.deepEqual(
      records.filter((record) => record.state !== 'good').map((record) => [record.key, record.state]),
      [['autoconfig', 'certificate']],
    );
  });

  test('a silent DNS is said, not taken for missing records', async () => {
    house.dns.faults.set(hostName, 'servfail');
    try {
      assert.equal((await findingsOf(settings(domain), house.namesOf(domain), house.resolver())).silent, true);
    } finally {
      house.dns.faults.clear();
    }
  });

  test('the address decides, then the name that was asked; who exists is not told; other domains are not known', async () => {
    house.dns.zone = { ...house.fullZone(domain), ...house.fullZone(second), 'x.other.test': [{ type: 'A', value: '127.0.0.1' }] };
    const host = `https://autoconfig.${domain}/mail/config-v1.1.xml`;
    await house.people.add({ address, name: 'Hanako' });
    const answers = await Promise.all([
      house.ask(host),
      house.ask(`${host}?emailaddress=${address}`),
      house.ask(`${host}?emailaddress=nobody@${domain}`),
    ]);
    assert.deepEqual(
      answers.map((answer) => answer!.status),
      [200, 200, 200],
    );
    assert.ok(answers.every((answer) => answer!.body.equals(answers[0]!.body)));
    const unicode = await house.ask(`${host}?emailaddress=${encodeURIComponent('花@ドメイン.test')}`);
    assert.equal(unicode!.status, second === 'xn--eckwd4c7c.test' ? 200 : 404);
    assert.equal((await house.ask(`${host}?emailaddress=hanako@other.test`))!.status, 404);
    assert.equal((await house.ask(`${host}?emailaddress=${'x'.repeat(400)}@${domain}`))!.status, 404);
    assert.equal((await house.ask('http://x.other.test/mail/config-v1.1.xml'))!.status, 404);
  });

  test('media types, HEAD, methods, letter case and bounds', async () => {
    house.dns.zone = house.fullZone(domain);
    const xml = await house.ask(`https://autoconfig.${domain}/mail/config-v1.1.xml`);
    assert.deepEqual([xml!.headers['content-type'], xml!.headers['cache-control']], ['text/xml; charset=utf-8', 'public, max-age=900']);
    const head = await house.ask(`https://autoconfig.${domain}/mail/config-v1.1.xml`, { method: 'HEAD' });
    assert.deepEqual([head!.status, head!.body.length, head!.headers['content-type']], [200, 0, 'text/xml; charset=utf-8']);
    assert.equal((await house.ask(`https://autoconfig.${domain}/mail/config-v1.1.xml`, { method: 'POST', body: 'x' }))!.status, 405);
    const pacc = await house.ask(`https://ua-auto-config.${domain}/.well-known/user-agent-configuration.json`);
    assert.equal(pacc!.headers['content-type'], 'application/json');
    const discover = `https://autodiscover.${domain}/AUTODISCOVER/AutoDiscover.XML`;
    const got = await house.ask(discover);
    assert.deepEqual([got!.status, got!.headers['allow']], [405, 'POST']);
    assert.equal((await house.ask(discover, { method: 'POST', body: 'x'.repeat(20_000) }))!.status, 413);
    assert.match((await house.ask(discover, { method: 'POST', body: '<a/>' }))!.body.toString(), /<ErrorCode>600<\/ErrorCode>/);
    // What an entity would bring in is not brought in.
    const hostile =
      '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Autodiscover><Request><EMailAddress>&x;</EMailAddress></Request></Autodiscover>';
    assert.match((await house.ask(discover, { method: 'POST', body: hostile }))!.body.toString(), /<ErrorCode>600<\/ErrorCode>/);
    for (const path of [
      `autodiscover.json?Email=${address}&Protocol=AutodiscoverV1`,
      `autodiscover.json/v1.0/${address}?protocol=autodiscoverv1`,
    ])
      assert.deepEqual(JSON.parse((await house.ask(`https://autodiscover.${domain}/autodiscover/${path}`))!.body.toString()), {
        Protocol: 'AutodiscoverV1',
        Url: `https://${hostName}/autodiscover/autodiscover.xml`,
      });
    const other = await house.ask(`https://autodiscover.${domain}/autodiscover/autodiscover.json?Email=${address}&Protocol=Ews`);
    assert.deepEqual([other!.status, JSON.parse(other!.body.toString()).ErrorCode], [400, 'InvalidProtocol']);
  });

  test('in the clear: autoconfig answers, all else leads to HTTPS under the name of the certificate', async () => {
    house.dns.zone = house.fullZone(domain);
    assert.equal((await house.ask(`http://autoconfig.${domain}/mail/config-v1.1.xml`))!.status, 200);
    for (const [url, status, method] of [
      [`http://autodiscover.${domain}/autodiscover/autodiscover.xml`, 302, 'GET'],
      [`http://autodiscover.${domain}/autodiscover/autodiscover.xml`, 308, 'POST'],
      [`http://ua-auto-config.${domain}/.well-known/user-agent-configuration.json`, 308, 'GET'],
      [`http://${hostName}/setup/aaaaaaaaaaaaaaaaaaaaaa?lang=en`, 308, 'GET'],
      [`http://${hostName}/apps`, 308, 'GET'],
    ] as const) {
      const answer = await house.ask(url, { method });
      const { pathname, search } = new URL(url);
      assert.deepEqual([answer!.status, answer!.headers.location], [status, `https://${hostName}${pathname}${search}`], `${method} ${url}`);
    }
  });
});
