// Octets in a browser do what octets do in Node, function by function.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as node from '../../../src/base/bytes.ts';
import * as browser from './octets.ts';

const both = browser satisfies typeof node;
const plain = (bytes: Uint8Array): number[] => [...bytes];
const octets = fc.uint8Array({ maxLength: 60 });
const latin1 = fc.string({ maxLength: 60, unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
const texts = fc.oneof(latin1, fc.constantFrom('日本語の手紙', '\u{1f4ee} 便り', '\ufeffx', '', 'a\ud800b'));

test('the same names', () => {
  assert.deepEqual(Object.keys(both).toSorted(), Object.keys(node).toSorted());
});

test('the same answers', () => {
  fc.assert(
    fc.property(octets, octets, texts, latin1, fc.nat(70), (bytes, other, text, narrow, at) => {
      assert.equal(both.latin1FromBytes(bytes), node.latin1FromBytes(bytes));
      assert.equal(both.latin1FromBytes(bytes, 3, 9), node.latin1FromBytes(bytes, 3, 9));
      assert.deepEqual(plain(both.bytesFromLatin1(narrow)), plain(node.bytesFromLatin1(narrow)));
      assert.equal(both.utf8FromBytes(bytes), node.utf8FromBytes(bytes));
      assert.equal(both.utf8FromBytes(node.bytesFromUtf8(text), 1), node.utf8FromBytes(node.bytesFromUtf8(text), 1));
      assert.deepEqual(plain(both.bytesFromUtf8(text)), plain(node.bytesFromUtf8(text)));
      const words = node.base64FromBytes(bytes);
      assert.equal(both.base64FromBytes(bytes), words);
      assert.equal(both.base64UrlFromBytes(bytes), node.base64UrlFromBytes(bytes));
      for (const form of [words, words.replace(/=+$/, ''), `${words.slice(0, 5)}\r\n ${words.slice(5)}`, node.base64UrlFromBytes(bytes)])
        assert.deepEqual(plain(both.bytesFromBase64(form)), plain(node.bytesFromBase64(form)), form);
      const hex = node.hexFromBytes(bytes);
      assert.equal(both.hexFromBytes(bytes), hex);
      for (const form of [hex, `${hex}a`, `${hex}zz00`])
        assert.deepEqual(plain(both.bytesFromHex(form)), plain(node.bytesFromHex(form)), form);
      assert.deepEqual(plain(both.concatBytes([bytes, other, bytes])), plain(node.concatBytes([bytes, other, bytes])));
      for (const needle of [other.subarray(0, 2), bytes.subarray(at % 40, (at % 40) + 3), 10])
        assert.equal(both.findBytes(bytes, needle, at % 20), node.findBytes(bytes, needle, at % 20));
      assert.equal(both.equalBytes(bytes, other), node.equalBytes(bytes, other));
      assert.ok(both.equalBytes(bytes, bytes.slice()));
      assert.equal(both.isAsciiBytes(bytes), node.isAsciiBytes(bytes));
      const [mine, theirs] = [both.allocateBytes(80).fill(7), node.allocateBytes(80).fill(7)];
      assert.equal(both.writeLatin1(mine, narrow, at), node.writeLatin1(theirs, narrow, at));
      assert.deepEqual(plain(mine), plain(theirs));
      assert.equal(both.writeUtf8(mine, text, at), node.writeUtf8(theirs, text, at));
      assert.deepEqual(plain(mine), plain(theirs));
    }),
  );
});
