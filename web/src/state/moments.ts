// Until when a letter can be put off with one press. Knows clocks and calendars of the device; knows no letter.

export type MomentName = 'laterToday' | 'tonight' | 'tomorrow' | 'weekend' | 'nextWeek' | 'nextMonth';
export interface Moment {
  readonly name: MomentName;
  readonly at: Date;
}

const morning = 8;
const evening = 19;

/** Those that make sense now, the nearest first. */
export function momentsFrom(now: Date): readonly Moment[] {
  const day = (ahead: number, hour: number): Date => new Date(now.getFullYear(), now.getMonth(), now.getDate() + ahead, hour);
  const weekday = now.getDay();
  const later = new Date(now.getFullYear(), now.getMonth(), now.getDate(), now.getHours() + 3);
  const moments: Moment[] = [];
  if (later.getDate() === now.getDate() && later.getHours() < evening) moments.push({ name: 'laterToday', at: later });
  if (now.getHours() < evening - 1) moments.push({ name: 'tonight', at: day(0, evening) });
  moments.push({ name: 'tomorrow', at: day(1, morning) });
  // Saturday; on Friday that is tomorrow, and within the weekend it is over.
  if (weekday > 0 && weekday < 5) moments.push({ name: 'weekend', at: day(6 - weekday, morning) });
  // Monday; on Sunday that is tomorrow.
  if (weekday !== 0) moments.push({ name: 'nextWeek', at: day(8 - weekday, morning) });
  moments.push({ name: 'nextMonth', at: new Date(now.getFullYear(), now.getMonth() + 1, Math.min(now.getDate(), 28), morning) });
  return moments;
}
