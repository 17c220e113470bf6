// Header properties and their forms (RFC 8621 §4.1.2, §4.1.3), the examples of the book among them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromLatin1, bytesFromUtf8 } from '../../../base/bytes.ts';
import { readHeader } from '../../../message/header/fields.ts';
import type { Json } from '../contract.ts';
import { parseHeaderProperty } from './header-property.ts';
import { readAllHeaders, readHeaderProperties } from './header-value.ts';

const example = `"  James Smythe" <james@example.com>, Friends:
  jane@example.com, =?UTF-8?Q?John_Sm=C3=AEth?=
  <john@example.com>;`;

const rows: readonly (readonly [property: string, header: string, value: Json])[] = [
  [
    'header:To:asAddresses',
    `To: ${example}`,
    [
      { name: 'James Smythe', email: 'james@example.com' },
      { name: null, email: 'jane@example.com' },
      { name: 'John Smîth', email: 'john@example.com' },
    ],
  ],
  [
    'header:To:asGroupedAddresses',
    `To: ${example}`,
    [
      { name: null, addresses: [{ name: 'James Smythe', email: 'james@example.com' }] },
      {
        name: 'Friends',
        addresses: [
          { name: null, email: 'jane@example.com' },
          { name: 'John Smîth', email: 'john@example.com' },
        ],
      },
    ],
  ],
  [
    'header:To:asGroupedAddresses',
    'To: a@x.example, b@x.example, g:;, c@x.example',
    [
      {
        name: null,
        addresses: [
          { name: null, email: 'a@x.example' },
          { name: null, email: 'b@x.example' },
        ],
      },
      { name: 'g', addresses: [] },
      { name: null, addresses: [{ name: null, email: 'c@x.example' }] },
    ],
  ],
  ['header:From:asAddresses', 'From: hana@example.org (花子)', [{ name: '花子', email: 'hana@example.org' }]],
  ['header:From:asAddresses', 'From: "a b"@example.org', [{ name: null, email: '"a b"@example.org' }]],
  ['header:From:asAddresses', 'From: nobody', [{ name: null, email: 'nobody' }]],
  ['header:From:asAddresses', 'From: =?iso-2022-jp?B?GyRCMlY7UhsoQg==?= <hana@example.org>', [{ name: '花子', email: 'hana@example.org' }]],
  ['header:To:asAddresses', 'To:', []],
  ['header:To:asAddresses', 'Cc: a@x.example', null],
  ['header:To:asAddresses:all', 'Cc: a@x.example', []],
  [
    'header:Resent-To:asAddresses:all',
    'Resent-To: a@x.example\nX: y\nresent-to: b@x.example',
    [[{ name: null, email: 'a@x.example' }], [{ name: null, email: 'b@x.example' }]],
  ],
  ['header:subject', 'Subject: one\nSubject:  two\n  three ', '  two\r\n  three '],
  ['header:subject:all', 'Subject: one\nSUBJECT: two', [' one', ' two']],
  ['header:Subject:asText', 'Subject:   =?utf-8?B?5Lya6K2w?=\n =?utf-8?Q?_=00=07x?= (y)', '会議 x (y)'],
  ['header:Subject:asText', 'Subject: e\u0301', 'é'],
  ['header:Subject:asText', 'Subject: a\n b\n\tc', 'a b\tc'],
  ['header:X-Any:asText', 'X-Any: =?utf-8?Q?=C3=A9?=', 'é'],
  ['header:X-Any', 'X-Any: \0a\0', ' a'],
  ['header:Message-ID:asMessageIds', 'Message-ID: <a@b> (c)', ['a@b']],
  ['header:References:asMessageIds', 'References: (not <x@y>) <a@b>\n <c@d>, <e f@g>', ['a@b', 'c@d', 'ef@g']],
  ['header:In-Reply-To:asMessageIds', 'In-Reply-To: your letter of Monday', null],
  ['header:Date:asDate', 'Date: Thu, 30 Oct 2014 14:12:00 +0800', '2014-10-30T14:12:00+08:00'],
  ['header:Date:asDate', 'Date: Thu, 30 Oct 2014 14:12:00 -0330', '2014-10-30T14:12:00-03:30'],
  ['header:Date:asDate', 'Date: Thu, 30 Oct 2014 06:12:00 GMT', '2014-10-30T06:12:00Z'],
  ['header:Date:asDate', 'Date: tomorrow', null],
  ['header:List-Post:asURLs', 'List-Post: <mailto:list@host.example> (Postings are Moderated)', ['mailto:list@host.example']],
  [
    'header:List-Help:asURLs',
    'List-Help: <ftp://ftp.host.example/list.txt> (FTP),\n <mailto:list@host.example?subject=\n help>',
    ['ftp://ftp.host.example/list.txt', 'mailto:list@host.example?subject=help'],
  ],
  ['header:List-Post:asURLs', 'List-Post: NO (posting not allowed on this list)', null],
];
for (const [property, header, value] of rows) {
  test(`${property} of ${JSON.stringify(header)}`, () => {
    const bytes = bytesFromUtf8(`${header.replaceAll('\n', '\r\n')}\r\n\r\n`);
    const read = readHeader(bytes, 0, bytes.length);
    assert.deepEqual(readHeaderProperties(read, [parseHeaderProperty(property)!], '')[property], value);
  });
}

test('raw octets that are no UTF-8 become U+FFFD, other forms try the charset of the letter', () => {
  const bytes = bytesFromLatin1('Subject: \xe9t\xe9\r\n\r\n');
  const read = readHeader(bytes, 0, bytes.length);
  const of = (property: string): Json => readHeaderProperties(read, [parseHeaderProperty(property)!], 'iso-8859-1')[property]!;
  assert.equal(of('header:Subject'), ' \ufffdt\ufffd');
  assert.equal(of('header:Subject:asText'), 'été');
  assert.deepEqual(readAllHeaders(read), [{ name: 'Subject', value: ' \ufffdt\ufffd' }]);
});

for (const [property, may] of [
  ['header:X', true],
  ['header:From', true],
  ['header:From:all', true],
  ['header:from:asAddresses:all', true],
  ['header:From:asGroupedAddresses', true],
  ['header:From:asDate', false],
  ['header:From:asText', false],
  ['header:Subject:asAddresses', false],
  ['header:Subject:asRaw', true],
  ['header:List-Id:asText', true],
  ['header:List-Unsubscribe:asURLs', true],
  ['header:List-Unsubscribe:asText', false],
  ['header:Date:asMessageIds', false],
  ['header:Received:asText', false],
  ['header:X-Any:asURLs', true],
  ['header:X-Any:asurls', false],
  ['header:X-Any:all:asText', false],
  ['header:X-Any:asText:asText', false],
  ['header:', false],
  ['header: X', false],
  ['header:é', false],
  ['Header:X', false],
] as const)
  test(`${property} ${may ? 'may' : 'may not'} be asked for`, () => assert.equal(parseHeaderProperty(property) !== null, may));
