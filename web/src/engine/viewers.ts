// What the page watches: each viewer is looked at again when something may look different, and pushes when it does. Knows watches; knows no topic.
import type { TopicName, Topics, Watch } from './contract.ts';

export interface ViewerParts<T extends TopicName> {
  refresh(): void;
  adjust?(args: Topics[T]['args']): void;
  end?(): void;
}

export class Viewers {
  readonly #refreshers = new Set<() => void>();
  #scheduled = false;

  /** Everything that may look different is looked at once, after all that happens in this turn. */
  changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      for (const refresh of Array.from(this.#refreshers)) refresh();
    });
  }

  add<T extends TopicName>(parts: ViewerParts<T>): Watch<T> {
    const refresh = (): void => parts.refresh();
    this.#refreshers.add(refresh);
    refresh();
    return {
      adjust: (args) => parts.adjust?.(args),
      end: () => {
        this.#refreshers.delete(refresh);
        parts.end?.();
      },
    };
  }

  /** Pushes what `look` gives, when it is not what was pushed last. */
  view<T extends TopicName>(look: () => Topics[T]['push'] | null, heard: (push: Topics[T]['push']) => void): Watch<T> {
    const push = unlessSame(heard);
    return this.add({
      refresh: () => {
        const view = look();
        if (view !== null) push(view);
      },
    });
  }
}

/** Tells only what differs from what was told before. */
export function unlessSame<V>(heard: (value: V) => void): (value: V) => void {
  let last = '';
  return (value) => {
    const text = JSON.stringify(value);
    if (text === last) return;
    last = text;
    heard(value);
  };
}
