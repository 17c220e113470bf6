// What strangers wrote into letters does not make an answer, nor the work for it, as long as they like.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isShort } from '../../../../test/support/depth.ts';
import { effort } from '../../../../test/support/effort.ts';
import { openMailWorld } from './mail-world-suite.ts';

/** Every spelling of `to`, `subject` … that differs in capitals. */
function spellings(name: string): string[] {
  let all = [''];
  for (const letter of name) all = all.flatMap((text) => [text + letter.toLowerCase(), text + letter.toUpperCase()]);
  return all;
}

test('letters with long headers: so much of them in one answer, and no more', async () => {
  const world = await openMailWorld();
  const line = `X-Long: ${'a'.repeat(900)}\n`;
  for (let number = 0; number < 90; number++) await world.append('INBOX', `Subject: s\n${line.repeat(900)}\n\n`, [], number);
  const ids = Array.from({ length: 90 }, (_, index) => `M${index + 1}`);
  for (const args of [{ properties: ['headers'] }, { properties: ['bodyStructure'], bodyProperties: ['headers'] }]) {
    const [, answer] = await world.call('Email/get', { ids, ...args });
    assert.equal(answer['type'], 'requestTooLarge');
    const some = isShort ? 10 : 40;
    const { list } = await world.ask('Email/get', { ids: ids.slice(0, some), ...args });
    assert.equal((list as unknown as readonly unknown[]).length, some);
  }
});

test('one field under many spellings is read once in each form', async () => {
  const world = await openMailWorld();
  const people = Array.from({ length: 20_000 }, (_, index) => `"Person ${index}" <p${index}@x.example>`).join(',\n ');
  await world.append('INBOX', `Subject: s\nReply-To: ${people}\n\nx\n`, [], 0);
  const names = spellings('replyto').map((name) => `header:${name.slice(0, 5)}-${name.slice(5)}:asAddresses`);
  const askFor = async (properties: readonly string[]) => {
    const before = effort();
    const { list } = await world.ask('Email/get', { ids: ['M1'], properties });
    return { work: effort() - before, list: list as unknown as readonly Record<string, readonly unknown[]>[] };
  };
  // The dearer of some and the cheaper of some: what else the process does meanwhile falls on either.
  const once = [await askFor([names[0]!]), await askFor([names[0]!]), await askFor([names[0]!])];
  assert.equal(once[0]!.list[0]![names[0]!]!.length > 1000, true);
  const all = [await askFor(names), await askFor(names)];
  // Written out as often as it is asked for, but by far not read so often.
  const again = 40;
  const work = Math.max(...once.map((one) => one.work));
  assert.ok(names.length > 2 * again && Math.min(...all.map((one) => one.work)) < again * work, 'as much work as spellings');
  const [, tooMany] = await world.call('Email/get', {
    ids: ['M1'],
    properties: Array.from({ length: 251 }, (_, index) => `header:X-${index}`),
  });
  assert.equal(tooMany['type'], 'requestTooLarge');
});
