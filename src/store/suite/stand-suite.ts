// What every test of the store suite stands on: opening an engine, making letters, and a picture of all that an account holds.
// Knows the contract; knows no engine.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { bytesFromUtf8, noBytes } from '../../base/bytes.ts';
import { Refusal, Unavailable, type RefusalCode } from '../../base/trouble.ts';
import type {
  AcceptLetter,
  AccountId,
  AppendLetter,
  Flags,
  MailStore,
  MailboxId,
  MailboxInfo,
  Placement,
  Spool,
  Uid,
} from '../contract.ts';
import type { NewQueueRecipient } from '../queue-contract.ts';

/** One engine, opened for one test. */
export interface OpenedStore {
  readonly store: MailStore;
  /** Closes it and opens the same data again. Missing when nothing outlives the store. */
  reopen?(): Promise<MailStore>;
  /** Closes whichever store is open and removes the data. */
  end(): Promise<void>;
  /** The n-th statement from now on fails, once, as a full disk would; 0 takes it back. */
  failAt?(n: number): void;
  /** Moves the clock that the engine was given. Rules about days are not tested without it. */
  advance?(ms: number): void;
}

export type OpenStore = () => Promise<OpenedStore>;

export const ADA: AccountId = 1;
export const BEN: AccountId = 2;

/** A store with two accounts that have Sent and Trash. */
export async function withStore(open: OpenStore, run: (store: MailStore, opened: OpenedStore) => Promise<void>): Promise<void> {
  const opened = await open();
  try {
    for (const account of [ADA, BEN]) await makeAccount(opened.store, account);
    await run(opened.store, opened);
  } finally {
    await opened.end();
  }
}

export function makeAccount(store: MailStore, account: AccountId): Promise<void> {
  return store.createAccount(account, [
    { name: 'Sent', role: 'sent' },
    { name: 'Trash', role: 'trash' },
  ]);
}

export function letterText(name: string, header: readonly string[] = []): string {
  const lines = [
    `From: Ada <ada@example.test>`,
    `To: Ben <ben@example.test>`,
    `Subject: ${name}`,
    `Message-ID: <${name.replaceAll(' ', '.')}@example.test>`,
  ];
  return [...lines, ...header, '', `This is ${name}.`, ''].join('\r\n');
}

export async function spoolOf(store: MailStore, text: string): Promise<Spool> {
  const octets = bytesFromUtf8(text);
  const spool = store.spool(octets.length);
  await spool.add(octets);
  return spool;
}

export async function letterOf(store: MailStore, name: string, flags: Flags = [], receivedAt = 1_700_000_000_000): Promise<AppendLetter> {
  return { spool: await spoolOf(store, letterText(name)), flags, receivedAt, letter: `id${name.replaceAll(' ', '')}` };
}

/** Appends letters of these names in one call; gives their UIDs. */
export async function append(store: MailStore, account: AccountId, mailbox: MailboxId, ...names: string[]): Promise<readonly Uid[]> {
  const letters: AppendLetter[] = [];
  for (const name of names) letters.push(await letterOf(store, name));
  return (await store.append(account, mailbox, letters, null)).uids;
}

export async function acceptOf(
  store: MailStore,
  name: string,
  placements: readonly Placement[],
  more: Partial<AcceptLetter> = {},
): Promise<AcceptLetter> {
  const spool = await spoolOf(store, letterText(name));
  return {
    letter: `id${name.replaceAll(' ', '')}`,
    prefix: noBytes(),
    spool,
    receivedAt: 1_700_000_000_000,
    reversePath: 'ada@example.test',
    placements,
    queue: [],
    ...more,
  };
}

export function toInbox(account: AccountId, key?: string): Placement {
  return { account, mailbox: 'inbox', flags: [], ...(key === undefined ? {} : { key }) };
}

export function recipient(address: string, dueAt = 1000): NewQueueRecipient {
  const domain = address.slice(address.indexOf('@') + 1);
  return { recipient: address, domain, dueAt, expiresAt: dueAt + 1_000_000, notify: ['failure'], originalRecipient: null };
}

export async function mailboxOf(store: MailStore, account: AccountId, name: string): Promise<MailboxInfo> {
  const found = (await store.mailboxes(account)).find((mailbox) => mailbox.name === name);
  assert.ok(found, `account ${account} has no mailbox ${name}`);
  return found;
}

export async function uidsOf(store: MailStore, account: AccountId, name: string): Promise<Uid[]> {
  return (await lettersIn(store, account, name)).map((letter) => letter.uid);
}

export interface LetterPicture {
  readonly uid: Uid;
  readonly flags: string;
  readonly size: number;
  readonly receivedAt: number;
  readonly sha256: string;
  readonly subject: string | undefined;
  readonly modSeq: number;
}

/** The letters of a mailbox as a new session would see them. */
export async function lettersIn(store: MailStore, account: AccountId, name: string): Promise<LetterPicture[]> {
  const state = await store.openMailbox(account, (await mailboxOf(store, account, name)).id);
  try {
    const { count } = state;
    const messages = state.messages.slice(0, count);
    const row = (at: number) => ({
      uid: state.uids[at]!,
      flags: state.flagsAt(at).text,
      size: state.sizes[at]!,
      receivedAt: state.receivedAt[at]!,
      modSeq: state.modSeqs[at]!,
    });
    const rows = Array.from({ length: count }, (_, at) => row(at));
    const octets = await store.readLetters(account, messages);
    const { subject } = await store.readFacts(account, messages, ['subject']);
    return rows.map((one, at) => Object.assign(one, { sha256: octets[at] ? hashOf(octets[at]) : 'missing', subject: subject[at] }));
  } finally {
    state.release();
  }
}

export function hashOf(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex');
}

/** All that an account holds, without the numbers that engines may choose (ids, UIDVALIDITY, MODSEQ). */
export async function pictureOf(store: MailStore, account: AccountId): Promise<unknown> {
  const mailboxes = await store.mailboxes(account).catch(() => null);
  if (mailboxes === null) return 'no such account';
  const shown = [];
  for (const { name, role, subscribed, uidNext, messages, unseen, deleted, size } of mailboxes) {
    const letters = (await lettersIn(store, account, name)).map(({ modSeq: _modSeq, ...letter }) => letter);
    shown.push({ name, role, subscribed, uidNext, messages, unseen, deleted, size, letters });
  }
  const resting = (await store.resting(account, 10_000)).map(
    ({ mailboxName, uid, subject, size }) => `${mailboxName} ${uid} ${subject} ${size}`,
  );
  return {
    mailboxes: shown,
    subscriptions: await store.subscriptions(account),
    usage: await store.usage(account),
    resting: resting.sort(),
  };
}

/** Pictures of both accounts and the queue. */
export async function wholePicture(store: MailStore): Promise<unknown> {
  const rows = (await store.queue.list({ limit: 1000 })).map(({ recipient, letter, attempts, state, lastReply, size }) => ({
    recipient,
    letter,
    attempts,
    state,
    lastReply,
    size,
  }));
  return {
    ada: await pictureOf(store, ADA),
    ben: await pictureOf(store, BEN),
    rows: rows.sort((a, b) => (a.recipient < b.recipient ? -1 : 1)),
  };
}

export async function refuses(code: RefusalCode, run: () => Promise<unknown>): Promise<void> {
  await assert.rejects(run, (trouble) => {
    assert.ok(trouble instanceof Refusal, `a Refusal, not ${String(trouble)}`);
    assert.equal(trouble.code, code);
    return true;
  });
}

export async function isUnavailable(run: () => Promise<unknown>): Promise<void> {
  await assert.rejects(run, (trouble) => trouble instanceof Unavailable);
}

/** The store finds nothing wrong with itself. */
export async function verifies(store: MailStore): Promise<void> {
  const findings: string[] = [];
  for await (const finding of store.verify({ quick: false })) findings.push(finding.what);
  assert.deepEqual(findings, []);
}
