// What waits to be told to the server: changes of letters, drafts, letters to send. Kept on this device before anything is shown as done, told in order,
// one window at a time; without a network it waits. Knows what each row means to the server; knows no screen.
//
// Told twice does no harm: a change says what is to be, not what to toggle; a draft and a letter carry a Message-ID by which an earlier try
// is found again.
import { tayoriCapability, trouble, type ActionName, type News, type SendOptions, type Trouble } from './contract.ts';
import type { Account } from './account.ts';
import { carryOver } from './carry.ts';
import type { CacheStore } from './cache/contract.ts';
import { draftRows, type DraftRow } from './drafts.ts';
import { emailOf, envelopeOf, partsOf } from './draft-email.ts';
import type { Files } from './files.ts';
import { core, mail, submission, type Call, type JmapClient, type Reply } from './jmap/client.ts';
import type { BodyPart, Id, JsonObject, SetAnswer, SetError } from './jmap/objects.ts';
import type { Change } from './overlay.ts';
import { troubleOf } from './port.ts';
import { endSnoozes } from './whole.ts';
import type { Surroundings } from './surroundings.ts';

export type Waiting =
  | ({
      readonly kind: 'change';
      readonly id: number;
      readonly what: ActionName;
      readonly count: number;
      readonly since: number;
      /** The server may have heard it already. */
      readonly isTried?: boolean;
    } & Change)
  | {
      readonly kind: 'draft';
      readonly id: number;
      readonly accountId: Id;
      readonly key: string;
      readonly since: number;
      readonly label: string;
    }
  | {
      readonly kind: 'send';
      readonly id: number;
      readonly accountId: Id;
      readonly key: string;
      readonly options: SendOptions;
      readonly since: number;
      readonly label: string;
    };
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
export type NewWaiting = WithoutId<Waiting>;

export interface OutboxParts {
  readonly client: JmapClient;
  readonly cache: CacheStore;
  readonly surroundings: Surroundings;
  readonly files: Files;
  /** Names the lock. */
  readonly name: string;
  account(id: Id): Account | null;
  news(news: News): void;
  changed(): void;
}

/** A draft that is being typed goes to the server this long after its last change. */
const draftRestMs = 3000;
/** Of a letter that goes out on another day; the server takes it off when it has gone. */
export const scheduledKeyword = '$scheduled';

export class Outbox {
  readonly #parts: OutboxParts;
  #rows: Waiting[] = [];
  /** Rows that are on disk; no other is told. */
  readonly #written = new Set<number>();
  /** What was carried to another account: by row, letters as they were called and as they are called there. For the way back. */
  readonly #carried = new Map<number, ReadonlyMap<Id, Id>>();
  #current: number | null = null;
  #troubles = new Map<number, Trouble>();
  #last = 0;
  #draining: Promise<void> | null = null;
  #again = false;
  #callOff: (() => void) | null = null;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  get rows(): readonly Waiting[] {
    return this.#rows;
  }
  troubleOf(id: number): Trouble | null {
    return this.#troubles.get(id) ?? null;
  }

  /** What was left at the end of the last time is shown as done again, and told. */
  async load(): Promise<void> {
    this.#rows = (await this.#parts.cache.all('outbox')).map(({ value }) => value as Waiting);
    this.#last = this.#rows.at(-1)?.id ?? 0;
    for (const { id } of this.#rows) this.#written.add(id);
    for (const row of this.#rows) if (row.kind === 'change') this.#parts.account(row.accountId)?.overlay.add(row);
  }

  carriedBy(id: number): ReadonlyMap<Id, Id> | null {
    return this.#carried.get(id) ?? null;
  }

  /** Settles when it is kept on this device; telling the server follows by itself. */
  async add(row: NewWaiting): Promise<number> {
    // Ids of two windows must not meet.
    const id = (this.#last = Math.max(this.#last + 1, this.#parts.surroundings.now() * 1000));
    const waiting = { ...row, id } as Waiting;
    this.#rows.push(waiting);
    if (waiting.kind === 'change') this.#parts.account(waiting.accountId)?.overlay.add(waiting);
    this.#parts.changed();
    await this.#parts.cache.write([{ table: 'outbox', key: keyOf(id), value: waiting }]);
    this.#written.add(id);
    this.drain(waiting.kind === 'draft' ? draftRestMs : 0);
    return id;
  }

  /** Takes away what has not been told yet. False: it was told, or is being told. */
  async withdraw(matches: (row: Waiting) => boolean): Promise<boolean> {
    const rows = this.#rows.filter((row) => matches(row) && row.id !== this.#current);
    await this.#done(rows);
    return rows.length > 0;
  }

  drain(afterMs = 0): void {
    if (this.#draining) {
      this.#again = true;
      return;
    }
    if (afterMs > 0) {
      this.#callOff?.();
      this.#callOff = this.#parts.surroundings.after(afterMs, () => this.drain());
      return;
    }
    this.#callOff?.();
    this.#callOff = null;
    this.#draining = this.#parts.surroundings
      .exclusive(`${this.#parts.name}/outbox`, () => this.#tellAll())
      .catch(() => undefined)
      .finally(() => {
        this.#draining = null;
        if (this.#again) {
          this.#again = false;
          this.drain();
        }
      });
  }

  /** For tests and for signing out: all that can be told now has been. */
  async settle(): Promise<void> {
    this.drain();
    while (this.#draining) await this.#draining;
  }

  async #tellAll(): Promise<void> {
    const rows = this.#rows.filter(({ id }) => this.#written.has(id));
    const kept = new Set((await this.#parts.cache.all('outbox')).map(({ key }) => key));
    const told: Waiting[] = [];
    try {
      for (const row of rows) {
        // Withdrawn meanwhile, or told by another window.
        if (!this.#rows.includes(row)) continue;
        if (!kept.has(keyOf(row.id))) {
          told.push(row);
          continue;
        }
        if (row.kind === 'draft' && this.#parts.surroundings.now() - row.since < draftRestMs) {
          this.#callOff?.();
          this.#callOff = this.#parts.surroundings.after(draftRestMs, () => this.drain());
          continue;
        }
        // Nothing else waits for a large file; when it is there, this is told.
        if (row.kind !== 'change' && this.#parts.files.areGoing(row.key)) {
          this.#parts.files.hurry();
          continue;
        }
        this.#current = row.id;
        try {
          await this.#tell(row);
          this.#troubles.delete(row.id);
        } catch (error) {
          const problem = troubleOf(error);
          // Not now: this and all that follows waits.
          if (problem.kind === 'offline' || problem.kind === 'signed-out') {
            this.#troubles.set(row.id, problem);
            throw error;
          }
          this.#refused(row, problem);
        }
        told.push(row);
        // A letter on its way is noted before anything else is done.
        if (row.kind !== 'change') await this.#parts.cache.write([{ table: 'outbox', key: keyOf(row.id), value: undefined }]);
      }
    } finally {
      this.#current = null;
      // The lists follow before what was laid over them goes, so that nothing flickers.
      const accounts = new Set(
        told.flatMap((row) => [row.accountId, ...(row.kind === 'change' && row.carry ? [row.carry.toAccountId] : [])]),
      );
      await Promise.all(
        [...accounts].map((id) =>
          this.#parts
            .account(id)
            ?.sync()
            .catch(() => undefined),
        ),
      );
      await this.#done(told);
    }
  }

  async #done(rows: readonly Waiting[]): Promise<void> {
    if (rows.length === 0) return;
    const ids = new Set(rows.map(({ id }) => id));
    this.#rows = this.#rows.filter(({ id }) => !ids.has(id));
    for (const id of ids) this.#written.delete(id);
    for (const accountId of new Set(rows.map((row) => row.accountId))) this.#parts.account(accountId)?.overlay.remove(ids);
    await this.#parts.cache.write(rows.map(({ id }) => ({ table: 'outbox', key: keyOf(id), value: undefined })));
    this.#parts.changed();
  }

  #refused(row: Waiting, problem: Trouble): void {
    const what = row.kind === 'change' ? row.what : row.kind;
    this.#parts.news({
      kind: 'refused',
      what,
      count: row.kind === 'change' ? row.count : 1,
      trouble: problem,
      ...(row.kind === 'change' ? {} : { key: row.key }),
    });
  }

  async #tell(row: Waiting): Promise<void> {
    if (row.kind === 'change') await this.#tellChange(row);
    else if (row.kind === 'draft') await this.#tellDraft(row);
    else await this.#tellSending(row);
  }

  /** Snooze/set of our own capability: the server puts the letters away, and brings them back. */
  async #tellSnooze(accountId: Id, emailIds: readonly Id[], until: string | null): Promise<void> {
    const { client } = this.#parts;
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

  /** The copies first; what they are copies of goes when they are there. */
  async #tellCarry(row: Waiting & { kind: 'change' }): Promise<void> {
    const { client, cache } = this.#parts;
    const { id, accountId, update, destroy, carry, what } = row;
    if (!row.isTried) await cache.write([{ table: 'outbox', key: keyOf(id), value: { ...row, isTried: true } }]);
    this.#rows = this.#rows.map((one) => (one.id === id ? { ...row, isTried: true } : one));
    const { made, problem, refused } = await carryOver(client, accountId, carry!, row.isTried === true);
    this.#carried.set(id, made);
    const { carry: _carry, ...rest } = row;
    const leaving = {
      ...rest,
      update: Object.fromEntries(Object.entries(update).filter(([one]) => made.has(one))),
      destroy: destroy.filter((one) => made.has(one)),
    };
    if (made.size > 0) await this.#tellChange(leaving);
    if (problem)
      this.#parts.news({
        kind: 'refused',
        what,
        count: refused,
        trouble: { kind: 'refused', type: problem.type, description: problem.description ?? '' },
      });
  }

  async #tellChange(row: Waiting & { kind: 'change' }): Promise<void> {
    if (row.carry) return this.#tellCarry(row);
    const { accountId, update, destroy, what, snooze } = row;
    const changes = Object.entries(update);
    if (snooze) return this.#tellSnooze(accountId, Object.keys(update), snooze.until);
    const most = Number(this.#parts.client.session?.capabilities[core]?.['maxObjectsInSet'] ?? 500);
    let refused = 0;
    let problem: SetError | null = null;
    for (let at = 0; at < Math.max(changes.length, destroy.length); at += most) {
      const reply = await this.#parts.client.request([
        [
          'Email/set',
          {
            accountId,
            update: Object.fromEntries(changes.slice(at, at + most)) as JsonObject,
            destroy: destroy.slice(at, at + most),
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
      this.#parts.news({
        kind: 'refused',
        what,
        count: refused,
        trouble: { kind: 'refused', type: problem.type, description: problem.description ?? '' },
      });
  }

  async #draft(key: string): Promise<DraftRow | null> {
    return draftRows(this.#parts.cache).get(key);
  }

  async #tellDraft({ accountId, key }: Waiting & { kind: 'draft' }): Promise<void> {
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
  async #tellSending({ accountId, key, options }: Waiting & { kind: 'send' }): Promise<void> {
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

function keyOf(id: number): string {
  return String(id).padStart(20, '0');
}

/** @throws EngineTrouble `refused` with the SetError. */
function createdId(answer: SetAnswer, key: string): Id {
  const made = answer.created?.[key];
  if (made) return made.id;
  const error = answer.notCreated?.[key];
  throw trouble('refused', error?.type ?? 'unknown', error?.description ?? '');
}
