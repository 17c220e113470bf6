// What is seen of letters on their way in: whether each is a report, by the placements with which it is kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromUtf8 } from '../../base/bytes.ts';
import type { AcceptLetter, Placement } from '../../store/contract.ts';
import type { Arrival } from '../arrival/contract.ts';
import { ComingReports, reportOctetsMax } from './coming-reports.ts';

function letter(type: string, reversePath = '', more = '') {
  const lines = [
    'From: x@one.test',
    type,
    '',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx',
    '',
    'Final-Recipient: rfc822; a@one.test',
    '',
    '--b',
    'Content-Type: text/rfc822-headers',
    '',
    'Message-ID: <hello@local.test>',
    '',
    '--b--',
    more,
  ];
  return { letter: 'l', at: 0, reversePath, octets: bytesFromUtf8(lines.join('\r\n')) };
}

const reportType = 'Content-Type: multipart/report; report-type=delivery-status; boundary=b';
const inboxes = (): Placement[] => [{ account: 1, mailbox: 'inbox', flags: [] }];

const seen: [name: string, coming: ReturnType<typeof letter>, messageId: string | null | undefined][] = [
  ['a report', letter(reportType), 'hello@local.test'],
  ['a report whose type is folded and in capitals', letter('CONTENT-TYPE:\r\n Multipart/Report;\r\n\tboundary=b'), 'hello@local.test'],
  ['a letter of another type', letter('Content-Type: multipart/mixed; boundary=b'), null],
  ['a letter without a type', letter('Subject: multipart/report'), null],
  ['a report in name only', letter('Content-Type: multipart/report; boundary=c'), null],
  ['what no mail server writes', letter(reportType, '', ' '.repeat(reportOctetsMax)), null],
  ['a letter with a way back', letter(reportType, 'x@one.test'), undefined],
];
for (const [name, coming, messageId] of seen)
  test(`${name}: ${messageId === null ? 'no report' : messageId === undefined ? 'not looked at' : 'a report'}`, async () => {
    const reports = new ComingReports();
    const placements = inboxes();
    assert.equal(reports.watch(() => null)(coming, placements), null);
    const report = reports.of(placements);
    assert.equal(report === null ? null : report?.messageId, messageId);
    assert.equal(reports.of(inboxes()), undefined);
  });

test('where a rule has placed it otherwise, and of replies, which are no reports', async () => {
  const reports = new ComingReports();
  const moved = inboxes();
  const reply = { placements: inboxes() } as unknown as AcceptLetter;
  const arrival: Arrival = { placements: moved, names: new Map(), replies: [reply], committed() {} };
  const arrive = reports.watch(async () => arrival);
  assert.equal(await arrive(letter(reportType), inboxes()), arrival);
  assert.equal(reports.of(moved)?.kind, 'delivery-status');
  assert.equal(reports.of(reply.placements), null);
});
