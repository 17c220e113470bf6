// Verify: every promise of a data folder checked, beside the running server or alone. Knows what belongs together across store and
// directory; the store's own promises are the engine's matter (io/store/verify.ts). Repairs nothing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Refusal } from '../../base/trouble.ts';
import { ledgerName } from '../../io/collection/ledger.ts';
import { CommandTrouble, type Work } from '../cli/command.ts';
import type { Office } from '../office.ts';
import { verifyTrouble } from './sentences.ts';

export interface VerifyReport {
  readonly people: number;
  readonly letters: number;
  readonly quick: boolean;
  /** Each in a sentence. */
  readonly findings: readonly string[];
  /** There are more than are listed. */
  readonly more: number;
  readonly milliseconds: number;
}

const mostFindings = 10_000;

export async function verifyAll(quick: boolean, office: Office, work: Work): Promise<VerifyReport> {
  const { store, directory, clock, folder } = office;
  const began = clock.monotonic();
  const findings: string[] = [];
  let more = 0;
  const note = (words: string) => {
    if (findings.length < mostFindings) findings.push(words);
    else more++;
  };
  const names = new Map(directory.accounts().map((account) => [account.id, account.address]));
  for (const words of checkDatabase(join(folder, 'directory.sqlite'), verifyTrouble.directory)) note(words);
  const ledger = join(folder, ledgerName);
  if (existsSync(ledger)) for (const words of checkDatabase(ledger, verifyTrouble.ledger)) note(words);
  let letters = 0;
  for (const [id, address] of names) {
    try {
      letters += (await store.usage(id)).messages;
    } catch (trouble) {
      if (!(trouble instanceof Refusal)) throw trouble;
      note(verifyTrouble.noMail(address));
    }
  }
  work.say({ done: 0, of: letters, words: quick ? 'checking rows and counters' : 'checking every letter' });
  const progress = (done: number, of: number) => {
    work.say({ done, of, words: `${done} of ${of} letters, ${findings.length + more} findings` });
  };
  for await (const { account, what } of store.verify({ quick, progress, signal: work.signal })) note(inWords(account, what, names));
  if (work.signal.aborted) throw new CommandTrouble(verifyTrouble.stopped);
  return { people: names.size, letters, quick, findings, more, milliseconds: Math.round(clock.monotonic() - began) };
}

/** The engine knows numbers, people know addresses. */
function inWords(account: number | null, what: string, names: ReadonlyMap<number, string>): string {
  const address = account === null ? undefined : names.get(account);
  if (account === null) return what;
  return address === undefined ? `${what} (nobody has this account any more)` : what.replace(`account ${account}`, address);
}

function checkDatabase(path: string, inSentence: (words: string) => string): string[] {
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    try {
      const rows = db.prepare('pragma integrity_check(20)').all() as { integrity_check: string }[];
      return rows
        .map((row) => row.integrity_check)
        .filter((words) => words !== 'ok')
        .map(inSentence);
    } finally {
      db.close();
    }
  } catch (trouble) {
    return [inSentence((trouble as Error).message)];
  }
}
