// The conversation on screen, as the engine pushes it. Knows the topic `thread`; draws nothing.
import type { ThreadView, Watch } from '../../engine/contract.ts';
import type { Id } from '../../engine/jmap/objects.ts';
import { engine } from '../../state/link.ts';
import type { ThreadPlace } from '../../state/route.svelte.ts';

export class ThreadModel {
  #view = $state.raw<ThreadView | null>(null);
  readonly #place: ThreadPlace;
  readonly #watch: Watch<'thread'>;
  #opened = '';

  constructor(place: ThreadPlace) {
    this.#place = place;
    this.#watch = engine.watch('thread', place, (push) => (this.#view = push));
  }
  get view(): ThreadView | null {
    return this.#view;
  }
  /** The letters that lie open: their texts are brought. */
  open(ids: readonly Id[]): void {
    const name = ids.join();
    if (name === this.#opened) return;
    this.#opened = name;
    this.#watch.adjust({ ...this.#place, opened: ids });
  }
  end(): void {
    this.#watch.end();
  }
}
