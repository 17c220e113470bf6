// Taking letters home by POP3 from Debian's Dovecot (Maildir, TLS): ours into the embedded store with its ledger, beside mpop
// (where it is installed) into a Maildir, in the same run and by turns.
//   node bench/collection-pop3.ts [letters] [octets]
import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isInstalled } from '../scripts/debian-packages.ts';
import { startDovecot } from '../test/support/dovecot.ts';
import { openCollecting } from '../test/support/pop3-collecting.ts';

const [letters = 5000, octets = 4096] = process.argv
  .slice(2)
  .filter((word) => /^\d+$/.test(word))
  .map(Number);
const rounds = 3;
const account = 1;
const provider = await startDovecot({ mail: 'maildir:~/Maildir' });
const folder = mkdtempSync(join(tmpdir(), 'tayori-bench-'));
const { uid, gid } = statSync(join(provider.folder, 'mail'));
const home = provider.home(provider.login);
for (const path of [home, ...['', 'new', 'cur', 'tmp'].map((part) => join(home, 'Maildir', part))]) {
  mkdirSync(path, { recursive: true });
  chownSync(path, uid, gid);
}
const line = 'All work and no play makes a dull letter, says the postman who carries it.\n';
for (let number = 1; number <= letters; number++) {
  const head = `Message-ID: <${number}@foreign.example>\nFrom: a@foreign.example\nSubject: Letter ${number}\nDate: Mon, 23 Nov 2026 09:00:00 +0900\n\n`;
  const path = join(home, 'Maildir', 'new', `${1_700_000_000 + number}.M${number}.foreign`);
  writeFileSync(path, head + line.repeat(Math.max(1, Math.floor((octets - head.length) / line.length))));
  chownSync(path, uid, gid);
}

interface Took {
  readonly seconds: number;
  readonly letters: number;
}

async function ours(round: number): Promise<Took> {
  const data = join(folder, `ours-${round}`);
  const collecting = await openCollecting({
    data,
    account,
    host: provider.host,
    port: provider.ports.pop3s,
    security: 'tls',
    login: provider.login,
    password: provider.password,
    authority: provider.authority,
    leaving: { keep: 'forever' },
  });
  const began = performance.now();
  await collecting.visit();
  const seconds = (performance.now() - began) / 1000;
  const there = (await collecting.store.mailboxes(account)).find(({ role }) => role === 'inbox')!.messages;
  const again = performance.now();
  await collecting.visit();
  const nothing = performance.now() - again;
  await collecting.close();
  if (round === rounds) console.log(`  a visit with nothing new among ${letters} letters: ${nothing.toFixed(0)} ms`);
  return { seconds, letters: there };
}

function peer(round: number, name: string, words: (settings: string) => string[], lines: (maildir: string) => string[]): Took {
  const maildir = join(folder, `${name}-${round}`);
  for (const part of ['new', 'cur', 'tmp']) mkdirSync(join(maildir, part), { recursive: true });
  const settings = join(folder, `${name}-${round}.conf`);
  writeFileSync(settings, `${lines(maildir).join('\n')}\n`, { mode: 0o600 });
  const began = performance.now();
  const ran = spawnSync(name, words(settings), { encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: folder } });
  const seconds = (performance.now() - began) / 1000;
  if (ran.status !== 0) console.log(`  ${name} ended with ${ran.status}: ${(ran.stderr + ran.stdout).slice(0, 300)}`);
  return { seconds, letters: readdirSync(join(maildir, 'new')).length };
}

const ca = join(folder, 'ca.pem');
writeFileSync(ca, provider.authority);
const runs: readonly [name: string, run: (round: number) => Took | Promise<Took>][] = [
  ['tayori', ours],
  ...(isInstalled('mpop')
    ? [
        [
          'mpop',
          (round: number) =>
            peer(
              round,
              'mpop',
              (settings) => ['-C', settings, '-q', 'bench'],
              (maildir) => [
                'account bench',
                'host 127.0.0.1',
                `port ${provider.ports.pop3s}`,
                `user ${provider.login}`,
                `password "${provider.password}"`,
                'tls on',
                'tls_starttls off',
                `tls_trust_file ${ca}`,
                `tls_host_override ${provider.host}`,
                'keep on',
                `uidls_file ${maildir}.uidls`,
                `delivery maildir ${maildir}`,
              ],
            ),
        ] as [string, (round: number) => Took],
      ]
    : []),
];

// Dovecot makes its index at the first look: that belongs to nobody.
await ours(0);
const results = new Map(runs.map(([name]) => [name, [] as number[]]));
for (let round = 1; round <= rounds; round++)
  for (const [name, run] of runs) {
    const took = await run(round);
    if (took.letters !== letters) console.log(`  ${name} brought ${took.letters} letters home, not ${letters}`);
    results.get(name)!.push(took.letters / took.seconds);
  }
for (const [name, rates] of results)
  console.log(`  ${name}: ${Math.round(rates.toSorted((a, b) => a - b)[rounds >> 1]!)} letters/s (${rates.map(Math.round).join(', ')})`);
console.log(`  memory of this process: ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`);
await provider.close();
rmSync(folder, { recursive: true, force: true });
