// `tayori import`: letters of other programs come in. Knows what is asked and shown; the work is setup/move/import.ts.
import { resolve } from 'node:path';
import { importLetters, type ImportAsk, type ImportReport } from '../move/import.ts';
import { formatCount, formatSpan } from '../move/pace.ts';
import { importTrouble } from '../move/sentences.ts';
import type { MoveFormat } from '../move/sources.ts';
import { formatSize } from '../setting-kinds.ts';
import { jsonOption } from './account.ts';
import { CommandTrouble, officeCommand, type ExitCode, type Input } from './command.ts';
import { formatColumns, safe } from './terminal.ts';

const formats: readonly MoveFormat[] = ['mbox', 'mboxo', 'maildir', 'eml'];

function readFormat(input: Input): MoveFormat | null {
  const word = input.options['format'];
  if (typeof word !== 'string') return null;
  const format = formats.find((candidate) => candidate === word.toLowerCase());
  if (format === undefined) throw new CommandTrouble(importTrouble.format(word), 2);
  return format;
}

const exitCode = (report: ImportReport): ExitCode => (report.refused.length > 0 ? 1 : 0);

export const commands = [
  officeCommand<ImportAsk, ImportReport>({
    words: 'import',
    sentence: "Take letters of other programs into a person's mailboxes.",
    arguments: [
      { name: 'ADDRESS', sentence: 'Whose letters they are to be.' },
      { name: 'PATH', sentence: 'An mbox file, a Maildir, an .eml file, or a folder of any of them.', repeated: true },
    ],
    options: [
      { name: 'format', value: 'FORMAT', sentence: 'mbox, mboxo, maildir or eml; without it, what lies there says so itself.' },
      { name: 'into', value: 'MAILBOX', sentence: 'All goes into this mailbox, folders below it.' },
      { name: 'resume', sentence: 'Go on where an import of the same stopped, or take only what has come since.' },
      { name: 'again', sentence: 'Begin anew, although these letters are in already: they are then there twice.' },
      jsonOption,
    ],
    notes: `Letters keep their octets, dates and flags; only a line end that is a bare LF becomes CRLF, as mail has it. Damaged letters are taken
as they are. Folders become mailboxes of the same name; Sent, Drafts, Trash, Junk and Archive are known by their usual names, and
an inbox goes into INBOX. The format mboxo is mbox of programs that quote "From " but not ">From ".
Ctrl-C, a crash or a power cut lose and double nothing: the same line with --resume goes on. Beside a running server mail
goes on as usual; the server reads the files, as the user it runs as.
Exit code 1: some letters were refused; each reason is named.`,
    examples: [
      {
        line: 'tayori import hanako@example.com ~/mail/Inbox ~/mail/Sent.mbox',
        sentence: 'Two mbox files, into INBOX and the mailbox of sent letters.',
      },
      {
        line: 'tayori import hanako@example.com /var/vmail/hanako/Maildir',
        sentence: 'A Maildir of Dovecot with all its folders, flags and keywords.',
      },
      {
        line: 'tayori import hanako@example.com ~/.thunderbird/x/Mail/"Local Folders" --into Old',
        sentence: 'All folders of Thunderbird, below Old.',
      },
      { line: 'tayori import hanako@example.com ~/mail/Inbox --resume', sentence: 'Goes on after Ctrl-C.' },
    ],
    ask: (input) => ({
      address: input.arguments['ADDRESS']!,
      paths: input.rest.map((path) => resolve(input.globals.folder, path)),
      format: readFormat(input),
      into: typeof input.options['into'] === 'string' ? input.options['into'] : null,
      resume: input.options['resume'] === true,
      again: input.options['again'] === true,
    }),
    perform: importLetters,
    exitCode,
    show(report, terminal) {
      for (const { path, reason } of report.passedOver.slice(0, 20)) terminal.err(`passed over: ${safe(path)}: ${reason}`);
      if (report.passedOver.length > 20) terminal.err(`passed over: ${report.passedOver.length - 20} more`);
      const rows = report.mailboxes.map(({ name, imported }) => [safe(name), formatCount(imported)]);
      if (rows.length > 0) for (const line of formatColumns([['mailbox', 'letters'], ...rows])) terminal.out(line);
      for (const { reason, letters, places } of report.refused) {
        terminal.out(`${formatCount(letters)} refused: ${reason}`);
        for (const place of places) terminal.out(`  ${safe(place)}`);
        if (letters > places.length) terminal.out(`  and ${formatCount(letters - places.length)} more`);
      }
      if (report.keywordsLeftOut > 0)
        terminal.out(`${formatCount(report.keywordsLeftOut)} keywords were left out: a mailbox has at most 200.`);
      if (report.earlier > 0) terminal.out(`${formatCount(report.earlier)} letters were in from before.`);
      const seconds = report.milliseconds / 1000;
      const rate = seconds >= 0.1 ? ` (${formatCount(Math.round(report.imported / seconds))} letters/s)` : '';
      terminal.out(
        `${formatCount(report.found)} letters found = ${formatCount(report.imported)} imported + ${formatCount(report.found - report.imported)} refused; ${formatSize(report.octets)} in ${formatSpan(seconds)}${rate}.`,
      );
      return exitCode(report);
    },
  }),
];
