// Letters that are being written: saved, opened again, sent, called back. Knows the rows of drafts, the outbox and the files; each request of
// contract.ts that is about writing is answered here. Knows no screen.
import type { Account } from './account.ts';
import type { CacheStore } from './cache/contract.ts';
import { trouble, type Draft, type DraftView, type Requests, type SavedDraft, type ScheduledView, type SourceView } from './contract.ts';
import { draftOf, receiptField } from './draft-email.ts';
import { changeDraft, draftRows, draftView, takeDraft, type DraftRow } from './drafts.ts';
import type { Files } from './files.ts';
import { flowedBy, unflow } from './flowed.ts';
import { core, from, mail, submission, type JmapClient } from './jmap/client.ts';
import type { EmailAddress, EmailBody, EmailHead, Id, JsonObject } from './jmap/objects.ts';
import type { Outbox } from './outbox.ts';
import type { People } from './people.ts';
import { headProperties } from './row-reading.ts';
import type { Surroundings } from './surroundings.ts';
import { scheduledKeyword } from './tell-letters.ts';

export interface WritingParts {
  readonly client: JmapClient;
  readonly surroundings: Surroundings;
  readonly cache: CacheStore;
  readonly outbox: Outbox;
  readonly files: Files;
  readonly people: People;
  accounts(): Iterable<Account>;
  account(id: Id): Account | null;
  destroy(accountId: Id, emailIds: readonly Id[]): Promise<void>;
  changed(): void;
}

type Args<N extends keyof Requests> = Requests[N]['args'];

const dayMs = 86_400_000;
/** Drafts that the server has are kept here as well, as long as they are likely to be written on. */
const keptMs = 30 * dayMs;
/** What is asked of a part; its field tells whether its lines are soft (RFC 3676). */
const contentType = 'header:Content-Type';
const partProperties = ['partId', 'blobId', 'size', 'name', 'type', 'charset', 'disposition', 'cid', contentType];

/** `base`: the `changedAt` that the window knows; undefined: what is there is written over, unless it was sent. */
export async function saveDraft(parts: WritingParts, draft: Draft, base?: number | null): Promise<SavedDraft> {
  const { cache, outbox, surroundings, files } = parts;
  const known = await draftRows(cache).get(draft.key);
  // From another account than before: it goes there, and leaves the other.
  const moves = known !== null && known.draft.accountId !== draft.accountId;
  let isOthers = false;
  const row = await changeDraft(parts, draft.key, (before) => {
    isOthers = before !== null && (before.isSending || (base !== undefined && before.changedAt !== base));
    if (isOthers) return null;
    const now = surroundings.now();
    const domain = draft.from?.email.split('@')[1] ?? 'localhost';
    return {
      draft,
      changedAt: Math.max(now, (before?.changedAt ?? 0) + 1),
      savedAt: moves ? 0 : (before?.savedAt ?? 0),
      emailId: moves ? null : (before?.emailId ?? null),
      messageId: before?.messageId ?? `${crypto.randomUUID()}@${domain}`,
      isSending: false,
      submissionTried: before?.submissionTried ?? false,
      parts: moves ? {} : (before?.parts ?? {}),
    };
  });
  if (isOthers || !row) return keepApart(parts, draft);
  if (moves) {
    if (known.emailId !== null) await parts.destroy(known.draft.accountId, [known.emailId]);
    await files.moveTo(draft.key, draft.accountId);
  }
  await outbox.withdraw((waiting) => waiting.kind === 'draft' && waiting.key === draft.key);
  await outbox.add({ kind: 'draft', accountId: draft.accountId, key: draft.key, since: surroundings.now(), label: draft.subject });
  return { changedAt: row.changedAt, apart: null };
}

/** As a draft of its own, with copies of its files: the other one goes its own way, and takes its files along when it has gone out. */
async function keepApart(parts: WritingParts, draft: Draft): Promise<SavedDraft> {
  const key = crypto.randomUUID();
  const known = await draftRows(parts.cache).get(draft.key);
  const attachments = [];
  const places: Record<string, Id> = {};
  for (const one of draft.attachments) {
    const id = crypto.randomUUID();
    const place = known?.parts?.[one.id];
    if (place !== undefined) places[id] = place;
    // oxlint-disable-next-line no-await-in-loop -- few
    await parts.files.copy(one.id, { id, key, accountId: draft.accountId });
    attachments.push({ ...one, id });
  }
  const apart: Draft = { ...draft, key, attachments };
  const { changedAt } = await saveDraft(parts, apart);
  await changeDraft(parts, key, (row) => row && { ...row, parts: places });
  return { changedAt, apart };
}

/** What another window has written on or sent since stays. */
export async function dropDraft(parts: WritingParts, { key, base }: Args<'dropDraft'>): Promise<void> {
  const row = await takeDraft(parts, key, ({ changedAt, isSending }) => changedAt === base && !isSending);
  if (!row) return;
  await parts.outbox.withdraw((waiting) => waiting.kind !== 'change' && waiting.key === key);
  await parts.files.dropOf(key);
  if (row.emailId !== null) await parts.destroy(row.draft.accountId, [row.emailId]);
  parts.changed();
}

export async function send(parts: WritingParts, { key, options }: Args<'send'>): Promise<void> {
  const row = await changeDraft(parts, key, (now) => now && { ...now, isSending: true });
  if (!row) throw trouble('gone', 'draft', 'there is no such draft');
  await parts.outbox.withdraw((waiting) => waiting.kind !== 'change' && waiting.key === key);
  const { draft } = row;
  parts.people.note([...draft.to, ...draft.cc, ...draft.bcc], 3);
  try {
    await parts.outbox.add({
      kind: 'send',
      accountId: draft.accountId,
      key,
      options,
      since: parts.surroundings.now(),
      label: draft.subject,
    });
  } catch (error) {
    // The device is full: it stays a draft, and whoever pressed is told.
    await changeDraft(parts, key, (now) => now && { ...now, isSending: false });
    parts.changed();
    throw error;
  }
}

/** Out of the outbox again, if it has not left. */
export async function recall(parts: WritingParts, key: string): Promise<boolean> {
  if (!(await parts.outbox.withdraw((waiting) => waiting.kind === 'send' && waiting.key === key))) return false;
  const row = await changeDraft(parts, key, (now) => now && { ...now, isSending: false });
  if (row) await saveDraft(parts, row.draft);
  return true;
}

/** RFC 8621 §7.5: a letter that waits at the server is called back, and is a draft again. */
export async function unsend(parts: WritingParts, { accountId, submissionId, key }: Args<'unsend'>): Promise<boolean> {
  const account = parts.account(accountId);
  const drafts = account?.mailboxOf('drafts');
  const sent = account?.mailboxOf('sent');
  const update = {
    'keywords/$draft': true,
    [`keywords/${scheduledKeyword}`]: null,
    ...(drafts ? { [`mailboxIds/${drafts.id}`]: true } : {}),
    ...(sent ? { [`mailboxIds/${sent.id}`]: null } : {}),
  };
  const reply = await parts.client.request(
    [
      [
        'EmailSubmission/set',
        { accountId, update: { [submissionId]: { undoStatus: 'canceled' } }, onSuccessUpdateEmail: { [submissionId]: update } },
        's',
      ],
    ],
    [core, mail, submission],
  );
  if (!(submissionId in (reply.get('EmailSubmission/set', 's').updated ?? {}))) return false;
  const rows = draftRows(parts.cache);
  const row = await rows.get(key);
  if (row) {
    const { sendAt: _gone, ...kept } = row;
    // The letter that was called back would be taken for one that has gone out: the next try is another letter.
    const domain = row.messageId.split('@')[1] ?? 'localhost';
    await rows.put({ ...kept, isSending: false, submissionTried: false, messageId: `${crypto.randomUUID()}@${domain}` });
  }
  void account?.sync().catch(() => undefined);
  parts.changed();
  return true;
}

/** Letters that wait at the server for another day; those that only wait to be undone are left out. */
export async function scheduled({ accounts, client }: WritingParts): Promise<readonly ScheduledView[]> {
  const views: ScheduledView[] = [];
  for (const { id: accountId } of accounts()) {
    // oxlint-disable-next-line no-await-in-loop -- few accounts
    const reply = await client.request(
      [
        ['EmailSubmission/query', { accountId, filter: { undoStatus: 'pending' }, limit: 200 }, 'q'],
        [
          'EmailSubmission/get',
          { accountId, '#ids': from('q', 'EmailSubmission/query', '/ids'), properties: ['id', 'emailId', 'sendAt'] },
          's',
        ],
        [
          'Email/get',
          { accountId, '#ids': from('s', 'EmailSubmission/get', '/list/*/emailId'), properties: ['id', 'subject', 'to', 'keywords'] },
          'e',
        ],
      ],
      [core, mail, submission],
    );
    if (!reply.find('EmailSubmission/query', 'q')) continue;
    const emails = new Map((reply.find('Email/get', 'e')?.list ?? []).map((email) => [email.id, email as unknown as EmailHead]));
    for (const { id, emailId, sendAt } of reply.find('EmailSubmission/get', 's')?.list ?? []) {
      const email = emails.get(emailId);
      if (email?.keywords[scheduledKeyword])
        views.push({ accountId, submissionId: id, emailId, sendAt, subject: email.subject ?? '', to: email.to ?? [] });
    }
  }
  return views.toSorted((a, b) => (a.sendAt < b.sendAt ? -1 : 1));
}

const sourceProperties = [
  'blobId',
  'cc',
  'bcc',
  'replyTo',
  'sentAt',
  'messageId',
  'inReplyTo',
  'references',
  'textBody',
  'htmlBody',
  'attachments',
  'bodyValues',
];

/** A letter with its text and its HTML. @throws EngineTrouble `gone`, `offline`. */
async function read(
  { client }: WritingParts,
  accountId: Id,
  emailId: Id,
): Promise<SourceView & { readonly receiptTo: readonly EmailAddress[] | null }> {
  const receipt = `header:${receiptField}:asAddresses`;
  const reply = await client.request([
    [
      'Email/get',
      {
        accountId,
        ids: [emailId],
        properties: [...headProperties, ...sourceProperties, receipt],
        fetchTextBodyValues: true,
        fetchHTMLBodyValues: true,
        bodyProperties: partProperties,
      },
      'e',
    ],
  ]);
  const [found] = reply.get('Email/get', 'e').list;
  if (!found) throw trouble('gone', 'notFound', 'it is no longer there');
  const email = found as unknown as EmailHead & EmailBody & Readonly<Record<string, unknown>>;
  // Whole: what is forwarded or written on must not lose its end.
  const values = (parts: EmailBody['textBody']): string =>
    parts
      .map((part) => {
        const value = part.partId === null ? '' : (email.bodyValues[part.partId]?.value ?? '');
        const flowed = flowedBy(String((part as unknown as JsonObject)[contentType] ?? ''));
        return part.type === 'text/plain' && flowed ? unflow(value, flowed.delSp) : value;
      })
      .join('\n');
  // What has HTML only is listed as text as well (RFC 8621 §4.1.4).
  const texts = email.textBody.filter(({ type }) => type === 'text/plain');
  const htmls = email.htmlBody.filter(({ type }) => type === 'text/html');
  return {
    head: email,
    body: email,
    text: values(texts),
    html: htmls.length === 0 ? null : values(htmls),
    receiptTo: (email[receipt] as readonly EmailAddress[] | null | undefined) ?? null,
  };
}

/** Without a network what was read before is answered by its text. */
export async function source(parts: WritingParts, { accountId, emailId }: Args<'source'>): Promise<SourceView> {
  try {
    const { receiptTo: _unused, ...view } = await read(parts, accountId, emailId);
    return view;
  } catch (error) {
    const account = parts.account(accountId);
    const head = account?.told(emailId);
    const body = account?.body(emailId);
    if (!head || !body) throw error;
    const text = body.textBody.map(({ partId }) => (partId === null ? '' : (body.bodyValues[partId]?.value ?? ''))).join('\n');
    return { head, body, text, html: null };
  }
}

/** The row of this device when it has one, else the letter as the server has it, whoever has put it there. */
export async function openDraft(parts: WritingParts, { accountId, emailId }: Args<'openDraft'>): Promise<DraftView | null> {
  const rows = draftRows(parts.cache);
  const known = (await rows.all()).find((row) => row.emailId === emailId && row.draft.accountId === accountId && !row.isSending);
  if (known) return draftView(known);
  let stored;
  try {
    stored = await read(parts, accountId, emailId);
  } catch (error) {
    if (error instanceof Error && 'trouble' in error && (error.trouble as { kind: string }).kind === 'gone') return null;
    throw error;
  }
  const { draft, parts: blobs } = draftOf(stored, crypto.randomUUID(), accountId, () => crypto.randomUUID());
  const now = parts.surroundings.now();
  const row: DraftRow = {
    draft,
    changedAt: now,
    savedAt: now,
    emailId,
    messageId: stored.body.messageId?.[0] ?? `${crypto.randomUUID()}@localhost`,
    isSending: false,
    submissionTried: false,
    parts: blobs,
  };
  await rows.put(row);
  return draftView(row);
}

/** Once at the start: what has gone out, and what the server has and nobody has written on for long, is let go. */
export async function tidyDrafts({ cache, files, surroundings }: Pick<WritingParts, 'cache' | 'files' | 'surroundings'>): Promise<void> {
  const now = surroundings.now();
  for (const { draft, isSending, sendAt, savedAt, changedAt } of await draftRows(cache).all()) {
    const hasGone = isSending && sendAt !== undefined && sendAt + dayMs < now;
    const isOld = !isSending && savedAt >= changedAt && changedAt + keptMs < now;
    if (!hasGone && !isOld) continue;
    // oxlint-disable-next-line no-await-in-loop -- few
    await draftRows(cache).drop(draft.key);
    // oxlint-disable-next-line no-await-in-loop -- few
    await files.dropOf(draft.key);
  }
}
