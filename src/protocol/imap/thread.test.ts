import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { baseSubject } from '../../message/header/base-subject.ts';
import { formatThreads, isReplyOrForward, threadByReferences, threadBySubject, type ThreadColumns, type ThreadNode } from './thread.ts';
import { effort } from '../../../test/support/effort.ts';
import { isShort } from '../../../test/support/depth.ts';

/** A letter: id, references, subject; its date is its number, unless said otherwise. */
type Letter = readonly [id: string, references?: string, subject?: string, date?: number];

function columnsOf(letters: readonly Letter[]): ThreadColumns {
  const subjects = letters.map(([, , subject = '']) => subject);
  return {
    count: letters.length,
    dates: letters.map(([, , , date], i) => date ?? i + 1),
    baseSubjects: subjects.map(baseSubject),
    subjects,
    messageIds: letters.map(([id]) => id),
    references: letters.map(([, references = '']) => references.split(' ').filter((id) => id !== '')),
  };
}
const text = (threads: readonly ThreadNode[]): string => formatThreads(threads, (letter) => letter + 1);

const byReferences: readonly (readonly [name: string, letters: readonly Letter[], threads: string])[] = [
  ['nothing', [], ''],
  ['strangers', [['a'], ['b']], '(1)(2)'],
  ['a chain', [['a'], ['b', 'a'], ['c', 'a b']], '(1 2 3)'],
  ['a chain in the wrong order', [['c', 'a b'], ['b', 'a'], ['a']], '(3 2 1)'],
  ['two answers', [['a'], ['b', 'a'], ['c', 'a']], '(1 (2)(3))'],
  ['answers by date, not by number', [['a'], ['b', 'a', '', 9], ['c', 'a', '', 5]], '(1 (3)(2))'],
  ['a letter between is missing: its place is taken', [['a'], ['c', 'a b']], '(1 2)'],
  ['the first letter is missing: one answer stands for it', [['b', 'a']], '(1)'],
  [
    'the first letter is missing: answers stay together',
    [
      ['b', 'a'],
      ['c', 'a'],
    ],
    '((1)(2))',
  ],
  [
    'the first letter is missing: threads are in the order of their first answer',
    [
      ['x', '', '', 5],
      ['b', 'a', '', 7],
      ['c', 'a', '', 3],
    ],
    '((3)(2))(1)',
  ],
  ['a dummy below a letter hands its answers up', [['a'], ['c', 'a b'], ['d', 'a b']], '(1 (2)(3))'],
  [
    'dummies within dummies',
    [
      ['d', 'a b c'],
      ['e', 'a b c'],
    ],
    '((1)(2))',
  ],
  ['a reference to itself', [['a', 'a']], '(1)'],
  [
    'a loop of two',
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
    '(2 1)',
  ],
  [
    'a loop of three',
    [
      ['a', 'c'],
      ['b', 'a'],
      ['c', 'b'],
    ],
    '(3 1 2)',
  ],
  ['the same id twice: only the first is referred to', [['a'], ['a'], ['b', 'a']], '(1 3)(2)'],
  ['no ids', [[''], ['']], '(1)(2)'],
  ['references are links between one another, too', [['a'], ['b'], ['c', 'a b'], ['x', 'a c']], '(1 2 3 4)'],
  ['the last reference of a letter breaks the link that was guessed', [['x', 'a c'], ['c', 'b'], ['b']], '(3 2 1)'],
  // (5)
  [
    'a reply by subject',
    [
      ['a', '', 'Tea'],
      ['b', '', 'Re: tea'],
    ],
    '(1 2)',
  ],
  [
    'a reply that came first',
    [
      ['b', '', 'Re: Tea'],
      ['a', '', 'tea'],
    ],
    '(2 1)',
  ],
  [
    'two letters with one subject that are no replies',
    [
      ['a', '', 'Tea'],
      ['b', '', 'Tea'],
    ],
    '((1)(2))',
  ],
  [
    'three of them',
    [
      ['a', '', 'Tea'],
      ['b', '', 'Tea'],
      ['c', '', 'Tea'],
    ],
    '((1)(2)(3))',
  ],
  [
    'two replies without a letter',
    [
      ['a', '', 'Re: Tea'],
      ['b', '', 'Re: Tea'],
    ],
    '((1)(2))',
  ],
  [
    'no subject gathers nothing',
    [
      ['a', '', ''],
      ['b', '', 'Re:'],
    ],
    '(1)(2)',
  ],
  [
    'a dummy takes a letter of its subject in',
    [
      ['b', 'a', 'Re: Tea'],
      ['c', 'a', 'Re: Tea'],
      ['x', '', 'Tea'],
    ],
    '((1)(2)(3))',
  ],
  [
    'two dummies become one',
    [
      ['b', 'a', 'Re: Tea'],
      ['c', 'a', 'Re: Tea'],
      ['e', 'd', 'Re: Tea'],
      ['f', 'd', 'Re: Tea'],
    ],
    '((1)(2)(3)(4))',
  ],
  [
    'a thread of a reply goes below',
    [
      ['a', '', 'Tea'],
      ['b', '', 'Fwd: Tea'],
      ['c', 'b', 'Re: Tea'],
    ],
    '(1 2 3)',
  ],
];
for (const [name, letters, threads] of byReferences)
  test(`threadByReferences: ${name}`, () => assert.equal(text(threadByReferences(columnsOf(letters))), threads));

const bySubject: readonly (readonly [name: string, letters: readonly Letter[], threads: string])[] = [
  ['nothing', [], ''],
  [
    'no grandchildren',
    [
      ['', '', 'Tea'],
      ['', '', 'Re: tea'],
      ['', '', 'fw: TEA'],
    ],
    '(1 (2)(3))',
  ],
  [
    'one answer',
    [
      ['', '', 'Tea'],
      ['', '', 'Re: Tea'],
    ],
    '(1 2)',
  ],
  [
    'threads by their first date',
    [
      ['', '', 'A', 9],
      ['', '', 'B', 3],
      ['', '', 'Re: A', 1],
    ],
    '(3 1)(2)',
  ],
  [
    'no subject is a subject',
    [
      ['', '', ''],
      ['', '', 'x'],
      ['', '', 'Re:'],
    ],
    '(1 3)(2)',
  ],
];
for (const [name, letters, threads] of bySubject)
  test(`threadBySubject: ${name}`, () => assert.equal(text(threadBySubject(columnsOf(letters))), threads));

const node = (letter: number, ...children: ThreadNode[]): ThreadNode => ({ letter, children });

// RFC 5256 §4 (BASE.7.2.THREAD), the drawn example.
test('formatThreads writes the tree of the RFC', () => {
  const tree = [node(2), node(3, node(6, node(4, node(23)), node(44, node(7, node(96)))))];
  assert.equal(
    formatThreads(tree, (letter) => letter),
    '(2)(3 6 (4 23)(44 7 96))',
  );
  assert.equal(
    formatThreads([node(-1, node(1), node(2, node(3)))], (letter) => letter),
    '((1)(2 3))',
  );
});

const replies: readonly (readonly [subject: string, reply: boolean])[] = [
  ['Tea', false],
  ['Re: Tea', true],
  ['re : tea', true],
  ['FW: tea', true],
  ['Fwd: tea', true],
  ['[list] Re: tea', true],
  ['[list] [more] tea', false],
  ['Re[2]: tea', true],
  ['Re [x] : tea', true],
  ['[fwd: tea]', true],
  ['[fwd: tea', false],
  ['tea (fwd)', true],
  ['tea (FWD) ', true],
  ['Reply to tea', false],
  ['Re tea', false],
  ['Regarding: tea', false],
  ['[[x]] Re: tea', false],
  ['', false],
  ['[', false],
];
for (const [subject, reply] of replies) test(`isReplyOrForward "${subject}"`, () => assert.equal(isReplyOrForward(subject), reply));

const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', '');
const letter = fc.tuple(
  ids,
  fc.array(ids, { maxLength: 4 }).map((list) => list.join(' ')),
  fc.constantFrom('', 'Tea', 'Re: Tea', 'Milk'),
  fc.integer({ min: 0, max: 9 }),
);

test('every letter is in exactly one place, and dummies only hold siblings at the top', () =>
  fc.assert(
    fc.property(fc.array(letter, { maxLength: 12 }), (letters) => {
      const columns = columnsOf(letters);
      const seen: number[] = [];
      const visit = (node: ThreadNode, top: boolean): void => {
        if (node.letter < 0) assert.ok(top && node.children.length > 1, 'a dummy in the wrong place');
        else seen.push(node.letter);
        for (const child of node.children) visit(child, false);
      };
      for (const node of threadByReferences(columns)) visit(node, true);
      assert.deepEqual(
        seen.sort((a, b) => a - b),
        letters.map((_, i) => i),
      );
    }),
  ));

const many = isShort ? 20_000 : 100_000;
for (const [name, make] of [
  ['a chain', (i: number): Letter => [`${i}`, i === 0 ? '' : `${i - 1}`]],
  ['a chain, last first', (i: number): Letter => [`${many - i}`, `${many - 1 - i}`]],
  ['answers to one letter', (i: number): Letter => [`${i}`, i === 0 ? '' : '0']],
  ['letters with one subject', (i: number): Letter => [`${i}`, '', 'Tea']],
] as const)
  test(`${many} letters, ${name}: threaded in time`, () => {
    const columns = columnsOf(Array.from({ length: many }, (_, i) => make(i)));
    const begin = effort();
    text(threadByReferences(columns));
    const took = effort() - begin;
    assert.ok(took < many * 0.03, `${took} ms`);
  });
