// What letters lie at a path: mbox files, Maildirs, folders of .eml, and trees of them as Thunderbird, Apple Mail, Dovecot and our own
// export lay them out. Knows folders and the first octets of files; reads no letter and knows no store.
import { lstat, open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { isKeyword } from '../../message/mbox-status.ts';
import { parseSeparator } from '../../message/mbox.ts';
import type { MailboxRole } from '../../store/contract.ts';
import { parseFileName } from './mailbox-names.ts';
import { parseFolderName, parseKeywordList, parseLevel, parseMaildirName } from './maildir.ts';
import { passedOver } from './sentences.ts';

export type MoveFormat = 'mbox' | 'mboxo' | 'maildir' | 'eml';

export interface LetterFile {
  readonly path: string;
  /** Its place in the order of its folder; stays the same when the letter is read or answered meanwhile. */
  readonly key: string;
  readonly flags: readonly string[];
  readonly kept: boolean;
}

interface SourceWords {
  /** Names it in the ledger and to people: its path below the one named. */
  readonly label: string;
  /** The mailbox as the other program calls it, level by level; none for the inbox. */
  readonly levels: readonly string[];
  /** What our own export says of the mailbox; undefined in the work of others. */
  readonly role?: MailboxRole | null;
}

export type Source = SourceWords &
  (
    | { readonly kind: 'mbox'; readonly path: string; readonly octets: number }
    | { readonly kind: 'maildir' | 'eml'; readonly files: readonly LetterFile[] }
  );

export interface Found {
  readonly sources: readonly Source[];
  /** What lies there too and was not taken, with the reason. */
  readonly passedOver: readonly { readonly path: string; readonly reason: string }[];
}

/** Written by our export beside the mailboxes. */
export const exportNote = 'tayori-export.json';
export interface ExportNote {
  readonly tayori: 1;
  readonly format: 'mbox' | 'maildir';
  readonly mailboxes: readonly {
    readonly name: string;
    readonly role: MailboxRole | null;
    readonly subscribed: boolean;
    readonly path: string;
    readonly letters: number;
  }[];
  /** Letters that the store could not read, each in words: they are not among these. */
  readonly notReadable?: readonly string[];
}

const deepest = 30;
const mostPassedOver = 1000;
/** Files that mail programs keep beside letters. */
const besideLetters =
  /^(?:\.|dovecot|maildir|subscriptions$|courier|tayori-export\.json$|table_of_contents$|.*\.(?:msf|dat|html|json|plist|sbd|lock|index|log|cache)$)/i;

/** @throws NodeJS.ErrnoException for the path itself only. */
export async function findSources(path: string, format: MoveFormat | null, inboxNames: readonly string[]): Promise<Found> {
  const walk = new Walk(path, format, inboxNames);
  const found = await stat(path);
  if (found.isDirectory()) await walk.folder(path, [], 0);
  else await walk.file(path, [], true);
  return { sources: walk.sources, passedOver: walk.passedOver };
}

class Walk {
  readonly sources: Source[] = [];
  readonly passedOver: { path: string; reason: string }[] = [];
  readonly #root: string;
  readonly #format: MoveFormat | null;
  readonly #inboxNames: readonly string[];

  constructor(root: string, format: MoveFormat | null, inboxNames: readonly string[]) {
    this.#root = root;
    this.#format = format;
    this.#inboxNames = inboxNames.map((name) => name.toLowerCase());
  }

  async folder(path: string, levels: readonly string[], depth: number): Promise<void> {
    if (depth > deepest) return this.#pass(path, passedOver.tooDeep);
    const entries = await readdir(path, { withFileTypes: true }).catch((trouble: NodeJS.ErrnoException) => {
      if (depth === 0) throw trouble;
      this.#pass(path, passedOver.unreadable(trouble.code ?? 'unknown'));
      return [];
    });
    const names = entries.map((entry) => entry.name).toSorted();
    if (depth === 0 && names.includes(exportNote) && (await this.#ownExport(path))) return;
    const folders = new Set(entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name));
    for (const entry of entries) if (entry.isSymbolicLink()) this.#pass(join(path, entry.name), passedOver.link);
    const isMaildir = (folders.has('cur') || folders.has('new')) && this.#wants('maildir');
    if (isMaildir) await this.#maildir(path, levels);
    else
      await this.#files(
        path,
        levels,
        entries
          .filter((entry) => entry.isFile())
          .map((entry) => entry.name)
          .toSorted(),
      );
    for (const name of names) {
      if (!folders.has(name) || (isMaildir && /^(?:cur|new|tmp)$/.test(name))) continue;
      const inMaildir = parseFolderName(name);
      const below = inMaildir ?? [...levels, parseLevel(parseFileName(name.replace(/\.(?:sbd|mbox)$/i, '')))];
      // A hidden folder means something in a Maildir only.
      if (inMaildir === null || isMaildir)
        await this.folder(join(path, name), inMaildir === null ? below : [...levels, ...inMaildir], depth + 1);
    }
  }

  async file(path: string, levels: readonly string[], named: boolean): Promise<void> {
    const kind = await kindOf(path).catch((trouble: NodeJS.ErrnoException) => {
      if (named) throw trouble;
      return passedOver.unreadable(trouble.code ?? 'unknown');
    });
    if (kind === 'mbox' && (this.#wants('mbox') || this.#wants('mboxo'))) {
      const name = parseFileName(basename(path).replace(/\.(?:mbox|mbx|mboxrd|txt)$/i, ''));
      // Apple Mail: `Name.mbox/mbox`.
      const own = name.toLowerCase() === 'mbox' && /\.mbox$/i.test(basename(join(path, '..'))) ? [] : [name];
      const isInbox = levels.length === 0 && own.length === 1 && this.#inboxNames.includes(name.toLowerCase());
      const { size } = await stat(path);
      this.sources.push({ kind: 'mbox', label: this.#label(path), levels: isInbox ? [] : [...levels, ...own], path, octets: size });
    } else if (kind === 'eml' && this.#wants('eml') && named) {
      const key = basename(path);
      this.sources.push({ kind: 'eml', label: '.', levels, files: [{ path, key, flags: [], kept: false }] });
    } else if (!besideLetters.test(basename(path)) || named)
      this.#pass(path, kind === 'mbox' || kind === 'eml' || kind === 'empty' ? passedOver.noLetters : kind);
  }

  async #files(path: string, levels: readonly string[], names: readonly string[]): Promise<void> {
    const letters = this.#wants('eml') ? names.filter((name) => /\.eml$/i.test(name)) : [];
    if (letters.length > 0) {
      const files = letters.map((key): LetterFile => ({ path: join(path, key), key, flags: [], kept: false }));
      this.sources.push({ kind: 'eml', label: this.#label(path), levels: levels.length > 0 ? levels : [basename(this.#root)], files });
    }
    for (const name of names) if (!/\.eml$/i.test(name)) await this.file(join(path, name), levels, false);
  }

  async #maildir(path: string, levels: readonly string[]): Promise<void> {
    const keywords = parseKeywordList(await readFile(join(path, 'dovecot-keywords'), 'utf8').catch(() => ''));
    const usable = keywords.map((keyword) => (isKeyword(keyword) ? keyword : ''));
    const files: LetterFile[] = [];
    for (const part of ['cur', 'new']) {
      const names = await readdir(join(path, part)).catch((trouble: NodeJS.ErrnoException) => {
        if (trouble.code !== 'ENOENT') this.#pass(join(path, part), passedOver.unreadable(trouble.code ?? 'unknown'));
        return [];
      });
      for (const name of names) {
        if (name.startsWith('.')) continue;
        const { base, flags, kept } = parseMaildirName(name, usable);
        files.push({ path: join(path, part, name), key: keyOf(base), flags: part === 'new' ? [] : flags, kept });
      }
    }
    files.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    this.sources.push({ kind: 'maildir', label: this.#label(path), levels, files });
  }

  /** What our own export wrote: the names and roles are those it noted. False when the note is none of ours. */
  async #ownExport(path: string): Promise<boolean> {
    let note: ExportNote;
    try {
      note = JSON.parse(await readFile(join(path, exportNote), 'utf8')) as ExportNote;
      const good = (one: ExportNote['mailboxes'][number]) =>
        typeof one.name === 'string' && typeof one.path === 'string' && !one.path.startsWith('/') && !one.path.split('/').includes('..');
      if (note.tayori !== 1 || !note.mailboxes.every(good)) return false;
    } catch {
      return false;
    }
    if (!this.#wants(note.format)) return false;
    for (const mailbox of note.mailboxes) {
      const place = join(path, mailbox.path);
      const there = await lstat(place).catch(() => null);
      const before = this.sources.length;
      if (there === null) this.#pass(place, passedOver.unreadable('ENOENT'));
      else if (note.format === 'maildir') await this.#maildir(place, []);
      else if (there.size === 0) this.sources.push({ kind: 'mbox', label: this.#label(place), levels: [], path: place, octets: 0 });
      else await this.file(place, [], false);
      const source = this.sources[before];
      const levels = mailbox.name === 'INBOX' ? [] : mailbox.name.split('/');
      if (source !== undefined) this.sources[before] = { ...source, levels, role: mailbox.role };
    }
    return true;
  }

  #wants(format: MoveFormat): boolean {
    return this.#format === null || this.#format === format || (this.#format === 'mboxo' && format === 'mbox');
  }

  #label(path: string): string {
    return relative(this.#root, path) || '.';
  }

  #pass(path: string, reason: string): void {
    if (this.passedOver.length < mostPassedOver) this.passedOver.push({ path: this.#label(path), reason });
  }
}

/** The order of a folder is that of its names; our own hold the place in the mailbox behind the time. */
function keyOf(base: string): string {
  const [, unique, host] = base.split('.');
  return host !== undefined && /^M\d{10}$/.test(unique!) && /^tayori(?:-kept)?,/.test(host) ? `${unique} ${base}` : base;
}

/** By the first octets: a From_ line, a header field, nothing, or neither (in words). */
async function kindOf(path: string): Promise<'mbox' | 'eml' | 'empty' | string> {
  const file = await open(path, 'r');
  try {
    const octets = Buffer.alloc(4096);
    const { bytesRead } = await file.read(octets, 0, octets.length, 0);
    const text = octets.toString('latin1', 0, bytesRead).replace(/^[\r\n]+/, '');
    if (text === '') return 'empty';
    if (text.startsWith('From ')) return parseSeparator(text.slice(0, 1024).split(/\r?\n/)[0]!) === null ? passedOver.noDate : 'mbox';
    return /^[!-9;-~]{1,200}[ \t]*:/.test(text) ? 'eml' : passedOver.noLetters;
  } finally {
    await file.close();
  }
}
