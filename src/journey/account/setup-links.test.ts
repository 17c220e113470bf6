// One-time links on a directory in memory, with a clock that is turned by hand.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Clock } from '../../base/clock.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { Refusal, type RefusalCode } from '../../base/trouble.ts';
import { openMemoryDirectory } from '../../store/memory/directory.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import { openPeople } from './people.ts';
import { openSetupLinks } from './setup-links.ts';

const dayMs = 86_400_000;
const phone = { device: 'iphone', receive: 'imap', name: 'iPhone' } as const;

async function open() {
  let time = Date.UTC(2026, 10, 27);
  let seed = 1;
  const clock: Clock = { now: () => time, monotonic: () => time, after: () => () => {} };
  const chance = {
    bytes: (length: number) => new Uint8Array(length).map(() => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) >>> 16),
    fraction: () => 0.5,
  };
  const logged: string[] = [];
  const note: Log['info'] = (event, fields) => void logged.push(`${event} ${JSON.stringify(fields)}`);
  const log: Log = { ...silentLog, info: note };
  const directory = openMemoryDirectory();
  const hasher = { decoy: '', hash: async (password: string) => `hash ${password}`, verify: async () => false };
  const parts = { directory, clock, chance, log };
  const people = openPeople({ ...parts, store: openMemoryStore({ clock, chance }), hasher });
  await people.putDomain('example.test');
  await people.add({ address: 'hanako@example.test', name: 'Hanako', password: 'a long password' });
  const links = openSetupLinks({ ...parts, people });
  return { links, people, directory, logged, pass: (days: number) => void (time += days * dayMs) };
}

async function refuses(code: RefusalCode, run: () => Promise<unknown>): Promise<void> {
  await assert.rejects(run, (trouble) => trouble instanceof Refusal && trouble.code === code);
}

suite('set-up links', () => {
  test('looking changes nothing; the one use makes a key for receiving and sending, open to its browser alone', async () => {
    const { links, people, logged } = await open();
    const { token } = await links.make('hanako', null, 3);
    assert.match(token, /^[A-Za-z0-9_-]{22}$/);
    for (let i = 0; i < 3; i++) assert.equal(links.find(token, null).kind, 'fresh');
    assert.equal(links.describe(token), null);
    const { browser, secret, key } = await links.use(token, phone);
    assert.deepEqual([key.name, key.protocols], ['iPhone', ['imap', 'smtp']]);
    assert.equal(links.find(token, null).kind, 'foreign');
    assert.equal(links.find(token, 'a'.repeat(22)).kind, 'foreign');
    const own = links.find(token, browser);
    assert.ok(own.kind === 'own' && own.key?.id === key.id && own.link.used.choice === 'iphone imap');
    assert.equal(links.describe(token)?.choice, 'iphone imap');
    await refuses('in-use', () => links.use(token, phone));
    assert.equal(people.appPasswords('hanako').length, 1);
    // Neither token nor key stand in what is kept or logged.
    for (const text of [...logged, JSON.stringify(people.appPasswords('hanako'))])
      for (const hidden of [token, secret, secret.replaceAll('-', ''), browser]) assert.ok(!text.includes(hidden), text);
  });

  test('of two that use it at once one gets a key', async () => {
    const { links, people } = await open();
    const { token } = await links.make('hanako', null, 3);
    const both = await Promise.allSettled([links.use(token, phone), links.use(token, phone)]);
    assert.deepEqual(both.map((one) => one.status).toSorted(), ['fulfilled', 'rejected']);
    assert.equal(people.appPasswords('hanako').length, 1);
  });

  test('after its days it is too old, used or not; an unknown one is unknown', async () => {
    const { links, pass } = await open();
    const [one, other] = [await links.make('hanako', null, 1), await links.make('hanako', null, 2)];
    const { browser } = await links.use(other.token, phone);
    pass(1);
    assert.deepEqual([links.find(one.token, null).kind, links.find(other.token, browser).kind], ['expired', 'own']);
    await refuses('expired', () => links.use(one.token, phone));
    pass(1);
    assert.equal(links.find(other.token, browser).kind, 'expired');
    assert.equal(links.describe(other.token), null);
    for (const token of ['', 'x', 'x'.repeat(22), 'x'.repeat(5000)]) assert.equal(links.find(token, null).kind, 'unknown');
  });

  test('the key can be taken back, by its browser only', async () => {
    const { links, people } = await open();
    const { token } = await links.make('hanako', null, 3);
    const { browser } = await links.use(token, { ...phone, receive: 'pop3' });
    await refuses('nonexistent', () => links.takeBack(token, 'b'.repeat(22)));
    assert.deepEqual(people.appPasswords('hanako')[0]!.protocols, ['pop3', 'smtp']);
    await links.takeBack(token, browser);
    await links.takeBack(token, browser);
    assert.deepEqual(people.appPasswords('hanako'), []);
    const found = links.find(token, browser);
    assert.ok(found.kind === 'own' && found.key === null);
    assert.equal(links.describe(token), null);
  });

  test('names: what the link says, else what the page says, and a number where it is taken', async () => {
    const { links } = await open();
    const named = await links.make('hanako', ' 花子の電話 ', 3);
    assert.equal((await links.use(named.token, phone)).key.name, '花子の電話');
    const names = [];
    for (let i = 0; i < 3; i++) names.push((await links.use((await links.make('hanako', null, 3)).token, phone)).key.name);
    assert.deepEqual(names, ['iPhone', 'iPhone 2', 'iPhone 3']);
  });

  test('devices that are set up at once have different names; a link that brings no key is not used up', async () => {
    const { links, people } = await open();
    const tokens = [];
    for (let i = 0; i < 3; i++) tokens.push((await links.make('hanako', null, 3)).token);
    await Promise.all(tokens.map((token) => links.use(token, phone)));
    assert.deepEqual(
      people.appPasswords('hanako').map((row) => row.name),
      ['iPhone', 'iPhone 2', 'iPhone 3'],
    );
    for (let i = 0; people.appPasswords('hanako').length < 50; i++) await people.addAppPassword('hanako', `app ${i}`);
    const { token } = await links.make('hanako', null, 3);
    await refuses('limit', () => links.use(token, phone));
    assert.equal(links.find(token, null).kind, 'fresh');
    await people.removeAppPassword('hanako', 'app 0');
    assert.equal((await links.use(token, phone)).key.name, 'iPhone 4');
    await refuses('in-use', () => links.use(token, phone));
  });

  test('bounds: days, names, links that wait, and people who are not here', async () => {
    const { links, people, directory, pass } = await open();
    for (const days of [0, 31, 1.5]) await refuses('cannot', () => links.make('hanako', null, days));
    for (const name of ['', 'a\nb', 'x'.repeat(61)]) await refuses('cannot', () => links.make('hanako', name, 3));
    await refuses('nonexistent', () => links.make('nobody', null, 3));
    for (let i = 0; i < 20; i++) await links.make('hanako', null, 1);
    await refuses('limit', () => links.make('hanako', null, 1));
    pass(1);
    const { token, person } = await links.make('hanako', null, 1);
    assert.equal(directory.setupLinks(person.id).length, 1);
    await people.close('hanako');
    assert.equal(links.find(token, null).kind, 'unknown');
    await refuses('cannot', () => links.make('hanako', null, 3));
  });
});
