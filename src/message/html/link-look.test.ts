// Links that say one place and lead to another; marks by which a reader is followed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elsewhere, withoutMarks } from './link-look.ts';

const leads: readonly (readonly [shown: string, href: string, told: string | null])[] = [
  ['普通のリンク', 'https://shop.test/ok', null],
  ['https://www.bank.co.jp/login', 'https://bank.co.jp/login', null],
  ['https://www.bank.co.jp/login', 'http://203.0.113.7/login', '203.0.113.7'],
  ['Press here', 'http://203.0.113.7/login', '203.0.113.7'],
  ['http://203.0.113.7/', 'http://203.0.113.7/', null],
  ['Press here', 'http://[2001:db8::1]/', '[2001:db8::1]'],
  ['https://bank.com/203.0.113.7', 'http://203.0.113.7/login', '203.0.113.7'],
  ['203.0.113.7.bank.com', 'http://203.0.113.7/login', '203.0.113.7'],
  ['203.0.113.7:8080', 'http://203.0.113.7:8080/', null],
  ['https://ba\u200Bnk.com/', 'https://evil.test/x', 'evil.test'],
  ['ba\u00ADnk.com', 'https://evil.test/x', 'evil.test'],
  ['https://bank\u2060.com/', 'https://bank.com/', null],
  ['www.bank.co.jp', 'https://evil.test/x', 'evil.test'],
  ['bank.com/help', 'https://evil.test/x', 'evil.test'],
  ['Look at https://bank.com now', 'https://evil.test/x', 'evil.test'],
  ['https://bank.com.evil.test/', 'https://bank.com.evil.test/', null],
  ['https://bank.com', 'https://bank.com.evil.test/', 'bank.com.evil.test'],
  ['ログイン', 'https://bank.com@evil.test/', 'evil.test'],
  ['口座', `https://${new URL('http://mybаnk.com').hostname}/`, 'mybаnk.com'],
  ['日本語.jp', `https://${new URL('http://日本語.jp').hostname}/`, null],
  ['report.pdf', 'https://files.test/report.pdf', null],
  ['version 2.0', 'https://files.test/', null],
  ['help@bank.com', 'mailto:help@evil.test', 'help@evil.test'],
  ['help@bank.com', 'mailto:help@bank.com?subject=x', null],
  ['Write to us', 'mailto:help@evil.test', null],
  ['bank.com', '#letter-top', null],
  ['bank.com', 'tel:+811234', null],
];
for (const [shown, href, told] of leads) test(`${shown} → ${href}`, () => assert.equal(elsewhere(shown, href), told));

const marked: readonly (readonly [href: string, left: string])[] = [
  ['https://a.test/?utm_source=x&utm_medium=y', 'https://a.test/'],
  ['https://a.test/p?id=1&utm_source=x&b=%2F#utm_source=z', 'https://a.test/p?id=1&b=%2F#utm_source=z'],
  ['https://a.test/?fbclid=1#top', 'https://a.test/#top'],
  ['https://a.test/?UTM_Source=x&MC_EID=2', 'https://a.test/'],
  ['https://a.test/?u=https%3A%2F%2Fb.test%2F%3Futm_source%3Dx', 'https://a.test/?u=https%3A%2F%2Fb.test%2F%3Futm_source%3Dx'],
  ['mailto:a@b.test?utm_source=x', 'mailto:a@b.test?utm_source=x'],
  ['https://a.test/', 'https://a.test/'],
];
for (const [href, left] of marked) test(`marks of ${href}`, () => assert.equal(withoutMarks(href), left));
