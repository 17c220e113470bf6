import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromUtf8 } from '../../base/bytes.ts';
import { isAuthorClear } from './authors.ts';
import { glanceAtHeader } from './loops.ts';

const headers: [name: string, header: string, clear: boolean][] = [
  ['one', 'From: a@bank.test', true],
  ['a name, a comment, folded', 'From: "A, B"\r\n <a@bank.test> (hello)', true],
  ['several authors of one domain', 'From: a@bank.test, B <b@BANK.test>', true],
  ['one domain in two spellings', 'From: a@日本.test, b@xn--wgv71a.test', true],
  ['none', 'Subject: x', true],
  ['another field', 'From-Line: a@bank.test\r\nFrom: a@bank.test', true],
  ['in the body', 'From: a@bank.test\r\n\r\nFrom: b@evil.test', true],
  ['two fields', 'From: a@bank.test\r\nFrom: b@evil.test', false],
  ['two fields of the same', 'From: a@bank.test\r\nfrom: a@bank.test', false],
  ['two fields, one with a space', 'From: a@bank.test\r\nFrom : b@evil.test', false],
  ['two fields, one with a tab', 'From\t: a@bank.test\r\nFrom: b@evil.test', false],
  ['two domains', 'From: a@bank.test, b@evil.test', false],
  ['two domains by a comment', 'From: <a@bank.test>(comment)<b@evil.test>', false],
  ['two domains in a group', 'From: friends: a@bank.test, b@evil.test;', false],
  ['an empty group', 'From: undisclosed:;', false],
  ['empty', 'From:', false],
  ['no domain', 'From: MAILER-DAEMON', true],
  ['with a domain and without', 'From: root, a@bank.test', false],
  ['endless', `From: ${'a@bank.test,'.repeat(5000)}`, false],
];
for (const [name, header, clear] of headers)
  test(`isAuthorClear: ${name}`, () => {
    const letter = bytesFromUtf8(`${header}\r\n\r\nhello\r\n`);
    assert.equal(isAuthorClear(letter, glanceAtHeader(letter, 'h').from), clear);
  });
