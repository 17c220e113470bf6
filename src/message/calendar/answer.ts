// The answer to an invitation, as calendars take it (RFC 5546 §3.2.3): the event named as it was, and one person's yes, perhaps or no. Knows
// iCalendar; sends nothing.
import { folded, unfolded } from './lines.ts';

export interface InvitationAnswer {
  /** RFC 5545 §3.2.12. */
  readonly answer: 'ACCEPTED' | 'TENTATIVE' | 'DECLINED';
  readonly email: string;
  readonly name: string;
  /** When the answer is given, in milliseconds. */
  readonly at: number;
}

/** What tells the organiser which event is meant; SEQUENCE and RECURRENCE-ID say which state and which of several it was. */
const named = /^(?:UID|SEQUENCE|RECURRENCE-ID|ORGANIZER|SUMMARY|DTSTART|DTEND|DURATION)[;:]/i;

/** Null: nothing in it that could be answered. The first event is; it comes before its exceptions. */
export function formatAnswer(invitation: string, { answer, email, name, at }: InvitationAnswer): string | null {
  const zones: string[] = [];
  const own: string[] = [];
  const path: string[] = [];
  let events = 0;
  for (const line of unfolded(invitation)) {
    const [, mark = '', what = ''] = /^(BEGIN|END):(.+?)\s*$/i.exec(line) ?? [];
    if (mark.toUpperCase() === 'BEGIN') {
      path.push(what.toUpperCase());
      if (path.at(-1) === 'VEVENT') events++;
    }
    if (path[1] === 'VTIMEZONE') zones.push(line);
    else if (path.length === 2 && path[1] === 'VEVENT' && events === 1 && named.test(line)) own.push(line);
    if (mark.toUpperCase() === 'END') path.pop();
  }
  const has = (field: string): boolean => own.some((line) => new RegExp(`^${field}[;:]`, 'i').test(line));
  if (!has('UID') || !has('ORGANIZER')) return null;
  const stamp = `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const common = name === '' ? '' : `;CN="${parameter(name)}"`;
  return [
    'BEGIN:VCALENDAR',
    'PRODID:-//Tayori//Tayori//EN',
    'VERSION:2.0',
    'METHOD:REPLY',
    ...(own.some((line) => /;TZID=/i.test(line)) ? zones : []),
    'BEGIN:VEVENT',
    ...own,
    `DTSTAMP:${stamp}`,
    `ATTENDEE;PARTSTAT=${answer}${common}:mailto:${email.replaceAll(/[\s\r\n]/g, '')}`,
    'END:VEVENT',
    'END:VCALENDAR',
  ]
    .map(folded)
    .join('');
}

/** RFC 6868 for what a parameter cannot hold by itself; other controls have no place in a name. */
function parameter(name: string): string {
  return (
    name
      .slice(0, 200)
      .toWellFormed()
      .replaceAll('^', '^^')
      .replaceAll('"', "^'")
      // eslint-disable-next-line no-control-regex
      .replaceAll(/[\x00-\x1F\x7F]/g, ' ')
  );
}
