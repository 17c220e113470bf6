// Letters that a person writes, as the server is told of them: a draft in place of the one before, and a letter sent once and no more. Knows draft rows,
// what is attached, and RFC 8621 §4.6 and §7.5; knows no queue.
import type { Account } from './account.ts';
import type { CacheStore } from './cache/contract.ts';
import { trouble, type News, type SendOptions } from './contract.ts';
import { draftRows, type DraftRow } from './drafts.ts';
import { emailOf, envelopeOf, partsOf } from './draft-email.ts';
import type { Files } from './files.ts';
import { core, mail, submission, type Call, type JmapClient, type Reply } from './jmap/client.ts';
import type { BodyPart, Id, JsonObject, SetAnswer } from './jmap/objects.ts';
import type { Surroundings } from './surroundings.ts';

/** Of a letter that goes out on another day; the server takes it off when it has gone. */
export const scheduledKeyword = '$scheduled';

export interface LetterTellingParts {
  readonly client: JmapClient;
  readonly cache: CacheStore;
  readonly files: Files;
  readonly surroundings: Surroundings;
  account(id: Id): Account | null;
  news(news: News): void;
  changed(): void;
}

/** Which letter: its draft lies on the device under the key. */
interface WaitingLetter {
  readonly accountId: Id;
  readonly key: string;
}

export class LetterTelling {
  readonly #parts: LetterTellingParts;

  constructor(parts: LetterTellingParts) {
    this.#parts = parts;
  }

  async #draft(key: string): Promise<DraftRow | null> {
    return draftRows(this.#parts.cache).get(key);
  }

  /** Stored as it is now, in place of what was stored before. @throws EngineTrouble. */
  async tellDraft({ accountId, key }: WaitingLetter): Promise<void> {
    const row = await this.#draft(key);
    const drafts = this.#parts.account(accountId)?.mailboxOf('drafts');
    if (!row || row.savedAt >= row.changedAt || row.isSending) return;
    if (!drafts) throw trouble('refused', 'noMailbox', 'drafts');
    const earlier = await this.#earlier(accountId, row);
    const reply = await this.#withBlobs(row, (blobs) => [
      ['Email/set', { accountId, create: { d: emailOf(row.draft, drafts.id, row.messageId, blobs) } }, 's'],
    ]);
    const id = createdId(reply.get('Email/set', 's'), 'd');
    const parts = await this.#replaced(accountId, id, row, earlier);
    // What was typed meanwhile stays.
    const now = (await this.#draft(key)) ?? row;
    await draftRows(this.#parts.cache).put({ ...now, emailId: id, parts, savedAt: row.changedAt });
    this.#parts.changed();
  }

  /** With the blobs of what is attached, the files carried first. What the server no longer has is carried again, once. */
  async #withBlobs(row: DraftRow, calls: (blobs: ReadonlyMap<string, Id>) => readonly Call[]): Promise<Reply> {
    const { client, files } = this.#parts;
    let parts = row.parts ?? {};
    for (let again = false; ; again = true) {
      const blobs = new Map<string, Id>();
      for (const { id, blobId, from: fromAccountId } of row.draft.attachments) {
        // oxlint-disable-next-line no-await-in-loop -- one after another
        let found = parts[id] ?? (await files.blobOf(id));
        // oxlint-disable-next-line no-await-in-loop -- as above
        if (found === null && blobId !== null)
          found = fromAccountId === row.draft.accountId ? blobId : await this.#copied(fromAccountId, row.draft.accountId, blobId);
        if (found !== null) blobs.set(id, found);
      }
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
  async #copied(fromAccountId: Id, accountId: Id, blobId: Id): Promise<Id | null> {
    const reply = await this.#parts.client.request([['Blob/copy', { fromAccountId, accountId, blobIds: [blobId] }, 'c']]);
    return (reply.get('Blob/copy', 'c')['copied'] as Readonly<Record<Id, Id>> | null)?.[blobId] ?? null;
  }

  /** The letter is stored: those before it go, and not sooner. Answers where the new one has its parts, as the earlier ones' go with them. */
  async #replaced(accountId: Id, id: Id, { draft }: DraftRow, earlier: readonly Id[]): Promise<Readonly<Record<string, Id>>> {
    const bodyProperties = ['blobId', 'name', 'type', 'size', 'disposition', 'cid'];
    const reply = await this.#parts.client.request([
      ['Email/get', { accountId, ids: [id], properties: ['attachments'], bodyProperties }, 'g'],
      ['Email/set', { accountId, destroy: earlier.filter((other) => other !== id) }, 'd'],
    ]);
    return partsOf(draft, (reply.find('Email/get', 'g')?.list[0]?.attachments ?? []) as readonly BodyPart[]);
  }

  /** Copies of the draft that the server has: the one that is known, and one of a try whose answer was lost. */
  async #earlier(accountId: Id, row: DraftRow): Promise<Id[]> {
    const found = await this.#byMessageId(accountId, row.messageId);
    return [...new Set([...(row.emailId === null ? [] : [row.emailId]), ...found])];
  }

  async #byMessageId(accountId: Id, messageId: string): Promise<readonly Id[]> {
    const drafts = this.#parts.account(accountId)?.mailboxOf('drafts');
    const conditions: JsonObject[] = [{ header: ['Message-ID', messageId] }, ...(drafts ? [{ inMailbox: drafts.id }] : [])];
    const reply = await this.#parts.client.request([
      ['Email/query', { accountId, filter: { operator: 'AND', conditions }, limit: 10 }, 'q'],
    ]);
    return reply.find('Email/query', 'q')?.ids ?? [];
  }

  /** RFC 8621 §7.5: stored and handed over in one request; after its success the letter moves from Drafts to Sent. */
  async tellSending({ accountId, key, options }: WaitingLetter & { readonly options: SendOptions }): Promise<void> {
    const row = await this.#draft(key);
    const account = this.#parts.account(accountId);
    if (!row || !account) return;
    const { draft } = row;
    if (row.submissionTried && (await this.#wasSent(accountId, row))) {
      await draftRows(this.#parts.cache).drop(key);
      return;
    }
    const drafts = account.mailboxOf('drafts');
    const sent = account.mailboxOf('sent');
    if (!drafts) throw trouble('refused', 'noMailbox', 'drafts');
    const earlier = await this.#earlier(accountId, row);
    await draftRows(this.#parts.cache).put({ ...row, submissionTried: true, isSending: true });
    const held = Number(this.#parts.client.session?.accounts[accountId]?.accountCapabilities[submission]?.['maxDelayedSend'] ?? 0);
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
          onSuccessUpdateEmail: {
            '#s': {
              'keywords/$draft': null,
              ...after,
            },
          },
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
    const reply = await this.#withBlobs(row, calls);
    const emailId = createdId(reply.get('Email/set', 'e'), 'd');
    try {
      const made = reply.get('EmailSubmission/set', 's');
      const submissionId = createdId(made, 's');
      const sendAt = String(made.created?.['s']?.['sendAt'] ?? new Date(this.#parts.surroundings.now()).toISOString());
      const parts = await this.#replaced(accountId, emailId, row, earlier).catch(() => ({}));
      await draftRows(this.#parts.cache).put({
        ...row,
        emailId,
        parts,
        savedAt: row.changedAt,
        isSending: true,
        submissionTried: true,
        sendAt: Date.parse(sendAt),
      });
      this.#parts.news({ kind: 'sent', key, accountId, submissionId, sendAt });
    } catch (error) {
      // Refused: it is a draft again, here and there.
      const parts = await this.#replaced(accountId, emailId, row, earlier).catch(() => ({}));
      await draftRows(this.#parts.cache).put({ ...row, emailId, parts, savedAt: row.changedAt, isSending: false, submissionTried: false });
      throw error;
    }
  }

  /** An earlier try whose answer never came: is there a submission of this letter? */
  async #wasSent(accountId: Id, row: DraftRow): Promise<boolean> {
    const reply = await this.#parts.client.request(
      [['Email/query', { accountId, filter: { header: ['Message-ID', row.messageId] }, limit: 10 }, 'q']],
      [core, mail],
    );
    const emailIds = reply.get('Email/query', 'q').ids;
    if (emailIds.length === 0) return false;
    const submissions = await this.#parts.client.request(
      [['EmailSubmission/query', { accountId, filter: { emailIds: [...emailIds] }, limit: 1 }, 's']],
      [core, mail, submission],
    );
    return submissions.get('EmailSubmission/query', 's').ids.length > 0;
  }
}

/** @throws EngineTrouble `refused` with the SetError. */
function createdId(answer: SetAnswer, key: string): Id {
  const made = answer.created?.[key];
  if (made) return made.id;
  const error = answer.notCreated?.[key];
  throw trouble('refused', error?.type ?? 'unknown', error?.description ?? '');
}
