// Whom somebody may mean who has typed some letters: from this device at once, from the server's contacts a moment later. Knows both; ranks nothing anew.
import type { EmailAddress } from '../../engine/jmap/objects.ts';
import { engine } from '../../state/link.ts';
import { live } from '../../state/live.svelte.ts';
import { each, sameAddress } from './addresses.ts';
import { tayoriCapability } from '../../engine/contract.ts';
import { ownAccount } from '../../state/tayori.ts';

const most = 8;

/** Calls `heard` once or twice. `without`: those who are recipients already. */
export async function suggest(
  text: string,
  without: readonly EmailAddress[],
  heard: (people: readonly EmailAddress[]) => void,
): Promise<void> {
  const fresh = (people: readonly EmailAddress[]): readonly EmailAddress[] =>
    each(people.filter((one) => !without.some((other) => sameAddress(one, other)))).slice(0, most);
  const here = await engine.ask('recipients', { text, limit: most * 2 }).catch((): readonly EmailAddress[] => []);
  heard(fresh(here));
  const accountId = ownAccount();
  if (accountId === null || live.status.isOffline) return;
  try {
    const [answer] = await engine.ask('call', {
      using: [tayoriCapability],
      calls: [['Contact/suggest', { accountId, text, limit: most }, 'c']],
    });
    const list = (answer?.[1]['list'] ?? []) as readonly { readonly name: string; readonly email: string }[];
    // What the server ranks goes first: it knows all devices.
    heard(fresh([...list.map(({ name, email }) => ({ name: name || null, email })), ...here]));
  } catch {
    // What this device knows is all there is.
  }
}
