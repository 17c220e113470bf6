import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlagPlan, formatFlags, mergeFlags, parseFlags, readFlags } from './imap-flags.ts';

const all = () => true;

// base, here, there → agreed
const merges: readonly [base: string | null, here: string, there: string, agreed: string][] = [
  ['', '', '', ''],
  ['', '\\Seen', '', '\\Seen'],
  ['', '', '\\Seen', '\\Seen'],
  ['\\Seen', '', '\\Seen', ''],
  ['\\Seen', '\\Seen', '', ''],
  ['\\Seen', '', '', ''],
  ['\\Seen', '\\Flagged \\Seen', '$Work \\Seen', '$Work \\Flagged \\Seen'],
  ['$Work \\Seen', '\\Flagged \\Seen', '$Work', '\\Flagged'],
  ['', 'work', 'Work', 'work'],
  [null, '\\Seen', '\\Flagged', '\\Flagged \\Seen'],
  [null, '\\Deleted \\Seen', '', '\\Seen'],
  [null, '\\Deleted', '\\Deleted', '\\Deleted'],
];

for (const [base, here, there, agreed] of merges)
  test(`last agreed on (${base ?? 'nothing'}), here (${here}), there (${there}): (${agreed})`, () => {
    const merged = mergeFlags(base === null ? null : parseFlags(base), parseFlags(here), parseFlags(there), all);
    assert.equal(formatFlags(merged.agreed), agreed);
    const after = (text: string, { add, remove }: { readonly add: readonly string[]; readonly remove: readonly string[] }) =>
      [...new Set([...parseFlags(text).keys(), ...add.map((flag) => flag.toLowerCase())])]
        .filter((flag) => !remove.some((gone) => gone.toLowerCase() === flag))
        .sort();
    assert.deepEqual(after(here, merged.here), after(there, merged.there), 'both sides have the same afterwards');
  });

test('flags that the provider does not keep stay as they are here', () => {
  const merged = mergeFlags(parseFlags('$Work'), parseFlags('$Work \\Seen'), parseFlags(''), (flag) => flag === '\\seen');
  assert.deepEqual(merged, {
    agreed: new Map([['\\seen', '\\Seen']]),
    here: { add: [], remove: [] },
    there: { add: ['\\Seen'], remove: [] },
  });
});

test('what no mailbox keeps is left out, system flags have one spelling', () => {
  const names = readFlags(['\\Recent', '\\SEEN', '\\*', 'a b', 'x]', '', 'x'.repeat(129), 'été', 'Later', 'LATER']);
  assert.equal(formatFlags(names), 'Later \\Seen');
});

test('letters that take the same step go together', () => {
  const plan = new FlagPlan();
  plan.note(9, { add: ['\\Seen', 'a'], remove: [] });
  plan.note(2, { add: ['a', '\\Seen'], remove: ['b'] });
  assert.deepEqual(plan.steps(), [
    { how: 'add', flags: ['\\Seen', 'a'], uids: [2, 9] },
    { how: 'remove', flags: ['b'], uids: [2] },
  ]);
});
