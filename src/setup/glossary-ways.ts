// The word list, first part: how letters and apps get about. Knows words only.
import type { Term } from './glossary.ts';
import { term } from './glossary-row.ts';

export const wayTerms: readonly Term[] = [
  term(
    'smtp',
    ['SMTP', 'SMTP'],
    ['手紙を送る', '手紙を出すとき、局から局へ渡すときの決まりです。', '窓口に出し、局どうしで運ぶ'],
    [
      'sending',
      'The rules by which letters are handed in and passed from office to office.',
      'handing in at the counter, vans between offices',
    ],
  ),
  term(
    'imap',
    ['IMAP', 'IMAP'],
    ['置いたまま見る', '手紙は局の棚に置いたまま、どの機器からも同じように見ます。', '局の私書箱を見に行く'],
    ['look at it there', 'Letters stay on the shelf at the office; every device sees the same.', 'a box at the office that you visit'],
  ),
  term(
    'pop3',
    ['POP3', 'POP3'],
    ['持ち帰る', '手紙を局からこちらへ持ち帰ります。電波がなくても読めます。', '局へ取りに行き、家に持ち帰る'],
    [
      'take it home',
      'Letters are fetched from the office and read at home, also without a network.',
      'fetching letters and taking them home',
    ],
  ),
  term(
    'jmap',
    ['JMAP', 'JMAP'],
    ['この画面が使う話し方', 'ブラウザーの画面が、手紙を速く見るための新しい決まりです。', '局との新しい電話'],
    ['how this page talks', 'The newer rules by which this app reads and sends.', 'the new telephone to the office'],
  ),
  term(
    'server',
    ['サーバー', 'server'],
    ['郵便局の役をする機械', '手紙を預かり、届ける機械です。名前で呼びます。', '郵便局'],
    ['post office', 'A machine that keeps letters and delivers them; it has a name.', 'the post office'],
  ),
  term(
    'client',
    ['メールアプリ', 'mail app'],
    ['手紙を読み書きする道具', '手元で手紙を読み、書き、局とやりとりします。', '手元の机と文箱'],
    ['what you read and write with', 'The program on your device that talks with the office.', 'your desk at home'],
  ),
  term(
    'provider',
    ['プロバイダー', 'provider'],
    ['メールの会社', 'アドレスをくれて、手紙を預かってくれる会社です。', '郵便局を営む会社'],
    ['mail company', 'The company that gives you an address and keeps your letters.', 'who runs the post office'],
  ),
  term(
    'port',
    ['ポート', 'port'],
    ['窓口の番号', '同じ局の中で、どの窓口に行くかを番号で決めます。', '窓口の番号'],
    ['counter number', 'Which counter of the office is meant; each task has its own number.', 'the number above a counter'],
  ),
  term(
    'tls',
    ['SSL/TLS', 'SSL/TLS'],
    ['封', '途中でだれにも読まれず、書きかえられないように包みます。', '封筒と封印'],
    ['seal', 'What is said on the way is wrapped, so that nobody can read or change it.', 'a sealed envelope'],
  ),
  term(
    'starttls',
    ['STARTTLS', 'STARTTLS'],
    ['窓口で封をする', '話しはじめてから封をします。封ができなければ、秘密は渡しません。', '窓口に着いてから封をする'],
    ['sealed at the counter', 'The talk begins open and is sealed before anything private is said.', 'sealing the envelope at the counter'],
  ),
  term(
    'certificate',
    ['証明書', 'certificate'],
    ['身分証', '相手の局が本物であることを、第三者が証明したものです。期限があります。', '局員の身分証'],
    ['proof of identity', 'Shows that the office is really the one it says; it runs out some day.', "the clerk's badge"],
  ),
  term(
    'login',
    ['ログイン名', 'user name'],
    ['窓口で名乗る名前', 'だれの手紙かを局に伝える名前です。アドレスと違うこともあります。', '窓口で名乗る名前'],
    ['name you give', 'Tells the office whose letters are wanted; it may differ from the address.', 'the name you say at the counter'],
  ),
  term(
    'password',
    ['パスワード', 'password'],
    ['合言葉', '本人であることを示す、自分だけの言葉です。', '私書箱のかぎ'],
    ['secret word', 'Shows that it is really you. Only you know it.', 'the key to your box'],
  ),
  term(
    'app-password',
    ['アプリパスワード', 'app password'],
    ['この機器だけの合いかぎ', '一つのアプリだけに渡すかぎです。なくしても、それだけを止められます。', '合いかぎ'],
    ['spare key', 'A key for one app alone; it can be taken back without changing anything else.', 'a spare key'],
  ),
  term(
    'oauth',
    ['OAuth 2', 'OAuth 2'],
    ['その会社の画面でのログイン', 'パスワードをこちらに渡さず、会社の画面で許可だけを出します。', '委任状'],
    ['sign-in at their page', 'You allow it at the provider’s own page; your password is not told to us.', 'a letter of authority'],
  ),
  term(
    'passkey',
    ['パスキー', 'passkey'],
    ['指や顔で開くかぎ', '覚える言葉の代わりに、手元の機器そのものをかぎにします。', '指紋で開く金庫'],
    ['key in your device', 'Your own device is the key; you open it by finger, face or code.', 'a safe that knows your finger'],
  ),
  term(
    'totp',
    ['二段階の数字(TOTP)', 'one-time code (TOTP)'],
    ['一度だけの数字', '30 秒ごとに変わる数字を、パスワードに添えます。', '毎回変わる割り符'],
    [
      'one-time number',
      'A number that changes every thirty seconds, given along with the password.',
      'half of a token that changes each time',
    ],
  ),
  term(
    'op25b',
    ['OP25B', 'OP25B'],
    [
      '25番の窓口を閉じること',
      '迷惑メールを防ぐため、回線の会社が25番を閉じています。送るには 465番 か 587番 を使います。',
      '裏口を閉めて表の窓口へ回す',
    ],
    [
      'counter 25 is closed',
      'Internet providers close port 25 against spam; sending uses 465 or 587.',
      'the back door is locked; use the front counter',
    ],
  ),
  term(
    'idle',
    ['IDLE・プッシュ', 'IDLE, push'],
    ['届いたらすぐ知らせる', '見に行かなくても、手紙が届いたときに局から知らせが来ます。', '局からの呼び鈴'],
    ['told at once', 'The office calls when a letter comes, so that nobody has to go and look.', 'the office rings your bell'],
  ),
  term(
    'autodiscover',
    ['自動設定', 'auto-configuration'],
    ['アドレスから調べること', 'アドレスだけを手がかりに、局の名前や窓口を見つけます。', '住所から最寄りの局を探す'],
    ['found from the address', 'The names of the servers are found from the address alone.', 'finding the office by the address'],
  ),
  term(
    'queue',
    ['キュー', 'queue'],
    ['発送待ちの棚', '相手の局が出ないとき、手紙はここで待ち、何度か試されます。', '発送を待つ棚'],
    ['waiting shelf', 'Where a letter waits and is tried again when the other office does not answer.', 'the shelf by the back door'],
  ),
  term(
    'sync',
    ['同期', 'sync'],
    ['そろえること', 'どの機器でも同じに見えるように、違いをそろえます。', '二冊の台帳を合わせる'],
    ['keeping equal', 'What is different on two sides is made equal.', 'comparing two ledgers'],
  ),
  term(
    'offline',
    ['オフライン', 'offline'],
    ['電波のないとき', '読んだ手紙は手元に残り、書いた手紙は電波が戻ると出ていきます。', '局が閉まっている夜'],
    [
      'without a network',
      'What was read is still there; what you write goes out when the network is back.',
      'the office is closed for the night',
    ],
  ),
];
