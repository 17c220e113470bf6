// What a mail app that synchronises by QRESYNC holds of a mailbox, and the laws that the server owes it (RFC 7162 §3.2, reliability D-10
// and D-11). Knows IMAP answers; knows no ledger.
import type { ImapCaller, ImapResponse } from './dialogue.ts';

export interface Letter {
  readonly flags: readonly string[];
  readonly modseq: bigint;
}

/** A mailbox as a client knows it at one MODSEQ. */
export interface Picture {
  readonly mailbox: string;
  readonly validity: string;
  readonly uidNext: number;
  readonly modseq: bigint;
  readonly letters: ReadonlyMap<number, Letter>;
}

/** All of it, as for the first time. */
export async function wholePicture(imap: ImapCaller, mailbox: string): Promise<Picture> {
  const opened = await imap.well(`SELECT "${mailbox}" (CONDSTORE)`);
  const head = headOf(opened.untagged, mailbox);
  const fetched = await imap.well('UID FETCH 1:* (FLAGS MODSEQ)');
  const letters = new Map<number, Letter>();
  for (const { text } of fetched.untagged) takeFetch(letters, text);
  const later = highest(fetched.untagged);
  if (later !== null && later > head.modseq) throw new Error(`${mailbox} changed while its picture was taken`);
  return { mailbox, ...head, letters };
}

/** The picture that follows from an earlier one, by SELECT with QRESYNC. `ENABLE QRESYNC` must have been said. Adds laws that do not hold. */
export async function nextPicture(imap: ImapCaller, before: Picture, broken: string[]): Promise<Picture> {
  const { mailbox } = before;
  const opened = await imap.well(`SELECT "${mailbox}" (QRESYNC (${before.validity} ${before.modseq}))`);
  const head = headOf(opened.untagged, mailbox);
  const law = (holds: boolean, sentence: string): void => {
    if (!holds) broken.push(`${mailbox}: ${sentence}`);
  };
  law(head.validity === before.validity, `UIDVALIDITY was ${before.validity} and is ${head.validity}`);
  law(head.uidNext >= before.uidNext, `UIDNEXT was ${before.uidNext} and is ${head.uidNext}`);
  law(head.modseq >= before.modseq, `HIGHESTMODSEQ was ${before.modseq} and is ${head.modseq}`);
  const letters = new Map(before.letters);
  for (const { text } of opened.untagged) {
    const vanished = /^VANISHED \(EARLIER\) (\S+)/.exec(text);
    if (vanished) for (const uid of numbersOf(vanished[1]!)) letters.delete(uid);
    const changed = takeFetch(letters, text);
    if (changed === null) continue;
    law(
      changed.modseq > before.modseq && changed.modseq <= head.modseq,
      `UID ${changed.uid} changed at ${changed.modseq}, from ${before.modseq} to ${head.modseq}`,
    );
    law(
      before.letters.has(changed.uid) || changed.uid >= before.uidNext,
      `UID ${changed.uid} is new, but UIDNEXT had been ${before.uidNext}`,
    );
    law(changed.uid < head.uidNext, `UID ${changed.uid} is there, but UIDNEXT is ${head.uidNext}`);
  }
  return { mailbox, ...head, letters };
}

function words(flags: readonly string[]): string {
  return flags.toSorted().join(' ');
}

/** In what two pictures differ. */
export function differences(kept: Picture, actual: Picture): string[] {
  const found: string[] = [];
  for (const [uid, { flags, modseq }] of actual.letters) {
    const had = kept.letters.get(uid);
    if (had === undefined) found.push(`UID ${uid} was not told`);
    else if (words(had.flags) !== words(flags) || had.modseq !== modseq)
      found.push(`UID ${uid} has ${words(flags)} at ${modseq}, but ${words(had.flags)} at ${had.modseq} was told`);
  }
  for (const uid of kept.letters.keys()) if (!actual.letters.has(uid)) found.push(`UID ${uid} has vanished, which was not told`);
  return found.map((what) => `${actual.mailbox} from MODSEQ ${kept.modseq}: ${what}`);
}

function headOf(responses: readonly ImapResponse[], mailbox: string): { validity: string; uidNext: number; modseq: bigint } {
  const all = responses.map(({ text }) => text).join('\n');
  const validity = /^OK \[UIDVALIDITY (\d+)\]/m.exec(all)?.[1];
  const uidNext = /^OK \[UIDNEXT (\d+)\]/m.exec(all)?.[1];
  const modseq = /^OK \[HIGHESTMODSEQ (\d+)\]/m.exec(all)?.[1];
  if (validity === undefined || uidNext === undefined || modseq === undefined) throw new Error(`SELECT ${mailbox} told too little: ${all}`);
  return { validity, uidNext: Number(uidNext), modseq: BigInt(modseq) };
}

function highest(responses: readonly ImapResponse[]): bigint | null {
  let most: bigint | null = null;
  for (const { text } of responses) {
    const found = /MODSEQ \((\d+)\)/.exec(text);
    if (found && (most === null || BigInt(found[1]!) > most)) most = BigInt(found[1]!);
  }
  return most;
}

function takeFetch(letters: Map<number, Letter>, text: string): { uid: number; modseq: bigint } | null {
  if (!/^\d+ FETCH /.test(text)) return null;
  const uid = Number(/\bUID (\d+)/.exec(text)?.[1]);
  const modseq = BigInt(/\bMODSEQ \((\d+)\)/.exec(text)?.[1] ?? 0);
  const flags = (/FLAGS \(([^)]*)\)/.exec(text)?.[1] ?? '').split(' ').filter((flag) => flag !== '' && flag !== '\\Recent');
  letters.set(uid, { flags, modseq });
  return { uid, modseq };
}

/** `1:3,7` as numbers. */
export function numbersOf(set: string): number[] {
  return set.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split(':').map(Number);
    return Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => Math.min(from, to) + index);
  });
}
