// What became of an account's letters, threads and mailboxes since a MODSEQ: the shelf knows what is there, the caller what is gone.
// Knows RFC 8620 §5.2; knows no engine.
import type { ModSeq } from './contract.ts';
import type { PackedShelf } from './packed-shelf.ts';
import type { GoneLetter, GoneMailbox } from './shelf-change.ts';
import type { ObjectChanges, ShelfChanges } from './shelf-contract.ts';

interface Found {
  readonly id: number;
  readonly modSeq: ModSeq;
}

/** `letters`, `mailboxes`: all that went after `since`; what went after the shelf's own MODSEQ is left out here. */
export function changesOf(
  shelf: PackedShelf,
  since: ModSeq,
  letters: readonly GoneLetter[],
  mailboxes: readonly GoneMailbox[],
): ShelfChanges {
  const { modSeq } = shelf;
  if (since >= modSeq) return { modSeq, emails: nothing, threads: nothing, mailboxes: { ...nothing, countsOnly: new Set() } };
  const gone = letters.filter((letter) => letter.modSeq > since && letter.modSeq <= modSeq);
  return {
    modSeq,
    emails: emailsOf(shelf, since, gone),
    threads: threadsOf(shelf, since, gone),
    mailboxes: mailboxesOf(shelf, since, mailboxes),
  };
}

const nothing: ObjectChanges = { created: [], updated: [], destroyed: [] };

function emailsOf(shelf: PackedShelf, since: ModSeq, gone: readonly GoneLetter[]): ObjectChanges {
  // Letters that were in sight at `since` and went: some have come back.
  const wasThere = new Map<number, ModSeq>();
  for (const { message, modSeq, createdModSeq } of gone) if (createdModSeq <= since) wasThere.set(message, modSeq);
  const created: Found[] = [];
  const updated: Found[] = [];
  const { count, messages, modSeqs, createdModSeqs } = shelf;
  for (let at = 0; at < count; at++) {
    const modSeq = modSeqs[at]!;
    if (modSeq <= since) continue;
    const id = messages[at]!;
    (createdModSeqs[at]! > since && !wasThere.has(id) ? created : updated).push({ id, modSeq });
  }
  const destroyed: Found[] = [];
  for (const [id, modSeq] of wasThere) if (shelf.indexOf(id) < 0) destroyed.push({ id, modSeq });
  return inOrder(created, updated, destroyed);
}

function threadsOf(shelf: PackedShelf, since: ModSeq, gone: readonly GoneLetter[]): ObjectChanges {
  const changed = new Map<number, ModSeq>();
  const wasThere = new Set<number>();
  const { count, threads, createdModSeqs } = shelf;
  for (let at = 0; at < count; at++) {
    const modSeq = createdModSeqs[at]!;
    if (modSeq > since) note(changed, threads[at]!, modSeq);
  }
  for (const { thread, modSeq, createdModSeq } of gone) {
    note(changed, thread, modSeq);
    if (createdModSeq <= since) wasThere.add(thread);
  }
  const created: Found[] = [];
  const updated: Found[] = [];
  const destroyed: Found[] = [];
  for (const [id, modSeq] of changed) {
    const members = shelf.membersOf(id);
    if (members.length === 0) {
      if (wasThere.has(id)) destroyed.push({ id, modSeq });
    } else if (wasThere.has(id) || members.some((at) => createdModSeqs[at]! <= since)) updated.push({ id, modSeq });
    else created.push({ id, modSeq });
  }
  return inOrder(created, updated, destroyed);
}

function note(changed: Map<number, ModSeq>, id: number, modSeq: ModSeq): void {
  if ((changed.get(id) ?? 0) < modSeq) changed.set(id, modSeq);
}

function mailboxesOf(shelf: PackedShelf, since: ModSeq, gone: readonly GoneMailbox[]): ShelfChanges['mailboxes'] {
  const created: Found[] = [];
  const updated: Found[] = [];
  const countsOnly = new Set<number>();
  for (const [id, { createdModSeq, changedModSeq, countsModSeq }] of shelf.mailboxes) {
    const modSeq = Math.max(createdModSeq, changedModSeq, countsModSeq);
    if (modSeq <= since) continue;
    if (createdModSeq > since) {
      created.push({ id, modSeq: createdModSeq });
      continue;
    }
    updated.push({ id, modSeq });
    if (changedModSeq <= since) countsOnly.add(id);
  }
  const destroyed = gone
    .filter(({ modSeq, createdModSeq }) => modSeq > since && modSeq <= shelf.modSeq && createdModSeq <= since)
    .map(({ mailbox, modSeq }) => ({ id: mailbox, modSeq }));
  return { ...inOrder(created, updated, destroyed), countsOnly };
}

function inOrder(created: Found[], updated: Found[], destroyed: Found[]): ObjectChanges {
  const ids = (found: Found[]): number[] => found.sort((a, b) => a.modSeq - b.modSeq || a.id - b.id).map(({ id }) => id);
  return { created: ids(created), updated: ids(updated), destroyed: ids(destroyed) };
}
