// How fast something goes, in words beside a progress bar. Knows counts and time; knows nothing of what is counted.
import type { Progress } from '../cli/command.ts';
import { formatSize } from '../setting-kinds.ts';

/** Between two reports of progress. */
const pauseMs = 250;

export interface PaceParts {
  readonly say: (progress: Progress) => void;
  readonly monotonic: () => number;
  /** In what `step` counts as `weight`. */
  readonly of: number;
}

export class Pace {
  readonly #parts: PaceParts;
  readonly #began: number;
  #saidAt = Number.NEGATIVE_INFINITY;
  #done = 0;
  #letters = 0;
  #octets = 0;

  constructor(parts: PaceParts) {
    this.#parts = parts;
    this.#began = parts.monotonic();
  }

  /** So much more is done. */
  step(weight: number, letters: number, octets: number): void {
    this.#done += weight;
    this.#letters += letters;
    this.#octets += octets;
    const now = this.#parts.monotonic();
    if (now - this.#saidAt < pauseMs) return;
    this.#saidAt = now;
    this.tell();
  }

  tell(): void {
    const { say, of, monotonic } = this.#parts;
    const seconds = (monotonic() - this.#began) / 1000;
    const words = [`${formatCount(this.#letters)} letters`, formatSize(this.#octets)];
    if (seconds >= 1) words.push(`${formatCount(Math.round(this.#letters / seconds))}/s`);
    if (seconds >= 2 && this.#done > 0 && this.#done < of) words.push(`${formatSpan((seconds * (of - this.#done)) / this.#done)} left`);
    say({ done: Math.min(this.#done, of), of, words: words.join(', ') });
  }
}

/** `12,345`. */
export function formatCount(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `40 s`, `3 min`, `2 h 5 min`. */
export function formatSpan(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
