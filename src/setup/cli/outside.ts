// `tayori outside …`: accounts at other providers. Knows what is asked and shown; finding, proving and keeping are done elsewhere.
import { normaliseAddress } from '../../journey/account/addresses.ts';
import { CauseTrouble } from '../../journey/outside/causes.ts';
import type { OutsideAccountRow, OutsideServer, Pop3Leaving, TlsException } from '../../store/outside-contract.ts';
import type { Discovery } from '../discover/contract.ts';
import type { Office } from '../office.ts';
import { checkHealth, type HealthNews } from '../outside-health.ts';
import { proveSides, setUp, type SetUpAsk, type SetUpResult, type SetUpServer } from '../outside-setup.ts';
import { signInByPage } from '../outside-sign-in.ts';
import { jsonOption, personArgument } from './account.ts';
import { CommandTrouble, officeCommand, type Input, type Option, type Work } from './command.ts';
import { readAllSettings } from './globals.ts';
import { languageOf, languageOption, type Language } from './language.ts';
import { readExceptions, readServer, serversOf, wantsLogin } from './outside-servers.ts';
import { sayCause, sayFailure, sayHealth, sayLeaving, sayNews, sayProgress, saySwitch, words } from './outside-words.ts';
import { formatColumns, formatTime, safe, type Terminal } from './terminal.ts';

const addressArgument = { name: 'ADDRESS', sentence: 'The address at the other provider.' };
const passwordInput: Option = { name: 'password-stdin', sentence: 'Read the password from the first line of the input instead of asking.' };

// --- what is shown --------------------------------------------------------------------------------------------------

/** Everything but the secret. */
type ShownOutside = Omit<OutsideAccountRow, 'secret' | 'id'> & {
  readonly person: string;
  /** What mail apps sign in with. */
  readonly appLogin: string;
  readonly letters: number;
  readonly octets: number;
};

async function shown({ secret: _secret, id, ...row }: OutsideAccountRow, office: Office): Promise<ShownOutside> {
  const person = office.directory.accountById(row.owner)!.address;
  const { messages, octets } = await office.store.usage(id);
  return { ...row, person, appLogin: `${person}/${row.address}`, letters: messages, octets };
}

function find(office: Office, person: string, address: string): OutsideAccountRow {
  return office.outside.accounts.get(office.people.get(person).id, normaliseAddress(address) ?? address);
}

const named = (input: Input): { person: string; address: string } => ({
  person: input.arguments['PERSON']!,
  address: input.arguments['ADDRESS']!,
});

function sayServer({ service, host, port, security, login, auth }: OutsideServer): string {
  const seal = security === 'tls' ? 'TLS' : 'STARTTLS';
  return `${service.toUpperCase()} ${host}:${port} ${seal}, ${login}${auth === 'oauth2' ? ' (OAuth 2)' : ''}`;
}

// --- adding ---------------------------------------------------------------------------------------------------------

interface AddAsk extends Omit<SetUpAsk, 'owner' | 'secret'> {
  readonly person: string;
  /** Null: the person signs in at this provider's page. */
  readonly password: { readonly receive: string; readonly send: string } | null;
  readonly signInAt: string | null;
  readonly loopback: boolean;
  readonly language: Language;
}

type AddAnswer = Omit<SetUpResult, 'saved'> & { readonly saved: ShownOutside | null };

const serverOptions: readonly Option[] = [
  { name: 'receive', value: 'HOW', sentence: 'imap or pop3; without it imap where there is one.' },
  { name: 'imap', value: 'HOST:PORT', sentence: 'The server for receiving, typed instead of looked up (port 993 unless said).' },
  { name: 'pop3', value: 'HOST:PORT', sentence: 'The same by POP3 (port 995 unless said).' },
  {
    name: 'smtp',
    value: 'HOST:PORT',
    sentence: 'The server for sending, typed (ports 465 and 587 unless said); /starttls or /tls may follow.',
  },
  { name: 'login', value: 'NAME', sentence: 'The login name, where it is not the address.' },
  { name: 'send-login', value: 'NAME', sentence: 'The login name for sending, where it is another one.' },
  { name: 'allow', value: 'LIST', sentence: 'Weaknesses of TLS that are allowed for these servers alone, as a refusal names them.' },
];

function readLeaving(value: string | true | undefined): Pop3Leaving {
  if (value === undefined || value === 'forever') return { keep: 'forever' };
  if (value === 'none') return { keep: 'none' };
  const days = Number(value);
  if (!Number.isInteger(days) || days < 1 || days > 3650)
    throw new CommandTrouble(`--leave is forever, none or a number of days, not ${value}`, 2);
  return { keep: 'days', days };
}

function textOf(input: Input, name: string): string | null {
  const value = input.options[name];
  return typeof value === 'string' ? value : null;
}

interface Found {
  readonly receive: readonly SetUpServer[];
  readonly send: readonly SetUpServer[];
  readonly discovery: Discovery | null;
}

/** By what was typed, and for the rest by looking up; shows what was found. @throws CommandTrouble. */
async function findServers(input: Input, terminal: Terminal, address: string, language: Language): Promise<Found> {
  const how = textOf(input, 'receive') ?? (textOf(input, 'pop3') !== null && textOf(input, 'imap') === null ? 'pop3' : null);
  if (how !== null && how !== 'imap' && how !== 'pop3') throw new CommandTrouble(`--receive is imap or pop3, not ${how}`, 2);
  const login = textOf(input, 'login');
  const sendLogin = textOf(input, 'send-login') ?? login;
  const allowed: readonly TlsException[] = readExceptions(input.options['allow']);
  const typed = (service: 'imap' | 'pop3' | 'smtp', name: string | null): SetUpServer[] | null => {
    const text = textOf(input, service);
    const logins = name === null ? [address, address.slice(0, address.lastIndexOf('@'))] : [name];
    return text === null ? null : readServer(service, text, logins, allowed, (remark) => terminal.err(remark[language]));
  };
  const receiving = how === 'pop3' ? typed('pop3', login) : (typed('imap', login) ?? (how === null ? typed('pop3', login) : null));
  const sending = typed('smtp', sendLogin);
  if (receiving !== null && sending !== null) return { receive: receiving, send: sending, discovery: null };

  const [{ discover }, { openDiscovery }, { showDiscovery }, { settings }, { readFile }] = await Promise.all([
    import('../discover/discover.ts'),
    import('../discover/open.ts'),
    import('./discover.ts'),
    readAllSettings(input.globals),
    import('node:fs/promises'),
  ]);
  const authorities = settings.outsideAuthority === null ? [] : [await readFile(settings.outsideAuthority, 'latin1')];
  const privateAllowed = settings.outsidePrivate ?? settings.domain === null;
  const parts = openDiscovery({
    resolvers: settings.resolvers,
    privateAllowed,
    probing: true,
    authorities,
    webPorts: webPortsOf(input),
    options: { anyPort: privateAllowed, ...(webPortsOf(input).https === undefined ? {} : { ispdb: null }) },
  });
  const found = await discover(address, parts);
  if (!input.json) for (const line of showDiscovery(found, language, false)) terminal.err(safe(line));
  if (login === null && wantsLogin(found))
    throw new CommandTrouble(
      language === 'ja'
        ? `この会社のログイン名はアドレスと別のものです。--login で入れてください(${found.credential.explanation.ja})`
        : `this provider's login name is not the address; give it by --login (${found.credential.explanation.en})`,
      2,
    );
  const [imap, pop3] = [serversOf(found.imap, login, allowed), serversOf(found.pop3, login, allowed)];
  const receive = receiving ?? (how === 'pop3' ? pop3 : how === 'imap' ? imap : imap.length > 0 ? imap : pop3);
  const send = sending ?? serversOf(found.smtp, sendLogin, allowed);
  if (receive.length === 0 || send.length === 0)
    throw new CommandTrouble(
      language === 'ja'
        ? 'サーバーが見つかりませんでした。--imap(または --pop3)と --smtp で入れることができます'
        : 'no servers were found; they can be typed by --imap (or --pop3) and --smtp',
    );
  return { receive, send, discovery: found };
}

/** Other ports than 443 and 80 for looking up: closed networks and tests. */
function webPortsOf(input: Input): { readonly https?: number; readonly http?: number; readonly others?: boolean } {
  const text = input.globals.environment['TAYORI_TEST_WEB_PORTS'];
  const [https, http] = (text ?? '').split(',').map(Number);
  return https && http ? { https, http, others: true } : {};
}

const add = officeCommand<AddAsk, AddAnswer>({
  words: 'outside add',
  sentence: "Add a person's account at another provider: find it, prove it, keep it.",
  arguments: [personArgument, addressArgument],
  options: [
    { name: 'name', value: 'NAME', sentence: "The name for From; without it the person's." },
    ...serverOptions,
    { name: 'leave', value: 'HOW', sentence: 'With POP3, at the provider: forever (usual), none, or so many days.' },
    { name: 'sign-in', sentence: "Sign in at the provider's page (OAuth 2) instead of giving a password." },
    { name: 'sign-in-at', value: 'NAME', sentence: 'Whose page, as tayori oauth client list names it, where the address does not tell.' },
    { name: 'loopback', sentence: 'For --sign-in: the browser is on this machine.' },
    { name: 'no-proof', sentence: 'Check the logins only; no letter is sent, and none can be sent from the address until it is proven.' },
    passwordInput,
    languageOption,
    jsonOption,
  ],
  examples: [
    { line: 'tayori outside add hanako@example.com taro@ocn.ne.jp', sentence: 'Looks it up, says which password is wanted, asks for it.' },
    {
      line: 'tayori outside add hanako taro@far.example --receive pop3 --leave 30',
      sentence: 'By POP3; letters leave the provider after 30 days.',
    },
    {
      line: 'tayori outside add hanako me@gmail.com --sign-in',
      sentence: "By Google's page; tayori oauth guide google tells what it needs.",
    },
    { line: 'tayori outside add hanako x@far.example --imap mail.far.example --smtp mail.far.example:587', sentence: 'Servers typed.' },
  ],
  notes: `
What is found is shown before the password is asked for; it goes to those servers only, over verified TLS. Both logins are tried, with
three failures at most; then a letter to oneself is sent and looked for. Only then the account is kept. One that was taken away less than
30 days ago comes back with its letters.`,
  async ask(input, terminal) {
    const { person, address: typed } = named(input);
    const language = languageOf(input);
    const { cleanAddress } = await import('../discover/clean.ts');
    let address: string;
    try {
      ({ address } = cleanAddress(typed));
    } catch (trouble) {
      if (!(trouble instanceof CauseTrouble)) throw trouble;
      throw new CommandTrouble(sayCause(trouble.why, language, null).join(' '), 2);
    }
    const { receive, send, discovery } = await findServers(input, terminal, address, language);
    const kind = discovery?.credential.kind ?? 'password';
    const isSignIn = input.options['sign-in'] === true || kind === 'oauth2-only';
    const question = discovery?.credential.name[language] ?? (language === 'ja' ? 'メールのパスワード' : 'Password for mail');
    const hosts = [...new Set([receive[0]!.host, send[0]!.host])].join(', ');
    const secret = isSignIn ? null : await terminal.secret(`${question} (→ ${hosts})`);
    if (secret === '') throw new CommandTrouble(language === 'ja' ? 'パスワードが空です' : 'the password is empty', 2);
    const signInAt =
      textOf(input, 'sign-in-at') ?? discovery?.oauth?.issuer ?? discovery?.provider?.id ?? address.slice(address.lastIndexOf('@') + 1);
    return {
      person,
      address,
      name: textOf(input, 'name') ?? '',
      provider: discovery?.provider?.id ?? null,
      receive,
      send,
      password: secret === null ? null : { receive: secret, send: secret },
      signInAt: isSignIn ? signInAt : null,
      loopback: input.options['loopback'] === true,
      leaving: readLeaving(input.options['leave']),
      sentCopy: discovery?.provider?.sentCopy ?? 'here',
      proof: input.options['no-proof'] !== true,
      language,
    };
  },
  async perform({ person, password, signInAt, loopback, language, ...ask }, office, work) {
    const owner = office.people.get(person);
    return withCause(language, async () => {
      const secret =
        password !== null
          ? ({ kind: 'password', ...password } as const)
          : await signInByPage(
              office,
              { owner: owner.id, address: ask.address, provider: signInAt!, loopback },
              showLink(work, language),
              work.signal,
            );
      const name = ask.name === '' ? owner.name : ask.name;
      const { saved, ...result } = await setUp(
        office,
        { ...ask, owner: owner.id, name, secret },
        tellProgress(work, language),
        work.signal,
      );
      return { ...result, saved: saved === null ? null : await shown(saved, office) };
    });
  },
  show({ saved, failure, letter, switches }, terminal, input) {
    const language = languageOf(input);
    for (const one of switches) terminal.out(safe(saySwitch(one, language)));
    if (failure !== null) {
      for (const line of sayFailure(failure, language)) terminal.out(safe(line));
      return 1;
    }
    if (saved === null) return 1;
    for (const line of words.saved(saved.address, saved.appLogin)[language]) terminal.out(safe(line));
    if (letter === null) terminal.out(words.unproven[language]);
    terminal.out(words.keeps[language]);
    return 0;
  },
  exitCode: ({ saved }) => (saved === null ? 1 : 0),
});

function showLink(work: Work, language: Language): (url: string) => void {
  return (url) => {
    work.say({ done: 0, of: 0, line: words.openLink[language] });
    work.say({ done: 0, of: 0, line: url });
  };
}

/** Eleven ticks or so: what is under way is said in words. */
function tellProgress(work: Work, language: Language): Parameters<typeof setUp>[2] {
  let done = 0;
  return (told) => {
    if (told.kind === 'step') done++;
    work.say({ done, of: 16, words: sayProgress(told, language) });
  };
}

/** A cause that no result can hold is told in its sentence. */
async function withCause<T>(language: Language, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (trouble) {
    if (!(trouble instanceof CauseTrouble)) throw trouble;
    const said = trouble.words === '' ? '' : ` [${trouble.words}]`;
    throw new CommandTrouble(`${sayCause(trouble.why, language, null).join(' ')}${said}`);
  }
}

// --- looking --------------------------------------------------------------------------------------------------------

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
  if (row.health.words !== '') line(ja ? '相手の言葉' : 'in its own words', row.health.words);
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
    const row = find(office, person, address);
    let done = 0;
    const progress: NonNullable<Parameters<typeof checkHealth>[2]['progress']> = (side, step) =>
      work.say({ done: ++done, of: 14, words: sayProgress({ kind: 'step', side, step }, language) });
    return withCause(language, async () => {
      const { health, news } = await checkHealth(office, row, { signIn: true, progress, signal: work.signal });
      let failure: SetUpResult['failure'] = null;
      if (letter && health.state === 'good') {
        const secret = await freshSecret(office, row);
        ({ failure } = await proveSides(office, { ...asAsk(row), secret, proof: true }, tellProgress(work, language), work.signal));
        if (failure === null) await office.outside.accounts.change(row.id, { provenAt: office.clock.now() });
      }
      return { account: await shown(find(office, person, address), office), news, letter: failure };
    });
  },
  show({ account, news, letter }, terminal, input) {
    const language = languageOf(input);
    const isGood = account.health.state === 'good' && letter === null;
    if (isGood && news.length === 0)
      terminal.out(language === 'ja' ? '元気です。前と変わりません。' : 'All is well, and as it was when it was proven.');
    for (const one of news) for (const line of sayNews(one, account, language)) terminal.out(safe(line));
    if (account.health.words !== '') terminal.out(safe(account.health.words));
    if (letter !== null) for (const line of sayFailure(letter, language)) terminal.out(safe(line));
    return isGood ? 0 : 1;
  },
  exitCode: ({ account, letter }) => (account.health.state === 'good' && letter === null ? 0 : 1),
});

/** With an access token that works now. */
async function freshSecret(office: Office, row: OutsideAccountRow): Promise<SetUpAsk['secret']> {
  const secret = office.outside.accounts.secretOf(row);
  if (secret.kind === 'password') return secret;
  const { keeper } = await office.outside.roads();
  return { ...secret, accessToken: (await keeper.credentialsOf(row.id, 'receive')).secret };
}

function asSetUpServer({ service, host, port, security, login, exceptions }: OutsideServer): SetUpServer {
  return { service, host, port, security: security === 'starttls' ? 'starttls' : 'tls', logins: [login], exceptions, provenance: {} };
}

function asAsk(row: OutsideAccountRow): Pick<SetUpAsk, 'owner' | 'address' | 'name' | 'receive' | 'send'> {
  const { owner, address, name } = row;
  return { owner, address, name, receive: [asSetUpServer(row.receive)], send: [asSetUpServer(row.send)] };
}

// --- changing -------------------------------------------------------------------------------------------------------

type ChangeAnswer = { readonly account: ShownOutside; readonly failure: SetUpResult['failure'] };

function showChange(
  { account, failure }: ChangeAnswer,
  terminal: Terminal,
  language: Language,
  done: Readonly<Record<Language, string>>,
): 0 | 1 {
  if (failure === null) terminal.out(safe(`${account.address}: ${done[language]}`));
  else for (const line of sayFailure(failure, language)) terminal.out(safe(line));
  return failure === null ? 0 : 1;
}

const exitOfChange = ({ failure }: ChangeAnswer): 0 | 1 => (failure === null ? 0 : 1);

/** Letters that waited for a password are tried now. */
async function retryWaiting(office: Office, row: OutsideAccountRow): Promise<void> {
  const waiting = await office.store.queue.list({ via: row.id, limit: 10_000 });
  await office.store.queue.retry(
    waiting.filter(({ state }) => state === 'ready').map(({ id }) => id),
    office.clock.now(),
  );
  for (const hurry of office.hurries) hurry();
}

const password = officeCommand<{ person: string; address: string; secret: string; check: boolean; language: Language }, ChangeAnswer>({
  words: 'outside password',
  sentence: 'Give a new password for an account; it is kept when both logins work.',
  arguments: [personArgument, addressArgument],
  options: [
    { name: 'no-check', sentence: 'Keep it without trying it, such as when the provider is down.' },
    passwordInput,
    languageOption,
    jsonOption,
  ],
  examples: [{ line: 'tayori outside password hanako taro@ocn.ne.jp', sentence: 'Asks for it; letters that waited for it go out.' }],
  async ask(input, terminal) {
    const language = languageOf(input);
    const secret = await terminal.secret(language === 'ja' ? '新しいパスワード' : 'New password');
    if (secret === '') throw new CommandTrouble(language === 'ja' ? 'パスワードが空です' : 'the password is empty', 2);
    return { ...named(input), secret, check: input.options['no-check'] !== true, language };
  },
  async perform({ person, address, secret: typed, check, language }, office, work) {
    const row = find(office, person, address);
    const secret = { kind: 'password', receive: typed, send: typed } as const;
    return withCause(language, async () => {
      const failure = check
        ? (await proveSides(office, { ...asAsk(row), secret, proof: false }, tellProgress(work, language), work.signal)).failure
        : null;
      if (failure === null) {
        await office.outside.accounts.setSecret(row.id, secret);
        const asPassword = <T extends OutsideServer>(server: T): T => ({ ...server, auth: 'password' });
        await office.outside.accounts.change(row.id, { receive: asPassword(row.receive), send: asPassword(row.send) });
        await retryWaiting(office, row);
      }
      return { account: await shown(find(office, person, address), office), failure };
    });
  },
  show: (answer, terminal, input) =>
    showChange(answer, terminal, languageOf(input), { ja: '新しいパスワードになりました。', en: 'has its new password.' }),
  exitCode: exitOfChange,
});

const signIn = officeCommand<
  { person: string; address: string; provider: string | null; loopback: boolean; language: Language },
  ChangeAnswer
>({
  words: 'outside sign-in',
  sentence: "Sign in again at the provider's page (OAuth 2).",
  arguments: [personArgument, addressArgument],
  options: [
    { name: 'provider', value: 'NAME', sentence: 'As tayori oauth client list names it; without it the one it was signed in at before.' },
    { name: 'loopback', sentence: 'The browser is on this machine.' },
    languageOption,
    jsonOption,
  ],
  examples: [{ line: 'tayori outside sign-in hanako me@gmail.com', sentence: 'Prints a link and waits for the browser to come back.' }],
  ask: (input) => ({
    ...named(input),
    provider: textOf(input, 'provider'),
    loopback: input.options['loopback'] === true,
    language: languageOf(input),
  }),
  async perform({ person, address, provider, loopback, language }, office, work) {
    const row = find(office, person, address);
    return withCause(language, async () => {
      // A secret that was let go, or cannot be opened, does not keep anybody from signing in anew.
      const before = provider !== null || row.secret.length === 0 ? null : office.outside.accounts.secretOf(row);
      const at = provider ?? (before?.kind === 'oauth2' ? before.issuer : row.provider);
      if (at === null) throw new CommandTrouble('which provider? --provider names it, as tayori oauth client list does', 2);
      const ask = { owner: row.owner, address: row.address, provider: at, loopback };
      const secret = await signInByPage(office, ask, showLink(work, language), work.signal);
      const { failure } = await proveSides(office, { ...asAsk(row), secret, proof: false }, tellProgress(work, language), work.signal);
      if (failure === null) {
        await office.outside.accounts.setSecret(row.id, secret);
        const byToken = <T extends OutsideServer>(server: T): T => ({ ...server, auth: 'oauth2' });
        await office.outside.accounts.change(row.id, { receive: byToken(row.receive), send: byToken(row.send) });
        await retryWaiting(office, row);
      }
      return { account: await shown(find(office, person, address), office), failure };
    });
  },
  show: (answer, terminal, input) => showChange(answer, terminal, languageOf(input), { ja: 'サインインしました。', en: 'is signed in.' }),
  exitCode: exitOfChange,
});

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
  async ask(input, terminal) {
    const how = input.arguments['HOW'];
    if (how !== 'imap' && how !== 'pop3') throw new CommandTrouble(`HOW is imap or pop3, not ${how}`, 2);
    const language = languageOf(input);
    const smtp = 'unused.invalid';
    const options = { ...input.options, receive: how, ...(typeof input.options[how] === 'string' ? { smtp } : {}) };
    const { receive } = await findServers({ ...input, options }, terminal, input.arguments['ADDRESS']!, language);
    return {
      ...named(input),
      receive,
      leaving: readLeaving(input.options['leave']),
      sendHome: input.options['send-home'] === true,
      language,
    };
  },
  async perform({ person, address, receive, leaving, sendHome, language }, office, work) {
    const row = find(office, person, address);
    return withCause(language, async () => {
      const { switchReceiving } = await import('../outside-switch.ts');
      const { failure } = await switchReceiving(office, row, { receive, leaving, sendHome }, tellProgress(work, language), work.signal);
      return { account: await shown(find(office, person, address), office), failure };
    });
  },
  show: (answer, terminal, input) =>
    showChange(answer, terminal, languageOf(input), {
      ja: `これからは ${answer.account.receive.service.toUpperCase()} で受け取ります。手紙はみな残っています。`,
      en: `is received by ${answer.account.receive.service.toUpperCase()} from now on; every letter is still here.`,
    }),
  exitCode: exitOfChange,
});

interface SimpleWords {
  readonly words: string;
  readonly sentence: string;
  readonly example: string;
  readonly done: Readonly<Record<Language, string>>;
  readonly notes?: string;
}

function simple(
  { words: name, sentence, example, done, notes }: SimpleWords,
  change: (office: Office, row: OutsideAccountRow) => Promise<OutsideAccountRow>,
) {
  return officeCommand<{ person: string; address: string }, ShownOutside>({
    words: name,
    sentence,
    arguments: [personArgument, addressArgument],
    options: [languageOption, jsonOption],
    examples: [{ line: `tayori ${name} hanako taro@ocn.ne.jp`, sentence: example }],
    ...(notes === undefined ? {} : { notes }),
    ask: named,
    perform: async ({ person, address }, office) => shown(await change(office, find(office, person, address)), office),
    show: (row, terminal, input) => terminal.out(safe(`${row.address}: ${done[languageOf(input)]}`)),
  });
}

const pause = simple(
  {
    words: 'outside pause',
    sentence: 'Let an account rest: nothing is fetched until it is resumed.',
    example: 'Letters stay where they are.',
    done: { ja: 'お休みします。', en: 'rests; tayori outside resume wakes it.' },
  },
  (office, row) => office.outside.accounts.pause(row.id),
);

const resume = simple(
  {
    words: 'outside resume',
    sentence: 'Fetch letters of an account again.',
    example: 'What came meanwhile is fetched.',
    done: { ja: 'また受け取ります。', en: 'is fetched again.' },
  },
  (office, row) => office.outside.accounts.resume(row.id),
);

const remove = simple(
  {
    words: 'outside remove',
    sentence: 'Take an account away; its letters here rest and can come back.',
    example: 'At the provider nothing changes.',
    done: {
      ja: '外しました。30日のあいだは tayori outside restore で元に戻せます。',
      en: 'was taken away; tayori outside restore brings it back within 30 days.',
    },
    notes: 'Letters, servers and password rest for 30 days and then go for good. At the provider nothing is removed.',
  },
  async (office, row) => {
    const closed = await office.outside.accounts.close(row.id);
    return closed;
  },
);

const restore = simple(
  {
    words: 'outside restore',
    sentence: 'Bring an account back that was taken away.',
    example: 'With all letters and the same password.',
    done: { ja: '元に戻りました。', en: 'is back.' },
  },
  (office, row) => office.outside.accounts.reopen(row.id),
);

const forget = officeCommand<Record<string, never>, { accounts: number }>({
  words: 'outside forget-secrets',
  sentence: 'When the key file is lost for good: let all sealed passwords go, so that a new key can be made.',
  options: [
    { name: 'yes', sentence: 'Needed: every account wants its password again afterwards, and client ids are to be entered anew.' },
    languageOption,
    jsonOption,
  ],
  examples: [{ line: 'tayori outside forget-secrets --yes', sentence: 'Letters, servers and settings stay.' }],
  ask(input) {
    if (input.options['yes'] !== true)
      throw new CommandTrouble('all sealed passwords would be gone; put the key file back if you have a copy, or say --yes', 2);
    return {};
  },
  async perform(_ask, office) {
    const accounts = await office.outside.accounts.forgetSecrets();
    await office.outside.clients.clear();
    return { accounts };
  },
  show({ accounts }, terminal, input) {
    terminal.out(
      languageOf(input) === 'ja'
        ? `${accounts} 件のパスワードを手放しました。tayori outside password で入れ直します。`
        : `The passwords of ${accounts} accounts are gone; tayori outside password gives them again.`,
    );
  },
});

export const commands = [forget, add, list, show, test, password, signIn, switching, pause, resume, remove, restore];
