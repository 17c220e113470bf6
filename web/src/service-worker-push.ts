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

/** The person's own account, where the settings and contacts are; null: it cannot be read. */
export async function ownAccountOf(): Promise<string | null> {
  const session = (await (await fetch('/jmap/session', { credentials: 'same-origin' })).json()) as {
    readonly primaryAccounts?: Readonly<Record<string, string>>;
  };
  return session.primaryAccounts?.[tayoriCapability] ?? null;
}

type Answers = Awaited<ReturnType<Ask>>;

function of(answers: Answers, id: string, name: string): JsonObject | undefined {
  return answers.find((one) => one[2] === id && one[0] === name)?.[1];
}

/** Of each account that changed what is to be shown of it; nothing: it has been dealt with, or the person wants to hear of nothing. */
export async function hearPush(
  message: JsonObject,
  language: 'ja' | 'en',
  ask: Ask,
  ownAccount: () => Promise<string | null>,
): Promise<readonly Shown[]> {
  if (message['@type'] === 'PushVerification') {
    const { pushSubscriptionId: id, verificationCode } = message;
    await ask([core], [['PushSubscription/set', { update: { [String(id)]: { verificationCode: verificationCode ?? null } } }, 'v']]);
    return [];
  }
  const changed = Object.keys((message['changed'] ?? {}) as Readonly<Record<string, JsonObject>>);
  if (message['@type'] !== 'StateChange' || changed.length === 0) return [];
  const own = await ownAccount().catch(() => null);
  const answers =
    own === null
      ? []
      : await ask([core, tayoriCapability], [['Settings/get', { accountId: own, ids: ['singleton'] }, 's']]).catch((): Answers => []);
  const [settings] = (of(answers, 's', 'Settings/get')?.['list'] as readonly JsonObject[] | undefined) ?? [];
  if (settings?.['notifications'] === 'none') return [];
  const isChoosy = settings?.['notifications'] === 'contacts';
  const askOwn: AskCalls = (calls) => ask([core, tayoriCapability], calls);
  // Where they cannot be read: the server has looked before it sent the push.
  const contacts = own !== null && isChoosy ? await readContacts<Contact>(askOwn, own, ['addresses']).catch(() => null) : null;
  const known = contacts && new Set(contacts.flatMap(({ addresses }) => addresses.map(({ email }) => email.toLowerCase())));
  const wishes: Wishes = {
    title: language === 'ja' ? '新しいメール' : 'New letter',
    // What the person wants to be seen is not known: nothing is.
    isTold: settings !== undefined && settings['notificationPreview'] !== false,
    isSilent: settings?.['notificationSound'] !== true,
    isChoosy,
    known,
  };
  return (await Promise.all(changed.map((accountId) => newestOf(accountId, wishes, ask)))).filter((shown) => shown !== null);
}

interface Wishes {
  readonly title: string;
  /** Sender and subject. */
  readonly isTold: boolean;
  readonly isSilent: boolean;
  readonly isChoosy: boolean;
  /** Addresses of contacts; null: everybody's. */
  readonly known: ReadonlySet<string> | null;
}

async function newestOf(accountId: string, { title, isTold, isSilent, isChoosy, known }: Wishes, ask: Ask): Promise<Shown | null> {
  const first = await ask([core, mail], [['Mailbox/query', { accountId, filter: { role: 'inbox' } }, 'm']]).catch((): Answers => []);
  const inbox = (of(first, 'm', 'Mailbox/query')?.['ids'] as readonly string[] | undefined)?.[0] ?? '';
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
  if (letters === undefined && !isChoosy) return { title, body: '', tag: accountId, silent: true, data: { address: '/' } };
  const letter = letters?.find(({ from }) => known === null || from?.some(({ email }) => known.has(email.toLowerCase())));
  if (!letter) return null;
  const sender = letter.from?.[0];
  return {
    title: isTold ? (sender?.name ?? sender?.email ?? title) : title,
    body: isTold ? (letter.subject ?? '') : '',
    tag: `${accountId}/${letter.id}`,
    silent: isSilent,
    data: { address: inbox === '' ? '/' : `/mail/${accountId}/${inbox}/${letter.threadId}` },
  };
}
