import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { ImapFolderRow, ImapLetterRow } from '../../store/ledger-contract.ts';
import { ledgerName, openLedger } from './ledger.ts';

const folder: ImapFolderRow = {
  folder: 1,
  path: 'INBOX',
  mailbox: 3,
  name: 'INBOX',
  role: 'inbox',
  objectId: '',
  uidValidity: 4_294_967_295,
  uidNext: 100,
  modSeq: Number.MAX_SAFE_INTEGER,
  localModSeq: 12,
};
const letter = (uid: number, more: Partial<ImapLetterRow> = {}): ImapLetterRow => ({
  uid,
  localUid: uid + 1000,
  message: uid + 5000,
  flags: '$Work \\Seen',
  size: 2000 + uid,
  receivedAt: 1_700_000_000_000,
  identity: `i${uid}`,
  digest: 'd',
  emailId: '',
  ...more,
});

function inFolder(act: (dir: string) => Promise<void>) {
  return async () => {
    const dir = mkdtempSync(join(tmpdir(), 'tayori-ledger-'));
    try {
      await act(dir);
    } finally {
      rmSync(dir, { recursive: true });
    }
  };
}

test(
  'what was written is there after the file was closed and opened, readable by nobody else',
  inFolder(async (dir) => {
    const first = openLedger(dir);
    await first.imap.putFolder(7, folder);
    await first.imap.write(7, 1, { put: [letter(1), letter(2), letter(3)], row: { ...folder, uidNext: 200 } });
    await first.close();
    const ledger = openLedger(dir);
    assert.deepEqual(await ledger.imap.folders(7), [{ ...folder, uidNext: 200 }]);
    assert.deepEqual(await ledger.imap.letters(7, 1, 2, 10), [letter(2), letter(3)]);
    assert.deepEqual(await ledger.imap.letters(7, 1, 0, 1), [letter(1)]);
    assert.equal(statSync(join(dir, ledgerName)).mode & 0o777, 0o600);
    await ledger.close();
  }),
);

test('rows are found by either UID, by letter and by size, in any number', async () => {
  const ledger = openLedger(':memory:');
  const rows = Array.from({ length: 250 }, (_, at) => letter(at + 1));
  await ledger.imap.write(7, 1, { put: rows });
  await ledger.imap.write(7, 2, { put: [letter(9, { size: 2005, message: 5007 })] });
  const all = rows.map(({ uid }) => uid);
  assert.equal((await ledger.imap.lettersAt(7, 1, [...all, 9999])).length, 250);
  assert.deepEqual(await ledger.imap.lettersOfLocal(7, 1, [1002, 0]), [letter(2)]);
  assert.deepEqual(
    (await ledger.imap.lettersOfMessages(7, [5007])).map(({ folder: at, uid }) => [at, uid]),
    [
      [1, 7],
      [2, 9],
    ],
  );
  assert.deepEqual(
    (await ledger.imap.lettersOfSize(7, [2005])).map(({ folder: at, uid }) => [at, uid]),
    [
      [1, 5],
      [2, 9],
    ],
  );
  const { uids, localUids } = await ledger.imap.pairs(7, 1);
  assert.deepEqual([...uids], all);
  assert.equal(localUids[249], 1250);
  await ledger.close();
});

test('rows go one by one, with their folder, with their account', async () => {
  const ledger = openLedger(':memory:');
  for (const account of [7, 8]) {
    await ledger.imap.putFolder(account, folder);
    await ledger.imap.write(account, 1, { put: [letter(1), letter(2)] });
  }
  await ledger.imap.write(7, 1, { remove: [1], put: [letter(2, { flags: '' })] });
  assert.deepEqual(await ledger.imap.letters(7, 1, 0, 10), [letter(2, { flags: '' })]);
  await ledger.imap.putPending(7, [
    { folder: 1, message: 5, attempts: 1 },
    { folder: 1, message: 6, attempts: 2 },
  ]);
  await ledger.imap.putPending(7, [{ folder: 1, message: 5, attempts: 0 }]);
  assert.deepEqual(await ledger.imap.pending(7), [{ folder: 1, message: 6, attempts: 2 }]);
  await ledger.imap.removeFolder(7, 1);
  assert.deepEqual(await ledger.imap.pending(7), []);
  assert.deepEqual([await ledger.imap.folders(7), await ledger.imap.letters(7, 1, 0, 10)], [[], []]);
  assert.deepEqual(await ledger.accounts(), [8]);
  await ledger.removeAccount(8);
  assert.deepEqual(await ledger.accounts(), []);
  await ledger.close();
});

test('the number of a folder that is gone is never given again, not even to an account that begins anew', async () => {
  const ledger = openLedger(':memory:');
  const given: number[] = [];
  for (let round = 0; round < 3; round++) {
    const number = await ledger.imap.newFolder(7);
    given.push(number);
    await ledger.imap.putFolder(7, { ...folder, folder: number });
    await ledger.imap.removeFolder(7, number);
    given.push(await ledger.imap.newFolder(7));
    await ledger.removeAccount(7);
  }
  assert.equal(new Set(given).size, 6);
  assert.equal(await ledger.imap.newFolder(8), 1, 'each account counts for itself');
  await ledger.close();
});

test('letters are found by the name that the provider gives them', async () => {
  const ledger = openLedger(':memory:');
  await ledger.imap.write(7, 1, { put: [letter(1, { emailId: '18446744073709551615' }), letter(2)] });
  await ledger.imap.write(7, 2, { put: [letter(5, { emailId: '18446744073709551615' })] });
  const found = await ledger.imap.lettersOfEmails(7, ['18446744073709551615', '', '4']);
  assert.deepEqual(
    found.map(({ folder: at, uid }) => [at, uid]),
    [
      [1, 1],
      [2, 5],
    ],
  );
  await ledger.close();
});

test(
  'a file of the form before: its rows stay, and new folders get numbers far above all that were given',
  inFolder(async (dir) => {
    const first = openLedger(dir);
    await first.imap.putFolder(7, { ...folder, folder: 4 });
    await first.imap.write(7, 4, { put: [letter(1)] });
    await first.close();
    const db = new DatabaseSync(join(dir, ledgerName));
    db.exec(`drop table imap_folder_number; drop index imap_letter_email; alter table imap_letter drop column email_id;
      pragma user_version = 2`);
    db.close();
    const ledger = openLedger(dir);
    assert.deepEqual(await ledger.imap.letters(7, 4, 0, 10), [letter(1)]);
    assert.ok((await ledger.imap.newFolder(7)) > 10_000);
    await ledger.close();
  }),
);

test(
  'a file of a newer form is refused and left alone',
  inFolder(async (dir) => {
    await openLedger(dir).close();
    const db = new DatabaseSync(join(dir, ledgerName));
    db.exec('pragma user_version = 99');
    db.close();
    assert.throws(() => openLedger(dir), /newer Tayori/);
  }),
);
