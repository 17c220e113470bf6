// What an IMAP client does to letters: flags, copies, moves, removals, new ones (RFC 9051 §6.4, §6.3.12). Knows what stands in for a missing extension;
// knows no mailbox beyond its name.
import type { Bytes } from '../../base/bytes.ts';
import type { ImapDialogue } from './client-dialogue.ts';
import { deletedUids, uidSets } from './client-letters.ts';
import { formatDateTime } from './grammar/date-time.ts';

/** What the letters have afterwards, as far as the server tells. */
export async function storeFlags(
  dialogue: ImapDialogue,
  uids: ArrayLike<number>,
  how: '+' | '-',
  flags: readonly string[],
): Promise<Map<number, readonly string[]>> {
  const told = new Map<number, readonly string[]>();
  for (const set of uidSets(uids))
    await dialogue.ask(`UID STORE ${set} ${how}FLAGS (${flags.join(' ')})`, {
      name: 'UID STORE',
      untagged: (one) => {
        if (one.kind === 'fetch' && one.items.uid !== undefined && one.items.flags) told.set(one.items.uid, one.items.flags);
      },
    });
  return told;
}

/** New UIDs by old ones (RFC 4315 COPYUID); null when the server does not tell. */
export async function copyLetters(
  dialogue: ImapDialogue,
  uids: ArrayLike<number>,
  name: string,
  move: boolean,
): Promise<ReadonlyMap<number, number> | null> {
  const pairs = new Map<number, number>();
  let isTold = true;
  for (const set of uidSets(uids)) {
    let code = '';
    const done = await dialogue.ask(`UID ${move ? 'MOVE' : 'COPY'} ${set} ${dialogue.name(name)}`, {
      name: `UID ${move ? 'MOVE' : 'COPY'}`,
      untagged: (one) => {
        if (one.kind === 'condition' && /^COPYUID /i.test(one.code)) code = one.code;
      },
    });
    const parts = (code === '' ? done.code : code).split(' ');
    const [from, to] = parts[0]?.toUpperCase() === 'COPYUID' ? [expand(parts[2] ?? ''), expand(parts[3] ?? '')] : [[], []];
    if (from.length === 0 || from.length !== to.length) isTold = false;
    else for (const [at, uid] of from.entries()) pairs.set(uid, to[at]!);
  }
  return isTold ? pairs : null;
}

/** Removes exactly these. Where UIDPLUS is missing the \Deleted of others is taken off meanwhile (RFC 4315 §2.1 tells why). */
export async function expungeLetters(dialogue: ImapDialogue, uids: ArrayLike<number>): Promise<void> {
  await storeFlags(dialogue, uids, '+', ['\\Deleted']);
  if (dialogue.has('UIDPLUS') || dialogue.has('IMAP4REV2')) {
    for (const set of uidSets(uids)) await dialogue.ask(`UID EXPUNGE ${set}`, { name: 'UID EXPUNGE' });
    return;
  }
  const ours = new Set(Array.from(uids));
  const others = (await deletedUids(dialogue)).filter((uid) => !ours.has(uid));
  if (others.length > 0) await storeFlags(dialogue, others, '-', ['\\Deleted']);
  await dialogue.ask('EXPUNGE');
  if (others.length > 0) await storeFlags(dialogue, others, '+', ['\\Deleted']);
}

/** The new letter's UID (APPENDUID), or null. `pieces` gives the octets in order. */
export async function appendLetter(
  dialogue: ImapDialogue,
  name: string,
  letter: { readonly flags: readonly string[]; readonly receivedAt: number; readonly length: number },
  pieces: AsyncIterable<Bytes>,
): Promise<number | null> {
  const done = await dialogue.ask(
    `APPEND ${dialogue.name(name)} (${letter.flags.join(' ')}) ${formatDateTime(letter.receivedAt)} {${letter.length}}`,
    {
      name: 'APPEND',
      continued: async () => {
        for await (const piece of pieces) {
          dialogue.connection.write(piece);
          await dialogue.connection.drained(dialogue.patience.command);
        }
        dialogue.connection.write('\r\n');
      },
    },
  );
  const match = /^APPENDUID \d+ (\d{1,10})$/i.exec(done.code);
  return match ? Number(match[1]) : null;
}

/** Numbers of a set in the order in which they stand (RFC 4315 §3). Empty for what is no set, and for more than anybody asked. */
function expand(set: string): number[] {
  const numbers: number[] = [];
  for (const part of set.split(',')) {
    const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(part);
    if (!match) return [];
    const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
    const step = from <= to ? 1 : -1;
    if (Math.abs(to - from) > 100_000) return [];
    for (let at = from; at !== to + step; at += step) numbers.push(at);
  }
  return numbers;
}
