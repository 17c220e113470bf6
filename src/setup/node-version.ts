// Which Node is safe. Knows versions with known holes (the security releases of 2026-10-21); knows nothing of mail.
import type { Log } from '../base/log.ts';

/** The first version of the line without known holes. */
export const safeNode = '26.12.1';

export function isSafeNode(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major > 26 || (major === 26 && (minor > 12 || (minor === 12 && patch >= 1)));
}

export function warnOfNode(version: string, log: Log): void {
  if (!isSafeNode(version))
    log.warn('this Node has known holes; install a newer one, which is then taken by itself', { node: version, safe: safeNode });
}
