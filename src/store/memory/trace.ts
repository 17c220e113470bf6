// The journeys of letters in memory. Fulfils TraceStore. Knows events; knows nothing of what they mean.
import type { LetterId } from '../contract.ts';
import type { TraceEvent, TraceStore } from '../trace-contract.ts';

export class MemoryTrace implements TraceStore {
  #events: TraceEvent[] = [];

  add(events: readonly TraceEvent[]): void {
    this.#events.push(...events);
  }

  async ofLetter(letter: LetterId): Promise<readonly TraceEvent[]> {
    return this.#events.filter((event) => event.letter === letter).sort((a, b) => a.at - b.at);
  }

  async find(text: string, limit: number): Promise<readonly LetterId[]> {
    const wanted = withoutBrackets(text);
    const newest = new Map<LetterId, number>();
    for (const event of this.#events) {
      const { letter, recipient, facts } = event;
      const known = [letter, recipient, facts['from'], facts['messageId']];
      if (known.some((value) => typeof value === 'string' && withoutBrackets(value) === wanted)) {
        newest.set(letter, Math.max(event.at, newest.get(letter) ?? 0));
      }
    }
    return [...newest]
      .sort((a, b) => b[1] - a[1])
      .slice(0, limit)
      .map(([letter]) => letter);
  }

  forgetBefore(time: number): void {
    this.#events = this.#events.filter((event) => event.at >= time);
  }
}

function withoutBrackets(text: string): string {
  const trimmed = text.trim();
  return (trimmed.startsWith('<') && trimmed.endsWith('>') ? trimmed.slice(1, -1) : trimmed).toLowerCase();
}
