// Reads a command line: which command is meant, with which arguments and options. Knows node:util's parser and the table;
// does nothing of what is asked.
import { parseArgs } from 'node:util';
import { nearestWord } from '../nearest.ts';
import { CommandTrouble, type CommandWords, type Globals, type Input } from './command.ts';
import { globalOptions } from './help.ts';
import { commandTable } from './table.ts';

export interface FirstLook {
  /** The words of a command, of a group, or empty. */
  readonly words: string;
  readonly isGroup: boolean;
  readonly help: boolean;
  readonly version: boolean;
  readonly data: string | null;
  readonly settings: string | null;
  /** What is left for the command itself. */
  readonly rest: readonly string[];
}

/** Finds the command and takes out the options that every command has, wherever they stand. @throws CommandTrouble. */
export function readCommandLine(line: readonly string[]): FirstLook {
  const rest: string[] = [];
  let help = false;
  let version = false;
  const found: { data: string | null; settings: string | null } = { data: null, settings: null };
  for (let index = 0; index < line.length; index++) {
    const word = line[index]!;
    if (word === '--') {
      rest.push(...line.slice(index));
      break;
    }
    if (word === '--help' || word === '-h') help = true;
    else if (word === '--version') version = true;
    else if (/^--(data|settings)(=|$)/.test(word)) {
      const [name, ...value] = word.slice(2).split('=');
      const given = value.length > 0 ? value.join('=') : line[++index];
      if (given === undefined || given === '')
        throw new CommandTrouble(`--${name} needs a ${name === 'data' ? 'folder' : 'file'} behind it`, 2);
      found[name as 'data' | 'settings'] = given;
    } else rest.push(word);
  }

  let words = '';
  while (rest.length > 0 && !rest[0]!.startsWith('-')) {
    const longer = words === '' ? rest[0]! : `${words} ${rest[0]}`;
    if (!commandTable.some((row) => row.words === longer || row.words.startsWith(`${longer} `))) break;
    words = longer;
    rest.shift();
  }
  if (words === 'help') [words, help] = ['', true];
  const isCommand = commandTable.some((row) => row.words === words);
  const isGroup = !isCommand && words !== '';
  const next = rest[0];
  if (!isCommand && next !== undefined && next !== 'help' && !next.startsWith('-')) {
    const begin = words === '' ? '' : `${words} `;
    const choices = new Set(
      commandTable.filter((row) => row.words.startsWith(begin)).map((row) => row.words.slice(begin.length).split(' ')[0]!),
    );
    const near = nearestWord(next, choices);
    throw new CommandTrouble(
      `there is no command "${begin}${next}"${near === null ? '' : `; did you mean "${begin}${near}"?`} (tayori ${begin}--help lists them)`,
      2,
    );
  }
  if (!isCommand && next?.startsWith('-') && next !== '--')
    throw new CommandTrouble(`the option "${next}" stands before a command; tayori --help lists the commands`, 2);
  return { words, isGroup, help: help || next === 'help', version, ...found, rest };
}

/** Arguments and options of one command by its own table. @throws CommandTrouble naming the nearest option. */
export function readInput(command: CommandWords, rest: readonly string[], globals: Globals): Input {
  const options = command.options ?? [];
  const { tokens } = parseArgs({
    args: [...rest],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      options.map((option) => [
        option.name,
        {
          type: option.value === undefined ? ('boolean' as const) : ('string' as const),
          ...(option.short !== undefined && { short: option.short }),
        },
      ]),
    ),
  });
  const given: Record<string, string | true> = {};
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const option = options.find((candidate) => candidate.name === token.name);
    if (!option) {
      const near = nearestWord(
        token.name,
        [...options, ...globalOptions].map((candidate) => candidate.name),
      );
      throw new CommandTrouble(
        `"tayori ${command.words}" has no option ${token.rawName}${near === null ? '' : `; did you mean --${near}?`} (tayori ${command.words} --help lists them)`,
        2,
      );
    }
    if (option.value !== undefined && (token.value === undefined || token.value === ''))
      throw new CommandTrouble(`--${option.name} needs ${option.value} behind it`, 2);
    if (option.value === undefined && token.value !== undefined) throw new CommandTrouble(`--${option.name} takes nothing behind it`, 2);
    given[option.name] = option.value === undefined ? true : token.value!;
  }

  const named: Record<string, string> = {};
  let restWords: string[] = [];
  for (const argument of command.arguments ?? []) {
    if (argument.repeated) {
      restWords = words.splice(0);
      if (restWords.length === 0 && !argument.optional) throw missing(command, argument.name);
      continue;
    }
    const word = words.shift();
    if (word === undefined && !argument.optional) throw missing(command, argument.name);
    if (word !== undefined) named[argument.name] = word;
  }
  if (words.length > 0)
    throw new CommandTrouble(`"tayori ${command.words}" does not know what to do with "${words[0]}" (tayori ${command.words} --help)`, 2);
  return { arguments: named, rest: restWords, options: given, json: given['json'] === true, globals };
}

function missing(command: CommandWords, name: string): CommandTrouble {
  return new CommandTrouble(`"tayori ${command.words}" needs ${name} (tayori ${command.words} --help)`, 2);
}
