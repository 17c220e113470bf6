// Collection by POP3: one visit to a maildrop. Sign in, compare the maildrop with the ledger, take home what is new, remove what may go, QUIT.
// Knows the order of a visit and what a crash between two steps leaves; what a letter is called, what is known and what may go stands beside it.
//
//   RETR → commit into the store → row in the ledger → DELE → QUIT, and its yes → note in the ledger
//
// Cut off behind any of these, the next visit goes on: a letter without a row is fetched again and its Placement.key says "placed already";
// a DELE without QUIT has done nothing (RFC 1939 §6); a QUIT without its note shows itself in the next listing.
import type { LineConnection } from '../../protocol/line/connection.ts';
import type { Pop3Client, Pop3Opening } from '../../protocol/pop3/client-contract.ts';
import type { MessageNumber } from '../../protocol/pop3/command.ts';
import type { MaildropListing } from '../../protocol/pop3/listing.ts';
import type { Pop3MaildropRow } from '../../store/ledger-contract.ts';
import type { MailboxState } from '../../store/mailbox-state.ts';
import { CauseTrouble } from '../outside/causes.ts';
import { hideSecret } from '../../base/without-secret.ts';
import type { Collector } from './contract.ts';
import { Pop3Intake, type Wanted } from './pop3-intake.ts';
import { noteRemoved, whatMayGo } from './pop3-leaving.ts';
import { batchOctets, newestFirstAbove, pop3Times, type Pop3CollectorParts } from './pop3-parts.ts';
import { DialogueOver, makePlan, type Plan } from './pop3-plan.ts';
import { pop3Trouble } from './pop3-trouble.ts';

/** `run` makes one visit and settles; the runner waits `pop3Times.interval` between two, or comes at once when asked. */
export function openPop3Collector(parts: Pop3CollectorParts): Collector {
  return { run: (signal) => new Visit(parts, signal).run() };
}

type Ready = Extract<Pop3Opening, { ready: true }>;

class Visit {
  readonly #parts: Pop3CollectorParts;
  readonly #signal: AbortSignal;
  #maildrop: Pop3MaildropRow = { notBefore: 0, adopts: false, distrusted: false, visitedAt: 0 };
  #received = 0;
  /** Letters of the plan that are here now. */
  #settled = 0;

  constructor(parts: Pop3CollectorParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const { row, ledger, connector, clock, log } = this.#parts;
    this.#maildrop = (await ledger.maildrop(row.id)) ?? this.#maildrop;
    // LOGIN-DELAY or IN-USE: whoever comes too early only makes it worse. The clock may have been set back meanwhile.
    const wait = this.#maildrop.notBefore - clock.now();
    if (this.#signal.aborted || (wait > 0 && wait <= 24 * 60 * 60 * 1000)) return;
    const connection = await connector.connect(row.receive, pop3Times.connect);
    const stop = (): void => connection.close();
    this.#signal.addEventListener('abort', stop, { once: true });
    try {
      if (this.#signal.aborted) return;
      await this.#visit(connection);
    } catch (trouble) {
      // Told to stop: the connection was closed under our hands, and everything whole is kept.
      if (this.#signal.aborted && (trouble instanceof DialogueOver || trouble instanceof CauseTrouble)) return;
      if (trouble instanceof DialogueOver) throw pop3Trouble(trouble.failure, row.receive.host);
      throw trouble;
    } finally {
      this.#signal.removeEventListener('abort', stop);
      connection.close();
      log.debug('collection.pop3-visit', { account: row.id, received: this.#received });
    }
  }

  async #visit(connection: LineConnection): Promise<void> {
    const { row, store } = this.#parts;
    const { client, ready } = await this.#signIn(connection);
    const mailbox = (await store.mailboxes(row.id)).find(({ role }) => role === 'inbox')!;
    const inbox = await store.openMailbox(row.id, mailbox.id);
    try {
      const listing = valueOf(await client.listing());
      const plan = await makePlan(this.#parts, client, listing, this.#maildrop);
      await this.#fetch(client, listing, plan, inbox, factsOf(connection, ready, row.receive));
      if (this.#signal.aborted) return;
      const damaged = await this.#remove(client, listing, plan, inbox);
      await this.#finish(plan);
      this.#parts.well({ received: 0, ...remarkOf(await this.#passedOver(plan), damaged) });
    } finally {
      inbox.release();
    }
  }

  async #signIn(connection: LineConnection): Promise<{ readonly client: Pop3Client; readonly ready: Ready }> {
    const { row, keeper, openClient, chance, clock, readReply } = this.#parts;
    const signIn = await keeper.credentialsOf(row.id, 'receive');
    const { host } = row.receive;
    const client = openClient(connection, {
      demand: { use: 'always', serverName: host, verify: 'certificate' },
      signIn,
      chance,
      ...this.#parts.client,
    });
    const opening = await client.begin();
    if (opening.ready) {
      // RFC 2449 §6.5: seconds between two sign-ins.
      const delay = Number(/^\d{1,6}/.exec(opening.capabilities.get('LOGIN-DELAY') ?? '')?.[0] ?? 0);
      if (delay > 0) await this.#put({ notBefore: clock.now() + delay * 1000 });
      return { client, ready: opening };
    }
    const { failure } = opening;
    if (failure.kind === 'reply' && failure.reply.code === 'LOGIN-DELAY')
      await this.#put({ notBefore: clock.now() + pop3Times.loginDelay });
    if (failure.kind === 'reply' && failure.reply.code === 'IN-USE') await this.#put({ notBefore: clock.now() + pop3Times.inUse });
    throw hideSecret(pop3Trouble(failure, host, readReply), signIn.secret);
  }

  async #put(change: Partial<Pop3MaildropRow>): Promise<void> {
    this.#maildrop = { ...this.#maildrop, ...change };
    await this.#parts.ledger.putMaildrop(this.#parts.row.id, this.#maildrop);
  }

  // --- fetching -----------------------------------------------------------------------------------------------------

  async #fetch(
    client: Pop3Client,
    listing: MaildropListing,
    plan: Plan,
    inbox: MailboxState,
    facts: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { row, progress, well, store } = this.#parts;
    const numbers = inOrder(plan);
    if (numbers.length === 0) return;
    // Without room nothing is fetched only to be thrown away.
    store.checkRoom(batchOctets);
    const wanted = (number: MessageNumber): Wanted => ({
      number,
      key: plan.keyOf(number),
      size: listing.sizeOf(number),
      tries: plan.tries.get(number) ?? 0,
    });
    const intake = new Pop3Intake({
      parts: this.#parts,
      inbox,
      known: plan.known,
      facts,
      wanted,
      signal: this.#signal,
      kept: (placed, here) => {
        this.#received += placed;
        this.#settled += here;
        progress({ account: row.id, mailbox: 'INBOX', done: this.#settled, of: numbers.length });
        if (placed > 0) well({ received: placed });
      },
    });
    progress({ account: row.id, mailbox: 'INBOX', done: 0, of: numbers.length });
    try {
      const outcome = await client.retrieve(
        numbers.map((number) => ({ number, size: listing.sizeOf(number) })),
        intake,
      );
      // A letter at which a server breaks off again and again must not stand before all others for ever.
      if (!outcome.ok && intake.inHand !== null && !this.#signal.aborted)
        intake.failed(wanted(intake.inHand), `the connection ended while it was fetched (${outcome.failure.kind})`);
      await intake.flush();
      valueOf(outcome);
    } finally {
      await intake.discard();
    }
  }

  // --- removing -----------------------------------------------------------------------------------------------------

  /** Gives how many letters here are damaged. */
  async #remove(client: Pop3Client, listing: MaildropListing, plan: Plan, inbox: MailboxState): Promise<number> {
    const { log, row } = this.#parts;
    const { numbers, damaged } = await whatMayGo(this.#parts, inbox, numbersOf(listing), plan.keyOf);
    const marked = numbers.length === 0 ? [] : valueOf(await client.remove(numbers));
    const quit = await client.quit();
    if (quit.outcome === 'confirmed') await noteRemoved(this.#parts, marked, plan.keyOf);
    // Nothing is noted: the next listing tells what is still there.
    else if (marked.length > 0) log.info('collection.pop3-quit', { account: row.id, outcome: quit.outcome, marked: marked.length });
    return damaged;
  }

  async #finish(plan: Plan): Promise<void> {
    const { row, ledger, clock } = this.#parts;
    const now = clock.now();
    await ledger.write(row.id, { gone: { ids: plan.vanished, at: now }, forgetBefore: now - pop3Times.forgotten });
    await this.#put({ adopts: false, distrusted: plan.distrusted, visitedAt: now });
  }

  /** Letters that stay at the provider for now: those passed over, and those that failed in this visit. */
  async #passedOver(plan: Plan): Promise<ReadonlyMap<string, number>> {
    const reasons = new Map(plan.passedOver);
    const { row, ledger } = this.#parts;
    const failed = plan.fetch.length === this.#settled ? [] : plan.fetch;
    for (let at = 0; at < failed.length; at += 500)
      for (const one of await ledger.find(row.id, failed.slice(at, at + 500).map(plan.keyOf)))
        if (one !== null && one.keptAt === 0) reasons.set(one.trouble, (reasons.get(one.trouble) ?? 0) + 1);
    return reasons;
  }
}

/**
 * Many new letters: today's mail first, as people look for it and a first fetch may take an hour. Few: in the order in which they came, so that
 * apps that go by the order of the mailbox show it. Letters that have failed before are the last in any case.
 */
function inOrder({ fetch, tries }: Plan): readonly MessageNumber[] {
  const fresh = fetch.filter((number) => !tries.has(number));
  const again = fetch.filter((number) => tries.has(number));
  return [...(fresh.length > newestFirstAbove ? fresh.toReversed() : fresh), ...again];
}

function* numbersOf(listing: MaildropListing): Generator<MessageNumber> {
  for (let number = 1; number <= listing.highest; number++) if (listing.has(number)) yield number;
}

/** @throws DialogueOver. */
function valueOf<Value>(
  outcome: { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly failure: DialogueOver['failure'] },
): Value {
  if (!outcome.ok) throw new DialogueOver(outcome.failure);
  return outcome.value;
}

function factsOf(
  connection: LineConnection,
  { tls }: Ready,
  { host, login }: { readonly host: string; readonly login: string },
): Record<string, string> {
  return {
    peer: host,
    peerAddress: connection.remote.address,
    tls: `${tls.version} ${tls.cipher}`,
    tlsVerified: tls.verified === 'no' ? 'no' : 'yes',
    login,
  };
}

/** For the health card: the account is well, and something stays at the provider. */
function remarkOf(
  passedOver: ReadonlyMap<string, number>,
  damaged: number,
): { readonly remark?: { readonly cause: 'letter-too-large' | 'letter-refused'; readonly words: string } } {
  const reasons = [...passedOver].map(([why, count]) => `${count} × ${why}`);
  if (damaged > 0) reasons.push(`${damaged} × damaged here, the provider's copy stays`);
  if (reasons.length === 0) return {};
  const onlyLarge = damaged === 0 && [...passedOver.keys()].every((why) => why === 'too-large' || why.startsWith('larger than'));
  return { remark: { cause: onlyLarge ? 'letter-too-large' : 'letter-refused', words: reasons.join('; ').slice(0, 500) } };
}
