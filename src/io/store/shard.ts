// One shard on the main thread: its writer thread, its reading connection, its octets. Knows how these are opened and closed together.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { Bytes } from '../../base/bytes.ts';
import type { AccountId, LetterBytes, MessageId } from '../../store/contract.ts';
import type { WriterStart } from './jobs.ts';
import { SegmentGone, SegmentReader, type LetterPlace } from './segment-reader.ts';
import { ShardReader } from './shard-reader.ts';
import { syncDirectory } from './writer/segments.ts';
import { ShardWriter, type WriterEvents } from './shard-writer.ts';

export class Shard {
  readonly number: number;
  readonly dir: string;
  readonly writer: ShardWriter;
  readonly reader: ShardReader;
  readonly octets: SegmentReader;

  private constructor(start: WriterStart, writer: ShardWriter, monotonic: () => number) {
    this.number = start.shard;
    this.dir = start.shardDir;
    this.writer = writer;
    this.reader = new ShardReader(join(start.shardDir, 'mail.sqlite'), start.shard, start.shards);
    this.octets = new SegmentReader(join(start.shardDir, 'segments'), (letters) => this.reader.sha256Of(letters), monotonic);
  }

  static async open(start: WriterStart, events: Omit<WriterEvents, 'written'>, monotonic: () => number, inThread: boolean): Promise<Shard> {
    if (mkdirSync(start.shardDir, { recursive: true, mode: 0o700 }) !== undefined) syncDirectory(dirname(start.shardDir));
    let shard: Shard | null = null;
    const written = (letters: readonly number[]): void => shard?.octets.trust(letters);
    shard = new Shard(start, await ShardWriter.open(start, { ...events, written }, inThread), monotonic);
    return shard;
  }

  async close(): Promise<void> {
    this.reader.close();
    this.octets.close();
    await this.writer.close();
  }

  /** Whole letters; null for those that are not there or damaged. `damaged` hears of the latter. */
  async readLetters(
    account: AccountId,
    messages: ArrayLike<MessageId>,
    memory: Bytes | undefined,
    damaged: (message: MessageId) => void,
  ): Promise<(Bytes | null)[]> {
    const [places, octets] = await this.#located(
      () => this.reader.places(account, messages),
      async (found) => [found, await this.octets.readAll(found, memory)] as const,
    );
    for (let index = 0; index < octets.length; index++) if (octets[index] === null && places[index] != null) damaged(messages[index]!);
    return octets;
  }

  /** A letter to be read in parts. All of it is checked first, so that no part of a damaged one goes out. */
  async openPlace(find: () => LetterPlace | null, damaged: () => void): Promise<LetterBytes> {
    return this.#located(find, async (place) => {
      if (place === null) throw new Refusal('nonexistent', 'There is no such letter');
      if (!this.octets.isVerified(place.id) && !(await this.octets.isWhole(place))) {
        damaged();
        throw new Unavailable('store-stopped', 'This letter is damaged');
      }
      let { segment, start } = place;
      return {
        length: place.length,
        read: (from: number, to: number): Bytes | Promise<Bytes> => {
          const first = Math.min(Math.max(0, from), place.length);
          const last = Math.min(Math.max(first, to), place.length);
          try {
            return this.octets.read(segment, start + first, start + last);
          } catch (error) {
            // Moved since it was opened, by the collection of a mostly dead segment.
            const now = error instanceof SegmentGone ? this.reader.placeOfLetter(place.id) : null;
            if (now === null) throw error;
            ({ segment, start } = now);
            return this.octets.read(segment, start + first, start + last);
          }
        },
      };
    });
  }

  /** Looks the places up again when the letters were moved between looking and reading. */
  async #located<P, R>(find: () => P, use: (places: P) => Promise<R>): Promise<R> {
    try {
      return await use(find());
    } catch (error) {
      if (!(error instanceof SegmentGone)) throw error;
      return use(find());
    }
  }
}
