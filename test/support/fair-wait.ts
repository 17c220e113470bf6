// How long somebody had to wait for a server, without what the machine itself did not give: Linux tells of each thread how long it stood ready and waited
// for a core. Where nobody tells, the clock alone counts. Knows the accounts of the kernel (proc(5), schedstat).
import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds for which the main thread of a process has waited for a core so far; of the calling thread without one. */
function delayed(pid?: number): number {
  try {
    const [, delay] = readFileSync(pid === undefined ? '/proc/thread-self/schedstat' : `/proc/${pid}/schedstat`, 'utf8').split(' ');
    return Number(delay) / 1e6;
  } catch {
    return 0;
  }
}

/** The same of all threads of a process together: more than any one of them has waited. */
function allDelayed(pid: number): number {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    return tasks.reduce((sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[1]) / 1e6, 0);
  } catch {
    return 0;
  }
}

export interface FairWait {
  /** Milliseconds since it began that are neither the caller's nor the server's want of a core. */
  soFar(): number;
}

/** Begins to count, for a caller on this thread and a server of this number. */
export function waitFor(pid: number): FairWait {
  const [began, here, there] = [performance.now(), delayed(), delayed(pid)];
  return { soFar: () => performance.now() - began - (delayed() - here) - (delayed(pid) - there) };
}

/** As `waitFor`, when nothing may come at all: whatever any thread of the server has wanted a core for is left out, so that it is waited rather too long. */
export function waitForSilence(pid: number): FairWait {
  const [began, here, there] = [performance.now(), delayed(), allDelayed(pid)];
  return { soFar: () => performance.now() - began - (delayed() - here) - (allDelayed(pid) - there) };
}
