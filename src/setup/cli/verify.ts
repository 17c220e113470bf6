// `tayori verify`: everything checked. Knows what is asked and shown; the work is setup/move/verify.ts.
import { formatCount, formatSpan } from '../move/pace.ts';
import { verifyAll, type VerifyReport } from '../move/verify.ts';
import { jsonOption } from './account.ts';
import { officeCommand, type ExitCode } from './command.ts';
import { safe } from './terminal.ts';

const exitCode = (report: VerifyReport): ExitCode => (report.findings.length > 0 ? 1 : 0);

export const commands = [
  officeCommand<{ quick: boolean }, VerifyReport>({
    words: 'verify',
    sentence: 'Check every letter and every counter of the data.',
    options: [{ name: 'quick', sentence: 'Rows and counters only; the octets of the letters are not read.' }, jsonOption],
    notes: `Works beside a running server, and on data that no server uses. Nothing is changed. Exit code 0: all is well; 1: something is not, each
finding in a sentence that names the person, the mailbox and the letter. What is damaged can be put back from a backup
(tayori restore into another folder, tayori export there, tayori import here).`,
    examples: [
      { line: 'tayori verify', sentence: 'Everything, every octet against its SHA-256.' },
      { line: 'tayori verify --quick --data /var/lib/tayori', sentence: 'In seconds.' },
    ],
    ask: (input) => ({ quick: input.options['quick'] === true }),
    perform: ({ quick }, office, work) => verifyAll(quick, office, work),
    exitCode,
    show(report, terminal) {
      for (const finding of report.findings) terminal.out(safe(finding));
      if (report.more > 0) terminal.out(`and ${formatCount(report.more)} more`);
      const what = `${formatCount(report.letters)} letters of ${formatCount(report.people)} people`;
      const span = formatSpan(report.milliseconds / 1000);
      if (report.findings.length === 0) terminal.out(`${what}: all is well${report.quick ? ' (rows and counters)' : ''}, in ${span}.`);
      else terminal.out(`${what}: ${formatCount(report.findings.length + report.more)} findings, in ${span}.`);
      return exitCode(report);
    },
  }),
];
