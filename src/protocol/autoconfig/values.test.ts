import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseHost, parsePort, parseSecureUrl } from './values.ts';

const hosts: readonly [string, string | null][] = [
  ['imap.example.test', 'imap.example.test'],
  [' IMAP.Example.Test. ', 'imap.example.test'],
  ['localhost', 'localhost'],
  ['会社.jp', 'xn--6oq404h.jp'],
  ['192.0.2.1', '192.0.2.1'],
  ['0x7f.1', '127.0.0.1'],
  ['', null],
  ['.', null],
  ['a..b', null],
  ['-a.test', null],
  ['a b.test', null],
  ['a.test/path', null],
  ['user@a.test', null],
  ['a.test:993', null],
  ['%61.test', null],
  ['[::1]', null],
  [`${'a'.repeat(64)}.test`, null],
  [`${'a.'.repeat(130)}test`, null],
];
describe('parseHost', () => {
  for (const [text, host] of hosts) test(JSON.stringify(text.slice(0, 30)), () => assert.equal(parseHost(text), host));
});
test('parsePort', () =>
  assert.deepEqual(['993', ' 1 ', '65535', '0', '65536', '-1', '9.5', '', '0x10'].map(parsePort), [
    993,
    1,
    65535,
    null,
    null,
    null,
    null,
    null,
    null,
  ]));
test('parseSecureUrl', () =>
  assert.deepEqual(
    [
      'https://a.test/x',
      'https://a.test',
      'http://a.test/',
      'https://u@a.test/',
      'https://u:p@a.test/',
      'javascript:1',
      '',
      `https://a.test/${'x'.repeat(2000)}`,
    ].map(parseSecureUrl),
    ['https://a.test/x', 'https://a.test/', null, null, null, null, null, null],
  ));
