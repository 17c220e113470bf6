// What `tayori outside …` says, in Japanese and English: steps of a check, health, news. Knows sentences; asks nobody.
import { causeSides, type Cause } from '../../journey/outside/causes.ts';
import { sentenceOf } from '../../journey/outside/cause-sentences.ts';
import type { CheckStep } from '../../journey/outside/check-contract.ts';
import type { ProofProgress } from '../../journey/outside/proof.ts';
import type { OutsideAccountRow, OutsideHealth, OutsideServer, Pop3Leaving } from '../../store/outside-contract.ts';
import type { HealthNews } from '../outside-health.ts';
import type { SetUpResult, Switch } from '../outside-setup.ts';
import { formatTime } from './terminal.ts';
import type { Language } from './language.ts';

export const stepWords: Readonly<Record<CheckStep['step'], Readonly<Record<Language, string>>>> = {
  name: { ja: 'サーバーの名前が見つかる', en: 'the server has a name that is found' },
  reach: { ja: 'サーバーにつながる', en: 'the server can be reached' },
  seal: { ja: '封をする (TLS)', en: 'it is sealed (TLS)' },
  certificate: { ja: '相手を確かめる (証明書)', en: 'it is who it says (certificate)' },
  kind: { ja: 'メールのサーバーである', en: 'it is the right kind of server' },
  login: { ja: 'ログインできる', en: 'the login works' },
  use: { ja: '使える', en: 'it can be used' },
  letter: { ja: '自分あての手紙が届く', en: 'a letter to oneself comes back' },
};

function sayStep({ step, verdict }: CheckStep, language: Language): string {
  const mark = verdict === 'passed' ? '✓' : verdict === 'failed' ? '✗' : '–';
  return `${mark} ${stepWords[step][language]}`;
}

export const sideWords: Readonly<Record<'receive' | 'send' | 'letter', Readonly<Record<Language, string>>>> = {
  receive: { ja: '受け取り', en: 'receiving' },
  send: { ja: '送り', en: 'sending' },
  letter: { ja: '自分あての手紙', en: 'the letter to oneself' },
};

export function sayProgress(told: ProofProgress, language: Language): string {
  switch (told.kind) {
    case 'step':
      return `${sideWords[told.side][language]}: ${sayStep(told.step, language)}`;
    case 'sent':
      return language === 'ja' ? '自分あての手紙を送りました' : 'a letter to oneself was sent';
    case 'waiting':
      return language === 'ja' ? '手紙が届くのを待っています' : 'waiting for the letter to come back';
    case 'found':
      return language === 'ja' ? '手紙が届きました' : 'the letter came back';
  }
}

/** What is wrong and the one thing to do, with whose side it is. */
export function sayCause(cause: string, language: Language, server: Pick<OutsideServer, 'host' | 'port'> | null): string[] {
  if (!Object.hasOwn(causeSides, cause)) return [cause];
  const {
    wrong,
    next,
    sideWords: whose,
  } = sentenceOf(cause as Cause, language, server === null ? {} : { server: server.host, port: server.port });
  return [wrong, `→ ${next}`, `(${whose})`];
}

/** `kept`: how things stand after it; nothing was saved of a new account, one that is there stays as it was. */
export function sayFailure(
  { side, cause, words, server, needs }: NonNullable<SetUpResult['failure']>,
  language: Language,
  kept: 'nothing' | 'unchanged' = 'nothing',
): string[] {
  const ja = language === 'ja';
  const end =
    kept === 'nothing' ? (ja ? '何も保存していません。' : 'Nothing was saved.') : ja ? '何も変えていません。' : 'Nothing was changed.';
  const head = ja
    ? `${sideWords[side].ja}(${server.host})がうまくいきませんでした。${end}`
    : `${sentence(sideWords[side].en)} (${server.host}) does not work. ${end}`;
  const said = words === '' ? [] : [language === 'ja' ? `元の言葉: ${words}` : `raw words: ${words}`];
  const allow =
    needs.length === 0
      ? []
      : [
          language === 'ja'
            ? `このサーバーだけに弱い封を認めるなら、--allow ${needs.join(',')} を付けます。`
            : `to allow this weakness for this server alone: --allow ${needs.join(',')}`,
        ];
  return [head, ...sayCause(cause, language, server), ...said, ...allow];
}

/** That another counter is used, and why. */
export function saySwitch({ side, host, from, to, cause }: Switch, language: Language): string {
  const ja = language === 'ja';
  // The sentence of `op25b` names the counter that is used, all others the one that does not work.
  const { wrong } = sentenceOf(cause, language, { server: host, port: cause === 'op25b' ? to : from });
  return ja
    ? `${sideWords[side].ja}の窓口（ポート）は ${from} 番の代わりに ${to} 番を使います。${wrong}`
    : `For ${sideWords[side].en}, counter number ${to} (port) is used instead of ${from}. ${wrong}`;
}

const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** In a sentence, with the time since when. */
export function sayHealth(health: OutsideHealth, paused: boolean, language: Language): string {
  const said = sayState(health, paused, language);
  if (paused || health.state === 'good' || health.cause === null) return said;
  return `${said} ${language === 'ja' ? `(${formatTime(health.at)} から)` : `(since ${formatTime(health.at)})`}`;
}

/** In a sentence. `provider`: as people know it. */
export function sayState({ state, cause }: OutsideHealth, paused: boolean, language: Language, provider: string | null = null): string {
  const ja = language === 'ja';
  if (paused) return ja ? 'お休み中です。新しい手紙は取りに行きません。' : 'It rests: no letters are fetched.';
  if (state === 'good' || cause === null) return ja ? '元気です。' : 'All is well.';
  const { wrong } = Object.hasOwn(causeSides, cause)
    ? sentenceOf(cause as Cause, language, provider === null ? {} : { provider })
    : { wrong: cause };
  return wrong;
}

export function sayNews(news: HealthNews, row: Pick<OutsideAccountRow, 'receive' | 'send'>, language: Language): string[] {
  const ja = language === 'ja';
  switch (news.kind) {
    case 'works-again':
      return [ja ? 'また使えるようになりました。' : 'It works again.'];
    case 'new':
      return [
        ja ? `${sideWords[news.side].ja}が前とちがいます。` : `${sentence(sideWords[news.side].en)} is not as it was.`,
        ...sayCause(news.cause, language, row[news.side]),
      ];
    case 'still':
      return [
        ja
          ? `${sideWords[news.side].ja}は ${formatTime(news.since)} から変わりません。`
          : `${sentence(sideWords[news.side].en)} is as it was since ${formatTime(news.since)}.`,
        ...sayCause(news.cause, language, row[news.side]),
      ];
    case 'other-authority':
      return [
        ja
          ? `${sideWords[news.side].ja}のサーバーの証明書を出したところが変わりました(前: ${news.before}、いま: ${news.now})。正しい証明書です。`
          : `The certificate of the server for ${sideWords[news.side].en} comes from another authority (before: ${news.before}, now: ${news.now}); it is valid.`,
      ];
  }
}

export function sayLeaving(leaving: Pop3Leaving, language: Language): string {
  const ja = language === 'ja';
  if (leaving.keep === 'forever') return ja ? '元のサーバーにも残します' : 'letters stay at the provider too';
  if (leaving.keep === 'none') return ja ? '持ち帰ったら元のサーバーから消します' : 'letters are taken home and leave the provider';
  return ja ? `${leaving.days} 日後に元のサーバーから消します` : `letters leave the provider after ${leaving.days} days`;
}

export const words = {
  saved: (address: string, login: string): Readonly<Record<Language, readonly string[]>> => ({
    ja: [`${address} を使えるようになりました。`, `メールアプリには、ログイン名 ${login} と、ここの自分のパスワードを入れます。`],
    en: [`${address} is ready.`, `Mail apps sign in with the login name ${login} and your own password here.`],
  }),
  unproven: {
    ja: '手紙が届くことは確かめていません。確かめるまで、このアドレスから送ることはできません(tayori outside test --letter)。',
    en: 'No letter was sent to prove it. Until then nothing can be sent from this address (tayori outside test --letter).',
  },
  keeps: {
    ja: 'パスワードは暗号にして、このコンピューターに保存します。かぎはデータの外にあります。',
    en: 'The password is kept sealed on this machine; its key lies outside the data.',
  },
  keepsSignIn: {
    ja: 'サインインのしるしは暗号にして、このコンピューターに保存します。かぎはデータの外にあります。',
    en: 'What the sign-in gave is kept sealed on this machine; its key lies outside the data.',
  },
  openLink: { ja: 'この先をブラウザーで開いて、サインインしてください:', en: 'Open this in a browser and sign in:' },
} as const;
