// Letters of other programs brought into a mailbox: mbox files and single letters (.eml), read here piece by piece, carried in batches, each counted.
// Knows files, the mbox format and Email/import (RFC 8621 §4.8); knows no screen.
//
// How far a file has come is kept on this device: the same file, chosen again, goes on where it stopped. A crash may fall between a batch and its mark; on
// the way on, letters of the first batch that have come in since that mark (Email/changes) are passed over.
import { concatBytes, latin1FromBytes, type Bytes } from '../../../src/base/bytes.ts';
import { SyntaxTrouble } from '../../../src/base/trouble.ts';
import { firstField, readHeader } from '../../../src/message/header/fields.ts';
import { parseStatus } from '../../../src/message/mbox-status.ts';
import { MboxReader, parseSeparator } from '../../../src/message/mbox.ts';
import { toCrlf } from '../../../src/message/line-ends.ts';
import type { CacheStore } from './cache/contract.ts';
import { trouble, type BroughtIn, type FileToBring, type RefusedReason } from './contract.ts';
import { core, from, mail, type JmapClient } from './jmap/client.ts';
import type { Id, JsonObject } from './jmap/objects.ts';
import { troubleOf } from './port.ts';
import type { Surroundings } from './surroundings.ts';
import type { Telling } from './whole.ts';

export interface LettersInParts {
  readonly client: JmapClient;
  readonly cache: CacheStore;
  readonly surroundings: Surroundings;
}

export interface Target {
  readonly accountId: Id;
  readonly mailboxId: Id;
}

/** What is kept of a file: how far it is, and what became of it. */
export interface BroughtMark extends BroughtIn {
  /** Octets of the file that are dealt with. */
  readonly next: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Of the account's letters, when all until `next` were in. */
  readonly state: string;
}

interface FoundLetter {
  readonly octets: Bytes | null;
  readonly refused: RefusedReason | null;
  readonly flags: readonly string[];
  /** Milliseconds since 1970; null: the letter's own header says it. */
  readonly receivedAt: number | null;
  /** Behind it in the file. */
  readonly next: number;
}

const blob = 'urn:ietf:params:jmap:blob';
const pieceOctets = 1024 * 1024;
const batchLetters = 100;
const batchOctets = 4 * 1024 * 1024;
/** Without a network it is tried again after so long. */
const restMs = 3000;
const nothing: BroughtIn = { found: 0, taken: 0, passed: 0, refused: {}, stopped: false };

/** RFC 8621 §4.1.1; what has no counterpart, such as \Deleted, is left out. */
const keywordOfFlag: Readonly<Record<string, string>> = {
  '\\Seen': '$seen',
  '\\Answered': '$answered',
  '\\Flagged': '$flagged',
  '\\Draft': '$draft',
};

function markKey({ accountId, mailboxId }: Target, { name, file, modifiedAt }: FileToBring): string {
  return `in/${accountId}/${mailboxId}/${file.size}/${modifiedAt}/${name}`;
}

/** How far a file has been brought into a mailbox from this device; null: never. */
export async function broughtBefore(cache: CacheStore, target: Target, file: FileToBring): Promise<BroughtMark | null> {
  const [mark] = await cache.read('facts', [markKey(target, file)]);
  return (mark as BroughtMark | undefined) ?? null;
}

/**
 * All files, one after the other. `isStopped` is asked between batches; what was taken until then stays, and counts.
 * @throws EngineTrouble when the server refuses what no further letter could change, such as `overQuota`; what was taken stays, and its mark.
 */
export async function bringIn(
  parts: LettersInParts,
  target: Target,
  files: readonly FileToBring[],
  told: Telling,
  isStopped: () => boolean,
): Promise<BroughtIn> {
  const of = files.reduce((sum, { file }) => sum + file.size, 0);
  let before = 0;
  let all = nothing;
  for (const file of files) {
    const done = all;
    const octetsBefore = before;
    told(before, of, all.taken);
    all = add(done, await bringFile(parts, target, file, (next, taken) => told(octetsBefore + next, of, done.taken + taken), isStopped));
    before += file.file.size;
    if (isStopped()) return { ...all, stopped: true };
  }
  told(of, of, all.taken);
  return all;
}

function add(one: BroughtIn, other: BroughtIn): BroughtIn {
  const refused: Partial<Record<RefusedReason, number>> = { ...one.refused };
  for (const [reason, count] of Object.entries(other.refused) as [RefusedReason, number][])
    refused[reason] = (refused[reason] ?? 0) + count;
  return {
    found: one.found + other.found,
    taken: one.taken + other.taken,
    passed: one.passed + other.passed,
    refused,
    stopped: other.stopped,
  };
}

async function bringFile(
  parts: LettersInParts,
  target: Target,
  file: FileToBring,
  told: (next: number, taken: number) => void,
  isStopped: () => boolean,
): Promise<BroughtIn> {
  const { cache, surroundings } = parts;
  const key = markKey(target, file);
  const known = await broughtBefore(cache, target, file);
  let mark: BroughtMark;
  let isDoubtful = known !== null && known.next < file.file.size;
  if (known !== null && isDoubtful) mark = known;
  else {
    mark = { ...nothing, next: 0, at: surroundings.now(), state: await stateNow(parts.client, target.accountId) };
    await cache.write([{ table: 'facts', key, value: mark }]);
  }
  const begun = mark;
  const carry = async (batch: readonly FoundLetter[]): Promise<void> => {
    for (;;) {
      try {
        const { state, ...result } = await importBatch(parts, target, batch, isDoubtful ? mark.state : null);
        const next = batch.at(-1)!.next;
        mark = { ...add(mark, result), next, at: surroundings.now(), state: state ?? mark.state };
        await cache.write([{ table: 'facts', key, value: mark }]);
        isDoubtful = false;
        told(next, mark.taken - begun.taken);
        return;
      } catch (error) {
        if (troubleOf(error).kind !== 'offline' || isStopped()) throw error;
        // It may have come in although its answer did not come out.
        isDoubtful = true;
        await new Promise<void>((wake) => surroundings.after(restMs, wake));
      }
    }
  };
  let batch: FoundLetter[] = [];
  let octets = 0;
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await carry(batch);
    batch = [];
    octets = 0;
  };
  const most = mostOctets(parts.client);
  for await (const letter of lettersOf(file, mark.next, most)) {
    const size = letter.octets?.length ?? 0;
    // A large one goes by itself: together they would be more than the server takes at once.
    if (octets + size > most) await flush();
    if (isStopped()) break;
    batch.push(letter);
    octets += size;
    if (batch.length < batchLetters && octets < batchOctets) continue;
    await flush();
    if (isStopped()) break;
  }
  await flush();
  const { found, taken, passed, refused } = mark;
  const less: Partial<Record<RefusedReason, number>> = {};
  for (const [reason, count] of Object.entries(refused) as [RefusedReason, number][]) less[reason] = count - (begun.refused[reason] ?? 0);
  return {
    found: found - begun.found,
    taken: taken - begun.taken,
    passed: passed - begun.passed,
    refused: Object.fromEntries(Object.entries(less).filter(([, count]) => count > 0)),
    stopped: false,
  };
}

function mostOctets(client: JmapClient): number {
  return Number(client.session?.capabilities[core]?.['maxSizeUpload'] ?? Infinity);
}

// --- reading ----------------------------------------------------------------------------------------------------------

async function* lettersOf({ file }: FileToBring, start: number, most: number): AsyncGenerator<FoundLetter> {
  if (file.size === 0) return;
  const head = await octetsOf(file, 0, 1024);
  const [firstLine = ''] = latin1FromBytes(head).split('\n');
  if (parseSeparator(firstLine.replace(/\r$/, '')) !== null) yield* mboxLetters(file, start, most);
  else yield await wholeLetter(file, most);
}

async function octetsOf(file: Blob, start: number, end: number): Promise<Bytes> {
  return new Uint8Array(await file.slice(start, end).arrayBuffer());
}

async function wholeLetter(file: Blob, most: number): Promise<FoundLetter> {
  const about = { flags: [], receivedAt: null, next: file.size };
  if (file.size > most) return { ...about, octets: null, refused: 'too-large' };
  const octets = await octetsOf(file, 0, file.size);
  const [first] = readHeader(octets, 0, Math.min(octets.length, pieceOctets)).fields;
  if (first === undefined || first.nameEnd === first.start) return { ...about, octets: null, refused: 'no-letter' };
  const letter = toCrlf(octets);
  return letter.length > most ? { ...about, octets: null, refused: 'too-large' } : { ...about, octets: letter, refused: null };
}

/** At most one letter, and one piece of the file, is held. */
async function* mboxLetters(file: Blob, start: number, most: number): AsyncGenerator<FoundLetter> {
  const reader = new MboxReader('rd', start);
  let receivedAt: number | null = null;
  let held: Bytes[] = [];
  let size = 0;
  for (let at = start, ended = false; !ended; at += pieceOctets) {
    ended = at >= file.size;
    let pieces;
    try {
      pieces = ended ? reader.end() : reader.read(await octetsOf(file, at, at + pieceOctets));
    } catch (error) {
      if (error instanceof SyntaxTrouble) throw trouble('refused', 'changed', 'the file is not what it was');
      throw error;
    }
    for (const piece of pieces) {
      if (piece.kind === 'begin') receivedAt = piece.separator.at;
      else if (piece.kind === 'data') {
        size += piece.bytes.length;
        if (size > most) held = [];
        else held.push(piece.bytes);
      } else {
        const { flags, expunged, bookkeeping } = parseStatus(piece.status);
        const refused = expunged ? 'expunged' : bookkeeping ? 'bookkeeping' : size > most ? 'too-large' : size === 0 ? 'no-letter' : null;
        const octets = refused === null ? concatBytes(held) : null;
        yield { octets, refused, flags, receivedAt: piece.mark?.at ?? receivedAt, next: piece.offset };
        held = [];
        size = 0;
      }
    }
  }
}

// --- carrying ---------------------------------------------------------------------------------------------------------

/** `since`: some of the batch may have come in since that state; null: none has. */
async function importBatch(
  { client }: LettersInParts,
  target: Target,
  batch: readonly FoundLetter[],
  since: string | null,
): Promise<BroughtIn & { readonly state: string | null }> {
  const refused: Partial<Record<RefusedReason, number>> = {};
  const refuse = (reason: RefusedReason): void => void (refused[reason] = (refused[reason] ?? 0) + 1);
  for (const letter of batch) if (letter.refused !== null) refuse(letter.refused);
  const whole = batch.filter((letter): letter is FoundLetter & { readonly octets: Bytes } => letter.octets !== null);
  const there = since === null ? new Map<string, number>() : await cameSince(client, target, since);
  const fresh = whole.filter(({ octets }) => {
    const mark = markOf(messageIdOf(octets), octets.length);
    const left = there.get(mark) ?? 0;
    there.set(mark, left - 1);
    return left <= 0;
  });
  let state: string | null = null;
  let taken = whole.length - fresh.length;
  if (fresh.length > 0) {
    const type = 'message/rfc822';
    const { blobId } = await client.upload(
      target.accountId,
      new Blob(
        fresh.map(({ octets }) => octets as Uint8Array<ArrayBuffer>),
        { type },
      ),
    );
    const create: Record<string, JsonObject> = {};
    const emails: Record<string, JsonObject> = {};
    let offset = 0;
    for (const [index, { octets, flags, receivedAt }] of fresh.entries()) {
      // RFC 9404 §4.1: each letter is a part of what was carried at once.
      create[`b${index}`] = { type, data: [{ blobId, offset, length: octets.length }] };
      offset += octets.length;
      emails[`e${index}`] = {
        blobId: `#b${index}`,
        mailboxIds: { [target.mailboxId]: true },
        keywords: keywordsOf(flags),
        ...(receivedAt === null ? {} : { receivedAt: new Date(receivedAt).toISOString().replace(/\.\d+Z$/, 'Z') }),
      };
    }
    const { accountId } = target;
    const reply = await client.request(
      [
        ['Blob/upload', { accountId, create }, 'b'],
        ['Email/import', { accountId, emails }, 'i'],
      ],
      [core, mail, blob],
    );
    reply.get('Blob/upload', 'b');
    const { created, notCreated, newState } = reply.get('Email/import', 'i') as {
      readonly newState: string;
      readonly created?: JsonObject | null;
      readonly notCreated?: Readonly<Record<string, { readonly type: string; readonly description?: string }>> | null;
    };
    for (const { type: reason, description = '' } of Object.values(notCreated ?? {})) {
      if (reason === 'tooLarge') refuse('too-large');
      else if (reason === 'invalidEmail') refuse('no-letter');
      else if (reason === 'alreadyExists') taken++;
      else throw trouble('refused', reason, description);
    }
    taken += Object.keys(created ?? {}).length;
    state = newState;
  }
  return { state, found: batch.length, taken, passed: whole.length - fresh.length, refused, stopped: false };
}

function keywordsOf(flags: readonly string[]): JsonObject {
  const keywords: Record<string, true> = {};
  for (const flag of flags) {
    const keyword = keywordOfFlag[flag] ?? (flag.startsWith('\\') ? null : flag.toLowerCase());
    // What JMAP cannot name (RFC 8621 §4.1.1), other than IMAP, stays behind.
    if (keyword !== null && /^[\x21\x23\x24\x26\x27\x2b-\x5b\x5e-\x7a\x7c-\x7e]{1,255}$/.test(keyword)) keywords[keyword] = true;
  }
  return keywords;
}

function messageIdOf(octets: Bytes): string {
  const field = firstField(readHeader(octets, 0, Math.min(octets.length, pieceOctets)), 'message-id') ?? '';
  return /<([^<>\s]+)>/.exec(field)?.[1] ?? '';
}

/** Tells letters apart as far as the server can, without their octets. */
function markOf(messageId: string, size: number): string {
  return messageId === '' ? `${size} octets` : messageId;
}

interface Listed {
  readonly messageId: readonly string[] | null;
  readonly size: number;
  readonly mailboxIds: Readonly<Record<Id, boolean>>;
}

/** How many letters of each mark have come into the mailbox since that state. */
async function cameSince(client: JmapClient, { accountId, mailboxId }: Target, state: string): Promise<Map<string, number>> {
  const came = new Map<string, number>();
  const properties = ['messageId', 'size', 'mailboxIds'];
  for (let since = state, more = true; more;) {
    const reply = await client.request([
      ['Email/changes', { accountId, sinceState: since, maxChanges: 500 }, 'c'],
      ['Email/get', { accountId, '#ids': from('c', 'Email/changes', '/created'), properties }, 'g'],
    ]);
    const changes = reply.find('Email/changes', 'c');
    // So long ago that the server has forgotten: what may be there twice is a batch.
    if (changes === null) return came;
    for (const { messageId, size, mailboxIds } of reply.get('Email/get', 'g').list as unknown as readonly Listed[]) {
      if (mailboxIds[mailboxId] !== true) continue;
      const mark = markOf(messageId?.[0] ?? '', size);
      came.set(mark, (came.get(mark) ?? 0) + 1);
    }
    since = changes.newState;
    more = changes.hasMoreChanges;
  }
  return came;
}

async function stateNow(client: JmapClient, accountId: Id): Promise<string> {
  return (await client.request([['Email/get', { accountId, ids: [] }, 'g']])).get('Email/get', 'g').state;
}
