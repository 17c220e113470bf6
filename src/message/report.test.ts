import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromUtf8 } from '../base/bytes.ts';
import { addressOfField, fieldOf, readReport } from './report.ts';

function report(type: string, body: string, original = ''): string {
  const more = original === '' ? '' : `--b\r\nContent-Type: ${original}\r\n`;
  return `Content-Type: multipart/report; report-type=x; boundary=b\r\n\r\n--b\r\n\r\nWords.\r\n--b\r\n${type}\r\n\r\n${body}\r\n${more}--b--\r\n`;
}

const status = 'Content-Type: message/delivery-status';
const fields = 'Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822;\r\n a@b\r\nAction: failed\r\nAction: delivered\r\n';
const groups = [['Reporting-MTA: dns; mx'], ['Final-Recipient: rfc822; a@b', 'Action: failed', 'Action: delivered']];

const rows: readonly (readonly [name: string, text: string, expected: object | null])[] = [
  ['RFC 3464 §2.1: groups of fields', report(status, fields), { kind: 'delivery-status', groups, messageId: '' }],
  [
    'RFC 6522 §3: the letter that came back',
    report(status, fields, 'message/rfc822\r\n\r\nMessage-ID: <x@y>\r\n\r\nbody'),
    { kind: 'delivery-status', groups, messageId: 'x@y' },
  ],
  [
    'RFC 6522 §4: its header alone',
    report(status, fields, 'text/rfc822-headers\r\n\r\nSubject: x\r\nMessage-ID: <x@y>'),
    { kind: 'delivery-status', groups, messageId: 'x@y' },
  ],
  [
    'RFC 6533 §4: written in base64',
    report(`Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: base64`, Buffer.from(fields).toString('base64')),
    { kind: 'delivery-status', groups, messageId: '' },
  ],
  [
    'RFC 8098 §3: a receipt',
    report('Content-Type: message/disposition-notification', 'Disposition: a/b; displayed\r\nError: x\r\nError: y'),
    { kind: 'disposition-notification', groups: [['Disposition: a/b; displayed', 'Error: x', 'Error: y']], messageId: '' },
  ],
  ['a report of nothing', report(status, ''), { kind: 'delivery-status', groups: [], messageId: '' }],
  ['of another type', report('Content-Type: message/feedback-report', fields), null],
  ['a letter', 'Subject: x\r\n\r\nAction: failed\r\n', null],
  ['nothing', '', null],
];
for (const [name, text, expected] of rows)
  test(`readReport: ${name}`, () => {
    const read = readReport(bytesFromUtf8(text));
    const written = read?.groups.map((group) => group.map((field) => `${field.name}: ${field.value}`));
    assert.deepEqual(read && { kind: read.kind, groups: written, messageId: read.messageId }, expected);
  });

test('fieldOf: the first of a name, in any case', () => {
  const [, group] = readReport(bytesFromUtf8(report(status, fields)))!.groups;
  assert.deepEqual([fieldOf(group!, 'action'), fieldOf(group!, 'status')], ['failed', undefined]);
});

for (const [value, expected] of [
  ['rfc822; a@b', 'a@b'],
  ['RFC822;<a@b>', 'a@b'],
  ['a@b', 'a@b'],
  [undefined, ''],
] as const)
  test(`addressOfField: ${value}`, () => assert.equal(addressOfField(value), expected));
