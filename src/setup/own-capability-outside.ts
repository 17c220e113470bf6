// Accounts at other providers as an app shows them: servers, where each value came from, the health card in sentences, how far a long fetch has
// come. Everything but the secret. Knows rows and words; the work is journey/outside's.
import { Refusal } from '../base/trouble.ts';
import type { AccountId } from '../store/contract.ts';
import type { OutsideAccountRow, OutsideServer } from '../store/outside-contract.ts';
import type { CollectionProgress } from '../journey/collection/contract.ts';
import { restMs } from '../journey/account/people.ts';
import { formatUtcDate } from '../protocol/jmap/arguments.ts';
import type { Json, JsonObject } from '../protocol/jmap/contract.ts';
import { formatId } from '../protocol/jmap/ids.ts';
import type { Language, Shown } from '../protocol/jmap/tayori/contract.ts';
import { sayNews, sayState } from './cli/outside-words.ts';
import type { Office } from './office.ts';
import { showSignIn } from './own-capability-discovery.ts';
import { failureOf, isCause } from './own-capability-words.ts';

export interface OutsideDeskParts {
  readonly office: Office;
  readonly progressOf: (account: AccountId) => CollectionProgress | null;
}

/** All of a person, also those at rest, in the asked language. */
export async function listOutside({ office, progressOf }: OutsideDeskParts, owner: AccountId, language: Language): Promise<Shown> {
  const shown = new Map<string, JsonObject>();
  for (const row of office.outside.accounts.list(owner, true))
    shown.set(formatId('A', row.id), await show(office, row, progressOf(row.id), language));
  return shown;
}

async function show(...[office, row, progress, language]: Parameters<typeof showRow>): Promise<JsonObject> {
  const { messages, octets } = await usage(office, row.id);
  return { ...showRow(office, row, progress, language), letters: messages, octets };
}

function showRow(office: Office, row: OutsideAccountRow, progress: CollectionProgress | null, language: Language): JsonObject {
  const person = office.directory.accountById(row.owner)?.address ?? '';
  const id = formatId('A', row.id);
  return {
    id,
    address: row.address,
    name: row.name,
    provider: row.provider,
    receive: showServer(row.receive),
    send: showServer(row.send),
    // The page where one signs in for it, where there is one.
    signIn: showSignIn(office.outside.clients.ofHost(row.receive.host)),
    leaving: { ...row.leaving },
    sentCopy: row.sentCopy,
    provenance: { ...row.provenance },
    provenAt: date(row.provenAt),
    createdAt: formatUtcDate(row.createdAt),
    paused: row.paused,
    restsUntil: row.closedAt === null ? null : formatUtcDate(row.closedAt + restMs),
    appLogin: `${person}/${row.address}`,
    health: showHealth(office, row, language),
    collecting: progress === null ? null : { mailbox: progress.mailbox, done: progress.done, of: progress.of },
  };
}

/** Half an account, when the power went while it was made, has no mail yet. */
async function usage(
  { store }: Pick<Office, 'store'>,
  account: AccountId,
): Promise<{ readonly octets: number; readonly messages: number }> {
  try {
    return await store.usage(account);
  } catch (trouble) {
    if (trouble instanceof Refusal && trouble.code === 'nonexistent') return { octets: 0, messages: 0 };
    throw trouble;
  }
}

const date = (at: number | null): string | null => (at === null ? null : formatUtcDate(at));

function showServer({ service, host, port, security, login, auth, exceptions }: OutsideServer): JsonObject {
  return { service, host, port, security, login, auth, exceptions: [...exceptions] };
}

function showHealth({ outside }: Office, row: OutsideAccountRow, language: Language): JsonObject {
  const { health, paused } = row;
  const provider = outside.clients.ofHost(row.receive.host)?.title ?? null;
  const cause =
    health.state !== 'good' && isCause(health.cause)
      ? failureOf(health.cause, language, { words: health.words, server: row.receive, provider })
      : null;
  // What is wrong stands in the sentence already.
  const news = (outside.news.get(row.id) ?? []).filter((one) => !('cause' in one && one.cause === health.cause));
  return {
    state: paused ? 'rests' : health.state,
    sentence: sayState(health, paused, language, provider),
    next: paused ? null : (cause?.next ?? null),
    whose: paused ? null : (cause?.whose ?? null),
    cause: health.cause,
    // The peer's own words, one tap away.
    words: health.words,
    since: formatUtcDate(health.at),
    lastReceivedAt: date(health.lastReceivedAt),
    lastSentAt: date(health.lastSentAt),
    isProven: row.provenAt !== null,
    seal: sealOf(row, language),
    changed: news.map((one): Json => sayNews(one, row, language).join(language === 'ja' ? '' : ' ')),
  };
}

const seals = {
  strong: {
    ja: '受け取りも送りも、封をして確かめた相手とだけ話します。',
    en: 'Receiving and sending are sealed, and both servers have proven who they are.',
  },
  weak: {
    ja: '封はしていますが、古い弱い方法を、このサーバーだけに認めています。',
    en: 'Sealed, but an old and weaker way is allowed for this server alone.',
  },
} as const;

function sealOf({ receive, send }: OutsideAccountRow, language: Language): JsonObject {
  const exceptions = [...new Set([...receive.exceptions, ...send.exceptions])];
  const grade = exceptions.length === 0 ? 'strong' : 'weak';
  return { grade, sentence: seals[grade][language], exceptions };
}
