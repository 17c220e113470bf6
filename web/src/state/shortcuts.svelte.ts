// Keys and what they do: those of Gmail, or those that the person has given them. A view says what it can do while it is there; the sheet (`?`) shows
// all. Knows keys; knows no view.
import { onDestroy } from 'svelte';
import { chosenKeys, isLetterKey } from './own-keys.ts';
import { preferences } from './preferences.svelte.ts';

export interface Command {
  /** Such as `j`, `Shift+u`, `g i` (one after the other), `Mod+z`. */
  readonly keys: readonly string[];
  readonly label: () => string;
  readonly group: 'move' | 'act' | 'go';
  /** False: not now; the key goes on to the browser. */
  readonly run: () => boolean | void;
}

const commands = new Set<Command>();
let pending = '';
let pendingUntil = 0;

/** For the life of a component. The one that came last goes first. */
export function useCommands(list: readonly Command[]): void {
  for (const command of list) commands.add(command);
  onDestroy(() => {
    for (const command of list) commands.delete(command);
  });
}

export function knownCommands(): readonly Command[] {
  return [...commands];
}

/** The keys that it answers to now. */
export function keysOf({ keys }: Pick<Command, 'keys'>): readonly string[] {
  const all = chosenKeys(keys, preferences.chosen.shortcutKeys);
  // WCAG 2.1.4: keys that are mere letters can be switched off; the sheet in which that is done stays.
  return preferences.chosen.shortcuts || keys.includes('?') ? all : all.filter((key) => !isLetterKey(key));
}

/** As it is written in `keys`. */
export function nameOfKey(event: KeyboardEvent): string {
  const { key } = event;
  const shift = event.shiftKey && (key.length > 1 || /[a-z]/i.test(key)) ? 'Shift+' : '';
  const mod = event.metaKey || event.ctrlKey ? 'Mod+' : '';
  return mod + shift + (key.length === 1 ? key.toLowerCase() : key);
}

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return element?.isContentEditable === true || /^(?:INPUT|TEXTAREA|SELECT)$/.test(element?.tagName ?? '');
}

/** Also for keys pressed in a letter's frame. */
export function hearKey(event: KeyboardEvent): void {
  // A key that is being composed into a character is the input method's.
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const box = event.target as HTMLInputElement | null;
  if (isTyping(event.target) && !(box?.tagName === 'INPUT' && box.type === 'checkbox')) return;
  if (document.querySelector('dialog[open], [popover=auto]:popover-open') || box?.closest?.('[data-keys=own]')) return;
  const name = nameOfKey(event);
  const sequence = pending !== '' && performance.now() < pendingUntil ? `${pending} ${name}` : name;
  pending = '';
  for (const command of [...commands].toReversed()) {
    if (!keysOf(command).includes(sequence)) continue;
    if (command.run() === false) continue;
    event.preventDefault();
    return;
  }
  if ([...commands].some((command) => keysOf(command).some((key) => key.startsWith(`${sequence} `)))) {
    pending = sequence;
    pendingUntil = performance.now() + 1500;
  }
}
