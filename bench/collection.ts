// First sync of an account at another provider: letters a second and memory, from Debian's Dovecot on this machine over TLS into a store on
// disk, beside mbsync (isync) into a Maildir in the same run, by turns.
//   node --expose-gc bench/collection.ts [letters] [--alone]
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../src/base/log.ts';
import { silentMeter } from '../src/base/meter.ts';
import { systemChance as chance, systemClock as clock } from '../src/io/clock.ts';
import { openLedger } from '../src/io/collection/ledger.ts';
import { openEmbeddedStore } from '../src/io/store/embedded.ts';
import { firstMailboxes } from '../src/journey/account/people.ts';
import { openImapCollector } from '../src/journey/collection/imap.ts';
import { openImapShelf } from '../src/journey/collection/imap-shelf.ts';
import { isInstalled } from '../scripts/debian-packages.ts';
import { account, connect, type Provider } from '../test/collection/model.ts';
import { dovecotMissing, startDovecot, type ForeignServer } from '../test/support/dovecot.ts';

const count = Number(process.argv.slice(2).find((word) => !word.startsWith('--')) ?? 10_000);
const rounds = count > 20_000 ? 1 : 3;

if (dovecotMissing !== false) {
  console.log(dovecotMissing);
  process.exit(0);
}

const filler = 'some words of an ordinary letter, about as long as a line usually is\r\n';

function letter(n: number): string {
  const head = `Return-Path: <person${n % 97}@example.org>\r\nReceived: from mx.example.org by mail.example.com; Mon, 23 Nov 2026 04:00:00 +0000\r\nFrom: Person ${n % 97} <person${n % 97}@example.org>\r\nTo: Taro <taro@foreign.example>\r\nSubject: Letter about matter ${n}\r\nDate: Mon, 23 Nov 2026 0${n % 10}:00:00 +0900\r\nMessage-ID: <${n}.letter@example.org>\r\n\r\n`;
  return head + filler.repeat(20 + ((n * 7) % 60));
}

/** Files of a Maildir are faster than a delivery of each. */
function fill(server: ForeignServer): number {
  const folder = join(server.home(server.login), 'Maildir');
  for (const name of ['cur', 'new', 'tmp']) mkdirSync(join(folder, name), { recursive: true });
  let octets = 0;
  for (let n = 0; n < count; n++) {
    const text = letter(n);
    octets += text.length;
    writeFileSync(join(folder, 'cur', `${1_700_000_000 + n}.M${n}.x,S=${text.length},W=${text.length}:2,${n % 2 === 0 ? 'S' : ''}`), text);
  }
  execFileSync('chown', ['-R', 'mail:mail', server.home(server.login)]);
  return octets;
}

interface Figure {
  readonly seconds: number;
  /** MiB, above what was there before. */
  readonly memory: number;
  readonly cpu: number;
}

async function ours(provider: Provider): Promise<Figure> {
  const dir = mkdtempSync(join(tmpdir(), 'bench-collection-'));
  const store = await openEmbeddedStore({ dir, shards: 1, clock, chance, log: silentLog, meter: silentMeter });
  await store.createAccount(account, firstMailboxes);
  const ledger = openLedger(dir);
  globalThis.gc?.();
  const [before, cpu] = [process.memoryUsage.rss(), process.cpuUsage()];
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50);
  const ending = new AbortController();
  const began = performance.now();
  let seconds = 0;
  let received = 0;
  await openImapCollector({
    account,
    openShelf: async () =>
      openImapShelf({ client: await connect(provider), clock, peer: { host: 'provider', address: '127.0.0.1', tls: '' } }),
    store,
    ledger,
    clock,
    log: silentLog,
    letterLimit: 50 << 20,
    progress: ({ done, of }) => {
      if (count > 20_000 && done % 10_000 === 0) console.log(`  ${done} of ${of}: ${Math.round(process.memoryUsage.rss() / 1048576)} MiB`);
    },
    well: (facts) => {
      received += facts.received;
      if (facts.received > 0 || received < count) return;
      seconds = (performance.now() - began) / 1000;
      ending.abort();
    },
  }).run(ending.signal);
  clearInterval(watch);
  const { user, system } = process.cpuUsage(cpu);
  await ledger.close();
  await store.close();
  rmSync(dir, { recursive: true });
  return { seconds, memory: (peak - before) / 1048576, cpu: (user + system) / 1e6 };
}

async function mbsync(provider: Provider, server: ForeignServer): Promise<Figure> {
  const dir = mkdtempSync(join(tmpdir(), 'bench-mbsync-'));
  writeFileSync(join(dir, 'ca.pem'), server.authority);
  writeFileSync(
    join(dir, 'rc'),
    `IMAPAccount there\nHost localhost\nPort ${provider.port}\nUser ${provider.login}\nPass ${provider.password}\nSSLType IMAPS\nCertificateFile ${dir}/ca.pem\n\nIMAPStore there\nAccount there\n\nMaildirStore here\nPath ${dir}/mail/\nInbox ${dir}/mail/INBOX\n\nChannel all\nFar :there:\nNear :here:\nPatterns INBOX\nCreate Near\nSyncState *\n`,
  );
  mkdirSync(join(dir, 'mail'));
  const began = performance.now();
  const child = spawn('mbsync', ['-c', join(dir, 'rc'), '-a', '-q'], { stdio: ['ignore', 'ignore', 'inherit'] });
  let memory = 0;
  let ticks = 0;
  const watch = setInterval(() => {
    try {
      memory = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'))?.[1] ?? memory);
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
      ticks = Number(fields[11]) + Number(fields[12]);
    } catch {
      // It has ended.
    }
  }, 50);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(watch);
  const seconds = (performance.now() - began) / 1000;
  rmSync(dir, { recursive: true });
  if (code !== 0) throw new Error(`mbsync ended with ${code}`);
  return { seconds, memory: memory / 1024, cpu: ticks / 100 };
}

function say(name: string, figures: readonly Figure[]): void {
  const best = figures.toSorted((a, b) => a.seconds - b.seconds)[0]!;
  const all = figures.map(({ seconds }) => Math.round(count / seconds)).join(', ');
  console.log(
    `${name}: ${Math.round(count / best.seconds)} letters/s (${all}), CPU ${((best.cpu / count) * 1000).toFixed(2)} s per 1,000, memory +${Math.round(Math.max(...figures.map(({ memory }) => memory)))} MiB`,
  );
}

const server = await startDovecot({ mail: 'maildir:~/Maildir', settings: 'mail_fsync = never\n' });
try {
  const octets = fill(server);
  console.log(`${count} letters, ${Math.round(octets / 1048576)} MiB, Dovecot over TLS; best of ${rounds}, all in brackets`);
  const provider: Provider = { ...server, port: server.ports.imaps };
  // Dovecot makes its index.
  const first = await connect(provider);
  await first.select('INBOX');
  await first.fetchRange(1, '*', 'UID RFC822.SIZE INTERNALDATE', () => {});
  await first.end();
  const [us, them]: [Figure[], Figure[]] = [[], []];
  const beside = !process.argv.includes('--alone') && isInstalled('mbsync');
  for (let round = 0; round < rounds; round++) {
    us.push(await ours(provider));
    if (beside) them.push(await mbsync(provider, server));
  }
  say('tayori', us);
  if (beside) say('mbsync', them);
} finally {
  await server.close();
}
