// Moments for people, by Intl, in the language of the app and the time zone of the device. Knows how near a moment is; knows no letters.
import { settings } from '../state/settings.svelte.ts';
import { t } from './texts.ts';

/** Made once for each language and form: making one takes longer than formatting a screen with it. */
const made = new Map<string, Intl.DateTimeFormat>();
function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = settings.language + JSON.stringify(options);
  let formatter = made.get(key);
  if (!formatter) made.set(key, (formatter = new Intl.DateTimeFormat(locale(), options)));
  return formatter;
}
const numbers = new Map<string, Intl.NumberFormat>();
function numberFormat(): Intl.NumberFormat {
  let formatter = numbers.get(locale());
  if (!formatter) numbers.set(locale(), (formatter = new Intl.NumberFormat(locale())));
  return formatter;
}
function locale(): string {
  return settings.language === 'ja' ? 'ja-JP' : 'en-GB';
}

function daysAgo(date: Date, now: Date): number {
  const midnight = (of: Date): number => new Date(of.getFullYear(), of.getMonth(), of.getDate()).getTime();
  return Math.round((midnight(now) - midnight(date)) / 86_400_000);
}

/** For a row: the time today, "yesterday", the weekday within a week, then day and month, then the year too. */
export function shortDate(iso: string, now: Date = new Date()): string {
  const date = new Date(iso);
  const days = daysAgo(date, now);
  if (days === 0) return format({ hour: 'numeric', minute: '2-digit' }).format(date);
  if (days === 1) return t.yesterday;
  if (days > 1 && days < 7) return format({ weekday: 'short' }).format(date);
  if (date.getFullYear() === now.getFullYear()) return format({ day: 'numeric', month: 'short' }).format(date);
  return format({ year: 'numeric', month: 'numeric', day: 'numeric' }).format(date);
}

/** For a letter: all of it. */
export function longDate(iso: string): string {
  return format({ year: 'numeric', month: 'short', day: 'numeric', weekday: 'short', hour: 'numeric', minute: '2-digit' }).format(
    new Date(iso),
  );
}

/** A moment of the next days, without its year. */
export function soonDate(iso: string): string {
  return format({ month: 'short', day: 'numeric', weekday: 'short', hour: 'numeric', minute: '2-digit' }).format(new Date(iso));
}

/** A moment to come: the time today, else with the day. */
export function moment(date: Date, now: Date = new Date()): string {
  const time = { hour: 'numeric', minute: '2-digit' } as const;
  const days = -daysAgo(date, now);
  if (days === 0) return format(time).format(date);
  const day: Intl.DateTimeFormatOptions =
    days > 0 && days < 7
      ? { weekday: settings.language === 'ja' ? 'long' : 'short' }
      : { ...(date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' as const }), day: 'numeric', month: 'short' };
  return `${format(day).format(date)} ${format(time).format(date)}`;
}

export function count(number: number): string {
  return numberFormat().format(number);
}

/** 0 to 1; whole percents, never more than there are. */
export function percent(part: number): string {
  const whole = Math.floor(Math.min(1, Math.max(0, part)) * 100) / 100;
  return new Intl.NumberFormat(settings.language === 'ja' ? 'ja-JP' : 'en-GB', { style: 'percent' }).format(whole);
}

/** Octets as people count them. */
export function size(octets: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  const step = octets < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(octets) / 3));
  const number = octets / 1000 ** step;
  return new Intl.NumberFormat(locale(), {
    style: 'unit',
    unit: units[step]!,
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: number < 10 && step > 0 ? 1 : 0,
  }).format(number);
}

/** A year, a month of it, or a day. */
export function calendarDay({
  year,
  month,
  day,
}: {
  readonly year: number;
  readonly month: number | null;
  readonly day: number | null;
}): string {
  const date = new Date(year, (month ?? 1) - 1, day ?? 1);
  if (month === null) return format({ year: 'numeric' }).format(date);
  if (day === null) return format({ year: 'numeric', month: 'long' }).format(date);
  return format({ year: 'numeric', month: 'short', day: 'numeric' }).format(date);
}
