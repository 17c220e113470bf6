// Letters revised and added as wholes: flags, mailboxes and destruction of many in one transaction (store/shelf-contract.ts).
// Knows where letters lie, as it was told or as it finds out; knows no shelf.
import { Refusal } from '../../../base/trouble.ts';
import type { MailboxId, MessageId, Uid } from '../../../store/contract.ts';
import { partFlags } from '../../../store/flag-sets.ts';
import { DELETED, SEEN, type FlagSet } from '../../../store/mailbox-state.ts';
import { mergeFlags, planMailboxes, refusalOf, reviseFlags } from '../../../store/revising.ts';
import type { Revision, RevisionOutcome } from '../../../store/shelf-contract.ts';
import type { Job, JobResults } from '../jobs.ts';
import type { Books } from './books.ts';
import type { AccountRow, MailboxRow } from './ledger.ts';
import { changeItems } from './items.ts';
import { addLetter, addMessage, hidePlace, leavePlace, showPlace, takePlace } from './letters.ts';
import { addPlacement, checkKeywords, checkQuota, internSome, type Land } from './placing.ts';
import { removePlacement, rest } from './removing.ts';
import type { Turn } from './turn.ts';

interface Place {
  readonly box: MailboxRow;
  readonly uid: Uid;
  flags: FlagSet;
  readonly size: number;
  readonly receivedAt: number;
  /** It came in this very job. */
  readonly isNew: boolean;
}

export function addLetters(books: Books, turn: Turn, job: Extract<Job, { kind: 'addLetters' }>, land: Land): JobResults['addLetters'] {
  const account = books.ledger.getAccount(job.account);
  const coming = new Map<MailboxRow, string[]>();
  const parted = job.letters.map(({ flags }) => partFlags(flags));
  for (const [index, { mailboxes }] of job.letters.entries()) {
    if (mailboxes.length === 0) throw new Refusal('nonexistent', 'A letter must lie in a mailbox');
    for (const mailbox of mailboxes) {
      const box = books.ledger.getMailbox(job.account, mailbox);
      coming.set(box, [...(coming.get(box) ?? []), ...parted[index]!.keywords]);
    }
  }
  checkQuota(
    account,
    job.letters.reduce((sum, letter) => sum + letter.cargo.length, 0),
    job.quota,
  );
  for (const [box, keywords] of coming) checkKeywords(books, box, keywords);
  const messages = job.letters.map((item, index) => {
    const { system, keywords } = parted[index]!;
    const letter = addLetter(books, item.cargo, land(item.cargo), item.letter, 1, true);
    const hidden = (system & DELETED) === 0 ? 0 : item.mailboxes.length;
    const { message, thread } = addMessage(books, turn, account, letter, item.mailboxes.length, hidden);
    for (const mailbox of item.mailboxes) {
      const box = books.ledger.getMailbox(job.account, mailbox);
      const flags = box.flags.intern(system, keywords);
      addPlacement(books, turn, account, box, { message, size: letter.length, receivedAt: item.receivedAt, flags });
    }
    return { message, size: letter.length, thread };
  });
  const modSeq = messages.length === 0 ? account.modSeq : turn.modSeq(account);
  return { modSeq, messages };
}

export function reviseAll(books: Books, turn: Turn, job: Extract<Job, { kind: 'revise' }>): JobResults['revise'] {
  const account = books.ledger.getAccount(job.account);
  const modSeq = account.modSeq;
  // Before any letter: whoever decides about an item that somebody else was quicker to change moves nothing.
  const items = job.items === null ? [] : changeItems(books, turn, job.account, job.items).ids;
  const desk = new Desk(books, turn, account, job);
  const outcomes = job.revisions.map((revision) => desk.revise(revision));
  const refusal = job.items === null ? null : (outcomes.map(refusalOf).find((one) => one !== null) ?? null);
  if (refusal !== null) throw refusal;
  return { modSeq: items.length > 0 || outcomes.includes('done') ? turn.modSeq(account) : modSeq, outcomes, items };
}

/** The letters of one job, as the revisions before have left them. */
class Desk {
  readonly #books: Books;
  readonly #turn: Turn;
  readonly #account: AccountRow;
  readonly #places = new Map<MessageId, Place[]>();
  /** Flags told to those who have mailboxes open, gathered. */
  readonly #flagged = new Map<MailboxRow, Map<FlagSet, { readonly uids: Uid[]; readonly messages: MessageId[] }>>();

  constructor(books: Books, turn: Turn, account: AccountRow, job: Extract<Job, { kind: 'revise' }>) {
    this.#books = books;
    this.#turn = turn;
    this.#account = account;
    this.#find(job);
  }

  revise(revision: Revision): RevisionOutcome {
    const { message } = revision;
    const all = this.#places.get(message) ?? [];
    const places = all.filter(({ flags }) => (flags.system & DELETED) === 0);
    if (places.length === 0) return 'nonexistent';
    if (revision.destroy === true) return this.#destroy(message, all);
    const { mailboxes } = this.#account;
    const plan = planMailboxes(
      places.map(({ box }) => box.id),
      revision.mailboxes,
      (mailbox) => mailboxes.has(mailbox),
    );
    if (typeof plan === 'string') return plan;
    const staying = places.filter(({ box }) => !plan.remove.includes(box.id));
    const merged = mergeFlags(places.map(({ flags }) => flags));
    const { how = 'add', flags: wanted = [] } = revision.flags ?? {};
    const { keywords } = partFlags(wanted);
    const coming = how === 'replace' ? keywords : how === 'add' ? [...merged.keywords, ...keywords] : merged.keywords;
    if (how !== 'remove' && !staying.every(({ box }) => this.#fits(box, keywords))) return 'limit';
    const targets = plan.add.map((mailbox) => mailboxes.get(mailbox)!);
    if (!targets.every((box) => this.#fits(box, coming))) return 'limit';
    let outcome: RevisionOutcome = plan.add.length + plan.remove.length > 0 ? 'done' : 'same';
    for (const place of staying) {
      const { box } = place;
      const after = reviseFlags(setsOf(box), place.flags, revision.flags);
      if (after === place.flags) continue;
      this.#flag(message, place, after);
      outcome = 'done';
    }
    for (const box of targets)
      this.#lay(message, all, box, reviseFlags(setsOf(box), internSome(box, merged.system, merged.keywords), revision.flags));
    for (const place of places) if (!staying.includes(place)) this.#lift(message, all, place);
    return outcome;
  }

  #fits(box: MailboxRow, keywords: readonly string[]): boolean {
    try {
      checkKeywords(this.#books, box, keywords);
      return true;
    } catch (trouble) {
      if (trouble instanceof Refusal) return false;
      throw trouble;
    }
  }

  #destroy(message: MessageId, all: readonly Place[]): RevisionOutcome {
    for (const { box, uid, flags, size, receivedAt } of all) {
      const letter = { uid, message, system: flags.system, keywords: flags.keywords.join(' '), size, receivedAt };
      removePlacement(this.#books, this.#turn, this.#account, box, letter);
      rest(this.#books, this.#turn, this.#account, box, letter);
      this.#books.point('after-revision');
    }
    this.#places.set(message, []);
    return 'done';
  }

  #lay(message: MessageId, all: Place[], box: MailboxRow, flags: FlagSet): void {
    const { size, receivedAt } = all[0]!;
    takePlace(this.#books, this.#turn, this.#account, message, size, flags.system);
    const uid = addPlacement(this.#books, this.#turn, this.#account, box, { message, size, receivedAt, flags });
    all.push({ box, uid, flags, size, receivedAt, isNew: true });
    this.#books.point('after-revision');
  }

  #lift(message: MessageId, all: Place[], place: Place): void {
    const { box, uid, flags, size } = place;
    removePlacement(this.#books, this.#turn, this.#account, box, { uid, message, system: flags.system, size });
    leavePlace(this.#books, this.#turn, this.#account, message, size, flags.system);
    all.splice(all.indexOf(place), 1);
    this.#books.point('after-revision');
  }

  #flag(message: MessageId, place: Place, after: FlagSet): void {
    const { box, uid, flags: before } = place;
    const account = this.#account;
    const change = this.#turn.mailbox(account, box);
    this.#books.sql.run(
      'update placement set flags = ?, keywords = ?, modseq = ? where account = ? and mailbox = ? and uid = ?',
      after.system,
      after.keywords.join(' '),
      this.#turn.modSeq(account),
      account.id,
      box.id,
      uid,
    );
    if ((before.system & SEEN) !== (after.system & SEEN)) box.unseen += (after.system & SEEN) === 0 ? 1 : -1;
    if ((before.system & DELETED) !== (after.system & DELETED)) {
      const isHidden = (after.system & DELETED) !== 0;
      box.deleted += isHidden ? 1 : -1;
      (isHidden ? hidePlace : showPlace)(this.#books, this.#turn, account, message);
    }
    place.flags = after;
    if (place.isNew) {
      const at = change.added.findIndex(([added]) => added === uid);
      const [, , , , size, receivedAt, savedAt] = change.added[at]!;
      change.added[at] = [uid, message, after.system, after.keywords, size, receivedAt, savedAt];
      return;
    }
    let groups = this.#flagged.get(box);
    if (groups === undefined) this.#flagged.set(box, (groups = new Map()));
    let group = groups.get(after);
    // Twice in one job: the later word must come later.
    if (group === undefined || change.flags.at(-1)?.uids !== group.uids) {
      group = { uids: [], messages: [] };
      groups.set(after, group);
      change.flags.push({ system: after.system, keywords: after.keywords, ...group });
    }
    group.uids.push(uid);
    group.messages.push(message);
  }

  // --- where letters lie --------------------------------------------------------------------------------------------

  #find(job: Extract<Job, { kind: 'revise' }>): void {
    const missing: MessageId[] = [];
    for (const [index, { message }] of job.revisions.entries()) {
      if (this.#places.has(message)) continue;
      const row = this.#books.sql.row('select places from message where account = ? and id = ?', job.account, message);
      const places: Place[] = [];
      this.#places.set(message, places);
      if (row === null || row[0] === 0) continue;
      const told = job.places[index] ?? [];
      for (let at = 0; at < told.length; at += 2) this.#look(message, told[at]!, told[at + 1]!, places);
      if (places.length < Number(row[0])) missing.push(message);
    }
    if (missing.length === 0) return;
    // Something has moved since: the account's places are looked through, once.
    for (const message of missing) this.#places.set(message, []);
    const rows = this.#books.sql.rows(
      'select message, mailbox, uid from placement where account = ? and message in (select value from json_each(?)) order by mailbox, uid',
      job.account,
      JSON.stringify(missing),
    );
    for (const [message, mailbox, uid] of rows as [number, number, number][]) this.#look(message, mailbox, uid, this.#places.get(message)!);
  }

  #look(message: MessageId, mailbox: MailboxId, uid: Uid, places: Place[]): void {
    const box = this.#account.mailboxes.get(mailbox);
    if (box === undefined) return;
    const row = this.#books.sql.row(
      'select message, flags, keywords, size, received_at from placement where account = ? and mailbox = ? and uid = ?',
      this.#account.id,
      mailbox,
      uid,
    );
    if (row === null || row[0] !== message) return;
    const flags = box.flags.intern(Number(row[1]), row[2] === '' ? [] : String(row[2]).split(' '));
    places.push({ box, uid, flags, size: Number(row[3]), receivedAt: Number(row[4]), isNew: false });
  }
}

function setsOf(box: MailboxRow): Parameters<typeof reviseFlags>[0] {
  return { internFlags: (bits, words) => box.flags.intern(bits, words) };
}
