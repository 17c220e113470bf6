// SENTBEFORE, SENTON, SENTSINCE (RFC 9051 §6.4.4): by the day that the Date field names, "disregarding time and timezone". Knows the facts of a letter.
import { parseSentDate } from '../../../message/header/date.ts';
import type { Day } from '../grammar/search-keys.ts';
import { searchBudget, type Search } from './evaluate.ts';

const dayLength = 86_400_000;
/** The day in the sender's zone and the day in UTC are at most one apart; zones that nobody has may be wrong. */
const zoneReach = dayLength;
const batch = 1000;

export async function findBySentDate(
  { context, columns, turns }: Search,
  how: 'before' | 'on' | 'since',
  day: Day,
  among: Uint32Array,
): Promise<Uint32Array> {
  const kept = new Uint32Array(among.length);
  let count = 0;
  const begin = day * dayLength;
  const matches = (sentDay: Day): boolean => (how === 'before' ? sentDay < day : how === 'on' ? sentDay === day : sentDay >= day);
  for (let from = 0; from < among.length; from += batch) {
    const at = among.subarray(from, from + batch);
    const messages = at.map((position) => columns.messages[position]!);
    const { sentAt } = await context.parts.store.readFacts(context.account, messages, ['sentAt']);
    // Only near midnight of the day asked for does the zone matter: there the Date field itself is asked.
    const near: number[] = [];
    for (let i = 0; i < at.length; i++) {
      const time = sentAt[i];
      if (time != null && time >= begin - zoneReach && time < begin + dayLength + zoneReach) near.push(i);
    }
    const written = new Map<number, Day>();
    if (near.length > 0) {
      const { envelope } = await context.parts.store.readFacts(
        context.account,
        Uint32Array.from(near, (i) => messages[i]!),
        ['envelope'],
      );
      near.forEach((i, k) => {
        const zoned = dayOfEnvelope(envelope[k] ?? '');
        if (zoned !== null) written.set(i, zoned);
      });
    }
    for (let i = 0; i < at.length; i++) {
      const time = sentAt[i];
      if (time != null && matches(written.get(i) ?? Math.floor(time / dayLength))) kept[count++] = at[i]!;
    }
    turns.checkBudget(searchBudget);
    if (turns.due) await turns.pause();
  }
  return kept.subarray(0, count);
}

/** The day of the first string of an ENVELOPE, which is the Date field as it was written (RFC 9051 §7.5.2). */
function dayOfEnvelope(envelope: string): Day | null {
  const text = /^\("((?:[^"\\]|\\.)*)"/.exec(envelope)?.[1];
  const date = text === undefined ? null : parseSentDate(text.replace(/\\(.)/g, '$1'));
  return date === null ? null : Math.floor((date.time + date.zone * 60_000) / dayLength);
}
