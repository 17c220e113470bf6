// What the SMTP session and reception cost by themselves: letters of 4 KiB with PIPELINING into the memory engine, no socket, no disk.
//   node bench/smtp-session.ts [letters] [relay|submission]
import { bytesFromLatin1, type Bytes } from '../src/base/bytes.ts';
import { silentLog } from '../src/base/log.ts';
import { openAddressBook } from '../src/journey/account/addresses.ts';
import { openRecipientLists } from '../src/journey/account/recipients.ts';
import { openSubmission } from '../src/journey/submission/submission.ts';
import { Receiver } from '../src/protocol/line/receiver.ts';
import type { Session, Unit, Want, Wire } from '../src/protocol/line/session.ts';
import { openSmtpWorld, standingClock } from '../src/protocol/smtp/smtp-world-suite.ts';
import type { CommitResult } from '../src/store/contract.ts';

const letters = Number(process.argv[2] ?? 50_000);
const role = process.argv[3] === 'submission' ? 'submission' : 'relay';
const world = await openSmtpWorld(
  new Map([
    ['letters', '100000000'],
    ['role', role],
    ['plaintext', 'yes'],
  ]),
  role === 'relay'
    ? undefined
    : ({ directory, store, chance }) => {
        const addresses = openAddressBook(directory);
        const recipients = openRecipientLists({ addresses, directory, store, clock: standingClock, queueLifetime: 1 });
        return openSubmission({
          store,
          addresses,
          recipients,
          hostName: 'mail.local.test',
          clock: standingClock,
          chance,
          log: silentLog,
          recipientsPerHour: 1,
        });
      },
);
const sender = role === 'relay' ? 'somebody@example.com' : 'hanako@local.test';
// The engine is measured elsewhere: here a commit costs a promise.
let n = 0;
world.store.commit = async ({ letters: accepted = [] }): Promise<CommitResult> => ({
  items: [],
  letters: accepted.map(({ letter }) => ({ letter, resent: false, placed: [] })),
});

class CountingWire implements Wire {
  readonly remote = { address: '192.0.2.1', port: 1 };
  readonly local = { address: '192.0.2.2', port: 25 };
  readonly tls = null;
  readonly id = 'bench';
  readonly congested = false;
  readonly closing = false;
  readonly receiver = new Receiver({ kind: 'line', max: 8192 });
  written = 0;
  write(data: string | Bytes): void {
    this.written += data.length;
  }
  flush(): void {}
  async drained(): Promise<void> {}
  want(want: Want): void {
    this.receiver.want(want);
  }
  patience(): void {}
  startTls(): void {}
  startDeflate(): void {}
  close(): void {}
  wake(): void {}
}

const wire = new CountingWire();
const session: Session = world.make(wire);
await session.open();

async function feed(bytes: Bytes): Promise<void> {
  wire.receiver.push(bytes);
  for (let unit: Unit | null; (unit = wire.receiver.next()) !== null;) {
    const work = session.receive(unit);
    if (work !== undefined) await work;
  }
}

const body = ('x'.repeat(70) + '\r\n').repeat(54);
const header =
  'Received: from a.example.com (a.example.com [192.0.2.9])\r\n\tby b.example.com with ESMTPS id 1; Mon, 23 Nov 2026 12:00:00 +0000\r\n' +
  `From: Somebody <${sender}>\r\n` +
  'To: Hanako <hanako@local.test>\r\nSubject: a letter of four kibibytes\r\n' +
  'Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n';

await feed(bytesFromLatin1('EHLO bench.example.com\r\n'));
if (role === 'submission') await feed(bytesFromLatin1(`AUTH PLAIN ${btoa('\0hanako@local.test\0secret')}\r\n`));
for (const round of ['warm-up', 'measured', 'measured']) {
  const cpu = process.cpuUsage();
  for (let index = 0; index < letters; index++) {
    await feed(bytesFromLatin1(`MAIL FROM:<${sender}> SIZE=4096 BODY=8BITMIME\r\nRCPT TO:<hanako@local.test>\r\nDATA\r\n`));
    await feed(bytesFromLatin1(`${header}Message-ID: <${n++}@example.com>\r\n\r\n${body}.\r\n`));
  }
  const { user, system } = process.cpuUsage(cpu);
  console.log(`${round}: ${((user + system) / letters).toFixed(1)} µs of CPU a letter`);
}
