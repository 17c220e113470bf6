// Letters that go to another account: copied there first, and only then taken from where they were (RFC 8621 §4.7). Knows what that is to the server,
// and how an earlier try is found again; knows no outbox and no screen.
import type { JmapClient } from './jmap/client.ts';
import type { EmailHead, Id, JsonObject, PatchObject, SetError } from './jmap/objects.ts';
import type { Change } from './overlay.ts';

export interface Carry {
  readonly toAccountId: Id;
  /** By letter: in which mailboxes it lies there. */
  readonly places: Readonly<Record<Id, readonly Id[]>>;
}

export interface Carried {
  /** Letters as they were called before, and as they are called there. */
  readonly made: ReadonlyMap<Id, Id>;
  /** What kept some of them here; null: nothing did. */
  readonly problem: SetError | null;
  readonly refused: number;
}

/** Letters in one request: each is copied octet by octet. */
const atOnce = 50;
/** RFC 8620 §2: `maxCallsInRequest` is 16 at least with us. */
const questionsAtOnce = 15;

/**
 * What it means here that letters go there: how it looks at once, and what is told once the copies are made. `from`: out of this mailbox alone, out of
 * the account where they lie in no other; null: out of the account. `keeps`: nothing leaves.
 */
export function carryOf(
  accountId: Id,
  heads: readonly EmailHead[],
  { toAccountId, to, from, keeps }: { readonly toAccountId: Id; readonly to: Id; readonly from: Id | null; readonly keeps: boolean },
): { readonly change: Change; readonly inverse: Change; readonly count: number } | null {
  const going = heads.filter(({ mailboxIds }) => from === null || mailboxIds[from] === true);
  if (going.length === 0) return null;
  const update: Record<Id, PatchObject> = {};
  const back: Record<Id, PatchObject> = {};
  const destroy: Id[] = [];
  for (const { id, mailboxIds } of keeps ? [] : going) {
    const others = Object.keys(mailboxIds).filter((one) => one !== from);
    if (from === null || others.length === 0) destroy.push(id);
    else {
      update[id] = { [`mailboxIds/${from}`]: null };
      back[id] = { [`mailboxIds/${from}`]: true };
    }
  }
  const lay = Object.fromEntries(destroy.map((id) => [id, Object.keys(going.find((head) => head.id === id)!.mailboxIds)]));
  return {
    change: { accountId, update, destroy, carry: { toAccountId, places: Object.fromEntries(going.map(({ id }) => [id, [to]])) } },
    inverse: { accountId, update: back, destroy: [], carry: { toAccountId, places: lay } },
    count: going.length,
  };
}

/** What takes it back once it is done: those that are gone here come back from there, and the copies go. */
export function backOf({ accountId, update, carry }: Change, made: ReadonlyMap<Id, Id>): readonly Change[] {
  const { toAccountId, places } = carry!;
  const home = Object.entries(places).flatMap(([id, mailboxIds]): [Id, readonly Id[]][] => {
    const there = made.get(id);
    return there === undefined ? [] : [[there, mailboxIds]];
  });
  const stayed = [...made].flatMap(([id, there]) => (places[id] === undefined ? [there] : []));
  return [
    ...(Object.keys(update).length === 0 ? [] : [{ accountId, update, destroy: [] }]),
    ...(home.length === 0
      ? []
      : [
          {
            accountId: toAccountId,
            update: {},
            destroy: home.map(([id]) => id),
            carry: { toAccountId: accountId, places: Object.fromEntries(home) },
          },
        ]),
    ...(stayed.length === 0 ? [] : [{ accountId: toAccountId, update: {}, destroy: stayed }]),
  ];
}

/**
 * Makes the copies. `isAgain`: the answer of an earlier try may have been lost; what it has made is found by its Message-ID, so that nothing comes twice.
 * A letter that is gone here is passed over. @throws EngineTrouble for what concerns them all.
 */
export async function carryOver(client: JmapClient, accountId: Id, { toAccountId, places }: Carry, isAgain: boolean): Promise<Carried> {
  const made = isAgain ? await foundThere(client, accountId, { toAccountId, places }) : new Map<Id, Id>();
  const ids = Object.keys(places).filter((id) => !made.has(id));
  let problem: SetError | null = null;
  let refused = 0;
  for (let at = 0; at < ids.length; at += atOnce) {
    const some = ids.slice(at, at + atOnce);
    const create = Object.fromEntries(
      some.map((id): [Id, JsonObject] => [id, { id, mailboxIds: Object.fromEntries(places[id]!.map((one) => [one, true])) }]),
    );
    const reply = await client.request([['Email/copy', { fromAccountId: accountId, accountId: toAccountId, create }, 'c']]);
    const answer = reply.get('Email/copy', 'c');
    const created = (answer['created'] ?? {}) as unknown as Readonly<Record<Id, { readonly id: Id }>>;
    for (const [id, copy] of Object.entries(created)) made.set(id, copy.id);
    const notCreated = (answer['notCreated'] ?? {}) as unknown as Readonly<Record<Id, SetError & { readonly existingId?: Id }>>;
    for (const [id, error] of Object.entries(notCreated)) {
      if (error.type === 'alreadyExists' && error.existingId !== undefined) made.set(id, error.existingId);
      else if (error.type !== 'notFound') {
        refused += 1;
        problem ??= error;
      }
    }
  }
  return { made, problem, refused };
}

interface Named {
  readonly id: Id;
  readonly messageId: readonly string[] | null;
  readonly size: number;
}

/** The server looks for a part of a Message-ID (RFC 8621 §4.4.1): only what bears the very same one, and is as large, is the copy. */
async function foundThere(client: JmapClient, accountId: Id, { toAccountId, places }: Carry): Promise<Map<Id, Id>> {
  const found = new Map<Id, Id>();
  const ids = Object.keys(places);
  const properties = ['messageId', 'size'];
  for (let at = 0; at < ids.length; at += questionsAtOnce) {
    const some = ids.slice(at, at + questionsAtOnce);
    const told = await client.request([['Email/get', { accountId, ids: some, properties }, 'g']]);
    const asked = (told.get('Email/get', 'g').list as unknown as readonly Named[]).filter(({ messageId }) => messageId?.[0] !== undefined);
    if (asked.length === 0) continue;
    const reply = await client.request(
      asked.map(({ id, messageId }) => {
        const conditions = [{ header: ['Message-ID', messageId![0]!] }, { inMailbox: places[id]![0]! }];
        return ['Email/query', { accountId: toAccountId, filter: { operator: 'AND', conditions }, limit: 10 }, id] as const;
      }),
    );
    const likely = [...new Set(asked.flatMap(({ id }) => reply.find('Email/query', id)?.ids ?? []))];
    if (likely.length === 0) continue;
    const there = await client.request([['Email/get', { accountId: toAccountId, ids: likely, properties }, 'g']]);
    const copies = there.get('Email/get', 'g').list as unknown as readonly Named[];
    for (const { id, messageId, size } of asked) {
      const copy = copies.find((one) => one.messageId?.[0] === messageId![0] && one.size === size);
      if (copy) found.set(id, copy.id);
    }
  }
  return found;
}
