import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Pop3LetterRow } from '../../store/ledger-contract.ts';
import { openLedger } from './ledger.ts';

const letter = (key: string, more: Partial<Pop3LetterRow> = {}): Pop3LetterRow => ({
  key,
  size: 100,
  header: 'h',
  digest: 'd',
  message: 7,
  localUid: 8,
  keptAt: 1_700_000_000_000,
  goneAt: 0,
  tries: 0,
  triedAt: 0,
  trouble: '',
  ...more,
});

test('openLedger, POP3: rows of accounts apart, found by key and by id, and there after a new start', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tayori-ledger-'));
  try {
    let ledger = openLedger(dir);
    assert.equal(await ledger.pop3.maildrop(1), null);
    await ledger.pop3.putMaildrop(1, { notBefore: 5, adopts: true, distrusted: false, visitedAt: 0 });
    await ledger.pop3.write(1, { put: [letter('u:a'), letter('u:b', { size: 200, message: 9 })] });
    await ledger.pop3.write(2, { put: [letter('u:a', { size: 300 })] });
    await ledger.close();
    ledger = openLedger(dir);
    assert.deepEqual(await ledger.pop3.maildrop(1), { notBefore: 5, adopts: true, distrusted: false, visitedAt: 0 });
    const [a, none, b] = await ledger.pop3.find(1, ['u:a', 'u:c', 'u:b']);
    assert.deepEqual([{ ...a }, none], [{ ...letter('u:a'), id: a!.id }, null]);
    assert.deepEqual(await ledger.pop3.at(1, [b!.id, a!.id, 999]), [b, a]);
    assert.deepEqual(await ledger.pop3.at(2, [a!.id]), []);
    assert.deepEqual([...(await ledger.pop3.messages(1))], [7, 9]);
    const rows = await ledger.pop3.rows(1);
    assert.deepEqual(
      [[...rows.ids], [...rows.sizes], [...rows.gone]],
      [
        [a!.id, b!.id],
        [100, 200],
        [0, 0],
      ],
    );
    assert.deepEqual(await ledger.accounts(), [1, 2]);
    await ledger.removeAccount(1);
    assert.deepEqual(await ledger.pop3.find(1, ['u:a']), [null]);
    assert.equal(await ledger.pop3.maildrop(1), null);
    assert.equal((await ledger.pop3.find(2, ['u:a']))[0]!.size, 300);
    await ledger.close();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('Pop3Ledger.write: gone rows are marked, let go when it is time, and removed by key', async () => {
  const { pop3, close } = openLedger(':memory:');
  await pop3.write(1, { put: ['u:a', 'u:b', 'u:c', 'u:d'].map((key) => letter(key)) });
  const { ids } = await pop3.rows(1);
  await pop3.write(1, { gone: { ids: [ids[0]!], at: 10 } });
  await pop3.write(1, { gone: { ids: [ids[1]!], at: 20 }, remove: [ids[3]!], forgetBefore: 20 });
  const found = await pop3.find(1, ['u:a', 'u:b', 'u:c', 'u:d']);
  assert.deepEqual(
    found.map((row) => row?.goneAt ?? null),
    [null, 20, 0, null],
  );
  assert.deepEqual([...(await pop3.rows(1)).gone], [1, 0]);
  // Written anew: another id, so that who still holds the old one does not speak of the new row.
  await pop3.write(1, { put: [letter('u:c', { tries: 2, trouble: 'x' })] });
  assert.notEqual((await pop3.find(1, ['u:c']))[0]!.id, ids[2]);
  await close();
});

test('openLedger: letters that stay here are remembered once, by account', async () => {
  const { home, removeAccount, close } = openLedger(':memory:');
  await home.add(1, [3, 4], true);
  await home.add(1, [4, 5], true);
  await home.add(2, [9], false);
  assert.deepEqual([...(await home.messages(1))], [3, 4, 5]);
  assert.deepEqual([[...(await home.messages(2))], [...(await home.before(2))]], [[], [9]]);
  await home.clear(1);
  assert.equal((await home.messages(1)).size, 0);
  await removeAccount(2);
  assert.equal((await home.before(2)).size, 0);
  await close();
});
