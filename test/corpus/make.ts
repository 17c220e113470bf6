// Writes the corpus: `node test/corpus/make.ts && oxfmt test/corpus/letters` turns the tables in cases/ into letters/NAME.eml and letters/NAME.json.
// The expectations are statements of people about the octets; no parser takes part.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from './case.ts';
import { addressCases } from './cases/addresses.ts';
import { charsetCases } from './cases/charsets.ts';
import { dateCases } from './cases/dates.ts';
import { encodingCases } from './cases/encodings.ts';
import { headerCases } from './cases/headers.ts';
import { nameCases } from './cases/names.ts';
import { structureCases } from './cases/structures.ts';
import { worldCases } from './cases/world.ts';

export const allCases: readonly Case[] = [
  ...addressCases,
  ...charsetCases,
  ...dateCases,
  ...encodingCases,
  ...headerCases,
  ...nameCases,
  ...structureCases,
  ...worldCases,
];

export const lettersFolder = join(import.meta.dirname, 'letters');

export function octetsOf(one: Case): Buffer {
  return Buffer.from(one.exact === true ? one.raw : one.raw.replaceAll('\n', '\r\n'), 'latin1');
}

export function expectationOf({ name: _name, raw: _raw, exact: _exact, ...expectation }: Case): string {
  return `${JSON.stringify(expectation, null, 2)}\n`;
}

if (import.meta.main) {
  mkdirSync(lettersFolder, { recursive: true });
  const names = new Set(allCases.map(({ name }) => name));
  if (names.size !== allCases.length) throw new Error('two letters of the corpus have one name');
  for (const file of readdirSync(lettersFolder)) if (!names.has(file.replace(/\.(?:eml|json)$/, ''))) rmSync(join(lettersFolder, file));
  for (const one of allCases) {
    writeFileSync(join(lettersFolder, `${one.name}.eml`), octetsOf(one));
    writeFileSync(join(lettersFolder, `${one.name}.json`), expectationOf(one));
  }
  console.log(`${allCases.length} letters`);
}
