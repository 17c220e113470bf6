// The sentences of the server in the languages it speaks (RFC 6856 §3). Knows languages; knows no codes and no commands.
import type { RefusalCode } from '../../base/trouble.ts';

export interface Words {
  /** In the language itself, for the listing of LANG. */
  readonly name: string;
  readonly greeting: (host: string) => string;
  readonly goodbye: (host: string) => string;
  readonly goodbyeDeleted: (host: string, letters: number) => string;
  readonly shuttingDown: string;
  readonly tooMany: string;
  readonly passwordPlease: string;
  readonly welcome: (letters: number, octets: number) => string;
  readonly beginTls: string;
  readonly tlsThere: string;
  readonly noTls: string;
  readonly utf8: string;
  readonly listing: string;
  readonly letters: (letters: number, octets: number) => string;
  readonly octets: (octets: number) => string;
  readonly topFollows: string;
  readonly marked: (number: number) => string;
  readonly nothing: string;
  readonly capabilities: string;
  readonly languages: string;
  readonly languageSet: string;
  readonly noSuchLanguage: string;
  readonly noSuchLetter: (number: number, letters: number) => string;
  readonly letterMarked: (number: number) => string;
  readonly letterGone: (number: number) => string;
  readonly userFirst: string;
  readonly signInFirst: string;
  readonly signedInAlready: string;
  readonly noSuchMechanism: string;
  readonly cancelled: string;
  readonly lineTooLong: string;
  readonly notRemoved: string;
  readonly defect: string;
  /** Before the English words of a SyntaxTrouble or an Unavailable. */
  readonly syntax: (english: string) => string;
  readonly unavailable: (english: string) => string;
  /** For refusals that come from elsewhere; others keep their English words. */
  readonly refusals: Readonly<Partial<Record<RefusalCode, string>>>;
}

const english: Words = {
  name: 'English',
  greeting: (host) => `${host} is ready`,
  goodbye: (host) => `${host} says goodbye`,
  goodbyeDeleted: (host, letters) => `${host} says goodbye (${letters} removed)`,
  shuttingDown: 'this server is stopping, come back soon',
  tooMany: 'too many mistakes, goodbye',
  passwordPlease: 'the password, please',
  welcome: (letters, octets) => `welcome, ${letters} messages (${octets} octets)`,
  beginTls: 'begin TLS now',
  tlsThere: 'TLS is there already',
  noTls: 'TLS cannot be begun here',
  utf8: 'UTF-8 from now on',
  listing: 'the listing follows',
  letters: (letters, octets) => `${letters} messages (${octets} octets)`,
  octets: (octets) => `${octets} octets`,
  topFollows: 'the top follows',
  marked: (number) => `message ${number} will be removed at QUIT`,
  nothing: 'still here',
  capabilities: 'this server can',
  languages: 'this server speaks',
  languageSet: 'English from now on',
  noSuchLanguage: 'this server does not speak that language',
  noSuchLetter: (number, letters) => `no such message ${number}, there are ${letters}`,
  letterMarked: (number) => `message ${number} is marked for removal`,
  letterGone: (number) => `message ${number} has been removed by another program meanwhile`,
  userFirst: 'say USER before PASS',
  signInFirst: 'sign in first',
  signedInAlready: 'this is for the time before you sign in',
  noSuchMechanism: 'no such mechanism',
  cancelled: 'given up',
  lineTooLong: 'the line is too long',
  notRemoved: 'some messages may not have been removed',
  defect: 'something is wrong here, please try again later',
  syntax: (words) => words,
  unavailable: (words) => words,
  refusals: {},
};

const japanese: Words = {
  name: '日本語',
  greeting: (host) => `${host} です。どうぞ`,
  goodbye: (host) => `${host} を終わります。さようなら`,
  goodbyeDeleted: (host, letters) => `${host} を終わります。${letters} 通を消しました`,
  shuttingDown: 'サーバーを止めるところです。しばらくしてからお越しください',
  tooMany: '間違いが多すぎるので接続を切ります',
  passwordPlease: 'パスワードをどうぞ',
  welcome: (letters, octets) => `ようこそ。${letters} 通(${octets} オクテット)あります`,
  beginTls: 'TLS を始めてください',
  tlsThere: 'もう TLS の中です',
  noTls: 'ここでは TLS を始められません',
  utf8: 'これからは UTF-8 です',
  listing: '一覧です',
  letters: (letters, octets) => `${letters} 通(${octets} オクテット)`,
  octets: (octets) => `${octets} オクテット`,
  topFollows: '初めの部分です',
  marked: (number) => `${number} 番は QUIT のときに消します`,
  nothing: 'つながっています',
  capabilities: 'できること',
  languages: '話せる言葉',
  languageSet: 'これからは日本語です',
  noSuchLanguage: 'その言葉は話せません',
  noSuchLetter: (number, letters) => `${number} 番はありません。全部で ${letters} 通です`,
  letterMarked: (number) => `${number} 番は消す印がついています`,
  letterGone: (number) => `${number} 番はほかのプログラムがもう消しました`,
  userFirst: 'PASS の前に USER が要ります',
  signInFirst: '先にログインしてください',
  signedInAlready: 'ログインの前だけのコマンドです',
  noSuchMechanism: 'その方式はありません',
  cancelled: '取りやめました',
  lineTooLong: '行が長すぎます',
  notRemoved: '消せなかったメールがあるかもしれません',
  defect: 'サーバーの不具合です。後でもう一度お試しください',
  syntax: (words) => `書き方が違います (${words})`,
  unavailable: (words) => `今はできません。後でもう一度お試しください (${words})`,
  refusals: {
    'authentication-failed': '名前かパスワードが違います',
    'authorization-failed': 'ほかの人としては入れません',
    'privacy-required': 'パスワードは TLS の中でだけ受け取ります',
    'login-delayed': 'ログインの失敗が続いたので、しばらく待ってください',
    'no-perm': 'このアプリパスワードでは POP3 を使えません',
    'in-use': 'ほかの接続がこの郵便受けを使っています',
  },
};

/** By language tag (RFC 5646); the first is spoken until LANG says otherwise. */
export const languages = { en: english, ja: japanese } as const;
export type Language = keyof typeof languages;

/** RFC 4647 §2.1 basic language range: `*` is ours, `ja-JP` is answered in `ja`. Null when we speak none of it. */
export function findLanguage(range: string): Language | null {
  if (range === '*') return 'en';
  const primary = range.toLowerCase().split('-')[0]!;
  return Object.hasOwn(languages, primary) ? (primary as Language) : null;
}
