// `tayori settings`: what holds, what differs, and an example to begin with. Knows the table; changes nothing.
import { formatSize, withoutSecret, type Relay } from '../setting-kinds.ts';
import { exampleFile, formatToml, settingsTable, variableOf } from '../settings.ts';
import { jsonOption } from './account.ts';
import { localCommand } from './command.ts';
import { readAllSettings } from './globals.ts';
import { formatColumns, safe } from './terminal.ts';

function hideLogin(relay: Relay | null): unknown {
  return relay?.login ? { ...relay, login: { name: relay.login.name, password: '***' } } : relay;
}

export const commands = [
  localCommand({
    words: 'settings',
    sentence: 'Show the settings, those changed, or an example file.',
    options: [
      { name: 'changed', sentence: 'Only those that differ from what holds by itself, and where they were said.' },
      { name: 'example', sentence: 'Print a tayori.toml with every setting in it, commented out.' },
      jsonOption,
    ],
    notes: `
Settings are read from tayori.toml, then from the environment (TAYORI_ and the name in capitals, - as _), then from the command line;
the later one holds. Only the domain is needed for a real one. Everything about people and domains is changed by other commands.`,
    examples: [
      { line: 'tayori settings --changed', sentence: 'What this server does differently.' },
      { line: 'tayori settings --example > tayori.toml', sentence: 'A file to begin with.' },
    ],
    async run(input, terminal) {
      if (input.options['example'] === true) {
        terminal.out(exampleFile().trimEnd());
        return 0;
      }
      const { settings, changed } = await readAllSettings(input.globals);
      if (input.json) {
        const rows = settingsTable.map(
          (row) => [row.name, row.field === 'relay' ? hideLogin(settings.relay) : settings[row.field]] as const,
        );
        const wanted =
          input.options['changed'] === true ? rows.filter(([name]) => changed.some((source) => source.row.name === name)) : rows;
        terminal.out(JSON.stringify(Object.fromEntries(wanted), null, 2));
        return 0;
      }
      if (input.options['changed'] === true) {
        if (changed.length === 0) terminal.out('No setting differs; this is the demo.');
        const cells = changed.map((source) => [source.row.name, safe(formatToml(withoutSecret(source.written))), source.from]);
        for (const line of cells.length > 0 ? formatColumns([['setting', 'value', 'from'], ...cells]) : []) terminal.out(line);
        return 0;
      }
      const cells = settingsTable.map((row) => {
        const source = changed.find((candidate) => candidate.row === row);
        const value = source ? formatToml(withoutSecret(source.written)) : row.standard === null ? '' : formatToml(row.standard);
        return [source ? `* ${row.name}` : `  ${row.name}`, safe(value), row.sentence];
      });
      for (const line of formatColumns([['  setting', 'value', 'meaning'], ...cells])) terminal.out(line);
      terminal.out();
      terminal.out(
        `* differs from what holds by itself. Environment: ${variableOf('domain')} and so on. Sizes count in powers of 1024 (${formatSize(1024)} is 1024 octets).`,
      );
      return 0;
    },
  }),
];
