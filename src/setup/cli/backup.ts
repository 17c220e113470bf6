// `tayori backup`: a copy of everything, made while the server works. Knows what is asked and shown; the work is setup/move/backup.ts.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { backupAll, type BackupAsk, type BackupResult } from '../move/backup.ts';
import { formatCount, formatSpan } from '../move/pace.ts';
import { formatSize } from '../setting-kinds.ts';
import { jsonOption } from './account.ts';
import { officeCommand, type ExitCode, type Globals } from './command.ts';
import { safe } from './terminal.ts';

const exitCode = (result: BackupResult): ExitCode => (result.damaged.length > 0 ? 1 : 0);

export const commands = [
  officeCommand<BackupAsk, BackupResult>({
    words: 'backup',
    sentence: 'Copy everything into a folder, while the server works.',
    arguments: [{ name: 'DIRECTORY', sentence: 'A new or empty folder, best on another disk; never the data folder.' }],
    options: [
      { name: 'force', sentence: 'Replace the backup that lies there. The old one goes when the new one is complete.' },
      jsonOption,
    ],
    notes: `In it are the letters, the people with their (hashed) passwords, the queue, the certificates with their keys, and the settings file. All
of it is as it was at one moment; mail comes and goes meanwhile. Keep it as safe as the data: whoever has it can read the mail.
manifest.json, written last, tells the SHA-256 of each file; a folder without it is a backup that did not end. The server writes
the files, as the user it runs as. Passwords of accounts at other providers are in it sealed; their key (the setting "secret-key") is
not: keep a copy of that file elsewhere, or give those passwords again after a restore.
Exit code 1: letters that were damaged before; the backup is complete but for these, which are named.`,
    examples: [
      { line: 'tayori backup /mnt/backup/monday', sentence: 'A backup into a new folder.' },
      { line: 'tayori backup /mnt/backup/today --force', sentence: 'Replaces the one of yesterday.' },
      {
        line: 'tayori backup --data /var/lib/tayori /mnt/backup/now',
        sentence: 'Of data elsewhere, whether a server runs on them or not.',
      },
    ],
    ask: async (input) => ({
      folder: resolve(input.globals.folder, input.arguments['DIRECTORY']!),
      force: input.options['force'] === true,
      settings: await readSettingsText(input.globals),
    }),
    perform: backupAll,
    exitCode,
    show(result, terminal) {
      for (const words of result.damaged) terminal.err(`damaged before: ${safe(words)}`);
      terminal.out(
        `${formatCount(result.letters)} letters of ${formatCount(result.people)} people, ${formatSize(result.octets)} in ${result.files} files, in ${formatSpan(result.milliseconds / 1000)}.`,
      );
      terminal.out(`The backup is complete: ${result.folder}`);
      terminal.out(`To put it back: tayori restore ${result.folder} --data NEW-FOLDER`);
      return exitCode(result);
    },
  }),
];

/** The file that the settings were read from; null when there is none. */
async function readSettingsText({ settings, environment, folder }: Globals): Promise<string | null> {
  const path = settings ?? environment['TAYORI_SETTINGS'] ?? 'tayori.toml';
  return readFile(join(resolve(folder, path)), 'utf8').catch(() => null);
}
