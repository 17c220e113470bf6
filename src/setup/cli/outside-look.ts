// `tayori outside list`, `show` and `test`: how people's accounts at other providers stand. Knows what is asked and shown.
import type { OutsideServer } from '../../store/outside-contract.ts';
import { checkHealth, type HealthNews } from '../outside-health.ts';
import { proveAgain } from '../outside-again.ts';
import type { SetUpResult } from '../outside-setup.ts';
import { jsonOption, personArgument } from './account.ts';
import { officeCommand } from './command.ts';
import { languageOf, languageOption, type Language } from './language.ts';
import { addressArgument, find, findOpen, named, shown, tellProgress, withCause, type ShownOutside } from './outside-common.ts';
import { sayFailure, sayHealth, sayLeaving, sayNews, sayProgress, saySwitch } from './outside-words.ts';
import { formatColumns, formatTime, safe, type Terminal } from './terminal.ts';

function sayServer({ service, host, port, security, login, auth }: OutsideServer): string {
  const seal = security === 'tls' ? 'TLS' : 'STARTTLS';
  return `${service.toUpperCase()} ${host}:${port} ${seal}, ${login}${auth === 'oauth2' ? ' (OAuth 2)' : ''}`;
}

const list = officeCommand<{ person: string | null; closed: boolean }, { accounts: ShownOutside[] }>({
  words: 'outside list',
  sentence: "List people's accounts at other providers, with their health.",
  arguments: [{ ...personArgument, optional: true }],
  options: [{ name: 'closed', sentence: 'Those that were taken away, too.' }, languageOption, jsonOption],
  examples: [{ line: 'tayori outside list hanako', sentence: 'How each of them stands.' }],
  ask: (input) => ({ person: input.arguments['PERSON'] ?? null, closed: input.options['closed'] === true }),
  async perform({ person, closed }, office) {
    const owner = person === null ? undefined : office.people.get(person).id;
    const accounts: ShownOutside[] = [];
    for (const row of office.outside.accounts.list(owner, closed)) accounts.push(await shown(row, office));
    return { accounts };
  },
  show({ accounts }, terminal, input) {
    const language = languageOf(input);
    const ja = language === 'ja';
    if (accounts.length === 0)
      return terminal.out(ja ? 'まだありません。tayori outside add で加えます。' : 'There are none yet; tayori outside add adds one.');
    const rows = accounts.map((row) => [
      row.person,
      safe(row.address),
      row.receive.service.toUpperCase(),
      String(row.letters),
      row.health.lastReceivedAt === null ? '–' : formatTime(row.health.lastReceivedAt),
      row.closedAt === null
        ? safe(sayHealth(row.health, row.paused, language))
        : ja
          ? `外しました ${formatTime(row.closedAt)}`
          : `taken away ${formatTime(row.closedAt)}`,
    ]);
    const head = ja
      ? ['だれの', 'アドレス', '方法', '手紙', '最後の受け取り', 'ようす']
      : ['person', 'address', 'by', 'letters', 'last letter', 'health'];
    for (const line of formatColumns([head, ...rows])) terminal.out(line);
  },
});

function showAccount(row: ShownOutside, terminal: Terminal, language: Language): void {
  const ja = language === 'ja';
  const line = (name: string, value: string): void => terminal.out(`${name}  ${safe(value)}`);
  terminal.out(safe(`${row.address}  (${row.person})`));
  line(ja ? 'ようす' : 'health', sayHealth(row.health, row.paused, language));
  if (row.health.words !== '') line(ja ? '元の言葉' : 'raw words', row.health.words);
  line(ja ? 'アプリでのログイン名' : 'login of mail apps', row.appLogin);
  line(ja ? '受け取り' : 'receiving', sayServer(row.receive));
  line(ja ? '送り' : 'sending', sayServer(row.send));
  for (const side of ['receive', 'send'] as const)
    if (row[side].exceptions.length > 0) line(ja ? '認めた弱い封' : 'allowed weakness', `${side}: ${row[side].exceptions.join(', ')}`);
  if (row.receive.service === 'pop3') line(ja ? '元のサーバー' : 'at the provider', sayLeaving(row.leaving, language));
  line(ja ? '確かめた日' : 'proven', row.provenAt === null ? (ja ? 'まだ' : 'not yet') : formatTime(row.provenAt));
  const times = [row.health.lastReceivedAt, row.health.lastSentAt].map((at) => (at === null ? '–' : formatTime(at)));
  line(ja ? '最後の受け取り・送り' : 'last letter in, out', times.join(', '));
  line(ja ? '手紙' : 'letters', String(row.letters));
  terminal.out(ja ? 'それぞれの出どころ' : 'where each value came from');
  for (const [name, from] of Object.entries(row.provenance)) terminal.out(`  ${safe(name)}: ${safe(from)}`);
}

const show = officeCommand<{ person: string; address: string }, ShownOutside>({
  words: 'outside show',
  sentence: 'Show one account: its health in a sentence, its servers, and where each value came from.',
  arguments: [personArgument, addressArgument],
  options: [languageOption, jsonOption],
  examples: [{ line: 'tayori outside show hanako taro@ocn.ne.jp', sentence: 'Everything but the password.' }],
  ask: named,
  perform: ({ person, address }, office) => shown(find(office, person, address), office),
  show: (row, terminal, input) => showAccount(row, terminal, languageOf(input)),
});

interface TestAnswer {
  readonly account: ShownOutside;
  readonly news: readonly HealthNews[];
  readonly letter: SetUpResult['failure'];
  readonly switches: SetUpResult['switches'];
}

const test = officeCommand<{ person: string; address: string; letter: boolean; language: Language }, TestAnswer>({
  words: 'outside test',
  sentence: 'Look now whether an account works, and what has changed since it was proven.',
  arguments: [personArgument, addressArgument],
  options: [
    { name: 'letter', sentence: 'Also send a letter to oneself and look for it; this proves the address.' },
    languageOption,
    jsonOption,
  ],
  examples: [
    { line: 'tayori outside test hanako taro@ocn.ne.jp', sentence: 'Password, certificate, servers: what is otherwise than before.' },
  ],
  ask: (input) => ({ ...named(input), letter: input.options['letter'] === true, language: languageOf(input) }),
  async perform({ person, address, letter, language }, office, work) {
    const row = findOpen(office, person, address);
    office.outside.allowance.check(row.owner, 'failed-login');
    let done = 0;
    const progress: NonNullable<Parameters<typeof checkHealth>[2]['progress']> = (side, step) =>
      work.say({ done: ++done, of: 14, words: sayProgress({ kind: 'step', side, step }, language) });
    return withCause(language, async () => {
      const { health, news } = await checkHealth(office, row, { signIn: true, progress, signal: work.signal });
      const proven = letter && health.state === 'good' ? await proveAgain(office, row, tellProgress(work, language), work.signal) : null;
      const { failure, switches } = proven ?? { failure: null, switches: [] };
      return { account: await shown(find(office, person, address), office), news, letter: failure, switches };
    });
  },
  show({ account, news, letter, switches }, terminal, input) {
    const language = languageOf(input);
    const isGood = account.health.state === 'good' && letter === null;
    if (isGood && news.length === 0)
      terminal.out(language === 'ja' ? '元気です。前と変わりません。' : 'All is well, and as it was when it was proven.');
    for (const one of news) for (const line of sayNews(one, account, language)) terminal.out(safe(line));
    if (account.health.words !== '') terminal.out(safe(`${language === 'ja' ? '元の言葉' : 'raw words'}: ${account.health.words}`));
    for (const one of switches) terminal.out(safe(saySwitch(one, language)));
    if (letter !== null) for (const line of sayFailure(letter, language, 'unchanged')) terminal.out(safe(line));
    return isGood ? 0 : 1;
  },
  exitCode: ({ account, letter }) => (account.health.state === 'good' && letter === null ? 0 : 1),
});

export const commands = [list, show, test];
