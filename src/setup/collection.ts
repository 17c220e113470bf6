// The road in from accounts at other providers: collectors by IMAP and POP3, ledger, sign-in and runner joined. Knows the parts; knows no rule of
// theirs. Protocols are loaded with the first account: who has none pays nothing.
import { once } from '../base/once.ts';
import type { OpenCollector } from '../journey/collection/contract.ts';
import type { CollectedAccounts, CollectionRunner } from '../journey/collection/runner.ts';
import { isAtRest } from '../journey/outside/accounts.ts';
import type { OutsideAccountRow } from '../store/outside-contract.ts';
import type { Arrivals } from '../journey/arrival/contract.ts';
import type { Office } from './office.ts';

export interface Collection {
  /** Null as long as nobody has an account at another provider. */
  readonly runner: () => CollectionRunner | null;
  /** Settles when what is on its way has been written down, or after a few seconds. */
  close(): Promise<void>;
}

const farewellMs = 4_000;

/** Starts fetching, now or with the first account. */
export function startCollection(office: Office, arrivals: Pick<Arrivals, 'sort'>): Collection {
  const { directory, clock, log } = office;
  let runner: CollectionRunner | null = null;
  let joining: Promise<void> | null = null;
  let closed = false;
  const look = () => {
    if (joining !== null || closed || directory.outsideAccounts().length === 0) return;
    joining = joinCollection(office, held, arrivals).then(
      (joined) => {
        if (closed) return;
        runner = joined;
        runner.start();
      },
      (trouble: unknown) => {
        // Tried again when the next change is heard of.
        joining = null;
        log.error('collection cannot begin', {}, trouble);
      },
    );
  };
  const stopHearing = directory.onChange(look);
  // Others that rest after a no are left alone: each try more is one step to a locked account.
  const hurry = (account: OutsideAccountRow['id'] | null) => (account === null ? undefined : runner?.retry(account));
  office.hurries.add(hurry);
  const held = new Held();
  const quiet = async (account: OutsideAccountRow['id']) => {
    const letGo = held.hold(account);
    await joining;
    await runner?.quiet(account);
    return letGo;
  };
  office.quiets.add(quiet);
  look();
  return {
    runner: () => runner,
    async close() {
      closed = true;
      stopHearing();
      office.hurries.delete(hurry);
      office.quiets.delete(quiet);
      const { promise: tooLong, resolve } = Promise.withResolvers<void>();
      const cancel = clock.after(farewellMs, resolve);
      await Promise.race([(joining ?? Promise.resolve()).then(() => runner?.stop()), tooLong]);
      cancel();
    },
  };
}

async function joinCollection(office: Office, held: Held, arrivals: Pick<Arrivals, 'sort'>): Promise<CollectionRunner> {
  const { clock, chance, log, directory } = office;
  const [{ CollectionRunner }, open] = await Promise.all([import('../journey/collection/runner.ts'), joinCollectors(office, arrivals)]);
  const ledger = office.ledger();
  return new CollectionRunner({
    accounts: collectedAccounts(office, held),
    open,
    clock,
    chance,
    log,
    async forgetOthers() {
      const known = new Set(directory.outsideAccounts().map(({ id }) => id));
      for (const account of await ledger.accounts()) if (!known.has(account)) await ledger.removeAccount(account);
    },
  });
}

/** Accounts that are not fetched for a moment, because somebody works on what is known of their letters. */
class Held {
  readonly #counts = new Map<OutsideAccountRow['id'], number>();
  readonly #hearers = new Set<() => void>();

  has(account: OutsideAccountRow['id']): boolean {
    return this.#counts.has(account);
  }

  /** Returns the way to let it go. */
  hold(account: OutsideAccountRow['id']): () => void {
    this.#counts.set(account, (this.#counts.get(account) ?? 0) + 1);
    return () => {
      const left = this.#counts.get(account)! - 1;
      if (left > 0) this.#counts.set(account, left);
      else this.#counts.delete(account);
      for (const heard of this.#hearers) heard();
    };
  }

  onChange(heard: () => void): () => void {
    this.#hearers.add(heard);
    return () => this.#hearers.delete(heard);
  }
}

function collectedAccounts({ directory }: Office, held: Held): CollectedAccounts {
  return {
    list: () => directory.outsideAccounts().filter((row) => !row.paused && !held.has(row.id) && !isAtRest(row, directory)),
    find: (account) => directory.outsideAccount(account),
    onChange(heard) {
      const stops = [directory.onChange(heard), held.onChange(heard)];
      return () => stops.forEach((stop) => stop());
    },
    noteHealth: (account, health) => directory.noteOutsideHealth(account, health),
  };
}

async function joinCollectors(office: Office, arrivals: Pick<Arrivals, 'sort'>): Promise<OpenCollector> {
  const { store, clock, chance, log, settings } = office;
  const [roads, { causeOfReply }] = await Promise.all([office.outside.roads(), import('../journey/outside/replies.ts')]);
  const ledger = office.ledger();
  const { connector, keeper } = roads;
  const letterLimit = settings.letterLimit;
  const sort: Arrivals['sort'] = (account, messages) => arrivals.sort(account, messages);
  const opens: Readonly<Record<OutsideAccountRow['receive']['service'], () => Promise<OpenCollector>>> = {
    imap: once(async () => {
      const [{ openImapCollector }, { connectShelf, imapTrouble }] = await Promise.all([
        import('../journey/collection/imap.ts'),
        import('../journey/collection/imap-connect.ts'),
      ]);
      const readReply: Parameters<typeof imapTrouble>[2] = ({ phase, code, responseCode, text }) =>
        causeOfReply({ service: 'imap', phase: replyPhases[phase], code, enhanced: null, responseCode, text });
      return (parts) => {
        const { row } = parts;
        const collector = openImapCollector({
          ...parts,
          account: row.id,
          openShelf: () => connectShelf({ connector, keeper, readReply, clock, chance }, row),
          store,
          ledger,
          clock,
          log,
          letterLimit,
          sort,
        });
        return {
          run: (signal) =>
            collector.run(signal).catch((trouble: unknown) => {
              throw imapTrouble(trouble, row.receive.host, readReply);
            }),
        };
      };
    }),
    pop3: once(async () => {
      const [{ openPop3Collector }, { openPop3Client }] = await Promise.all([
        import('../journey/collection/pop3.ts'),
        import('../protocol/pop3/client.ts'),
      ]);
      const readReply = ({ code, text }: { readonly code: string | null; readonly text: string }, phase: 'greeting' | 'sign-in') =>
        causeOfReply({
          service: 'pop3',
          phase: phase === 'greeting' ? 'greeting' : 'login',
          code: '-ERR',
          enhanced: null,
          responseCode: code,
          text,
        });
      return (parts) =>
        openPop3Collector({
          ...parts,
          store,
          ledger: ledger.pop3,
          connector,
          keeper,
          openClient: openPop3Client,
          clock,
          chance,
          log,
          letterMax: letterLimit,
          readReply,
          sort,
        });
    }),
  };
  return (parts) => ({
    async run(signal) {
      const open = await opens[parts.row.receive.service]();
      await open(parts).run(signal);
    },
  });
}

/** How far the dialogue was, in the words of those who read replies. */
const replyPhases = { greeting: 'greeting', starttls: 'starttls', auth: 'login', command: 'use' } as const;
