// How long a key press takes in the editor of letters, by Chromium's own trace: the work of the page's main thread from the key to the frame. Knows the
// DevTools protocol; for the tests and for `npm run bench`.
import type { CDPSession, Page } from 'playwright-core';

export interface Typing {
  /** Milliseconds of work in the page for one key press (its handlers, layout, painting), of 95 in 100. */
  readonly worked: number;
  /** Milliseconds from the key to the end of the frame that shows it, half of all and 95 in 100. */
  readonly p50: number;
  readonly p95: number;
  readonly keys: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  /** What the thread itself worked of it, which a busy machine does not lengthen. */
  readonly tdur?: number;
  readonly tid: number;
  readonly pid: number;
  readonly args?: { readonly data?: { readonly type?: string } };
}

const worked = new Set([
  'EventDispatch',
  'Layout',
  'UpdateLayoutTree',
  'PrePaint',
  'Paint',
  'Layerize',
  'Commit',
  'FireAnimationFrame',
  'TimerFire',
  'RunMicrotasks',
]);

/** Types into what `selector` names; each key waits for the frame of the one before. */
export async function measureTyping(page: Page, selector: string, keys: number): Promise<Typing> {
  await page.click(selector);
  // Once over everything that is made at the first key.
  await page.keyboard.type('warming up ', { delay: 5 });
  const session = await page.context().newCDPSession(page);
  const events = await traced(session, async () => {
    for (let key = 0; key < keys; key++) {
      await page.keyboard.press('ashikagatunomeri'[key % 16]!);
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
    }
  });
  await session.detach();
  const main = events.filter(({ ph }) => ph === 'X').toSorted((a, b) => a.ts - b.ts);
  const presses = main.filter(({ name, args }) => name === 'EventDispatch' && args?.data?.type === 'keydown');
  const works: number[] = [];
  const frames: number[] = [];
  for (const [index, press] of presses.entries()) {
    const until = presses[index + 1]?.ts ?? press.ts + 200_000;
    const mine = main.filter(
      ({ tid, pid, ts, name }) => tid === press.tid && pid === press.pid && ts >= press.ts && ts < until && worked.has(name),
    );
    // What lies within another is counted once.
    let end = 0;
    let sum = 0;
    for (const { ts, dur = 0, tdur = dur } of mine) {
      if (ts < end) continue;
      sum += tdur;
      end = ts + dur;
    }
    works.push(sum / 1000);
    const paint =
      mine.find(({ name, ts }) => name === 'Paint' && ts > press.ts) ?? mine.find(({ name }) => name === 'Commit' || name === 'Layerize');
    if (paint) frames.push((paint.ts + (paint.dur ?? 0) - press.ts) / 1000);
  }
  return { worked: at(works, 0.95), p50: at(frames, 0.5), p95: at(frames, 0.95), keys: presses.length };
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
}

async function traced(session: CDPSession, run: () => Promise<void>): Promise<readonly TraceEvent[]> {
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const ended = new Promise<void>((resolve) => session.once('Tracing.tracingComplete', () => resolve()));
  await session.send('Tracing.start', { traceConfig: { includedCategories: ['devtools.timeline'] }, transferMode: 'ReportEvents' });
  await run();
  await session.send('Tracing.end');
  await ended;
  return events;
}
