// The queue against servers that behave oddly: what becomes of each letter, when it is tried again, and what its sender hears.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { bytesFromLatin1, latin1FromBytes, noBytes } from '../../src/base/bytes.ts';
import type { Chance } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { silentMeter } from '../../src/base/meter.ts';
import { Unavailable } from '../../src/base/trouble.ts';
import { openLineConnector } from '../../src/io/line-connector.ts';
import { openAddressBook } from '../../src/journey/account/addresses.ts';
import { openRecipientLists } from '../../src/journey/account/recipients.ts';
import { openLanes } from '../../src/journey/delivery/lane.ts';
import { QueueRunner } from '../../src/journey/queue/runner.ts';
import { openReporter } from '../../src/journey/report/dsn.ts';
import type { Route } from '../../src/journey/routing/contract.ts';
import { openSmtpClient } from '../../src/protocol/smtp/client.ts';
import { makeLetterId } from '../../src/store/letter-id.ts';
import { openMemoryDirectory } from '../../src/store/memory/directory.ts';
import { openMemoryStore } from '../../src/store/memory/store.ts';
import type { DsnNotify } from '../../src/store/queue-contract.ts';
import { FalseClock } from '../support/clock.ts';
import { openPeer, type Peer, type PeerScript, type Said } from '../support/smtp-peer.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let seed = 1;
const chance: Chance = {
  bytes: (length) => Uint8Array.from({ length }, () => (seed = (seed * 48_271) % 2_147_483_647) & 255),
  fraction: () => 0.5,
};

/** A world of one sender, hanako, and peers by domain. */
async function openWorld(t: TestContext, peers: Record<string, Peer | Route>, patienceMs = 60_000) {
  const clock = new FalseClock();
  const store = openMemoryStore({ clock, chance });
  const directory = openMemoryDirectory();
  await directory.putDomain({ name: 'here.test', catchAll: null, subaddress: '+' });
  const hanako = await directory.addAccount({
    address: 'hanako@here.test',
    name: 'Hanako',
    passwordHash: '',
    scram: {},
    quota: null,
    createdAt: 0,
    closedAt: null,
  });
  await store.createAccount(hanako.id, []);
  const recipients = openRecipientLists({ addresses: openAddressBook(directory), directory, store, clock, queueLifetime: 5 * day });
  const router = {
    route: (domain: string): Promise<Route> => {
      const peer = peers[domain]!;
      if ('kind' in peer) return Promise.resolve(peer);
      return Promise.resolve({
        kind: 'hosts',
        mx: [`mx.${domain}`],
        authentic: false,
        hosts: [
          { name: `mx.${domain}`, port: peer.port, addresses: ['127.0.0.1'], implicitTls: false, login: null, security: 'opportunistic' },
        ],
      });
    },
  };
  const patience = {
    greeting: patienceMs,
    hello: patienceMs,
    tls: patienceMs,
    auth: patienceMs,
    mail: patienceMs,
    recipient: patienceMs,
    dataStart: patienceMs,
    dataBlock: patienceMs,
    dataEnd: patienceMs,
    quit: patienceMs,
  };
  const openLane = openLanes({
    router,
    connector: openLineConnector({ localAddress: null }),
    openClient: openSmtpClient,
    hostName: 'mail.here.test',
    chance,
    clock,
    log: silentLog,
    meter: silentMeter,
    patience,
  });
  const reporter = openReporter({ hostName: 'mail.here.test', domain: 'here.test', recipients, clock, chance });
  const runner = new QueueRunner({ store, openLane, reporter, clock, chance, log: silentLog, meter: silentMeter });
  runner.start();
  t.after(() => runner.stop());
  return {
    clock,
    store,
    runner,
    async send(
      to: readonly string[],
      options: { notify?: readonly DsnNotify[]; from?: string; octets?: string; returns?: 'full' | 'headers' } = {},
    ) {
      const letter = makeLetterId(chance, clock.now());
      const spool = store.spool(1_000_000);
      await spool.add(
        bytesFromLatin1(options.octets ?? `Subject: hello\r\nMessage-ID: <${letter}@here.test>\r\n\r\nbody of ${letter}\r\n.\r\n`),
      );
      const now = clock.now();
      await store.commit({
        letters: [
          {
            letter,
            prefix: noBytes(),
            spool,
            receivedAt: now,
            reversePath: options.from ?? 'hanako@here.test',
            placements: [],
            queue: to.map((recipient) => ({
              recipient,
              domain: recipient.split('@')[1]!,
              dueAt: now,
              expiresAt: now + 5 * day,
              notify: options.notify ?? [],
              originalRecipient: null,
            })),
            dsn: { envelopeId: null, returns: options.returns ?? null },
          },
        ],
      });
      await runner.idle();
      return letter;
    },
    /** Lets time go by; letters that fall due on the way are tried. */
    pass: (ms: number) => clock.advance(ms, () => runner.idle()),
    waiting: () => store.queue.list({ limit: 100 }),
    /** Octets of what came back to hanako, oldest first. */
    async mail() {
      const inbox = (await store.mailboxes(hanako.id)).find((box) => box.role === 'inbox')!;
      const state = await store.openMailbox(hanako.id, inbox.id);
      const letters = await store.readLetters(hanako.id, state.messages.subarray(0, state.count));
      state.release();
      return letters.map((bytes) => latin1FromBytes(bytes!));
    },
  };
}

async function peerOf(t: TestContext, script: PeerScript = {}): Promise<Peer> {
  const peer = await openPeer(script);
  t.after(() => peer.close());
  return peer;
}

test('a letter for another domain is handed over once, octet by octet, and leaves the queue', async (t) => {
  const peer = await peerOf(t);
  const world = await openWorld(t, { 'there.test': peer });
  const letter = await world.send(['taro@there.test', 'jiro@there.test']);
  assert.equal(peer.letters.length, 1);
  assert.deepEqual(peer.letters[0]!.to, ['taro@there.test', 'jiro@there.test']);
  assert.equal(peer.letters[0]!.octets, `Subject: hello\r\nMessage-ID: <${letter}@here.test>\r\n\r\nbody of ${letter}\r\n.\r\n`);
  assert.deepEqual(await world.waiting(), []);
  assert.deepEqual(await world.mail(), []);
  const stations = (await world.store.trace.ofLetter(letter)).map((event) => `${event.station} ${event.result}`);
  assert.deepEqual(stations, ['routing done', 'delivery done', 'delivery done']);
});

// What the peer says, and what becomes of the letter: delivered, later or never with its status.
const rows: [name: string, script: PeerScript, outcome: string][] = [
  ['a plain server', {}, 'delivered'],
  ['a server that knows only HELO', { ehlo: '502 5.5.1 unknown' }, 'delivered'],
  ['a greeting of several lines', { greeting: '220-one\r\n220-two\r\n220 three' }, 'delivered'],
  ['STARTTLS is offered and fails: in the clear after all (RFC 7435)', { ehlo: '250-peer.test\r\n250 STARTTLS' }, 'delivered'],
  ['greylisting', { rcpt: '450 4.7.1 try later' }, 'later 4.7.1'],
  ['451 after the dot', { end: '451 4.3.0 disk' }, 'later 4.3.0'],
  ['421 at the greeting', { greeting: '421 4.3.2 busy' }, 'later 4.3.2'],
  ['421 instead of an answer to RCPT', { rcpt: { last: 'close', say: '421 4.7.0 going away' } }, 'later 4.7.0'],
  ['unknown recipient', { rcpt: '550 5.1.1 nobody' }, 'never 5.1.1'],
  ['sender refused', { mail: '550 5.7.1 no' }, 'never 5.7.1'],
  ['DATA refused', { data: '554 5.6.0 no' }, 'never 5.6.0'],
  ['refused after the dot', { end: '554 5.7.1 spam' }, 'never 5.7.1'],
  ['554 at the greeting', { greeting: '554 5.3.2 no mail here' }, 'never 5.3.2'],
  ['552 to RCPT is too many recipients (RFC 5321 §4.5.3.1.10)', { rcpt: '552 too many' }, 'later 4.5.3'],
  ['a code without an enhanced one', { rcpt: '553 no' }, 'never 5.0.0'],
  ['an enhanced code of another class is not believed', { rcpt: '550 4.2.2 full' }, 'never 5.0.0'],
  ['silence at the greeting', { greeting: null }, 'later 4.4.2'],
  ['silence after the dot', { end: null }, 'later 4.4.2'],
  ['the connection ends at MAIL', { mail: { last: 'close' } }, 'later 4.4.2'],
  ['the connection is reset at the dot', { end: { last: 'reset' } }, 'later 4.4.2'],
  ['nonsense instead of a code', { greeting: 'hello there' }, 'later 4.5.0'],
  ['a code that is none', { mail: '999 what' }, 'later 4.5.0'],
  ['a reply of many megabytes', { ehlo: `${'250-x\r\n'.repeat(200_000)}250 x` }, 'later 4.5.0'],
];

for (const [name, script, outcome] of rows)
  test(`queue: ${name}: ${outcome}`, async (t) => {
    const peer = await peerOf(t, script);
    // Nobody is waited for who will say nothing; who is only slow on a busy machine is.
    const world = await openWorld(t, { 'there.test': peer }, Object.values(script).includes(null) ? 150 : undefined);
    const letter = await world.send(['taro@there.test']);
    const [kind, status] = outcome.split(' ');
    assert.equal(peer.letters.length, kind === 'delivered' ? 1 : 0);
    const waiting = await world.waiting();
    const mail = await world.mail();
    if (kind === 'delivered') assert.deepEqual([waiting, mail], [[], []]);
    if (kind === 'later') {
      assert.equal(waiting.length, 1, `the letter waits; came back: ${mail.join()}`);
      assert.equal(waiting[0]!.attempts, 1);
      assert.ok(waiting[0]!.dueAt > world.clock.now());
      assert.deepEqual(mail, []);
    }
    if (kind === 'never') {
      assert.deepEqual(waiting, []);
      assert.equal(mail.length, 1);
      assert.match(
        mail[0]!,
        new RegExp(
          `\\r\\nFinal-Recipient: rfc822; taro@there\\.test\\r\\nAction: failed\\r\\nStatus: ${status!.replaceAll('.', '\\.')}\\r\\n`,
        ),
      );
    }
    const events = await world.store.trace.ofLetter(letter);
    const last = events.findLast(({ station }) => station === 'delivery' || station === 'queue')!;
    assert.equal(last.result, { delivered: 'done', later: 'later', never: 'failed' }[kind!]);
  });

test('queue: recipients of one letter each have their own fate', async (t) => {
  const replies: Record<string, Said> = { 'no@there.test': '550 5.1.1 nobody', 'wait@there.test': '450 4.2.1 busy' };
  const peer = await peerOf(t, { rcpt: (address) => replies[address] ?? '250 2.1.5 ok' });
  const world = await openWorld(t, { 'there.test': peer });
  await world.send(['yes@there.test', 'no@there.test', 'wait@there.test']);
  assert.deepEqual(
    peer.letters.map((letter) => letter.to),
    [['yes@there.test']],
  );
  assert.deepEqual(
    (await world.waiting()).map((row) => row.recipient),
    ['wait@there.test'],
  );
  const [report] = await world.mail();
  assert.match(report!, /Final-Recipient: rfc822; no@there\.test/);
  assert.doesNotMatch(report!, /wait@there|Final-Recipient: rfc822; yes/);
  delete replies['wait@there.test'];
  await world.pass(10 * minute);
  assert.deepEqual(
    peer.letters.map((letter) => letter.to),
    [['yes@there.test'], ['wait@there.test']],
  );
  assert.deepEqual(await world.waiting(), []);
});

test('queue: a peer that takes one recipient at a time gets as many transactions', async (t) => {
  const peer = await peerOf(t, { rcpt: (_address, number) => (number === 0 ? '250 2.1.5 ok' : '452 4.5.3 too many') });
  const world = await openWorld(t, { 'there.test': peer });
  await world.send(['a@there.test', 'b@there.test', 'c@there.test']);
  for (let round = 0; round < 3; round++) await world.pass(2 * hour);
  assert.deepEqual(peer.letters.map((letter) => letter.to.join()).sort(), ['a@there.test', 'b@there.test', 'c@there.test']);
});

test('queue: a server that is down for two days gets the letter when it is back; the sender heard of the delay once', async (t) => {
  const peer = await peerOf(t, { greeting: { last: 'close' } });
  const world = await openWorld(t, { 'there.test': peer });
  await world.send(['taro@there.test']);
  await world.pass(2 * day);
  const [delay, ...more] = await world.mail();
  assert.match(delay!, /Action: delayed[\s\S]*Will-Retry-Until:/);
  assert.deepEqual(more, []);
  assert.ok(peer.connections < 60, `${peer.connections} attempts in two days`);
  assert.equal((await world.waiting()).length, 1);
  peer.script = {};
  await world.pass(3 * hour);
  assert.equal(peer.letters.length, 1);
  assert.deepEqual(await world.waiting(), []);
});

test('queue: after five days the letter comes back with status 4.4.7 and its text', async (t) => {
  const peer = await peerOf(t, { rcpt: '451 4.2.1 not now' });
  const world = await openWorld(t, { 'there.test': peer });
  const letter = await world.send(['taro@there.test']);
  await world.pass(5 * day + 3 * hour);
  assert.deepEqual(await world.waiting(), []);
  const reports = await world.mail();
  assert.equal(reports.length, 2);
  assert.match(reports[0]!, /Action: delayed/);
  assert.match(reports[1]!, /Action: failed\r\nStatus: 4\.4\.7/);
  assert.match(reports[1]!, new RegExp(`body of ${letter}`));
  assert.match(reports[1]!, /Auto-Submitted: auto-replied/);
});

test('queue: a letter whose octets are damaged holds up no other; in the end it comes back without its text', async (t) => {
  const peer = await peerOf(t);
  const world = await openWorld(t, { 'there.test': peer });
  const { openQueued } = world.store;
  world.store.openQueued = async (letter) => {
    const source = await openQueued.call(world.store, letter);
    const text = latin1FromBytes(await source.read(0, source.length));
    if (text.includes('damaged')) throw new Unavailable('store-stopped', 'This letter is damaged');
    return source;
  };
  await world.send(['taro@there.test'], { octets: 'Subject: damaged\r\n\r\nthe text\r\n' });
  await world.send(['jiro@there.test']);
  assert.deepEqual(
    peer.letters.map(({ to }) => to),
    [['jiro@there.test']],
  );
  await world.pass(5 * day + 3 * hour);
  assert.deepEqual(await world.waiting(), []);
  const [delayed, failed, ...more] = await world.mail();
  assert.deepEqual(more, []);
  assert.match(delayed!, /Final-Recipient: rfc822; taro@there\.test\r\nAction: delayed\r\nStatus: 4\.3\.0/);
  assert.match(failed!, /Final-Recipient: rfc822; taro@there\.test\r\nAction: failed\r\nStatus: 4\.4\.7/);
  assert.match(failed!, /multipart\/report/);
  assert.doesNotMatch(failed!, /message\/rfc822|rfc822-headers|the text/);
  assert.equal(peer.letters.length, 1);
});

test('queue: no report about a report, none where NOTIFY=NEVER, headers only where RET=HDRS', async (t) => {
  const peer = await peerOf(t, { rcpt: '550 5.1.1 nobody' });
  const world = await openWorld(t, { 'there.test': peer });
  await world.send(['taro@there.test'], { from: '' });
  await world.send(['taro@there.test'], { notify: ['never'] });
  assert.deepEqual(await world.mail(), []);
  const letter = await world.send(['taro@there.test'], { returns: 'headers' });
  const [report] = await world.mail();
  assert.match(report!, /text\/rfc822-headers/);
  assert.doesNotMatch(report!, new RegExp(`body of ${letter}`));
});

test('queue: NOTIFY=SUCCESS is answered with "relayed" where the peer cannot report', async (t) => {
  const peer = await peerOf(t);
  const world = await openWorld(t, { 'there.test': peer });
  await world.send(['taro@there.test'], { notify: ['success', 'failure'] });
  assert.match((await world.mail())[0]!, /Action: relayed\r\nStatus: 2\.0\.0/);
});

test('queue: a report for a sender elsewhere goes out through the queue', async (t) => {
  const peer = await peerOf(t, { rcpt: (address) => (address === 'nobody@there.test' ? '550 5.1.1 no' : '250 2.1.5 ok') });
  const world = await openWorld(t, { 'there.test': peer });
  await world.send(['nobody@there.test'], { from: 'sender@there.test' });
  await world.pass(minute);
  assert.deepEqual(
    peer.letters.map(({ from, to }) => [from, to]),
    [['', ['sender@there.test']]],
  );
  assert.match(peer.letters[0]!.octets, /Action: failed/);
});

test('queue: a domain that takes no mail is reported at once', async (t) => {
  const world = await openWorld(t, { 'null.test': { kind: 'never', status: '5.1.10', words: 'null.test takes no mail (null MX)' } });
  await world.send(['taro@null.test']);
  assert.match((await world.mail())[0]!, /Status: 5\.1\.10/);
});

test('queue: a dead domain is probed, not asked for each letter; others are not held up (FT-20)', async (t) => {
  const dead = await peerOf(t, { greeting: { last: 'close' } });
  const good = await peerOf(t);
  const world = await openWorld(t, { 'dead.test': dead, 'good.test': good });
  for (let round = 0; round < 100; round++) await world.send([`u${round}@dead.test`]);
  await world.send(['taro@good.test']);
  assert.equal(good.letters.length, 1);
  assert.ok(dead.connections <= 3, `${dead.connections} connections`);
  assert.equal((await world.waiting()).length, 100);
  dead.script = {};
  await world.pass(6 * hour);
  assert.equal(dead.letters.length, 100);
  assert.ok(dead.connections < 70, `${dead.connections} connections for 100 letters`);
});

test('queue: the second host is asked when the first is down', async (t) => {
  const down = await peerOf(t, { greeting: { last: 'close' } });
  const up = await peerOf(t);
  const host = (name: string, port: number) => ({
    name,
    port,
    addresses: ['127.0.0.1'],
    implicitTls: false,
    login: null,
    security: 'opportunistic' as const,
  });
  const world = await openWorld(t, {
    'there.test': { kind: 'hosts', mx: ['a', 'b'], authentic: false, hosts: [host('a.test', down.port), host('b.test', up.port)] },
  });
  await world.send(['taro@there.test']);
  assert.equal(up.letters.length, 1);
});

test('queue: a host that will never take it does not stop one that will', async (t) => {
  const refusing = await peerOf(t, { greeting: '554 5.3.2 no mail here' });
  const up = await peerOf(t, { greeting: '421 4.3.2 busy' });
  const host = (name: string, port: number) => ({
    name,
    port,
    addresses: ['127.0.0.1'],
    implicitTls: false,
    login: null,
    security: 'opportunistic' as const,
  });
  const world = await openWorld(t, {
    'there.test': { kind: 'hosts', mx: ['a', 'b'], authentic: false, hosts: [host('a.test', refusing.port), host('b.test', up.port)] },
  });
  await world.send(['taro@there.test']);
  assert.equal((await world.waiting()).length, 1);
  up.script = {};
  await world.pass(hour);
  assert.equal(up.letters.length, 1);
});
