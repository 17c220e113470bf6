import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromUtf8 } from '../../../base/bytes.ts';
import { readFacts } from '../../../message/read-facts.ts';
import { envelopeInUtf8 } from './envelope-utf8.ts';
import { runs } from '../../../../test/support/depth.ts';

const rows: readonly (readonly [ascii: string, utf8: string])[] = [
  ['(NIL "plain" NIL)', '(NIL "plain" NIL)'],
  ['("=?utf-8?B?6Iqx5a2Q?=" "a\\"b")', '("花子" "a\\"b")'],
  ['("=?utf-8?Q?a=22b=5C?=")', '("a\\"b\\\\")'],
  ['("=?utf-8?Q?a=0D=0AX=00Y?=")', '("a X Y")'],
  ['("=?x-none")', '("=?x-none")'],
  ['({3}\r\n"=? "=?utf-8?Q?a?=")', '({3}\r\n"=? "=?utf-8?Q?a?=")'],
];
for (const [ascii, utf8] of rows) test(`envelopeInUtf8 ${JSON.stringify(ascii)}`, () => assert.equal(envelopeInUtf8(ascii), utf8));

test('an internationalized address comes back as it was written', () => {
  const { envelope } = readFacts(bytesFromUtf8('From: 花子 <花子@example.org>\r\nSubject: お茶 "今日"\r\n\r\nx\r\n'));
  assert.ok(!/[^\0-\x7f]/.test(envelope));
  assert.match(envelopeInUtf8(envelope), /^\(NIL "お茶 \\"今日\\"" \(\("花子" NIL "花子" "example\.org"\)\)/);
});

test('whatever the header, what comes out is one line of quoted strings', () =>
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a=?"\\()<>@,;:.', '=?utf-8?Q?', '?=', '=22', '=0A', 'é', ' ') }), (text) => {
      const { envelope } = readFacts(bytesFromUtf8(`Subject: ${text}\r\nFrom: ${text} <${text}@x>\r\n\r\n`));
      const utf8 = envelopeInUtf8(envelope);
      if (envelope.includes('}\r\n')) assert.equal(utf8, envelope);
      else assert.match(utf8, /^(?:[() ]|NIL|"(?:[^"\\\r\n\0]|\\["\\])*")*$/);
    }),
    { numRuns: runs(500) },
  ));
