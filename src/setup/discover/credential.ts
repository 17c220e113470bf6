// Which secret is wanted, in words: for each kind a name, a sentence, and the first steps where the provider says none of its own.
// Knows words; knows no provider.
import type { Credential, CredentialKind, Words } from './contract.ts';
import { words, type ProviderRow } from './provider-rows.ts';

interface KindWords {
  readonly name: Words;
  readonly normalPasswordWorks: boolean | null;
  readonly explanation: Words;
}

const kinds: Readonly<Record<CredentialKind, KindWords>> = {
  password: {
    name: words('メールのパスワード', 'mail password'),
    normalPasswordWorks: null,
    explanation: words(
      'このアドレスのメールのパスワードを使います。会社や学校のアドレスなら、管理者から渡されたものです。',
      'Use the password of this mail address. At work or school it is the one that the administrator gave you.',
    ),
  },
  'account-password': {
    name: words('いつものパスワード', 'usual password'),
    normalPasswordWorks: true,
    explanation: words(
      'このサービスにログインするときのパスワードを使います。',
      'Use the password with which you sign in to this service.',
    ),
  },
  'mail-password': {
    name: words('メールのパスワード', 'mail password'),
    normalPasswordWorks: false,
    explanation: words(
      '会員ページのパスワードとは別の、メール用のパスワードを使います。契約したときの書類やメール、または会員ページの「メール設定」に書かれています。',
      'Use the password for mail, not the one of the customer pages. It stands in the papers or the letter of your contract, or in the mail settings of the customer pages.',
    ),
  },
  'app-password': {
    name: words('アプリパスワード（メールアプリだけに渡す合いかぎ）', 'app password (a spare key made for the mail app only)'),
    normalPasswordWorks: false,
    explanation: words(
      'ふだんのパスワードではなく、アプリパスワードを作って使います。',
      'Your usual password does not work; make an app password and use that.',
    ),
  },
  'oauth2-or-app-password': {
    name: words(
      'その会社の画面でのログイン、またはアプリパスワード（メールアプリだけに渡す合いかぎ）',
      'sign-in on the provider’s page, or an app password (a spare key made for the mail app only)',
    ),
    normalPasswordWorks: false,
    explanation: words(
      'その会社の画面でログインするか、アプリパスワードを作って使います。',
      'Sign in on the provider’s page, or make an app password and use that.',
    ),
  },
  'oauth2-only': {
    name: words('その会社の画面でのログイン', 'sign-in on the provider’s page'),
    normalPasswordWorks: false,
    explanation: words(
      'パスワードは入れません。その会社の画面でログインします。',
      'No password is typed here; you sign in on the provider’s page.',
    ),
  },
  'imap-only-password': {
    name: words('IMAP専用パスワード', 'IMAP-only password'),
    normalPasswordWorks: false,
    explanation: words('メールアプリ専用のパスワードを使います。', 'Use the password that the provider gives for mail apps only.'),
  },
  'provider-issued': {
    name: words('メールアプリ用のユーザーIDとパスワード', 'user ID and password for mail apps'),
    normalPasswordWorks: false,
    explanation: words(
      'その会社が一人ずつに出す、メールアプリ用のユーザーIDとパスワードを使います。',
      'Use the user ID and the password that the provider gives each person for mail apps.',
    ),
  },
};

export function credentialOf(row: ProviderRow): Credential {
  const { name, normalPasswordWorks, explanation } = kinds[row.credential];
  return { kind: row.credential, name, normalPasswordWorks, explanation: row.explanation ?? explanation, steps: row.steps, help: row.help };
}

/** Where no row of the table fits: by what the servers want. */
export function credentialFor(signIn: readonly string[], help: string | null): Credential {
  const kind = signIn.includes('oauth2') ? (signIn.length > 1 ? 'oauth2-or-app-password' : 'oauth2-only') : 'password';
  return { kind, ...kinds[kind], steps: [], help };
}
