// Single cells of DATA/directory.sqlite as values, and back: what several tables share. Knows no table.
import { base64FromBytes, bytesFromBase64 } from '../../base/bytes.ts';
import type { AccountRow, ScramHash, ScramKeys } from '../../store/directory-contract.ts';

export type Cell = string | number | null | Uint8Array;
export type Row = Readonly<Record<string, Cell>>;

/** Of an account, in the order of its columns without the id. */
export function accountCells(row: Omit<AccountRow, 'id'>): Cell[] {
  return [row.address, row.name, row.passwordHash, formatScram(row.scram), row.quota, row.createdAt, row.closedAt];
}

export function formatScram(scram: AccountRow['scram']): string {
  const entries = Object.entries(scram).map(([hash, keys]) => {
    const { salt, iterations, storedKey, serverKey } = keys;
    return [hash, [base64FromBytes(salt), iterations, base64FromBytes(storedKey), base64FromBytes(serverKey)]];
  });
  return JSON.stringify(Object.fromEntries(entries));
}

export function parseScram(text: string): AccountRow['scram'] {
  const scram: Partial<Record<ScramHash, ScramKeys>> = {};
  const kept = JSON.parse(text) as Partial<Record<ScramHash, [string, number, string, string]>>;
  for (const hash of ['SHA-1', 'SHA-256'] as const) {
    const [salt, iterations, storedKey, serverKey] = kept[hash] ?? [];
    if (salt === undefined || iterations === undefined || storedKey === undefined || serverKey === undefined) continue;
    scram[hash] = { salt: bytesFromBase64(salt), iterations, storedKey: bytesFromBase64(storedKey), serverKey: bytesFromBase64(serverKey) };
  }
  return scram;
}

export function textOrNull(cell: Cell | undefined): string | null {
  return cell === null || cell === undefined ? null : String(cell);
}

export function numberOrNull(cell: Cell | undefined): number | null {
  return cell === null || cell === undefined ? null : Number(cell);
}
