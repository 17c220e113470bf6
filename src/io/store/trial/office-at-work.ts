// A program for the crash tests: opens a store, does a little of everything, and writes each attempt and each answer to its standard
// output as it happens, so that whoever killed it knows what was promised. Knows the store's contract; is no part of the server.
// Arguments: directory, shards, how many rounds of work; `hold` instead of rounds: open the store and wait.
import { bytesFromLatin1, noBytes } from '../../../base/bytes.ts';
import type { MailboxId } from '../../../store/contract.ts';
import type { EmbeddedStore } from '../embedded.ts';
import { openTrialStore, say } from './at-work.ts';
import { trialLetter } from './ledger.ts';

const [dir = '', shards = '1', rounds = '1'] = process.argv.slice(2);

const store = await openTrialStore(dir, Number(shards));

async function spoolOf(octets: Uint8Array): Promise<ReturnType<EmbeddedStore['spool']>> {
  const spool = store.spool(1 << 24);
  for (let at = 0; at < octets.length; at += 65_536) await spool.add(octets.subarray(at, at + 65_536));
  return spool;
}

/** A letter for two accounts and a recipient elsewhere. */
async function deliver(id: string, size: number): Promise<void> {
  const spool = await spoolOf(trialLetter(id, size));
  say('TRY', id, size);
  const { letters } = await store.commit({
    letters: [
      {
        letter: id,
        prefix: noBytes(),
        spool,
        receivedAt: Date.now(),
        reversePath: 'ada@example.test',
        placements: [1, 2].map((account) => ({ account, mailbox: 'inbox' as const, flags: [], key: `key-${id}` })),
        queue: [{ recipient: 'x@far.test', domain: 'far.test', dueAt: 0, expiresAt: 9e12, notify: [], originalRecipient: null }],
      },
    ],
    events: [
      {
        letter: id,
        at: Date.now(),
        station: 'reception',
        result: 'done',
        recipient: 'x@far.test',
        account: null,
        facts: { from: 'a@b.test' },
      },
    ],
  });
  say('ACK', id, ...letters[0]!.placed.map(({ account, uid }) => `${account}=${uid}`));
}

async function boxOf(name: string): Promise<MailboxId> {
  return (await store.mailboxes(1)).find((box) => box.name === name)!.id;
}

/** Work beside the ledger: letters come, are flagged, copied, moved, expunged, forgotten. */
async function bustle(round: number): Promise<void> {
  const work = await boxOf('Work');
  const spools = await Promise.all(
    [1, 2, 3, 4, 5, 6].map((number) => spoolOf(bytesFromLatin1(`Subject: ${round}.${number}\r\n\r\n${'x'.repeat(9000)}\r\n`))),
  );
  const { uids } = await store.append(
    1,
    work,
    spools.map((spool) => ({ spool, flags: ['Kw'] })),
    null,
  );
  await store.setFlags(1, work, uids, { how: 'add', flags: ['\\Seen', '\\Deleted'] });
  await store.copy(1, work, uids.slice(0, 1), await boxOf('Kept'), { move: round % 2 === 0, quota: null });
  await store.expunge(1, work, null, true);
  await revise(work, await boxOf('Kept'), round);
  const rows = await store.queue.take(Date.now(), 60_000, 2, []);
  await store.commit({ queue: rows.map(({ id, leaseEpoch }) => ({ id, leaseEpoch, done: 'delivered' as const })) });
  await store.upkeep();
}

/** Letters added, changed and destroyed as wholes: where they lie is known from an open shelf, or has to be found out. */
async function revise(work: MailboxId, kept: MailboxId, round: number): Promise<void> {
  const shelf = round % 2 === 0 ? await store.openShelf(1) : null;
  const letters = await Promise.all(
    [1, 2, 3].map(async (number) => ({
      spool: await spoolOf(bytesFromLatin1(`Subject: ${round}.r${number}\r\n\r\n${'y'.repeat(900)}\r\n`)),
      mailboxes: [work, kept],
      flags: ['\\Seen'],
    })),
  );
  const { messages } = await store.addLetters(1, letters, null);
  const [one, two, three] = messages.map(({ message }) => message) as [number, number, number];
  await store.revise(
    1,
    [
      { message: three, destroy: true },
      { message: one, mailboxes: { set: [kept] }, flags: { how: 'replace', flags: ['Kw'] } },
      { message: two, destroy: true },
    ],
    null,
  );
  await store.reviseMailbox(1, kept, { sortOrder: round });
  shelf?.release();
}

/** An item, changed by who knows how it was, and octets that an app hands in: a small piece and a large one. */
async function note(round: number): Promise<void> {
  const first = `${process.pid} ${round}`;
  say('TRYITEM', first);
  const { ids, modSeq } = await store.items.write(1, [
    { kind: 'trial', add: first, dueAt: round },
    { kind: 'waste', add: first },
  ]);
  say('ITEM', ids[0]!, first);
  await store.items.write(1, [{ kind: 'waste', id: ids[1]!, remove: true, ifModSeq: modSeq }]);
  const octets = trialLetter(`u${process.pid}r${round}`, round % 2 === 0 ? 2000 : 1_200_000);
  const upload = await store.uploads.add(2, await spoolOf(octets), 'text/plain');
  say('UPLOAD', upload.id, upload.sha256);
  const spare = await store.uploads.add(2, await spoolOf(octets), 'text/plain');
  await store.uploads.remove(2, spare.id);
}

if (rounds === 'hold') {
  say('HELD');
  setInterval(() => {}, 1000);
} else {
  for (const account of [1, 2]) await store.createAccount(account, []);
  const there = new Set((await store.mailboxes(1)).map(({ name }) => name));
  for (const name of ['Work', 'Kept']) if (!there.has(name)) await store.createMailbox(1, name, null);
  say('READY');
  for (let round = 0; round < Number(rounds); round++) {
    const ids = Array.from({ length: 6 }, (_, index) => `t${process.pid}r${round}n${index}`);
    await Promise.all([...ids.map((id, index) => deliver(id, index === 5 && round % 4 === 1 ? 1_500_000 : 3000 + index)), bustle(round)]);
    // By itself: the control that answers too early does so only where letters alone are written.
    await note(round);
  }
  await store.close();
  say('END');
}
