// The long work of the own capability: an address looked up, an account set up and proven, looked at, given a new secret, received in another
// manner. Each is what the command line does, told step by step. Knows the order; the work itself is elsewhere.
import { Refusal } from '../base/trouble.ts';
import type { AccountId } from '../store/contract.ts';
import type { OutsideAccountRow } from '../store/outside-contract.ts';
import { CauseTrouble } from '../journey/outside/causes.ts';
import type { OutsideSecret } from '../journey/outside/contract.ts';
import { failuresMax } from '../journey/outside/login-budget.ts';
import type { JsonObject } from '../protocol/jmap/contract.ts';
import { formatId } from '../protocol/jmap/ids.ts';
import type { Language, TaskDesk, TaskEnd, TaskHand, TaskWish, WishedSecret, WishedServer } from '../protocol/jmap/tayori/contract.ts';
import { sayNews, saySwitch } from './cli/outside-words.ts';
import { ofShownHost, serversOf } from './cli/outside-servers.ts';
import { cleanAddress } from './discover/clean.ts';
import type { DiscoverParts } from './discover/discover.ts';
import type { Discovery } from './discover/contract.ts';
import { describeSource } from './discover/describe.ts';
import type { Office } from './office.ts';
import { outsidePrivate } from './outside.ts';
import { changeSecret, proveAgain } from './outside-again.ts';
import { checkHealth } from './outside-health.ts';
import { checkKey, setUp, type SetUpProgress, type SetUpServer, type Switch } from './outside-setup.ts';
import { switchReceiving } from './outside-switch.ts';
import { signInByPage } from './outside-sign-in.ts';
import { asRate, takeLookUp } from './own-capability-rate.ts';
import { showDiscovery } from './own-capability-discovery.ts';
import { explain, failureOf, failureOfSetUp, isCause, sayCheckStep, sayProof, told } from './own-capability-words.ts';

export interface TaskParts {
  readonly office: Office;
  /** For tests: what is asked instead of the net's own directories. */
  readonly discovery?: DiscoverParts['options'];
}

export function openTaskDesk(parts: TaskParts): Omit<TaskDesk, 'ready'> {
  const { office } = parts;
  return {
    check(wish, owner) {
      const { accounts, allowance } = office.outside;
      if (wish.kind === 'discovery') {
        // What is no address takes nothing of what may be looked up.
        cleanAddress(wish.address);
        takeLookUp(allowance, owner);
        return;
      }
      if (wish.kind === 'setUp') accounts.checkNew(owner, cleanAddress(wish.address).address);
      else rowOf(office, owner, wish.outsideAccount);
      if (wish.kind !== 'check') checkKey(office);
      if (wish.kind === 'switch' && wish.receive === null) takeLookUp(allowance, owner);
      asRate(() => allowance.check(owner, 'failed-login', wish.kind === 'check' ? 1 : failuresMax));
    },
    run: (wish, owner, language, hand) => run(parts, wish, owner, language, hand),
    explain,
  };
}

/** A person's own, and not at rest. @throws Refusal `nonexistent`, `cannot`. */
export function rowOf({ directory }: Pick<Office, 'directory'>, owner: AccountId, account: AccountId): OutsideAccountRow {
  const row = directory.outsideAccount(account);
  if (row === null || row.owner !== owner) throw new Refusal('nonexistent', 'there is no such account at another provider');
  if (row.closedAt !== null) throw new Refusal('cannot', 'the account rests; bring it back first');
  return row;
}

async function run(parts: TaskParts, wish: TaskWish, owner: AccountId, language: Language, hand: TaskHand): Promise<TaskEnd> {
  const { office } = parts;
  switch (wish.kind) {
    case 'discovery':
      return { result: showDiscovery(await look(parts, wish.address, language, hand), language, office.outside.clients), failure: null };
    case 'setUp':
      return settingUp(parts, wish, owner, language, hand);
    case 'check':
      return checking(office, wish, owner, language, hand);
    case 'password': {
      const row = rowOf(office, owner, wish.outsideAccount);
      // Once signed in somewhere, it is there again; a secret that was let go keeps nobody from it.
      const kept = wish.secret.kind === 'signIn' && row.secret.length > 0 ? office.outside.accounts.secretOf(row) : null;
      const before = kept?.kind === 'oauth2' ? kept.issuer : null;
      const secret = await takeSecret(parts, wish.secret, row.owner, row.address, [row.receive, row.send], language, hand, before);
      const again = await changeSecret(office, row, secret, {
        check: wish.check,
        progress: progressOf(hand, language),
        signal: hand.signal,
      });
      return ended(again.failure, language, changed(row.id, again.switches, language));
    }
    case 'switch': {
      const row = rowOf(office, owner, wish.outsideAccount);
      const receive = wish.receive === null ? await foundServers(parts, row, wish.service, language, hand) : wish.receive.map(asTyped);
      const { leaving, sendHome } = wish;
      const again = await switchReceiving(office, row, { receive, leaving, sendHome }, progressOf(hand, language), hand.signal);
      return ended(again.failure, language, changed(row.id, again.switches, language));
    }
  }
}

function ended(failure: Parameters<typeof failureOfSetUp>[0] | null, language: Language, result: JsonObject): TaskEnd {
  return failure === null ? { result, failure: null } : { result: null, failure: failureOfSetUp(failure, language) };
}

function changed(account: AccountId, switches: readonly Switch[], language: Language): JsonObject {
  return { outsideAccountId: formatId('A', account), switches: switches.map((one) => saySwitch(one, language)) };
}

function progressOf(hand: TaskHand, language: Language): SetUpProgress {
  return (progress) => {
    const step = sayProof(progress, language);
    if (step !== null) hand.step(step);
  };
}

async function look({ office, discovery }: TaskParts, address: string, language: Language, hand: TaskHand): Promise<Discovery> {
  hand.step(
    told({ ja: 'アドレスから、受け取る所と送る所を調べています', en: 'Looking for where this address receives and sends' }[language]),
  );
  const [{ resolver, web, connector }, { discover }, { openProbe }] = await Promise.all([
    office.outside.roads(),
    import('./discover/discover.ts'),
    import('./discover/probe.ts'),
  ]);
  const probe = openProbe({ connector, clock: office.clock, chance: office.chance });
  const options = { anyPort: outsidePrivate(office.settings), ...discovery };
  const found = await discover(address, { resolver, web, probe, options, signal: hand.signal });
  for (const { source, outcome, where } of found.sources)
    if (outcome === 'found') hand.step({ ...told(describeSource(source, language), 'passed'), step: source, words: where ?? '' });
  return found;
}

async function foundServers(parts: TaskParts, row: OutsideAccountRow, service: 'imap' | 'pop3', language: Language, hand: TaskHand) {
  const found = await look(parts, row.address, language, hand);
  const servers = ofShownHost(serversOf(service === 'imap' ? found.imap : found.pop3, null, []));
  if (servers.length === 0) throw new Refusal('cannot', `no server for ${service} was found; it can be typed`);
  return servers;
}

const asServers = (servers: readonly WishedServer[]): readonly SetUpServer[] => servers;
/** A person confirms by name which server hears the secret that is kept. */
const asTyped = (server: WishedServer): SetUpServer => ({ ...server, provenance: { ...server.provenance, host: 'typed' } });

async function settingUp(
  parts: TaskParts,
  wish: Extract<TaskWish, { kind: 'setUp' }>,
  owner: AccountId,
  language: Language,
  hand: TaskHand,
): Promise<TaskEnd> {
  const { office } = parts;
  const { address } = cleanAddress(wish.address);
  const { kind: _kind, secret: wished, receive, send, ...ask } = wish;
  const secret = await takeSecret(parts, wished, owner, address, [...receive, ...send], language, hand);
  const name = ask.name === '' ? (office.directory.accountById(owner)?.name ?? '') : ask.name;
  const servers = { receive: asServers(receive), send: asServers(send) };
  const { saved, failure, switches } = await setUp(
    office,
    { ...ask, ...servers, owner, address, name, secret },
    progressOf(hand, language),
    hand.signal,
  );
  if (saved === null || failure !== null)
    return failure === null
      ? { result: null, failure: explain(new Refusal('expired', 'nothing was saved'), language) }
      : { result: null, failure: failureOfSetUp(failure, language) };
  const person = office.directory.accountById(owner)?.address ?? '';
  return {
    result: { ...changed(saved.id, switches, language), isProven: saved.provenAt !== null, appLogin: `${person}/${saved.address}` },
    failure: null,
  };
}

async function checking(
  office: Office,
  { outsideAccount, letter }: Extract<TaskWish, { kind: 'check' }>,
  owner: AccountId,
  language: Language,
  hand: TaskHand,
): Promise<TaskEnd> {
  const row = rowOf(office, owner, outsideAccount);
  const { health, news } = await checkHealth(office, row, {
    signIn: true,
    progress: (side, step) => {
      if (step.verdict !== 'skipped') hand.step(sayCheckStep(side, step, language));
    },
    signal: hand.signal,
  });
  const sentences = news.map((one) => sayNews(one, row, language).join(language === 'ja' ? '' : ' '));
  if (health.state !== 'good' && isCause(health.cause)) {
    const side = news.find((one) => one.kind === 'new' || one.kind === 'still')?.side ?? 'receive';
    return { result: { news: sentences }, failure: failureOf(health.cause, language, { side, words: health.words, server: row[side] }) };
  }
  if (!letter) return { result: { news: sentences }, failure: null };
  const { failure, switches } = await proveAgain(office, row, progressOf(hand, language), hand.signal);
  return ended(failure, language, { ...changed(row.id, switches, language), news: sentences });
}

/** What one signs in with: as it was typed, or a token that the provider's page leads to. @throws CauseTrouble; Refusal. */
async function takeSecret(
  { office }: TaskParts,
  wished: WishedSecret,
  owner: AccountId,
  address: string,
  servers: readonly { readonly host: string }[],
  language: Language,
  hand: TaskHand,
  before: string | null = null,
): Promise<OutsideSecret> {
  if (wished.kind === 'password') return wished;
  const { tickets } = office.outside;
  const provider = wished.provider ?? before ?? office.outside.clients.ofHost(servers[0]!.host)?.name ?? null;
  if (provider === null) throw new CauseTrouble('client-id-missing', 'no provider with a page of its own has these servers');
  // With a domain the browser comes back to us, and shows what it was given when it went; without one it comes back to this machine.
  const browser = office.settings.domain === null ? null : tickets.newBrowser();
  const ask = { owner, address, provider, servers, loopback: browser === null, browser };
  let ticket: string | null = null;
  try {
    const secret = await signInByPage(
      office,
      ask,
      (url) => {
        if (browser !== null) ticket = tickets.give({ owner, browser, url });
        hand.open(ticket === null ? url : tickets.pathOf(ticket));
        hand.step(told({ ja: 'その会社の画面でサインインしてください', en: "Please sign in at the provider's page" }[language], 'open'));
      },
      hand.signal,
    );
    hand.step(told({ ja: 'サインインできました', en: 'You are signed in' }[language], 'passed'));
    return secret;
  } finally {
    if (ticket !== null) tickets.take(ticket);
    hand.open(null);
  }
}
