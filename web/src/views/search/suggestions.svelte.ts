// What somebody may mean who types into the search field: people, folders, saved searches, recent ones. Knows the pieces of the field and what is known
// here; does nothing.
import { fold, quoted } from '../../engine/search-grammar.ts';
import type { IconName } from '../../parts/icons.ts';
import { kept } from '../../state/kept.svelte.ts';
import { live } from '../../state/live.svelte.ts';
import { settings } from '../../state/settings.svelte.ts';
import { o } from '../../texts/order.ts';
import { t } from '../../texts/texts.ts';
import { mailboxIcon, mailboxName } from '../mailboxes/names.ts';
import { join, lastPiece, type Typed } from './chips.ts';

export interface Suggestion {
  readonly label: string;
  readonly icon: IconName;
  readonly group: string;
  /** A piece that takes the place of what was being typed, or a whole search. */
  readonly means: { readonly piece: string } | { readonly search: string };
}
type Person = { readonly name: string | null; readonly email: string };

const most = 12;

/** What is looked for of a piece: without its operator. */
export function valueOf(piece: string): string {
  return piece.replace(/^-?[^:：]*[:：]/u, '').replaceAll('"', '');
}

export function suggestionsFor(typed: Typed, people: readonly Person[]): readonly Suggestion[] {
  const piece = lastPiece(typed.rest);
  const wanted = fold(valueOf(piece));
  const minus = piece.startsWith('-') ? '-' : '';
  const all = wanted === '' ? [] : [...ofPeople(piece, minus, people), ...ofFolders(wanted, minus)];
  return [...all, ...ofSearches(join(typed))].slice(0, most);
}

function ofPeople(piece: string, minus: string, people: readonly Person[]): Suggestion[] {
  const isTo = /^-?(?:to|宛先|宛て)[:：]/iu.test(piece);
  return people.map(({ name, email }) => ({
    group: o.people,
    icon: 'people',
    label: `${isTo ? o.chipTo : o.chipFrom}: ${name ? `${name} <${email}>` : email}`,
    means: { piece: `${minus}${isTo ? 'to' : 'from'}:${quoted(email)}` },
  }));
}

/** A name that several accounts have is one suggestion: it means all of them. */
function ofFolders(wanted: string, minus: string): Suggestion[] {
  const named = new Map(live.mailboxes.map((mailbox) => [mailboxName(mailbox), mailbox]));
  return [...named]
    .filter(([name]) => fold(name).includes(wanted))
    .slice(0, 3)
    .map(([name, { role }]) => ({
      group: t.mailboxes,
      icon: mailboxIcon(role),
      label: `${o.chipIn}: ${name}`,
      means: { piece: `${minus}in:${quoted(name)}` },
    }));
}

function ofSearches(whole: string): Suggestion[] {
  const wanted = fold(whole);
  const saved = kept.searches
    .filter(({ name }) => fold(name).includes(wanted))
    .map(({ name, text }): Suggestion => ({ group: o.saved, icon: 'saved', label: name, means: { search: text } }));
  const recent = settings.likes.searches
    .filter((text) => text !== whole && fold(text).includes(wanted))
    .map((text): Suggestion => ({ group: o.recent, icon: 'clock', label: text, means: { search: text } }));
  return [...saved, ...recent];
}
