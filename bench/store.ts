// What the embedded store does without a protocol around it: letters a second, loading of mailboxes, reading of facts and octets.
// Run: node bench/store.ts [directory]. Knows the store's contract; its numbers are for comparing two states of the code on one machine.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesFromLatin1, noBytes } from '../src/base/bytes.ts';
import { silentLog } from '../src/base/log.ts';
import { silentMeter } from '../src/base/meter.ts';
import { systemChance, systemClock } from '../src/io/clock.ts';
import { openEmbeddedStore, type EmbeddedStore } from '../src/io/store/embedded.ts';
import { makeLetterId } from '../src/store/letter-id.ts';

const base = process.argv[2] ?? new URL('../', import.meta.url).pathname;
const dir = await mkdtemp(join(base, '.bench-store-'));
const open = (): Promise<EmbeddedStore> =>
  openEmbeddedStore({ dir, shards: 1, clock: systemClock, chance: systemChance, log: silentLog, meter: silentMeter });

function letter(number: number, size: number): Uint8Array {
  const head = [
    `Received: from client.example by mx.example with ESMTPS id ${number}; Mon, 23 Nov 2026 05:00:00 +0000`,
    `From: Sender ${number % 50} <sender${number % 50}@example.test>`,
    'To: Receiver <receiver@example.test>',
    `Subject: Letter number ${number} about things of interest`,
    `Message-ID: <bench.${number}@example.test>`,
    'Date: Mon, 23 Nov 2026 05:00:00 +0000',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    '',
  ].join('\r\n');
  const line = `${'the quick brown fox jumps over the lazy dog and on '.slice(0, 50)}\r\n`;
  return bytesFromLatin1((head + line.repeat(Math.ceil(size / line.length))).slice(0, size - 2) + '\r\n');
}

let number = 0;
async function deliver(store: EmbeddedStore, account: number, size: number): Promise<void> {
  const octets = letter(number++, size);
  const spool = store.spool(1 << 24);
  await spool.add(octets);
  const id = makeLetterId(systemChance);
  const at = Date.now();
  const event = { letter: id, at, recipient: 'receiver@example.test', account, result: 'done' as const };
  await store.commit({
    letters: [
      {
        letter: id,
        prefix: noBytes(),
        spool,
        receivedAt: at,
        reversePath: 'sender@example.test',
        placements: [{ account, mailbox: 'inbox', flags: [] }],
        queue: [],
      },
    ],
    events: [
      { ...event, station: 'reception', facts: { protocol: 'smtp', peer: 'client.example', peerAddress: '192.0.2.1', size } },
      { ...event, station: 'mailbox', facts: { mailbox: 'INBOX' } },
    ],
  });
}

async function deliverMany(store: EmbeddedStore, count: number, size: number, at: number): Promise<number> {
  let left = count;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: at }, async (_, lane) => {
      while (left-- > 0) await deliver(store, 1 + (lane % 10), size);
    }),
  );
  return (count * 1000) / (performance.now() - began);
}

function show(what: string, value: string): void {
  console.log(`${what.padEnd(48)} ${value}`);
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const began = performance.now();
  const value = await work();
  return [value, performance.now() - began];
}

try {
  let store = await open();
  for (let account = 1; account <= 12; account++) await store.createAccount(account, [{ name: 'Sent', role: 'sent' }]);
  await deliverMany(store, 500, 4096, 10);
  for (const [size, counts] of [
    [4096, [1500, 6000, 20_000]],
    [65_536, [600, 2000, 4000]],
  ] as const) {
    for (const [index, at] of [1, 10, 64].entries()) {
      const cpu = process.cpuUsage();
      const rate = await deliverMany(store, counts[index]!, size, at);
      const { user, system } = process.cpuUsage(cpu);
      show(
        `letters of ${size / 1024} KiB, ${at} at once`,
        `${rate.toFixed(0)}/s, CPU ${((user + system) / counts[index]!).toFixed(0)} µs each`,
      );
    }
  }
  const inbox = (await store.mailboxes(11)).find((box) => box.name === 'INBOX')!.id;
  for (let made = 0; made < 100_000; made += 500) {
    const letters = [];
    for (let index = 0; index < 500; index++) {
      const spool = store.spool(1 << 20);
      await spool.add(letter(number++, made < 10_000 ? 4096 : 600));
      letters.push({ spool, flags: index % 3 === 0 ? ['\\Seen'] : [] });
    }
    await store.append(11, inbox, letters, null);
  }
  const [single, singleTime] = await timed(async () => {
    for (let uid = 1; uid <= 1000; uid++) await store.setFlags(11, inbox, [uid], { how: 'add', flags: ['\\Flagged'] });
    return 1000;
  });
  show('STORE of one letter', `${((single * 1000) / singleTime).toFixed(0)}/s`);
  const hundred = Array.from({ length: 100 }, (_, index) => index + 5000);
  const [, rangeTime] = await timed(async () => {
    for (let round = 0; round < 100; round++)
      await store.setFlags(11, inbox, hundred, { how: round % 2 === 0 ? 'add' : 'remove', flags: ['\\Answered'] });
  });
  show('STORE of a range of 100', `${(rangeTime / 100).toFixed(2)} ms`);
  await store.close();
  const [reopened, openTime] = await timed(open);
  store = reopened;
  show('open', `${openTime.toFixed(0)} ms`);
  const [state, loadTime] = await timed(() => store.openMailbox(11, inbox));
  show('open a mailbox of 100,000, first', `${loadTime.toFixed(1)} ms`);
  state.release();
  const [again, againTime] = await timed(() => store.openMailbox(11, inbox));
  show('open a mailbox of 100,000, kept', `${againTime.toFixed(3)} ms`);
  const ten = again.messages.slice(0, 10_000);
  for (const round of ['first', 'again']) {
    for (const names of [['envelope'], ['bodyStructure'], ['subject', 'from', 'sentAt']] as const) {
      const [, time] = await timed(() => store.readFacts(11, ten, names));
      show(`facts of 10,000: ${names.join(', ')}, ${round}`, `${time.toFixed(1)} ms`);
    }
  }
  const [, lastTime] = await timed(() => store.readFacts(11, again.messages.slice(again.count - 50, again.count), ['envelope']));
  show('envelopes of the last 50', `${lastTime.toFixed(2)} ms`);
  for (const round of ['first', 'again']) {
    let octets = 0;
    const [, time] = await timed(async () => {
      for (let at = 0; at < ten.length; at += 250)
        for (const one of await store.readLetters(11, ten.slice(at, at + 250))) octets += one?.length ?? 0;
    });
    show(`octets of 10,000 letters of 4 KiB, ${round}`, `${(octets / time / 1000).toFixed(0)} MB/s`);
  }
  const [, oneTime] = await timed(async () => {
    for (let at = 0; at < 2000; at++) await store.readLetters(11, [ten[(at * 7919) % ten.length]!]);
  });
  show('octets of one letter', `${((2000 * 1000) / oneTime).toFixed(0)}/s`);
  again.release();
  await store.close();
} finally {
  await rm(dir, { recursive: true, force: true });
}
