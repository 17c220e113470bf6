// A contact as the server keeps it (Contact in docs/jmap.md): how it is called, where it stands, which other is the same. Knows no screen.
import { fold } from '../../engine/search-grammar.ts';
import type { Id } from '../../engine/jmap/objects.ts';
import type { Person } from './vcard.ts';

export type NewContact = Person;
export interface Contact extends NewContact {
  readonly id: Id;
}

export function titleOf({ name, addresses }: Pick<NewContact, 'name' | 'addresses'>): string {
  return name || addresses[0]?.email || '';
}

/** By reading where there is one, as in a Japanese address book; else by name. */
export function orderOf(a: NewContact, b: NewContact): number {
  return fold(a.reading || titleOf(a)).localeCompare(fold(b.reading || titleOf(b)), 'ja');
}

/** Of the same kind and name, with the same addresses: taken in twice it would be there twice. */
export function sameAs(a: NewContact, b: NewContact): boolean {
  const addresses = ({ addresses: list }: NewContact): string =>
    list
      .map(({ email }) => email.toLowerCase())
      .toSorted()
      .join(' ');
  return a.kind === b.kind && a.name === b.name && addresses(a) === addresses(b);
}
