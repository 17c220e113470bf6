// Setting an account at another provider up: each direction checked live with the login, a letter to oneself, and only then saved, with
// where each value came from. Knows the order and what a failure of one server means for the next; the checks are journey/outside's.
import { Refusal } from '../base/trouble.ts';
import type { AccountId } from '../store/contract.ts';
import type { OutsideAccountRow, OutsideServer, Pop3Leaving, TlsException } from '../store/outside-contract.ts';
import { CauseTrouble, type Cause } from '../journey/outside/causes.ts';
import { checkServer } from '../journey/outside/check.ts';
import type { CheckParts, CheckStep, ServerCheck } from '../journey/outside/check-contract.ts';
import type { OutsideSecret } from '../journey/outside/contract.ts';
import { LoginBudget } from '../journey/outside/login-budget.ts';
import type { Office } from './office.ts';
import { hostNameOf } from './outside.ts';
import { proveByLetter, type LetterProof } from './outside-proof.ts';

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
  readonly letter: LetterProof | null;
  readonly failure: { readonly side: Side; readonly cause: Cause; readonly words: string; readonly server: Pick<SetUpServer, 'host' | 'port'> } | null;
}

export type SetUpProgress = (side: Side, server: Pick<SetUpServer, 'host' | 'port' | 'service'>, step: CheckStep) => void;

/** Servers of one direction that are tried at most. */
const serversMax = 6;
/** Until here nobody has signed in, so that another server may be tried. */
const beforeLogin: ReadonlySet<CheckStep['step']> = new Set(['name', 'reach', 'seal', 'certificate', 'kind']);

type Checked = { readonly server: SetUpServer; readonly check: ServerCheck };

/** @throws Refusal `already-exists`, `limit`, `cannot`; CauseTrouble `key-missing`. What servers do is told in the result. */
export async function setUp(office: Office, ask: SetUpAsk, progress: SetUpProgress, signal: AbortSignal): Promise<SetUpResult> {
  const { accounts, allowance } = office.outside;
  const there = office.directory.outsideAccountByAddress(ask.owner, ask.address);
  if (there !== null && there.closedAt === null) throw new Refusal('already-exists', `${ask.address} is here already`);
  if (ask.receive.length === 0 || ask.send.length === 0) throw new Refusal('cannot', 'a server to receive and one to send are needed');
  const budget = new LoginBudget();
  let receive: Checked | null = null;
  let send: Checked | null = null;
  const result = (more: Partial<SetUpResult>): SetUpResult => ({
    saved: null,
    receive: receive?.check ?? null,
    send: send?.check ?? null,
    letter: null,
    failure: null,
    ...more,
  });
  const failed = (side: Side, { server, check }: Checked): SetUpResult => {
    const { cause, words } = check.failure!;
    return result({ failure: { side, cause: cause ?? 'protocol', words, server } });
  };
  try {
    receive = await checkOne(office, ask, 'receive', budget, progress, signal);
    if (receive.check.failure !== null) return failed('receive', receive);
    send = await checkOne(office, ask, 'send', budget, progress, signal);
    if (send.check.failure !== null) return failed('send', send);
  } finally {
    allowance.note(ask.owner, 'failed-login', budget.spent);
  }
  const [receiving, sending] = [asServer(receive, ask.secret), asServer(send, ask.secret)] as [OutsideAccountRow['receive'], OutsideAccountRow['send']];
  let letter: LetterProof | null = null;
  if (ask.proof) {
    letter = await proveByLetter(office, { address: ask.address, receive: receiving, send: sending, secret: ask.secret }, signal, (step) =>
      progress('letter', send!.server, step),
    );
    if (letter.cause !== null) return result({ letter, failure: { side: 'letter', cause: letter.cause, words: letter.words, server: send.server } });
  }
  const saved = await accounts.add({
    owner: ask.owner,
    address: ask.address,
    name: ask.name,
    provider: ask.provider,
    receive: receiving,
    send: sending,
    secret: ask.secret,
    leaving: ask.leaving,
    sentCopy: ask.sentCopy,
    provenance: { ...provenanceOf('receive', receive), ...provenanceOf('send', send) },
    provenAt: ask.proof ? office.clock.now() : null,
  });
  return result({ saved, letter });
}

/** Goes from server to server until one is there; where somebody has signed in, or was refused, it stays. */
export async function checkOne(
  office: Office,
  ask: Pick<SetUpAsk, 'owner' | 'receive' | 'send' | 'secret' | 'address'>,
  side: 'receive' | 'send',
  budget: LoginBudget,
  progress: SetUpProgress,
  signal: AbortSignal,
): Promise<Checked> {
  const { connector } = await office.outside.roads();
  office.outside.allowance.check(ask.owner, 'failed-login');
  let first: Checked | null = null;
  for (const server of ask[side].slice(0, serversMax)) {
    signal.throwIfAborted();
    office.outside.allowance.take(ask.owner, 'port');
    const parts: CheckParts = {
      connector,
      clock: office.clock,
      chance: office.chance,
      hostName: hostNameOf(office.settings),
      progress: (step) => progress(side, server, step),
    };
    const { secret } = ask;
    const check = await checkServer(server, parts, {
      logins: server.logins,
      kind: secret.kind,
      secret: secret.kind === 'oauth2' ? secret.accessToken : secret[side],
      budget,
      address: side === 'send' ? ask.address : null,
    });
    if (check.failure === null || !beforeLogin.has(check.failure.step)) return { server, check };
    // The failure of the likeliest server is the one that is told.
    first ??= { server, check };
  }
  return first!;
}

function asServer({ server, check }: Checked, secret: OutsideSecret): OutsideServer {
  const { service, host, port, security, exceptions } = server;
  const login = check.signedIn?.login ?? server.logins[0]!;
  return { service, host, port, security, exceptions, login, auth: secret.kind };
}

function provenanceOf(side: 'receive' | 'send', { server, check }: Checked): Record<string, string> {
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

/** As a cause, for who wants to throw it. */
export function troubleOf(failure: NonNullable<SetUpResult['failure']>): CauseTrouble {
  return new CauseTrouble(failure.cause, `${failure.server.host} port ${failure.server.port}: ${failure.cause}`, failure.words);
}
