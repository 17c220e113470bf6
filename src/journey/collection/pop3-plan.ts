// Compares a maildrop with its ledger: which letters are to be fetched, which are kept, which rows have lost their letter.
// Knows names of letters and rows; asks the server for headers where names do not suffice; fetches and removes nothing.
import type { Pop3Client, Pop3Failure } from '../../protocol/pop3/client-contract.ts';
import type { MessageNumber } from '../../protocol/pop3/command.ts';
import type { MaildropListing } from '../../protocol/pop3/listing.ts';
import type { Pop3FoundRow, Pop3LetterRow, Pop3MaildropRow } from '../../store/ledger-contract.ts';
import { headerDigest, keyOfContent, keyOfHeader, keyOfUid, LetterEye, longestHeader } from './pop3-identity.ts';
import { emptyRow } from './pop3-intake.ts';
import { KnownLetters } from './pop3-known.ts';
import { pop3Times, rowsAtOnce, triesMax, type Pop3CollectorParts } from './pop3-parts.ts';

/** Thrown inside a visit: the dialogue is over. */
export class DialogueOver extends Error {
  readonly failure: Pop3Failure;
  constructor(failure: Pop3Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}

export interface Plan {
  /** Ascending by number, those that failed before last. */
  readonly fetch: readonly MessageNumber[];
  readonly tries: ReadonlyMap<MessageNumber, number>;
  /** Letters that are passed over for now, and why: too large, or tried too often. */
  readonly passedOver: ReadonlyMap<string, number>;
  readonly known: KnownLetters;
  /** Rows whose letter is not in the listing, and was when last seen. */
  readonly vanished: readonly number[];
  readonly distrusted: boolean;
  keyOf(number: MessageNumber): string;
}

export async function makePlan(
  parts: Pop3CollectorParts,
  client: Pop3Client,
  listing: MaildropListing,
  maildrop: Pick<Pop3MaildropRow, 'adopts' | 'distrusted'>,
): Promise<Plan> {
  const plan = await new Planner(parts, client, listing, maildrop.distrusted).make(maildrop.adopts);
  // One unique-id stands for another letter than before: then all are looked at.
  return plan ?? (await new Planner(parts, client, listing, true).make(maildrop.adopts))!;
}

class Planner {
  readonly #parts: Pop3CollectorParts;
  readonly #client: Pop3Client;
  readonly #listing: MaildropListing;
  /** Keys of letters that have no unique-id of their own. */
  readonly #keys = new Map<MessageNumber, string>();
  readonly #fetch: MessageNumber[] = [];
  readonly #later: MessageNumber[] = [];
  readonly #tries = new Map<MessageNumber, number>();
  readonly #passedOver = new Map<string, number>();
  readonly #listed = new Set<number>();
  /** Letters whose row may be of another letter. */
  readonly #doubtful: { readonly number: MessageNumber; readonly row: Pop3FoundRow }[] = [];
  readonly #known: KnownLetters;
  readonly #distrusts: boolean;
  #headersOffered = true;

  constructor(parts: Pop3CollectorParts, client: Pop3Client, listing: MaildropListing, distrusts: boolean) {
    this.#distrusts = distrusts;
    this.#parts = parts;
    this.#client = client;
    this.#listing = listing;
    this.#known = new KnownLetters(parts.store, parts.ledger, parts.row.id);
  }

  /** Null when it cannot be made because unique-ids are not to be trusted. */
  async make(adopts: boolean): Promise<Plan | null> {
    await this.#nameNameless();
    await this.#look();
    if (!(await this.#settleDoubts())) return null;
    const rows = await this.#parts.ledger.rows(this.#parts.row.id);
    const vanished: number[] = [];
    const unlisted: number[] = [];
    for (let at = 0; at < rows.ids.length; at++) {
      if (this.#listed.has(rows.ids[at]!)) continue;
      unlisted.push(rows.ids[at]!);
      if (rows.gone[at] === 0) vanished.push(rows.ids[at]!);
    }
    if (this.#fetch.length > 0) {
      await this.#known.addRows(unlisted);
      if (adopts) await this.#known.addStored();
    }
    const fetch = this.#known.empty ? this.#fetch : await this.#recognise();
    return {
      fetch: [...fetch, ...this.#later],
      tries: this.#tries,
      passedOver: this.#passedOver,
      known: this.#known,
      vanished,
      distrusted: this.#distrusts,
      keyOf: (number) => this.#keyOf(number),
    };
  }

  #keyOf(number: MessageNumber): string {
    return this.#keys.get(number) ?? keyOfUid(this.#listing.uidOf(number)!);
  }

  *#numbers(): Generator<MessageNumber> {
    for (let number = 1; number <= this.#listing.highest; number++) if (this.#listing.has(number)) yield number;
  }

  // --- letters without a name of their own --------------------------------------------------------------------------

  /** RFC 1939 §7 makes UIDL optional and unique-ids unique; where they are not, the header says who a letter is. */
  async #nameNameless(): Promise<void> {
    const doubles = this.#listing.doubles();
    const nameless = [...this.#numbers()].filter((number) => doubles.has(number) || this.#listing.uidOf(number) === null);
    if (nameless.length === 0) return;
    const nth = new Map<string, number>();
    const count = (name: string): number => {
      nth.set(name, (nth.get(name) ?? 0) + 1);
      return nth.get(name)!;
    };
    const unseen = await this.#headers(nameless, (number, octets) => {
      const [header, size] = [headerDigest(octets), this.#listing.sizeOf(number)];
      this.#keys.set(number, keyOfHeader(header, size, count(`${header}:${size}`)));
    });
    await this.#wholeDigests(unseen, (number, digest) => this.#keys.set(number, keyOfContent(digest, count(digest))));
  }

  /** Gives those of which no header was to be had. */
  async #headers(
    numbers: readonly MessageNumber[],
    took: (number: MessageNumber, octets: Uint8Array) => void | Promise<void>,
  ): Promise<MessageNumber[]> {
    if (numbers.length === 0 || !this.#headersOffered) return [...numbers];
    const unseen: MessageNumber[] = [];
    const outcome = await this.#client.headers(numbers, longestHeader, (number, octets) => {
      if (octets !== null) return took(number, octets);
      unseen.push(number);
      return undefined;
    });
    if (outcome.ok) return unseen;
    if (!outcome.usable) throw new DialogueOver(outcome.failure);
    this.#headersOffered = false;
    return [...numbers];
  }

  /** Where not even TOP is known: the whole letter is read, looked at, and thrown away. */
  async #wholeDigests(numbers: readonly MessageNumber[], took: (number: MessageNumber, digest: string) => void): Promise<void> {
    let eye = new LetterEye();
    const { letterMax: limit } = this.#parts;
    const wanted = numbers.map((number) => ({ number, size: this.#listing.sizeOf(number) }));
    const outcome = await this.#client.retrieve(wanted, {
      limit,
      open: () => (eye = new LetterEye()),
      ended(number, { kind }) {
        took(number, kind === 'refused' ? `refused-${number}` : eye.end().digest);
        return true;
      },
    });
    if (!outcome.ok) throw new DialogueOver(outcome.failure);
  }

  // --- rows ---------------------------------------------------------------------------------------------------------

  async #look(): Promise<void> {
    const { ledger, row, clock } = this.#parts;
    let chunk: MessageNumber[] = [];
    const lookUp = async (): Promise<void> => {
      const found = await ledger.find(
        row.id,
        chunk.map((number) => this.#keyOf(number)),
      );
      found.forEach((one, index) => this.#judge(chunk[index]!, one));
      chunk = [];
      // A long listing must not keep everybody else waiting.
      await new Promise<void>((go) => void clock.after(0, go));
    };
    for (const number of this.#numbers()) {
      chunk.push(number);
      if (chunk.length >= rowsAtOnce) await lookUp();
    }
    if (chunk.length > 0) await lookUp();
  }

  #judge(number: MessageNumber, row: Pop3FoundRow | null): void {
    const { letterMax, clock } = this.#parts;
    const size = this.#listing.sizeOf(number);
    if (row !== null) this.#listed.add(row.id);
    if (row !== null && row.keptAt > 0) {
      // Another size, a name that was away, or a name that is only a place in the row: it may have been given to another letter.
      const placeOnly = this.#listing.uidOf(number) === String(number);
      if (row.size !== size || row.goneAt > 0 || placeOnly || this.#distrusts) this.#doubtful.push({ number, row });
      return;
    }
    if (size > letterMax) return this.#passOver('too-large');
    if (row === null) return void this.#fetch.push(number);
    this.#tries.set(number, row.tries >= triesMax ? 0 : row.tries);
    if (row.tries >= triesMax && clock.now() - row.triedAt < pop3Times.triedAgain) return this.#passOver(row.trouble);
    this.#later.push(number);
  }

  #passOver(why: string): void {
    this.#passedOver.set(why, (this.#passedOver.get(why) ?? 0) + 1);
  }

  /** Rows whose letter may be another one by now: the header tells. False when one is, and the others have not been looked at. */
  async #settleDoubts(): Promise<boolean> {
    const rows = new Map(this.#doubtful.map(({ number, row }) => [number, row]));
    const same: Pop3LetterRow[] = [];
    const others: MessageNumber[] = [];
    const judge = (number: MessageNumber, isSame: boolean): void => {
      const row = rows.get(number)!;
      const size = this.#listing.sizeOf(number);
      if (!isSame) others.push(number);
      else if (row.size !== size || row.goneAt > 0) same.push({ ...row, size, goneAt: 0, trouble: '' });
    };
    const unseen = await this.#headers([...rows.keys()], (number, octets) =>
      judge(number, headerDigest(octets) === rows.get(number)!.header),
    );
    await this.#wholeDigests(unseen, (number, digest) => judge(number, digest === rows.get(number)!.digest));
    if (!this.#distrusts && others.some((number) => rows.get(number)!.goneAt === 0)) return false;
    for (const number of others) {
      this.#known.addRow(rows.get(number)!);
      if (this.#listing.sizeOf(number) > this.#parts.letterMax) this.#passOver('too-large');
      else this.#fetch.push(number);
    }
    this.#fetch.sort((a, b) => a - b);
    await this.#write(same);
    // Written anew, they have new ids.
    const { ledger, row } = this.#parts;
    const keys = same.map(({ key }) => key);
    for (const one of await ledger.find(row.id, keys)) if (one !== null) this.#listed.add(one.id);
    return true;
  }

  /** New names of letters that are here already get their rows; gives the letters that are really new. */
  async #recognise(): Promise<MessageNumber[]> {
    const { clock } = this.#parts;
    const candidates = this.#fetch.filter((number) => this.#known.maybe(this.#listing.sizeOf(number)));
    const here = new Set<MessageNumber>();
    let put: Pop3LetterRow[] = [];
    let remove: number[] = [];
    await this.#headers(candidates, async (number, octets) => {
      const size = this.#listing.sizeOf(number);
      const found = await this.#known.byHeader(size, octets);
      if (found === null) return;
      here.add(number);
      const { header, digest, message, row } = found;
      put.push({
        ...emptyRow({ key: this.#keyOf(number), size }),
        header,
        digest,
        message,
        localUid: row?.localUid ?? 0,
        keptAt: row?.keptAt ?? clock.now(),
      });
      if (row !== null) remove.push(row.id);
      if (put.length < rowsAtOnce) return;
      const rows = put;
      const ids = remove;
      [put, remove] = [[], []];
      await this.#write(rows, ids);
    });
    await this.#write(put, remove);
    return this.#fetch.filter((number) => !here.has(number));
  }

  async #write(put: readonly Pop3LetterRow[], remove: readonly number[] = []): Promise<void> {
    if (put.length > 0) await this.#parts.ledger.write(this.#parts.row.id, { put, remove });
  }
}
