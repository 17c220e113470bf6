// Keys that a person has given to what shortcuts do, in the place of the usual ones (the setting `shortcutKeys`). Each command is named by its first usual
// key. Knows keys as text; knows no command and no browser.

export type OwnKeys = Readonly<Record<string, string>>;

/** As the setting names it: letters, digits and dots. */
export function settingOf(usual: string): string {
  return `k.${[...usual].map((sign) => sign.codePointAt(0)!.toString(16)).join('.')}`;
}

/** Those that are pressed: the person's own, else the usual ones without those that now do something else. */
export function chosenKeys(usual: readonly string[], own: OwnKeys): readonly string[] {
  const mine = own[settingOf(usual[0] ?? '')];
  if (mine !== undefined && mine !== '') return [mine];
  const taken = new Set(Object.values(own));
  return taken.size === 0 ? usual : usual.filter((key) => !taken.has(key));
}

/** Pressed without Ctrl, and no key such as Escape or an arrow: what somebody who speaks to the computer may press by chance. */
export function isLetterKey(keys: string): boolean {
  return keys.split(' ').every((key) => /^(?:Shift\+)?.$/u.test(key));
}

/** May it be chosen? Not what belongs to the browser or to moving about. */
export function mayBeChosen(keys: string): boolean {
  return isLetterKey(keys) && keys.trim() === keys && keys !== '' && keys !== '?' && keys !== 'Shift+?';
}

/**
 * A patch of the setting: `wanted` for the command of `usual`. The one that had it (`others`: all commands' usual keys) gets what this one had: no
 * command is left without a key.
 */
export function exchanged(
  usual: readonly string[],
  wanted: string,
  others: readonly (readonly string[])[],
  own: OwnKeys,
): Readonly<Record<string, string | null>> {
  const before = chosenKeys(usual, own)[0];
  const patch: Record<string, string | null> = { [settingOf(usual[0]!)]: usual[0] === wanted ? null : wanted };
  const holder = others.find((keys) => keys[0] !== usual[0] && chosenKeys(keys, own).includes(wanted));
  if (holder && before !== undefined && chosenKeys(holder, own)[0] === wanted)
    patch[settingOf(holder[0]!)] = holder[0] === before ? null : before;
  return patch;
}
