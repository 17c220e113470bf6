// An invitation as a person reads it: what, when, where, by whom, who is asked. Knows RFC 5545's events and RFC 5546's methods; writes no sentence
// and answers nobody. Never throws: what cannot be read is not there.
import { contentLines, textValue, type ContentLine } from './lines.ts';
import { momentOf, readWall, readZones, type OwnZones, type Wall } from './zone.ts';

export interface Invitation {
  /** RFC 5546 §1.4, such as `REQUEST`, `CANCEL`, `REPLY`; `PUBLISH` where none is said. */
  readonly method: string;
  readonly events: readonly CalendarEvent[];
}

/** `weekday`: where its clock hangs, 0 for Sunday: what repeats is said of that place. `day`: a whole day, `YYYY-MM-DD`. `moment`: milliseconds. `wall`: a time without a zone, the same on every wall (`floating`), or of a zone nobody knows. */
export type EventTime =
  | { readonly kind: 'day'; readonly day: string }
  | { readonly kind: 'moment'; readonly at: number; readonly zone: string | null; readonly weekday: number }
  | { readonly kind: 'wall'; readonly wall: Wall; readonly zone: string | null };

export interface CalendarPerson {
  readonly name: string;
  readonly email: string;
  /** RFC 5545 §3.2.12, such as `ACCEPTED`; empty where nothing is said. */
  readonly answer: string;
}

export interface CalendarEvent {
  readonly uid: string;
  readonly title: string;
  readonly place: string;
  readonly description: string;
  readonly start: EventTime | null;
  /** Of whole days: the last day itself, not the one after. */
  readonly end: EventTime | null;
  readonly organiser: CalendarPerson | null;
  readonly people: readonly CalendarPerson[];
  readonly isCancelled: boolean;
  readonly repeats: Repeats | null;
  /** A page, such as that of a video call; http and https only. */
  readonly url: string | null;
}

/** RFC 5545 §3.3.10. What we do not put into words stands in `other`. */
export interface Repeats {
  readonly every: 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY';
  readonly interval: number;
  readonly days: readonly { readonly nth: number; readonly day: string }[];
  readonly monthDays: readonly number[];
  readonly months: readonly number[];
  readonly count: number | null;
  readonly until: EventTime | null;
  readonly other: boolean;
}

const mostEvents = 50;
const mostPeople = 500;
const day = 86_400_000;

/** Null: no calendar, or nothing in it that takes place. */
export function readInvitation(text: string): Invitation | null {
  const lines = contentLines(text);
  if (!lines.some(({ name, value }) => name === 'BEGIN' && value.toUpperCase() === 'VCALENDAR')) return null;
  const zones = readZones(lines);
  let method = 'PUBLISH';
  const events: CalendarEvent[] = [];
  const path: string[] = [];
  let own: ContentLine[] = [];
  for (const line of lines) {
    const value = line.value.toUpperCase().trim();
    if (line.name === 'BEGIN') {
      path.push(value);
      if (value === 'VEVENT') own = [];
    } else if (line.name === 'END') {
      const ended = path.pop();
      if (ended === 'VEVENT' && events.length < mostEvents) events.push(readEvent(own, zones));
    } else if (path.at(-1) === 'VEVENT') own.push(line);
    else if (path.length === 1 && line.name === 'METHOD') method = value;
  }
  return events.length === 0 ? null : { method, events };
}

function readEvent(lines: readonly ContentLine[], zones: OwnZones): CalendarEvent {
  const first = (name: string): ContentLine | undefined => lines.find((line) => line.name === name);
  const text = (name: string): string => textValue(first(name)?.value ?? '').trim();
  const start = readTime(first('DTSTART'), zones);
  const organiser = first('ORGANIZER');
  const url = text('URL') || text('X-GOOGLE-CONFERENCE') || text('X-MICROSOFT-SKYPETEAMSMEETINGURL');
  return {
    uid: text('UID'),
    title: text('SUMMARY'),
    place: text('LOCATION'),
    description: text('DESCRIPTION'),
    start,
    end: endOf(start, first('DTEND'), text('DURATION'), zones),
    organiser: organiser === undefined ? null : readPerson(organiser),
    people: lines
      .filter(({ name }) => name === 'ATTENDEE')
      .slice(0, mostPeople)
      .map(readPerson),
    isCancelled: text('STATUS').toUpperCase() === 'CANCELLED',
    repeats: readRepeats(first('RRULE')?.value ?? '', first('DTSTART'), zones),
    url: /^https?:\/\//i.test(url) && URL.canParse(url) ? url : null,
  };
}

function readPerson({ value, parameters }: ContentLine): CalendarPerson {
  return {
    name: (parameters['CN'] ?? '').trim(),
    email: value.replace(/^mailto:/i, '').trim(),
    answer: (parameters['PARTSTAT'] ?? '').toUpperCase(),
  };
}

function readTime(line: ContentLine | undefined, zones: OwnZones): EventTime | null {
  const wall = line === undefined ? null : readWall(line.value);
  if (line === undefined || wall === null) return null;
  const weekday = new Date(Date.UTC(wall.year, wall.month - 1, wall.day)).getUTCDay();
  if (!line.value.includes('T')) return { kind: 'day', day: dayText(Date.UTC(wall.year, wall.month - 1, wall.day)) };
  if (line.value.trim().endsWith('Z')) return { kind: 'moment', at: momentOf(wall, 'UTC', zones)!, zone: 'UTC', weekday };
  const zone = line.parameters['TZID'] ?? null;
  const at = zone === null ? null : momentOf(wall, zone, zones);
  return at === null ? { kind: 'wall', wall, zone } : { kind: 'moment', at, zone, weekday };
}

function dayText(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** RFC 5545 §3.6.1: DTEND is not part of it; without one, DURATION; else the day itself, or no time at all. */
function endOf(start: EventTime | null, line: ContentLine | undefined, duration: string, zones: OwnZones): EventTime | null {
  const end = readTime(line, zones);
  if (start?.kind === 'day') {
    const from = Date.parse(start.day);
    const to = end?.kind === 'day' ? Date.parse(end.day) - day : from + (durationOf(duration) || day) - day;
    return { kind: 'day', day: dayText(Math.max(from, to)) };
  }
  if (end !== null) return end;
  const lasts = durationOf(duration);
  if (lasts === 0 || start === null) return null;
  if (start.kind === 'moment') return { ...start, at: start.at + lasts };
  const { year, month, day: date, hour, minute, second } = start.wall;
  return {
    ...start,
    wall: readWall(new Date(Date.UTC(year, month - 1, date, hour, minute, second) + lasts).toISOString().replaceAll(/[-:]|\.\d+Z$/g, ''))!,
  };
}

/** RFC 5545 §3.3.6, in milliseconds; 0 for what is none. */
function durationOf(value: string): number {
  const found = /^\+?P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?$/.exec(value);
  if (found === null) return 0;
  const [weeks, days, hours, minutes, seconds] = found.slice(1).map((digits) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return ((weeks * 7 + days) * 86_400 + hours * 3600 + minutes * 60 + seconds) * 1000;
}

const frequencies = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const;

function readRepeats(value: string, start: ContentLine | undefined, zones: OwnZones): Repeats | null {
  const parts = new Map(value.split(';').map((part) => part.split('=', 2) as [string, string | undefined]));
  const every = frequencies.find((name) => name === parts.get('FREQ'));
  if (every === undefined) return null;
  const list = (name: string): string[] => (parts.get(name) ?? '').split(',').filter((item) => item !== '');
  const until = parts.get('UNTIL');
  const known = new Set(['FREQ', 'INTERVAL', 'BYDAY', 'BYMONTHDAY', 'BYMONTH', 'COUNT', 'UNTIL', 'WKST']);
  const days = list('BYDAY').flatMap((item) => {
    const [, nth = '', name] = /^([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)$/.exec(item) ?? [];
    return name === undefined ? [] : [{ nth: Number(nth || 0), day: name }];
  });
  return {
    every,
    interval: Math.max(1, Number(parts.get('INTERVAL') ?? 1) || 1),
    days,
    monthDays: list('BYMONTHDAY').map(Number).filter(Number.isInteger),
    months: list('BYMONTH')
      .map(Number)
      .filter((month) => month >= 1 && month <= 12),
    count: Number(parts.get('COUNT')) || null,
    until: until === undefined ? null : readTime({ name: 'UNTIL', parameters: start?.parameters ?? {}, value: until }, zones),
    other: [...parts.keys()].some((name) => !known.has(name)),
  };
}
