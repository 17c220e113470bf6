// `tayori check`: what is wrong, in sentences. Knows the questions of setup/check.ts; prints their answers.
import { checkAll } from '../check.ts';
import { jsonOption } from './account.ts';
import { localCommand } from './command.ts';
import { readAllSettings } from './globals.ts';
import { safe } from './terminal.ts';

const marks = { good: 'ok  ', note: 'note', bad: 'BAD ' } as const;

export const commands = [
  localCommand({
    words: 'check',
    sentence: 'Say what is wrong with settings, data, ports, certificates and DNS.',
    options: [
      { name: 'port-base', value: 'N', sentence: 'As for tayori serve.' },
      { name: 'no-dns', sentence: 'Ask no DNS server.' },
      jsonOption,
    ],
    notes: `
Changes nothing and may be run beside a running server. A line that begins with BAD needs something done; the sentence says what.
The exit code is 1 when there is one.`,
    examples: [{ line: 'tayori check --settings /etc/tayori.toml', sentence: 'Before the first start with a real domain.' }],
    async run(input, terminal) {
      const base = input.options['port-base'];
      const { settings } = await readAllSettings(input.globals, typeof base === 'string' ? { 'port-base': base } : {});
      const findings = await checkAll(settings, { dns: input.options['no-dns'] !== true });
      const bad = findings.filter((finding) => finding.how === 'bad').length;
      if (input.json) terminal.out(JSON.stringify({ findings }, null, 2));
      else {
        for (const { how, what } of findings) terminal.out(`${marks[how]}  ${safe(what)}`);
        terminal.out(bad === 0 ? 'Nothing is wrong.' : `${bad} ${bad === 1 ? 'thing needs' : 'things need'} something done.`);
      }
      return bad === 0 ? 0 : 1;
    },
  }),
];
