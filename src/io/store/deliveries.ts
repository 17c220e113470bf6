// Letters on their way from spools into shards: where a commit is at home, which octets travel how, and what goes on to other shards.
// Knows spools, jobs and hand-overs; knows no row.
//
// A commit is one transaction in one shard, its home: that of the account whose items it changes, else of the queue rows it finishes,
// else of the first place of its letters.
// Places in other shards are written there as hand-over rows, which keep the octets alive and make the promise durable. They are
// delivered right after, under a key that makes a second delivery a no-op, and what a crash left is delivered at the next start. So
// every recipient has the letter exactly once; with several shards the others may have it a moment later than the first.
import { noBytes, type Bytes } from '../../base/bytes.ts';
import type { Log } from '../../base/log.ts';
import { Refusal } from '../../base/trouble.ts';
import type {
  AcceptLetter,
  AccountId,
  AppendLetter,
  Commit,
  CommitResult,
  LetterId,
  MailboxId,
  MailboxRole,
  ModSeq,
  Spool,
  Uid,
} from '../../store/contract.ts';
import { accountOfItems } from '../../store/item-rules.ts';
import type { NewLetter } from '../../store/shelf-contract.ts';
import type { ItemWrite } from '../../store/items-contract.ts';
import type { AcceptJob, AppendJob, Cargo, HandOver, HandOverWork, ItemLine, JobResults, LargeLetter, NewLetterJob } from './jobs.ts';
import { LargeLetters } from './large-letters.ts';
import type { Shard } from './shard.ts';
import { LetterSpool } from './spools.ts';

export interface DeliveryParts {
  shards(): readonly Shard[];
  /** @throws Refusal `nonexistent`. */
  checkMailbox(account: AccountId, mailbox: MailboxId | MailboxRole): void;
  newRows(): void;
  newLetterId(): LetterId;
  /** @throws Refusal `too-big`, Unavailable `disk-full`. */
  linesOf(writes: readonly ItemWrite[]): readonly ItemLine[];
  readonly log: Log;
}

/** The octets of a letter, ready to be sent along. */
interface Packed {
  readonly pieces: readonly Bytes[];
  readonly length: number;
  readonly prefix: number;
  readonly large: LargeLetter | null;
}

type Accepted = CommitResult['letters'][number];

export class Deliveries {
  readonly #parts: DeliveryParts;
  readonly #large = new LargeLetters();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  async commit(work: Commit): Promise<CommitResult> {
    const items = work.items ?? [];
    const owner = accountOfItems(items);
    const lines = this.#parts.linesOf(items.map(({ write }) => write));
    const letters = work.letters ?? [];
    const packed: Packed[] = [];
    for (const letter of letters) packed.push(await this.#pack(letter.spool, letter.prefix, letter.placements.length > 0));
    const shards = this.#parts.shards();
    if (owner !== null) this.#parts.checkMailbox(owner, 'inbox');
    const home = shards[owner === null ? this.#homeOf(work, shards.length) : owner % shards.length]!;
    if (shards.length > 1) {
      for (const { placements } of letters)
        for (const { account, mailbox, yields } of placements)
          if (account % shards.length !== home.number) this.#parts.checkMailbox(account, yields === true ? 'inbox' : mailbox);
    }
    const results = work.queue ?? [];
    const done = await home.writer.send<'commit'>({
      kind: 'commit',
      letters: letters.map((letter, index) => acceptJob(letter, load(home, packed[index]!), home.number, shards.length)),
      queue: results.filter((result) => result.id % shards.length === home.number),
      queueElsewhere: results.filter((result) => result.id % shards.length !== home.number),
      events: work.events ?? [],
      items: owner === null ? null : { account: owner, lines },
    });
    for (const { spool } of letters) letGo(spool);
    if (done.newQueueRows) this.#parts.newRows();
    return { items: done.items, letters: done.handOvers.length === 0 ? done.letters : await this.#handOverAll(home, done) };
  }

  async append(
    account: AccountId,
    mailbox: MailboxId,
    letters: readonly AppendLetter[],
    quota: number | null,
    now: number,
  ): Promise<{ readonly uidValidity: number; readonly uids: readonly Uid[]; readonly modSeq: ModSeq }> {
    const packed: Packed[] = [];
    for (const letter of letters) packed.push(await this.#pack(letter.spool, noBytes(), true));
    const shards = this.#parts.shards();
    const shard = shards[account % shards.length]!;
    const jobs = letters.map((letter, index): AppendJob => ({
      cargo: load(shard, packed[index]!),
      flags: letter.flags,
      receivedAt: letter.receivedAt ?? now,
      letter: letter.letter ?? this.#parts.newLetterId(),
    }));
    const done = await shard.writer.send<'append'>({ kind: 'append', account, mailbox, letters: jobs, quota });
    for (const { spool } of letters) letGo(spool);
    return done;
  }

  async addLetters(
    account: AccountId,
    letters: readonly NewLetter[],
    quota: number | null,
    now: number,
  ): Promise<JobResults['addLetters']> {
    const packed: Packed[] = [];
    for (const letter of letters) packed.push(await this.#pack(letter.spool, noBytes(), true));
    const shards = this.#parts.shards();
    const shard = shards[account % shards.length]!;
    const jobs = letters.map((letter, index): NewLetterJob => ({
      cargo: load(shard, packed[index]!),
      mailboxes: [...new Set(letter.mailboxes)],
      flags: letter.flags,
      receivedAt: letter.receivedAt ?? now,
      letter: letter.letter ?? this.#parts.newLetterId(),
    }));
    const done = await shard.writer.send<'addLetters'>({ kind: 'addLetters', account, letters: jobs, quota });
    for (const { spool } of letters) letGo(spool);
    return done;
  }

  /** Delivers what other shards have not got yet: at start, and after trouble. */
  async finishHandOvers(): Promise<void> {
    const shards = this.#parts.shards();
    if (shards.length === 1) return;
    for (const home of shards) {
      for (const handOver of home.reader.handOvers()) await this.#handOver(home, handOver);
    }
  }

  close(): Promise<void> {
    return this.#large.close();
  }

  async #pack(spool: Spool, prefix: Bytes, withFacts: boolean): Promise<Packed> {
    const length = prefix.length + spool.length;
    if (spool instanceof LetterSpool && spool.path !== null) {
      const { path, start, spoolSha256 } = await spool.finish(prefix);
      const { sha256, facts } = await this.#large.read(path, start, length);
      return { pieces: [], length, prefix: prefix.length, large: { path, start, sha256, spoolSha256, facts: withFacts ? facts : null } };
    }
    const octets = spool instanceof LetterSpool ? spool.held : await spool.read();
    return { pieces: prefix.length === 0 ? [octets] : [prefix, octets], length, prefix: prefix.length, large: null };
  }

  /** The same letter for the same recipients always has the same home: there a re-send is recognised. */
  #homeOf(work: Commit, shards: number): number {
    if (shards === 1) return 0;
    const row = work.queue?.[0];
    if (row !== undefined) return row.id % shards;
    const letters = work.letters ?? [];
    const accounts = letters.flatMap(({ placements }) => placements.map(({ account }) => account));
    if (accounts.length > 0) return Math.min(...accounts) % shards;
    let sum = 0;
    for (const letter of letters) for (let at = 0; at < letter.reversePath.length; at++) sum += letter.reversePath.charCodeAt(at);
    return sum % shards;
  }

  async #handOverAll(home: Shard, done: JobResults['commit']): Promise<readonly Accepted[]> {
    const letters = done.letters.map((letter) => ({ ...letter, placed: [...letter.placed] }));
    for (const handOver of done.handOvers) {
      const placed = await this.#handOver(home, handOver);
      if (handOver.index !== null) letters[handOver.index]!.placed.push(...placed);
    }
    return letters;
  }

  /** The second half of a delivery. The promise stands whatever happens here: what fails is tried again later. */
  async #handOver(home: Shard, { id, shard, work }: Omit<HandOver, 'index'>): Promise<Accepted['placed']> {
    const target = this.#parts.shards()[shard]!;
    try {
      const placed = await this.#deliver(home, target, id, work);
      await home.writer.send<'handedOver'>({ kind: 'handedOver', id });
      return placed;
    } catch (error) {
      // The account or mailbox has gone meanwhile: then there is nobody to have it.
      if (error instanceof Refusal) await home.writer.send<'handedOver'>({ kind: 'handedOver', id });
      this.#parts.log.warn('store.hand-over-failed', { from: home.number, to: shard, id }, error);
      return [];
    }
  }

  async #deliver(home: Shard, target: Shard, id: number, work: HandOverWork): Promise<Accepted['placed']> {
    const bare = { letters: [], queue: [], queueElsewhere: [], events: [], items: null };
    if (work.kind === 'queue') {
      await target.writer.send<'commit'>({ kind: 'commit', ...bare, queue: [work.result] });
      return [];
    }
    const letter = await home.openPlace(
      () => home.reader.handOverPlace(id),
      () => this.#parts.log.error('store.letter-damaged', { letter: work.letter }),
    );
    const octets = await letter.read(0, letter.length);
    const job: AcceptJob = {
      cargo: load(target, { pieces: [octets], length: octets.length, prefix: 0, large: null }),
      letter: work.letter,
      receivedAt: work.receivedAt,
      reversePath: work.reversePath,
      placements: work.placements,
      elsewhere: [],
      queue: [],
      envelopeId: null,
      returns: null,
      smtpUtf8: false,
      bodyType: '7bit',
      resendKey: null,
      resentUntil: 0,
    };
    const done = await target.writer.send<'commit'>({ kind: 'commit', ...bare, letters: [job] });
    return done.letters[0]!.placed;
  }
}

/** After the commit: nobody reads the spool any more. */
function letGo(spool: Spool): void {
  if (spool instanceof LetterSpool) spool.kept();
  else spool.discard();
}

/** Must be followed by `send` without a pause: both go into the same batch. */
function load(shard: Shard, { pieces, length, prefix, large }: Packed): Cargo {
  return { start: large === null ? shard.writer.load(pieces) : 0, length, prefix, file: large };
}

function acceptJob(letter: AcceptLetter, cargo: Cargo, home: number, shards: number): AcceptJob {
  const here = (account: AccountId): boolean => account % shards === home;
  const recipients = (): string[] => [
    ...letter.placements.map(({ account }) => `${account}`),
    ...letter.queue.map(({ recipient }) => recipient),
  ];
  return {
    cargo,
    letter: letter.letter,
    receivedAt: letter.receivedAt,
    reversePath: letter.reversePath,
    placements: letter.placements.filter(({ account }) => here(account)),
    elsewhere: letter.placements.filter(({ account }) => !here(account)),
    queue: letter.queue,
    envelopeId: letter.dsn?.envelopeId ?? null,
    returns: letter.dsn?.returns ?? null,
    smtpUtf8: letter.smtpUtf8 ?? false,
    bodyType: letter.bodyType ?? '7bit',
    resendKey: letter.resentUntil !== undefined ? `\0${letter.reversePath}\0${recipients().sort().join('\0')}` : null,
    resentUntil: letter.resentUntil ?? 0,
  };
}
