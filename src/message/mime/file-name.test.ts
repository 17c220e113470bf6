// Names that do harm, and names that do none (reliability B-068).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { safeFileName } from './file-name.ts';
import { runs } from '../../../test/support/depth.ts';
import { anyCharacter } from '../../../test/support/any-character.ts';

for (const [name, safe] of [
  ['a.pdf', 'a.pdf'],
  ['件名 (1).pdf', '件名 (1).pdf'],
  ['../../etc/passwd', 'passwd'],
  ['..\\..\\x', 'x'],
  ['C:\\temp\\a.pdf', 'a.pdf'],
  ['a.txt\n.exe', 'a.txt.exe'],
  ['a\0b', 'ab'],
  ['a\u202efdp.exe', 'afdp.exe'],
  ['CON', '_CON'],
  ['con.txt', '_con.txt'],
  ['console.txt', 'console.txt'],
  ['.profile', 'profile'],
  ['a. . ', 'a'],
  ['a:b?c*"d"', 'a_b_c__d_'],
  ['..', 'file'],
  ['', 'file'],
  ['/', 'file'],
  [`${'x'.repeat(10_000)}.pdf`, `${'x'.repeat(196)}.pdf`],
  [`${'件'.repeat(100)}.pdf`, `${'件'.repeat(65)}.pdf`],
] as const)
  test(`safeFileName: ${JSON.stringify(name.slice(0, 40))}`, () => assert.equal(safeFileName(name), safe));

test('safeFileName of any text is short, of one step, and stays as it is the second time', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 300 }), (name) => {
      const safe = safeFileName(name);
      assert.ok(new TextEncoder().encode(safe).length <= 201 && safe !== '');
      assert.doesNotMatch(safe, /[/\\\0-\x1f]/);
      assert.equal(safeFileName(safe), safe);
    }),
    { numRuns: runs(1000) },
  );
});
