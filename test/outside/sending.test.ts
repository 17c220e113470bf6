// Letters of an account at another provider: taken at our submission port, handed to that provider's own server over proven TLS with its
// login, or told about in the account's own INBOX; never sent in another way. The provider is a second Tayori for what a real server says
// of logins, senders and sizes, and a scripted one behind real TLS for the rest.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { after, before, test, type TestContext } from 'node:test';
import { bytesFromUtf8, utf8FromBytes } from '../../src/base/bytes.ts';
import type { Chance } from '../../src/base/clock.ts';
import type { Log } from '../../src/base/log.ts';
import { silentMeter } from '../../src/base/meter.ts';
import { openLineConnector } from '../../src/io/line-connector.ts';
import { openOutsideConnector } from '../../src/io/outside-connector.ts';
import { openEmbeddedStore } from '../../src/io/store/embedded.ts';
import { openDirectory } from '../../src/io/store/directory.ts';
import { openVault } from '../../src/io/vault.ts';
import { openAddressBook } from '../../src/journey/account/addresses.ts';
import { firstMailboxes, restMs } from '../../src/journey/account/people.ts';
import { openRecipientLists } from '../../src/journey/account/recipients.ts';
import { openLanes } from '../../src/journey/delivery/lane.ts';
import { openProviderRoads } from '../../src/journey/delivery/provider.ts';
import { inboxOf, openOutsideAccounts } from '../../src/journey/outside/accounts.ts';
import { openSignInKeeper } from '../../src/journey/outside/tokens.ts';
import { QueueRunner } from '../../src/journey/queue/runner.ts';
import { openReporter } from '../../src/journey/report/dsn.ts';
import { describeJourney } from '../../src/journey/trace/describe.ts';
import { openSubmission } from '../../src/journey/submission/submission.ts';
import { openSmtpClient } from '../../src/protocol/smtp/client.ts';
import { readSmtpFailure } from '../../src/journey/outside/smtp-failures.ts';
import type { MailStore } from '../../src/store/contract.ts';
import { openMemoryDirectory } from '../../src/store/memory/directory.ts';
import { openMemoryStore } from '../../src/store/memory/store.ts';
import type { OutsideServer } from '../../src/store/outside-contract.ts';
import { FalseClock } from '../support/clock.ts';
import { outsideRow } from '../support/outside-row.ts';
import { openPeer, type Peer, type PeerScript } from '../support/smtp-peer.ts';
import { startTayori, type Tayori } from '../support/tayori.ts';
import { makeAuthority } from '../support/web-server.ts';

const hour = 3_600_000;
const password = 'the very secret password of taro';
const chance: Chance = { bytes: (length) => randomBytes(length), fraction: () => 0.5 };
const authority = await makeAuthority();
const certificate = await authority.issue(['smtp.provider.test']);

let second: Tayori;
before(async () => void (second = await startTayori()));
after(() => second.stop());

/** A scripted server behind real TLS. */
async function scripted(t: TestContext, script: PeerScript): Promise<Peer & { readonly server: Partial<OutsideServer> }> {
  const peer = await openPeer({ ehlo: '250-peer.test\r\n250-AUTH PLAIN\r\n250-SIZE 100000\r\n250 ENHANCEDSTATUSCODES', ...script });
  const sealed = createServer({ cert: certificate.certificate, key: certificate.key }, (socket) => {
    const inner = connect(peer.port, '127.0.0.1');
    for (const one of [socket, inner]) one.on('error', () => {});
    socket.pipe(inner).pipe(socket);
  });
  await new Promise<void>((done) => sealed.listen(0, '127.0.0.1', done));
  t.after(async () => {
    await peer.close();
    sealed.close();
  });
  const { port } = sealed.address() as { port: number };
  return Object.assign(peer, { server: { host: 'smtp.provider.test', port, login: 'taro' } });
}

async function openWorld(
  t: TestContext,
  server: Partial<OutsideServer>,
  more: { copy?: boolean; secret?: string; durable?: boolean } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'sending-'));
  const clock = new FalseClock();
  let logged = '';
  const note = (name: string, facts?: unknown, trouble?: unknown): void =>
    void (logged += `${name} ${JSON.stringify(facts)} ${trouble instanceof Error ? `${trouble.stack} ${String(trouble.cause)}` : ''}\n`);
  const log: Log = { debug: note, info: note, warn: note, error: note, with: () => log } as unknown as Log;
  const store: MailStore = more.durable
    ? await openEmbeddedStore({ dir: folder, shards: 1, clock, chance, log, meter: silentMeter, stopped: () => {} })
    : openMemoryStore({ clock, chance });
  const directory = more.durable ? await openDirectory({ dir: folder, clock, log }) : openMemoryDirectory();
  const vault = openVault({ path: `${folder}.key`, sealed: () => directory.outsideAccounts().map((row) => row.secret) });
  await directory.putDomain({ name: 'here.test', catchAll: null, subaddress: '+' });
  const person = (name: string) => ({
    address: `${name}@here.test`,
    name,
    passwordHash: '',
    scram: {},
    quota: null,
    createdAt: 0,
    closedAt: null,
  });
  const [hanako, taro] = [await directory.addAccount(person('hanako')), await directory.addAccount(person('taro'))];
  for (const { id } of [hanako, taro]) await store.createAccount(id, firstMailboxes);
  const accounts = openOutsideAccounts({ directory, store, vault, clock, log, firstMailboxes, restMs });
  const secret = more.secret ?? password;
  const row = outsideRow(hanako.id, second.people[1]!.address, server, {
    sentCopy: more.copy === false ? 'provider' : 'here',
  });
  const outside = await accounts.add({ ...row, secret: { kind: 'password', receive: 'not this one', send: secret } });
  const addresses = openAddressBook(directory);
  const recipients = openRecipientLists({ addresses, directory, store, clock, queueLifetime: 120 * hour });
  const submission = openSubmission({
    store,
    addresses,
    recipients,
    hostName: 'mail.here.test',
    clock,
    chance,
    log,
    recipientsPerHour: 1000,
  });
  const connector = openOutsideConnector({
    guard: { addressesOf: async () => ['127.0.0.1'] },
    authorities: [authority.root.certificate, readFileSync(second.ca, 'latin1')],
  });
  const web = { fetch: () => assert.fail('no web here') };
  const keeper = openSignInKeeper({ directory, vault, web, client: () => null, clock, chance, log });
  const openLane = openLanes({
    router: { route: async (domain) => assert.fail(`a letter of an account at another provider was routed to ${domain}`) },
    provider: openProviderRoads({ directory, connector, keeper, readFailure: readSmtpFailure, clock, log }),
    connector: openLineConnector({ localAddress: null }),
    openClient: openSmtpClient,
    hostName: 'mail.here.test',
    chance,
    clock,
    log,
    meter: silentMeter,
  });
  const reporter = openReporter({
    hostName: 'mail.here.test',
    domain: 'here.test',
    recipients,
    clock,
    chance,
    inboxOf: (id) => inboxOf(id, directory),
    explain: (cause, language) => `[${cause} ${language}]`,
  });
  const runner = new QueueRunner({ store, openLane, reporter, clock, chance, log, meter: silentMeter });
  runner.start();
  const end = async (): Promise<void> => {
    await runner.stop();
    await store.close();
    await directory.close();
  };
  t.after(async () => {
    await end().catch(() => {});
    rmSync(folder, { recursive: true, force: true });
    rmSync(`${folder}.key`, { force: true });
  });
  const mail = async (account: number, role: string): Promise<string[]> => {
    const box = (await store.mailboxes(account)).find((one) => one.role === role)!;
    const state = await store.openMailbox(account, box.id);
    const letters = await store.readLetters(account, state.messages.subarray(0, state.count));
    state.release();
    return letters.map((bytes) => utf8FromBytes(bytes!));
  };
  return {
    clock,
    store,
    directory,
    accounts,
    runner,
    hanako,
    taro,
    outside,
    folder,
    end,
    logged: () => logged,
    inbox: () => mail(outside.id, 'inbox'),
    sent: () => mail(outside.id, 'sent'),
    mail,
    waiting: () => store.queue.list({ limit: 100 }),
    pass: (ms: number) => clock.advance(ms, () => runner.idle()),
    health: () => directory.outsideAccount(outside.id)!.health,
    /** What the submission port answers to the sender, to each recipient and to the letter: the first that is no yes, or that to the letter. */
    async submit(account: number, from: string, to: readonly string[], text?: string): Promise<string> {
      const principal = { account, login: 'hanako@here.test', name: 'Hanako', quota: null, appPassword: null };
      const client = {
        connection: 'c',
        remote: { address: '192.0.2.7', port: 1 },
        helloName: 'app',
        protocol: 'ESMTP',
        tls: null,
        principal,
      } as const;
      const parameters = { size: null, body: null, smtpUtf8: false, envelopeId: null, returns: null } as never;
      const path = (address: string) => ({ address }) as never;
      const letter = await submission.begin(client, path(from), parameters);
      if (!('accept' in letter)) return `${letter.code} ${letter.text}`;
      for (const address of to) {
        const no = await letter.checkRecipient(path(address), { notify: [], originalRecipient: null });
        if (no !== null) return `${no.code} ${no.text}`;
      }
      const spool = store.spool(10_000_000);
      const octets = bytesFromUtf8(text ?? `From: <${from}>\r\nSubject: hello\r\n\r\nbody\r\n`);
      await spool.add(octets);
      const reply = [await letter.accept({ spool, length: octets.length, binary: false })].flat()[0]!;
      await runner.idle();
      return `${reply.code} ${reply.text}`;
    },
  };
}

/** The second server's submission port, as an account at a provider. */
function atSecond(): Partial<OutsideServer> {
  return { host: 'localhost', port: second.ports.submissions, login: second.people[1]!.address };
}

test('a letter goes to all through the provider, people here included, with the login of the account; a copy lies in Sent', async (t) => {
  const [friend, self] = second.people;
  const world = await openWorld(t, atSecond(), { secret: self!.password });
  assert.match(await world.submit(world.hanako.id, self!.address, [friend!.address]), /^250 /);
  assert.deepEqual([await world.waiting(), await world.inbox()], [[], []]);
  const [copy] = await world.sent();
  assert.match(copy!, /Subject: hello/);
  assert.equal(world.health().state, 'good');
  assert.ok(world.health().lastSentAt !== null);
  // A person of ours is written to by way of the provider too: it relays to nobody for us here, which is its own matter.
  const letters: string[] = (await world.store.trace.find(self!.address, 10)).map(String);
  const events = await world.store.trace.ofLetter(letters[0]!);
  assert.deepEqual(
    events.map(({ station, result }) => `${station} ${result}`),
    ['submission done', 'queue done', 'routing done', 'delivery done'],
  );
  assert.equal(events[0]!.facts['via'], self!.address);
  assert.deepEqual(events[2]!.facts, { via: self!.address, peer: 'localhost' });
  // Nothing is said of a DNS that was not asked.
  for (const [language, words] of [
    ['en', 'It goes through the provider of'],
    ['ja', 'の会社（localhost）を通して送ります'],
  ] as const)
    assert.ok(describeJourney(events, language).join('\n').includes(words));
  assert.match(String(events[3]!.facts['tls']), /^TLSv1\.[23]/);
  assert.equal(events[3]!.facts['tlsVerified'], 'yes');
  assert.deepEqual(await world.mail(world.taro.id, 'inbox'), []);
});

test('who may send as whom: the owner and the account itself, only the proven address, only with the same address in From', async (t) => {
  const { server } = await scripted(t, {});
  const world = await openWorld(t, server);
  const { address } = world.outside;
  const submit = (account: number, from: string, author = from) =>
    world.submit(account, from, ['x@far.test'], `From: <${author}>\r\n\r\nbody\r\n`);
  assert.match(await submit(world.hanako.id, address), /^250/);
  assert.match(await submit(world.outside.id, address.toUpperCase()), /^250/);
  assert.match(await submit(world.outside.id, '', address), /^250/);
  assert.match(await submit(world.taro.id, address), /^553/);
  assert.match(await submit(world.outside.id, 'hanako@here.test'), /^553/);
  assert.match(await submit(world.hanako.id, address, 'hanako@here.test'), /^550 .*MAIL FROM/);
  assert.match(await submit(world.hanako.id, 'hanako@here.test', address), /^550 .*MAIL FROM/);
  await world.accounts.change(world.outside.id, { provenAt: null });
  assert.match(await submit(world.hanako.id, address), /^553/);
  assert.match(await submit(world.outside.id, address), /^553/);
});

test('a recipient in our own domain is a recipient of the provider, not placed here', async (t) => {
  const peer = await scripted(t, {});
  const world = await openWorld(t, peer.server, { copy: false });
  assert.match(await world.submit(world.hanako.id, world.outside.address, ['taro@here.test', 'x@far.test', 'nobody@here.test']), /^250/);
  assert.deepEqual(peer.letters.flatMap(({ to }) => to).toSorted(), ['nobody@here.test', 'taro@here.test', 'x@far.test']);
  assert.deepEqual([await world.mail(world.taro.id, 'inbox'), await world.sent()], [[], []]);
});

test('a letter that was taken mends what sending had, and not what receiving has', async (t) => {
  const world = await openWorld(t, atSecond(), { secret: second.people[1]!.password });
  const send = () => world.submit(world.hanako.id, second.people[1]!.address, [second.people[0]!.address]);
  const told = { words: 'no', at: 5, lastReceivedAt: null, lastSentAt: null } as const;
  for (const [cause, after] of [
    ['wrong-password', 'bad'],
    ['sending-quota', 'good'],
  ] as const) {
    world.directory.noteOutsideHealth(world.outside.id, { ...told, state: 'bad', cause });
    assert.match(await send(), /^250/);
    assert.equal(world.health().state, after, cause);
    assert.notEqual(world.health().lastSentAt, null);
  }
});

test('a wrong password: told at once, tried no more with the same one, and sent when it is mended', async (t) => {
  const self = second.people[1]!;
  const world = await openWorld(t, atSecond());
  await world.submit(world.hanako.id, self.address, [second.people[0]!.address]);
  const [report] = await world.inbox();
  assert.match(report!, /Action: delayed/);
  assert.match(decoded(report!), /\[wrong-password ja\][\s\S]*\[wrong-password en\]/);
  assert.deepEqual([world.health().state, world.health().cause], ['bad', 'wrong-password']);
  const tries = () => second.log().split('login-refused').length - 1;
  const before = tries();
  assert.equal(before, 1);
  await world.pass(11 * hour);
  assert.equal(tries(), before);
  assert.equal((await world.waiting()).length, 1);
  assert.equal((await world.inbox()).length, 1, 'told once');
  await world.accounts.setSecret(world.outside.id, { kind: 'password', receive: '', send: self.password });
  await world.pass(3 * hour);
  assert.deepEqual(await world.waiting(), []);
  assert.equal(world.health().state, 'good');
});

// What the provider says, what becomes of the letter, and which cause the account shows.
const rows: [name: string, script: PeerScript, outcome: string, cause: string | null][] = [
  [
    'it takes no letter from this address',
    { mail: '553 5.7.1 Sender address rejected: not owned by user taro' },
    'never',
    'sender-not-allowed',
  ],
  [
    'the quota of the day is used up, with a code that says for ever',
    { end: '550 5.4.5 Daily user sending limit exceeded' },
    'later',
    'sending-quota',
  ],
  ['it closes its doors to us', { greeting: '554 5.7.1 your network is blocked' }, 'later', 'turned-away'],
  ['the login is down', { auth: '454 4.7.0 Temporary authentication failure' }, 'later', 'login-unavailable'],
  ['an app password is wanted', { auth: '534 5.7.9 Application-specific password required' }, 'later told', 'app-password-needed'],
  ['it offers no login', { ehlo: '250-peer.test\r\n250 ENHANCEDSTATUSCODES' }, 'later', 'no-common-mechanism'],
  ['it knows no such recipient', { rcpt: '550 5.1.1 no such user' }, 'never', null],
  ['the letter looks like spam to it', { end: '554 5.7.1 spam' }, 'never', null],
  ['it is busy', { mail: '451 4.3.0 try again' }, 'later', null],
];

for (const [name, script, outcome, cause] of rows)
  test(`${name}: ${outcome}`, async (t) => {
    const peer = await scripted(t, script);
    const world = await openWorld(t, peer.server);
    await world.submit(world.hanako.id, world.outside.address, ['x@far.test']);
    const reports = await world.inbox();
    const waiting = await world.waiting();
    if (outcome === 'never') {
      assert.deepEqual([waiting.length, reports.length], [0, 1]);
      assert.match(reports[0]!, /Action: failed/);
      assert.match(decoded(reports[0]!), /お手紙を送ることができませんでした[\s\S]*It was not sent in any other way/);
    } else assert.deepEqual([waiting.length, reports.length], [1, outcome === 'later told' ? 1 : 0]);
    if (cause === null) assert.equal(world.health().state, 'good');
    else assert.equal(world.health().cause, cause);
    assert.equal(peer.letters.length, 0);
  });

test('a letter larger than the provider takes comes back, without being sent', async (t) => {
  const peer = await scripted(t, {});
  const world = await openWorld(t, peer.server);
  await world.submit(
    world.hanako.id,
    world.outside.address,
    ['x@far.test'],
    `From: <${world.outside.address}>\r\n\r\n${'x'.repeat(200_000)}\r\n`,
  );
  assert.match((await world.inbox())[0]!, /Status: 5\.3\.4/);
  assert.ok(!peer.heard.some((line) => line.startsWith('MAIL')));
});

test('no TLS that can be believed: the letter waits, and neither it nor the password is told to anybody', async (t) => {
  const peer = await scripted(t, {});
  const world = await openWorld(t, { ...peer.server, host: 'other.provider.test' });
  await world.submit(world.hanako.id, world.outside.address, ['x@far.test']);
  assert.equal((await world.waiting()).length, 1);
  assert.equal(world.health().cause, 'certificate-other-name');
  assert.deepEqual(peer.heard, []);
});

test('an account that was taken away sends nothing more; its waiting letters go nowhere, and its owner hears of it', async (t) => {
  const peer = await scripted(t, { mail: '451 4.3.0 try again' });
  const world = await openWorld(t, peer.server);
  await world.submit(world.hanako.id, world.outside.address, ['x@far.test']);
  await world.accounts.close(world.outside.id);
  peer.script = {};
  await world.pass(hour);
  assert.deepEqual([await world.waiting(), peer.letters], [[], []]);
  assert.deepEqual(await world.inbox(), [], 'nobody reads there');
  assert.match(decoded((await world.mail(world.hanako.id, 'inbox'))[0]!), /taken away/);
});

test('the password is nowhere: not in the log, not in the folder of data, not in a report', async (t) => {
  const peer = await scripted(t, { auth: `535 5.7.8 wrong: ${password}`, greeting: '220 hello' });
  const world = await openWorld(t, peer.server, { durable: true });
  await world.submit(world.hanako.id, world.outside.address, ['x@far.test']);
  assert.ok(
    peer.heard.some((line) => line.includes(Buffer.from(`\0taro\0${password}`).toString('base64'))),
    'it was told to the provider',
  );
  await world.end();
  const needles = [password, Buffer.from(password).toString('base64').slice(0, 40), Buffer.from(`\0taro\0${password}`).toString('base64')];
  const places: [string, string][] = [['log', world.logged()]];
  for (const file of readdirSync(world.folder, { recursive: true, withFileTypes: true }))
    if (file.isFile()) places.push([file.name, readFileSync(join(file.parentPath, file.name), 'latin1')]);
  assert.ok(places.length > 3);
  for (const [place, text] of places) for (const needle of needles) assert.ok(!text.includes(needle), `${place} holds the password`);
});

/** The parts of a report in base64 as text. */
function decoded(letter: string): string {
  return letter
    .split(/\r\n--/)
    .map((part) => (/base64/i.test(part) ? Buffer.from(part.slice(part.indexOf('\r\n\r\n')), 'base64').toString() : part))
    .join('\n');
}
