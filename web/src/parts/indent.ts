// How deep an element stands in a tree, as a custom property: the policy of the page allows no style in markup.
export function indent(element: HTMLElement, depth: number): { update(depth: number): void } {
  const update = (to: number): void => element.style.setProperty('padding-inline-start', to === 0 ? '' : `${12 + to * 16}px`);
  update(depth);
  return { update };
}
