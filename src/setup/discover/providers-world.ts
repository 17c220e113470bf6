// Providers all over the world. Facts only; the shape is provider-rows.ts.
import { row, server, words, type ProviderRow } from './provider-rows.ts';

const signInOrApp = { signIn: ['oauth2', 'password'] } as const;
const signInOnly = { signIn: ['oauth2'] } as const;

const googleServers = [
  server('imap', 'imap.gmail.com', signInOrApp),
  server('pop3', 'pop.gmail.com', signInOrApp),
  server('smtp', 'smtp.gmail.com', signInOrApp),
  server('smtp', 'smtp.gmail.com', { ...signInOrApp, security: 'starttls', confidence: 'medium' }),
];
const googleMore = {
  explanation: words(
    'Googleは、ふだんのパスワードをメールアプリから受け付けません。Googleの画面でログインするか、16文字のアプリパスワードを作って使います。',
    'Google does not take your usual password from mail apps. Sign in on Google’s page, or make a 16-letter app password.',
  ),
  steps: [
    words(
      'Googleアカウントの「セキュリティ」で、2段階認証をオンにします。',
      'In your Google account, under Security, turn 2-Step Verification on.',
    ),
    words(
      'https://myaccount.google.com/apppasswords を開き、名前（例：Tayori）を入れて「作成」を押します。',
      'Open https://myaccount.google.com/apppasswords, type a name such as Tayori, and press Create.',
    ),
    words(
      '出てきた16文字を、パスワードとして入れます。すき間はあってもなくてもかまいません。',
      'Use the 16 letters that appear as the password; spaces do not matter.',
    ),
  ],
  help: 'https://myaccount.google.com/apppasswords',
  sentCopy: 'provider',
} as const;

const microsoftExplanation = words(
  'Microsoftは、メールアプリからのパスワードでの接続を終了しました。Microsoftの画面でログインします。アプリパスワードでも入れません。',
  'Microsoft has ended password sign-in for mail apps. You sign in on Microsoft’s page; app passwords do not help.',
);

export const worldProviders: readonly ProviderRow[] = [
  row('gmail', words('Gmail', 'Gmail'), 'oauth2-or-app-password', googleServers, {
    ...googleMore,
    domains: ['gmail.com', 'googlemail.com'],
  }),
  row(
    'google-workspace',
    words('Google Workspace（独自ドメイン）', 'Google Workspace (own domain)'),
    'oauth2-or-app-password',
    googleServers,
    {
      ...googleMore,
      mx: ['google.com', 'googlemail.com'],
      notes: [
        words(
          '会社や学校の管理者が、IMAPやアプリパスワードを止めていることがあります。',
          'The administrator of your company or school may have switched IMAP or app passwords off.',
        ),
      ],
    },
  ),
  row(
    'icloud',
    words('iCloudメール', 'iCloud Mail'),
    'app-password',
    [
      server('imap', 'imap.mail.me.com', { logins: ['localpart', 'address'] }),
      server('smtp', 'smtp.mail.me.com', { security: 'starttls' }),
    ],
    {
      domains: ['icloud.com', 'me.com', 'mac.com'],
      mx: ['icloud.com'],
      explanation: words(
        'Appleのふだんのパスワードでは入れません。「App用パスワード」を作って使います。iCloudにPOP3（持ち帰る受け取り方）はありません。',
        'Your usual Apple password does not work. Make an app-specific password. iCloud has no POP3.',
      ),
      steps: [
        words(
          'https://account.apple.com にログインし、「サインインとセキュリティ」の「App用パスワード」を開きます。',
          'Sign in at https://account.apple.com and open Sign-In and Security, App-Specific Passwords.',
        ),
        words(
          '名前（例：Tayori）を入れて作り、出てきたパスワードを入れます。',
          'Make one with a name such as Tayori, and use the password that appears.',
        ),
      ],
      help: 'https://support.apple.com/102654',
      pop3: false,
      notes: [
        words(
          '受け取りでは@より前だけを、送るときはアドレス全体を名乗ります。独自ドメインのときは、どちらもiCloudのアドレスを使います。',
          'Receiving wants the part before the @, sending the whole address. With a domain of your own, both want your iCloud address.',
        ),
      ],
    },
  ),
  row(
    'outlook-personal',
    words('Outlook.com / Hotmail', 'Outlook.com / Hotmail'),
    'oauth2-only',
    [
      server('imap', 'outlook.office365.com', signInOnly),
      server('pop3', 'outlook.office365.com', signInOnly),
      server('smtp', 'smtp-mail.outlook.com', { ...signInOnly, security: 'starttls' }),
    ],
    {
      domains: ['outlook.com', 'outlook.jp', 'hotmail.com', 'hotmail.co.jp', 'live.com', 'live.jp', 'live.co.jp', 'msn.com'],
      mx: ['olc.protection.outlook.com'],
      explanation: microsoftExplanation,
      steps: [
        words('Microsoftの画面でログインし、この郵便局の利用を許可します。', 'Sign in on Microsoft’s page and allow this server.'),
        words(
          'それには、この郵便局の管理者が、Microsoftの「クライアントID」を登録しておく必要があります。',
          'For that, the person who runs this server has to enter a client id from Microsoft once.',
        ),
      ],
      sentCopy: 'provider',
      notes: [
        words(
          'POP3で受け取ったメールをサーバーから消すと、Webの受信箱からも消えます。',
          'What is deleted by POP3 goes from the inbox on the web too.',
        ),
      ],
    },
  ),
  row(
    'microsoft365',
    words('Microsoft 365（会社・学校）', 'Microsoft 365 (work or school)'),
    'oauth2-only',
    [
      server('imap', 'outlook.office365.com', signInOnly),
      server('pop3', 'outlook.office365.com', signInOnly),
      server('smtp', 'smtp.office365.com', { ...signInOnly, security: 'starttls' }),
    ],
    {
      domains: ['office365.com'],
      below: ['onmicrosoft.com'],
      mx: ['mail.protection.outlook.com', 'mx.microsoft'],
      explanation: microsoftExplanation,
      steps: [
        words(
          'Microsoftの画面で、会社や学校のアカウントでログインし、この郵便局の利用を許可します。',
          'Sign in on Microsoft’s page with your work or school account and allow this server.',
        ),
        words(
          '許可できないと出たら、会社や学校の管理者に、IMAPとSMTPを使ってよいか聞いてください。',
          'If it says that this is not allowed, ask your administrator whether IMAP and SMTP may be used.',
        ),
      ],
      sentCopy: 'provider',
    },
  ),
  row(
    'yahoo-global',
    words('Yahoo Mail（日本以外）', 'Yahoo Mail (outside Japan)'),
    'oauth2-or-app-password',
    [
      server('imap', 'imap.mail.yahoo.com', signInOrApp),
      server('pop3', 'pop.mail.yahoo.com', signInOrApp),
      server('smtp', 'smtp.mail.yahoo.com', signInOrApp),
    ],
    {
      domains: ['yahoo.com', 'ymail.com', 'rocketmail.com', 'myyahoo.com'],
      mx: ['yahoodns.net'],
      explanation: words(
        'Yahooは、ふだんのパスワードをメールアプリから受け付けません。Yahooの画面でログインするか、アプリパスワードを作って使います。',
        'Yahoo does not take your usual password from mail apps. Sign in on Yahoo’s page, or make an app password.',
      ),
      steps: [
        words(
          'Yahooのアカウント情報の「セキュリティ」で「アプリパスワードを生成」を押します。',
          'In your Yahoo account info, under Security, press “Generate app password”.',
        ),
        words('出てきたパスワードを入れます。', 'Use the password that appears.'),
      ],
      help: 'https://help.yahoo.com/kb/SLN15241.html',
    },
  ),
  row(
    'zoho-japan',
    words('Zoho Mail（日本）', 'Zoho Mail (Japan)'),
    'account-password',
    [
      server('imap', 'imap.zoho.jp', { confidence: 'medium' }),
      server('pop3', 'pop.zoho.jp', { confidence: 'medium' }),
      server('smtp', 'smtp.zoho.jp', { confidence: 'medium' }),
      server('smtp', 'smtp.zoho.jp', { security: 'starttls', confidence: 'medium' }),
    ],
    {
      domains: ['zoho.jp', 'zohomail.jp'],
      confidence: 'medium',
      explanation: words(
        'Zohoのパスワードを使います。2段階認証をオンにしているときは、アプリ用のパスワードを作って使います。',
        'Use your Zoho password; with two-factor sign-in on, make a password for the app instead.',
      ),
      steps: [words('Zoho Mailの設定で、IMAP（またはPOP）の利用を許可します。', 'In the settings of Zoho Mail, allow IMAP (or POP).')],
    },
  ),
];
