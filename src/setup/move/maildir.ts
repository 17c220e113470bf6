// Maildir and Maildir++: what names of folders and files mean, both ways. Knows flags behind `:2,`, folders as `.A.B` in modified
// UTF-7, and Dovecot's list of keywords; opens no file.
import { decodeUtf7, encodeUtf7 } from '../../protocol/imap/grammar/mailbox-name.ts';

/** Letters whose lines do not all end with CRLF are written unchanged, and say so by this in the place of the host. */
export const keptHost = 'tayori-kept';
export const usualHost = 'tayori';

const systemByLetter: Readonly<Record<string, string>> = {
  D: '\\Draft',
  F: '\\Flagged',
  P: '$Forwarded',
  R: '\\Answered',
  S: '\\Seen',
  T: '\\Deleted',
};
const letterBySystem = new Map(Object.entries(systemByLetter).map(([letter, flag]) => [flag, letter]));
/** Dovecot gives the first 26 keywords of a folder a letter each. */
export const keywordLetters = 'abcdefghijklmnopqrstuvwxyz';

export interface MaildirName {
  /** Without flags: stays the same for the life of the letter. */
  readonly base: string;
  readonly flags: readonly string[];
  /** Its line ends are to be left alone. */
  readonly kept: boolean;
}

/** A file in `cur` or `new`. Liberal: `;` and `!` in the place of `:`, where a file system takes no colon. */
export function parseMaildirName(file: string, keywords: readonly string[]): MaildirName {
  const found = /^(.*?)[:;!]2,([A-Za-z]*)$/.exec(file);
  const base = found?.[1] ?? file;
  const flags = new Set<string>();
  for (const letter of found?.[2] ?? '') {
    const flag = systemByLetter[letter] ?? keywords[keywordLetters.indexOf(letter)];
    if (flag !== undefined && flag !== '') flags.add(flag);
  }
  return { base, flags: [...flags], kept: base.split('.')[2]?.split(',')[0] === keptHost };
}

/** The twin of `parseMaildirName`: the name in `cur`. Keywords that are not among `keywords` are left out. */
export function formatMaildirName(base: string, flags: readonly string[], keywords: readonly string[]): string {
  const letters = flags.map((flag) => letterBySystem.get(flag) ?? keywordLetters[keywords.indexOf(flag)] ?? '');
  return `${base}:2,${letters.toSorted().join('')}`;
}

/** Dovecot's `dovecot-keywords`: `0 work`, one per line. */
export function parseKeywordList(text: string): string[] {
  const keywords: string[] = [];
  for (const line of text.split('\n').slice(0, 1000)) {
    const found = /^(\d{1,2}) (\S+)$/.exec(line.trimEnd());
    if (found !== null) keywords[Number(found[1])] = found[2]!;
  }
  return Array.from(keywords, (keyword) => keyword ?? '');
}

export function formatKeywordList(keywords: readonly string[]): string {
  return keywords.map((keyword, index) => `${index} ${keyword}\n`).join('');
}

/** `.Work.Clients` as levels; null for a name that is no Maildir++ folder. A level's own dot is written `\2e`, as Dovecot does. */
export function parseFolderName(folder: string): string[] | null {
  if (!folder.startsWith('.') || folder === '.' || folder === '..') return null;
  return folder.slice(1).split('.').map(parseLevel);
}

/** Modified UTF-7; what is none is taken as it stands (UTF-8). */
export function parseLevel(level: string): string {
  let name = level;
  try {
    name = decodeUtf7(level);
  } catch {
    // As it stands.
  }
  return name.replaceAll('\\2e', '.').replaceAll('\\2f', '/').replaceAll('\\5c', '\\');
}

/** The twin of `parseFolderName`. */
export function formatFolderName(levels: readonly string[]): string {
  return `.${levels.map((level) => encodeUtf7(level).replaceAll('.', '\\2e')).join('.')}`;
}
