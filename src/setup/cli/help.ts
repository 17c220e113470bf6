// Help texts, made from the table and from each command's own words. Knows layout; knows no command.
import type { CommandWords, Option } from './command.ts';
import { commandTable } from './table.ts';

export const globalOptions: readonly Option[] = [
  { name: 'data', value: 'DIR', sentence: 'The data folder; without it the setting "data", which is ./data.' },
  { name: 'settings', value: 'FILE', sentence: 'The settings file; without it tayori.toml in this folder, when there is one.' },
  { name: 'help', short: 'h', sentence: 'Show this help.' },
];

export function formatOverview(): string[] {
  return [
    'Tayori: the whole post office in one program.',
    '',
    'Usage: tayori COMMAND [ARGUMENT …] [OPTION …]',
    '',
    'Commands:',
    ...twoColumns(commandTable.map((row) => [row.words, row.sentence])),
    '',
    'Options of every command:',
    ...twoColumns([...globalOptions, { name: 'version', sentence: 'Show the version.' } satisfies Option].map(optionRow)),
    '',
    'A command that concerns the data speaks with the running server of that data folder; when none runs, it opens the data itself.',
    'Exit codes: 0 done, 1 could not be done, 2 wrong command line, 3 the state of the server does not allow it.',
    '',
    'tayori COMMAND --help tells more of each command.',
  ];
}

/** Help of a group, such as `account`. */
export function formatGroup(group: string): string[] {
  const rows = commandTable.filter((row) => row.words.startsWith(`${group} `));
  return [
    `Usage: tayori ${group} COMMAND [ARGUMENT …] [OPTION …]`,
    '',
    'Commands:',
    ...twoColumns(rows.map((row) => [row.words, row.sentence])),
    '',
    `tayori ${rows[0]!.words} --help tells more of each command.`,
  ];
}

export function formatHelp(command: CommandWords): string[] {
  const args = command.arguments ?? [];
  const usage = args.map((argument) => {
    const name = argument.repeated ? `${argument.name} …` : argument.name;
    return argument.optional ? ` [${name}]` : ` ${name}`;
  });
  const lines = [command.sentence, '', `Usage: tayori ${command.words}${usage.join('')} [OPTION …]`];
  if (args.length > 0) lines.push('', 'Arguments:', ...twoColumns(args.map((argument) => [argument.name, argument.sentence])));
  lines.push('', 'Options:', ...twoColumns([...(command.options ?? []), ...globalOptions].map(optionRow)));
  if (command.notes !== undefined) lines.push('', ...command.notes.trim().split('\n'));
  if (command.examples && command.examples.length > 0) {
    lines.push('', 'Examples:');
    for (const example of command.examples) lines.push(`  ${example.line}`, `      ${example.sentence}`);
  }
  return lines;
}

function optionRow(option: Option): readonly [string, string] {
  const short = option.short === undefined ? '' : `-${option.short}, `;
  return [`${short}--${option.name}${option.value === undefined ? '' : ` ${option.value}`}`, option.sentence];
}

function twoColumns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
