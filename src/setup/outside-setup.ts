// Setting an account at another provider up: each direction checked live with the login, a letter to oneself, and only then saved, with
// where each value came from. Knows the order and what a failure of one server means for the next; the checks are journey/outside's.
import { Refusal } from '../base/trouble.ts';
import type { AccountId } from '../store/contract.ts';
import type { OutsideAccountRow, OutsideServer, Pop3Leaving, TlsException } from '../store/outside-contract.ts';
import type { Cause } from '../journey/outside/causes.ts';
import { checkServer } from '../journey/outside/check.ts';
import type { CheckParts, CheckStep, ServerCheck } from '../journey/outside/check-contract.ts';
import type { OutsideSecret } from '../journey/outside/contract.ts';
import { checkAudience } from '../journey/outside/oauth.ts';
import { failuresMax, LoginBudget } from '../journey/outside/login-budget.ts';
import { proveAccount, type ProofProgress, type ProofWish } from '../journey/outside/proof.ts';
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

export interface SetUpResult {
  /** Null: nothing was saved. */
  readonly saved: OutsideAccountRow | null;
  readonly receive: ServerCheck | null;
  readonly send: ServerCheck | null;
  /** The letter to oneself; null when it was not asked for, or something before it failed. */
  readonly letter: CheckStep | null;
  readonly failure: {
    readonly side: Side;
    readonly cause: Cause;
    readonly words: string;
    readonly server: Pick<SetUpServer, 'host' | 'port'>;
    /** What a person would have to allow for this server alone, when that is all that stands in the way. */
    readonly needs: readonly TlsException[];
  } | null;
}

export type SetUpProgress = (told: ProofProgress, servers: { readonly receive: SetUpServer; readonly send: SetUpServer }) => void;

/** Servers of one direction that are tried at most. */
const serversMax = 6;

/** @throws Refusal `already-exists`, `limit`, `cannot`; CauseTrouble `key-missing`. What servers do is told in the result. */
export async function setUp(office: Office, ask: SetUpAsk, progress: SetUpProgress, signal: AbortSignal): Promise<SetUpResult> {
  const { accounts } = office.outside;
  accounts.checkAddress(ask.address);
  const there = office.directory.outsideAccountByAddress(ask.owner, ask.address);
  if (there !== null && there.closedAt === null) throw new Refusal('already-exists', `${ask.address} is here already`);
  if (ask.receive.length === 0 || ask.send.length === 0) throw new Refusal('cannot', 'a server to receive and one to send are needed');
  const proof = await proveSides(office, ask, progress, signal);
  const { servers, receive, send, letter, failure } = proof;
  if (failure !== null) return { saved: null, receive, send, letter, failure };
  const [receiving, sending] = [asServer(servers.receive, receive!, ask.secret), asServer(servers.send, send!, ask.secret)];
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
  return { saved, receive, send, letter, failure: null };
}

/** Both directions with the login, and the letter when it is wished for. Saves nothing. @throws Refusal `limit`, `cannot`. */
export async function proveSides(
  office: Office,
  ask: Pick<SetUpAsk, 'owner' | 'address' | 'name' | 'receive' | 'send' | 'secret' | 'proof'>,
  progress: SetUpProgress,
  signal: AbortSignal,
): Promise<Omit<SetUpResult, 'saved'> & { readonly servers: { readonly receive: SetUpServer; readonly send: SetUpServer } }> {
  if (ask.secret.kind === 'oauth2') checkAudience(ask.secret.issuer, [...ask.receive, ...ask.send]);
  const { allowance } = office.outside;
  const settle = allowance.hold(ask.owner, 'failed-login', failuresMax);
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
  const { connector } = await office.outside.roads();
  const parts: CheckParts = {
    connector,
    clock: office.clock,
    chance: office.chance,
    hostName: hostNameOf(office.settings),
    patience: checkPatienceMs,
    signal,
  };
  const [receiver, sender] = await Promise.all(
    (['receive', 'send'] as const).map(async (side) => {
      const chosen = await chooseServer(office, ask.owner, ask[side], parts, signal);
      return { ...chosen, exceptions: await exceptionsOf(office, ask.owner, chosen, parts) };
    }),
  );
  const servers = { receive: receiver!, send: sender! };
  const { secret } = ask;
  const proven = (side: 'receive' | 'send'): ProofWish['receive'] => {
    const { logins } = servers[side];
    const value = secret.kind === 'oauth2' ? secret.accessToken : secret[side];
    return { server: servers[side], signIn: { logins, kind: secret.kind, secret: value, budget } };
  };
  const tell = (told: ProofProgress): void => progress(told, servers);
  const wish = {
    address: ask.address,
    name: ask.name === '' ? null : ask.name,
    receive: proven('receive'),
    send: proven('send'),
    tidy: true,
  };
  const { receive, send, letter } = ask.proof
    ? await proveAccount({ ...wish, signal }, parts, tell)
    : { ...(await checkBoth(wish, parts, tell)), letter: null };
  const failed = [['receive', receive] as const, ['send', send] as const].find(([, check]) => check?.failure);
  const base = { servers, receive, send, letter };
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

/** The first server that is there, sealed and of the right kind; nobody signs in. When none is, the likeliest: its failure is told. */
async function chooseServer(
  office: Office,
  owner: AccountId,
  list: readonly SetUpServer[],
  parts: CheckParts,
  signal: AbortSignal,
): Promise<SetUpServer> {
  if (list.length === 1) {
    // What a person types may be anybody's counter.
    office.outside.allowance.take(owner, 'port');
    return list[0]!;
  }
  for (const server of list.slice(0, serversMax)) {
    signal.throwIfAborted();
    office.outside.allowance.take(owner, 'port');
    if ((await checkServer(server, parts)).failure === null) return server;
  }
  return list[0]!;
}

/** What was allowed for the servers of an account is used for those alone that do not answer without it. */
async function exceptionsOf(office: Office, owner: AccountId, server: SetUpServer, parts: CheckParts): Promise<readonly TlsException[]> {
  if (server.exceptions.length === 0) return [];
  office.outside.allowance.take(owner, 'port');
  return (await checkServer({ ...server, exceptions: [] }, parts)).failure === null ? [] : server.exceptions;
}

async function checkBoth(
  { address, receive, send }: ProofWish,
  parts: CheckParts,
  progress: (told: ProofProgress) => void,
): Promise<{ readonly receive: ServerCheck; readonly send: ServerCheck | null }> {
  const partsOf = (side: 'receive' | 'send'): CheckParts => ({ ...parts, progress: (step) => progress({ kind: 'step', side, step }) });
  const received = await checkServer(receive.server, partsOf('receive'), { ...receive.signIn, address: null });
  if (received.failure !== null) return { receive: received, send: null };
  return { receive: received, send: await checkServer(send.server, partsOf('send'), { ...send.signIn, address }) };
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
