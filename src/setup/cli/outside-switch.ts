// `tayori outside switch`: receiving by another protocol. Knows what is asked and shown; the switch itself is setup/outside-switch.ts.
import type { Pop3Leaving } from '../../store/outside-contract.ts';
import type { SetUpServer } from '../outside-setup.ts';
import { jsonOption, personArgument } from './account.ts';
import { CommandTrouble, officeCommand } from './command.ts';
import { languageOf, languageOption, type Language } from './language.ts';
import { exitOfChange, showChange, type ChangeAnswer } from './outside-change.ts';
import { addressArgument, find, findOpen, named, shown, tellProgress, withCause } from './outside-common.ts';
import { findServers, readLeaving, serverOptions, type Consulted } from './outside-finding.ts';

interface SwitchAsk {
  readonly person: string;
  readonly address: string;
  readonly receive: readonly SetUpServer[];
  readonly leaving: Pop3Leaving;
  readonly sendHome: boolean;
  readonly language: Language;
}

const switching = officeCommand<SwitchAsk, ChangeAnswer>({
  words: 'outside switch',
  sentence: 'Receive by IMAP instead of POP3, or the other way round; every letter stays.',
  arguments: [personArgument, addressArgument, { name: 'HOW', sentence: 'imap or pop3.' }],
  options: [
    ...serverOptions.filter(({ name }) => name === 'imap' || name === 'pop3' || name === 'login' || name === 'allow'),
    { name: 'leave', value: 'HOW', sentence: 'With POP3, at the provider: forever (usual), none, or so many days.' },
    { name: 'send-home', sentence: "To IMAP: letters that lie here only go into the provider's mailbox too." },
    languageOption,
    jsonOption,
  ],
  examples: [
    { line: 'tayori outside switch hanako taro@ocn.ne.jp imap', sentence: 'Looks the other server up and tries the login first.' },
  ],
  async ask(input, terminal, consult) {
    const how = input.arguments['HOW'];
    if (how !== 'imap' && how !== 'pop3') throw new CommandTrouble(`HOW is imap or pop3, not ${how}`, 2);
    const language = languageOf(input);
    const smtp = 'unused.invalid';
    const options = { ...input.options, receive: how, ...(typeof input.options[how] === 'string' ? { smtp } : {}) };
    const { person, address } = named(input);
    const { receive } = await findServers({ ...input, options }, terminal, address, language, (looksUp) =>
      consult({ person, address, looksUp } satisfies Consulted),
    );
    return {
      ...named(input),
      receive,
      leaving: readLeaving(input.options['leave']),
      sendHome: input.options['send-home'] === true,
      language,
    };
  },
  consult(question, office) {
    const { person, address, looksUp } = question as Consulted;
    const { owner } = findOpen(office, person, address);
    if (looksUp) office.outside.allowance.take(owner, 'look-up');
  },
  async perform({ person, address, receive, leaving, sendHome, language }, office, work) {
    const row = findOpen(office, person, address);
    return withCause(language, async () => {
      const { switchReceiving } = await import('../outside-switch.ts');
      const wish = { receive, leaving, sendHome };
      const { failure, switches } = await switchReceiving(office, row, wish, tellProgress(work, language), work.signal);
      return { account: await shown(find(office, person, address), office), failure, switches };
    });
  },
  show: (answer, terminal, input) =>
    showChange(answer, terminal, languageOf(input), {
      ja: `これからは ${answer.account.receive.service.toUpperCase()} で受け取ります。手紙はみな残っています。`,
      en: `is received by ${answer.account.receive.service.toUpperCase()} from now on; every letter is still here.`,
    }),
  exitCode: exitOfChange,
});

export const commands = [switching];
