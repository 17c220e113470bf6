// The word list, second part: names, the address book of the net, and who may write in whose name. Knows words only.
import type { Term } from './glossary.ts';
import { term } from './glossary-row.ts';

export const addressTerms: readonly Term[] = [
  term(
    'address',
    ['メールアドレス', 'mail address'],
    ['宛名', '@ の前がだれか、後ろがどの局かを表します。', '封筒の宛名'],
    ['address', 'Before the @ stands who, behind it which office.', 'what is written on the envelope'],
  ),
  term(
    'domain',
    ['ドメイン', 'domain'],
    ['局の看板の名前', '@ の後ろの部分です。どの局の名前かを表します。', '局の看板'],
    ['name on the sign', 'The part behind the @: whose office it is.', 'the sign above the door'],
  ),
  term(
    'dns',
    ['DNS', 'DNS'],
    ['ネットの住所録', '名前から番地や受け取る局を引く、みんなの住所録です。', '住所録'],
    ['address book of the net', 'Turns names into addresses and tells which office takes letters in.', 'the public address book'],
  ),
  term(
    'ip',
    ['IP アドレス(A・AAAA)', 'IP address (A, AAAA)'],
    ['番地', 'ネットの上で機械のある場所を表す番号です。', '番地'],
    ['street number', 'The number of the place where a machine is.', 'street and number'],
  ),
  term(
    'mx',
    ['MX', 'MX'],
    ['手紙を受け取る局', 'その名前あての手紙をどの局に届けるか、順番に書いたものです。', '配達先の局の一覧'],
    ['offices that take letters in', 'Which office letters to a name are brought to, in order.', 'the list of receiving offices'],
  ),
  term(
    'ptr',
    ['PTR(逆引き)', 'PTR (reverse)'],
    ['番地から名前を引く', '番地から名前へ戻れるかを見ます。戻れない局の手紙は疑われます。', '番地から表札を確かめる'],
    [
      'from address to name',
      'Whether the number leads back to the name; offices without it are distrusted.',
      'checking the name plate at an address',
    ],
  ),
  term(
    'srv',
    ['SRV', 'SRV'],
    ['アプリのための案内板', 'アプリがどの窓口へ行けばよいかを、住所録に書いたものです。', '入口の案内板'],
    ['signpost for apps', 'Tells apps which counter to go to.', 'the board at the entrance'],
  ),
  term(
    'spf',
    ['SPF', 'SPF'],
    ['出してよい局の名簿', 'その名前で手紙を出してよい局を、住所録に書いたものです。', '差し出してよい局の名簿'],
    ['who may send', 'A list of the offices that may send in a name.', 'the list of authorised offices'],
  ),
  term(
    'dkim',
    ['DKIM', 'DKIM'],
    ['局の印', '手紙に押した印です。途中で書きかえられていないことがわかります。', '封に押した局の印'],
    ["office's stamp", 'A mark on the letter which shows that nobody has changed it on the way.', "the office's stamp on the seal"],
  ),
  term(
    'dmarc',
    ['DMARC', 'DMARC'],
    ['にせものの扱い', '名簿にも印にも合わない手紙をどうするか、名前の持ち主が決めたものです。', 'にせ手紙の取り扱いの決まり'],
    ['what becomes of forgeries', "The owner's wish for letters that fit neither list nor stamp.", 'the rule for forged letters'],
  ),
  term(
    'mta-sts',
    ['MTA-STS・DANE', 'MTA-STS, DANE'],
    ['封のない配達を断る', '局どうしが必ず封をして届けるための約束です。', '封書だけを受け取る約束'],
    ['sealed or not at all', 'A promise by which offices deliver sealed letters only.', 'a promise to take sealed letters only'],
  ),
  term(
    'dnssec',
    ['DNSSEC', 'DNSSEC'],
    ['署名つきの住所録', '住所録の答えが本物であることを確かめられます。', '割り印のある住所録'],
    ['signed address book', 'Lets one check that an answer of the address book is genuine.', 'an address book with signatures'],
  ),
  term(
    'alias',
    ['エイリアス', 'alias'],
    ['別名', '別の名前で届いた手紙も、同じ人に届きます。', '表札の別名'],
    ['other name', 'Letters to another name come to the same person.', 'a second name on the door'],
  ),
  term(
    'subaddress',
    ['サブアドレス(+)', 'subaddress (+)'],
    ['宛名の添え書き', '名前の後に + と言葉を添えて、届いた手紙を分けられます。', '「気付」の添え書き'],
    ['note on the address', 'A word behind a + by which letters can be sorted.', '“care of” on the envelope'],
  ),
  term(
    'identity',
    ['差出人(アイデンティティ)', 'identity'],
    ['差出人の名乗り', 'どの名前とアドレスで手紙を出すかです。署名もここで決めます。', '差出人の判'],
    ['who you write as', 'The name and address that a letter goes out from, with its signature.', 'your stationery'],
  ),
  term(
    'mailing-list',
    ['メーリングリスト', 'mailing list'],
    ['回覧', '一つの宛先に出すと、加わっている全員に届きます。', '回覧板'],
    ['round letter', 'One address; everybody on the list gets the letter.', 'a letter that goes round'],
  ),
  term(
    'firewall',
    ['ファイアウォール', 'firewall'],
    ['門番', '通してよいものだけを通す門です。窓口を閉じていることがあります。', '門番'],
    ['gatekeeper', 'Lets through what it allows; some counters may be closed by it.', 'the gatekeeper'],
  ),
  term(
    'proxy',
    ['画像の取り寄せ(プロキシ)', 'proxy'],
    ['代わりに取ってくる', '手紙の中の画像を、局が代わりに取ってきます。読んだことは相手に知られません。', '代わりに使いに行く人'],
    [
      'fetched on your behalf',
      'Pictures in a letter are fetched by the office, so that the sender does not learn who reads.',
      'somebody who runs the errand for you',
    ],
  ),
];
