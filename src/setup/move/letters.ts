// The letters of one source, one after the other, in spools of the store: an mbox of any size piece by piece, files a few ahead.
// Knows files and what stands for a letter's date and flags; knows no mailbox and no account.
import { open, readFile, stat } from 'node:fs/promises';
import { latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { Refusal, SyntaxTrouble } from '../../base/trouble.ts';
import { parseDate } from '../../message/header/date.ts';
import { toCrlf } from '../../message/line-ends.ts';
import { parseStatus } from '../../message/mbox-status.ts';
import { MboxReader, type MboxQuoting } from '../../message/mbox.ts';
import type { Spool } from '../../store/contract.ts';
import { refusedLetter } from './sentences.ts';
import type { LetterFile, Source } from './sources.ts';

/** How far a source has been read: an offset in an mbox, the key of the last file elsewhere. */
export type Position = number | string;

export interface FoundLetter {
  /** What no other letter of the source has. */
  readonly key: string;
  /** Where reading goes on behind it. */
  readonly next: Position;
  readonly flags: readonly string[];
  /** Null: unknown. */
  readonly receivedAt: number | null;
  /** Null when it is refused. */
  readonly spool: Spool | null;
  readonly refused: string | null;
  /** How much of the source it took up, in the units of `weightOf`. */
  readonly weight: number;
}

export interface LetterRoom {
  spool(limit: number): Spool;
  readonly limit: number;
  readonly quoting: MboxQuoting;
}

/** An mbox is not what it was when its import began. */
export class SourceChanged extends Error {
  override readonly name = 'SourceChanged';
}

/** For the progress: octets; a file counts as some. */
const fileWeight = 8192;
export function weightOf(source: Source, from: Position | null): number {
  if (source.kind === 'mbox') return Math.max(0, source.octets - Number(from ?? 0));
  return filesAfter(source.files, from).length * fileWeight;
}

export function lettersOf(source: Source, from: Position | null, room: LetterRoom): AsyncGenerator<FoundLetter, void> {
  return source.kind === 'mbox'
    ? mboxLetters(source.path, Number(from ?? 0), room)
    : fileLetters(source.kind, filesAfter(source.files, from), room);
}

function filesAfter(files: readonly LetterFile[], from: Position | null): readonly LetterFile[] {
  return from === null ? files : files.filter((file) => file.key > String(from));
}

const piece = 256 * 1024;

async function* mboxLetters(path: string, from: number, room: LetterRoom): AsyncGenerator<FoundLetter, void> {
  const file = await open(path, 'r');
  let open_: OpenLetter | null = null;
  try {
    const { size } = await file.stat();
    if (from > size) throw new SourceChanged(path);
    const reader = new MboxReader(room.quoting, from);
    const chunk = Buffer.allocUnsafeSlow(piece);
    let begin = from;
    let receivedAt: number | null = null;
    for (let at = from, ended = false; !ended;) {
      const { bytesRead } = await file.read(chunk, 0, piece, at);
      at += bytesRead;
      ended = bytesRead === 0;
      for (const part of ended ? reader.end() : reader.read(chunk.subarray(0, bytesRead))) {
        if (part.kind === 'begin') {
          begin = part.offset;
          receivedAt = part.separator.at;
          open_ = new OpenLetter(room);
        } else if (part.kind === 'data') {
          const adding = open_!.add(part.bytes);
          if (adding !== undefined) await adding;
        } else {
          const { flags, expunged, bookkeeping } = parseStatus(part.status);
          const letter = open_!;
          open_ = null;
          if (expunged) letter.refuse(refusedLetter.expunged);
          if (bookkeeping) letter.refuse(refusedLetter.bookkeeping);
          yield {
            key: String(begin),
            next: part.offset,
            flags,
            receivedAt: part.mark?.at ?? receivedAt,
            ...letter.close(),
            weight: part.offset - begin,
          };
        }
      }
    }
  } catch (trouble) {
    if (trouble instanceof SyntaxTrouble) throw new SourceChanged(path);
    throw trouble;
  } finally {
    open_?.refuse('');
    await file.close();
  }
}

/** A letter on its way into a spool, until it proves too large. */
class OpenLetter {
  #spool: Spool | null;
  #refused: string | null = null;
  readonly #limit: number;

  constructor(room: LetterRoom) {
    this.#spool = room.spool(room.limit);
    this.#limit = room.limit;
  }

  add(bytes: Bytes): void | Promise<void> {
    try {
      return this.#spool?.add(bytes);
    } catch (trouble) {
      if (!(trouble instanceof Refusal && trouble.code === 'too-big')) throw trouble;
      this.refuse(refusedLetter.tooLarge(this.#limit));
    }
  }

  refuse(reason: string): void {
    this.#spool?.discard();
    this.#spool = null;
    this.#refused ??= reason;
  }

  close(): { readonly spool: Spool | null; readonly refused: string | null } {
    if (this.#spool?.length === 0) this.refuse(refusedLetter.empty);
    return { spool: this.#spool, refused: this.#refused };
  }
}

/** Small files are read so many at a time: the disk and the store work side by side. */
const readAhead = 16;
const aheadMax = 1 << 20;

interface ReadFile {
  readonly octets: Bytes | null;
  readonly changedAt: number;
  readonly refused: string | null;
}

async function* fileLetters(kind: 'maildir' | 'eml', files: readonly LetterFile[], room: LetterRoom): AsyncGenerator<FoundLetter, void> {
  for (let at = 0; at < files.length; at += readAhead) {
    const some = files.slice(at, at + readAhead);
    const read = await Promise.all(some.map((file) => readLetter(file, room.limit, aheadMax)));
    for (const [index, file] of some.entries()) {
      // A large one is read when its turn comes.
      const { octets, changedAt, refused } = read[index] ?? (await readLetter(file, room.limit, Number.POSITIVE_INFINITY))!;
      const letter = new OpenLetter(room);
      try {
        if (octets === null) letter.refuse(refused!);
        else await letter.add(file.kept ? octets : toCrlf(octets));
      } catch (trouble) {
        letter.refuse('');
        throw trouble;
      }
      const receivedAt = kind === 'eml' && octets !== null ? (dateOf(octets) ?? changedAt) : changedAt;
      yield { key: file.key, next: file.key, flags: file.flags, receivedAt, ...letter.close(), weight: fileWeight };
    }
  }
}

/** Null when it has more octets than `most`. */
async function readLetter(file: LetterFile, limit: number, most: number): Promise<ReadFile | null> {
  try {
    const { size, mtimeMs } = await stat(file.path);
    const changedAt = Math.round(mtimeMs);
    if (size > limit) return { octets: null, changedAt, refused: refusedLetter.tooLarge(limit) };
    if (size > most) return null;
    return { octets: await readFile(file.path), changedAt, refused: null };
  } catch (trouble) {
    return { octets: null, changedAt: 0, refused: refusedLetter.unreadable((trouble as NodeJS.ErrnoException).code ?? 'unknown') };
  }
}

/** An .eml has often been saved long after it came: its own date is nearer. */
function dateOf(octets: Bytes): number | null {
  const head = latin1FromBytes(octets, 0, Math.min(octets.length, 64 * 1024));
  const end = /\r?\n\r?\n/.exec(head)?.index ?? head.length;
  const found = /^date:((?:.*\r?\n[ \t])*.*)$/im.exec(head.slice(0, end));
  return found === null ? null : parseDate(found[1]!.replaceAll(/\s+/g, ' ').trim());
}
