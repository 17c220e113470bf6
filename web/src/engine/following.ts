// One round of bringing an account to the server's state of now: what changed, the letters of it that are held, the lists in use. Knows RFC 8620 §5.2
// and §5.6 and RFC 8621 §2.2, §3.2, §4.3; knows no list on screen.
//
// All that a round brings is put in place at one moment, so that no view ever sees a new list with old letters.
import { keptState, queryOf, type HeldLists } from './held-lists.ts';
import type { Holdings, States } from './holdings.ts';
import { from, type Call, type JmapClient, type Reply } from './jmap/client.ts';
import type { ChangesAnswer, EmailHead, Id, Mailbox } from './jmap/objects.ts';
import { lettersAtOnce, rowCalls, takeRows } from './row-reading.ts';

/** Letters that came, of which the heads are read without being asked. */
const arrivalsRead = 50;

export interface FollowingParts {
  readonly client: JmapClient;
  readonly holdings: Holdings;
  readonly lists: HeldLists;
}

/** Where there is nothing yet. @throws EngineTrouble. */
export async function begin({ client, holdings }: FollowingParts): Promise<void> {
  const accountId = holdings.id;
  const reply = await client.request([
    ['Mailbox/get', { accountId, ids: null }, 'm'],
    ['Thread/get', { accountId, ids: [] }, 't'],
    ['Email/get', { accountId, ids: [], properties: ['id'] }, 'e'],
  ]);
  const mailboxes = reply.get('Mailbox/get', 'm');
  holdings.takeStates(
    { Mailbox: mailboxes.state, Thread: reply.get('Thread/get', 't').state, Email: reply.get('Email/get', 'e').state },
    new Map(mailboxes.list.map((mailbox) => [mailbox.id, mailbox])),
  );
}

/** `hasMore`: another round is wanted; `created`: letters that came. @throws EngineTrouble. */
export async function follow(
  parts: FollowingParts,
  states: States,
): Promise<{ readonly hasMore: boolean; readonly created: readonly EmailHead[] }> {
  const { client, holdings, lists } = parts;
  const accountId = holdings.id;
  const windows = lists.all.filter(({ window }) => window.state !== null);
  const followed = windows.filter(({ window }) => window.canFollow);
  const reply = await client.request([
    ['Mailbox/changes', { accountId, sinceState: states.Mailbox }, 'mc'],
    ['Mailbox/get', { accountId, '#ids': from('mc', 'Mailbox/changes', '/created') }, 'm1'],
    [
      'Mailbox/get',
      {
        accountId,
        '#ids': from('mc', 'Mailbox/changes', '/updated'),
        '#properties': from('mc', 'Mailbox/changes', '/updatedProperties'),
      },
      'm2',
    ],
    ['Thread/changes', { accountId, sinceState: states.Thread, maxChanges: 500 }, 'tc'],
    ['Email/changes', { accountId, sinceState: states.Email, maxChanges: 500 }, 'ec'],
    ...followed.map((held, index): Call => [
      'Email/queryChanges',
      { accountId, ...queryOf(held), sinceQueryState: held.window.state },
      `w${index}`,
    ]),
  ]);
  const emails = reply.find('Email/changes', 'ec');
  const threads = reply.find('Thread/changes', 'tc');
  const mailboxes = reply.find('Mailbox/changes', 'mc');
  if (!emails || !threads || !mailboxes) {
    await startOver(parts);
    return { hasMore: false, created: [] };
  }
  const mailboxesNow = mergeMailboxes(holdings.mailboxes ?? new Map(), mailboxes, reply);
  const answers = followed.map((_held, index) => reply.find('Email/queryChanges', `w${index}`));
  const rows = await readChanged(parts, emails, threads);

  // From here to the end nothing waits: all at one moment.
  if (rows) takeRows(holdings, rows, true);
  drop(holdings, emails, threads, rows);
  const isStill = emails.oldState === emails.newState && threads.oldState === threads.newState && mailboxes.oldState === mailboxes.newState;
  if (!isStill || holdings.mailboxes === null)
    holdings.takeStates({ Mailbox: mailboxes.newState, Thread: threads.newState, Email: emails.newState }, mailboxesNow);
  for (const [index, held] of followed.entries()) {
    const answer = answers[index];
    if (!isStill || answer?.newQueryState !== answer?.oldQueryState) lists.note(held);
    if (!answer || !held.window.follow(answer)) held.window.forget();
  }
  for (const { window } of windows)
    if (window.state === keptState || (!window.canFollow && emails.newState !== emails.oldState)) window.forget();
  return {
    hasMore: emails.hasMoreChanges || threads.hasMoreChanges || mailboxes.hasMoreChanges,
    created: emails.created.flatMap((id) => holdings.heads.get(id) ?? []),
  };
}

/** Heads of letters that came or changed and are held, with their conversations. Null: none. */
async function readChanged({ client, holdings }: FollowingParts, emails: ChangesAnswer, threads: ChangesAnswer): Promise<Reply | null> {
  await holdings.fetch('heads', emails.updated);
  await holdings.fetch('threads', threads.updated);
  // A conversation that changed is read again by one of its letters.
  const byThread = [...new Set(threads.updated)].flatMap(
    (id) => holdings.threads.get(id)?.find((member) => !emails.destroyed.includes(member)) ?? [],
  );
  const held = emails.updated.filter((id) => holdings.heads.has(id));
  const ids = [...new Set([...emails.created.slice(-arrivalsRead), ...held, ...byThread])];
  if (ids.length === 0) return null;
  // What does not go into one request is dropped from what is held, and read when it is looked at.
  for (const id of ids.slice(lettersAtOnce)) holdings.drop('heads', id);
  return client.request(rowCalls(holdings.id, { ids: ids.slice(0, lettersAtOnce) }));
}

function drop(holdings: Holdings, emails: ChangesAnswer, threads: ChangesAnswer, rows: Reply | null): void {
  for (const id of emails.destroyed) {
    holdings.drop('heads', id);
    holdings.drop('bodies', id);
  }
  const fresh = new Set(rows?.find('Thread/get', 't')?.list.map(({ id }) => id));
  for (const id of [...threads.updated, ...threads.destroyed]) if (!fresh.has(id)) holdings.drop('threads', id);
}

/** The server does not remember so far back (RFC 8620 §5.2 cannotCalculateChanges): all but the bodies is asked for anew. */
async function startOver(parts: FollowingParts): Promise<void> {
  await parts.holdings.startOver();
  for (const { window } of parts.lists.all) window.forget();
  await begin(parts);
}

/** RFC 8621 §2.2: of those that only counted differently just the counters come. */
function mergeMailboxes(held: ReadonlyMap<Id, Mailbox>, changes: ChangesAnswer, reply: Reply): ReadonlyMap<Id, Mailbox> {
  const merged = new Map(held);
  for (const id of changes.destroyed) merged.delete(id);
  for (const call of ['m1', 'm2'])
    for (const mailbox of reply.find('Mailbox/get', call)?.list ?? []) merged.set(mailbox.id, { ...merged.get(mailbox.id), ...mailbox });
  return merged;
}
