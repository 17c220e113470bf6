// Letters with 8-bit headers as an old client gets them: pure ASCII, read back by the message layer to the same meaning.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1, bytesFromUtf8, latin1FromBytes } from '../../base/bytes.ts';
import { decodeWords } from '../../message/header/encoded-word.ts';
import { parseAddressList } from '../../message/address/address-list.ts';
import { Caller, openPostOffice } from './world-suite.ts';
import { withAsciiHeader } from './surrogate.ts';
import { runs } from '../../../test/support/depth.ts';

const surrogate = (text: string): string => latin1FromBytes(withAsciiHeader(bytesFromUtf8(text)));

for (const [given, wanted] of [
  ['Subject: plain\r\n\r\n本文\r\n', null],
  ['Subject: お知らせ\r\nX: y\r\n\r\nbody', 'Subject: =?utf-8?B?44GK55+l44KJ44Gb?=\r\nX: y\r\n\r\nbody'],
  ['From: 花子 <hanako@tayori.test>\r\n\r\n', 'From: =?utf-8?B?6Iqx5a2Q?= <hanako@tayori.test>\r\n\r\n'],
  ['To: taro@日本.test, x@y.test\r\n\r\n', 'To: taro@xn--wgv71a.test, x@y.test\r\n\r\n'],
  ['To: 太郎@日本.test\r\n\r\n', 'To: =?utf-8?B?5aSq6YOOQOaXpeacrC50ZXN0?=\r\n <internationalized-address@header.invalid>\r\n\r\n'],
  [
    'Content-Disposition: attachment; filename=請求書.pdf\r\n\r\n',
    "Content-Disposition: attachment;\r\n filename*=utf-8''%E8%AB%8B%E6%B1%82%E6%9B%B8.pdf\r\n\r\n",
  ],
  ['é no field\r\n\r\n', '? no field\r\n\r\n'],
] as const)
  test(`withAsciiHeader: ${JSON.stringify(given).slice(0, 60)}`, () => {
    const letter = bytesFromUtf8(given);
    if (wanted === null) assert.equal(withAsciiHeader(letter), letter);
    else assert.equal(surrogate(given).toLowerCase(), wanted.toLowerCase());
  });

test('the meaning is kept, also of raw Shift_JIS', () => {
  const raw = bytesFromLatin1('Subject: \x82\xa8\x92m\x82\xe7\x82\xb9\r\n\r\n');
  assert.equal(decodeWords(/^Subject: (.*)\r\n/.exec(latin1FromBytes(withAsciiHeader(raw)))![1]!), 'お知らせ');
  const [name] = parseAddressList(
    /^To: ((?:.|\r\n )*)\r\n\r/.exec(surrogate('To: "社長, 様" <太郎@例え.test>\r\n\r\n'))![1]!.replaceAll('\r\n', ''),
  );
  assert.equal(decodeWords((name as { name: string }).name), '社長, 様 太郎@例え.test');
});

test('whatever the header is, the surrogate has an ASCII header, the same body, and lines a client can read', () => {
  const word = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.constantFrom('\r\n ', 'é', '花', '<', '>', ',', ';', '"', '(', 'a@b', '=?utf-8?B?', '\0', 'x'.repeat(1200), ': '),
  );
  const field = fc.tuple(fc.constantFrom('Subject', 'From', 'To', 'Content-Type', 'Received', 'X é', ''), fc.array(word, { maxLength: 6 }));
  fc.assert(
    fc.property(fc.array(field, { maxLength: 4 }), (fields) => {
      const header = fields.map(([name, words]) => `${name}: ${words.join('').replace(/\r?\n(?=\S|\r?\n|$)/g, '')}\r\n`).join('');
      const text = surrogate(`${header}\r\nbody é\r\n`);
      const at = text.search(/(?:^|\n)\r?\n/);
      assert.match(text.slice(0, at), /^[\0-\x7f]*$/);
      assert.ok(text.endsWith(latin1FromBytes(bytesFromUtf8('body é\r\n'))));
    }),
    { numRuns: runs(300) },
  );
});

test('RETR and TOP send the surrogate until the client says UTF8 (RFC 6856 §2.1)', async () => {
  const letter = 'Subject: お知らせ\r\n\r\n本文\r\n';
  const office = await openPostOffice([letter, `Subject: 大きい\r\n\r\n${'x'.repeat(70)}${'\r\nline'.repeat(60_000)}\r\n`]);
  const old = await Caller.enter(office);
  assert.match(await old.say('RETR 1'), /^\+OK 49 octets\r\nSubject: =\?utf-8\?B\?[A-Za-z0-9+]*=*\?=\r\n\r\n本文\r\n\.\r\n$/);
  assert.match(await old.say('TOP 1 0'), /^\+OK the top follows\r\nSubject: =\?utf-8\?B\?\S*\r\n\r\n\.\r\n$/);
  assert.match(await old.say('RETR 2'), /^\+OK \d+ octets\r\nSubject: =\?utf-8\?B\?\S*\r\n\r\nxxx/);
  await old.say('QUIT');
  const modern = await Caller.open(office);
  assert.equal(await modern.say('UTF8'), '+OK UTF-8 from now on\r\n');
  await modern.say('USER hanako@tayori.test', 'PASS  two  words ');
  assert.equal(await modern.say('RETR 1'), `+OK ${bytesFromUtf8(letter).length} octets\r\n${letter}.\r\n`);
});
