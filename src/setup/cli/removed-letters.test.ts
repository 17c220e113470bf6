// An owner's removed letters are listed and brought back by the command line.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesFromLatin1 } from '../../base/bytes.ts';
import { silentLog } from '../../base/log.ts';
import { silentMeter } from '../../base/meter.ts';
import { systemChance, systemClock } from '../../io/clock.ts';
import { openEmbeddedStore } from '../../io/store/embedded.ts';
import { run } from './run.ts';
import type { Terminal } from './terminal.ts';

/** Puts letters into INBOX and removes them. */
async function removeLetters(dir: string, subjects: readonly string[]): Promise<void> {
  const room = { minFree: 0, minFreeShare: 0, ballast: 0 };
  const plain = { clock: systemClock, chance: systemChance, log: silentLog, meter: silentMeter };
  const store = await openEmbeddedStore({ dir, shards: 1, threads: false, room, ...plain });
  const inbox = (await store.mailboxes(1)).find(({ name }) => name === 'INBOX')!.id;
  for (const subject of subjects) {
    const spool = store.spool(1 << 20);
    await spool.add(bytesFromLatin1(`From: Ben <ben@far.test>\r\nSubject: ${subject}\r\n\r\n${subject}\r\n`));
    await store.append(1, inbox, [{ spool, flags: [] }], null);
  }
  await store.expunge(1, inbox, null, false);
  await store.close();
}

test('removed letters are listed, and come back by number, by mailbox, or all', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tayori-removed-'));
  const tayori = async (line: string): Promise<{ code: number; out: string; err: string }> => {
    const [out, err]: [string[], string[]] = [[], []];
    const terminal: Terminal = {
      interactive: false,
      colours: false,
      out: (text = '') => void out.push(text),
      err: (text) => void err.push(text),
      secret: async () => '',
      progress() {},
      settle() {},
    };
    const code = await run(line.split(' '), { environment: {}, folder, terminal });
    return { code, out: out.join('\n'), err: err.join('\n') };
  };
  const lettersOf = async (): Promise<number> =>
    (JSON.parse((await tayori('account list --json')).out) as { accounts: { letters: number }[] }).accounts[0]!.letters;
  try {
    await tayori('domain add a.example');
    await tayori('account add hanako@a.example --generate');
    assert.equal((await tayori('account removed-letters list hanako')).out, 'No removed letters rest here.');
    await removeLetters(join(folder, 'data'), ['one', 'two', 'three', 'four']);
    const { out } = await tayori('account removed-letters list hanako --limit 3');
    assert.match(
      out,
      /^number +removed +mailbox +size +from +subject\n4 .* INBOX .*ben@far\.test.* four\n3 .* three\n2 .* two\n1 more rest/m,
    );
    assert.equal((await tayori('account removed-letters restore hanako 2')).out, '1 letter is back for hanako@a.example.');
    assert.equal(await lettersOf(), 1);
    const again = await tayori('account removed-letters restore hanako 2');
    assert.deepEqual([again.code, again.err], [1, 'tayori: no removed letter of hanako@a.example has the number 2']);
    const none = await tayori('account removed-letters restore hanako');
    assert.equal(none.code, 2);
    assert.match(none.err, /by --mailbox, --days or --all/);
    const elsewhere = await tayori('account removed-letters restore hanako --mailbox Work');
    assert.equal(elsewhere.out, 'Nothing was to come back for hanako@a.example.');
    const rest = await tayori('account removed-letters restore hanako --mailbox inbox --days 1 --json');
    assert.deepEqual(JSON.parse(rest.out), { address: 'hanako@a.example', restored: 3 });
    assert.equal(await lettersOf(), 4);
    assert.equal((await tayori('account removed-letters list nobody')).code, 1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
