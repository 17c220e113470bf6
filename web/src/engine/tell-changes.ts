// Changes of letters, as the server is told of them: Email/set in pieces that it takes, and Snooze/set of our own capability. Knows these methods;
// knows no queue.
import { tayoriCapability, trouble, type News } from './contract.ts';
import { core, type JmapClient } from './jmap/client.ts';
import type { Id, JsonObject, SetError } from './jmap/objects.ts';
import type { Waiting } from './outbox.ts';
import { endSnoozes } from './whole.ts';

export interface TellChangesParts {
  readonly client: JmapClient;
  news(news: News): void;
}

/** What some letters refuse is told as news; the others are changed. @throws EngineTrouble. */
export async function tellChange(parts: TellChangesParts, row: Waiting & { kind: 'change' }): Promise<void> {
  const { accountId, update, destroy, what, snooze } = row;
  const changes = [...Object.entries(update), ...destroy.map((id) => [id, null] as const)];
  if (snooze) return tellSnooze(parts.client, accountId, Object.keys(update), snooze.until);
  const most = Number(parts.client.session?.capabilities[core]?.['maxObjectsInSet'] ?? 500);
  let refused = 0;
  let problem: SetError | null = null;
  for (let at = 0; at < changes.length; at += most) {
    // RFC 8620 §2: `maxObjectsInSet` counts both together.
    const some = changes.slice(at, at + most);
    // oxlint-disable-next-line no-await-in-loop -- one piece after the other
    const reply = await parts.client.request([
      [
        'Email/set',
        {
          accountId,
          update: Object.fromEntries(some.filter(([, patch]) => patch !== null)) as JsonObject,
          destroy: some.flatMap(([id, patch]) => (patch === null ? [id] : [])),
        },
        's',
      ],
    ]);
    const answer = reply.get('Email/set', 's');
    // A letter that is gone has what it needs.
    for (const error of Object.values({ ...answer.notUpdated, ...answer.notDestroyed }).filter(({ type }) => type !== 'notFound')) {
      refused += 1;
      problem ??= error;
    }
  }
  if (problem)
    parts.news({
      kind: 'refused',
      what,
      count: refused,
      row: row.id,
      trouble: { kind: 'refused', type: problem.type, description: problem.description ?? '' },
    });
}

/** Snooze/set of our own capability: the server puts the letters away, and brings them back. */
async function tellSnooze(client: JmapClient, accountId: Id, emailIds: readonly Id[], until: string | null): Promise<void> {
  if (until === null) {
    await endSnoozes(client, [core, tayoriCapability], accountId, new Set(emailIds));
    return;
  }
  const create = Object.fromEntries(emailIds.map((emailId, index) => [`z${index}`, { emailId, until }]));
  const answer = (await client.request([['Snooze/set', { accountId, create }, 's']], [core, tayoriCapability])).get('Snooze/set', 's');
  const refused = Object.values((answer['notCreated'] ?? {}) as unknown as Readonly<Record<string, SetError>>).find(
    ({ type }) => type !== 'notFound',
  );
  if (refused) throw trouble('refused', refused.type, refused.description ?? '');
}
