// The demo: a domain of this computer and two people, the same at each start. Knows whom it makes and where it notes their passwords
// (DATA/demo.json, for the table at the start); knows no port.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../base/digest.ts';
import { makePassword } from '../journey/account/secrets.ts';
import { writeWhole } from './ca.ts';
import type { Office } from './office.ts';

/** RFC 6761 §6.2: `test` never leaves this computer. */
export const demoDomain = 'tayori.test';
const demoNames = ['hanako', 'taro'];

export interface DemoPerson {
  readonly name: string;
  readonly address: string;
  readonly login: string;
  readonly password: string;
}

interface Noted {
  readonly address: string;
  readonly password: string;
  /** Of the hash that the directory held when it was noted: tells whether the password was changed since. */
  readonly mark: string;
}

/** Makes domain and people where they are missing. A person whose password was changed since, or who was closed, is not told. */
export async function openDemo(office: Office): Promise<readonly DemoPerson[]> {
  const { directory, people } = office;
  const file = join(office.folder, 'demo.json');
  const noted = await readNoted(file);
  if (directory.domain(demoDomain) === null) await people.putDomain(demoDomain);
  const kept: Noted[] = [];
  let changed = false;
  for (const name of demoNames) {
    const address = `${name}@${demoDomain}`;
    const row = directory.accountByAddress(address);
    const note = noted.find((candidate) => candidate.address === address);
    if (row !== null) {
      if (note && row.closedAt === null && note.mark === markOf(row.passwordHash)) kept.push(note);
      continue;
    }
    const { account, password } = await people.add({ address, name, password: note?.password ?? makePassword(office.chance) });
    kept.push({ address, password, mark: markOf(account.passwordHash) });
    changed = true;
  }
  if (changed) await writeWhole(file, `${JSON.stringify({ people: kept }, null, 2)}\n`, 0o600);
  return kept.map(({ address, password }) => ({ name: address.split('@')[0]!, address, login: address, password }));
}

function markOf(passwordHash: string): string {
  return sha256Hex(passwordHash).slice(0, 16);
}

async function readNoted(file: string): Promise<readonly Noted[]> {
  try {
    const { people } = JSON.parse(await readFile(file, 'utf8')) as { people: Noted[] };
    return people.filter((person) => typeof person.address === 'string' && typeof person.password === 'string');
  } catch {
    return []; // Missing or damaged: who is there already keeps the password, which then is not told any more.
  }
}
