// The cache in IndexedDB. Knows tables, keys and when each row was written; knows nothing of mail.
import { openDB, type DBSchema } from 'idb';
import { tables, type CacheStore, type Table } from './contract.ts';

interface Kept {
  readonly key: string;
  readonly at: number;
  readonly value: unknown;
}

type Schema = DBSchema & { [T in Table]: { key: string; value: Kept; indexes: { at: number } } };

/** One database per person, so that who signs in next reads nothing of who was there before. */
export async function openIndexedCache(name: string): Promise<CacheStore> {
  // A version for each table that came to the first nine.
  const database = await openDB<Schema>(name, tables.length - 8, {
    upgrade(fresh) {
      for (const table of tables)
        if (!fresh.objectStoreNames.contains(table)) fresh.createObjectStore(table, { keyPath: 'key' }).createIndex('at', 'at');
    },
    // A newer version of the app waits in another window: give way.
    blocking: (_from, _to, event) => (event.target as IDBDatabase).close(),
  });
  let clock = Date.now();
  return {
    async read(table, keys) {
      const store = database.transaction(table).store;
      const rows = await Promise.all(keys.map((key) => store.get(key)));
      return rows.map((row) => row?.value);
    },
    async each(table, prefix, visit) {
      let cursor = await database.transaction(table).store.openCursor(beginningWith(prefix));
      while (cursor && visit(cursor.value.key, cursor.value.value)) cursor = await cursor.continue();
    },
    keys: (table, prefix) => database.getAllKeys(table, beginningWith(prefix)),
    async all(table) {
      return (await database.getAll(table)).map(({ key, value }) => ({ key, value }));
    },
    async write(writes) {
      if (writes.length === 0) return;
      const transaction = database.transaction([...new Set(writes.map(({ table }) => table))], 'readwrite', { durability: 'strict' });
      for (const { table, key, value } of writes) {
        const store = transaction.objectStore(table);
        if (value === undefined) void store.delete(key);
        else void store.put({ key, value, at: (clock = Math.max(clock + 1, Date.now())) });
      }
      await transaction.done;
    },
    async trim(table, most) {
      const transaction = database.transaction(table, 'readwrite');
      let surplus = (await transaction.store.count()) - most;
      let cursor = surplus > 0 ? await transaction.store.index('at').openCursor() : null;
      while (cursor && surplus-- > 0) {
        await cursor.delete();
        cursor = await cursor.continue();
      }
      await transaction.done;
    },
    async clear() {
      const transaction = database.transaction([...tables], 'readwrite');
      for (const table of tables) void transaction.objectStore(table).clear();
      await transaction.done;
    },
  };
}

function beginningWith(prefix: string): IDBKeyRange {
  return IDBKeyRange.bound(prefix, `${prefix}\u{ffff}`);
}
