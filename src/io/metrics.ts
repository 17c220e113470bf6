// The numbers that operators look at, as they are gathered: a map and an addition, for counting lies on the hot path. Knows names and
// labels; knows nothing of what is counted, nor who reads (metrics-listener.ts).
import type { Labels, Meter } from '../base/meter.ts';

/** A stranger's words never make a label set of their own beyond so many: the rest is counted together. */
const labelSetsMax = 500;

const secondsBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const octetsBuckets = [1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];

interface Counted {
  readonly labels: Labels;
  value: number;
}

interface Observed {
  readonly labels: Labels;
  /** One per bound and one above all; not yet summed up. */
  readonly counts: Float64Array;
  sum: number;
}

export interface Sample {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly { readonly metricName: string; readonly labels: Labels; readonly value: number }[];
}

export class Metrics implements Meter {
  readonly #counters = new Map<string, Map<string, Counted>>();
  readonly #histograms = new Map<string, Map<string, Observed>>();
  readonly #gauges = new Map<string, () => number>();

  count(name: string, labels: Labels = noLabels, by = 1): void {
    const rows = rowsOf(this.#counters, name);
    const counted = rowOf(rows, labels, newCounted);
    counted.value += by;
  }

  observe(name: string, value: number, labels: Labels = noLabels): void {
    const bounds = boundsOf(name);
    const observed = rowOf(rowsOf(this.#histograms, name), labels, newObserved);
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    observed.counts[bucket]!++;
    observed.sum += value;
  }

  gauge(name: string, read: () => number): void {
    this.#gauges.set(name, read);
  }

  /** The value of a counter over all its labels. */
  total(name: string): number {
    let sum = 0;
    for (const { value } of this.#counters.get(name)?.values() ?? []) sum += value;
    return sum;
  }

  samples(): Sample[] {
    const all: Sample[] = [];
    for (const [name, rows] of this.#counters)
      all.push({ name, kind: 'counter', values: [...rows.values()].map(({ labels, value }) => ({ metricName: name, labels, value })) });
    for (const [name, read] of this.#gauges) {
      let value: number;
      try {
        value = read();
      } catch {
        value = Number.NaN; // What it looks at is closed already.
      }
      all.push({ name, kind: 'gauge', values: [{ metricName: name, labels: noLabels, value }] });
    }
    for (const [name, rows] of this.#histograms)
      all.push({ name, kind: 'histogram', values: [...rows.values()].flatMap((row) => histogramValues(name, row)) });
    return all;
  }
}

const noLabels: Labels = {};
const overflowKey = 'other';
const newCounted = (labels: Labels): Counted => ({ labels, value: 0 });
const newObserved = (labels: Labels): Observed => ({
  labels,
  counts: new Float64Array(Math.max(secondsBuckets.length, octetsBuckets.length) + 1),
  sum: 0,
});

function rowsOf<Row>(all: Map<string, Map<string, Row>>, name: string): Map<string, Row> {
  let rows = all.get(name);
  if (!rows) all.set(name, (rows = new Map()));
  return rows;
}

function rowOf<Row>(rows: Map<string, Row>, labels: Labels, make: (labels: Labels) => Row): Row {
  let key = '';
  for (const label in labels) key += `${label}\0${labels[label]}\0`;
  const there = rows.get(key);
  if (there) return there;
  const full = rows.size >= labelSetsMax;
  const row =
    (full && rows.get(overflowKey)) || make(full ? Object.fromEntries(Object.keys(labels).map((label) => [label, 'other'])) : labels);
  rows.set(full ? overflowKey : key, row);
  return row;
}

function boundsOf(name: string): readonly number[] {
  return name.endsWith('_octets') ? octetsBuckets : secondsBuckets;
}

function histogramValues(name: string, { labels, counts, sum }: Observed): { metricName: string; labels: Labels; value: number }[] {
  const bounds = boundsOf(name);
  const values = [];
  let count = 0;
  for (const [index, bound] of bounds.entries()) {
    count += counts[index]!;
    values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: String(bound) }, value: count });
  }
  count += counts[bounds.length]!;
  values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count });
  values.push({ metricName: `${name}_sum`, labels, value: sum }, { metricName: `${name}_count`, labels, value: count });
  return values;
}
