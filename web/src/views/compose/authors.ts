// As whom one may write: the identities of all accounts. Knows Identity (RFC 8621 §6); draws nothing.
import type { Identity } from '../../engine/jmap/objects.ts';
import { engine } from '../../state/link.ts';
import { live } from '../../state/live.svelte.ts';
import type { Author } from './answer.ts';

const submission = 'urn:ietf:params:jmap:submission';

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
