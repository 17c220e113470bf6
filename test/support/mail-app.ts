// The mail app in web/dist, for tests that play it: made when it is missing or older than its sources. Knows the build's script.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const script = join(import.meta.dirname, '../../scripts/build-web.ts');

/** A fifth of a second when it is up to date, as it is within `npm test`. */
export function ensureMailApp(): void {
  execFileSync(process.execPath, [script], { stdio: 'ignore' });
}
