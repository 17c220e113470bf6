// What is done with every letter of a list, or taken back again: in pieces, told piece by piece, stoppable, one at a time. Knows lists, deeds and Email/set;
// knows no screen. It waits for no network: what was done until then stays, and can be undone.
import type { Account } from './account.ts';
import { deedOf } from './actions.ts';
import { EngineTrouble, trouble, type Action, type Trouble, type WholeAction, type WorkView } from './contract.ts';
import { core, type JmapClient } from './jmap/client.ts';
import type { EmailFilter, EmailHead, Id, JsonObject, PatchObject } from './jmap/objects.ts';
import type { Change } from './overlay.ts';
import { troubleOf } from './port.ts';

export interface WholeList {
  readonly account: Account;
  readonly filter: EmailFilter;
}

export interface WholeResult {
  readonly count: number;
  /** What takes it back, in the order in which it was done. */
  readonly inverses: readonly Change[];
  /** What it broke off with. */
  readonly problem: Trouble | null;
}

export interface WholeUndone {
  /** Inverses that are still to be told: it broke off, or was stopped. */
  readonly left: readonly Change[];
  readonly problem: Trouble | null;
}

export type Telling = (done: number, of: number, letters?: number) => void;

/** Ids of a list read at once. */
const idsAtOnce = 10_000;

export class WholeWork {
  readonly #client: JmapClient;
  #view: WorkView | null = null;
  #stopped = false;
  readonly #ears = new Set<(view: WorkView | null) => void>();

  constructor(client: JmapClient) {
    this.#client = client;
  }

  listen(heard: (view: WorkView | null) => void): () => void {
    this.#ears.add(heard);
    heard(this.#view);
    return () => void this.#ears.delete(heard);
  }
  stop(): void {
    this.#stopped = true;
  }

  async count({ account, filter }: WholeList): Promise<number> {
    const args = { accountId: account.id, filter: filter as unknown as JsonObject, limit: 1, calculateTotal: true };
    return (await this.#client.request([['Email/query', args, 'q']])).get('Email/query', 'q').total ?? 0;
  }

  /** @throws EngineTrouble when nothing was done; `refused` `busy` while another goes on. */
  async act(lists: readonly WholeList[], actions: readonly WholeAction[]): Promise<WholeResult> {
    return this.#run(actions[0]?.name ?? 'change', async (told) => {
      const inverses: Change[] = [];
      let of = 0;
      const all: { account: Account; ids: readonly Id[] }[] = [];
      for (const list of lists) {
        const ids = await this.#idsOf(list);
        of += ids.length;
        all.push({ account: list.account, ids });
      }
      told(0, of);
      let seen = 0;
      let count = 0;
      try {
        for (const { account, ids } of all)
          for (let at = 0; at < ids.length && !this.#stopped; at += this.#most) {
            const piece = ids.slice(at, at + this.#most);
            const { change, inverse, touched } = await this.#deeds(account, piece, actions);
            // The way back first: what was told and never answered may have been done.
            if (inverse) inverses.push(inverse);
            const { refused, problem } = touched > 0 ? await this.#tell(change) : allTaken;
            if (inverse && refused.size > 0) inverses.splice(-1, 1, ...without(inverse, refused));
            count += touched - refused.size;
            if (problem) throw new EngineTrouble(problem);
            seen += piece.length;
            told(seen, of);
          }
      } catch (error) {
        if (count === 0 && inverses.length === 0) throw error;
        return { count, inverses, problem: troubleOf(error) };
      }
      return { count, inverses, problem: null };
    });
  }

  /** The newest first. What one letter refuses is told in the end, and keeps no other. @throws EngineTrouble `refused` `busy`. */
  async undo(inverses: readonly Change[], count: number): Promise<WholeUndone> {
    return this.#run('change', async (told) => {
      const left = [...inverses];
      let done = 0;
      let refusal: Trouble | null = null;
      told(0, count);
      for (let change = left.at(-1); change && !this.#stopped; change = left.at(-1)) {
        try {
          refusal = (await this.#tell(change)).problem ?? refusal;
        } catch (error) {
          return { left, problem: troubleOf(error) };
        }
        left.pop();
        done += Object.keys(change.update).length;
        told(Math.min(done, count), count);
      }
      return { left, problem: refusal };
    });
  }

  /** Other long work, with its own way to tell how far it is. @throws EngineTrouble `refused` `busy` while another goes on. */
  async run<T>(what: WorkView['what'], work: (told: Telling, isStopped: () => boolean) => Promise<T>): Promise<T> {
    return this.#run(what, (told) => work(told, () => this.#stopped));
  }

  get #most(): number {
    return Math.min(500, Number(this.#client.session?.capabilities[core]?.['maxObjectsInSet'] ?? 500));
  }

  async #run<T>(what: WorkView['what'], work: (told: Telling) => Promise<T>): Promise<T> {
    if (this.#view !== null) throw trouble('refused', 'busy', 'other long work goes on');
    this.#stopped = false;
    const tell = (view: WorkView | null): void => {
      this.#view = view;
      for (const heard of this.#ears) heard(view);
    };
    tell({ what, done: 0, of: 0 });
    try {
      return await work((done, of, letters) => tell({ what, done, of, ...(letters === undefined ? {} : { letters }) }));
    } finally {
      tell(null);
    }
  }

  /** All of it as it is at the beginning: what comes meanwhile is not meant. */
  async #idsOf({ account, filter }: WholeList): Promise<Id[]> {
    const ids: Id[] = [];
    for (let state = ''; ;) {
      const args = {
        accountId: account.id,
        filter: filter as unknown as JsonObject,
        sort: [{ property: 'receivedAt', isAscending: false }],
      };
      const reply = await this.#client.request([
        ['Email/query', { ...args, position: ids.length, limit: idsAtOnce, calculateTotal: true }, 'q'],
      ]);
      const answer = reply.get('Email/query', 'q');
      if (state !== '' && state !== answer.queryState) {
        ids.length = 0;
        state = '';
        continue;
      }
      state = answer.queryState;
      ids.push(...answer.ids);
      if (answer.ids.length === 0 || ids.length >= (answer.total ?? 0)) return ids;
    }
  }

  /** Several actions on a letter are one patch of it, and one way back. */
  async #deeds(account: Account, ids: readonly Id[], actions: readonly WholeAction[]) {
    const properties = ['id', 'mailboxIds', 'keywords'];
    const reply = await this.#client.request([['Email/get', { accountId: account.id, ids: [...ids], properties }, 'g']]);
    const heads = new Map(reply.get('Email/get', 'g').list.map((head) => [head.id, head as EmailHead]));
    const ground = {
      mailboxes: account.mailboxes,
      mailboxOf: (role: string) => account.mailboxOf(role),
      head: (id: Id) => heads.get(id) ?? null,
    };
    const update: Record<Id, PatchObject> = {};
    const back: Record<Id, PatchObject> = {};
    const destroy: Id[] = [];
    for (const wanted of actions) {
      const deed = deedOf({ ...wanted, letters: [] } as Action, { accountId: account.id, emailIds: [...heads.keys()] }, ground);
      if (!deed) continue;
      destroy.push(...deed.change.destroy);
      for (const [id, patch] of Object.entries(deed.change.update)) update[id] = { ...update[id], ...patch };
      for (const [id, patch] of Object.entries(deed.inverse?.update ?? {})) back[id] = { ...patch, ...back[id] };
    }
    const accountId = account.id;
    const touched = destroy.length + Object.keys(update).length;
    const inverse: Change | null = Object.keys(back).length > 0 ? { accountId, update: back, destroy: [] } : null;
    return { change: { accountId, update, destroy } satisfies Change, inverse, touched };
  }

  /** A letter that is gone has what it needs. @throws EngineTrouble. */
  async #tell({ accountId, update, destroy }: Change): Promise<Told> {
    const reply = await this.#client.request([['Email/set', { accountId, update: update as JsonObject, destroy: [...destroy] }, 's']]);
    const { notUpdated, notDestroyed } = reply.get('Email/set', 's');
    const refused = Object.entries({ ...notUpdated, ...notDestroyed }).filter(([, { type }]) => type !== 'notFound');
    const first = refused[0]?.[1];
    return {
      refused: new Set(refused.map(([id]) => id)),
      problem: first ? { kind: 'refused', type: first.type, description: first.description ?? '' } : null,
    };
  }
}

interface Told {
  readonly refused: ReadonlySet<Id>;
  readonly problem: Trouble | null;
}
const allTaken: Told = { refused: new Set(), problem: null };

/** None: nothing of it is left. */
function without(change: Change, ids: ReadonlySet<Id>): readonly Change[] {
  const update = Object.fromEntries(Object.entries(change.update).filter(([id]) => !ids.has(id)));
  return Object.keys(update).length === 0 ? [] : [{ ...change, update }];
}

/** Brings letters back that were put off. @throws EngineTrouble. */
export async function endSnoozes(
  client: JmapClient,
  using: readonly string[],
  accountId: Id,
  emailIds: ReadonlySet<string>,
): Promise<void> {
  const reply = await client.request([['Snooze/get', { accountId, ids: null }, 'g']], using);
  const list = (reply.get('Snooze/get', 'g')['list'] ?? []) as readonly { readonly id: Id; readonly emailId: Id }[];
  const destroy = list.filter(({ emailId }) => emailIds.has(emailId)).map(({ id }) => id);
  if (destroy.length > 0) (await client.request([['Snooze/set', { accountId, destroy }, 's']], using)).get('Snooze/set', 's');
}
