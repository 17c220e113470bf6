// Letters made to hurt (reliability B-060 to B-079): nothing is thrown, time grows with length and no faster, limits hold.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromLatin1, bytesFromUtf8, type Bytes } from '../base/bytes.ts';
import { mailboxesOf, parseAddressList } from './address/address-list.ts';
import { baseSubject } from './header/base-subject.ts';
import { decodeWords } from './header/encoded-word.ts';
import { parseTyped } from './header/parameters.ts';
import { htmlToText } from './html-text.ts';
import { formatParts, parseParts } from './mime/parts.ts';
import { parseTree, type Part } from './mime/tree.ts';
import { readFacts } from './read-facts.ts';
import { readTexts } from './text.ts';
import { effort } from '../../test/support/effort.ts';
import { isShort } from '../../test/support/depth.ts';

/** Shapes by size: about `n` octets. */
const shapes: Readonly<Record<string, (n: number) => string>> = {
  'multipart in multipart': (n) => {
    let text = '';
    for (let level = 0; text.length < n; level++) text += `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`;
    return text;
  },
  'multiparts with one boundary': (n) => 'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n'.repeat(n / 50),
  'message in message': (n) => 'Content-Type: message/rfc822\r\n\r\n'.repeat(n / 34),
  'empty parts': (n) => `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n'.repeat(n / 5)}`,
  'digest of empty parts': (n) => `Content-Type: multipart/digest; boundary=b\r\n\r\n${'--b\r\n\r\n\r\n'.repeat(n / 9)}`,
  'dashes that are no delimiter': (n) => `Content-Type: multipart/mixed; boundary=bbbb\r\n\r\n${'--bbbx\r\n'.repeat(n / 8)}`,
  'dashes and white space': (n) =>
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n${`--${' '.repeat(1000)}x\r\n`.repeat(n / 1005)}`,
  'one line': (n) => `Subject: x\r\n\r\n${'x'.repeat(n)}`,
  'one field': (n) => `Subject: ${'x'.repeat(n)}\r\n\r\n`,
  'folds of nothing': (n) => `Subject: x${'\r\n '.repeat(n / 3)}\r\n\r\n`,
  'many fields': (n) => `${'To: a\r\n'.repeat(n / 7)}\r\n`,
  'header lines without end': (n) => 'abc\r\n'.repeat(n / 5),
  'encoded words': (n) => `Subject: ${'=?utf-8?Q?a?= '.repeat(n / 14)}\r\n\r\n`,
  'encoded words begun': (n) => `Subject: ${'=?a?q?x '.repeat(n / 8)}\r\n\r\n`,
  'encoded words in folds': (n) => `From: ${'\r\n =?iso-2022-jp?B?GyRC?='.repeat(n / 26)} <a@b>\r\n\r\n`,
  parameters: (n) => `Content-Type: text/plain${"; x*0*=utf-8''a".repeat(n / 16)}\r\n\r\n`,
  'quotes that stay open': (n) => `Content-Type: text/plain; ${'a="\\'.repeat(n / 4)}\r\n\r\n`,
  references: (n) => `References: ${'<a@b> '.repeat(n / 6)}\r\n\r\n`,
  'references begun': (n) => `References: ${'<'.repeat(n)}\r\n\r\n`,
  'base64 of nothing': (n) => `Content-Transfer-Encoding: base64\r\n\r\n${'=\r\n'.repeat(n / 3)}`,
  'quoted-printable of nothing': (n) => `Content-Transfer-Encoding: quoted-printable\r\n\r\n${'= '.repeat(n / 2)}`,
  'html comments': (n) => `Content-Type: text/html\r\n\r\n${'<!--'.repeat(n / 4)}`,
  'html scripts': (n) => `Content-Type: text/html\r\n\r\n${'<script></'.repeat(n / 10)}`,
  'html quotes': (n) => `Content-Type: text/html\r\n\r\n${'<a b="'.repeat(n / 6)}`,
};

const addressShapes: Readonly<Record<string, (n: number) => string>> = {
  addresses: (n) => 'a@b,'.repeat(n / 4),
  angles: (n) => '<'.repeat(n),
  'angles and words': (n) => 'a <b@c '.repeat(n / 7),
  comments: (n) => '('.repeat(n),
  'comments closed': (n) => '(a)'.repeat(n / 3),
  'nested comments': (n) => '('.repeat(n / 2) + ')'.repeat(n / 2),
  'backslash at the end': (n) => `(${'a'.repeat(n)}\\`,
  'groups in groups': (n) => 'a:'.repeat(n / 2),
  groups: (n) => 'a:b@c;'.repeat(n / 6),
  'at signs': (n) => '@'.repeat(n),
  'dots and spaces': (n) => 'a . '.repeat(n / 4),
  words: (n) => 'a '.repeat(n / 2),
  quotes: (n) => '"a" '.repeat(n / 4),
  'open quote': (n) => `"${'\\'.repeat(n)}`,
  brackets: (n) => '['.repeat(n),
  routes: (n) => '<@a,'.repeat(n / 4),
};

const subjectShapes: Readonly<Record<string, (n: number) => string>> = {
  blobs: (n) => `${'[a]'.repeat(n / 3)}x`,
  'only blobs': (n) => '[a]'.repeat(n / 3),
  'open blobs': (n) => '['.repeat(n),
  replies: (n) => 're: '.repeat(n / 4),
  're without colon': (n) => 're [a]'.repeat(n / 6),
  forwards: (n) => '[fwd: '.repeat(n / 7) + ']'.repeat(n / 7),
  trailers: (n) => '(fwd) '.repeat(n / 6),
};

/**
 * Milliseconds on the clock, and of this thread's own work, which a busy machine does not lengthen but which is told in steps of some milliseconds.
 */
function timeOf(run: () => void): { readonly clock: number; readonly work: number } {
  const [clock, work] = [performance.now(), effort()];
  run();
  return { clock: performance.now() - clock, work: effort() - work };
}

/** t(2n) ≤ 2.5 t(n), with room for a busy machine: four times the length may cost at most ten times the time, and 8 ms more. */
function checkLinear(name: string, whole: number, run: (n: number) => () => void): void {
  const size = isShort ? whole / 4 : whole;
  const [small, large] = [run(size), run(size * 4)];
  small();
  const before = [timeOf(small), timeOf(small), timeOf(small)];
  const [clock, work] = [Math.min(...before.map((time) => time.clock)), Math.min(...before.map((time) => time.work))];
  const most = Math.max(clock, work) * 10 + 8;
  // More chances: the machine may have been busy with something else. What is not linear is late in each.
  let after = Number.POSITIVE_INFINITY;
  for (let chance = 0; chance < 6 && after > most; chance++) {
    const time = timeOf(large);
    after = Math.min(after, time.clock, time.work);
  }
  assert.ok(after <= most, `${name}: ${clock.toFixed(2)} ms for ${size}, ${after.toFixed(2)} ms for four times as much`);
}

for (const [name, make] of Object.entries(shapes))
  test(`readFacts and readTexts are linear: ${name}`, () => {
    checkLinear(name, 100_000, (n) => {
      const bytes = bytesFromLatin1(make(n));
      return () => void [readFacts(bytes), readTexts(bytes)];
    });
  });

for (const [name, make] of Object.entries(addressShapes))
  test(`parseAddressList is linear: ${name}`, () => {
    checkLinear(name, 25_000, (n) => {
      const text = make(n);
      return () => void parseAddressList(text);
    });
  });

for (const [name, make] of Object.entries(subjectShapes))
  test(`baseSubject is linear: ${name}`, () => {
    checkLinear(name, 50_000, (n) => {
      const text = make(n);
      return () => void baseSubject(text);
    });
  });

test('htmlToText, decodeWords and parseTyped are linear in their own right', () => {
  for (const [piece, run] of [
    ['<b', (text: string) => htmlToText(text, 1_000_000)],
    ['</', (text: string) => htmlToText(`<style>${text}`, 1_000_000)],
    ['&#x', (text: string) => htmlToText(text, 1_000_000)],
    ['=?', decodeWords],
    ['=?a?b?', decodeWords],
    ['=?a?b?=', decodeWords],
    [';a(', parseTyped],
    [';a="', parseTyped],
  ] as const)
    checkLinear(piece, 50_000, (n) => {
      const text = piece.repeat(n / piece.length);
      return () => void run(text);
    });
});

function depthOf(part: Part): number {
  let depth = 0;
  for (let inner: Part | undefined = part; inner !== undefined; inner = inner.children[0]) depth++;
  return depth;
}

function countOf(part: Part): number {
  return part.children.reduce((sum, child) => sum + countOf(child), 1);
}

function letter(text: string): Bytes {
  return bytesFromUtf8(text);
}

test('B-060 multiparts 10,000 deep: 100 levels, the rest opaque', () => {
  const tree = parseTree(letter(shapes['multipart in multipart']!(450_000)));
  assert.equal(depthOf(tree), 101);
  let last = tree;
  while (last.children[0] !== undefined) last = last.children[0];
  assert.equal(last.opaque, true);
  assert.equal(`${last.type}/${last.subtype}`, 'application/octet-stream');
});

test('B-061 200,000 parts: 10,000 of them', () => {
  const bytes = letter(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(200_000)}--b--\r\n`);
  const tree = parseTree(bytes);
  assert.equal(countOf(tree), 10_000);
  assert.equal(tree.children.at(-1)?.opaque, true);
  assert.equal(tree.children.at(-1)?.bodyEnd, bytes.length);
  assert.deepEqual(countOf(tree), formatParts(parseParts(formatParts(tree))).split(/[(;]/).length);
});

test('B-062 a header of 10 MB is passed over in one go', () => {
  const facts = readFacts(letter(`Subject: ${'x'.repeat(10_000_000)}\r\nTo: a@b\r\n\r\nbody`));
  assert.equal(facts.subject.length, 1000);
  assert.equal(facts.to, '');
  assert.equal(facts.headerLength, 10_000_000 + 9 + 2 + 9 + 2);
});

test('B-062 100,000 lines, and no end of the header section', () => {
  const bytes = letter('X-A: b\r\n'.repeat(100_000));
  const facts = readFacts(bytes);
  assert.equal(facts.headerLength, bytes.length);
  assert.match(facts.bodyStructure, /^\("text" "plain" \("charset" "us-ascii"\) NIL NIL "7bit" 0 0 /);
});

test('B-063 a million addresses: those of the first 100 KB, at most 10,000; half a second at most', () => {
  const start = effort();
  const facts = readFacts(letter(`To: ${'a@b, '.repeat(1_000_000)}\r\n\r\n`));
  assert.ok(effort() - start < 500);
  assert.equal(facts.envelope.split('"a" "b"').length - 1, 10_000);
  assert.equal(parseAddressList('a:b@c;'.repeat(100_000)).length <= 10_000, true);
  assert.equal(mailboxesOf(parseAddressList('('.repeat(1_000_000))).length, 0);
  assert.deepEqual(parseAddressList('a@b (comment\\'), [{ kind: 'mailbox', name: 'comment\\', route: null, local: 'a', domain: 'b' }]);
});

test('B-064 parameters: 128 of 100,000', () => {
  const typed = parseTyped(`text/plain${Array.from({ length: 100_000 }, (_, index) => `; x*${index}*=a`).join('')}`);
  assert.equal(typed.parameters.length, 1);
  assert.equal(typed.parameters[0]?.raw, 'a'.repeat(128));
  assert.equal(parseTyped(`text/plain${Array.from({ length: 1000 }, (_, index) => `; p${index}=a`).join('')}`).parameters.length, 128);
  assert.deepEqual(parseTyped('text/plain; a*99999999=x; b*1=x; c*0=x; c*2=y; c*0=z').parameters, [{ name: 'c', raw: 'x', charset: null }]);
});

test('B-070 messages 1,000 deep: 100 levels', () => {
  assert.equal(depthOf(parseTree(letter('Content-Type: message/rfc822\r\n\r\n'.repeat(1000)))), 101);
});

test('B-073 a charset that is a path, an encoded word cut within a character', () => {
  const facts = readFacts(letter('Subject: =?x-../../etc/passwd?Q?caf=C3=A9?= =?utf-8?B?44E=?= =?utf-8?B?gg==?=\r\n\r\n'));
  assert.equal(facts.subject, 'caféあ');
});

test('B-075, B-076 ids of 10 KB and 100,000 references', () => {
  const facts = readFacts(
    letter(
      `Message-ID: <${'a'.repeat(10_000)}@b>\r\nReferences: ${Array.from({ length: 100_000 }, (_, index) => `<${index}@x>`).join(' ')}\r\n\r\n`,
    ),
  );
  assert.equal(facts.messageId, '');
  assert.equal(facts.references.length, 200);
  assert.equal(facts.references[0], '0@x');
});

test('B-077, B-078 25 MB in one line, NUL and every octet value', () => {
  const start = effort();
  const bytes = letter(`Subject: long\r\n\r\n${'x'.repeat(25_000_000)}`);
  const built = effort();
  assert.equal(readFacts(bytes).preview.length, 200);
  assert.ok(effort() - built < 400, `${effort() - start} ms`);
  const all = Uint8Array.from({ length: 256 * 4 }, (_, index) => (index * 7) & 255);
  assert.equal(typeof readFacts(all).envelope, 'string');
  for (let value = 0; value < 256; value++) readFacts(Uint8Array.of(value, 58, value, 13, 10, value, 13, 10, 13, 10, value));
});

test('the structure of a letter is bounded: 10,000 parts with long parameters, 10,000 messages with many addresses', () => {
  for (const part of [
    `Content-Type: a/b; x="${'y'.repeat(400)}"\r\n\r\n`,
    `Content-Type: message/rfc822\r\n\r\nTo: ${'a@b,'.repeat(100)}\r\n\r\n`,
  ]) {
    const facts = readFacts(letter(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${`--b\r\n${part}`.repeat(10_000)}`));
    assert.ok(facts.bodyStructure.length < 5_000_000, `${facts.bodyStructure.length}`);
  }
});
