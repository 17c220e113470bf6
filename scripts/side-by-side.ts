// Programs that run side by side, in as many lanes as there are cores, in the order in which they are given; those that need the machine for themselves
// come at the end, one after the other. What each has said is kept whole and told when it has ended. Knows nothing of tests.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

export interface Job {
  readonly name: string;
  readonly line: readonly [string, ...string[]];
  /** Beside nothing else: what measures the machine. */
  readonly alone?: boolean;
}

export interface Outcome {
  readonly job: Job;
  readonly isGood: boolean;
  readonly seconds: number;
  /** Both outputs, in the order of their coming. */
  readonly said: string;
}

/** What hangs longer than this is killed and has failed. */
const patienceMs = 15 * 60_000;

/** `told` hears of each as it ends, and what still waits or runs. */
export async function sideBySide(
  jobs: readonly Job[],
  env: NodeJS.ProcessEnv,
  told: (outcome: Outcome, left: readonly Job[]) => void,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const left = new Set(jobs);
  const inLanes = async (some: readonly Job[], lanes: number): Promise<void> => {
    const waiting = [...some];
    const lane = async (): Promise<void> => {
      for (let job = waiting.shift(); job; job = waiting.shift()) {
        const outcome = await run(job, env);
        left.delete(job);
        outcomes.push(outcome);
        told(outcome, [...left]);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  };
  await inLanes(
    jobs.filter(({ alone }) => alone !== true),
    availableParallelism(),
  );
  await inLanes(
    jobs.filter(({ alone }) => alone === true),
    1,
  );
  return outcomes;
}

async function run(job: Job, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const [program, ...words] = job.line;
  const began = performance.now();
  const pieces: Buffer[] = [];
  // A group of its own, so that what it has started goes with it.
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true });
  const end = (): void => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  process.once('exit', end);
  const patience = setTimeout(() => {
    pieces.push(Buffer.from(`\nkilled: it had not ended after ${patienceMs / 60_000} minutes\n`));
    end();
  }, patienceMs);
  child.stdout.on('data', (chunk: Buffer) => pieces.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => pieces.push(chunk));
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', (error) => {
      pieces.push(Buffer.from(`${error.message}\n`));
      resolve(1);
    });
    child.on('close', resolve);
  });
  clearTimeout(patience);
  process.off('exit', end);
  return { job, isGood: code === 0, seconds: (performance.now() - began) / 1000, said: Buffer.concat(pieces).toString() };
}

// Ctrl-C ends the lanes too: they are in groups of their own, and end with us.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
