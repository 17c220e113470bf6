// Counting what happens, for operators. Knows names and labels; `io/metrics.ts` shows them to Prometheus.

export type Labels = Readonly<Record<string, string>>;

export interface Meter {
  /** Names end in `_total`; each name keeps the same label names. */
  count(name: string, labels?: Labels, by?: number): void;
  /** Names end in `_seconds` or `_octets`. */
  observe(name: string, value: number, labels?: Labels): void;
  /** Asked for when someone looks. */
  gauge(name: string, read: () => number): void;
}

export const silentMeter: Meter = { count() {}, observe() {}, gauge() {} };
