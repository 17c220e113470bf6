// Stuffing in pieces of any size equals stuffing at once, and a client gets back what was put in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1, latin1FromBytes } from '../../base/bytes.ts';
import { Receiver } from '../line/receiver.ts';
import { DotStuffer, TopCutter } from './stuffing.ts';

function pieces(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size));
}

function stuff(parts: readonly string[]): string {
  const stuffer = new DotStuffer();
  const out = parts.map((part) => latin1FromBytes(stuffer.push(bytesFromLatin1(part))));
  return out.join('') + latin1FromBytes(stuffer.finish());
}

for (const [text, wanted] of [
  ['', '.\r\n'],
  ['a', 'a\r\n.\r\n'],
  ['a\r\n', 'a\r\n.\r\n'],
  ['.', '..\r\n.\r\n'],
  ['.\r\n', '..\r\n.\r\n'],
  ['a\r\n.\r\n.b\r\n', 'a\r\n..\r\n..b\r\n.\r\n'],
  ['a\n.b\n', 'a\r\n..b\r\n.\r\n'],
  ['\n\n.', '\r\n\r\n..\r\n.\r\n'],
  ['a.\r\n', 'a.\r\n.\r\n'],
] as const)
  test(`DotStuffer makes ${JSON.stringify(text)} ${JSON.stringify(wanted)} however it is cut`, () => {
    for (const size of [1, 2, 3, 100]) assert.equal(stuff(pieces(text, size)), wanted, `pieces of ${size}`);
  });

const text = fc.array(fc.constantFrom('.', '\r\n', '\n', 'a', '..', 'word'), { maxLength: 40 }).map((words) => words.join(''));

test('DotStuffer twins: the receiver unstuffs what was stuffed', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 9 }), (given, size) => {
      const stuffed = stuff(pieces(given, size));
      assert.equal(stuffed, stuff([given]));
      const receiver = new Receiver({ kind: 'dot-data', max: 10_000 });
      receiver.push(bytesFromLatin1(stuffed));
      let back = '';
      for (let unit = receiver.next(); unit !== null && unit.kind !== 'end'; unit = receiver.next())
        if (unit.kind === 'data') back += latin1FromBytes(unit.bytes);
      const lines = given.replace(/\r?\n/g, '\r\n');
      assert.equal(back, lines === '' || lines.endsWith('\r\n') ? lines : `${lines}\r\n`);
    }),
  );
});

test('DotStuffer hands on the same memory when nothing is to be added', () => {
  const piece = bytesFromLatin1('Subject: x\r\n\r\nbody\r\n');
  assert.equal(new DotStuffer().push(piece), piece);
});

for (const [lines, wanted] of [
  [0, 'A: b\r\nC: d\r\n\r\n'],
  [1, 'A: b\r\nC: d\r\n\r\none\r\n'],
  [2, 'A: b\r\nC: d\r\n\r\none\r\n\r\n'],
  [3, 'A: b\r\nC: d\r\n\r\none\r\n\r\nthree'],
  [9, 'A: b\r\nC: d\r\n\r\none\r\n\r\nthree'],
] as const)
  test(`TopCutter with ${lines} lines`, () => {
    for (const size of [1, 2, 3, 5, 100]) {
      const cutter = new TopCutter(lines);
      let out = '';
      for (const part of pieces('A: b\r\nC: d\r\n\r\none\r\n\r\nthree', size))
        if (!cutter.done) out += latin1FromBytes(cutter.push(bytesFromLatin1(part)));
      assert.equal(out, wanted, `pieces of ${size}`);
    }
  });
