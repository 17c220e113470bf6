import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unavailable } from '../../base/trouble.ts';
import { CauseTrouble } from '../outside/causes.ts';
import { foreignLetter, type ForeignProvider } from './pop3-suite.ts';
import { changed, day, World } from './pop3-world-suite.ts';

const [one, two, three] = ['one', 'two', 'three'].map((name) => foreignLetter(name)) as [string, string, string];

// --- a visit --------------------------------------------------------------------------------------------------------

test('openPop3Collector: takes home what is new, once, and tells', async () => {
  const world = await World.open();
  world.provider.put(one, two);
  await world.visit();
  assert.deepEqual(await world.inbox(), [one, two]);
  await world.visit();
  world.provider.put(three);
  await world.visit();
  assert.deepEqual(await world.inbox(), [one, two, three]);
  assert.equal(world.retrieved(), 3);
  assert.deepEqual(world.told, [{ received: 2 }, { received: 0 }, { received: 0 }, { received: 1 }, { received: 0 }]);
  assert.deepEqual(
    world.progress.map(({ done, of }) => `${done}/${of}`),
    ['0/2', '2/2', '0/1', '1/1'],
  );
  assert.equal(world.provider.letters.length, 3);
  const [letter] = await world.store.trace.find('three@foreign.test', 1);
  const events = await world.store.trace.ofLetter(letter!);
  assert.deepEqual(
    events.map(({ station }) => station),
    ['collection', 'mailbox'],
  );
  assert.equal(events[0]!.facts['peer'], 'pop.foreign.test');
  assert.ok(!JSON.stringify(events).includes('taros-password'));
});

test('openPop3Collector: of many new letters the newest come first', async () => {
  const world = await World.open();
  const texts = Array.from({ length: 250 }, (_, index) => foreignLetter(`n${index}`));
  world.provider.put(...texts);
  await world.visit();
  assert.deepEqual(await world.inbox(), texts.toReversed());
});

test('openPop3Collector: a letter deleted here is neither fetched again nor removed at the provider', async () => {
  const world = await World.open();
  world.provider.put(one, two);
  await world.visit();
  await world.expunge(one);
  await world.visit();
  assert.deepEqual(await world.inbox(), [two]);
  assert.deepEqual([world.retrieved(), world.provider.letters.length], [2, 2]);
});

test('openPop3Collector: leave for some days', async () => {
  const world = await World.open((it) => (it.leaving = { keep: 'days', days: 10 }));
  world.provider.put(one);
  await world.visit();
  world.clock.time += 5 * day;
  world.provider.put(two);
  await world.visit();
  assert.equal(world.provider.letters.length, 2);
  world.clock.time += 5 * day;
  await world.visit();
  assert.deepEqual(
    world.provider.letters.map(({ text }) => text),
    [two],
  );
  await world.assertHas([one, two]);
});

test('openPop3Collector: take all home; what is deleted here goes too, damaged letters stay', async () => {
  const world = await World.open();
  world.provider.put(one, two, three);
  await world.visit();
  await world.expunge(one);
  world.leaving = { keep: 'none' };
  const damagedId = 2;
  const damaged = changed(world.store, {
    readLetters: async (account, messages) =>
      (await world.store.readLetters(account, messages)).map((letter, index) => (messages[index] === damagedId ? null : letter)),
  });
  await world.visit({ store: damaged });
  assert.deepEqual(
    world.provider.letters.map(({ text }) => text),
    [two],
  );
  assert.match(world.told.at(-1)!.remark!.words, /1 × damaged here/);
  await world.visit();
  assert.equal(world.provider.letters.length, 0);
});

test('openPop3Collector: a QUIT that is refused or not answered removes nothing from the ledger, the next visit goes on', async () => {
  const world = await World.open((it) => (it.leaving = { keep: 'none' }));
  world.provider.put(one, two);
  world.provider.goodbye = '-ERR not removed';
  await world.visit();
  assert.equal(world.provider.letters.length, 2);
  world.provider.goodbye = '+OK';
  await world.visit();
  assert.deepEqual([world.provider.letters.length, world.retrieved()], [0, 2]);
  await world.assertHas([one, two]);
});

test('openPop3Collector: a ledger newer than the store is not believed', async () => {
  const world = await World.open();
  world.provider.put(one, two);
  await world.visit();
  // The store of before, as after a restore, with the ledger of now.
  const older = await World.open((it) => (it.leaving = { keep: 'none' }));
  older.provider.letters = world.provider.letters;
  await older.visit({ ledger: world.ledger.pop3 });
  assert.equal(older.provider.letters.length, 2);
  await older.visit({ ledger: world.ledger.pop3 });
  await older.assertHas([one, two]);
  assert.equal(older.provider.letters.length, 0);
});

test('openPop3Collector: without room nothing is fetched; a store that fails midway has what it said yes to, and the next visit goes on', async () => {
  const world = await World.open((it) => (it.leaving = { keep: 'none' }));
  const texts = Array.from({ length: 20 }, (_, index) => foreignLetter(`f${index}`));
  world.provider.put(...texts);
  const full = new Unavailable('disk-full', 'The disk is full');
  const noRoom = changed(world.store, {
    checkRoom() {
      throw full;
    },
  });
  await assert.rejects(world.visit({ store: noRoom }), full);
  assert.equal(world.retrieved(), 0);
  let commits = 0;
  const failing = changed(world.store, {
    commit: async (work) => {
      if (++commits === 3) throw full;
      return world.store.commit(work);
    },
  });
  await assert.rejects(world.visit({ store: failing, batch: 4 }), full);
  await world.assertHas(texts.slice(0, 8));
  assert.equal(world.provider.letters.length, 20);
  await world.visit();
  await world.assertHas(texts);
  assert.equal(world.provider.letters.length, 0);
});

// --- letters that cannot be fetched ---------------------------------------------------------------------------------

test('openPop3Collector: a letter that is refused is tried three times, then once a day; the others go on', async () => {
  const world = await World.open();
  world.provider.put(one, two, three);
  world.provider.letters[0]!.refusal = '-ERR cannot open it';
  for (let visits = 0; visits < 5; visits++) await world.visit();
  await world.assertHas([two, three]);
  assert.equal(world.provider.heard.filter((line) => line === 'RETR 1').length, 3);
  assert.deepEqual(world.told.at(-1)!.remark, { cause: 'letter-refused', words: '1 × the server does not give it: cannot open it' });
  world.clock.time += day;
  delete world.provider.letters[0]!.refusal;
  await world.visit();
  await world.assertHas([one, two, three]);
  assert.equal(world.told.at(-1)!.remark, undefined);
});

test('openPop3Collector: a letter that is too large stays and is said; so is one that is larger than LIST says', async () => {
  const world = await World.open((it) => (it.letterMax = 2000));
  world.provider.put(one, foreignLetter('large', 'x'.repeat(3000)), two, foreignLetter('liar', 'y'.repeat(5000)), three);
  world.provider.letters[3]!.saidSize = 50;
  for (let visits = 0; visits < 5; visits++) await world.visit();
  await world.assertHas([one, two, three]);
  assert.deepEqual(world.provider.heard.filter((line) => line === 'RETR 2').length, 0);
  assert.deepEqual(world.provider.heard.filter((line) => line === 'RETR 4').length, 3);
  assert.deepEqual(world.told.at(-1)!.remark, { cause: 'letter-too-large', words: '1 × too-large; 1 × larger than 2000 octets' });
  world.letterMax = 100_000;
  world.clock.time += day;
  await world.visit();
  assert.equal((await world.inbox()).length, 5);
});

test('openPop3Collector: a letter at which the server breaks off does not stand before the others', async () => {
  const world = await World.open();
  world.provider.put(one, two, three);
  world.provider.letters[0]!.breaks = true;
  await assert.rejects(world.visit(), (trouble) => trouble instanceof CauseTrouble && trouble.why === 'connection-lost');
  await assert.rejects(world.visit());
  await world.assertHas([two, three]);
  await assert.rejects(world.visit());
  await world.visit();
  assert.match(world.told.at(-1)!.remark!.words, /the connection ended/);
});

// --- who may come in ------------------------------------------------------------------------------------------------

const refusals: [welcome: string, cause: string, waits: number][] = [
  ['-ERR [IN-USE] wait', 'busy', 60_000],
  ['-ERR [LOGIN-DELAY] too soon', 'busy', 600_000],
  ['-ERR [AUTH] wrong', 'wrong-password', 0],
  ['-ERR [SYS/TEMP] later', 'login-unavailable', 0],
  ['-ERR [SYS/PERM] closed', 'account-disabled', 0],
  ['-ERR no', 'wrong-password', 0],
];
for (const [welcome, cause, waits] of refusals)
  test(`openPop3Collector: sign-in answered with ${welcome}`, async () => {
    const world = await World.open();
    world.provider.welcome = welcome;
    await assert.rejects(
      world.visit(),
      (trouble) => trouble instanceof CauseTrouble && trouble.why === cause && !trouble.message.includes('taros-password'),
    );
    const heard = world.provider.heard.length;
    await world.visit().catch(() => {});
    assert.equal(world.provider.heard.length > heard, waits === 0);
    world.clock.time += waits;
    world.provider.welcome = '+OK';
    world.provider.put(one);
    await world.visit();
    await world.assertHas([one]);
  });

test('openPop3Collector: LOGIN-DELAY as a capability is kept', async () => {
  const world = await World.open();
  world.provider.capabilities.push('LOGIN-DELAY 900');
  await world.visit();
  world.provider.put(one);
  world.clock.time += 899_000;
  await world.visit();
  await world.assertHas([]);
  world.clock.time += 1000;
  await world.visit();
  await world.assertHas([one]);
});

test('openPop3Collector: told to stop, it settles, and the next one goes on there', async () => {
  const world = await World.open();
  const texts = Array.from({ length: 300 }, (_, index) => foreignLetter(`s${index}`));
  world.provider.put(...texts);
  const stop = new AbortController();
  await world.visit({ progress: (told) => void ((told?.done ?? 0) >= 100 && stop.abort()) }, stop.signal);
  const there = (await world.inbox()).length;
  assert.ok(there >= 100 && there < 300, `${there}`);
  await world.visit();
  await world.assertHas(texts);
});

// --- providers that break the rules ---------------------------------------------------------------------------------

const numberings: [name: string, before: (provider: ForeignProvider) => void, after: (provider: ForeignProvider) => void, most: number][] =
  [
    ['numbers all letters anew', () => {}, (provider) => provider.letters.forEach((letter, index) => (letter.uid = `new-${index}`)), 0],
    [
      'numbers anew and has no TOP',
      (provider) => (provider.hasTop = false),
      (provider) => provider.letters.forEach((letter, index) => (letter.uid = `new-${index}`)),
      40,
    ],
    [
      'gives the names of letters to other letters',
      () => {},
      (provider) => {
        const uids = provider.letters.map(({ uid }) => uid);
        provider.letters.forEach((letter, index) => (letter.uid = uids[(index + 7) % uids.length]!));
      },
      0,
    ],
    [
      'names letters by their place',
      (provider) => provider.letters.forEach((letter, index) => (letter.uid = String(index + 1))),
      (provider) => {
        provider.letters.splice(3, 1);
        provider.letters.forEach((letter, index) => (letter.uid = String(index + 1)));
      },
      0,
    ],
    ['has no UIDL', (provider) => (provider.hasUidl = false), (provider) => provider.letters.splice(5, 2), 0],
    [
      'has neither UIDL nor TOP',
      (provider) => {
        provider.hasUidl = false;
        provider.hasTop = false;
      },
      (provider) => provider.letters.splice(5, 2),
      80,
    ],
    [
      'gives all letters one name',
      (provider) => provider.letters.forEach((letter) => (letter.uid = 'same')),
      (provider) => provider.letters.splice(5, 2),
      0,
    ],
    ['loses UIDL', () => {}, (provider) => (provider.hasUidl = false), 0],
    ['gives one name twice from now on', () => {}, (provider) => (provider.letters[4]!.uid = provider.letters[9]!.uid), 0],
  ];
for (const [name, before, after, most] of numberings)
  test(`openPop3Collector: a provider that ${name}: nothing lost, nothing doubled`, async () => {
    const world = await World.open();
    // Some are of one size, two are the same to the last octet, two have one header.
    const texts = Array.from({ length: 40 }, (_, index) => foreignLetter(`${100 + index}`, index % 3 === 0 ? 'x'.repeat(index) : 'body'));
    texts[20] = texts[19]!;
    texts[22] = texts[21]!.replace('x'.repeat(21), 'y'.repeat(21)).replace('body', 'ydob');
    world.provider.put(...texts);
    before(world.provider);
    await world.visit();
    await world.assertHas(texts, 'first');
    const first = world.retrieved();
    after(world.provider);
    world.provider.put(one);
    if (name.includes('by their place')) world.provider.letters.at(-1)!.uid = String(world.provider.letters.length);
    await world.visit();
    await world.assertHas([...texts, one], 'second');
    assert.ok(world.retrieved() - first <= 1 + most, `${world.retrieved() - first} fetched again`);
    await world.visit();
    await world.assertHas([...texts, one], 'third');
  });

test('openPop3Collector: the name of a removed letter is given to a new one', async () => {
  const world = await World.open((it) => (it.leaving = { keep: 'none' }));
  world.provider.put(one);
  const { uid } = world.provider.letters[0]!;
  await world.visit();
  assert.equal(world.provider.letters.length, 0);
  // Of the same size, right away: only the header tells.
  const other = one.replaceAll('one', 'eno');
  world.provider.letters.push({ uid, text: other });
  await world.visit();
  await world.assertHas([one, other]);
  // The same letter once more under a new name, after ours was removed with the server's yes: a second letter.
  world.provider.put(one);
  await world.visit();
  await world.assertHas([one, one, other]);
});

test('openPop3Collector: a listing that is empty for a while loses nothing and doubles nothing; rows are let go in the end', async () => {
  const world = await World.open();
  world.provider.put(one, two);
  const { letters } = world.provider;
  await world.visit();
  world.provider.letters = [];
  await world.visit();
  world.clock.time += 40 * day;
  world.provider.letters = letters;
  await world.visit();
  await world.assertHas([one, two]);
  assert.equal(world.retrieved(), 2);
  world.provider.letters = [];
  await world.visit();
  world.clock.time += 61 * day;
  await world.visit();
  assert.equal((await world.ledger.pop3.rows(7)).ids.length, 0);
});
