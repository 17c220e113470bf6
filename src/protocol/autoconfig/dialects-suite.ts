// What the tests of all dialects share: settings at random, and the promise that nothing but SyntaxTrouble escapes a reader.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bytesFromUtf8 } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import type { AccountSettings, ServerSettings } from './contract.ts';
import { runs as runsNow } from '../../../test/support/depth.ts';

const anyHost = fc
  .array(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/), { minLength: 1, maxLength: 3 })
  .map((labels) => [...labels, 'test'].join('.'))
  // `xn--` must be followed by what decodes.
  .filter((host) => !/(^|\.)..--/.test(host));

export const anyWords = fc
  .string({ unit: fc.oneof(fc.constantFrom(...'<>&"\' 会社メール%;'), fc.stringMatching(/^[!-~]$/)), minLength: 1, maxLength: 30 })
  .map((text) => text.trim().replaceAll(/\s+/g, ' '))
  .filter((text) => text !== '');

const anyLogin = fc.constantFrom('%EMAILADDRESS%', '%EMAILLOCALPART%', '%EMAILLOCALPART%.%EMAILDOMAIN%', 'fixed<name>');

const plain = { noNullPrototype: true } as const;

const anyServer = (service: ServerSettings['service']): fc.Arbitrary<ServerSettings> =>
  fc.record(
    {
      service: fc.constant(service),
      host: anyHost,
      port: fc.integer({ min: 1, max: 65535 }),
      security: fc.constantFrom('tls', 'starttls', 'plain'),
      login: fc.option(anyLogin),
      signIn: fc.uniqueArray(fc.constantFrom('password', 'challenge', 'oauth2', 'none'), { maxLength: 4 }),
    },
    plain,
  );

// Not `fc.webPath`, which asks for every character there is: test/support/any-character.ts.
const anyPath = fc.string({ unit: fc.constantFrom(..."aZ09-._~!$&'()*+,;=:@/", '%20', '%2F', '%E4%BC%9A', '%25'), maxLength: 30 });
const anyUrl = anyHost.chain((host) => anyPath.map((path) => URL.parse(`https://${host}/${path}`)!.href));

export const anySettings: fc.Arbitrary<AccountSettings> = fc.record(
  {
    domains: fc.array(anyHost, { maxLength: 3 }),
    displayName: fc.option(anyWords),
    shortName: fc.option(anyWords),
    incoming: fc.array(fc.oneof(anyServer('imap'), anyServer('pop3')), { maxLength: 5 }),
    outgoing: fc.array(anyServer('smtp'), { maxLength: 3 }),
    jmap: fc.option(anyUrl),
    oauth: fc.option(
      fc.record(
        {
          issuer: anyUrl,
          authorizationUrl: fc.option(anyUrl),
          tokenUrl: fc.option(anyUrl),
          scopes: fc.array(fc.stringMatching(/^[a-z:/.]{1,20}$/), { maxLength: 3 }),
        },
        plain,
      ),
    ),
    help: fc.option(anyUrl),
  },
  plain,
);

/**
 * Feeds a reader with good documents that are cut, doubled, and changed, and with noise.
 * @throws AssertionError when anything but SyntaxTrouble escapes, or when it takes long.
 */
export function assertOnlySyntaxTrouble(read: (document: Uint8Array) => unknown, seeds: readonly string[], runs = 400): void {
  const words = [
    '<',
    '>',
    '&',
    '&#0;',
    '&lt',
    '</',
    '<!DOCTYPE x>',
    '<![CDATA[',
    ']]>',
    '<!--',
    '"',
    '{',
    '[',
    '\u0000',
    '\ufeff',
    'é',
    'null',
  ];
  const mutated = fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 20 }), fc.oneof(fc.constantFrom(...words), fc.string())), { maxLength: 4 }),
    )
    .map(([seed, changes]) =>
      changes.reduce((text, [at, cut, put]) => {
        const from = at % (text.length + 1);
        return text.slice(0, from) + put + text.slice(from + cut);
      }, seed),
    )
    .map(bytesFromUtf8);
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (document) => {
      const before = performance.now();
      try {
        read(document);
      } catch (trouble) {
        assert.ok(trouble instanceof SyntaxTrouble, String((trouble as Error).stack));
      }
      assert.ok(performance.now() - before < 1_000);
    }),
    { numRuns: runsNow(runs) },
  );
}
