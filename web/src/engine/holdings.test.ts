// What is held of an account: that the device never gets newer states beside older letters, and that memory has an end.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { letterOf } from '../../demo/letters.ts';
import type { CacheStore } from './cache/contract.ts';
import { openMemoryCache } from './cache/memory.ts';
import { Holdings } from './holdings.ts';
import type { EmailBody, EmailHead } from './jmap/objects.ts';

const none = (): [] => [];
const head = (number: number, keywords: EmailHead['keywords'] = {}): EmailHead => letterOf(number, 'F1', { keywords });
const body = (id: string): EmailBody => ({ id, bodyValues: {} }) as unknown as EmailBody;
const states = (state: string) => ({ Mailbox: state, Thread: state, Email: state });

/** A cache of which the next writings fail. */
function failing(): { cache: CacheStore; fails: number } {
  const cache = openMemoryCache();
  const held: { cache: CacheStore; fails: number } = { cache, fails: 0 };
  held.cache = { ...cache, write: (writes) => (held.fails-- > 0 ? Promise.reject(new Error('full')) : cache.write(writes)) };
  return held;
}

async function kept(cache: CacheStore): Promise<unknown> {
  const [[letter], [facts]] = await Promise.all([cache.read('heads', ['A1/M1']), cache.read('facts', ['account/A1'])]);
  return [(letter as EmailHead | undefined)?.keywords, (facts as { states: { Email: string } } | undefined)?.states.Email];
}

suite('Holdings.save', () => {
  test('what could not be written goes with the next try, and newer states never without it', async () => {
    const device = failing();
    const holdings = new Holdings('A1', device.cache);
    holdings.takeHead(head(0), true);
    holdings.takeStates(states('1'), new Map());
    await holdings.save(none);
    assert.deepEqual(await kept(device.cache), [{}, '1']);
    device.fails = 1;
    holdings.takeHead(head(0, { $seen: true }), true);
    holdings.takeStates(states('2'), new Map());
    const first = holdings.save(none);
    // Meant to be written while the first is under way.
    holdings.takeStates(states('3'), new Map());
    await Promise.all([first, holdings.save(none)]);
    assert.deepEqual(await kept(device.cache), [{ $seen: true }, '3']);
  });

  test('what has changed since is written as it is now', async () => {
    const device = failing();
    const holdings = new Holdings('A1', device.cache);
    device.fails = 1;
    holdings.takeHead(head(0), true);
    const saved = holdings.save(none);
    await Promise.resolve();
    await Promise.resolve();
    holdings.takeHead(head(0, { $flagged: true }), true);
    await saved;
    await holdings.save(none);
    assert.deepEqual(await kept(device.cache), [{ $flagged: true }, undefined]);
  });
});

suite('Holdings in memory', () => {
  test('what is fetched from the device makes room for itself, and what is wanted just now stays', async () => {
    const cache = openMemoryCache();
    const ids = Array.from({ length: 700 }, (_, number) => `M${number}`);
    await cache.write(ids.map((id) => ({ table: 'bodies', key: `A1/${id}`, value: body(id) })));
    const holdings = new Holdings('A1', cache);
    for (let at = 0; at < 300; at += 20) await holdings.fetch('bodies', ids.slice(at, at + 20));
    await holdings.fetch('bodies', ids.slice(300, 700));
    assert.equal(holdings.bodies.size, 400);
    assert.ok(ids.slice(300).every((id) => holdings.bodies.has(id)));
    await holdings.fetch('bodies', ids.slice(0, 1));
    assert.equal(holdings.bodies.size, 300);
  });

  test('conversations have a bound as letters have', () => {
    const holdings = new Holdings('A1', openMemoryCache());
    for (let number = 0; number < 20_100; number++) holdings.takeThread({ id: `T${number}`, emailIds: [] }, false);
    assert.equal(holdings.threads.size, 20_000);
    assert.ok(holdings.threads.has('T20099'));
  });
});
