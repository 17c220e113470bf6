import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlagSets, changeFlags, partFlags } from './flag-sets.ts';

const parted: readonly (readonly [readonly string[], number, readonly string[]])[] = [
  [[], 0, []],
  [['\\Seen'], 1, []],
  [['\\sEEN', '\\ANSWERED', '\\Flagged', '\\Deleted', '\\Draft'], 31, []],
  [['\\Recent', '\\Unheard'], 0, []],
  [['$Forwarded', '\\Seen', 'work'], 1, ['$Forwarded', 'work']],
];
for (const [flags, system, keywords] of parted) {
  test(`partFlags (${flags.join(' ')})`, () => assert.deepEqual(partFlags(flags), { system, keywords }));
}

const texts: readonly (readonly [number, readonly string[], string])[] = [
  [0, [], '()'],
  [31, [], '(\\Seen \\Answered \\Flagged \\Deleted \\Draft)'],
  [9, ['b', 'A'], '(\\Seen \\Deleted A b)'],
  [0, ['work', 'WORK'], '(work)'],
];
for (const [system, keywords, text] of texts) {
  test(`the text of a flag set: ${text}`, () => assert.equal(new FlagSets().intern(system, keywords).text, text));
}

test('the same set is the same object, whatever the order and case of its keywords', () => {
  const sets = new FlagSets();
  const first = sets.intern(1, ['Beta', 'alpha']);
  assert.equal(sets.intern(1, ['ALPHA', 'beta', 'Alpha']), first);
  assert.notEqual(sets.intern(0, ['alpha', 'beta']), first);
  assert.equal(first.text, '(\\Seen alpha Beta)');
  assert.deepEqual(sets.keywords, ['Beta', 'alpha']);
});

test('countWith counts each new keyword once', () => {
  const sets = new FlagSets();
  sets.intern(0, ['a', 'b']);
  assert.equal(sets.countWith(['A', 'c', 'C', 'd']), 4);
});

const changes: readonly (readonly [string, 'add' | 'remove' | 'replace', readonly string[], string])[] = [
  ['\\Seen work', 'add', ['\\Flagged', 'Work', 'home'], '(\\Seen \\Flagged home work)'],
  ['\\Seen work', 'remove', ['\\Seen', 'WORK', 'home'], '()'],
  ['\\Seen work', 'remove', ['\\Flagged'], '(\\Seen work)'],
  ['\\Seen work', 'replace', ['\\Draft'], '(\\Draft)'],
  ['', 'add', ['x'], '(x)'],
];
for (const [before, how, flags, after] of changes) {
  test(`(${before}) ${how} (${flags.join(' ')})`, () => {
    const sets = new FlagSets();
    const interner = { internFlags: (system: number, keywords: readonly string[]) => sets.intern(system, keywords) };
    const start = partFlags(before.split(' ').filter((word) => word !== ''));
    const { system, keywords } = partFlags(flags);
    assert.equal(changeFlags(interner, sets.intern(start.system, start.keywords), how, system, keywords).text, after);
  });
}
