// Letters brought to the device while nobody asks for them: which, how many, and that they are there without a network. Over an office in memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fill } from '../../demo/letters.ts';
import { Office } from '../../demo/office.ts';
import { settled, worldOf } from '../../demo/surroundings.ts';
import type { CacheStore } from './cache/contract.ts';
import type { ThreadView } from './contract.ts';
import { openEngine } from './engine.ts';

test('the newest conversations of the inbox are here without a network, the others are not', async () => {
  const office = new Office('A1', 'hana@example.jp');
  fill(office, 700);
  const caches = new Map();
  const world = worldOf(office, caches);
  const engine = await openEngine(world.surroundings);
  await settled();
  await engine.ask('keepAtHand', { theme: 'light', language: 'ja', days: 3650 });
  for (let turn = 0; turn < 120; turn++) await world.pass(turn === 0 ? 2100 : 200);

  // Another start of the app, without a network.
  const away = worldOf(office, caches);
  away.setOnline(false);
  const offline = await openEngine(away.surroundings);
  const rows: string[] = [];
  offline.watch('list', { query: { kind: 'mailbox', accountId: 'A1', mailboxId: 'F1' }, threads: true, start: 0, end: 200 }, (patch) => {
    for (const { row } of patch.rows) if (row) rows.push(row.threadId);
  });
  // As many turns as a busy machine takes; none of them is waited for in vain, since what never comes fails below.
  for (let turn = 0; turn < 200 && new Set(rows).size < 200; turn++) await settled();
  const held = new Set(rows);
  assert.ok(held.size >= 200, `${held.size} rows`);
  let without = 0;
  for (const threadId of [...held].slice(0, 200)) {
    let view: ThreadView | null = null;
    const watch = offline.watch('thread', { accountId: 'A1', threadId, opened: 'all' }, (push) => (view = push));
    for (let turn = 0; turn < 200 && !isWhole(view); turn++) await settled();
    watch.end();
    if (!isWhole(view)) without++;
  }
  assert.equal(without, 0);
});

test('a text that had to make room on the device is brought again at the next start', async () => {
  const office = new Office('A1', 'hana@example.jp');
  fill(office, 60);
  const caches = new Map<string, CacheStore>();
  const bring = async (): Promise<void> => {
    const world = worldOf(office, caches);
    const engine = await openEngine(world.surroundings);
    await settled();
    await engine.ask('keepAtHand', { theme: 'light', language: 'ja', days: 3650 });
    for (let turn = 0; turn < 30; turn++) await world.pass(turn === 0 ? 2100 : 200);
  };
  await bring();
  const cache = caches.get('tayori:hana@example.jp')!;
  const all = (await cache.keys('bodies', 'A1/')).length;
  await cache.trim('bodies', 10);
  office.textsAsked.clear();
  await bring();
  assert.equal((await cache.keys('bodies', 'A1/')).length, all);
  assert.equal(office.textsAsked.size, all - 10);
});

test('letters older than the person has chosen stay with the server', async () => {
  const office = new Office('A1', 'hana@example.jp');
  fill(office, 700);
  const world = worldOf(office);
  const engine = await openEngine(world.surroundings);
  await settled();
  await engine.ask('keepAtHand', { theme: 'light', language: 'ja', days: 1 });
  for (let turn = 0; turn < 60; turn++) await world.pass(turn === 0 ? 2100 : 200);
  const kept = await world.caches.get('tayori:hana@example.jp')!.all('bodies');
  const from = new Date(world.surroundings.now() - 86_400_000).toISOString();
  const old = kept.filter(({ key }) => office.letters.get(key.slice(key.indexOf('/') + 1))!.receivedAt < from);
  assert.ok(kept.length > 0 && kept.length < 300, `${kept.length} kept`);
  assert.equal(old.length, 0);
});

test('without having been asked for nothing is brought here', async () => {
  const office = new Office('A1', 'hana@example.jp');
  fill(office, 50);
  const world = worldOf(office);
  await openEngine(world.surroundings);
  for (let turn = 0; turn < 20; turn++) await world.pass(2100);
  assert.equal((await world.caches.get('tayori:hana@example.jp')!.all('bodies')).length, 0);
  assert.equal(world.documents.size, 0);
});

/** All letters of the conversation are there with their text. */
function isWhole(view: ThreadView | null): boolean {
  return view !== null && (view.letters?.length ?? 0) > 0 && view.letters!.every(({ body }) => body !== null);
}
