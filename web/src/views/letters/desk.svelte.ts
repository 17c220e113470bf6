// The list that lies open and what is done from it: the row under the cursor, the chosen rows, the conversation that is read. Knows the list's
// model, the selection and the router; the list's and the conversation's views both act through it.
import type { Action, ListQuery, Row } from '../../engine/contract.ts';
import { act } from '../../state/act.ts';
import { ListModel } from '../../state/list-model.svelte.ts';
import { live } from '../../state/live.svelte.ts';
import { router, type Route } from '../../state/route.svelte.ts';
import { lettersOf, Selection } from '../../state/selection.svelte.ts';
import { settings } from '../../state/settings.svelte.ts';
import { layout } from '../shell/layout.svelte.ts';

export type Place = Extract<Route, { name: 'list' }>;
export type Deed = 'archive' | 'delete' | 'destroy' | 'junk' | 'not-junk' | 'read' | 'unread' | 'flag' | 'unflag';
const leaving: ReadonlySet<string> = new Set(['archive', 'delete', 'destroy', 'junk', 'not-junk', 'move']);

class Desk {
  #model = $state.raw<ListModel | null>(null);
  /** The same, to be asked while a list goes: there a state still tells what it was. */
  #latest: ListModel | null = null;
  #place = $state.raw<Place | null>(null);
  /** Position of the keyboard's row. */
  cursor = $state(0);
  /** Rows that wait for a yes before they are gone for ever. */
  asking = $state.raw<readonly Row[]>([]);
  readonly selection = new Selection();
  /** The conversation that was marked as unread while it lay open. */
  keptUnread = '';

  get model(): ListModel | null {
    return this.#model;
  }
  get place(): Place | null {
    return this.#place;
  }

  /** Opens a list; returns the way to close it. */
  open(query: ListQuery): () => void {
    const model = (this.#latest = this.#model = new ListModel(query, settings.likes.threads));
    this.cursor = 0;
    this.selection.clear();
    return () => {
      model.end();
      if (this.#latest === model) this.#model = null;
    };
  }

  /** Where the person is, as the address says it. */
  at(place: Place): void {
    this.#place = place;
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
    if (row.isDraft && row.count === 1) {
      router.go(`/write/${encodeURIComponent(row.accountId)}/${encodeURIComponent(row.emailId)}`);
      return;
    }
    router.go({ ...this.#place, thread: { accountId: row.accountId, threadId: row.threadId } }, how);
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
    if (!query) return false;
    return query.kind === 'unified' ? query.role === role : live.mailbox(query.accountId, query.mailboxId)?.role === role;
  }

  /** What the key or button means here: in the bin, deleting is for ever, and asked about first. */
  do(deed: Deed, rows: readonly Row[] = this.targets): void {
    if (rows.length === 0) return;
    if (deed === 'delete' && this.isIn('trash')) {
      this.asking = rows;
      return;
    }
    this.#act({ name: deed, letters: lettersOf(rows) }, rows);
  }

  move(to: { readonly accountId: string; readonly id: string }, rows: readonly Row[] = this.targets): void {
    const query = this.#place?.query;
    const from = query?.kind === 'mailbox' ? query.mailboxId : null;
    const mine = rows.filter(({ accountId }) => accountId === to.accountId);
    if (mine.length > 0) this.#act({ name: 'move', letters: lettersOf(mine), to: to.id, from }, mine);
  }

  toggleFlag(rows: readonly Row[] = this.targets): void {
    if (rows.length > 0) this.do(rows.every(({ isFlagged }) => isFlagged) ? 'unflag' : 'flag', rows);
  }

  #act(action: Action, rows: readonly Row[]): void {
    const thread = this.#place?.thread;
    const isOpen = thread && rows.some(({ accountId, threadId }) => accountId === thread.accountId && threadId === thread.threadId);
    if (isOpen && action.name === 'unread') this.keptUnread = `${thread.accountId}/${thread.threadId}`;
    if (leaving.has(action.name)) {
      if (isOpen) this.#goOn(rows);
      this.selection.clear();
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

export const desk = new Desk();
