// How long somebody had to wait for a server, without what the machine itself did not give: Linux tells of each thread how long it stood ready and waited
// for a core. Where nobody tells, the clock alone counts. Knows the accounts of the kernel (proc(5), schedstat).
import { readFileSync } from 'node:fs';

/** Milliseconds for which the main thread of a process has waited for a core so far; of the calling thread without one. */
function delayed(pid?: number): number {
  try {
    const [, delay] = readFileSync(pid === undefined ? '/proc/thread-self/schedstat' : `/proc/${pid}/schedstat`, 'utf8').split(' ');
    return Number(delay) / 1e6;
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
