// Invitations as calendars really write them: Google, Outlook with its own zones, whole days, recurrence, broken ones.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readInvitation, type CalendarEvent, type EventTime } from './invitation.ts';

const calendar = (event: string, more = ''): string =>
  `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\n${more}BEGIN:VEVENT\r\nUID:1\r\n${event}END:VEVENT\r\nEND:VCALENDAR\r\n`;
function only(text: string): CalendarEvent {
  const read = readInvitation(text);
  assert.ok(read !== null && read.events.length === 1);
  return read.events[0]!;
}
const iso = (time: EventTime | null): string => (time?.kind === 'moment' ? new Date(time.at).toISOString() : JSON.stringify(time));

const newYork =
  'BEGIN:VTIMEZONE\r\nTZID:Our Office\r\nBEGIN:STANDARD\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11\r\nEND:STANDARD\r\n' +
  'BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n';

describe('when', () => {
  const rows: readonly (readonly [title: string, line: string, more: string, expected: string])[] = [
    ['UTC', 'DTSTART:20260401T010000Z', '', '2026-04-01T01:00:00.000Z'],
    ['Tokyo by its name', 'DTSTART;TZID=Asia/Tokyo:20260401T100000', '', '2026-04-01T01:00:00.000Z'],
    ['Tokyo as Outlook says', 'DTSTART;TZID="Tokyo Standard Time":20260401T100000', '', '2026-04-01T01:00:00.000Z'],
    ['a path before the name', 'DTSTART;TZID=/freeassociation.sourceforge.net/Asia/Tokyo:20260401T100000', '', '2026-04-01T01:00:00.000Z'],
    ['summer time', 'DTSTART;TZID=Europe/Berlin:20260701T120000', '', '2026-07-01T10:00:00.000Z'],
    ['winter time', 'DTSTART;TZID=Europe/Berlin:20260101T120000', '', '2026-01-01T11:00:00.000Z'],
    ['a zone that only the letter knows, in winter', 'DTSTART;TZID=Our Office:20260301T120000', newYork, '2026-03-01T17:00:00.000Z'],
    ['and in summer', 'DTSTART;TZID=Our Office:20260309T120000', newYork, '2026-03-09T16:00:00.000Z'],
    ['the hour that comes twice: the first', 'DTSTART;TZID=America/New_York:20261101T013000', '', '2026-11-01T05:30:00.000Z'],
    ['a whole day', 'DTSTART;VALUE=DATE:20260505', '', '{"kind":"day","day":"2026-05-05"}'],
  ];
  for (const [title, line, more, expected] of rows)
    test(title, () => assert.equal(iso(only(calendar(`${line}\r\n`, more)).start), expected));

  test('a zone that nobody knows is no moment', () => {
    const { start } = only(calendar('DTSTART;TZID=Nowhere:20260401T100000\r\n'));
    assert.ok(start?.kind === 'wall' && start.zone === 'Nowhere' && start.wall.hour === 10);
  });
  test('the end of whole days is their last; a duration counts', () => {
    assert.deepEqual(only(calendar('DTSTART;VALUE=DATE:20260505\r\nDTEND;VALUE=DATE:20260508\r\n')).end, {
      kind: 'day',
      day: '2026-05-07',
    });
    assert.equal(iso(only(calendar('DTSTART:20260401T010000Z\r\nDURATION:PT1H30M\r\n')).end), '2026-04-01T02:30:00.000Z');
  });
});

test('what, where, by whom', () => {
  const event = only(
    calendar(
      'DTSTART:20260401T010000Z\r\nSUMMARY:花見\\, 上野\\n二次会\r\nLOCATION:上野\r\n 公園\r\nORGANIZER;CN="花子 ^n さん":mailto:hanako@example.test\r\n' +
        'ATTENDEE;CN=太郎;PARTSTAT=ACCEPTED;RSVP=TRUE:MAILTO:taro@example.test\r\nURL:javascript:alert(1)\r\nSTATUS:CANCELLED\r\n',
    ),
  );
  assert.deepEqual(
    [event.title, event.place, event.organiser, event.people, event.url, event.isCancelled],
    [
      '花見, 上野\n二次会',
      '上野公園',
      { name: '花子 \n さん', email: 'hanako@example.test', answer: '' },
      [{ name: '太郎', email: 'taro@example.test', answer: 'ACCEPTED' }],
      null,
      true,
    ],
  );
});

test('how it repeats', () => {
  const { repeats } = only(
    calendar('DTSTART;TZID=Asia/Tokyo:20260401T100000\r\nRRULE:FREQ=MONTHLY;BYDAY=2TU,-1FR;INTERVAL=2;UNTIL=20261231T150000Z\r\n'),
  );
  assert.deepEqual(
    [repeats?.every, repeats?.interval, repeats?.days, repeats?.other],
    [
      'MONTHLY',
      2,
      [
        { nth: 2, day: 'TU' },
        { nth: -1, day: 'FR' },
      ],
      false,
    ],
  );
  assert.equal(iso(repeats?.until ?? null), '2026-12-31T15:00:00.000Z');
  assert.equal(only(calendar('RRULE:FREQ=DAILY;BYSETPOS=1;COUNT=3\r\n')).repeats?.other, true);
  assert.equal(only(calendar('RRULE:FREQ=SECONDLY\r\n')).repeats, null);
});

test('no calendar, and broken ones', () => {
  for (const text of [
    '',
    'hello',
    'BEGIN:VCALENDAR\r\nEND:VCALENDAR',
    'BEGIN:VEVENT\r\nEND:VEVENT',
    'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:2026',
  ])
    assert.equal(readInvitation(text), null, text);
  const event = only(calendar('DTSTART:20269999T999999Z\r\nDTEND;=:x\r\n;;;\r\nRRULE:\r\nATTENDEE\r\n'));
  assert.deepEqual([event.start, event.end, event.repeats, event.people], [null, null, null, []]);
  // Too long to be one: what does not come to an end is not there.
  assert.equal(readInvitation(calendar('X:1\r\n'.repeat(50_000))), null);
});
