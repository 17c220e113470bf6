// People and how they sign in: on a directory and a store in memory, with a clock that is turned by hand and a hasher that counts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chance, Clock } from '../../base/clock.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { silentMeter } from '../../base/meter.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { LoginContext, Principal } from '../../protocol/sasl/authenticator.ts';
import { scramClient } from '../../protocol/sasl/client.ts';
import { beginExchange } from '../../protocol/sasl/mechanism.ts';
import { makeScramKeys } from '../../protocol/sasl/scram.ts';
import type { LoginProtocol } from '../../store/directory-contract.ts';
import { openMemoryDirectory } from '../../store/memory/directory.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import { openAuthenticator } from './authenticate.ts';
import type { PasswordHasher } from './hasher-contract.ts';
import { checkLocalPart } from './local-part.ts';
import { firstMailboxes, openPeople, restMs } from './people.ts';
import { makeAppPassword, makePassword, readAppPassword } from './secrets.ts';
import { networkOf } from '../../base/address.ts';

class TestClock implements Clock {
  time = Date.UTC(2026, 10, 23);
  now(): number {
    return this.time;
  }
  monotonic(): number {
    return this.time;
  }
  after(): () => void {
    return () => {};
  }
}

function countingChance(): Chance {
  let next = 1;
  return {
    bytes: (length) => new Uint8Array(length).map(() => (next = (Math.imul(next, 1_103_515_245) + 12_345) >>> 0) >>> 16),
    fraction: () => 0.5,
  };
}

/** `hash of <password>`; keeps what was asked. */
class TestHasher implements PasswordHasher {
  readonly decoy = 'hash of \0';
  readonly verified: { readonly hash: string; readonly ahead: boolean }[] = [];
  /** While it is set, answers wait for it. */
  gate: Promise<void> | null = null;
  async hash(password: string): Promise<string> {
    return `hash of ${password}`;
  }
  async verify(password: string, hash: string, ahead: boolean): Promise<boolean> {
    this.verified.push({ hash, ahead });
    await this.gate;
    return hash === `hash of ${password}`;
  }
}

async function openHouse(log: Log = silentLog) {
  const clock = new TestClock();
  const chance = countingChance();
  const directory = openMemoryDirectory();
  const store = openMemoryStore({ clock, chance });
  const hasher = new TestHasher();
  const people = openPeople({ directory, store, hasher, clock, chance, log });
  const authenticator = openAuthenticator({ directory, hasher, clock, chance, log, meter: silentMeter });
  await people.putDomain('tayori.test');
  await people.add({ address: 'hanako@tayori.test', name: '花子', password: 'sakura saku' });
  const signIn = (login: string, password: string, from = '192.0.2.1', protocol: LoginProtocol = 'imap'): Promise<Principal> =>
    authenticator.checkPassword(login, password, context(from, protocol));
  return { clock, chance, directory, store, hasher, people, authenticator, signIn };
}

function context(remoteAddress = '192.0.2.1', protocol: LoginProtocol = 'imap'): LoginContext {
  return { protocol, remoteAddress, tls: true, connection: 'c1' };
}

function refused(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Refusal && error.code === code;
}

// --- names ----------------------------------------------------------------------------------------------------------

test('people sign in by address in any case, by name alone where there is one domain, and by alias', async () => {
  const { people, signIn } = await openHouse();
  await people.putAlias('hana@tayori.test', ['hanako@tayori.test']);
  await people.putAlias('both@tayori.test', ['hanako@tayori.test', 'x@elsewhere.test']);
  for (const login of ['hanako@tayori.test', 'Hanako@TAYORI.test', ' hanako@tayori.test ', 'hanako', 'HANA', 'hana@tayori.test', 'ｈanako'])
    assert.equal((await signIn(login, 'sakura saku')).login, 'hanako@tayori.test', login);
  await assert.rejects(signIn('both', 'sakura saku'), refused('authentication-failed'));
  await people.putDomain('second.test');
  await assert.rejects(signIn('hanako', 'sakura saku'), refused('authentication-failed'));
});

test('passwords are prepared: width and composition do not matter, letters do', async () => {
  const { people, signIn } = await openHouse();
  await people.setPassword('hanako', 'か\u3099くせい２０２６');
  assert.equal((await signIn('hanako', 'がくせい2026')).account, 1);
  await assert.rejects(signIn('hanako', 'かくせい2026'), refused('authentication-failed'));
});

async function openHouseWithOutside() {
  const house = await openHouse();
  const { directory, people } = house;
  await people.add({ address: 'taro@tayori.test', name: '', password: 'momiji aki' });
  const { id: owner } = people.get('hanako');
  const server = { host: 'mail.far.test', port: 993, security: 'tls', login: 'x', auth: 'password', exceptions: [] } as const;
  const row = await directory.addOutsideAccount(
    {
      owner,
      address: 'Hana.Far@far.test',
      name: '花子 far',
      provider: null,
      receive: { ...server, service: 'imap' },
      send: { ...server, service: 'smtp' },
      leaving: { keep: 'forever' },
      sentCopy: 'provider',
      provenance: {},
      provenAt: null,
      createdAt: 0,
      paused: false,
      closedAt: null,
      health: { state: 'good', cause: null, words: '', at: 0, lastReceivedAt: null, lastSentAt: null },
    },
    () => new Uint8Array(1),
  );
  return { ...house, row };
}

test('OWNER/ADDRESS is the account at another provider, by the password or an app password of its owner', async () => {
  const { signIn, people, row, directory } = await openHouseWithOutside();
  const { secret } = await people.addAppPassword('hanako', 'phone', ['imap']);
  const wanted = { account: row.id, login: 'hanako@tayori.test/Hana.Far@far.test', name: '花子 far', quota: null };
  for (const login of ['hanako@tayori.test/hana.far@far.test', ' HANAKO/Hana.Far@FAR.test', 'ｈanako／hana.far＠far.test']) {
    assert.deepEqual(await signIn(login, 'sakura saku'), { ...wanted, appPassword: null }, login);
    assert.deepEqual(await signIn(login, secret), { ...wanted, appPassword: 'phone' }, login);
  }
  await assert.rejects(signIn('hanako/hana.far@far.test', secret, '192.0.2.1', 'smtp'), refused('no-perm'));
  await assert.rejects(signIn('taro/hana.far@far.test', 'momiji aki'), refused('authentication-failed'));
  await people.close('hanako');
  await assert.rejects(signIn('hanako/hana.far@far.test', 'sakura saku'), refused('authentication-failed'));
  await people.reopen('hanako');
  await directory.updateOutsideAccount(row.id, { closedAt: 1 });
  await assert.rejects(signIn('hanako/hana.far@far.test', 'sakura saku'), refused('authentication-failed'));
});

test('a person whose own name holds a slash is that person', async () => {
  const { signIn, directory } = await openHouseWithOutside();
  await directory.addAccount({ ...directory.accounts()[0]!, address: 'hanako/x@tayori.test' });
  assert.equal((await signIn('hanako/x@tayori.test', 'sakura saku')).login, 'hanako/x@tayori.test');
});

test('who asks for an account at another provider learns nothing: the same words, the same work, the same waiting', async () => {
  const { signIn, hasher, authenticator } = await openHouseWithOutside();
  for (const login of ['hanako/hana.far@far.test', 'hanako/nobody@far.test', 'nobody/hana.far@far.test', 'hanako/not an address']) {
    const before = hasher.verified.length;
    await assert.rejects(signIn(login, `wrong for ${login}`, `198.51.100.${before}`), refused('authentication-failed'), login);
    assert.equal(hasher.verified.length, before + 1, login);
  }
  // The right password of the owner does not tell whether there is such an account either.
  await assert.rejects(signIn('hanako/nobody@far.test', 'sakura saku'), refused('authentication-failed'));
  const salt = async (login: string): Promise<unknown> => (await authenticator.scramKeys(login, 'SHA-256', context())).salt;
  assert.deepEqual(await salt('hanako/hana.far@far.test'), await salt('hanako/nobody@far.test'));
  assert.deepEqual(await salt('nobody/hana.far@far.test'), await salt('nobody'));
});

test('guesses at one password by way of many accounts are counted together', async () => {
  const { signIn } = await openHouseWithOutside();
  for (let i = 0; i < 4; i++) await assert.rejects(signIn(`hanako/x${i}@far.test`, `guess ${i}`), Refusal);
  await assert.rejects(signIn('hanako/x9@far.test', 'guess 9'), refused('login-delayed'));
  await assert.rejects(signIn('hanako', 'guess 10'), refused('login-delayed'));
});

// --- the same for everybody ---------------------------------------------------------------------------------------

test('unknown, closed and wrong are the same words and the same work', async () => {
  const { people, hasher, signIn } = await openHouse();
  await people.add({ address: 'taro@tayori.test', name: 'Taro', password: 'umi to yama' });
  await people.close('taro@tayori.test');
  const words = new Set<string>();
  for (const [login, password] of [
    ['hanako@tayori.test', 'wrong'],
    ['nobody@tayori.test', 'wrong'],
    ['nobody@elsewhere.test', 'wrong'],
    ['taro@tayori.test', 'umi to yama'],
    ['hanako@tayori.test', 'bell\u0007'],
    ['hanako@tayori.test', ''],
    ['hanako@tayori.test', 'x'.repeat(5000)],
    ['../../etc/passwd', 'x'],
    ['x'.repeat(10_000), 'x'],
    ['', 'x'],
  ] as const) {
    const before = hasher.verified.length;
    await signIn(login, password, `198.51.100.${words.size}`).then(
      () => assert.fail('somebody got in'),
      (trouble: Error) => words.add(`${trouble.name} ${(trouble as Refusal).code} ${trouble.message}`),
    );
    assert.equal(hasher.verified.length, before + 1, login.slice(0, 20));
  }
  assert.deepEqual([...words], ['Refusal authentication-failed login name or password is wrong']);
});

test('SCRAM keys: real ones for people, stable made-up ones for the rest', async () => {
  const { authenticator, directory, hasher, clock, chance, people } = await openHouse();
  const keys = await authenticator.scramKeys('hanako', 'SHA-256', context());
  const { others: _, ...own } = keys;
  assert.deepEqual(own, await makeScramKeys('SHA-256', 'sakura saku', keys.salt, keys.iterations));
  assert.ok(keys.iterations >= 4096);
  const first = await authenticator.scramKeys('nobody@tayori.test', 'SHA-1', context());
  const again = openAuthenticator({ directory, hasher, clock, chance, log: silentLog, meter: silentMeter });
  assert.deepEqual(await again.scramKeys('NOBODY', 'SHA-1', context()), first);
  assert.notDeepEqual((await again.scramKeys('somebody', 'SHA-1', context())).salt, first.salt);
  assert.deepEqual([first.salt.length, first.storedKey.length, first.iterations], [16, 20, keys.iterations]);
  await assert.rejects(authenticator.scramPassed('nobody', context()), refused('authentication-failed'));
  assert.equal((await authenticator.scramPassed('hanako', context())).account, 1);
  await people.close('hanako');
  assert.notDeepEqual((await authenticator.scramKeys('hanako', 'SHA-256', context())).salt, keys.salt);
  await assert.rejects(authenticator.scramPassed('hanako', context()), refused('authentication-failed'));
});

// --- memory -------------------------------------------------------------------------------------------------------

test('a right password is hashed once in five minutes, and again when it changes', async () => {
  const { people, hasher, clock, signIn } = await openHouse();
  for (let i = 0; i < 5; i++) await signIn('hanako', 'sakura saku');
  assert.equal(hasher.verified.length, 1);
  clock.time += 5 * 60_000;
  await signIn('hanako', 'sakura saku');
  assert.equal(hasher.verified.length, 2);
  await people.setPassword('hanako', 'momo no hana');
  await assert.rejects(signIn('hanako', 'sakura saku'), refused('authentication-failed'));
  await signIn('hanako', 'momo no hana');
  await people.close('hanako');
  await assert.rejects(signIn('hanako', 'momo no hana'), refused('authentication-failed'));
  await people.reopen('hanako');
  await signIn('hanako', 'momo no hana');
});

test('many connections of one app at once cost one hash', async () => {
  const { hasher, signIn } = await openHouse();
  await Promise.all(Array.from({ length: 20 }, () => signIn('hanako', 'sakura saku')));
  assert.equal(hasher.verified.length, 1);
});

test('a password that changes while it is checked is not let in', async () => {
  const { people, hasher, signIn } = await openHouse();
  const gate = Promise.withResolvers<void>();
  hasher.gate = gate.promise;
  const answer = signIn('hanako', 'sakura saku');
  await people.setPassword('hanako', 'momo no hana');
  gate.resolve();
  await assert.rejects(answer, refused('authentication-failed'));
});

test('a hasher that is busy is passed on and counts for nobody', async () => {
  const { hasher, signIn } = await openHouse();
  hasher.verify = () => Promise.reject(new Unavailable('busy', 'too many sign in at once'));
  for (let i = 0; i < 20; i++) await assert.rejects(signIn('hanako', 'sakura saku'), Unavailable);
});

// --- guessing -----------------------------------------------------------------------------------------------------

test('guessing from one network waits longer and longer, up to a bound, and is forgotten', async () => {
  const { clock, hasher, signIn } = await openHouse();
  let heard = 0;
  const begin = clock.time;
  for (; clock.time - begin < 3_600_000; clock.time += 500) {
    const before = hasher.verified.length;
    await assert.rejects(signIn('hanako', `guess ${clock.time}`));
    heard += hasher.verified.length - before;
  }
  assert.ok(heard >= 10 && heard < 30, `${heard} of 7,200 guesses in an hour were heard`);
  await assert.rejects(signIn('hanako', 'sakura saku'), refused('login-delayed'));
  clock.time += 3 * 3_600_000;
  await signIn('hanako', 'sakura saku');
});

test('many guesses begun at once are not all heard', async () => {
  const { hasher, signIn } = await openHouse();
  const tries = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => signIn('hanako', `guess ${i}`)));
  assert.ok(tries.every((end) => end.status === 'rejected'));
  assert.ok(hasher.verified.length <= 5, `${hasher.verified.length} were heard`);
});

test('SCRAM proofs are guesses too: who begins a hundred exchanges hears the same of a right one', async () => {
  const { authenticator } = await openHouse();
  for (let i = 0; i < 10; i++) await authenticator.scramKeys('hanako', 'SHA-256', context());
  const codes = [];
  for (let i = 0; i < 6; i++)
    codes.push(
      await authenticator.scramFailed('hanako', context()).then(
        () => 'heard',
        (refusal: Refusal) => refusal.code,
      ),
    );
  assert.deepEqual(codes, ['heard', 'heard', 'heard', 'heard', 'login-delayed', 'login-delayed']);
  await assert.rejects(authenticator.scramPassed('hanako', context()), refused('login-delayed'));
  await assert.rejects(authenticator.scramKeys('hanako', 'SHA-256', context()), refused('login-delayed'));
  // Elsewhere it is as it was.
  await authenticator.scramPassed('hanako', context('203.0.113.1'));
});

test('an app that was not told of a new password does not lock its owner out', async () => {
  const { clock, signIn } = await openHouse();
  await signIn('hanako', 'sakura saku');
  for (let i = 0; i < 100; i++) {
    await assert.rejects(signIn('hanako', 'the old one'));
    clock.time += 60_000;
  }
  await signIn('hanako', 'sakura saku');
});

test('B-134: a thousand networks guess; the owner gets in at home at once, and elsewhere with the first try', async () => {
  const { clock, hasher, signIn } = await openHouse();
  await signIn('hanako', 'sakura saku', '192.0.2.7');
  clock.time += 6 * 60_000;
  for (let round = 0; round < 3; round++)
    for (let i = 0; i < 1000; i++) {
      await assert.rejects(signIn('hanako', `guess ${round} ${i}`, `198.${18 + (i >> 8)}.${i & 255}.1`));
      clock.time += 10;
    }
  const heard = hasher.verified.length - 1;
  assert.ok(heard < 2200, `${heard} of 3,000 guesses were heard`);
  await signIn('hanako', 'sakura saku', '192.0.2.8');
  assert.equal(hasher.verified.at(-1)!.ahead, true);
  await signIn('hanako', 'sakura saku', '203.0.113.9');
  // A wrong try at home costs seconds at most.
  clock.time += 6 * 60_000;
  for (let i = 0; i < 10; i++) await assert.rejects(signIn('hanako', `slip ${i}`, '192.0.2.7'));
  clock.time += 2000;
  await signIn('hanako', 'sakura saku', '192.0.2.7');
});

test('a network that tries many names is slowed, for strangers to it only', async () => {
  const { people, clock, hasher, signIn } = await openHouse();
  await people.add({ address: 'taro@tayori.test', name: 'Taro', password: 'umi to yama' });
  await signIn('taro', 'umi to yama', '198.51.100.1');
  const before = hasher.verified.length;
  for (let i = 0; i < 500; i++) {
    await assert.rejects(signIn(`name${i}`, 'password1', '198.51.100.2'));
    clock.time += 100;
  }
  assert.ok(hasher.verified.length - before < 40);
  await assert.rejects(signIn('hanako', 'sakura saku', '198.51.100.2'), refused('login-delayed'));
  await signIn('taro', 'umi to yama', '198.51.100.3');
});

for (const [address, network] of [
  ['192.0.2.77', '192.0.2'],
  ['::ffff:192.0.2.77', '192.0.2'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:0DB8:0001:0002::', '2001:db8:1:2'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::1', '0:0:0:0'],
] as const)
  test(`networkOf ${address} is ${network}`, () => assert.equal(networkOf(address), network));

// --- app passwords ------------------------------------------------------------------------------------------------

test('an app password signs in for its protocols only, however it is typed, and its use is noted', async () => {
  const { people, hasher, clock, signIn } = await openHouse();
  const { secret, row } = await people.addAppPassword('hanako', 'phone', ['imap', 'smtp']);
  assert.match(secret, /^[a-z]{4}(-[a-z]{4}){6}$/);
  assert.ok(!JSON.stringify(row).includes(secret.replaceAll('-', '')));
  for (const typed of [secret, secret.toUpperCase(), secret.replaceAll('-', ''), secret.replaceAll('-', ' ')])
    assert.deepEqual((await signIn('hanako', typed)).appPassword, 'phone', typed);
  assert.equal(hasher.verified.length, 0);
  await assert.rejects(signIn('hanako', secret, '192.0.2.1', 'pop3'), refused('no-perm'));
  const used = people.appPasswords('hanako')[0]!;
  assert.deepEqual([used.lastUsedAt, used.lastUsedFrom], [clock.time, '192.0.2.1']);
  // It is nobody else's.
  await people.add({ address: 'taro@tayori.test', name: 'Taro', password: 'umi to yama' });
  await assert.rejects(signIn('taro', secret), refused('authentication-failed'));
  await people.removeAppPassword('hanako', 'phone');
  await assert.rejects(signIn('hanako', secret), refused('authentication-failed'));
  await assert.rejects(people.removeAppPassword('hanako', 'phone'), refused('nonexistent'));
});

test('an app password signs in by SCRAM too, among others and after the password has changed', async () => {
  const { people, authenticator, chance } = await openHouse();
  const phone = await people.addAppPassword('hanako', 'phone');
  const laptop = await people.addAppPassword('hanako', 'laptop', ['imap']);
  await people.setPassword('hanako', 'momo no hana');
  const signInBy = async (password: string, protocol: LoginProtocol): Promise<Principal> => {
    const parts = { authenticator, context: context('192.0.2.1', protocol), tls: null, plaintextAllowed: true, chance };
    const exchange = beginExchange('SCRAM-SHA-256', parts);
    const client = scramClient('SHA-256', { login: 'hanako', password }, chance);
    let step = await exchange.respond(client.initial()!);
    while (step.kind === 'challenge') step = await exchange.respond(await client.respond(step.data));
    await client.respond(step.finalData!);
    assert.ok(client.complete);
    return step.principal;
  };
  assert.equal((await signInBy('momo no hana', 'pop3')).appPassword, null);
  assert.equal((await signInBy(phone.secret, 'pop3')).appPassword, 'phone');
  assert.equal((await signInBy(laptop.secret, 'imap')).appPassword, 'laptop');
  assert.equal(people.appPasswords('hanako')[1]!.lastUsedFrom, '192.0.2.1');
  await assert.rejects(signInBy(laptop.secret, 'pop3'), refused('authentication-failed'));
  await people.removeAppPassword('hanako', 'phone');
  await assert.rejects(signInBy(phone.secret, 'pop3'), refused('authentication-failed'));
  // Whoever it is, a proof is tried against as many keys.
  const counts = ['hanako', 'nobody'].map(async (login) => (await authenticator.scramKeys(login, 'SHA-1', context())).others?.length);
  assert.deepEqual(await Promise.all(counts), [8, 8]);
});

test('secrets made here: enough letters, all different', () => {
  const chance = countingChance();
  const made = new Set(Array.from({ length: 50 }, () => makeAppPassword(chance)));
  assert.equal(made.size, 50);
  for (const secret of made) assert.equal(readAppPassword(secret)?.length, 28);
  assert.match(makePassword(chance), /^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/);
  for (const other of ['', 'short', 'x'.repeat(27), `${'x'.repeat(27)}1`, 'x'.repeat(57)])
    assert.equal(readAppPassword(other), null, other);
});

// --- people -------------------------------------------------------------------------------------------------------

test('a new person has mailboxes with roles, and keys for every way to sign in', async () => {
  const { people, store } = await openHouse();
  const { account, password } = await people.add({ address: 'Taro@tayori.test', name: ' Taro ', quota: 1000 });
  assert.equal(account.address, 'taro@tayori.test');
  assert.equal(account.name, 'Taro');
  assert.equal(account.quota, 1000);
  assert.deepEqual(Object.keys(account.scram), ['SHA-1', 'SHA-256']);
  assert.equal(account.passwordHash, `hash of ${password}`);
  const mailboxes = await store.mailboxes(account.id);
  assert.deepEqual(
    mailboxes.map(({ name, role }) => `${name} ${role}`).sort(),
    firstMailboxes.map(({ name, role }) => `${name} ${role}`).sort(),
  );
});

test('addresses that are taken, foreign or no addresses are refused', async () => {
  const { people } = await openHouse();
  await people.putAlias('info@tayori.test', ['hanako@tayori.test']);
  const add = (address: string, password = 'long enough') => people.add({ address, name: '', password });
  await assert.rejects(add('hanako@tayori.test'), refused('already-exists'));
  await assert.rejects(add('HANAKO@tayori.test'), refused('already-exists'));
  await assert.rejects(add('info@tayori.test'), refused('already-exists'));
  await assert.rejects(add('taro@elsewhere.test'), refused('nonexistent'));
  await assert.rejects(add('@tayori.test'), refused('cannot'));
  await assert.rejects(add('a b@tayori.test'), refused('cannot'));
  await assert.rejects(add('taro@tayori.test', 'short'), refused('policy'));
  await assert.rejects(add('taro@tayori.test', 'with\0nul!!'), refused('policy'));
  await assert.rejects(people.add({ address: 'taro@tayori.test', name: 'T\r\nBcc: x', password: 'long enough' }), refused('cannot'));
  await assert.rejects(people.putAlias('hanako@tayori.test', ['x@tayori.test']), refused('already-exists'));
  await assert.rejects(people.putAlias('x@elsewhere.test', ['hanako@tayori.test']), refused('nonexistent'));
  await assert.rejects(people.putAlias('x@tayori.test', ['not an address']), refused('cannot'));
  assert.throws(() => people.get('nobody'), refused('nonexistent'));
});

test('a person whose making was cut off half-way is finished by the same command', async () => {
  const { people, store, signIn } = await openHouse();
  const { account } = await people.add({ address: 'taro@tayori.test', name: 'Taro', password: 'umi to yama' });
  await store.removeAccount(account.id);
  const again = await people.add({ address: 'taro@tayori.test', name: 'Taro', password: 'kawa to mori' });
  assert.equal(again.account.id, account.id);
  assert.equal((await store.mailboxes(account.id)).length, firstMailboxes.length);
  await signIn('taro', 'kawa to mori');
  await assert.rejects(people.add({ address: 'taro@tayori.test', name: 'Taro' }), refused('already-exists'));
});

test('a closed account rests for thirty days with its mail and then goes, with all that led to it', async () => {
  const { people, store, clock, directory } = await openHouse();
  const { account } = await people.add({ address: 'taro@tayori.test', name: 'Taro' });
  await people.addAppPassword('taro', 'phone');
  await people.putAlias('sales@tayori.test', ['taro@tayori.test', 'hanako@tayori.test']);
  await people.putAlias('tt@tayori.test', ['taro@tayori.test']);
  await people.close('taro');
  clock.time += restMs - 1;
  assert.deepEqual(await people.removeRested(), []);
  assert.equal((await store.mailboxes(account.id)).length, firstMailboxes.length);
  clock.time += 1;
  assert.deepEqual(await people.removeRested(), ['taro@tayori.test']);
  assert.equal(directory.accountById(account.id), null);
  assert.deepEqual(directory.appPasswords(account.id), []);
  assert.deepEqual(directory.alias('sales@tayori.test')?.targets, ['hanako@tayori.test']);
  assert.equal(directory.alias('tt@tayori.test'), null);
  await people.add({ address: 'taro@tayori.test', name: 'Another' });
});

test('domains: names are checked, and one without people can go', async () => {
  const { people } = await openHouse();
  assert.equal((await people.putDomain('日本.Test', { catchAll: 'hanako@tayori.test' })).name, 'xn--wgv71a.test');
  assert.deepEqual(await people.putDomain('xn--wgv71a.test', { subaddress: null }), {
    name: 'xn--wgv71a.test',
    catchAll: 'hanako@tayori.test',
    subaddress: null,
  });
  await people.removeDomain('日本.test');
  await assert.rejects(people.removeDomain('日本.test'), refused('nonexistent'));
  await assert.rejects(people.removeDomain('tayori.test'), refused('in-use'));
  for (const bad of ['', '.', 'a..b', '-a.test', 'a b', 'x'.repeat(64), `${'abc.'.repeat(64)}test`, 'a/b', '[127.0.0.1]', 'a@b', 'a:25'])
    await assert.rejects(people.putDomain(bad), refused('cannot'), bad);
  await assert.rejects(people.putDomain('a.test', { subaddress: 'x' }), refused('cannot'));
});

for (const [given, name] of [
  ['hanako', 'hanako'],
  ['Hanako.Yamada', 'hanako.yamada'],
  ["o'neil_2-x", "o'neil_2-x"],
  ['花子', '花子'],
  ['はなこ-ハナコ', 'はなこ-ハナコ'],
  ['김철수', '김철수'],
  ['иван', 'иван'],
  ['жук', 'жук'],
  ['müller', 'müller'],
  ['2026', '2026'],
  ['ｔａｒｏ', 'taro'],
] as const)
  test(`checkLocalPart takes ${given}`, () => assert.equal(checkLocalPart(given, '+'), name));

// Reliability B-112 and its kin.
for (const given of [
  ...'аdmin admin. ADMIN admin postmaster Abuse .a a..b a. a+b a%b a!b a|b a/b a@b "a" а рау раураӏ ѕсоре hanаko tarο'.split(' '),
  '',
  'a b',
  'a\u200Bb',
  'a\u202Eb',
  '\u0301a',
  'x'.repeat(65),
  '花'.repeat(22),
])
  test(`checkLocalPart refuses ${JSON.stringify(given.slice(0, 20))}`, () =>
    assert.throws(() => checkLocalPart(given, '+'), refused('cannot')));

test('nothing that is logged holds a secret', async () => {
  const lines: string[] = [];
  const note = (event: string, fields?: object, cause?: unknown): void =>
    void lines.push(`${event} ${JSON.stringify(fields)} ${String(cause)}`);
  const log: Log = { debug: note, info: note, warn: note, error: note, with: () => log };
  const { people, signIn } = await openHouse(log);
  const { secret } = await people.addAppPassword('hanako', 'phone');
  await signIn('hanako', secret);
  await signIn('hanako', 'sakura saku');
  await assert.rejects(signIn('hanako', 'canary-password'));
  await people.setPassword('hanako', 'canary-password 2');
  const all = lines.join('\n');
  for (const word of ['canary', 'sakura', secret, secret.replaceAll('-', '')]) assert.ok(!all.includes(word), word);
  assert.match(all, /login-refused .*wrong password/);
});
