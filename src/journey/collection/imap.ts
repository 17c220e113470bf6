// Collection by IMAP: keeps an account equal with its provider while it is connected. Knows when a round is due: at the beginning, when the
// provider tells of something in the inbox (IDLE), when something changed here, and now and then for all other folders.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { MailboxId, MailStore } from '../../store/contract.ts';
import type { CollectionLedger } from '../../store/ledger-contract.ts';
import type { Collector, CollectorParts } from './contract.ts';
import { isQuiet } from './imap-look.ts';
import { newMemory, SyncStopped, type SyncParts } from './imap-parts.ts';
import { syncRound, type RoundAsk } from './imap-round.ts';
import type { OpenShelf } from './remote-shelf.ts';

export interface ImapCollectorParts extends Pick<CollectorParts, 'progress' | 'well'> {
  readonly account: number;
  readonly openShelf: OpenShelf;
  readonly store: MailStore;
  readonly ledger: CollectionLedger;
  readonly clock: Clock;
  readonly log: Log;
  readonly letterLimit: number;
  /** See SyncParts. */
  readonly sort?: NonNullable<SyncParts['sort']>;
}

/** Folders other than the inbox are asked about this often; more folders, less often. */
const pollMs = 120_000;
const pollManyMs = 600_000;
const many = 60;
/** Rounds that follow at once: more are a provider that changes by itself. */
const roundsMax = 200;
/** After the signal: a command in hand may end. */
const farewellMs = 2500;

export function openImapCollector(parts: ImapCollectorParts): Collector {
  return { run: (signal) => run(parts, signal) };
}

async function run(parts: ImapCollectorParts, signal: AbortSignal): Promise<void> {
  const { account, store, clock } = parts;
  const shelf = await parts.openShelf();
  const cancels: (() => void)[] = [];
  const heardHere = new Set<MailboxId>();
  let waking = new AbortController();
  const stop = () => {
    waking.abort();
    cancels.push(clock.after(farewellMs, () => shelf.close()));
  };
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  cancels.push(
    store.subscribe(account, ({ mailboxes }) => {
      for (const mailbox of mailboxes) heardHere.add(mailbox);
      waking.abort();
    }),
  );
  let received = 0;
  const sync: SyncParts = {
    ...parts,
    ledger: parts.ledger.imap,
    home: parts.ledger.home,
    secret: parts.ledger.secret,
    shelf,
    signal,
    memory: newMemory(),
    received: (count) => {
      received += count;
      parts.well({ received: count });
    },
  };
  try {
    let ask: RoundAsk = { whole: true, heardThere: new Set(), heardHere: new Set() };
    let polledAt = clock.monotonic();
    for (let rounds = 0; !signal.aborted;) {
      waking = new AbortController();
      if (ask.whole) polledAt = clock.monotonic();
      const again = await syncRound(sync, ask);
      if (again && ++rounds < roundsMax) {
        ask = { whole: true, heardThere: new Set(), heardHere: take(heardHere) };
        continue;
      }
      rounds = 0;
      sync.memory.taken = 0;
      parts.progress(null);
      if (heardHere.size === 0) parts.well({ received: 0 });
      ask = await nextAsk(sync, heardHere, () => waking.signal, polledAt);
    }
  } catch (trouble) {
    if (signal.aborted) return;
    throw trouble;
  } finally {
    signal.removeEventListener('abort', stop);
    for (const cancel of cancels) cancel();
    await shelf.end();
  }
  if (!signal.aborted) throw new SyncStopped();
}

function take<T>(set: Set<T>): Set<T> {
  const taken = new Set(set);
  set.clear();
  return taken;
}

/** Waits until something is due, and tells what. */
async function nextAsk(sync: SyncParts, heardHere: Set<MailboxId>, waking: () => AbortSignal, polledAt: number): Promise<RoundAsk> {
  const { shelf, ledger, account, clock } = sync;
  const rows = await ledger.folders(account);
  const inbox = rows.find(({ role }) => role === 'inbox');
  const known = new Set(rows.map(({ mailbox }) => mailbox));
  // One that has no folder there yet gets it in a whole round: a letter that was put into it is not to wait for the next look at everything.
  const hereOnly = (): RoundAsk => ({
    whole: [...heardHere].some((mailbox) => !known.has(mailbox) && !sync.memory.unwanted.has(mailbox)),
    heardThere: new Set(),
    heardHere: take(heardHere),
  });
  if (heardHere.size > 0 || inbox === undefined) return hereOnly();
  const inboxHeard: RoundAsk = { whole: false, heardThere: new Set([inbox.path]), heardHere: new Set() };
  // What came while another folder was open is not told by IDLE.
  const opened = await shelf.open(inbox.path);
  if (!isQuiet(sync, inbox, { ...opened, messages: shelf.exists })) return inboxHeard;
  const due = polledAt + (rows.length > many ? pollManyMs : pollMs);
  const left = due - clock.monotonic();
  if (left <= 0) return { whole: true, heardThere: new Set(), heardHere: take(heardHere) };
  await shelf.wait(waking(), left);
  if (shelf.takeHeard()) return { ...inboxHeard, heardHere: take(heardHere) };
  if (heardHere.size > 0) return hereOnly();
  return { whole: clock.monotonic() >= due, heardThere: new Set(), heardHere: new Set() };
}
