// The cache without a disk: for browsers that keep nothing (private windows), and for tests.
import type { CacheStore, CacheWrite, Table } from './contract.ts';

export function openMemoryCache(): CacheStore {
  const kept = new Map<Table, Map<string, unknown>>();
  function tableOf(table: Table): Map<string, unknown> {
    let rows = kept.get(table);
    if (!rows) kept.set(table, (rows = new Map()));
    return rows;
  }
  function beginningWith(table: Table, prefix: string): string[] {
    return [...tableOf(table).keys()].filter((key) => key.startsWith(prefix)).toSorted();
  }
  return {
    async read(table, keys) {
      return keys.map((key) => structuredClone(tableOf(table).get(key)));
    },
    async each(table, prefix, visit) {
      for (const key of beginningWith(table, prefix)) {
        // As with a disk, others have their turn between two of them.
        await Promise.resolve();
        if (tableOf(table).has(key) && !visit(key, structuredClone(tableOf(table).get(key)))) return;
      }
    },
    async keys(table, prefix) {
      return beginningWith(table, prefix);
    },
    async all(table) {
      return [...tableOf(table)]
        .map(([key, value]) => ({ key, value: structuredClone(value) }))
        .toSorted((a, b) => (a.key < b.key ? -1 : 1));
    },
    async write(writes: readonly CacheWrite[]) {
      for (const { table, key, value } of writes) {
        tableOf(table).delete(key);
        if (value !== undefined) tableOf(table).set(key, structuredClone(value));
      }
    },
    async trim(table, most) {
      const rows = tableOf(table);
      for (const key of [...rows.keys()].slice(0, Math.max(0, rows.size - most))) rows.delete(key);
    },
    async clear() {
      kept.clear();
    },
  };
}
