// The model of two ends: random changes on both, the sync whole, broken off, and at the same time; then quiet, and both ends must be equal,
// nothing lost, nothing doubled. `TAYORI_SEED` plays one life again, `TAYORI_LIVES` plays more.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test, type TestContext } from 'node:test';
import { dovecotMissing, startDovecot, type ForeignServer } from '../support/dovecot.ts';
import { startTayori } from '../support/tayori.ts';
import { asLines, connect, shelfHere, shelfThere, World, type Provider } from './model.ts';
import { RandomLife } from './random-life.ts';

let server: ForeignServer;
before(async () => {
  if (dovecotMissing === false) server = await startDovecot({ settings: 'mail_fsync = never\n' });
});
after(() => server?.close());

const first = Number(process.env['TAYORI_SEED'] ?? Math.floor(Math.random() * 1e9));
const lives = Number(process.env['TAYORI_LIVES'] ?? 3);
/** Lives that once ended badly. 683041300: a letter without Message-ID left its folder there and came back, and was moved here meanwhile. */
const badOnce = process.env['TAYORI_SEED'] === undefined ? [683041300] : [];
/** The same with Dovecot. 478371260: a folder renamed here, the answer lost, and all its letters gone there before the next sync. */
const badWithDovecot = process.env['TAYORI_SEED'] === undefined ? [478371260] : [];
const days = 12;

for (const seed of [...Array.from({ length: lives }, (_, at) => first + at), ...badWithDovecot])
  test(`random lives with Dovecot, seed ${seed}`, { skip: dovecotMissing, timeout: 240_000 }, (context) =>
    live(context, seed, { ...server, port: server.ports.imaps, login: `life${seed}@foreign.example` }),
  );

for (const seed of [first, ...badOnce])
  test(`random lives with our own server as the provider, seed ${seed}`, { timeout: 240_000 }, (context) => liveWithOurs(context, seed));

async function liveWithOurs(context: TestContext, seed: number): Promise<void> {
  const tayori = await startTayori();
  try {
    const [hanako] = tayori.people;
    const { login, password } = hanako!;
    await live(context, seed, {
      host: 'localhost',
      port: tayori.ports.imaps,
      login,
      password,
      authority: await readFile(tayori.ca, 'utf8'),
    });
  } finally {
    await tayori.stop();
  }
}

async function live(context: TestContext, seed: number, provider: Provider): Promise<void> {
  let app = await connect(provider);
  /** Dovecot ends a session whose folder was taken away. */
  const alive = async () => (app.isOver ? (app = await connect(provider)) : app);
  const world = await World.open(provider);
  const life = new RandomLife(seed);
  const { chance } = life;
  try {
    for (let day = 0; day < days; day++) {
      const changes = Math.floor(chance() * 8);
      for (let step = 0; step < changes; step++) await (chance() < 0.5 ? life.there(await alive()) : life.here(world.store));
      const dice = chance();
      if (dice < 0.35) {
        const after = Math.floor(chance() * 40);
        life.log.push(`sync, broken after ${after}`);
        await world.sync(after);
        continue;
      }
      life.log.push('sync');
      await world.sync();
      const [here, there] = [await shelfHere(world.store), await shelfThere(await alive())];
      assert.deepEqual(asLines(here), asLines(there), 'both ends are equal');
      assert.deepEqual(life.faults(here), []);
      life.rested();
    }
    await world.sync();
    const [here, there] = [await shelfHere(world.store), await shelfThere(await alive())];
    assert.deepEqual(asLines(here), asLines(there), 'both ends are equal');
    assert.deepEqual(life.faults(here), []);
  } catch (trouble) {
    context.diagnostic(`what happened:\n${life.log.join('\n')}`);
    throw trouble;
  } finally {
    await world.close();
    await app.end();
  }
}
