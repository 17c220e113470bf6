// Short words about what was done, with a way back; and the same for those who listen instead of look. Knows sentences; draws nothing.

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly action: { readonly label: string; readonly run: () => void } | null;
  readonly kind: 'done' | 'trouble';
  /** Milliseconds since 1970: the action can be taken until then, and the seconds are counted. */
  readonly until: number | null;
  /** The newer does not take its place. */
  readonly stays: boolean;
}

/** `counted`: with the seconds in which the action can be taken. `staying`: until it is taken or closed, as of a new version. */
export type Lasting = 'passing' | 'counted' | 'staying';

const shownMs = 7000;

class Toasts {
  #shown = $state.raw<readonly Toast[]>([]);
  #said = $state('');
  #last = 0;

  get shown(): readonly Toast[] {
    return this.#shown;
  }
  /** What a screen reader is told. */
  get said(): string {
    return this.#said;
  }

  /**
   * Of those that pass one at a time: the newer takes the place of the older. Beside it stays what has a moment of its own, such as a letter that can
   * still be called back, and what waits for somebody; of two that wait and say the same the newer. Returns the way to take it away.
   */
  show(
    text: string,
    action: Toast['action'] = null,
    kind: Toast['kind'] = 'done',
    lastsMs = shownMs,
    lasting: Lasting = 'passing',
  ): () => void {
    const id = ++this.#last;
    const until = lasting === 'counted' ? Date.now() + lastsMs : null;
    const others = this.#shown.filter((one) => one.stays && (one.until !== null || one.text !== text));
    this.#shown = [...others, { id, text, action, kind, until, stays: lasting !== 'passing' }];
    this.say(text);
    const timer = lasting === 'staying' ? undefined : setTimeout(() => this.drop(id), lastsMs);
    return () => {
      clearTimeout(timer);
      this.drop(id);
    };
  }

  drop(id: number): void {
    this.#shown = this.#shown.filter((toast) => toast.id !== id);
  }

  say(text: string): void {
    // The same words twice are said twice.
    this.#said = this.#said === text ? `${text}\u00a0` : text;
  }
}

export const toasts = new Toasts();
