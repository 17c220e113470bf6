// Random changes on both ends, as people and their apps make them, and what must be true of every letter afterwards. Knows the book of letters:
// how many of each there must be.
import type { ImapClient } from '../../src/protocol/imap/client.ts';
import { ImapAnswer } from '../../src/protocol/imap/client.ts';
import { Refusal } from '../../src/base/trouble.ts';
import type { MailboxInfo, MailStore } from '../../src/store/contract.ts';
import { account, letter, oneOf, type Shelf } from './model.ts';

/** mulberry32 */
export function openChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Entry {
  /** How often it was copied on either side. */
  copies: { here: number; there: number };
  /** Sides on which it was moved or copied since both ends were last equal. */
  recent: Set<'here' | 'there'>;
  /** Moved or copied on both sides at the same time: copies that came into one folder from both are one. */
  merged: boolean;
  /** Somebody has deleted one, or a folder that held one. */
  deleted: boolean;
}

export class RandomLife {
  readonly chance: () => number;
  readonly book = new Map<string, Entry>();
  readonly log: string[] = [];
  #next = 0;

  constructor(seed: number) {
    this.chance = openChance(seed);
  }

  #pick<T>(list: ArrayLike<T>): T {
    return list[Math.floor(this.chance() * list.length)]!;
  }

  #new(): { readonly key: string; readonly octets: Buffer } {
    const key = `k${this.#next++}`;
    this.book.set(key, { copies: { here: 0, there: 0 }, recent: new Set(), merged: false, deleted: false });
    return { key, octets: letter(key, { plain: this.chance() < 0.25, octets: Math.floor(this.chance() * 3) * 400 }) };
  }

  #flags(): string[] {
    return ['\\Seen', '\\Flagged', '\\Answered', '$Work', 'Later'].filter(() => this.chance() < 0.3);
  }

  #note(where: string, what: string, keys: readonly string[]): void {
    this.log.push(`${where} ${what} ${keys.join(' ')}`);
  }

  #deleted(keys: readonly string[]): void {
    for (const key of keys) this.book.get(key)!.deleted = true;
  }

  #copied(side: 'here' | 'there', keys: readonly string[]): void {
    for (const key of keys) this.book.get(key)!.copies[side]++;
    this.#carried(side, keys);
  }

  #carried(side: 'here' | 'there', keys: readonly string[]): void {
    for (const key of keys) {
      const entry = this.book.get(key)!;
      entry.recent.add(side);
      entry.merged ||= entry.recent.size === 2;
    }
  }

  /** Both ends are equal. */
  rested(): void {
    for (const entry of this.book.values()) entry.recent.clear();
  }

  /** One thing that an app does at the provider. A folder that is gone meanwhile is nothing. */
  async there(client: ImapClient): Promise<void> {
    try {
      await this.#there(client);
    } catch (trouble) {
      if (!(trouble instanceof ImapAnswer)) throw trouble;
    }
  }

  async #there(client: ImapClient): Promise<void> {
    const names = (await client.list())
      .filter(({ attributes }) => !attributes.has('\\noselect') && !attributes.has('\\nonexistent'))
      .map(({ name }) => name);
    const own = names.filter((name) => name.startsWith('F'));
    const dice = this.chance();
    if (dice < 0.2) {
      const { key, octets } = this.#new();
      const name = this.chance() < 0.5 ? 'INBOX' : this.#pick(names);
      await client.append(name, { flags: this.#flags(), receivedAt: 1.7e12 + this.#next * 1000, length: octets.length }, oneOf(octets));
      return this.#note('there', `append ${name}`, [key]);
    }
    if (dice < 0.26) {
      const name = `F${this.#next++}`;
      await client.create(this.chance() < 0.3 && own.length > 0 ? `${this.#pick(own)}/${name}` : name);
      return this.#note('there', `create ${name}`, []);
    }
    if (dice < 0.3 && own.length > 0) {
      const [from, to] = [this.#pick(own), `F${this.#next++}`];
      await client.rename(from, to);
      return this.#note('there', `rename ${from} ${to}`, []);
    }
    const name = this.#pick(names);
    const { uids, keys } = await this.#someThere(client, name);
    if (dice < 0.34 && own.includes(name)) {
      const all = await this.#keysThere(client, name);
      await client.select('INBOX');
      await client.delete(name);
      this.#deleted(all);
      return this.#note('there', `delete ${name}`, all);
    }
    if (uids.length === 0) return;
    if (dice < 0.55) {
      const how = this.chance() < 0.6 ? '+' : '-';
      await client.storeFlags(uids, how, ['\\Seen', ...this.#flags()]);
      return this.#note('there', `flags ${how} ${name}`, keys);
    }
    const target = this.#pick(names.filter((one) => one !== name));
    if (dice < 0.75) {
      await client.copy(uids, target, true);
      this.#carried('there', keys);
      return this.#note('there', `move ${name} ${target}`, keys);
    }
    if (dice < 0.85) {
      await client.copy(uids, target, false);
      this.#copied('there', keys);
      return this.#note('there', `copy ${name} ${target}`, keys);
    }
    await client.expunge(uids);
    this.#deleted(keys);
    this.#note('there', `expunge ${name}`, keys);
  }

  async #someThere(client: ImapClient, name: string): Promise<{ readonly uids: number[]; readonly keys: string[] }> {
    await client.select(name);
    const all = await client.uidsFrom(1);
    if (all.length === 0) return { uids: [], keys: [] };
    const begin = Math.floor(this.chance() * all.length);
    const uids = Array.from(all).slice(begin, begin + 1 + Math.floor(this.chance() * 3));
    return { uids, keys: await keysOf(client, uids) };
  }

  async #keysThere(client: ImapClient, name: string): Promise<string[]> {
    await client.select(name);
    return keysOf(client, await client.uidsFrom(1));
  }

  /** One thing that an app does here. */
  async here(store: MailStore): Promise<void> {
    try {
      await this.#here(store);
    } catch (trouble) {
      if (!(trouble instanceof Refusal)) throw trouble;
    }
  }

  async #here(store: MailStore): Promise<void> {
    const boxes = await store.mailboxes(account);
    const own = boxes.filter(({ name }) => name.startsWith('F'));
    const dice = this.chance();
    if (dice < 0.2) {
      const { key, octets } = this.#new();
      const box = this.#pick(boxes);
      const spool = store.spool(1 << 20);
      await spool.add(octets);
      await store.append(account, box.id, [{ spool, flags: this.#flags(), receivedAt: 1.7e12 + this.#next * 1000 }], null);
      return this.#note('here', `append ${box.name}`, [key]);
    }
    if (dice < 0.26) {
      const name = `F${this.#next++}`;
      await store.createMailbox(account, this.chance() < 0.3 && own.length > 0 ? `${this.#pick(own).name}/${name}` : name, null);
      return this.#note('here', `create ${name}`, []);
    }
    if (dice < 0.3 && own.length > 0) {
      const [box, to] = [this.#pick(own), `F${this.#next++}`];
      await store.renameMailbox(account, box.id, to);
      return this.#note('here', `rename ${box.name} ${to}`, []);
    }
    const box = this.#pick(boxes);
    if (dice < 0.34 && own.includes(box)) {
      const all = await this.#lettersHere(store, box);
      await store.deleteMailbox(account, box.id);
      this.#deleted(all.keys);
      return this.#note('here', `delete ${box.name}`, all.keys);
    }
    const all = await this.#lettersHere(store, box);
    const begin = Math.floor(this.chance() * all.uids.length);
    const count = 1 + Math.floor(this.chance() * 3);
    const [uids, keys] = [all.uids.slice(begin, begin + count), all.keys.slice(begin, begin + count)];
    if (uids.length === 0) return;
    if (dice < 0.55) {
      const how = this.chance() < 0.6 ? 'add' : 'remove';
      await store.setFlags(account, box.id, uids, { how, flags: ['\\Seen', ...this.#flags()] });
      return this.#note('here', `flags ${how} ${box.name}`, keys);
    }
    const target = this.#pick(boxes.filter((one) => one !== box));
    if (dice < 0.85) {
      const move = dice < 0.75;
      // Removed by the sync between our look and our hand: then nothing was copied.
      const { from } = await store.copy(account, box.id, uids, target.id, { move, quota: null });
      const done = keys.filter((_, at) => from.includes(uids[at]!));
      if (move) this.#carried('here', done);
      else this.#copied('here', done);
      return this.#note('here', `${move ? 'move' : 'copy'} ${box.name} ${target.name}`, done);
    }
    const gone = await store.expunge(account, box.id, uids, false);
    const done = keys.filter((_, at) => gone.uids.includes(uids[at]!));
    this.#deleted(done);
    this.#note('here', `expunge ${box.name}`, done);
  }

  async #lettersHere(store: MailStore, box: MailboxInfo): Promise<{ readonly uids: number[]; readonly keys: string[] }> {
    const state = await store.openMailbox(account, box.id);
    const uids = Array.from(state.uids.subarray(0, state.count));
    const octets = await store.readLetters(account, Array.from(state.messages.subarray(0, state.count)));
    state.release();
    return { uids, keys: octets.map((one) => /^X-Key: (\S+)\r$/m.exec(Buffer.from(one!).toString('latin1'))![1]!) };
  }

  /** What is wrong with the letters, each in a sentence. */
  faults(shelf: Shelf): string[] {
    const counts = new Map<string, number>();
    for (const letters of shelf.values())
      for (const text of letters) {
        const key = text.split(' ')[0]!;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    const faults: string[] = [];
    for (const [key, { copies, deleted, merged }] of this.book) {
      const count = counts.get(key) ?? 0;
      const most = 1 + copies.here + copies.there;
      const least = merged ? 1 : most;
      if (count > most) faults.push(`${key} is there ${count} times instead of ${most}`);
      if (!deleted && count < least) faults.push(`${key} is there ${count} times instead of ${least}, and nobody has deleted it`);
    }
    return faults;
  }
}

async function keysOf(client: ImapClient, uids: ArrayLike<number>): Promise<string[]> {
  const keys: string[] = [];
  if (uids.length > 0)
    await client.fetchLetters(
      uids,
      'UID',
      () => null,
      (_uid, { octets }) => {
        if (octets instanceof Uint8Array) keys.push(/^X-Key: (\S+)\r$/m.exec(Buffer.from(octets).toString('latin1'))![1]!);
      },
    );
  return keys;
}
