// How much work a test has done: the processor time of its own thread, which does not grow when the machine is busy with something else.

/** Milliseconds of processor time that this thread has used so far. */
export function effort(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
