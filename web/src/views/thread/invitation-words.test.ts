// Times and repetition of invitations, as a person in Japan and one in Berlin read them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readInvitation } from '../../../../src/message/calendar/invitation.ts';
import { rangeWords, repeatWords } from './invitation-words.ts';

const event = (lines: string) =>
  readInvitation(`BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n${lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`)!.events[0]!;
const plain = (text: string): string => text.replaceAll(/[\u202f\u00a0\u2009]/g, ' ');

test('times in one’s own zone', () => {
  const { start, end } = event('DTSTART;TZID=Europe/Berlin:20260401T180000\r\nDTEND;TZID=Europe/Berlin:20260401T193000');
  assert.equal(plain(rangeWords(start!, end, 'ja', 'Asia/Tokyo')), '2026年4月2日(木) 1:00 〜 2:30');
  assert.equal(plain(rangeWords(start!, end, 'en', 'Europe/Berlin')), 'Wed, 1 April 2026 at 18:00 – 19:30');
  assert.match(plain(rangeWords(start!, end, 'ja', 'Asia/Kolkata')), /21:30 〜 23:00$/);
});
test('whole days and walls are the same everywhere', () => {
  const days = event('DTSTART;VALUE=DATE:20260503\r\nDTEND;VALUE=DATE:20260506');
  assert.equal(rangeWords(days.start!, days.end, 'ja', 'America/Los_Angeles'), '2026年5月3日(日) 〜 2026年5月5日(火)');
  const wall = event('DTSTART:20260503T090000');
  assert.match(rangeWords(wall.start!, wall.end, 'ja', 'America/Los_Angeles'), /9:00$/);
});

const rows: readonly (readonly [rule: string, ja: string, en: string])[] = [
  ['FREQ=DAILY', '毎日', 'Every day'],
  ['FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', '毎週の平日', 'Every week, Monday to Friday'],
  ['FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,FR;COUNT=6', '2 週間ごとの火曜日・金曜日、全 6 回', 'Every other week on Tuesday and Friday, 6 times'],
  ['FREQ=MONTHLY;BYDAY=2TU', '毎月の第 2 火曜日', 'Every month on the 2nd Tuesday'],
  ['FREQ=MONTHLY;BYDAY=-1FR', '毎月の最後の金曜日', 'Every month on the last Friday'],
  ['FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15,-1', '3 か月ごとの 15 日・末日', 'Every 3 months on the 15th and the last day'],
  [
    'FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=11;UNTIL=20300310T150000Z',
    '毎年の 3 月 11 日、2030年3月11日まで',
    'Every year on the 11th in March, until 11 March 2030',
  ],
  [
    'FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1',
    '毎月の月曜日・火曜日（ほかにも条件があります）',
    'Every month on Monday and Tuesday (with more conditions)',
  ],
];
for (const [rule, ja, en] of rows)
  test(rule, () => {
    const { repeats } = event(`DTSTART;TZID=Asia/Tokyo:20260401T100000\r\nRRULE:${rule}`);
    assert.deepEqual([repeatWords(repeats!, 'ja', 'Asia/Tokyo'), repeatWords(repeats!, 'en', 'Asia/Tokyo')], [ja, en]);
  });

test('a day that is another here is told as it is here', () => {
  const weekly = event('DTSTART;TZID=Europe/Berlin:20261201T180000\r\nRRULE:FREQ=WEEKLY;BYDAY=TU');
  assert.equal(repeatWords(weekly.repeats!, 'ja', 'Asia/Tokyo', weekly.start), '毎週の水曜日');
  assert.equal(repeatWords(weekly.repeats!, 'en', 'Europe/Berlin', weekly.start), 'Every week on Tuesday');
  const monthly = event('DTSTART;TZID=Asia/Tokyo:20261201T080000\r\nRRULE:FREQ=MONTHLY;BYMONTHDAY=1');
  assert.equal(
    repeatWords(monthly.repeats!, 'en', 'America/New_York', monthly.start),
    'Every month on the 1st (by the date where the organiser is)',
  );
});
