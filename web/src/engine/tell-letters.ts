// Letters that are written, as the server is told of them: a draft stored in the place of the one before, a letter stored and handed over in one
// request. Knows Email/set and EmailSubmission/set (RFC 8621 §4.6, §7.5), and how an earlier try or another device's draft is recognised; knows no queue.
import { trouble, type News } from './contract.ts';
import type { Account } from './account.ts';
import type { CacheStore } from './cache/contract.ts';
import { emailOf, envelopeOf, partsOf } from './draft-email.ts';
import { changeDraft, draftRows, type DraftRow } from './drafts.ts';
import type { Files } from './files.ts';
import { core, mail, submission, type Call, type JmapClient, type Reply } from './jmap/client.ts';
import type { BodyPart, EmailHead, Id, JsonObject, SetAnswer } from './jmap/objects.ts';
import type { Waiting } from './outbox.ts';
import { troubleOf } from './port.ts';
import type { Surroundings } from './surroundings.ts';

export interface TellLettersParts {
  readonly client: JmapClient;
  readonly cache: CacheStore;
  readonly surroundings: Surroundings;
  readonly files: Files;
  account(id: Id): Account | null;
  news(news: News): void;
  changed(): void;
}

/** Of a letter that goes out on another day; the server takes it off when it has gone. */
export const scheduledKeyword = '$scheduled';

/** @throws EngineTrouble. */
export async function tellDraft(parts: TellLettersParts, { accountId, key }: Waiting & { kind: 'draft' }): Promise<void> {
  const found = await draftRows(parts.cache).get(key);
  const drafts = parts.account(accountId)?.mailboxOf('drafts');
  if (!found || found.savedAt >= found.changedAt || found.isSending) return;
  if (!drafts) throw trouble('refused', 'noMailbox', 'drafts');
  const { row, earlier } = await besideOthers(parts, found);
  const reply = await withBlobs(parts, row, false, (blobs) => [
    ['Email/set', { accountId, create: { d: emailOf(row.draft, drafts.id, row.messageId, blobs) } }, 's'],
  ]);
  const emailId = createdId(reply.get('Email/set', 's'), 'd');
  // Noted before the earlier ones go: a draft whose letter is gone was replaced by somebody else. What was typed meanwhile stays.
  const isThere = await changeDraft(parts, key, (now) => now && { ...now, emailId });
  // Thrown away while it was being stored.
  if (!isThere) {
    await parts.client.request([['Email/set', { accountId, destroy: [...new Set([emailId, ...earlier])] }, 'd']]);
    return;
  }
  const places = await replaced(parts, accountId, emailId, row, earlier);
  await changeDraft(parts, key, (now) => now && { ...now, parts: places, savedAt: row.changedAt });
  parts.changed();
}

/** RFC 8621 §7.5: stored and handed over in one request; after its success the letter moves from Drafts to Sent. @throws EngineTrouble. */
export async function tellSending(parts: TellLettersParts, { accountId, key, options }: Waiting & { kind: 'send' }): Promise<void> {
  const { client, surroundings } = parts;
  const noted = await draftRows(parts.cache).get(key);
  const account = parts.account(accountId);
  if (!noted) return;
  // Taken away from the person meanwhile: the letter must not vanish with it.
  if (!account) throw trouble('refused', 'noAccount', accountId);
  if (noted.submissionTried && (await wasSent(parts, accountId, noted))) return;
  const drafts = account.mailboxOf('drafts');
  const sent = account.mailboxOf('sent');
  if (!drafts) throw trouble('refused', 'noMailbox', 'drafts');
  const { row, earlier } = await besideOthers(parts, noted);
  const { draft } = row;
  const held = Number(client.session?.accounts[accountId]?.accountCapabilities[submission]?.['maxDelayedSend'] ?? 0);
  const envelope = envelopeOf(draft, options, held > 0);
  // What goes out on another day lies in Drafts until then; the server puts it away.
  const isLater = options.at !== null && envelope !== null;
  const after: JsonObject = isLater
    ? { [`keywords/${scheduledKeyword}`]: true }
    : sent
      ? { [`mailboxIds/${drafts.id}`]: null, [`mailboxIds/${sent.id}`]: true }
      : {};
  const calls = (blobs: ReadonlyMap<string, Id>): Call[] => [
    ['Email/set', { accountId, create: { d: emailOf(draft, drafts.id, row.messageId, blobs) } }, 'e'],
    [
      'EmailSubmission/set',
      {
        accountId,
        create: { s: { identityId: draft.identityId, emailId: '#d', ...(envelope === null ? {} : { envelope }) } },
        onSuccessUpdateEmail: { '#s': { 'keywords/$draft': null, ...after } },
      },
      's',
    ],
    ...(draft.about
      ? ([
          [
            'Email/set',
            { accountId: draft.about.accountId, update: { [draft.about.emailId]: { [`keywords/${draft.about.keyword}`]: true } } },
            'a',
          ],
        ] as const)
      : []),
  ];
  // Noted when everything is ready and before it is handed over: from now on the answer may be lost.
  const reply = await withBlobs(parts, row, true, calls, () =>
    changeDraft(parts, key, (now) => now && { ...now, messageId: row.messageId, submissionTried: true, isSending: true }),
  );
  const emailId = createdId(reply.get('Email/set', 'e'), 'd');
  let submissionId: Id;
  try {
    submissionId = createdId(reply.get('EmailSubmission/set', 's'), 's');
  } catch (error) {
    // Not now, or nobody knows: the next try looks whether it has gone out.
    if (troubleOf(error).kind !== 'refused') throw error;
    // Refused: it is a draft again, here and there. Only where the server has said so of this very letter it has surely not gone out.
    const isSure = reply.find('EmailSubmission/set', 's')?.notCreated?.['s'] !== undefined;
    const places = await replaced(parts, accountId, emailId, row, earlier).catch(() => ({}));
    const again = { ...row, emailId, parts: places, savedAt: row.changedAt, isSending: false, submissionTried: !isSure };
    await draftRows(parts.cache).put(again);
    throw error;
  }
  const told = reply.get('EmailSubmission/set', 's').created?.['s']?.['sendAt'];
  const sendAt = String(told ?? new Date(surroundings.now()).toISOString());
  const places = await replaced(parts, accountId, emailId, row, earlier).catch(() => ({}));
  const gone = {
    ...row,
    emailId,
    parts: places,
    savedAt: row.changedAt,
    isSending: true,
    submissionTried: true,
    sendAt: Date.parse(sendAt),
  };
  // It has gone out, whether this device can note it or not.
  await draftRows(parts.cache)
    .put(gone)
    .catch(() => undefined);
  parts.news({ kind: 'sent', key, accountId, submissionId, sendAt });
}

/** With the blobs of what is attached, the files carried first. What the server no longer has is carried again, once. `isWhole`: nothing may be missing. */
async function withBlobs(
  { client, files }: TellLettersParts,
  row: DraftRow,
  isWhole: boolean,
  calls: (blobs: ReadonlyMap<string, Id>) => readonly Call[],
  ready: () => Promise<unknown> = async () => undefined,
): Promise<Reply> {
  let parts = row.parts ?? {};
  for (let again = false; ; again = true) {
    const blobs = new Map<string, Id>();
    for (const { id, blobId, name, from: fromAccountId } of row.draft.attachments) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      let found = parts[id] ?? (await files.blobOf(id));
      // oxlint-disable-next-line no-await-in-loop -- as above
      if (found === null && blobId !== null)
        found = fromAccountId === row.draft.accountId ? blobId : await copied(client, fromAccountId, row.draft.accountId, blobId);
      if (found !== null) blobs.set(id, found);
      // A letter does not go out without what its writer has attached.
      else if (isWhole) throw trouble('refused', 'blobNotFound', name);
    }
    // oxlint-disable-next-line no-await-in-loop -- at most twice
    await ready();
    // oxlint-disable-next-line no-await-in-loop -- at most twice
    const reply = await client.request(calls(blobs), [core, mail, submission]);
    const error = reply.responses.find(([name]) => name === 'Email/set')?.[1] as SetAnswer | undefined;
    if (again || error?.notCreated?.['d']?.type !== 'blobNotFound') return reply;
    parts = {};
    // oxlint-disable-next-line no-await-in-loop -- one after another
    for (const { id } of row.draft.attachments) await files.again(id);
  }
}

/** RFC 8620 §6.3: what lies in another account, such as what is attached to a letter that is forwarded from this one. Null: it is gone. */
async function copied(client: JmapClient, fromAccountId: Id, accountId: Id, blobId: Id): Promise<Id | null> {
  const reply = await client.request([['Blob/copy', { fromAccountId, accountId, blobIds: [blobId] }, 'c']]);
  return (reply.get('Blob/copy', 'c')['copied'] as Readonly<Record<Id, Id>> | null)?.[blobId] ?? null;
}

/** The letter is stored: those before it go, and not sooner. Answers where the new one has its parts, as the earlier ones' go with them. */
async function replaced(
  { client }: TellLettersParts,
  accountId: Id,
  id: Id,
  { draft }: DraftRow,
  earlier: readonly Id[],
): Promise<Readonly<Record<string, Id>>> {
  const bodyProperties = ['blobId', 'name', 'type', 'size', 'disposition', 'cid'];
  const reply = await client.request([
    ['Email/get', { accountId, ids: [id], properties: ['attachments'], bodyProperties }, 'g'],
    ['Email/set', { accountId, destroy: earlier.filter((other) => other !== id) }, 'd'],
  ]);
  return partsOf(draft, (reply.find('Email/get', 'g')?.list[0]?.attachments ?? []) as readonly BodyPart[]);
}

/**
 * Copies of the draft that the server has: the one that is known, and one of a try whose answer was lost; they go when the new one is stored. But
 * when the known one is gone and there is another of its Message-ID, another device has written on it (or sent it): then this one is a letter of
 * its own from now on, and nobody's words are lost.
 */
async function besideOthers(parts: TellLettersParts, row: DraftRow): Promise<{ readonly row: DraftRow; readonly earlier: readonly Id[] }> {
  const { accountId, key } = row.draft;
  const same = await ofMessageId(parts, accountId, row.messageId, row.emailId);
  const drafts = parts.account(accountId)?.mailboxOf('drafts')?.id ?? '';
  const inDrafts = same.filter(({ mailboxIds }) => mailboxIds[drafts] === true).map(({ id }) => id);
  if (row.emailId === null || same.length === 0 || same.some(({ id }) => id === row.emailId)) return { row, earlier: inDrafts };
  const messageId = `${crypto.randomUUID()}@${row.messageId.split('@')[1] ?? 'localhost'}`;
  const apart = await changeDraft(parts, key, (now) => now && { ...now, emailId: null, messageId });
  parts.news({ kind: 'apart', key });
  return { row: { ...row, ...apart, draft: row.draft, changedAt: row.changedAt, emailId: null, messageId }, earlier: [] };
}

/** Those of a Message-ID, and the one that is known, where they lie. */
async function ofMessageId(
  { client }: TellLettersParts,
  accountId: Id,
  messageId: string,
  known: Id | null,
): Promise<readonly Pick<EmailHead, 'id' | 'mailboxIds'>[]> {
  const properties = ['id', 'mailboxIds'];
  const reply = await client.request([
    ['Email/query', { accountId, filter: { header: ['Message-ID', messageId] }, limit: 10 }, 'q'],
    ['Email/get', { accountId, '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' }, properties }, 'g'],
    ['Email/get', { accountId, ids: known === null ? [] : [known], properties }, 'k'],
  ]);
  // Not now is not none.
  reply.find('Email/query', 'q');
  const found = [...(reply.find('Email/get', 'g')?.list ?? []), ...(reply.find('Email/get', 'k')?.list ?? [])];
  return [...new Map(found.map((email) => [email.id, email])).values()];
}

/** An earlier try whose answer never came: is there a submission of this letter? Then it is told as sent, and the draft that it was goes. */
async function wasSent({ client, cache, news }: TellLettersParts, accountId: Id, row: DraftRow): Promise<boolean> {
  const { key } = row.draft;
  const reply = await client.request(
    [['Email/query', { accountId, filter: { header: ['Message-ID', row.messageId] }, limit: 10 }, 'q']],
    [core, mail],
  );
  const emailIds = reply.get('Email/query', 'q').ids;
  if (emailIds.length === 0) return false;
  const found = await client.request(
    [
      ['EmailSubmission/query', { accountId, filter: { emailIds: [...emailIds] }, limit: 1 }, 's'],
      [
        'EmailSubmission/get',
        {
          accountId,
          '#ids': { resultOf: 's', name: 'EmailSubmission/query', path: '/ids' },
          properties: ['id', 'emailId', 'sendAt'],
        },
        'g',
      ],
    ],
    [core, mail, submission],
  );
  const [made] = found.get('EmailSubmission/query', 's').ids.length === 0 ? [] : found.get('EmailSubmission/get', 'g').list;
  if (!made) return false;
  const left = row.emailId !== null && row.emailId !== made.emailId ? [row.emailId] : [];
  if (left.length > 0) await client.request([['Email/set', { accountId, destroy: left }, 'd']]);
  await draftRows(cache).put({ ...row, emailId: made.emailId, parts: {}, isSending: true, sendAt: Date.parse(made.sendAt) });
  news({ kind: 'sent', key, accountId, submissionId: made.id, sendAt: made.sendAt });
  return true;
}

/** @throws EngineTrouble `refused` with the SetError. */
function createdId(answer: SetAnswer, key: string): Id {
  const made = answer.created?.[key];
  if (made) return made.id;
  const error = answer.notCreated?.[key];
  throw trouble('refused', error?.type ?? 'unknown', error?.description ?? '');
}
