// What the set-up pages say, in Japanese and in English. The everyday word comes first, the term small beside it.
// Knows sentences; knows no page.

export type Language = 'ja' | 'en';

/** What a person may set up. */
export type Device = 'computer' | 'iphone' | 'android' | 'outlook' | 'other';
export const devices: readonly Device[] = ['computer', 'iphone', 'android', 'outlook', 'other'];

interface Words {
  readonly title: string;
  readonly heading: (name: string) => string;
  readonly lead: string;
  readonly which: string;
  readonly device: Readonly<Record<Device, { readonly name: string; readonly note: string; readonly key: string }>>;
  readonly how: string;
  readonly way: Readonly<
    Record<'imap' | 'pop3', { readonly name: string; readonly term: string; readonly sentence: string; readonly badge: string }>
  >;
  /** How an app calls a way of receiving, with its everyday word. */
  readonly pick: (term: string, name: string) => string;
  readonly begin: string;
  readonly once: (until: string) => string;
  readonly there: string;
  readonly thereLabel: string;
  readonly ready: (device: Device) => string;
  readonly key: string;
  readonly keyTerm: string;
  readonly keyNote: (name: string) => string;
  readonly keyGone: string;
  readonly copy: string;
  readonly copied: string;
  readonly steps: string;
  readonly step: Readonly<Record<Device, (term: string) => readonly string[]>>;
  readonly profile: string;
  readonly profileScan: string;
  readonly profileNone: string;
  readonly thunderbirdScan: string;
  readonly thunderbirdHere: string;
  readonly card: string;
  readonly cardNote: string;
  readonly fields: Readonly<Record<'what' | 'server' | 'port' | 'seal' | 'login' | 'password', string>>;
  readonly portTerm: string;
  readonly receiving: string;
  readonly sending: string;
  readonly sealed: Readonly<Record<'tls' | 'starttls' | 'plain', string>>;
  readonly asKey: string;
  readonly waits: string;
  readonly waitsNote: string;
  readonly receiveWaits: string;
  readonly receiveDone: string;
  readonly sendWaits: string;
  readonly sendDone: string;
  readonly seen: (time: string, from: string) => string;
  readonly allDone: string;
  readonly notMe: string;
  readonly notMeNote: string;
  readonly takenBack: string;
  readonly takenBackNote: string;
  readonly authority: string;
  readonly authorityLink: string;
  readonly trouble: Readonly<
    Record<'unknown' | 'expired' | 'foreign' | 'often' | 'full', { readonly heading: string; readonly next: string }>
  >;
}

const ja: Words = {
  title: 'メールの準備',
  heading: (name) => (name === '' ? 'メールを、お使いの機器で' : `${name}さんのメールを、お使いの機器で`),
  lead: '二つ選ぶだけです。あとはこちらで用意します。',
  which: 'どれで読みますか',
  device: {
    computer: { name: 'コンピューター', note: 'Thunderbird など', key: 'コンピューター' },
    iphone: { name: 'iPhone・iPad', note: 'Mac のメールも', key: 'iPhone' },
    android: { name: 'Android', note: 'Thunderbird など', key: 'Android' },
    outlook: { name: 'Outlook', note: 'Windows・Mac', key: 'Outlook' },
    other: { name: 'そのほか', note: '自分で入れます', key: 'そのほかの機器' },
  },
  how: '手紙の受け取り方',
  way: {
    imap: {
      name: '置いたまま見る',
      term: 'IMAP',
      sentence: '手紙は局の棚に置いたままにして、どの機器からも同じように見ます。',
      badge: 'おすすめ',
    },
    pop3: { name: '持ち帰る', term: 'POP3', sentence: '手紙をこの機器に持ち帰ります。電波がなくても読めます。', badge: '' },
  },
  pick: (term, name) => `「${term}」(${name})`,
  begin: '用意する',
  once: (until) => `このリンクは一度だけ使えます。期限は ${until} です。`,
  there: 'iPhone のカメラをここに向けると、このページがそのまま iPhone で開きます。',
  thereLabel: 'このページを iPhone で開く QR コード',
  ready: (device) =>
    ({
      computer: 'コンピューターで読む準備',
      iphone: 'iPhone で読む準備',
      android: 'Android で読む準備',
      outlook: 'Outlook で読む準備',
      other: 'メールアプリで読む準備',
    })[device],
  key: 'この機器だけの合いかぎ',
  keyTerm: 'アプリパスワード',
  keyNote: (name) =>
    `「${name}」という名前で作りました。表示は今の一度だけです。控えておく必要はありません。なくしたら、新しいリンクで作り直せます。`,
  keyGone: '合いかぎは一度だけ表示しました。入れそびれたときは、下の「取り消す」を押して、新しいリンクをもらってください。',
  copy: 'コピーする',
  copied: 'コピーしました',
  steps: '手順',
  step: {
    computer: (term) => [
      'メールアプリを開き、「アカウントを追加」を選びます。',
      'メールアドレスと、上の合いかぎを入れます(パスワードの欄です)。',
      `受け取り方を聞かれたら${term}を選びます。残りはアプリが自分で調べます。`,
    ],
    iphone: () => [
      '上の合いかぎをコピーします。',
      '下のボタンで設定を入れ、「許可」を選びます。',
      '「設定」アプリの上のほうに出る「プロファイルがダウンロードされました」から、「インストール」を選びます。',
      'パスワードを聞かれたら、合いかぎを貼り付けます。',
    ],
    android: () => [
      'Thunderbird を開き、「設定をインポート」から「QR コードを読み取る」を選びます。',
      '下の QR コードを読み取ります。',
      'パスワードを聞かれたら、上の合いかぎを入れます。',
    ],
    outlook: (term) => [
      'Outlook の「アカウントの追加」でメールアドレスを入れます。',
      `自動で見つからないときは「詳細オプション」から手動の設定に進み、${term}を選びます。`,
      '下の表のとおりに入れ、パスワードには上の合いかぎを入れます。',
    ],
    other: (term) => [
      'メールアプリでアカウントを追加し、メールアドレスと上の合いかぎを入れます。',
      `受け取り方は${term}です。サーバーを聞かれたら、下の表のとおりに入れます。`,
    ],
  },
  profile: '設定を入れる',
  profileScan: 'コンピューターで見ているときは、iPhone のカメラでこれを読み取ります。',
  profileNone: 'この局は、初めから封をする窓口を開いていないので、設定ファイルを作れません。下の表のとおりに入れてください。',
  thunderbirdScan: 'Thunderbird で読み取る QR コード',
  thunderbirdHere:
    'このページを Android そのもので見ているときは、QR コードは要りません。Thunderbird にメールアドレスと合いかぎを入れると、残りは自分で調べます。',
  card: 'アプリに聞かれたら',
  cardNote: '四つのことだけです。',
  fields: { what: 'すること', server: 'サーバー', port: '窓口の番号', seal: '封', login: '名乗る名前', password: 'パスワード' },
  portTerm: 'ポート',
  receiving: '受け取る',
  sending: '送る',
  sealed: { tls: 'SSL/TLS(初めから封をする)', starttls: 'STARTTLS(窓口で封をする)', plain: 'なし' },
  asKey: '上の合いかぎ',
  waits: 'つながると、緑に変わります',
  waitsNote: 'このページは開いたままで大丈夫です。自分で様子を見ています。',
  receiveWaits: 'アプリが受け取りに来るのを待っています',
  receiveDone: '受け取れるようになりました',
  sendWaits: '最初の一通を送るのを待っています',
  sendDone: '送れるようになりました',
  seen: (time, from) => `${time}、${from} から`,
  allDone: '準備ができました。このページは閉じてかまいません。',
  notMe: 'これは私ではない・取り消す',
  notMeNote: '覚えのない場所からつながっていたら押してください。この合いかぎは、すぐに使えなくなります。',
  takenBack: '合いかぎを取り消しました',
  takenBackNote: 'この合いかぎでは、もうだれもつながりません。続けるには、局の管理者から新しいリンクをもらってください。',
  authority: 'この局の証明書は自家製です。先に、お使いの機器に一度だけ信頼させてください。',
  authorityLink: '局の証明書を入れる',
  trouble: {
    unknown: {
      heading: 'このリンクは見つかりません',
      next: '書き写しの途中で欠けたのかもしれません。もらったリンクをもう一度開くか、新しいリンクをもらってください。',
    },
    expired: {
      heading: 'このリンクは期限が切れました',
      next: '安全のため、リンクには期限があります。局の管理者から新しいリンクをもらってください。',
    },
    foreign: {
      heading: 'このリンクは、もう使われています',
      next: '使ったのがあなたなら、そのときと同じブラウザーで開いてください。覚えがなければ、局の管理者に知らせてください。そのとき作られた合いかぎは、すぐに取り消せます。',
    },
    often: {
      heading: '少し休んでからお試しください',
      next: '同じ場所から、短い間に何度も開かれました。数分たってから、もう一度開いてください。',
    },
    full: {
      heading: '合いかぎがいっぱいです',
      next: '使っていない機器の合いかぎを、局の管理者に片づけてもらってから、新しいリンクで続けてください。',
    },
  },
};

const en: Words = {
  title: 'Set up mail',
  heading: (name) => (name === '' ? 'Your mail, on your device' : `Mail for ${name}, on your device`),
  lead: 'Choose two things. We prepare the rest.',
  which: 'Where will you read it?',
  device: {
    computer: { name: 'This computer', note: 'Thunderbird and others', key: 'Computer' },
    iphone: { name: 'iPhone, iPad', note: 'Mail on a Mac, too', key: 'iPhone' },
    android: { name: 'Android', note: 'Thunderbird and others', key: 'Android' },
    outlook: { name: 'Outlook', note: 'Windows, Mac', key: 'Outlook' },
    other: { name: 'Something else', note: 'You type it in', key: 'Other device' },
  },
  how: 'How letters reach you',
  way: {
    imap: {
      name: 'Look at them there',
      term: 'IMAP',
      sentence: 'Letters stay on the shelf at the post office; all your devices see the same.',
      badge: 'Recommended',
    },
    pop3: { name: 'Take them home', term: 'POP3', sentence: 'Letters come home to this device; you can read them offline.', badge: '' },
  },
  pick: (term, name) => `“${term}” (${name.toLowerCase()})`,
  begin: 'Get it ready',
  once: (until) => `This link works once, until ${until}.`,
  there: 'Point your iPhone’s camera here to open this page on the iPhone itself.',
  thereLabel: 'QR code that opens this page on an iPhone',
  ready: (device) =>
    ({
      computer: 'Reading mail on this computer',
      iphone: 'Reading mail on your iPhone',
      android: 'Reading mail on Android',
      outlook: 'Reading mail in Outlook',
      other: 'Reading mail in your app',
    })[device],
  key: 'A spare key for this device alone',
  keyTerm: 'app password',
  keyNote: (name) => `Made under the name “${name}”. It is shown this once. No need to write it down: a new link makes another.`,
  keyGone: 'The spare key was shown once. If you missed it, take it back below and ask for a new link.',
  copy: 'Copy',
  copied: 'Copied',
  steps: 'Steps',
  step: {
    computer: (term) => [
      'Open your mail app and choose “Add account”.',
      'Enter your mail address, and the spare key above as the password.',
      `If it asks how to receive, choose ${term}. The app finds out the rest by itself.`,
    ],
    iphone: () => [
      'Copy the spare key above.',
      'Press the button below to download the settings, and choose “Allow”.',
      'Open the Settings app, tap “Profile Downloaded” near the top, then “Install”.',
      'When it asks for a password, paste the spare key.',
    ],
    android: () => [
      'Open Thunderbird and choose “Import settings”, then “Scan QR code”.',
      'Scan the QR code below.',
      'When it asks for a password, enter the spare key above.',
    ],
    outlook: (term) => [
      'In Outlook, choose “Add account” and enter your mail address.',
      `If it does not find the rest, open “Advanced options”, set it up by hand, and choose ${term}.`,
      'Enter what the table below says; the password is the spare key above.',
    ],
    other: (term) => [
      'Add an account in your mail app: your mail address, and the spare key above as the password.',
      `The way of receiving is ${term}. If it asks for servers, enter what the table below says.`,
    ],
  },
  profile: 'Download the settings',
  profileScan: 'On a computer now? Scan this with the iPhone’s camera instead.',
  profileNone: 'This office opens no counter that is sealed from the start, so there is no settings file. Enter what the table below says.',
  thunderbirdScan: 'QR code for Thunderbird',
  thunderbirdHere:
    'Looking at this page on the Android phone itself? Skip the code: give Thunderbird your mail address and the spare key, and it finds out the rest.',
  card: 'If your app asks',
  cardNote: 'It is only four things.',
  fields: { what: 'What for', server: 'Server', port: 'Counter number', seal: 'Seal', login: 'Name to give', password: 'Password' },
  portTerm: 'port',
  receiving: 'Receiving',
  sending: 'Sending',
  sealed: { tls: 'SSL/TLS (sealed from the start)', starttls: 'STARTTLS (sealed at the counter)', plain: 'none' },
  asKey: 'the spare key above',
  waits: 'Turns green when it works',
  waitsNote: 'Leave this page open; it keeps watching by itself.',
  receiveWaits: 'Waiting for your app to come for letters',
  receiveDone: 'Receiving works',
  sendWaits: 'Waiting for your first letter to go out',
  sendDone: 'Sending works',
  seen: (time, from) => `at ${time}, from ${from}`,
  allDone: 'All is ready. You can close this page.',
  notMe: 'This was not me: take it back',
  notMeNote: 'Press this if it was used from a place that you do not know. The key stops working at once.',
  takenBack: 'The spare key is taken back',
  takenBackNote: 'Nobody can connect with it any more. To go on, ask whoever runs this office for a new link.',
  authority: 'The certificate of this office is home-made. Let your device trust it once, first.',
  authorityLink: 'Get the office’s certificate',
  trouble: {
    unknown: {
      heading: 'This link is not known',
      next: 'Part of it may have been lost in copying. Open the link you were given once more, or ask for a new one.',
    },
    expired: {
      heading: 'This link is too old',
      next: 'For safety, links end after some days. Ask whoever runs this office for a new one.',
    },
    foreign: {
      heading: 'This link has been used already',
      next: 'If that was you, open it in the same browser as then. If not, tell whoever runs this office: the key that was made then can be taken back at once.',
    },
    often: {
      heading: 'Please rest a moment',
      next: 'Too much was opened from the same place in a short time. Try again in a few minutes.',
    },
    full: {
      heading: 'There are too many keys',
      next: 'Ask whoever runs this office to clear away keys of devices you no longer use, then go on with a new link.',
    },
  },
};

export const words: Readonly<Record<Language, Words>> = { ja, en };
export type { Words };

/** RFC 9110 §12.5.4: what a person asks for by the address, else what the browser prefers; English for those who ask for others, Japanese for who says nothing. */
export function chooseLanguage(asked: string | undefined, accepted: string | undefined): Language {
  if (asked === 'ja' || asked === 'en') return asked;
  const ranked = (accepted ?? '')
    .slice(0, 200)
    .split(',')
    .map((entry) => {
      const [tag = '', ...parameters] = entry.trim().toLowerCase().split(';');
      const quality = Number(/^\s*q=([\d.]+)$/.exec(parameters[0] ?? '')?.[1] ?? 1);
      return { tag, quality: Number.isFinite(quality) ? quality : 0 };
    })
    .filter(({ tag, quality }) => tag !== '' && quality > 0)
    .toSorted((a, b) => b.quality - a.quality);
  for (const { tag } of ranked) {
    const primary = tag.split('-')[0];
    if (primary === 'ja' || primary === 'en') return primary;
  }
  return ranked.some(({ tag }) => tag !== '*') ? 'en' : 'ja';
}
