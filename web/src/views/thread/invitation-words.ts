// An invitation's times and how it repeats, in words, in the person's language and time zone. Knows Intl and the values of src/message/calendar; draws
// nothing.
import type { EventTime, Repeats } from '../../../../src/message/calendar/invitation.ts';

type Language = 'ja' | 'en';

const tags = { ja: 'ja-JP', en: 'en-GB' } as const;
const dayNames = {
  ja: { MO: '月', TU: '火', WE: '水', TH: '木', FR: '金', SA: '土', SU: '日' },
  en: { MO: 'Monday', TU: 'Tuesday', WE: 'Wednesday', TH: 'Thursday', FR: 'Friday', SA: 'Saturday', SU: 'Sunday' },
} as const;

/** A date and a time as one counts. Walls and whole days are the same everywhere: they are told as UTC. */
function instant(time: EventTime): { readonly at: number; readonly timeZone: string | undefined; readonly hasTime: boolean } {
  if (time.kind === 'day') return { at: Date.parse(time.day), timeZone: 'UTC', hasTime: false };
  if (time.kind === 'moment') return { at: time.at, timeZone: undefined, hasTime: true };
  const { year, month, day, hour, minute, second } = time.wall;
  return { at: Date.UTC(year, month - 1, day, hour, minute, second), timeZone: 'UTC', hasTime: true };
}

/** `timeZone`: the person's. */
export function rangeWords(start: EventTime, end: EventTime | null, language: Language, timeZone: string): string {
  const from = instant(start);
  const to = end === null ? null : instant(end);
  const date = { year: 'numeric', month: 'long', day: 'numeric', weekday: 'short' } as const;
  const time = { hour: 'numeric', minute: '2-digit' } as const;
  const format = (options: Intl.DateTimeFormatOptions, of: { readonly timeZone: string | undefined }): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(tags[language], { ...options, timeZone: of.timeZone ?? timeZone });
  const whole = format({ ...date, ...(from.hasTime ? time : {}) }, from).format(from.at);
  if (to === null || to.at === from.at) return whole;
  const day = (one: typeof from): string => format({ dateStyle: 'short' }, one).format(one.at);
  const till = format(day(from) === day(to) ? time : { ...date, ...(to.hasTime ? time : {}) }, to).format(to.at);
  return language === 'ja' ? `${whole} 〜 ${till}` : `${whole} – ${till}`;
}

const week = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

/** `start`: what repeats is said of the place where that clock hangs; a day that is another here is told as it is here, as far as it can be. */
export function repeatWords(repeats: Repeats, language: Language, timeZone: string, start: EventTime | null = null): string {
  const shift = start?.kind === 'moment' ? shiftOf(start, timeZone) : 0;
  const isPlain = repeats.every === 'WEEKLY' && repeats.days.every(({ nth }) => nth === 0);
  const here =
    isPlain && shift !== 0
      ? { ...repeats, days: repeats.days.map(({ day }) => ({ nth: 0, day: week[(week.indexOf(day) + shift) % 7]! })) }
      : repeats;
  const said = language === 'ja' ? repeatJa(here, timeZone) : repeatEn(here, timeZone);
  const isElsewhere = shift !== 0 && !isPlain && repeats.days.length + repeats.monthDays.length > 0;
  return isElsewhere ? `${said}${{ ja: '（主催者の土地の日付で）', en: ' (by the date where the organiser is)' }[language]}` : said;
}

/** Days from there to here, as 0 to 6. */
function shiftOf({ at, weekday }: Extract<EventTime, { kind: 'moment' }>, timeZone: string): number {
  const here = new Intl.DateTimeFormat('en-US', { weekday: 'short', timeZone }).format(at).slice(0, 2).toUpperCase();
  return (week.indexOf(here) - weekday + 7) % 7;
}

function untilWords({ until }: Repeats, language: Language, timeZone: string): string {
  if (until === null) return '';
  const { at, timeZone: own } = instant(until);
  return new Intl.DateTimeFormat(tags[language], { dateStyle: 'long', timeZone: own ?? timeZone }).format(at);
}

function repeatJa(repeats: Repeats, timeZone: string): string {
  const { every, interval, days, monthDays, months, count, other } = repeats;
  const unit = { DAILY: '日', WEEKLY: '週', MONTHLY: '月', YEARLY: '年' }[every];
  const rhythm = interval === 1 ? `毎${unit}` : `${interval} ${{ DAILY: '日', WEEKLY: '週間', MONTHLY: 'か月', YEARLY: '年' }[every]}ごと`;
  const named = days.map(({ nth, day }) => {
    const name = `${dayNames.ja[day as keyof typeof dayNames.ja]}曜日`;
    return nth === 0 ? name : nth === -1 ? `最後の${name}` : nth < 0 ? `終わりから ${-nth} 番目の${name}` : `第 ${nth} ${name}`;
  });
  const dates = monthDays.map((date) => (date === -1 ? '末日' : date < 0 ? `終わりから ${-date} 日目` : `${date} 日`));
  const isWorkdays =
    every === 'WEEKLY' &&
    interval === 1 &&
    days
      .map(({ day }) => day)
      .toSorted()
      .join() === 'FR,MO,TH,TU,WE';
  const inMonths = months.map((month) => `${month} 月`).join('・');
  const which = isWorkdays ? '平日' : [inMonths, [...dates, ...named].join('・')].filter((part) => part !== '').join(' ');
  const till = untilWords(repeats, 'ja', timeZone);
  const end = count !== null ? `、全 ${count} 回` : till === '' ? '' : `、${till}まで`;
  const mark = which === '' ? '' : /^\d/.test(which) ? `の ${which}` : `の${which}`;
  return `${rhythm}${mark}${end}${other ? '（ほかにも条件があります）' : ''}`;
}

function repeatEn(repeats: Repeats, timeZone: string): string {
  const { every, interval, days, monthDays, months, count, other } = repeats;
  const unit = { DAILY: 'day', WEEKLY: 'week', MONTHLY: 'month', YEARLY: 'year' }[every];
  const rhythm = interval === 1 ? `Every ${unit}` : interval === 2 ? `Every other ${unit}` : `Every ${interval} ${unit}s`;
  const ordinal = (number: number): string => {
    const own = Math.abs(number);
    const ending = { one: 'st', two: 'nd', few: 'rd', other: 'th', zero: 'th', many: 'th' }[
      new Intl.PluralRules('en', { type: 'ordinal' }).select(own)
    ];
    return number === -1 ? 'last' : number < 0 ? `${own}${ending} to last` : `${own}${ending}`;
  };
  const named = days.map(({ nth, day }) => {
    const name = dayNames.en[day as keyof typeof dayNames.en];
    return nth === 0 ? name : `the ${ordinal(nth)} ${name}`;
  });
  const dates = monthDays.map((date) => `the ${ordinal(date)}${date === -1 ? ' day' : ''}`);
  const list = new Intl.ListFormat('en', { type: 'conjunction' });
  const isWorkdays =
    every === 'WEEKLY' &&
    interval === 1 &&
    days
      .map(({ day }) => day)
      .toSorted()
      .join() === 'FR,MO,TH,TU,WE';
  const on = [...dates, ...named];
  const which = isWorkdays ? ', Monday to Friday' : on.length > 0 ? ` on ${list.format(on)}` : '';
  const when =
    months.length > 0
      ? ` in ${list.format(months.map((month) => new Intl.DateTimeFormat('en-GB', { month: 'long', timeZone: 'UTC' }).format(Date.UTC(2000, month - 1, 1))))}`
      : '';
  const till = untilWords(repeats, 'en', timeZone);
  const end = count !== null ? `, ${count} times` : till === '' ? '' : `, until ${till}`;
  return `${rhythm}${which}${when}${end}${other ? ' (with more conditions)' : ''}`;
}
