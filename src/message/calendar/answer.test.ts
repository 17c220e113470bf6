// Answers to invitations, read again as an organiser's calendar reads them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAnswer } from './answer.ts';
import { readInvitation } from './invitation.ts';

const given = { answer: 'ACCEPTED', email: 'hanako@example.test', name: '山田 "花" 花子', at: Date.UTC(2026, 10, 28, 1, 2, 3) } as const;
const zone =
  'BEGIN:VTIMEZONE\r\nTZID:Office\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0900\r\nTZOFFSETTO:+0900\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n';
const invitation = (event: string): string =>
  `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\n${zone}BEGIN:VEVENT\r\n${event}DTSTAMP:20200101T000000Z\r\nATTENDEE;CN=Other:mailto:other@x.test\r\nBEGIN:VALARM\r\nSUMMARY:alarm\r\nEND:VALARM\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:second\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`;
const usual = `UID:${'u'.repeat(120)}\r\nSEQUENCE:3\r\nORGANIZER;CN=Anna:mailto:anna@far.test\r\nDTSTART;TZID=Office:20261201T\r\n 100000\r\nSUMMARY:${'会議'.repeat(40)}\r\n`;

test('the event as it was named, one person, one answer', () => {
  const written = formatAnswer(invitation(usual), given)!;
  const read = readInvitation(written)!;
  assert.deepEqual([read.method, read.events.length], ['REPLY', 1]);
  const [event] = read.events;
  assert.deepEqual([event!.uid, event!.title, event!.organiser?.email], ['u'.repeat(120), '会議'.repeat(40), 'anna@far.test']);
  assert.deepEqual(event!.people, [{ name: '山田 "花" 花子', email: 'hanako@example.test', answer: 'ACCEPTED' }]);
  assert.ok(event!.start?.kind === 'moment' && new Date(event!.start.at).toISOString() === '2026-12-01T01:00:00.000Z');
  assert.match(written, /^SEQUENCE:3\r$/m);
  assert.match(written, /^DTSTAMP:20261128T010203Z\r$/m);
  assert.doesNotMatch(written, /VALARM|second|other@/);
  for (const line of written.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 75, line);
});

test('a name brings no line of its own into it', () => {
  const written = formatAnswer(invitation(usual), { ...given, name: 'A\r\nMETHOD:CANCEL', email: 'a@b.test\r\nX:1' })!;
  assert.doesNotMatch(written, /^(?:METHOD:CANCEL|X:1)/m);
});

test('nobody to answer: no answer', () => {
  for (const event of ['UID:1\r\n', 'ORGANIZER:mailto:a@b.test\r\n']) assert.equal(formatAnswer(invitation(event), given), null);
  assert.equal(formatAnswer('', given), null);
});
