// One list on screen: which rows stand where now, and reading what is missing there. Knows windows, their merging and rows; knows no page.
import { backKeyword, rowKey, type ListArgs, type ListPatch, type Row, type Trouble } from './contract.ts';
import type { Account, HeldWindow } from './account.ts';
import { core, mail, type JmapClient } from './jmap/client.ts';
import type { Id, JsonObject } from './jmap/objects.ts';
import { searchGround } from './find.ts';
import { troubleOf } from './port.ts';
import { hiddenRows, rowOf, sourcesOf, type Source } from './rows.ts';
import { matchesSearch, parseSearch } from './search-grammar.ts';
import { mergeNewestFirst } from './window.ts';

/** Rows read beyond those on screen, at both ends. */
const ahead = 50;
const pageRows = 100;
/** Of a search that is being typed: the first answer is wanted soon. */
const foundRows = 30;
/** Rows kept as they were told. */
const rowsMade = 500;
const unknownRow = { row: null, text: 'null' } as const;

interface Place {
  readonly source: number;
  readonly id: Id;
}

interface Opened extends Source {
  readonly held: HeldWindow;
}

export class ListView {
  #args: ListArgs;
  readonly #accounts: () => readonly Account[];
  readonly #client: JmapClient;
  readonly #push: (patch: ListPatch) => void;
  #sources: Opened[] = [];
  #opened = '';
  #sent = new Map<number, string>();
  #sentTotal: number | null | undefined;
  #sentTrouble: Trouble | null = null;
  #trouble: Trouble | null = null;
  #reading = false;
  #readAgain = false;
  #ended = false;
  /** Which query is meant: what was read for an earlier one counts no more. */
  #turn = 0;
  readonly #snippets = new Map<string, Row['snippet']>();
  /** Rows as they were told, until something may look different: while one only scrolls they are not made again. */
  readonly #made = new Map<string, { readonly row: Row | null; readonly text: string }>();
  /** What the server was asked for and did not give: not asked for again in this list at this state. */
  readonly #vain = new Set<string>();
  readonly #rested: () => void;

  /** `rested`: told when all that can be had of it is there, until something may look different. */
  constructor(
    args: ListArgs,
    accounts: () => readonly Account[],
    client: JmapClient,
    push: (patch: ListPatch) => void,
    rested: () => void = () => undefined,
  ) {
    this.#args = args;
    this.#accounts = accounts;
    this.#client = client;
    this.#push = push;
    this.#rested = rested;
  }

  adjust(args: ListArgs): void {
    if (JSON.stringify([args.query, args.threads]) !== JSON.stringify([this.#args.query, this.#args.threads])) {
      this.#close();
      this.#turn += 1;
      this.#sent.clear();
      this.#sentTotal = undefined;
      this.#snippets.clear();
      this.#vain.clear();
    }
    this.#args = args;
    this.#look();
  }

  end(): void {
    this.#ended = true;
    this.#close();
  }

  #close(): void {
    for (const { account, held } of this.#sources) account.closeWindow(held);
    this.#sources = [];
    this.#opened = '';
  }

  /** Something may look different now. */
  refresh(): void {
    this.#made.clear();
    this.#look();
  }

  /** Shows what is known and sets out to read what is not. */
  #look(): void {
    if (this.#ended) return;
    this.#show();
    this.#read();
  }

  // --- showing --------------------------------------------------------------------------------------------------------

  #show(): void {
    const { start, end } = this.#args;
    const { total, places } = this.#places(start, end);
    const isFirst = this.#sentTotal === undefined;
    // Nothing to say yet: an empty list must not flash before the first answer.
    if (isFirst && total === null && this.#trouble === null) return;
    const rows: { at: number; row: Row | null }[] = [];
    const sent = new Map<number, string>();
    for (let at = start; at < end; at++) {
      const place = places[at - start];
      const { row, text } = place ? this.#row(place) : unknownRow;
      if (total !== null && at >= total) continue;
      sent.set(at, text);
      if (this.#sent.get(at) !== text) rows.push({ at, row });
    }
    this.#sent = sent;
    if (!isFirst && rows.length === 0 && total === this.#sentTotal && this.#trouble === this.#sentTrouble) return;
    this.#sentTotal = total;
    this.#sentTrouble = this.#trouble;
    this.#push({ total, whole: isFirst, rows, trouble: this.#trouble });
  }

  #row({ source, id }: Place): { readonly row: Row | null; readonly text: string } {
    const { account, role } = this.#sources[source]!;
    const key = rowKey({ accountId: account.id, emailId: id });
    let made = this.#made.get(key);
    if (!made) {
      const row = rowOf(account, id, this.#args.threads, role, this.#snippets.get(key) ?? null);
      this.#made.set(key, (made = row === null ? unknownRow : { row, text: JSON.stringify(row) }));
      if (this.#made.size > rowsMade) this.#made.delete(this.#made.keys().next().value!);
    }
    return made;
  }

  /** Who stands between two positions, as far as it is known. */
  #places(start: number, end: number): { readonly total: number | null; readonly places: readonly (Place | undefined)[] } {
    const lists = this.#sources.map(({ account, held }) => {
      const hidden = this.#isSearch ? destroyed(account) : hiddenRows(account, held.filter, this.#args.threads);
      const ids = hidden.size === 0 ? held.window.ids : held.window.ids.filter((id) => id === null || !hidden.has(id));
      return { ids, isTold: held.window.total !== null, account, backFirst: held.backFirst === true };
    });
    if (lists.length === 0) return { total: this.#opened === '' ? null : 0, places: [] };
    const total = lists.every(({ isTold }) => isTold) ? lists.reduce((sum, { ids }) => sum + ids.length, 0) : null;
    if (lists.length === 1) {
      const places = lists[0]!.ids.slice(start, end).map((id) => (id === null ? undefined : { source: 0, id }));
      return { total, places };
    }
    const { rows } = mergeNewestFirst(lists.map(withTimes), end);
    return { total, places: rows.slice(start, end) };
  }

  get #isSearch(): boolean {
    return this.#args.query.kind === 'search' || this.#args.query.kind === 'find';
  }
  get #page(): number {
    return this.#args.query.kind === 'find' ? foundRows : pageRows;
  }

  // --- reading --------------------------------------------------------------------------------------------------------

  #read(): void {
    if (this.#reading) {
      this.#readAgain = true;
      return;
    }
    this.#reading = true;
    void (async () => {
      let turn = this.#turn;
      try {
        do {
          this.#readAgain = false;
          turn = this.#turn;
          try {
            await this.#open();
            await this.#readMissing();
          } catch (error) {
            if (turn === this.#turn) throw error;
            this.#readAgain = true;
          }
          if (this.#trouble !== null && turn === this.#turn) {
            this.#trouble = null;
            this.#show();
          }
        } while (this.#readAgain && !this.#ended);
        if (!this.#ended) this.#rested();
      } catch (error) {
        this.#trouble = troubleOf(error);
        this.#show();
      } finally {
        this.#reading = false;
      }
    })();
  }

  async #open(): Promise<void> {
    const turn = this.#turn;
    const wanted = sourcesOf(this.#args.query, this.#accounts(), new Date(this.#client.now()));
    const name = JSON.stringify([wanted.map(({ account, filter }) => [account.id, filter]), this.#args.threads]);
    if (name === this.#opened || (wanted.length === 0 && this.#accounts().some(({ mailboxes }) => mailboxes === null))) return;
    this.#close();
    const { threads } = this.#args;
    const sources = await Promise.all(
      wanted.map(async (source) => ({
        ...source,
        held: await source.account.openWindow({ filter: source.filter, threads, backFirst: source.backFirst }),
      })),
    );
    // The person has gone on meanwhile.
    if (this.#ended || turn !== this.#turn || threads !== this.#args.threads) {
      for (const { account, held } of sources) account.closeWindow(held);
      this.#readAgain = true;
      return;
    }
    this.#sources = sources;
    this.#opened = name;
    this.#made.clear();
    this.#show();
  }

  async #readMissing(): Promise<void> {
    const [only, ...others] = this.#sources;
    const start = Math.max(0, this.#args.start - ahead);
    const end = this.#args.end + ahead;
    if (!only) {
      this.#show();
      return;
    }
    if (others.length > 0) await this.#readMerged(end);
    else {
      const { account, held } = only;
      const spare = account.overlay.isEmpty ? 0 : account.overlay.touched.size;
      await this.#needRows(account, held.window.ids.slice(start, end + spare).filter((id) => id !== null) as Id[]);
      // What is on screen first, then what lies around it.
      const gaps = [
        ...held.window.gaps(this.#args.start, this.#args.end + spare, this.#page),
        ...held.window.gaps(start, end + spare, this.#page),
      ];
      const gap = gaps.find(({ position }) => !this.#vain.has(`${position}@${held.window.state}`));
      if (gap) {
        const turn = this.#turn;
        await this.#readPage(only, gap.position, Math.max(gap.limit, Math.min(this.#page, end - gap.position)));
        // Another list by now: that this one lacks something says nothing of it.
        if (turn !== this.#turn) return;
        if ((held.window.ids[gap.position] ?? null) === null) this.#vain.add(`${gap.position}@${held.window.state}`);
        this.#readAgain = true;
      }
    }
    if (this.#isSearch) await this.#readSnippets().catch(() => undefined);
  }

  /** Without a network a search is answered by what is kept here. */
  async #readPage({ account, held }: Opened, position: number, limit: number): Promise<void> {
    const { query } = this.#args;
    const turn = this.#turn;
    try {
      await account.readPage(held, position, limit);
    } catch (error) {
      if (query.kind !== 'find' || troubleOf(error).kind !== 'offline') throw error;
      const search = parseSearch(query.text);
      const ground = searchGround(account.mailboxes ?? new Map(), new Date(this.#client.now()));
      await account.findKept(
        held,
        (letter) => matchesSearch(search, letter, ground),
        () => turn === this.#turn && !this.#ended,
      );
    }
  }

  async #readMerged(end: number): Promise<void> {
    // The first page of each at the same time.
    const untold = this.#sources.filter(({ held }) => held.window.total === null);
    await Promise.all(untold.map((source) => this.#readPage(source, 0, Math.min(this.#page, Math.max(30, end)))));
    for (;;) {
      const sources = this.#sources.map(({ account, held }) =>
        withTimes({ ids: held.window.ids, isTold: held.window.total !== null, account, backFirst: held.backFirst === true }),
      );
      const { rows, wants } = mergeNewestFirst(sources, end);
      const bySource = Map.groupBy(rows.slice(this.#args.start), ({ source }) => source);
      for (const [source, places] of bySource) {
        await this.#needRows(
          this.#sources[source]!.account,
          places.map(({ id }) => id),
        );
      }
      if (!wants || this.#ended) return;
      const source = this.#sources[wants.source]!;
      const { account, held } = source;
      const known = held.window.ids.slice(wants.position, wants.position + pageRows).filter((id) => id !== null) as Id[];
      if (held.window.total !== null && (held.window.ids[wants.position] ?? null) !== null) {
        await this.#needRows(account, known);
        // A letter that is in the list and cannot be read has just gone; the next round tells.
        if (!account.told(known[0]!)) return;
      } else {
        await this.#readPage(source, wants.position, this.#page);
        if (held.window.total !== null && (held.window.ids[wants.position] ?? null) === null && wants.position < held.window.total) return;
      }
      if (this.#readAgain) return;
    }
  }

  async #needRows(account: Account, ids: readonly Id[]): Promise<void> {
    const unknown = ids.filter((id) => !account.isRowKnown(id) && !this.#vain.has(`${account.id}/${id}`));
    if (unknown.length === 0) return;
    await account.needRows(unknown);
    for (const id of unknown) if (!account.isRowKnown(id)) this.#vain.add(`${account.id}/${id}`);
  }

  /** RFC 8621 §5.1. */
  async #readSnippets(): Promise<void> {
    const { places } = this.#places(this.#args.start, this.#args.end);
    const missing = Map.groupBy(
      places.flatMap((place) => place ?? []).filter(({ source, id }) => !this.#snippets.has(this.#key(source, id))),
      ({ source }) => source,
    );
    for (const [source, wanted] of missing) {
      const { account, filter } = this.#sources[source]!;
      const emailIds = wanted.map(({ id }) => id);
      const args = { accountId: account.id, filter: filter as unknown as JsonObject, emailIds };
      const turn = this.#turn;
      const reply = await this.#client.request([['SearchSnippet/get', args, 's']], [core, mail]);
      if (turn !== this.#turn) return;
      for (const id of emailIds) this.#snippets.set(this.#key(source, id), null);
      for (const { emailId, subject, preview } of reply.find('SearchSnippet/get', 's')?.list ?? [])
        this.#snippets.set(this.#key(source, emailId), { subject, preview });
    }
    this.#made.clear();
    this.#show();
  }

  #key(source: number, emailId: Id): string {
    return rowKey({ accountId: this.#sources[source]?.account.id ?? '', emailId });
  }
}

function destroyed(account: Account): ReadonlySet<Id> {
  return new Set([...account.overlay.touched].filter((id) => account.told(id) !== null && account.head(id) === null));
}

/** What is back stands before all others, whenever it came. */
const backLeap = 1e15;

function withTimes({
  ids,
  isTold,
  account,
  backFirst,
}: {
  readonly ids: readonly (Id | null)[];
  readonly isTold: boolean;
  readonly account: Account;
  readonly backFirst: boolean;
}) {
  return {
    ids,
    isTold,
    time: (id: Id): number | null => {
      const head = account.told(id);
      return head ? Date.parse(head.receivedAt) + (backFirst && head.keywords[backKeyword] === true ? backLeap : 0) : null;
    },
  };
}
