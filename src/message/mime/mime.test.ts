// The part tree by small letters, the numbering of parts, and the text form of the tree.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1 } from '../../base/bytes.ts';
import { findPart, formatParts, parseParts, type PartRange } from './parts.ts';
import { parseTree, type Part } from './tree.ts';

/** `type/subtype[body]`, multiparts with their parts in parentheses. */
function shape(text: string): string {
  const show = (part: Part): string => {
    const name = `${part.type}/${part.subtype}`;
    if (part.children.length > 0) return `${name}(${part.children.map(show).join(' ')})`;
    return `${name}[${text.slice(part.bodyStart, part.bodyEnd)}]${part.opaque ? '!' : ''}`;
  };
  return show(parseTree(bytesFromLatin1(text)));
}

const mixed = 'Content-Type: multipart/mixed; boundary=b\n\n';
const rows: readonly (readonly [name: string, text: string, shape: string])[] = [
  ['nothing', '', 'text/plain[]'],
  ['a body alone', '\nx', 'text/plain[x]'],
  ['two parts', `${mixed}pre\n--b\n\none\n--b\n\ntwo\n--b--\npost`, 'multipart/mixed(text/plain[one] text/plain[two])'],
  ['CRLF', mixed.replaceAll('\n', '\r\n') + '--b\r\n\r\none\r\n--b--\r\n', 'multipart/mixed(text/plain[one])'],
  ['white space behind the delimiter', `${mixed}--b \t\n\none\n--b-- \n`, 'multipart/mixed(text/plain[one])'],
  ['a longer line is no delimiter', `${mixed}--b\n\none\n--bb\nmore\n--b--`, 'multipart/mixed(text/plain[one\n--bb\nmore])'],
  ['no end', `${mixed}--b\n\none\n`, 'multipart/mixed(text/plain[one\n])'],
  ['an empty part', `${mixed}--b\n--b\n\n\n--b--`, 'multipart/mixed(text/plain[] text/plain[])'],
  ['a part without empty line', `${mixed}--b\nContent-Type: image/png\n--b--`, 'multipart/mixed(image/png[])'],
  ['a part of an empty line', `${mixed}--b\n\n--b--`, 'multipart/mixed(text/plain[])'],
  ['no boundary', 'Content-Type: multipart/mixed\n\nx\n', 'text/plain[x\n]'],
  ['an empty boundary', 'Content-Type: multipart/mixed; boundary=""\n\n--\nx\n', 'text/plain[--\nx\n]'],
  ['no part', `${mixed}x\n`, 'text/plain[x\n]'],
  ['only the end', `${mixed}x\n--b--\n`, 'text/plain[x\n--b--\n]'],
  [
    'a boundary that ends in dashes',
    'Content-Type: multipart/mixed; boundary=b--\n\n--b--\n\none\n--b----\n',
    'multipart/mixed(text/plain[one])',
  ],
  [
    'space at the end of a boundary',
    'Content-Type: multipart/mixed; boundary="b "\n\n--b\n\none\n--b--\n',
    'multipart/mixed(text/plain[one])',
  ],
  [
    'two boundaries: the first',
    'Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--b\n\nx\n--a\n\none\n--a--\n',
    'multipart/mixed(text/plain[one])',
  ],
  ['two types: the first', 'Content-Type: image/png\nContent-Type: text/html\n\nx', 'image/png[x]'],
  [
    'nested',
    `${mixed}--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\none\n--c--\n--b\n\ntwo\n--b--`,
    'multipart/mixed(multipart/mixed(text/plain[one]) text/plain[two])',
  ],
  [
    'the outer ends the inner',
    `${mixed}--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\none\n--b\n\ntwo`,
    'multipart/mixed(multipart/mixed(text/plain[one]) text/plain[two])',
  ],
  [
    'prefixes of one another',
    `${mixed}--b\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n\none\n--bb--\n--b\n\ntwo`,
    'multipart/mixed(multipart/mixed(text/plain[one]) text/plain[two])',
  ],
  [
    'one boundary twice: the inner',
    `${mixed}--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n--b--`,
    'multipart/mixed(multipart/mixed(text/plain[one]) text/plain[two])',
  ],
  [
    'a digest',
    'Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: a\n\none\n--b--',
    'multipart/digest(message/rfc822(text/plain[one]))',
  ],
  ['a message', 'Content-Type: message/rfc822\n\nSubject: a\nContent-Type: text/html\n\none', 'message/rfc822(text/html[one])'],
  ['message/global', 'Content-Type: message/global\n\n\none', 'message/global(text/plain[one])'],
  ['a message with nothing', `${mixed}--b\nContent-Type: message/rfc822\n--b--`, 'multipart/mixed(message/rfc822(text/plain[]))'],
  ['message/partial', 'Content-Type: message/partial; number=1\n\nx', 'message/partial[x]'],
  ['no type', 'Content-Type: text\n\nx', 'text/plain[x]'],
  ['nonsense', 'Content-Type: ;;;\n\nx', 'text/plain[x]'],
  ['a type with a space', 'Content-Type: text / html\n\nx', 'text/html[x]'],
  ['an encoding on a multipart', `Content-Transfer-Encoding: base64\n${mixed}--b\n\none\n--b--`, 'multipart/mixed(text/plain[one])'],
];
for (const [name, text, expected] of rows) test(`parseTree: ${name}`, () => assert.equal(shape(text), expected));

test('parseTree counts lines of the body, its last line end aside', () => {
  const tree = parseTree(bytesFromLatin1(`${mixed}--b\n\none\ntwo\n--b\n\n\n--b\nContent-Type: message/rfc822\n\nA: b\n\nc\nd\n--b--\n`));
  assert.deepEqual(
    tree.children.map((part) => part.lines),
    [1, 0, 3],
  );
  assert.equal(parseTree(bytesFromLatin1('\na\nb\n')).lines, 2);
  assert.equal(parseTree(bytesFromLatin1('\na\nb')).lines, 1);
});

test('parseTree says when there was a choice', () => {
  assert.equal(parseTree(bytesFromLatin1('Content-Type: text/plain\nContent-Type: text/html\n\n')).ambiguous, true);
  assert.equal(parseTree(bytesFromLatin1('Content-Type: multipart/mixed; boundary=a; boundary=b\n\n')).ambiguous, true);
  assert.equal(parseTree(bytesFromLatin1('Content-Disposition: attachment; filename=a; filename=b\n\n')).ambiguous, true);
  assert.equal(parseTree(bytesFromLatin1('Content-Type: text/plain\n\n')).ambiguous, false);
});

/** RFC 9051 §6.4.5.1: the example of that section. */
const example = [
  'Subject: outer\nContent-Type: multipart/mixed; boundary=a\n\n',
  '--a\n\nONE\n',
  '--a\nContent-Type: application/octet-stream\n\nTWO\n',
  '--a\nContent-Type: message/rfc822\n\nSubject: three\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nTHREE-ONE\n--c\nContent-Type: application/octet-stream\n\nTHREE-TWO\n--c--\n',
  '--a\nContent-Type: multipart/mixed; boundary=d\n\n--d\nContent-Type: image/gif\n\nFOUR-ONE\n',
  '--d\nContent-Type: message/rfc822\n\nSubject: four-two\nContent-Type: multipart/mixed; boundary=e\n\n--e\n\nFOUR-TWO-ONE\n',
  '--e\nContent-Type: multipart/alternative; boundary=f\n\n--f\n\nFOUR-TWO-TWO-ONE\n--f\nContent-Type: text/richtext\n\nFOUR-TWO-TWO-TWO\n--f--\n--e--\n--d--\n--a--\n',
].join('');

for (const [path, body, message] of [
  ['1', 'ONE', null],
  ['2', 'TWO', null],
  ['3.1', 'THREE-ONE', null],
  ['3.2', 'THREE-TWO', null],
  ['4.1', 'FOUR-ONE', null],
  ['4.2.1', 'FOUR-TWO-ONE', null],
  ['4.2.2.1', 'FOUR-TWO-TWO-ONE', null],
  ['4.2.2.2', 'FOUR-TWO-TWO-TWO', null],
  ['3', undefined, 'Subject: three\nContent-Type: multipart/mixed; boundary=c\n\n'],
  ['4.2', undefined, 'Subject: four-two\nContent-Type: multipart/mixed; boundary=e\n\n'],
] as const)
  test(`findPart ${path}`, () => {
    const found = findPart(parseParts(formatParts(parseTree(bytesFromLatin1(example)))), path.split('.').map(Number));
    assert.ok(found !== null);
    if (body !== undefined) assert.equal(example.slice(found.bodyStart, found.bodyEnd), body);
    assert.equal(found.message === null ? null : example.slice(found.message.headerStart, found.message.textStart), message);
  });

test('findPart: numbers that no part has', () => {
  const tree = parseTree(bytesFromLatin1(example));
  for (const path of ['0', '5', '1.1', '3.3', '4.3', '4.2.3', '1.1.1', '3.1.1', '99999999'])
    assert.equal(findPart(tree, path.split('.').map(Number)), null, path);
});

test('findPart: a letter that is no multipart has a part 1, and a message in it too', () => {
  const text = 'Subject: a\nContent-Type: message/rfc822\n\nSubject: b\n\nbody';
  const tree = parseTree(bytesFromLatin1(text));
  const slice = (path: number[]): string | null => {
    const found = findPart(tree, path);
    return found === null ? null : text.slice(found.bodyStart, found.bodyEnd);
  };
  assert.equal(slice([1]), 'Subject: b\n\nbody');
  assert.equal(slice([1, 1]), 'body');
  assert.equal(slice([1, 1, 1]), null);
  assert.equal(slice([2]), null);
  const one = findPart(tree, [1]);
  assert.equal(text.slice(one!.mimeStart, one!.mimeEnd), 'Subject: a\nContent-Type: message/rfc822\n\n');
  assert.equal(text.slice(one!.message!.textStart, one!.message!.textEnd), 'body');
  const whole = findPart(tree, []);
  assert.equal(text.slice(whole!.message!.headerStart, whole!.message!.textStart), 'Subject: a\nContent-Type: message/rfc822\n\n');
});

const anyPart: fc.Arbitrary<PartRange> = fc.letrec<{ part: PartRange }>((tie) => ({
  part: fc.record(
    {
      headerStart: fc.nat(),
      bodyStart: fc.nat(),
      bodyEnd: fc.nat(),
      type: fc.constantFrom('text', 'multipart', 'x-a.b'),
      subtype: fc.constantFrom('plain', "a+b'c", 'mixed'),
      encoding: fc.constantFrom('7bit', 'x-y'),
      charset: fc.constantFrom('', 'utf-8'),
      children: fc.oneof({ depthSize: 'small', withCrossShrink: true }, fc.constant([]), fc.array(tie('part'), { maxLength: 3 })),
    },
    { noNullPrototype: true },
  ),
})).part;

test('parseParts undoes formatParts', () => {
  fc.assert(fc.property(anyPart, (part) => assert.deepEqual(parseParts(formatParts(part)), part)));
});

for (const text of [
  '',
  '1',
  '1,2,3',
  '1,2,3,a,b,c',
  '1,2,3,a/b,c,d(',
  '1,2,3,a/b,c,d()',
  '1,2,3,a/b,c,d)x',
  '-1,2,3,a/b,c,d',
  'é,2,3,a/b,c,d',
])
  test(`parseParts refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseParts(text), /damaged/));

test('parseTree: every cut of a letter gives ranges that lie within one another', () => {
  const check = (part: Part, start: number, end: number): void => {
    assert.ok(start <= part.headerStart && part.headerStart <= part.bodyStart && part.bodyStart <= part.bodyEnd && part.bodyEnd <= end);
    for (const child of part.children) check(child, part.bodyStart, part.bodyEnd);
  };
  const bytes = bytesFromLatin1(example.replaceAll('\n', '\r\n'));
  for (let cut = 0; cut <= bytes.length; cut++) check(parseTree(bytes.subarray(0, cut)), 0, cut);
});
