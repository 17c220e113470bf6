// A check that does not end at a closed counter: the network doctor is called while the counter does not answer, and where another counter
// of the same host does, the check goes on there and says why. Knows when to call; the check and the doctor are files beside this one.
import type { Cause } from './causes.ts';
import { checkServer } from './check.ts';
import type { CheckedServer, CheckParts, CheckStep, ServerCheck, SignInWish } from './check-contract.ts';
import { examineNetwork, type DoctorParts } from './network-doctor.ts';

export interface DoctoredCheck {
  readonly check: ServerCheck;
  /** The server that was checked in the end: other port and security when it was switched. */
  readonly server: CheckedServer;
  /** Why it is another counter than the wanted one (`op25b`, `port-blocked`, …); null when it is not. */
  readonly switched: Cause | null;
}

/** A counter that has not answered by then is looked into: with what the doctor needs, a switch takes less than three seconds. */
const doctorAfter = 400;

/** Causes that the doctor may know better. */
const unclear: ReadonlySet<Cause> = new Set([
  'refused',
  'unreachable',
  'timeout',
  'connection-lost',
  'turned-away',
  'dns-unavailable',
  'certificate-other-name',
  'certificate-unknown-authority',
  'certificate-self-signed',
  'not-a-mail-server',
]);

/** Never rejects for what servers do. A step told to `parts.progress` may come twice: after a switch the steps begin anew. */
export async function checkWithDoctor(
  server: CheckedServer,
  parts: CheckParts,
  doctor: Omit<DoctorParts, 'connector' | 'clock'>,
  wish: SignInWish | null = null,
): Promise<DoctoredCheck> {
  const given = new AbortController();
  let reached = () => {};
  const answered = new Promise<'answered'>((resolve) => (reached = () => resolve('answered')));
  const progress = (step: CheckStep): void => {
    if (given.signal.aborted) return;
    if (step.step === 'reach' && step.verdict === 'passed') reached();
    parts.progress?.(step);
  };
  const signal = parts.signal === undefined ? given.signal : AbortSignal.any([parts.signal, given.signal]);
  const checking = checkServer(server, { ...parts, progress, signal }, wish);
  const first = await Promise.race([answered, checking, late(parts)]);
  const examine = () => examineNetwork(server, { ...doctor, connector: parts.connector, clock: parts.clock });
  let examined: Awaited<ReturnType<typeof examineNetwork>> | null = null;
  if (first === 'late') {
    // Both go on; whichever knows first where to go.
    const examining = examine();
    const second = await Promise.race([answered, examining]);
    if (second !== 'answered') {
      examined = second;
      if (second.cause !== null && second.switchTo !== null) {
        given.abort();
        return switchedTo(server, { ...second, switchTo: second.switchTo, cause: second.cause }, parts, wish);
      }
    }
  }
  const check = await checking;
  const { failure } = check;
  if (failure === null || failure.cause === null || !unclear.has(failure.cause) || check.signedIn !== null || failure.step === 'login')
    return { check, server, switched: null };
  examined ??= await examine();
  const { cause, switchTo } = examined;
  if (cause === null) return { check, server, switched: null };
  const closed = failure.step === 'reach' && switchTo !== null;
  if (closed) return switchedTo(server, { cause, switchTo }, parts, wish);
  const renamed: CheckStep = { ...failure, cause };
  return {
    check: { ...check, failure: renamed, steps: check.steps.map((step) => (step === failure ? renamed : step)) },
    server,
    switched: null,
  };
}

async function switchedTo(
  server: CheckedServer,
  { cause, switchTo }: { readonly cause: Cause; readonly switchTo: Pick<CheckedServer, 'port' | 'security'> },
  parts: CheckParts,
  wish: SignInWish | null,
): Promise<DoctoredCheck> {
  const other = { ...server, ...switchTo };
  return { check: await checkServer(other, parts, wish), server: other, switched: cause };
}

function late({ clock }: CheckParts): Promise<'late'> {
  return new Promise((resolve) => {
    clock.after(doctorAfter, () => resolve('late'));
  });
}
