// How the person likes to write: settings that follow them from device to device, and as whom they may write. Knows our own capability's settings
// and identities; kept on this device for times without a network.
import type { Id, Identity } from '../../engine/jmap/objects.ts';
import { engine } from '../../state/link.ts';
import { live } from '../../state/live.svelte.ts';
import type { Author } from './answer.ts';

export const tayori = 'urn:tayori:params:jmap:tayori';
const submission = 'urn:ietf:params:jmap:submission';

export interface Habits {
  readonly undoSeconds: number;
  readonly composeFormat: 'rich' | 'plain';
  readonly quote: 'below' | 'above' | 'none';
  readonly signatureOnReplies: boolean;
  readonly defaultIdentity: Readonly<Record<Id, Id>>;
  readonly forgottenAttachment: boolean;
  readonly sendReceipts: 'never' | 'ask' | 'always';
}

const usual: Habits = {
  undoSeconds: 10,
  composeFormat: 'rich',
  quote: 'below',
  signatureOnReplies: true,
  defaultIdentity: {},
  forgottenAttachment: true,
  sendReceipts: 'ask',
};
const key = 'tayori.habits';

/** Reads them anew; without a network those of the last time. */
export async function readHabits(): Promise<Habits> {
  const accountId = ownAccount();
  try {
    if (accountId === null) return kept();
    const [answer] = await engine.ask('call', { using: [tayori], calls: [['Settings/get', { accountId, ids: ['singleton'] }, 's']] });
    const [found] = (answer?.[1]['list'] as readonly Partial<Habits>[] | undefined) ?? [];
    if (!found) return kept();
    const habits = { ...usual, ...found };
    localStorage.setItem(key, JSON.stringify(habits));
    return habits;
  } catch {
    return kept();
  }
}

export function ownAccount(): Id | null {
  return (
    live.status.accounts.find(({ isPersonal, capabilities }) => isPersonal && tayori in capabilities)?.id ??
    live.status.accounts[0]?.id ??
    null
  );
}

function kept(): Habits {
  try {
    return { ...usual, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Habits>) };
  } catch {
    return usual;
  }
}

/** Of all accounts, the person's own first. An account whose identities are not known writes as its address. */
export async function readAuthors(): Promise<readonly Author[]> {
  const accounts = live.status.accounts.filter(({ capabilities, isReadOnly }) => !isReadOnly && submission in capabilities);
  const lists = await Promise.all(
    accounts.map(async ({ id: accountId, name: email }): Promise<readonly Author[]> => {
      const identities = await engine.ask('identities', { accountId }).catch((): readonly Identity[] => []);
      if (identities.length > 0) return identities.map((identity) => ({ accountId, identity }));
      return [
        {
          accountId,
          identity: { id: '', name: '', email, replyTo: null, bcc: null, textSignature: '', htmlSignature: '', mayDelete: false },
        },
      ];
    }),
  );
  return lists.flat();
}
