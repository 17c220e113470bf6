import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Office } from '../../demo/office.ts';
import { settled, worldOf, type World } from '../../demo/surroundings.ts';
import { openEngine } from './engine.ts';
import type { JsonObject } from './jmap/objects.ts';
import { applied } from './preferences.ts';

async function open(world: World) {
  const engine = await openEngine(world.surroundings);
  const seen: { now: JsonObject | null; pushes: number } = { now: null, pushes: 0 };
  engine.watch('preferences', null, (push) => {
    seen.now = push;
    seen.pushes += 1;
  });
  await settled();
  return { engine, seen };
}

test('what is chosen holds at once, is told, and is heard of on another device', async () => {
  const office = new Office('A1', 'hana@example.jp');
  const [one, other] = [await open(worldOf(office)), await open(worldOf(office))];
  assert.equal(one.seen.now?.['theme'], 'system');
  await one.engine.ask('changePreferences', { theme: 'dark', 'imageSenders/a@b.jp': true });
  assert.deepEqual([one.seen.now?.['theme'], one.seen.now?.['imageSenders']], ['dark', { 'a@b.jp': true }]);
  await settled();
  assert.equal(office.settings['theme'], 'dark');
  assert.deepEqual([other.seen.now?.['theme'], other.seen.now?.['imageSenders']], ['dark', { 'a@b.jp': true }]);
});

test('without a network: shown, kept over a restart, told when there is one again', async () => {
  const office = new Office('A1', 'hana@example.jp');
  const world = worldOf(office);
  const { engine } = await open(world);
  world.setOnline(false);
  await engine.ask('changePreferences', { theme: 'light' });
  assert.equal(office.settings['theme'], 'system');
  const later = worldOf(office, world.caches);
  later.setOnline(false);
  const again = await open(later);
  assert.equal(again.seen.now?.['theme'], 'light', 'from the cache, with what waits');
  later.setOnline(true);
  await settled();
  assert.equal(office.settings['theme'], 'light');
});

test('what the server refuses is not held on to', async () => {
  const office = new Office('A1', 'hana@example.jp');
  const { engine, seen } = await open(worldOf(office));
  await engine.ask('changePreferences', { theme: 'none' });
  await settled();
  assert.equal(seen.now?.['theme'], 'system');
});

test('what a server that is busy does not take now is told later', async () => {
  const office = new Office('A1', 'hana@example.jp');
  const { engine, seen } = await open(worldOf(office));
  office.failing.set('Settings/set', { type: 'serverUnavailable' });
  await engine.ask('changePreferences', { theme: 'dark' });
  await settled();
  assert.equal(seen.now?.['theme'], 'dark');
  office.failing.clear();
  await engine.ask('refresh', null);
  await settled();
  assert.equal(office.settings['theme'], 'dark');
});

test('patches of maps', () => {
  assert.deepEqual(applied({ m: { a: true, 'x/y': true } }, { 'm/a': null, 'm/c~1d~0': true, n: 2 }), {
    m: { 'x/y': true, 'c/d~': true },
    n: 2,
  });
});
