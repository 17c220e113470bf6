// What each request of contract.ts is answered with. Knows which part of the engine does what; the small ones of JMAP are done here.
import { EngineTrouble, trouble, type Engine, type RequestName, type Requests, type SignInAnswer, type Trouble } from './contract.ts';
import type { Deeds } from './deeds.ts';
import { draftRows, draftView } from './drafts.ts';
import type { Here } from './here.ts';
import { core, mail, submission, type JmapClient } from './jmap/client.ts';
import type { Identity, JsonObject } from './jmap/objects.ts';
import type { Keeping } from './keeping.ts';
import { ListView } from './list-view.ts';
import { troubleOf } from './port.ts';
import type { Surroundings } from './surroundings.ts';
import type { Viewers } from './viewers.ts';
import type { WholeWork } from './whole.ts';
import * as writing from './writing.ts';

export interface RequestParts {
  readonly here: Here;
  readonly client: JmapClient;
  readonly surroundings: Surroundings;
  readonly deeds: Deeds;
  readonly whole: WholeWork;
  readonly keeping: Keeping;
  readonly viewers: Viewers;
  readonly presence: {
    /** `address`: of one of the ways in. */
    signIn(address: string, body: JsonObject): Promise<SignInAnswer>;
    signOut(anyway: boolean): Promise<number>;
    refresh(): Promise<void>;
  };
}

type Table = { readonly [N in RequestName]: (args: Requests[N]['args']) => Promise<Requests[N]['answer']> };

export function requestsOf(parts: RequestParts): Engine['ask'] {
  const { here, client, surroundings, deeds, whole, keeping, viewers, presence } = parts;
  const writingParts = (): writing.WritingParts => writingPartsOf(parts);
  const table: Table = {
    signIn: ({ login, password }) => presence.signIn('/auth/login', { login, password }),
    signInSecond: (args) => presence.signIn('/auth/second', args as JsonObject),
    passkeyOptions: async () => (await client.post('/auth/passkey/ask', {})).json['options'] ?? null,
    signInPasskey: ({ passkey }) => presence.signIn('/auth/passkey/login', { passkey }),
    keepAtHand: async (look) => {
      keeping.keep(look);
      return null;
    },
    signOut: async ({ anyway }) => ({ left: await presence.signOut(anyway) }),
    refresh: async () => {
      await presence.refresh();
      return null;
    },
    act: (action) => deeds.act(action),
    undo: ({ step }) => deeds.undo(step),
    actWhole: (args) => deeds.actWhole(args),
    stopWork: async () => {
      whole.stop();
      return null;
    },
    bringIn: async ({ files, ...target }) => {
      const { bringIn } = await import('./letters-in.ts');
      try {
        return await whole.run('bring-in', (told, isStopped) =>
          bringIn({ client, cache: here.cache, surroundings }, target, files, told, isStopped),
        );
      } finally {
        void presence.refresh();
      }
    },
    broughtBefore: async ({ file, ...target }) => (await import('./letters-in.ts')).broughtBefore(here.cache, target, file),
    count: async ({ query }) => {
      const counts = await Promise.all(deeds.lists(query).map((list) => whole.count(list)));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    saveDraft: ({ base, ...draft }) => writing.saveDraft(writingParts(), draft, base),
    loadDraft: async ({ key }) => {
      const row = await draftRows(here.cache).get(key);
      return row ? draftView(row) : null;
    },
    dropDraft: async (args) => {
      await writing.dropDraft(writingParts(), args);
      return null;
    },
    openDraft: (args) => writing.openDraft(writingParts(), args),
    source: (args) => writing.source(writingParts(), args),
    send: async (args) => {
      await writing.send(writingParts(), args);
      return null;
    },
    recall: ({ key }) => writing.recall(writingParts(), key),
    unsend: (args) => writing.unsend(writingParts(), args),
    retry: async () => {
      here.files.hurry();
      await here.outbox.settle();
      return null;
    },
    scheduled: () => writing.scheduled(writingParts()),
    attach: async (args) => {
      await here.files.add(args);
      return null;
    },
    detach: async ({ id }) => {
      await here.files.drop([id]);
      return null;
    },
    attached: async ({ id }) => here.files.file(id),
    identities: async ({ accountId }) => {
      const key = `identities/${accountId}`;
      try {
        const reply = await client.request([['Identity/get', { accountId, ids: null }, 'i']], [core, mail, submission]);
        const { list } = reply.get('Identity/get', 'i');
        await here.cache.write([{ table: 'facts', key, value: list }]);
        return list;
      } catch (error) {
        const [known] = await here.cache.read('facts', [key]);
        if (known === undefined || troubleOf(error).kind !== 'offline') throw error;
        return known as Identity[];
      }
    },
    rows: async ({ query, threads, start, end }) => {
      const stop = Math.min(end, start + 5000);
      const rows = new Map<number, Requests['rows']['answer'][number]>();
      await new Promise<void>((resolve, reject) => {
        let total: number | null = null;
        let isSecond = false;
        const finish = (problem: Trouble | null): void => {
          if (problem) reject(new EngineTrouble(problem));
          else resolve();
          queueMicrotask(() => watch.end());
        };
        const view = new ListView(
          { query, threads, start, end: stop },
          () => here.accounts,
          client,
          (patch) => {
            ({ total } = patch);
            for (const { at, row } of patch.rows)
              if (row) rows.set(at, row);
              else rows.delete(at);
            for (const at of rows.keys()) if (total !== null && at >= total) rows.delete(at);
            if (patch.trouble) finish(patch.trouble);
            else if (total !== null && rows.size >= Math.min(stop, total) - start) finish(null);
          },
          () => {
            // Not known yet of what the list is made.
            if (total === null) return;
            // A row that cannot be had has mostly gone just now, and the next round tells so; if not, the others are what there is.
            if (isSecond) return finish(null);
            isSecond = true;
            void Promise.all(here.accounts.map((account) => account.sync().catch(() => undefined))).then(() => view.refresh());
          },
        );
        const watch = viewers.add<'list'>({ refresh: () => view.refresh(), end: () => view.end() });
      });
      return [...rows].toSorted(([a], [b]) => a - b).map(([, row]) => row);
    },
    recipients: ({ text, limit }) => here.people.find(text, limit),
    changeMailbox: async ({ accountId, create, update, destroy }) => {
      const reply = await client.request([
        [
          'Mailbox/set',
          {
            accountId,
            ...(create ? { create: { m: { ...create } } } : {}),
            ...(update ? { update: { [update.id]: update.patch } } : {}),
            ...(destroy === undefined ? {} : { destroy: [destroy], onDestroyRemoveEmails: false }),
          },
          's',
        ],
      ]);
      const answer = reply.get('Mailbox/set', 's');
      const [refused] = Object.values({ ...answer.notCreated, ...answer.notUpdated, ...answer.notDestroyed });
      if (refused) throw trouble('refused', refused.type, refused.description ?? '');
      await here.account(accountId)?.sync();
      return { id: answer.created?.['m']?.id ?? null };
    },
    changePreferences: async (patch) => {
      await here.preferences.change(patch);
      return null;
    },
    auth: async ({ path, body }) => {
      if (!path.startsWith('/auth/')) throw trouble('refused', 'path', 'only the ways in are asked here');
      const { status, json } = await client.post(path, body);
      return { status, json };
    },
    call: async ({ using, calls }) => (await client.request(calls, [core, mail, ...using])).responses,
  };
  return async <N extends RequestName>(name: N, args: Requests[N]['args']): Promise<Requests[N]['answer']> =>
    (table[name] as (args: Requests[N]['args']) => Promise<Requests[N]['answer']>)(args);
}

export function writingPartsOf({ here, client, surroundings, deeds, viewers }: RequestParts): writing.WritingParts {
  return {
    client: client,
    surroundings: surroundings,
    cache: here.cache,
    outbox: here.outbox,
    files: here.files,
    people: here.people,
    accounts: () => here.accounts.values(),
    account: (id) => here.account(id),
    destroy: async (accountId, emailIds) => void (await deeds.act({ name: 'destroy', letters: [{ accountId, emailIds }] })),
    changed: () => viewers.changed(),
  };
}
