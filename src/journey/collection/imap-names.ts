// Names of folders there and mailboxes here, and what a folder is for. Knows delimiters, prefixes and the names that providers give to their
// own folders; knows no connection and no store.
import type { MailboxRole } from '../../store/contract.ts';

/** How a provider writes names. */
export interface NameForm {
  readonly prefix: string;
  readonly delimiter: string;
}

const levelsMax = 20;
const levelMax = 200;

/** The name here of a folder there: levels divided by `/`, without the prefix, without what no mail app can show. */
export function nameOfPath(path: string, { prefix, delimiter }: NameForm): string {
  if (path.toUpperCase() === 'INBOX') return 'INBOX';
  const bare =
    prefix !== '' && path.length > prefix.length && path.toUpperCase().startsWith(prefix.toUpperCase()) ? path.slice(prefix.length) : path;
  const levels = (delimiter === '' ? [bare] : bare.split(delimiter)).map(cleanLevel);
  const [first = '_', ...rest] =
    levels.length > levelsMax
      ? [
          ...levels.slice(0, levelsMax - 1),
          levels
            .slice(levelsMax - 1)
            .join('-')
            .slice(0, levelMax)
            .toWellFormed(),
        ]
      : levels;
  // Without a prefix, below INBOX is below INBOX; `INBOX` by another road is another folder.
  if (first.toUpperCase() === 'INBOX')
    return rest.length > 0 && bare === path ? ['INBOX', ...rest].join('/') : [`${first}_`, ...rest].join('/');
  return [first, ...rest].join('/');
}

function cleanLevel(level: string): string {
  const clean = level
    .normalize('NFC')
    .toWellFormed()
    .replaceAll('/', '\u2215')
    .replace(/[\p{Cc}\u2028\u2029\ufffe\uffff*%\\]/gu, '_')
    .trim()
    .slice(0, levelMax)
    .toWellFormed();
  return clean === '' || clean === '.' || clean === '..' ? '_' : clean;
}

/** The path there for a mailbox here. */
export function pathOfName(name: string, { prefix, delimiter }: NameForm): string {
  if (name === 'INBOX') return 'INBOX';
  const levels = name.split('/').map((level) => level.replaceAll('\u2215', delimiter === '/' ? '\u2215' : '/'));
  if (delimiter === '') return prefix + levels.join('-');
  const clean = levels.map((level) => level.replaceAll(delimiter, '_'));
  const below = prefix.toUpperCase() === `INBOX${delimiter}` && clean[0] === 'INBOX' ? clean.slice(1) : clean;
  return prefix + below.join(delimiter);
}

/** A name that is not taken: `Work`, `Work (2)`, … */
export function freeName(name: string, taken: (name: string) => boolean): string {
  if (!taken(name)) return name;
  for (let count = 2; ; count++) if (!taken(`${name} (${count})`)) return `${name} (${count})`;
}

/** Last level of a name, folded: what providers and apps call these folders where they do not tell their use (RFC 6154). */
const names: Readonly<Record<string, MailboxRole>> = {
  sent: 'sent',
  'sent items': 'sent',
  'sent messages': 'sent',
  'sent mail': 'sent',
  送信済み: 'sent',
  送信済みトレイ: 'sent',
  送信済みメール: 'sent',
  送信済みアイテム: 'sent',
  送信箱: 'sent',
  drafts: 'drafts',
  draft: 'drafts',
  下書き: 'drafts',
  草稿: 'drafts',
  trash: 'trash',
  'deleted items': 'trash',
  'deleted messages': 'trash',
  bin: 'trash',
  ゴミ箱: 'trash',
  ごみ箱: 'trash',
  削除済みアイテム: 'trash',
  junk: 'junk',
  'junk e-mail': 'junk',
  'junk email': 'junk',
  spam: 'junk',
  'bulk mail': 'junk',
  迷惑メール: 'junk',
  迷惑メールフォルダ: 'junk',
  archive: 'archive',
  archives: 'archive',
  アーカイブ: 'archive',
};

/** Only at the top: a folder `Projects/Archive` is somebody's own. */
export function roleOfName(name: string): MailboxRole | null {
  return name === 'INBOX' ? 'inbox' : (names[name.normalize('NFKC').toLowerCase()] ?? null);
}

/** One folder a role: told uses before names, the first of several. */
export function assignRoles<F extends { readonly path: string; readonly role: MailboxRole | null }>(
  folders: readonly F[],
  form: NameForm,
): Map<string, MailboxRole> {
  const roles = new Map<string, MailboxRole>();
  const taken = new Set<MailboxRole>();
  const give = (path: string, role: MailboxRole | null) => {
    if (role === null || taken.has(role) || roles.has(path)) return;
    roles.set(path, role);
    taken.add(role);
  };
  for (const { path } of folders) if (path.toUpperCase() === 'INBOX') give(path, 'inbox');
  for (const { path, role } of folders) give(path, role);
  for (const { path } of folders) give(path, roleOfName(nameOfPath(path, form)));
  return roles;
}
