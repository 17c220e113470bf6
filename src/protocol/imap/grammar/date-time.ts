// INTERNALDATE as it stands in APPEND and FETCH (RFC 9051 §9 date-time). Knows the calendar.
import type { Cursor } from './cursor.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const form = /^([ 0-3]?\d)-([A-Za-z]{3})-(\d{4}) ([0-2]\d):([0-5]\d):([0-5]\d|60) ([+-])(\d\d)([0-5]\d)$/;

/** Milliseconds since 1970. @throws SyntaxTrouble for what is no date, such as 32-Feb-9999. */
export function parseDateTime(cursor: Cursor): number {
  const begin = cursor.at;
  const parts = form.exec(cursor.string());
  if (parts === null) return cursor.fail('a date is written as "17-Jul-1996 02:44:25 -0700"', begin);
  const [, day, monthName, year, hour, minute, second, sign, zoneHours, zoneMinutes] = parts as unknown as [string, ...string[]];
  const month = months.findIndex((name) => name.toUpperCase() === monthName!.toUpperCase());
  const local = Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second));
  const date = new Date(local);
  // Date.UTC takes the years 0 to 99 for 1900 to 1999, and rolls the 32nd over.
  if (month < 0 || Number(day) === 0 || Number(year) < 100 || Number(hour) > 23 || Number(zoneHours) > 23 || date.getUTCMonth() !== month)
    cursor.fail('there is no such date', begin);
  const zone = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000;
  return sign === '+' ? local - zone : local + zone;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

/** RFC 9051 §9 (date-time) in universal time, quotes included. */
export function formatDateTime(at: number): string {
  const date = new Date(at);
  const day = date.getUTCDate();
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `"${day < 10 ? ' ' : ''}${day}-${months[date.getUTCMonth()]}-${`${date.getUTCFullYear()}`.padStart(4, '0')} ${time} +0000"`;
}
