// Flags of letters change. Knows flag sets and the MODSEQ rule of UNCHANGEDSINCE; knows no other change.
import type { MessageId, Uid } from '../../../store/contract.ts';
import { changeFlags, partFlags } from '../../../store/flag-sets.ts';
import { DELETED, SEEN, type FlagSet } from '../../../store/mailbox-state.ts';
import type { Job, JobResults } from '../jobs.ts';
import type { Books } from './books.ts';
import { hidePlace, showPlace } from './letters.ts';
import { checkKeywords } from './placing.ts';
import type { Row } from './statements.ts';
import type { Turn } from './turn.ts';

/** From this many letters on, the rows between the first and the last are read in one query. */
const manyLetters = 64;

/** RFC 9051 §6.4.6 STORE, RFC 7162 §3.1.3. */
export function setFlags(books: Books, turn: Turn, job: Extract<Job, { kind: 'setFlags' }>): JobResults['setFlags'] {
  const account = books.ledger.getAccount(job.account);
  const box = books.ledger.getMailbox(job.account, job.mailbox);
  const { how, unchangedSince } = job.change;
  const { system, keywords } = partFlags(job.change.flags);
  if (how !== 'remove') checkKeywords(books, box, keywords);
  const changed: Uid[] = [];
  const modified: Uid[] = [];
  const groups = new Map<FlagSet, { readonly uids: Uid[]; readonly messages: MessageId[] }>();
  const after = new Map<FlagSet, FlagSet>();
  const hidden: MessageId[] = [];
  const shown: MessageId[] = [];
  for (const [uid, oldSystem, oldKeywords, modSeq, message] of readFlags(books, job)) {
    if (unchangedSince !== undefined && Number(modSeq) > unchangedSince) {
      modified.push(Number(uid));
      continue;
    }
    const before = box.flags.intern(Number(oldSystem), oldKeywords === '' ? [] : String(oldKeywords).split(' '));
    let set = after.get(before);
    if (set === undefined) {
      set = changeFlags({ internFlags: (bits, words) => box.flags.intern(bits, words) }, before, how, system, keywords);
      after.set(before, set);
    }
    if (set === before) continue;
    changed.push(Number(uid));
    const group = groups.get(set);
    if (group === undefined) groups.set(set, { uids: [Number(uid)], messages: [Number(message)] });
    else {
      group.uids.push(Number(uid));
      group.messages.push(Number(message));
    }
    if ((before.system & SEEN) !== (set.system & SEEN)) box.unseen += (set.system & SEEN) === 0 ? 1 : -1;
    if ((before.system & DELETED) === (set.system & DELETED)) continue;
    if ((set.system & DELETED) === 0) shown.push(Number(message));
    else hidden.push(Number(message));
  }
  if (changed.length === 0) return { modSeq: account.modSeq, changed, modified };
  const modSeq = turn.modSeq(account);
  const change = turn.mailbox(account, box);
  box.deleted += hidden.length - shown.length;
  for (const message of hidden) hidePlace(books, turn, account, message);
  for (const message of shown) showPlace(books, turn, account, message);
  for (const [set, { uids, messages }] of groups) {
    change.flags.push({ system: set.system, keywords: set.keywords, uids, messages });
    const words = set.keywords.join(' ');
    for (const [first, last] of runs(uids)) {
      books.sql.run(
        'update placement set flags = ?, keywords = ?, modseq = ? where account = ? and mailbox = ? and uid between ? and ?',
        set.system,
        words,
        modSeq,
        account.id,
        box.id,
        first,
        last,
      );
    }
  }
  return { modSeq, changed, modified };
}

/** Rows `[uid, flags, keywords, modseq, message]` of the letters asked for that are there, ascending. */
function readFlags(books: Books, job: Extract<Job, { kind: 'setFlags' }>): Row[] {
  const { account, mailbox } = job;
  const uids = Uint32Array.from(new Set(job.uids)).sort();
  const select = 'select uid, flags, keywords, modseq, message from placement where account = ? and mailbox = ?';
  if (uids.length < manyLetters) {
    const rows: Row[] = [];
    for (const uid of uids) {
      const row = books.sql.row(`${select} and uid = ?`, account, mailbox, uid);
      if (row !== null) rows.push(row);
    }
    return rows;
  }
  const rows = books.sql.rows(`${select} and uid between ? and ? order by uid`, account, mailbox, uids[0]!, uids.at(-1)!);
  let at = 0;
  return rows.filter((row) => {
    const uid = Number(row[0]);
    while (at < uids.length && uids[at]! < uid) at++;
    return uids[at] === uid;
  });
}

/** `[first, last]` of each run of consecutive UIDs. A UID between two others of a run that is not there does no harm. */
function runs(uids: readonly Uid[]): [Uid, Uid][] {
  const found: [Uid, Uid][] = [];
  for (const uid of uids) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === uid - 1) last[1] = uid;
    else found.push([uid, uid]);
  }
  return found;
}
