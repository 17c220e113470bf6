// `tayori outside password`, `sign-in` and `forget-secrets`: what an account signs in with. Knows what is asked and shown.
import { changeSecret } from '../outside-again.ts';
import { signInByPage } from '../outside-sign-in.ts';
import { jsonOption, personArgument } from './account.ts';
import { CommandTrouble, officeCommand } from './command.ts';
import { languageOf, languageOption, type Language } from './language.ts';
import {
  addressArgument,
  find,
  findOpen,
  named,
  passwordInput,
  showLink,
  shown,
  tellProgress,
  textOf,
  withCause,
} from './outside-common.ts';
import { exitOfChange, showChange, type ChangeAnswer } from './outside-change.ts';

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
  async ask(input, terminal, consult) {
    await consult(named(input));
    const language = languageOf(input);
    const secret = await terminal.secret(language === 'ja' ? '新しいパスワード' : 'New password');
    if (secret === '') throw new CommandTrouble(language === 'ja' ? 'パスワードが空です' : 'the password is empty', 2);
    return { ...named(input), secret, check: input.options['no-check'] !== true, language };
  },
  // An account that is not there is told before a password is typed.
  consult(question, office) {
    const { person, address } = question as ReturnType<typeof named>;
    findOpen(office, person, address);
  },
  async perform({ person, address, secret: typed, check, language }, office, work) {
    const row = findOpen(office, person, address);
    const secret = { kind: 'password', receive: typed, send: typed } as const;
    return withCause(language, async () => {
      const options = { check, progress: tellProgress(work, language), signal: work.signal };
      const { failure, switches } = await changeSecret(office, row, secret, options);
      return { account: await shown(find(office, person, address), office), failure, switches };
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
    const row = findOpen(office, person, address);
    return withCause(language, async () => {
      // A secret that was let go, or cannot be opened, does not keep anybody from signing in anew.
      const before = provider !== null || row.secret.length === 0 ? null : office.outside.accounts.secretOf(row);
      const at =
        provider ?? (before?.kind === 'oauth2' ? before.issuer : (office.outside.clients.ofHost(row.receive.host)?.name ?? row.provider));
      if (at === null) throw new CommandTrouble('which provider? --provider names it, as tayori oauth client list does', 2);
      const ask = { owner: row.owner, address: row.address, provider: at, loopback, servers: [row.receive, row.send] };
      const secret = await signInByPage(office, ask, showLink(work, language), work.signal);
      const options = { check: true, progress: tellProgress(work, language), signal: work.signal };
      const { failure, switches } = await changeSecret(office, row, secret, options);
      return { account: await shown(find(office, person, address), office), failure, switches };
    });
  },
  show: (answer, terminal, input) => showChange(answer, terminal, languageOf(input), { ja: 'サインインしました。', en: 'is signed in.' }),
  exitCode: exitOfChange,
});

const forget = officeCommand<Record<string, never>, { accounts: number; codes: number }>({
  words: 'outside forget-secrets',
  sentence: 'When the key file is lost for good: let all sealed passwords go, so that a new key can be made.',
  options: [
    {
      name: 'yes',
      sentence: 'Needed: every account wants its password again, authenticator apps are set up again, and client ids are entered anew.',
    },
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
    return { accounts, codes: await office.secondFactors.forgetSecrets() };
  },
  show({ accounts, codes }, terminal, input) {
    const japanese = languageOf(input) === 'ja';
    terminal.out(
      japanese
        ? `${accounts} 件のパスワードを手放しました。tayori outside password で入れ直します。`
        : `The passwords of ${accounts} accounts are gone; tayori outside password gives them again.`,
    );
    if (codes > 0)
      terminal.out(
        japanese
          ? `${codes} 人の認証アプリのコードも使えなくなりました。ページから設定し直してもらってください。`
          : `The authenticator apps of ${codes} people are worth nothing any more; they set them up again on the page.`,
      );
  },
});

export const commands = [password, signIn, forget];
