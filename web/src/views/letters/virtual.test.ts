import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bySlot, heightOf, offsetOf, scrollTo, slotsOf, spanOf, topOf } from './virtual.ts';

suite('virtual list', () => {
  test('100,000 rows have their true height and place', () => {
    assert.equal(heightOf(100_000, 76), 7_600_000);
    assert.deepEqual(spanOf(76 * 50_000, 760, 100_000, 76, 5), { start: 49_995, end: 50_016 });
    assert.equal(topOf(50_000, 76 * 50_000, 760, 100_000, 76), 3_800_000);
  });
  test('the end is reached, in true height and in scaled', () => {
    for (const total of [100_000, 400_000]) {
      const height = heightOf(total, 76);
      const { end } = spanOf(height - 760, 760, total, 76, 0);
      assert.equal(end, total);
      const last = topOf(total - 1, height - 760, 760, total, 76);
      assert.ok(Math.abs(last + 76 - height) < 1, `${last}`);
    }
  });
  test('wherever one scrolls, slots keep their order and none is needed twice', () => {
    const slots = slotsOf(760, 76, 5);
    for (const total of [3, 40, 100_000])
      for (const scroll of [0, 1, 77, 500, 76 * 20, 76 * 50_000 + 33, 76 * 99_000]) {
        const span = spanOf(Math.min(scroll, Math.max(0, total * 76 - 760)), 760, total, 76, 5);
        const positions = bySlot(span, slots);
        const used = positions.map((at) => at % slots);
        assert.deepEqual(
          used,
          [...new Set(used)].toSorted((a, b) => a - b),
        );
        assert.deepEqual(
          positions.toSorted((a, b) => a - b),
          Array.from({ length: span.end - span.start }, (_, index) => span.start + index),
        );
      }
  });
  const rows: readonly (readonly [at: number, scroll: number, wanted: number])[] = [
    [0, 500, 0],
    [10, 760, 760],
    [25, 760, 26 * 76 - 760],
  ];
  for (const [at, scroll, wanted] of rows)
    test(`row ${at} from ${scroll}`, () => assert.equal(scrollTo(at, scroll, 760, 1000, 76), wanted));
  test('a scaled list brings a row into sight', () => {
    const scroll = scrollTo(300_000, 0, 760, 400_000, 76);
    const offset = offsetOf(scroll, 760, 400_000, 76);
    assert.ok(300_000 * 76 >= offset - 1 && 300_001 * 76 <= offset + 761);
  });
});
