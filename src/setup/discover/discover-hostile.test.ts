// Discovery against name servers, web servers and documents that mean harm: it ends in time, gives away nothing, and believes nothing.
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { answerText } from '../../../test/support/web-server.ts';
import { CauseTrouble } from '../../journey/outside/causes.ts';
import { formatMozilla } from '../../protocol/autoconfig/mozilla.ts';
import { discover } from './discover.ts';
import { all, draw, localhost, openWorld, server, settingsAt, type Page } from './discovery-suite.ts';

describe('discover, among hostile servers', () => {
  const world = openWorld();
  const page = (url: string, content: Page) => {
    world.pages[url] = content;
  };
  const parts = () => world.partsWith({ lookUpMs: 500 });
  test('what is no address never leaves', async () => {
    await assert.rejects(
      discover('taro', parts()),
      (trouble: unknown) => trouble instanceof CauseTrouble && trouble.why === 'not-an-address',
    );
    assert.deepEqual(world.dns.asked, []);
  });
  test('name servers that keep silent, fail, or answer with rubbish cost no more than the time box', async () => {
    for (const fault of ['silence', 'servfail', 'garbage', 'loop'] as const) {
      for (const name of [
        'own.test',
        'ua-auto-config.own.test',
        '_ua-auto-config.own.test',
        'autoconfig.own.test',
        'autodiscover.own.test',
        'ispdb.test',
      ])
        world.dns.faults.set(name, fault);
      const found = await discover('taro@own.test', parts());
      assert.deepEqual(all(found), []);
      assert.ok(found.milliseconds < 2_500, `${fault}: ${found.milliseconds} ms`);
    }
  });
  const attacks: readonly [string, (request: IncomingMessage, response: ServerResponse) => void][] = [
    ['silence', () => {}],
    [
      'an endless document',
      (_request, response) => {
        const pour = () => {
          while (!response.destroyed && response.write('<a>'.repeat(1000)));
          if (!response.destroyed) response.once('drain', pour);
        };
        pour();
      },
    ],
    [
      'a document type with entities',
      (_request, response) =>
        answerText(
          response,
          '<!DOCTYPE c [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><clientConfig><emailProvider>&b;</emailProvider></clientConfig>',
        ),
    ],
    ['a deep document', (_request, response) => answerText(response, '<clientConfig>'.repeat(8000))],
    ['redirects in a circle', (request, response) => answerText(response, '', 302, { location: request.url ?? '/' })],
    ['a redirect to this machine’s files', (_request, response) => answerText(response, '', 302, { location: 'file:///etc/passwd' })],
    ['no JSON and no XML', (_request, response) => answerText(response, '\u0000\uffff{"protocols":'.repeat(100))],
  ];
  for (const [name, attack] of attacks)
    test(name, async () => {
      world.dns.zone = Object.fromEntries(
        ['own.test', 'ua-auto-config.own.test', 'autoconfig.own.test', 'autodiscover.own.test', 'ispdb.test'].map((host) => [
          host,
          localhost,
        ]),
      );
      for (const url of [
        'own.test/.well-known/autoconfig/mail/config-v1.1.xml',
        'own.test/autodiscover/autodiscover.xml',
        'ua-auto-config.own.test/.well-known/user-agent-configuration.json',
        'autoconfig.own.test/mail/config-v1.1.xml',
        'autodiscover.own.test/autodiscover/autodiscover.xml',
        'autodiscover.own.test/autodiscover/autodiscover.json',
        'ispdb.test/v1.1/own.test',
      ])
        page(url, attack);
      const found = await discover('taro@own.test', parts());
      assert.deepEqual(
        draw(all(found)).filter((line) => !line.endsWith('guess')),
        [],
      );
      assert.ok(found.milliseconds < 2_500, `${found.milliseconds} ms`);
    });
  test('servers of others, odd ports and words with control characters', async () => {
    world.dns.zone = { 'autoconfig.own.test': localhost };
    const evil = settingsAt('mail.own.test');
    page(
      'autoconfig.own.test/mail/config-v1.1.xml',
      formatMozilla({
        ...evil,
        displayName: 'Bank\u001b[31m\n\u0007of all',
        incoming: [
          server('imap', 'mail.own.test', 22),
          server('imap', 'mail.own.test', 143, 'plain'),
          ...Array.from({ length: 30 }, () => server('imap', 'mail.own.test', 993)),
        ],
        outgoing: [server('smtp', 'mail.own.test', 25)],
      }),
    );
    const found = await world.ask();
    assert.deepEqual(draw(all(found)), [
      'mail.own.test:993 tls autoconfig',
      'mail.own.test:143 starttls autoconfig',
      'mail.own.test:465 tls autoconfig',
      'mail.own.test:587 starttls autoconfig',
    ]);
    assert.doesNotMatch(JSON.stringify(found), /\\u00(1b|07)/);
  });
  test('nobody is led into a private network', async () => {
    world.dns.zone = { 'autoconfig.own.test': localhost, 'own.test': localhost, 'mail.own.test': [{ type: 'A', value: '10.0.0.1' }] };
    page('autoconfig.own.test/mail/config-v1.1.xml', formatMozilla(settingsAt('mail.own.test')));
    const found = await discover('taro@own.test', world.partsWith({}, true, false));
    assert.equal(found.sources.find(({ source }) => source === 'autoconfig')!.cause, 'private-address');
    assert.deepEqual(world.web.seen, []);
  });
});
