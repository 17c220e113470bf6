// `tayori oauth …`: client ids of providers with a sign-in page of their own, and how one gets them. Knows what is asked and shown.
import { CauseTrouble } from '../../journey/outside/causes.ts';
import { oauthProviders, type OAuthProvider } from '../../journey/outside/oauth.ts';
import { callbackPath } from '../../io/http/oauth-callback.ts';
import { hostNameOf } from '../outside.ts';
import { jsonOption } from './account.ts';
import { CommandTrouble, localCommand, officeCommand } from './command.ts';
import { readAllSettings } from './globals.ts';
import { languageOf, languageOption } from './language.ts';
import { guides } from './oauth-guides.ts';
import { formatColumns, safe } from './terminal.ts';
import { wrapText } from './wrap.ts';

const names = oauthProviders.map(({ name }) => name).join(', ');
const nameArgument = { name: 'NAME', sentence: `${names}; or a name of your own for another provider.` };

const guide = localCommand({
  words: 'oauth guide',
  sentence: 'Tell what to do at a provider so that people can sign in at its page.',
  arguments: [{ name: 'NAME', sentence: `${names}.` }],
  options: [languageOption],
  examples: [{ line: 'tayori oauth guide google --language ja', sentence: 'What to click, which redirect address, which permission.' }],
  async run(input, terminal) {
    const name = input.arguments['NAME']!;
    const provider = oauthProviders.find((one) => one.name === name);
    const told = guides[name];
    if (provider === undefined || told === undefined) throw new CommandTrouble(`there is a guide for ${names}, not for "${name}"`, 2);
    const language = languageOf(input);
    const { settings } = await readAllSettings(input.globals);
    const fill = (text: string): string =>
      text
        .replaceAll('{redirect}', `https://${settings.domain === null ? 'mail.example.com' : hostNameOf(settings)}${callbackPath}`)
        .replaceAll('{loopback}', `http://${provider.loopback ?? '127.0.0.1'}${callbackPath}`)
        .replaceAll('{scopes}', provider.scopes.join(' '));
    told.steps[language].forEach((step, index) => {
      for (const line of wrapText(fill(step), 80, '    ', ` ${index + 1}. `)) terminal.out(line);
    });
    terminal.out();
    terminal.out(language === 'ja' ? '知っておくとよいこと' : 'Good to know');
    for (const one of told.good[language]) for (const line of wrapText(fill(one), 80, '    ', '  - ')) terminal.out(line);
    return 0;
  },
});

interface AddAsk {
  readonly name: string;
  readonly id: string;
  readonly secret: string | null;
  readonly provider: OAuthProvider | null;
}

const add = officeCommand<AddAsk, { name: string; id: string }>({
  words: 'oauth client add',
  sentence: 'Enter the client id that a provider gave to this server.',
  arguments: [nameArgument],
  options: [
    { name: 'id', value: 'ID', sentence: 'The client id.' },
    { name: 'secret-stdin', sentence: 'Read the client secret from the first line of the input instead of asking.' },
    { name: 'no-secret', sentence: 'There is none (an app for one computer).' },
    { name: 'issuer', value: 'URL', sentence: 'For a provider of another name: who issues its tokens (RFC 8414).' },
    { name: 'authorization-url', value: 'URL', sentence: 'For another provider: the page where people sign in.' },
    { name: 'token-url', value: 'URL', sentence: 'For another provider: where tokens are given.' },
    { name: 'revocation-url', value: 'URL', sentence: 'For another provider: where tokens are taken back, if there is such an address.' },
    { name: 'scopes', value: 'TEXT', sentence: 'For another provider: the permissions for mail, with spaces between.' },
    {
      name: 'hosts',
      value: 'NAMES',
      sentence: 'For another provider: its mail servers (those below too), with spaces between; the app offers its page for them.',
    },
    { name: 'title', value: 'TEXT', sentence: 'For another provider: how people know it.' },
    languageOption,
    jsonOption,
  ],
  examples: [
    { line: 'tayori oauth client add google --id 123.apps.googleusercontent.com', sentence: 'Asks for the secret, which is kept sealed.' },
  ],
  notes: 'tayori oauth guide NAME tells how one gets the id. Adding again replaces what was entered before.',
  async ask(input, terminal) {
    const text = (name: string): string | null => {
      const value = input.options[name];
      return typeof value === 'string' ? value : null;
    };
    const name = input.arguments['NAME']!;
    const ja = languageOf(input) === 'ja';
    const id = text('id');
    if (id === null)
      throw new CommandTrouble(
        ja ? '--id が要ります。手に入れ方は tayori oauth guide にあります' : '--id is needed; tayori oauth guide tells how to get one',
        2,
      );
    const secret = input.options['no-secret'] === true ? null : await terminal.secret(ja ? 'クライアント シークレット' : 'Client secret');
    const [issuer, authorizationUrl, tokenUrl, scopes] = ['issuer', 'authorization-url', 'token-url', 'scopes'].map(text);
    const hosts = text('hosts')?.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
    const provider =
      issuer && authorizationUrl && tokenUrl && scopes
        ? {
            name,
            title: text('title') ?? name,
            issuer,
            authorizationUrl,
            tokenUrl,
            revocationUrl: text('revocation-url'),
            scopes: scopes.split(/\s+/),
            ...(hosts.length === 0 ? {} : { hosts }),
            extra: {},
          }
        : null;
    return { name, id, secret: secret === '' ? null : secret, provider };
  },
  async perform({ name, id, secret, provider }, office) {
    try {
      await office.outside.clients.put(name, id, secret, provider ?? undefined);
    } catch (trouble) {
      if (trouble instanceof CauseTrouble) throw new CommandTrouble(trouble.message);
      throw trouble;
    }
    return { name, id };
  },
  show: ({ name }, terminal, input) =>
    terminal.out(
      languageOf(input) === 'ja'
        ? `${safe(name)} のクライアント ID を入れました。シークレットは封をしてしまってあります。`
        : `The client id for ${safe(name)} is entered; its secret is kept sealed.`,
    ),
});

const list = officeCommand<Record<string, never>, { clients: readonly { name: string; title: string; id: string; hasSecret: boolean }[] }>({
  words: 'oauth client list',
  sentence: 'List the client ids.',
  options: [languageOption, jsonOption],
  examples: [{ line: 'tayori oauth client list', sentence: 'At which providers people can sign in.' }],
  ask: () => ({}),
  perform: async (_ask, office) => ({ clients: office.outside.clients.list() }),
  show({ clients }, terminal, input) {
    const ja = languageOf(input) === 'ja';
    if (clients.length === 0)
      return terminal.out(
        ja
          ? 'まだありません。手に入れ方は tayori oauth guide google にあります。'
          : 'There are none; tayori oauth guide google tells how one gets one.',
      );
    const secret = ja ? { sealed: '封をしてあります', none: 'なし' } : { sealed: 'sealed', none: 'none' };
    const rows = clients.map(({ name, title, id, hasSecret }) => [
      safe(name),
      safe(title),
      safe(id),
      hasSecret ? secret.sealed : secret.none,
    ]);
    const head = ja ? ['名前', '会社', 'クライアント ID', 'シークレット'] : ['name', 'provider', 'client id', 'secret'];
    for (const line of formatColumns([head, ...rows])) terminal.out(line);
  },
});

const remove = officeCommand<{ name: string }, { removed: string }>({
  words: 'oauth client remove',
  sentence: 'Take a client id away.',
  arguments: [nameArgument],
  options: [languageOption, jsonOption],
  examples: [{ line: 'tayori oauth client remove google', sentence: 'Accounts that were signed in with it work until their token ends.' }],
  ask: (input) => ({ name: input.arguments['NAME']! }),
  async perform({ name }, office) {
    await office.outside.clients.remove(name);
    return { removed: name };
  },
  show: ({ removed }, terminal, input) =>
    terminal.out(
      languageOf(input) === 'ja' ? `${safe(removed)} のクライアント ID を外しました。` : `The client id for ${safe(removed)} is gone.`,
    ),
});

export const commands = [guide, add, list, remove];
