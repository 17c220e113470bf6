// What the commands `tayori outside …` share: arguments, an account as it is shown, and how a cause or a progress is told. Knows no command.
import { normaliseAddress } from '../../journey/account/addresses.ts';
import { CauseTrouble } from '../../journey/outside/causes.ts';
import type { OutsideAccountRow } from '../../store/outside-contract.ts';
import type { Office } from '../office.ts';
import type { SetUpProgress } from '../outside-setup.ts';
import { CommandTrouble, type Input, type Option, type Work } from './command.ts';
import type { Language } from './language.ts';
import { sayCause, sayProgress, words } from './outside-words.ts';

export const addressArgument = { name: 'ADDRESS', sentence: 'The address at the other provider.' };
export const passwordInput: Option = {
  name: 'password-stdin',
  sentence: 'Read the password from the first line of the input instead of asking.',
};

/** Everything but the secret. */
export type ShownOutside = Omit<OutsideAccountRow, 'secret' | 'id'> & {
  readonly person: string;
  /** What mail apps sign in with. */
  readonly appLogin: string;
  readonly letters: number;
  readonly octets: number;
};

export async function shown({ secret: _secret, id, ...row }: OutsideAccountRow, office: Office): Promise<ShownOutside> {
  const person = office.directory.accountById(row.owner)!.address;
  const { messages, octets } = await office.store.usage(id);
  return { ...row, person, appLogin: `${person}/${row.address}`, letters: messages, octets };
}

export function find(office: Office, person: string, address: string): OutsideAccountRow {
  return office.outside.accounts.get(office.people.get(person).id, normaliseAddress(address) ?? address);
}

/** One that was not taken away: for what only such an account can do. @throws CommandTrouble, Refusal. */
export function findOpen(office: Office, person: string, address: string): OutsideAccountRow {
  const row = find(office, person, address);
  if (row.closedAt !== null) throw new CommandTrouble(`${row.address} was taken away; tayori outside restore brings it back`);
  return row;
}

export const named = (input: Input): { person: string; address: string } => ({
  person: input.arguments['PERSON']!,
  address: input.arguments['ADDRESS']!,
});

export function textOf(input: Input, name: string): string | null {
  const value = input.options[name];
  return typeof value === 'string' ? value : null;
}

export function showLink(work: Work, language: Language): (url: string) => void {
  return (url) => {
    work.say({ done: 0, of: 0, line: words.openLink[language] });
    work.say({ done: 0, of: 0, line: url });
  };
}

/** Eleven ticks or so: what is under way is said in words. */
export function tellProgress(work: Work, language: Language): SetUpProgress {
  let done = 0;
  return (told) => {
    if (told.kind === 'step') done++;
    work.say({ done, of: 16, words: sayProgress(told, language) });
  };
}

/** A cause that no result can hold is told in its sentence. */
export async function withCause<T>(language: Language, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (trouble) {
    if (!(trouble instanceof CauseTrouble)) throw trouble;
    const said = trouble.words === '' ? '' : ` [${trouble.words}]`;
    throw new CommandTrouble(`${sayCause(trouble.why, language, null).join(' ')}${said}`);
  }
}
