// The office: the data opened under its lock, and the services on it that every command and every listener shares.
// Knows which parts there are and how they are joined; knows no port and no command.
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Chance, Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Meter } from '../base/meter.ts';
import { systemChance, systemClock } from '../io/clock.ts';
import { openPasswordHasher } from '../io/password-hasher.ts';
import { openAddressBook } from '../journey/account/addresses.ts';
import type { AddressBook, RecipientLists } from '../journey/account/contract.ts';
import { openAuthenticator } from '../journey/account/authenticate.ts';
import type { PasswordHasher } from '../journey/account/hasher-contract.ts';
import { openPeople, type People } from '../journey/account/people.ts';
import { openRecipientLists } from '../journey/account/recipients.ts';
import { openSecondFactors, type SecondFactors } from '../journey/account/second-factors.ts';
import { openWebLogin, type WebLogin } from '../journey/account/web-login.ts';
import { openWebSessions, type WebSessions } from '../journey/account/web-sessions.ts';
import type { Authenticator, TokenAuthenticator } from '../protocol/sasl/authenticator.ts';
import type { AccountId, MailStore } from '../store/contract.ts';
import type { Directory } from '../store/directory-contract.ts';
import type { CollectionLedger } from '../store/ledger-contract.ts';
import { openData } from './data.ts';
import { openOutside, type OutsideOffice } from './outside.ts';
import type { Settings } from './settings.ts';

export interface Office {
  readonly settings: Settings;
  /** The data folder, absolute. */
  readonly folder: string;
  readonly store: MailStore;
  readonly directory: Directory;
  /** What collection has fetched and agreed on; opened at the first call. */
  readonly ledger: () => CollectionLedger;
  readonly people: People;
  readonly addresses: AddressBook;
  readonly recipients: RecipientLists;
  readonly hasher: PasswordHasher;
  /** One for all protocols: who guesses by one waits at the others too. */
  readonly authenticator: Authenticator & TokenAuthenticator;
  readonly webSessions: WebSessions;
  readonly secondFactors: SecondFactors;
  readonly webLogin: WebLogin;
  /** Accounts at other providers. */
  readonly outside: OutsideOffice;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly meter: Meter;
  /**
   * Called when a person wants waiting letters tried now; with the account at another provider that the person has just mended, which is
   * asked again even after it said no.
   */
  readonly hurries: Set<(account: AccountId | null) => void>;
  /**
   * Keeps an account at another provider from being fetched, in this process only, so that nothing is left at rest when the program ends in
   * between. Settles when nothing is fetched any more, with the way to let it go on.
   */
  readonly quiets: Set<(account: AccountId) => Promise<() => void>>;
  /** Settles when all is on disk and the lock is free. */
  close(): Promise<void>;
}

const dayMs = 86_400_000;

/** `stopped`: the store has ended by itself, because its disk failed. @throws DataInUse when another server or command holds the data. */
export async function openOffice(
  settings: Settings,
  log: Log,
  meter: Meter,
  stopped: (reason: string) => void = () => {},
): Promise<Office> {
  const folder = resolve(settings.data);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [clock, chance] = [systemClock, systemChance];
  const data = await openData({ folder, settings, clock, chance, log, meter, stopped });
  const { store, directory } = data;
  const hasher = openPasswordHasher();
  const people = openPeople({ directory, store, hasher, clock, chance, log });
  const addresses = openAddressBook(directory);
  const recipients = openRecipientLists({ addresses, directory, store, clock, queueLifetime: settings.queueDays * dayMs });
  const outside = openOutside({ settings, directory, store, clock, chance, log });
  const authenticator = openAuthenticator({ directory, hasher, clock, chance, log, meter });
  const secondFactors = openSecondFactors({ directory, vault: outside.vault, clock, chance, log, meter });
  return {
    settings,
    folder,
    store,
    directory,
    ledger: data.ledger,
    people,
    addresses,
    recipients,
    hasher,
    authenticator,
    secondFactors,
    webLogin: openWebLogin({ directory, authenticator, factors: secondFactors, clock, chance }),
    webSessions: openWebSessions({ directory, clock, chance, log }),
    outside,
    clock,
    chance,
    log,
    meter,
    hurries: new Set(),
    quiets: new Set(),
    close: data.close,
  };
}
