// Whom somebody may mean who has typed some letters: from this device at once, from the server's contacts a moment later. Knows both; ranks nothing anew.
import type { EmailAddress } from '../../engine/jmap/objects.ts';
import { engine } from '../../state/link.ts';
import { live } from '../../state/live.svelte.ts';
import { each, sameAddress } from './addresses.ts';
import { tayoriCapability } from '../../engine/contract.ts';
import { ownAccount } from '../../state/tayori.ts';

const most = 8;

/** One person, or a group: then it has no address of its own. */
export interface Suggested extends EmailAddress {
  readonly members?: readonly EmailAddress[];
}

/** Calls `heard` once or twice. `without`: those who are recipients already. */
export async function suggest(
  text: string,
  without: readonly EmailAddress[],
  heard: (people: readonly Suggested[]) => void,
): Promise<void> {
  const fresh = (people: readonly Suggested[]): readonly Suggested[] => {
    const groups = people.filter(({ members }) => members !== undefined);
    const others = each(people.filter((one) => one.members === undefined && !without.some((other) => sameAddress(one, other))));
    return [...groups, ...others].slice(0, most);
  };
  const here = await engine.ask('recipients', { text, limit: most * 2 }).catch((): readonly EmailAddress[] => []);
  heard(fresh(here));
  const accountId = ownAccount();
  if (accountId === null || live.status.isOffline) return;
  try {
    const [answer] = await engine.ask('call', {
      using: [tayoriCapability],
      calls: [['Contact/suggest', { accountId, text, limit: most }, 'c']],
    });
    const list = (answer?.[1]['list'] ?? []) as unknown as readonly {
      readonly name: string;
      readonly email: string;
      readonly members?: readonly EmailAddress[];
    }[];
    // What the server ranks goes first: it knows all devices.
    const told = list.map(({ name, email, members }): Suggested => ({
      name: name || null,
      email,
      ...(members ? { members: members.map((one) => ({ name: one.name || null, email: one.email })) } : {}),
    }));
    heard(fresh([...told, ...here]));
  } catch {
    // What this device knows is all there is.
  }
}
