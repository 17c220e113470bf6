// What each topic of contract.ts is answered with. Knows which part of the engine tells what; does nothing itself.
import type { AccountView, Engine, News, StatusView, ThreadView, TopicName, Topics, Watch } from './contract.ts';
import type { Deeds } from './deeds.ts';
import { draftRows, draftView } from './drafts.ts';
import type { Here } from './here.ts';
import type { JmapClient } from './jmap/client.ts';
import type { Line } from './jmap/line.ts';
import type { Id, Json } from './jmap/objects.ts';
import { ListView } from './list-view.ts';
import { troubleOf } from './port.ts';
import { mailboxViews } from './rows.ts';
import { textsWanted, threadView } from './thread-view.ts';
import { unlessSame, type Viewers } from './viewers.ts';
import type { WholeWork } from './whole.ts';

/** Who hears of what passes. */
export interface Ears {
  readonly news: Set<(news: News) => void>;
  readonly changes: Set<(accountId: Id, types: readonly string[]) => void>;
}

export interface TopicParts {
  readonly here: Here;
  readonly client: JmapClient;
  readonly line: Line;
  readonly deeds: Deeds;
  readonly whole: WholeWork;
  readonly viewers: Viewers;
  readonly ears: Ears;
  state(): StatusView['session'];
  /** Did the server answer, the last time? */
  isReached(): boolean;
}

type Table = { readonly [T in TopicName]: (args: Topics[T]['args'], heard: (push: Topics[T]['push']) => void) => Watch<T> };

export function topicsOf(parts: TopicParts): Engine['watch'] {
  const { here, client, whole, viewers, ears } = parts;
  const table: Table = {
    preferences: (_args, heard) => viewers.view<'preferences'>(() => here.preferences.view, heard),
    status: (_args, heard) => viewers.view<'status'>(() => statusView(parts), heard),
    mailboxes: (_args, heard) =>
      viewers.view<'mailboxes'>(
        () => ({
          isComplete: here.accounts.length > 0 && here.accounts.every(({ mailboxes }) => mailboxes !== null),
          mailboxes: here.accounts.flatMap((account) => mailboxViews(account, here.session?.accounts[account.id]?.isReadOnly ?? false)),
        }),
        heard,
      ),
    list: (args, heard) => {
      const view = new ListView(args, () => here.accounts, client, heard);
      return viewers.add<'list'>({ refresh: () => view.refresh(), adjust: (changed) => view.adjust(changed), end: () => view.end() });
    },
    thread: (args, heard) => watchThread(parts, args, heard),
    drafts: (_args, heard) => {
      const push = unlessSame(heard);
      return viewers.add<'drafts'>({
        refresh: () =>
          void draftRows(here.cache)
            .all()
            .then((rows) => push(rows.filter(({ isSending }) => !isSending).map(draftView))),
      });
    },
    outbox: (_args, heard) =>
      viewers.view<'outbox'>(
        () => ({
          items: here.outbox.rows.map((row) => ({
            id: row.id,
            kind: row.kind,
            accountId: row.accountId,
            label: row.kind === 'change' ? row.what : row.label,
            since: row.since,
            trouble: here.outbox.troubleOf(row.id),
            key: row.kind === 'change' ? null : row.key,
          })),
        }),
        heard,
      ),
    files: ({ key }, heard) => viewers.view<'files'>(() => here.files.of(key), heard),
    news: (_args, heard) => {
      ears.news.add(heard);
      return { adjust: () => undefined, end: () => ears.news.delete(heard) };
    },
    work: (_args, heard) => ({ adjust: () => undefined, end: whole.listen(heard) }),
    changed: ({ types }, heard) => {
      const ear = (accountId: Id, names: readonly string[]): void => {
        const wanted = names.filter((name) => types.includes(name));
        if (wanted.length > 0) heard({ accountId, types: wanted });
      };
      ears.changes.add(ear);
      return { adjust: () => undefined, end: () => ears.changes.delete(ear) };
    },
  };
  return <T extends TopicName>(topic: T, args: Topics[T]['args'], heard: (push: Topics[T]['push']) => void): Watch<T> =>
    (table[topic] as (args: Topics[T]['args'], heard: (push: Topics[T]['push']) => void) => Watch<T>)(args, heard);
}

function statusView(parts: TopicParts): StatusView {
  const { here, line } = parts;
  const { steps } = parts.deeds;
  const isOffline = !parts.isReached();
  const accounts = Object.entries(here.session?.accounts ?? {}).map(
    ([id, { name, isPersonal, isReadOnly, accountCapabilities }]): AccountView => ({
      id,
      name,
      isPersonal,
      isReadOnly,
      capabilities: accountCapabilities,
    }),
  );
  return {
    session: parts.state(),
    username: here.session?.username ?? '',
    accounts: inOrder(accounts, here.preferences.view?.['accountOrder']),
    capabilities: here.session?.capabilities ?? {},
    line: line.isOpen ? 'live' : isOffline ? 'off' : 'on',
    isOffline,
    waiting: here.outbox.rows.length,
    waitingLetters: here.outbox.rows.filter(({ kind }) => kind === 'send').length,
    undo: steps.at(-1) ?? null,
    history: steps.toReversed(),
  };
}

function watchThread(
  { here, line, viewers }: TopicParts,
  args: Topics['thread']['args'],
  heard: (push: ThreadView) => void,
): Watch<'thread'> {
  const push = unlessSame(heard);
  let wanted = args;
  let problem: ThreadView['trouble'] = null;
  let read = '';
  const look = (): void => {
    const account = here.account(wanted.accountId);
    const key = `${wanted.accountId}/${wanted.threadId}`;
    const ids = account?.thread(wanted.threadId) ?? null;
    const texts = account ? textsWanted(wanted, account) : [];
    const isMissing =
      account && (ids === null || ids.some((id) => account.told(id) === null) || texts.some((id) => account.body(id) === null));
    const name = `${key} ${ids?.join()} ${texts.join()} ${line.isOpen}`;
    if (isMissing && read !== name) {
      read = name;
      const asked = wanted;
      account
        .needThread(asked.threadId)
        .then(() => account.needBodies(textsWanted(asked, account)))
        .then(
          () => {
            problem = null;
            look();
          },
          (error: unknown) => {
            problem = troubleOf(error);
            look();
          },
        );
    }
    push(threadView(wanted, account ?? null, problem));
  };
  return viewers.add<'thread'>({
    refresh: look,
    adjust: (changed) => {
      wanted = changed;
      problem = null;
      look();
    },
  });
}

/** As the person has ordered them; those that are not named come behind, their own first. */
function inOrder(accounts: readonly AccountView[], order: Json | undefined): readonly AccountView[] {
  const places = new Map(Array.isArray(order) ? (order as readonly Json[]).map((id, at) => [id, at] as const) : []);
  const place = ({ id }: AccountView): number => places.get(id) ?? places.size;
  return accounts.toSorted((a, b) => place(a) - place(b) || Number(b.isPersonal) - Number(a.isPersonal));
}
