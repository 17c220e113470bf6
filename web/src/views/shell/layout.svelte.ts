// Phone or desk, list and letter side by side or one for the other. Knows the width of the window and what the person likes.
import { settings } from '../../state/settings.svelte.ts';

class Layout {
  #isPhone = $state(false);
  /** Too narrow for three panes: a letter would be a few words wide. */
  #isNarrow = $state(false);
  constructor() {
    const narrow = matchMedia('(max-width: 719px)');
    this.#isPhone = narrow.matches;
    narrow.addEventListener('change', ({ matches }) => (this.#isPhone = matches));
    const twoPanes = matchMedia('(max-width: 1039px)');
    this.#isNarrow = twoPanes.matches;
    twoPanes.addEventListener('change', ({ matches }) => (this.#isNarrow = matches));
  }
  get isPhone(): boolean {
    return this.#isPhone;
  }
  /** A letter opens in place of the list: on a phone, on a tablet held upright, and where the person wants it so. */
  get isSingle(): boolean {
    return this.#isPhone || this.#isNarrow || settings.likes.pane === 'none';
  }
}
export const layout = new Layout();
