// Import: letters of other programs into the mailboxes of a person. Knows batches, the ledger, and how nothing is doubled or lost; knows
// no format of files and no terminal.
//
// Every letter gets an id made of the import's own id, its source and its place there. A crash may fall between a batch and its mark;
// on the way on, letters that the account already holds under such an id are passed over.
import { resolve } from 'node:path';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import { bytesFromHex } from '../../base/bytes.ts';
import { sha256Hex } from '../../base/digest.ts';
import type { MboxQuoting } from '../../message/mbox.ts';
import type { AccountId, AppendLetter, LetterId, MailboxInfo, MailStore, MessageId } from '../../store/contract.ts';
import type { AccountRow } from '../../store/directory-contract.ts';
import { letterIdBeside, makeLetterId } from '../../store/letter-id.ts';
import { maxKeywords } from '../../store/limits.ts';
import type { MailboxState } from '../../store/mailbox-state.ts';
import { CommandTrouble, type Work } from '../cli/command.ts';
import type { Office } from '../office.ts';
import { Ledger, openLedger, peekLedger, type LedgerFor, type Mark } from './ledger.ts';
import { lettersOf, SourceChanged, weightOf, type FoundLetter } from './letters.ts';
import { Pace } from './pace.ts';
import { importTrouble } from './sentences.ts';
import { findSources, type Found, type MoveFormat, type Source } from './sources.ts';
import { findTarget } from './targets.ts';

export interface ImportAsk {
  readonly address: string;
  /** Absolute. */
  readonly paths: readonly string[];
  readonly format: MoveFormat | null;
  readonly into: string | null;
  readonly resume: boolean;
  readonly again: boolean;
}

export interface ImportReport {
  readonly address: string;
  /** Of this run. */
  readonly found: number;
  readonly imported: number;
  readonly octets: number;
  /** In by an earlier run of the same import. */
  readonly earlier: number;
  readonly milliseconds: number;
  readonly mailboxes: readonly { readonly name: string; readonly imported: number }[];
  /** How many for which reason, and the first of them by place. */
  readonly refused: readonly { readonly reason: string; readonly letters: number; readonly places: readonly string[] }[];
  readonly passedOver: readonly { readonly path: string; readonly reason: string }[];
  readonly keywordsLeftOut: number;
}

const batchLetters = 200;
const batchOctets = 4 << 20;
const mostPlaces = 20;
/** A busy store is asked again. */
const busyPauseMs = 200;
const busyPatienceMs = 120_000;

interface Plan {
  readonly path: string;
  readonly found: Found;
  readonly ledger: LedgerFor;
}

/** Imports under way in this process, by what they import. */
const underWay = new Set<string>();

/** @throws CommandTrouble in one sentence with the next step. */
export async function importLetters(ask: ImportAsk, office: Office, work: Work): Promise<ImportReport> {
  const account = office.people.get(ask.address);
  if (account.closedAt !== null) throw new CommandTrouble(importTrouble.closed(account.address));
  const keys = ask.paths.map((path) => `${office.folder}\0${account.id}\0${path}\0${ask.into ?? ''}`);
  const busy = keys.findIndex((key, index) => underWay.has(key) || keys.indexOf(key) !== index);
  if (busy >= 0) throw new CommandTrouble(importTrouble.underWay(ask.paths[busy]!));
  for (const key of keys) underWay.add(key);
  try {
    return await new Importing(ask, office, work, account).run();
  } finally {
    for (const key of keys) underWay.delete(key);
  }
}

class Importing {
  readonly #ask: ImportAsk;
  readonly #office: Office;
  readonly #work: Work;
  readonly #store: MailStore;
  readonly #account: AccountRow;
  readonly #quoting: MboxQuoting;
  readonly #refused = new Map<string, { letters: number; places: string[] }>();
  readonly #mailboxes = new Map<string, number>();
  #pace: Pace | null = null;
  #found = 0;
  #imported = 0;
  #octets = 0;
  #earlier = 0;
  #keywordsLeftOut = 0;

  constructor(ask: ImportAsk, office: Office, work: Work, account: AccountRow) {
    this.#ask = ask;
    this.#office = office;
    this.#work = work;
    this.#store = office.store;
    this.#account = account;
    this.#quoting = ask.format === 'mboxo' ? 'o' : 'rd';
  }

  async run(): Promise<ImportReport> {
    const { clock } = this.#office;
    const began = clock.monotonic();
    const plans: Plan[] = [];
    for (const path of this.#ask.paths) plans.push(await this.#plan(path));
    const opened: { plan: Plan; ledger: Ledger }[] = [];
    try {
      for (const plan of plans) {
        const id = makeLetterId(this.#office.chance, clock.now());
        opened.push({ plan, ledger: await openLedger(plan.ledger, this.#ask.again, id, clock.now()) });
      }
      const of = opened.reduce(
        (sum, { plan, ledger }) =>
          sum + plan.found.sources.reduce((part, source) => part + weightOf(source, ledger.marks.get(source.label)?.to ?? null), 0),
        0,
      );
      this.#pace = new Pace({ say: (progress) => this.#work.say(progress), monotonic: () => clock.monotonic(), of });
      for (const { plan, ledger } of opened) await this.#importAll(plan, ledger);
    } finally {
      for (const { ledger } of opened) await ledger.close();
    }
    this.#pace.tell();
    const refused = [...this.#refused].map(([reason, { letters, places }]) => ({ reason, letters, places }));
    const refusedLetters = refused.reduce((sum, { letters }) => sum + letters, 0);
    if (this.#found !== this.#imported + refusedLetters)
      throw new CommandTrouble(importTrouble.count(this.#found, this.#imported, refusedLetters));
    return {
      address: this.#account.address,
      found: this.#found,
      imported: this.#imported,
      octets: this.#octets,
      earlier: this.#earlier,
      milliseconds: Math.round(clock.monotonic() - began),
      mailboxes: [...this.#mailboxes].map(([name, imported]) => ({ name, imported })),
      refused,
      passedOver: plans.flatMap(({ found }) => found.passedOver),
      keywordsLeftOut: this.#keywordsLeftOut,
    };
  }

  /** What lies there, and whether it may be begun. */
  async #plan(path: string): Promise<Plan> {
    const { format, into, resume, again } = this.#ask;
    const { address } = this.#account;
    const localPart = address.slice(0, address.lastIndexOf('@'));
    let found: Found;
    try {
      found = await findSources(resolve(path), format, ['inbox', 'mbox', localPart]);
    } catch (trouble) {
      const code = (trouble as NodeJS.ErrnoException).code;
      if (code === undefined) throw trouble;
      throw new CommandTrouble(
        code === 'ENOENT' || code === 'ENOTDIR' ? importTrouble.nothing(path) : importTrouble.unreadable(path, code),
      );
    }
    const [only] = found.passedOver;
    if (found.sources.length === 0 && format === null && only?.path === '.')
      throw new CommandTrouble(importTrouble.onlyThis(path, only.reason));
    if (found.sources.length === 0)
      throw new CommandTrouble(format === null ? importTrouble.noLetters(path) : importTrouble.notFormat(path, format));
    const ledger = { folder: this.#office.folder, account: this.#account.id, address, path, into };
    const kept = await peekLedger(ledger);
    if (kept !== null && !resume && !again)
      throw new CommandTrouble(
        kept.endedAt === null
          ? importTrouble.unfinished(path, kept.imported)
          : importTrouble.finished(path, new Date(kept.endedAt).toISOString().slice(0, 10), kept.imported),
      );
    return { path, found, ledger };
  }

  async #importAll(plan: Plan, ledger: Ledger): Promise<void> {
    const earlier = ledger.imported;
    this.#earlier += earlier;
    const resumed = ledger.marks.size > 0 || ledger.endedAt !== null || this.#ask.resume;
    const doubtful = resumed ? await this.#idsAfter(ledger.message) : new Set<LetterId>();
    for (const source of plan.found.sources) {
      const target = await findTarget(this.#store, this.#account.id, source, this.#ask.into);
      const state = await this.#store.openMailbox(this.#account.id, target.id);
      try {
        await this.#importSource({ source, target, state, ledger, doubtful }, plan.path);
      } finally {
        state.release();
      }
    }
    await ledger.end(this.#office.clock.now());
  }

  async #importSource(lane: Lane, path: string): Promise<void> {
    const mark = lane.ledger.marks.get(lane.source.label);
    const room = { spool: (limit: number) => this.#store.spool(limit), limit: this.#office.settings.letterLimit, quoting: this.#quoting };
    let batch: FoundLetter[] = [];
    let octets = 0;
    // While one batch is on its way to the disk, the next is read.
    let before: Promise<void> = Promise.resolve();
    try {
      for await (const letter of lettersOf(lane.source, mark?.to ?? null, room)) {
        batch.push(letter);
        octets += letter.spool?.length ?? 0;
        if (batch.length < batchLetters && octets < batchOctets) continue;
        await before;
        this.#checkStopped(lane.ledger);
        const full = batch;
        before = this.#commit(lane, full);
        before.catch(() => {});
        batch = [];
        octets = 0;
      }
      await before;
      this.#checkStopped(lane.ledger);
      if (batch.length > 0) await this.#commit(lane, batch);
    } catch (trouble) {
      for (const letter of batch) letter.spool?.discard();
      await before.catch(() => {});
      if (trouble instanceof SourceChanged) throw new CommandTrouble(importTrouble.changed(path));
      throw this.#inWords(trouble, lane.ledger, path);
    }
  }

  /** One batch and its mark. */
  async #commit({ source, target, state, ledger, doubtful }: Lane, batch: readonly FoundLetter[]): Promise<void> {
    const ids = new Map(batch.map((letter) => [letter, letterIdOf(ledger.head.id, source.label, letter.key)]));
    const taken = batch.filter((letter) => letter.spool !== null);
    const fresh = taken.filter((letter) => !doubtful.has(ids.get(letter)!));
    let octets = 0;
    for (const letter of taken) octets += letter.spool!.length;
    const known = ledger.marks.get(source.label) ?? { found: 0, imported: 0, refused: 0, message: 0 };
    let message = Math.max(known.message, ledger.message);
    try {
      if (fresh.length > 0) {
        await this.#waitForRoom(octets);
        const letters = fresh.map(({ spool, flags, receivedAt }, index): AppendLetter => ({
          spool: spool!,
          flags: this.#knownFlags(flags, state),
          receivedAt: receivedAt ?? this.#office.clock.now(),
          letter: ids.get(fresh[index]!)!,
        }));
        const { uids } = await this.#store.append(this.#account.id, target.id, letters, this.#account.quota);
        message = Math.max(message, state.messages[state.indexOf(uids.at(-1)!)] ?? 0);
      }
    } finally {
      for (const letter of taken) letter.spool!.discard();
    }
    const mark: Mark = {
      to: batch.at(-1)!.next,
      found: known.found + batch.length,
      imported: known.imported + taken.length,
      refused: known.refused + batch.length - taken.length,
      message,
    };
    await ledger.mark(source.label, mark);
    for (const letter of batch) if (letter.refused !== null) this.#note(letter.refused, `${source.label} ${letter.key}`);
    this.#found += batch.length;
    this.#imported += taken.length;
    this.#octets += octets;
    this.#mailboxes.set(target.name, (this.#mailboxes.get(target.name) ?? 0) + taken.length);
    this.#pace!.step(
      batch.reduce((sum, letter) => sum + letter.weight, 0),
      batch.length,
      octets,
    );
    // Sessions of others come first.
    await new Promise(setImmediate);
  }

  #note(reason: string, place: string): void {
    const entry = this.#refused.get(reason) ?? { letters: 0, places: [] };
    this.#refused.set(reason, entry);
    entry.letters++;
    if (entry.places.length < mostPlaces) entry.places.push(place);
  }

  /** A mailbox has only so many keywords: those beyond are left out, and counted. */
  #knownFlags(flags: readonly string[], state: MailboxState): readonly string[] {
    if (flags.every((flag) => flag.startsWith('\\'))) return flags;
    const words = this.#keywordsOf(state);
    return flags.filter((flag) => {
      const key = flag.toLowerCase();
      if (flag.startsWith('\\') || words.has(key)) return true;
      // Some are left for mail apps, which set their own.
      const room = words.size < maxKeywords - 20;
      if (room) words.add(key);
      else this.#keywordsLeftOut++;
      return room;
    });
  }

  readonly #keywords = new WeakMap<MailboxState, Set<string>>();
  #keywordsOf(state: MailboxState): Set<string> {
    const known = this.#keywords.get(state) ?? new Set(state.keywords.map((keyword) => keyword.toLowerCase()));
    this.#keywords.set(state, known);
    return known;
  }

  async #waitForRoom(octets: number): Promise<void> {
    const { clock } = this.#office;
    for (const began = clock.monotonic(); ;) {
      try {
        return this.#store.checkRoom(octets);
      } catch (trouble) {
        const wait = trouble instanceof Unavailable && trouble.code === 'busy' && clock.monotonic() - began < busyPatienceMs;
        if (!wait || this.#work.signal.aborted) throw trouble;
        await new Promise<void>((wake) => clock.after(busyPauseMs, wake));
      }
    }
  }

  #checkStopped(ledger: Ledger): void {
    if (this.#work.signal.aborted) throw new CommandTrouble(importTrouble.stopped(ledger.imported));
  }

  #inWords(trouble: unknown, ledger: Ledger, path: string): unknown {
    if (trouble instanceof Refusal && trouble.code === 'over-quota')
      return new CommandTrouble(importTrouble.quota(this.#account.address, this.#account.quota ?? 0, ledger.imported));
    if (trouble instanceof Unavailable && trouble.code === 'disk-full') return new CommandTrouble(importTrouble.full(ledger.imported));
    if (trouble instanceof Unavailable && trouble.code === 'unknown-outcome')
      return new CommandTrouble(importTrouble.unknown(ledger.imported));
    const { code, syscall } = trouble as NodeJS.ErrnoException;
    if (code !== undefined && syscall !== undefined) return new CommandTrouble(importTrouble.unreadable(path, code));
    return trouble;
  }

  /** Ids of all letters of the account, those at rest too, that came after this number. */
  async #idsAfter(message: MessageId): Promise<Set<LetterId>> {
    const account = this.#account.id;
    const ids = new Set<LetterId>();
    for (const mailbox of await this.#store.mailboxes(account)) {
      if (mailbox.messages === 0) continue;
      const later = await messagesAfter(this.#store, account, mailbox, message);
      await collectIds(this.#store, account, later, ids);
    }
    const resting = await this.#store.resting(account, mostResting);
    await collectIds(
      this.#store,
      account,
      resting.map((letter) => letter.message).filter((id) => id > message),
      ids,
    );
    return ids;
  }
}

interface Lane {
  readonly source: Source;
  readonly target: MailboxInfo;
  readonly state: MailboxState;
  readonly ledger: Ledger;
  /** Ids that may have come in after the last mark. */
  readonly doubtful: ReadonlySet<LetterId>;
}

const mostResting = 100_000;
const idsAtOnce = 2_000;

async function messagesAfter(store: MailStore, account: AccountId, mailbox: MailboxInfo, message: MessageId): Promise<number[]> {
  const state = await store.openMailbox(account, mailbox.id);
  try {
    return Array.from(state.messages.subarray(0, state.count)).filter((id) => id > message);
  } finally {
    state.release();
  }
}

async function collectIds(store: MailStore, account: AccountId, messages: readonly MessageId[], into: Set<LetterId>): Promise<void> {
  for (let at = 0; at < messages.length; at += idsAtOnce) {
    for (const id of await store.readLetterIds(account, messages.slice(at, at + idsAtOnce))) if (id !== '') into.add(id);
    await new Promise(setImmediate);
  }
}

/** The same letter of the same import always has the same id; no chance is in it beyond the import's own. */
function letterIdOf(importId: string, source: string, key: string): LetterId {
  const octets = bytesFromHex(sha256Hex(`${importId}\0${source}\0${key}`));
  return letterIdBeside(importId, octets);
}
