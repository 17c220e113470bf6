// The cache without a disk: for browsers that keep nothing (private windows), and for tests.
import type { CacheStore, CacheWrite, Table } from './contract.ts';

export function openMemoryCache(): CacheStore {
  const kept = new Map<Table, Map<string, unknown>>();
  function tableOf(table: Table): Map<string, unknown> {
    let rows = kept.get(table);
    if (!rows) kept.set(table, (rows = new Map()));
    return rows;
  }
  return {
    async read(table, keys) {
      return keys.map((key) => structuredClone(tableOf(table).get(key)));
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
