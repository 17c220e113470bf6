// `tayori outside add`: an account at another provider, found, proven and kept. Knows what is asked and shown; the rest is done elsewhere.
import { CauseTrouble } from '../../journey/outside/causes.ts';
import { setUp, type SetUpAsk, type SetUpResult } from '../outside-setup.ts';
import { signInByPage } from '../outside-sign-in.ts';
import { jsonOption, personArgument } from './account.ts';
import { CommandTrouble, officeCommand } from './command.ts';
import { languageOf, languageOption, type Language } from './language.ts';
import {
  addressArgument,
  named,
  passwordInput,
  showLink,
  shown,
  tellProgress,
  textOf,
  withCause,
  type ShownOutside,
} from './outside-common.ts';
import { findServers, readLeaving, serverOptions, type Consulted } from './outside-finding.ts';
import { sayCause, sayFailure, saySwitch, words } from './outside-words.ts';
import { safe } from './terminal.ts';

interface AddAsk extends Omit<SetUpAsk, 'owner' | 'secret'> {
  readonly person: string;
  /** Null: the person signs in at a provider's page. */
  readonly password: { readonly receive: string; readonly send: string } | null;
  /** Null: the provider whose servers they are. */
  readonly signInAt: string | null;
  readonly loopback: boolean;
  readonly language: Language;
}

type AddAnswer = Omit<SetUpResult, 'saved'> & { readonly saved: ShownOutside | null };

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
three failures at most; then a letter to oneself is sent and looked for. Only then the account is kept. Where a port is closed, the other
one of the same server is used, with a sentence that says why. An account that was taken away less than 30 days ago comes back with its
letters.`,
  async ask(input, terminal, consult) {
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
    if (textOf(input, 'receive') === 'imap') checkNotLeaving(input, language);
    const { receive, send, discovery } = await findServers(input, terminal, address, language, (looksUp) =>
      consult({ person, address, looksUp } satisfies Consulted),
    );
    if (receive[0]!.service !== 'pop3') checkNotLeaving(input, language);
    const kind = discovery?.credential.kind ?? 'password';
    const isSignIn = input.options['sign-in'] === true || textOf(input, 'sign-in-at') !== null || kind === 'oauth2-only';
    const question = discovery?.credential.name[language] ?? (language === 'ja' ? 'メールのパスワード' : 'Password for mail');
    const hosts = [...new Set([receive[0]!.host, send[0]!.host])].join(', ');
    const secret = isSignIn ? null : await terminal.secret(`${question} (→ ${hosts})`);
    if (secret === '') throw new CommandTrouble(language === 'ja' ? 'パスワードが空です' : 'the password is empty', 2);
    return {
      person,
      address,
      name: textOf(input, 'name') ?? '',
      provider: discovery?.provider?.id ?? null,
      receive,
      send,
      password: secret === null ? null : { receive: secret, send: secret },
      signInAt: textOf(input, 'sign-in-at'),
      loopback: input.options['loopback'] === true,
      leaving: readLeaving(input.options['leave']),
      sentCopy: discovery?.provider?.sentCopy ?? 'here',
      proof: input.options['no-proof'] !== true,
      language,
    };
  },
  // What cannot be is told before anything is looked up, and before a password is typed.
  consult(question, office) {
    const { person, address, looksUp } = question as Consulted;
    const owner = office.people.get(person);
    office.outside.accounts.checkNew(owner.id, address);
    if (looksUp) office.outside.allowance.take(owner.id, 'look-up');
  },
  async perform({ person, password, signInAt, loopback, language, ...ask }, office, work) {
    const owner = office.people.get(person);
    // By the server that will take the token, never by the issuer that a stranger's document names.
    const provider =
      signInAt ?? office.outside.clients.ofHost(ask.receive[0]!.host)?.name ?? ask.address.slice(ask.address.lastIndexOf('@') + 1);
    return withCause(language, async () => {
      const secret =
        password !== null
          ? ({ kind: 'password', ...password } as const)
          : await signInByPage(
              office,
              { owner: owner.id, address: ask.address, provider, loopback, servers: [...ask.receive, ...ask.send] },
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
    terminal.out(words[saved.receive.auth === 'oauth2' ? 'keepsSignIn' : 'keeps'][language]);
    return 0;
  },
  exitCode: ({ saved }) => (saved === null ? 1 : 0),
});

export const commands = [add];

/** @throws CommandTrouble when it was said what is to become of letters at the provider, where only POP3 has a choice. */
function checkNotLeaving(input: Parameters<typeof textOf>[0], language: 'ja' | 'en'): void {
  if (input.options['leave'] === undefined) return;
  throw new CommandTrouble(
    language === 'ja'
      ? '--leave は POP3 のときだけです。IMAP では手紙はいつも預け先にも残ります（POP3 にするには --receive pop3）'
      : '--leave is for POP3; with IMAP letters always stay at the provider as well (POP3: --receive pop3)',
    2,
  );
}
