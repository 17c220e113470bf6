// The journeys of letters as the server tells them, for the sentence beside a letter and for the map. Read when they are looked at, kept for a while.
// Knows Journey/get (docs/jmap.md); draws nothing.
import type { Id, JsonObject } from '../../engine/jmap/objects.ts';
import { tayoriCapability } from '../../engine/contract.ts';
import { engine } from '../../state/link.ts';
import { settings } from '../../state/settings.svelte.ts';

export interface Station {
  readonly at: string;
  readonly station: string;
  readonly result: 'done' | 'later' | 'failed';
  readonly word: string;
  readonly term: string;
  readonly picture: string;
  readonly recipient: string | null;
  readonly sentence: string;
  readonly proof: readonly string[];
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  readonly why: { readonly sentence: string; readonly next: string; readonly whose: string } | null;
}

export interface Way {
  readonly letterId: string | null;
  readonly direction: 'sent' | 'received';
  readonly state: 'underWay' | 'arrived' | 'returned' | 'unknown';
  readonly waitsFor: readonly {
    readonly recipient: string;
    readonly attempts: number;
    readonly nextAt: string;
    readonly lastReply: string;
    readonly isHeld: boolean;
  }[];
  readonly stations: readonly Station[];
}

const most = 200;
const kept = new Map<string, Way>();

/** Null: no such letter. @throws EngineTrouble. */
export async function readWay(accountId: Id, id: Id, fresh = false): Promise<Way | null> {
  const { language } = settings;
  const key = `${language} ${accountId} ${id}`;
  const known = kept.get(key);
  if (known && !fresh) return known;
  const [answer] = await engine.ask('call', {
    using: [tayoriCapability],
    calls: [['Journey/get', { accountId, ids: [id], language }, 'j']],
  });
  const [way] = (answer?.[0] === 'Journey/get' ? (answer[1]['list'] as readonly JsonObject[]) : []) as unknown as readonly Way[];
  if (!way) return null;
  kept.set(key, way);
  if (kept.size > most) kept.delete(kept.keys().next().value!);
  return way;
}
