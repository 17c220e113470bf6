// The conversation on screen, as the engine pushes it. Knows the topic `thread`; draws nothing.
import type { ThreadView, Watch } from '../../engine/contract.ts';
import { engine } from '../../state/link.ts';
import type { ThreadPlace } from '../../state/route.svelte.ts';

export class ThreadModel {
  #view = $state.raw<ThreadView | null>(null);
  readonly #watch: Watch<'thread'>;

  constructor(place: ThreadPlace) {
    this.#watch = engine.watch('thread', place, (push) => (this.#view = push));
  }
  get view(): ThreadView | null {
    return this.#view;
  }
  end(): void {
    this.#watch.end();
  }
}
