// An account kept equal with a server that holds mail as Gmail does: labels as folders, and All Mail as the archive of what has no label. Knows
// both ends from outside.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemChance, systemClock } from '../../src/io/clock.ts';
import { newMemory } from '../../src/journey/collection/imap-parts.ts';
import { ImapClient } from '../../src/protocol/imap/client.ts';
import { allMail, bin, GmailLike } from '../support/gmail-like.ts';
import { chanceFrom } from '../support/ledger.ts';
import { account, asLines, letter, shelfHere, World, type Shelf } from './model.ts';

const names: Readonly<Record<string, string>> = {
  [allMail]: 'Archive',
  [bin]: 'Trash',
  '[Gmail]/Sent Mail': 'Sent',
  '[Gmail]/Drafts': 'Drafts',
  '[Gmail]/Spam': 'Junk',
};
const nowhere = { host: 'imap.gmail.example', port: 993, login: 'taro', password: 'secret', authority: '' };

async function begin(labels: readonly string[] = ['Work', 'Travel']): Promise<{ gmail: GmailLike; world: World }> {
  const gmail = new GmailLike(labels);
  const world = await World.open(nowhere);
  world.dial = async () => {
    const client = new ImapClient(gmail.connect(), { clock: systemClock, chance: systemChance, server: nowhere });
    await client.begin({ login: 'taro', kind: 'password', secret: 'secret' }, null);
    return client;
  };
  return { gmail, world };
}

/** What should lie here. */
function shelfThere(gmail: GmailLike): Shelf {
  const shelf: Shelf = new Map();
  for (const { name, attributes } of gmail.folders.values())
    if (!/Noselect|Flagged|Important/.test(attributes)) shelf.set(names[name] ?? name, []);
  for (const { id, octets, flags } of gmail.letters())
    for (const place of gmail.placesOf(id)) {
      const key = /^X-Key: (\S+)\r$/m.exec(octets.toString('latin1'))![1]!;
      shelf.get(names[place] ?? place)!.push(`${key} (${[...flags].sort().join(' ')})`);
    }
  for (const letters of shelf.values()) letters.sort();
  return shelf;
}

async function assertEqual({ gmail, world }: { gmail: GmailLike; world: World }, note = ''): Promise<void> {
  assert.deepEqual(asLines(await shelfHere(world.store)), asLines(shelfThere(gmail)), note);
}

async function boxOf({ store }: World, name: string): Promise<number> {
  return (await store.mailboxes(account)).find((box) => box.name === name)!.id;
}

/** Moves or copies a letter here. */
async function carry(world: World, key: string, from: string, to: string, move: boolean): Promise<void> {
  const source = await boxOf(world, from);
  const uid = await uidOf(world, source, key);
  await world.store.copy(account, source, [uid], await boxOf(world, to), { move, quota: null });
}

async function uidOf({ store }: World, mailbox: number, key: string): Promise<number> {
  const state = await store.openMailbox(account, mailbox);
  try {
    for (let at = 0; at < state.count; at++) {
      const [octets] = await store.readLetters(account, [state.messages[at]!]);
      if (Buffer.from(octets!).toString('latin1').includes(`X-Key: ${key}\r`)) return state.uids[at]!;
    }
    throw new Error(`${key} is not there`);
  } finally {
    state.release();
  }
}

const assertOnce = (gmail: GmailLike, note = ''): void => {
  for (const [id, count] of gmail.handedOut) assert.equal(count, 1, `${note} letter ${id} was given out ${count} times`);
};

test('first: archived letters are the archive, one with two labels is fetched once and lies in both', async () => {
  const both = await begin();
  const { gmail, world } = both;
  gmail.deliver(letter('in'), ['INBOX', '[Gmail]/Starred'], ['\\Flagged']);
  gmail.deliver(letter('two', { plain: true }), ['INBOX', 'Work', '[Gmail]/Important'], ['\\Seen']);
  for (let at = 0; at < 5; at++) gmail.deliver(letter(`old${at}`, { plain: at % 2 === 0 }), []);
  gmail.deliver(letter('sent'), ['[Gmail]/Sent Mail']);
  gmail.deliver(letter('gone'), [bin]);
  await world.sync();
  await assertEqual(both);
  assert.deepEqual((await shelfHere(world.store)).get('Archive')!.length, 5);
  assert.equal(world.received, gmail.letters().length);
  assertOnce(gmail);
  // One message of the store in two mailboxes.
  const rows = await Promise.all(
    ['INBOX', 'Work'].map(async (name) => {
      const state = await world.store.openMailbox(account, await boxOf(world, name));
      const messages = Array.from(state.messages.subarray(0, state.count));
      state.release();
      return messages;
    }),
  );
  assert.ok(rows[0]!.includes(rows[1]![0]!));
  await world.sync();
  await assertEqual(both);
  assertOnce(gmail);
  assert.equal(gmail.appended, 0);
  await world.close();
});

const cases: readonly {
  readonly what: string;
  readonly act: (world: World, gmail: GmailLike, id: string) => Promise<unknown> | void;
  readonly labels: readonly string[];
  readonly places: readonly string[];
}[] = [
  { what: 'archived there', labels: ['INBOX'], act: (_, gmail, id) => gmail.unlabel(id, 'INBOX'), places: [allMail] },
  {
    what: 'archived there, another label left',
    labels: ['INBOX', 'Work'],
    act: (_, gmail, id) => gmail.unlabel(id, 'INBOX'),
    places: ['Work'],
  },
  { what: 'archived here', labels: ['INBOX'], act: (world) => carry(world, 'x', 'INBOX', 'Archive', true), places: [allMail] },
  {
    what: 'archived here, another label left',
    labels: ['INBOX', 'Work'],
    act: (world) => carry(world, 'x', 'INBOX', 'Archive', true),
    places: ['Work'],
  },
  { what: 'out of the archive there', labels: [], act: (_, gmail, id) => gmail.label(id, 'INBOX'), places: ['INBOX'] },
  { what: 'out of the archive here', labels: [], act: (world) => carry(world, 'x', 'Archive', 'INBOX', true), places: ['INBOX'] },
  { what: 'copied out of the archive here', labels: [], act: (world) => carry(world, 'x', 'Archive', 'Work', false), places: ['Work'] },
  { what: 'label added there', labels: ['INBOX'], act: (_, gmail, id) => gmail.label(id, 'Work'), places: ['INBOX', 'Work'] },
  { what: 'copied here', labels: ['INBOX'], act: (world) => carry(world, 'x', 'INBOX', 'Work', false), places: ['INBOX', 'Work'] },
  {
    what: 'label changed there',
    labels: ['Work'],
    act: (_, gmail, id) => {
      gmail.label(id, 'Travel');
      gmail.unlabel(id, 'Work');
    },
    places: ['Travel'],
  },
  { what: 'deleted there', labels: ['INBOX', 'Work'], act: (_, gmail, id) => gmail.label(id, bin), places: [bin] },
  { what: 'deleted from the archive there', labels: [], act: (_, gmail, id) => gmail.label(id, bin), places: [bin] },
  { what: 'moved to the bin here', labels: ['INBOX'], act: (world) => carry(world, 'x', 'INBOX', 'Trash', true), places: [bin] },
  {
    what: 'moved from the archive to the bin here',
    labels: [],
    act: (world) => carry(world, 'x', 'Archive', 'Trash', true),
    places: [bin],
  },
  {
    what: 'one of two places deleted here',
    labels: ['INBOX', 'Work'],
    act: async (world) => world.store.expunge(account, await boxOf(world, 'INBOX'), null, false),
    places: ['Work'],
  },
  { what: 'read in the archive there', labels: [], act: (_, gmail, id) => gmail.flag(id, '\\Seen', true), places: [allMail] },
];

for (const { what, act, labels, places } of cases)
  for (const [plain, silent] of [
    [false, false],
    [true, false],
    [false, true],
  ])
    test(`${what}${plain ? ', without Message-ID' : ''}${silent ? ', without COPYUID' : ''}: nothing lost, doubled or fetched again`, async () => {
      const both = await begin();
      const { gmail, world } = both;
      gmail.tellsPlaces = !silent;
      const id = gmail.deliver(letter('x', { plain: plain === true }), labels);
      gmail.deliver(letter('other'), []);
      gmail.deliver(letter('third'), ['Travel']);
      await world.sync();
      await assertEqual(both, 'at first');
      await act(world, gmail, id);
      await world.sync();
      assert.deepEqual(gmail.placesOf(id), places);
      await assertEqual(both);
      assertOnce(gmail);
      assert.equal(gmail.appended, 0);
      await world.close();
    });

test('on one connection: a quick round sees what went into the archive and out of it', async () => {
  const both = await begin();
  const { gmail, world } = both;
  const [x, y] = [gmail.deliver(letter('x', { plain: true }), ['INBOX']), gmail.deliver(letter('y', { plain: true }), [])];
  const quick = { whole: false, heardThere: new Set(['INBOX']), heardHere: new Set<number>() };
  const client = await world.dial();
  world.dial = async () => client;
  world.keepsConnection = true;
  await world.sync();
  await assertEqual(both, 'at first');
  gmail.unlabel(x, 'INBOX');
  await world.sync(Infinity, quick);
  await assertEqual(both, 'archived');
  gmail.label(y, 'INBOX');
  await world.sync(Infinity, quick);
  await assertEqual(both, 'out of the archive');
  gmail.deliver(letter('z'), ['INBOX']);
  await world.sync(Infinity, quick);
  await assertEqual(both, 'a new letter');
  await carry(world, 'y', 'INBOX', 'Archive', true);
  const heardHere = new Set([await boxOf(world, 'INBOX'), await boxOf(world, 'Archive')]);
  await world.sync(Infinity, { ...quick, heardThere: new Set(), heardHere });
  assert.deepEqual(gmail.placesOf(y), [allMail]);
  await assertEqual(both, 'archived here');
  assertOnce(gmail);
  await client.end();
  await world.close();
});

test('All Mail hidden from apps: the archive stays here, and goes on when it is shown again', async () => {
  const both = await begin();
  const { gmail, world } = both;
  const id = gmail.deliver(letter('x'), []);
  await world.sync();
  gmail.showAllMail(false);
  gmail.deliver(letter('y'), ['INBOX']);
  await world.sync();
  await world.sync();
  assert.deepEqual((await shelfHere(world.store)).get('Archive'), ['x ()']);
  assert.deepEqual((await shelfHere(world.store)).get('INBOX'), ['y ()']);
  gmail.label(id, 'Work');
  gmail.showAllMail(true);
  await world.sync();
  await assertEqual(both);
  assertOnce(gmail);
  await world.close();
});

test('rows of a time before names were asked for: they get theirs, and nothing is fetched again', async () => {
  const both = await begin();
  const { gmail, world } = both;
  const [x, y] = [gmail.deliver(letter('x', { plain: true }), ['INBOX']), gmail.deliver(letter('y', { plain: true }), ['INBOX', 'Work'])];
  await world.sync();
  const { imap } = world.ledger;
  const forget = async () => {
    for (const { folder } of await imap.folders(account)) {
      const rows = await imap.letters(account, folder, 1, 100);
      await imap.write(account, folder, { put: rows.map((row) => ({ ...row, emailId: '' })) });
    }
    world.memory = newMemory();
  };
  await forget();
  gmail.label(x, 'Work');
  await world.sync();
  await assertEqual(both);
  await forget();
  await carry(world, 'y', 'INBOX', 'Archive', true);
  await world.sync();
  assert.deepEqual(gmail.placesOf(y), ['Work']);
  await assertEqual(both);
  assertOnce(gmail);
  await world.close();
});

test('a label given while All Mail is looked at: the letter stays in the archive until it is seen where it went', async () => {
  const both = await begin();
  const { gmail, world } = both;
  const [x, y] = [gmail.deliver(letter('x'), ['INBOX']), gmail.deliver(letter('y'), [])];
  await world.sync();
  gmail.unlabel(x, 'INBOX');
  let asked = 0;
  gmail.before = (command) => {
    // The first time the folders are compared, the second time All Mail is about to be opened: Work has been looked at.
    if (command.startsWith('STATUS "Work"') && ++asked === 2) gmail.label(y, 'Work');
  };
  await world.sync();
  assert.equal(asked >= 2, true);
  assert.deepEqual((await shelfHere(world.store)).get('Archive'), ['x ()', 'y ()']);
  await world.sync();
  await assertEqual(both);
  assertOnce(gmail);
  await world.close();
});

test('expunged from the archive here: in the bin there, as Gmail keeps it, and here again', async () => {
  const both = await begin();
  const { gmail, world } = both;
  const id = gmail.deliver(letter('x'), []);
  await world.sync();
  await world.store.expunge(account, await boxOf(world, 'Archive'), null, false);
  await world.sync();
  assert.deepEqual(gmail.placesOf(id), [bin]);
  await world.sync();
  await assertEqual(both);
  await world.close();
});

test('random lives, some with a sync that dies: both sides equal, no letter lost, doubled or fetched twice', async (context) => {
  const seed = Number(process.env['TAYORI_SEED'] ?? Math.floor(Math.random() * 1e9));
  context.diagnostic(`TAYORI_SEED=${seed}`);
  const next = chanceFrom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
  for (let life = 0; life < 9; life++) {
    const both = await begin();
    const { gmail, world } = both;
    const isKilled = life % 3 === 2;
    const ids: string[] = [];
    const told: string[] = [];
    for (let step = 0; step < 12; step++) {
      for (let acts = 1 + Math.floor(next() * 4); acts > 0; acts--) {
        const folder = pick(['INBOX', 'Work', 'Travel']);
        const id = ids.length === 0 ? '' : pick(ids);
        const act = Math.floor(next() * 8);
        if (act < 2 || id === '') {
          const labels = pick([[], ['INBOX'], ['INBOX', 'Work'], ['Travel']]);
          ids.push(gmail.deliver(letter(`l${ids.length}`, { plain: next() < 0.25 && !isKilled }), labels));
          told.push(`deliver l${ids.length - 1} ${labels.join(',')}`);
        } else if (act === 2) {
          gmail.label(id, folder);
          told.push(`label l${ids.indexOf(id)} ${folder}`);
        } else if (act === 3) {
          gmail.unlabel(id, folder);
          told.push(`unlabel l${ids.indexOf(id)} ${folder}`);
        } else if (act === 4) {
          gmail.flag(id, '\\Seen', next() < 0.5);
          told.push(`flag l${ids.indexOf(id)}`);
        } else if (act === 5 && next() < 0.5) {
          gmail.label(id, bin);
          told.push(`bin l${ids.indexOf(id)}`);
        } else {
          const from = pick(['INBOX', 'Work', 'Travel', 'Archive']);
          const to = pick(['INBOX', 'Work', 'Travel', 'Archive', 'Trash'].filter((name) => name !== from));
          const key = pick((await shelfHere(world.store)).get(from) ?? [undefined])?.split(' ')[0];
          if (key === undefined) continue;
          // A copy in the bin is no copy for Gmail.
          const move = to === 'Trash' || next() < 0.7;
          await carry(world, key, from, to, move);
          told.push(`${move ? 'move' : 'copy'} ${key} ${from} ${to} here`);
        }
      }
      if (isKilled && next() < 0.6) {
        await world.sync(Math.floor(next() * 12));
        told.push('killed');
      }
      await world.sync();
      await world.sync();
      told.push('sync');
      await assertEqual(both, `seed ${seed}, life ${life}: ${told.join('; ')}`);
      assert.equal(gmail.letters().length, ids.length, `seed ${seed}, life ${life}: ${told.join('; ')}`);
    }
    if (!isKilled) assertOnce(gmail, `seed ${seed}, life ${life}: ${told.join('; ')}`);
    assert.equal(gmail.appended, 0);
    await world.close();
  }
});
