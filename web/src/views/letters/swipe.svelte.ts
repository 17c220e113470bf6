// A finger on a row: how far it was moved aside, what that would do, and a long press. Knows pointers and what the person has chosen for each side;
// knows no letter.
import { settings, type Swipe as Chosen } from '../../state/settings.svelte.ts';

export type SwipeDeed = Exclude<Chosen, 'none'>;

interface Ears {
  /** Is there anything that could be swiped? */
  may(): boolean;
  /** A long press. */
  held(): void;
  swiped(deed: SwipeDeed): void;
}

/** Pixels aside from which on it is meant. */
const enough = 88;
const longPressMs = 450;

export class Swipe {
  readonly #ears: Ears;
  #begun: { readonly x: number; readonly y: number } | null = null;
  #shift = $state(0);
  #long: ReturnType<typeof setTimeout> | undefined;
  /** The press that ends now was a swipe or a long press, and no click. */
  wasSwiped = false;

  constructor(ears: Ears) {
    this.#ears = ears;
  }

  /** Pixels, negative to the left. */
  get shift(): number {
    return this.#shift;
  }
  get isEnough(): boolean {
    return Math.abs(this.#shift) >= enough;
  }
  /** What it would do; null while nothing is moved. */
  get deed(): SwipeDeed | null {
    return this.#shift === 0 ? null : deedOf(this.#shift);
  }

  // As fields, so that they can be handed over as they are.
  readonly start = (event: PointerEvent): void => {
    this.wasSwiped = false;
    if (event.pointerType === 'mouse' || !this.#ears.may()) return;
    this.#begun = { x: event.clientX, y: event.clientY };
    this.#long = setTimeout(() => {
      if (!this.#begun || !this.#ears.may()) return;
      this.#begun = null;
      this.wasSwiped = true;
      this.#ears.held();
      navigator.vibrate?.(8);
    }, longPressMs);
  };

  readonly move = (event: PointerEvent): void => {
    if (!this.#begun) return;
    const across = event.clientX - this.#begun.x;
    const down = event.clientY - this.#begun.y;
    if (Math.abs(across) > 8 || Math.abs(down) > 8) clearTimeout(this.#long);
    if (this.#shift === 0 && (Math.abs(across) < 12 || Math.abs(down) > Math.abs(across))) return;
    if (this.#shift === 0) (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.wasSwiped = true;
    this.#shift = deedOf(across) === null ? 0 : across;
  };

  readonly end = (): void => {
    const deed = this.isEnough ? this.deed : null;
    this.cancel();
    if (deed !== null && this.#ears.may()) this.#ears.swiped(deed);
  };

  readonly cancel = (): void => {
    clearTimeout(this.#long);
    this.#begun = null;
    this.#shift = 0;
  };
}

function deedOf(shift: number): SwipeDeed | null {
  const chosen = shift > 0 ? settings.likes.swipeRight : settings.likes.swipeLeft;
  return chosen === 'none' ? null : chosen;
}
