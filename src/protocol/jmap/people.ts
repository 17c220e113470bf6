// Which accounts a person has, and by what the person is let in. Knows the directory's rows; knows no password and no token.
//
// The mark of credentials is a text that stays the same as long as they are good: what was begun with them (a push subscription, a connection that is
// held open) ends with them (RFC 8620 §7.2).
import { sha256Hex } from '../../base/digest.ts';
import type { AccountId } from '../../store/contract.ts';
import type { Directory } from '../../store/directory-contract.ts';
import type { Asker, Id, JmapAccount } from './contract.ts';
import { formatId } from './ids.ts';

export interface JmapPeople {
  /** The own account first; null when the person is not here, or not any more. */
  accountsOf(person: AccountId): ReadonlyMap<Id, JmapAccount> | null;
  credentialsOf(asker: Pick<Asker, 'principal' | 'session'>): string;
  isValid(person: AccountId, credentials: string): boolean;
  /** After each change of people, keys, sessions and accounts. Returns the way to stop. */
  onChange(heard: () => void): () => void;
}

/** `sessions`: ids of the browser sessions of a person that are not over. `asksMore`: the password alone lets nobody in (a second factor is set). */
export function openJmapPeople(
  directory: Pick<Directory, 'accountById' | 'outsideAccounts' | 'appPasswords' | 'onChange'>,
  sessions: (person: AccountId) => readonly number[],
  asksMore: (person: AccountId) => boolean,
): JmapPeople {
  const passwordMark = (person: AccountId): string =>
    `password ${sha256Hex('jmap credentials ', directory.accountById(person)?.passwordHash ?? '')}`;
  /** What was made of the same rows is the same value. */
  const made = new Map<AccountId, { readonly text: string; readonly accounts: ReadonlyMap<Id, JmapAccount> }>();
  return {
    accountsOf(person) {
      const row = directory.accountById(person);
      if (row === null || row.closedAt !== null) {
        made.delete(person);
        return null;
      }
      const outside = directory.outsideAccounts(person).filter(({ closedAt }) => closedAt === null);
      const list: readonly JmapAccount[] = [
        {
          account: row.id,
          id: formatId('A', row.id),
          name: row.address,
          isPersonal: true,
          isReadOnly: false,
          quota: row.quota,
          kind: 'own',
        },
        ...outside.map(({ id, address }): JmapAccount => ({
          account: id,
          id: formatId('A', id),
          name: address,
          isPersonal: true,
          isReadOnly: false,
          // Letters there count at the provider.
          quota: null,
          kind: 'outside',
        })),
      ];
      const text = JSON.stringify(list);
      const known = made.get(person);
      if (known?.text === text) return known.accounts;
      const accounts = new Map(list.map((account) => [account.id, account]));
      made.set(person, { text, accounts });
      return accounts;
    },
    credentialsOf({ principal, session }) {
      if (session !== null) return `session ${session}`;
      return principal.appPassword === null ? passwordMark(principal.account) : `key ${principal.appPassword}`;
    },
    isValid(person, credentials) {
      const row = directory.accountById(person);
      if (row === null || row.closedAt !== null) return false;
      if (credentials.startsWith('session ')) return sessions(person).includes(Number(credentials.slice(8)));
      if (credentials.startsWith('key ')) return directory.appPasswords(person).some(({ name }) => name === credentials.slice(4));
      // Who came in while it was enough goes when it is not any more: a connection that is held open asks at no door again.
      return credentials === passwordMark(person) && !asksMore(person);
    },
    onChange: (heard) => directory.onChange(heard),
  };
}
