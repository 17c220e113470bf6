// How a change of an account at another provider ends: done, or not and why, and at which counter. Knows no command.
import type { SetUpResult } from '../outside-setup.ts';
import type { Language } from './language.ts';
import type { ShownOutside } from './outside-common.ts';
import { sayFailure, saySwitch } from './outside-words.ts';
import { safe, type Terminal } from './terminal.ts';

export type ChangeAnswer = Pick<SetUpResult, 'failure' | 'switches'> & { readonly account: ShownOutside };

export function showChange(
  { account, failure, switches }: ChangeAnswer,
  terminal: Terminal,
  language: Language,
  done: Readonly<Record<Language, string>>,
): 0 | 1 {
  for (const one of switches) terminal.out(safe(saySwitch(one, language)));
  if (failure === null) terminal.out(safe(`${account.address}: ${done[language]}`));
  else for (const line of sayFailure(failure, language, 'unchanged')) terminal.out(safe(line));
  return failure === null ? 0 : 1;
}

export const exitOfChange = ({ failure }: ChangeAnswer): 0 | 1 => (failure === null ? 0 : 1);
