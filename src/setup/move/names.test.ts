// Names of other programs: Maildir files and folders, special folders, names fit for us and for file systems.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cleanName, formatFileName, parseFileName, roleOfName } from './mailbox-names.ts';
import { formatFolderName, formatKeywordList, formatMaildirName, parseFolderName, parseKeywordList, parseMaildirName } from './maildir.ts';

const keywords = ['work', '$label1'];
const files: readonly [string, string, readonly string[], boolean][] = [
  ['1.2.host:2,S', '1.2.host', ['\\Seen'], false],
  [
    '1.2.host,S=9,W=10:2,DFPRSTab',
    '1.2.host,S=9,W=10',
    ['\\Draft', '\\Flagged', '$Forwarded', '\\Answered', '\\Seen', '\\Deleted', 'work', '$label1'],
    false,
  ],
  ['1.2.host', '1.2.host', [], false],
  ['1.2.host:2,', '1.2.host', [], false],
  ['1.2.host;2,S', '1.2.host', ['\\Seen'], false],
  ['1.2.host!2,S', '1.2.host', ['\\Seen'], false],
  ['1.2.host:2,zX', '1.2.host', [], false],
  ['1.2.tayori-kept,S=1:2,S', '1.2.tayori-kept,S=1', ['\\Seen'], true],
  ['odd name', 'odd name', [], false],
];
for (const [file, base, flags, kept] of files)
  test(`maildir file: ${file}`, () => assert.deepEqual(parseMaildirName(file, keywords), { base, flags, kept }));

test('maildir file: there and back', () => {
  const some = fc.uniqueArray(
    fc.constantFrom('\\Seen', '\\Draft', '\\Flagged', '\\Answered', '\\Deleted', '$Forwarded', 'work', '$label1'),
  );
  fc.assert(
    fc.property(some, (flags) => {
      const name = formatMaildirName('1.2.host', flags, keywords);
      assert.deepEqual(parseMaildirName(name, keywords).flags.toSorted(), flags.toSorted());
    }),
  );
});

const folders: readonly [string, readonly string[] | null][] = [
  ['.Sent', ['Sent']],
  ['.Work.Clients', ['Work', 'Clients']],
  ['.&ZeVnLIqe-', ['日本語']],
  ['.日本語', ['日本語']],
  ['.bad&name', ['bad&name']],
  ['.a\\2eb', ['a.b']],
  ['cur', null],
  ['..', null],
];
for (const [folder, levels] of folders) test(`maildir folder: ${folder}`, () => assert.deepEqual(parseFolderName(folder), levels));

test('maildir folder and file name: there and back', () => {
  const level = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter((text) => /^[^/\p{Cc}%*\\]+$/u.test(text) && text.isWellFormed());
  fc.assert(
    fc.property(fc.array(level, { minLength: 1, maxLength: 3 }), (levels) => {
      assert.deepEqual(parseFolderName(formatFolderName(levels)), levels);
      for (const one of levels) {
        assert.equal(parseFileName(formatFileName(one)), one);
        assert.doesNotMatch(formatFileName(one), /[/\\:*?"<>|\0]|^\.|[. ]$/);
      }
    }),
  );
});

test('dovecot-keywords: there and back, and what is damaged is passed over', () => {
  assert.deepEqual(parseKeywordList(formatKeywordList(keywords)), keywords);
  assert.deepEqual(parseKeywordList('1 b\nnonsense\n99999 c\n'), ['', 'b']);
});

const roles: readonly [readonly string[], string | null][] = [
  [['Sent'], 'sent'],
  [['Sent Items'], 'sent'],
  [['[Gmail]', 'Spam'], 'junk'],
  [['INBOX', 'Trash'], 'trash'],
  [['送信済みアイテム'], 'sent'],
  [['ﾞ'], null],
  [['Work', 'Sent'], null],
  [['Sent', 'Sent'], null],
  [['constructor'], null],
];
for (const [levels, role] of roles) test(`role of ${levels.join('/')}`, () => assert.equal(roleOfName(levels), role));

const names: readonly [readonly string[], string][] = [
  [['Work', 'Clients'], 'Work/Clients'],
  [['inbox'], 'INBOX'],
  [['Inbox', 'a'], 'INBOX/a'],
  [['a/b'], 'a/b'],
  [['a*b%c\\d\u0007'], 'a_b_c_d_'],
  [[' ', '.', '..', ''], '_/_/_/_'],
  [['#news'], '_news'],
  [['é'.normalize('NFD')], 'é'],
];
for (const [levels, name] of names) test(`name made fit: ${JSON.stringify(levels)}`, () => assert.equal(cleanName(levels), name));

test('name made fit: no level above 255 octets', () => {
  assert.ok(Buffer.byteLength(cleanName(['語'.repeat(200)])) <= 255);
});
