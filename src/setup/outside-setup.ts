// Setting an account at another provider up: each direction checked live with the login, a letter to oneself, and only then saved, with
// where each value came from. Knows the order and what a failure of one server means for the next; the checks are journey/outside's.
import { Refusal } from '../base/trouble.ts';
import type { AccountId } from '../store/contract.ts';
import type { OutsideAccountRow, OutsideServer, Pop3Leaving, TlsException } from '../store/outside-contract.ts';
import { firstMailboxes } from '../journey/account/people.ts';
import { CauseTrouble, type Cause } from '../journey/outside/causes.ts';
import type { CheckedServer, CheckParts, CheckStep, ServerCheck } from '../journey/outside/check-contract.ts';
import { checkServer } from '../journey/outside/check.ts';
import { checkWithDoctor } from '../journey/outside/check-with-doctor.ts';
import type { OutsideSecret } from '../journey/outside/contract.ts';
import { failuresMax, LoginBudget } from '../journey/outside/login-budget.ts';
import { wellKnownPage, type DoctorParts } from '../journey/outside/network-doctor.ts';
import { checkAudience } from '../journey/outside/oauth.ts';
import { checkBothSides, proveAccount, type ProofProgress, type ProofWish, type Way } from '../journey/outside/proof.ts';
import type { Office } from './office.ts';
import { checkPatienceMs, hostNameOf } from './outside.ts';

/** One server that may be the right one. */
export interface SetUpServer {
  readonly service: 'imap' | 'pop3' | 'smtp';
  readonly host: string;
  readonly port: number;
  readonly security: 'tls' | 'starttls';
  /** One form of the login name or two, the likelier first. */
  readonly logins: readonly string[];
  readonly exceptions: readonly TlsException[];
  /** `host`, `port`, `login` … and where each came from. */
  readonly provenance: Readonly<Record<string, string>>;
}

/** Travels as JSON. */
export interface SetUpAsk {
  readonly owner: AccountId;
  readonly address: string;
  readonly name: string;
  readonly provider: string | null;
  /** Best first; all of one service. */
  readonly receive: readonly SetUpServer[];
  readonly send: readonly SetUpServer[];
  readonly secret: OutsideSecret;
  readonly leaving: Pop3Leaving;
  readonly sentCopy: 'provider' | 'here';
  /** False: no letter to oneself. Nothing is sent from the address then until it is proven. */
  readonly proof: boolean;
}

export type Side = 'receive' | 'send' | 'letter';

/** A server that is used at another port than was looked up or typed, and why. */
export interface Switch {
  readonly side: 'receive' | 'send';
  readonly host: string;
  readonly from: number;
  readonly to: number;
  readonly cause: Cause;
}

export interface SetUpResult {
  /** Null: nothing was saved. */
  readonly saved: OutsideAccountRow | null;
  readonly receive: ServerCheck | null;
  readonly send: ServerCheck | null;
  /** The letter to oneself; null when it was not asked for, or something before it failed. */
  readonly letter: CheckStep | null;
  readonly switches: readonly Switch[];
  readonly failure: {
    readonly side: Side;
    readonly cause: Cause;
    readonly words: string;
    readonly server: Pick<SetUpServer, 'host' | 'port'>;
    /** What a person would have to allow for this server alone, when that is all that stands in the way. */
    readonly needs: readonly TlsException[];
  } | null;
}

export type SetUpProgress = (told: ProofProgress) => void;

type Both = { readonly receive: SetUpServer; readonly send: SetUpServer };

/** Servers of one direction that are tried at most. */
const serversMax = 6;

/** @throws Refusal `already-exists`, `limit`, `cannot`; CauseTrouble `key-missing`. What servers do is told in the result. */
export async function setUp(office: Office, ask: SetUpAsk, progress: SetUpProgress, signal: AbortSignal): Promise<SetUpResult> {
  const { accounts } = office.outside;
  accounts.checkNew(ask.owner, ask.address);
  checkKey(office);
  const there = office.directory.outsideAccountByAddress(ask.owner, ask.address);
  if (ask.receive.length === 0 || ask.send.length === 0) throw new Refusal('cannot', 'a server to receive and one to send are needed');
  const proof = await proveSides(office, ask, progress, signal);
  const { servers, ...told } = proof;
  const { receive, send } = told;
  if (told.failure !== null) return { saved: null, ...told };
  signal.throwIfAborted();
  const [receiving, sending] = [asServer(servers.receive, receive!, ask.secret), asServer(servers.send, send!, ask.secret)];
  if (there !== null) await carryOver(office, there, receiving as OutsideAccountRow['receive']);
  const saved = await accounts.add({
    owner: ask.owner,
    address: ask.address,
    name: ask.name,
    provider: ask.provider,
    receive: receiving as OutsideAccountRow['receive'],
    send: sending as OutsideAccountRow['send'],
    secret: ask.secret,
    leaving: ask.leaving,
    sentCopy: ask.sentCopy,
    provenance: { ...provenanceOf('receive', servers.receive, receive!), ...provenanceOf('send', servers.send, send!) },
    provenAt: ask.proof ? office.clock.now() : null,
  });
  return { saved, ...told };
}

/** Nothing is proven, and no letter sent, for what could not be kept afterwards. @throws CauseTrouble `key-missing`. */
export function checkKey({ outside }: Office): void {
  const state = outside.vault.state();
  if (state !== 'unused' && state !== 'ready') throw new CauseTrouble('key-missing', `the key of sealed secrets is ${state}`);
}

/** The letters of an account that comes back are recognised when it is received in another manner, or from another place, than before. */
async function carryOver({ store, quiets, ledger }: Office, { id, receive: before }: OutsideAccountRow, now: OutsideServer): Promise<void> {
  if (before.service === now.service && before.host === now.host) return;
  // It is at rest; the last collector may still have something to write down.
  for (const quiet of quiets) (await quiet(id))();
  // It may have been cut off before it had any mail.
  await store.createAccount(id, firstMailboxes);
  const { switchReceive } = await import('../journey/collection/switch-receive.ts');
  await switchReceive({ store, ledger: ledger() }, id, now.service === 'pop3' ? 'pop3' : 'imap');
}

/** Both directions with the login, and the letter when it is wished for. Saves nothing. @throws Refusal `limit`, `cannot`. */
export async function proveSides(
  office: Office,
  ask: Pick<SetUpAsk, 'owner' | 'address' | 'name' | 'receive' | 'send' | 'secret' | 'proof'>,
  progress: SetUpProgress,
  signal: AbortSignal,
): Promise<Omit<SetUpResult, 'saved'> & { readonly servers: Both }> {
  if (ask.secret.kind === 'oauth2') {
    const { issuer } = ask.secret;
    checkAudience(office.outside.clients.find(issuer)?.provider ?? { issuer }, [...ask.receive, ...ask.send]);
  }
  // Held before they are tried: many set-ups at once have no more failures than one after another.
  const settle = office.outside.allowance.hold(ask.owner, 'failed-login', failuresMax);
  const budget = new LoginBudget();
  try {
    return await proveWithin(office, ask, budget, progress, signal);
  } finally {
    settle(budget.spent);
  }
}

async function proveWithin(
  office: Office,
  ask: Parameters<typeof proveSides>[1],
  budget: LoginBudget,
  progress: SetUpProgress,
  signal: AbortSignal,
): ReturnType<typeof proveSides> {
  const { connector, web } = await office.outside.roads();
  const parts: CheckParts = {
    connector,
    clock: office.clock,
    chance: office.chance,
    hostName: hostNameOf(office.settings),
    patience: checkPatienceMs,
    signal,
  };
  const doctor: Doctor = { page: { web, ...wellKnownPage } };
  const [receiver, sender] = await Promise.all(
    (['receive', 'send'] as const).map(async (side) => {
      const chosen = await chooseServer(office, ask.owner, ask[side], parts, doctor);
      return { ...chosen, server: { ...chosen.server, exceptions: await exceptionsOf(office, ask.owner, chosen.server, parts) } };
    }),
  );
  const chosen = { receive: receiver!, send: sender! };
  const { secret } = ask;
  const proven = (side: 'receive' | 'send'): ProofWish['receive'] => {
    const { server } = chosen[side];
    const value = secret.kind === 'oauth2' ? secret.accessToken : secret[side];
    return { server, signIn: { logins: server.logins, kind: secret.kind, secret: value, budget } };
  };
  const wish = {
    address: ask.address,
    name: ask.name === '' ? null : ask.name,
    receive: proven('receive'),
    send: proven('send'),
    tidy: true,
    signal,
    doctor,
  };
  const { receive, send, used, letter } = ask.proof
    ? await proveAccount(wish, parts, progress)
    : { ...(await checkBothSides(wish, parts, progress)), letter: null };
  const last = { receive: moved(chosen.receive, used.receive), send: moved(chosen.send, used.send) };
  const servers: Both = { receive: last.receive.server, send: last.send.server };
  const switches = [...switchOf('receive', last.receive), ...switchOf('send', last.send)];
  const failed = [['receive', receive] as const, ['send', send] as const].find(([, check]) => check?.failure);
  const base = { servers, receive, send, letter, switches };
  if (failed !== undefined) {
    const [side, check] = failed;
    const { cause, words } = check!.failure!;
    return { ...base, failure: { side, cause: cause ?? 'protocol', words, server: servers[side], needs: check!.needs } };
  }
  if (letter !== null && letter.verdict !== 'passed')
    return {
      ...base,
      failure: { side: 'letter', cause: letter.cause ?? 'letter-not-back', words: letter.words, server: servers.send, needs: [] },
    };
  return { ...base, failure: null };
}

type Doctor = Omit<DoctorParts, 'connector' | 'clock'>;

interface Chosen {
  readonly server: SetUpServer;
  /** The port that was wanted, and why it is another one; null when it is not. */
  readonly instead: { readonly port: number; readonly cause: Cause } | null;
}

/** The first server that is there, sealed and of the right kind; nobody signs in. When none is, the likeliest: its failure is told. */
async function chooseServer(
  office: Office,
  owner: AccountId,
  list: readonly SetUpServer[],
  parts: CheckParts,
  doctor: Doctor,
): Promise<Chosen> {
  const first = { server: list[0]!, instead: null };
  office.outside.allowance.take(owner, 'port');
  // The check with the login is a look at it too.
  if (list.length === 1) return first;
  for (const [index, server] of list.slice(0, serversMax).entries()) {
    parts.signal?.throwIfAborted();
    if (index > 0) office.outside.allowance.take(owner, 'port');
    const way = await checkWithDoctor(server, parts, doctor);
    if (way.check.failure === null) return moved({ server, instead: null }, way);
  }
  return first;
}

/** What was allowed for the servers of an account is used for those alone that do not answer without it. */
async function exceptionsOf(office: Office, owner: AccountId, server: SetUpServer, parts: CheckParts): Promise<readonly TlsException[]> {
  if (server.exceptions.length === 0) return [];
  office.outside.allowance.take(owner, 'port');
  return (await checkServer({ ...server, exceptions: [] }, parts)).failure === null ? [] : server.exceptions;
}

/** The server as it was used in the end. */
function moved({ server, instead }: Chosen, { server: used, switched }: Way): Chosen {
  if (switched === null) return { server, instead };
  const { port } = instead ?? server;
  return { server: atPort(server, used, `in the place of ${port} (${switched})`), instead: { port, cause: switched } };
}

function atPort(server: SetUpServer, { port, security }: CheckedServer, from: string): SetUpServer {
  // What is never sealed is never switched to.
  return { ...server, port, security: security === 'tls' ? 'tls' : 'starttls', provenance: { ...server.provenance, port: from } };
}

function switchOf(side: 'receive' | 'send', { server: { host, port }, instead }: Chosen): Switch[] {
  return instead === null ? [] : [{ side, host, from: instead.port, to: port, cause: instead.cause }];
}

export function asServer(server: SetUpServer, check: ServerCheck, secret: OutsideSecret): OutsideServer {
  const { service, host, port, security, exceptions } = server;
  const login = check.signedIn?.login ?? server.logins[0]!;
  return { service, host, port, security, exceptions, login, auth: secret.kind };
}

export function provenanceOf(side: 'receive' | 'send', server: SetUpServer, check: ServerCheck): Record<string, string> {
  const found = Object.entries(server.provenance).map(([name, from]) => [`${side}.${name}`, from] as const);
  const certificate = certificateOf(check);
  return {
    ...Object.fromEntries(found),
    ...(certificate === null ? {} : { [`${side}.certificate`]: certificate }),
    ...(server.exceptions.length === 0 ? {} : { [`${side}.exceptions`]: `allowed: ${server.exceptions.join(', ')}` }),
  };
}

/** Who vouched for the server, to tell later whether that has changed; a new certificate of the same authority is no news. */
export function certificateOf(check: ServerCheck): string | null {
  const issuer = check.steps.find(({ step }) => step === 'certificate')?.facts['issuer'];
  return typeof issuer === 'string' && issuer !== '' ? issuer.slice(0, 200) : null;
}
