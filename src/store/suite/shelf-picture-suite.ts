// The store suite: what an app that looks at a whole account would hold: a true picture, counted letter by letter from the mailboxes, and one that is
// kept by nothing but `changesSince`. Knows the contract; knows no engine.
import assert from 'node:assert/strict';
import type { AccountId, MailboxId, MailStore, MessageId, ModSeq } from '../contract.ts';
import { DELETED, DRAFT, SEEN, type FlagSet } from '../mailbox-state.ts';
import type { MailboxCounts, Shelf, ShelfChanges } from '../shelf-contract.ts';

export interface EmailPicture {
  readonly mailboxes: readonly MailboxId[];
  readonly flags: string;
  readonly thread: number;
  readonly size: number;
  readonly receivedAt: number;
}

export interface MailboxPicture extends MailboxCounts {
  readonly name: string;
  readonly role: string | null;
  readonly subscribed: boolean;
  readonly sortOrder: number;
}

export interface AccountPicture {
  readonly emails: Map<MessageId, EmailPicture>;
  /** Members, the oldest first. */
  readonly threads: Map<number, readonly MessageId[]>;
  readonly mailboxes: Map<MailboxId, MailboxPicture>;
}

function flagWords(sets: readonly FlagSet[]): string {
  const words = new Set<string>();
  for (const { system, keywords } of sets) {
    for (const [bit, word] of [
      [2, '\\answered'],
      [4, '\\flagged'],
    ] as const)
      if ((system & bit) !== 0) words.add(word);
    for (const keyword of keywords) words.add(keyword.toLowerCase());
  }
  if (sets.every(({ system }) => (system & SEEN) !== 0)) words.add('\\seen');
  if (sets.every(({ system }) => (system & DRAFT) !== 0)) words.add('\\draft');
  return [...words].sort().join(' ');
}

const isUnread = ({ flags }: EmailPicture): boolean => !flags.split(' ').some((word) => word === '\\seen' || word === '\\draft');

/** Read from the mailboxes, as any IMAP session would. */
export async function truth(store: MailStore, account: AccountId): Promise<AccountPicture> {
  const infos = await store.mailboxes(account);
  const found = new Map<MessageId, { mailboxes: Set<MailboxId>; sets: FlagSet[]; size: number; receivedAt: number }>();
  for (const { id } of infos) {
    const state = await store.openMailbox(account, id);
    for (let at = 0; at < state.count; at++) {
      const flags = state.flagsAt(at);
      if ((flags.system & DELETED) !== 0) continue;
      const message = state.messages[at]!;
      const one = found.get(message) ?? { mailboxes: new Set(), sets: [], size: state.sizes[at]!, receivedAt: state.receivedAt[at]! };
      found.set(message, one);
      one.mailboxes.add(id);
      one.sets.push(flags);
    }
    state.release();
  }
  const ids = [...found.keys()].sort((a, b) => a - b);
  const threadOf = await store.readThreads(account, ids);
  const emails = new Map<MessageId, EmailPicture>();
  const threads = new Map<number, MessageId[]>();
  for (const [index, id] of ids.entries()) {
    const { mailboxes, sets, size, receivedAt } = found.get(id)!;
    const thread = threadOf[index]!;
    emails.set(id, { mailboxes: [...mailboxes].sort((a, b) => a - b), flags: flagWords(sets), thread, size, receivedAt });
    threads.set(thread, [...(threads.get(thread) ?? []), id]);
  }
  for (const members of threads.values()) members.sort((a, b) => emails.get(a)!.receivedAt - emails.get(b)!.receivedAt || a - b);
  const trash = infos.find(({ role }) => role === 'trash')?.id;
  const mailboxes = new Map<MailboxId, MailboxPicture>();
  for (const { id, name, role, subscribed, sortOrder } of infos) {
    const here = [...emails.values()].filter((email) => email.mailboxes.includes(id));
    const hereThreads = new Set(here.map(({ thread }) => thread));
    // RFC 8621 §2: what is only in the Trash is as though in a thread of its own.
    const speaks = ({ mailboxes: boxes }: EmailPicture): boolean =>
      id === trash ? boxes.includes(id) : boxes.some((box) => box !== trash);
    const unreadThreads = [...hereThreads].filter((thread) =>
      threads.get(thread)!.some((message) => speaks(emails.get(message)!) && isUnread(emails.get(message)!)),
    );
    mailboxes.set(id, {
      name,
      role,
      subscribed,
      sortOrder,
      totalEmails: here.length,
      unreadEmails: here.filter(isUnread).length,
      totalThreads: hereThreads.size,
      unreadThreads: unreadThreads.length,
    });
  }
  return { emails, threads, mailboxes };
}

function emailOf(shelf: Shelf, message: MessageId): EmailPicture | null {
  const at = shelf.indexOf(message);
  if (at < 0) return null;
  const { system, keywords } = shelf.flagsAt(at);
  assert.equal(system & DELETED, 0, 'no flag of a letter in sight is \\Deleted');
  return {
    mailboxes: shelf.mailboxesAt(at),
    flags: flagWords([{ index: 0, text: '', system, keywords }]),
    thread: shelf.threads[at]!,
    size: shelf.sizes[at]!,
    receivedAt: shelf.receivedAt[at]!,
  };
}

async function mailboxesOf(store: MailStore, account: AccountId, shelf: Shelf): Promise<Map<MailboxId, MailboxPicture>> {
  const infos = await store.mailboxes(account);
  return new Map(
    infos.map(({ id, name, role, subscribed, sortOrder }) => [id, { name, role, subscribed, sortOrder, ...shelf.counts(id) }]),
  );
}

/** All that a shelf says agrees with the mailboxes, and with itself. */
export async function checkShelf(store: MailStore, account: AccountId): Promise<AccountPicture> {
  const true_ = await truth(store, account);
  const shelf = await store.openShelf(account);
  try {
    assert.equal(shelf.count, true_.emails.size);
    const ids = Array.from(shelf.messages.subarray(0, shelf.count));
    assert.deepEqual(
      ids,
      [...true_.emails.keys()].sort((a, b) => a - b),
    );
    assert.deepEqual(new Map(ids.map((id) => [id, emailOf(shelf, id)])), true_.emails);
    const members = [...true_.threads.keys()].map((id) => [id, shelf.membersOf(id).map((at) => shelf.messages[at]!)] as const);
    assert.deepEqual(new Map(members), true_.threads);
    assert.deepEqual(await mailboxesOf(store, account, shelf), true_.mailboxes);
    const newest = [...ids.keys()].sort((a, b) => shelf.receivedAt[b]! - shelf.receivedAt[a]! || b - a);
    assert.deepEqual(Array.from(shelf.newestFirst()), newest);
    for (let at = 0; at < shelf.count; at++) {
      assert.ok(shelf.createdModSeqs[at]! <= shelf.modSeqs[at]! && shelf.modSeqs[at]! <= shelf.emailModSeq);
      const boxes = new Set(shelf.placesAt(at).map(({ mailbox }) => mailbox));
      assert.deepEqual(
        [...boxes].sort((a, b) => a - b),
        shelf.mailboxesAt(at),
      );
    }
    assert.ok(Math.max(shelf.emailModSeq, shelf.threadModSeq, shelf.mailboxModSeq) <= shelf.modSeq);
    return true_;
  } finally {
    shelf.release();
  }
}

/** An app that knows an account from one state on, and asks for nothing but changes. */
export class Follower {
  readonly #store: MailStore;
  readonly account: AccountId;
  #picture: AccountPicture;
  state: ModSeq;
  /** How often it was told that changes are not remembered. */
  lost = 0;

  private constructor(store: MailStore, account: AccountId, picture: AccountPicture, state: ModSeq) {
    this.#store = store;
    this.account = account;
    this.#picture = picture;
    this.state = state;
  }

  static async begin(store: MailStore, account: AccountId): Promise<Follower> {
    const shelf = await store.openShelf(account);
    const state = shelf.modSeq;
    shelf.release();
    return new Follower(store, account, await truth(store, account), state);
  }

  /** The same one, as it is now, for later. */
  copy(store = this.#store): Follower {
    const { emails, threads, mailboxes } = this.#picture;
    const picture = { emails: new Map(emails), threads: new Map(threads), mailboxes: new Map(mailboxes) };
    return new Follower(store, this.account, picture, this.state);
  }

  /** Catches up, and holds what is true then. Every word of the changes must be needed: created were not known, updated and destroyed were. */
  async follow(expected: AccountPicture): Promise<ShelfChanges | null> {
    const changes = await this.#store.changesSince(this.account, this.state);
    if (changes === null) {
      this.lost++;
      return null;
    }
    const shelf = await this.#store.openShelf(this.account);
    const { emails, threads, mailboxes } = this.#picture;
    take('email', emails, changes.emails, (id) => emailOf(shelf, id));
    take('thread', threads, changes.threads, (id) => shelf.membersOf(id).map((at) => shelf.messages[at]!));
    const infos = await mailboxesOf(this.#store, this.account, shelf);
    const { countsOnly } = changes.mailboxes;
    take('mailbox', mailboxes, changes.mailboxes, (id) => {
      const now = infos.get(id) ?? null;
      // Only its counters are taken, as an app would that asks for nothing else.
      return countsOnly.has(id) ? { ...mailboxes.get(id)!, ...shelf.counts(id) } : now;
    });
    shelf.release();
    this.state = changes.modSeq;
    assert.deepEqual(this.#picture, expected);
    return changes;
  }
}

function take<T>(
  kind: string,
  known: Map<number, T>,
  {
    created,
    updated,
    destroyed,
  }: { readonly created: readonly number[]; readonly updated: readonly number[]; readonly destroyed: readonly number[] },
  read: (id: number) => T | null,
): void {
  for (const id of destroyed) assert.ok(known.delete(id), `${kind} ${id} is told as destroyed, but was not there`);
  for (const id of created) assert.ok(!known.has(id), `${kind} ${id} is told as created, but was there`);
  for (const id of updated) assert.ok(known.has(id), `${kind} ${id} is told as updated, but was not there`);
  for (const id of [...created, ...updated]) {
    const now = read(id);
    assert.ok(now !== null, `${kind} ${id} is told, but is not there`);
    known.set(id, now);
  }
}
