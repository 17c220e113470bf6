// Takes the letters of a visit in: looks at each as it goes by, puts them into the store in batches, then writes their rows.
// Knows the order that nothing may change: first the letter is kept, then the ledger says so. Knows no server.
import type { Bytes } from '../../base/bytes.ts';
import { noBytes } from '../../base/bytes.ts';
import { Refusal } from '../../base/trouble.ts';
import type { LetterOutcome, LetterReceiver, LetterSink } from '../../protocol/pop3/client-contract.ts';
import type { MessageNumber } from '../../protocol/pop3/command.ts';
import type { AcceptLetter, LetterId, Spool } from '../../store/contract.ts';
import { makeLetterId } from '../../store/letter-id.ts';
import type { Pop3LetterRow } from '../../store/ledger-contract.ts';
import type { MailboxState } from '../../store/mailbox-state.ts';
import type { TraceEvent } from '../../store/trace-contract.ts';
import { LetterEye, placementKey, storyOf, type LetterStory, type SeenLetter } from './pop3-identity.ts';
import type { KnownLetters } from './pop3-known.ts';
import { batchLetters, batchOctets, type Pop3CollectorParts } from './pop3-parts.ts';

/** A letter that is to be fetched, and what is known of it. */
export interface Wanted {
  readonly number: MessageNumber;
  readonly key: string;
  /** As LIST tells it. */
  readonly size: number;
  readonly tries: number;
}

export interface IntakeParts {
  readonly parts: Pop3CollectorParts;
  readonly inbox: MailboxState;
  readonly known: KnownLetters;
  /** Facts of the connection for the journey: peer, peerAddress, tls, login. */
  readonly facts: Readonly<Record<string, string>>;
  readonly wanted: (number: MessageNumber) => Wanted;
  readonly signal: AbortSignal;
  /** So many letters were put into the store; so many of those wanted are here now, the others were here before. */
  readonly kept: (placed: number, here: number) => void;
}

interface Whole {
  readonly wanted: Wanted;
  readonly spool: Spool;
  readonly seen: SeenLetter;
}

export class Pop3Intake implements LetterReceiver {
  readonly limit: number;
  readonly #own: IntakeParts;
  /** The letter that is being read. */
  #open: { readonly number: MessageNumber; readonly eye: LetterEye; readonly spool: Spool } | null = null;
  #batch: Whole[] = [];
  #octets = 0;
  /** Rows that need no letter: failures, and letters that were here. */
  #rows: Pop3LetterRow[] = [];
  #removed: number[] = [];
  /** One batch is on its way into the store while the next one is read. */
  #under: Promise<void> = Promise.resolve();

  constructor(own: IntakeParts) {
    this.#own = own;
    this.limit = own.parts.letterMax;
  }

  /** The letter in hand when the connection broke: null between letters. */
  get inHand(): MessageNumber | null {
    return this.#open?.number ?? null;
  }

  open(number: MessageNumber): LetterSink {
    const spool = this.#own.parts.store.spool(this.limit);
    const eye = new LetterEye();
    this.#open = { number, eye, spool };
    return {
      add(piece: Bytes) {
        eye.add(piece);
        return spool.add(piece);
      },
    };
  }

  async ended(number: MessageNumber, outcome: LetterOutcome): Promise<boolean> {
    const wanted = this.#own.wanted(number);
    const open = this.#open;
    this.#open = null;
    if (outcome.kind === 'whole' && open !== null) await this.#whole({ wanted, spool: open.spool, seen: open.eye.end() });
    else {
      open?.spool.discard();
      const words = outcome.kind === 'refused' ? `the server does not give it: ${outcome.reply.text}` : `larger than ${this.limit} octets`;
      const passing = outcome.kind === 'refused' && outcome.reply.code === 'SYS/TEMP';
      if (!passing) this.failed(wanted, words);
    }
    if (this.#batch.length + this.#rows.length >= (this.#own.parts.batch ?? batchLetters) || this.#octets >= batchOctets)
      await this.#turn();
    return !this.#own.signal.aborted;
  }

  /** Notes a try that came to nothing. */
  failed(wanted: Wanted, words: string): void {
    const { clock } = this.#own.parts;
    this.#rows.push({ ...emptyRow(wanted), tries: wanted.tries + 1, triedAt: clock.now(), trouble: words.slice(0, 300) });
  }

  async #whole(letter: Whole): Promise<void> {
    const { known } = this.#own;
    const { wanted, seen, spool } = letter;
    const found = known.empty ? null : await known.byContent(seen);
    if (found === null) {
      this.#batch.push(letter);
      this.#octets += seen.length;
      return;
    }
    spool.discard();
    const now = this.#own.parts.clock.now();
    this.#rows.push({
      ...emptyRow(wanted),
      header: seen.header,
      digest: seen.digest,
      message: found.message,
      localUid: found.row?.localUid ?? 0,
      keptAt: found.row?.keptAt ?? now,
    });
    if (found.row !== null) this.#removed.push(found.row.id);
  }

  /** Everything read so far is kept and written down when it settles. @throws Unavailable. */
  async flush(): Promise<void> {
    await this.#turn();
    await this.#under;
  }

  /** Lets go of what was read and not yet given to the store. When it settles, nothing is written any more. */
  async discard(): Promise<void> {
    this.#open?.spool.discard();
    this.#open = null;
    for (const { spool } of this.#batch) spool.discard();
    this.#batch = [];
    await this.#under.catch(() => {});
  }

  async #turn(): Promise<void> {
    await this.#under;
    const batch = this.#batch;
    const rows = this.#rows;
    const removed = this.#removed;
    if (batch.length + rows.length === 0) return;
    [this.#batch, this.#rows, this.#removed, this.#octets] = [[], [], [], 0];
    this.#under = this.#keep(batch, rows, removed);
    // Awaited, and its trouble met, at the next turn.
    this.#under.catch(() => {});
  }

  async #keep(batch: readonly Whole[], rows: readonly Pop3LetterRow[], removed: readonly number[]): Promise<void> {
    const { ledger, row, sort } = this.#own.parts;
    const placed = batch.length === 0 ? [] : await this.#place(batch);
    await ledger.write(row.id, { put: [...rows, ...placed], remove: removed });
    await sort?.(
      row.id,
      placed.flatMap(({ message }) => (message === 0 ? [] : [message])),
    );
    const keptOf = (some: readonly Pop3LetterRow[]): number => some.filter(({ keptAt }) => keptAt > 0).length;
    this.#own.kept(keptOf(placed), keptOf(placed) + keptOf(rows));
  }

  /** One commit; letter by letter where the store refuses one of them. Gives their rows. */
  async #place(batch: readonly Whole[]): Promise<Pop3LetterRow[]> {
    const { store, clock } = this.#own.parts;
    const now = clock.now();
    try {
      const stories = batch.map(({ seen }) => storyOf(seen.headerOctets, now));
      const letters = batch.map((one, index) => this.#accept(one, stories[index]!));
      const events = letters.flatMap(({ letter }, index) => this.#events(letter, batch[index]!, stories[index]!, now));
      const result = await store.commit({ letters, events });
      const { inbox } = this.#own;
      return batch.map(({ wanted, seen }, index) => {
        // Nothing placed: the key says that it was, in a visit that was cut off before its row was written.
        const uid = result.letters[index]!.placed[0]?.uid ?? 0;
        const at = uid === 0 ? -1 : inbox.indexOf(uid);
        const message = at < 0 ? 0 : inbox.messages[at]!;
        return { ...emptyRow(wanted), header: seen.header, digest: seen.digest, message, localUid: uid, keptAt: now };
      });
    } catch (trouble) {
      if (!(trouble instanceof Refusal)) throw trouble;
      if (batch.length > 1) {
        const rows: Pop3LetterRow[] = [];
        for (const one of batch) rows.push(...(await this.#place([one])));
        return rows;
      }
      const { wanted } = batch[0]!;
      return [{ ...emptyRow(wanted), tries: wanted.tries + 1, triedAt: now, trouble: trouble.message.slice(0, 300) }];
    }
  }

  #accept({ wanted, spool, seen }: Whole, { receivedAt, reversePath }: LetterStory): AcceptLetter {
    const { chance, clock, row } = this.#own.parts;
    return {
      letter: makeLetterId(chance, clock.now()),
      // Octets of another server's mailbox are taken over as they are.
      prefix: noBytes(),
      spool,
      receivedAt,
      reversePath,
      placements: [{ account: row.id, mailbox: 'inbox', flags: [], key: placementKey(row.id, wanted.key, seen.digest) }],
      queue: [],
    };
  }

  #events(letter: LetterId, { seen, wanted }: Whole, { from, messageId }: LetterStory, at: number): TraceEvent[] {
    const { row } = this.#own.parts;
    const where = { letter, at, result: 'done', recipient: row.address, account: row.id } as const;
    const facts = { protocol: 'pop3', ...this.#own.facts, from, messageId, size: seen.length, uid: wanted.key.slice(2) };
    return [
      { ...where, station: 'collection', facts },
      { ...where, station: 'mailbox', facts: { mailbox: 'INBOX' } },
    ];
  }
}

/** A row of a letter of which nothing but its place in the maildrop is known. */
export function emptyRow({ key, size }: Pick<Wanted, 'key' | 'size'>): Pop3LetterRow {
  return { key, size, header: '', digest: '', message: 0, localUid: 0, keptAt: 0, goneAt: 0, tries: 0, triedAt: 0, trouble: '' };
}
