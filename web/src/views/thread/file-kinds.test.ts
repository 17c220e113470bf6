// What can be done with a file, by what it is said to be and by its name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTnef, kindOf, typeOf, unnamed } from './file-kinds.ts';
import { nameOfFile } from './frame-address.ts';

const rows: readonly (readonly [type: string, name: string | null, kind: string])[] = [
  ['image/png', 'a.png', 'picture'],
  ['image/svg+xml', 'a.svg', 'other'],
  ['text/html', 'a.html', 'other'],
  ['application/octet-stream', 'a.PDF', 'pdf'],
  ['application/octet-stream', 'a.html', 'other'],
  ['message/rfc822', null, 'letter'],
  ['text/csv', 'a.csv', 'text'],
  ['audio/wav', 'a.wav', 'audio'],
];
for (const [type, name, kind] of rows) test(`${type} ${name}`, () => assert.equal(kindOf({ type, name }), kind));

test('names where there is none, and what only Outlook opens', () => {
  assert.deepEqual(['message/rfc822', 'Message/Delivery-Status', 'text/plain'].map(unnamed), ['letter', 'deliveryReport', null]);
  assert.equal(isTnef({ type: 'application/octet-stream', name: 'Winmail.DAT' }), true);
  assert.equal(isTnef({ type: 'application/ms-tnef', name: null }), true);
  assert.equal(isTnef({ type: 'image/png', name: 'a.dat' }), false);
  assert.equal(typeOf({ type: '', name: 'x.mp3' }), 'audio/mpeg');
  assert.equal(nameOfFile(' a/b:c\n?  d ', 'eml', 'letter'), 'a b c d.eml');
  assert.equal(nameOfFile(null, 'zip', 'attachments'), 'attachments.zip');
});
