// Export: a person's letters as mbox files or a Maildir that every mail program reads, and that our import takes back octet for octet.
// Knows which letter goes into which file and that the counts agree; knows no terminal.
import { mkdir, open, utimes, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Bytes } from '../../base/bytes.ts';
import { hasOnlyCrlf, toLf } from '../../message/line-ends.ts';
import { formatStatus } from '../../message/mbox-status.ts';
import { formatMboxLetter } from '../../message/mbox.ts';
import type { MailboxInfo } from '../../store/contract.ts';
import { CommandTrouble, type Work } from '../cli/command.ts';
import type { Office } from '../office.ts';
import { checkApart, occupants, writeFolder } from './folder.ts';
import { syncFile } from '../../io/durable-files.ts';
import { freePath, mboxPath } from './mailbox-names.ts';
import { formatFolderName, formatKeywordList, formatMaildirName, keptHost, keywordLetters, usualHost } from './maildir.ts';
import { Pace } from './pace.ts';
import { octetsAtOnce, readPicture, takePicture, type Picture } from './picture.ts';
import { exportTrouble, folderTrouble } from './sentences.ts';
import { exportNote, type ExportNote } from './sources.ts';

export interface ExportAsk {
  readonly address: string;
  /** Absolute. */
  readonly folder: string;
  readonly format: 'mbox' | 'maildir';
  /** One mailbox only; null for all. */
  readonly mailbox: string | null;
}

export interface ExportReport {
  readonly address: string;
  readonly folder: string;
  readonly letters: number;
  readonly octets: number;
  readonly milliseconds: number;
  readonly mailboxes: readonly { readonly name: string; readonly path: string; readonly letters: number }[];
  /** Letters that the store could not read, each in words; they are not in the export. */
  readonly damaged: readonly string[];
  /** Letters that went away while the export ran. */
  readonly gone: number;
  readonly keywordsLeftOut: number;
}

/** @throws CommandTrouble in one sentence. */
export async function exportLetters(ask: ExportAsk, office: Office, work: Work): Promise<ExportReport> {
  const account = office.people.get(ask.address);
  await checkApart(ask.folder, office.folder);
  if ((await occupants(ask.folder)).length > 0) throw new CommandTrouble(folderTrouble.notEmpty(ask.folder));
  const all = await office.store.mailboxes(account.id);
  const chosen = ask.mailbox === null ? all : all.filter((mailbox) => mailbox.name === ask.mailbox);
  if (chosen.length === 0)
    throw new CommandTrouble(
      exportTrouble.noMailbox(
        account.address,
        ask.mailbox ?? '',
        all.map((mailbox) => mailbox.name),
      ),
    );
  return writeFolder(ask.folder, { last: exportNote }, (folder) =>
    new Exporting(ask, office, work, account.id, folder).run(chosen, account.address),
  );
}

class Exporting {
  readonly #ask: ExportAsk;
  readonly #office: Office;
  readonly #work: Work;
  readonly #account: number;
  readonly #folder: string;
  readonly #damaged: string[] = [];
  #pace: Pace | null = null;
  #gone = 0;
  #keywordsLeftOut = 0;
  #octets = 0;

  constructor(ask: ExportAsk, office: Office, work: Work, account: number, folder: string) {
    this.#ask = ask;
    this.#office = office;
    this.#work = work;
    this.#account = account;
    this.#folder = folder;
  }

  async run(mailboxes: readonly MailboxInfo[], address: string): Promise<ExportReport> {
    const { clock } = this.#office;
    const began = clock.monotonic();
    const of = mailboxes.reduce((sum, mailbox) => sum + mailbox.size, 0);
    this.#pace = new Pace({ say: (progress) => this.#work.say(progress), monotonic: () => clock.monotonic(), of });
    const noted: ExportNote['mailboxes'][number][] = [];
    const used = new Set<string>();
    for (const mailbox of mailboxes) {
      const { name, role, subscribed } = mailbox;
      const path = freePath(this.#ask.format === 'mbox' ? mboxPath(name) : maildirPath(name), used);
      const letters = await this.#exportMailbox(mailbox, path);
      noted.push({ name, role, subscribed, path, letters });
    }
    const note: ExportNote = { tayori: 1, format: this.#ask.format, mailboxes: noted };
    await writeFile(join(this.#folder, exportNote), `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 });
    await syncFile(join(this.#folder, exportNote));
    this.#pace.tell();
    return {
      address,
      folder: this.#ask.folder,
      letters: noted.reduce((sum, { letters }) => sum + letters, 0),
      octets: this.#octets,
      milliseconds: Math.round(clock.monotonic() - began),
      mailboxes: noted.map(({ name, path, letters }) => ({ name, path, letters })),
      damaged: this.#damaged,
      gone: this.#gone,
      keywordsLeftOut: this.#keywordsLeftOut,
    };
  }

  /** The mailbox as it is at this moment; returns how many letters were written. */
  async #exportMailbox(mailbox: MailboxInfo, path: string): Promise<number> {
    const picture = await takePicture(this.#office.store, this.#account, mailbox.id);
    const file = join(this.#folder, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const writer =
      this.#ask.format === 'mbox'
        ? await MboxFile.open(file)
        : await MaildirFolder.open(file, mailbox.name === 'INBOX' ? null : mailbox.name);
    try {
      const before = this.#damaged.length + this.#gone;
      await this.#write(mailbox, picture, writer);
      await writer.finish();
      this.#keywordsLeftOut += writer.keywordsLeftOut;
      const missing = this.#damaged.length + this.#gone - before;
      if (writer.letters + missing !== picture.count)
        throw new CommandTrouble(exportTrouble.count(mailbox.name, picture.count, writer.letters));
      return writer.letters;
    } finally {
      await writer.close();
    }
  }

  async #write(mailbox: MailboxInfo, picture: Picture, writer: LetterWriter): Promise<void> {
    const checkStopped = (): void => {
      if (this.#work.signal.aborted) throw new CommandTrouble(exportTrouble.stopped);
    };
    checkStopped();
    for await (const batch of readPicture(this.#office.store, picture)) {
      let octets = 0;
      for (const { letter, uid, receivedAt, flags, size } of batch) {
        octets += size;
        if (letter === 'damaged') this.#damaged.push(exportTrouble.damaged(mailbox.name, uid));
        else if (letter === 'gone') this.#gone++;
        else {
          await writer.add(letter, receivedAt, flags, uid);
          this.#octets += letter.length;
        }
      }
      this.#pace!.step(octets, batch.length, octets);
      checkStopped();
    }
  }
}

interface LetterWriter {
  readonly letters: number;
  readonly keywordsLeftOut: number;
  add(letter: Bytes, at: number, flags: readonly string[], uid: number): Promise<void>;
  /** All is on the disk. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

class MboxFile implements LetterWriter {
  letters = 0;
  readonly keywordsLeftOut = 0;
  readonly #file: FileHandle;
  #waiting: Bytes[] = [];
  #octets = 0;

  static async open(path: string): Promise<MboxFile> {
    return new MboxFile(await open(path, 'wx', 0o600));
  }

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async add(letter: Bytes, at: number, flags: readonly string[]): Promise<void> {
    const text = formatMboxLetter(letter, at, formatStatus(flags));
    this.letters++;
    this.#waiting.push(text);
    this.#octets += text.length;
    if (this.#octets >= octetsAtOnce) await this.#flush();
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#file.sync();
  }

  async #flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#octets = 0;
    if (waiting.length > 0) await this.#file.appendFile(Buffer.concat(waiting));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

class MaildirFolder implements LetterWriter {
  letters = 0;
  keywordsLeftOut = 0;
  readonly #path: string;
  readonly #keywords: string[] = [];
  #waiting: Promise<void>[] = [];

  static async open(path: string, name: string | null): Promise<MaildirFolder> {
    for (const part of ['cur', 'new', 'tmp']) await mkdir(join(path, part), { recursive: true, mode: 0o700 });
    // Courier's mark of a folder below another.
    if (name !== null) await writeFile(join(path, 'maildirfolder'), '', { mode: 0o600 });
    return new MaildirFolder(path);
  }

  constructor(path: string) {
    this.#path = path;
  }

  async add(letter: Bytes, at: number, flags: readonly string[], uid: number): Promise<void> {
    const plain = hasOnlyCrlf(letter);
    const octets = plain ? toLf(letter) : letter;
    const known = flags.filter((flag) => flag.startsWith('\\') || flag === '$Forwarded' || this.#letterOf(flag));
    this.keywordsLeftOut += flags.length - known.length;
    // The UID makes it unique, in the order of the mailbox; S is the size in the file, W on the wire.
    const base = `${Math.max(0, Math.floor(at / 1000))}.M${String(uid).padStart(10, '0')}.${plain ? usualHost : keptHost},S=${octets.length},W=${letter.length}`;
    const file = join(this.#path, 'cur', formatMaildirName(base, known, this.#keywords));
    this.letters++;
    this.#waiting.push(writeLetter(file, octets, at));
    if (this.#waiting.length >= 16) await this.#settle();
  }

  async finish(): Promise<void> {
    await this.#settle();
    if (this.#keywords.length > 0)
      await writeFile(join(this.#path, 'dovecot-keywords'), formatKeywordList(this.#keywords), { mode: 0o600 });
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#waiting);
  }

  async #settle(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    await Promise.all(waiting);
  }

  #letterOf(keyword: string): boolean {
    if (this.#keywords.includes(keyword)) return true;
    if (this.#keywords.length >= keywordLetters.length) return false;
    this.#keywords.push(keyword);
    return true;
  }
}

async function writeLetter(path: string, octets: Bytes, at: number): Promise<void> {
  await writeFile(path, octets, { mode: 0o600, flag: 'wx' });
  await utimes(path, at / 1000, at / 1000);
}

function maildirPath(name: string): string {
  if (name === 'INBOX') return 'Maildir';
  const folder = formatFolderName(name.split('/'));
  return `Maildir/${Buffer.byteLength(folder) <= 250 ? folder : `${folder.slice(0, 200)}…`}`;
}
