// What an IMAP client asks of the letters of the open mailbox: their UIDs, their items, their octets, what changed (RFC 9051 §6.4, RFC 7162). Knows how
// much fits in a command and how much a server may tell; changes nothing.
import type { LiteralSink } from './client-reader.ts';
import type { ImapDialogue } from './client-dialogue.ts';
import type { FetchedItems, ServerResponse } from './client-response.ts';
import { formatNumbers } from './grammar/sequence-set.ts';

/** Takes what was told of a letter, and is awaited before more is read. */
export type TookItems = (uid: number, items: FetchedItems) => void | Promise<void>;

/** Octets of a UID set in one command: servers take 8,000 at least. */
const setMax = 4000;

/** UIDs from `from` on, ascending. @throws ServerBabble when they are more than there can be. */
export async function uidsFrom(dialogue: ImapDialogue, from: number): Promise<Uint32Array> {
  const ranges = await search(dialogue, `UID ${from}:*`);
  const uids: number[] = [];
  for (let at = 0; at < ranges.length; at += 2) {
    const [low, high] = [ranges[at]!, ranges[at + 1]!];
    // One of a million letters more is nothing to look at; four thousand million are a lie that would fill the memory.
    if (high - low + 1 + uids.length > dialogue.exists + 100_000) throw dialogue.babble('the server tells of more letters than it has');
    for (let uid = Math.max(low, from, 1); uid <= high; uid++) uids.push(uid);
  }
  return distinct(uids);
}

/** UIDs of letters with \Deleted. */
export async function deletedUids(dialogue: ImapDialogue): Promise<Uint32Array> {
  const ranges = await search(dialogue, 'DELETED');
  const uids: number[] = [];
  for (let at = 0; at < ranges.length && uids.length < dialogue.exists; at += 2)
    for (let uid = ranges[at]!; uid <= ranges[at + 1]! && uids.length < dialogue.exists; uid++) uids.push(uid);
  return distinct(uids);
}

async function search(dialogue: ImapDialogue, key: string): Promise<readonly number[]> {
  let found: number[] = [];
  await dialogue.ask(`UID SEARCH ${dialogue.has('ESEARCH') || dialogue.has('IMAP4REV2') ? 'RETURN (ALL) ' : ''}${key}`, {
    untagged: (one) => {
      if (one.kind === 'search') found = found.length === 0 ? [...one.ranges] : [...found, ...one.ranges];
    },
  });
  return found;
}

/** Items of letters, in the order in which the server tells them. */
export async function fetchItems(dialogue: ImapDialogue, uids: ArrayLike<number>, items: string, took: TookItems): Promise<void> {
  for (const set of uidSets(uids)) await fetchLine(dialogue, `UID FETCH ${set} (${items})`, took);
}

/** Items of all letters from one UID to another. */
export async function fetchRange(
  dialogue: ImapDialogue,
  from: number,
  to: number | '*',
  items: string,
  took: (uid: number, items: FetchedItems) => void,
): Promise<void> {
  await fetchLine(dialogue, `UID FETCH ${from}:${to} (${items})`, took);
}

/** RFC 7162 §3.1.4, §3.2.6: flags changed since; `vanished` (pairs) is null without QRESYNC. */
export async function changesSince(
  dialogue: ImapDialogue,
  modSeq: number,
  took: (uid: number, items: FetchedItems) => void,
): Promise<{ readonly vanished: readonly number[] | null }> {
  const vanished: number[] = [];
  await fetchLine(dialogue, `UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${modSeq}${dialogue.resyncs ? ' VANISHED' : ''})`, took, (one) => {
    if (one.kind === 'vanished') for (const number of one.ranges) vanished.push(number);
  });
  return { vanished: dialogue.resyncs ? vanished : null };
}

/**
 * Whole letters, without \Seen being set. A large one goes to a sink that `sinkFor` gives; `took` is awaited before more is read.
 */
export async function fetchLetters(
  dialogue: ImapDialogue,
  uids: ArrayLike<number>,
  items: string,
  sinkFor: (length: number) => LiteralSink | null,
  took: TookItems,
): Promise<void> {
  for (const set of uidSets(uids)) await fetchLine(dialogue, `UID FETCH ${set} (${items} BODY.PEEK[])`, took, undefined, sinkFor);
}

async function fetchLine(
  dialogue: ImapDialogue,
  line: string,
  took: TookItems,
  beside?: (one: ServerResponse) => void,
  sinkFor?: (length: number) => LiteralSink | null,
): Promise<void> {
  await dialogue.ask(line, {
    name: 'UID FETCH',
    untagged: (one) => {
      beside?.(one);
      if (one.kind === 'fetch' && one.items.uid !== undefined && one.items.uid > 0) return took(one.items.uid, one.items);
    },
    ...(sinkFor ? { sink: (_line: string, length: number) => sinkFor(length) } : {}),
  });
}

/** Ascending, each once. */
function distinct(uids: readonly number[]): Uint32Array {
  const sorted = Uint32Array.from(uids).sort();
  let to = 0;
  for (let at = 0; at < sorted.length; at++) if (at === 0 || sorted[at] !== sorted[at - 1]) sorted[to++] = sorted[at]!;
  return sorted.subarray(0, to);
}

/** The texts of UID sets that fit in a command. */
export function* uidSets(uids: ArrayLike<number>): Generator<string> {
  const atOnce = 1000;
  for (let at = 0; at < uids.length; at += atOnce) {
    const piece = Array.prototype.slice.call(uids, at, at + atOnce) as number[];
    let text = formatNumbers(piece);
    while (text.length > setMax) {
      const cut = text.lastIndexOf(',', setMax);
      yield text.slice(0, cut);
      text = text.slice(cut + 1);
    }
    if (text !== '') yield text;
  }
}
