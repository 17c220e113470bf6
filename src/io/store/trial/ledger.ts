// The ledger of the crash tests: what was tried, what was promised, and what must be found afterwards (reliability §4.1).
// Knows lines of `office-at-work.ts` and the store's contract; starts no process.
import assert from 'node:assert/strict';
import { bytesFromLatin1, equalBytes, latin1FromBytes } from '../../../base/bytes.ts';
import type { MailStore } from '../../../store/contract.ts';
import { checkShelf } from '../../../store/suite/shelf-picture-suite.ts';

/** The octets of a letter follow from its id and size. */
export function trialLetter(id: string, size: number): Uint8Array {
  const head = `Message-ID: <${id}@example.test>\r\nSubject: ${id}\r\nX-Size: ${size}\r\n\r\n`;
  let body = '';
  for (let line = 0; head.length + body.length < size; line++) body += `${line} of ${id} ${'abcdefghij'.repeat(6)}\r\n`;
  return bytesFromLatin1(head + body);
}

export interface Ledger {
  /** Size of each letter that was tried. */
  readonly tried: Map<string, number>;
  /** `account=uid` of each letter that was promised. */
  readonly promised: Map<string, readonly string[]>;
  /** Items of account 1 and uploads of account 2 that were promised, by their numbers. */
  readonly items: Map<number, string>;
  readonly uploads: Map<number, string>;
}

export function readLedger(output: string): Ledger {
  const ledger: Ledger = { tried: new Map(), promised: new Map(), items: new Map(), uploads: new Map() };
  for (const line of output.split('\n')) {
    const [word, id = '', ...rest] = line.split(' ');
    if (word === 'TRY') ledger.tried.set(id, Number(rest[0]));
    if (word === 'ACK') ledger.promised.set(id, rest);
    if (word === 'ITEM') ledger.items.set(Number(id), rest.join(' '));
    if (word === 'UPLOAD') ledger.uploads.set(Number(id), rest[0]!);
  }
  return ledger;
}

/** Every promised letter is there once, under the UID that was told, octet by octet; the others once or not at all; nothing else. */
export async function audit(store: MailStore, ledger: Ledger): Promise<{ readonly missing: readonly string[] }> {
  const missing: string[] = [];
  for (const account of [1, 2]) {
    const found = await lettersOf(store, account);
    for (const [id, size] of ledger.tried) {
      const copies = found.get(id) ?? [];
      assert.ok(copies.length <= 1, `letter ${id} is there ${copies.length} times in account ${account}`);
      const promise = ledger.promised.get(id);
      if (copies.length === 0) {
        if (promise !== undefined) missing.push(`${id} in account ${account}`);
        continue;
      }
      const [{ uid, octets }] = copies as [{ uid: number; octets: Uint8Array | null }];
      assert.ok(octets !== null && equalBytes(octets, trialLetter(id, size)), `letter ${id} in account ${account} is not what was sent`);
      const told = promise?.find((place) => place.startsWith(`${account}=`));
      if (told !== undefined) assert.equal(told, `${account}=${uid}`);
    }
  }
  for (const [id, text] of ledger.items) {
    const [item] = await store.items.get(1, 'trial', [id]);
    if (item === null) missing.push(`item ${id}`);
    else assert.equal(item!.value, text);
  }
  for (const [id, sha256] of ledger.uploads) {
    const upload = await store.uploads.find(2, id);
    if (upload === null) missing.push(`upload ${id}`);
    else assert.equal(upload.sha256, sha256);
  }
  for (const account of [1, 2]) if (await isThere(store, account)) await checkShelf(store, account);
  const findings: string[] = [];
  for await (const { what } of store.verify({ quick: false })) findings.push(what);
  assert.deepEqual(findings, []);
  return { missing };
}

function isThere(store: MailStore, account: number): Promise<boolean> {
  return store.mailboxes(account).then(
    () => true,
    () => false,
  );
}

async function lettersOf(store: MailStore, account: number): Promise<Map<string, { uid: number; octets: Uint8Array | null }[]>> {
  const found = new Map<string, { uid: number; octets: Uint8Array | null }[]>();
  const inbox = await store.mailboxes(account).then(
    (boxes) => boxes.find(({ name }) => name === 'INBOX'),
    () => undefined,
  );
  if (inbox === undefined) return found;
  const state = await store.openMailbox(account, inbox.id);
  const octets = await store.readLetters(account, state.messages.slice(0, state.count));
  for (const [index, one] of octets.entries()) {
    const id = one === null ? `unreadable ${index}` : (/^Message-ID: <([^@]*)@/.exec(latin1FromBytes(one, 0, 100))?.[1] ?? '');
    const list = found.get(id) ?? [];
    list.push({ uid: state.uids[index]!, octets: one });
    found.set(id, list);
  }
  state.release();
  return found;
}
