// Whom a letter only seems to be from: letters that look alike, names that are borrowed, answers that go elsewhere; and what is no reason for doubt.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { organisation, punycode } from '../../../../src/message/address/domain-look.ts';
import { doubtsOf, readable, skeleton, type Looked } from './look-alike.ts';

const known = [
  { name: '山田 花子', email: 'hanako@example.co.jp' },
  { name: 'My Bank', email: 'info@mybank.com' },
  { name: null, email: 'list@modern.org' },
];
const rows: readonly (readonly [title: string, name: string | null, email: string, more: Partial<Looked>, kinds: readonly string[]])[] = [
  ['somebody known', '山田 花子', 'hanako@example.co.jp', {}, []],
  ['a stranger', 'Somebody', 'x@stranger.net', {}, []],
  ['Cyrillic among Latin', null, 'info@mybаnk.com', {}, ['mixed-scripts', 'looks-like']],
  ['the same in Punycode', null, `info@${new URL('http://mybаnk.com').hostname}`, {}, ['mixed-scripts', 'looks-like']],
  ['all Cyrillic that looks Latin', null, 'a@хо.com', { known: [{ name: null, email: 'a@xo.com' }] }, ['looks-like']],
  ['rn for m', null, 'list@rnodern.org', {}, ['looks-like']],
  ['digits for letters', null, 'info@myb4nk.com', {}, []],
  ['one for l', null, 'x@exampIe.co.jp', { known: [{ name: null, email: 'x@example.co.jp' }] }, ['looks-like']],
  ['another box at a known house', null, 'other@mybank.com', {}, []],
  ['an address in the name', 'info@mybank.com', 'x@stranger.net', {}, ['address-in-name']],
  ['the own address in the name', 'x@stranger.net', 'x@stranger.net', {}, []],
  ["a known person's name", '山田花子', 'hanako@free.test', {}, ['known-name']],
  ["a known person's name, within the same house", '山田花子', 'yamada@mail.example.co.jp', {}, []],
  ['answers elsewhere', null, 'x@stranger.net', { replyTo: [{ name: null, email: 'y@evil.test' }] }, ['reply-elsewhere']],
  ['answers to a box beside', null, 'x@stranger.net', { replyTo: [{ name: null, email: 'y@help.stranger.net' }] }, []],
  ['a list', null, 'x@stranger.net', { isList: true, replyTo: [{ name: null, email: 'y@list.test' }] }, []],
  ['Japanese and Latin in one label', null, 'x@日本mail.jp', {}, []],
];
for (const [title, name, email, more, kinds] of rows)
  test(title, () => {
    const doubts = doubtsOf({ from: [{ name, email }], replyTo: [], isList: false, known, own: ['me@home.test'], ...more });
    assert.deepEqual(
      doubts.map(({ kind }) => kind),
      kinds,
    );
  });

test('the parts', () => {
  assert.deepEqual(['a.b.co.jp', 'b.co.jp', 'mail.example.com', 'example.com', 'localhost'].map(organisation), [
    'b.co.jp',
    'b.co.jp',
    'example.com',
    'example.com',
    'localhost',
  ]);
  assert.equal(readable('A@XN--WGV71A119E.jp'), 'a@日本語.jp');
  assert.deepEqual(['wgv71a119e', 'bcher-kva', '!', '99999999999999'].map(punycode), ['日本語', 'bücher', null, null]);
  assert.equal(skeleton('Раураl'), skeleton('Paypal'));
  assert.deepEqual(doubtsOf({ from: [], replyTo: [], isList: false, known, own: [] }), []);
});
