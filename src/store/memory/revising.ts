// Letters and mailboxes revised as wholes, in memory: the writing half of shelf-contract.ts. Knows an account and the change at work; checks first, then changes.
import { Refusal } from '../../base/trouble.ts';
import type { MessageId, Uid } from '../contract.ts';
import { partFlags } from '../flag-sets.ts';
import { maxKeywords } from '../limits.ts';
import { DELETED, type FlagSet } from '../mailbox-state.ts';
import { mergeFlags, planMailboxes, reviseFlags } from '../revising.ts';
import type { MailboxRevision, Revision, RevisionOutcome } from '../shelf-contract.ts';
import type { AccountChanges } from './account-changes.ts';
import type { MemoryAccount, MemoryMailbox } from './account.ts';

interface Place {
  readonly box: MemoryMailbox;
  readonly uid: Uid;
  flags: FlagSet;
  readonly receivedAt: number;
}

/** Letters as the revisions before have left them. */
type Desk = Map<MessageId, Place[]>;

export function reviseAll(changes: AccountChanges, revisions: readonly Revision[], now: number): RevisionOutcome[] {
  const desk: Desk = new Map();
  return revisions.map((revision) => revise(changes, desk, revision, now));
}

function revise(changes: AccountChanges, desk: Desk, revision: Revision, now: number): RevisionOutcome {
  const { account } = changes;
  const { message } = revision;
  const all = placesOf(account, desk, message);
  const places = all.filter(({ flags }) => (flags.system & DELETED) === 0);
  if (places.length === 0) return 'nonexistent';
  const letter = account.letters.get(message)!;
  if (revision.destroy === true) {
    for (const place of all) {
      account.restPlace(letter, place.box, { uid: place.uid, flags: place.flags, receivedAt: place.receivedAt }, now);
      changes.expunge(place.box, place.uid, message);
    }
    desk.set(message, []);
    return 'done';
  }
  const plan = planMailboxes(
    places.map(({ box }) => box.id),
    revision.mailboxes,
    (mailbox) => account.mailboxes.has(mailbox),
  );
  if (typeof plan === 'string') return plan;
  const targets = plan.add.map((mailbox) => account.mailbox(mailbox));
  const staying = places.filter(({ box }) => !plan.remove.includes(box.id));
  const { how = 'add', flags: wanted = [] } = revision.flags ?? {};
  const { keywords } = partFlags(wanted);
  const merged = mergeFlags(places.map(({ flags }) => flags));
  const coming = how === 'replace' ? keywords : how === 'add' ? [...merged.keywords, ...keywords] : merged.keywords;
  const fits = (box: MemoryMailbox, words: readonly string[]): boolean =>
    words.length === 0 || box.state.keywordsWith(words) <= maxKeywords;
  if (how !== 'remove' && !staying.every(({ box }) => fits(box, keywords))) return 'limit';
  if (!targets.every((box) => fits(box, coming))) return 'limit';
  let outcome: RevisionOutcome = plan.add.length + plan.remove.length > 0 ? 'done' : 'same';
  for (const place of staying) {
    const after = reviseFlags(place.box.state, place.flags, revision.flags);
    if (after === place.flags) continue;
    place.flags = after;
    changes.setFlags(place.box, place.uid, message, after);
    outcome = 'done';
  }
  for (const box of targets) {
    const flags = reviseFlags(box.state, box.state.internFlags(merged.system, merged.keywords), revision.flags);
    const { receivedAt } = places[0]!;
    all.push({ box, uid: changes.add(box, letter, flags, receivedAt, now), flags, receivedAt });
  }
  const leaving = places.filter((place) => !staying.includes(place));
  for (const { box, uid } of leaving) {
    account.lift(letter);
    changes.expunge(box, uid, message);
  }
  desk.set(
    message,
    all.filter((place) => !leaving.includes(place)),
  );
  return outcome;
}

function placesOf(account: MemoryAccount, desk: Desk, message: MessageId): Place[] {
  const known = desk.get(message);
  if (known !== undefined) return known;
  const at = account.shelf.indexOf(message);
  if (at < 0) return [];
  const places = account.shelf.allPlacesAt(at).map(({ mailbox, uid }): Place => {
    const box = account.mailbox(mailbox);
    const { state } = box;
    const position = state.indexOf(uid);
    return { box, uid, flags: state.flagsAt(position), receivedAt: state.receivedAt[position]! };
  });
  desk.set(message, places);
  return places;
}

/** Children move along. The name itself has been looked at. */
export function rename(account: MemoryAccount, changes: AccountChanges, mailbox: MemoryMailbox, name: string): void {
  const inside = `${mailbox.name}/`;
  const children = [...account.mailboxes.values()].filter((other) => other.name.startsWith(inside));
  for (const child of children) account.checkNewName(`${name}/${child.name.slice(inside.length)}`);
  for (const child of children) child.name = `${name}/${child.name.slice(inside.length)}`;
  mailbox.name = name;
  for (const moved of [mailbox, ...children]) changes.reshape(moved);
}

/** @throws Refusal before anything has changed. */
export function reviseMailbox(changes: AccountChanges, mailbox: MemoryMailbox, change: MailboxRevision): void {
  const { account } = changes;
  const { name = mailbox.name, role = mailbox.role, sortOrder = mailbox.sortOrder } = change;
  if (mailbox === account.inbox && (name !== mailbox.name || role !== mailbox.role))
    throw new Refusal('cannot', 'INBOX keeps its name and what it is for');
  if (role !== null && role !== mailbox.role && [...account.mailboxes.values()].some((other) => other.role === role))
    throw new Refusal('cannot', 'Another mailbox is for that already');
  if (name !== mailbox.name) {
    account.checkNewName(name);
    const before = [...account.mailboxes.values()].map((box) => ({ box, name: box.name }));
    rename(account, changes, mailbox, name);
    // RFC 8621 §2: isSubscribed is the mailbox's, so it goes where the name goes.
    const moved = before.filter(({ box, name: old }) => box.name !== old);
    const subscribed = moved.filter(({ name: old }) => account.subscriptions.delete(old));
    for (const { box } of subscribed) account.subscriptions.add(box.name);
  }
  const { subscribed = account.subscriptions.has(mailbox.name) } = change;
  if (subscribed !== account.subscriptions.has(mailbox.name)) {
    if (subscribed) account.subscriptions.add(mailbox.name);
    else account.subscriptions.delete(mailbox.name);
    changes.reshape(mailbox);
  }
  if (role === mailbox.role && sortOrder === mailbox.sortOrder) return;
  mailbox.role = role;
  mailbox.sortOrder = sortOrder;
  changes.reshape(mailbox);
}
