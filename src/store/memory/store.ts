// A whole mail store in memory: the contract of contract.ts without a disk, for tests and demonstrations.
// Every writing call first gathers what it needs (that may wait), then checks everything, then changes everything, without a pause in
// between: so calls are atomic and come one after the other. Knows accounts, queue and journey; knows no file.
import { concatBytes, type Bytes } from '../../base/bytes.ts';
import type { Chance, Clock } from '../../base/clock.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { FactName, LetterFacts } from '../../message/facts.ts';
import { readFacts } from '../../message/read-facts.ts';
import { readTexts } from '../../message/text.ts';
import type {
  AcceptLetter,
  AccountChange,
  AccountId,
  AppendLetter,
  Commit,
  CommitResult,
  CopyResult,
  FlagChange,
  FlagResult,
  Flags,
  LetterBytes,
  LetterId,
  MailboxId,
  MailboxInfo,
  MailboxRole,
  MailStore,
  MessageId,
  ModSeq,
  RestingLetter,
  Spool,
  TextQuery,
  Uid,
  VerifyFinding,
} from '../contract.ts';
import { changeFlags, partFlags } from '../flag-sets.ts';
import { accountOfItems } from '../item-rules.ts';
import { maxKeywords, placementKeyTime, resendTime, restingTime, traceTime } from '../limits.ts';
import { DELETED, type MailboxState } from '../mailbox-state.ts';
import { textMatcher } from '../search/match.ts';
import { changesOf } from '../shelf-changes.ts';
import type { MailboxRevision, NewLetter, Revision, RevisionOutcome, Shelf, ShelfChanges } from '../shelf-contract.ts';
import type { ItemWrite } from '../items-contract.ts';
import { refusalOf } from '../revising.ts';
import { Acceptance } from './acceptance.ts';
import { AccountChanges } from './account-changes.ts';
import { MemoryAccount, type MemoryMailbox } from './account.ts';
import { findingsOf } from './checking.ts';
import { MemoryItems, planItems } from './items.ts';
import { MemoryQueue } from './queue.ts';
import { rename, reviseAll, reviseMailbox } from './revising.ts';
import { MemorySpool } from './spool.ts';
import { MemoryTrace } from './trace.ts';
import { MemoryUploads, forgetUploads } from './uploads.ts';

export interface MemoryStoreOptions {
  readonly clock: Clock;
  readonly chance: Chance;
}

export function openMemoryStore(options: MemoryStoreOptions): MailStore {
  return new MemoryStore(options);
}

class MemoryStore implements MailStore {
  readonly queue: MemoryQueue;
  readonly trace = new MemoryTrace();
  readonly items: MemoryItems;
  readonly uploads: MemoryUploads;
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #accounts = new Map<AccountId, MemoryAccount>();
  readonly #listeners = new Map<AccountId, Set<(change: AccountChange) => void>>();
  readonly #acceptance: Acceptance;
  #closed = false;

  constructor({ clock, chance }: MemoryStoreOptions) {
    this.#clock = clock;
    this.#chance = chance;
    this.queue = new MemoryQueue(() => this.#checkOpen());
    this.#acceptance = new Acceptance({ account: (id) => this.#account(id), queue: this.queue, now: () => clock.now() });
    this.items = new MemoryItems({
      account: (id) => this.#account(id),
      accounts: () => {
        this.#checkOpen();
        return this.#accounts.values();
      },
      finish: (changes) => this.#finish(changes),
    });
    this.uploads = new MemoryUploads({ uploadsOf: (id) => this.#account(id).uploads, now: () => clock.now() });
  }

  // --- accounts -----------------------------------------------------------------------------------------------------

  async createAccount(id: AccountId, mailboxes: readonly { readonly name: string; readonly role: MailboxRole }[]): Promise<void> {
    this.#checkOpen();
    if (this.#accounts.has(id)) return;
    const account = new MemoryAccount(id);
    const all = [{ name: 'INBOX', role: 'inbox' as const }, ...mailboxes.filter(({ name }) => name !== 'INBOX')];
    for (const { name, role } of all) {
      account.addMailbox(name, role, this.#clock.now(), account.modSeq);
      account.subscriptions.add(name);
    }
    account.begin();
    this.#accounts.set(id, account);
  }

  async removeAccount(id: AccountId): Promise<void> {
    this.#checkOpen();
    const account = this.#accounts.get(id);
    this.#accounts.delete(id);
    for (const mailbox of account?.mailboxes.values() ?? []) mailbox.state.markGone();
    account?.shelf.markGone();
  }

  async usage(account: AccountId): Promise<{ readonly octets: number; readonly messages: number }> {
    return { ...this.#account(account).usage };
  }

  // --- mailboxes ----------------------------------------------------------------------------------------------------

  async mailboxes(id: AccountId): Promise<readonly MailboxInfo[]> {
    const account = this.#account(id);
    return [...account.mailboxes.values()].map((mailbox) => account.describe(mailbox)).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async createMailbox(id: AccountId, name: string, role: MailboxRole | null): Promise<MailboxInfo> {
    const account = this.#account(id);
    const changes = new AccountChanges(account);
    const mailbox = account.addMailbox(name, role, this.#clock.now(), changes.modSeq);
    changes.reshape(mailbox);
    this.#finish([changes]);
    return account.describe(mailbox);
  }

  async renameMailbox(id: AccountId, mailboxId: MailboxId, name: string): Promise<void> {
    const account = this.#account(id);
    const mailbox = account.mailbox(mailboxId);
    account.checkNewName(name);
    const changes = new AccountChanges(account);
    if (mailbox === account.inbox) {
      // RFC 9051 §6.3.6: INBOX stays and is empty, its letters lie in the new mailbox; its children stay where they are.
      const target = account.addMailbox(name, null, this.#clock.now(), changes.modSeq);
      this.#copyInto(changes, mailbox, allPositions(mailbox), target, true);
      changes.reshape(target);
    } else rename(account, changes, mailbox, name);
    this.#finish([changes]);
  }

  async deleteMailbox(id: AccountId, mailboxId: MailboxId): Promise<void> {
    const account = this.#account(id);
    const mailbox = account.mailbox(mailboxId);
    if (mailbox === account.inbox) throw new Refusal('cannot', 'INBOX cannot be deleted');
    const changes = new AccountChanges(account);
    const now = this.#clock.now();
    for (let at = 0; at < mailbox.state.count; at++) account.rest(mailbox, at, now);
    account.mailboxes.delete(mailboxId);
    changes.touched.add(mailboxId);
    mailbox.state.markGone();
    this.#finish([changes]);
  }

  async setSubscribed(id: AccountId, name: string, subscribed: boolean): Promise<void> {
    const account = this.#account(id);
    if (account.subscriptions.has(name) === subscribed) return;
    if (subscribed) account.subscriptions.add(name);
    else account.subscriptions.delete(name);
    const changes = new AccountChanges(account);
    const mailbox = account.findByName(name);
    if (mailbox !== null) changes.reshape(mailbox);
    this.#finish([changes]);
  }

  async subscriptions(account: AccountId): Promise<readonly string[]> {
    return [...this.#account(account).subscriptions].sort();
  }

  async openMailbox(account: AccountId, mailbox: MailboxId): Promise<MailboxState> {
    return this.#account(account).mailbox(mailbox).state;
  }

  subscribe(account: AccountId, heard: (change: AccountChange) => void): () => void {
    const entry = (change: AccountChange): void => heard(change);
    const listeners = this.#listeners.get(account) ?? new Set();
    this.#listeners.set(account, listeners.add(entry));
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0 && this.#listeners.get(account) === listeners) this.#listeners.delete(account);
    };
  }

  // --- reading ------------------------------------------------------------------------------------------------------

  async readFacts<N extends FactName>(
    id: AccountId,
    messages: ArrayLike<MessageId>,
    names: readonly N[],
  ): Promise<{ readonly [K in N]: readonly (LetterFacts[K] | undefined)[] }> {
    const letters = this.#letters(id, messages);
    const columns: Partial<{ [K in N]: readonly (LetterFacts[K] | undefined)[] }> = {};
    for (const name of names) columns[name] = letters.map((letter) => letter?.facts[name]);
    return columns as { [K in N]: readonly (LetterFacts[K] | undefined)[] };
  }

  async openLetter(account: AccountId, message: MessageId): Promise<LetterBytes> {
    const letter = this.#account(account).letters.get(message);
    if (letter === undefined) throw new Refusal('nonexistent', 'There is no such letter');
    return bytesOf(letter.bytes);
  }

  async readLetters(account: AccountId, messages: ArrayLike<MessageId>): Promise<readonly (Bytes | null)[]> {
    return this.#letters(account, messages).map((letter) => letter?.bytes ?? null);
  }

  async readThreads(account: AccountId, messages: ArrayLike<MessageId>): Promise<readonly number[]> {
    return this.#letters(account, messages).map((letter) => letter?.thread ?? 0);
  }

  async readLetterIds(account: AccountId, messages: ArrayLike<MessageId>): Promise<readonly LetterId[]> {
    return this.#letters(account, messages).map((letter) => letter?.letter ?? '');
  }

  async search(account: AccountId, query: TextQuery, among: ArrayLike<MessageId>): Promise<ReadonlySet<MessageId>> {
    const found = new Set<MessageId>();
    const matches = textMatcher(query);
    for (const letter of this.#letters(account, among)) if (letter !== undefined && matches(readTexts(letter.bytes))) found.add(letter.id);
    return found;
  }

  async vanishedSince(account: AccountId, mailboxId: MailboxId, since: ModSeq): Promise<readonly Uid[] | null> {
    const mailbox = this.#account(account).mailbox(mailboxId);
    if (since < mailbox.tombstoneFloor) return null;
    return mailbox.tombstones
      .filter((tombstone) => tombstone.modSeq > since)
      .map((tombstone) => tombstone.uid)
      .sort((a, b) => a - b);
  }

  // --- writing ------------------------------------------------------------------------------------------------------

  spool(limit: number): Spool {
    return new MemorySpool(limit);
  }

  async commit(work: Commit): Promise<CommitResult> {
    const ready: { letter: AcceptLetter; octets: Bytes; facts: LetterFacts }[] = [];
    for (const letter of work.letters ?? []) {
      const octets = concatBytes([letter.prefix, await letter.spool.read()]);
      ready.push({ letter, octets, facts: readFacts(octets) });
    }
    this.#checkOpen();
    this.#acceptance.check(work.letters ?? []);
    const changes = new Map<MemoryAccount, AccountChanges>();
    const items = work.items ?? [];
    const writes = items.map(({ write }) => write);
    const owner = accountOfItems(items);
    const itemIds = owner === null ? [] : planItems(this.#account(owner), writes, changes);
    const letters = ready.map(({ letter, octets, facts }) => this.#acceptance.accept(letter, octets, facts, changes));
    for (const result of work.queue ?? []) this.queue.finish(result);
    this.trace.add(work.events ?? []);
    this.#finish([...changes.values()].filter((change) => !change.empty));
    if ((work.letters ?? []).some((letter) => letter.queue.length > 0) || (work.queue ?? []).some(({ done }) => done === 'later')) {
      this.queue.tellNew();
    }
    this.items.tell(writes);
    return { items: itemIds, letters };
  }

  async append(
    id: AccountId,
    mailboxId: MailboxId,
    letters: readonly AppendLetter[],
    quota: number | null,
  ): Promise<{ readonly uidValidity: number; readonly uids: readonly Uid[]; readonly modSeq: ModSeq }> {
    const ready: { letter: AppendLetter; octets: Bytes; facts: LetterFacts }[] = [];
    for (const letter of letters) {
      const octets = await letter.spool.read();
      ready.push({ letter, octets, facts: readFacts(octets) });
    }
    const account = this.#account(id);
    const mailbox = account.mailbox(mailboxId);
    const added = ready.reduce((sum, { octets }) => sum + octets.length, 0);
    if (quota !== null && account.usage.octets + added > quota) throw new Refusal('over-quota', 'The mailbox is full');
    account.checkKeywords(
      mailbox,
      letters.map((letter) => letter.flags),
    );
    const changes = new AccountChanges(account);
    const now = this.#clock.now();
    const uids = ready.map(({ letter, octets, facts }) => {
      const { system, keywords } = partFlags(letter.flags);
      const stored = account.addLetter(octets, facts, letter.letter ?? this.#newLetterId());
      return changes.add(mailbox, stored, mailbox.state.internFlags(system, keywords), letter.receivedAt ?? now, now);
    });
    this.#finish(changes.empty ? [] : [changes]);
    return { uidValidity: mailbox.state.uidValidity, uids, modSeq: account.modSeq };
  }

  async setFlags(id: AccountId, mailboxId: MailboxId, uids: ArrayLike<Uid>, change: FlagChange): Promise<FlagResult> {
    const account = this.#account(id);
    const mailbox = account.mailbox(mailboxId);
    const { state } = mailbox;
    if (change.how !== 'remove') account.checkKeywords(mailbox, [change.flags]);
    const { system, keywords } = partFlags(change.flags);
    const changes = new AccountChanges(account);
    const changed: Uid[] = [];
    const modified: Uid[] = [];
    for (const at of positionsOf(mailbox, uids)) {
      const uid = state.uids[at]!;
      if (change.unchangedSince !== undefined && state.modSeqs[at]! > change.unchangedSince) {
        modified.push(uid);
        continue;
      }
      const before = state.flagsAt(at);
      const after = changeFlags(state, before, change.how, system, keywords);
      if (after === before) continue;
      changed.push(uid);
      changes.setFlags(mailbox, uid, state.messages[at]!, after);
    }
    this.#finish(changes.empty ? [] : [changes]);
    return { modSeq: account.modSeq, changed, modified };
  }

  async expunge(
    id: AccountId,
    mailboxId: MailboxId,
    uids: ArrayLike<Uid> | null,
    onlyDeleted: boolean,
  ): Promise<{ readonly uids: readonly Uid[]; readonly modSeq: ModSeq }> {
    const account = this.#account(id);
    const mailbox = account.mailbox(mailboxId);
    const changes = new AccountChanges(account);
    const now = this.#clock.now();
    const expunged: Uid[] = [];
    for (const at of uids === null ? allPositions(mailbox) : positionsOf(mailbox, uids)) {
      if (onlyDeleted && (mailbox.state.flagsAt(at).system & DELETED) === 0) continue;
      const uid = mailbox.state.uids[at]!;
      account.rest(mailbox, at, now);
      changes.expunge(mailbox, uid, mailbox.state.messages[at]!);
      expunged.push(uid);
    }
    this.#finish(changes.empty ? [] : [changes]);
    return { uids: expunged, modSeq: account.modSeq };
  }

  async copy(
    id: AccountId,
    from: MailboxId,
    uids: ArrayLike<Uid>,
    to: MailboxId,
    { move }: { readonly move: boolean; readonly quota: number | null },
  ): Promise<CopyResult> {
    // A letter counts once however often it lies in an account: a copy never needs room in the quota.
    const account = this.#account(id);
    const source = account.mailbox(from);
    const target = account.mailbox(to);
    const positions = positionsOf(source, uids);
    account.checkKeywords(
      target,
      positions.map((at) => source.state.flagsAt(at).keywords),
    );
    const changes = new AccountChanges(account);
    const result = this.#copyInto(changes, source, positions, target, move);
    this.#finish(changes.empty ? [] : [changes]);
    return { uidValidity: target.state.uidValidity, ...result, modSeq: account.modSeq };
  }

  #copyInto(
    changes: AccountChanges,
    source: MemoryMailbox,
    positions: readonly number[],
    target: MemoryMailbox,
    move: boolean,
  ): { readonly from: Uid[]; readonly to: Uid[] } {
    const { account } = changes;
    const now = this.#clock.now();
    const from: Uid[] = [];
    const to: Uid[] = [];
    for (const at of positions) {
      const uid = source.state.uids[at]!;
      const letter = account.letters.get(source.state.messages[at]!)!;
      from.push(uid);
      to.push(changes.add(target, letter, account.internFrom(target, source.state.flagsAt(at)), source.state.receivedAt[at]!, now));
      if (!move) continue;
      account.lift(letter);
      changes.expunge(source, uid, letter.id);
    }
    return { from, to };
  }

  // --- the account as a whole -----------------------------------------------------------------------------------------

  async openShelf(account: AccountId): Promise<Shelf> {
    return this.#account(account).shelf;
  }

  async changesSince(id: AccountId, since: ModSeq): Promise<ShelfChanges | null> {
    const account = this.#account(id);
    if (since > account.modSeq || since < account.goneFloor) return null;
    return changesOf(account.shelf, since, account.goneLetters, account.goneMailboxes);
  }

  async revise(
    id: AccountId,
    revisions: readonly Revision[],
    _quota: number | null,
  ): Promise<{ readonly modSeq: ModSeq; readonly outcomes: readonly RevisionOutcome[] }> {
    const account = this.#account(id);
    const changes = new AccountChanges(account);
    const outcomes = reviseAll(changes, revisions, this.#clock.now());
    this.#finish(changes.empty ? [] : [changes]);
    return { modSeq: account.modSeq, outcomes };
  }

  async reviseNoting(
    id: AccountId,
    revision: Revision,
    items: readonly ItemWrite[],
  ): Promise<{ readonly modSeq: ModSeq; readonly items: readonly number[] }> {
    const account = this.#account(id);
    const planned = new Map<MemoryAccount, AccountChanges>();
    const ids = items.length === 0 ? [] : planItems(account, items, planned);
    const changes = planned.get(account) ?? new AccountChanges(account);
    const [outcome] = reviseAll(changes, [revision], this.#clock.now());
    // One revision that cannot be done has changed nothing.
    const refusal = refusalOf(outcome!);
    if (refusal !== null) throw refusal;
    this.#finish(changes.empty ? [] : [changes]);
    this.items.tell(items);
    return { modSeq: account.modSeq, items: ids };
  }

  async addLetters(
    id: AccountId,
    letters: readonly NewLetter[],
    quota: number | null,
  ): Promise<{
    readonly modSeq: ModSeq;
    readonly messages: readonly { readonly message: MessageId; readonly thread: number; readonly size: number }[];
  }> {
    const ready: { letter: NewLetter; octets: Bytes; facts: LetterFacts }[] = [];
    for (const letter of letters) {
      const octets = await letter.spool.read();
      ready.push({ letter, octets, facts: readFacts(octets) });
    }
    const account = this.#account(id);
    const flagsOf = new Map<MemoryMailbox, Flags[]>();
    for (const { mailboxes, flags } of letters) {
      if (mailboxes.length === 0) throw new Refusal('nonexistent', 'A letter must lie in a mailbox');
      for (const mailbox of new Set(mailboxes)) {
        const box = account.mailbox(mailbox);
        flagsOf.set(box, [...(flagsOf.get(box) ?? []), flags]);
      }
    }
    const added = ready.reduce((sum, { octets }) => sum + octets.length, 0);
    if (quota !== null && added > 0 && account.usage.octets + added > quota) throw new Refusal('over-quota', 'The mailbox is full');
    for (const [box, flags] of flagsOf) account.checkKeywords(box, flags);
    const changes = new AccountChanges(account);
    const now = this.#clock.now();
    const stored = ready.map(({ letter, octets, facts }) => {
      const { system, keywords } = partFlags(letter.flags);
      const one = account.addLetter(octets, facts, letter.letter ?? this.#newLetterId());
      for (const mailbox of new Set(letter.mailboxes)) {
        const box = account.mailbox(mailbox);
        changes.add(box, one, box.state.internFlags(system, keywords), letter.receivedAt ?? now, now);
      }
      return one;
    });
    this.#finish(changes.empty ? [] : [changes]);
    return { modSeq: account.modSeq, messages: stored.map(({ id: message, thread, bytes }) => ({ message, thread, size: bytes.length })) };
  }

  async reviseMailbox(id: AccountId, mailbox: MailboxId, change: MailboxRevision): Promise<void> {
    const account = this.#account(id);
    const changes = new AccountChanges(account);
    reviseMailbox(changes, account.mailbox(mailbox), change);
    this.#finish(changes.empty ? [] : [changes]);
  }

  // --- undo ---------------------------------------------------------------------------------------------------------

  async resting(account: AccountId, limit: number): Promise<readonly RestingLetter[]> {
    return this.#account(account)
      .rests.toReversed()
      .slice(0, limit)
      .map(({ flags: _flags, receivedAt: _receivedAt, ...letter }) => letter);
  }

  async restore(id: AccountId, ids: readonly number[]): Promise<number> {
    const account = this.#account(id);
    const wanted = new Set(ids);
    const changes = new AccountChanges(account);
    const back = account.endRest((rest) => wanted.has(rest.id));
    for (const rest of back) {
      const target = account.mailboxes.get(rest.mailbox) ?? account.inbox;
      // With \Deleted it would be gone again at the next EXPUNGE.
      const keywords = target.state.keywordsWith(rest.flags.keywords) > maxKeywords ? [] : rest.flags.keywords;
      const flags = target.state.internFlags(rest.flags.system & ~DELETED, keywords);
      changes.add(target, account.letters.get(rest.message)!, flags, rest.receivedAt, this.#clock.now());
    }
    this.#finish(changes.empty ? [] : [changes]);
    return back.length;
  }

  // --- upkeep -------------------------------------------------------------------------------------------------------

  async openQueued(letter: LetterId): Promise<LetterBytes> {
    this.#checkOpen();
    return bytesOf(this.queue.octetsOf(letter));
  }

  async upkeep(): Promise<boolean> {
    this.#checkOpen();
    const now = this.#clock.now();
    for (const account of this.#accounts.values()) {
      account.forget(account.endRest((rest) => now - rest.removedAt >= restingTime).map((rest) => rest.message));
      forgetUploads(account.uploads, now);
      for (const [key, at] of account.placementKeys) if (now - at >= placementKeyTime) account.placementKeys.delete(key);
    }
    this.#acceptance.forgetBefore(now - resendTime);
    this.trace.forgetBefore(now - traceTime);
    return false;
  }

  async *verify({ quick, progress }: Parameters<MailStore['verify']>[0]): AsyncIterable<VerifyFinding> {
    this.#checkOpen();
    const accounts = [...this.#accounts.values()];
    for (const [done, account] of accounts.entries()) {
      progress?.(done, accounts.length);
      yield* findingsOf(account, quick);
    }
    progress?.(accounts.length, accounts.length);
  }

  checkRoom(_octets: number): void {
    this.#checkOpen();
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  // --- inside -------------------------------------------------------------------------------------------------------

  #checkOpen(): void {
    if (this.#closed) throw new Unavailable('store-stopped', 'The store is closed');
  }

  #account(id: AccountId): MemoryAccount {
    this.#checkOpen();
    const account = this.#accounts.get(id);
    if (account === undefined) throw new Refusal('nonexistent', 'There is no such account');
    return account;
  }

  #letters(id: AccountId, messages: ArrayLike<MessageId>): (ReturnType<MemoryAccount['addLetter']> | undefined)[] {
    const { letters } = this.#account(id);
    return Array.from(messages, (message) => letters.get(message));
  }

  #newLetterId(): LetterId {
    return Array.from(this.#chance.bytes(16), (octet) => (octet & 31).toString(32)).join('');
  }

  /** Makes all changes true, then tells those who listen. */
  #finish(changes: readonly AccountChanges[]): void {
    const told = changes.map((change): AccountChange => {
      const mailboxes = change.apply();
      return { account: change.account.id, modSeq: change.modSeq, mailboxes, items: [...(change.items?.kinds.keys() ?? [])] };
    });
    for (const change of told) for (const heard of Array.from(this.#listeners.get(change.account) ?? [])) heard(change);
  }
}

function bytesOf(bytes: Bytes): LetterBytes {
  return { length: bytes.length, read: (start, end) => bytes.subarray(Math.max(0, start), Math.max(0, end)) };
}

function allPositions(mailbox: MemoryMailbox): number[] {
  return Array.from({ length: mailbox.state.count }, (_, at) => at);
}

/** Positions of the UIDs that are there, ascending, each once. */
function positionsOf(mailbox: MemoryMailbox, uids: ArrayLike<Uid>): number[] {
  const positions = new Set<number>();
  for (let i = 0; i < uids.length; i++) {
    const at = mailbox.state.indexOf(uids[i]!);
    if (at >= 0) positions.add(at);
  }
  return [...positions].sort((a, b) => a - b);
}
