// The moments to put a letter off to, in a table of days and hours.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { momentsFrom } from './moments.ts';

test('what makes sense depends on the day and the hour', () => {
  const rows: readonly (readonly [now: Date, names: string, second: Date])[] = [
    [new Date(2026, 10, 25, 9, 20), 'laterToday tonight tomorrow weekend nextWeek nextMonth', new Date(2026, 10, 25, 19)],
    [new Date(2026, 10, 25, 17, 0), 'tonight tomorrow weekend nextWeek nextMonth', new Date(2026, 10, 26, 8)],
    [new Date(2026, 10, 25, 22, 0), 'tomorrow weekend nextWeek nextMonth', new Date(2026, 10, 28, 8)],
    [new Date(2026, 10, 27, 22, 0), 'tomorrow nextWeek nextMonth', new Date(2026, 10, 30, 8)],
    [new Date(2026, 10, 28, 9, 0), 'laterToday tonight tomorrow nextWeek nextMonth', new Date(2026, 10, 28, 19)],
    [new Date(2026, 10, 29, 20, 0), 'tomorrow nextMonth', new Date(2026, 11, 28, 8)],
  ];
  for (const [now, names, second] of rows) {
    const moments = momentsFrom(now);
    assert.equal(moments.map(({ name }) => name).join(' '), names, String(now));
    assert.deepEqual(moments[1]?.at, second);
    assert.ok(
      moments.every(({ at }, index) => at > now && (index === 0 || at > moments[index - 1]!.at)),
      String(now),
    );
  }
});
