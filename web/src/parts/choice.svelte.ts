// A sheet with a line to type into and what fits below it: where to move, until when to put off, the palette. One at a time. Knows entries; draws nothing.
import type { IconName } from './icons.ts';

export interface Entry {
  readonly label: string;
  /** Beside it, such as a moment or a key. */
  readonly note?: string;
  readonly icon?: IconName;
  /** Also found by this. */
  readonly words?: string;
  readonly run: () => void;
}

export interface Choice {
  readonly title: string;
  readonly placeholder: string;
  readonly entries: readonly Entry[];
  /** What what was typed could be besides, such as the name of a new folder; stands last. */
  readonly more?: (text: string) => readonly Entry[];
  /** Short lists need no line to type into. */
  readonly isShort?: boolean;
}

class Chooser {
  #choice = $state.raw<Choice | null>(null);
  get choice(): Choice | null {
    return this.#choice;
  }
  open(choice: Choice): void {
    this.#choice = choice;
  }
  close(): void {
    this.#choice = null;
  }
}

export const chooser = new Chooser();
