// The methods of mail that write letters, for the mail group. Knows their names only.
import type { Method } from '../contract.ts';
import { emailCopy, emailImport } from './email-import.ts';
import { emailSet } from './email-set.ts';
import type { WriteParts } from './write-parts.ts';

export type { WriteParts } from './write-parts.ts';

export function writeMethods(parts: WriteParts): Readonly<Record<string, Method>> {
  return { 'Email/set': emailSet(parts), 'Email/import': emailImport(parts), 'Email/copy': emailCopy(parts) };
}
