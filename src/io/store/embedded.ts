// The embedded engine: a mail store in a directory of this machine (ARCHITECTURE.md, "The embedded engine").
// Knows which shard an account lives in, and joins writers, readers and what is kept in memory into the contract; knows no SQL.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Bytes } from '../../base/bytes.ts';
import type { Chance, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Meter } from '../../base/meter.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { FactName, LetterFacts } from '../../message/facts.ts';
import type {
  AccountChange,
  AccountId,
  AppendLetter,
  Commit,
  CommitResult,
  CopyResult,
  FlagChange,
  FlagResult,
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
} from '../../store/contract.ts';
import { makeLetterId } from '../../store/letter-id.ts';
import { restingTime } from '../../store/limits.ts';
import type { MailboxState } from '../../store/mailbox-state.ts';
import type { PackedShelf } from '../../store/packed-shelf.ts';
import { changesOf } from '../../store/shelf-changes.ts';
import type { ItemWrite } from '../../store/items-contract.ts';
import type { MailboxRevision, NewLetter, Revision, RevisionOutcome, Shelf, ShelfChanges } from '../../store/shelf-contract.ts';
import { Deliveries } from './deliveries.ts';
import { EmbeddedItems } from './item-side.ts';
import type { AccountEffect } from './jobs.ts';
import type { LetterIndex } from './letter-index.ts';
import { lockData, type DataLock } from './lock.ts';
import { OpenMailboxes } from './open-mailboxes.ts';
import { OpenShelves } from './open-shelves.ts';
import { EmbeddedQueue } from './queue-side.ts';
import { EmbeddedReading } from './reading-side.ts';
import { Room, usualRoom, type RoomSettings } from './room.ts';
import { checkFileSystem } from './schema.ts';
import { readGone } from './shelf-rows.ts';
import { Shard } from './shard.ts';
import { Spools } from './spools.ts';
import { EmbeddedTrace } from './trace-side.ts';
import { EmbeddedUploads } from './upload-side.ts';
import { makeCrashPoint } from './writer/crash-points.ts';
import { syncDirectory } from './writer/segments.ts';
import { verifyShard } from './verify.ts';
import { verifyInThread } from './verify-thread.ts';

export interface EmbeddedStoreOptions {
  /** The data directory. */
  readonly dir: string;
  /** How many shards; cannot change once there is data. */
  readonly shards: number;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly meter: Meter;
  /** A text index; without one, letters are read when they are searched. */
  readonly search?: LetterIndex;
  /** A lock on `dir` that the caller holds and keeps; without it the store locks by itself. */
  readonly lock?: DataLock;
  /** Called once when the store has stopped because its disk failed: the program should end soon (reliability D-5). */
  readonly stopped?: (reason: string) => void;
  readonly room?: Partial<RoomSettings>;
  /** False: writers work on the calling thread, which opens sooner; for short commands. */
  readonly threads?: boolean;
  /** Octets of a segment. */
  readonly segmentSize?: number;
  /** How long expunged letters can come back, milliseconds. */
  readonly restingTime?: number;
}

/** @throws Refusal in one sentence when the directory is in use, on an unfit file system, or of a newer version. */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  // The name of a new data directory must outlive a power cut too.
  if (mkdirSync(options.dir, { recursive: true, mode: 0o700 }) !== undefined) syncDirectory(dirname(options.dir));
  checkFileSystem(options.dir);
  const lock = options.lock ?? lockData(options.dir);
  try {
    const store = new EmbeddedStore(options, options.lock === undefined ? lock : null);
    await store.open();
    return store;
  } catch (error) {
    if (options.lock === undefined) lock.release();
    throw error;
  }
}

export class EmbeddedStore implements MailStore {
  readonly queue: EmbeddedQueue;
  readonly trace: EmbeddedTrace;
  readonly items: EmbeddedItems;
  readonly uploads: EmbeddedUploads;
  readonly #options: EmbeddedStoreOptions;
  readonly #ownLock: DataLock | null;
  readonly #mailboxes: OpenMailboxes;
  readonly #shelves: OpenShelves;
  readonly #room: Room;
  readonly #spools: Spools;
  readonly #deliveries: Deliveries;
  readonly #reading: EmbeddedReading;
  #shards: readonly Shard[] = [];
  #closed = false;
  #stopped: string | null = null;
  /** A backup is being made: no segment may go away. */
  #keepSegments = 0;
  #upkeepUnderWay: Promise<unknown> = Promise.resolve();

  constructor(options: EmbeddedStoreOptions, ownLock: DataLock | null) {
    this.#options = options;
    this.#ownLock = ownLock;
    this.#mailboxes = new OpenMailboxes((account) => this.#shardOf(account).reader);
    this.#shelves = new OpenShelves(
      (account) => this.#shardOf(account).reader,
      () => options.clock.monotonic(),
    );
    this.#room = new Room(options.dir, { ...usualRoom, ...options.room }, () => options.clock.monotonic());
    this.#spools = new Spools(join(options.dir, 'spool'));
    this.queue = new EmbeddedQueue(() => this.#openShards());
    this.trace = new EmbeddedTrace(() => this.#openShards(), options.log);
    const parts = {
      shards: () => this.#openShards(),
      checkAccount: (account: AccountId) => this.#checkAccount(account),
      checkRoom: (octets: number) => this.checkRoom(octets),
    };
    this.items = new EmbeddedItems(parts);
    this.uploads = new EmbeddedUploads({
      ...parts,
      dir: join(options.dir, 'uploads'),
      chance: options.chance,
      point: makeCrashPoint(process.env['CRASH_AT'] ?? null),
      log: options.log,
    });
    this.#reading = new EmbeddedReading({
      shardOf: (account) => this.#shardOf(account),
      checkAccount: (account) => this.#checkAccount(account),
      search: options.search,
      monotonic: () => options.clock.monotonic(),
      log: options.log,
      meter: options.meter,
    });
    this.#deliveries = new Deliveries({
      shards: () => this.#openShards(),
      checkMailbox: (account, mailbox) => this.#checkPlace(account, mailbox),
      newRows: () => this.queue.tellNew(),
      newLetterId: () => makeLetterId(options.chance, options.clock.now()),
      linesOf: (writes) => this.items.linesOf(writes),
      log: options.log,
    });
  }

  /** Opens the shards, ends what a crash left half done between them, and readies the index. */
  async open(): Promise<void> {
    const { shards, log } = this.#options;
    const crashAt = process.env['CRASH_AT'] ?? null;
    const fault = process.env['TAYORI_FAULT'] ?? null;
    if (fault !== null) log.error('store.fault-on-purpose', { fault, meaning: 'letters can be lost: for tests only' });
    const opened = await Promise.allSettled(
      Array.from({ length: shards }, (_, shard) =>
        Shard.open(
          {
            shardDir: join(this.#options.dir, `shard-${shard}`),
            shard,
            shards,
            segmentSize: this.#options.segmentSize ?? 128 << 20,
            restingTime: this.#options.restingTime ?? restingTime,
            crashAt,
            fault,
          },
          {
            effects: (effects) => this.#apply(effects),
            settled: () => this.#mailboxes.tell(),
            log: (level, event, fields) => log[level](event, fields),
            observe: (name, value) => this.#options.meter.observe(name, value),
            stopped: (reason) => this.#stop(reason),
            now: () => this.#options.clock.now(),
          },
          () => this.#options.clock.monotonic(),
          this.#options.threads ?? true,
        ),
      ),
    );
    this.#shards = opened.filter((one) => one.status === 'fulfilled').map((one) => one.value);
    const failed = opened.find((one) => one.status === 'rejected');
    if (failed !== undefined) {
      for (const shard of this.#shards) await shard.close();
      throw failed.reason;
    }
    await this.uploads.sweep();
    await this.#deliveries.finishHandOvers();
    const { meter, search } = this.#options;
    meter.gauge('tayori_store_free_octets', () => this.#room.free);
    meter.gauge('tayori_store_stopped', () => (this.#stopped === null ? 0 : 1));
    meter.gauge('tayori_store_oldest_commit_seconds', () => Math.max(0, ...this.#shards.map((shard) => shard.writer.oldest)) / 1000);
    await search?.open({
      shards,
      shardOf: (account) => account % shards,
      messagesAfter: (account, after, limit) => this.#shardOf(account).reader.messagesAfter(account, after, limit),
      accounts: (shard) => this.#openShards()[shard]!.reader.accounts(),
      readLetters: (account, messages) => this.readLetters(account, messages),
    });
  }

  // --- accounts -----------------------------------------------------------------------------------------------------

  async createAccount(account: AccountId, mailboxes: readonly { readonly name: string; readonly role: MailboxRole }[]): Promise<void> {
    await this.#shardOf(account).writer.send<'createAccount'>({ kind: 'createAccount', account, mailboxes });
  }

  async removeAccount(account: AccountId): Promise<void> {
    await this.#shardOf(account).writer.send<'removeAccount'>({ kind: 'removeAccount', account });
    await this.uploads.forgetAccount(account);
  }

  async usage(account: AccountId): Promise<{ readonly octets: number; readonly messages: number }> {
    const usage = this.#shardOf(account).reader.usage(account);
    if (usage === null) throw noAccount();
    return usage;
  }

  // --- mailboxes ----------------------------------------------------------------------------------------------------

  async mailboxes(account: AccountId): Promise<readonly MailboxInfo[]> {
    this.#openShards();
    const list = this.#mailboxes.list(account);
    if (list === null) throw noAccount();
    return list;
  }

  async createMailbox(account: AccountId, name: string, role: MailboxRole | null): Promise<MailboxInfo> {
    const id = await this.#shardOf(account).writer.send<'createMailbox'>({ kind: 'createMailbox', account, name, role });
    return this.#mailbox(account, id);
  }

  async renameMailbox(account: AccountId, mailbox: MailboxId, name: string): Promise<void> {
    await this.#shardOf(account).writer.send<'renameMailbox'>({ kind: 'renameMailbox', account, mailbox, name });
  }

  async deleteMailbox(account: AccountId, mailbox: MailboxId): Promise<void> {
    await this.#shardOf(account).writer.send<'deleteMailbox'>({ kind: 'deleteMailbox', account, mailbox });
  }

  async setSubscribed(account: AccountId, name: string, subscribed: boolean): Promise<void> {
    await this.#shardOf(account).writer.send<'setSubscribed'>({ kind: 'setSubscribed', account, name, subscribed });
  }

  async subscriptions(account: AccountId): Promise<readonly string[]> {
    this.#checkAccount(account);
    return this.#shardOf(account).reader.subscriptions(account);
  }

  async openMailbox(account: AccountId, mailbox: MailboxId): Promise<MailboxState> {
    this.#openShards();
    const state = this.#mailboxes.open(account, mailbox);
    if (state === null) throw noMailbox();
    return state;
  }

  subscribe(account: AccountId, heard: (change: AccountChange) => void): () => void {
    return this.#mailboxes.subscribe(account, heard);
  }

  // --- reading ------------------------------------------------------------------------------------------------------

  readFacts<N extends FactName>(
    account: AccountId,
    messages: ArrayLike<MessageId>,
    names: readonly N[],
  ): Promise<{ readonly [K in N]: readonly (LetterFacts[K] | undefined)[] }> {
    return this.#reading.readFacts(account, messages, names);
  }

  openLetter(account: AccountId, message: MessageId): Promise<LetterBytes> {
    return this.#reading.openLetter(account, message);
  }

  readLetters(account: AccountId, messages: ArrayLike<MessageId>, memory?: Bytes): Promise<readonly (Bytes | null)[]> {
    return this.#reading.readLetters(account, messages, memory);
  }

  readThreads(account: AccountId, messages: ArrayLike<MessageId>): Promise<readonly number[]> {
    return this.#reading.readThreads(account, messages);
  }

  readLetterIds(account: AccountId, messages: ArrayLike<MessageId>): Promise<readonly LetterId[]> {
    return this.#reading.readLetterIds(account, messages);
  }

  search(account: AccountId, query: TextQuery, among: ArrayLike<MessageId>): Promise<ReadonlySet<MessageId>> {
    return this.#reading.search(account, query, among);
  }

  vanishedSince(account: AccountId, mailbox: MailboxId, since: ModSeq): Promise<readonly Uid[] | null> {
    return this.#reading.vanishedSince(account, mailbox, since);
  }

  // --- writing ------------------------------------------------------------------------------------------------------

  spool(limit: number): Spool {
    return this.#spools.make(limit);
  }

  async commit(work: Commit): Promise<CommitResult> {
    const done = await this.#deliveries.commit(work);
    const { letters } = done;
    const resent = letters.filter((letter) => letter.resent).length;
    if (letters.length > resent) this.#options.meter.count('tayori_store_letters_total', {}, letters.length - resent);
    if (resent > 0) this.#options.meter.count('tayori_store_resent_letters_total', {}, resent);
    this.items.tell((work.items ?? []).map(({ write }) => write));
    return done;
  }

  append(
    account: AccountId,
    mailbox: MailboxId,
    letters: readonly AppendLetter[],
    quota: number | null,
  ): Promise<{ readonly uidValidity: number; readonly uids: readonly Uid[]; readonly modSeq: ModSeq }> {
    return this.#deliveries.append(account, mailbox, letters, quota, this.#options.clock.now());
  }

  async setFlags(account: AccountId, mailbox: MailboxId, uids: ArrayLike<Uid>, change: FlagChange): Promise<FlagResult> {
    return this.#shardOf(account).writer.send<'setFlags'>({ kind: 'setFlags', account, mailbox, uids: Uint32Array.from(uids), change });
  }

  async expunge(
    account: AccountId,
    mailbox: MailboxId,
    uids: ArrayLike<Uid> | null,
    onlyDeleted: boolean,
  ): Promise<{ readonly uids: readonly Uid[]; readonly modSeq: ModSeq }> {
    const wanted = uids === null ? null : Uint32Array.from(uids);
    return this.#shardOf(account).writer.send<'expunge'>({ kind: 'expunge', account, mailbox, uids: wanted, onlyDeleted });
  }

  async copy(
    account: AccountId,
    from: MailboxId,
    uids: ArrayLike<Uid>,
    to: MailboxId,
    { move, quota }: { readonly move: boolean; readonly quota: number | null },
  ): Promise<CopyResult> {
    return this.#shardOf(account).writer.send<'copy'>({ kind: 'copy', account, from, uids: Uint32Array.from(uids), to, move, quota });
  }

  // --- the account as a whole -----------------------------------------------------------------------------------------

  async openShelf(account: AccountId): Promise<Shelf> {
    this.#openShards();
    return this.#shelf(account);
  }

  async changesSince(account: AccountId, since: ModSeq): Promise<ShelfChanges | null> {
    const { reader } = this.#shardOf(account);
    const shelf = this.#shelf(account);
    try {
      if (since > shelf.modSeq) return null;
      const gone = readGone(reader, account, since);
      return gone === null ? null : changesOf(shelf, since, gone.letters, gone.mailboxes);
    } finally {
      shelf.release();
    }
  }

  async revise(
    account: AccountId,
    revisions: readonly Revision[],
    _quota: number | null,
  ): Promise<{ readonly modSeq: ModSeq; readonly outcomes: readonly RevisionOutcome[] }> {
    // A letter counts once however often it lies in an account: no revision needs room in the quota.
    const places = this.#placesOf(account, revisions);
    const { modSeq, outcomes } = await this.#shardOf(account).writer.send<'revise'>({
      kind: 'revise',
      account,
      revisions,
      places,
      items: null,
    });
    return { modSeq, outcomes };
  }

  async reviseNoting(
    account: AccountId,
    revision: Revision,
    items: readonly ItemWrite[],
  ): Promise<{ readonly modSeq: ModSeq; readonly items: readonly number[] }> {
    const revisions = [revision];
    const places = this.#placesOf(account, revisions);
    const lines = this.items.linesOf(items);
    const done = await this.#shardOf(account).writer.send<'revise'>({ kind: 'revise', account, revisions, places, items: lines });
    this.items.tell(items);
    return { modSeq: done.modSeq, items: done.items };
  }

  #placesOf(account: AccountId, revisions: readonly Revision[]): number[][] {
    const shelf = this.#shelves.find(account);
    return revisions.map(({ message }) => {
      const at = shelf?.indexOf(message) ?? -1;
      return at < 0 ? [] : shelf!.allPlacesAt(at).flatMap(({ mailbox, uid }) => [mailbox, uid]);
    });
  }

  addLetters(account: AccountId, letters: readonly NewLetter[], quota: number | null): ReturnType<MailStore['addLetters']> {
    return this.#deliveries.addLetters(account, letters, quota, this.#options.clock.now());
  }

  async reviseMailbox(account: AccountId, mailbox: MailboxId, change: MailboxRevision): Promise<void> {
    await this.#shardOf(account).writer.send<'reviseMailbox'>({ kind: 'reviseMailbox', account, mailbox, change });
  }

  // --- undo ---------------------------------------------------------------------------------------------------------

  async resting(account: AccountId, limit: number): Promise<readonly RestingLetter[]> {
    this.#checkAccount(account);
    return this.#shardOf(account).reader.resting(account, limit);
  }

  async restore(account: AccountId, ids: readonly number[]): Promise<number> {
    return this.#shardOf(account).writer.send<'restore'>({ kind: 'restore', account, ids });
  }

  // --- stations -----------------------------------------------------------------------------------------------------

  async openQueued(letter: LetterId): Promise<LetterBytes> {
    for (const shard of this.#openShards()) {
      if (shard.reader.queuedPlace(letter) === null) continue;
      return shard.openPlace(
        () => shard.reader.queuedPlace(letter),
        () => this.#options.log.error('store.letter-damaged', { letter }),
      );
    }
    throw new Refusal('nonexistent', 'The queue holds no such letter');
  }

  // --- upkeep -------------------------------------------------------------------------------------------------------

  upkeep(): Promise<boolean> {
    const work = this.#upkeep();
    this.#upkeepUnderWay = work.catch(() => {});
    return work;
  }

  async #upkeep(): Promise<boolean> {
    await this.trace.flush();
    let more = false;
    for (const shard of this.#openShards()) {
      const result = await shard.writer.send<'upkeep'>({ kind: 'upkeep', keepSegments: this.#keepSegments > 0 });
      more ||= result.more;
      shard.octets.forget(result.emptied);
      await this.uploads.forget(result.uploads);
      for (const { account, messages } of result.removed) this.#options.search?.removed(account, messages);
      for (const { account, messages } of result.removed) this.#reading.forget(account, messages);
      await this.#room
        .restoreBallast(shard.dir)
        .catch((error) => this.#options.log.warn('store.no-ballast', { shard: shard.number }, error));
    }
    this.#shelves.trim();
    await this.#deliveries.finishHandOvers();
    await this.#options.search?.upkeep();
    return more;
  }

  async *verify(options: {
    readonly quick: boolean;
    readonly progress?: (done: number, of: number) => void;
    readonly signal?: AbortSignal;
  }): AsyncIterable<VerifyFinding> {
    const { quick, signal } = options;
    const shards = this.#openShards();
    const of = shards.reduce((sum, shard) => sum + shard.reader.letterCount(), 0);
    let done = 0;
    for (const shard of shards) {
      const checked = (letters: number): void => {
        done += letters;
        options.progress?.(Math.min(done, of), of);
      };
      if (this.#options.threads === false) yield* verifyShard(shard, quick, checked);
      else yield* verifyInThread({ dir: shard.dir, number: shard.number, shards: shards.length, quick }, checked, signal);
    }
    options.progress?.(of, of);
  }

  checkRoom(octets: number): void {
    const shards = this.#openShards();
    if (this.#stopped !== null) throw new Unavailable('store-stopped', 'The store has stopped because its disk failed');
    this.#room.check(octets);
    // Reliability D-13: who comes while commits take this long only makes it worse.
    for (const shard of shards) if (shard.writer.oldest > 2000) throw new Unavailable('busy', 'The store has too much to do');
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const flushed = this.trace.flush();
    this.#closed = true;
    await flushed;
    await this.#options.search?.close();
    await Promise.all(this.#shards.map((shard) => shard.close()));
    await this.#deliveries.close();
    this.#ownLock?.release();
  }

  /** For those who work beside the contract: backup and tests. */
  get shards(): readonly Shard[] {
    return this.#openShards();
  }

  /** While `work` runs, no segment goes away. */
  async keepingSegments<R>(work: () => Promise<R>): Promise<R> {
    this.#keepSegments++;
    try {
      // One that was asked for before may take segments away until it ends.
      await this.#upkeepUnderWay;
      return await work();
    } finally {
      this.#keepSegments--;
    }
  }

  // --- inside -------------------------------------------------------------------------------------------------------

  #openShards(): readonly Shard[] {
    if (this.#closed) throw new Unavailable('store-stopped', 'The store is closed');
    return this.#shards;
  }

  #shardOf(account: AccountId): Shard {
    const shards = this.#openShards();
    const shard = shards[account % shards.length];
    if (shard === undefined) throw noAccount();
    return shard;
  }

  #checkAccount(account: AccountId): void {
    this.#openShards();
    if (!this.#mailboxes.has(account)) throw noAccount();
  }

  #shelf(account: AccountId): PackedShelf {
    const shelf = this.#shelves.open(account);
    if (shelf === null) throw noAccount();
    return shelf;
  }

  #mailbox(account: AccountId, mailbox: MailboxId): MailboxInfo {
    const info = this.#mailboxes.find(account, mailbox);
    if (info === null) throw noMailbox();
    return info;
  }

  #checkPlace(account: AccountId, mailbox: MailboxId | MailboxRole): void {
    this.#checkAccount(account);
    if (typeof mailbox === 'number') this.#mailbox(account, mailbox);
  }

  #apply(effects: readonly AccountEffect[]): void {
    const { search } = this.#options;
    for (const effect of effects) {
      this.#mailboxes.apply(effect);
      this.#shelves.apply(effect);
      if (effect.removed) this.#reading.forgetAccount(effect.account);
      if (search === undefined) continue;
      if (effect.removed) search.accountRemoved(effect.account);
      else if (effect.newMessages.length > 0) search.added(effect.account, effect.newMessages);
    }
  }

  #stop(reason: string): void {
    if (this.#stopped !== null || this.#closed) return;
    this.#stopped = reason;
    this.#options.log.error('store.stopped', { reason });
    this.#options.stopped?.(reason);
  }
}

function noAccount(): Refusal {
  return new Refusal('nonexistent', 'There is no such account');
}

function noMailbox(): Refusal {
  return new Refusal('nonexistent', 'There is no such mailbox');
}
