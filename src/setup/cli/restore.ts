// `tayori restore`: a data folder from a backup. Knows what is asked and shown; the work is setup/move/restore.ts.
import { resolve } from 'node:path';
import { formatCount } from '../move/pace.ts';
import { restoreAll } from '../move/restore.ts';
import { localCommand } from './command.ts';
import { readAllSettings } from './globals.ts';

export const commands = [
  localCommand({
    words: 'restore',
    sentence: 'Make a data folder from a backup.',
    arguments: [{ name: 'BACKUP', sentence: 'The folder that tayori backup wrote.' }],
    notes: `The data folder named by --data must be new or empty. Every file is checked against the manifest before anything is written. Every
mailbox gets a new UIDVALIDITY, so that no mail app takes a new letter for one it knew from after the backup: mail apps read their
mailboxes anew, once. Letters that waited to go out when the backup was made go out again when the server starts; "tayori queue hold
all" before that keeps them back. The key of sealed passwords is in no backup: put the file back beside the data (DATA.key), or give
the passwords again (tayori outside forget-secrets, tayori outside password).`,
    examples: [
      { line: 'tayori restore /mnt/backup/monday --data /var/lib/tayori', sentence: 'Into a new or empty folder.' },
      { line: 'tayori verify --data /var/lib/tayori', sentence: 'Then see that all is well.' },
    ],
    async run(input, terminal) {
      const { settings } = await readAllSettings(input.globals);
      const backup = resolve(input.globals.folder, input.arguments['BACKUP']!);
      const { manifest, people, letters, settings: kept } = await restoreAll(backup, settings, (progress) => terminal.progress(progress));
      terminal.settle();
      terminal.out(`${formatCount(letters)} letters of ${formatCount(people)} people, as of ${manifest.madeAt}, are in ${settings.data}.`);
      terminal.out('What to do next:');
      const steps = [
        ...(kept === null
          ? []
          : [
              `The settings and certificates of then lie in ${kept}: put tayori.toml where you start the server, and check the paths in it.`,
            ]),
        `tayori verify --data ${settings.data}          checks every letter once more.`,
        `tayori queue list --data ${settings.data}      shows letters that wait: they may have gone out after the backup; remove or hold those.`,
        `tayori serve --data ${settings.data}           starts the server. Mail apps read their mailboxes anew, once.`,
      ];
      for (const [index, step] of steps.entries()) terminal.out(`  ${index + 1}. ${step}`);
      return 0;
    },
  }),
];
