// What chips say, in the person's language.
import { calendarDay, size } from '../../texts/dates.ts';
import { o } from '../../texts/order.ts';
import { t } from '../../texts/texts.ts';
import type { ChipWords } from './chips.ts';

export function chipWords(): ChipWords {
  const spans = { day: o.days, week: o.weeks, month: o.months, year: o.years };
  return {
    from: o.chipFrom, to: o.chipTo, subject: o.chipSubject, body: o.chipBody, in: o.chipIn,
    before: o.chipBefore, after: o.chipAfter, older: o.chipOlder, newer: o.chipNewer, on: o.chipOn,
    larger: o.chipLarger, smaller: o.chipSmaller, not: o.chipNot, attachment: o.withAttachment,
    states: { unread: t.unread, read: o.read, starred: t.starred, answered: o.answered, draft: t.draft },
    date: (value) => ('back' in value ? (value.back === 0 ? t.today : value.back === 1 && value.unit === 'day' ? t.yesterday : spans[value.unit](value.back)) : calendarDay(value)),
    size,
  }; // prettier-ignore
}
