import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FalseClock } from '../../test/support/clock.ts';
import { outsideRow } from '../../test/support/outside-row.ts';
import { silentLog } from '../base/log.ts';
import { CauseTrouble, type Cause } from '../journey/outside/causes.ts';
import { openMemoryDirectory } from '../store/memory/directory.ts';
import type { Office } from './office.ts';
// Loaded before: the watch then waits for nothing but its clock.
import { checkHealth } from './outside-health.ts';
import { Allowance } from '../journey/outside/allowance.ts';
import { startOutsideWatch } from './outside-watch.ts';

const hour = 3_600_000;

async function openWorld() {
  const clock = new FalseClock();
  const directory = openMemoryDirectory();
  await directory.putDomain({ name: 'here.test', catchAll: null, subaddress: null });
  const { id: owner } = await directory.addAccount({
    address: 'hanako@here.test',
    name: '',
    passwordHash: '',
    scram: {},
    quota: null,
    createdAt: 0,
    closedAt: null,
  });
  const health = { state: 'good', cause: null, words: '', at: clock.now(), lastReceivedAt: 1, lastSentAt: null } as const;
  const row = await directory.addOutsideAccount(outsideRow(owner, 'x@far.test', {}, { health }), () => new Uint8Array(1));
  const seen = { connections: 0, secrets: 0, answers: 'refused' as Cause };
  const connect = async (): Promise<never> => {
    seen.connections++;
    throw new CauseTrouble(seen.answers, 'no', 'its words');
  };
  const credentialsOf = async () => {
    seen.secrets++;
    return { login: 'x', kind: 'password', secret: 's' };
  };
  const office = {
    directory,
    clock,
    chance: { bytes: (length: number) => new Uint8Array(length), fraction: () => 0.5 },
    log: silentLog,
    settings: { hostname: null, domain: null },
    outside: {
      news: new Map(),
      allowance: new Allowance(clock),
      roads: async () => ({ connector: { connect }, keeper: { credentialsOf } }),
    },
  } as unknown as Office;
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await new Promise((done) => setImmediate(done));
  };
  return { clock, directory, row, seen, office, pass: (ms: number) => clock.advance(ms, settle) };
}

test('once a day, and an hour after something did not work; the sentence is in the row', async () => {
  const { directory, row, seen, office, pass } = await openWorld();
  const watch = startOutsideWatch(office);
  await pass(23 * hour);
  assert.equal(seen.connections, 0);
  await pass(1.5 * hour);
  assert.equal(seen.connections, 2, 'to receive and to send');
  const { health } = directory.outsideAccount(row.id)!;
  assert.deepEqual([health.state, health.cause, health.words, health.lastReceivedAt], ['waits', 'refused', 'its words', 1]);
  await pass(hour);
  assert.equal(seen.connections, 4);
  await watch.close();
  await pass(48 * hour);
  assert.equal(seen.connections, 4);
});

test('a login that was refused is not tried again by itself; paused ones and those taken away are left alone', async () => {
  const { clock, directory, row, seen, office, pass } = await openWorld();
  const refused = { ...row.health, state: 'bad', cause: 'wrong-password', at: clock.now() } as const;
  await directory.updateOutsideAccount(row.id, { health: refused });
  const watch = startOutsideWatch(office);
  await pass(25 * hour);
  assert.deepEqual([seen.connections, seen.secrets], [2, 0]);
  // What the network was like changes nothing of what a person has to do.
  assert.equal(directory.outsideAccount(row.id)!.health.cause, 'wrong-password');
  for (const change of [{ paused: true }, { paused: false, closedAt: clock.now() }]) {
    await directory.updateOutsideAccount(row.id, change);
    await pass(49 * hour);
    assert.equal(seen.connections, 2);
  }
  await watch.close();
});

test('what changed is told once as new, and then as lasting since then', async () => {
  const { clock, directory, row, seen, office, pass } = await openWorld();
  const look = async () =>
    (await checkHealth(office, directory.outsideAccount(row.id)!, { signIn: true, signal: new AbortController().signal })).news;
  seen.answers = 'certificate-expired';
  const began = clock.now();
  assert.deepEqual(await look(), [{ kind: 'new', cause: 'certificate-expired', side: 'receive' }]);
  await pass(hour);
  assert.deepEqual(await look(), [{ kind: 'still', cause: 'certificate-expired', side: 'receive', since: began }]);
});
