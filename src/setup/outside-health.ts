// How an account at another provider stands: both servers asked with the login, and what has changed since it was proven. Knows what
// is told; when it is asked by itself is outside-watch.ts, the checks are journey/outside's.
import { causeSides, CauseTrouble, type Cause } from '../journey/outside/causes.ts';
import { checkServer } from '../journey/outside/check.ts';
import type { CheckStep, ServerCheck } from '../journey/outside/check-contract.ts';
import { LoginBudget } from '../journey/outside/login-budget.ts';
import type { OutsideAccountRow, OutsideHealth } from '../store/outside-contract.ts';
import type { Office } from './office.ts';
import { checkPatienceMs, hostNameOf } from './outside.ts';
import { certificateOf } from './outside-setup.ts';

export type HealthSide = 'receive' | 'send';

/** What is otherwise than it was. */
export type HealthNews =
  | { readonly kind: 'works-again'; readonly cause: string | null }
  | { readonly kind: 'new'; readonly cause: Cause; readonly side: HealthSide }
  | { readonly kind: 'still'; readonly cause: Cause; readonly side: HealthSide; readonly since: number }
  | { readonly kind: 'other-authority'; readonly side: HealthSide; readonly before: string; readonly now: string };

export interface HealthReport {
  readonly health: OutsideHealth;
  readonly news: readonly HealthNews[];
  readonly receive: ServerCheck | null;
  readonly send: ServerCheck | null;
}

/** Asked of both servers; what is found is noted in the row. `signIn`: false for a look at the servers alone. */
export async function checkHealth(
  office: Office,
  row: OutsideAccountRow,
  options: { readonly signIn: boolean; readonly progress?: (side: HealthSide, step: CheckStep) => void; readonly signal: AbortSignal },
): Promise<HealthReport> {
  const { directory, clock, log } = office;
  const budget = new LoginBudget();
  const { allowance } = office.outside;
  const checks: Partial<Record<HealthSide, ServerCheck>> = {};
  let failure: { readonly side: HealthSide; readonly cause: Cause; readonly words: string } | null = null;
  for (const side of ['receive', 'send'] as const) {
    options.signal.throwIfAborted();
    try {
      const check = await checkSide(office, row, side, budget, options);
      checks[side] = check;
      if (check.failure?.cause) failure ??= { side, cause: check.failure.cause, words: check.failure.words };
    } catch (trouble) {
      if (!(trouble instanceof CauseTrouble)) throw trouble;
      failure ??= { side, cause: trouble.why, words: trouble.words };
    }
  }
  if (budget.spent > 0) allowance.note(row.owner, 'failed-login', budget.spent);
  const current = directory.outsideAccount(row.id) ?? row;
  const before = current.health;
  const at = clock.now();
  // A look without the login mends no password, nor does a network that is down excuse a wrong one: it would be tried again by itself.
  const waits = !options.signIn && before.state === 'bad';
  if (waits) failure = null;
  const kept = { lastReceivedAt: before.lastReceivedAt, lastSentAt: before.lastSentAt };
  const health: OutsideHealth = waits
    ? before
    : failure === null
      ? { state: 'good', cause: null, words: '', at, ...kept }
      : { state: stateOf(failure.cause), cause: failure.cause, words: failure.words, at, ...kept };
  const news: HealthNews[] = [];
  if (failure === null && before.state !== 'good' && health.state === 'good') news.push({ kind: 'works-again', cause: before.cause });
  if (failure !== null)
    news.push(
      before.cause === failure.cause
        ? { kind: 'still', cause: failure.cause, side: failure.side, since: before.at }
        : { kind: 'new', cause: failure.cause, side: failure.side },
    );
  directory.noteOutsideHealth(row.id, failure !== null && before.cause === failure.cause ? { ...health, at: before.at } : health);
  const provenance: Record<string, string> = {};
  for (const side of ['receive', 'send'] as const) {
    const now = checks[side] === undefined ? null : certificateOf(checks[side]);
    const known = current.provenance[`${side}.certificate`];
    if (now === null || now === known) continue;
    if (known !== undefined) news.push({ kind: 'other-authority', side, before: known, now });
    provenance[`${side}.certificate`] = now;
  }
  if (Object.keys(provenance).length > 0)
    await office.outside.accounts.change(row.id, { provenance: { ...current.provenance, ...provenance } });
  if (news.length > 0) office.outside.news.set(row.id, news);
  for (const one of news) log.info('outside-account-health', { account: row.id, ...one });
  return { health, news, receive: checks.receive ?? null, send: checks.send ?? null };
}

async function checkSide(
  office: Office,
  row: OutsideAccountRow,
  side: HealthSide,
  budget: LoginBudget,
  { signIn, progress, signal }: Parameters<typeof checkHealth>[2],
): Promise<ServerCheck> {
  const { connector, keeper } = await office.outside.roads();
  const parts = {
    connector,
    clock: office.clock,
    chance: office.chance,
    hostName: hostNameOf(office.settings),
    patience: checkPatienceMs,
    progress: (step: CheckStep) => progress?.(side, step),
    signal,
  };
  if (!signIn) return checkServer(row[side], parts);
  const { login, kind, secret } = await keeper.credentialsOf(row.id, side);
  return checkServer(row[side], parts, { logins: [login], kind, secret, budget, address: side === 'send' ? row.address : null });
}

function stateOf(cause: Cause): 'waits' | 'bad' {
  return causeSides[cause] === 'you' || causeSides[cause] === 'here' ? 'bad' : 'waits';
}
