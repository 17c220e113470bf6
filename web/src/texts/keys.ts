// How a key is written for people: `g i` as G and I, `Mod+z` as ⌘Z or Ctrl Z.
const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);

export function shownKeys(keys: string): string[] {
  return keys.split(' ').map((key) =>
    key
      .replace('Shift+', key.length === 7 && /[a-z]/.test(key.at(-1)!) ? '⇧' : '')
      .replace('Mod+', isMac ? '⌘' : 'Ctrl ')
      .replace('Escape', 'Esc')
      .toUpperCase(),
  );
}
