// `tayori account app-password …`: spare keys for single apps. Knows what is asked and shown.
import type { AppPasswordRow, LoginProtocol } from '../../store/directory-contract.ts';
import { jsonOption, personArgument } from './account.ts';
import { CommandTrouble, officeCommand } from './command.ts';
import { formatColumns, formatTime, safe } from './terminal.ts';

interface ShownKey {
  readonly name: string;
  readonly protocols: readonly string[];
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly lastUsedFrom: string | null;
}

const protocolChoices: readonly LoginProtocol[] = ['smtp', 'imap', 'pop3', 'jmap', 'sieve'];

function shown({ name, protocols, createdAt, lastUsedAt, lastUsedFrom }: AppPasswordRow): ShownKey {
  return { name, protocols, createdAt, lastUsedAt, lastUsedFrom };
}

const list = officeCommand<{ person: string }, { appPasswords: ShownKey[] }>({
  words: 'account app-password list',
  sentence: "List the passwords of a person's apps.",
  arguments: [personArgument],
  options: [jsonOption],
  examples: [{ line: 'tayori account app-password list hanako@example.com', sentence: 'With the last use of each.' }],
  ask: (input) => ({ person: input.arguments['PERSON']! }),
  perform: async ({ person }, office) => ({ appPasswords: office.people.appPasswords(person).map(shown) }),
  show({ appPasswords }, terminal) {
    if (appPasswords.length === 0) return terminal.out('There are no app passwords.');
    const rows = appPasswords.map((key) => [
      safe(key.name),
      key.protocols.join(', '),
      formatTime(key.createdAt),
      key.lastUsedAt === null ? 'never' : `${formatTime(key.lastUsedAt)} from ${key.lastUsedFrom ?? 'unknown'}`,
    ]);
    for (const line of formatColumns([['name', 'for', 'made', 'last used'], ...rows])) terminal.out(line);
  },
});

const add = officeCommand<{ person: string; name: string; protocols: LoginProtocol[] | null }, ShownKey & { secret: string }>({
  words: 'account app-password add',
  sentence: 'Make a password for one app.',
  arguments: [personArgument, { name: 'NAME', sentence: 'What the owner calls the app or device, such as "phone".' }],
  options: [
    { name: 'for', value: 'LIST', sentence: `What it opens, such as imap,smtp; without it everything (${protocolChoices.join(', ')}).` },
    jsonOption,
  ],
  examples: [{ line: 'tayori account app-password add hanako@example.com phone --for imap,smtp', sentence: 'Prints the password once.' }],
  ask(input) {
    const text = input.options['for'];
    if (typeof text !== 'string') return { person: input.arguments['PERSON']!, name: input.arguments['NAME']!, protocols: null };
    const protocols = text.split(',').map((word) => {
      const known = protocolChoices.find((protocol) => protocol === word.trim().toLowerCase());
      if (!known) throw new CommandTrouble(`"${word}" is not one of ${protocolChoices.join(', ')}`, 2);
      return known;
    });
    return { person: input.arguments['PERSON']!, name: input.arguments['NAME']!, protocols };
  },
  async perform({ person, name, protocols }, office) {
    const { row, secret } = await office.people.addAppPassword(person, name, protocols ?? undefined);
    return { ...shown(row), secret };
  },
  show(key, terminal) {
    terminal.out(`App password "${safe(key.name)}" for ${key.protocols.join(', ')}:`);
    terminal.out(`  ${key.secret}`);
    terminal.out('It is not shown again.');
  },
});

const remove = officeCommand<{ person: string; name: string }, { removed: string }>({
  words: 'account app-password remove',
  sentence: "Take an app's password away.",
  arguments: [personArgument, { name: 'NAME', sentence: 'As tayori account app-password list shows it.' }],
  options: [jsonOption],
  examples: [{ line: 'tayori account app-password remove hanako@example.com phone', sentence: 'The phone signs in no more.' }],
  ask: (input) => ({ person: input.arguments['PERSON']!, name: input.arguments['NAME']! }),
  async perform({ person, name }, office) {
    await office.people.removeAppPassword(person, name);
    return { removed: name };
  },
  show: ({ removed }, terminal) => terminal.out(`The app password "${safe(removed)}" is gone.`),
});

export const commands = [list, add, remove];
