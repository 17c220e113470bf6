// Which letters may come once more because their sender did not hear our yes (reliability D-7, RFC 1047).
// Knows how they look; whether one really is the same is the store's to say, octet by octet.
// Equal letters alone are no reason: a machine may send the same words twice and mean it.

/** So many are remembered; the oldest are forgotten first. */
const most = 10_000;

export class Resends {
  /** Letters taken until then, by a program that did not end in order, may be unheard, all of them: milliseconds, 0 for none. */
  readonly #former: number;
  readonly #unheard = new Map<string, number>();

  constructor(former: number) {
    this.#former = former;
  }

  /** The connection ended before the sender showed that it heard our yes. */
  note(looks: string, at: number): void {
    this.#unheard.delete(looks);
    this.#unheard.set(looks, at);
    if (this.#unheard.size > most) this.#unheard.delete(this.#unheard.keys().next().value!);
  }

  /** Letters that look like this one and were taken until then may be the same one, come again. */
  until(looks: string, now: number): number {
    if (!this.#unheard.has(looks)) return this.#former;
    this.#unheard.delete(looks);
    return now;
  }
}
