// What was found, in words: four things for each direction, the secret that is wanted, the steps to it; Japanese and English.
// Knows a Discovery and the words for it; knows no terminal.
import { sentenceOf } from '../../journey/outside/cause-sentences.ts';
import { causeSides } from '../../journey/outside/causes.ts';
import type { MailService } from '../../store/outside-contract.ts';
import {
  sourceNames,
  type Candidate,
  type Discovery,
  type Language,
  type LoginForm,
  type SourceName,
  type SourceReport,
  type Words,
} from './contract.ts';
import { words } from './provider-rows.ts';

/** One line of two cells: what it is, with the term small beside it, and its value. */
export interface Fact {
  readonly name: string;
  readonly value: string;
}

export interface Direction {
  readonly service: MailService;
  readonly title: string;
  /** How trying it went, in a few words, or null. */
  readonly remark: string | null;
  /** What stands in the way and the one thing to do next, or null. */
  readonly trouble: string | null;
  readonly facts: readonly Fact[];
}

const titles: Readonly<Record<MailService, Words>> = {
  imap: words('受け取る：置いたまま見る（IMAP）', 'Receiving: look at it there (IMAP)'),
  pop3: words('受け取る：持ち帰る（POP3）', 'Receiving: take it home (POP3)'),
  smtp: words('送る（SMTP）', 'Sending (SMTP)'),
};

const names = {
  server: words('郵便局の役をする機械（サーバー）', 'post office (server)'),
  port: words('窓口の番号（ポート）', 'counter number (port)'),
  encryption: words('封のしかた（暗号化）', 'seal (encryption)'),
  login: words('窓口で名乗る名前（ユーザー名）', 'name you give (user name)'),
} as const;

const seals: Readonly<Record<Candidate['security'], Words>> = {
  tls: words('はじめから封をする（SSL/TLS）', 'sealed from the start (SSL/TLS)'),
  starttls: words('話しはじめてから封をする（STARTTLS）', 'sealed at the counter (STARTTLS)'),
};

const asked: Readonly<Record<'d-account-id' | 'provider-issued-id', Words>> = {
  'd-account-id': words('dアカウントのID（下の手順で確かめます）', 'your d account ID (see the steps below)'),
  'provider-issued-id': words('その会社が出すユーザーID（下の手順で確かめます）', 'the user ID that they give you (see below)'),
};

function describeLogins(logins: readonly LoginForm[], language: Language): string {
  return logins
    .map((form) => form.login ?? asked[form.kind as keyof typeof asked][language])
    .join(language === 'ja' ? '（だめなら ' : ' (or ')
    .concat(logins.length > 1 ? (language === 'ja' ? '）' : ')') : '');
}

/** The best of each service that there is: IMAP, POP3, SMTP. */
export function describeDirections(discovery: Discovery, language: Language): Direction[] {
  const best = [discovery.imap[0], discovery.pop3[0], discovery.smtp[0]].filter((one) => one !== undefined);
  // POP3 before IMAP only where the source says so.
  return best.map((candidate) => describeCandidate(candidate, language));
}

export function describeCandidate(candidate: Candidate, language: Language): Direction {
  const fact = (name: keyof typeof names, value: string): Fact => ({ name: names[name][language], value });
  return {
    service: candidate.service,
    title: titles[candidate.service][language],
    remark: remarkOf(candidate, language),
    trouble: troubleOf(candidate, language),
    facts: [
      fact('server', candidate.host),
      fact('port', String(candidate.port)),
      fact('encryption', seals[candidate.security][language]),
      fact('login', describeLogins(candidate.logins, language)),
    ],
  };
}

function remarkOf({ proof, source, upgraded, confidence }: Candidate, language: Language): string | null {
  if (proof?.reachable) {
    const weak = proof.exceptions.length > 0 ? { ja: '、古い暗号化', en: ', older security' }[language] : '';
    return language === 'ja' ? `つながりました（${proof.milliseconds} ミリ秒${weak}）` : `it answers (${proof.milliseconds} ms${weak})`;
  }
  if (proof) return language === 'ja' ? 'まだつながりません' : 'not reached yet';
  if (source === 'guess') return language === 'ja' ? '推測です。まだ確かめていません' : 'a guess, not tried yet';
  if (upgraded)
    return language === 'ja' ? '封をする窓口に替えました。まだ確かめていません' : 'sealed counter in place of an open one, not tried yet';
  if (confidence === 'low') return language === 'ja' ? '確かではありません。まだ確かめていません' : 'not certain, not tried yet';
  return null;
}

function troubleOf({ proof, host, port }: Candidate, language: Language): string | null {
  if (!proof || proof.reachable) return null;
  const { wrong, next } = sentenceOf(proof.cause, language, { server: host, port });
  return language === 'ja' ? `${wrong}${next}` : `${wrong} ${next}`;
}

const sources: Readonly<Record<SourceName, Words>> = {
  table: words('この郵便局が持っている会社の一覧', 'our own table of providers'),
  pacc: words('そのドメインの設定書（PACC）', "the domain's own document (PACC)"),
  autoconfig: words('そのドメインの設定書（autoconfig）', "the domain's own document (autoconfig)"),
  srv: words('そのドメインの住所録（SRV）', "the domain's own directory (SRV)"),
  'mx-table': words('手紙を受け取る局（MX）から、会社の一覧', 'our table, by the office that takes its letters in (MX)'),
  'mx-autoconfig': words('手紙を受け取る局（MX）の設定書', 'the document of that office (MX)'),
  'mx-ispdb': words('手紙を受け取る局（MX）から、Thunderbirdの一覧', "Thunderbird's table, by that office (MX)"),
  ispdb: words('Thunderbirdの一覧（ISPDB）', "Thunderbird's table (ISPDB)"),
  autodiscover: words('Outlook用の問い合わせ（Autodiscover）', "the answer to Outlook's question (Autodiscover)"),
  guess: words('よくある名前からの推測', 'a guess from usual names'),
};

export function describeSource(source: SourceName, language: Language): string {
  return sources[source][language];
}

const outcomes: Readonly<Record<SourceReport['outcome'], Words>> = {
  found: words('見つかりました', 'found'),
  nothing: words('ありません', 'nothing'),
  failed: words('聞けませんでした', 'could not be asked'),
  'not-asked': words('聞いていません', 'not asked'),
};

/** A row for each source: its name, what it said, how long it took, and where. */
export function describeSources(discovery: Discovery, language: Language): string[][] {
  return discovery.sources.map(({ source, outcome, milliseconds, where, remark, cause }) => [
    describeSource(source, language),
    outcomes[outcome][language],
    outcome === 'not-asked' ? '' : `${milliseconds} ms`,
    outcome === 'not-asked' ? '' : [where, outcome === 'found' ? null : (cause ?? remark)].filter((part) => part).join(': '),
  ]);
}

/** The best source that said something, or null. */
export function bestSource(discovery: Discovery): SourceName | null {
  const said = new Set([...discovery.imap, ...discovery.pop3, ...discovery.smtp].map(({ source }) => source));
  return sourceNames.find((source) => said.has(source)) ?? null;
}

/** Whether it was the network that kept sources from being asked, and not the domain that says nothing. */
export function isNetworkAtFault(discovery: Discovery): boolean {
  const failed = discovery.sources.filter(
    ({ outcome, cause }) => outcome === 'failed' && cause !== null && causeSides[cause] === 'network',
  );
  return failed.some(({ source }) => source === 'srv');
}
