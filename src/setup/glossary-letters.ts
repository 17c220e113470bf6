// The word list, third part: letters themselves and what one does with them. Knows words only.
import type { Term } from './glossary.ts';
import { term } from './glossary-row.ts';

export const letterTerms: readonly Term[] = [
  term(
    'header',
    ['ヘッダー', 'header'],
    ['封筒の書きつけ', '宛名、差出人、日付、通ってきた局などが書いてあります。', '封筒の表書きと消印'],
    ['what is on the envelope', 'To, from, date, and the offices it has passed.', 'envelope and postmarks'],
  ),
  term(
    'cc',
    ['Cc', 'Cc'],
    ['写し', '宛先の人にも見える形で、ほかの人にも同じ手紙を送ります。', '写しを送る'],
    ['copy', 'Others get the same letter, and everybody can see it.', 'a copy for others'],
  ),
  term(
    'bcc',
    ['Bcc', 'Bcc'],
    ['そっと写し', 'ほかの人には知らせずに、同じ手紙を送ります。', '黙って渡す写し'],
    ['secret copy', 'Somebody gets the same letter without the others knowing.', 'a copy nobody is told of'],
  ),
  term(
    'message-id',
    ['Message-ID', 'Message-ID'],
    ['手紙の番号', '世界に一つだけの、手紙の番号です。返事を結びつけます。', '書留の番号'],
    ["letter's number", 'A number that only this letter has; replies are tied to it.', 'the number of a registered letter'],
  ),
  term(
    'thread',
    ['スレッド', 'thread'],
    ['やりとり', 'もとの手紙と返事を、一つにまとめて見せます。', 'ひもで束ねた往復書簡'],
    ['conversation', 'A letter and its replies, shown together.', 'letters tied with a string'],
  ),
  term(
    'attachment',
    ['添付ファイル(MIME)', 'attachment (MIME)'],
    ['同封の品', '写真や書類を、手紙に入れて送ります。', '同封物'],
    ['enclosure', 'Pictures and papers that travel inside the letter.', 'what is enclosed'],
  ),
  term(
    'html',
    ['HTML メール', 'HTML letter'],
    ['飾りのある手紙', '色や画像のある手紙です。危ないものは取り除いて見せます。', '色刷りの便箋'],
    ['decorated letter', 'A letter with colours and pictures; what could be harmful is taken out.', 'printed stationery'],
  ),
  term(
    'draft',
    ['下書き', 'draft'],
    ['書きかけ', 'まだ出していない手紙です。書くたびに残ります。', '机の上の書きかけ'],
    ['unfinished letter', 'Not sent yet; it is kept as you write.', 'an unfinished letter on the desk'],
  ),
  term(
    'signature',
    ['署名', 'signature'],
    ['結びの名前', '手紙の終わりに添える、自分の名前や連絡先です。', '便箋の末の署名'],
    ['closing lines', 'Your name and how to reach you, at the end of a letter.', 'the name below a letter'],
  ),
  term(
    'undo-send',
    ['送信の取り消し', 'undo send'],
    ['出すのを少し待つ', '出した後もしばらく局で待つので、呼び戻せます。', '集荷までの数分'],
    [
      'a moment to call it back',
      'The letter waits at the office for some seconds, so that you can call it back.',
      'before the van has left',
    ],
  ),
  term(
    'schedule',
    ['予約送信', 'scheduled sending'],
    ['日時指定で出す', '決めた時刻に局が出します。画面を閉じていてもかまいません。', '日付指定便'],
    ['sent at a set time', 'The office sends it at the time you set, even when the app is closed.', 'delivery on a set date'],
  ),
  term(
    'snooze',
    ['スヌーズ', 'snooze'],
    ['あとで出てくる', '今はしまっておき、決めた時刻に受信箱へ戻します。', '日めくりにはさんでおく'],
    ['comes back later', 'Put away now; back in the inbox at the time you set.', 'tucked into the calendar'],
  ),
  term(
    'rule',
    ['振り分け(ルール)', 'rule'],
    ['届いたときの決まり', '届いた手紙を、決めたとおりの棚に入れたり印を付けたりします。', '局員への申し送り'],
    ['what to do on arrival', 'Letters that come in are put or marked as you have decided.', 'instructions for the clerk'],
  ),
  term(
    'vacation',
    ['不在通知', 'vacation reply'],
    ['留守の知らせ', '留守のあいだ、届いた手紙に短い返事を自動で出します。', '留守の札'],
    ['out-of-office note', 'A short reply that goes out by itself while you are away.', 'a note on the door'],
  ),
  term(
    'folder',
    ['フォルダー', 'folder, mailbox'],
    ['棚', '手紙を分けてしまう場所です。', '棚'],
    ['shelf', 'A place where letters are kept apart from others.', 'a shelf'],
  ),
  term(
    'flag',
    ['フラグ・スター', 'flag, star'],
    ['しおり', '大事な手紙に付ける印です。', 'はさんだしおり'],
    ['bookmark', 'A mark on a letter that matters.', 'a slip of paper in a book'],
  ),
  term(
    'archive',
    ['アーカイブ', 'archive'],
    ['しまう', '受信箱から片づけて、消さずに残します。', '書庫'],
    ['put away', 'Out of the inbox, but kept.', 'the archive in the cellar'],
  ),
  term(
    'spam',
    ['迷惑メール', 'spam, junk'],
    ['いらない手紙', '頼んでいない宣伝や、だまそうとする手紙です。', 'ちらしとにせ手紙'],
    ['unwanted letters', 'Advertising nobody asked for, and letters that want to deceive.', 'flyers and swindles'],
  ),
  term(
    'phishing',
    ['フィッシング', 'phishing'],
    ['なりすまし', '本物のふりをして、パスワードなどを聞き出そうとする手紙です。', 'にせの局員'],
    ['impostor', 'A letter that pretends to be from somebody else to get at your secrets.', 'a false postman'],
  ),
  term(
    'bounce',
    ['戻り(DSN)', 'bounce (DSN)'],
    ['届かなかった知らせ', '届けられなかった理由を書いて、差出人に戻す知らせです。', '「あて所に尋ねあたりません」'],
    ['returned letter', 'A note that says why a letter could not be delivered.', '“return to sender”'],
  ),
  term(
    'receipt',
    ['開封確認(MDN)', 'read receipt (MDN)'],
    ['読んだという知らせ', '差出人が頼んだときに、読んだことを知らせます。知らせるかは自分で選べます。', '受け取りの判'],
    ['note that it was read', 'Tells the sender that a letter was opened, if you want that.', 'a signed receipt'],
  ),
  term(
    'quota',
    ['容量(クォータ)', 'quota'],
    ['棚の広さ', '手紙をしまっておける量です。', '棚の広さ'],
    ['room on the shelf', 'How much may be kept.', 'how long the shelf is'],
  ),
  term(
    'unsubscribe',
    ['配信停止', 'unsubscribe'],
    ['もういりません、と伝える', '宣伝の手紙を止めるよう、送り手に伝えます。', '「今後お断り」の札'],
    ['no more of these', 'Tells the sender of advertising to stop.', '“no more, please”'],
  ),
  term(
    'search-operator',
    ['検索の言葉', 'search operator'],
    ['探し方の言葉', 'from: や has: などを付けて、細かく探せます。', '台帳の索引'],
    ['words for searching', 'Words such as from: or has: that make a search exact.', 'the index of a ledger'],
  ),
];
