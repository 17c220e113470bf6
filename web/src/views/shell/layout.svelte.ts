// Phone or desk. Knows the width of the window.
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
}
export const layout = new Layout();
