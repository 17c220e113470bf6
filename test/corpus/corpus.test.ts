// The corpus: our reading of each letter against what is written beside it, and against postal-mime and mailparser, whose differences
// are listed with their reasons in differences.ts.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { displayAddresses, type Address } from '../../src/message/address/address-list.ts';
import { decodeText } from '../../src/message/charset/decode.ts';
import { parseDate } from '../../src/message/header/date.ts';
import { decodeHeaderText } from '../../src/message/header/encoded-word.ts';
import { findPart, parseParts } from '../../src/message/mime/parts.ts';
import { charsetHint, parseTree, type Part } from '../../src/message/mime/tree.ts';
import { readFacts } from '../../src/message/read-facts.ts';
import { fileName, readTexts } from '../../src/message/text.ts';
import { decodeTransfer } from '../../src/message/transfer.ts';
import { readEnvelope } from '../../src/message/wire/envelope.ts';
import type { Expectation } from './case.ts';
import { differences } from './differences.ts';
import { allCases, expectationOf, lettersFolder, octetsOf } from './make.ts';
import { readWith, type Aspect, type ReaderName, type Reading } from './other-readers.ts';

const letters = readdirSync(lettersFolder)
  .filter((file) => file.endsWith('.eml'))
  .map((file) => {
    const name = file.slice(0, -4);
    const expected = JSON.parse(readFileSync(join(lettersFolder, `${name}.json`), 'utf8')) as Expectation;
    return { name, bytes: readFileSync(join(lettersFolder, file)), expected };
  });

function structureOf(part: Part): string {
  const own = `${part.type}/${part.subtype}`;
  return part.children.length === 0 ? own : `${own}(${part.children.map(structureOf).join(' ')})`;
}

function leavesOf(part: Part): Part[] {
  return part.children.length === 0 ? [part] : part.children.flatMap(leavesOf);
}

function partsOf(part: Part): Part[] {
  return [part, ...part.children.flatMap(partsOf)];
}

function show(list: readonly Address[]): string[] {
  return list.map((address) => displayAddresses([address], 10_000));
}

/** Our reading, with exactly the aspects that the expectation has. */
function readOurs(bytes: Buffer, expected: Expectation): Expectation {
  const tree = parseTree(bytes);
  const hint = charsetHint(tree);
  const envelope = readEnvelope(tree.header, hint);
  const time = envelope.date === null ? null : parseDate(envelope.date);
  const all: Required<Expectation> = {
    about: expected.about,
    structure: structureOf(tree),
    subject: decodeHeaderText(envelope.subject ?? '', hint),
    from: show(envelope.from),
    to: show(envelope.to),
    cc: show(envelope.cc),
    date: time === null ? null : new Date(time).toISOString(),
    texts: leavesOf(tree)
      .filter((part) => part.type === 'text')
      .map((part) =>
        decodeText(part.charset, decodeTransfer(part.encoding, bytes.subarray(part.bodyStart, part.bodyEnd))).replaceAll('\r\n', '\n'),
      ),
    files: partsOf(tree)
      .map(fileName)
      .filter((name) => name !== null),
  };
  return Object.fromEntries(Object.keys(expected).map((key) => [key, all[key as keyof Expectation]])) as unknown as Expectation;
}

for (const { name, bytes, expected } of letters)
  test(`corpus: ${name}: ${expected.about}`, () => assert.deepEqual(readOurs(bytes, expected), expected));

test('corpus: at least 300 letters, and the files are what make.ts writes', () => {
  assert.ok(letters.length >= 300, `${letters.length}`);
  assert.equal(letters.length, allCases.length);
  for (const one of allCases) {
    const file = letters.find(({ name }) => name === one.name);
    assert.ok(file !== undefined && file.bytes.equals(octetsOf(one)), one.name);
    assert.deepEqual(file.expected, JSON.parse(expectationOf(one)));
  }
});

test('corpus: facts of every letter, and parts found by number hold what the tree says', () => {
  for (const { name, bytes } of letters) {
    const facts = readFacts(bytes);
    assert.match(facts.envelope + facts.bodyStructure + facts.body, /^[\x01-\x7f]*$/, name);
    const tree = parseTree(bytes);
    const stored = parseParts(facts.parts);
    tree.children.forEach((part, index) => {
      const found = findPart(stored, tree.type === 'message' ? [1, index + 1] : [index + 1]);
      assert.equal(found?.bodyStart, tree.type === 'message' && part.type === 'multipart' ? found?.bodyStart : part.bodyStart, name);
    });
  }
});

test('corpus: every cut of every short letter is read without an error', () => {
  for (const { bytes } of letters) {
    if (bytes.length > 600) continue;
    for (let cut = 0; cut < bytes.length; cut += 7) {
      const facts = readFacts(bytes.subarray(0, cut));
      assert.ok(facts.headerLength <= cut);
    }
  }
});

/** A generator of numbers that can be repeated (mulberry32). */
function numbersFrom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

test('corpus: changed at random for two seconds, every letter is still read', (t) => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
  t.diagnostic(`FUZZ_SEED=${seed}`);
  const next = numbersFrom(seed);
  const pick = (below: number): number => Math.floor(next() * below);
  const end = performance.now() + 2000;
  let count = 0;
  while (performance.now() < end) {
    let bytes = Buffer.from(letters[pick(letters.length)]!.bytes);
    for (let change = pick(6); change >= 0 && bytes.length > 0; change--) {
      const at = pick(bytes.length);
      const other = letters[pick(letters.length)]!.bytes;
      const from = pick(other.length);
      switch (pick(5)) {
        case 0:
          bytes[at] = pick(256);
          break;
        case 1:
          bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + pick(30))]);
          break;
        case 2:
          bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + pick(200)), bytes.subarray(at)]);
          break;
        case 3:
          bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(pick(at + 1), at), bytes.subarray(at)]);
          break;
        default:
          bytes.write('\r\n=?;"()<>:@--'.slice(pick(13)), at, 'latin1');
      }
    }
    const facts = readFacts(bytes);
    assert.match(facts.envelope + facts.bodyStructure, /^[\x01-\x7f]*$/);
    parseParts(facts.parts);
    readTexts(bytes);
    count++;
  }
  t.diagnostic(`${count} letters`);
});

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Where another reader sees something else than the expectation says. */
function compare(expected: Expectation, other: Reading): Aspect[] {
  const found: Aspect[] = [];
  if (expected.subject !== undefined && expected.subject.trim() !== other.subject.trim()) found.push('subject');
  if (expected.from !== undefined && !same(expected.from, other.from)) found.push('from');
  if (expected.to !== undefined && !same(expected.to, other.to)) found.push('to');
  if (expected.date !== undefined && expected.date !== other.date) found.push('date');
  if (expected.files !== undefined && !same(expected.files, other.files)) found.push('files');
  if (
    expected.structure === 'text/plain' &&
    expected.texts?.[0] !== undefined &&
    expected.texts[0].trim() !== other.text.replaceAll('\r\n', '\n').trim()
  )
    found.push('text');
  return found;
}

for (const reader of ['postal-mime', 'mailparser'] as const satisfies readonly ReaderName[])
  test(`corpus: ${reader} agrees, but for the differences that are listed with a reason`, async () => {
    const seen = new Set<string>();
    const used = new Set<unknown>();
    const unexplained: string[] = [];
    for (const { name, bytes, expected } of letters) {
      let found: Aspect[];
      let other: Reading | undefined;
      try {
        other = await readWith(reader, Buffer.from(bytes));
        found = compare(expected, other);
      } catch {
        found = ['throws'];
      }
      for (const aspect of found) {
        seen.add(`${name} ${aspect}`);
        const reason = differences.find((one) => one.reader === reader && one.aspect === aspect && one.letters.includes(name));
        if (reason === undefined) unexplained.push(`${name}: ${aspect}: ${aspect === 'throws' ? '' : JSON.stringify(other?.[aspect])}`);
        else used.add(reason);
      }
    }
    assert.deepEqual(unexplained, []);
    // A difference that is gone must leave the list.
    for (const one of differences)
      if (one.reader === reader)
        for (const name of one.letters)
          assert.ok(seen.has(`${name} ${one.aspect}`), `${name}: ${reader} no longer differs in ${one.aspect}`);
  });
