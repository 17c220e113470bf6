// What a person has besides the password, as rows. Knows which of them are asked for; knows no code and no key.
import type { AccountId } from '../../store/contract.ts';
import type { Directory, FactorProof, FactorRow } from '../../store/directory-contract.ts';

export type AskedFactor = 'totp' | 'passkey';

/** By what a login can be finished, beside recovery codes; in the order in which it is offered. */
export function askedFactors(directory: Pick<Directory, 'factors'>, account: AccountId): readonly AskedFactor[] {
  const kinds = new Set(directory.factors(account).map((row) => row.proof.kind));
  return (['passkey', 'totp'] as const).filter((kind) => kinds.has(kind));
}

/** Recovery codes alone are none: they stand for one that was there. */
export function hasSecondFactor(directory: Pick<Directory, 'factors'>, account: AccountId): boolean {
  return askedFactors(directory, account).length > 0;
}

/** Rows of one kind, with that kind's proof. */
export function factorsOf<K extends FactorProof['kind']>(
  directory: Pick<Directory, 'factors'>,
  account: AccountId,
  kind: K,
): readonly (FactorRow & { readonly proof: Extract<FactorProof, { kind: K }> })[] {
  return directory
    .factors(account)
    .filter((row): row is FactorRow & { readonly proof: Extract<FactorProof, { kind: K }> } => row.proof.kind === kind);
}
