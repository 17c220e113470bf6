// Named places at which the process can be made to die, so that tests can see what a crash there leaves behind.
// Knows names and counts; does nothing unless CRASH_AT was set when the store was opened.

export type CrashPoint = (name: CrashPointName) => void;

export const crashPointNames = [
  'before-octets',
  'after-octets',
  'octets-sync-begun',
  'after-octets-sync',
  'after-begin',
  'after-letter-row',
  'after-placement',
  'after-expunge-row',
  'after-copy-row',
  'after-queue-row',
  'after-queue-result',
  'before-commit',
  'after-commit',
  'before-answer',
  'before-checkpoint',
  'after-checkpoint',
  'compaction-copied',
  'upkeep-committed',
  'before-unlink',
  'after-handover-row',
  'large-letter-moved',
  'after-revision',
  'after-item-row',
  'upload-kept',
  'after-upload-row',
] as const;
export type CrashPointName = (typeof crashPointNames)[number];

/** `CRASH_AT=name:n` kills the process when the point is reached for the n-th time; the name alone means the first time. */
export function makeCrashPoint(crashAt: string | null): CrashPoint {
  if (crashAt === null || crashAt === '') return () => {};
  const [wanted, times = '1'] = crashAt.split(':');
  let left = Number(times);
  return (name) => {
    if (name !== wanted || --left > 0) return;
    process.kill(process.pid, 'SIGKILL');
    // The signal arrives while this thread runs on: it must not get any further.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };
}
