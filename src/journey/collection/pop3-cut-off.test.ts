// Visits that end in the midst of it: a crash at every step, a connection that breaks at every octet. And trials that must find something.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MailStore } from '../../store/contract.ts';
import type { Pop3Leaving } from '../../store/outside-contract.ts';
import { CauseTrouble } from '../outside/causes.ts';
import type { Pop3CollectorParts } from './pop3-parts.ts';
import { foreignLetter } from './pop3-suite.ts';
import { changed, day, World } from './pop3-world-suite.ts';
import { stride } from '../../../test/support/depth.ts';

const [one, two] = ['one', 'two'].map((name) => foreignLetter(name)) as [string, string];

class Crash extends Error {}

/** Wraps the store, the ledger and the provider so that everything stops for good before the n-th thing that is done. */
function crashing(world: World, at: number, store: MailStore = world.store): { parts: Partial<Pop3CollectorParts>; steps: () => string[] } {
  const steps: string[] = [];
  let dead = false;
  const step = (name: string): void => {
    if (!dead) steps.push(name);
    if (dead || steps.length > at) {
      dead = true;
      throw new Crash(name);
    }
  };
  const around = <T extends object>(target: T, names: readonly (keyof T & string)[]): T => {
    const methods: Record<string, unknown> = {};
    for (const name of names)
      methods[name] = async (...words: unknown[]) => {
        step(`before ${name}`);
        const result = await (target[name] as (...words: unknown[]) => Promise<unknown>).apply(target, words);
        step(`after ${name}`);
        return result;
      };
    return changed(target, methods as Partial<T>);
  };
  const connector: Pop3CollectorParts['connector'] = {
    connect: async () => {
      world.provider.beforeCommand = (line) => step(`before ${line.split(' ')[0]}`);
      return world.provider.connect();
    },
  };
  return {
    parts: { batch: 4, store: around(store, ['commit']), ledger: around(world.ledger.pop3, ['write', 'putMaildrop', 'find']), connector },
    steps: () => steps,
  };
}

/** Visits cut off at every step in turn, each followed by whole ones; what is then wrong, in words. */
async function cutOffEverywhere(
  leaving: Pop3Leaving,
  step = 1,
  makeStore: (store: MailStore, world: World) => MailStore = (store) => store,
): Promise<string[]> {
  const findings: string[] = [];
  for (let at = 0; ; at += step) {
    const world = await World.open((it) => (it.leaving = leaving));
    const texts = Array.from({ length: 11 }, (_, index) => foreignLetter(`c${index}`));
    world.provider.put(...texts);
    const store = makeStore(world.store, world);
    const { parts, steps } = crashing(world, at, store);
    let crashed = false;
    await world.visit(parts).catch((trouble: unknown) => {
      if (!(trouble instanceof Crash)) throw trouble;
      crashed = true;
    });
    world.provider.beforeCommand = () => {};
    await world.visit({ store });
    world.clock.time += 20 * day;
    await world.visit({ store });
    const found = await world.inbox();
    const lost = texts.filter((text) => !found.includes(text) && !world.provider.letters.some((letter) => letter.text === text)).length;
    const notHere = texts.filter((text) => !found.includes(text)).length;
    const where = steps().at(-1);
    if (lost > 0) findings.push(`${where}: ${lost} lost`);
    else if (notHere > 0) findings.push(`${where}: ${notHere} not here`);
    if (new Set(found).size !== found.length) findings.push(`${where}: ${found.length - new Set(found).size} doubled`);
    const left = leaving.keep === 'forever' ? 11 : 0;
    if (world.provider.letters.length !== left) findings.push(`${where}: ${world.provider.letters.length} left at the provider`);
    if (!crashed) return findings;
  }
}

for (const leaving of [{ keep: 'forever' }, { keep: 'days', days: 14 }, { keep: 'none' }] as const)
  test(`openPop3Collector: cut off at every step, leaving ${leaving.keep}: nothing lost, nothing doubled`, async () => {
    assert.deepEqual(await cutOffEverywhere(leaving, stride(5)), []);
  });

test('control: without the key of a placement, a crash between commit and ledger doubles letters, and the trial finds it', async () => {
  const findings = await cutOffEverywhere({ keep: 'none' }, 1, (store) => {
    const commit: MailStore['commit'] = (work) =>
      store.commit({
        ...work,
        letters: (work.letters ?? []).map((letter) => ({
          ...letter,
          placements: letter.placements.map(({ account, mailbox, flags }) => ({ account, mailbox, flags })),
        })),
      });
    return changed(store, { commit });
  });
  assert.ok(findings.length > 0 && findings.every((words) => words.includes('doubled')), findings.join('\n'));
});

test('control: a store that says "kept" before it is loses letters, and the trial finds it', async () => {
  const findings = await cutOffEverywhere({ keep: 'none' }, 1, (store, world) => {
    // What it acknowledges first never comes about.
    const commit: MailStore['commit'] = async (work) =>
      world.told.length > 0
        ? store.commit(work)
        : { items: [], letters: (work.letters ?? []).map(({ letter }) => ({ letter, resent: false, placed: [] })) };
    return changed(store, { commit });
  });
  assert.ok(
    findings.some((words) => words.includes('lost')),
    findings.join('\n'),
  );
});

test('openPop3Collector: broken off at every octet of a short dialogue: nothing lost, nothing doubled', async () => {
  let length = 1;
  for (let at = 0; at <= length; at += stride(9)) {
    const world = await World.open((it) => (it.leaving = { keep: 'none' }));
    world.provider.capabilities = at % 2 === 0 ? ['PIPELINING', 'USER'] : ['USER'];
    world.provider.put(one, two);
    world.provider.breakAfter = at;
    await world.visit().catch((trouble: unknown) => {
      if (!(trouble instanceof CauseTrouble)) throw trouble;
    });
    world.provider.breakAfter = Infinity;
    await world.visit();
    await world.assertHas([one, two], `broken off after ${at} octets`);
    assert.equal(world.provider.letters.length, 0);
    if (at === 0) {
      const whole = await World.open((it) => (it.leaving = { keep: 'none' }));
      whole.provider.put(one, two);
      await whole.visit();
      length = whole.provider.passed;
    }
  }
  assert.ok(length > 300);
});
