// The list that lies open and what is done from it: the row under the cursor, the chosen rows, the conversation that is read. Knows the list's
// model, the selection and the router; the list's and the conversation's views both act through it.
import { backKeyword, hasKeyword, snoozedName, type Action, type ListQuery, type Row, type WholeAction } from '../../engine/contract.ts';
import { act, actWhole, tellTrouble } from '../../state/act.ts';
import { engine } from '../../state/link.ts';
import { ListModel } from '../../state/list-model.svelte.ts';
import { kept } from '../../state/kept.svelte.ts';
import { live } from '../../state/live.svelte.ts';
import { router, screenAddress, type Route } from '../../state/route.svelte.ts';
import { lettersOf, positionNow, Selection } from '../../state/selection.svelte.ts';
import { settings } from '../../state/settings.svelte.ts';
import { layout } from '../shell/layout.svelte.ts';

export type Place = Extract<Route, { name: 'list' }>;
export type Deed = 'archive' | 'delete' | 'destroy' | 'junk' | 'not-junk' | 'read' | 'unread' | 'flag' | 'unflag';
const leaving: ReadonlySet<string> = new Set(['archive', 'delete', 'destroy', 'junk', 'not-junk', 'move', 'carry', 'snooze', 'unsnooze']);

/** More rows than these are chosen as a whole. */
const mostChosen = 500;

class Desk {
  #model = $state.raw<ListModel | null>(null);
  /** The same, to be asked while a list goes: there a state still tells what it was. */
  #latest: ListModel | null = null;
  #place = $state.raw<Place | null>(null);
  #cursor = $state(0);
  /** The keyboard has been used in this list. */
  #isHeld = false;
  /** What it is on, once that is known. */
  #held: Row | null = null;
  /** Rows that wait for a yes before they are gone for ever. */
  asking = $state.raw<readonly Row[]>([]);
  /** Rows that are being drawn with the pointer. */
  dragged = $state.raw<readonly Row[]>([]);
  readonly selection = new Selection();
  /** All of the list is meant, also what was never on screen. */
  whole = $state(false);
  /** Waits for a yes before it is done with the whole list. */
  askingWhole = $state.raw<WholeAction | null>(null);
  /** Rows for which a day and time of one's own is being chosen. */
  dating = $state.raw<readonly Row[]>([]);
  /** The conversation that was marked as unread while it lay open. */
  keptUnread = '';

  get model(): ListModel | null {
    return this.#model;
  }
  get place(): Place | null {
    return this.#place;
  }

  /** Position of the keyboard's row. */
  get cursor(): number {
    return this.#cursor;
  }
  set cursor(at: number) {
    this.#cursor = at;
    this.hold();
  }
  /** From now on the keyboard stays on the row that it is on. */
  hold(): void {
    this.#isHeld = true;
    this.#held = this.#model?.rows.get(this.#cursor) ?? null;
  }
  /** Letters came or went: the keyboard goes along with its row. Of one that is gone the next takes its place. */
  follow(): void {
    const { rows, total } = this.#model ?? {};
    if (!rows || !this.#isHeld) return;
    const at = (this.#held && positionNow(rows, this.#held)) ?? Math.min(this.#cursor, Math.max(0, (total ?? Infinity) - 1));
    this.#cursor = at;
    this.#held = rows.get(at) ?? this.#held;
  }
  #beginAtTop(): void {
    this.#cursor = 0;
    this.#isHeld = false;
    this.#held = null;
    this.choose(null);
  }

  /** Opens a list; returns the way to close it. */
  open(query: ListQuery): () => void {
    const model = (this.#latest = this.#model = new ListModel(query, settings.likes.threads));
    this.#beginAtTop();
    return () => {
      model.end();
      // The next list may have been opened already; state read while a component goes is that of before.
      if (this.#latest === model) this.#model = null;
    };
  }

  /** Where the person is, as the address says it. */
  at(place: Place): void {
    const before = this.#place;
    const left = this.#leftRow(place);
    this.#place = place;
    // What has come back stands on top until it was looked at and left.
    if (left?.isBack && !left.isUnread)
      void engine
        .ask('act', { name: 'keyword', keyword: backKeyword, on: false, letters: lettersOf([left]), silent: true })
        .catch(() => undefined);
    if (this.#model && place.query.kind === 'find' && before && JSON.stringify(before.query) !== JSON.stringify(place.query)) {
      this.#model.change(place.query);
      this.#beginAtTop();
    }
  }

  /** The conversation that was read and is read no more. */
  #leftRow(place: Place): Row | null {
    const thread = this.#place?.thread;
    if (!thread || (place.thread?.threadId === thread.threadId && place.thread.accountId === thread.accountId)) return null;
    return this.openRow;
  }

  /** Rows, or the whole list, or nothing. */
  choose(rows: readonly Row[] | 'whole' | null): void {
    this.whole = rows === 'whole';
    if (rows === null) this.selection.clear();
    else if (rows !== 'whole') this.selection.set(rows);
  }
  /** All of the list, of which there are `total`. Of very many none is asked for by itself. */
  async chooseAll(total: number): Promise<void> {
    const { model, place } = this;
    if (!place || total === 0) return;
    if (total > mostChosen) return this.choose('whole');
    try {
      const rows = await engine.ask('rows', { query: place.query, threads: settings.likes.threads, start: 0, end: total });
      // Another list has been opened meanwhile.
      if (this.model === model) this.choose(rows);
    } catch (error) {
      tellTrouble(error);
    }
  }
  /** By what they are, among those that are here. */
  chooseSome(which: (row: Row) => boolean): void {
    this.choose([...(this.#model?.rows.values() ?? [])].filter(which));
  }

  /** The row of the conversation that is read, when it is among those that are known. */
  get openRow(): Row | null {
    const at = this.openAt;
    return at < 0 ? null : (this.#model?.rows.get(at) ?? null);
  }
  get openAt(): number {
    const thread = this.#place?.thread;
    return thread && this.#model ? this.#model.positionOf(thread.accountId, thread.threadId) : -1;
  }

  read(at: number, how: 'push' | 'replace'): void {
    const row = this.#model?.rows.get(at);
    if (!row || !this.#place) return;
    this.cursor = at;
    const place = this.#place;
    const open = (isDraft: boolean): void => {
      // The person has gone elsewhere meanwhile.
      if (this.#place !== place) return;
      if (isDraft) router.go(screenAddress('write', [row.accountId, row.emailId]));
      else router.go({ ...place, thread: { accountId: row.accountId, threadId: row.threadId } }, how);
    };
    // In Drafts the row stands for one letter of its conversation: a draft, or what is to go out later.
    if (row.isDraft && row.count > 1 && this.isIn('drafts')) void isDraftItself(row).then(open);
    else open(row.isDraft && row.count === 1);
  }

  /** To the next row; with a reading pane it is read there. False: there is none. */
  step(by: 1 | -1): boolean {
    const total = this.#model?.total ?? 0;
    const isReading = this.#place?.thread !== null && this.#place?.thread !== undefined;
    const from = isReading && this.openAt >= 0 ? this.openAt : this.cursor;
    const to = Math.max(0, Math.min(total - 1, from + by));
    if (total === 0 || (to === from && isReading)) return false;
    this.cursor = to;
    if (isReading) this.read(to, 'replace');
    return true;
  }

  /** Chosen rows, else the conversation that is read, else the row under the cursor. */
  get targets(): readonly Row[] {
    if (this.selection.count > 0) return this.selection.rows;
    const row = this.openRow ?? (this.#place?.thread ? null : this.#model?.rows.get(this.cursor));
    return row ? [row] : [];
  }

  isIn(role: 'trash' | 'junk' | 'drafts' | 'sent' | 'archive'): boolean {
    const query = this.#place?.query;
    if (!query || query.kind === 'find') return false;
    return query.kind === 'unified' ? query.role === role : live.mailbox(query.accountId, query.mailboxId)?.role === role;
  }

  get isSnoozed(): boolean {
    const query = this.#place?.query;
    const mailbox = query?.kind === 'mailbox' ? live.mailbox(query.accountId, query.mailboxId) : null;
    return mailbox !== null && mailbox.depth === 0 && mailbox.name === snoozedName;
  }

  snooze(until: Date, rows: readonly Row[] = this.targets): void {
    if (rows.length > 0) this.#act({ name: 'snooze', letters: lettersOf(rows), until: until.toISOString().replace(/\.\d+Z$/, 'Z') }, rows);
  }
  wake(rows: readonly Row[] = this.targets): void {
    const until =
      kept.until(rows[0]?.accountId ?? '', rows[0]?.emailIds ?? []) ??
      new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z');
    if (rows.length > 0) this.#act({ name: 'unsnooze', letters: lettersOf(rows), until }, rows);
  }

  /** With every letter of the list; large ones are asked about first. */
  doWhole(action: WholeAction, isSure = false): void {
    const query = this.#place?.query;
    if (!query) return;
    if (!isSure) {
      this.askingWhole = action;
      return;
    }
    this.askingWhole = null;
    this.choose(null);
    if (this.#place?.thread && leaving.has(action.name)) router.go({ ...this.#place, thread: null }, 'replace');
    void actWhole(query, [action]);
  }

  /** What the key or button means here: in the bin, deleting is for ever, and asked about first. */
  do(deed: Deed, given?: readonly Row[]): void {
    if (this.whole && !given) {
      this.doWhole({ name: deed === 'delete' && this.isIn('trash') ? 'destroy' : deed });
      return;
    }
    const rows = given ?? this.targets;
    if (rows.length === 0) return;
    if (deed === 'delete' && this.isIn('trash')) {
      this.asking = rows;
      return;
    }
    this.#act({ name: deed, letters: lettersOf(rows) }, rows);
  }

  /** Into a mailbox of the same account or of another; `keeps`: a copy, for another account alone. */
  move(to: { readonly accountId: string; readonly id: string }, given?: readonly Row[], keeps = false): void {
    const rows = given ?? this.targets;
    const query = this.#place?.query;
    // Out of where it is looked at; a reply in Sent stays there.
    const from =
      query?.kind === 'mailbox'
        ? query.mailboxId
        : query?.kind === 'unified'
          ? (live.mailboxOf(to.accountId, query.role)?.id ?? null)
          : null;
    if (this.whole && !given) {
      this.doWhole({ name: 'move', to: to.id, from });
      return;
    }
    const mine = rows.filter(({ accountId }) => accountId === to.accountId);
    if (mine.length > 0 && !keeps) this.#act({ name: 'move', letters: lettersOf(mine), to: to.id, from }, mine);
    const others = rows.filter(({ accountId }) => accountId !== to.accountId);
    if (others.length === 0) return;
    const accounts = [...new Set(others.map(({ accountId }) => accountId))];
    const places = accounts.map((accountId): [string, string | undefined] => [
      accountId,
      query?.kind === 'mailbox' ? query.mailboxId : query?.kind === 'unified' ? live.mailboxOf(accountId, query.role)?.id : undefined,
    ]);
    const left = Object.fromEntries(places.flatMap(([accountId, id]) => (id === undefined ? [] : [[accountId, id] as const])));
    this.#act({ name: 'carry', letters: lettersOf(others), toAccountId: to.accountId, to: to.id, from: left, keeps }, others);
  }

  toggleFlag(given?: readonly Row[]): void {
    const rows = given ?? this.targets;
    if (this.whole && !given) this.do('flag');
    else if (rows.length > 0) this.do(rows.every(({ isFlagged }) => isFlagged) ? 'unflag' : 'flag', rows);
  }

  #act(action: Action, rows: readonly Row[]): void {
    const thread = this.#place?.thread;
    const isOpen = thread && rows.some(({ accountId, threadId }) => accountId === thread.accountId && threadId === thread.threadId);
    if (isOpen && action.name === 'unread') this.keptUnread = `${thread.accountId}/${thread.threadId}`;
    if (leaving.has(action.name) && !(action.name === 'carry' && action.keeps)) {
      if (isOpen) this.#goOn(rows);
      this.choose(null);
    }
    void act(action, rows.length);
  }

  /** The conversation that is read goes away: on a desk the next one takes its place, on a phone the list is there again. */
  #goOn(leavingRows: readonly Row[]): void {
    if (!this.#place) return;
    const keys = new Set(leavingRows.map(({ accountId, threadId }) => `${accountId}/${threadId}`));
    const at = this.openAt;
    const stays = (row: Row | undefined): boolean => row !== undefined && !keys.has(`${row.accountId}/${row.threadId}`);
    const rows = this.#model?.rows;
    const next = [rows?.get(at + 1), rows?.get(at - 1)].find(stays);
    if (layout.isPhone || !next || at < 0) router.go({ ...this.#place, thread: null }, 'replace');
    else router.go({ ...this.#place, thread: { accountId: next.accountId, threadId: next.threadId } }, 'replace');
  }
}

/** Whether the letter that stands for a conversation is the draft in it; the row alone says only that there is one. */
function isDraftItself({ accountId, threadId, emailId }: Row): Promise<boolean> {
  return new Promise((resolve) => {
    const watch = engine.watch('thread', { accountId, threadId, opened: [] }, ({ letters, trouble }) => {
      if (letters === null && trouble === null) return;
      watch.end();
      resolve(letters?.some(({ head }) => head.id === emailId && hasKeyword(head.keywords, '$draft')) ?? false);
    });
  });
}

export const desk = new Desk();
