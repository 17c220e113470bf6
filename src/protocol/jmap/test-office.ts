// What tests of JMAP stand on: a memory store with one person, two accounts and a letter, and who asks. For tests.
import type { Chance, Clock } from '../../base/clock.ts';
import { bytesFromUtf8 } from '../../base/bytes.ts';
import type { MailStore } from '../../store/contract.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import type { Principal } from '../sasl/authenticator.ts';
import type { JmapAccount } from './contract.ts';
import type { Who } from './dispatch.ts';

const testPrincipal: Principal = { account: 1, login: 'hanako@example.test', name: '花子', quota: 1_000_000, appPassword: null };

export const testAccounts: readonly JmapAccount[] = [
  { account: 1, id: 'A1', name: 'hanako@example.test', isPersonal: true, isReadOnly: false, quota: 1_000_000, kind: 'own' },
  { account: 2, id: 'A2', name: 'hanako@provider.test', isPersonal: true, isReadOnly: false, quota: null, kind: 'outside' },
];

export function testWho(more: Partial<Who> = {}): Who {
  return {
    principal: testPrincipal,
    accounts: new Map(testAccounts.map((account) => [account.id, account])),
    remoteAddress: '127.0.0.1',
    session: null,
    inPerson: false,
    signal: new AbortController().signal,
    ...more,
  };
}

/** Two parts: a text in quoted-printable, a picture in base64. */
const testLetter = [
  'From: taro@example.test',
  'To: hanako@example.test',
  'Subject: =?utf-8?B?44GT44KT44Gr44Gh44Gv?=',
  'Date: Mon, 23 Nov 2026 09:00:00 +0900',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  '=E3=81=8A=E5=85=83=E6=B0=97=E3=81=A7=E3=81=99=E3=81=8B',
  '',
  '--b',
  'Content-Type: image/png',
  "Content-Disposition: attachment; filename*=utf-8''%E7%B5%B5.png",
  'Content-Transfer-Encoding: base64',
  '',
  'iVBORw==',
  '--b--',
  '',
].join('\r\n');

/** Accounts 1 and 2; the letter is message 1 in the INBOX of account 1. */
export async function openTestStore(clock: Clock, chance: Chance, letter: string = testLetter): Promise<MailStore> {
  const store = openMemoryStore({ clock, chance });
  for (const account of [1, 2]) {
    // oxlint-disable-next-line no-await-in-loop -- two
    await store.createAccount(account, [{ name: 'Drafts', role: 'drafts' }]);
  }
  const inbox = await inboxOf(store);
  const spool = store.spool(100_000_000);
  await spool.add(bytesFromUtf8(letter));
  await store.append(1, inbox, [{ spool, flags: [] }], null);
  return store;
}

export async function inboxOf(store: MailStore): Promise<number> {
  return (await store.mailboxes(1)).find(({ role, name }) => role === 'inbox' || name === 'INBOX')!.id;
}
