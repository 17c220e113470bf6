// `tayori export`: a person's letters go out into files. Knows what is asked and shown; the work is setup/move/export.ts.
import { resolve } from 'node:path';
import { canonicalName } from '../../protocol/imap/grammar/mailbox-name.ts';
import { exportLetters, type ExportAsk, type ExportReport } from '../move/export.ts';
import { formatCount, formatSpan } from '../move/pace.ts';
import { formatSize } from '../setting-kinds.ts';
import { jsonOption } from './account.ts';
import { CommandTrouble, officeCommand, type ExitCode } from './command.ts';
import { formatColumns, safe } from './terminal.ts';

const exitCode = (report: ExportReport): ExitCode => (report.damaged.length > 0 ? 1 : 0);

export const commands = [
  officeCommand<ExportAsk, ExportReport>({
    words: 'export',
    sentence: "Write a person's letters out as mbox files or a Maildir.",
    arguments: [
      { name: 'ADDRESS', sentence: 'Whose letters.' },
      { name: 'DIRECTORY', sentence: 'A new or empty folder.' },
    ],
    options: [
      { name: 'format', value: 'FORMAT', sentence: 'mbox (one file per mailbox), which is the usual, or maildir.' },
      { name: 'mailbox', value: 'NAME', sentence: 'Only this mailbox.' },
      jsonOption,
    ],
    notes: `The folder is complete or it stays empty: all is written aside and put to its place at the end, when the counts agree. Flags go into
Status and X-Status lines or into the names of the Maildir, dates into From_ lines or the time of the file. tayori import takes
an export back octet for octet. The server writes the files, as the user it runs as.
Exit code 1: a letter was damaged and is not in the export; it is named.`,
    examples: [
      { line: 'tayori export hanako@example.com ~/hanako-mail', sentence: 'All mailboxes as mbox files.' },
      { line: 'tayori export hanako@example.com ~/maildir --format maildir', sentence: 'As a Maildir that Dovecot and mutt read.' },
      { line: 'tayori export hanako@example.com ~/work --mailbox Work/Clients', sentence: 'One mailbox.' },
    ],
    ask(input) {
      const word = input.options['format'] ?? 'mbox';
      if (word !== 'mbox' && word !== 'maildir') throw new CommandTrouble(`"${String(word)}" is not a format; use mbox or maildir`, 2);
      const mailbox = input.options['mailbox'];
      return {
        address: input.arguments['ADDRESS']!,
        folder: resolve(input.globals.folder, input.arguments['DIRECTORY']!),
        format: word,
        mailbox: typeof mailbox === 'string' ? canonicalName(mailbox) : null,
      };
    },
    perform: exportLetters,
    exitCode,
    show(report, terminal) {
      const rows = report.mailboxes.map(({ name, letters, path }) => [safe(name), formatCount(letters), safe(path)]);
      for (const line of formatColumns([['mailbox', 'letters', 'written to'], ...rows])) terminal.out(line);
      for (const words of report.damaged) terminal.err(`not exported: ${safe(words)}`);
      if (report.gone > 0) terminal.out(`${formatCount(report.gone)} letters were removed while the export ran.`);
      if (report.keywordsLeftOut > 0)
        terminal.out(
          `${formatCount(report.keywordsLeftOut)} keywords were left out: a Maildir folder has room for 26; mbox has no such bound.`,
        );
      terminal.out(
        `${formatCount(report.letters)} letters, ${formatSize(report.octets)}, in ${formatSpan(report.milliseconds / 1000)}, in ${report.folder}.`,
      );
      return exitCode(report);
    },
  }),
];
