// An answer's body that is read as fast as it is taken, and let go of when nobody takes it any more. Knows pieces and silence; knows nothing of what they
// are pieces of.
import type { Bytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';

export interface Taking {
  /** Null: that was all. */
  readonly next: () => Bytes | null | Promise<Bytes | null>;
  readonly clock: Pick<Clock, 'after'>;
  /** Who takes nothing for so long is let go. */
  readonly silenceMs: number;
  /** Called once, when all has been taken, or nobody takes it any more, or (`trouble` is not null) it could not be read. */
  readonly done: (trouble: unknown) => void;
}

/** What breaks is told by the connection's end: the head has gone out. */
export function takenStream({ next, clock, silenceMs, done }: Taking): ReadableStream<Bytes> {
  let stop = (): void => {};
  let isOver = false;
  const end = (trouble: unknown): void => {
    isOver = true;
    stop();
    done(trouble);
  };
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        stop();
        try {
          const piece = await next();
          // Whoever went away while it was read has been let go already.
          if (isOver) return;
          if (piece === null) {
            end(null);
            controller.close();
            return;
          }
          controller.enqueue(piece);
        } catch (trouble) {
          if (isOver) return;
          end(trouble);
          controller.error(trouble);
          return;
        }
        stop = clock.after(silenceMs, () => {
          end(null);
          controller.error(new Error('nobody takes the answer'));
        });
      },
      cancel: () => end(null),
    },
    // One piece lies ready while the one before it is sent.
    { highWaterMark: 1 },
  );
}
