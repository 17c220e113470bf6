import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { bytesFromLatin1, bytesFromUtf8, concatBytes, latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { Unavailable } from '../../base/trouble.ts';
import { parseTranscript, MemoryWire, playedTls, type Cut, type Transcript } from '../line/transcript.ts';
import type { LineConnection } from '../line/connection.ts';
import { openPop3Client } from './client.ts';
import type { Pop3Client, Pop3ClientParts, Pop3Failure, Pop3Outcome } from './client-contract.ts';
import { chatter, memoryTls, PlayedPeer } from './client-suite.ts';
import { ListingBuilder } from './listing.ts';
import { countingChance, letterOf, openPostOffice } from './world-suite.ts';
import { isShort, stride } from '../../../test/support/depth.ts';

const parts: Pop3ClientParts = {
  demand: { use: 'always', serverName: 'pop.test', verify: 'certificate' },
  signIn: { login: 'me', kind: 'password', secret: 'pw' },
  chance: countingChance(),
};

// --- transcripts ----------------------------------------------------------------------------------------------------

const folder = join(import.meta.dirname, 'client-transcripts');
for (const path of globSync(join(folder, '*.pop3')).toSorted()) {
  const transcript = parseTranscript(basename(path), readFileSync(path, 'utf8'));
  test(`Pop3Client plays ${transcript.name}, octet by octet and cut at every place`, async () => {
    await play(transcript, 'whole');
    if (transcript.header.get('cut') === 'whole') return;
    await play(transcript, 'octets');
    for (let cut = 1; cut < PlayedPeer.length(transcript); cut += stride(7)) await play(transcript, cut);
  });
}

async function play(transcript: Transcript, cut: Cut): Promise<void> {
  const peer = new PlayedPeer(transcript, cut);
  const kind = transcript.header.get('signs') === 'oauth2' ? 'oauth2' : 'password';
  const client = openPop3Client(peer, { ...parts, signIn: { ...parts.signIn, kind } });
  const told: string[] = [];
  for (const words of transcript.header.get('does')!.split('; ')) told.push(await act(client, words));
  assert.equal(told.join('; '), transcript.header.get('tells'), `cut ${cut}`);
  peer.end();
}

/** Does what the header of a transcript names, and tells the outcome in a few words. */
async function act(client: Pop3Client, words: string): Promise<string> {
  const [name, ...rest] = words.split(' ');
  const numbers = rest.map(Number);
  switch (name) {
    case 'begin': {
      const opening = await client.begin();
      return opening.ready ? `ready ${opening.mechanism}` : tell(opening.failure, true);
    }
    case 'stat':
      return of(await client.stat(), ({ letters, octets }) => `${letters} letters ${octets} octets`);
    case 'listing':
      return of(await client.listing(), (listing) =>
        [
          ...Array.from({ length: listing.highest }, (_, at) => at + 1)
            .filter((number) => listing.has(number))
            .map((number) => `${number}:${listing.sizeOf(number)}:${listing.uidOf(number) ?? '-'}`),
          ...(listing.hasUids ? [] : ['no-uids']),
        ].join(' '),
      );
    case 'retr': {
      const told: string[] = [];
      const pieces: Bytes[] = [];
      const outcome = await client.retrieve(
        numbers.map((number) => ({ number, size: 1 })),
        {
          limit: 20,
          open: () => ({ add: (piece) => void pieces.push(piece) }),
          ended(number, outcome) {
            const text = JSON.stringify(latin1FromBytes(concatBytes(pieces)).replaceAll('\r\n', '⏎'));
            pieces.length = 0;
            told.push(`${number} ${outcome.kind} ${outcome.kind === 'refused' ? `[${outcome.reply.code}]` : text}`);
            return true;
          },
        },
      );
      return of(outcome, () => told.join(', '));
    }
    case 'headers': {
      const told: string[] = [];
      const outcome = await client.headers(numbers, 1000, (number, octets) => {
        told.push(`${number} ${octets === null ? null : JSON.stringify(latin1FromBytes(octets).replaceAll('\r\n', '⏎'))}`);
      });
      return of(outcome, () => told.join(', '));
    }
    case 'dele':
      return of(await client.remove(numbers), (marked) => marked.join(' '));
    case 'noop':
      return of(await client.noop(), () => 'fine');
    case 'quit': {
      const quit = await client.quit();
      return quit.outcome === 'unknown' ? `unknown ${tell(quit.failure)}` : quit.outcome;
    }
    default:
      throw new Error(`no such act: ${words}`);
  }
}

function of<Value>(outcome: Pop3Outcome<Value>, words: (value: Value) => string): string {
  return outcome.ok ? words(outcome.value) : tell(outcome.failure);
}

function tell(failure: Pop3Failure, long = false): string {
  if (failure.kind === 'reply') return `reply ${failure.phase} [${failure.reply.code}] ${failure.reply.text}`;
  if (failure.kind === 'missing') return `missing ${failure.capability}`;
  return long && failure.kind === 'protocol' ? `protocol ${failure.words}` : `${failure.kind} ${failure.phase}`;
}

// --- with our own server --------------------------------------------------------------------------------------------

test('client and server: SCRAM, a listing, letters with dots, removal that QUIT confirms', async () => {
  const office = await openPostOffice([letterOf(1), letterOf(2), '.\r\n..\r\n', 'no end of line']);
  const wire = new MemoryWire('m', playedTls);
  await wire.start(office.make);
  let work = Promise.resolve();
  const connection: LineConnection = {
    remote: wire.remote,
    local: wire.local,
    tls: memoryTls,
    async read() {
      await work;
      const bytes = wire.takeOutput();
      return bytes.length > 0 ? bytes : null;
    },
    write: (data) => void (work = work.then(() => wire.send(typeof data === 'string' ? bytesFromUtf8(data) : data.slice()))),
    drained: () => work,
    startTls: async () => memoryTls,
    close() {},
  };
  const client = openPop3Client(connection, {
    ...parts,
    signIn: { login: 'hanako@tayori.test', kind: 'password', secret: ' two  words ' },
  });
  const opening = await client.begin();
  assert.ok(opening.ready && opening.mechanism === 'SCRAM-SHA-256-PLUS', JSON.stringify(opening));
  assert.ok(opening.capabilities.has('PIPELINING'));
  const listing = await client.listing();
  assert.ok(listing.ok && listing.value.count === 4 && listing.value.hasUids);
  const found: string[] = [];
  const pieces: Bytes[] = [];
  const fetched = await client.retrieve(
    [4, 3, 2, 1].map((number) => ({ number, size: listing.value.sizeOf(number) })),
    {
      limit: 1e6,
      open: () => ({ add: (piece) => void pieces.push(piece.slice()) }),
      ended() {
        found.push(latin1FromBytes(concatBytes(pieces)));
        pieces.length = 0;
        return true;
      },
    },
  );
  assert.ok(fetched.ok);
  assert.deepEqual(found, ['no end of line\r\n', '.\r\n..\r\n', letterOf(2), letterOf(1)]);
  assert.deepEqual(await client.remove([1, 3]), { ok: true, value: [1, 3] });
  assert.deepEqual(await client.quit(), { outcome: 'confirmed' });
  assert.equal((await office.uids()).length, 2);
});

test('client: what a sink throws ends the dialogue and comes out', async () => {
  const connection = chatter(['+OK\r\n', '-ERR\r\n', '+OK\r\n', '+OK\r\n', '+OK\r\nletter\r\n.\r\n']);
  const client = openPop3Client(connection, parts);
  assert.ok((await client.begin()).ready);
  const full = new Unavailable('disk-full', 'full');
  const work = client.retrieve([{ number: 1, size: 1 }], {
    limit: 20,
    open: () => ({
      add() {
        throw full;
      },
    }),
    ended: () => true,
  });
  await assert.rejects(work, full);
  assert.ok(connection.closed);
});

test('client: a server that says yes without having proved itself is not believed', async () => {
  const connection = chatter(['+OK\r\n', '+OK\r\nSASL SCRAM-SHA-256\r\n.\r\n', '+OK welcome\r\n']);
  const opening = await openPop3Client(connection, parts).begin();
  assert.ok(!opening.ready && opening.failure.kind === 'protocol', JSON.stringify(opening));
});

test('client: never signs in without TLS, whatever the demand says', async () => {
  const connection = chatter(['+OK\r\n', '+OK\r\nSASL PLAIN\r\nUSER\r\n.\r\n']);
  connection.tls = null;
  const opening = await openPop3Client(connection, { ...parts, demand: { ...parts.demand, use: 'never' } }).begin();
  assert.ok(!opening.ready && opening.failure.kind === 'missing' && opening.failure.capability === 'tls');
  assert.equal(connection.written, 'CAPA\r\n');
});

// --- hostile servers ------------------------------------------------------------------------------------------------

function* forever(...says: string[]): Generator<string> {
  const [last] = says.slice(-1);
  yield* says;
  for (;;) yield last!;
}

const signedIn = ['+OK\r\n', '-ERR\r\n', '+OK\r\n', '+OK\r\n'];
const hostile: [name: string, says: () => Iterable<string>, does: string, tells: string][] = [
  ['an endless greeting', () => forever('x'.repeat(60_000)), 'begin', 'protocol a line of the answer is too long'],
  ['capabilities without end', () => forever('+OK\r\n', '+OK\r\n', 'X\r\n'), 'begin', 'protocol a row that does not belong there: X'],
  [
    'SASL without end',
    () => forever('+OK\r\n', '+OK\r\nSASL LOGIN\r\n.\r\n', '+ \r\n'),
    'begin',
    'protocol the server asks for more than a name and a password',
  ],
  ['an octet at a time', () => forever('+'), 'begin', 'timeout greeting'],
  ['a listing of nonsense', () => forever(...signedIn, '+OK\r\n', 'abc\r\n'), 'begin; listing', 'ready USER; protocol list'],
  ['more letters than there are', () => [...signedIn, '+OK\r\n1000001 1\r\n.\r\n'], 'begin; listing', 'ready USER; protocol list'],
  ['an endless row', () => forever(...signedIn, '+OK\r\n', '1'.repeat(50_000)), 'begin; listing', 'ready USER; protocol list'],
  ['a letter without end', () => forever(...signedIn, '+OK\r\n', 'x'.repeat(1 << 20)), 'begin; retr 1', 'ready USER; protocol retr'],
  ['answers of another kind', () => [...signedIn, '* OK\r\n'], 'begin; stat', 'ready USER; protocol stat'],
  ['a STAT without numbers', () => [...signedIn, '+OK many\r\n'], 'begin; stat', 'ready USER; protocol stat'],
];
for (const [name, says, does, tells] of hostile)
  test(`client, hostile server: ${name}`, async () => {
    const connection = chatter(says());
    const client = openPop3Client(connection, parts);
    const told: string[] = [];
    for (const words of does.split('; ')) told.push(await act(client, words));
    assert.equal(told.join('; '), tells);
    assert.ok(connection.closed);
  });

test('client, fuzz: whatever a server says, every act has an outcome and nothing is thrown (printed seed)', async (context) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  context.diagnostic(`seed ${seed}`);
  let state = seed;
  const next = (below: number): number => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) % below;
  const words = [
    '+OK',
    '-ERR',
    '+ ',
    '.',
    '\r\n',
    '\r\n.\r\n',
    '1 5',
    '2 9 x',
    ' ',
    '[IN-USE]',
    'SASL PLAIN',
    'SASL SCRAM-SHA-1',
    'STLS',
    '\n',
    '\0',
    '\xff',
    '..',
    'x'.repeat(5000),
  ];
  const acts = ['stat', 'listing', 'retr 1 2', 'headers 1 2', 'dele 1 2', 'noop', 'quit'];
  for (let round = 0; round < 1500; round++) {
    const says: string[] = next(3) > 0 ? [...signedIn] : ['+OK\r\n'];
    for (let length = next(14); length > 0; length--) {
      let line = next(2) === 0 ? '+OK\r\n' : '';
      for (let pieces = next(6); pieces > 0; pieces--) line += words[next(words.length)];
      says.push(line);
    }
    const client = openPop3Client(chatter(says), parts);
    await act(client, 'begin');
    for (let count = 3; count > 0; count--) await act(client, acts[next(acts.length)]!);
  }
});

// --- the listing ----------------------------------------------------------------------------------------------------

// In short mode a tenth of them, in a tenth of the memory.
const many = isShort ? 100_000 : 1_000_000;
test(`ListingBuilder: ${many} letters in little memory, doubled unique-ids found`, () => {
  const listing = new ListingBuilder({ letters: many, uidOctets: 96 * many });
  const before = process.memoryUsage();
  for (let number = 1; number <= many; number++) listing.addSize(`${number} ${number * 10}`);
  for (let number = 1; number <= many; number++) listing.addUid(`${number} uid-${number % (many - 10)}-${'x'.repeat(10)}`);
  const after = process.memoryUsage();
  assert.equal(listing.count, many);
  assert.equal(listing.sizeOf(77_777), 777_770);
  assert.equal(listing.uidOf(77_777), 'uid-77777-xxxxxxxxxx');
  assert.deepEqual([...listing.doubles()].length, 20);
  assert.ok(after.arrayBuffers - before.arrayBuffers < 105 * many);
  assert.equal(listing.addSize(`${many + 1} 5`), false);
  assert.equal(listing.addUid('nonsense'), false);
  assert.equal(listing.addUid(`1 ${'y'.repeat(300)}`), true);
});

test('ListingBuilder: unique-ids that hold spaces or octets above ASCII are taken as they are', () => {
  const listing = new ListingBuilder({ letters: 10, uidOctets: 1000 });
  for (const row of ['1 5', '2 5', '3 5']) assert.ok(listing.addSize(row));
  assert.ok(listing.addUid('1 a b '));
  assert.ok(listing.addUid(`2 ${latin1FromBytes(bytesFromLatin1('\xe9'))}`));
  assert.deepEqual([listing.uidOf(1), listing.uidOf(2), listing.uidOf(3)], ['a b', '\xe9', null]);
  assert.equal(listing.doubles().size, 0);
});
