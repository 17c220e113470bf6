// How fast one session answers, without a socket: 10,000 letters of 8 KB, and a wire that counts. In the memory store, or on disk.
//   node bench/imap-fetch.ts [letters] [--embedded]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesFromLatin1, bytesFromUtf8, type Bytes } from '../src/base/bytes.ts';
import { systemChance as chance, systemClock as clock } from '../src/io/clock.ts';
import { openEmbeddedStore } from '../src/io/store/embedded.ts';
import { silentLog } from '../src/base/log.ts';
import { silentMeter } from '../src/base/meter.ts';
import { readFacts } from '../src/message/read-facts.ts';
import { imapLimits } from '../src/protocol/imap/limits.ts';
import { imapSessions } from '../src/protocol/imap/session.ts';
import type { Wire } from '../src/protocol/line/session.ts';
import type { FactName, LetterFacts } from '../src/message/facts.ts';
import type { MailStore } from '../src/store/contract.ts';
import { openMemoryStore } from '../src/store/memory/store.ts';

const embedded = process.argv.includes('--embedded');
const count = Number(process.argv.slice(2).find((word) => !word.startsWith('--')) ?? 10_000);
const dir = embedded ? mkdtempSync(join(tmpdir(), 'imap-fetch-')) : null;
const engine: MailStore =
  dir === null
    ? openMemoryStore({ clock, chance })
    : await openEmbeddedStore({ dir, shards: 1, clock, chance, log: silentLog, meter: silentMeter });

function letter(n: number): Bytes {
  const head =
    `Return-Path: <person${n % 97}@example.org>\r\nReceived: from mx.example.org by mail.example.com; Mon, 23 Nov 2026 04:00:00 +0000\r\n` +
    `From: Person ${n % 97} <person${n % 97}@example.org>\r\nTo: hanako@example.com, Taro <taro@example.com>\r\nSubject: ${n % 3 ? '' : 'Re: '}Letter about matter ${n % 500}\r\n` +
    `Date: Mon, 23 Nov 2026 0${n % 10}:00:00 +0900\r\nMessage-ID: <${n}.letter@example.org>\r\nMIME-Version: 1.0\r\n` +
    `${n > 500 ? `References: <${n - 500}.letter@example.org>\r\n` : ''}Content-Type: multipart/alternative; boundary=b\r\n\r\n`;
  const text = 'All work and no play makes a dull letter, says the postman who carries it.\r\n';
  const half = text.repeat(Math.floor((8192 - head.length - 150) / 2 / text.length));
  return bytesFromUtf8(`${head}--b\r\nContent-Type: text/plain\r\n\r\n${half}--b\r\nContent-Type: text/html\r\n\r\n${half}--b--\r\n`);
}

await engine.createAccount(1, []);
const [inbox] = await engine.mailboxes(1);
const facts: LetterFacts[] = [];
for (let from = 0; from < count; from += 500) {
  const letters = [];
  for (let n = from; n < Math.min(count, from + 500); n++) {
    const bytes = letter(n);
    // As they come out of a database: each text in one piece.
    facts[n + 1] = JSON.parse(JSON.stringify(readFacts(bytes))) as LetterFacts;
    const spool = engine.spool(bytes.length);
    await spool.add(bytes);
    letters.push({ spool, flags: n % 2 ? ['\\Seen'] : [] });
  }
  await engine.append(1, inbox!.id, letters, null);
}
const state = await engine.openMailbox(1, inbox!.id);
// The memory engine's facts in flat texts, as a database gives them.
const flat: MailStore = new Proxy(engine, {
  get(target, name) {
    if (name === 'readFacts')
      return async (_account: number, messages: ArrayLike<number>, names: readonly FactName[]) => {
        const columns: Partial<Record<FactName, unknown[]>> = {};
        for (const fact of names) {
          const column: unknown[] = new Array(messages.length);
          for (let i = 0; i < messages.length; i++) column[i] = facts[messages[i]!]?.[fact];
          columns[fact] = column;
        }
        return columns;
      };
    const value: unknown = Reflect.get(target, name, target);
    return typeof value === 'function' ? value.bind(target) : value;
  },
});

let octets = 0;
let writes = 0;
const wire: Wire = {
  remote: { address: '192.0.2.1', port: 1 },
  local: { address: '192.0.2.2', port: 143 },
  tls: null,
  id: 'bench',
  // Text is counted as a socket would take it: turned into octets.
  write: (data) => {
    octets += typeof data === 'string' ? bytesFromUtf8(data).length : data.length;
    writes++;
  },
  flush: () => {},
  congested: false,
  drained: async () => {},
  want: () => {},
  patience: () => {},
  startTls: () => {},
  startDeflate: () => {},
  close: () => {},
  wake: () => {},
  closing: false,
};
const person = { account: 1, login: 'hanako', name: 'Hanako', quota: null, appPassword: null };
const never = (): Promise<never> => Promise.reject(new Error('not here'));
const session = imapSessions({
  store: embedded ? engine : flat,
  authenticator: { checkPassword: async () => person, scramKeys: never, scramPassed: never, scramFailed: async () => {} },
  security: 'none',
  hostName: 'bench',
  version: '0',
  clock,
  chance,
  log: silentLog,
  meter: silentMeter,
  limits: imapLimits,
  plaintextAllowed: () => true,
})(wire);
const say = async (line: string): Promise<void> => session.receive({ kind: 'line', bytes: bytesFromLatin1(line), bareLf: false });
await session.open();
await say('a LOGIN hanako x');
await say('a SELECT INBOX');
const total = Array.from(state.sizes.subarray(0, state.count)).reduce((sum, size) => sum + size, 0);
console.log(`${count} letters, ${(total / 1e6).toFixed(1)} MB`);

for (const line of [
  'UID FETCH 1:* (FLAGS)',
  'FETCH 1:* (UID FLAGS MODSEQ)',
  'FETCH 1:* FAST',
  'FETCH 1:* (UID ENVELOPE)',
  'FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)',
  'FETCH 1:* (BODYSTRUCTURE)',
  'FETCH 1:* (BODY.PEEK[])',
  'FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (DATE FROM TO SUBJECT MESSAGE-ID REFERENCES)])',
  'FETCH 1:* (BODY.PEEK[1])',
  'FETCH 1:* (BINARY.PEEK[2])',
  `FETCH ${count - 49}:* (UID FLAGS ENVELOPE)`,
  'SEARCH UNSEEN',
  'SEARCH OR SEEN NOT LARGER 8000 1:5000',
  'SEARCH SENTSINCE 23-Nov-2026',
  'SEARCH HEADER X-Nothing a',
  'SORT (REVERSE DATE) UTF-8 ALL',
  'SORT (SUBJECT FROM) UTF-8 ALL',
  'THREAD REFERENCES UTF-8 ALL',
  'STORE 1:* +FLAGS.SILENT (\\Flagged)',
  'STORE 1:* -FLAGS (\\Flagged)',
]) {
  const times: number[] = [];
  for (let round = 0; round < 7; round++) {
    octets = writes = 0;
    const begin = performance.now();
    await say(`a ${line}`);
    times.push(performance.now() - begin);
  }
  const best = Math.min(...times);
  const middle = times.sort((a, b) => a - b)[3]!;
  console.log(
    `${middle.toFixed(2).padStart(8)} ms (best ${best.toFixed(2)})  ${(octets / 1e6).toFixed(2).padStart(6)} MB in ${String(writes).padStart(5)} writes  ${(octets / 1e3 / middle).toFixed(0).padStart(5)} MB/s  ${line.slice(0, 80)}`,
  );
}
session.gone();
await engine.close();
if (dir !== null) rmSync(dir, { recursive: true });
