// Providers in Japan. Facts only; the shape is provider-rows.ts.
import { row, server, words, type ProviderRow } from './provider-rows.ts';

const localpart = { logins: ['localpart'] } as const;
const foreignBlock = words(
  '日本の外からの送信は、はじめから止められていることがあります。',
  'Sending from outside Japan is often blocked until it is allowed.',
);
const oneAtATime = words(
  'サーバーの名前は、契約したときのメールにも書かれています。',
  'The name of the server also stands in the letter that came with the contract.',
);

export const japanProviders: readonly ProviderRow[] = [
  row(
    'yahoo-japan',
    words('Yahoo!メール', 'Yahoo! JAPAN Mail'),
    'account-password',
    [
      server('imap', 'imap.mail.yahoo.co.jp', localpart),
      server('pop3', 'pop.mail.yahoo.co.jp', localpart),
      server('smtp', 'smtp.mail.yahoo.co.jp', localpart),
    ],
    {
      domains: ['yahoo.co.jp', 'ymail.ne.jp'],
      explanation: words(
        '@より前のYahoo! JAPAN IDと、そのパスワードを使います。先に、Yahoo!メールの設定でほかのアプリからの利用を許可してください。',
        'Use your Yahoo! JAPAN ID (the part before the @) and its password. First allow other mail apps in the settings of Yahoo! Mail.',
      ),
      steps: [
        words(
          'Yahoo!メールの「設定・利用規約」から「メールの設定」、「IMAP/POP/SMTPアクセス」を開きます。',
          'In Yahoo! Mail, open the mail settings and there “IMAP/POP/SMTP access”.',
        ),
        words(
          '「有効にする」を選んで保存します。パスワードでのログインを止めているときは、そちらも有効にします。',
          'Choose to switch it on and save. If you have switched sign-in by password off, switch that on too.',
        ),
      ],
      help: 'https://support.yahoo-net.jp/PccMail/s/article/H000014864',
    },
  ),
  row(
    'ybb',
    words('Yahoo! BB', 'Yahoo! BB'),
    'account-password',
    [
      server('pop3', 'ybbpop.mail.yahoo.co.jp', { ...localpart, confidence: 'medium' }),
      server('smtp', 'ybbsmtp.mail.yahoo.co.jp', { ...localpart, confidence: 'medium' }),
    ],
    { domains: ['ybb.ne.jp'], confidence: 'medium' },
  ),
  row(
    'docomo',
    words('ドコモメール', 'docomo mail'),
    'imap-only-password',
    [
      server('imap', 'imap.spmode.ne.jp', { logins: ['d-account-id'], knownWeaknesses: ['legacy-renegotiation'] }),
      server('smtp', 'smtp.spmode.ne.jp', { logins: ['d-account-id'], knownWeaknesses: ['legacy-renegotiation'] }),
    ],
    {
      domains: ['docomo.ne.jp'],
      explanation: words(
        'ドコモは、メールアプリ専用の「IMAP専用パスワード」を発行します。dアカウントのパスワードでは入れません。名乗る名前はdアカウントのIDで、ほかの会社のメールアドレスのこともあります。',
        'docomo gives a separate random password for mail apps only, the “IMAP-only password”. Your d account password does not work. The user name is your d account ID, which can be an address at another company.',
      ),
      steps: [
        words(
          'ドコモの携帯電話でWi-Fiを切り、「My docomo」の「メール設定」を開きます。',
          'On your docomo phone, with Wi-Fi off, open “My docomo” and its mail settings.',
        ),
        words('「dアカウント利用設定」で、ドコモメールを「利用する」にします。', 'Under d account use, switch it on for docomo mail.'),
        words(
          '「IMAP用ID・パスワードの確認」で、IDとIMAP専用パスワードを見て、書き写します。',
          'Under “check IMAP ID and password”, copy the ID and the IMAP-only password.',
        ),
      ],
      help: 'https://www.nttdocomo.co.jp/service/docomo_mail/security/index.html',
      pop3: false,
    },
  ),
  row(
    'au',
    words('auメール', 'au mail'),
    'provider-issued',
    [
      server('imap', 'imap.ezweb.ne.jp', { logins: ['provider-issued-id'], confidence: 'medium' }),
      server('smtp', 'smtp.ezweb.ne.jp', { logins: ['provider-issued-id'], confidence: 'medium' }),
    ],
    {
      domains: ['au.com', 'ezweb.ne.jp'],
      confidence: 'medium',
      explanation: words(
        'auは、au IDでログインした後の画面で、メールアプリ用の「ユーザーID」と「パスワード」を一人ずつ表示します。ユーザーIDはメールアドレスとは別のものです。',
        'au shows you a personal user ID and a password for mail apps after you sign in with your au ID. The user ID is not your mail address.',
      ),
      steps: [
        words(
          'https://set.mail.ezweb.ne.jp/gs/signin2 を開き、au IDでログインします。',
          'Open https://set.mail.ezweb.ne.jp/gs/signin2 and sign in with your au ID.',
        ),
        words(
          '表示された「ユーザーID」と「パスワード」を書き写します。サーバーの名前がちがうときは、画面のほうを使ってください。',
          'Copy the user ID and the password. If the page names other servers than here, use those of the page.',
        ),
      ],
      help: 'https://set.mail.ezweb.ne.jp/gs/signin2',
      pop3: false,
    },
  ),
  row(
    'au-one-net',
    words('au one net / DION（固定回線）', 'au one net / DION (fixed line)'),
    'mail-password',
    [
      server('pop3', 'pop.{domain}', { logins: ['localpart', 'address'], confidence: 'low' }),
      server('pop3', 'pop.{domain}', { logins: ['localpart', 'address'], confidence: 'low', security: 'starttls' }),
      server('smtp', 'msa.{domain}', { logins: ['localpart', 'address'], confidence: 'low' }),
      server('smtp', 'msa.{domain}', { logins: ['localpart', 'address'], confidence: 'low', security: 'starttls' }),
    ],
    { below: ['auone-net.jp', 'dion.ne.jp'], confidence: 'low' },
  ),
  row(
    'softbank',
    words('ソフトバンク Eメール（i）', 'SoftBank Email (i)'),
    'mail-password',
    [
      server('imap', 'imap.softbank.jp', { logins: ['localpart', 'address'], knownWeaknesses: ['static-rsa'] }),
      server('smtp', 'smtp.softbank.jp', { logins: ['localpart', 'address'], knownWeaknesses: ['static-rsa'] }),
    ],
    {
      domains: ['i.softbank.jp'],
      explanation: words(
        'My SoftBankのログイン用ではなく、「Eメール（i）」の設定にあるメールのパスワードを使います。',
        'Use the mail password from My SoftBank (Email (i) settings), not the sign-in password of My SoftBank.',
      ),
      steps: [
        words(
          '「My SoftBank」の「メール設定」から「Eメール（i）」を開き、メールのパスワードを見ます。',
          'In My SoftBank, open the mail settings and Email (i), and look at the mail password.',
        ),
      ],
      pop3: false,
    },
  ),
  row(
    'ocn',
    words('OCN', 'OCN'),
    'mail-password',
    [server('imap', 'imap.ocn.ne.jp'), server('pop3', 'pop.ocn.ne.jp'), server('smtp', 'smtp.ocn.ne.jp')],
    {
      domains: ['ocn.ne.jp', 'ocn.ad.jp'],
      below: ['ocn.ne.jp'],
      help: 'https://support.ntt.com/ocn/support/pid2900000gc2',
    },
  ),
  row(
    'nifty',
    words('@nifty', '@nifty'),
    'mail-password',
    [
      server('imap', 'imap.nifty.com', { logins: ['localpart', 'address'], confidence: 'medium' }),
      server('pop3', 'pop.nifty.com', { logins: ['localpart', 'address'], confidence: 'medium' }),
      server('smtp', 'smtp.nifty.com', { logins: ['localpart', 'address'], confidence: 'medium' }),
      server('smtp', 'smtp.nifty.com', { logins: ['localpart', 'address'], confidence: 'low', security: 'starttls' }),
    ],
    { domains: ['nifty.com'], below: ['nifty.com', 'nifty.ne.jp'], confidence: 'medium' },
  ),
  row(
    'biglobe',
    words('BIGLOBE', 'BIGLOBE'),
    'account-password',
    [server('imap', 'mail.biglobe.ne.jp'), server('pop3', 'mail.biglobe.ne.jp'), server('smtp', 'mail.biglobe.ne.jp')],
    {
      domains: ['biglobe.ne.jp'],
      below: ['biglobe.ne.jp'],
      mx: ['biglobe.ne.jp'],
      explanation: words(
        'BIGLOBE会員証に書かれた「BIGLOBEパスワード」を使います。',
        'Use the BIGLOBE password that stands on your membership card.',
      ),
    },
  ),
  row(
    'so-net',
    words('So-net', 'So-net'),
    'mail-password',
    [
      server('imap', 'imap.so-net.ne.jp', { confidence: 'medium' }),
      server('pop3', 'mail.so-net.ne.jp', { confidence: 'low' }),
      server('smtp', 'mail.so-net.ne.jp', { security: 'starttls', confidence: 'medium' }),
    ],
    {
      domains: ['so-net.ne.jp'],
      below: ['so-net.ne.jp'],
      confidence: 'medium',
      steps: [
        words(
          'IMAP（置いたまま見る受け取り方）は、別に申し込んだ人だけが使えます。申し込んでいなければPOP3を選んでください。',
          'IMAP has to be ordered as an extra; without it, choose POP3.',
        ),
      ],
      notes: [foreignBlock],
    },
  ),
  row(
    'plala',
    words('ぷらら', 'plala'),
    'mail-password',
    [
      server('pop3', 'secure.plala.or.jp', { confidence: 'medium' }),
      server('imap', 'secure.plala.or.jp', { confidence: 'low' }),
      server('smtp', 'secure.plala.or.jp', { confidence: 'medium' }),
      server('smtp', 'secure.plala.or.jp', { confidence: 'medium', security: 'starttls' }),
    ],
    {
      below: ['plala.or.jp'],
      confidence: 'medium',
      steps: [
        words(
          '2009年8月ごろより前からの人は、ぷららのWebメールで新しいメールに移り、そこでSSLを「使う」にします。',
          'If your mailbox is older than about August 2009, move to the current mail service in plala’s web mail and switch SSL on there.',
        ),
      ],
      notes: [
        words(
          'いくつものアプリで同時に受け取ると、しばらく受け取れなくなることがあります。',
          'Receiving with several apps at once can block it for a while.',
        ),
      ],
    },
  ),
  row(
    'eo',
    words('eo（オプテージ）', 'eo (OPTAGE)'),
    'mail-password',
    [server('imap', 'imaps.eonet.ne.jp', { logins: ['address', 'localpart'], confidence: 'low' })],
    { below: ['eonet.ne.jp'], confidence: 'low' },
  ),
  row(
    'sakura',
    words('さくらのレンタルサーバ・メールボックス', 'Sakura rental server / mail box'),
    'mail-password',
    [
      server('imap', '{mx}', { confidence: 'low' }),
      server('pop3', '{mx}', { confidence: 'low' }),
      server('smtp', '{mx}', { confidence: 'low' }),
      server('smtp', '{mx}', { confidence: 'low', security: 'starttls' }),
    ],
    {
      below: ['sakura.ne.jp'],
      mx: ['sakura.ne.jp'],
      confidence: 'low',
      notes: [
        words(
          '独自ドメインのときも、サーバーは「初期ドメイン」（~.sakura.ne.jp）の名前でつなぎます。証明書がその名前のものだからです。',
          'With a domain of your own, too, connect by the first domain (….sakura.ne.jp): the certificate is for that name.',
        ),
        oneAtATime,
      ],
    },
  ),
  row(
    'xserver',
    words('エックスサーバー', 'Xserver'),
    'mail-password',
    [
      server('imap', '{mx}'),
      server('pop3', '{mx}'),
      server('smtp', '{mx}'),
      server('imap', '{mx}', { security: 'starttls', confidence: 'medium' }),
      server('pop3', '{mx}', { security: 'starttls', confidence: 'medium' }),
      server('smtp', '{mx}', { security: 'starttls', confidence: 'medium' }),
    ],
    {
      below: ['xsrv.jp'],
      mx: ['xserver.jp'],
      notes: [
        oneAtATime,
        words('IMAPとPOP3をまぜて使うことは、すすめられていません。', 'The provider advises against mixing IMAP and POP3.'),
        foreignBlock,
      ],
    },
  ),
  row(
    'lolipop',
    words('ロリポップ!', 'Lolipop!'),
    'mail-password',
    [
      server('imap', 'imap.lolipop.jp', { confidence: 'medium' }),
      server('pop3', 'pop3.lolipop.jp', { confidence: 'low' }),
      server('smtp', 'smtp.lolipop.jp', { confidence: 'medium' }),
    ],
    { below: ['lolipop.jp'], mx: ['lolipop.jp'], confidence: 'medium' },
  ),
  row(
    'onamae',
    words('お名前.com レンタルサーバー', 'Onamae.com rental server'),
    'mail-password',
    [
      server('pop3', 'pop.{domain}'),
      server('smtp', 'smtp.{domain}'),
      server('pop3', '{mx}', { confidence: 'low' }),
      server('smtp', '{mx}', { confidence: 'low' }),
    ],
    {
      mx: ['onamae.ne.jp'],
      help: 'https://help.onamae.com/answer/9537',
      confidence: 'medium',
      notes: [
        words(
          'smtp.で始まる名前では、証明書の名前が合わないことがあります。そのときは「mailXX.onamae.ne.jp」の名前でつなぎます。',
          'By the name smtp.… the certificate may not fit; then connect by the name mailNN.onamae.ne.jp.',
        ),
        foreignBlock,
      ],
    },
  ),
  row(
    'mopera',
    words('mopera U', 'mopera U (docomo)'),
    'mail-password',
    [
      server('imap', 'mail.mopera.net', { ...localpart, confidence: 'medium' }),
      server('pop3', 'mail.mopera.net', { ...localpart, confidence: 'medium' }),
      server('smtp', 'mail.mopera.net', { ...localpart, confidence: 'medium', signIn: ['challenge'] }),
    ],
    { domains: ['mopera.net'], confidence: 'medium' },
  ),
  ...(
    [
      ['iijmio', words('IIJmio', 'IIJmio'), 'mbox.iijmio-mail.jp'],
      ['iij4u', words('IIJ4U', 'IIJ4U'), 'mbox.iij4u.or.jp'],
    ] as const
  ).map(([id, name, host]) =>
    row(
      id,
      name,
      'mail-password',
      (['pop3', 'smtp'] as const).map((service) =>
        server(service, host, {
          security: 'starttls',
          logins: ['localpart-domain'],
          signIn: ['challenge', 'password'],
          confidence: 'medium',
        }),
      ),
      {
        ...(id === 'iijmio' ? { domains: ['iijmio-mail.jp', 'miomio.jp', 'miobox.jp', 'e23.jp', 'x-il.jp'] } : { below: ['iij4u.or.jp'] }),
        confidence: 'medium',
        notes: [
          words('名乗る名前は、アドレスの@を「.」に替えたものです。', 'The user name is the address with a dot in the place of the @.'),
        ],
      },
    ),
  ),
  row(
    'goo',
    words('gooメール', 'goo mail'),
    'account-password',
    [
      server('pop3', 'pop.mail.goo.ne.jp', { ...localpart, security: 'plain', confidence: 'low' }),
      server('smtp', 'smtp.mail.goo.jp', { logins: ['localpart', 'address'], confidence: 'low' }),
      server('smtp', 'smtp.mail.goo.ne.jp', { ...localpart, security: 'plain', confidence: 'low' }),
    ],
    {
      domains: ['goo.jp'],
      confidence: 'low',
      notes: [
        words(
          'このサービスは終わっているかもしれません。つながらないときは、gooのお知らせを見てください。',
          'This service may have ended; if nothing answers, look at goo’s announcements.',
        ),
      ],
    },
  ),
];
