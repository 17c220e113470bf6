// Time and chance as values that are passed in, so that the layers without I/O stay repeatable.

export interface Clock {
  /** Wall time, milliseconds since 1970-01-01T00:00:00Z. May jump. */
  now(): number;
  /** Monotonic time in milliseconds, for durations, leases and retries. Never jumps. */
  monotonic(): number;
  /** Calls `wake` once after `ms` milliseconds of monotonic time; the returned function cancels. */
  after(ms: number, wake: () => void): () => void;
}

export interface Chance {
  /** `length` octets from a cryptographic source. */
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1), for jitter; not secret. */
  fraction(): number;
}
