// The screens beside the letters, each loaded when it is first opened. A new one: a folder, a line here, its name in state/route.svelte.ts.
import type { Component } from 'svelte';
import type { ScreenName } from '../state/route.svelte.ts';

export interface ScreenProps {
  /** What follows the screen's name in the address. */
  readonly path: readonly string[];
  readonly search: URLSearchParams;
}

type Loader = () => Promise<{ readonly default: Component<ScreenProps> }>;

/** A screen that is one place, whatever follows in the address. */
function single(load: () => Promise<{ readonly default: Component<Record<string, never>> }>): Loader {
  return load as unknown as Loader;
}

/** A letter to write is no screen: it opens above the page. */
export const screens: Readonly<Record<Exclude<ScreenName, 'write'>, Loader>> = {
  outbox: single(() => import('./outbox/outbox.svelte')),
  identities: single(() => import('./identities/identities.svelte')),
  rules: () => import('./rules/rules.svelte'),
  contacts: single(() => import('./contacts/contacts.svelte')),
  settings: () => import('./settings/settings.svelte'),
  accounts: () => import('./accounts/accounts.svelte'),
  journey: () => import('./journey/journey.svelte'),
  words: () => import('./words/words.svelte'),
  domain: () => import('./domain/domain.svelte'),
};
