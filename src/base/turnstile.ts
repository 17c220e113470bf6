// Lets so much through at a time: work on large things waits until there is room for it, first come, first served.
// Knows numbers and promises; knows nothing of what the work is.

export class Turnstile {
  readonly #room: number;
  readonly #waiting: { readonly weight: number; readonly go: () => void }[] = [];
  #inside = 0;

  /** `room`: how much may be inside at once; a single thing above it goes in alone. */
  constructor(room: number) {
    this.#room = room;
  }

  async pass<T>(weight: number, work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length > 0 || !this.#fits(weight))
      await new Promise<void>((go) => {
        this.#waiting.push({ weight, go });
      });
    else this.#inside += weight;
    try {
      return await work();
    } finally {
      this.#inside -= weight;
      this.#letIn();
    }
  }

  #fits(weight: number): boolean {
    return this.#inside === 0 || this.#inside + weight <= this.#room;
  }

  #letIn(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.weight); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#inside += next.weight;
      next.go();
    }
  }
}
