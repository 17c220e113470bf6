// What the folders of other programs are called here: names made fit for us, and special folders known by their usual names.
// Knows names; knows no file and no store.
import type { MailboxRole } from '../../store/contract.ts';
import { canonicalName } from '../../protocol/imap/grammar/mailbox-name.ts';

const roleNames: Readonly<Partial<Record<MailboxRole, string>>> = {
  sent: 'sent|sent items|sent mail|sent messages|sent-mail|outbox sent|送信済み|送信済みアイテム|送信済みメール|送信済みトレイ|gesendet|gesendete objekte|envoyés|éléments envoyés|enviados',
  drafts: 'drafts|draft|下書き|entwürfe|brouillons|borradores',
  trash:
    'trash|deleted|deleted items|deleted messages|bin|wastebasket|ゴミ箱|ごみ箱|削除済みアイテム|papierkorb|gelöschte objekte|corbeille|éléments supprimés|papelera',
  junk: 'junk|junk mail|junk e-mail|junk email|spam|bulk mail|迷惑メール|迷惑メールフォルダー|spamverdacht|courrier indésirable|correo no deseado',
  archive: 'archive|archives|アーカイブ|archiv|archivo',
};
const rolesByName = new Map(
  Object.entries(roleNames).flatMap(([role, names]) =>
    names.split('|').map((name) => [name.normalize('NFKC'), role as MailboxRole] as const),
  ),
);

/** The role of a folder by its usual names, also below `[Gmail]` and the like; null when it has none. */
export function roleOfName(levels: readonly string[]): MailboxRole | null {
  const own = /^(\[gmail\]|\[google mail\]|inbox)$/i.test(levels[0] ?? '') ? levels.slice(1) : levels;
  return own.length === 1 ? (rolesByName.get(own[0]!.normalize('NFKC').toLowerCase()) ?? null) : null;
}

const longestLevel = 255;

/** A name that can be made here: what IMAP cannot name becomes `_`. */
export function cleanName(levels: readonly string[]): string {
  const clean = levels
    .flatMap((level) => level.split('/'))
    .map((level) => {
      let name = level
        .toWellFormed()
        .normalize('NFC')
        .replaceAll(/[\p{Cc}\u2028\u2029\ufffe\uffff*%\\]/gu, '_')
        .trim();
      while (Buffer.byteLength(name) > longestLevel) name = name.slice(0, -1).toWellFormed().trim();
      return name === '' || name === '.' || name === '..' ? '_' : name;
    })
    .slice(0, 50);
  const name = clean.join('/');
  return canonicalName(name.startsWith('#') ? `_${name.slice(1)}` : name);
}

/** A level as a file name on any file system; the way back is `parseFileName`. */
export function formatFileName(level: string): string {
  const name = level.replaceAll(/[\p{Cc}%/\\:*?"<>|]|^\.|[. ]$/gu, (character) =>
    encodeURIComponent(character) === character
      ? `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
      : encodeURIComponent(character),
  );
  // `.mbox` and the like must find room behind it.
  return Buffer.byteLength(name) <= 240 ? name : `${name.slice(0, 60).toWellFormed()}…`;
}

export function parseFileName(file: string): string {
  try {
    return decodeURIComponent(file);
  } catch {
    return file;
  }
}

/** Where a mailbox lies in an export as mbox: its levels are folders. */
export function mboxPath(name: string): string {
  return `${name.split('/').map(formatFileName).join('/')}.mbox`;
}

/** No two mailboxes in one file, also where the file system takes `A` and `a` for the same. */
export function freePath(path: string, used: Set<string>): string {
  let free = path;
  for (let number = 2; used.has(free.normalize('NFC').toLowerCase()); number++) free = path.replace(/(\.mbox)?$/, ` (${number})$1`);
  used.add(free.normalize('NFC').toLowerCase());
  return free;
}
