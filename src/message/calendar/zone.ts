// Wall-clock times of a calendar as moments: zones by their IANA name, by the name Windows gives them, else by what the letter itself says of the zone
// (RFC 5545 §3.6.5). Knows clocks; knows no event.
import type { ContentLine } from './lines.ts';

/** A time on somebody's wall, not yet a moment. */
export interface Wall {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Those that letters from Japan and its neighbours bring most; others are known by the letter's own VTIMEZONE. */
const windowsNames: Readonly<Record<string, string>> = {
  'Tokyo Standard Time': 'Asia/Tokyo',
  'Korea Standard Time': 'Asia/Seoul',
  'China Standard Time': 'Asia/Shanghai',
  'Taipei Standard Time': 'Asia/Taipei',
  'Singapore Standard Time': 'Asia/Singapore',
  'SE Asia Standard Time': 'Asia/Bangkok',
  'India Standard Time': 'Asia/Kolkata',
  'AUS Eastern Standard Time': 'Australia/Sydney',
  'GMT Standard Time': 'Europe/London',
  'W. Europe Standard Time': 'Europe/Berlin',
  'Romance Standard Time': 'Europe/Paris',
  'Central Europe Standard Time': 'Europe/Budapest',
  'Eastern Standard Time': 'America/New_York',
  'Central Standard Time': 'America/Chicago',
  'Mountain Standard Time': 'America/Denver',
  'Pacific Standard Time': 'America/Los_Angeles',
  UTC: 'UTC',
};

const formats = new Map<string, Intl.DateTimeFormat | null>();

function formatOf(zone: string): Intl.DateTimeFormat | null {
  let format = formats.get(zone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch {
      format = null;
    }
    if (formats.size < 200) formats.set(zone, format);
  }
  return format;
}

const utc = ({ year, month, day, hour, minute, second }: Wall): number => Date.UTC(year, month - 1, day, hour, minute, second);

function offsetAt(format: Intl.DateTimeFormat, at: number): number {
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(parts['year']!, parts['month']! - 1, parts['day'], parts['hour'], parts['minute'], parts['second']) - at;
}

/** Milliseconds since 1970; null when nobody knows the zone. In an hour that comes twice, the first (RFC 5545 §3.3.5). */
export function momentOf(wall: Wall, zone: string, own: OwnZones): number | null {
  const named = formatOf(zone) ?? formatOf(windowsNames[zone] ?? '') ?? formatOf(/[^/]+\/[^/]+$/.exec(zone)?.[0] ?? '');
  if (named !== null) {
    const guess = utc(wall);
    const before = guess - offsetAt(named, guess - 86_400_000);
    if (before + offsetAt(named, before) === guess) return before;
    return guess - offsetAt(named, guess - offsetAt(named, guess));
  }
  const rules = own.get(zone);
  if (rules === undefined || rules.length === 0) return null;
  return utc(wall) - offsetBy(rules, wall);
}

export interface ZoneRule {
  readonly start: Wall;
  readonly offset: number;
  /** Of the year, such as the second Sunday of March; null: from `start` on. */
  readonly yearly: { readonly month: number; readonly nth: number; readonly weekday: number } | null;
}
export type OwnZones = ReadonlyMap<string, readonly ZoneRule[]>;

const weekdays = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

/** RFC 5545 §3.6.5, as far as calendars write it: one or two observances, each from a day of every year on. */
export function readZones(lines: readonly ContentLine[]): OwnZones {
  const zones = new Map<string, ZoneRule[]>();
  let zone = '';
  let rule: { start: Wall | null; offset: number | null; yearly: ZoneRule['yearly'] } | null = null;
  for (const { name, value } of lines) {
    if (name === 'TZID') zone = value;
    else if (name === 'BEGIN' && (value === 'STANDARD' || value === 'DAYLIGHT')) rule = { start: null, offset: null, yearly: null };
    else if (name === 'END' && value === 'VTIMEZONE') zone = '';
    else if (rule === null) continue;
    else if (name === 'DTSTART') rule.start = readWall(value);
    else if (name === 'TZOFFSETTO') rule.offset = readOffset(value);
    else if (name === 'RRULE') rule.yearly = readYearly(value);
    else if (name === 'END') {
      const { start, offset, yearly } = rule;
      if (start !== null && offset !== null) zones.set(zone, [...(zones.get(zone) ?? []), { start, offset, yearly }].slice(0, 20));
      rule = null;
    }
  }
  return zones;
}

function readYearly(value: string): ZoneRule['yearly'] {
  const [, month] = /BYMONTH=(\d{1,2})/.exec(value) ?? [];
  const [, nth, day = ''] = /BYDAY=([+-]?\d)([A-Z]{2})/.exec(value) ?? [];
  const weekday = weekdays.indexOf(day);
  return month === undefined || nth === undefined || weekday < 0 ? null : { month: Number(month), nth: Number(nth), weekday };
}

function readOffset(value: string): number | null {
  const [, sign, hours, minutes, seconds = '0'] = /^([+-])(\d{2})(\d{2})(\d{2})?$/.exec(value) ?? [];
  if (sign === undefined) return null;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
}

/** The observance that began last before this time on the wall. */
function offsetBy(rules: readonly ZoneRule[], wall: Wall): number {
  const at = utc(wall);
  let [best, since] = [rules[0]!.offset, Number.NEGATIVE_INFINITY];
  for (const rule of rules)
    for (const year of rule.yearly === null ? [rule.start.year] : [wall.year - 1, wall.year]) {
      const from = rule.yearly === null ? utc(rule.start) : nthDay(year, rule.yearly) + (utc(rule.start) % 86_400_000);
      if (from <= at && from > since) [best, since] = [rule.offset, from];
    }
  return best;
}

function nthDay(year: number, { month, nth, weekday }: { month: number; nth: number; weekday: number }): number {
  const first = Date.UTC(year, month - 1, 1);
  const last = Date.UTC(year, month, 0);
  const day = 86_400_000;
  if (nth > 0) return first + (((weekday - new Date(first).getUTCDay() + 7) % 7) + (nth - 1) * 7) * day;
  return last - (((new Date(last).getUTCDay() - weekday + 7) % 7) + (-nth - 1) * 7) * day;
}

/** RFC 5545 §3.3.4, §3.3.5; null when it is neither a date nor a time. */
export function readWall(value: string): Wall | null {
  const found = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})Z?)?$/.exec(value.trim());
  if (found === null) return null;
  const [year, month, day, hour, minute, second] = found.slice(1).map((digits) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const isReal = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 && second <= 60;
  return isReal ? { year, month, day, hour, minute, second } : null;
}
