// `tayori discover`: the settings of an address at any provider, in words. Knows what is asked and shown; looking up is setup/discover.
import { CauseTrouble } from '../../journey/outside/causes.ts';
import type { Discovery, Language } from '../discover/contract.ts';
import {
  bestSource,
  describeCandidate,
  describeDirections,
  describeSource,
  describeSources,
  isNetworkAtFault,
} from '../discover/describe.ts';
import { discover, ispdbStandard } from '../discover/discover.ts';
import { jsonOption } from './account.ts';
import { CommandTrouble, localCommand } from './command.ts';
import { readAllSettings } from './globals.ts';
import { languageOf, languageOption } from './language.ts';
import { formatColumns, safe, widthOf } from './terminal.ts';
import { wrapText } from './wrap.ts';

const columns = 80;

/** The whole answer as lines of a terminal. */
export function showDiscovery(discovery: Discovery, language: Language, verbose: boolean): string[] {
  const say = (ja: string, en: string) => (language === 'ja' ? ja : en);
  const { address, suggestion, provider, credential, displayName } = discovery;
  const directions = describeDirections(discovery, language);
  const who = provider?.name[language] ?? displayName;
  const lines: string[] = [];
  const paragraph = (text: string, indent = '', first = indent) => lines.push(...wrapText(text, columns, indent, first));
  if (suggestion !== null) {
    paragraph(
      say(
        `もしかして ${suggestion} ですか。ちがいましたら、このままでかまいません。`,
        `Did you mean ${suggestion}? If not, this stays as it is.`,
      ),
    );
    lines.push('');
  }
  if (directions.length === 0) {
    paragraph(
      isNetworkAtFault(discovery)
        ? say(
            `${address} の設定を調べられませんでした。このコンピューターがインターネットにつながっているか、確かめてください。`,
            `The settings of ${address} could not be looked up. See whether this computer is connected to the Internet.`,
          )
        : say(
            `${address} の設定は見つかりませんでした。つづりを確かめてください。合っていれば、その会社の案内にあるサーバーの名前を手で入れます。`,
            `No settings were found for ${address}. Check the spelling; if it is right, the provider’s help pages name the servers to type in.`,
          ),
    );
    if (verbose) lines.push('', ...sourceLines(discovery, language));
    return lines;
  }
  const source = bestSource(discovery)!;
  paragraph(
    who === null
      ? say(`${address} の設定です。`, `Settings of ${address}.`)
      : say(`${address} は ${who} のアドレスです。`, `${address} is an address at ${who}.`),
  );
  const nameWidth = Math.max(...directions.flatMap(({ facts }) => facts.map(({ name }) => widthOf(name))));
  const show = ({ title, remark, trouble, facts }: (typeof directions)[number]) => {
    lines.push('');
    paragraph(remark === null ? title : `${title}  ${say('―', '-')} ${remark}`, '  ', '');
    for (const { name, value } of facts) {
      const first = `  ${name}${' '.repeat(nameWidth - widthOf(name))}  `;
      paragraph(value, ' '.repeat(widthOf(first)), first);
    }
    if (trouble !== null) paragraph(trouble, '  ! ', '  ! ');
  };
  directions.forEach(show);
  lines.push('');
  paragraph(say(`必要なもの：${credential.name.ja}`, `What you need: ${credential.name.en}`));
  paragraph(credential.explanation[language], '  ');
  credential.steps.forEach((step, index) => paragraph(step[language], '     ', `  ${index + 1}. `));
  if (credential.help !== null) lines.push(`  ${say('くわしくは', 'More:')} ${credential.help}`);
  if (provider && provider.notes.length > 0) {
    lines.push('', say('知っておくとよいこと', 'Good to know'));
    for (const note of provider.notes) paragraph(note[language], '    ', '  - ');
  }
  lines.push('');
  paragraph(
    say(
      `出どころ：${describeSource(source, 'ja')}。パスワードはどこにも送っていません。`,
      `Source: ${describeSource(source, 'en')}. No password was sent anywhere.`,
    ),
  );
  if (!verbose) return lines;
  const others = [discovery.imap, discovery.pop3, discovery.smtp].flatMap((list) => list.slice(1));
  if (others.length > 0) {
    lines.push('', say('ほかの候補', 'Other candidates'));
    lines.push(
      ...formatColumns(
        others.map((one) => [
          `  ${one.service}`,
          `${one.host}:${one.port}`,
          one.security,
          one.source,
          describeCandidate(one, language).remark ?? '',
        ]),
      ),
    );
  }
  lines.push('', say('それぞれの出どころ', 'Where each value comes from'));
  for (const list of [discovery.imap, discovery.pop3, discovery.smtp])
    for (const [name, from] of Object.entries(list[0]?.provenance ?? {}))
      paragraph(`${list[0]!.service}.${name}: ${safe(from)}`, '      ', '  ');
  lines.push('', ...sourceLines(discovery, language));
  return lines;
}

function sourceLines(discovery: Discovery, language: Language): string[] {
  const title =
    language === 'ja' ? `調べたところ（全部で ${discovery.milliseconds} ミリ秒）` : `What was asked (${discovery.milliseconds} ms in all)`;
  const rows = describeSources(discovery, language);
  return [
    title,
    ...rows.flatMap(([name, outcome, time, where]) => [
      `  ${name}: ${outcome}${time === '' ? '' : ` (${time})`}`,
      ...(where ? [`      ${safe(where)}`] : []),
    ]),
  ];
}

export const commands = [
  localCommand({
    words: 'discover',
    sentence: 'Find the settings of a mail address at any provider.',
    arguments: [{ name: 'ADDRESS', sentence: 'The whole address, such as taro@example.com; full-width letters will do.' }],
    options: [
      languageOption,
      { name: 'verbose', short: 'v', sentence: 'Also the other candidates, where each value comes from, and what each source said.' },
      { name: 'no-probe', sentence: 'Do not try the servers; for providers that we know nothing goes over the network then.' },
      {
        name: 'database',
        value: 'URL',
        sentence: `Thunderbird's public database of providers, or none; ${ispdbStandard} unless said.`,
      },
      jsonOption,
    ],
    notes: `
Looked up from the address alone: our own table of providers, what the domain publishes itself (PACC, autoconfig, SRV, Autodiscover), the
office that takes its letters in (MX), Thunderbird's database, and at last names that servers often have. No password is asked for and
none is sent. Each server found is tried up to its greeting, with encryption and certificate; servers without encryption are never
offered. Ends with 0 when something was found, with 1 when not.`,
    examples: [
      { line: 'tayori discover taro@example.com', sentence: 'Servers, ports, encryption, login name, and which password is wanted.' },
      { line: 'tayori discover taro@docomo.ne.jp --language ja --no-probe', sentence: 'In Japanese, without touching the network.' },
      { line: 'tayori discover taro@example.com --verbose --json', sentence: 'Everything that is known, for programs.' },
    ],
    async run(input, terminal) {
      const language = languageOf(input);
      const { settings } = await readAllSettings(input.globals);
      const database = input.options['database'];
      if (typeof database === 'string' && database !== 'none' && URL.parse(database)?.protocol !== 'https:')
        throw new CommandTrouble(`--database is an https address or none, not ${database}`, 2);
      const [{ openDiscovery }, { readFile }] = await Promise.all([import('../discover/open.ts'), import('node:fs/promises')]);
      const parts = openDiscovery({
        resolvers: settings.resolvers,
        // Who may type this command owns the machine.
        privateAllowed: true,
        probing: input.options['no-probe'] !== true,
        authorities: settings.outsideAuthority === null ? [] : [await readFile(settings.outsideAuthority, 'latin1')],
        options: typeof database === 'string' ? { ispdb: database === 'none' ? null : database } : {},
      });
      try {
        const found = await discover(input.arguments['ADDRESS']!, parts);
        if (input.json) terminal.out(JSON.stringify(found, null, 2));
        else for (const line of showDiscovery(found, language, input.options['verbose'] === true)) terminal.out(safe(line));
        return found.imap.length + found.pop3.length + found.smtp.length > 0 ? 0 : 1;
      } catch (trouble) {
        if (!(trouble instanceof CauseTrouble)) throw trouble;
        throw new CommandTrouble(
          language === 'ja'
            ? 'メールアドレスの形になっていません。taro@example.com のように、@をはさんで書いてください'
            : `${trouble.message}; write it like taro@example.com`,
          2,
        );
      }
    },
  }),
];
