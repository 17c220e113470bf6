// In which language a command answers. Knows the option and the variables of the terminal; knows no sentence.
import { CommandTrouble, type Input, type Option } from './command.ts';

export type Language = 'ja' | 'en';

export const languageOption: Option = {
  name: 'language',
  value: 'LANG',
  sentence: 'ja or en; without it the language of the terminal (LANG).',
};

/** `--language`, else what the terminal's LANG says. @throws CommandTrouble. */
export function languageOf(input: Input): Language {
  const { environment } = input.globals;
  const chosen = input.options['language'];
  if (chosen !== undefined && chosen !== 'ja' && chosen !== 'en') throw new CommandTrouble(`--language is ja or en, not ${chosen}`, 2);
  const told = chosen ?? environment['LC_ALL'] ?? environment['LC_MESSAGES'] ?? environment['LANG'] ?? '';
  return told.startsWith('ja') ? 'ja' : 'en';
}
