// Small pictures with a meaning, drawn as lines: devices, the shelf, the way home. Knows SVG; each is decoration beside its word.

const frame = (inner: string): string =>
  `<svg class="picture" viewBox="0 0 48 48" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${inner}</svg>`;
/** A letter with its seal, at a place. */
const letter = (x: number, y: number): string =>
  `<path d="M${x} ${y}h13v9h-13z"/><path d="m${x} ${y} 6.5 5 6.5-5"/><circle cx="${x + 6.5}" cy="${y + 5}" r="1.6" fill="var(--seal)" stroke="none"/>`;

export const pictures = {
  computer: frame(`<rect x="8" y="10" width="32" height="21" rx="2.5"/><path d="M4 37h40l-3-6H7z"/>${letter(17.5, 16)}`),
  iphone: frame(`<rect x="14" y="5" width="20" height="38" rx="4.5"/><path d="M21 9h6M21 39h6"/>${letter(17.5, 19)}`),
  android: frame(
    `<rect x="13" y="5" width="22" height="38" rx="3"/><circle cx="24" cy="9" r="1" fill="currentColor" stroke="none"/><path d="M18 39h2m3 0h2m3 0h2"/>${letter(17.5, 19)}`,
  ),
  outlook: frame(
    `<rect x="19" y="9" width="23" height="30" rx="2.5"/><rect x="6" y="15" width="18" height="18" rx="2.5"/><circle cx="15" cy="24" r="4.5"/><path d="M28 17h9m-9 6h9m-9 6h9"/>`,
  ),
  other: frame(
    `<path d="M10 40V20a8 8 0 0 1 16 0v20z"/><path d="M18 12h14a8 8 0 0 1 8 8v20H26"/><path d="M14 24h8"/><path d="M34 22v-6h4" stroke="var(--seal)"/>`,
  ),
  /** Letters that stay on a shelf which all see. */
  shelf: frame(`<path d="M5 21h38M5 39h38M9 21v18M39 21v18"/>${letter(10, 12)}${letter(25, 12)}${letter(17.5, 30)}`),
  /** A letter on its way into the house. */
  home: frame(
    `<path d="M22 24 33 14l11 10M25 22v17h16V22"/><path d="M31 39v-9h4v9"/>${letter(3, 22)}<path d="M5 36h11m0 0-4-3.5m4 3.5-4 3.5"/>`,
  ),
  key: frame(
    `<circle cx="16" cy="24" r="8"/><path d="M24 24h18m-5 0v6m-6-6v4"/><circle cx="16" cy="24" r="2" fill="var(--seal)" stroke="none"/>`,
  ),
  /** A post box that takes letters in. */
  post: frame(`<path d="M13 42V16a11 11 0 0 1 22 0v26z"/><path d="M18 20h12"/><path d="M18 28h12v6H18z"/><path d="M10 42h28"/>`),
} as const;

/** Not there yet, and there: the lamp of a step that the page waits for. */
export const lamp =
  '<svg class="lamp" viewBox="0 0 32 32" aria-hidden="true"><circle class="ring" cx="16" cy="16" r="12.5" fill="none" stroke-width="2.5"/><path class="tick" d="m10.5 16.5 4 4 7.5-8.5" fill="none" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>';
