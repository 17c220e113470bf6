// Loose equality where values are compared: fast-check makes records without a prototype.
import { deepEqual } from 'node:assert';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1 } from '../../../base/bytes.ts';
import { SyntaxTrouble } from '../../../base/trouble.ts';
import { Cursor } from '../grammar/cursor.ts';
import { formatSequenceSet, parseSequenceSet } from '../grammar/sequence-set.ts';
import { formatStore, parseStore, type StoreArguments } from './store.ts';

const parse = (text: string): StoreArguments => parseStore(new Cursor(bytesFromLatin1(text)));

const args = fc.record({
  set: fc.constantFrom('1', '*', '2:7,9', '4:*', '$').map(parseSequenceSet),
  how: fc.constantFrom('add' as const, 'remove' as const, 'replace' as const),
  flags: fc.array(fc.constantFrom('\\Seen', '\\Deleted', '$Junk', 'work')),
  silent: fc.boolean(),
  unchangedSince: fc.option(fc.maxSafeNat()),
});
test('STORE comes back as it was written', () =>
  fc.assert(fc.property(args, (given) => deepEqual(parse(formatStore(given, formatSequenceSet)), given))));

test('parseStore takes flags without parentheses, in any case', () =>
  assert.equal(formatStore(parse(' 1 -flags.silent \\SEEN \\answered x'), formatSequenceSet), ' 1 -FLAGS.SILENT (\\Seen \\Answered x)'));

for (const text of [
  '',
  ' ',
  ' 1',
  ' 1 FLAGS',
  ' 1 FLAGS ',
  ' 1 +FLAG (x)',
  ' 1 + FLAGS (x)',
  ' 1 FLAGS (x',
  ' 1 FLAGS (x) y',
  ' 1 FLAGS (\\Recent)',
  ' 1 FLAGS (\\*)',
  ' 1 FLAGS ("x")',
  ' 1 (UNCHANGEDSINCE) FLAGS (x)',
  ' 1 (UNCHANGEDSINCE -1) FLAGS (x)',
  ' 1 (CHANGEDSINCE 1) FLAGS (x)',
  ' 1 () FLAGS (x)',
])
  test(`parseStore refuses ${JSON.stringify(text)}`, () => assert.throws(() => parse(text), SyntaxTrouble));
