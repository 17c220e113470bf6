// Short words about what was done, with a way back; and the same for those who listen instead of look. Knows sentences; draws nothing.

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly action: { readonly label: string; readonly run: () => void } | null;
  readonly kind: 'done' | 'trouble';
  /** Milliseconds since 1970: the action can be taken until then, and the seconds are counted. */
  readonly until: number | null;
}

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

  /** One at a time: the newer takes the place of the older, as its undo takes back both. Returns the way to take it away. */
  show(text: string, action: Toast['action'] = null, kind: Toast['kind'] = 'done', lastsMs = shownMs, counts = false): () => void {
    const id = ++this.#last;
    this.#shown = [{ id, text, action, kind, until: counts ? Date.now() + lastsMs : null }];
    this.say(text);
    const timer = setTimeout(() => this.drop(id), lastsMs);
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
