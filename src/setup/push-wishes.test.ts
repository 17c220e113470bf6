// Who is called for which letters, from the memory store.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FalseClock } from '../../test/support/clock.ts';
import { bytesFromUtf8 } from '../base/bytes.ts';
import { systemChance } from '../io/clock.ts';
import { contactKind } from '../protocol/jmap/tayori/kept.ts';
import { settingKind } from '../protocol/jmap/tayori/settings-table.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { openPushWishes } from './push-wishes.ts';

async function open(notifications: string | null) {
  const clock = new FalseClock();
  const store = openMemoryStore({ clock, chance: systemChance });
  await store.createAccount(1, [
    { name: 'INBOX', role: 'inbox' },
    { name: 'Junk', role: 'junk' },
  ]);
  const mailboxes = await store.mailboxes(1);
  if (notifications !== null) await store.items.write(1, [{ kind: settingKind, add: { notifications } }]);
  await store.items.write(1, [{ kind: contactKind, add: { name: 'Anna', addresses: [{ email: 'Anna@far.test', label: '' }] } }]);
  const put = async (from: string, flags: readonly string[] = [], into = 'INBOX'): Promise<void> => {
    const spool = store.spool(10_000);
    await spool.add(bytesFromUtf8(`From: ${from}\r\nSubject: x\r\n\r\n`));
    await store.addLetters(
      1,
      [{ spool, mailboxes: mailboxes.filter(({ name }) => name === into).map(({ id }) => id), flags: [...flags] }],
      null,
    );
    spool.discard();
  };
  const wants = openPushWishes(store);
  return { put, clock, ask: () => wants(1, ['A1', 'x']) };
}

test('always, where nothing else is said; never, where nothing is wanted', async () => {
  for (const [said, wanted] of [
    [null, true],
    ['all', true],
    ['none', false],
  ] as const) {
    const { put, ask } = await open(said);
    await put('stranger@free.test');
    assert.equal(await ask(), wanted, String(said));
  }
});

test('for people among the contacts only', async () => {
  const { put, ask } = await open('contacts');
  assert.equal(await ask(), false);
  await put('stranger@free.test');
  await put('"Berg, Anna" <anna@FAR.test>', ['\\Seen']);
  assert.equal(await ask(), false);
  await put('"Berg, Anna" <anna@FAR.test>');
  assert.equal(await ask(), true);
});

test('not for spam with their name on it, nor once more for what came long before', async () => {
  const { put, clock, ask } = await open('contacts');
  await put('"Berg, Anna" <anna@far.test>', [], 'Junk');
  assert.equal(await ask(), false);
  await put('"Berg, Anna" <anna@far.test>');
  await put('stranger@free.test');
  assert.equal(await ask(), true);
  await clock.advance(3_600_000);
  await put('stranger@free.test');
  assert.equal(await ask(), false);
  await clock.advance(3_600_000);
  await put('"Berg, Anna" <anna@far.test>', [], 'Junk');
  assert.equal(await ask(), false);
});
