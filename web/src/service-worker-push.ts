// What a push service hands to the service worker: the code that proves the subscription, and that letters have come. Reads the newest letter with
// the person's own cookie and shows it as the settings want it. Knows RFC 8620 §7.2 and docs/jmap.md; keeps nothing.
import { readContacts, type AskCalls } from './state/contacts.ts';
import { tayoriCapability } from './engine/contract.ts';
import type { Json, JsonObject } from './engine/jmap/objects.ts';

const mail = 'urn:ietf:params:jmap:mail';
const core = 'urn:ietf:params:jmap:core';

interface Letter {
  readonly id: string;
  readonly threadId: string;
  readonly subject: string | null;
  readonly from: readonly { readonly name: string | null; readonly email: string }[] | null;
  readonly keywords: Readonly<Record<string, boolean>>;
}

interface Contact {
  readonly addresses: readonly { readonly email: string }[];
}

export interface Shown {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  readonly silent: boolean;
  readonly data: { readonly address: string };
}

export type Ask = (using: readonly string[], calls: readonly Json[]) => Promise<readonly (readonly [string, JsonObject, string])[]>;

export async function askApi(
  using: readonly string[],
  calls: readonly Json[],
): Promise<readonly (readonly [string, JsonObject, string])[]> {
  const answer = await fetch('/jmap/api', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    credentials: 'same-origin',
    body: JSON.stringify({ using, methodCalls: calls }),
  });
  return ((await answer.json()) as { methodResponses?: readonly (readonly [string, JsonObject, string])[] }).methodResponses ?? [];
}

/** Null: it has been dealt with, or the person wants to hear of nothing. */
export async function hearPush(message: JsonObject, language: 'ja' | 'en', ask: Ask): Promise<Shown | null> {
  if (message['@type'] === 'PushVerification') {
    const { pushSubscriptionId: id, verificationCode } = message;
    await ask([core], [['PushSubscription/set', { update: { [String(id)]: { verificationCode: verificationCode ?? null } } }, 'v']]);
    return null;
  }
  const changed = (message['changed'] ?? {}) as Readonly<Record<string, JsonObject>>;
  const accountId = Object.keys(changed)[0];
  if (message['@type'] !== 'StateChange' || accountId === undefined) return null;
  const title = language === 'ja' ? '新しいメール' : 'New letter';
  const fallback: Shown = { title, body: '', tag: accountId, silent: true, data: { address: '/' } };
  type Answers = Awaited<ReturnType<Ask>>;
  const of = (answers: Answers, id: string, name: string): JsonObject | undefined =>
    answers.find((one) => one[2] === id && one[0] === name)?.[1];
  const first = await ask(
    [core, mail, tayoriCapability],
    [
      ['Settings/get', { accountId, ids: ['singleton'] }, 's'],
      ['Mailbox/query', { accountId, filter: { role: 'inbox' } }, 'm'],
    ],
  ).catch((): Answers => []);
  const [settings] = (of(first, 's', 'Settings/get')?.['list'] as readonly JsonObject[] | undefined) ?? [];
  if (settings?.['notifications'] === 'none') return null;
  const inbox = (of(first, 'm', 'Mailbox/query')?.['ids'] as readonly string[] | undefined)?.[0] ?? '';
  const isChoosy = settings?.['notifications'] === 'contacts';
  const askOwn: AskCalls = (calls) => ask([core, tayoriCapability], calls);
  const contacts = isChoosy ? readContacts<Contact>(askOwn, accountId, ['addresses']).catch(() => null) : null;
  // What lies in another folder, such as spam, or has been read elsewhere by now, is nothing to call somebody for.
  const second = await ask(
    [core, mail],
    [
      [
        'Email/query',
        {
          accountId,
          filter: { notKeyword: '$seen', ...(inbox === '' ? {} : { inMailbox: inbox }) },
          sort: [{ property: 'receivedAt', isAscending: false }],
          // A stranger's may lie above the one that is to be told.
          limit: isChoosy ? 10 : 1,
        },
        'q',
      ],
      [
        'Email/get',
        {
          accountId,
          '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' },
          properties: ['threadId', 'subject', 'from', 'keywords'],
        },
        'e',
      ],
    ],
  ).catch((): Answers => []);
  const letters = of(second, 'e', 'Email/get')?.['list'] as unknown as readonly Letter[] | undefined;
  if (letters === undefined && !isChoosy) return fallback;
  // Where they cannot be read: the server has looked before it sent the push.
  const addresses = (await contacts)?.flatMap((contact) => contact.addresses.map(({ email }) => email.toLowerCase()));
  const known = addresses && new Set(addresses);
  const letter = letters?.find(({ from }) => known === undefined || from?.some(({ email }) => known.has(email.toLowerCase())));
  if (!letter) return null;
  const sender = letter.from?.[0];
  const isTold = settings?.['notificationPreview'] !== false;
  return {
    title: isTold ? (sender?.name ?? sender?.email ?? title) : title,
    body: isTold ? (letter.subject ?? '') : '',
    tag: `${accountId}/${letter.id}`,
    silent: settings?.['notificationSound'] !== true,
    data: { address: inbox === '' ? '/' : `/mail/${accountId}/${inbox}/${letter.threadId}` },
  };
}
