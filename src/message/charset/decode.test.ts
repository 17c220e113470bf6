// Tables of charsets: octets that other programs made, and the text they stand for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromHex, bytesFromLatin1, bytesFromUtf8 } from '../../base/bytes.ts';
import { decodeText, guessText, isKnownCharset } from './decode.ts';
import { runs } from '../../../test/support/depth.ts';

const rows: readonly (readonly [charset: string, octets: string, text: string])[] = [
  ['us-ascii', 'abc', 'abc'],
  ['', 'abc', 'abc'],
  ['us-ascii', 'caf\xe9', 'café'],
  ['us-ascii', 'caf\xc3\xa9', 'café'],
  ['utf-8', '\xef\xbb\xbfa', 'a'],
  ['UTF8', '\xe3\x81\x82', 'あ'],
  ['utf-8', 'a\xffb', 'a\ufffdb'],
  ['ISO-8859-1', 'caf\xe9', 'café'],
  ['iso8859-1', 'caf\xe9', 'café'],
  ['latin1', '\x80', '€'],
  ['iso-8859-15', '\xa4', '€'],
  ['latin-9', '\xa4', '€'],
  ['cp1252', '\x93a\x94', '“a”'],
  ['win-1251', '\xcf', 'П'],
  ['windows-1253', '\xc1', 'Α'],
  ['iso-8859-2', '\xb1', 'ą'],
  ['iso-8859-9', '\xfe', 'ş'],
  ['koi8-r', '\xf0\xf2', 'ПР'],
  ['koi8-u', '\xa4', 'є'],
  ['ibm866', '\x8f', 'П'],
  ['tis-620', '\xa1', 'ก'],
  ['windows-874', '\xa1', 'ก'],
  ['iso-2022-jp', '\x1b$B;3ED\x1b(B x', '山田 x'],
  ['ISO-2022-JP', '\x1b$@;3ED\x1b(J\\~', '山田¥‾'],
  ['iso-2022-jp', '\x1b(I12\x1b(B', 'ｱｲ'],
  ['iso-2022-jp', '\x0e12\x0f', 'ｱｲ'],
  ['iso-2022-jp', '\x1b$B-!\x1b(B', '①'],
  ['iso-2022-jp', '\x1b$B;3\r\nED', '山\r\nED'],
  ['iso-2022-jp', '\x1b$B;', '\ufffd'],
  ['iso-2022-jp-1', '\x1b$(D0!\x1b(B', '丂'],
  ['iso-2022-jp-2', '\x1b$A0!\x1b$(C0!\x1b(B', '啊가'],
  ['iso-2022-jp-2', '\x1b.A\x1bNi', 'é'],
  ['iso-2022-jp-3', '\x1b$(O;3\x1b(B', '山'],
  ['iso-2022-jp-2004', '\x1b$(Q;3\x1b(B', '山'],
  ['iso-2022-jp-ms', '\x1b$B|b\x1b(B', '髙'],
  ['csISO2022JP', '\x1b$B;3\x1b(B', '山'],
  ['cp50221', '\x1b$B;3\x1b(B', '山'],
  ['us-ascii', '\x1b$B;3\x1b(B', '山'],
  ['shift_jis', '\x8eR\x93c', '山田'],
  ['cp932', '\x87@\xfb\xfc', '①髙'],
  ['windows-31j', '\xb1', 'ｱ'],
  ['x-sjis', '\x82\xa0', 'あ'],
  ['euc-jp', '\xbb\xb3', '山'],
  ['eucJP-ms', '\xad\xa1', '①'],
  ['cp51932', '\x8e\xb1', 'ｱ'],
  ['gb2312', '\xc4\xe3', '你'],
  ['gbk', '\x81@', '丂'],
  ['cp936', '\xc4\xe3', '你'],
  ['gb18030', '\x81\x30\x81\x30', '\x80'],
  ['big5', '\xa7A\xa6n', '你好'],
  ['cp950', '\xa7A', '你'],
  ['euc-kr', '\xb0\xa1', '가'],
  ['ks_c_5601-1987', '\xb0\xa1', '가'],
  ['cp949', '\x8cc', '똠'],
  ['uhc', 'a\x81A\xb0\xa1\xc6Rz', 'a갂가힣z'],
  ['iso-2022-kr', '\x1b$)C\x0e0!\x0f a', '가 a'],
  ['iso-2022-cn', '\x1b$)A\x0eDc\x0f a', '你 a'],
  ['utf-7', 'Hi Mom -+Jjo--!', 'Hi Mom -☺-!'],
  ['utf-7', 'A+ImIDkQ.', 'A≢Α.'],
  ['utf-7', '1 +- 1', '1 + 1'],
  ['utf-7', '+2D3eAA-', '😀'],
  ['utf-7', '+2D0-', '\ufffd'],
  ['utf-16', '\xfe\xff0B', 'あ'],
  ['utf-16', '\xff\xfeB0', 'あ'],
  ['utf-16le', 'B0', 'あ'],
  ['utf-16be', '0B', 'あ'],
  ['utf-32', '\0\0\xfe\xff\0\0\x30\x42', 'あ'],
  ['utf-32le', '\x42\x30\0\0', 'あ'],
  ['cp437', '\x82', 'é'],
  ['ibm850', '\xd5', 'ı'],
  ['viscii', '\xcfnh \x02', 'ỳnh Ẳ'],
  ['x-unknown', '\xe3\x81\x82', 'あ'],
  ['../../etc/passwd', '\xe3\x81\x82', 'あ'],
  ['constructor', 'a', 'a'],
  ['__proto__', 'a', 'a'],
  ['x'.repeat(10_000), 'a', 'a'],
];
for (const [charset, octets, text] of rows)
  test(`decodeText: ${charset.slice(0, 30)} ${JSON.stringify(octets)}`, () =>
    assert.equal(decodeText(charset, bytesFromLatin1(octets)), text));

test('decodeText: HZ, the example of RFC 1843 §2', () => {
  assert.equal(
    decodeText('hz', bytesFromLatin1('This sentence has no tildes: ~{<:Ky2;S{#,NpJ)l6HK!#~}Bye.')),
    'This sentence has no tildes: 己所不欲，勿施於人。Bye.',
  );
  assert.equal(decodeText('hz-gb-2312', bytesFromLatin1('~~ a~\nb')), '~ ab');
});

test('guessText: UTF-8, else Japanese by its hiragana, else windows-1252', () => {
  assert.equal(guessText(bytesFromUtf8('日本語')), '日本語');
  assert.equal(guessText(bytesFromHex('82b182f182c982bf82cd')), 'こんにちは');
  assert.equal(guessText(bytesFromHex('a4b3a4f3a4cba4c1a4cf')), 'こんにちは');
  assert.equal(guessText(bytesFromHex('1b2442242224241b2842')), 'あい');
  assert.equal(guessText(Uint8Array.of(0xe9, 0x80)), 'é€');
});

test('isKnownCharset', () => {
  for (const name of ['utf-8', 'UTF-7', 'ISO-2022-KR', 'cp932', 'us-ascii', 'viscii']) assert.equal(isKnownCharset(name), true, name);
  for (const name of ['', 'x-unknown', 'nothing']) assert.equal(isKnownCharset(name), false, name);
});

test('code page 949 has every Hangul syllable once', () => {
  const seen = new Set<string>();
  for (let lead = 0x81; lead <= 0xc8; lead++)
    for (let trail = 0x41; trail <= 0xfe; trail++) {
      const text = decodeText('cp949', Uint8Array.of(lead, trail));
      if (text.length === 1 && text >= '가' && text <= '힣') seen.add(text);
    }
  assert.equal(seen.size, 11_172);
});

const labels = ['hz-gb-2312', ...new Set(rows.map(([charset]) => charset))];
test('decodeText takes any octets in any charset', () => {
  fc.assert(
    fc.property(fc.constantFrom(...labels), fc.uint8Array({ maxLength: 60 }), (charset, bytes) => {
      assert.equal(typeof decodeText(charset, bytes), 'string');
    }),
    { numRuns: runs(3000) },
  );
});
