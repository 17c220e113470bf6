// Phone or desk, list and letter side by side or one for the other. Knows the width of the window and what the person likes.
import { settings } from '../../state/settings.svelte.ts';

class Layout {
  #isPhone = $state(false);
  constructor() {
    const narrow = matchMedia('(max-width: 719px)');
    this.#isPhone = narrow.matches;
    narrow.addEventListener('change', ({ matches }) => (this.#isPhone = matches));
  }
  get isPhone(): boolean {
    return this.#isPhone;
  }
  /** A letter opens in place of the list: on a phone, and where the person wants it so. */
  get isSingle(): boolean {
    return this.#isPhone || settings.likes.pane === 'none';
  }
}
export const layout = new Layout();
