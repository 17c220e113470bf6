// Objects of our own capability that many parts of the page look at: saved searches, and until when letters are put off. Read when they change at the
// server; saved searches stand in localStorage too, for times without a network. Knows SavedSearch and Snooze (docs/jmap.md); draws nothing.
import type { Id } from '../engine/jmap/objects.ts';
import { tayoriCapability } from '../engine/contract.ts';
import { own, ownAccount } from './tayori.ts';
import { engine } from './link.ts';
import { live } from './live.svelte.ts';

export interface SavedSearch {
  readonly id: Id;
  readonly name: string;
  readonly text: string;
  readonly order: number;
}

const key = 'tayori.saved-searches';

class Kept {
  #searches = $state.raw<readonly SavedSearch[]>(readSearches());
  #until = $state.raw<ReadonlyMap<string, string>>(new Map());
  #asked = false;
  #readOf = '';
  #username = '';

  constructor() {
    engine.watch('status', null, ({ session, username }) => {
      // Also when somebody else has come in from another window.
      if (session === 'signed-out' || (this.#username !== '' && username !== '' && this.#username !== username)) this.#forget();
      if (username !== '') this.#username = username;
    });
    engine.watch('changed', { types: ['SavedSearch', 'Snooze'] }, ({ types }) => {
      if (types.includes('SavedSearch')) void this.readSearches();
      if (types.includes('Snooze') && this.#asked) void this.#readSnoozes();
    });
  }

  get searches(): readonly SavedSearch[] {
    return this.#searches;
  }
  /** When the letter comes back, ISO 8601; null: it is not put off, or not known yet. Asked for once, it is kept up to date. */
  until(accountId: Id, emailIds: readonly Id[]): string | null {
    for (const id of emailIds) {
      const found = this.#until.get(`${accountId}/${id}`);
      if (found !== undefined) return found;
    }
    return null;
  }
  wantSnoozes(): void {
    if (this.#asked) return;
    this.#asked = true;
    void this.#readSnoozes();
  }

  #forget(): void {
    this.#searches = [];
    this.#until = new Map();
    this.#asked = false;
    this.#readOf = '';
    localStorage.removeItem(key);
  }

  /** Once for each session; call when somebody is there. */
  begin(): void {
    const account = ownAccount();
    if (account === null || account === this.#readOf) return;
    this.#readOf = account;
    void this.readSearches();
  }

  async readSearches(): Promise<void> {
    const accountId = ownAccount();
    if (accountId === null) return;
    try {
      const { list } = await own('SavedSearch/get', { accountId, ids: null });
      this.#searches = (list as unknown as readonly SavedSearch[]).toSorted((a, b) => a.order - b.order || a.name.localeCompare(b.name));
      localStorage.setItem(key, JSON.stringify(this.#searches));
    } catch {
      // Those of the last time stand there.
    }
  }

  async #readSnoozes(): Promise<void> {
    const until = new Map<string, string>();
    for (const { id: accountId, capabilities } of live.status.accounts) {
      if (!capabilities[tayoriCapability]) continue;
      try {
        const { list } = await own('Snooze/get', { accountId, ids: null });
        for (const { emailId, until: at } of list as unknown as readonly { readonly emailId: Id; readonly until: string }[])
          until.set(`${accountId}/${emailId}`, at);
      } catch {
        // Rows show when they came instead, and it is asked for again.
        this.#asked = false;
        for (const [letter, at] of this.#until) if (letter.startsWith(`${accountId}/`)) until.set(letter, at);
      }
    }
    this.#until = until;
  }
}

function readSearches(): readonly SavedSearch[] {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '[]') as SavedSearch[];
  } catch {
    return [];
  }
}

export const kept = new Kept();
