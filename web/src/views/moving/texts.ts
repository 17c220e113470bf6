// Words about taking letters along and bringing letters in.
import type { RefusedReason } from '../../engine/contract.ts';
import { words } from '../../texts/words.svelte.ts';

type Texts = {
  readonly account: string;
  readonly out: string;
  readonly outNote: string;
  readonly everything: string;
  readonly everythingNote: (letters: string) => string;
  readonly folder: (letters: string) => string;
  readonly save: (name: string) => string;
  readonly in: string;
  readonly inNote: string;
  readonly into: string;
  readonly newFolder: string;
  readonly choose: string;
  readonly drop: string;
  readonly known: (name: string, letters: string, day: string) => string;
  readonly again: string;
  readonly cancel: string;
  readonly goesOn: (letters: string) => string;
  readonly came: (letters: string, folder: string) => string;
  readonly nothingCame: string;
  readonly stopped: (letters: string) => string;
  readonly none: string;
  readonly left: (letters: string, reason: RefusedReason) => string;
  readonly full: (letters: string) => string;
  readonly changed: string;
  readonly offline: string;
  readonly show: string;
  readonly showOne: (folder: string) => string;
};

const why = {
  en: {
    'too-large': 'too large for this server',
    'no-letter': 'not a letter',
    expunged: 'deleted in the other program',
    bookkeeping: 'a note of the other program, not a letter',
  },
  ja: {
    'too-large': 'このサーバーには大きすぎました',
    'no-letter': 'メールではありませんでした',
    expunged: '元のソフトで削除済みでした',
    bookkeeping: '元のソフトの覚え書きで、メールではありませんでした',
  },
} as const satisfies Record<string, Record<RefusedReason, string>>;

export const t = words<Texts>({
  en: {
    account: 'Account',
    out: 'Take your letters along',
    outNote:
      'The files are mbox, which Thunderbird, Apple Mail and most other programs read. Brought in here again, every letter is as it was.',
    everything: 'Everything, in one file',
    everythingNote: (letters) => `${letters} ${letters === '1' ? 'letter' : 'letters'}, a ZIP archive`,
    folder: (letters) => `${letters} ${letters === '1' ? 'letter' : 'letters'}`,
    save: (name) => `Save ${name}`,
    in: 'Bring letters in',
    inNote:
      'From an mbox file or single letters (.eml), as other mail programs save them. You can stop at any time; the same file, chosen again, goes on from there.',
    into: 'Into',
    newFolder: 'A folder named like the file',
    choose: 'Choose files',
    drop: 'or drop them here',
    known: (name, letters, day) => `“${name}” was brought in on ${day}: ${letters} letters. Brought in again, they are there twice.`,
    again: 'Bring in again',
    cancel: 'Leave it',
    goesOn: (letters) => `${letters} letters were in already; it went on from there.`,
    came: (letters, folder) => (letters === '1' ? `One letter is now in “${folder}”.` : `${letters} letters are now in “${folder}”.`),
    nothingCame: 'No letter was brought in.',
    stopped: (letters) => `Stopped. ${letters} letters are in; choose the same file again to go on.`,
    none: 'These files hold no letters. An mbox file begins with “From ”, a letter with its header.',
    left: (letters, reason) => `${letters} left out: ${why.en[reason]}.`,
    full: (letters) => `There is no room left. ${letters} letters are in; make room, then choose the same file again to go on.`,
    changed: 'The file has changed since it was begun. Nothing more was brought in.',
    offline: 'No network just now. It goes on as soon as there is one.',
    show: 'Open the folder',
    showOne: (folder) => `Open “${folder}”`,
  },
  ja: {
    account: 'アカウント',
    out: 'メールを持ち出す',
    outNote: 'ThunderbirdやAppleのメールなど、多くのソフトで読めるmbox形式です。ここにもう一度取り込めば、どのメールも元どおりになります。',
    everything: 'すべてを一つのファイルに',
    everythingNote: (letters) => `${letters}通（ZIPファイル）`,
    folder: (letters) => `${letters}通`,
    save: (name) => `「${name}」を保存`,
    in: 'メールを取り込む',
    inNote:
      'ほかのメールソフトが書き出したmboxファイルや、一通ずつのファイル（.eml）を取り込みます。途中でやめても、同じファイルをもう一度選べば続きから始まります。',
    into: '入れる場所',
    newFolder: 'ファイルと同じ名前のフォルダー',
    choose: 'ファイルを選ぶ',
    drop: 'または、ここに置いてください',
    known: (name, letters, day) =>
      `「${name}」は${day}に取り込み済みです（${letters}通）。もう一度取り込むと、同じメールが二通ずつになります。`,
    again: 'もう一度取り込む',
    cancel: 'やめる',
    goesOn: (letters) => `${letters}通は取り込み済みだったので、続きから始めました。`,
    came: (letters, folder) => `${letters}通を「${folder}」に入れました。`,
    nothingCame: '取り込んだメールはありません。',
    stopped: (letters) => `途中でやめました。${letters}通は取り込み済みです。同じファイルを選べば続きから始まります。`,
    none: 'メールの入っていないファイルです。mboxファイルは「From 」で、メールはヘッダーで始まります。',
    left: (letters, reason) => `${letters}通は取り込みませんでした：${why.ja[reason]}。`,
    full: (letters) => `空きがなくなりました。${letters}通は取り込み済みです。空きを作ってから、同じファイルを選べば続きから始まります。`,
    changed: '始めたあとでファイルが変わりました。続きは取り込んでいません。',
    offline: 'いまはつながりません。つながり次第、続けます。',
    show: 'フォルダーを開く',
    showOne: (folder) => `「${folder}」を開く`,
  },
});
