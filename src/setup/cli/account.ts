// `tayori account …`: the people. Knows what is asked and shown; the rules are the People service's.
import type { AccountRow } from '../../store/directory-contract.ts';
import type { Office } from '../office.ts';
import { formatSize, parseSize } from '../setting-kinds.ts';
import { CommandTrouble, officeCommand, type Input, type Option } from './command.ts';
import { formatColumns, formatTime, safe, type Terminal } from './terminal.ts';

export const jsonOption: Option = { name: 'json', sentence: 'Print the answer as JSON.' };
export const personArgument = { name: 'PERSON', sentence: 'The address of the person; without domain where there is only one.' };
const passwordOptions: readonly Option[] = [
  { name: 'password-stdin', sentence: 'Read the password from the first line of the input instead of asking.' },
  { name: 'generate', sentence: 'Make a password and print it.' },
  { name: 'password', value: 'TEXT', sentence: 'The password in the command line, where others on this machine can see it: better not.' },
];

export interface ShownAccount {
  readonly address: string;
  readonly name: string;
  readonly quota: number | null;
  readonly octets: number;
  readonly letters: number;
  readonly createdAt: number;
  readonly closedAt: number | null;
}

async function shown(account: AccountRow, office: Office): Promise<ShownAccount> {
  const { octets, messages } = await office.store.usage(account.id);
  const { address, name, quota, createdAt, closedAt } = account;
  return { address, name, quota, octets, letters: messages, createdAt, closedAt };
}

/** `5 GB` or `none`. @throws CommandTrouble. */
function readQuota(text: string): number | null {
  if (text === 'none') return null;
  const octets = parseSize(text);
  if (octets === null) throw new CommandTrouble(`"${text}" is not a size such as 5GB, nor none`, 2);
  return octets;
}

/** Null: the server is to make one. */
async function readPassword(input: Input, terminal: Terminal): Promise<string | null> {
  const given = input.options['password'];
  if (typeof given === 'string') {
    terminal.err('tayori: a password in the command line can be seen by others on this machine and stays in the history of the shell');
    return given;
  }
  if (input.options['generate'] === true) return null;
  if (input.options['password-stdin'] === true || !terminal.interactive) return terminal.secret('Password');
  const first = await terminal.secret('New password');
  const second = await terminal.secret('The same again');
  if (first !== second) throw new CommandTrouble('the two passwords differ; nothing was changed');
  return first;
}

const lists = officeCommand<{ closed: boolean }, { accounts: ShownAccount[] }>({
  words: 'account list',
  sentence: 'List the people.',
  options: [{ name: 'closed', sentence: 'Those that are closed, too.' }, jsonOption],
  examples: [{ line: 'tayori account list --json', sentence: 'For programs.' }],
  ask: (input) => ({ closed: input.options['closed'] === true }),
  async perform({ closed }, office) {
    const accounts: ShownAccount[] = [];
    for (const account of office.people.list()) if (closed || account.closedAt === null) accounts.push(await shown(account, office));
    return { accounts };
  },
  show({ accounts }, terminal) {
    if (accounts.length === 0) return terminal.out('Nobody is here yet; tayori account add ADDRESS takes a person in.');
    const rows = accounts.map((account) => [
      account.address,
      safe(account.name),
      String(account.letters),
      formatSize(account.octets),
      account.quota === null ? 'no limit' : formatSize(account.quota),
      account.closedAt === null ? 'open' : `closed ${formatTime(account.closedAt)}`,
    ]);
    for (const line of formatColumns([['address', 'name', 'letters', 'room taken', 'quota', 'state'], ...rows])) terminal.out(line);
  },
});

const add = officeCommand<
  { address: string; name: string; password: string | null; quota: number | null | undefined },
  { address: string; password: string | null }
>({
  words: 'account add',
  sentence: 'Take a person in.',
  arguments: [{ name: 'ADDRESS', sentence: 'The mail address, which is the login name too; its domain must be one of ours.' }],
  options: [
    { name: 'name', value: 'NAME', sentence: 'The name of the person; without it the part before the @.' },
    { name: 'quota', value: 'SIZE', sentence: 'How much room the person has, such as 5GB, or none; without it the setting "quota".' },
    ...passwordOptions,
    jsonOption,
  ],
  examples: [
    { line: 'tayori account add hanako@example.com --name 花子', sentence: 'Asks for the password.' },
    { line: 'tayori account add taro@example.com --generate', sentence: 'Makes a password and prints it once.' },
  ],
  notes: 'The first person of a domain also gets the letters to postmaster and abuse (tayori account alias changes that).',
  makesData: true,
  async ask(input, terminal) {
    const address = input.arguments['ADDRESS']!;
    const quota = input.options['quota'];
    return {
      address,
      name: String(input.options['name'] ?? address.split('@')[0]),
      quota: typeof quota === 'string' ? readQuota(quota) : undefined,
      password: await readPassword(input, terminal),
    };
  },
  async perform({ address, name, password, quota }, office) {
    const person = { address, name, quota: quota === undefined ? office.settings.quota : quota, ...(password !== null && { password }) };
    const made = await office.people.add(person);
    return { address: made.account.address, password: password === null ? made.password : null };
  },
  show({ address, password }, terminal) {
    terminal.out(`${address} is here.`);
    if (password !== null) terminal.out(`Password: ${password}  (it is not shown again)`);
  },
});

const password = officeCommand<{ person: string; password: string | null }, { address: string; password: string | null }>({
  words: 'account password',
  sentence: 'Set a new password.',
  arguments: [personArgument],
  options: [...passwordOptions, jsonOption],
  examples: [{ line: 'tayori account password hanako@example.com', sentence: 'Asks for the new password, without showing it.' }],
  notes: 'App passwords stay as they are; tayori account app-password remove takes one away.',
  ask: async (input, terminal) => ({ person: input.arguments['PERSON']!, password: await readPassword(input, terminal) }),
  async perform(ask, office) {
    const { address } = office.people.get(ask.person);
    const made = await office.people.setPassword(address, ask.password ?? undefined);
    return { address, password: ask.password === null ? made : null };
  },
  show({ address, password: made }, terminal) {
    terminal.out(`${address} has a new password.`);
    if (made !== null) terminal.out(`Password: ${made}  (it is not shown again)`);
  },
});

const quota = officeCommand<{ person: string; quota: number | null }, ShownAccount>({
  words: 'account quota',
  sentence: 'Set how much room a person has.',
  arguments: [personArgument, { name: 'SIZE', sentence: 'Such as 500MB or 5GB, or none for no limit.' }],
  options: [jsonOption],
  examples: [{ line: 'tayori account quota hanako@example.com 5GB', sentence: 'Letters above five gigabytes are refused.' }],
  ask: (input) => ({ person: input.arguments['PERSON']!, quota: readQuota(input.arguments['SIZE']!) }),
  perform: async (ask, office) => shown(await office.people.setQuota(ask.person, ask.quota), office),
  show(account, terminal) {
    const limit = account.quota === null ? 'no limit' : formatSize(account.quota);
    terminal.out(`${account.address}: ${limit}, of which ${formatSize(account.octets)} are taken.`);
  },
});

const close = officeCommand<{ person: string }, ShownAccount>({
  words: 'account close',
  sentence: 'Close an account; its letters rest and can come back.',
  arguments: [personArgument],
  options: [jsonOption],
  examples: [{ line: 'tayori account close taro@example.com', sentence: 'Nobody signs in any more, no letter is taken.' }],
  notes: 'The letters rest for 30 days; until then tayori account reopen brings everything back. After that they go for good.',
  ask: (input) => ({ person: input.arguments['PERSON']! }),
  perform: async ({ person }, office) => shown(await office.people.close(person), office),
  show: (account, terminal) => terminal.out(`${account.address} is closed; tayori account reopen ${account.address} brings it back.`),
});

const reopen = officeCommand<{ person: string }, ShownAccount>({
  words: 'account reopen',
  sentence: 'Open a closed account again.',
  arguments: [personArgument],
  options: [jsonOption],
  examples: [{ line: 'tayori account reopen taro@example.com', sentence: 'With all letters and the same password.' }],
  ask: (input) => ({ person: input.arguments['PERSON']! }),
  perform: async ({ person }, office) => shown(await office.people.reopen(person), office),
  show: (account, terminal) => terminal.out(`${account.address} is open again.`),
});

export const commands = [lists, add, password, quota, close, reopen];
