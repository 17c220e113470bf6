// What the person has chosen, the same on all their devices: read from our own capability, kept here for starting without a network, and changed
// here first. Knows Settings/get and /set (docs/jmap.md); knows no page.
import type { CacheStore } from './cache/contract.ts';
import { tayoriCapability } from './contract.ts';
import { core, type JmapClient } from './jmap/client.ts';
import type { Id, JsonObject, PatchObject } from './jmap/objects.ts';
import { troubleOf } from './port.ts';

const using = [core, tayoriCapability];
/** What was chosen without a network, until the server knows it. */
const [keptKey, waitingKey] = ['preferences', 'preferences-waiting'];

export class Preferences {
  readonly #client: JmapClient;
  readonly #cache: CacheStore;
  readonly #changed: () => void;
  /** As the server has told. */
  #told: JsonObject | null = null;
  #waiting: PatchObject = {};
  #accountId: Id | null = null;
  #running: Promise<void> | null = null;
  #again = false;

  constructor(client: JmapClient, cache: CacheStore, changed: () => void) {
    this.#client = client;
    this.#cache = cache;
    this.#changed = changed;
  }

  async load(): Promise<void> {
    const [told, waiting] = await this.#cache.read('facts', [keptKey, waitingKey]);
    this.#told = (told as JsonObject | undefined) ?? null;
    this.#waiting = (waiting as PatchObject | undefined) ?? {};
  }

  /** The person's own account, or null where the server has no such capability. */
  settle(accountId: Id | null): void {
    this.#accountId = accountId;
  }

  /** With what the person has just chosen; null until anything is known. */
  get view(): JsonObject | null {
    if (this.#told === null) return null;
    return applied(this.#told, this.#waiting);
  }

  /** Holds at once and is kept; the server learns of it as soon as it can be reached. */
  async change(patch: PatchObject): Promise<void> {
    this.#waiting = { ...this.#waiting, ...patch };
    this.#changed();
    await this.#keep();
    void this.sync().catch(() => undefined);
  }

  /** Tells what waits, then reads what holds. One at a time; asked for meanwhile, it is done again. */
  async sync(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#sync().finally(() => (this.#running = null));
    await this.#running;
    if (!this.#again) return;
    this.#again = false;
    await this.sync();
  }

  async #sync(): Promise<void> {
    const accountId = this.#accountId;
    if (accountId === null) return;
    const sent = this.#waiting;
    const set = ['Settings/set', { accountId, update: { singleton: sent } }, 's'] as const;
    const get = ['Settings/get', { accountId, ids: ['singleton'] }, 'g'] as const;
    try {
      const reply = await this.#client.request(Object.keys(sent).length > 0 ? [set, get] : [get], using);
      // Not now is not refused: it goes on waiting.
      reply.find('Settings/set', 's');
      const got = reply.responses.find(([name]) => name === 'Settings/get')?.[1];
      const [told] = (got?.['list'] as readonly JsonObject[] | undefined) ?? [];
      if (told === undefined) return;
      // Refused or taken: what was sent no longer waits, and what the server says holds.
      this.#waiting = Object.fromEntries(Object.entries(this.#waiting).filter(([name, value]) => sent[name] !== value || !(name in sent)));
      this.#told = told;
      await this.#keep();
      this.#changed();
    } catch (error) {
      if (troubleOf(error).kind === 'defect') throw error;
    }
  }

  async #keep(): Promise<void> {
    await this.#cache
      .write([
        { table: 'facts', key: keptKey, value: this.#told ?? undefined },
        { table: 'facts', key: waitingKey, value: this.#waiting },
      ])
      .catch(() => undefined);
  }
}

/** RFC 8620 §5.3, one step deep, which is all that settings need. */
export function applied(object: JsonObject, patch: PatchObject): JsonObject {
  const after: Record<string, JsonObject[string]> = { ...object };
  for (const [path, value] of Object.entries(patch)) {
    const [name, ...rest] = path.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (name === undefined) continue;
    if (rest.length === 0) after[name] = value;
    else {
      const { [rest.join('/')]: _old, ...map } = (after[name] ?? {}) as JsonObject;
      after[name] = value === null ? map : { ...map, [rest.join('/')]: value };
    }
  }
  return after;
}
