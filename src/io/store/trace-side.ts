// Journeys as stations see them: events of all shards, and those not yet written. Fulfils TraceStore. Knows no station.
import type { Log } from '../../base/log.ts';
import type { LetterId } from '../../store/contract.ts';
import type { TraceEvent, TraceStore } from '../../store/trace-contract.ts';
import type { Shard } from './shard.ts';
import { eventsOf, lettersBy } from './trace-reader.ts';

/** Events wait this long for others, milliseconds. */
const gather = 500;
/** More than this are written at once. */
const many = 1000;

export class EmbeddedTrace implements TraceStore {
  readonly #shards: () => readonly Shard[];
  readonly #log: Log;
  #events: TraceEvent[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(shards: () => readonly Shard[], log: Log) {
    this.#shards = shards;
    this.#log = log;
  }

  add(events: readonly TraceEvent[]): void {
    for (const event of events) this.#events.push(event);
    if (this.#events.length >= many) void this.flush();
    else if (this.#events.length > 0) this.#timer ??= setTimeout(() => void this.flush(), gather).unref();
  }

  /** Writes what was gathered. Never rejects: these events may be lost, the program goes on. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#events.length === 0) return;
    const events = this.#events;
    this.#events = [];
    try {
      const shards = this.#shards();
      await Promise.all(
        shards.map((shard) => {
          const own = shards.length === 1 ? events : events.filter((event) => (event.account ?? 0) % shards.length === shard.number);
          return own.length === 0 ? null : shard.writer.send<'trace'>({ kind: 'trace', events: own });
        }),
      );
    } catch (error) {
      this.#log.warn('store.trace-lost', { events: events.length }, error);
    }
  }

  async ofLetter(letter: LetterId): Promise<readonly TraceEvent[]> {
    await this.flush();
    const events = this.#shards().flatMap((shard) => eventsOf(shard.reader, letter));
    return events.sort((a, b) => a.at - b.at);
  }

  async find(text: string, limit: number): Promise<readonly LetterId[]> {
    await this.flush();
    const newest = new Map<LetterId, number>();
    for (const shard of this.#shards()) {
      for (const [letter, at] of lettersBy(shard.reader, text, limit)) newest.set(letter, Math.max(at, newest.get(letter) ?? 0));
    }
    return [...newest]
      .sort((a, b) => b[1] - a[1])
      .slice(0, limit)
      .map(([letter]) => letter);
  }
}
