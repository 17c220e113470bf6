// The dialogues of transcripts/, whole and cut at every place; every command in every state; two sessions and an IMAP client beside
// them; large letters; and what no session may do whatever it is told.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { base64FromBytes, bytesFromBase64, bytesFromLatin1, bytesFromUtf8, latin1FromBytes, utf8FromBytes } from '../../base/bytes.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { MailStore } from '../../store/contract.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import { parseTranscript, playAllCuts, playTranscript } from '../line/transcript.ts';
import { scramClient } from '../sasl/client.ts';
import { commandNames, formatCommand, type Command, type CommandName } from './command.ts';
import { MaildropLocks } from './maildrop-locks.ts';
import { usualLimits } from './session.ts';
import { isAllowed, rules } from './states.ts';
import { Caller, countingChance, hanako, letterOf, openPostOffice, TestClock } from './world-suite.ts';
import { runs, stride } from '../../../test/support/depth.ts';
import { anyCharacter } from '../../../test/support/any-character.ts';

const folder = new URL('transcripts/', import.meta.url);
const transcripts = readdirSync(folder).map((name) => parseTranscript(name, readFileSync(new URL(name, folder), 'utf8')));

const openWorld = (header: ReadonlyMap<string, string>) =>
  openPostOffice(
    Array.from({ length: Number(header.get('letters') ?? 0) }, (_, i) => letterOf(i + 1)),
    { plaintextAllowed: () => header.get('clear') !== 'no' },
  );

for (const transcript of transcripts)
  test(`transcript ${transcript.name}, with every cut`, () =>
    transcript.header.get('cuts') === 'whole'
      ? playTranscript(transcript, openWorld, 'whole')
      : playAllCuts(transcript, openWorld, stride(12)));

// --- every command in every state -----------------------------------------------------------------------------------

const examples: { readonly [N in CommandName]: Command } = {
  USER: { name: 'USER', login: hanako.login },
  PASS: { name: 'PASS', password: 'wrong' },
  AUTH: { name: 'AUTH', mechanism: 'PLAIN', initialResponse: 'AGEAYg==' },
  STLS: { name: 'STLS' },
  UTF8: { name: 'UTF8' },
  STAT: { name: 'STAT' },
  LIST: { name: 'LIST', number: 1 },
  UIDL: { name: 'UIDL', number: null },
  RETR: { name: 'RETR', number: 1 },
  TOP: { name: 'TOP', number: 1, lines: 0 },
  DELE: { name: 'DELE', number: 1 },
  RSET: { name: 'RSET' },
  NOOP: { name: 'NOOP' },
  CAPA: { name: 'CAPA' },
  LANG: { name: 'LANG', range: 'ja' },
  QUIT: { name: 'QUIT' },
};
for (const name of commandNames)
  for (const state of ['authorization', 'transaction'] as const)
    test(`${name} in ${state} is ${isAllowed(name, state) ? 'done' : 'refused'}`, async () => {
      const office = await openPostOffice([letterOf(1)]);
      const caller = state === 'authorization' ? await Caller.open(office) : await Caller.enter(office);
      const answer = await caller.say(utf8FromBytes(formatCommand(examples[name])));
      // In AUTHORIZATION these two fail for their own reasons.
      const succeeds = isAllowed(name, state) && !['PASS', 'AUTH'].includes(name);
      assert.match(answer, succeeds ? /^\+OK .*\r\n/ : /^-ERR .*\r\n$/);
      assert.equal(caller.wire.closed, rules[name].leads === 'closed');
    });

// --- beside other programs ------------------------------------------------------------------------------------------

test('the maildrop stays as it was at login: new letters wait for the next visit', async () => {
  const office = await openPostOffice([letterOf(1)]);
  const caller = await Caller.enter(office);
  await office.put([letterOf(2)]);
  assert.equal(await caller.say('STAT'), '+OK 1 87\r\n');
  assert.match(await caller.say('RETR 2'), /^-ERR no such message 2/);
  await caller.say('QUIT');
  assert.equal(await (await Caller.enter(office)).say('STAT'), '+OK 2 174\r\n');
});

test('a letter that another program removed is told to be gone, and its removal again does no harm', async () => {
  const office = await openPostOffice([1, 2, 3].map(letterOf));
  const caller = await Caller.enter(office);
  assert.match(await caller.say('RETR 1'), /^\+OK 87/);
  assert.match(await caller.say('RETR 2'), /^\+OK 87/);
  await office.store.expunge(hanako.account, office.inbox, [1, 3], false);
  // Letter 3 was read ahead; it is gone all the same.
  assert.equal(await caller.say('RETR 3'), '-ERR message 3 has been removed by another program meanwhile\r\n');
  assert.equal(await caller.say('TOP 1 0'), '-ERR message 1 has been removed by another program meanwhile\r\n');
  assert.equal(await caller.say('STAT'), '+OK 3 261\r\n');
  await caller.say('DELE 1', 'DELE 2', 'DELE 3');
  assert.equal(await caller.say('QUIT'), '+OK tayori.test says goodbye (1 removed)\r\n');
  assert.deepEqual(await office.uids(), []);
});

test('unique ids are the same on every visit and never given again', async () => {
  const office = await openPostOffice([1, 2, 3].map(letterOf));
  const visit = async (...lines: string[]): Promise<string[]> => {
    const caller = await Caller.enter(office);
    const listing = (await caller.say('UIDL')).split('\r\n').slice(1, -2);
    await caller.say(...lines, 'QUIT');
    return listing.map((line) => line.split(' ')[1]!);
  };
  const first = await visit('DELE 2', 'DELE 3');
  await office.put([letterOf(4)]);
  const second = await visit();
  assert.equal(second[0], first[0]);
  assert.ok(!first.includes(second[1]!));
  for (const id of [...first, ...second]) assert.match(id, /^[\x21-\x7e]{1,70}$/);
});

test('a client that reads a letter leaves its flags alone, and its journey knows of it', async () => {
  const office = await openPostOffice([1, 2].map(letterOf));
  const caller = await Caller.enter(office);
  await caller.say('RETR 1', 'RETR 2', 'TOP 1 0', 'QUIT');
  const state = await office.store.openMailbox(hanako.account, office.inbox);
  assert.deepEqual([state.flagsAt(0).text, state.flagsAt(1).text], ['()', '()']);
  await new Promise(setImmediate);
  const letters = await office.store.readLetterIds(hanako.account, state.messages.subarray(0, 2));
  for (const letter of letters) {
    const reads = (await office.store.trace.ofLetter(letter)).filter((event) => event.station === 'read');
    assert.equal(reads.length, 1);
    assert.equal(reads[0]!.facts['protocol'], 'pop3');
  }
  state.release();
});

test('who goes away in the middle of signing in or of QUIT leaves no lock behind', async () => {
  for (const lines of [
    `USER ${hanako.login}\r\nPASS  two  words \r\n`,
    `USER ${hanako.login}\r\nPASS  two  words \r\nDELE 1\r\nQUIT\r\n`,
  ]) {
    const office = await openPostOffice([letterOf(1)]);
    const caller = await Caller.open(office);
    const sent = caller.wire.send(bytesFromUtf8(lines));
    for (let i = 0; i < 3; i++) await Promise.resolve();
    caller.wire.gone();
    await sent;
    await new Promise(setImmediate);
    office.parts.maildropLocks.acquire(hanako.account)();
  }
});

// --- stores that fail -----------------------------------------------------------------------------------------------

function storeWith(change: Partial<MailStore>): MailStore {
  const store = openMemoryStore({ clock: new TestClock(), chance: countingChance() });
  return new Proxy(store, {
    get(target, name) {
      const own = (change as Record<string | symbol, unknown>)[name];
      if (own !== undefined) return own;
      const value = (target as unknown as Record<string | symbol, unknown>)[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

test('QUIT says +OK only when the removal is known to be durable', async () => {
  const store = storeWith({ expunge: () => Promise.reject(new Unavailable('unknown-outcome', 'the disk did not answer')) });
  const office = await openPostOffice([letterOf(1)], { store });
  const caller = await Caller.enter(office);
  assert.match(await caller.say('DELE 1', 'QUIT'), /-ERR \[SYS\/TEMP\] some messages may not have been removed\r\n$/);
  assert.ok(caller.wire.closed);
  office.parts.maildropLocks.acquire(hanako.account)();
});

test('a letter that cannot be read is an error of its own; a defect is told as ours', async () => {
  for (const [trouble, words] of [
    [new Unavailable('store-stopped', 'the octets are damaged'), '-ERR [SYS/TEMP] the octets are damaged\r\n'],
    [new TypeError('secret detail'), '-ERR [SYS/TEMP] something is wrong here, please try again later\r\n'],
    [new Refusal('nonexistent', 'x'), '-ERR message 1 has been removed by another program meanwhile\r\n'],
  ] as const) {
    const office = await openPostOffice([letterOf(1)], { store: storeWith({ readLetters: () => Promise.reject(trouble) }) });
    const caller = await Caller.enter(office);
    assert.equal(await caller.say('RETR 1'), words);
    assert.match(await caller.say('STAT'), /^\+OK 1/);
  }
});

test('a damaged letter is never told as removed: an app might remove its own copy', async () => {
  for (const [trouble, words] of [
    [new Unavailable('store-stopped', 'the octets are damaged'), '-ERR [SYS/TEMP] the octets are damaged\r\n'],
    [new Refusal('nonexistent', 'x'), '-ERR message 1 has been removed by another program meanwhile\r\n'],
  ] as const) {
    const store = storeWith({ readLetters: async () => [null], openLetter: () => Promise.reject(trouble) });
    const caller = await Caller.enter(await openPostOffice([letterOf(1)], { store }));
    assert.equal(await caller.say('RETR 1'), words);
  }
});

test('a large letter that breaks off in the middle ends the connection, not the letter', async () => {
  const text = `Subject: large\r\n\r\n${'0123456789\r\n'.repeat(30_000)}`;
  const store = storeWith({
    openLetter: async () => ({
      length: text.length,
      read: (start, end) =>
        start > 0 ? Promise.reject(new Unavailable('store-stopped', 'gone')) : bytesFromLatin1(text.slice(start, end)),
    }),
  });
  const caller = await Caller.enter(await openPostOffice([text], { store }));
  const answer = await caller.say('RETR 1');
  assert.doesNotMatch(answer, /\r\n\.\r\n|-ERR/);
  assert.ok(caller.wire.closed);
});

// --- letters of all sizes -------------------------------------------------------------------------------------------

/** What a client makes of a multi-line answer: without stuffing (RFC 1939 §3). */
function unstuff(answer: string): string {
  const lines = answer.split('\r\n');
  assert.match(lines.shift()!, /^\+OK /);
  assert.deepEqual(lines.splice(-2), ['.', '']);
  return lines.map((line) => `${line.replace(/^\./, '')}\r\n`).join('');
}

test('letters come back octet for octet, in order, out of order and twice', async () => {
  const texts = Array.from({ length: 200 }, (_, i) => `Subject: ${i}\r\n\r\n${'.'.repeat(i % 4)}${'x'.repeat((i * 37) % 5000)}\r\n`);
  texts[50] = `Subject: large\r\n\r\n${'.a line of a large letter\r\n'.repeat(20_000)}`;
  const caller = await Caller.enter(await openPostOffice(texts));
  const order = [...texts.keys(), ...[...texts.keys()].toReversed(), 0, 0, 1, 1, 199, 50, 50, 51];
  for (const i of order) assert.equal(unstuff(await caller.say(`RETR ${i + 1}`)), texts[i], `letter ${i + 1}`);
  assert.equal(unstuff(await caller.say('TOP 51 2')), 'Subject: large\r\n\r\n.a line of a large letter\r\n.a line of a large letter\r\n');
  const all = await caller.say(...texts.map((_, i) => `RETR ${i + 1}`));
  assert.equal(all.length, (await Promise.all(texts.map((_, i) => caller.say(`RETR ${i + 1}`)))).join('').length);
});

test('bare LFs and missing line ends become CRLF, whatever an app has put there', async () => {
  const caller = await Caller.enter(await openPostOffice(['Subject: odd\n\n.a\n.\nb', '', '.', 'a\r']));
  assert.equal(await caller.say('RETR 1'), '+OK 20 octets\r\nSubject: odd\r\n\r\n..a\r\n..\r\nb\r\n.\r\n');
  assert.equal(await caller.say('RETR 2'), '+OK 0 octets\r\n.\r\n');
  assert.equal(await caller.say('RETR 3'), '+OK 1 octets\r\n..\r\n.\r\n');
  assert.equal(await caller.say('TOP 1 1'), '+OK the top follows\r\nSubject: odd\r\n\r\n..a\r\n.\r\n');
});

// --- signing in -----------------------------------------------------------------------------------------------------

test('SCRAM with channel binding, inside TLS', async () => {
  const caller = await Caller.open(await openPostOffice([letterOf(1)], { plaintextAllowed: () => false }), 'C', true);
  const client = scramClient('SHA-256', { login: hanako.login, password: ' two  words ' }, countingChance(), {
    tls: caller.wire.tls,
    bound: true,
  });
  let answer = await caller.say(`AUTH ${client.mechanism} ${base64FromBytes(client.initial()!)}`);
  while (answer.startsWith('+ ')) answer = await caller.say(base64FromBytes(await client.respond(bytesFromBase64(answer.slice(2)))));
  assert.equal(answer, '+OK welcome, 1 messages (87 octets)\r\n');
  assert.ok(client.complete);
});

test('LOGIN-DELAY is announced and kept (RFC 2449 §6.5)', async () => {
  const clock = new TestClock();
  const office = await openPostOffice([], { maildropLocks: new MaildropLocks(clock, 60_000) });
  const first = await Caller.enter(office);
  assert.match(await first.say('CAPA'), /\r\nLOGIN-DELAY 60\r\n/);
  await first.say('QUIT');
  const second = await Caller.open(office);
  assert.match(await second.say(`USER ${hanako.login}`, 'PASS  two  words '), /-ERR \[LOGIN-DELAY\] wait 60 s/);
  clock.time += 60_000;
  assert.match(await second.say(`USER ${hanako.login}`, 'PASS  two  words '), /\+OK welcome/);
});

test('patience: short for strangers, ten minutes inside (RFC 1939 §3)', async () => {
  const office = await openPostOffice([]);
  const caller = await Caller.open(office);
  assert.equal(caller.wire.patienceMs, 60_000);
  await caller.say(`USER ${hanako.login}`, 'PASS  two  words ');
  assert.ok(caller.wire.patienceMs >= 10 * 60_000);
});

test('who begins to sign in again and again without an end is turned away (reliability B-045)', async () => {
  const caller = await Caller.open(await openPostOffice([]));
  let answers = 0;
  for (; answers < 10_000 && !caller.wire.closed; answers++) await caller.say('AUTH PLAIN', '*');
  assert.ok(answers <= usualLimits.linesBeforeLogin);
});

test('a server that stops in the middle of a large letter does not put words into it', async () => {
  const text = `Subject: large\r\n\r\n${'0123456789\r\n'.repeat(30_000)}`;
  const caller = await Caller.enter(await openPostOffice([text]));
  caller.wire.closing = true;
  assert.doesNotMatch(await caller.say('RETR 1'), /\r\n\.\r\n|-ERR/);
  assert.ok(caller.wire.closed);
});

test('a line that is too long is one mistake and not kept', async () => {
  const caller = await Caller.open(await openPostOffice([]));
  for (let i = 0; i < 20; i++) await caller.wire.send(bytesFromLatin1('A'.repeat(1000)));
  assert.equal(caller.heard(), '');
  assert.equal(await caller.say(''), '-ERR the line is too long\r\n');
  assert.match(await caller.say('CAPA'), /^\+OK/);
  assert.ok(usualLimits.line < 8192);
});

test('a line that does not end is not waited for', async () => {
  const caller = await Caller.open(await openPostOffice([]));
  for (let i = 0; i < 100; i++) await caller.wire.send(bytesFromLatin1('A'.repeat(1000)));
  assert.equal(caller.heard(), '-ERR the line is too long\r\n');
  assert.equal(caller.wire.closed, true);
});

test('on an in-the-clear port without STLS, STLS is refused and not announced', async () => {
  const caller = await Caller.open(await openPostOffice([], { security: 'none' }));
  assert.doesNotMatch(await caller.say('CAPA'), /STLS/);
  assert.equal(await caller.say('STLS'), '-ERR TLS cannot be begun here\r\n');
});

// --- whatever it is told --------------------------------------------------------------------------------------------

const seeds = transcripts.flatMap((transcript) =>
  transcript.steps.flatMap((step) => (step.kind === 'send' ? step.text.trim().split(/\r?\n/) : [])),
);
const dictionary = [...new Set(seeds.flatMap((line) => line.split(' '))), ...commandNames, '\0', '\xff', '[', '999999999999', '*', '='];

test('fuzz: a session always answers or closes, one reply for each line', async () => {
  const line = fc.oneof(
    fc.constantFrom(...seeds),
    fc.array(fc.constantFrom(...dictionary), { maxLength: 5 }).map((words) => words.join(' ')),
    fc.string({ unit: anyCharacter, maxLength: 40 }).map((text) => text.replace(/[\r\n]/g, '')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.boolean(), async (lines, signedIn) => {
      const office = await openPostOffice([1, 2].map(letterOf));
      const caller = signedIn ? await Caller.enter(office) : await Caller.open(office);
      for (const text of lines) {
        await caller.wire.send(bytesFromUtf8(`${text}\r\n`));
        const answer = latin1FromBytes(caller.wire.takeOutput());
        if (answer === '') assert.ok(caller.wire.closed, JSON.stringify(text));
        else assert.match(answer, /^(?:\+OK|-ERR|\+ )[^\r\n]{0,508}\r\n/, JSON.stringify(text));
        if (caller.wire.closed) break;
      }
      caller.wire.gone();
      await new Promise(setImmediate);
      office.parts.maildropLocks.acquire(hanako.account)();
    }),
    { numRuns: runs(200) },
  );
});
