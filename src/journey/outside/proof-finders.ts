// Looks for one letter by its Message-ID at a provider, by IMAP or by POP3, and takes it away again. Knows the two ways of looking;
// knows neither who sent it nor how long one waits.
import { CauseTrouble } from './causes.ts';
import type { OpenedServer } from './check.ts';
import { ImapDialogue, quoted, type ImapAnswer } from './dialogue-imap.ts';
import { Pop3Dialogue } from './dialogue-pop3.ts';
import { parseMessageId } from '../../message/header/message-id.ts';
import { decodeUtf7 } from '../../protocol/imap/grammar/mailbox-name.ts';

export interface FoundLetter {
  readonly place: 'inbox' | 'junk';
  /** Takes away exactly this letter; false when that cannot be done without touching others. */
  remove(): Promise<boolean>;
}

export interface LetterFinder {
  /** One look. @throws CauseTrouble. */
  look(): Promise<FoundLetter | null>;
  end(): void;
}

/** Signs in anew where a protocol sees new letters only so. */
export type OpenSignedIn = () => Promise<OpenedServer>;

/** Newest letters whose header is read when the server's own search finds nothing. */
const newestMax = 20;

export async function openImapFinder(open: OpenSignedIn, id: string): Promise<LetterFinder> {
  let dialogue = asImap(await open());
  const folders = await junkFolders(dialogue);
  return {
    async look() {
      try {
        for (const [place, name] of [['inbox', 'INBOX'], ...folders.map((folder) => ['junk', folder] as const)] as const) {
          const uid = await findIn(dialogue, name, id);
          if (uid !== null) return { place, remove: () => removeFrom(dialogue, name, uid) };
        }
        return null;
      } catch (trouble) {
        // A connection that broke is opened once more for the next look.
        if (!(trouble instanceof CauseTrouble) || trouble.why !== 'connection-lost') throw trouble;
        dialogue = asImap(await open());
        return null;
      }
    },
    end: () => dialogue.end(),
  };
}

function asImap({ dialogue }: OpenedServer): ImapDialogue {
  if (!(dialogue instanceof ImapDialogue)) throw new CauseTrouble('wrong-kind-of-server', 'no IMAP');
  return dialogue;
}

/** RFC 6154 `\Junk` first, then by the names that providers give. As they stand on the wire. */
async function junkFolders(dialogue: ImapDialogue): Promise<string[]> {
  const answer = await dialogue.ask('LIST "" "*"', 'use');
  const folders = answer.untagged.flatMap((line) => {
    const match = /^LIST \(([^)]*)\) (?:"(.)"|"\\\\"|NIL) (?:"((?:[^"\\]|\\.)*)"|([^\s"]+))$/i.exec(line.slice(0, 2000));
    if (match === null || /\\NoSelect/i.test(match[1]!)) return [];
    const wire = match[4] ?? match[3]!.replaceAll(/\\(.)/g, '$1');
    const last = decodeUtf7(wire)
      .split(match[2] ?? '/')
      .at(-1)!;
    const flagged = /\\Junk\b/i.test(match[1]!);
    return flagged || /^(?:junk|spam|bulk)|迷惑|垃圾|スパム/i.test(last) ? [{ wire, flagged }] : [];
  });
  return folders
    .toSorted((a, b) => Number(b.flagged) - Number(a.flagged))
    .slice(0, 3)
    .map(({ wire }) => wire);
}

async function findIn(dialogue: ImapDialogue, folder: string, id: string): Promise<string | null> {
  const opened = await dialogue.ask(`EXAMINE ${quoted(folder)}`, 'use');
  if (!opened.ok) return null;
  const count = Number(opened.untagged.map((line) => /^(\d{1,10}) EXISTS/i.exec(line)?.[1]).find((found) => found !== undefined) ?? 0);
  if (count === 0) return null;
  const searched = await dialogue.ask(`UID SEARCH HEADER Message-ID ${quoted(id)}`, 'use');
  const uids = searched.untagged.flatMap((line) => /^SEARCH((?: \d+)+)/i.exec(line)?.[1]?.trim().split(' ') ?? []).slice(-5);
  const fields = 'BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]';
  if (uids.length > 0) return uidOf(await dialogue.ask(`UID FETCH ${uids.join(',')} (UID ${fields})`, 'use'), id);
  // Providers index new letters late, or do not search this field at all: the newest are looked at one by one.
  return uidOf(await dialogue.ask(`FETCH ${Math.max(1, count - newestMax + 1)}:${count} (UID ${fields})`, 'use'), id);
}

/** The UID of the letter whose field says exactly this id. */
function uidOf({ untagged }: ImapAnswer, id: string): string | null {
  for (const line of untagged) {
    const uid = /\bUID (\d{1,10})\b/i.exec(line)?.[1];
    const field = /Message-ID:\s*([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)/i.exec(line)?.[1];
    if (uid !== undefined && field !== undefined && parseMessageId(field) === id) return uid;
  }
  return null;
}

/** Only with UIDPLUS (RFC 4315 §2.1): a plain EXPUNGE would take letters with it that are not ours. */
async function removeFrom(dialogue: ImapDialogue, folder: string, uid: string): Promise<boolean> {
  await dialogue.learn();
  if (!dialogue.capabilities.includes('UIDPLUS') && !dialogue.capabilities.includes('IMAP4REV2')) return false;
  if (!(await dialogue.ask(`SELECT ${quoted(folder)}`, 'use')).ok) return false;
  if (!(await dialogue.ask(`UID STORE ${uid} +FLAGS.SILENT (\\Deleted)`, 'use')).ok) return false;
  return (await dialogue.ask(`UID EXPUNGE ${uid}`, 'use')).ok;
}

/** Uids that were there before the letter was sent need not be looked at. */
export async function openPop3Finder(open: OpenSignedIn, id: string): Promise<LetterFinder> {
  const known = new Set((await withMaildrop(open, uids)).keys());
  return {
    async look() {
      return withMaildrop(open, async (dialogue) => {
        const fresh = [...(await uids(dialogue))].filter(([uid]) => !known.has(uid)).slice(-newestMax);
        for (const [uid, number] of fresh) {
          if (await carries(dialogue, number, id)) return { place: 'inbox', remove: () => removeFromMaildrop(open, uid, id) };
          known.add(uid);
        }
        return null;
      });
    },
    end() {},
  };
}

/** One visit: a maildrop shows only what lay in it at the beginning (RFC 1939 §3). */
async function withMaildrop<T>(open: OpenSignedIn, work: (dialogue: Pop3Dialogue) => Promise<T>): Promise<T> {
  const { dialogue } = await open();
  if (!(dialogue instanceof Pop3Dialogue)) throw new CauseTrouble('wrong-kind-of-server', 'no POP3');
  try {
    const found = await work(dialogue);
    await dialogue.quit();
    return found;
  } catch (trouble) {
    dialogue.end();
    throw trouble;
  }
}

/** Uid → message number. */
async function uids(dialogue: Pop3Dialogue): Promise<Map<string, number>> {
  const rows = await dialogue.list('UIDL');
  return new Map(
    rows.flatMap((row) => {
      const match = /^(\d{1,10}) +(\S{1,200})/.exec(row);
      return match === null ? [] : [[match[2]!, Number(match[1])] as const];
    }),
  );
}

async function carries(dialogue: Pop3Dialogue, number: number, id: string): Promise<boolean> {
  const header = (await dialogue.list(`TOP ${number} 0`)).join('\n');
  const field = /^Message-ID:\s*([^\n]*(?:\n[ \t][^\n]*)*)/im.exec(header)?.[1];
  return field !== undefined && parseMessageId(field) === id;
}

async function removeFromMaildrop(open: OpenSignedIn, uid: string, id: string): Promise<boolean> {
  const { dialogue } = await open();
  if (!(dialogue instanceof Pop3Dialogue)) return false;
  const number = (await uids(dialogue)).get(uid);
  if (number === undefined || !(await carries(dialogue, number, id))) {
    dialogue.end();
    return false;
  }
  await dialogue.ask(`DELE ${number}`);
  return dialogue.quit();
}
