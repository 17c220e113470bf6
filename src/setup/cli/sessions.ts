// `tayori account sessions …` and `account second-factor …`: the browsers in which a person is signed in, and what is asked for besides the
// password. Knows what is asked and shown.
import { factorsOf } from '../../journey/account/factors.ts';
import type { FactorRow, WebSessionRow } from '../../store/directory-contract.ts';
import { jsonOption, personArgument } from './account.ts';
import { CommandTrouble, officeCommand } from './command.ts';
import { formatColumns, formatTime, safe } from './terminal.ts';

type ShownSession = Pick<WebSessionRow, 'id' | 'device' | 'how' | 'createdAt' | 'lastUsedAt' | 'lastUsedFrom'>;

interface ShownFactor {
  readonly id: number;
  readonly kind: 'totp' | 'passkey' | 'recovery';
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  /** Recovery codes that are left. */
  readonly left: number | null;
}

const ways: Readonly<Record<WebSessionRow['how'], string>> = {
  password: 'password',
  totp: 'password and code',
  passkey: 'passkey',
  recovery: 'password and recovery code',
};
const kinds: Readonly<Record<ShownFactor['kind'], string>> = { totp: 'authenticator app', passkey: 'passkey', recovery: 'recovery codes' };

function shownFactor({ id, name, createdAt, lastUsedAt, proof }: FactorRow): ShownFactor {
  return { id, kind: proof.kind, name, createdAt, lastUsedAt, left: proof.kind === 'recovery' ? proof.codes.length : null };
}

const listSessions = officeCommand<{ person: string }, { sessions: ShownSession[] }>({
  words: 'account sessions list',
  sentence: 'List the browsers in which a person is signed in.',
  arguments: [personArgument],
  options: [jsonOption],
  examples: [{ line: 'tayori account sessions list hanako@example.com', sentence: 'With the number by which each is ended.' }],
  ask: (input) => ({ person: input.arguments['PERSON']! }),
  perform: async ({ person }, office) => ({
    sessions: office.webSessions
      .list(office.people.get(person).id)
      .map(({ id, device, how, createdAt, lastUsedAt, lastUsedFrom }) => ({ id, device, how, createdAt, lastUsedAt, lastUsedFrom })),
  }),
  show({ sessions }, terminal) {
    if (sessions.length === 0) return terminal.out('No browser is signed in.');
    const rows = sessions.map((one) => [
      String(one.id),
      one.device === '' ? 'unknown' : safe(one.device),
      ways[one.how],
      formatTime(one.createdAt),
      `${formatTime(one.lastUsedAt)} from ${safe(one.lastUsedFrom)}`,
    ]);
    for (const line of formatColumns([['number', 'browser', 'by', 'since', 'last used'], ...rows])) terminal.out(line);
  },
});

const endSession = officeCommand<{ person: string; session: number | null }, { ended: number }>({
  words: 'account sessions end',
  sentence: 'Sign a person out in one browser, or in all.',
  arguments: [personArgument, { name: 'NUMBER', sentence: 'As tayori account sessions list shows it.', optional: true }],
  options: [{ name: 'all', sentence: 'In every browser.' }, jsonOption],
  examples: [
    { line: 'tayori account sessions end hanako@example.com 7', sentence: 'That browser asks for the password again.' },
    { line: 'tayori account sessions end hanako@example.com --all', sentence: 'All of them do. A new password does the same.' },
  ],
  ask(input) {
    const number = input.arguments['NUMBER'];
    if ((number === undefined) !== (input.options['all'] === true))
      throw new CommandTrouble('name one session by its number, or say --all', 2);
    if (number !== undefined && !/^\d+$/.test(number)) throw new CommandTrouble(`"${number}" is not the number of a session`, 2);
    return { person: input.arguments['PERSON']!, session: number === undefined ? null : Number(number) };
  },
  async perform({ person, session }, office) {
    const { id } = office.people.get(person);
    if (session === null) return { ended: await office.webSessions.endOthers(id, null) };
    await office.webSessions.end(id, session);
    return { ended: 1 };
  },
  show: ({ ended }, terminal) => terminal.out(ended === 1 ? 'One browser is signed out.' : `${ended} browsers are signed out.`),
});

const listFactors = officeCommand<{ person: string }, { factors: ShownFactor[] }>({
  words: 'account second-factor list',
  sentence: 'List what a person is asked for besides the password.',
  arguments: [personArgument],
  options: [jsonOption],
  notes: `
A second factor is set up by its person on the mail page. While one is set, the password alone opens nothing: mail apps sign in by app
passwords.`,
  examples: [{ line: 'tayori account second-factor list hanako@example.com', sentence: 'With the number by which each is taken away.' }],
  ask: (input) => ({ person: input.arguments['PERSON']! }),
  perform: async ({ person }, office) => ({ factors: office.secondFactors.list(office.people.get(person).id).map(shownFactor) }),
  show({ factors }, terminal) {
    if (factors.length === 0) return terminal.out('The password is enough: no second factor is set.');
    const rows = factors.map((one) => [
      String(one.id),
      kinds[one.kind],
      one.left === null ? safe(one.name) : `${one.left} left`,
      formatTime(one.createdAt),
      one.lastUsedAt === null ? 'never' : formatTime(one.lastUsedAt),
    ]);
    for (const line of formatColumns([['number', 'kind', 'name', 'since', 'last used'], ...rows])) terminal.out(line);
  },
});

const removeFactor = officeCommand<{ person: string; factor: number | null }, { removed: ShownFactor[]; stillAsked: boolean }>({
  words: 'account second-factor remove',
  sentence: 'Take a lost phone or key away from a person, or all of them.',
  arguments: [personArgument, { name: 'NUMBER', sentence: 'As tayori account second-factor list shows it.', optional: true }],
  options: [{ name: 'all', sentence: 'Everything: the password is enough then.' }, jsonOption],
  notes: `
For a person who has lost the phone and the recovery codes. Be sure who asks: whoever knows the password reads the letters afterwards. The
browsers that are signed in stay so; tayori account sessions end signs them out.`,
  examples: [
    { line: 'tayori account second-factor remove hanako@example.com --all', sentence: 'The next login asks for the password alone.' },
  ],
  ask(input) {
    const number = input.arguments['NUMBER'];
    if ((number === undefined) !== (input.options['all'] === true)) throw new CommandTrouble('name one by its number, or say --all', 2);
    if (number !== undefined && !/^\d+$/.test(number)) throw new CommandTrouble(`"${number}" is not the number of a second factor`, 2);
    return { person: input.arguments['PERSON']!, factor: number === undefined ? null : Number(number) };
  },
  async perform({ person, factor }, office) {
    const { id } = office.people.get(person);
    const wanted = factor === null ? office.secondFactors.list(id).map((row) => row.id) : [factor];
    const removed: ShownFactor[] = [];
    for (const one of wanted) {
      // The recovery codes go along with the last thing that they stand for.
      if (factor === null && !office.secondFactors.list(id).some((row) => row.id === one)) continue;
      removed.push(shownFactor(await office.secondFactors.remove(id, one)));
    }
    const stillAsked = factorsOf(office.directory, id, 'totp').length + factorsOf(office.directory, id, 'passkey').length > 0;
    return { removed, stillAsked };
  },
  show({ removed, stillAsked }, terminal) {
    if (removed.length === 0) terminal.out('No second factor was set.');
    for (const one of removed) terminal.out(`Taken away: ${kinds[one.kind]}${one.left === null ? ` "${safe(one.name)}"` : ''}.`);
    terminal.out(stillAsked ? 'A second factor is still asked for.' : 'The password is enough now.');
  },
});

export const commands = [listSessions, endSession, listFactors, removeFactor];
